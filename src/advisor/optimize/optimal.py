"""The best portfolio of one client: `optimal_portfolio`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import cast

import numpy as np
import pandas as pd

from advisor.arrays import NUMBER, FloatArray, check_number, check_type
from advisor.contracts.mandate import Mandate
from advisor.data.returns import ReturnModel
from advisor.errors import InfeasibleError, InputError
from advisor.optimize.batch.costs import TradingCost
from advisor.optimize.batch.portfolios import optimal_portfolios
from advisor.optimize.batch.solve import CERTIFIED
from advisor.optimize.frontier.frontier import Frontier
from advisor.optimize.frontier.trace import trace_frontier
from advisor.optimize.portfolio import Portfolio, portfolio_on
from advisor.optimize.preferences.preferences import Preferences
from advisor.optimize.scenarios.one_client import (
    FAILED,
    KEPT,
    failure,
    held_weights,
    over_scenarios,
)
from advisor.optimize.scenarios.portfolios import Scenarios


def optimal_portfolio(
    model: ReturnModel,
    mandate: Mandate | None = None,
    *,
    risk_aversion: float | None = None,
    target_volatility: float | None = None,
    preferences: Preferences | None = None,
    current: FloatArray | pd.Series | Mapping[str, float] | Portfolio | None = None,
    cost: float | TradingCost = 0.0,
    scenarios: Scenarios | FloatArray | None = None,
    target_return: float | None = None,
) -> Portfolio:
    """The best portfolio of one client, with its proof.

    Args:
        model: Annual expected returns and covariance of n assets.
        mandate: The limits; long-only when None.
        risk_aversion: `g` of `mean - g/2 variance`; 0 or more, inf for the least risk.
        target_volatility: Annual; gives the risk aversion, and costs and losses never lead above
            it. Out of the limits' reach it is moved to their nearest end, which `note` says.
        preferences: Of one client; the risk aversion of the other two, where given, is used.
        current: Weights held now, not money: shape (n,), a Series by asset, a mapping (0 where
            absent) or a `Portfolio`; what they leave of 1 is cash.
        cost: One-off cost as a fraction of the trade (0.001 is 10 basis points), spread over one
            year, or over the holding years of a `TradingCost`.
        scenarios: Returns over one evaluation period, shape (T, n) for one year: losses are then
            counted over them, without normality.
        target_return: Annual expected return, of the portfolio of least risk that earns it or more;
            beside `model` and `mandate` alone.

    Returns:
        The portfolio; its `kkt_residual`, at most 1e-9 (1e-7 over scenarios), proves it optimal.

    Raises:
        InputError: No risk aversion, two of them, or an argument that cannot be read.
        InfeasibleError: The limits contradict each other; they are named.
        SolverError: No certified answer was found.

    >>> model = ReturnModel(["cash", "stocks"], [0.02, 0.08], [[0.0, 0.0], [0.0, 0.04]])
    >>> optimal_portfolio(model, risk_aversion=3.0)
    Portfolio(cash 50.0%, stocks 50.0%; mean 5.00%, volatility 10.00%, ok)
    """
    mandate = Mandate() if mandate is None else mandate
    if target_return is not None:
        _check_alone(
            target_return, (risk_aversion, target_volatility, preferences, current, scenarios)
        )
        _check_cost_alone(cost)
        return _of_return(trace_frontier(model, mandate), target_return)
    _check_arguments(risk_aversion, target_volatility, preferences, current, cost)
    frontier = trace_frontier(model, mandate)
    gamma, aim = risk_aversion, target_volatility
    gamma = gamma if aim is None else float(frontier.risk_aversion_at(aim)[0])
    target = None if gamma == np.inf else aim
    if preferences is None and scenarios is None and current is None:
        best = _at(frontier, mandate, cast(float, gamma), target)
    else:
        own = preferences or Preferences(0.0)
        own = own if gamma is None else own.with_risk_aversion(gamma)
        mandate = _capped(frontier, mandate, target)
        best = _for_client(model, mandate, own, current, cost, scenarios)
    return best if aim is None else _noted(best, frontier, aim)


def _capped(frontier: Frontier, mandate: Mandate, target: float | None) -> Mandate:
    """The mandate that lets neither costs nor losses lead above the target volatility."""
    if target is None:
        return mandate
    cap = np.inf if mandate.max_volatility is None else mandate.max_volatility
    aim = max(target, float(frontier.volatility[0]))
    return mandate.model_copy(update={"max_volatility": min(cap, aim)})


def _at(frontier: Frontier, mandate: Mandate, gamma: float, target: float | None) -> Portfolio:
    """The optimum at a risk aversion; solved alone where its certificate is not good enough."""
    place = frontier.at_volatility(target) if target else frontier.at_risk_aversion(gamma)
    best = portfolio_on(frontier, place, gamma)
    if best.kkt_residual <= CERTIFIED:
        return best
    return _alone(frontier.model, mandate, Preferences(gamma))


def _for_client(
    model: ReturnModel,
    mandate: Mandate,
    own: Preferences,
    current: object,
    cost: float | TradingCost,
    scenarios: Scenarios | FloatArray | None,
) -> Portfolio:
    """The optimum of someone with preferences, holdings or scenarios of their own."""
    if scenarios is not None:
        return over_scenarios(model, mandate, own, scenarios, current, cost)
    if current is not None:
        return _alone(model, mandate, own, current=current, cost=cost)
    frontier = trace_frontier(model, mandate)
    if np.isinf(own.risk_aversion[0]):
        return _at(frontier, mandate, np.inf, None)
    gamma = float(frontier.effective_risk_aversion(own)[0])
    best = portfolio_on(frontier, frontier.at_risk_aversion(gamma), gamma, own)
    return best if best.kkt_residual <= CERTIFIED else _alone(model, mandate, own)


def _noted(best: Portfolio, frontier: Frontier, target: float) -> Portfolio:
    """With a note where no portfolio has the target volatility."""
    low, high = float(frontier.volatility[0]), float(frontier.volatility[-1])
    if low - KEPT <= target <= high + KEPT:
        return best
    note = (
        f"target_volatility {target:.6g} is out of reach: the limits allow {low:.6g} to {high:.6g}"
    )
    return replace(best, note=note)


def _of_return(frontier: Frontier, target_return: float) -> Portfolio:
    """The portfolio of least risk with an expected return, or more where the one of least risk of
    all earns more.
    """
    target = check_number(target_return, "target_return", "It is annual, such as 0.05.")
    highest = float(frontier.mean[-1])
    if target > highest + KEPT:
        raise InfeasibleError(
            f"target_return {target:.6g} is above {highest:.6g}, the highest expected return that"
            " the limits allow; lower it, or loosen them.",
            constraints=("target_return",),
        )
    s = frontier.segments
    corner, share = s.at_mean(np.array([target]))
    tolerance = float((s.tolerance[corner] + share * s.width[corner])[0])
    return portfolio_on(
        frontier, frontier.at_mean(target), 1.0 / tolerance if tolerance > 0.0 else np.inf
    )


def _check_alone(target_return: object, others: tuple[object, ...]) -> None:
    if any(other is not None for other in others):
        raise InputError(
            "target_return is given beside a risk aversion, a target_volatility, preferences,"
            " current or scenarios, which it does not go with. Give it alone.",
            field="target_return",
            value=target_return,
        )


def _check_arguments(
    risk_aversion: float | None,
    target_volatility: float | None,
    preferences: Preferences | None,
    current: object,
    cost: float | TradingCost,
) -> None:
    if preferences is not None:
        check_type(
            preferences,
            Preferences,
            "preferences",
            "Pass Preferences(risk_aversion, loss_aversion, ...).",
        )
    if (risk_aversion is not None and target_volatility is not None) or (
        risk_aversion is None and target_volatility is None and preferences is None
    ):
        raise InputError(
            f"risk_aversion is {risk_aversion}, target_volatility {target_volatility} and"
            f" preferences {preferences}; give one risk aversion: by number, by volatility, or by"
            " preferences.",
            field="risk_aversion",
            value=risk_aversion,
        )
    for name, value in (("risk_aversion", risk_aversion), ("target_volatility", target_volatility)):
        if value is not None:
            check_number(
                value,
                name,
                "Inf takes the least risk." if name == "risk_aversion" else "It is annual.",
                low=0.0,
                infinite=True,
            )
    if preferences is not None and len(preferences) != 1:
        raise InputError(
            f"preferences are of {len(preferences)} clients; pass those of one, or call"
            " optimal_portfolios.",
            field="preferences",
            value=len(preferences),
        )
    if current is None:
        _check_cost_alone(cost)


def _check_cost_alone(cost: object) -> None:
    if not isinstance(cost, NUMBER) or cost != 0.0:
        raise InputError(
            f"cost is {cost}, but without current weights there is no trade to charge; pass"
            " current.",
            field="cost",
            value=cost,
        )


def _alone(
    model: ReturnModel,
    mandate: Mandate,
    own: Preferences,
    *,
    current: object = None,
    cost: float | TradingCost = 0.0,
) -> Portfolio:
    """One row of `optimal_portfolios`."""
    held = None if current is None else held_weights(model, current)
    solved = optimal_portfolios(model, mandate, own, current=held, cost=cost)
    status = str(solved.status[0])
    if status in FAILED:
        raise failure(status, solved.reason(0))
    return Portfolio(
        model.assets,
        solved.weights[0],
        float(solved.mean[0]),
        float(solved.volatility[0]),
        status,
        solved.binding(0),
        float(solved.kkt_residual[0]),
        float(solved.risk_aversion[0]),
    )
