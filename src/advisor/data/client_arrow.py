"""Arrow tables of clients to the columns of a `ClientTable`, and every source that speaks Arrow read by chunk.

Columns are named as for `ClientTable.from_frame`; besides `holding:<id>` columns, one column `holdings` may be a map of id to money, which a shelf of a
thousand products needs.
"""
# pyright: reportUnknownParameterType=false

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from advisor.data.client_columns import WORDS
from advisor.data.client_frame import columns_from_frame
from advisor.data.clients import ClientTable
from advisor.data.labels import Labels
from advisor.data.sparse_rows import SparseRows
from advisor.errors import InputError

if TYPE_CHECKING:
    import pyarrow as pa

FORMATS = {".parquet": "parquet", ".csv": "csv", ".arrow": "ipc", ".feather": "ipc"}
"""Endings of the files that are read."""
PANDAS_INDEX = "__index_level_0__"
"""What pandas calls an unnamed index that it puts among the columns."""
NO_ID = "id is missing; its advice could not be delivered. Give every client an id."


def clients_from_arrow(table: pa.Table) -> ClientTable:
    """Clients of an Arrow table; every row from itself alone, so that a table may be cut anywhere.

    Args:
        table: One row a client. A row without an id is noted in `problems`; an id that is there twice is two rows, each with its own advice.

    Raises:
        InputError: A required column is absent or a column is unknown.
    """
    import pyarrow as pa

    plain, words, held = [], {}, None
    for field in table.schema:
        column = table.column(field.name)
        if field.name == "holdings" and pa.types.is_map(field.type):
            held = _mapped(column.combine_chunks(), pa)
        elif (field.name in WORDS or field.name.startswith("answer:")) and _is_word(field.type, pa):
            words[field.name] = _labels(column, pa)
        else:
            plain.append((field.name, column.cast(pa.float64()) if pa.types.is_decimal(field.type) else column))
    ids = (
        [name if name is None or isinstance(name, str) else str(name) for name in table["id"].to_pylist()]
        if "id" in table.schema.names
        else []
    )
    frame = pa.table(dict(plain)).to_pandas(date_as_object=False)
    if ids:
        frame["id"] = np.arange(len(ids)).astype(str).astype(object)
    columns = columns_from_frame(frame)
    columns["ids"] = tuple(name or "" for name in ids)
    columns["problems"] |= {row: NO_ID for row, name in enumerate(ids) if not name}
    columns |= {name: labels for name, labels in words.items() if name in WORDS}
    columns["answers"] |= {name.removeprefix("answer:"): labels for name, labels in words.items() if name.startswith("answer:")}
    return _with_holdings(ClientTable(**columns), held)


def _is_word(kind: Any, pa: Any) -> bool:
    return pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind) or pa.types.is_dictionary(kind)


def _labels(column: Any, pa: Any) -> Labels:
    """Words in the order in which they first appear."""
    whole = column.cast(pa.string()).combine_chunks().dictionary_encode()
    if isinstance(whole, pa.ChunkedArray):
        whole = whole.chunk(0) if whole.num_chunks else pa.array([], type=pa.string()).dictionary_encode()
    codes = whole.indices.fill_null(-1).to_numpy(zero_copy_only=False)
    return Labels(tuple(whole.dictionary.to_pylist()), codes.astype(np.int64))


def _mapped(column: Any, pa: Any) -> SparseRows:
    """A column of maps from id to money."""
    whole = column.chunk(0) if isinstance(column, pa.ChunkedArray) else column
    return SparseRows.of([dict(cell) if cell else {} for cell in whole.to_pylist()])


def _with_holdings(clients: ClientTable, held: SparseRows | None) -> ClientTable:
    """With holdings of a map column, checked as those of `holding:` columns are."""
    if held is None:
        return clients
    problems = dict(clients.problems)
    values = np.array([np.nan if v is None else v for v in held.values.tolist()], dtype=np.float64)
    held = replace(held, values=np.where(np.isfinite(values) & (values >= 0.0), values, 0.0))
    for row in np.unique(held.row_of_entry()[~(np.isfinite(values) & (values >= 0.0))]).tolist():
        problems.setdefault(row, "holdings holds money that is no number of at least 0. Correct the cell.")
    total = held.totals()
    for row in np.flatnonzero(total > clients.wealth * (1.0 + 1e-9) + 1e-6).tolist():
        problems.setdefault(
            row,
            f"holdings add up to {total[row]:,.2f} but wealth is {clients.wealth[row]:,.2f}; wealth is all investable money, holdings included. "
            "Raise wealth.",
        )
    return replace(clients, holdings=held, problems=problems)


