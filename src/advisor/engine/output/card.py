"""One row of a batch as an `Advice`: the numbers, and the sentences that explain them."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from advisor.arrays import FloatArray
from advisor.contracts.advice import STATUSES, Advice
from advisor.contracts.product import Product
from advisor.contracts.thresholds import exceeds
from advisor.data.returns import STRESS_QUANTILE
from advisor.engine.causes import kept_adds_risk, lacks_assets, refused_by
from advisor.engine.duties import product_duties
from advisor.engine.marginal import marginal_values_of
from advisor.engine.output.reasons import reason, worded
from advisor.engine.portfolios.allocation import INVESTED

if TYPE_CHECKING:
    from advisor.engine.batch import AdviceBatch

CENT = 0.005
"""Money below this is rounding."""
STRESS_ROUNDING = 1e-7
"""A stressed loss beyond its limit by less is at it."""

APART = 0.005
"""Share of wealth from which a difference from the target is told."""

Fields = dict[str, Any]
"""A contract's fields before they are checked: an `Advice` is checked once, with all that it
holds."""

CHANCES = ("probability", "probability_low", "probability_high")
"""Fields of a pick that a calibration fills: the probability, and between which it lies in nine of
ten windows."""


def card(batch: AdviceBatch, i: int) -> Advice:
    """Row i as an advice."""
    allocations, target = batch.allocations, batch.profiles.target_volatility.item(i)
    told: Fields = {
        "client_id": batch.client_ids[i],
        "as_of": batch.as_of.item(),
        "status": STATUSES[allocations.status[i]],
        "level": batch.profiles.level.item(i),
        "target_volatility": None if target != target else target,
        "reasons": _status_reasons(batch, i),
        "slots": batch.pick_codes.shape[1],
        "fingerprint": batch.fingerprint_of(i),
    }
    if allocations.status[i] in INVESTED:
        missing = _above_a_cent(batch.unplaced[i].tolist())
        told["reasons"] += _portfolio_reasons(batch, i, missing)
        told |= _portfolio(batch, i, missing)
    return Advice(**told)


def _above_a_cent(unplaced: list[float]) -> dict[int, float]:
    """Position of each asset that money could not be placed in, and how much."""
    return {j: money for j, money in enumerate(unplaced) if money > CENT}


def _portfolio(batch: AdviceBatch, i: int, missing: dict[int, float]) -> Fields:
    allocations, assets = batch.allocations, batch.state.model.assets
    weights, after = (rows[i].tolist() for rows in (batch.weights, batch.weights_after))
    picks = _picks(batch, i, after)
    buys = [
        {"product_id": p["product_id"], "money": p["money"]} for p in picks if p["money"] > CENT
    ]
    sells = [
        {"product_id": name, "money": -money}
        for name, money in batch.sales_of(i).items()
        if money > CENT
    ]
    return {
        "risk_aversion": allocations.risk_aversion.item(i),
        "effective_risk_aversion": allocations.effective.item(i),
        "weights": {a: w for a, w in zip(assets, weights, strict=True) if w != 0.0},
        "weights_after_orders": {a: w for a, w in zip(assets, after, strict=True) if w != 0.0},
        **{name: values.item(i) for name, values in batch.figures.items()},
        "kkt_residual": allocations.kkt_residual.item(i),
        "binding": [{"name": name, "shadow_price": price} for name, price in batch.binding_of(i)],
        "picks": picks,
        "orders": [*sells, *buys],
        "unplaced": {assets[j]: money for j, money in missing.items()},
    }


def _picks(batch: AdviceBatch, i: int, weights: list[float]) -> list[Fields]:
    state, level = batch.state, batch.profiles.level.item(i)
    known, at = state.calibration, batch.pick_relevance[i]
    chances = (
        {}
        if known is None
        else dict(zip(CHANCES, (known.probability(at), *known.interval(at)), strict=True))
    )
    codes, relevances = batch.pick_codes[i].tolist(), batch.pick_relevance[i].tolist()
    filled = [slot for slot, code in enumerate(codes) if code >= 0]
    gains = marginal_values_of(
        weights, batch.allocations.effective.item(i), [codes[slot] for slot in filled], batch
    )
    leading = state.recommender.leading(
        batch.known_of(i), [codes[slot] for slot in filled], [relevances[slot] for slot in filled]
    )
    picks: list[Fields] = []
    for slot, held, gain in zip(filled, leading, gains, strict=True):
        code = codes[slot]
        product, money = state.catalogue.products[code], batch.pick_money.item(i, slot)
        asset, language = state.catalogue.main_asset[code], state.language
        risk, share = product.effective_risk_level, state.popularity.item(code)
        why = [
            reason(
                "suitable" if risk <= level else "allowed_above",
                language,
                product_level=risk,
                level=level,
                regime=product.regime or state.regime.id,
            ),
            (
                reason(
                    "closes_gap", language, money=money, asset=asset, spread=_spread(product, asset)
                )
                if money > CENT
                else reason("suggestion", language)
            ),
            *(
                [reason("adds_value" if gain > 0.0 else "takes_value", language, gain=gain)]
                if gain == gain
                else ()
            ),
            (
                reason("taste_holding", language, held=held.product_id, share=min(held.share, 1.0))
                if held is not None
                else (
                    reason("taste_popular", language, share=share)
                    if share > 0.0
                    else reason("taste_unknown", language)
                )
            ),
            *(
                reason("duty", language, rule=rule.id, **worded("rule_text", rule.text_in))
                for rule in product_duties(batch, i, code)
            ),
        ]
        picks.append(
            {
                "product_id": product.id,
                "asset": asset,
                "rank": slot + 1,
                "score": batch.pick_scores.item(i, slot),
                **{name: float(chances[name][slot]) if chances else None for name in CHANCES},
                "money": money if money > CENT else 0.0,
                "marginal_value": gain if gain == gain else None,
                "reasons": why,
            }
        )
    return picks


def _spread(product: Product, asset: str) -> str:
    """What a product puts money in: an asset, or several with their shares."""
    parts = sorted(product.exposures.items(), key=lambda part: -part[1])
    return ", ".join(f"{name} {share:.0%}" for name, share in parts) if len(parts) > 1 else asset


def _status_reasons(batch: AdviceBatch, i: int) -> list[Fields]:
    """Why there is no advice, or what is wrong with it."""
    state, profiles, language = batch.state, batch.profiles, batch.state.language
    status, level = STATUSES[batch.allocations.status[i]], int(profiles.level[i])
    if status == "ok":
        return []
    if status in ("invalid_input", "not_assessed", "infeasible", "unsolved", "stopped"):
        return [reason(status, language, problem=batch.allocations.problems.get(i, ""))]
    if status == "assessment_expired":
        until = profiles.valid_until[i]
        return [
            reason(
                status,
                language,
                as_of=str(batch.as_of),
                valid_until=None if np.isnat(until) else str(until),
            )
        ]
    if status == "no_suitable_level":
        return [reason(status, language, limit=profiles.limits.word(i) or "")]
    if status == "no_money":
        return [reason(status, language)]
    if status == "no_eligible_asset":
        rules, text = refused_by(batch, i)
        code = "too_few_assets" if lacks_assets(batch.allocations, slice(i, i + 1))[0] else status
        return [reason(code, language, level=level, regime=state.regime.id, rules=rules, **text)]
    if status == "above_band":
        rules, _ = refused_by(batch, i)
        if i in batch.allocations.problems:
            limit = state.bands.stress_loss[level - 1]
            return [
                reason(
                    "above_stress",
                    language,
                    level=level,
                    limit=limit,
                    problem=batch.allocations.problems[i],
                    rules=rules,
                )
            ]
        upper, volatility = (
            state.bands.upper_volatility[level - 1],
            batch.allocations.volatility.item(i),
        )
        return [
            reason(status, language, level=level, volatility=volatility, upper=upper, rules=rules)
        ]
    upper, volatility = state.bands.upper_volatility[level - 1], batch.outcome.volatility.item(i)
    if not exceeds(volatility, upper):
        loss, limit = batch.outcome.loss.item(i), state.bands.stress_loss[level - 1]
        return [reason("holdings_above_stress", language, loss=loss, limit=limit, level=level)]
    return [reason(status, language, level=level, volatility=volatility, upper=upper)]


def _portfolio_reasons(batch: AdviceBatch, i: int, missing: dict[int, float]) -> list[Fields]:
    """Why this portfolio, from the level down to the money that found no place."""
    state, allocations, profiles, language = (
        batch.state,
        batch.allocations,
        batch.profiles,
        batch.state.language,
    )
    level, volatility = profiles.level.item(i), batch.outcome.volatility.item(i)
    # 1. the level, and the portfolio after the orders
    told = [reason("level", language, level=level, limit=profiles.limits.word(i) or "")]
    flags = profiles.spell(profiles.flag_bits.item(i))
    told += [
        reason("flag", language, flag=name, **worded("text", partial(batch.flag_text, name)))
        for name in flags
    ]
    target, mean = profiles.target_volatility.item(i), batch.outcome.mean.item(i)
    told.append(
        reason("target", language, level=level, target=target, volatility=volatility, mean=mean)
    )
    if (fee := batch.outcome.fee.item(i)) > 0.0:
        money = fee * batch.clients.wealth.item(i)
        told.append(reason("fees", language, gross=mean, fee=fee, net=mean - fee, money=money))
    loss, most = batch.outcome.loss.item(i), state.bands.stress_loss[level - 1]
    one_in_100 = mean - STRESS_QUANTILE * volatility
    stress = "stress" if loss <= most + STRESS_ROUNDING else "stress_above"
    told.append(reason(stress, language, loss=loss, limit=most, level=level, one_in_100=one_in_100))
    lower = state.bands.lower_volatility[level - 1]
    if exceeds(lower, volatility):
        reached = allocations.level_groups[allocations.level_group_of.item(i)].reached
        code = "below_band" if reached else "not_reachable"
        told.append(reason(code, language, level=level, volatility=volatility, lower=lower))
    if state.model.forecast is not None:
        told.append(reason("sized", language, long=state.volatility_of(batch.weights_after[i])))
    # 2. why the target is not that of the level alone
    before, after = allocations.risk_aversion.item(i), batch.behavioural.item(i)
    if i in allocations.locked_rows and kept_adds_risk(batch, np.array([i]))[0]:
        told.append(reason("kept_adds_risk", language))
    if after > before and (causes := ", ".join(allocations.causes(i))):
        told.append(reason("correction", language, causes=causes, before=before, after=after))
    # 3. what is held
    for code, entries in batch.unusual_holdings(i).items():
        told += [reason(code, language, name=name, money=money) for name, money in entries.items()]
    # 4. what the orders leave open
    apart = distance(batch.weights[i : i + 1], batch.weights_after[i : i + 1]).item()
    if apart > APART:
        told.append(
            reason(
                "differs",
                language,
                share=apart,
                cash=batch.outcome.cash.item(i),
                volatility=allocations.volatility.item(i),
                mean=allocations.mean.item(i),
            )
        )
    for cap, subject, value in batch.concentrations.of(i):
        text = {} if cap.rule is None else worded("rule_text", cap.rule.text_in)
        code = "concentration_money" if cap.when == "insured_deposit" else "concentration"
        told.append(
            reason(
                code,
                language,
                rule=cap.id,
                subject=subject,
                value=value,
                limit=cap.limit,
                **({"rule_text": ""} | text),
            )
        )
    for j, money in missing.items():
        why = batch.why_unplaced(i, j)
        told.append(reason("unplaced", language, asset=state.model.assets[j], money=money, why=why))
    return told


def distance(weights: FloatArray, after: FloatArray) -> FloatArray:
    """Share of wealth that stands elsewhere than in the target, shape (c,); cash counts as one
    more.

    Args:
        weights: The target by asset, shape (c, n).
        after: After the orders, shape (c, n).
    """
    beyond = after - weights
    return np.maximum(
        np.add.reduce(np.where(beyond > 0.0, beyond, 0.0), axis=1),
        np.add.reduce(np.where(beyond < 0.0, -beyond, 0.0), axis=1),
    )
