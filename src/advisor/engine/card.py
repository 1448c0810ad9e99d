"""One row of a batch as an `Advice`: the numbers, and the sentences that explain them."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np

from advisor.contracts.advice import Advice
from advisor.engine.place import INVESTED, STATUSES
from advisor.engine.reasons import reason

if TYPE_CHECKING:
    from advisor.engine.batch import AdviceBatch

CENT = 0.005
"""Money below this is rounding."""
MOST_RULES = 3
"""Rules that a refusal names."""
STRESS_ROUNDING = 1e-7
"""A stressed loss beyond its limit by less is at it."""

Fields = dict[str, Any]
"""A contract's fields before they are checked: an `Advice` is checked once, with all that it holds."""


def card(batch: AdviceBatch, i: int) -> Advice:
    """Row i as an advice."""
    places, target = batch.places, batch.profiles.target_volatility.item(i)
    told: Fields = {
        "client_id": batch.client_ids[i],
        "as_of": batch.as_of.item(),
        "status": STATUSES[places.status[i]],
        "level": batch.profiles.level.item(i),
        "target_volatility": None if target != target else target,
        "reasons": _status_reasons(batch, i),
        "slots": batch.pick_codes.shape[1],
        "fingerprint": batch.fingerprint_of(i),
    }
    if places.status[i] in INVESTED:
        weights, unplaced = (batch.house.vehicles.by_asset(rows[i : i + 1])[0] for rows in (places.weights, batch.lacking))
        missing = _above_a_cent(unplaced.tolist())
        told["reasons"] += _portfolio_reasons(batch, i, missing)
        told |= _portfolio(batch, i, weights.tolist(), missing)
    return Advice(**told)


def _above_a_cent(unplaced: list[float]) -> dict[int, float]:
    """Position of each asset that money could not be placed in, and how much."""
    return {j: money for j, money in enumerate(unplaced) if money > CENT}


def _portfolio(batch: AdviceBatch, i: int, weights: list[float], missing: dict[int, float]) -> Fields:
    places, assets = batch.places, batch.house.model.assets
    picks = _picks(batch, i)
    buys = [{"product_id": p["product_id"], "money": p["money"]} for p in picks if p["money"] > CENT]
    sells = [{"product_id": name, "money": -money} for name, money in batch.sales_of(i).items() if money > CENT]
    return {
        "risk_aversion": places.risk_aversion.item(i),
        "effective_risk_aversion": places.effective.item(i),
        "weights": {a: w for a, w in zip(assets, weights, strict=True) if w != 0.0},
        "expected_return": places.mean.item(i),
        "expected_volatility": places.volatility.item(i),
        "kkt_residual": places.kkt_residual.item(i),
        "binding": [{"name": name, "shadow_price": price} for name, price in batch.binding_of(i)],
        "picks": picks,
        "orders": [*sells, *buys],
        "unplaced": {assets[j]: money for j, money in missing.items()},
    }


def _picks(batch: AdviceBatch, i: int) -> list[Fields]:
    house, level = batch.house, batch.profiles.level.item(i)
    chance = None if house.calibration is None else house.calibration.probability(batch.pick_taste[i])
    codes, tastes, gains = batch.pick_codes[i].tolist(), batch.pick_taste[i].tolist(), batch.pick_utility[i].tolist()
    filled = [slot for slot, code in enumerate(codes) if code >= 0]
    leading = house.taste.leading(batch.known_of(i), [codes[slot] for slot in filled], [tastes[slot] for slot in filled])
    picks: list[Fields] = []
    for slot, held in zip(filled, leading, strict=True):
        code = codes[slot]
        product, money = house.catalogue.products[code], batch.pick_money.item(i, slot)
        asset, language = house.catalogue.main_asset[code], house.language
        why = [
            reason("suitable", language, product_level=product.effective_risk_level, level=level, regime=product.regime or house.regime.id),
            reason("closes_gap", language, money=money, asset=asset) if money > CENT else reason("suggestion", language),
            *([reason("adds_value", language, gain=gain)] if (gain := gains[slot]) > 0.0 else ()),
            reason("taste_popular", language)
            if held is None
            else reason("taste_holding", language, held=held.product_id, share=min(held.share, 1.0)),
        ]
        picks.append(
            {
                "product_id": product.id,
                "asset": asset,
                "rank": slot + 1,
                "score": batch.pick_scores.item(i, slot),
                "probability": None if chance is None else float(chance[slot]),
                "money": money if money > CENT else 0.0,
                "reasons": why,
            }
        )
    return picks


