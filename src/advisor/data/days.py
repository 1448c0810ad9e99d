"""Dates as the doors take them, days as arrays hold them."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from advisor.arrays import DayArray
from advisor.errors import InputError

WRITTEN = len("2026-02-01")


def as_day(value: date | str | np.datetime64, field: str) -> np.datetime64:
    """One day as `datetime64[D]`; of a time with a time zone, the day there. Raises `InputError` when `value` is no day.

    >>> as_day("2026-02-01", "as_of")
    np.datetime64('2026-02-01')
    """
    if isinstance(value, np.datetime64) and not np.isnat(value):
        return value.astype("datetime64[D]")
    try:
        if isinstance(value, int | float | np.number):
            raise TypeError("a number counts from no agreed day")
        stamp = date.fromisoformat(value) if isinstance(value, str) and len(value) == WRITTEN else pd.Timestamp(value).tz_localize(None)
        day = np.datetime64(stamp, "D")
    except (TypeError, ValueError) as error:
        raise InputError(
            f"{field} is {value!r}, which is no day; write it as 2026-02-01 or pass a date.", field=field, value=value
        ) from error
    if np.isnat(day):
        raise InputError(f"{field} is {value!r}, which is no day; write it as 2026-02-01 or pass a date.", field=field, value=value)
    return day


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
