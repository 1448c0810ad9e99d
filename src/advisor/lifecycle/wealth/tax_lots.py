"""Which lots to sell: highest cost first, or whatever costs the least tax; short and long term
apart.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Literal

import numpy as np
import pandas as pd

from advisor.annotations import Share
from advisor.arrays import BoolArray, DayArray, FloatArray, IntArray, float_array, frozen
from advisor.contracts.thresholds import reaches
from advisor.data.days import as_day
from advisor.errors import InputError
from advisor.lifecycle.inputs import array, days, within
from advisor.privacy import hides
from advisor.validation import checked

Rule = Literal["highest_cost", "least_tax", "fifo", "lifo"]


@hides
@dataclass(frozen=True, eq=False)
class TaxLots:
    """Lots of many positions; a position is one asset in one account.

    Attributes:
        position: Which position each lot belongs to, 0..p-1, shape (l,).
        units: Positive and finite, shape (l,).
        cost: Price paid a unit, finite and 0 or more, shape (l,).
        acquired: Day of the purchase, shape (l,); given in any unit and type of day, kept as
            `datetime64[D]`, of times with a time zone the day there.

    Raises:
        InputError: Not one number and one day a lot, or one that no lot can have.
    """

    position: IntArray
    units: FloatArray
    cost: FloatArray
    acquired: DayArray

    def __post_init__(self) -> None:
        for name, fits, rule in _RULES:
            values = float_array(getattr(self, name), name, shape=(None,))
            bad = ~fits(values)
            if bad.any():
                row = int(np.argmax(bad))
                raise InputError(
                    f"{name}[{row}] is {values[row]:g}; a lot needs one that is {rule}. Correct the"
                    " lot.",
                    field=name,
                    value=float(values[row]),
                )
            object.__setattr__(self, name, values)
        object.__setattr__(self, "position", frozen(self.position.astype(np.int64)))
        object.__setattr__(self, "acquired", frozen(days(self.acquired, "acquired")))
        count = len(self.position)
        if not len(self.units) == len(self.cost) == len(self.acquired) == count:
            raise InputError(
                f"Lots have {count} positions, {len(self.units)} units, {len(self.cost)} costs and "
                f"{len(self.acquired)} days; give one of each a lot.",
                field="units",
                value=count,
            )


_RULES: tuple[tuple[str, Callable[[FloatArray], BoolArray], str], ...] = (
    (
        "position",
        lambda x: (x >= 0.0) & (x < 2.0**53) & (x == np.floor(x)),
        "a whole number, 0 or more",
    ),
    ("units", lambda x: x > 0.0, "above 0"),
    ("cost", lambda x: x >= 0.0, "0 or more"),
)


@hides
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


@checked
def sell_lots(
    lots: TaxLots,
    units: object,
    price: object,
    *,
    on: date | str | np.datetime64,
    rule: Rule = "highest_cost",
    short_rate: Share = 0.0,
    long_rate: Share = 0.0,
) -> LotSale:
    """Choose lots for a sale in each position.

    Args:
        lots: What is held, in any order.
        units: To sell of each position, shape (p,).
        price: A unit, shape (p,).
        on: Day of the sale.
        rule: "highest_cost" first: the smallest gain that any choice of lots gives; "least_tax"
            first: the same of rate times gain; "fifo"; "lifo".
        short_rate: Tax on gains held for a year or less, a fraction.
        long_rate: Tax on those held for longer, as `first_long_term_day` says.

    Returns:
        Sales that add up to `units` in every position, or to all it has with the rest `unfilled`.

    Raises:
        InputError: Shapes disagree, units are negative or infinite, a price is not positive, or a
            lot was bought after the sale.

    >>> days = np.array(["2024-01-02", "2026-01-02"], dtype="datetime64[D]")
    >>> lots = TaxLots(np.array([0, 0]), np.array([10.0, 10.0]), np.array([5.0, 8.0]), days)
    >>> sale = sell_lots(lots, [12.0], [9.0], on="2026-02-01")
    >>> sale.sold.tolist(), sale.short_gain.tolist(), sale.long_gain.tolist()
    ([2.0, 10.0], [10.0], [8.0])
    """
    # 1. the order of sale
    quantity, quote = np.atleast_1d(array(units, "units")), np.atleast_1d(array(price, "price"))
    day = as_day(on, "on")
    _check(lots, quantity, quote, day)
    unit_gain = quote[lots.position] - lots.cost
    long_term = day >= first_long_term_day(lots.acquired)
    rate = np.where(long_term, long_rate, short_rate)
    age = lots.acquired.astype(np.int64)
    keys = {"highest_cost": -lots.cost, "least_tax": unit_gain * rate, "fifo": age, "lifo": -age}
    order = np.lexsort((np.arange(len(age)), age, keys[rule], lots.position))
    # 2. what is taken of each lot
    position, held = lots.position[order], lots.units[order]
    before = pd.Series(held).groupby(position).cumsum().to_numpy() - held
    sold = np.empty_like(lots.units)
    sold[order] = np.clip(quantity[position] - before, 0.0, held)
    # 3. gains and tax of each position
    gain = sold * unit_gain
    short_gain, long_gain, total = (
        np.bincount(lots.position, weights=values, minlength=len(quantity)).astype(np.float64)
        for values in (np.where(long_term, 0.0, gain), np.where(long_term, gain, 0.0), lots.units)
    )
    tax = short_rate * np.maximum(short_gain, 0.0) + long_rate * np.maximum(long_gain, 0.0)
    unfilled = np.where(reaches(total, quantity), 0.0, quantity - total)
    return LotSale(sold, gain, long_term, short_gain, long_gain, tax, unfilled)


def first_long_term_day(acquired: DayArray) -> DayArray:
    """First day on which a sale is long term, shape of `acquired`: a year and a day later.

    The day of the purchase does not count and the day of the sale does, so the year is that which
    begins on the day after the purchase, counted by the calendar: what was bought on the last day
    of a month becomes long term on the first day of the thirteenth month after it.

    Source: 26 U.S.C. 1222(3), "held for more than 1 year"; Rev. Rul. 66-7, 1966-1 C.B. 188;
    Caspe v. United States, 694 F.2d 1116 (8th Cir. 1982).

    >>> bought = np.array(["2023-01-10", "2024-02-29", "2023-02-28"], dtype="datetime64[D]")
    >>> first_long_term_day(bought).astype(str).tolist()
    ['2024-01-11', '2025-03-01', '2024-03-01']
    """
    start = acquired + np.timedelta64(1, "D")
    month = start.astype("datetime64[M]")
    into = start - month.astype("datetime64[D]")
    return (month + np.timedelta64(12, "M")).astype("datetime64[D]") + into


def _check(lots: TaxLots, units: FloatArray, price: FloatArray, day: np.datetime64) -> None:
    last = int(lots.position.max()) if len(lots.position) else -1
    if units.shape != price.shape or units.ndim != 1 or last >= len(units):
        raise InputError(
            f"units has shape {units.shape}, price {price.shape}, and the lots name position"
            f" {last}; give one number a position.",
            field="units",
            value=units.shape,
        )
    within(units, "units", "What is sold is 0 or more.", low=0.0)
    within(price, "price", "A price is positive.", above=0.0)
    late = lots.acquired > day
    if late.any():
        row = int(np.argmax(late))
        raise InputError(
            f"acquired[{row}] is {lots.acquired[row]}, after the sale on {day}; what is not yet "
            "bought cannot be sold. Correct the day, or drop the lot.",
            field="acquired",
            value=str(lots.acquired[row]),
        )
