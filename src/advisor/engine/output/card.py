"""One row of a batch as an `Advice`: the numbers, and the sentences that explain them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from advisor.contracts.advice import STATUSES, Advice, Scalar
from advisor.contracts.product import Product
from advisor.contracts.rules import PORTFOLIO, Rule
from advisor.engine.advised import CENT, Advised
from advisor.engine.marginal import marginal_values_of
from advisor.engine.output.columns import PICK_PATTERNS, pick_pattern
from advisor.engine.output.first_reasons import FIRST_CODES, first_data
from advisor.engine.output.reason_codes import ReasonCodes
from advisor.engine.output.reason_table import PORTFOLIO_REASONS
from advisor.engine.output.reasons import reason, worded
from advisor.engine.portfolios.statuses import INVESTED, OK
from advisor.recommend.model.contributions import Contribution

Fields = dict[str, Any]
"""A contract's fields before they are checked: an `Advice` is checked once, with all that it
holds."""

CHANCES = ("probability", "probability_low", "probability_high")
"""Fields of a pick that a calibration fills: the probability, and between which it lies in nine of
ten windows."""


def card(batch: Advised, reasons: ReasonCodes, i: int) -> Advice:
    """Row i as an advice."""
    allocations, target = batch.allocations, batch.profiles.target_volatility.item(i)
    fields: Fields = {
        "client_id": batch.client_ids[i],
        "as_of": batch.as_of.item(),
        "status": STATUSES[allocations.status[i]],
        "level": batch.profiles.level.item(i),
        "target_volatility": None if target != target else target,
        "reasons": list(_reasons(batch, reasons, i)),
        "slots": batch.pick_codes.shape[1],
        "fingerprint": batch.fingerprint_of(i),
    }
    if allocations.status[i] in INVESTED:
        fields |= _portfolio(batch, i)
    return Advice(**fields)


def _reasons(batch: Advised, reasons: ReasonCodes, i: int) -> Iterator[Fields]:
    """Why there is no advice, or why this portfolio, from the level down to the money that found no
    place.
    """
    language, first = batch.state.language, reasons.first.item(i)
    if first != OK:
        code = FIRST_CODES[first]
        yield reason(code, language, **first_data(batch, i, code))
    for entry, holds in zip(PORTFOLIO_REASONS, reasons.held, strict=True):
        if holds[i]:
            yield from (reason(entry.code, language, **data) for data in entry.data(batch, i))


def _portfolio(batch: Advised, i: int) -> Fields:
    allocations, assets = batch.allocations, batch.state.model.assets
    weights, after, missing = (
        rows[i].tolist() for rows in (batch.weights, batch.weights_after, batch.unplaced)
    )
    picks = _picks(batch, i, after)
    buys = [{"product_id": p["product_id"], "money": p["money"]} for p in picks if p["money"]]
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
        "unplaced": {a: m for a, m in zip(assets, missing, strict=True) if m > CENT},
    }


def _picks(batch: Advised, i: int, weights: list[float]) -> list[Fields]:
    state = batch.state
    known, at = state.calibration, batch.pick_relevance[i]
    chances = (
        {}
        if known is None
        else dict(zip(CHANCES, (known.probability(at), *known.interval(at)), strict=True))
    )
    codes, relevances = batch.pick_codes[i].tolist(), batch.pick_relevance[i].tolist()
    filled = [slot for slot, code in enumerate(codes) if code >= 0]
    effective = batch.allocations.effective.item(i)
    gains = marginal_values_of(state, [codes[slot] for slot in filled], weights, effective)
    leading = state.recommender.leading(
        batch.known_of(i), [codes[slot] for slot in filled], [relevances[slot] for slot in filled]
    )
    picks: list[Fields] = []
    for slot, held, gain in zip(filled, leading, gains, strict=True):
        code = codes[slot]
        money = batch.pick_money.item(i, slot)
        picks.append(
            {
                "product_id": state.catalogue.products[code].id,
                "asset": state.catalogue.main_asset[code],
                "rank": slot + 1,
                "score": batch.pick_scores.item(i, slot),
                **{name: float(chances[name][slot]) if chances else None for name in CHANCES},
                "money": money if money > CENT else 0.0,
                "marginal_value": gain if gain == gain else None,
                "reasons": _pick_reasons(batch, i, slot, gain, held),
            }
        )
    return picks


def _pick_reasons(
    batch: Advised, i: int, slot: int, gain: float, held: Contribution | None
) -> list[Fields]:
    """Why one pick: by rules, by the portfolio, by past purchases, and the duties of its sale."""
    state, language, code = batch.state, batch.state.language, batch.pick_codes.item(i, slot)
    product, level, money = (
        state.catalogue.products[code],
        batch.level.item(i),
        batch.pick_money.item(i, slot),
    )
    asset, share = state.catalogue.main_asset[code], state.popularity.item(code)
    rating = product.effective_risk_level
    suits = {"product_level": rating, "level": level, "regime": product.regime or state.regime.id}
    data: dict[str, Mapping[str, Scalar]] = {
        "suitable": suits,
        "allowed_above": suits,
        "closes_gap": {"money": money, "asset": asset, "spread": _spread(product, asset)},
        "adds_value": {"gain": gain},
        "takes_value": {"gain": gain},
    }
    pattern = PICK_PATTERNS[pick_pattern(rating > level, money > CENT, gain)]
    why = [reason(name, language, **data.get(name, {})) for name in pattern]
    if held is not None:
        shown = min(held.share, 1.0)
        why.append(reason("taste_holding", language, held=held.product_id, share=shown))
    elif share > 0.0:
        why.append(reason("taste_popular", language, share=share))
    else:
        why.append(reason("taste_unknown", language))
    duties = _duties(batch, i, code)
    return why + [
        reason("duty", language, rule=rule.id, **worded("rule_text", rule.text_in))
        for rule in duties
    ]


def _spread(product: Product, asset: str) -> str:
    """What a product puts money in: an asset, or several with their shares."""
    parts = sorted(product.exposures.items(), key=lambda part: -part[1])
    return ", ".join(f"{name} {share:.0%}" for name, share in parts) if len(parts) > 1 else asset


def _duties(batch: Advised, i: int, code: int) -> tuple[Rule, ...]:
    """Duties that advising product `code` to client i brings, in the order of the rule pack.

    Remembered by kind of client, across tables: no rule can tell two clients of a kind apart.
    """
    state, known = batch.state, batch.offer.duties
    kind = batch.allowed.class_of.item(i)
    if kind not in known:
        known[kind] = state.offers.duties_of(batch.profiles, batch.clients, i)
    if code not in known[kind]:
        product = state.catalogue.products[code]
        pack = state.regime.pack_of(product.regime)
        rules: list[Rule] = []
        if any(rule.decision == "duty" and rule.when not in PORTFOLIO for rule in pack.rules):
            verdict = state.regime.check(batch.profiles[i], batch.clients.client(i), product)
            rules = [pack.by_id[name] for name in verdict.rules]
        known[kind][code] = tuple(rule for rule in rules if rule.decision == "duty")
    return known[kind][code]
