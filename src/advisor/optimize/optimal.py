"""The best portfolio of one client: `optimal_portfolio`."""

from __future__ import annotations

from typing import cast

import numpy as np

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
    current: FloatArray | None = None,
    cost: float | TradingCost = 0.0,
    scenarios: Scenarios | FloatArray | None = None,
    target_return: float | None = None,
) -> Portfolio:
    """The best portfolio of one client, with its proof.

    Args:
        model: Annual expected returns and covariance of n assets.
        mandate: The limits; long-only when None.
        risk_aversion: `g` of `mean - g/2 variance`; 0 or more, inf for the least risk.
        target_volatility: Annual; the risk aversion is then the one that leads there, and neither
            costs nor losses lead above it.
        preferences: Of one client. Beside `risk_aversion` or `target_volatility`, whose risk
            aversion then takes the place of theirs.
        current: Weights held now, shape (n,), not money; what they leave of 1 is cash. Needed for a
            cost of trading.
        cost: One-off proportional cost of trading, spread over one year, or over the holding years
            of a `TradingCost`.
        scenarios: Returns over one evaluation period, shape (T, n) for one year: losses are then
            counted over them, without normality.
        target_return: Annual expected return, of the portfolio of least risk that earns it (or
            more, where the one of least risk of all does); beside `model` and `mandate` alone.

    Returns:
        The portfolio; its `kkt_residual` proves it optimal, its `binding` limits say what more
        freedom would be worth.

    Raises:
        InputError: No risk aversion at all, two of them, costs without holdings, or an argument
            that cannot be read.
        InfeasibleError: The limits contradict each other; they are named.
        SolverError: No certified answer was found.

    >>> model = ReturnModel(["cash", "stocks"], [0.02, 0.08], [[0.0, 0.0], [0.0, 0.04]])
    >>> optimal_portfolio(model, risk_aversion=3.0)
    Portfolio(cash 50.0%, stocks 50.0%; mean 5.00%, volatility 10.00%, ok)
    """
    mandate = Mandate() if mandate is None else mandate
    if target_return is not None:
        others = (risk_aversion, target_volatility, preferences, current, scenarios)
        if any(other is not None for other in others):
            raise InputError(
                "target_return is given beside a risk aversion, a target_volatility, preferences,"
                " current or scenarios, which it does not go with. Give it alone.",
                field="target_return",
                value=target_return,
            )
        return _of_return(
            trace_frontier(model, mandate),
            check_number(target_return, "target_return", "It is annual, such as 0.05."),
        )
    _check_arguments(risk_aversion, target_volatility, preferences, current, cost)
    frontier = trace_frontier(model, mandate)
    gamma = (
        float(frontier.risk_aversion_at(target_volatility)[0])
        if target_volatility is not None
        else risk_aversion
    )
    if scenarios is None and current is None and (preferences is None or gamma == np.inf):
        gamma = cast(float, gamma)
        return portfolio_on(
            frontier,
            (
                frontier.at_volatility(target_volatility)
                if target_volatility
                else frontier.at_risk_aversion(gamma)
            ),
            gamma,
        )
    wants = preferences or Preferences(0.0)
    wants = wants if gamma is None else wants.with_risk_aversion(gamma)
    if (
        target_volatility is not None and gamma != np.inf
    ):  # neither costs nor losses must lead above it
        cap = np.inf if mandate.max_volatility is None else mandate.max_volatility
        mandate = mandate.model_copy(
            update={
                "max_volatility": min(cap, max(target_volatility, float(frontier.volatility[0])))
            }
        )
    if scenarios is not None:
        table = scenarios if isinstance(scenarios, Scenarios) else Scenarios(scenarios)
        return over_scenarios(model, mandate, wants, table.of(model.assets), current, cost)
    if current is not None:
        return _alone(model, mandate, wants, current=held_weights(model, current), cost=cost)
    if target_volatility is not None:
        frontier = trace_frontier(model, mandate)
    gamma = float(frontier.effective_risk_aversion(wants)[0])
    best = portfolio_on(frontier, frontier.at_risk_aversion(gamma), gamma, wants)
    return best if best.kkt_residual <= CERTIFIED else _alone(model, mandate, wants)


def _of_return(frontier: Frontier, target: float) -> Portfolio:
    """The portfolio of least risk with an expected return, or more where the one of least risk of
    all earns more.
    """
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


def _check_arguments(
    risk_aversion: float | None,
    target_volatility: float | None,
    preferences: Preferences | None,
    current: FloatArray | None,
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
    if current is None and (not isinstance(cost, NUMBER) or cost != 0.0):
        raise InputError(
            f"cost is {cost}, but without current weights there is no trade to charge; pass"
            " current.",
            field="cost",
            value=cost,
        )


def _alone(
    model: ReturnModel,
    mandate: Mandate,
    wants: Preferences,
    *,
    current: FloatArray | None = None,
    cost: float | TradingCost = 0.0,
) -> Portfolio:
    """One row of `optimal_portfolios`."""
    solved = optimal_portfolios(model, mandate, wants, current=current, cost=cost)
    status, gamma = str(solved.status[0]), float(solved.risk_aversion[0])
    if status in FAILED:
        raise failure(status, solved.reason(0))
    moments = float(solved.mean[0]), float(solved.volatility[0])
    return Portfolio(
        model.assets,
        solved.weights[0],
        *moments,
        status,
        solved.binding(0),
        float(solved.kkt_residual[0]),
        gamma,
    )
