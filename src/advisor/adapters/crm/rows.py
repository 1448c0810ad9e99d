"""Small tables row by row: consents, tags, actions, sessions, jobs, idempotency keys."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, cast

from advisor.adapters.crm.tables import ROW_TABLES
from advisor.adapters.crm.values import Written
from advisor.adapters.extras import needs
from advisor.adapters.records.bulk import one_at_a_time
from advisor.adapters.records.libraries import sa
from advisor.adapters.records.moments import moment_of
from advisor.adapters.records.tables import Moment, metadata
from advisor.errors import AdapterError, InputError


def table_of(name: str) -> sa.Table:
    """A table by name. Raises `InputError` where there is none that is reached row by row."""
    if name not in ROW_TABLES:
        why = f"There is no table {name!r} that is read row by row;"
        remedy = f"there are {', '.join(ROW_TABLES)}. Take one of them."
        raise InputError(f"{why} {remedy}", field="table", value=name)
    return metadata.tables[name]


def conditions_of(table: sa.Table, where: Mapping[str, Any]) -> list[Any]:
    """What the columns must be: a value, any of a list, or a span (from, before)."""
    conditions: list[Any] = []
    for name, value in where.items():
        column = column_of(table, name)
        if isinstance(value, tuple):
            span = cast("tuple[Any, ...]", value)
            if len(span) != 2:
                why = f"{name} is a tuple of {len(span)}; a span is (from, before). Pass a list for"
                raise InputError(f"{why} any of several values.", field=name, value=span)
            low, high = (checked_value(column, edge) for edge in span)
            conditions += [column >= low] if low is not None else []
            conditions += [column < high] if high is not None else []
        elif isinstance(value, list | set | frozenset):
            some = cast("list[Any]", list(value))
            conditions.append(column.in_([checked_value(column, one) for one in some]))
        else:
            one = checked_value(column, value)
            conditions.append(column.is_(None) if one is None else column == one)
    return conditions


def checked_value(column: sa.Column[Any], value: Any) -> Any:
    """A value that can stand in a column. Raises `InputError` where it cannot."""
    if fault := fault_of(column, value):
        raise InputError(f"{fault} Correct it.", field=column.name)
    return value


def column_of(table: sa.Table, name: str) -> sa.Column[Any]:
    """A column by name. Raises `InputError` where the table has none."""
    if name in table.c:
        return table.c[name]
    why = f"{table.name} has no column {name!r}; it has {', '.join(table.c.keys())}. Correct it."
    raise InputError(why, field=name)


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
        mine = key_of(table, row)
        before = connection.execute(sa.select(table).where(mine)).mappings().first()
        if before is not None and all(before[n] == value for n, value in row.items()):
            continue
        write = sa.insert(table) if before is None else sa.update(table).where(mine)
        connection.execute(write.values(**row))
        changed += 1
    return Written(count, changed, tuple(problems))


def claim_row(
    connection: sa.Connection, name: str, row: Mapping[str, Any]
) -> dict[str, Any] | None:
    """Insert a row whose key is free; what stands there where it is not."""
    table = table_of(name)
    if wrong := problem_of(table, row):
        raise InputError(wrong, field=name)
    dialect = needs("crm", f"sqlalchemy.dialects.{connection.dialect.name}")
    key = next(iter(table.primary_key.columns))
    insert = dialect.insert(table).values(**row).on_conflict_do_nothing().returning(key)
    if connection.execute(insert).first() is not None:
        return None
    there = sa.select(table).where(key_of(table, row))
    return dict(connection.execute(there).mappings().one())


def problem_of(table: sa.Table, row: Any) -> str | None:
    """What is wrong with a row, or None."""
    if not isinstance(row, Mapping):
        return f"A row of {table.name} is {type(row).__name__}; give a mapping of its columns."
    for name in row:
        if name not in table.c:
            return f"{table.name} has no column {str(name)!r}; it has {', '.join(table.c.keys())}."
    lacking = [c.name for c in table.c if not c.nullable and row.get(c.name) is None]
    if lacking:
        return f"A row of {table.name} needs {lacking[0]}, which is missing."
    faults = (fault_of(column, row.get(column.name)) for column in table.c)
    return next((fault for fault in faults if fault is not None), None)


def fault_of(column: sa.Column[Any], value: Any) -> str | None:
    """Why a value cannot stand in a column, or None; every database is asked for the same."""
    kind, where = column.type.python_type, f"{column.table.name}.{column.name}"
    if value is None:
        return None
    if isinstance(column.type, Moment):
        try:
            moment_of(value)
        except InputError:
            return f"{where} must be a moment with its time zone."
    elif not isinstance(value, kind) and not (kind is float and type(value) is int):
        return f"{where} must be {kind.__name__}."
    elif kind is int and not -(2**63) <= value < 2**63:
        return f"{where} must be a whole number of at most 64 bits."
    elif isinstance(value, str) and (
        "\0" in value or any("\ud800" <= c <= "\udfff" for c in value)
    ):
        return f"{where} must be text without the character NUL and halves of characters."
    return None


def key_of(table: sa.Table, row: Mapping[str, Any]) -> Any:
    """The condition that a row of the table has the key of this one."""
    return sa.and_(*(c == row[c.name] for c in table.primary_key.columns))
