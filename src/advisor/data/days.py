"""Days as functions take them and arrays hold them: one cell is read by `advisor.cells`, a column
in the same way.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from advisor.arrays import BoolArray, DayArray
from advisor.cell_words import iso_of
from advisor.cells import FIRST_DAY, LAST_DAY, NO_DAY, day_of, text_of
from advisor.data.bad_rows import BadRow, bad_cells, missing_cells, refuse_first
from advisor.data.columns import Column, column_of
from advisor.data.day_hints import day_hint
from advisor.errors import InputError
from advisor.privacy import argument, written

Moments = npt.NDArray[np.datetime64]
_A_DAY = 10
"""Characters of a day without a time."""
_ZONE = re.compile(r"Z$|[+-]\d{2}(?::?\d{2}(?::?\d{2}(?:\.\d+)?)?)?$", re.ASCII)
"""How the time zone of a time is written."""
_FIRST_MOMENT, _LAST_MOMENT = np.datetime64("1677-09-22", "D"), np.datetime64("2262-04-11", "D")
"""Days that nanoseconds reach in full."""


def as_day(value: date | str | np.datetime64, field: str) -> np.datetime64:
    """One day as `datetime64[D]`; of a time with a time zone, the day there.

    Raises `InputError` when `value` is no day: a word such as "now", a month without a day, a
    number.

    >>> as_day("2026-02-01", "as_of")
    np.datetime64('2026-02-01')
    """
    day = day_of(value)
    if np.isnat(day):
        text = argument(field, value)
        raise InputError(
            (
                f"{field} is {text}, which is no day of the calendar; write it as 2026-02-01 or"
                " pass a date."
                if isinstance(value, np.datetime64) and not np.isnat(value)
                else f"{field} is {text}, which is no day; write it as 2026-02-01 or pass a date."
            ),
            field=field,
            value=value,
        )
    return day


def as_days(values: pd.Series, field: str, *, allow_missing: bool = False) -> DayArray:
    """Many days as `datetime64[D]`, read-only; of times with a time zone, the days there.

    Raises:
        InputError: A cell is no day in ISO 8601, or missing where that is not allowed (the row is
            named).
    """
    days = _checked(values, field, allow_missing=allow_missing).copy()
    days.flags.writeable = False
    return days


def days_or_missing(values: pd.Series) -> DayArray:
    """Many days as `datetime64[D]`, shape (c,); NaT where a cell is missing, a number, or no day in
    ISO 8601.
    """
    days = column_of(values).days()
    return np.where(no_days(days), NO_DAY, days)


def as_times(values: pd.Series, field: str) -> tuple[Moments, Moments]:
    """Many moments as `datetime64[ns]`, in UTC where they have a time zone, and as the clock there
    showed them (the same array where they have none).

    Raises:
        InputError: As `as_days`, or a moment is missing or before 1678 or after 2262.
    """
    _checked(values, field, allow_missing=False)
    try:
        if isinstance(values.dtype, np.dtype | pd.DatetimeTZDtype) and values.dtype.kind == "M":
            fine = values.dt.as_unit("ns")  # raises where to_numpy would wrap around
            moments = fine.to_numpy(dtype="datetime64[ns]")
            clock = fine.dt.tz_localize(None).to_numpy(dtype="datetime64[ns]")
            return (moments, moments) if fine.dt.tz is None else (moments, clock)
        cells: list[Any] = [
            iso_of(text_of(cell).strip()) if isinstance(cell, str | bytes) else cell
            for cell in values.astype(object).tolist()
        ]
        local = [_clock_of(cell) for cell in cells]
        zoned = [there is not cell for there, cell in zip(local, cells, strict=True)]
        if any(zoned) and not all(zoned):
            raise InputError(
                f"{field} has a time zone in row {zoned.index(True)} and none in row"
                f" {zoned.index(False)}, so it is not known which came first. Write all with one,"
                " or all without.",
                field=field,
                value=None,
            )
        moments = _nanoseconds(cells)
        return moments, _nanoseconds(local) if any(zoned) else moments
    except InputError:
        raise
    except (TypeError, ValueError, OverflowError, AttributeError) as error:
        raise InputError(
            f"{field} holds a time out of range, or days of several kinds ({written(str(error))});"
            " moments run from 1678 to 2262. Correct it.",
            field=field,
            value=None,
        ) from None


def _clock_of(cell: Any) -> Any:
    """A moment as the clock there showed it: without its time zone; itself where it has none."""
    if isinstance(cell, str):
        return cell if (zone := _ZONE.search(cell, _A_DAY)) is None else cell[: zone.start()]
    return cell if getattr(cell, "tzinfo", None) is None else cell.replace(tzinfo=None)


def _nanoseconds(cells: list[Any]) -> Moments:
    """Moments as `datetime64[ns]`, in UTC where they have a time zone."""
    times = pd.Series(pd.to_datetime(cells, format="ISO8601", utc=True))
    return times.dt.as_unit("ns").to_numpy(dtype="datetime64[ns]")


def _checked(values: pd.Series, field: str, *, allow_missing: bool) -> DayArray:
    """The days. Raises `InputError` unless every cell is a day."""
    cells = column_of(values)
    days = cells.days()
    refuse_first(bad_days(values, cells, days, field, allow_missing=allow_missing))
    return days


def bad_days(
    series: pd.Series,
    cells: Column,
    days: DayArray,
    field: str,
    *,
    allow_missing: bool = False,
    moments: bool = False,
) -> Iterator[BadRow]:
    """Rows of a column, its cells and their days, that `as_days` refuses, or with `moments`
    `as_times`.
    """
    missing = cells.missing()
    bad, public = no_days(days) & ~missing, field.endswith(" index")
    if bad.any():
        hint = day_hint(cells.coded()[0], field)
        values, codes = cells.coded()
        counted = np.array([*(isinstance(v, int | float | complex) for v in values), False])[codes]
        why = "; a number counts from no agreed day. Write days as 2026-02-01." + (
            hint or " Or convert them with pandas.to_datetime and its unit."
        )
        yield from bad_cells(bad & counted, series, field, why, public=public)
        why = (
            ", which is no day; write days as 2026-02-01 or 2026/2/1, times as 2026-02-01 14:30."
            f"{hint}"
        )
        yield from bad_cells(bad & ~counted, series, field, why, public=public)
    if not allow_missing:
        why = f"{field} has no day in row {{row}}; every row needs one. Fill or drop it."
        if public:
            table = field.removesuffix(" index")
            why += f" Here: {table} = {table}[{table}.index.notna()]."
        yield from missing_cells(cells, why, field)
    if moments:
        outside = ~no_days(days) & ~((days >= _FIRST_MOMENT) & (days < _LAST_MOMENT))
        why = "; moments run from 1678 to 2262. Correct it."
        yield from bad_cells(outside, series, field, why, public=public)


def no_days(days: DayArray) -> BoolArray:
    """Which are no days of the calendar."""
    return ~((days >= FIRST_DAY) & (days <= LAST_DAY))
