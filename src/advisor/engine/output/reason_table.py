"""The one table of the reasons of a portfolio: for each code, for which rows of a batch it holds,
and what its sentences say of a row.

A column of codes reads the conditions, and a single advice reads its row of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np

from advisor.arrays import BoolArray, FloatArray
from advisor.contracts.advice import Scalar
from advisor.contracts.bands import at_level
from advisor.contracts.thresholds import exceeds
from advisor.data.returns import STRESS_QUANTILE
from advisor.engine.advised import CENT, HOLDING_CODES, Advised
from advisor.engine.output.reasons import worded

ROUNDING = 1e-9
"""Relative difference of two risk aversions that are one."""
STRESS_ROUNDING = 1e-7
"""A stressed loss beyond its limit by less is at it."""
APART = 0.005
"""Share of wealth from which an advice speaks of a difference from the target."""

Data = Mapping[str, Scalar]
Holds = Callable[[Advised], BoolArray]
DataOf = Callable[[Advised, int], Iterable[Data]]


@dataclass(frozen=True)
class Entry:
    """A reason of a portfolio.

    Attributes:
        code: Its code.
        holds: For which rows of a batch it holds, shape (c,); read of rows with a portfolio.
        data: What each of its sentences says of a row for which it holds.
    """

    code: str
    holds: Holds
    data: DataOf


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


def _everybody(batch: Advised) -> BoolArray:
    return np.ones(len(batch), dtype=np.bool_)


def _nothing(_batch: Advised, _i: int) -> Iterable[Data]:
    yield {}


# ---- the level, and the portfolio after the orders


def _level(batch: Advised, i: int) -> Iterable[Data]:
    yield {"level": batch.level.item(i), "limit": batch.profiles.limits.word(i) or ""}


def _flags(batch: Advised, i: int) -> Iterable[Data]:
    for name in batch.profiles.spell(batch.profiles.flag_bits.item(i)):
        yield {"flag": name, **worded("text", partial(batch.flag_text, name))}


def _target(batch: Advised, i: int) -> Iterable[Data]:
    outcome = batch.outcome
    yield {
        "level": batch.level.item(i),
        "target": batch.profiles.target_volatility.item(i),
        "volatility": outcome.volatility.item(i),
        "mean": outcome.mean.item(i),
    }


def _fees(batch: Advised, i: int) -> Iterable[Data]:
    gross, fee = batch.outcome.mean.item(i), batch.outcome.fee.item(i)
    money = fee * batch.clients.wealth.item(i)
    yield {"gross": gross, "fee": fee, "net": gross - fee, "money": money}


def _above_stress(batch: Advised) -> BoolArray:
    limit = at_level(batch.state.bands.stress_loss, batch.level)
    return batch.outcome.loss > limit + STRESS_ROUNDING


def _stress(batch: Advised, i: int) -> Iterable[Data]:
    outcome, level = batch.outcome, batch.level.item(i)
    yield {
        "loss": outcome.loss.item(i),
        "limit": batch.state.bands.stress_loss[level - 1],
        "level": level,
        "one_in_100": outcome.mean.item(i) - STRESS_QUANTILE * outcome.volatility.item(i),
    }


def _below(batch: Advised, *, reachable: bool) -> BoolArray:
    reached = np.array([*(group.reached for group in batch.allocations.level_groups), True])
    lower = at_level(batch.state.bands.lower_volatility, batch.level)
    below = exceeds(lower, batch.outcome.volatility)
    return below & (reached[batch.allocations.level_group_of] == reachable)


def _band(batch: Advised, i: int) -> Iterable[Data]:
    level = batch.level.item(i)
    yield {
        "level": level,
        "volatility": batch.outcome.volatility.item(i),
        "lower": batch.state.bands.lower_volatility[level - 1],
    }


def _forecast(batch: Advised) -> BoolArray:
    return np.full(len(batch), batch.state.model.forecast is not None)


def _sized(batch: Advised, i: int) -> Iterable[Data]:
    yield {"long": batch.state.volatility_of(batch.weights_after[i])}


# ---- why the target is not that of the level alone


def _locked_adds(batch: Advised) -> BoolArray:
    adds = np.zeros(len(batch), dtype=np.bool_)
    locked_rows = np.array(sorted(batch.allocations.locked_rows), dtype=np.int64)
    alone = batch.behavioural[locked_rows] * (1.0 + ROUNDING)
    adds[locked_rows] = batch.allocations.effective[locked_rows] > alone
    return adds


def _corrected(batch: Advised) -> BoolArray:
    biased = np.zeros(len(batch), dtype=np.bool_)
    for factor in batch.allocations.factors.values():
        biased |= factor > 1.0
    return biased & (batch.behavioural > batch.allocations.risk_aversion)


def _correction(batch: Advised, i: int) -> Iterable[Data]:
    yield {
        "causes": ", ".join(batch.allocations.causes(i)),
        "before": batch.allocations.risk_aversion.item(i),
        "after": batch.behavioural.item(i),
    }


# ---- what is held, and what the orders leave open


def _holds(batch: Advised, code: str) -> BoolArray:
    has = np.zeros(len(batch), dtype=np.bool_)
    if code in batch.unusual:
        has[batch.holdings.rows[batch.unusual[code] > 0.0]] = True
    return has


def _holding(batch: Advised, i: int, code: str) -> Iterable[Data]:
    for name, money in batch.unusual_holdings(i)[code].items():
        yield {"name": name, "money": money}


def _differs(batch: Advised) -> BoolArray:
    return distance(batch.weights, batch.weights_after) > APART


def _difference(batch: Advised, i: int) -> Iterable[Data]:
    row = slice(i, i + 1)
    yield {
        "share": distance(batch.weights[row], batch.weights_after[row]).item(),
        "cash": batch.outcome.cash.item(i),
        "volatility": batch.allocations.volatility.item(i),
        "mean": batch.allocations.mean.item(i),
    }


def _concentrated(batch: Advised, *, in_money: bool) -> BoolArray:
    breaches, broken = batch.concentrations, np.zeros(len(batch), dtype=np.bool_)
    of_money = np.array([cap.when == "insured_deposit" for cap in breaches.limits], dtype=np.bool_)
    broken[breaches.rows[of_money[breaches.caps] == in_money]] = True
    return broken


def _concentration(batch: Advised, i: int, *, in_money: bool) -> Iterable[Data]:
    for cap, subject, value in batch.concentrations.of(i):
        if (cap.when == "insured_deposit") == in_money:
            text = {} if cap.rule is None else worded("rule_text", cap.rule.text_in)
            data = {"rule": cap.id, "subject": subject, "value": value, "limit": cap.limit}
            yield data | {"rule_text": ""} | text


def _open(batch: Advised) -> BoolArray:
    return np.asarray((batch.unplaced > CENT).any(axis=1))


def _why_unplaced(batch: Advised, i: int, asset: int) -> str:
    """Why money meant for an asset found no place: a key of `unplaced` in the texts."""
    smallest, lacking = batch.offer.least[batch.allowed.class_of[i]], batch.outcome.lacking[i]
    columns = batch.state.vehicles.holding[asset]
    short = [(lacking.item(v), smallest.item(v)) for v in columns if lacking.item(v) > 0.0]
    cash, trade = batch.outcome.cash.item(i), batch.worth.least.item(i)
    unit = batch.worth.unit.item(i)
    if all(least == np.inf for _, least in short):
        return "no_product"
    if all(least > missing for missing, least in short):
        return "too_small"
    if all(missing < max(trade, unit) for missing, _ in short):
        return "small_trade"
    if all(cash < max(least, trade, unit) for _, least in short):
        return "no_cash"
    if batch.lowered.item(i):
        return "above_level"
    return "beyond_picks" if (batch.pick_money[i] > 0.0).all() else "kept_aside"


def _unplaced(batch: Advised, i: int) -> Iterable[Data]:
    for j, money in enumerate(batch.unplaced[i].tolist()):
        if money > CENT:
            asset, why = batch.state.model.assets[j], _why_unplaced(batch, i, j)
            yield {"asset": asset, "money": money, "why": why}


PORTFOLIO_REASONS = (
    Entry("level", _everybody, _level),
    Entry("flag", lambda batch: batch.profiles.flag_bits != 0, _flags),
    Entry("target", _everybody, _target),
    Entry("fees", lambda batch: batch.outcome.fee > 0.0, _fees),
    Entry("stress", lambda batch: ~_above_stress(batch), _stress),
    Entry("stress_above", _above_stress, _stress),
    Entry("below_band", partial(_below, reachable=True), _band),
    Entry("not_reachable", partial(_below, reachable=False), _band),
    Entry("sized", _forecast, _sized),
    Entry("kept_adds_risk", _locked_adds, _nothing),
    Entry("correction", _corrected, _correction),
    *(Entry(c, partial(_holds, code=c), partial(_holding, code=c)) for c in HOLDING_CODES),
    Entry("differs", _differs, _difference),
    Entry(
        "concentration",
        partial(_concentrated, in_money=False),
        partial(_concentration, in_money=False),
    ),
    Entry(
        "concentration_money",
        partial(_concentrated, in_money=True),
        partial(_concentration, in_money=True),
    ),
    Entry("unplaced", _open, _unplaced),
)
"""Reasons in the order in which an advice gives them; where it repeats one, a column says it
once."""
