"""Every source of clients read by chunk: files, frames, tables, streams."""

# pyright: reportUnknownParameterType=false

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from advisor.annotations import Texts
from advisor.arrays import check_whole
from advisor.cells import text_of
from advisor.data.arrow_extra import pyarrow
from advisor.data.clients.arrow import arrow_of_clients, check_schema, read_arrow, text_array
from advisor.data.clients.csv_layout import NAMED, ClientFiles
from advisor.data.clients.files import FileBatches, files_of, opened_files
from advisor.data.clients.reader import check_names
from advisor.data.clients.repeated import SeenIds
from advisor.data.clients.table import ClientTable
from advisor.data.labels import OF_CLIENTS, labelled
from advisor.data.tables import is_index, with_index
from advisor.errors import InputError
from advisor.privacy import written

if TYPE_CHECKING:
    import pyarrow as pa

_ODD_ROW = re.compile(r"(CSV parse error: .*?Expected \d+ columns, got \d+): (.*)", re.DOTALL)
"""What Arrow says of a row with too few or too many cells, and the row."""


def arrow_batches(source: Any, rows: int, labels: Texts | str = ()) -> Iterator[pa.Table]:
    """Tables of exactly `rows` rows (the last may be shorter), in the order of the source, whatever
    chunks it comes in.

    Args:
        source: Parquet, CSV or Arrow files (a path, a folder, a list of paths, or `ClientFiles`); a
            `ClientTable`; or anything with the Arrow C stream: a pandas or polars frame, an Arrow
            table, a reader, a DuckDB result.
        rows: Rows a table.
        labels: Columns that are labels; their names then begin with `label:`.

    Raises:
        InputError: The source cannot be read, or is none of these, or pyarrow is not installed.
    """
    pyarrow()
    size = check_whole(rows, "chunk", "Give a whole number of clients.", low=1)
    return _cut(source, *opened(source, labels), size)


def clients_by_chunk(source: Any, rows: int, labels: Texts | str = ()) -> Iterator[ClientTable]:
    """The tables of `arrow_batches` as clients; ids are held against those of the chunks before.
    Raises `InputError` as it does, at once.
    """
    return _apart(arrow_batches(source, rows, labels))


def _apart(tables: Iterator[pa.Table]) -> Iterator[ClientTable]:
    seen = SeenIds()
    for clients in map(read_arrow, tables):
        again = seen.problems(clients.ids, clients.problems)
        yield replace(clients, problems=again | dict(clients.problems)) if again else clients


def _cut(
    source: Any, schema: pa.Schema, stream: Iterator[pa.RecordBatch], rows: int
) -> Iterator[pa.Table]:
    import pyarrow as pa

    waiting: list[Any] = []
    count = 0
    try:
        for batch in stream:
            waiting.append(batch)
            count += batch.num_rows
            while count >= rows:
                whole = pa.Table.from_batches(waiting, schema=schema)
                yield whole.slice(0, rows).combine_chunks()
                waiting, count = whole.slice(rows).to_batches(), count - rows
    except (OSError, pa.ArrowException) as error:
        raise unreadable(source, error) from error
    if count:
        yield pa.Table.from_batches(waiting, schema=schema).combine_chunks()


def opened(source: Any, labels: Texts | str = ()) -> tuple[pa.Schema, Iterator[pa.RecordBatch]]:
    """Schema and batches of a source; nothing is read but what the schema needs.

    Raises:
        InputError: See `arrow_batches`.
    """
    import pyarrow as pa

    try:
        schema, batches = _opened(source, labels)
        if not labels:
            return schema, batches
        names = labelled(schema.names, labels, OF_CLIENTS, "the client table")
        fields = [field.with_name(name) for field, name in zip(schema, names, strict=True)]
        schema = pa.schema(fields, metadata=schema.metadata)
        return schema, (
            pa.RecordBatch.from_arrays(batch.columns, schema=schema) for batch in batches
        )
    except (OSError, pa.ArrowException) as error:
        raise unreadable(source, error) from error


