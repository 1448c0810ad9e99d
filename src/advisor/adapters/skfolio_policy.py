"""The house's mean-variance portfolio as a skfolio optimisation, for its walk-forward, combinatorial and randomised cross-validations."""

from __future__ import annotations

from typing import Any, Self, cast

import pandas as pd
from sklearn.utils.validation import validate_data

from advisor.adapters.sklearn_policy import FEWEST_ROWS, mean_variance_weights
from advisor.contracts.mandate import Mandate
from advisor.errors import InputError

try:
    from skfolio.optimization import BaseOptimization  # pyright: ignore[reportMissingImports]  an optional library
except ImportError:

    class BaseOptimization:
        """Stands in where skfolio is absent, so that the module can be read; it cannot be used."""

        def __init__(self, **params: object) -> None:
            raise InputError(
                f"SkfolioMeanVariance is an optimisation of skfolio, which is not installed ({len(params)} parameters given); pip install skfolio, or use MeanVarianceEstimator.",
                field="skfolio",
                value=None,
            )


class SkfolioMeanVariance(BaseOptimization):  # pyright: ignore[reportUntypedBaseClass, reportGeneralTypeIssues]
    """`MeanVarianceEstimator` whose `predict` gives a skfolio `Portfolio`.

    Args:
        level, target_volatility, risk_aversion, mandate, mean, covariance, cash_return, periods_per_year: As in `MeanVarianceEstimator`.
        portfolio_params, fallback, previous_weights, raise_on_failure: As in every skfolio optimisation.
    """

    def __init__(
        self,
        level: int | None = None,
        target_volatility: float | None = None,
        risk_aversion: float | None = None,
        mandate: Mandate | None = None,
        mean: str = "bayes_stein",
        covariance: str = "ledoit_wolf",
        cash_return: float | None = None,
        periods_per_year: float = 252.0,
        portfolio_params: dict[str, Any] | None = None,
        fallback: Any = None,
        previous_weights: Any = None,
        raise_on_failure: bool = True,
    ) -> None:
        super().__init__(
            portfolio_params=portfolio_params, fallback=fallback, previous_weights=previous_weights, raise_on_failure=raise_on_failure
        )
        self.level = level
        self.target_volatility = target_volatility
        self.risk_aversion = risk_aversion
        self.mandate = mandate
        self.mean = mean
        self.covariance = covariance
        self.cash_return = cash_return
        self.periods_per_year = periods_per_year

    def fit(self, X: Any, y: Any = None) -> Self:  # noqa: ARG002  skfolio's signature
        """Estimate and optimise on simple returns, shape (T, n). Raises as `MeanVarianceEstimator.fit`, through skfolio's own failure handling."""
        names = [str(c) for c in X.columns] if isinstance(X, pd.DataFrame) else None
        returns: Any = validate_data(self, cast(Any, X), ensure_min_samples=FEWEST_ROWS)
        self.weights_ = mean_variance_weights(self, returns, names or [f"x{j}" for j in range(returns.shape[1])])
        return self
