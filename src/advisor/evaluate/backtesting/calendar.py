"""On which sessions a strategy acts."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

import numpy as np
import pandas as pd

from advisor.arrays import DayArray, IntArray
from advisor.data.days import as_day
from advisor.errors import InputError

Schedule = str | int | Iterable[date | str | np.datetime64]
"""A pandas offset alias ("MS", "QS", "W-FRI"), every so many sessions, or the calendar marks
themselves."""


def rebalancing_rows(dates: DayArray, every: Schedule, *, warmup: int) -> IntArray:
    """Ascending rows of `dates` on which to rebalance, shape (k,), k >= 1.

    A mark that is no session moves to the first session after it; two marks on one session count
    once; marks after the last session are left out; a number counts from the first session allowed.
    `warmup` rows of history, the day's own included, must exist before the first decision.

    Raises:
        InputError: `every` is not understood, or no session is left.

    >>> days = np.arange("2026-01-28", "2026-02-04", dtype="datetime64[D]")
    >>> rebalancing_rows(days, "MS", warmup=1), rebalancing_rows(days, 3, warmup=2)
    (array([4]), array([1, 4]))
    """
    first = warmup - 1
    rows = _marked_rows(dates, every, first)
    rows = rows[rows >= first]
    if not len(rows):
        raise InputError(
            f"No rebalancing session is left: {len(dates)} rows, warmup {warmup}, every {every!r}."
            " Pass a longer market, a shorter warmup or a denser schedule.",
            field="warmup",
            value=warmup,
        )
    return rows


def _marked_rows(dates: DayArray, every: Schedule, first: int) -> IntArray:
    if isinstance(every, int):
        if every < 1:
            raise InputError(
                f"every is {every}; a number of sessions is at least 1.", field="every", value=every
            )
        return np.arange(first, len(dates), every, dtype=np.int64)
    if not len(dates):
        return np.zeros(0, dtype=np.int64)
    marks = (
        _alias_marks(dates, every)
        if isinstance(every, str)
        else np.array([as_day(day, "every") for day in every], dtype="datetime64[D]")
    )
    marks = marks[marks >= dates[0]]
    rows = np.searchsorted(dates, marks, side="left")
    return np.unique(rows[rows < len(dates)]).astype(np.int64)


def _alias_marks(dates: DayArray, every: str) -> DayArray:
    try:
        marks = pd.date_range(pd.Timestamp(dates[0]), pd.Timestamp(dates[-1]), freq=every)
    except (ValueError, TypeError) as error:
        raise InputError(
            f'every is {every!r}, which is no calendar step; write "MS" or "ME" (first or last of'
            ' the month), "QS" (quarters), "YS" (years), "W-FRI", or a number of sessions.',
            field="every",
            value=every,
        ) from error
    return marks.to_numpy().astype("datetime64[D]")
