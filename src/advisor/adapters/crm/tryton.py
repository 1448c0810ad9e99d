"""A Tryton server (8.2) over its REST interface, a process of its own: nothing of it is imported.

Parties are clients, known by an identifier of theirs. What Tryton has no field for stands in notes
on the party, which people write and read as well: "Client facts" (`wealth: 120000`, `horizon years:
10`; the latest note counts) and "Advice", a new note whenever advice changes. Tier and tags are
categories under "Tier" and "Tags".
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Any

from advisor.adapters.crm import tryton_calls as calls
from advisor.adapters.crm.mapping import FieldMap
from advisor.adapters.crm.outcomes import Outcome, check_moment, one_by_one
from advisor.adapters.crm.sending import GoneError, Send
from advisor.adapters.crm.tryton_calls import FACTS, PARTY, SIZE, values_of
from advisor.adapters.crm.tryton_parties import Parties, categories_of, codes_of
from advisor.errors import AdapterError


class TrytonGateway:
    """Parties of one database.

    Args:
        send: `http_send(address, headers={"Authorization": "bearer <key of a user application>"})`,
            or a client of the host that repeats a parameter whose value is a list.
        database: Its name.
        identifier: Type of the identifier that is the client's id; None: one without a type.
        fields: Which field is which; the bundled map when None.
        wait: Waits so many seconds before another try.
    """

    def __init__(
        self,
        send: Send,
        database: str,
        *,
        identifier: str | None = None,
        fields: FieldMap | None = None,
        wait: Callable[[float], object] = time.sleep,
    ) -> None:
        self.fields = FieldMap.bundled("tryton") if fields is None else fields
        self._calls, self._kind = calls.Calls(send, database, wait), identifier

    def pull(self, *, since: datetime | None = None) -> Iterator[dict[str, Any]]:
        """Parties with their facts; since a moment also those whose facts were noted since."""
        check_moment(since)
        domain: list[Any] = [["identifiers", "where", [["type", "=", self._kind]]]]
        if since is not None:
            made, written = ["create_date", ">=", since], ["write_date", ">=", since]
            noted = self._calls.search(
                "ir.note", [["message", "like", f"{FACTS}\n%"], made], ["resource"]
            )
            ids = sorted({calls.party_of(note) for note in noted})
            domain.append(["OR", written, made, ["id", "in", ids]])
        page: list[dict[str, Any]] = []
        for party in self._calls.search("party.party", domain, ("name", *PARTY)):
            page.append(party)
            if len(page) == SIZE:
                yield from self._records(page)
                page = []
        yield from self._records(page)

    def push(self, records: Sequence[dict[str, Any]]) -> Iterator[Outcome]:
        """A note, a tier and tags on each party; a party that is not there is made."""
        keys = [self.fields.key_of(record) or "" for record in records]
        parties: list[Parties] = []
        places = iter(range(len(keys)))

        def write(key: str, record: dict[str, Any]) -> bool:
            at = next(places)
            if at % SIZE == 0:
                try:
                    parties[:] = [Parties(self._calls, self._kind, keys[at : at + SIZE])]
                except AdapterError as error:
                    raise GoneError(str(error)) from error
            return parties[0].write(key, record)

        return one_by_one(zip(keys, records, strict=True), write)

    def _records(self, parties: Sequence[dict[str, Any]]) -> Iterator[dict[str, Any]]:
        """Parties of one page, each with its facts."""
        notes = calls.notes_by_party(self._calls, FACTS, [party["id"] for party in parties])
        for party in parties:
            yield {
                "code": next(iter(codes_of(party, self._kind)), None),
                "name": party.get("name"),
                "tier": next(iter(categories_of(party, "tier")), None),
                "tags": list(categories_of(party, "tags")),
                "facts": values_of(notes.get(party["id"], "")),
            }
