"""Days as functions take them and arrays hold them: one cell is read by `advisor.cells`, a column in the same way."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime

import numpy as np
import numpy.typing as npt
import pandas as pd

from advisor.arrays import BoolArray, DayArray
from advisor.cells import FIRST_DAY, LAST_DAY, NO_DAY, day_of
from advisor.data.cell_columns import Numbers, Objects, Words
from advisor.data.cells_series import cells_of_series
from advisor.errors import InputError
from advisor.privacy import argument, kept, personal, written

Moments = npt.NDArray[np.datetime64]
_A_DAY = 10
"""Characters of a day without a time."""


def as_day(value: date | str | np.datetime64, field: str) -> np.datetime64:
    """One day as `datetime64[D]`; of a time with a time zone, the day there.

    Raises `InputError` when `value` is no day: a word such as "now", a month without a day, a number.

    >>> as_day("2026-02-01", "as_of")
    np.datetime64('2026-02-01')
    """
    day = day_of(value)
    if np.isnat(day):
        told = argument(field, value)
        raise InputError(
            f"{field} is {told}, which is no day of the calendar; write it as 2026-02-01 or pass a date."
            if isinstance(value, np.datetime64) and not np.isnat(value)
            else f"{field} is {told}, which is no day; write it as 2026-02-01 or pass a date.",
            field=field,
            value=value,
        )
    return day


def as_days(values: pd.Series, field: str, *, allow_missing: bool = False) -> DayArray:
    """Many days as `datetime64[D]`, read-only; of times with a time zone, the days there.

    Raises:
        InputError: A cell is no day in ISO 8601, or missing where that is not allowed (the row is named).
    """
    days = _checked(values, field, allow_missing=allow_missing).copy()
    days.flags.writeable = False
    return days


def days_or_missing(values: pd.Series) -> DayArray:
    """Many days as `datetime64[D]`, shape (c,); NaT where a cell is missing, a number, or no day in ISO 8601."""
    days = cells_of_series(values).days()
    return np.where(_none(days), NO_DAY, days)


def as_times(values: pd.Series, field: str) -> tuple[Moments, Moments]:
    """Many moments as `datetime64[ns]`, in UTC where they have a time zone, and as the clock there showed
    them (the same array where they have none).

    Raises:
        InputError: As `as_days`, or a moment is missing or before 1678 or after 2262.
    """
    _checked(values, field, allow_missing=False)
    native = isinstance(values.dtype, np.dtype | pd.DatetimeTZDtype) and values.dtype.kind == "M"
    try:
        times = values if native else pd.Series(pd.to_datetime(values.astype(object).tolist(), format="ISO8601"))
        fine = times.dt.as_unit("ns")  # raises where to_numpy would wrap around
        moments = fine.to_numpy(dtype="datetime64[ns]")
        clock = fine.dt.tz_localize(None).to_numpy(dtype="datetime64[ns]") if fine.dt.tz is not None else moments
        return moments, clock
    except (TypeError, ValueError, OverflowError, AttributeError) as error:
        raise InputError(
            f"{field} holds a time out of range, or days of several kinds ({written(str(error))}); moments run from 1678 to 2262. Correct it.",
            field=field,
            value=None,
        ) from None


def _checked(values: pd.Series, field: str, *, allow_missing: bool) -> DayArray:
    """The days. Raises `InputError` unless every cell is a day, and all times are of one time zone or of none."""
    cells = cells_of_series(values)
    missing, days = cells.missing(), cells.days()
    bad = _none(days) & ~missing
    if bad.any():
        row = int(np.argmax(bad))
        value = values.iloc[row]
        value = value.item() if isinstance(value, np.generic) else value
        if isinstance(cells, Numbers) or isinstance(value, int | float | complex):
            raise InputError(
                f"{field} is {personal(value)} in row {row}; a number counts from no agreed day. Write days as 2026-02-01, or convert them with pandas.to_datetime and its unit.",
                field=field,
                value=kept(value),
            )
        raise InputError(
            f"{field} is {personal(value)} in row {row}, which is no day; write days as 2026-02-01, times as 2026-02-01 14:30.",
            field=field,
            value=kept(value),
        )
    if not allow_missing and missing.any():
        row = int(np.argmax(missing))
        raise InputError(f"{field} has no day in row {row}; every row needs one. Fill or drop it.", field=field, value=None)
    known = cells.labels.names if isinstance(cells, Words) else cells.cells if isinstance(cells, Objects) else ()
    if _zones(known):
        raise InputError(f"{field} holds days of several time zones; bring them to one with pandas.to_datetime.", field=field, value=None)
    return days


def _none(days: DayArray) -> BoolArray:
    """Which are no days of the calendar."""
    return ~((days >= FIRST_DAY) & (days <= LAST_DAY))


def _zones(cells: Iterable[object]) -> bool:
    """Whether times are of several time zones."""
    zones: set[object] = set()
    for cell in cells:
        if isinstance(cell, str) and len(word := cell.strip()) > _A_DAY and not np.isnat(day_of(word)):
            zones.add(datetime.fromisoformat(word).utcoffset())
        elif isinstance(cell, datetime):
            zones.add(cell.tzinfo)
    return len(zones) > 1
