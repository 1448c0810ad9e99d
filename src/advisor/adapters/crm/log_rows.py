"""Trades and purchases into the store: the same rows given again are no change."""

# pyright: reportUnknownParameterType=false

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, cast

import numpy as np
import pandas as pd

from advisor import Interactions, Trades
from advisor.adapters.crm.values import Written
from advisor.adapters.records.arrow_tables import arrow, load, missing_keys
from advisor.adapters.records.bulk import one_at_a_time, settle
from advisor.adapters.records.libraries import pa, sa
from advisor.adapters.records.moments import in_the_future
from advisor.errors import AdapterError, InputError


def trades_of(
    rows: Any, settings: Mapping[str, Any], at: datetime
) -> tuple[dict[str, list[Any]], list[AdapterError], list[int]]:
    """Trades as columns of the table, what is wrong with rows, and rows from the future."""
    read = rows if isinstance(rows, Trades) else Trades.from_frame(
        _frame(rows), on_bad_rows="set_aside", **settings
    )  # fmt: skip
    times = read.times.astype("datetime64[us]").tolist()
    left_out = np.zeros(len(read), np.bool_) if read.left_out is None else read.left_out
    columns = {
        "client_id": [read.clients.ids[c] for c in read.client_codes.tolist()],
        "asset": [read.assets.ids[a] for a in read.asset_codes.tolist()],
        "time": [moment.replace(tzinfo=UTC) for moment in times],
        "side": np.where(read.units < 0, "sell", "buy").tolist(),
        "units": np.abs(read.units).tolist(),
        "price": read.prices.tolist(),
        "left_out": left_out.tolist(),
    }
    return columns, _set_aside(rows, read), in_the_future(read.times, at)


def purchases_of(
    rows: Any, settings: Mapping[str, Any], at: datetime
) -> tuple[dict[str, list[Any]], list[AdapterError], list[int]]:
    """Purchases as columns of the table, what is wrong with rows, and rows from the future."""
    read = rows
    if not isinstance(rows, Interactions):
        frame = _frame(rows)
        named = {"value": "value", **settings} if "value" in frame.columns else settings
        read = Interactions.from_frame(frame, on_bad_rows="set_aside", **named)
    columns = {
        "client_id": [read.clients.ids[c] for c in read.client_codes.tolist()],
        "product_id": [read.products.ids[p] for p in read.product_codes.tolist()],
        "day": read.days.astype("datetime64[D]").tolist(),
        "value": [None] * len(read) if read.values is None else read.values.tolist(),
    }
    return columns, _set_aside(rows, read), in_the_future(read.days, at)


def put_columns(
    connection: sa.Connection,
    table: sa.Table,
    columns: Mapping[str, list[Any]],
    problems: Sequence[AdapterError],
    future: Iterable[int],
) -> Written:
    """Write rows whose id, made of their content, is not there yet."""
    one_at_a_time(connection, table.name)
    odd = dict.fromkeys(future, "its day is in the future")
    seen: Counter[Any] = Counter()
    place: dict[str, int] = {}
    for i, row in enumerate(zip(*columns.values(), strict=True)):
        seen[row] += 1
        content = json.dumps([*map(str, row), seen[row]], ensure_ascii=False)
        if "\\u0000" in content:
            odd[i] = "a text of it holds the character NUL, which no database keeps"
        if i not in odd:
            place[hashlib.sha256(content.encode("utf-8", "surrogatepass")).hexdigest()[:32]] = i
    new = [key for (key,) in missing_keys(connection, table, ("id",), [(key,) for key in place])]
    chosen = {name: [cells[place[key]] for key in new] for name, cells in columns.items()}
    if "position" in table.c:  # trades of one moment keep their order
        chosen["position"] = [place[key] for key in new]
    load(connection, table, arrow(table, {"id": new, **chosen}))
    settle(connection, len(new), table)
    ids, text = columns["client_id"], f"A row of {table.name}: {{}}. Correct it."
    said = [AdapterError(text.format(why), record_id=ids[i]) for i, why in odd.items()]
    return Written(seen.total() + len(problems), len(new), (*problems, *said))


def _set_aside(rows: Any, read: Trades | Interactions) -> list[AdapterError]:
    """The rows of this writing that could not be read; what was read before has named its own."""
    problems = {} if read is rows else read.problems
    return [AdapterError(text, record_id=str(row)) for row, text in problems.items()]


def _frame(rows: Any) -> pd.DataFrame:
    if isinstance(rows, pd.DataFrame):
        return rows
    if isinstance(rows, pa.Table):
        return rows.to_pandas()
    listed = cast("Sequence[Any]", rows if isinstance(rows, list | tuple) else ())
    if listed and all(isinstance(row, Mapping) for row in listed):
        return pd.DataFrame(list(listed))
    why = f"The rows are {type(rows).__name__}; trades and purchases come as a table."
    raise InputError(f"{why} Pass a DataFrame, an Arrow table or a list of mappings.", field="rows")
