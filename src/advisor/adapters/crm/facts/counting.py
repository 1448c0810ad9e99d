"""Numbers of each client out of rows: counts, first and last days, whole months; a client's own
rows alone decide.
"""

from __future__ import annotations

import numpy as np

from advisor.arrays import DayArray, FloatArray, IntArray
from advisor.data.horizons import months_later
from advisor.data.ids import IdMap
from advisor.errors import InputError

Columns = dict[str, FloatArray]


class ClientRows:
    """Rows of clients in a table, by the ids of any source; each source is looked up once."""

    def __init__(self, clients: IdMap) -> None:
        self._clients = clients
        self._found: dict[int, tuple[IdMap, IntArray]] = {}

    def of(self, ids: IdMap) -> IntArray:
        """Row of each id, shape (len(ids),); -1 where there is none."""
        cached = self._found.get(id(ids))
        if cached is None:
            cached = self._found[id(ids)] = (ids, self._clients.find(ids.ids))
        return cached[1]

    def __len__(self) -> int:
        return len(self._clients)


def whole_months(days: DayArray, day: np.datetime64) -> FloatArray:
    """Whole calendar months from each day to `day`, shape (c,); nan where there is none.

    >>> whole_months(
    ...     np.array(["2026-11-30", "2026-12-01"], dtype="datetime64[D]"),
    ...     np.datetime64("2027-02-28"),
    ... ).tolist()
    [3.0, 2.0]
    """
    none = np.isnat(days)
    start = np.where(none, day, days)
    months = (day.astype("datetime64[M]") - start.astype("datetime64[M]")).astype(np.int64)
    return np.where(none, np.nan, months - (months_later(start, months) > day))


def ratio(top: FloatArray, bottom: FloatArray) -> FloatArray:
    """The quotient; nan where nothing is known, or there is nothing to divide by."""
    return np.divide(top, bottom, out=np.full(len(top), np.nan), where=bottom > 0.0)


def counts(rows: IntArray, count: int, values: FloatArray | None = None) -> FloatArray:
    """How many rows each of `count` clients has, or the sum of their values in order of rows."""
    return np.bincount(rows, values, count).astype(np.float64)


def distinct(rows: IntArray, codes: IntArray, count: int) -> FloatArray:
    """How many distinct codes, 0 or more, each of `count` clients has."""
    width = int(codes.max(initial=0)) + 1
    keys = np.sort(rows * width + codes)
    return counts(keys[starts(keys)] // width, count)


def starts(keys: IntArray) -> IntArray:
    """Where each run of equal keys begins, in sorted ones."""
    return np.flatnonzero(np.append(True, keys[1:] != keys[:-1])[: len(keys)])


def extreme(rows: IntArray, days: DayArray, count: int, *, first: bool) -> DayArray:
    """First or last day of each client, NaT where they have none."""
    numbers, far = days.astype(np.int64), np.iinfo(np.int64).max
    extremes = np.full(count, far if first else -far)
    (np.minimum if first else np.maximum).at(extremes, rows, numbers)
    days_or_zero = np.where(np.abs(extremes) == far, 0, extremes).astype("datetime64[D]")
    return np.where(np.abs(extremes) == far, np.datetime64("NaT", "D"), days_or_zero)


def since(days: DayArray, day: np.datetime64) -> FloatArray:
    """Days from each day to `day`, shape (c,); nan where there is none."""
    return np.where(np.isnat(days), np.nan, (day - days).astype(np.float64))


def check_days(days: DayArray, day: np.datetime64, field: str) -> None:
    """Raise `InputError` where a row is later than `day`."""
    late = days > day
    if late.any():
        first = days[late].min()
        why = f"{field} hold {int(late.sum())} rows after {day}, the first of {first}, which nobody"
        remedy = f"knew then. Cut them with {field}.until({str(day)!r}), or pass a later day."
        raise InputError(f"{why} {remedy}", field=field, value=str(first))
