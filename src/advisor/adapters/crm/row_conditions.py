"""Which rows of a small table are meant."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

from advisor.errors import InputError

if TYPE_CHECKING:
    import sqlalchemy as sa


def conditions_of(table: sa.Table, where: Mapping[str, Any]) -> list[Any]:
    """What the columns must be: a value, any of a list, or a span (from, before)."""
    found: list[Any] = []
    for name, value in where.items():
        if name not in table.c:
            raise no_column(table, name)
        column = table.c[name]
        if isinstance(value, tuple):
            low, high = _span(name, cast("tuple[Any, ...]", value))
            found += [column >= low] if low is not None else []
            found += [column < high] if high is not None else []
        elif isinstance(value, list | set | frozenset):
            found.append(column.in_(list(value)))
        else:
            found.append(column.is_(None) if value is None else column == value)
    return found


def _span(name: str, span: tuple[Any, ...]) -> tuple[Any, ...]:
    if len(span) == 2:
        return span
    raise InputError(
        f"{name} is a tuple of {len(span)}; a span is (from, before). Pass a list for any of"
        " several values.",
        field=name,
        value=span,
    )


def no_column(table: sa.Table, name: str) -> InputError:
    """What is said of a column that the table does not have."""
    return InputError(
        f"{table.name} has no column {name!r}; it has {', '.join(table.c.keys())}. Correct it.",
        field=name,
    )
