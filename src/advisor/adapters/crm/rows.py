"""Small tables row by row: which there are, and what may stand in them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from advisor.adapters.records.libraries import sa
from advisor.adapters.records.moments import moment_of
from advisor.adapters.records.tables import ROW_TABLES, Moment, metadata
from advisor.errors import InputError


def table_of(name: str) -> sa.Table:
    """A table by name. Raises `InputError` where there is none that is reached row by row."""
    if name in ROW_TABLES:
        return metadata.tables[name]
    why = f"There is no table {name!r} that is read row by row; there are {', '.join(ROW_TABLES)}."
    raise InputError(f"{why} Take one of them.", field="table", value=name)


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


def column_of(table: sa.Table, name: object) -> sa.Column[Any]:
    """A column by name. Raises `InputError` where the table has none."""
    if isinstance(name, str) and name in table.c:
        return table.c[name]
    why = f"{table.name} has no column {str(name)!r}; it has {', '.join(table.c.keys())}."
    raise InputError(f"{why} Correct it.", field=str(name))


def checked_value(column: sa.Column[Any], value: Any) -> Any:
    """A value that can stand in a column of every database. Raises `InputError` where it cannot."""
    if value is None:
        return None
    kind, fault = column.type.python_type, None
    if isinstance(column.type, Moment):
        try:
            moment_of(value)
        except InputError:
            fault = "a moment with its time zone"
    elif not isinstance(value, kind) and not (kind is float and type(value) is int):
        fault = kind.__name__
    elif kind is int and not -(2**63) <= value < 2**63:
        fault = "a whole number of at most 64 bits"
    elif isinstance(value, str) and not _kept(value):
        fault = "text without the character NUL and halves of characters"
    if fault is None:
        return value
    where = f"{column.table.name}.{column.name}"
    raise InputError(f"{where} must be {fault}. Correct it.", field=column.name)


def _kept(text: str) -> bool:
    """Whether every database keeps a text: documents are long, so the driver's own reading of it
    decides.
    """
    try:
        return "\0" not in text and (text.isascii() or bool(text.encode()))
    except UnicodeEncodeError:
        return False


def check_row(table: sa.Table, row: Any) -> None:
    """Raise `InputError` where a row cannot stand in a table."""
    if not isinstance(row, Mapping):
        why = f"A row of {table.name} is {type(row).__name__}; give a mapping of its columns."
        raise InputError(why, field=table.name)
    for name, value in cast("Mapping[Any, Any]", row).items():
        checked_value(column_of(table, name), value)
    lacking = [c.name for c in table.c if not c.nullable and row.get(c.name) is None]
    if lacking:
        why = f"A row of {table.name} needs {lacking[0]}, which is missing. Give it."
        raise InputError(why, field=lacking[0])


def key_of(table: sa.Table, row: Mapping[str, Any]) -> Any:
    """The condition that a row of the table has the key of this one."""
    return sa.and_(*(c == row[c.name] for c in table.primary_key.columns))
