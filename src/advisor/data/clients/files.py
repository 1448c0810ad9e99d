"""Files of clients as one stream: columns that a file lacks are empty there, and columns of two
types are read as text, which is worth the same.
"""

# pyright: reportUnknownParameterType=false

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from advisor.data.clients.arrow import DECIMAL, as_text
from advisor.data.clients.csv_layout import ClientFiles, Layout, layout_of, unswallowed
from advisor.data.tables import is_index
from advisor.errors import InputError
from advisor.frame_lines import line_for

if TYPE_CHECKING:
    import pyarrow as pa

FORMATS = {
    ".parquet": "parquet",
    ".csv": "csv",
    ".tsv": "csv",
    ".csv.gz": "csv",
    ".tsv.gz": "csv",
    ".arrow": "ipc",
    ".feather": "ipc",
}
"""Endings of the files that are read."""
_ROWS = 65_536
_FILE_MAGIC = b"ARROW1"
"""How an Arrow file begins; what does not is a stream, or broken."""


@dataclass(frozen=True)
class FileBatches:
    """Files and what they hold.

    Attributes:
        schemas: Of each file, in order.
        schema: Of the batches.
        layouts: Of CSV files, how they are written.
    """

    schemas: Sequence[tuple[Path, Any]]
    schema: Any
    layouts: Mapping[Path, Layout]

    def __iter__(self) -> Iterator[Any]:
        """Batches of all files, in order, each of `schema`."""
        for path, _ in self.schemas:
            with _opened(path, self.layouts.get(path)) as (_, batches):
                for batch in batches():
                    yield _conformed(batch, self.schema)


def opened_files(files: Sequence[Path], source: object = None) -> FileBatches:
    """Files of one format; only their schemas are read.

    Args:
        files: From `files_of(source)`.
        source: Where they came from; `ClientFiles` says how CSV is written.

    Raises:
        InputError: The encoding of a CSV file cannot be recognised.
        OSError, pyarrow.ArrowException: One cannot be read.
    """
    stated = source if isinstance(source, ClientFiles) else None
    layouts = {path: layout_of(path, stated) for path in files if _kind(path) == "csv"}
    schemas = [(path, _schema(path, layouts.get(path))) for path in files]
    schema = _unified([schema for _, schema in schemas])
    if stated is not None:
        schema = schema.with_metadata({DECIMAL: stated.decimal.encode()})
    return FileBatches(schemas, schema, layouts)


def _kind(path: Path) -> str | None:
    """The format of a file by its ending, None where it is none of `FORMATS`."""
    return next(
        (kind for ending, kind in FORMATS.items() if path.name.lower().endswith(ending)), None
    )


def _unified(schemas: Sequence[pa.Schema]) -> pa.Schema:
    import pyarrow as pa

    kinds: dict[str, list[Any]] = {}
    for schema in schemas:
        for field in schema:
            kinds.setdefault(field.name, []).append(field.type)
    twice = [schema for schema in schemas if len(set(schema.names)) < len(schema.names)]
    return (
        twice[0]
        if twice
        else pa.schema([(name, _common(types, pa)) for name, types in kinds.items()])
    )


def _common(kinds: Sequence[Any], pa: Any) -> Any:
    known = [kind for kind in dict.fromkeys(kinds) if not pa.types.is_null(kind)]
    if len(known) < 2:
        return known[0] if known else pa.null()
    return (
        pa.map_(pa.string(), pa.string())
        if all(pa.types.is_map(kind) for kind in known)
        else pa.string()
    )


def _conformed(batch: Any, schema: Any) -> Any:
    import pyarrow as pa

    if batch.schema.equals(schema):
        return batch
    columns: list[Any] = []
    for field in schema:
        at = batch.schema.get_field_index(field.name)
        if at < 0 or pa.types.is_null(batch.column(at).type):
            columns.append(pa.nulls(batch.num_rows, field.type))
        else:
            columns.append(
                batch.column(at)
                if batch.column(at).type == field.type
                else as_text(batch.column(at))
            )
    return pa.RecordBatch.from_arrays(columns, schema=schema)


