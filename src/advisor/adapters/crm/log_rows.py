"""What clients did, into the store and out of it: trades, purchases, products, events, feedback."""
# pyright: reportUnknownParameterType=false

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from advisor import Catalogue, Event, Interactions, Product, Trades
from advisor.adapters.crm import tables
from advisor.adapters.crm.bulk import fetch, kind_of, load
from advisor.adapters.crm.values import Written
from advisor.adapters.extras import needs
from advisor.errors import AdapterError, InputError

if TYPE_CHECKING:
    import pyarrow as pa
    import sqlalchemy as sa
else:
    sa, pa = needs("crm", "sqlalchemy"), needs("crm", "pyarrow")

SLACK = timedelta(days=1)
"""How far a moment may lie ahead of when it is written: clocks and time zones differ."""
_MANY = 900


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
            if event.time > at + SLACK:
                raise InputError(f"time is {event.time.isoformat()}, which is in the future.")
        except InputError as error:
            problems.append(AdapterError(str(error), record_id=name))
        else:
            good.setdefault((event.source, event.id), event)
    new = _unknown(connection, tables.events, ("source", "id"), list(good))
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


def put_frame(connection: sa.Connection, table: sa.Table, columns: Mapping[str, Any], count: int) -> Written:
    """Write rows whose id, made of their content, is not there yet.

    Two rows of the same content are two; the same rows given again are no change.
    """
    names = list(columns)
    cells = list(zip(*(columns[name] for name in names), strict=True))
    seen: Counter[Any] = Counter()
    ids: list[str] = []
    for row in cells:
        seen[row] += 1
        content = json.dumps([*map(str, row), seen[row]], ensure_ascii=False)
        ids.append(hashlib.sha256(content.encode("utf-8", "surrogatepass")).hexdigest()[:32])
    new = set(_unknown(connection, table, ("id",), [(i,) for i in ids]))
    keep = [row for row, i in enumerate(ids) if (i,) in new]
    chosen = {name: [columns[name][row] for row in keep] for name in names}
    load(connection, table, arrow(table, {"id": [ids[row] for row in keep], **chosen}))
    return Written(count, len(keep))


def put_trades(connection: sa.Connection, rows: Any, settings: Mapping[str, Any]) -> Written:
    """Write trades; `settings` name the columns as `Trades.from_frame` has them."""
    read = rows if isinstance(rows, Trades) else Trades.from_frame(_frame(rows), **settings)
    times = read.times.astype("datetime64[us]").tolist()
    columns = {
        "client_id": [read.clients.ids[c] for c in read.client_codes.tolist()],
        "asset": [read.assets.ids[a] for a in read.asset_codes.tolist()],
        "time": [moment.replace(tzinfo=UTC) for moment in times],
        "side": np.where(read.units < 0, "sell", "buy").tolist(),
        "units": np.abs(read.units).tolist(),
        "price": read.prices.tolist(),
        "left_out": [False] * len(read) if read.left_out is None else read.left_out.tolist(),
    }
    return put_frame(connection, tables.trades, columns, len(read))


def put_purchases(connection: sa.Connection, rows: Any, settings: Mapping[str, Any]) -> Written:
    """Write purchases; `settings` name the columns as `Interactions.from_frame` has them."""
    if isinstance(rows, Interactions):
        read = rows
    else:
        frame = _frame(rows)
        valued = {"value": "value"} if "value" in frame.columns else {}
        read = Interactions.from_frame(frame, **{**valued, **settings})
    values = [None] * len(read) if read.values is None else read.values.tolist()
    columns = {
        "client_id": [read.clients.ids[c] for c in read.client_codes.tolist()],
        "product_id": [read.products.ids[p] for p in read.product_codes.tolist()],
        "day": read.days.astype("datetime64[D]").tolist(),
        "value": values,
    }
    return put_frame(connection, tables.purchases, columns, len(read))


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


def arrow(table: sa.Table, columns: Mapping[str, Sequence[Any]]) -> pa.Table:
    """Columns of Python values as the table has them."""
    return pa.table({n: pa.array(v, type=kind_of(table.c[n])) for n, v in columns.items()})


def until_moment(until: date | datetime | None) -> datetime | None:
    """The first moment after a day, or the moment itself."""
    if until is None or isinstance(until, datetime):
        return until
    return datetime.combine(until + timedelta(days=1), time(), UTC)


def _unknown(connection: sa.Connection, table: sa.Table, names: Sequence[str], keys: list[tuple[str, ...]]) -> list[tuple[str, ...]]:
    """The keys that the table does not hold, in their order."""
    query = sa.select(*(table.c[name] for name in names))
    if len(keys) <= _MANY:
        query = query.where(table.c[names[-1]].in_([key[-1] for key in keys]))
    found = fetch(connection, query)
    there = set(zip(*(found[name].to_pylist() for name in names), strict=True))
    return [key for key in keys if key not in there]


def _frame(rows: Any) -> pd.DataFrame:
    if isinstance(rows, pd.DataFrame):
        return rows
    if hasattr(rows, "to_pandas"):
        return rows.to_pandas()
    return pd.DataFrame(list(rows))


def _name(row: Any) -> str | None:
    name = row.get("id") if isinstance(row, Mapping) else None
    return None if name is None else str(name)
