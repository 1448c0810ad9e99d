"""What a record of advice proves by itself, recomputed by other means than those that made it:
rules pair by pair, sums over assets, a program of its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from advisor.arrays import BoolArray, FloatArray
from advisor.contracts.advice import Advice
from advisor.contracts.client import Client
from advisor.data.clients.table import ClientTable
from advisor.data.profiles import RiskProfiles
from advisor.engine.advised import CENT
from advisor.engine.portfolios.allocation import SHORTEST_HORIZON, measured_biases
from advisor.engine.portfolios.locked_holdings import ceiling_of, floor_of, limits_around
from advisor.engine.state import AdvisorState
from advisor.engine.universe.holdings import holdings_of
from advisor.engine.verification.outcome import (
    ROUNDING,
    HoldingsAfter,
    moments,
    product_of,
    prove_concentration,
    prove_outcome,
    volatility_of,
)
from advisor.errors import AdvisorError
from advisor.optimize.frontier.lookup import MEASURED
from advisor.optimize.limits.multipliers import certify
from advisor.optimize.preferences.bias_evidence import BiasEvidence
from advisor.optimize.preferences.certificate import certify_preferences
from advisor.optimize.preferences.corrections import combine_corrections, excess_loss_aversion
from advisor.optimize.preferences.preferences import Preferences
from advisor.privacy import written

OPTIMAL = 1e-7
"""Largest KKT residual that counts as optimal."""
LARGEST = 1e6
"""A weight beyond this is no part of any portfolio."""


@dataclass(frozen=True)
class Recomputed:
    """What was found.

    Attributes:
        unsuitable: A sentence for each product that may not be recommended.
        wrong: A sentence for everything else that does not hold.
        kkt_residual: Of the recorded weights, finite; None where there are none, or none that could
            be judged.
    """

    unsuitable: tuple[str, ...]
    wrong: tuple[str, ...]
    kkt_residual: float | None


NO_PORTFOLIO = (
    "the weights are no portfolio: an asset is not known here, or a weight is no finite number"
)


def recompute(
    state: AdvisorState, advice: Advice, client: Client, table: ClientTable, profiles: RiskProfiles
) -> Recomputed:
    """Prove a record, or say what does not hold.

    Args:
        state: Whose rules and returns.
        advice: The record.
        client: The client's data.
        table: The same, one row.
        profiles: What they are assessed as, one row.
    """
    unsuitable = tuple(_unsuitable(state, advice, client, profiles))
    if not advice.weights:
        return Recomputed(unsuitable, (), None)
    weights, gamma = _weights(state, advice), advice.effective_risk_aversion
    if weights is None:
        return Recomputed(unsuitable, (NO_PORTFOLIO,), None)
    level = int(profiles.level[0])
    optimal = (advice.optimal_return, advice.optimal_volatility)
    wrong = [*moments(state, weights, optimal, "target"), *_money(state, advice, client)]
    if level:
        after = HoldingsAfter.after(state, advice, client)
        wrong += [*prove_outcome(state, advice, client, weights, after, level)]
        wrong += prove_concentration(state, advice, table, after) if advice.reasons else ()
    if not level or gamma is None or not gamma >= 0.0:
        wrong.append(
            f"there are weights, but at level C{level} and risk aversion {gamma} no portfolio is"
            " the best one"
        )
        return Recomputed(unsuitable, tuple(wrong), None)
    if not gamma >= (advice.risk_aversion or 0.0):
        wrong.append("a behavioural correction lowered risk aversion, which none may")
    target = state.bands.target_volatility[level - 1]
    if np.isfinite(gamma) and not volatility_of(state, weights) <= target + ROUNDING:
        volatility = volatility_of(state, weights)
        wrong.append(
            f"the volatility of the weights is {volatility:.3%}, above the {target:.3%} that level"
            f" C{level} is aimed at"
        )
    wrong += _correction(state, advice, table, profiles)
    loss = float(np.einsum("i,i->", weights, state.model.stress))
    within_stress = loss <= state.bands.stress_loss[level - 1] + ROUNDING
    residual = _residual(state, within_stress, weights, gamma, table, profiles)
    if residual is None or not residual <= OPTIMAL:
        missed = (
            "no residual could be found"
            if residual is None
            else f"KKT residual {residual:.2g}, at most {OPTIMAL:g} is rounding"
        )
        wrong.append(f"the weights miss the optimum under this client's limits: {missed}")
    return Recomputed(unsuitable, tuple(wrong), residual)


def _unsuitable(
    state: AdvisorState, advice: Advice, client: Client, profiles: RiskProfiles
) -> Iterator[str]:
    bought = {order.product_id for order in advice.orders if order.money > 0.0}
    for product_id in dict.fromkeys((*(pick.product_id for pick in advice.picks), *sorted(bought))):
        product = product_of(state, product_id)
        if product is None:
            yield f"{product_id!r} is not in the catalogue"
            continue
        if product.closed:
            yield f"{product_id!r} is no longer sold"
        verdict = state.regime.check(profiles[0], client, product)
        if verdict.decision != "allow":
            yield (
                f"{product_id!r} may not be recommended: {verdict.decision} by"
                f" {', '.join(verdict.rules)}"
            )


def _weights(state: AdvisorState, advice: Advice) -> FloatArray | None:
    """Recorded weights over the n assets, shape (n,); None where they name another, or are no
    weights.
    """
    assets = state.model.ids
    if any(
        asset not in assets or not abs(weight) <= LARGEST
        for asset, weight in advice.weights.items()
    ):
        return None
    return np.array([advice.weights.get(asset, 0.0) for asset in assets.ids])


def _money(state: AdvisorState, advice: Advice, client: Client) -> Iterator[str]:
    """Nothing is sold that is not held or may not be sold, nothing is bought that is not picked."""
    buys = {order.product_id: order.money for order in advice.orders if order.money > 0.0}
    if buys != {pick.product_id: pick.money for pick in advice.picks if pick.money > 0.0}:
        yield "the orders to buy are not the picks that money is placed in"
    for order in advice.orders:
        held, product = (
            client.holdings.get(order.product_id, 0.0),
            product_of(state, order.product_id),
        )
        if not order.money >= -held - CENT:
            yield (
                f"{_money_of(-order.money)} of {order.product_id!r} are sold, {_money_of(held)} are"
                " held"
            )
        if order.money < 0.0 and order.product_id in client.locked:
            yield f"{order.product_id!r} is sold, and is locked"
        if order.money > 0.0 and product is not None and order.money < product.min_purchase - CENT:
            yield (
                f"{_money_of(order.money)} of {order.product_id!r} are bought, the least is"
                f" {product.min_purchase:,.2f}"
            )


def _money_of(money: float) -> str:
    return written(f"{money:,.2f}")


def _correction(
    state: AdvisorState, advice: Advice, table: ClientTable, profiles: RiskProfiles
) -> Iterator[str]:
    """The corrected risk aversion follows from the optimum of the client's own loss aversion, which
    is proved as such: no portfolio of the level is better for these preferences.
    """
    offer, measured = state.offers.to(profiles, table), measured_biases(table)
    usable = offer.usable[offer.products.class_of[0]]
    if measured is None or advice.status != "ok" or not usable.any():
        return
    if holdings_of(table, state.catalogue, state.vehicles, offer).has_own_limits(offer.assets)[0]:
        return  # limits of their own, and a risk aversion that these limits lead to
    level_group = state.frontiers.level_frontier(int(profiles.level[0]), usable)
    if level_group.frontier is None or not np.isfinite(level_group.risk_aversion):
        return
    known = {name: measured[row] for row, name in enumerate(MEASURED)}
    years = np.maximum(table.horizon_years, SHORTEST_HORIZON)
    evidence, gamma = BiasEvidence.of(1, **known), np.array([level_group.risk_aversion])
    own = excess_loss_aversion(evidence, state.biases)
    wants = Preferences(gamma, own, 0.0, years)
    best = level_group.frontier.effective_risk_aversion(wants)
    if own[0] > 1.0:
        there = level_group.frontier.at_risk_aversion(best)[0]
        proof = certify_preferences(level_group.frontier, there, wants, float(best[0]))
        if not proof.kkt_residual <= OPTIMAL * max(1.0, min(float(best[0]), 1e9)):
            yield f"the optimum of a loss aversion of {own[0]:.3g} could not be proved"
    effective = float(combine_corrections(gamma, best, evidence, state.biases).effective[0])
    said = advice.effective_risk_aversion
    if said is None or not abs(said - effective) <= ROUNDING * effective:
        yield f"the corrected risk aversion is {effective:.6g}, not {said}"


def _residual(
    state: AdvisorState,
    within_stress: bool,
    weights: FloatArray,
    gamma: float,
    table: ClientTable,
    profiles: RiskProfiles,
) -> float | None:
    """KKT residual of weights, shape (n,), by a linear program, not by the frontier that made them;
    None where the program finds none.
    """
    offer, vehicles = state.offers.to(profiles, table), state.vehicles
    holdings = holdings_of(table, state.catalogue, vehicles, offer)
    usable = offer.usable[offer.products.class_of[0]]
    if not usable.any():
        return None
    eligible: BoolArray | None = usable
    mandate = (
        state.frontiers.limits(int(profiles.level[0])) if within_stress else state.frontiers.mandate
    )
    floor, ceiling = np.zeros((2, len(vehicles.model)))
    if holdings.has_own_limits(offer.assets)[0]:
        (floor,) = floor_of(holdings.locked, table.wealth)
        (ceiling,) = ceiling_of(holdings.ceiling, table.wealth)
        mandate = limits_around(vehicles.model, mandate, usable, floor, ceiling)
        eligible = None
    try:
        made = vehicles.made_of(
            weights, floor, np.where(usable, np.inf, np.maximum(floor, ceiling))
        )
        residual = float(certify(vehicles.model, mandate, made, gamma, eligible).kkt_residual)
    except (AdvisorError, RuntimeError):
        return None
    residual = max(residual, float(np.abs(vehicles.by_asset(made[None])[0] - weights).max()))
    return residual if np.isfinite(residual) else None
