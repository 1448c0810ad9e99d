"""What clients did, into the store and out of it: trades, purchases, products, events, feedback."""
# pyright: reportUnknownParameterType=false

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pandas as pd

from advisor import Interactions, Trades
from advisor.adapters.crm import tables
from advisor.adapters.crm.bulk import fetch, kind_of, load, naming
from advisor.adapters.crm.values import Written
from advisor.adapters.extras import needs
from advisor.errors import InputError

if TYPE_CHECKING:
    import pyarrow as pa
    import sqlalchemy as sa
else:
    sa, pa = needs("crm", "sqlalchemy"), needs("crm", "pyarrow")


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
    new = set(missing_keys(connection, table, ("id",), [(i,) for i in ids]))
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


def arrow(table: sa.Table, columns: Mapping[str, Sequence[Any]]) -> pa.Table:
    """Columns of Python values as the table has them."""
    return pa.table({n: pa.array(v, type=kind_of(table.c[n])) for n, v in columns.items()})


def missing_keys(connection: sa.Connection, table: sa.Table, names: Sequence[str], keys: Sequence[Any]) -> list[Any]:
    """The keys that the table does not hold, in their order.

    Args:
        connection: Inside a transaction.
        table: Which.
        names: Columns of its key, the one that tells most rows apart last.
        keys: A tuple of their values each.
    """
    last = table.c[names[-1]]
    with naming(connection, [key[-1] for key in keys]) as named:
        query = sa.select(*(table.c[name] for name in names))
        found = fetch(connection, query.select_from(table.join(named, last == named.c.id)))
    there = set(zip(*(found[name].to_pylist() for name in names), strict=True))
    return [key for key in keys if key not in there]


def _frame(rows: Any) -> pd.DataFrame:
    if isinstance(rows, pd.DataFrame):
        return rows
    if isinstance(rows, pa.Table):
        return rows.to_pandas()
    if isinstance(rows, list | tuple) and rows and all(isinstance(row, Mapping) for row in cast("Sequence[object]", rows)):
        return pd.DataFrame(list(cast("Sequence[Any]", rows)))
    raise InputError(
        f"The rows are {type(rows).__name__}; trades and purchases come as a table. Pass a DataFrame, an Arrow table or a list of mappings.",
        field="rows",
    )
