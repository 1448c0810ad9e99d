"""One row of a batch as an `Advice`: the numbers, and the sentences that explain them."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np

from advisor.contracts.advice import Advice, Order, Pick, Reason
from advisor.engine.place import INVESTED, STATUSES
from advisor.engine.reasons import reason

if TYPE_CHECKING:
    from advisor.engine.batch import AdviceBatch

CENT = 0.005
"""Money below this is rounding."""


def card(batch: AdviceBatch, i: int) -> Advice:
    """Row i as an advice."""
    places, target = batch.places, float(batch.profiles.target_volatility[i])
    invested = bool(places.status[i] in INVESTED)
    told: dict[str, Any] = _portfolio(batch, i) if invested else {}
    return Advice(
        client_id=batch.client_ids[i],
        as_of=date.fromisoformat(str(batch.as_of)),
        status=STATUSES[places.status[i]],
        level=int(batch.profiles.level[i]),
        target_volatility=None if np.isnan(target) else target,
        reasons=(*_status_reasons(batch, i), *(_portfolio_reasons(batch, i) if invested else ())),
        fingerprint=batch.fingerprint_of(i),
        **told,
    )


def _portfolio(batch: AdviceBatch, i: int) -> dict[str, Any]:
    places, assets = batch.places, batch.house.model.assets
    weights, unplaced = (batch.house.vehicles.by_asset(rows[[i]])[0] for rows in (places.weights, batch.lacking))
    picks = tuple(_picks(batch, i))
    buys = (Order(product_id=p.product_id, money=p.money) for p in picks if p.money > CENT)
    sells = (Order(product_id=name, money=-money) for name, money in batch.sales_of(i).items() if money > CENT)
    return {
        "risk_aversion": float(places.risk_aversion[i]),
        "effective_risk_aversion": float(places.effective[i]),
        "weights": {a: float(w) for a, w in zip(assets, weights, strict=True) if w != 0.0},
        "expected_return": float(places.mean[i]),
        "expected_volatility": float(places.volatility[i]),
        "kkt_residual": float(places.kkt_residual[i]),
        "binding": batch.binding_of(i),
        "picks": picks,
        "orders": (*sells, *buys),
        "unplaced": {assets[j]: float(unplaced[j]) for j in np.flatnonzero(unplaced > CENT).tolist()},
    }


def _picks(batch: AdviceBatch, i: int) -> list[Pick]:
    house, level = batch.house, int(batch.profiles.level[i])
    alone = batch.clients.take([i])
    picks: list[Pick] = []
    chance = None if house.calibration is None else house.calibration.probability(batch.pick_taste[i])
    chosen = [house.catalogue.ids.ids[code] for code in batch.pick_codes[i].tolist() if code >= 0]
    told = iter(house.taste.explain_each(alone.ids[0], chosen, alone))
    for slot, code in enumerate(batch.pick_codes[i].tolist()):
        if code < 0:
            continue
        product, money = house.catalogue.products[code], float(batch.pick_money[i, slot])
        asset, language = house.catalogue.main_asset[code], house.language
        why = [
            reason("suitable", language, product_level=product.effective_risk_level, level=level, regime=product.regime or house.regime.id)
        ]
        why.append(reason("closes_gap", language, money=money, asset=asset) if money > CENT else reason("suggestion", language))
        best = next(iter(next(told)), None)
        if best is not None and best.product_id and best.share > 0.0:
            why.append(reason("taste_holding", language, held=best.product_id, share=min(best.share, 1.0)))
        else:
            why.append(reason("taste_popular", language))
        picks.append(
            Pick(
                product_id=product.id,
                asset=asset,
                rank=slot + 1,
                score=float(batch.pick_scores[i, slot]),
                probability=None if chance is None else float(chance[slot]),
                money=money if money > CENT else 0.0,
                reasons=tuple(why),
            )
        )
    return picks


def _status_reasons(batch: AdviceBatch, i: int) -> list[Reason]:
    """Why there is no advice, or what is wrong with it."""
    house, profiles, language = batch.house, batch.profiles, batch.house.language
    status, level = STATUSES[batch.places.status[i]], int(profiles.level[i])
    if status in ("invalid_input", "not_assessed", "infeasible", "unsolved"):
        return [reason(status, language, problem=batch.places.problems.get(i, ""))]
    if status == "assessment_expired":
        until = profiles.valid_until[i]
        return [reason(status, language, as_of=str(batch.as_of), valid_until="?" if np.isnat(until) else str(until))]
    if status == "no_suitable_level":
        return [reason(status, language, limit=profiles.limits.word(i) or "")]
    if status == "no_eligible_asset":
        return [reason(status, language, level=level, regime=house.regime.id)]
    if status == "above_band" and i in batch.places.problems:
        return [reason("above_stress", language, level=level, limit=house.bands.stress_loss[level - 1], problem=batch.places.problems[i])]
    if status in ("above_band", "holdings_above_band"):
        upper = house.bands.upper_volatility[level - 1]
        return [reason(status, language, level=level, volatility=float(batch.places.volatility[i]), upper=upper)]
    return []


def _portfolio_reasons(batch: AdviceBatch, i: int) -> list[Reason]:
    """Why this portfolio, from the level down to the money that found no place."""
    house, places, profiles, language = batch.house, batch.places, batch.profiles, batch.house.language
    level, volatility = int(profiles.level[i]), float(places.volatility[i])
    told = [reason("level", language, level=level, limit=profiles.limits.word(i) or "")]
    told += [reason("flag", language, text=batch.flag_text(name)) for name in profiles.spell(int(profiles.flag_bits[i]))]
    target = float(profiles.target_volatility[i])
    told.append(reason("target", language, level=level, target=target, volatility=volatility, mean=float(places.mean[i])))
    loss = float(np.einsum("n,n->", places.weights[i], house.vehicles.model.stress))
    told.append(reason("stress", language, loss=loss, limit=house.bands.stress_loss[level - 1], level=level))
    if volatility < house.bands.lower_volatility[level - 1]:
        told.append(reason("below_band", language, level=level, lower=house.bands.lower_volatility[level - 1]))
    if i in places.keepers and places.effective[i] > places.risk_aversion[i]:
        told.append(reason("kept_adds_risk", language))
    elif causes := ", ".join(places.causes(i)):
        told.append(reason("correction", language, causes=causes, before=float(places.risk_aversion[i]), after=float(places.effective[i])))
    told += [reason("kept", language, name=name, money=money) for name, money in batch.kept_of(i).items()]
    unplaced = house.vehicles.by_asset(batch.lacking[[i]])[0]
    for j in np.flatnonzero(unplaced > CENT).tolist():
        told.append(reason("unplaced", language, asset=house.model.assets[j], money=float(unplaced[j]), why=batch.why_unplaced(i, j)))
    return told
