"""The advisor's mean-variance portfolio as a skfolio optimisation, for its walk-forward,
combinatorial and randomised cross-validations.
"""

from __future__ import annotations

from typing import Any, Self, cast

from sklearn.base import clone
from sklearn.utils.validation import validate_data

from advisor.adapters.sklearn import FEWEST_ROWS, MeanVarianceEstimator
from advisor.errors import InputError

try:
    # absent it is missing, present it is another class than what stands in for it
    from skfolio.optimization import BaseOptimization  # pyright: ignore[reportMissingImports, reportAssignmentType]
except ImportError:

    class BaseOptimization:
        """Stands in where skfolio is absent, so that the module can be read; it cannot be used."""

        def __init__(self, **params: object) -> None:
            raise InputError(
                "SkfolioMeanVariance is an optimisation of skfolio, which is not installed"
                f" ({len(params)} parameters given); pip install skfolio, or use"
                " MeanVarianceEstimator.",
                field="skfolio",
                value=None,
            )


class SkfolioMeanVariance(BaseOptimization):  # pyright: ignore[reportUntypedBaseClass, reportGeneralTypeIssues]
    """A `MeanVarianceEstimator` whose `predict` gives a skfolio `Portfolio`.

    Args:
        estimator: Whose weights; `MeanVarianceEstimator()` when None. A search reaches its
            parameters as `estimator__risk_aversion`.
        portfolio_params, fallback, previous_weights, raise_on_failure: As in every skfolio
            optimisation.
    """

    def __init__(
        self,
        estimator: MeanVarianceEstimator | None = None,
        portfolio_params: dict[str, Any] | None = None,
        fallback: Any = None,
        previous_weights: Any = None,
        raise_on_failure: bool = True,
    ) -> None:
        super().__init__(
            portfolio_params=portfolio_params,
            fallback=fallback,
            previous_weights=previous_weights,
            raise_on_failure=raise_on_failure,
        )
        self.estimator = estimator

    def fit(self, X: Any, y: Any = None) -> Self:  # noqa: ARG002  skfolio's signature
        """Estimate and optimise on simple returns, shape (T, n). Raises as
        `MeanVarianceEstimator.fit`, through skfolio's own failure handling.
        """
        validate_data(self, X, ensure_min_samples=FEWEST_ROWS)
        recipe: Any = (
            MeanVarianceEstimator() if self.estimator is None else clone(cast(Any, self.estimator))
        )
        self.weights_ = recipe.fit(X).weights_
        return self
