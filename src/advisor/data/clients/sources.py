"""Arrow tables of clients to the columns of a `ClientTable`, and every source of clients read by
chunk.

Columns are named as for `ClientTable.from_frame`; besides `holding:<id>` columns, one column
`holdings` may be a map of id to money, which a catalogue of a thousand products needs.
"""

# pyright: reportUnknownParameterType=false

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

from advisor.annotations import Texts
from advisor.arrays import check_type, check_whole
from advisor.data.arrow_extra import pyarrow
from advisor.data.client_cells import Problems, check_names, columns_from_cells
from advisor.data.client_files import FileBatches, files_of, opened_files
from advisor.data.client_streams import opened_stream
from advisor.data.clients.reader import (
    KNOWN_PROBLEMS,
    arrow_of_clients,
    cells_of_arrow,
    held_of_arrow,
    ids_of_arrow,
)
from advisor.data.clients.table import ClientTable
from advisor.data.csv_layout import NAMED
from advisor.data.labels import OF_CLIENTS, labelled
from advisor.data.tables import is_index
from advisor.errors import InputError
from advisor.validation import checked

if TYPE_CHECKING:
    import pyarrow as pa

NO_ID = "id is missing; its advice could not be delivered. Give every client an id."


@checked
def clients_from_arrow(table: pa.Table, *, labels: Texts | str = ()) -> ClientTable:
    """Clients of an Arrow table; every row from itself alone, so that a table may be cut anywhere.

    Args:
        table: One row a client. A row without an id is noted in `problems`; an id that is there
            twice is two rows, each with its own advice.
        labels: Columns of your own that come out again beside the advice.

    Raises:
        InputError: It is no Arrow table, a required column is absent, or a column is unknown or
            there twice.
    """
    import pyarrow as pa

    check_type(table, pa.Table, "clients", "Give a pyarrow Table with one row a client.")
    table = table.drop_columns([name for name in table.schema.names if is_index(name)])
    table = table.rename_columns(check_schema(table.schema, labels=labels))
    ids, odd = ids_of_arrow(table["id"])
    problems = Problems({row: NO_ID for row, name in enumerate(ids) if not name} | odd)
    cells = {
        n: cells_of_arrow(table[n], n)
        for n in table.schema.names
        if n not in ("id", "holdings", KNOWN_PROBLEMS)
    }
    held = held_of_arrow(table["holdings"], problems) if "holdings" in table.schema.names else None
    known: list[str | None] = (
        table[KNOWN_PROBLEMS].to_pylist() if KNOWN_PROBLEMS in table.schema.names else []
    )
    columns = columns_from_cells(ids, cells, problems, held)
    columns["problems"] = dict(problems) | {row: text for row, text in enumerate(known) if text}
    return ClientTable(**columns)


def check_schema(
    schema: pa.Schema, what: str = "The client table", labels: Texts | str = ()
) -> list[str]:
    """Names of the columns, those of labels as `label:<name>`.

    Raises:
        InputError: A required column is absent, a column is unknown or there twice, or holdings
            come in two ways.
    """
    import pyarrow as pa

    mapped = "holdings" in schema.names and pa.types.is_map(
        schema.field(schema.names.index("holdings")).type
    )
    names = check_names(
        schema.names, (KNOWN_PROBLEMS, "holdings") if mapped else (KNOWN_PROBLEMS,), what, labels
    )
    beside = [n for n in names if mapped and n.startswith("holding:")]
    if beside:
        raise InputError(
            f"{what} has both a column holdings and columns {beside[:3]}; what a client holds must"
            " be said once. Drop one or the other.",
            field="holdings",
            value=beside,
        )
    return names


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
        schema = pa.schema(
            [field.with_name(name) for field, name in zip(schema, names, strict=True)]
        )
        return schema, (
            pa.RecordBatch.from_arrays(batch.columns, schema=schema) for batch in batches
        )
    except (OSError, pa.ArrowException) as error:
        raise unreadable(source, error) from error


def _opened(source: Any, labels: Texts | str) -> tuple[pa.Schema, Iterator[pa.RecordBatch]]:
    if isinstance(source, ClientTable):
        return arrow_of_clients(source.take(slice(0, 0))).schema, _batches_of(source)
    if hasattr(source, "__arrow_c_stream__"):
        return opened_stream(source, labels)
    found: FileBatches = opened_files(files_of(source), source)
    asked = [labels] if isinstance(labels, str) else labels
    for path, schema in found.schemas:
        there = [name for name in asked if name in schema.names]
        check_schema(schema, str(path), there)
    return found.schema, iter(found)


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


def _batches_of(clients: ClientTable) -> Iterator[pa.RecordBatch]:
    return chain.from_iterable(
        arrow_of_clients(part).to_batches() for part in clients.chunks(65_536)
    )


def unreadable(source: Any, error: Exception) -> InputError:
    """What is said of a source that broke."""
    told = str(source) if isinstance(source, str | Path) else type(source).__name__
    remedy = (
        f"pass {NAMED}, or save it as UTF-8"
        if "UTF8" in str(error) or "utf-8" in str(error)
        else "restore the file or write it again"
    )
    return InputError(
        f"Clients cannot be read from {told} ({error}); {remedy}. What was finished before is"
        " kept.",
        field="source",
        value=told,
    )