def _status_reasons(batch: AdviceBatch, i: int) -> list[Fields]:
    """Why there is no advice, or what is wrong with it."""
    house, profiles, language = batch.house, batch.profiles, batch.house.language
    status, level = STATUSES[batch.places.status[i]], int(profiles.level[i])
    if status == "ok":
        return []
    if status in ("invalid_input", "not_assessed", "infeasible", "unsolved"):
        return [reason(status, language, problem=batch.places.problems.get(i, ""))]
    if status == "assessment_expired":
        until = profiles.valid_until[i]
        return [reason(status, language, as_of=str(batch.as_of), valid_until=None if np.isnat(until) else str(until))]
    if status == "no_suitable_level":
        return [reason(status, language, limit=profiles.limits.word(i) or "")]
    if status == "no_eligible_asset":
        return [reason(status, language, level=level, regime=house.regime.id, rules=_refusing(batch, i))]
    if status == "above_band" and i in batch.places.problems:
        return [reason("above_stress", language, level=level, limit=house.bands.stress_loss[level - 1], problem=batch.places.problems[i])]
    upper, volatility = house.bands.upper_volatility[level - 1], batch.places.volatility.item(i)
    if status == "holdings_above_band" and volatility <= upper:
        return [
            reason("holdings_above_stress", language, loss=_stress_loss(batch, i), limit=house.bands.stress_loss[level - 1], level=level)
        ]
    return [reason(status, language, level=level, volatility=volatility, upper=upper)]


def _refusing(batch: AdviceBatch, i: int) -> str:
    """The rules that keep most products of the shelf from client i, with how many, "" where none does."""
    house, profile, client = batch.house, batch.profiles[i], batch.clients.client(i)
    verdicts = [house.regime.check(profile, client, product) for product in house.catalogue.products if not product.closed]
    counts = Counter(rule for verdict in verdicts if verdict.decision != "allow" for rule in verdict.rules)
    return ", ".join(f"{rule} {count}/{len(verdicts)}" for rule, count in counts.most_common(MOST_RULES))


def _stress_loss(batch: AdviceBatch, i: int) -> float:
    """What the target portfolio would lose in the stress of its assets."""
    return float(np.einsum("n,n->", batch.places.weights[i], batch.house.vehicles.model.stress))


def _portfolio_reasons(batch: AdviceBatch, i: int, missing: dict[int, float]) -> list[Fields]:
    """Why this portfolio, from the level down to the money that found no place."""
    house, places, profiles, language = batch.house, batch.places, batch.profiles, batch.house.language
    level, volatility = profiles.level.item(i), places.volatility.item(i)
    told = [reason("level", language, level=level, limit=profiles.limits.word(i) or "")]
    told += [reason("flag", language, text=batch.flag_text(name)) for name in profiles.spell(profiles.flag_bits.item(i))]
    target = profiles.target_volatility.item(i)
    told.append(reason("target", language, level=level, target=target, volatility=volatility, mean=places.mean.item(i)))
    loss, most = _stress_loss(batch, i), house.bands.stress_loss[level - 1]
    told.append(reason("stress" if loss <= most + STRESS_ROUNDING else "stress_above", language, loss=loss, limit=most, level=level))
    if volatility < house.bands.lower_volatility[level - 1]:
        told.append(reason("below_band", language, level=level, lower=house.bands.lower_volatility[level - 1]))
    before, after = places.risk_aversion.item(i), places.effective.item(i)
    if i in places.keepers and after > before:
        told.append(reason("kept_adds_risk", language))
    elif causes := ", ".join(places.causes(i)):
        told.append(reason("correction", language, causes=causes, before=before, after=after))
    told += [reason("kept", language, name=name, money=money) for name, money in batch.kept_of(i).items()]
    for j, money in missing.items():
        told.append(reason("unplaced", language, asset=house.model.assets[j], money=money, why=batch.why_unplaced(i, j)))
    return told
