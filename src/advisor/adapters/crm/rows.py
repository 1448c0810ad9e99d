"""Small tables row by row: consents, tags, actions, sessions, jobs, idempotency keys."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from advisor.adapters.crm.row_conditions import conditions_of, no_column
from advisor.adapters.crm.tables import ROW_TABLES
from advisor.adapters.crm.values import Written
from advisor.adapters.extras import needs
from advisor.adapters.records.bulk import one_at_a_time
from advisor.adapters.records.tables import Moment, metadata
from advisor.errors import AdapterError, InputError

if TYPE_CHECKING:
    import sqlalchemy as sa
else:
    sa = needs("crm", "sqlalchemy")


def table_of(name: str) -> sa.Table:
    """A table by name. Raises `InputError` where there is none that is reached row by row."""
    if name not in ROW_TABLES:
        raise InputError(
            f"There is no table {name!r} that is read row by row; there are"
            f" {', '.join(ROW_TABLES)}. Take one of them.",
            field="table",
            value=name,
        )
    return metadata.tables[name]


def put_rows(connection: sa.Connection, name: str, rows: Iterable[Any]) -> Written:
    """Write rows over those of the same key; see `Store.put_rows`."""
    table = table_of(name)
    one_at_a_time(connection, name)
    count, changed, problems = 0, 0, list[AdapterError]()
    for row in rows:
        count += 1
        wrong = problem_of(table, row)
        if wrong is not None:
            key = next(iter(table.primary_key.columns)).name
            named = row.get(key) if isinstance(row, Mapping) else None
            problems.append(AdapterError(wrong, record_id=None if named is None else str(named)))
            continue
        mine = _key(table, row)
        before = connection.execute(sa.select(table).where(mine)).mappings().first()
        if before is None:
            connection.execute(sa.insert(table).values(**row))
        elif all(before[n] == value for n, value in row.items()):
            continue
        else:
            connection.execute(sa.update(table).where(mine).values(**row))
        changed += 1
    return Written(count, changed, tuple(problems))


def problem_of(table: sa.Table, row: Any) -> str | None:
    """What is wrong with a row, or None."""
    if not isinstance(row, Mapping):
        return f"A row of {table.name} is {type(row).__name__}; give a mapping of its columns."
    odd = [str(name) for name in row if name not in table.c]
    if odd:
        return f"{table.name} has no column {odd[0]!r}; it has {', '.join(table.c.keys())}."
    lacking = [c.name for c in table.c if not c.nullable and row.get(c.name) is None]
    if lacking:
        return f"A row of {table.name} needs {lacking[0]}, which is missing."
    for column in table.c:
        value = row.get(column.name)
        if value is None:
            continue
        if isinstance(column.type, Moment):
            if getattr(value, "utcoffset", lambda: None)() is None:
                return f"{table.name}.{column.name} must be a moment with its time zone."
        elif not isinstance(value, column.type.python_type) and not (
            column.type.python_type is float and type(value) is int
        ):
            return f"{table.name}.{column.name} must be {column.type.python_type.__name__}."
    return None


def read_rows(
    connection: sa.Connection, name: str, where: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """Rows whose columns have these values, in the order of their key."""
    table = table_of(name)
    query = sa.select(table).order_by(*table.primary_key.columns)
    for condition in conditions_of(table, where):
        query = query.where(condition)
    return [dict(row) for row in connection.execute(query).mappings()]


def change_row(
    connection: sa.Connection, name: str, where: Mapping[str, Any], values: Mapping[str, Any]
) -> int:
    """Change rows that have these values now; see `Store.change`."""
    table = table_of(name)
    odd = [n for n in values if n not in table.c]
    if odd:
        raise no_column(table, odd[0])
    change = sa.update(table).where(*conditions_of(table, where)).values(**values)
    return connection.execute(change).rowcount


def delete_rows(connection: sa.Connection, name: str, where: Mapping[str, Any]) -> int:
    """Delete rows that have these values; a list or tuple of two is a span, from and before."""
    table = table_of(name)
    return connection.execute(sa.delete(table).where(*conditions_of(table, where))).rowcount


def claim_row(
    connection: sa.Connection, name: str, row: Mapping[str, Any]
) -> dict[str, Any] | None:
    """Insert a row whose key is free; what stands there where it is not."""
    table = table_of(name)
    wrong = problem_of(table, row)
    if wrong is not None:
        raise InputError(wrong, field=name)
    dialect = needs("crm", f"sqlalchemy.dialects.{connection.dialect.name}")
    key = next(iter(table.primary_key.columns))
    insert = dialect.insert(table).values(**row).on_conflict_do_nothing().returning(key)
    fresh = connection.execute(insert).first() is not None
    return (
        None
        if fresh
        else dict(connection.execute(sa.select(table).where(_key(table, row))).mappings().one())
    )


def _key(table: sa.Table, row: Mapping[str, Any]) -> Any:
    return sa.and_(*(c == row[c.name] for c in table.primary_key.columns))
