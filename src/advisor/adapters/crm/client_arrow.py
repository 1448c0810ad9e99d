"""Columns of JSON text and of holdings as the Arrow columns that clients are read from."""

# pyright: reportUnknownParameterType=false

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING, Any

import numpy as np

from advisor.adapters.extras import needs

if TYPE_CHECKING:
    import pyarrow as pa
else:
    pa = needs("crm", "pyarrow")


def columns_of_records(texts: pa.ChunkedArray, kind: pa.DataType) -> list[tuple[str, Any]]:
    """Columns behind a column of JSON records, by name; every value of one kind."""
    if texts.null_count == len(texts):
        return []
    arrow_json = needs("crm", "pyarrow.json")
    text = "\n".join("{}" if t is None else t for t in texts.to_pylist()).encode()
    settings = arrow_json.ReadOptions(block_size=1 << 24)
    found = arrow_json.read_json(io.BytesIO(text), settings)
    if any(field.type != kind for field in found.schema):  # text that looks like a day is no day
        schema = pa.schema([(name, kind) for name in found.schema.names])
        options = arrow_json.ParseOptions(explicit_schema=schema)
        found = arrow_json.read_json(io.BytesIO(text), settings, options)
    return [(name, found[name]) for name in found.schema.names]


def lists_of(texts: pa.ChunkedArray) -> Any:
    """A column of JSON lists of ids as Arrow lists."""
    if texts.null_count == len(texts):
        return pa.nulls(len(texts), pa.list_(pa.string()))
    lists = [[] if text is None else json.loads(text) for text in texts.to_pylist()]
    return pa.array(lists, type=pa.list_(pa.string()))


def maps_of(ids: pa.ChunkedArray, holdings: pa.Table) -> pa.Array:
    """Holdings of clients, which both stand in order of id, as a column of maps."""
    place = {name: row for row, name in enumerate(ids.to_pylist())}
    rows = np.array([place[name] for name in holdings["client_id"].to_pylist()], dtype=np.int64)
    offsets = np.searchsorted(rows, np.arange(len(ids) + 1)).astype(np.int32)
    items, money = (holdings[name].combine_chunks() for name in ("item", "money"))
    return pa.MapArray.from_arrays(pa.array(offsets), items, money)
