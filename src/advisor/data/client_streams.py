"""Anything with the Arrow C stream as batches of clients; a pandas frame column by column, so that
no cell of any kind stops it.
"""

# pyright: reportUnknownParameterType=false

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pandas as pd

from advisor.annotations import Texts
from advisor.cells import text_of
from advisor.data.client_cells import check_names
from advisor.data.clients.reader import text_array
from advisor.data.tables import is_index, with_index
from advisor.errors import InputError

if TYPE_CHECKING:
    import pyarrow as pa


def opened_stream(
    source: Any, labels: Texts | str = ()
) -> tuple[pa.Schema, Iterator[pa.RecordBatch]]:
    """Schema and batches of a stream; it is opened once.

    Raises:
        InputError: It delivers no table.
    """
    import pyarrow as pa

    if isinstance(source, pd.DataFrame):
        table = table_of_frame(source, labels)
        return table.schema, iter(table.to_batches())
    try:
        reader = pa.RecordBatchReader.from_stream(source)
    except (pa.ArrowException, TypeError, ValueError, NotImplementedError) as error:
        raise InputError(
            f"Clients cannot be read from {type(source).__name__} ({error}); give a table: one row"
            " a client, columns named as Client's fields.",
            field="source",
            value=type(source).__name__,
        ) from error
    schema = without_index(reader.schema)
    return schema, (_named(batch, schema, pa) for batch in reader)


def table_of_frame(frame: pd.DataFrame, labels: Texts | str = ()) -> pa.Table:
    """A frame as Arrow; a column whose cells are of no one Arrow type becomes text that is worth
    the same. A named index is a column.
    """
    import pyarrow as pa

    frame = with_index(frame)
    check_names([c for c in frame.columns if c != "holdings"], labels=labels)
    names = [text_of(c) for c in frame.columns]
    return pa.table([_array(frame.iloc[:, at]) for at in range(len(names))], names=names)


def _array(column: pd.Series) -> Any:
    import pyarrow as pa

    try:
        found = pa.array(column, from_pandas=True)
    except (pa.ArrowException, TypeError, ValueError, OverflowError):
        return text_array(column.astype(object).tolist())
    if (column.dtype == object and pa.types.is_temporal(found.type)) or isinstance(
        found, pa.ExtensionArray
    ):
        return text_array(column.astype(object).tolist())
    return found


def without_index(schema: Any) -> Any:
    """A schema without the unnamed index that pandas adds as a column of its own."""
    import pyarrow as pa

    if not any(map(is_index, schema.names)):
        return schema
    return pa.schema([field for field in schema if not is_index(field.name)])


def _named(batch: Any, schema: Any, pa: Any) -> Any:
    kept = [at for at, name in enumerate(batch.schema.names) if not is_index(name)]
    return (
        batch
        if len(kept) == len(batch.schema)
        else pa.RecordBatch.from_arrays([batch.column(at) for at in kept], schema=schema)
    )