def arrow_batches(source: Any, rows: int) -> Iterator[pa.Table]:
    """Tables of exactly `rows` rows (the last may be shorter), in the order of the source, whatever chunks it comes in.

    Args:
        source: Parquet, CSV or Arrow files (a path, a folder, or a list of paths), or anything with the Arrow C stream: a pandas or polars frame, an
            Arrow table, a reader, a DuckDB result.
        rows: Rows a table.

    Raises:
        InputError: The source cannot be read, or is none of these.
    """
    if rows < 1:
        raise InputError(f"chunk size is {rows}; it must be at least 1.", field="chunk", value=rows)
    import pyarrow as pa

    schema, stream = opened(source)
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
        raise _unreadable(source, error) from error
    if count:
        yield pa.Table.from_batches(waiting, schema=schema).combine_chunks()


def opened(source: Any) -> tuple[pa.Schema, Iterator[pa.RecordBatch]]:
    """Schema and batches of a source; nothing is read but what the schema needs.

    Raises:
        InputError: See `arrow_batches`.
    """
    import pyarrow as pa
    import pyarrow.dataset as ds

    if hasattr(source, "__arrow_c_stream__"):
        reader = pa.RecordBatchReader.from_stream(source)
        return _without_index(reader.schema), (_named(batch, pa) for batch in reader)
    files = files_of(source)
    try:
        dataset = ds.dataset([str(f) for f in files], format=FORMATS[files[0].suffix.lower()])
        return dataset.schema, iter(dataset.to_batches(batch_size=65_536, batch_readahead=2, fragment_readahead=1))
    except (OSError, pa.ArrowException) as error:
        raise _unreadable(source, error) from error


def _without_index(schema: Any) -> Any:
    """Pandas adds its index as a column of its own; an unnamed one says nothing."""
    return schema.remove(schema.get_field_index(PANDAS_INDEX)) if PANDAS_INDEX in schema.names else schema


def _named(batch: Any, pa: Any) -> Any:
    schema = _without_index(batch.schema)
    return batch if schema is batch.schema else pa.RecordBatch.from_arrays([batch.column(n) for n in schema.names], schema=schema)


def files_of(source: object) -> list[Path]:
    """The files behind a path, a folder (by name) or a list of paths (in that order).

    Raises:
        InputError: There is none, they are of mixed or unknown formats, or `source` is no path.
    """
    if isinstance(source, str | Path):
        path = Path(source)
        found = sorted(p for p in path.iterdir() if p.suffix.lower() in FORMATS) if path.is_dir() else [path]
    elif isinstance(source, list | tuple) and all(isinstance(p, str | Path) for p in cast(Sequence[object], source)):
        found = [Path(p) for p in cast(Sequence[str | Path], source)]
    else:
        raise InputError(
            f"Clients cannot be read from {type(source).__name__}; give Parquet, CSV or Arrow files, or a table that speaks Arrow (pandas, polars, pyarrow).",
            field="source",
            value=type(source).__name__,
        )
    missing = [str(p) for p in found if not p.is_file()]
    if missing or not found or len({FORMATS.get(p.suffix.lower()) for p in found}) > 1 or found[0].suffix.lower() not in FORMATS:
        odd = missing or [str(p) for p in found] or [str(source)]
        raise InputError(
            f"Clients cannot be read from {odd[:3]}: the files must exist and all be of one of the formats {', '.join(sorted(FORMATS))}. Correct the path.",
            field="source",
            value=odd[0],
        )
    return found


def _unreadable(source: Any, error: Exception) -> InputError:
    told = str(source) if isinstance(source, str | Path) else type(source).__name__
    return InputError(
        f"Clients cannot be read from {told} ({error}); restore the file or write it again. What was finished before is kept.",
        field="source",
        value=told,
    )
