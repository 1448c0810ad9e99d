"""What clients did, into the store and out of it: trades, purchases, products, events, feedback."""

# pyright: reportUnknownParameterType=false

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pandas as pd

from advisor import Interactions, Trades
from advisor.adapters.crm import tables
from advisor.adapters.crm.bulk import kind_of, load, settle
from advisor.adapters.crm.future_rows import in_the_future
from advisor.adapters.crm.named_ids import missing_keys
from advisor.adapters.crm.values import Written
from advisor.adapters.extras import needs
from advisor.adapters.records.bulk import one_at_a_time
from advisor.errors import AdapterError, InputError

if TYPE_CHECKING:
    import pyarrow as pa
    import sqlalchemy as sa
else:
    sa, pa = needs("crm", "sqlalchemy"), needs("crm", "pyarrow")


def put_trades(
    connection: sa.Connection, rows: Any, at: datetime, settings: Mapping[str, Any]
) -> Written:
    """Write trades; `settings` name the columns as `Trades.from_frame` has them."""
    read = (
        rows
        if isinstance(rows, Trades)
        else Trades.from_frame(_frame(rows), on_bad_rows="set_aside", **settings)
    )
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
    return _put_columns(
        connection, tables.trades, columns, _set_aside(rows, read), in_the_future(read.times, at)
    )


def put_purchases(
    connection: sa.Connection, rows: Any, at: datetime, settings: Mapping[str, Any]
) -> Written:
    """Write purchases; `settings` name the columns as `Interactions.from_frame` has them."""
    if isinstance(rows, Interactions):
        read = rows
    else:
        frame = _frame(rows)
        named = {"value": "value", **settings} if "value" in frame.columns else settings
        read = Interactions.from_frame(frame, on_bad_rows="set_aside", **named)
    columns = {
        "client_id": [read.clients.ids[c] for c in read.client_codes.tolist()],
        "product_id": [read.products.ids[p] for p in read.product_codes.tolist()],
        "day": read.days.astype("datetime64[D]").tolist(),
        "value": [None] * len(read) if read.values is None else read.values.tolist(),
    }
    return _put_columns(
        connection, tables.purchases, columns, _set_aside(rows, read), in_the_future(read.days, at)
    )


def _set_aside(rows: Any, read: Trades | Interactions) -> list[AdapterError]:
    """The rows of this writing that could not be read, each by its number; what was read before has
    named its own.
    """
    return (
        []
        if read is rows
        else [AdapterError(text, record_id=str(row)) for row, text in read.problems.items()]
    )


def _put_columns(
    connection: sa.Connection,
    table: sa.Table,
    columns: Mapping[str, list[Any]],
    problems: list[AdapterError],
    future: list[int],
) -> Written:
    """Write rows whose id, made of their content, is not there yet.

    Two rows of the same content are two; the same rows given again are no change.
    """
    one_at_a_time(connection, table.name)
    names = list(columns)
    odd = dict.fromkeys(future, "its day is in the future")
    seen: Counter[Any] = Counter()
    ids: dict[str, int] = {}
    count = len(problems)
    for i, row in enumerate(zip(*(columns[name] for name in names), strict=True)):
        count += 1
        seen[row] += 1
        content = json.dumps([*map(str, row), seen[row]], ensure_ascii=False)
        if "\\u0000" in content:
            odd[i] = "a text of it holds the character NUL, which no database keeps"
        if i not in odd:
            ids[hashlib.sha256(content.encode("utf-8", "surrogatepass")).hexdigest()[:32]] = i
    new = [key for (key,) in missing_keys(connection, table, ("id",), [(key,) for key in ids])]
    chosen = {name: [columns[name][ids[key]] for key in new] for name in names}
    if "position" in table.c:  # trades of one moment keep their order
        chosen["position"] = [ids[key] for key in new]
    load(connection, table, arrow(table, {"id": new, **chosen}))
    settle(connection, len(new), table)
    told = [
        AdapterError(
            f"A row of {table.name}: {why}. Correct it.", record_id=columns["client_id"][i]
        )
        for i, why in odd.items()
    ]
    return Written(count, len(new), (*problems, *told))


def arrow(table: sa.Table, columns: Mapping[str, Sequence[Any]]) -> pa.Table:
    """Columns of Python values as the table has them."""
    return pa.table({n: pa.array(v, type=kind_of(table.c[n])) for n, v in columns.items()})


def _frame(rows: Any) -> pd.DataFrame:
    if isinstance(rows, pd.DataFrame):
        return rows
    if isinstance(rows, pa.Table):
        return rows.to_pandas()
    if (
        isinstance(rows, list | tuple)
        and rows
        and all(isinstance(row, Mapping) for row in cast("Sequence[object]", rows))
    ):
        return pd.DataFrame(list(cast("Sequence[Any]", rows)))
    raise InputError(
        f"The rows are {type(rows).__name__}; trades and purchases come as a table. Pass a"
        " DataFrame, an Arrow table or a list of mappings.",
        field="rows",
    )
