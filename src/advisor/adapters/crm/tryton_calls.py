"""Calls of Tryton's REST interface: search by id, make, change."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, cast

from advisor.adapters.crm.batch import is_ok, said
from advisor.adapters.crm.paths import text_at, value_at
from advisor.adapters.crm.sending import Reply, Send, patiently
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


class Calls:
    """One database of a server.

    Args:
        send: The call.
        database: Its name.
        wait: Waits so many seconds before another try.
    """

    def __init__(self, send: Send, database: str, wait: Callable[[float], object]) -> None:
        self._send, self._root = patiently(send, wait=wait), f"/{database}/rest/model"

    def search(
        self, model: str, domain: Sequence[Any], fields: Sequence[str]
    ) -> Iterator[dict[str, Any]]:
        """Records in the order of their ids, page after page."""
        last = 0
        while True:
            where = encoded([["id", ">", last], *domain])
            params = {"d": where, "o": encoded([["id", "ASC"]]), "s": str(SIZE), "f": list(fields)}
            page = self._told(self._send("GET", f"{self._root}/{model}", params, None))
            if not isinstance(page, list):
                raise AdapterError(
                    f"Tryton gives no list of {model}. Give the right address and database."
                )
            for record in cast("list[Any]", page):
                number = _number_of(record)
                if number <= last:
                    raise AdapterError(
                        f"Tryton gives {model} in no order of ids. Give the address of a Tryton of"
                        " 8.2 or later."
                    )
                yield record
                last = number
            if len(page) < SIZE:
                return

    def make(self, model: str, values: Mapping[str, Any], fields: Sequence[str]) -> dict[str, Any]:
        """A new record."""
        return _record(
            self._told(self._send("POST", f"{self._root}/{model}", {"f": list(fields)}, values))
        )

    def change(
        self, model: str, record: int, values: Mapping[str, Any], fields: Sequence[str]
    ) -> dict[str, Any]:
        """A record with other values."""
        return _record(
            self._told(
                self._send("PUT", f"{self._root}/{model}/{record}", {"f": list(fields)}, values)
            )
        )

    @staticmethod
    def _told(reply: Reply) -> Any:
        if is_ok(reply):
            return decoded(reply.body)
        raise AdapterError(
            f"Tryton refuses ({reply.status} {said(reply.body)}). Correct the record, or the rights"
            " of the key's user."
        )


def _number_of(record: Any) -> int:
    """The id of a record. Raises `AdapterError` where it is none."""
    number = value_at(record, "id")
    if isinstance(number, int) and isinstance(record, dict):
        return number
    raise AdapterError(
        "Tryton gives something that is no record. Give the right address and database."
    )


def _record(told: Any) -> dict[str, Any]:
    _number_of(told)
    return told


def notes_by_party(calls: Calls, title: str, parties: Sequence[int]) -> dict[int, str]:
    """The latest note with a title on each party."""
    where = [["resource", "in", [f"party.party,{party}" for party in parties]], titled(title)]
    found = calls.search("ir.note", where, ["message", "resource"]) if parties else iter(())
    return {party_of(note): text_at(note, "message") or "" for note in found}


def titled(title: str) -> list[str]:
    """The part of a domain that says which notes have a title."""
    return ["message", "like", f"{title}\n%"]


def party_of(note: Mapping[str, Any]) -> int:
    """The party that a note is on; 0 where it is on none."""
    number = (text_at(note, "resource") or "").partition(",")[2]
    return int(number) if number.isascii() and number.isdigit() else 0
