"""The store as one more system: its clients out, advice with tier and tags in."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from advisor import Advice, ClientTable
from advisor.adapters.crm import advice_rows
from advisor.adapters.crm.mapping import PROBLEM, FieldMap
from advisor.adapters.crm.outcomes import Outcome, check_moment
from advisor.adapters.crm.store import Store
from advisor.adapters.records import tables
from advisor.adapters.records.libraries import sa
from advisor.annotations import Count
from advisor.errors import AdapterError, InputError
from advisor.privacy import personal
from advisor.validation import checked

TIER, TAG = "tier", "tag"
"""Families of the tags that are written."""


class StoreGateway:
    """Clients of a store, and advice into it under a run of its own a moment.

    Args:
        store: Migrated.
        size: Clients that are read, and advice that is written, in one transaction.
        clock: Gives the moment of what is written.
    """

    @checked
    def __init__(
        self,
        store: Store,
        *,
        size: Count = 1000,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.fields = FieldMap.bundled("plain")
        self._store, self._size, self._clock = store, size, clock

    def pull(self, *, since: datetime | None = None) -> Iterator[dict[str, Any]]:
        """Clients, the newest version of each that began at the moment or later."""
        check_moment(since)
        try:
            if since is None:
                for table in self._store.chunks(self._size):
                    yield from _records(table)
                return
            c = tables.clients.c
            with self._store.reading() as connection:
                query = sa.select(c.id).where(c.until.is_(None), c.since >= since).order_by(c.id)
                ids = [str(key) for key in connection.scalars(query)]
            for start in range(0, len(ids), self._size):
                yield from _records(self._store.clients(ids=tuple(ids[start : start + self._size])))
        except InputError as error:
            raise AdapterError(f"The store is gone: {error}") from error

    def push(self, records: Sequence[dict[str, Any]]) -> Iterator[Outcome]:
        """Advice of clients that the store knows; the one that stands already is no change."""
        for start in range(0, len(records), self._size):
            part = records[start : start + self._size]
            try:
                with self._store.writing() as connection:
                    outcomes = [self._put(connection, record) for record in part]
            except InputError as error:
                keys = [self.fields.key_of(record) or "" for record in part]
                outcomes = [Outcome(key, ok=False, problem=str(error)) for key in keys]
            yield from outcomes

    def _put(self, connection: sa.Connection, record: dict[str, Any]) -> Outcome:
        key = self.fields.key_of(record) or ""
        known = sa.select(tables.clients.c.id).where(tables.clients.c.id == key).limit(1)
        if connection.scalar(known) is None:
            why = f"The store has no client {personal(key)}. Put the client first."
            return Outcome(key, ok=False, problem=why)
        try:
            advice = Advice.model_validate(record.get("advice"))
        except InputError as error:
            return Outcome(key, ok=False, problem=str(error))
        moment = self._clock()
        for family, names in ((TIER, record.get("segment")), (TAG, record.get("tags"))):
            if names is not None:
                self._put_tags(key, family, [names] if family == TIER else names, moment)
        document = advice.model_dump_json()
        a = tables.advice.c
        last = sa.select(a.document).where(a.client_id == key).limit(1)
        last = last.order_by(a.as_of.desc(), a.run.desc())
        if connection.scalar(last) == document:
            return Outcome(key, ok=True, created=False)
        run = f"gateway {moment.isoformat()} {hashlib.sha256(document.encode()).hexdigest()[:12]}"
        advice_rows.put_advice(connection, advice, run, (document,))
        return Outcome(key, ok=True, created=True)

    def _put_tags(self, key: str, family: str, names: Sequence[str], moment: datetime) -> None:
        """Tags of a family in place of those that a rule gave; one that stood keeps its day."""
        mine = {"client_id": key, "family": family, "provenance": "rule"}
        stood = {row["tag"]: row["since"] for row in self._store.rows("tags", **mine)}
        self._store.delete("tags", **mine)
        names = list(dict.fromkeys(names))
        new = [{**mine, "tag": name, "since": stood.get(name, moment)} for name in names]
        self._store.put_rows("tags", new)


def _records(table: ClientTable) -> Iterator[dict[str, Any]]:
    for i, key in enumerate(table.ids):
        problem = table.problems.get(i)
        yield {"id": key, PROBLEM: problem} if problem else table.record(i)
