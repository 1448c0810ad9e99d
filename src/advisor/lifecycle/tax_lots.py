"""Which lots to sell: highest cost first, or whatever costs the least tax; short and long term apart."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

import numpy as np

from advisor.arrays import BoolArray, DayArray, FloatArray, IntArray, check_number, check_type
from advisor.data.days import as_day
from advisor.errors import InputError
from advisor.lifecycle.inputs import array

Rule = Literal["highest_cost", "least_tax", "fifo", "lifo"]
LONG_TERM_DAYS = 365
"""A lot held for more days than this is long term."""


@dataclass(frozen=True, eq=False)
class TaxLots:
    """Lots of many positions; a position is one asset in one account.

    Attributes:
        position: Which position each lot belongs to, 0..p-1, shape (l,).
        units: Positive, shape (l,).
        cost: Price paid a unit, shape (l,).
        acquired: Shape (l,).
    """

    position: IntArray
    units: FloatArray
    cost: FloatArray
    acquired: DayArray

    def __post_init__(self) -> None:
        for name, kinds in (("position", "iu"), ("units", "iuf"), ("cost", "iuf"), ("acquired", "M")):
            values = getattr(self, name)
            if not isinstance(values, np.ndarray) or values.ndim != 1 or values.dtype.kind not in kinds:
                held = {"position": "whole numbers", "acquired": "days (datetime64)"}.get(name, "numbers")
                check_type(values, (), name, f"Give a numpy array of {held}, one a lot.")
        count = len(self.position)
        if not len(self.units) == len(self.cost) == len(self.acquired) == count:
            raise InputError(
                f"Lots have {count} positions, {len(self.units)} units, {len(self.cost)} costs and {len(self.acquired)} days; give one of each a lot.",
                field="units",
                value=count,
            )
        if count and (not (self.units > 0.0).all() or not (self.cost >= 0.0).all() or self.position.min() < 0):
            raise InputError("Every lot needs positive units, a cost of 0 or more and a position of 0 or more.", field="units", value=None)


@dataclass(frozen=True, eq=False)
class LotSale:
    """What was taken from which lot.

    Attributes:
        sold: Units from each lot, in the order of the lots, shape (l,).
        gain: Proceeds less cost of what was sold, shape (l,).
        long_term: Shape (l,).
        short_gain, long_gain: Gains by position, shape (p,).
        tax: By position; losses offset gains of the same term, never below zero, shape (p,).
        unfilled: Units that the lots did not have, shape (p,).
    """

    sold: FloatArray
    gain: FloatArray
    long_term: BoolArray
    short_gain: FloatArray
    long_gain: FloatArray
    tax: FloatArray
    unfilled: FloatArray


def sell_lots(
    lots: TaxLots,
    units: object,
    price: object,
    *,
    on: date | str | np.datetime64,
    rule: Rule = "highest_cost",
    short_rate: float = 0.0,
    long_rate: float = 0.0,
) -> LotSale:
    """Choose lots for a sale in each position.

    Args:
        lots: What is held, in any order.
        units: Units to sell of each position, shape (p,).
        price: Price a unit, shape (p,).
        on: Day of the sale.
        rule: "highest_cost" first (the smallest gain now); "least_tax" first (gain times the rate of its term); "fifo", "lifo".
        short_rate: Tax on gains held for a year or less, a fraction.
        long_rate: Tax on gains held longer.

    Returns:
        Sales that add up to `units` in every position, or to all it has with the rest `unfilled`. With "highest_cost" no unsold unit cost more than a
        sold one, so the gain is the smallest that any choice of lots gives; with "least_tax" the same holds for the sum of rate times gain.

    Raises:
        InputError: Shapes disagree, units are negative, a price is not positive, or an unknown rule.

    >>> lots = TaxLots(np.array([0, 0]), np.array([10.0, 10.0]), np.array([5.0, 8.0]), np.array(["2024-01-02", "2026-01-02"], dtype="datetime64[D]"))
    >>> sale = sell_lots(lots, [12.0], [9.0], on="2026-02-01")
    >>> sale.sold.tolist(), sale.short_gain.tolist(), sale.long_gain.tolist()
    ([2.0, 10.0], [10.0], [8.0])
    """
    check_type(lots, TaxLots, "lots", "Pass TaxLots.")
    wanted, quote = np.atleast_1d(array(units, "units")), np.atleast_1d(array(price, "price"))
    day = as_day(on, "on")
    for name, value in (("short_rate", short_rate), ("long_rate", long_rate)):
        check_number(value, name, "It is a fraction of the gain.", low=0.0, high=1.0)
    _check(lots, wanted, quote, rule)
    unit_gain = quote[lots.position] - lots.cost
    long_term = (day - lots.acquired).astype(np.int64) > LONG_TERM_DAYS
    rate = np.where(long_term, long_rate, short_rate)
    age = lots.acquired.astype(np.int64)
    key = {"highest_cost": -lots.cost, "least_tax": unit_gain * rate, "fifo": age, "lifo": -age}[rule]
    order = np.lexsort((np.arange(len(age)), age, key, lots.position))
    position, held = lots.position[order], lots.units[order]
    running = np.cumsum(held)
    starts = np.searchsorted(position, np.arange(len(wanted)))
    offset = np.concatenate([[0.0], running])[starts]
    before = running - held - offset[position]
    sold = np.empty_like(lots.units)
    sold[order] = np.clip(wanted[position] - before, 0.0, held)
    gain = sold * unit_gain

    def by_position(values: FloatArray) -> FloatArray:
        return np.bincount(lots.position, weights=values, minlength=len(wanted)).astype(np.float64)

    short_gain, long_gain = by_position(np.where(long_term, 0.0, gain)), by_position(np.where(long_term, gain, 0.0))
    tax = short_rate * np.maximum(short_gain, 0.0) + long_rate * np.maximum(long_gain, 0.0)
    return LotSale(sold, gain, long_term, short_gain, long_gain, tax, wanted - by_position(sold))


def _check(lots: TaxLots, units: FloatArray, price: FloatArray, rule: str) -> None:
    check_type(rule, str, "rule", "Name one.")
    if rule not in ("highest_cost", "least_tax", "fifo", "lifo"):
        raise InputError(f'rule is {rule!r}; it must be "highest_cost", "least_tax", "fifo" or "lifo".', field="rule", value=rule)
    last = int(lots.position.max()) if len(lots.position) else -1
    if units.shape != price.shape or units.ndim != 1 or last >= len(units):
        raise InputError(
            f"units has shape {units.shape}, price {price.shape}, and the lots name position {last}; give one number a position.",
            field="units",
            value=units.shape,
        )
    if not (units >= 0.0).all() or not (np.isfinite(price) & (price > 0.0)).all():
        raise InputError("units to sell must be 0 or more and prices positive and finite; correct them.", field="units", value=None)
