"""Arrow tables in and out of the database, and ids in a table of their own for a query.

Money is a float64 column here, whole ten-thousandths on the way: both databases give back the same
bits.
"""

# pyright: reportUnknownParameterType=false

from __future__ import annotations

import io
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from advisor.adapters.extras import needs
from advisor.adapters.records.bulk import copy_in, copy_out, insert_rows
from advisor.adapters.records.libraries import csv, pa, sa
from advisor.adapters.records.tables import CENTS, ID, Moment, Money
from advisor.errors import InputError

_BLOCK = 1 << 20
MOMENT = pa.timestamp("us", "UTC")
_KINDS: tuple[tuple[type, pa.DataType], ...] = (
    (Money, pa.float64()), (Moment, MOMENT), (sa.Boolean, pa.bool_()), (sa.Date, pa.date32()),
    (sa.Integer, pa.int64()), (sa.Float, pa.float64()),
)  # fmt: skip


def kind_of(column: sa.ColumnElement[Any]) -> pa.DataType:
    """The Arrow type of a column."""
    return next((kind for of, kind in _KINDS if isinstance(column.type, of)), pa.string())


def arrow(table: sa.Table, columns: Mapping[str, Any]) -> pa.Table:
    """Columns, of Python values or of Arrow's, as the table has them."""
    return pa.table(
        {
            name: cells
            if isinstance(cells, pa.Array | pa.ChunkedArray)
            else pa.array(cells, type=kind_of(table.c[name]), from_pandas=True)
            for name, cells in columns.items()
        }
    )


def load(connection: sa.Connection, table: sa.Table, rows: pa.Table) -> None:
    """Insert the rows of an Arrow table of columns of the table, of the types of `kind_of`."""
    names = rows.schema.names
    if connection.dialect.name != "postgresql":
        columns = [_to_sqlite(rows[name], table.c[name]) for name in names]
        insert_rows(connection, table, names, list(zip(*columns, strict=True)))
    elif rows.num_rows:
        copy_in(connection, table, names, _csv_blocks(rows), "csv")


def fetch(connection: sa.Connection, query: Any) -> pa.Table:
    """What a query finds, as an Arrow table with the types of `kind_of`."""
    chosen = list(query.selected_columns)
    schema = pa.schema([(str(c.key), kind_of(c)) for c in chosen])
    text = str(query.compile(dialect=connection.dialect, compile_kwargs={"literal_binds": True}))
    if "\0" in text:
        why = "What is asked for holds the character NUL, which no database keeps. Correct it."
        raise InputError(why, field="query")
    if connection.dialect.name == "postgresql":
        return _read_csv(copy_out(connection, text), schema)
    rows: Sequence[Any] = connection.exec_driver_sql(text).fetchall()
    cells: Sequence[Any] = list(zip(*rows, strict=True)) if rows else [()] * len(chosen)
    return pa.table(
        [_from_sqlite(c, of, kind_of(of)) for c, of in zip(cells, chosen, strict=True)],
        schema=schema,
    )


def _csv_blocks(rows: pa.Table) -> Iterator[bytes]:
    options = csv.WriteOptions(include_header=False, batch_size=8192)
    for batch in rows.to_batches(max_chunksize=65_536):
        out = io.BytesIO()
        csv.write_csv(batch, out, options)
        view = out.getbuffer()
        for start in range(0, len(view), _BLOCK):
            yield bytes(view[start : start + _BLOCK])


def _read_csv(text: bytes, schema: pa.Schema) -> pa.Table:
    if not text:
        return schema.empty_table()
    return csv.read_csv(
        io.BytesIO(text),
        csv.ReadOptions(column_names=schema.names, block_size=1 << 24),
        csv.ParseOptions(newlines_in_values=True),
        csv.ConvertOptions(
            column_types=schema,
            null_values=[""],
            strings_can_be_null=True,
            quoted_strings_can_be_null=False,
            true_values=["t"],
            false_values=["f"],
        ),
    )


def _to_sqlite(column: pa.ChunkedArray, of: sa.Column[Any]) -> list[Any]:
    """Cells as SQLite keeps them: whole ten-thousandths, moments and days as text."""
    if isinstance(of.type, Money):
        return [None if m is None else round(m * CENTS) for m in column.to_pylist()]
    if isinstance(of.type, Moment):
        compute = needs("crm", "pyarrow.compute")
        return compute.strftime(column.cast(MOMENT), format="%Y-%m-%dT%H:%M:%SZ").to_pylist()
    if isinstance(of.type, sa.Date):
        return column.cast(pa.date32()).cast(pa.string()).to_pylist()
    return column.to_pylist()


def _from_sqlite(cells: Sequence[Any], of: Any, kind: pa.DataType) -> pa.Array:
    if isinstance(of.type, Money):
        values = pa.array(cells, type=pa.int64())
        parts = values.fill_null(0).to_numpy(zero_copy_only=False) / CENTS
        return pa.array(parts, mask=values.is_null().to_numpy(zero_copy_only=False))
    if isinstance(of.type, sa.Boolean):
        return pa.array(cells, type=pa.int64()).cast(pa.bool_())
    if isinstance(of.type, Moment | sa.Date):
        return pa.array(cells, type=pa.string()).cast(kind)
    return pa.array(cells, type=kind)


_NAMED = sa.Table(
    "named_ids", sa.MetaData(), sa.Column("id", ID, primary_key=True), prefixes=["TEMPORARY"]
)


@contextmanager
def naming(connection: sa.Connection, ids: Sequence[str]) -> Generator[sa.Table]:
    """A table `id` of these ids, for as long as the block lasts: any number of them in a query."""
    _NAMED.create(connection, checkfirst=False)
    load(connection, _NAMED, arrow(_NAMED, {"id": list(dict.fromkeys(ids))}))
    yield _NAMED
    _NAMED.drop(connection, checkfirst=False)  # what fails is rolled back, and the table with it


def missing_keys(
    connection: sa.Connection, table: sa.Table, names: Sequence[str], keys: Sequence[Any]
) -> list[Any]:
    """The keys (values of the columns `names`, the most telling last) that the table lacks."""
    last = table.c[names[-1]]
    with naming(connection, [key[-1] for key in keys]) as named:
        query = sa.select(*(table.c[name] for name in names))
        named_rows = fetch(connection, query.select_from(table.join(named, last == named.c.id)))
    there = set(zip(*(named_rows[name].to_pylist() for name in names), strict=True))
    return [key for key in keys if key not in there]
