"""An advice proved again from scratch: suitability pair by pair, optimality by an independent certificate, and the fingerprints."""

from __future__ import annotations

import numpy as np

from advisor.arrays import BoolArray
from advisor.contracts.advice import Advice, Verification
from advisor.contracts.client import Client
from advisor.data.clients import ClientTable
from advisor.data.days import as_day
from advisor.data.profiles import RiskProfiles
from advisor.engine.holdings import see_by_vehicle
from advisor.engine.house import House
from advisor.engine.inputs import input_digest
from advisor.engine.own_limits import floor_of, limits_around
from advisor.optimize.certificate import certify
from advisor.risk_profile.profile import profile_risk

OPTIMAL = 1e-7
"""Largest KKT residual that counts as optimal."""


def verify(house: House, advice: Advice, client: Client) -> Verification:
    """What an advice proves when recomputed.

    Args:
        house: The house that is said to have given it.
        advice: The record.
        client: The client's data as they were.

    Returns:
        `suitable`: every pick is allowed by `Regime.check`, level and day recomputed. `kkt_residual`: of the recorded weights under the client's limits, by a
        linear program of its own, not by the frontier that made them. Whatever does not hold is a sentence in `problems`.
    """
    table = ClientTable.from_clients([client])
    profiles = profile_risk(table, house.questionnaire, as_of=str(advice.as_of), bands=house.bands)
    fingerprint = f"{house.fingerprint}:{input_digest(table, 0, as_day(advice.as_of, 'as_of'))}"
    problems = (
        [] if fingerprint == advice.fingerprint else ["the fingerprint belongs to another house, another client's data or another day"]
    )
    if int(profiles.level[0]) != advice.level:
        problems.append(f"the level recomputes to C{int(profiles.level[0])}, the advice says C{advice.level}")
    unsuitable = _unsuitable(house, advice, client, profiles)
    residual = _residual(house, advice, table, profiles) if advice.weights else None
    if residual is not None and not residual <= OPTIMAL:
        problems.append(
            f"the weights miss the optimum under this client's limits: KKT residual {residual:.2g}, at most {OPTIMAL:g} is rounding"
        )
    if (advice.effective_risk_aversion or 0.0) < (advice.risk_aversion or 0.0):
        problems.append("a behavioural correction lowered risk aversion, which none may")
    return Verification(
        ok=not problems and not unsuitable,
        suitable=not unsuitable,
        kkt_residual=residual,
        fingerprint_matches=fingerprint == advice.fingerprint,
        problems=(*problems, *unsuitable),
    )


def _unsuitable(house: House, advice: Advice, client: Client, profiles: RiskProfiles) -> list[str]:
    found: list[str] = []
    bought = {order.product_id for order in advice.orders if order.money > 0.0}
    for product_id in dict.fromkeys((*(pick.product_id for pick in advice.picks), *sorted(bought))):
        if product_id not in house.catalogue.ids:
            found.append(f"{product_id!r} is not on the shelf")
            continue
        product = house.catalogue.products[house.catalogue.ids.code(product_id)]
        if product.closed:
            found.append(f"{product_id!r} is no longer sold")
        verdict = house.regime.check(profiles[0], client, product)
        if verdict.decision != "allow":
            found.append(f"{product_id!r} may not be recommended: {verdict.decision} by {', '.join(verdict.rules)}")
    return found


def _residual(house: House, advice: Advice, table: ClientTable, profiles: RiskProfiles) -> float:
    """KKT residual of the recorded weights; inf where they name an asset the model does not have."""
    if any(asset not in house.model.ids for asset in advice.weights) or advice.effective_risk_aversion is None or profiles.level[0] == 0:
        return np.inf
    offer, vehicles = house.offers.to(profiles, table), house.vehicles
    holdings = see_by_vehicle(table.holdings, house.catalogue, vehicles, offer)
    usable = offer.usable[offer.products.class_of[0]]
    eligible: BoolArray | None = usable
    mandate = house.shelf.limits(int(profiles.level[0])) if advice.status == "ok" else house.shelf.mandate
    floor = np.zeros(len(vehicles.model))
    if holdings.locked[0].any():
        (floor,) = floor_of(holdings.locked, table.wealth)
        mandate, eligible = limits_around(vehicles.model, mandate, eligible, floor), None
    weights = np.array([advice.weights.get(asset, 0.0) for asset in house.model.assets])
    made = vehicles.made_of(weights, usable, floor)
    residual = float(certify(vehicles.model, mandate, made, advice.effective_risk_aversion, eligible).kkt_residual)
    return max(residual, float(np.abs(vehicles.by_asset(made[None])[0] - weights).max()))
