"""One client's portfolio over scenarios, with its proof."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from advisor.arrays import BoolArray, FloatArray, float_array
from advisor.contracts.advice import Binding
from advisor.contracts.mandate import Mandate
from advisor.data.by_asset import in_order, numbers_by_id
from advisor.data.returns import ReturnModel
from advisor.errors import AdvisorError, InfeasibleError, SolverError
from advisor.optimize.batch.costs import CostRows, TradingCost, cost_rows
from advisor.optimize.limits.certificate import certify_row
from advisor.optimize.limits.limits import limits_of
from advisor.optimize.limits.multipliers import best_multipliers
from advisor.optimize.portfolio import Portfolio
from advisor.optimize.preferences.preferences import Preferences
from advisor.optimize.scenarios.portfolios import Scenarios, optimal_over_scenarios

FAILED = ("infeasible", "failed")


KEPT = 1e-12
"""A weight this close to the one held was not traded."""


def held_weights(model: ReturnModel, current: object) -> FloatArray:
    """Weights held now, shape (n,), in the model's order; a mapping or a `Portfolio` goes by asset
    id, and what it does not name is not held.
    """
    if isinstance(current, Portfolio):
        current = dict(zip(current.assets, current.weights.tolist(), strict=True))
    if isinstance(current, Mapping):
        named = numbers_by_id(current, model.assets, "current", "A weight is a fraction of wealth.")
        current = [named.get(name, 0.0) for name in model.assets]
    return float_array(in_order(current, model.assets, "current"), "current", shape=(len(model),))


def _net_of_costs(
    costs: CostRows | None, weights: FloatArray, mean: FloatArray
) -> tuple[FloatArray, BoolArray]:
    """Marginal means after the costs of one client's trades, and which weights were not traded
    because of them, each shape (n,).
    """
    if costs is None:
        return mean, np.zeros(len(weights), dtype=np.bool_)
    hold, buy, sell = costs.hold[0], costs.buy[0], costs.sell[0]
    untraded = (np.abs(weights - hold) <= KEPT) & (buy + sell > 0.0)
    return mean - np.where(weights > hold, buy, -sell) * ~untraded, untraded


def over_scenarios(
    model: ReturnModel,
    mandate: Mandate,
    wants: Preferences,
    scenarios: Scenarios | FloatArray,
    current: object,
    cost: float | TradingCost,
) -> Portfolio:
    """One row of `optimal_over_scenarios`."""
    table = scenarios if isinstance(scenarios, Scenarios) else Scenarios(scenarios)
    scenarios = table.of(model.assets)
    held = None if current is None else held_weights(model, current)
    solved = optimal_over_scenarios(model, scenarios, wants, mandate, current=held, cost=cost)
    status = str(solved.status[0])
    if status in FAILED:
        raise failure(
            status,
            "The program over scenarios has no answer whose optimality could be proved; check the"
            " scale of the scenarios.",
        )
    weights, gamma = solved.weights[0], float(wants.risk_aversion[0])
    volatility = float(np.sqrt(max(float(weights @ model.covariance @ weights), 0.0)))
    residual = float(solved.duality_gap[0] / max(1.0, abs(float(solved.objective[0]))))
    tilted = model.mean + scenarios.returns.T @ solved.tilt[0] / scenarios.years
    net, untraded = _net_of_costs(
        cost_rows(held, cost, wants.status_quo_cost, 1, model.assets), weights, tilted
    )
    binding = _bindings(model, mandate, weights, gamma, net, untraded)
    return Portfolio(
        model.assets,
        weights,
        float(weights @ model.mean),
        volatility,
        status,
        binding,
        residual,
        gamma,
    )


def _bindings(
    model: ReturnModel,
    mandate: Mandate,
    weights: FloatArray,
    gamma: float,
    net_mean: FloatArray,
    untraded: BoolArray,
) -> tuple[Binding, ...]:
    """Binding limits where the marginal mean is not the model's: after costs, or tilted by losses.
    Assets that are not worth trading are named too.
    """
    limits = limits_of(model, mandate)
    seen = ReturnModel(model.assets, net_mean, model.covariance)
    boxed = replace(
        limits,
        lower=np.where(untraded, weights, limits.lower),
        upper=np.where(untraded, weights, limits.upper),
    )
    multipliers, extra = best_multipliers(seen, boxed, weights, gamma)
    bindings = certify_row(seen, boxed, weights, gamma, multipliers, gamma + extra).binding
    names = {
        f"fixed_weight:{model.assets[i]}": f"no_trade:{model.assets[i]}"
        for i in np.flatnonzero(untraded)
    }
    return tuple(
        Binding(name=names.get(b.name, b.name), shadow_price=b.shadow_price) for b in bindings
    )


def failure(status: str, reason: str) -> AdvisorError:
    """The error that a row without a portfolio is."""
    return (
        InfeasibleError(reason)
        if status == "infeasible"
        else SolverError(reason, solver="optimal_portfolio", status=status)
    )
