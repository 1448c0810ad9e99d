"""Many rows into a table at once, in the quickest way that each database has."""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any
from zlib import crc32

from advisor.adapters.extras import needs

if TYPE_CHECKING:
    import sqlalchemy as sa
else:
    sa = needs("crm", "sqlalchemy")


def insert_rows(
    connection: sa.Connection, table: sa.Table, names: Sequence[str], rows: Sequence[Sequence[Any]]
) -> None:
    """Insert rows of text and whole numbers: by COPY on PostgreSQL, else by `executemany`.

    Args:
        connection: Inside a transaction that writes.
        table: Where to.
        names: Columns, in the order of the cells.
        rows: One sequence of cells a row, None = null.
    """
    if not rows:
        return
    if connection.dialect.name == "postgresql":
        text = "\n".join(",".join(map(_cell, row)) for row in rows)
        copy_in(connection, table, names, [text.encode("utf-8", "surrogatepass"), b"\n"])
        return
    insert_many(connection, table, names, rows)


def insert_many(
    connection: sa.Connection, table: sa.Table, names: Sequence[str], rows: Sequence[Sequence[Any]]
) -> None:
    """Insert rows of values that the driver takes as they are."""
    columns = ", ".join(f'"{name}"' for name in names)
    marks = ", ".join("?" * len(names))
    statement = f'INSERT INTO "{table.name}" ({columns}) VALUES ({marks})'  # noqa: S608 - own names
    connection.exec_driver_sql(statement, [tuple(row) for row in rows])


def insert_new(
    connection: sa.Connection, table: sa.Table, rows: Sequence[Mapping[str, Any]]
) -> int:
    """Insert rows whose primary key is not there yet; the others stay. Returns how many were new.

    On SQLite the driver gets a statement made once, which costs a third of SQLAlchemy's execution.

    Args:
        connection: Inside a transaction that writes.
        table: Where to.
        rows: The same columns in each, by name.
    """
    if not rows:
        return 0
    names = tuple(column.name for column in table.columns if column.name in rows[0])
    statement, text, writers = _insert_new(table, connection.dialect, names)
    if text is None:
        options = {"preserve_rowcount": True}
        return connection.execute(statement, list(rows), execution_options=options).rowcount
    raw: Any = connection.connection.driver_connection
    values = [
        [
            row[name] if write is None else write(row[name])
            for name, write in zip(names, writers, strict=True)
        ]
        for row in rows
    ]
    return raw.executemany(text, values).rowcount


@cache
def _insert_new(
    table: sa.Table, dialect: sa.Dialect, names: tuple[str, ...]
) -> tuple[Any, str | None, list[Any]]:
    """The statement, its text where the driver takes that, and what turns each value into the
    driver's.
    """
    insert: Any = needs("crm", f"sqlalchemy.dialects.{dialect.name}").insert(table)
    statement = insert.on_conflict_do_nothing()
    if dialect.name != "sqlite":
        return statement, None, []
    text = str(statement.values(dict.fromkeys(names)).compile(dialect=dialect))
    types = [table.c[name].type.dialect_impl(dialect) for name in names]
    return statement, text, [kind.bind_processor(dialect) for kind in types]


def one_at_a_time(connection: sa.Connection, name: str) -> None:
    """Wait until no other transaction that asked for the same name is open, and hold it till the
    end.

    SQLite has one writer anyway. Who reads what stands there, and writes what follows from it,
    needs this.
    """
    if connection.dialect.name == "postgresql":
        schema = connection.scalar(sa.text("SELECT current_schema()"))
        number = crc32(f"{name} of {schema}".encode())
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(number)))


def copy_in(
    connection: sa.Connection, table: sa.Table, names: Sequence[str], blocks: Iterable[bytes]
) -> None:
    """Send CSV to a table of PostgreSQL.

    Args:
        connection: Inside a transaction that writes.
        table: Where to.
        names: Columns, in the order of the cells.
        blocks: CSV, cut anywhere; an empty cell is null, "" in quotes is empty text.
    """
    columns = ", ".join(f'"{name}"' for name in names)
    statement = f'COPY "{table.name}" ({columns}) FROM STDIN WITH (FORMAT csv)'
    cursor: Any = connection.connection.cursor()
    if connection.dialect.driver == "pg8000":
        cursor.execute(statement, stream=blocks)
        return
    with cursor.copy(statement) as copy:
        for block in blocks:
            copy.write(block)


def copy_out(connection: sa.Connection, query: str) -> bytes:
    """What a query of PostgreSQL finds, as CSV without a header."""
    statement = f"COPY ({query}) TO STDOUT WITH (FORMAT csv)"
    cursor: Any = connection.connection.cursor()
    if connection.dialect.driver == "pg8000":
        found = io.BytesIO()
        cursor.execute(statement, stream=found)
        return found.getvalue()
    with cursor.copy(statement) as copy:
        return b"".join(bytes(block) for block in copy)


def _cell(value: Any) -> str:
    if value is None:
        return ""
    return '"' + value.replace('"', '""') + '"' if isinstance(value, str) else str(value)