@contextmanager
def _opened(path: Path, layout: Layout | None) -> Generator[tuple[Any, Callable[[], Any]]]:
    """The schema of a file, and what reads its batches."""
    import pyarrow as pa
    import pyarrow.dataset as ds

    if layout is not None:
        with _csv(path, layout) as reader:
            yield reader.schema, lambda: unswallowed(reader, path, layout.delimiter)
    elif _kind(path) == "ipc" and _is_stream(path):
        with pa.OSFile(str(path)) as file, pa.ipc.open_stream(file) as stream:
            yield stream.schema, lambda: stream
    else:
        rows = ds.dataset(str(path), format=_kind(path))
        yield (
            rows.schema.remove_metadata(),
            lambda: rows.to_batches(batch_size=_ROWS, batch_readahead=2, fragment_readahead=1),
        )


def _schema(path: Path, layout: Layout | None) -> Any:
    """The schema of a file, without the unnamed index that pandas adds as a column of its own."""
    import pyarrow as pa

    with _opened(path, layout) as (schema, _):
        return pa.schema([field for field in schema if not is_index(field.name)])


def _is_stream(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(len(_FILE_MAGIC)) not in (_FILE_MAGIC, b"FEA1" + b"\0\0")


@contextmanager
def _csv(path: Path, layout: Layout) -> Generator[Any]:
    """Every cell as it is written, an empty one as missing: no id loses its zeros, and no first
    block settles what later ones may hold.

    Raises:
        InputError: Something in it is not of its encoding.
    """
    import pyarrow as pa
    from pyarrow import csv

    packed = "gzip" if path.suffix.lower() == ".gz" else None
    parse = csv.ParseOptions(delimiter=layout.delimiter, newlines_in_values=True)
    read = csv.ReadOptions(  # one thread, so that errors have the row
        encoding=layout.encoding, use_threads=False, skip_rows=layout.skip_lines
    )
    try:
        with (
            pa.input_stream(str(path), compression=packed) as file,
            csv.open_csv(file, read_options=read, parse_options=parse) as head,
        ):
            names = head.schema.names
        convert = csv.ConvertOptions(
            column_types=dict.fromkeys(names, pa.string()),
            null_values=["", *layout.missing],
            strings_can_be_null=True,
        )
        with (
            pa.input_stream(str(path), compression=packed) as file,
            csv.open_csv(
                file, read_options=read, parse_options=parse, convert_options=convert
            ) as whole,
        ):
            yield whole
    except UnicodeError as error:
        text = (
            f"Clients cannot be read from {path}: it is not written in {layout.encoding} throughout"
            f" ({error}). Name another encoding."
        )
        raise InputError(text, field="encoding", value=layout.encoding) from error


def files_of(source: object) -> list[Path]:
    """The files behind a path, a folder (by name), a list of paths (in that order) or
    `ClientFiles`.

    Raises:
        InputError: There is none, they are of mixed or unknown formats, or `source` is no path.
    """
    if isinstance(source, ClientFiles):
        return files_of(source.files)
    if isinstance(source, str | Path):
        path = Path(source)
        paths = sorted(p for p in path.iterdir() if _kind(p)) if path.is_dir() else [path]
    elif isinstance(source, list | tuple) and all(
        isinstance(p, str | Path) for p in cast(Sequence[object], source)
    ):
        paths = [Path(p) for p in cast(Sequence[str | Path], source)]
    else:
        raise InputError(
            f"Clients cannot be read from {type(source).__name__}; give Parquet, CSV or Arrow"
            " files, or a table that speaks Arrow (pandas, polars,"
            f" pyarrow).{line_for('clients', source)}",
            field="source",
            value=type(source).__name__,
        )
    missing = [str(p) for p in paths if not p.is_file()]
    if missing or not paths or len({_kind(p) for p in paths}) > 1 or _kind(paths[0]) is None:
        odd = missing or [str(p) for p in paths] or [str(source)]
        raise InputError(
            f"Clients cannot be read from {odd[:3]}: the files must exist and all be of one of the"
            f" formats {', '.join(sorted(FORMATS))}. Correct the path"
            + (f", or pass a table.{line}" if (line := line_for("path", odd[0])) else "."),
            field="source",
            value=odd[0],
        )
    return paths
