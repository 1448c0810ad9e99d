"""Arguments that several parts of the stack take, read alike."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, date, datetime
from typing import Annotated, Any, cast

from advisor.annotations import Day
from advisor.data.days import as_day
from advisor.errors import InputError
from advisor.readers import Named


def _are_names(value: Any) -> bool:
    return (
        isinstance(value, Sequence)
        and not isinstance(value, str)
        and all(isinstance(v, str) for v in cast("Sequence[Any]", value))
    )


Names = Annotated[Sequence[str], Named("texts", _are_names, "a list of texts")]
"""Ids, or other words."""


def moment_of(at: object, field: str = "at") -> datetime:
    """A moment in UTC. Raises `InputError` where it has no time zone, or lies beyond the years 1 to
    9999 there.
    """
    if isinstance(at, datetime) and at.utcoffset() is not None:
        with suppress(OverflowError):
            return at.astimezone(UTC)
    raise InputError(
        f"{field} is {at!r}; moments are kept in UTC, so it needs a time zone. Pass datetime(...,"
        " tzinfo=UTC).",
        field=field,
        value=at,
    )


def moment_text(at: datetime) -> str:
    """A moment as text of one length, such as 2026-02-01T09:30:00.000000Z."""
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def calendar_day(day: Day, field: str) -> date:
    """A day of the years 1 to 9999. Raises `InputError` where it is none."""
    read = cast("object", as_day(day, field).item())
    if isinstance(read, date):
        return read
    raise InputError(
        f"{field} is {day}, beyond the days that a database keeps. Pass one of the years 1 to"
        " 9999.",
        field=field,
        value=day,
    )
