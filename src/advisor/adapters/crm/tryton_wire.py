"""How Tryton's REST interface writes domains, moments, money and (for us) notes."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, cast

from advisor.cells import text_of

_DATE = ("year", "month", "day")
_TIME = ("hour", "minute", "second", "microsecond")


def encoded(value: Any) -> str:
    """A domain or an order as a parameter of the address: URL-safe base64 of JSON.

    >>> encoded([["name", "=", "Ada"]])
    'W1sibmFtZSIsICI9IiwgIkFkYSJdXQ=='
    """
    return base64.urlsafe_b64encode(json.dumps(value, default=_written).encode()).decode()


def _written(value: Any) -> dict[str, Any]:
    """A moment as Tryton writes it, in UTC."""
    if not isinstance(value, datetime):
        raise TypeError(type(value).__name__)
    utc = value.astimezone(UTC)
    return {"__class__": "datetime", **{name: getattr(utc, name) for name in (*_DATE, *_TIME)}}


def decoded(value: Any) -> Any:
    """What an answer holds, its moments (UTC), dates and decimals as such.

    >>> decoded({"paid": {"__class__": "Decimal", "decimal": "1.50"}})
    {'paid': Decimal('1.50')}
    """
    if isinstance(value, list):
        return [decoded(entry) for entry in cast("list[Any]", value)]
    if not isinstance(value, Mapping):
        return value
    fields = cast("Mapping[str, Any]", value)
    kind = fields.get("__class__")
    if kind == "datetime":
        return datetime(*(fields[n] for n in _DATE), *(fields.get(n, 0) for n in _TIME), tzinfo=UTC)
    if kind == "date":
        return date(*(fields[n] for n in _DATE))
    if kind == "Decimal":
        return Decimal(fields["decimal"])
    return {name: decoded(entry) for name, entry in fields.items()}


def note_of(title: str, values: Mapping[str, Any]) -> str:
    """A note that people read as well: a title, then a line `name: value` of what is there."""
    lines = [
        f"{name}: {' '.join(text_of(value).split())}"
        for name, value in values.items()
        if value is not None
    ]
    return "\n".join((title, *lines))


def values_of(note: str) -> dict[str, str]:
    r"""The values that a note holds, whoever wrote it: capitals and spaces in a name do not count.

    >>> values_of("Client facts\nWealth: 5000\nHorizon years: 10\ncall again")
    {'wealth': '5000', 'horizon_years': '10'}
    """
    pairs = [line.partition(":") for line in note.splitlines()[1:] if ":" in line]
    return {"_".join(name.lower().split()): value.strip() for name, _, value in pairs}
