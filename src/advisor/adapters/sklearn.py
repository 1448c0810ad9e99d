"""The advisor's mean-variance portfolio as a scikit-learn estimator, for its pipelines, grid
searches and cross-validation.
"""

from __future__ import annotations

from typing import Any, Self, cast

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted, validate_data

from advisor import Estimates, Mandate, Market, MeanVariancePolicy
from advisor.arrays import FloatArray, frozen
from advisor.data.ids import unique_ids
from advisor.measures import sharpe_ratio

FEWEST_ROWS = 9  # as estimate_returns needs
RISK_AVERSION = 3.0  # where no aim is given


class MeanVarianceEstimator(BaseEstimator):
    """Weights on the exact frontier of the returns it is fitted on.

    Args:
        level: Risk level 1..5, or
        target_volatility: annual, or
        risk_aversion: 0 or more; 3 when none of the three is given.
        mandate: Limits; long-only when None.
        mean: How expected returns are estimated, see `estimate_returns`.
        covariance: How the covariance is estimated, see `estimate_returns`.
        cash_return: Annual return of cash as an asset; None keeps the portfolio fully invested.
            What goes to cash is missing from the weights.
        periods_per_year: Rows a year.

    Attributes:
        weights_: Fractions of wealth after `fit`, shape (n,).
        n_features_in_: n.
    """

    def __init__(
        self,
        level: int | None = None,
        target_volatility: float | None = None,
        risk_aversion: float | None = None,
        mandate: Mandate | None = None,
        mean: str = "shrunk_equilibrium",
        covariance: str = "ledoit_wolf",
        cash_return: float | None = None,
        periods_per_year: float = 252.0,
    ) -> None:
        self.level = level
        self.target_volatility = target_volatility
        self.risk_aversion = risk_aversion
        self.mandate = mandate
        self.mean = mean
        self.covariance = covariance
        self.cash_return = cash_return
        self.periods_per_year = periods_per_year

    def fit(self, X: Any, y: Any = None) -> Self:  # noqa: ARG002  scikit-learn's signature
        """Estimate and optimise on simple returns.

        Args:
            X: Shape (T, n), rows in order of time; a DataFrame's columns name the assets (a mandate
                may speak of them).
            y: Not used.

        Returns:
            Itself, with `weights_`.

        Raises:
            InputError: Too few rows, or parameters that contradict one another.
            InfeasibleError: The mandate leaves no portfolio.
        """
        names = [str(c) for c in X.columns] if isinstance(X, pd.DataFrame) else None
        returns = cast(
            FloatArray,
            validate_data(
                cast(Any, self), cast(Any, X), dtype=np.float64, ensure_min_samples=FEWEST_ROWS
            ),
        )
        self.weights_ = self._optimised(
            returns, names or [f"x{j}" for j in range(returns.shape[1])]
        )
        return self

    def predict(self, X: Any) -> FloatArray:
        """Returns of the portfolio on other days, rebalanced each day to its weights.

        Args:
            X: Simple returns, shape (T, n).

        Returns:
            Shape (T,).
        """
        check_is_fitted(self, "weights_")
        returns = cast(FloatArray, validate_data(cast(Any, self), X, dtype=np.float64, reset=False))
        return np.einsum("tn,n->t", returns, self.weights_)

    def score(self, X: Any, y: Any = None) -> float:  # noqa: ARG002  scikit-learn's signature
        """Annual Sharpe ratio of `predict(X)`; what a grid search maximises.

        With a `cash_return` it is that of the return above cash: what is invested earns its return
        less that of cash, and what is not earns nothing more.
        """
        cash = float(self.weights_.sum()) * (self.cash_return or 0.0) / self.periods_per_year
        return float(sharpe_ratio(self.predict(X) - cash, periods_per_year=self.periods_per_year))

    def _optimised(self, returns: FloatArray, names: list[str]) -> FloatArray:
        """Weights for complete simple returns, shape (n,); unlike a `Market`'s they may fall below
        -1 (returns in excess of a benchmark do).
        """
        days = np.datetime64("2000-01-01", "D") + np.arange(
            len(returns)
        )  # the rows' order is all that is used of them
        no_level = np.zeros(len(names), dtype=np.int64)
        market = Market(
            unique_ids(names, "columns"),
            days,
            frozen(returns),
            ("",) * len(names),
            no_level,
            float(self.periods_per_year),
        )
        aims: dict[str, Any] = {
            name: getattr(self, name) for name in ("level", "target_volatility", "risk_aversion")
        }
        if all(aim is None for aim in aims.values()):
            aims["risk_aversion"] = RISK_AVERSION
        estimates = Estimates(
            mean=cast(Any, self.mean),
            covariance=cast(Any, self.covariance),
            cash_return=self.cash_return,
            fewest_rows=FEWEST_ROWS,
        )
        policy = MeanVariancePolicy(**aims, mandate=self.mandate or Mandate(), estimates=estimates)
        return policy(market, np.zeros(len(names)))
