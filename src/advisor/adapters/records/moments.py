"""Moments and days as the stack takes them, and when what is known of a client must go."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, cast

import numpy as np

from advisor.annotations import CountOrNone, Day
from advisor.data.days import as_day
from advisor.errors import InputError
from advisor.validation import checked

SLACK = timedelta(days=1)
"""How far a moment may lie ahead of when it is written: clocks and time zones differ."""


def moment_of(at: object, field: str = "at") -> datetime:
    """A moment in UTC; `InputError` where it has no time zone, or is beyond the calendar."""
    if isinstance(at, datetime) and at.utcoffset() is not None:
        with suppress(OverflowError):
            return at.astimezone(UTC)
    why = f"{field} is {at!r}; moments are kept in UTC, so it needs a time zone."
    raise InputError(f"{why} Pass datetime(..., tzinfo=UTC).", field=field, value=at)


def moment_text(at: datetime) -> str:
    """A moment as text of one length, such as 2026-02-01T09:30:00.000000Z."""
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def now_or(at: datetime | None) -> datetime:
    """A moment in UTC; now where there is none."""
    return datetime.now(UTC) if at is None else moment_of(at)


def calendar_day(day: Day, field: str) -> date:
    """A day of the years 1 to 9999; `InputError` where it is none."""
    read = cast("object", as_day(day, field).item())
    if isinstance(read, date):
        return read
    why = f"{field} is {day}, beyond the days that a database keeps."
    raise InputError(f"{why} Pass one of the years 1 to 9999.", field=field, value=day)


def day_or_none(day: Day | None, field: str = "as_of") -> date | None:
    """A day of the calendar; None where none is given."""
    return None if day is None else calendar_day(day, field)


def end_of(day: date) -> datetime:
    """The first moment after a day, in UTC; the last there is where the calendar ends."""
    if day >= date.max:
        return datetime.max.replace(tzinfo=UTC)
    return datetime.combine(day + timedelta(days=1), time(), UTC)


def latest(at: datetime) -> datetime:
    """The latest moment of what is written at a moment: a day ahead, where the calendar has one."""
    return datetime.max.replace(tzinfo=UTC) if at.year == date.max.year else at + SLACK


def in_the_future(moments: Any, at: datetime) -> list[int]:
    """Rows whose moment (`datetime64` in UTC, shape (r,)) is later than what `at` may write."""
    last = np.datetime64(latest(at).astimezone(UTC).replace(tzinfo=None))
    return np.flatnonzero(moments > last).tolist()


@checked
def due_for_deletion(
    ended: Mapping[str, date], as_of: Day, *, years: CountOrNone = 5
) -> tuple[str, ...]:
    """Clients whose relationship ended `years` full calendar years ago or more, sorted.

    Args:
        ended: Client id -> the day on which the relationship ended.
        as_of: The day.
        years: How long records are kept; 0 or more.

    Raises:
        InputError: `years` is no whole number of 0 or more, or a day is none.

    Source: FATF Recommendation 11; Directive (EU) 2015/849, article 40 (five years).

    >>> due_for_deletion({"c": date(2020, 2, 29)}, "2025-02-28")
    ()
    >>> due_for_deletion({"c": date(2020, 2, 29)}, "2025-03-01")
    ('c',)
    """
    day = calendar_day(as_of, "as_of")
    ends = {name: calendar_day(end, "ended") for name, end in dict(ended).items()}
    until = (day.year - years, day.month, day.day)
    return tuple(sorted(n for n, end in ends.items() if (end.year, end.month, end.day) <= until))
