"""When each product's buyers came: which products are closed to new buyers, and what one fortnight
of purchases may count for.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from advisor.arrays import BoolArray, DayArray, FloatArray, IntArray

FORTNIGHT = 14
"""Days."""
LEAST_BUYERS = 100
"""Fewer buyers say nothing about whether a product can still be bought."""
BURST = 0.8
"""A product is closed where at least this share of its buyers came in one fortnight."""
LEAST_DAYS = 3 * FORTNIGHT
"""In a shorter history every product has most of its buyers in one fortnight."""
OPENING = 10.0
"""A fortnight in which the other products were bought this many times as often as usual (`_usual`)
is the opening stock of a data set, whose purchases carry the day the record begins and not their
own."""
DENSE = 20_000_000
"""Items times days that are counted in one array."""
CAP_BASE, CAP_MULTIPLE = 20.0, 5.0
"""A fortnight's purchases of a product count for at most this many, plus this many times the mean
of its other fortnights."""


@dataclass(frozen=True, eq=False)
class Arrivals:
    """New buyers of each item by the day of their first purchase.

    Attributes:
        codes: Item, ascending, shape (m,).
        days: Days since 1970-01-01, ascending within an item, shape (m,).
        counts: Buyers who came, at least 1, shape (m,).
    """

    codes: IntArray
    days: IntArray
    counts: IntArray

    @classmethod
    def nothing(cls) -> Arrivals:
        """Nobody came."""
        none = np.zeros(0, dtype=np.int64)
        return cls(none, none, none)

    @classmethod
    def of(cls, codes: IntArray, days: DayArray, counts: IntArray | None = None) -> Arrivals:
        """From pairs of client and item: the item and the first day of each, shape (e,); `counts`
        of them where several are alike.
        """
        if not len(codes):
            return cls.nothing()
        number = days.astype("datetime64[D]").astype(np.int64)
        first, span = int(number.min()), int(number.max() - number.min()) + 1
        keys = codes * span + (number - first)
        if (int(codes.max()) + 1) * span <= DENSE:
            every = np.bincount(keys, weights=counts)
            occurring = np.flatnonzero(every)
            totals = every[occurring].astype(np.int64)
        else:
            occurring, at = np.unique(keys, return_inverse=True)
            totals = np.bincount(at.ravel(), weights=counts, minlength=len(occurring)).astype(
                np.int64
            )
        return cls(
            (occurring // span).astype(np.int64),
            (occurring % span + first).astype(np.int64),
            totals,
        )

    def over(self, recode: IntArray) -> Arrivals:
        """The same with item i renamed to recode[i]; the order of items may not change."""
        return Arrivals(recode[self.codes].astype(np.int64), self.days, self.counts)

    def joined(self, codes: IntArray, days: DayArray) -> Arrivals:
        """With further pairs."""
        both = (
            np.concatenate([self.codes, codes]),
            np.concatenate([self.days.astype("datetime64[D]"), days]),
        )
        return Arrivals.of(
            *both, np.concatenate([self.counts, np.ones(len(codes), dtype=np.int64)])
        )

    def closed(self, size: int) -> BoolArray:
        """Which of `size` items nobody new can buy, as far as purchases tell: `LEAST_BUYERS` or
        more buyers, `BURST` of them in one fortnight.

        Subscriptions and spin-offs look so: hundreds of clients at once, nobody after. The rule
        looks at the past alone. It says nothing about a history of less than `LEAST_DAYS`, and does
        not count an opening stock as a fortnight.
        """
        shut = np.zeros(size, dtype=np.bool_)
        if not len(self.days) or self.days.max() - self.days.min() < LEAST_DAYS:
            return shut
        first = int(self.days.min())
        by_day = np.bincount(self.days - first, weights=self.counts)
        until = np.concatenate([[0.0], np.cumsum(by_day)])
        fortnights = np.add.reduceat(by_day, np.arange(0, len(by_day), FORTNIGHT))
        usual = _usual(fortnights)
        edges = np.searchsorted(self.codes, np.arange(size + 1))
        buyers = (
            np.add.reduceat(np.append(self.counts, 0), edges[:-1])
            if len(self.counts)
            else np.zeros(size)
        )
        for item in np.flatnonzero((np.diff(edges) > 0) & (buyers >= LEAST_BUYERS)).tolist():
            part = slice(edges[item], edges[item + 1])
            days, came = self.days[part], np.concatenate([[0], np.cumsum(self.counts[part])])
            in_window = came[np.searchsorted(days, days + FORTNIGHT)] - came[:-1]
            others = (
                until[np.minimum(days - first + FORTNIGHT, len(by_day))]
                - until[days - first]
                - in_window
            )
            shut[item] = bool(((in_window >= BURST * came[-1]) & (others <= OPENING * usual)).any())
        return shut


def _usual(fortnights: FloatArray) -> float:
    """Purchases of the median fortnight that has any, the largest left out: it may be the opening
    stock. 0 where there is no other.
    """
    some = np.sort(fortnights[fortnights > 0.0])[:-1]
    return float(np.median(some)) if len(some) else 0.0


def capped_weights(codes: IntArray, days: DayArray, size: int) -> FloatArray:
    """Weight of each purchase, shape (e,): min(1, (20 + 5 * mean of the product's other fortnights)
    / its purchases in that fortnight).

    Args:
        codes: Item bought, below `size`, shape (e,).
        days: When, shape (e,).
        size: Number of items.

    Returns:
        1 for a product that is bought at an even pace and for an opening stock; less where a
        subscription or a spin-off brings hundreds of clients at once. A product's fortnights run
        from its first purchase to the last one of anything.
    """
    if not len(codes):
        return np.zeros(0)
    bins = days.astype("datetime64[D]").astype(np.int64) // FORTNIGHT
    bins -= bins.min()
    width = int(bins.max()) + 1
    counts = (
        np.bincount(codes * width + bins, minlength=size * width)
        .reshape(size, width)
        .astype(np.float64)
    )
    total = counts.sum(axis=0)
    opening = total - counts > OPENING * _usual(total)
    ordinary = np.where(opening, 0.0, counts)
    there = (np.arange(width) >= np.argmax(counts > 0.0, axis=1)[:, None]) & ~opening
    others = np.maximum(there.sum(axis=1, keepdims=True) - 1, 1)
    mean = (ordinary.sum(axis=1, keepdims=True) - ordinary) / others
    weights = np.where(
        opening, 1.0, np.minimum(1.0, (CAP_BASE + CAP_MULTIPLE * mean) / np.maximum(counts, 1.0))
    )
    return np.asarray(weights[codes, bins], dtype=np.float64)
