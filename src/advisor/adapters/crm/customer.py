"""One client, seen whole, or forgotten."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from advisor import Advice, ClientTable
from advisor.adapters.crm import client_reader
from advisor.adapters.crm.rule_rows import Packs, rule_tags
from advisor.adapters.crm.store_logs import LogStore
from advisor.adapters.crm.values import CustomerView, Forgotten
from advisor.adapters.records import tables
from advisor.adapters.records.libraries import sa
from advisor.adapters.records.moments import end_of
from advisor.adapters.records.pseudonyms import Pseudonyms
from advisor.errors import InputError
from advisor.privacy import personal

OPEN = ("proposed", "held")
"""States of an action that is still to be decided."""
LAST_EVENTS = 20
A, S, F = tables.advice.c, tables.assessments.c, tables.feedback.c


def view(
    store: LogStore, packs: Packs, connection: sa.Connection, client_id: str, as_of: date | None
) -> CustomerView:
    """All that is known of a client; see `Store.view`."""
    day = datetime.now(UTC).date() if as_of is None else as_of
    end = None if as_of is None else end_of(as_of)
    before = [] if end is None else [end]

    def last(column: sa.Column[Any], *where: Any) -> dict[str, Any] | None:
        """The client's last row of a table by a column."""
        query = sa.select(column.table).where(column.table.c.client_id == client_id, *where)
        keys = (key.desc() for key in column.table.primary_key)
        row: Any = (
            connection.execute(query.order_by(column.desc(), *keys).limit(1)).mappings().first()
        )
        return None if row is None else dict(row)

    # 1. what stands in the tables
    client = client_reader.read_client(connection, client_id, as_of)
    table = ClientTable.from_clients([client])
    advised = last(A.as_of, *([] if as_of is None else [A.as_of <= as_of]))
    document = advised.pop("document") if advised else None
    profile = last(S.since, *(S.since < moment for moment in before))
    events = store.events(client_id=client_id, until=end)
    # 2. tags by rule, and those by hand, which go before them
    levels = [row["level"] for row in (profile, advised) if row and row["level"] is not None]
    known = [event for event in events if event.time.date() <= day]
    trades = store.trades(until=day, client_id=client_id)
    bought = store.interactions(until=day, client_id=client_id)
    by_rule = rule_tags(packs, table, day, next(iter(levels), None), trades, bought, known)
    standing_tags = {
        row["tag"]: row for row in _standing(store, "tags", client_id, end, "since", "until")
    }
    tags = {name: standing_tags.get(name, row) for name, row in by_rule.items()}
    tags |= {name: row for name, row in standing_tags.items() if row["provenance"] != "rule"}
    words = {row["family"]: name for name, row in tags.items()}
    # 3. what is done about the client
    consents = _standing(store, "consents", client_id, end, "given", "withdrawn")
    actions = store.rows("actions", client_id=client_id, state=[*OPEN])
    advisers = _standing(store, "relationships", client_id, end, "since", "until")
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
        feedback=last(F.opened, *(F.opened < moment for moment in before)),
        events=tuple(reversed(events))[:LAST_EVENTS],
        as_of=as_of,
    )


def forget(store: LogStore, connection: sa.Connection, client_id: str) -> Forgotten:
    """Delete every row about a client, and their salt; see `Store.forget`."""
    gone: dict[str, int] = {}
    for name, column in tables.PERSONAL.items():
        table = tables.metadata.tables[name]
        count = connection.execute(sa.delete(table).where(table.c[column] == client_id)).rowcount
        if count:
            gone[name] = count
    had = Pseudonyms(store).erase(client_id)
    if not gone and not had:
        why = f"Nothing is known of the client {personal(client_id)}, so nothing could be erased."
        raise InputError(f"{why} Correct the id.", field="client_id", value=client_id)
    return Forgotten(gone, had)


def _standing(
    store: LogStore, table: str, client_id: str, end: datetime | None, begin: str, finish: str
) -> list[dict[str, Any]]:
    """Rows of a client that have begun by a moment, and are not finished then (now where None)."""
    now = datetime.now(UTC) if end is None else end
    return [
        row
        for row in store.rows(table, client_id=client_id)
        if (end is None or row[begin] < end) and (row[finish] is None or row[finish] >= now)
    ]
