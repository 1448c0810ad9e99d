"""Arrow tables in and out of the database: COPY on PostgreSQL, `executemany` on SQLite.

Money is a float64 column here, whole ten-thousandths on the way: both databases give back the same
bits.
"""

# pyright: reportUnknownParameterType=false

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from advisor.adapters.extras import needs
from advisor.adapters.records.bulk import copy_in, copy_out, insert_many
from advisor.adapters.records.tables import CENTS, Moment, Money
from advisor.arrays import FloatArray

if TYPE_CHECKING:
    import pyarrow as pa
    import sqlalchemy as sa
    from pyarrow import csv
else:
    sa, pa = needs("crm", "sqlalchemy"), needs("crm", "pyarrow")
    csv = needs("crm", "pyarrow.csv")

MOST_MONEY = 9e14
"""Money beyond which ten-thousandths are not kept."""
_BLOCK = 1 << 20
_MANY = 1_000
_MOMENT = pa.timestamp("us", "UTC")
_KINDS: tuple[tuple[type, pa.DataType], ...] = (
    (Money, pa.float64()), (Moment, _MOMENT), (sa.Boolean, pa.bool_()), (sa.Date, pa.date32()),
    (sa.Integer, pa.int64()), (sa.Float, pa.float64()),
)  # fmt: skip


def kind_of(column: sa.ColumnElement[Any]) -> pa.DataType:
    """The Arrow type of a column."""
    return next((kind for of, kind in _KINDS if isinstance(column.type, of)), pa.string())


def to_cents(money: FloatArray, *, down: bool = False) -> FloatArray:
    """Money to the ten-thousandth, half to even, or down (what is held never exceeds wealth)."""
    parts = money * CENTS
    nearest = np.rint(parts)
    near = np.abs(parts - nearest) <= 8.0 * np.spacing(np.abs(parts))
    return np.where(near | (not down), nearest, np.floor(parts)) / CENTS


def load(connection: sa.Connection, table: sa.Table, rows: pa.Table) -> None:
    """Insert the rows of an Arrow table whose columns are named as the table's.

    Args:
        connection: Inside a transaction that writes.
        table: Where to.
        rows: Columns of the types of `kind_of`.
    """
    if not rows.num_rows:
        return
    names = rows.schema.names
    if connection.dialect.name == "postgresql":
        copy_in(connection, table, names, _csv_blocks(rows))
        return
    columns = [_sqlite_cells(rows[name], table.c[name]) for name in names]
    insert_many(connection, table, names, list(zip(*columns, strict=True)))


def _csv_blocks(rows: pa.Table) -> Iterator[bytes]:
    options = csv.WriteOptions(include_header=False, batch_size=8192)
    for batch in rows.to_batches(max_chunksize=65_536):
        out = io.BytesIO()
        csv.write_csv(batch, out, options)
        view = out.getbuffer()
        for start in range(0, len(view), _BLOCK):
            yield bytes(view[start : start + _BLOCK])


def _sqlite_cells(column: pa.ChunkedArray, of: sa.Column[Any]) -> list[Any]:
    """Cells as SQLite keeps them: whole ten-thousandths, moments and days as text."""
    if isinstance(of.type, Money):
        return [None if m is None else round(m * CENTS) for m in column.to_pylist()]
    if isinstance(of.type, Moment):
        compute = needs("crm", "pyarrow.compute")
        text = compute.strftime(column.cast(_MOMENT), format="%Y-%m-%dT%H:%M:%SZ")
        return text.to_pylist()
    if isinstance(of.type, sa.Date):
        return column.cast(pa.date32()).cast(pa.string()).to_pylist()
    return column.to_pylist()


def settle(connection: sa.Connection, rows: int, *filled: sa.Table) -> None:
    """After many rows let PostgreSQL look at the tables, so that it finds one client by an index at
    once.
    """
    if rows >= _MANY and connection.dialect.name == "postgresql":
        for table in filled:
            connection.exec_driver_sql(f'ANALYZE "{table.name}"')


def fetch(connection: sa.Connection, query: Any) -> pa.Table:
    """What a query finds, as an Arrow table with the types of `kind_of`."""
    chosen = list(query.selected_columns)
    names, kinds = [str(c.key) for c in chosen], [kind_of(c) for c in chosen]
    settings = {"literal_binds": True}
    text = str(query.compile(dialect=connection.dialect, compile_kwargs=settings))
    if connection.dialect.name == "postgresql":
        return _read_csv(copy_out(connection, text), names, kinds)
    found: Sequence[Any] = connection.exec_driver_sql(text).fetchall()
    cells: Sequence[Any] = list(zip(*found, strict=True)) if found else [()] * len(names)
    arrays = [_from_sqlite(c, of, k) for c, of, k in zip(cells, chosen, kinds, strict=True)]
    return pa.table(dict(zip(names, arrays, strict=True)))


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


def _read_csv(text: bytes, names: Sequence[str], kinds: Sequence[pa.DataType]) -> pa.Table:
    schema = pa.schema(list(zip(names, kinds, strict=True)))
    if not text:
        return schema.empty_table()
    return csv.read_csv(
        io.BytesIO(text),
        csv.ReadOptions(column_names=list(names), block_size=1 << 24),
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