def _opened(source: Any, labels: Texts | str) -> tuple[pa.Schema, Iterator[pa.RecordBatch]]:
    if isinstance(source, ClientTable):
        return arrow_of_clients(source.take(slice(0, 0))).schema, chain.from_iterable(
            arrow_of_clients(part).to_batches() for part in source.chunks(65_536)
        )
    if isinstance(source, pd.DataFrame):
        table = _table_of_frame(source, labels)
        return table.schema, iter(table.to_batches())
    if hasattr(source, "__arrow_c_stream__"):
        return _stream(source)
    files: FileBatches = opened_files(files_of(source), source)
    asked = [labels] if isinstance(labels, str) else labels
    for path, schema in files.schemas:
        check_schema(schema, str(path), [name for name in asked if name in schema.names])
    return files.schema, iter(files)


def opened_once(source: Any, labels: Texts | str = ()) -> tuple[pa.Schema, Any]:
    """Schema of a source, and what to read it from with the same labels: some streams can be opened
    but once.

    Raises:
        InputError: See `arrow_batches`.
    """
    import pyarrow as pa

    schema, batches = opened(source, labels)
    if isinstance(source, ClientTable | pa.Table) or not hasattr(source, "__arrow_c_stream__"):
        return schema, source
    return schema, pa.RecordBatchReader.from_batches(schema, batches)


def _stream(source: Any) -> tuple[pa.Schema, Iterator[pa.RecordBatch]]:
    """Schema and batches of anything with the Arrow C stream, without the index of a frame."""
    import pyarrow as pa

    try:
        reader = pa.RecordBatchReader.from_stream(source)
    except (pa.ArrowException, TypeError, ValueError, NotImplementedError) as error:
        raise InputError(
            f"Clients cannot be read from {type(source).__name__} ({error}); give a table: one row"
            " a client, columns named as Client's fields.",
            field="source",
            value=type(source).__name__,
        ) from error
    places = [at for at, name in enumerate(reader.schema.names) if not is_index(name)]
    if len(places) == len(reader.schema):
        return reader.schema, iter(reader)
    schema = pa.schema([reader.schema.field(at) for at in places])
    return schema, (
        pa.RecordBatch.from_arrays([batch.column(at) for at in places], schema=schema)
        for batch in reader
    )


def _table_of_frame(frame: pd.DataFrame, labels: Texts | str) -> pa.Table:
    """A frame as Arrow, column by column; a column whose cells are of no one Arrow type becomes
    text that is worth the same. A named index is a column.
    """
    import pyarrow as pa

    frame = with_index(frame)
    check_names([c for c in frame.columns if c != "holdings"], labels=labels)
    columns = [_array(frame.iloc[:, at]) for at in range(frame.shape[1])]
    return pa.table(columns, names=[text_of(c) for c in frame.columns])


def _array(column: pd.Series) -> Any:
    import pyarrow as pa

    try:
        array = pa.array(column, from_pandas=True)
    except (pa.ArrowException, TypeError, ValueError, OverflowError):
        array = None
    odd = column.dtype == object and array is not None and pa.types.is_temporal(array.type)
    if array is None or odd or isinstance(array, pa.ExtensionArray):
        return text_array(column.astype(object).tolist())
    return array


def unreadable(source: Any, error: Exception) -> InputError:
    """What is said of a source that broke; a row that stands in the error is the client's."""
    files = source.files if isinstance(source, ClientFiles) else source
    origin = str(files) if isinstance(files, str | Path) else type(source).__name__
    cause = str(error)
    row = _ODD_ROW.fullmatch(cause)
    if row:
        cause = f"{row[1]}: {written(row[2])}"
        remedy = (
            "give that row as many cells as the header, quoting a cell that holds the delimiter or"
            " a line break (privacy.show() shows the row); where lines stand above the header,"
            " pass ClientFiles(path, skip_lines=1), or how many they are"
        )
    elif "straddling" in cause:
        remedy = 'close the quotation mark that is open over many rows, or write it twice ("")'
    elif "gzipped" in cause:
        remedy = "its name says that it is compressed; let it end in .csv"
    elif "UTF8" in cause or "utf-8" in cause:
        remedy = f"pass {NAMED}, or save it as UTF-8"
    else:
        remedy = "restore the file or write it again"
    return InputError(
        f"Clients cannot be read from {origin} ({cause}); {remedy}. What was finished before is"
        " kept.",
        field="source",
        value=origin,
    )
