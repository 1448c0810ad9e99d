"""What clients did, out of the store."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

import numpy as np

from advisor import Catalogue, Event, Interactions, Product, Trades
from advisor.adapters.crm import tables
from advisor.adapters.records.arrow_tables import fetch
from advisor.adapters.records.libraries import sa
from advisor.adapters.records.moments import end_of
from advisor.arrays import IntArray
from advisor.data.ids import IdMap
from advisor.errors import InputError


def events(
    connection: sa.Connection,
    client_id: str | None,
    types: Sequence[str],
    span: tuple[datetime | None, datetime | None],
) -> tuple[Event, ...]:
    """Events of a client, of types, in a span of time; see `Store.events`."""
    e = tables.events.c
    query = sa.select(e.source, e.id, e.type, e.time, e.subject, e.data)
    if client_id is not None:
        query = query.where(e.subject == client_id)
    if types:
        query = query.where(e.type.in_(list(types)))
    if span[0] is not None:
        query = query.where(e.time >= span[0])
    if span[1] is not None:
        query = query.where(e.time < span[1])
    rows = fetch(connection, query.order_by(e.time, e.source, e.id)).to_pylist()
    return tuple(Event(**{**row, "data": json.loads(row["data"])}) for row in rows)


def interactions(
    connection: sa.Connection, until: date | None, client_id: str | None = None
) -> Interactions:
    """Purchases up to and including a day, of everybody or one client."""
    p = tables.purchases.c
    query = sa.select(p.client_id, p.product_id, p.day, p.value)
    if until is not None:
        query = query.where(p.day <= until)
    if client_id is not None:
        query = query.where(p.client_id == client_id)
    table = fetch(connection, query.order_by(p.client_id, p.product_id, p.day))
    (clients, client_codes), (products, product_codes) = (
        _coded(table[name]) for name in ("client_id", "product_id")
    )
    values = None if table["value"].null_count or not table.num_rows else table["value"].to_numpy()
    days = table["day"].to_numpy().astype("datetime64[D]")
    return Interactions(clients, products, client_codes, product_codes, days, values)


def trades(connection: sa.Connection, until: date | None, client_id: str | None = None) -> Trades:
    """Trades up to and including a day, of everybody or one client."""
    t = tables.trades.c
    query = sa.select(t.client_id, t.asset, t.time, t.side, t.units, t.price, t.left_out)
    if until is not None:
        query = query.where(t.time < end_of(until))
    if client_id is not None:
        query = query.where(t.client_id == client_id)
    table = fetch(connection, query.order_by(t.client_id, t.time, t.position, t.id))
    (clients, client_codes), (assets, asset_codes) = (
        _coded(table[name]) for name in ("client_id", "asset")
    )
    sold = np.array([side == "sell" for side in table["side"].to_pylist()], dtype=np.bool_)
    units, left_out = table["units"].to_numpy(), table["left_out"].to_numpy().astype(np.bool_)
    return Trades(
        clients,
        assets,
        client_codes,
        asset_codes,
        table["time"].to_numpy().astype("datetime64[ns]"),
        np.where(sold, -units, units),
        table["price"].to_numpy(),
        left_out=left_out if left_out.any() else None,
    )


def _coded(column: Any) -> tuple[IdMap, IntArray]:
    """The ids of a column, sorted, and the position of each cell's id among them, shape (r,)."""
    coded = column.combine_chunks().dictionary_encode()
    names: list[str] = coded.dictionary.to_pylist()
    order = sorted(range(len(names)), key=names.__getitem__)
    place = np.empty(len(names), dtype=np.int64)
    place[order] = np.arange(len(names))
    return IdMap(tuple(names[i] for i in order)), place[coded.indices.to_numpy()]


def catalogue(connection: sa.Connection) -> Catalogue:
    """The products, in order of id."""
    t = tables.products.c
    texts = fetch(connection, sa.select(t.document).order_by(t.id))["document"].to_pylist()
    if texts:
        return Catalogue.from_products([Product.model_validate_json(text) for text in texts])
    why = "The store holds no products, so there is no catalogue. Write them with put_products."
    raise InputError(why, field="catalogue")
