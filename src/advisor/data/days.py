"""Dates as the doors take them, days as arrays hold them."""

from __future__ import annotations

from datetime import date, datetime

import numpy as np
import numpy.typing as npt
import pandas as pd

from advisor.arrays import DayArray
from advisor.errors import InputError
from advisor.privacy import short

FIRST, LAST = np.datetime64("0001-01-01"), np.datetime64("9999-12-31")
"""Days that a `date` can hold."""
_NUMERIC = ("integer", "floating", "decimal", "complex", "boolean", "mixed")
"""Words of pandas for columns that hold, or may hold, numbers."""


def as_day(value: date | str | np.datetime64, field: str) -> np.datetime64:
    """One day as `datetime64[D]`; of a time with a time zone, the day there. Raises `InputError` when `value` is no day.

    >>> as_day("2026-02-01", "as_of")
    np.datetime64('2026-02-01')
    """
    try:
        day = _day(value)
    except (TypeError, ValueError, AttributeError, OverflowError) as error:
        raise InputError(
            f"{field} is {short(value)}, which is no day; write it as 2026-02-01 or pass a date.", field=field, value=value
        ) from error
    if not FIRST <= day <= LAST:
        raise InputError(
            f"{field} is {short(value)}, which is no day of the calendar; write it as 2026-02-01 or pass a date.", field=field, value=value
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
    """Many days as `datetime64[D]`, read-only; of times with a time zone, the days there.

    Raises:
        InputError: A cell is no day in ISO 8601, or missing where that is not allowed (the row is named).
    """
    times = _times(values, field, allow_missing=allow_missing)
    local = times.dt.tz_localize(None) if times.dt.tz is not None else times
    days = local.to_numpy(dtype="datetime64[s]").astype("datetime64[D]")
    days.flags.writeable = False
    return days


def days_or_missing(values: pd.Series) -> DayArray:
    """Many days as `datetime64[D]`, shape (c,); NaT where a cell is missing, a number, or no day in ISO 8601."""
    if values.dtype.kind == "M":
        return as_days(values, "day", allow_missing=True)
    try:
        if _first_number(values) is None:
            return as_days(pd.to_datetime(values, format="ISO8601"), "day", allow_missing=True)
    except (TypeError, ValueError, OverflowError):
        pass
    return np.array([_day_or_missing(value) for value in values.tolist()], dtype="datetime64[D]")


def _day_or_missing(value: object) -> np.datetime64:
    try:
        return np.datetime64("NaT", "D") if value is None else as_day(value, "day")  # type: ignore[arg-type]
    except InputError:
        return np.datetime64("NaT", "D")


def as_times(values: pd.Series, field: str) -> npt.NDArray[np.datetime64]:
    """Many moments as `datetime64[ns]`, of times with a time zone in UTC; refuses what `as_days` does, and missing ones."""
    times = _times(values, field, allow_missing=False)
    try:
        return times.to_numpy(dtype="datetime64[ns]")
    except (ValueError, OverflowError) as error:
        raise InputError(
            f"{field} holds a time out of range ({error}); moments run from 1678 to 2262. Correct it.", field=field, value=None
        ) from error


def _times(values: pd.Series, field: str, *, allow_missing: bool) -> pd.Series:
    row = _first_number(values)
    if row is not None:
        value = values.iloc[row]
        value = value.item() if isinstance(value, np.generic) else value
        raise InputError(
            f"{field} is {short(value)} in row {row}; a number counts from no agreed day. Write days as 2026-02-01, or convert them with pandas.to_datetime and its unit.",
            field=field,
            value=value,
        )
    try:
        times = pd.to_datetime(values, format="ISO8601")
    except (TypeError, ValueError, OverflowError) as error:
        raise _no_day(values, field) from error
    if not pd.api.types.is_datetime64_any_dtype(times.dtype):
        raise InputError(f"{field} holds days of several kinds or time zones; bring them to one.", field=field, value=str(times.dtype))
    missing = times.isna().to_numpy()
    if not allow_missing and missing.any():
        row = int(np.argmax(missing))
        raise InputError(f"{field} has no day in row {row}; every row needs one. Fill or drop it.", field=field, value=None)
    return times


def _no_day(values: pd.Series, field: str) -> InputError:
    """The refusal of a column whose words do not all read as days of one time zone."""
    bad = np.isnat(days_or_missing(values)) & values.notna().to_numpy()
    if not bad.any():
        return InputError(f"{field} holds days of several time zones; bring them to one with pandas.to_datetime.", field=field, value=None)
    row = int(np.argmax(bad))
    value = values.iloc[row]
    return InputError(
        f"{field} is {short(value)} in row {row}, which is no day; write days as 2026-02-01, times as 2026-02-01 14:30.",
        field=field,
        value=value,
    )


def _first_number(values: pd.Series) -> int | None:
    """Row of the first cell that is a number, or None; words and dates are told apart by their kind, without looking at each."""
    if values.dtype.kind in "biufc":
        known = values.notna().to_numpy()
        return int(np.argmax(known)) if known.any() else None
    if values.dtype != object or not pd.api.types.infer_dtype(values, skipna=True).startswith(_NUMERIC):
        return None
    return next((i for i, x in enumerate(values) if isinstance(x, int | float | complex | np.number | np.bool_) and x == x), None)
