"""Clients of the store: many as a `ClientTable` through Arrow, one as a `Client`."""

# pyright: reportUnknownParameterType=false

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import nullcontext
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np

from advisor import Client, ClientTable
from advisor.adapters.crm import tables
from advisor.adapters.crm.bulk import fetch
from advisor.adapters.crm.client_arrow import columns_of_records, lists_of, maps_of
from advisor.adapters.crm.named_ids import naming
from advisor.adapters.crm.versions import known_on
from advisor.adapters.extras import needs
from advisor.data import clients_from_arrow
from advisor.errors import InputError
from advisor.privacy import personal

if TYPE_CHECKING:
    import pyarrow as pa
    import sqlalchemy as sa
else:
    sa, pa = needs("crm", "sqlalchemy"), needs("crm", "pyarrow")

_PLAIN = (
    *tables.MONEY,
    *tables.NUMBERS,
    *tables.FLAGS,
    *tables.WORDS,
    "level",
    "lowest_category",
    "assessed_on",
)
_LISTS = ("excluded", "insists", "written_warning", "locked")


def clients_of(
    connection: sa.Connection, as_of: date | None, ids: Sequence[str] | None
) -> ClientTable:
    """Clients as known on a day, all of them or those asked for, in that order.

    Raises:
        InputError: One of `ids` is not known on the day.
    """
    known = known_on(as_of)
    asked = None if ids is None else list(dict.fromkeys(ids))
    with nullcontext() if asked is None else naming(connection, asked) as named:
        if named is not None:
            known = sa.and_(known, tables.clients.c.id.in_(sa.select(named.c.id)))
        table = read_clients(connection, known)
    if asked is None:
        return table
    rows = table.index.find(asked)
    if (rows < 0).any():
        raise unknown_client(asked[int(np.argmax(rows < 0))], as_of)
    return table.take(rows)


def unknown_client(client_id: str, as_of: date | None) -> InputError:
    """What is said of a client whom nobody has written."""
    when = "" if as_of is None else f" on {as_of}"
    return InputError(
        f"The client {personal(client_id)} is not known{when}. Correct the id, or write them"
        " first.",
        field="client_id",
        value=client_id,
    )


def read_clients(
    connection: sa.Connection, known: Any, *, after: str | None = None, limit: int | None = None
) -> ClientTable:
    """Clients by a condition on their versions, in the order of their ids.

    Args:
        connection: Inside a transaction.
        known: The condition.
        after: Only ids behind this one.
        limit: At most so many.
    """
    c, a, h = tables.clients.c, tables.assessments.c, tables.holdings.c
    chosen = sa.select(c.id, c.since).where(known)
    if after is not None:
        chosen = chosen.where(c.id > after)
    if limit is not None:
        chosen = chosen.order_by(c.id).limit(limit)
    those = chosen.subquery("those")
    stands = sa.and_(c.id == those.c.id, c.since == those.c.since)
    source = tables.clients.join(those, stands).outerjoin(tables.assessments, _assessed())
    query = sa.select(*(c[name] for name in ("id", *_PLAIN, *tables.RECORDS)), a.answers)
    rows = fetch(connection, query.select_from(source).order_by(c.id))
    if not rows.num_rows:
        return ClientTable.from_clients([])
    same = sa.and_(h.client_id == those.c.id, h.since == those.c.since)
    held = sa.select(h.client_id, h.item, h.money).select_from(tables.holdings.join(those, same))
    holdings = fetch(connection, held.order_by(h.client_id, h.item))
    columns = {name: rows[name] for name in ("id", *_PLAIN, "goals")}
    columns |= {name: lists_of(rows[name]) for name in _LISTS}
    columns |= {
        f"answer:{name}": words for name, words in columns_of_records(rows["answers"], pa.string())
    }
    columns |= {
        f"bias:{name}": numbers
        for name, numbers in columns_of_records(rows["biases"], pa.float64())
    }
    columns["holdings"] = maps_of(rows["id"], holdings)
    return clients_from_arrow(pa.table(columns))


def read_client(connection: sa.Connection, client_id: str, as_of: date | None) -> Client:
    """One client as known on a day. Raises `InputError` where nobody has written them."""
    c, a, h = tables.clients.c, tables.assessments.c, tables.holdings.c
    source = tables.clients.outerjoin(tables.assessments, _assessed())
    query = sa.select(tables.clients, a.answers).select_from(source)
    row = connection.execute(query.where(c.id == client_id, known_on(as_of))).mappings().first()
    if row is None:
        raise unknown_client(client_id, as_of)
    held = sa.select(h.item, h.money).where(h.client_id == client_id, h.since == row["since"])
    fields = {name: row[name] for name in ("id", *_PLAIN) if row[name] is not None}
    fields |= {name: float(row[name]) for name in tables.MONEY if row[name] is not None}
    texts = (*tables.RECORDS, "answers")
    fields |= {name: json.loads(row[name]) for name in texts if row[name] is not None}
    return Client(
        **fields, holdings={item: float(money) for item, money in connection.execute(held)}
    )


def _assessed() -> Any:
    a, c = tables.assessments.c, tables.clients.c
    return sa.and_(a.client_id == c.id, a.since == c.assessed_at)
