"""What a run writes down about one strategy."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

import numpy as np
import pandas as pd

from advisor.arrays import FloatArray, IntArray
from advisor.data.days import as_day
from advisor.errors import InputError


class Failure(NamedTuple):
    """One day on which a strategy could not act; it kept what it held."""

    day: pd.Timestamp
    reason: str


class Failures(tuple[Failure, ...]):
    """The failed days in order; a day can be asked for: `"2020-03-02" in failures`."""

    __slots__ = ()

    def __new__(cls, entries: Iterable[Failure] = ()) -> Failures:
        """From (day, reason) pairs."""
        return super().__new__(cls, [Failure(pd.Timestamp(day), reason) for day, reason in entries])

    @property
    def days(self) -> pd.DatetimeIndex:
        """The days alone."""
        return pd.DatetimeIndex([f.day for f in self])

    def to_frame(self) -> pd.DataFrame:
        """One row a failed day, with its reason."""
        return pd.DataFrame({"reason": [f.reason for f in self]}, index=self.days.rename("day"))

    def __contains__(self, item: object) -> bool:
        if isinstance(item, str | date | np.datetime64):
            try:
                return bool((self.days == pd.Timestamp(as_day(item, "day"))).any())
            except InputError:
                return False
        return super().__contains__(item)


@dataclass(frozen=True, eq=False)
class Record:
    """One strategy's run over `m` sessions after its first decision, `k` rebalancing days and `q`
    trading days.

    Attributes:
        returns: Net simple return of each session, flows left out (time-weighted), shape (m,).
        exposure: Value held in assets as a fraction of wealth at each close, before that day's
            trade, shape (m,).
        wealth: Money at each close, before that day's flow and trade, shape (m,).
        weights: Weights after each rebalancing day's trade (what it kept where it failed), shape
            (k, n).
        trade_rows: Market row of each trading day: the rebalancing days, and days on which a
            withdrawal forced a sale, shape (q,).
        turnover, costs: Value traded, and what it cost, as fractions of wealth before the trade,
            shape (q,).
        failures: Days on which nothing could be done, with the reason.
    """

    returns: FloatArray
    exposure: FloatArray
    wealth: FloatArray
    weights: FloatArray
    trade_rows: IntArray
    turnover: FloatArray
    costs: FloatArray
    failures: Failures
