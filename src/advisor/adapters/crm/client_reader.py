"""Clients of the store as a `ClientTable`, through Arrow."""
# pyright: reportUnknownParameterType=false

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np

from advisor import ClientTable
from advisor.adapters.crm import tables
from advisor.adapters.crm.bulk import fetch
from advisor.adapters.crm.client_rows import MANY, known_on
from advisor.adapters.extras import needs
from advisor.data import clients_from_arrow
from advisor.errors import InputError
from advisor.privacy import personal

if TYPE_CHECKING:
    import pyarrow as pa
    import sqlalchemy as sa
else:
    sa, pa = needs("crm", "sqlalchemy"), needs("crm", "pyarrow")

_PLAIN = (*tables.MONEY, *tables.NUMBERS, *tables.FLAGS, *tables.WORDS, "level", "lowest_category")
_LISTS = ("excluded", "insists", "written_warning", "locked")


def read_clients(connection: sa.Connection, known: Any, *, after: str | None = None, limit: int | None = None) -> ClientTable:
    """Clients by a condition on their versions, in the order of their ids.

    Args:
        connection: Inside a transaction.
        known: The condition.
        after: Only ids behind this one.
        limit: At most so many.
    """
    c, a = tables.clients.c, tables.assessments.c
    chosen = sa.select(c.id, c.since).where(known)
    if after is not None:
        chosen = chosen.where(c.id > after)
    if limit is not None:
        chosen = chosen.order_by(c.id).limit(limit)
    those = chosen.subquery("those")
    stands = sa.and_(c.id == those.c.id, c.since == those.c.since)
    assessed = sa.and_(a.client_id == c.id, a.since == c.assessed_at)
    source = tables.clients.join(those, stands).outerjoin(tables.assessments, assessed)
    names = ("id", *_PLAIN, "assessed_on", *tables.RECORDS)
    query = sa.select(*(c[name] for name in names), a.answers).select_from(source)
    rows = fetch(connection, query.order_by(c.id))
    if not rows.num_rows:
        return ClientTable.from_clients([])
    h = tables.holdings.c
    same = sa.and_(h.client_id == those.c.id, h.since == those.c.since)
    held = sa.select(h.client_id, h.item, h.money).select_from(tables.holdings.join(those, same))
    holdings = fetch(connection, held.order_by(h.client_id, h.item))
    columns = {name: rows[name] for name in ("id", *_PLAIN, "assessed_on", "goals")}
    columns |= {name: _lists(rows[name]) for name in _LISTS}
    columns |= {f"answer:{name}": words for name, words in _records(rows["answers"], pa.string())}
    columns |= {f"bias:{name}": numbers for name, numbers in _records(rows["biases"], pa.float64())}
    columns["holdings"] = _maps(rows["id"], holdings)
    return clients_from_arrow(pa.table(columns))


def _records(texts: pa.ChunkedArray, kind: pa.DataType) -> list[tuple[str, Any]]:
    """Columns behind a column of JSON records, by name; every value of one kind."""
    if texts.null_count == len(texts):
        return []
    json = needs("crm", "pyarrow.json")
    text = "\n".join("{}" if t is None else t for t in texts.to_pylist()).encode()
    settings = json.ReadOptions(block_size=1 << 24)
    found = json.read_json(io.BytesIO(text), settings)
    if any(field.type != kind for field in found.schema):  # text that looks like a day is no day
        schema = pa.schema([(name, kind) for name in found.schema.names])
        found = json.read_json(io.BytesIO(text), settings, json.ParseOptions(explicit_schema=schema))
    return [(name, found[name]) for name in found.schema.names]


def _lists(texts: pa.ChunkedArray) -> Any:
    """A column of JSON lists of ids as Arrow lists."""
    if texts.null_count == len(texts):
        return pa.nulls(len(texts), pa.list_(pa.string()))
    json = needs("crm", "json")
    lists = [[] if text is None else json.loads(text) for text in texts.to_pylist()]
    return pa.array(lists, type=pa.list_(pa.string()))


def _maps(ids: pa.ChunkedArray, holdings: pa.Table) -> pa.Array:
    """Holdings of clients, which both stand in order of id, as a column of maps."""
    place = {name: row for row, name in enumerate(ids.to_pylist())}
    rows = np.array([place[name] for name in holdings["client_id"].to_pylist()], dtype=np.int64)
    offsets = np.searchsorted(rows, np.arange(len(ids) + 1)).astype(np.int32)
    items, money = (holdings[name].combine_chunks() for name in ("item", "money"))
    return pa.MapArray.from_arrays(pa.array(offsets), items, money)


def clients_of(connection: sa.Connection, as_of: date | None, ids: Sequence[str] | None) -> ClientTable:
    """Clients as known on a day, all of them or those asked for, in that order.

    Raises:
        InputError: One of `ids` is not known on the day.
    """
    known = known_on(as_of)
    if ids is None:
        return read_clients(connection, known)
    asked = list(ids)
    some = tables.clients.c.id.in_(asked) if len(asked) <= MANY else sa.true()
    table = read_clients(connection, sa.and_(known, some))
    rows = table.index.find(asked)
    if (rows < 0).any():
        odd = asked[int(np.argmax(rows < 0))]
        raise InputError(
            f"The client {personal(odd)} is not known{'' if as_of is None else f' on {as_of}'}. Correct the id, or write them first.",
            field="client_id",
            value=odd,
        )
    return table.take(rows)
