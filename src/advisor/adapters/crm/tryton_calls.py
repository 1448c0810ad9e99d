"""Calls of Tryton's REST interface: search by id, make, change; and notes on parties."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, cast

from advisor.adapters.crm.paths import text_at, value_at
from advisor.adapters.crm.sending import Send, patiently, said
from advisor.adapters.crm.tryton_wire import decoded, encoded
from advisor.errors import AdapterError

SIZE = 100
"""Records a call."""
FACTS, ADVICE = "Client facts", "Advice"
"""Titles of notes."""
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
                    why = f"Tryton gives {model} in no order of ids."
                    raise AdapterError(f"{why} Give the address of a Tryton of 8.2 or later.")
                yield record
                last = number
            if len(page) < SIZE:
                return

    def make(self, model: str, values: Mapping[str, Any], fields: Sequence[str]) -> dict[str, Any]:
        """A new record."""
        return _record(self._call("POST", model, {}, fields, values))

    def change(
        self, model: str, record: int, values: Mapping[str, Any], fields: Sequence[str]
    ) -> dict[str, Any]:
        """A record with other values."""
        return _record(self._call("PUT", f"{model}/{record}", {}, fields, values))

    def _call(
        self, method: str, path: str, params: Mapping[str, Any], fields: Sequence[str], body: Any
    ) -> Any:
        reply = self._send(method, f"{self._root}/{path}", {**params, "f": list(fields)}, body)
        if reply.ok:
            return decoded(reply.body)
        why = f"Tryton refuses ({reply.status} {said(reply.body)})."
        raise AdapterError(f"{why} Correct the record, or the rights of the key's user.")


def _record(record: Any) -> dict[str, Any]:
    """A record with its id. Raises `AdapterError` where it is none."""
    if isinstance(record, dict) and type(value_at(record, "id")) is int:
        return cast("dict[str, Any]", record)
    raise AdapterError(f"Tryton gives something that is no record. {_WRONG}")


def notes_by_party(calls: Calls, title: str, parties: Sequence[int]) -> dict[int, str]:
    """The latest note with a title on each party."""
    where = [["resource", "in", [f"party.party,{party}" for party in parties]], titled(title)]
    notes = calls.search("ir.note", where, ["message", "resource"]) if parties else iter(())
    return {party_of(note): text_at(note, "message") or "" for note in notes}


def titled(title: str) -> list[str]:
    """The part of a domain that says which notes have a title."""
    return ["message", "like", f"{title}\n%"]


def party_of(note: Mapping[str, Any]) -> int:
    """The party that a note is on; 0 where it is on none."""
    number = (text_at(note, "resource") or "").partition(",")[2]
    return int(number) if number.isascii() and number.isdigit() else 0
