"""What clients did, out of the store."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING

from advisor import Catalogue, Event, Interactions, Product, Trades
from advisor.adapters.crm import tables
from advisor.adapters.crm.bulk import fetch
from advisor.adapters.crm.client_rows import end_of
from advisor.adapters.extras import needs
from advisor.errors import InputError

if TYPE_CHECKING:
    import sqlalchemy as sa
else:
    sa = needs("crm", "sqlalchemy")


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
    found = fetch(connection, query.order_by(e.time, e.source, e.id)).to_pylist()
    return tuple(Event(**{**row, "data": json.loads(row["data"])}) for row in found)


def interactions(connection: sa.Connection, until: date | None, client_id: str | None = None) -> Interactions:
    """Purchases up to and including a day, of everybody or one client."""
    p = tables.purchases.c
    query = sa.select(p.client_id, p.product_id, p.day, p.value)
    if until is not None:
        query = query.where(p.day <= until)
    if client_id is not None:
        query = query.where(p.client_id == client_id)
    frame = fetch(connection, query).to_pandas()
    valued = len(frame) and frame["value"].notna().all()
    return Interactions.from_frame(frame, **({"value": "value"} if valued else {}))


def trades(connection: sa.Connection, until: date | None, client_id: str | None = None) -> Trades:
    """Trades up to and including a day, of everybody or one client."""
    t = tables.trades.c
    names = ("client_id", "asset", "time", "side", "units", "price", "left_out")
    query = sa.select(*(t[name] for name in names)).order_by(t.client_id, t.time, t.id)
    end = until_moment(until)
    if end is not None:
        query = query.where(t.time < end)
    if client_id is not None:
        query = query.where(t.client_id == client_id)
    frame = fetch(connection, query).to_pandas()
    return Trades.from_frame(frame, day="time", left_out=["left_out"])


def catalogue(connection: sa.Connection) -> Catalogue:
    """The products, in order of id."""
    t = tables.products.c
    texts = fetch(connection, sa.select(t.document).order_by(t.id))["document"].to_pylist()
    if not texts:
        raise InputError(
            "The store holds no products, so there is no catalogue. Write them with put_products.",
            field="catalogue",
        )
    return Catalogue.from_products([Product.model_validate_json(text) for text in texts])


def until_moment(until: date | datetime | None) -> datetime | None:
    """The first moment after a day, or the moment itself."""
    if until is None or isinstance(until, datetime):
        return until
    return end_of(until)
