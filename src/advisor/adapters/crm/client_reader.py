"""Clients of the store: many as a `ClientTable` through Arrow, one as a `Client`."""

# pyright: reportUnknownParameterType=false

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from datetime import date
from typing import Any

import numpy as np

from advisor import Client, ClientTable
from advisor.adapters.extras import needs
from advisor.adapters.records import tables
from advisor.adapters.records.arrow_tables import fetch, naming
from advisor.adapters.records.libraries import pa, sa
from advisor.adapters.records.moments import end_of
from advisor.data import clients_from_arrow
from advisor.errors import InputError
from advisor.privacy import personal

_PLAIN = (
    *tables.MONEY, *tables.NUMBERS, *tables.FLAGS, *tables.WORDS, "level", "lowest_category",
    "assessed_on",
)  # fmt: skip
_LISTS = ("excluded", "insists", "written_warning", "locked")
_C, _A, _H = tables.clients.c, tables.assessments.c, tables.holdings.c
_ASSESSED = tables.clients.outerjoin(
    tables.assessments, sa.and_(_A.client_id == _C.id, _A.since == _C.assessed_at)
)


def known_on(as_of: date | None) -> Any:
    """The condition of versions that stood at the end of a day; None: that stand."""
    if as_of is None:
        return _C.until.is_(None)
    end = end_of(as_of)
    return sa.and_(_C.since < end, sa.or_(_C.until.is_(None), _C.until >= end))


def clients_of(
    connection: sa.Connection, as_of: date | None, ids: Sequence[str] | None
) -> ClientTable:
    """Clients as known on a day, all of them or those asked for, in that order."""
    known = known_on(as_of)
    if ids is None:
        return read_clients(connection, known)
    asked = list(dict.fromkeys(ids))
    with naming(connection, asked) as named:
        mine = _C.id.in_(sa.select(named.c.id))
        table = read_clients(connection, sa.and_(known, mine))
    rows = table.index.find(asked)
    if (rows < 0).any():
        raise _unknown(asked[int(np.argmax(rows < 0))], as_of)
    return table.take(rows)


def _unknown(client_id: str, as_of: date | None) -> InputError:
    when = "" if as_of is None else f" on {as_of}"
    why = f"The client {personal(client_id)} is not known{when}."
    remedy = "Correct the id, or write them first."
    return InputError(f"{why} {remedy}", field="client_id", value=client_id)


def read_clients(
    connection: sa.Connection, known: Any, *, after: str | None = None, limit: int | None = None
) -> ClientTable:
    """At most `limit` clients whose versions are `known`, by id, from behind the id `after`."""
    chosen = sa.select(_C.id, _C.since).where(known)
    if after is not None:
        chosen = chosen.where(_C.id > after)
    if limit is not None:
        chosen = chosen.order_by(_C.id).limit(limit)
    those = chosen.subquery("those")
    query = sa.select(*(_C[name] for name in ("id", *_PLAIN, *tables.RECORDS)), _A.answers)
    source = _ASSESSED.join(those, sa.and_(_C.id == those.c.id, _C.since == those.c.since))
    rows = fetch(connection, query.select_from(source).order_by(_C.id))
    if not rows.num_rows:
        return ClientTable.from_clients([])
    same = sa.and_(_H.client_id == those.c.id, _H.since == those.c.since)
    held = sa.select(_H.client_id, _H.item, _H.money).join(those, same)
    columns = {name: rows[name] for name in ("id", *_PLAIN, "goals")}
    columns |= {name: _lists(rows[name]) for name in _LISTS}
    columns |= _spread(rows["answers"], "answer", pa.string())
    columns |= _spread(rows["biases"], "bias", pa.float64())
    holdings = fetch(connection, held.order_by(_H.client_id, _H.item))
    columns["holdings"] = _maps(rows["id"], holdings)
    return clients_from_arrow(pa.table(columns))


def read_client(connection: sa.Connection, client_id: str, as_of: date | None) -> Client:
    """One client as known on a day, in a third of the time of a table."""
    query = sa.select(tables.clients, _A.answers).select_from(_ASSESSED)
    row = connection.execute(query.where(_C.id == client_id, known_on(as_of))).mappings().first()
    if row is None:
        raise _unknown(client_id, as_of)
    held = sa.select(_H.item, _H.money).where(_H.client_id == client_id, _H.since == row["since"])
    fields = {name: row[name] for name in ("id", *_PLAIN) if row[name] is not None}
    fields |= {name: float(fields[name]) for name in tables.MONEY if name in fields}
    texts = (*tables.RECORDS, "answers")
    fields |= {name: json.loads(row[name]) for name in texts if row[name] is not None}
    holdings = {item: float(money) for item, money in connection.execute(held)}
    return Client(**fields, holdings=holdings)


def _spread(texts: pa.ChunkedArray, prefix: str, kind: pa.DataType) -> dict[str, Any]:
    """A column of JSON records as a column a name, such as `answer:q1`; all values of one kind."""
    if texts.null_count == len(texts):
        return {}
    arrow_json = needs("crm", "pyarrow.json")
    text = "\n".join("{}" if t is None else t for t in texts.to_pylist()).encode()
    settings = arrow_json.ReadOptions(block_size=1 << 24)
    table = arrow_json.read_json(io.BytesIO(text), settings)
    if any(field.type != kind for field in table.schema):  # text that looks like a day is no day
        schema = pa.schema([(name, kind) for name in table.schema.names])
        options = arrow_json.ParseOptions(explicit_schema=schema)
        table = arrow_json.read_json(io.BytesIO(text), settings, options)
    return {f"{prefix}:{name}": table[name] for name in table.schema.names}


def _lists(texts: pa.ChunkedArray) -> Any:
    """A column of JSON lists of ids as Arrow lists."""
    lists = [None if text is None else json.loads(text) for text in texts.to_pylist()]
    return pa.array(lists, type=pa.list_(pa.string()))


def _maps(ids: pa.ChunkedArray, holdings: pa.Table) -> pa.Array:
    """Holdings of clients, which both stand in order of id, as a column of maps."""
    place = {name: row for row, name in enumerate(ids.to_pylist())}
    rows = np.array([place[name] for name in holdings["client_id"].to_pylist()], dtype=np.int64)
    offsets = np.searchsorted(rows, np.arange(len(ids) + 1)).astype(np.int32)
    items, money = (holdings[name].combine_chunks() for name in ("item", "money"))
    return pa.MapArray.from_arrays(pa.array(offsets), items, money)
