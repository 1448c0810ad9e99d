"""Events and products into the store."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from advisor import Catalogue, Event, Product
from advisor.adapters.crm import tables
from advisor.adapters.crm.bulk import fetch, load
from advisor.adapters.crm.log_rows import arrow, missing_keys
from advisor.adapters.crm.values import Written
from advisor.adapters.extras import needs
from advisor.errors import AdapterError, InputError

if TYPE_CHECKING:
    import sqlalchemy as sa
else:
    sa = needs("crm", "sqlalchemy")

SLACK = timedelta(days=1)
"""How far a moment may lie ahead of when it is written: clocks and time zones differ."""


def put_events(connection: sa.Connection, rows: Iterable[Any], at: datetime) -> Written:
    """Write events that are not there yet, by source and id; a wrong one is set aside."""
    good: dict[tuple[str, str], Event] = {}
    problems: list[AdapterError] = []
    count = 0
    for row in rows:
        count += 1
        name = getattr(row, "id", None) if isinstance(row, Event) else _name(row)
        try:
            event = row if isinstance(row, Event) else Event.model_validate(row)
            if "\\u0000" in event.model_dump_json():
                raise InputError("a text of it holds the character NUL, which no database keeps.")
            if event.time > at + SLACK:
                raise InputError(f"time is {event.time.isoformat()}, which is in the future.")
        except InputError as error:
            problems.append(AdapterError(str(error), record_id=name))
        else:
            good.setdefault((event.source, event.id), event)
    new = missing_keys(connection, tables.events, ("source", "id"), list(good))
    events = [good[key] for key in new]
    columns = {
        "source": [e.source for e in events],
        "id": [e.id for e in events],
        "type": [e.type for e in events],
        "time": [e.time for e in events],
        "subject": [e.subject for e in events],
        "data": [json.dumps(e.data, ensure_ascii=False) for e in events],
    }
    load(connection, tables.events, arrow(tables.events, columns))
    return Written(count, len(events), tuple(problems))


def put_products(connection: sa.Connection, rows: Catalogue | Iterable[Product]) -> Written:
    """Write products, a changed one over what stood there."""
    given = list(rows.products if isinstance(rows, Catalogue) else rows)
    shelf = Catalogue.from_products(given).products if given else ()
    documents = {p.id: p.model_dump_json(exclude_unset=True) for p in shelf}
    t = tables.products
    known = fetch(connection, sa.select(t.c.id, t.c.document))
    before = dict(zip(known["id"].to_pylist(), known["document"].to_pylist(), strict=True))
    changed = {name: text for name, text in documents.items() if before.get(name) != text}
    for name in changed:
        connection.execute(sa.delete(t).where(t.c.id == name))
    columns = {"id": list(changed), "document": list(changed.values())}
    load(connection, t, arrow(t, columns))
    return Written(len(given), len(changed))


def _name(row: Any) -> str | None:
    name = row.get("id") if isinstance(row, Mapping) else None
    return None if name is None else str(name)
