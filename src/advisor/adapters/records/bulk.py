"""Many rows in and out at once: COPY on PostgreSQL, `executemany` on SQLite."""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any

from advisor.adapters.extras import needs
from advisor.adapters.records.engines import driver
from advisor.adapters.records.libraries import sa

_MANY = 1_000


def one_at_a_time(connection: sa.Connection, name: str) -> None:
    """Wait until no other open transaction has asked for the same name; hold it till the end."""
    if connection.dialect.name == "postgresql":
        number = sa.func.hashtextextended(sa.func.current_schema() + " " + name, 0)
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(number)))


def settle(connection: sa.Connection, rows: int, *filled: sa.Table) -> None:
    """After many rows let PostgreSQL look at the tables, so that its plans are right."""
    if rows >= _MANY and connection.dialect.name == "postgresql":
        for table in filled:
            connection.exec_driver_sql(f'ANALYZE "{table.name}"')


def insert_rows(
    connection: sa.Connection, table: sa.Table, names: Sequence[str], rows: Sequence[Sequence[Any]]
) -> None:
    """Insert rows of text and whole numbers, which the driver takes as they are."""
    if not rows:
        return
    if connection.dialect.name == "postgresql":
        text = "".join("\t".join(map(_cell, row)) + "\n" for row in rows)
        copy_in(connection, table, names, [text.encode("utf-8", "surrogatepass")], "text")
        return
    columns = ", ".join(f'"{name}"' for name in names)
    marks = ", ".join("?" * len(names))
    statement = f'INSERT INTO "{table.name}" ({columns}) VALUES ({marks})'  # noqa: S608 - own names
    driver(connection).executemany(statement, rows)


def insert_new(
    connection: sa.Connection, table: sa.Table, rows: Sequence[Mapping[str, Any]]
) -> int:
    """Insert rows (of the same columns) whose primary key is not there yet; how many were new.

    On SQLite the driver gets a statement made once, which costs a third of SQLAlchemy's execution.
    """
    if not rows:
        return 0
    names = tuple(column.name for column in table.columns if column.name in rows[0])
    statement, text, writers = _insert_new(table, connection.dialect, names)
    if text is None:
        options = {"preserve_rowcount": True}
        return connection.execute(statement, list(rows), execution_options=options).rowcount
    pairs = list(zip(names, writers, strict=True))
    values = [[write(row[name]) if write else row[name] for name, write in pairs] for row in rows]
    return driver(connection).executemany(text, values).rowcount


@cache
def _insert_new(
    table: sa.Table, dialect: sa.Dialect, names: tuple[str, ...]
) -> tuple[Any, str | None, list[Any]]:
    """The statement, its text where the driver takes that, and what writes each of its values."""
    insert: Any = needs("crm", f"sqlalchemy.dialects.{dialect.name}").insert(table)
    statement = insert.on_conflict_do_nothing()
    if dialect.name != "sqlite":
        return statement, None, []
    text = str(statement.values(dict.fromkeys(names)).compile(dialect=dialect))
    types = [table.c[name].type.dialect_impl(dialect) for name in names]
    return statement, text, [kind.bind_processor(dialect) for kind in types]


def copy_in(
    connection: sa.Connection,
    table: sa.Table,
    names: Sequence[str],
    blocks: Iterable[bytes],
    form: str,
) -> None:
    """Send blocks, cut anywhere, to PostgreSQL, which reads text in half the time of CSV."""
    columns = ", ".join(f'"{name}"' for name in names)
    statement = f'COPY "{table.name}" ({columns}) FROM STDIN WITH (FORMAT {form})'
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
        buffer = io.BytesIO()
        cursor.execute(statement, stream=buffer)
        return buffer.getvalue()
    with cursor.copy(statement) as copy:
        return b"".join(bytes(block) for block in copy)


def _cell(value: Any) -> str:
    if not isinstance(value, str):
        return "\\N" if value is None else str(value)
    escaped = value.replace("\\", "\\\\").replace("\n", "\\n")
    return escaped.replace("\t", "\\t").replace("\r", "\\r")
