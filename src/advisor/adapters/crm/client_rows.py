"""Clients into the store, a row a version."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from advisor import Client, ClientTable
from advisor.adapters.crm import client_columns
from advisor.adapters.crm.values import read_each
from advisor.adapters.records import tables
from advisor.adapters.records.arrow_tables import fetch, load, naming
from advisor.adapters.records.libraries import sa
from advisor.errors import AdapterError, InputError
from advisor.privacy import personal

ROWS = 20_000
"""Clients written at once: it bounds memory."""
TABLES = (tables.clients, tables.assessments, tables.holdings)


def distinct(rows: Iterable[Any]) -> tuple[ClientTable, list[AdapterError]]:
    """The clients of a list, each once, and what is none or there again."""
    clients: dict[str, Client] = {}

    def read(row: Any) -> None:
        if not isinstance(row, Client):
            remedy = "Make it with Client(id=..., wealth=..., ...)."
            raise InputError(f"This is {type(row).__name__}, no Client. {remedy}")
        if row.id in clients:
            why = f"Client {personal(row.id)} is there twice, so it is not known what counts."
            raise InputError(f"{why} Give each once.")
        clients[row.id] = row

    _, problems = read_each(rows, read)
    return ClientTable.from_clients(clients.values()), problems


def put_part(
    connection: sa.Connection, part: ClientTable, at: datetime
) -> tuple[int, list[AdapterError]]:
    """Write a part of a table. Returns how many changed, and what was set aside."""
    # 1. what can be kept, and its digests
    problems, digests = client_columns.problems_of(part, at), dict[int, str]()
    records = {i: part.record(i) for i in range(len(part)) if i not in problems}
    for i, record in records.items():
        content = json.dumps(record, sort_keys=True, ensure_ascii=False)
        digests[i] = hashlib.sha256(content.encode("utf-8", "surrogatepass")).hexdigest()
        if "\\u0000" in content:
            what = "a text of this client holds the character NUL, which no database keeps."
            problems[i] = f"{what} Remove it."
    digests = {i: digest for i, digest in digests.items() if i not in problems}
    # 2. what stands there and is another
    with naming(connection, [part.ids[i] for i in digests]) as named:
        standing = _standing(connection, named)
    changed: list[int] = []
    for i, digest in digests.items():
        before = standing.get(part.ids[i])
        if before is not None and before[0] != digest and before[1] > at:
            text = f"Client {personal(part.ids[i])} is known as of {before[1]}, which is later."
            problems[i] = f"{text} Write what is known in the order in which it became known."
        elif before is None or before[0] != digest:
            changed.append(i)
    # 3. end the old versions, begin the new ones
    if ended := [part.ids[i] for i in changed if part.ids[i] in standing]:
        with naming(connection, ended) as named:
            _end_versions(connection, named, at)
    if changed:
        new, rows = part.take(changed), [records[i] for i in changed]
        versions = client_columns.client_columns(new, rows, [digests[i] for i in changed], at)
        columns = (
            versions,
            client_columns.assessment_columns(rows, at),
            client_columns.holding_columns(new, at),
        )
        for table, its in zip(TABLES, columns, strict=True):
            load(connection, table, its)
    odd = [AdapterError(text, record_id=part.ids[i]) for i, text in sorted(problems.items())]
    return len(changed), odd


def _standing(connection: sa.Connection, named: sa.Table) -> dict[str, tuple[str, datetime]]:
    """Digest and beginning of the version that stands, of the clients named."""
    c = tables.clients.c
    mine = tables.clients.join(named, c.id == named.c.id)
    query = sa.select(c.id, c.digest, c.since).select_from(mine).where(c.until.is_(None))
    rows = zip(*(column.to_pylist() for column in fetch(connection, query)), strict=True)
    return {name: (digest, since) for name, digest, since in rows}


def _end_versions(connection: sa.Connection, named: sa.Table, at: datetime) -> None:
    """End the versions of clients that stand; one that began at the same moment is replaced."""
    ids, c = sa.select(named.c.id), tables.clients.c
    for table in TABLES:
        key = table.c[tables.PERSONAL[table.name]]
        connection.execute(sa.delete(table).where(key.in_(ids), table.c.since == at))
    ends = sa.update(tables.clients).where(c.id.in_(ids), c.until.is_(None))
    connection.execute(ends.values(until=at))
