"""Dates as the doors take them, days as arrays hold them."""

from __future__ import annotations

from datetime import date, datetime

import numpy as np
import pandas as pd

from advisor.arrays import DayArray
from advisor.errors import InputError

FIRST, LAST = np.datetime64("0001-01-01"), np.datetime64("9999-12-31")
"""Days that a `date` can hold."""


def as_day(value: date | str | np.datetime64, field: str) -> np.datetime64:
    """One day as `datetime64[D]`; of a time with a time zone, the day there. Raises `InputError` when `value` is no day.

    >>> as_day("2026-02-01", "as_of")
    np.datetime64('2026-02-01')
    """
    try:
        day = _day(value)
    except (TypeError, ValueError, AttributeError, OverflowError) as error:
        raise InputError(
            f"{field} is {value!r}, which is no day; write it as 2026-02-01 or pass a date.", field=field, value=value
        ) from error
    if not FIRST <= day <= LAST:
        raise InputError(
            f"{field} is {value!r}, which is no day of the calendar; write it as 2026-02-01 or pass a date.", field=field, value=value
        )
    return day


def _day(value: object) -> np.datetime64:
    """NaT where there is none; words are read as ISO 8601 and nothing else, so that no order of day and month is guessed and no clock is read."""
    if isinstance(value, np.datetime64):
        return value.astype("datetime64[D]")
    if isinstance(value, str):
        return np.datetime64(datetime.fromisoformat(value.strip()).date(), "D")
    if isinstance(value, date):
        return np.datetime64(date(value.year, value.month, value.day), "D")
    raise TypeError("only a date, a datetime or a word in ISO 8601 names a day")


def as_days(values: pd.Series, field: str, *, allow_missing: bool = False) -> DayArray:
    """Many days as `datetime64[D]`, read-only. Raises `InputError` for what is no day, and for missing ones unless allowed."""
    try:
        days = pd.to_datetime(values).to_numpy(dtype="datetime64[ns]").astype("datetime64[D]")
    except (TypeError, ValueError) as error:
        raise InputError(f"{field} holds something that is no day ({error}); write days as 2026-02-01.", field=field, value=None) from error
    if not allow_missing and np.isnat(days).any():
        row = int(np.argmax(np.isnat(days)))
        raise InputError(f"{field} has no day in row {row}; every row needs one. Fill or drop it.", field=field, value=None)
    days.flags.writeable = False
    return days
