"""Policies that need no risk aversion: ready portfolios, and those of any estimator."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

import numpy as np
import pandas as pd

from advisor.annotations import Finite
from advisor.arrays import FloatArray, IntArray, check_whole
from advisor.contracts.mandate import Mandate
from advisor.data.market import Market
from advisor.errors import InputError
from advisor.evaluate.backtesting.account import Policy
from advisor.evaluate.backtesting.estimates import Estimates, mandate_on, tradable_columns
from advisor.evaluate.backtesting.policies import equal_weight
from advisor.optimize.ready_portfolios import (
    equal_risk_contribution,
    maximum_diversification,
    minimum_cvar,
)
from advisor.validation import checked

Rule = Literal[
    "minimum_variance",
    "maximum_sharpe",
    "equal_risk_contribution",
    "maximum_diversification",
    "minimum_cvar",
]

ON_FRONTIER = ("minimum_variance", "maximum_sharpe")
"""Rules that are places on the frontier, which caps gross exposure and pays for short positions."""


@checked
@dataclass(frozen=True, eq=False)
class PortfolioPolicy:
    """Hold one ready portfolio of each day's estimates.

    Args:
        rule: "minimum_variance", "maximum_sharpe", "equal_risk_contribution",
            "maximum_diversification" or "minimum_cvar" (at 95 %, over the returns of the past).
        mandate: Limits; equal risk contributions have none.
        estimates: How a history becomes a model; policies that share the object share the work.
            Cash belongs to none of these portfolios: it must state no `cash_return`.
        risk_free: Annual rate that "maximum_sharpe" is above.

    Raises:
        InputError: Another rule, limits that the rule cannot have, or estimates with cash.

    >>> PortfolioPolicy("minimum_variance").rule
    'minimum_variance'
    """

    rule: Rule
    mandate: Mandate = field(default_factory=Mandate)
    estimates: Estimates = field(default_factory=Estimates)
    risk_free: Finite = 0.0

    def __post_init__(self) -> None:
        if self.rule == "equal_risk_contribution" and self.mandate != Mandate():
            raise InputError(
                "Equal shares of risk have no limits: where one binds, shares are not equal. Leave"
                " the mandate out, or choose another rule.",
                field="mandate",
                value=self.mandate,
            )
        signed = self.mandate.max_gross is not None or bool(self.mandate.short_costs)
        if signed and self.rule not in ON_FRONTIER:
            raise InputError(
                f"{self.rule} cannot hold Mandate.max_gross or short_costs; {ON_FRONTIER[0]} and"
                f" {ON_FRONTIER[1]} do. Leave them out, or choose another rule.",
                field="mandate",
                value=self.mandate,
            )
        if self.estimates.cash_return is not None:
            raise InputError(
                f"The estimates count cash at {self.estimates.cash_return:g} a year as an asset,"
                f" and {self.rule} of it would be cash alone. Leave cash_return out.",
                field="estimates",
                value=self.estimates.cash_return,
            )

    def __call__(self, past: Market, held: FloatArray) -> FloatArray:  # noqa: ARG002  every policy takes what it holds
        """Weights wanted at the close of the last day of `past`, shape (n,).

        Raises:
            InputError: No estimate can be formed, or nothing earns more than `risk_free`.
            InfeasibleError: The limits contradict each other.
            SolverError: The portfolio could not be found.
        """
        day = self.estimates.model(past)
        if self.rule == "minimum_variance":
            return day.spread(self.estimates.frontier(past, self.mandate).weights[0])
        if self.rule == "maximum_sharpe":
            frontier = self.estimates.frontier(past, self.mandate)
            return day.spread(frontier.max_sharpe(self.risk_free))
        if self.rule == "equal_risk_contribution":
            return day.spread(equal_risk_contribution(day.model).weights)
        limits = mandate_on(self.mandate, day.model)
        if self.rule == "maximum_diversification":
            return day.spread(maximum_diversification(day.model, limits).weights)
        scenarios = common_returns(past, day.columns).to_numpy()
        return day.spread(minimum_cvar(day.model, scenarios, limits).weights)


@dataclass(frozen=True, eq=False)
class EstimatorPolicy:
    """Hold what an estimator of scikit-learn's kind, fitted on each day's past, gives as weights.

    Any portfolio optimisation of skfolio is one: `EstimatorPolicy(HierarchicalRiskParity())`.

    Args:
        estimator: Has `fit(returns)`, a DataFrame of simple returns, session x asset, after which
            `weights_` holds a weight a column; each day fits a copy.
        fewest_rows: Returns an asset must have had before it is shown.
    """

    estimator: Any
    fewest_rows: int = 60

    def __post_init__(self) -> None:
        check_whole(self.fewest_rows, "fewest_rows", "Give a number of returns.", low=1)
        if not callable(getattr(self.estimator, "fit", None)) or isinstance(self.estimator, type):
            raise InputError(
                f"estimator is {self.estimator!r}, which has no fit(returns). Pass an instance,"
                " such as skfolio's HierarchicalRiskParity().",
                field="estimator",
                value=self.estimator,
            )

    def __call__(self, past: Market, held: FloatArray) -> FloatArray:  # noqa: ARG002  every policy takes what it holds
        """Weights wanted, shape (n,). Raises what the estimator raises."""
        columns = tradable_columns(past, self.fewest_rows)
        fitted = deepcopy(self.estimator)
        fitted.fit(common_returns(past, columns))
        weights = np.zeros(len(past.assets))
        weights[columns] = fitted.weights_
        return weights


def common_returns(past: Market, columns: IntArray) -> pd.DataFrame:
    """Returns of these columns on the sessions on which all of them have one."""
    returns = past.returns[:, columns]
    rows = np.isfinite(returns).all(axis=1)
    names = [past.assets[j] for j in columns.tolist()]
    return pd.DataFrame(returns[rows], index=pd.DatetimeIndex(past.dates[rows]), columns=names)


@checked
def ready_policies(
    *, mandate: Mandate | None = None, estimates: Estimates | None = None
) -> dict[str, Policy]:
    """Equal weights and every `PortfolioPolicy` by name, on the same estimates: what
    `backtest_many` takes.

    Args:
        mandate: Limits of all but equal weights and equal risk contributions.
        estimates: How a history becomes a model, without cash. When None, "maximum_sharpe" stands
            on Bayes-Stein means: those of the default estimates are an equilibrium, in which equal
            weights have the highest Sharpe ratio.

    >>> list(ready_policies())[:3]
    ['equal_weight', 'minimum_variance', 'maximum_sharpe']
    """
    limits, shared = mandate or Mandate(), estimates or Estimates()
    free = {"equal_risk_contribution": Mandate()}
    own = {} if estimates else {"maximum_sharpe": Estimates(mean="bayes_stein")}
    rules: tuple[Rule, ...] = get_args(Rule)
    ready = {
        rule: PortfolioPolicy(rule, free.get(rule, limits), own.get(rule, shared)) for rule in rules
    }
    return {"equal_weight": equal_weight, **ready}
