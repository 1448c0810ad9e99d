"""Tryton's REST interface: how values and notes are written, and its calls."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, cast

from advisor.adapters.crm.paths import text_at, value_at
from advisor.adapters.crm.sending import Send, patiently, said
from advisor.cells import text_of
from advisor.errors import AdapterError

_DATE = ("year", "month", "day")
_TIME = ("hour", "minute", "second", "microsecond")


def encoded(value: Any) -> str:
    """A domain or an order as a parameter: URL-safe base64 of JSON, moments in UTC.

    >>> encoded([["name", "=", "Ada"]])
    'W1sibmFtZSIsICI9IiwgIkFkYSJdXQ=='
    """

    def moment(at: datetime) -> dict[str, Any]:
        fields = {name: getattr(at.astimezone(UTC), name) for name in (*_DATE, *_TIME)}
        return {"__class__": "datetime", **fields}

    return base64.urlsafe_b64encode(json.dumps(value, default=moment).encode()).decode()


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
    stated = {name: text_of(value).split() for name, value in values.items() if value is not None}
    return "\n".join((title, *(f"{name}: {' '.join(words)}" for name, words in stated.items())))


def values_of(note: str) -> dict[str, str]:
    r"""The values that a note holds, whoever wrote it: capitals and spaces in a name do not count.

    >>> values_of("Client facts\nWealth: 5000\nHorizon years: 10\ncall again")
    {'wealth': '5000', 'horizon_years': '10'}
    """
    pairs = [line.partition(":") for line in note.splitlines()[1:] if ":" in line]
    return {"_".join(name.lower().split()): value.strip() for name, _, value in pairs}


SIZE, FACTS, ADVICE = 100, "Client facts", "Advice"
"""Records a call, and titles of notes."""
ROOTS = {"tier": "Tier", "tags": "Tags"}
"""Field of a record -> the category above those that it names."""
PARTY = ("identifiers.code", "identifiers.type", "categories.name", "categories.parent.name")
"""What is read of a party."""
_WRONG = "Give the right address and database."


class Calls:
    """One database of a server."""

    def __init__(self, send: Send, database: str, wait: Callable[[float], object]) -> None:
        self._send, self._root = patiently(send, wait=wait), f"/{database}/rest/model"

    def search(
        self, model: str, domain: Sequence[Any], fields: Sequence[str]
    ) -> Iterator[dict[str, Any]]:
        """Records in the order of their ids, page after page."""
        last = 0
        while True:
            where = encoded([["id", ">", last], *domain])
            params = {"d": where, "o": encoded([["id", "ASC"]]), "s": str(SIZE)}
            page = self._call("GET", model, params, fields, None)
            if not isinstance(page, list):
                raise AdapterError(f"Tryton gives no list of {model}. {_WRONG}")
            for record in cast("list[Any]", page):
                number = _record(record)["id"]
                if number <= last:
                    remedy = "Give the address of a Tryton of 8.2 or later."
                    raise AdapterError(f"Tryton gives {model} in no order of ids. {remedy}")
                yield record
                last = number
            if len(page) < SIZE:
                return

    def write(
        self,
        model: str,
        values: Mapping[str, Any],
        fields: Sequence[str],
        record: int | None = None,
    ) -> dict[str, Any]:
        """A new record, or one that is there with other values."""
        method, path = ("POST", model) if record is None else ("PUT", f"{model}/{record}")
        return _record(self._call(method, path, {}, fields, values))

    def _call(
        self, method: str, path: str, params: Mapping[str, Any], fields: Sequence[str], body: Any
    ) -> Any:
        reply = self._send(method, f"{self._root}/{path}", {**params, "f": list(fields)}, body)
        if reply.ok:
            return decoded(reply.body)
        remedy = "Correct the record, or the rights of the key's user."
        raise AdapterError(f"Tryton refuses ({reply.status} {said(reply.body)}). {remedy}")


def _record(record: Any) -> dict[str, Any]:
    if isinstance(record, dict) and type(value_at(record, "id")) is int:
        return cast("dict[str, Any]", record)
    raise AdapterError(f"Tryton gives something that is no record. {_WRONG}")


def notes_by_party(calls: Calls, title: str, parties: Sequence[int]) -> dict[int, str]:
    """The latest note with a title on each party."""
    if not parties:
        return {}
    mine = ["resource", "in", [f"party.party,{party}" for party in parties]]
    domain = [mine, ["message", "like", f"{title}\n%"]]
    notes = calls.search("ir.note", domain, ["message", "resource"])
    return {party_of(note): text_at(note, "message") or "" for note in notes}


def party_of(note: Mapping[str, Any]) -> int:
    """The party that a note is on; 0 where it is on none."""
    number = (text_at(note, "resource") or "").partition(",")[2]
    return int(number) if number.isascii() and number.isdigit() else 0
