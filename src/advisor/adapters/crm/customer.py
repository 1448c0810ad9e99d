"""One client, seen whole, or forgotten."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from advisor import Advice, ClientTable
from advisor.adapters.crm import client_reader, log_reader, tables
from advisor.adapters.crm.rule_tags import Packs, rule_tags
from advisor.adapters.crm.values import CustomerView, Forgotten
from advisor.adapters.records.libraries import sa
from advisor.adapters.records.moments import end_of
from advisor.adapters.records.tables import pseudonyms
from advisor.errors import InputError
from advisor.privacy import personal

OPEN = ("proposed", "held")
"""States of an action that is still to be decided."""
LAST_EVENTS = 20


def view(
    connection: sa.Connection, client_id: str, as_of: date | None, packs: Packs
) -> CustomerView:
    """All that is known of a client; see `Store.view`."""
    day = datetime.now(UTC).date() if as_of is None else as_of
    end = None if as_of is None else end_of(as_of)
    client = client_reader.read_client(connection, client_id, as_of)
    advised = _last(connection, tables.advice, client_id, "as_of", as_of)
    document = advised.pop("document") if advised else None
    profile = _last(connection, tables.assessments, client_id, "since", end)
    levels = [row["level"] for row in (profile, advised) if row and row["level"] is not None]
    events = log_reader.events(connection, client_id, (), (None, end))
    by_rule = rule_tags(
        packs,
        ClientTable.from_clients([client]),
        day,
        next(iter(levels), None),
        log_reader.trades(connection, day, client_id),
        log_reader.interactions(connection, day, client_id),
        [event for event in events if event.time.date() <= day],
    )
    standing_tags = {row["tag"]: row for row in _standing(connection, tables.tags, client_id, end)}
    tags = {name: standing_tags.get(name, row) for name, row in by_rule.items()}
    tags |= {name: row for name, row in standing_tags.items() if row["provenance"] != "rule"}
    words = {row["family"]: name for name, row in tags.items()}
    c = tables.consents.c
    stands = c.withdrawn.is_(None)
    if end is not None:
        stands = (c.given < end) & (stands | (c.withdrawn >= end))
    consents = _rows(connection, tables.consents, client_id, stands)
    actions = _rows(connection, tables.actions, client_id, tables.actions.c.state.in_(OPEN))
    advisers = _standing(connection, tables.relationships, client_id, end)
    return CustomerView(
        client=client,
        profile=profile,
        holdings=dict(client.holdings),
        advice=None if document is None else Advice.model_validate_json(document),
        advised=advised,
        tier=words.get("tier"),
        stage=words.get("stage"),
        tags=tags,
        actions=tuple(sorted(actions, key=lambda row: row["proposed"])),
        consents=tuple(sorted(row["purpose"] for row in consents)),
        advisers=tuple(row["adviser_id"] for row in advisers),
        feedback=_last(connection, tables.feedback, client_id, "opened", end),
        events=tuple(reversed(events))[:LAST_EVENTS],
        as_of=as_of,
    )


def forget(connection: sa.Connection, client_id: str) -> Forgotten:
    """Delete every row about a client, and their salt; see `Store.forget`."""
    gone: dict[str, int] = {}
    for name, column in tables.PERSONAL.items():
        table = tables.metadata.tables[name]
        count = connection.execute(sa.delete(table).where(table.c[column] == client_id)).rowcount
        if count:
            gone[name] = count
    salt = sa.delete(pseudonyms).where(pseudonyms.c.client_id == client_id)
    had = connection.execute(salt).rowcount > 0
    if not gone and not had:
        why = f"Nothing is known of the client {personal(client_id)}, so nothing could be erased."
        raise InputError(f"{why} Correct the id.", field="client_id", value=client_id)
    return Forgotten(gone, had)


def _rows(connection: sa.Connection, table: sa.Table, client_id: str, *where: Any) -> list[Any]:
    query = sa.select(table).where(table.c.client_id == client_id, *where)
    query = query.order_by(*table.primary_key.columns)
    return [dict(row) for row in connection.execute(query).mappings()]


def _standing(
    connection: sa.Connection, table: sa.Table, client_id: str, end: datetime | None
) -> list[Any]:
    """Rows from `since` to `until` that stand at a moment, now where None."""
    now = datetime.now(UTC) if end is None else end
    stands = table.c.until.is_(None) | (table.c.until >= now)
    known = [stands] if end is None else [stands, table.c.since < end]
    return _rows(connection, table, client_id, *known)


def _last(
    connection: sa.Connection, table: sa.Table, client_id: str, by: str, end: Any
) -> dict[str, Any] | None:
    """The last row of a client by a column, of those up to an end."""
    column = table.c[by]
    query = sa.select(table).where(table.c.client_id == client_id)
    if end is not None:
        query = query.where(column <= end if by == "as_of" else column < end)
    query = query.order_by(column.desc(), *(c.desc() for c in table.primary_key.columns)).limit(1)
    last_row: Any = connection.execute(query).mappings().first()
    return None if last_row is None else dict(last_row)
