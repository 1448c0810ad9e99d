"""Dotted paths into records, units of another system, and the fields of a map."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, Literal, cast

from advisor import Contract
from advisor.cells import date_of, is_missing, number_of, text_of
from advisor.errors import InputError
from advisor.privacy import personal

Number = Literal["", "thousands", "millions", "cents", "percent", "months"]
FACTORS: dict[str, Decimal] = {
    "thousands": Decimal(1000),
    "millions": Decimal(1_000_000),
    "cents": Decimal("0.01"),
    "percent": Decimal("0.01"),
    "months": 1 / Decimal(12),
}
"""Unit -> how much one of it is of ours: money, a fraction, years."""


def value_at(record: Any, path: str, nothing: Any = None) -> Any:
    """What stands at a dotted path, of a list each entry's; `nothing` where nothing does.

    >>> value_at({"orders": [{"isin": "A"}, {"isin": "B"}]}, "orders.isin")
    ['A', 'B']
    """
    if not path:
        return record
    if isinstance(record, Mapping):
        fields = cast("Mapping[str, Any]", record)
        if path in fields:
            return fields[path]
        name, _, rest = path.partition(".")
        return value_at(fields.get(name), rest, nothing) if rest else nothing
    if isinstance(record, list | tuple):
        return [value_at(entry, path, nothing) for entry in cast("Sequence[Any]", record)]
    return nothing


def list_at(record: Any, path: str) -> list[Any]:
    """The list at a dotted path; empty where there is none."""
    node = value_at(record, path)
    return cast("list[Any]", node) if isinstance(node, list) else []


def text_at(record: Any, path: str) -> str | None:
    """The text at a dotted path; None where there is none."""
    node = value_at(record, path)
    return node if isinstance(node, str) and node else None


def put_at(record: dict[str, Any], path: str, value: Any) -> None:
    """Write a value at a dotted path, making the records on the way."""
    name, _, rest = path.partition(".")
    if rest:
        put_at(record.setdefault(name, {}), rest, value)
    else:
        record[name] = value


def incoming(value: Any, unit: str, as_of: date) -> Any:
    """A cell of theirs in our unit; one that cannot be read stays, and is refused later.

    >>> (
    ...     incoming("120", "thousands", date(2026, 1, 1)),
    ...     incoming("1990-06-01", "birthday", date(2026, 1, 1)),
    ... )
    (120000.0, 35)
    """
    if unit == "birthday":
        born = date_of(value)
        if born is None or born > as_of:
            return value
        return as_of.year - born.year - ((as_of.month, as_of.day) < (born.month, born.day))
    number = number_of(value) if unit in FACTORS else float("nan")
    if number != number or number in (float("inf"), float("-inf")):
        return value
    return float(Decimal(repr(number)) * FACTORS[unit])


def outgoing(value: Any, unit: str, join: str | None) -> Any:
    """A value of ours as they have it: in their unit, as JSON text, or a list as one text.

    >>> outgoing(0.07, "percent", None), outgoing(["a", None, "b"], "", ";")
    (7.0, 'a;b')
    """
    if value is None:
        return None
    if unit == "json":
        return json.dumps(value, ensure_ascii=False, sort_keys=True)
    if join is not None and isinstance(value, list | tuple):
        items = cast("Sequence[Any]", value)
        return join.join(text_of(item) for item in items if not is_missing(item))
    if unit in FACTORS:
        return float(Decimal(repr(float(value))) / FACTORS[unit])
    return value


class FieldIn(Contract):
    """`path` in their record is the field `to` of a `Client` (`wealth`, `answers.q1`).

    `words` says what their words mean (any other is refused), `default` what an empty cell means.
    """

    to: str
    path: str
    unit: Number | Literal["birthday"] = ""
    words: dict[str, str | float | bool] = {}
    default: str | float | bool | None = None


class FieldOut(Contract):
    """`path` in their record is written from `of`: a dotted path in `Advice`, `segment` or `tags`.

    A list becomes one text with `join` between, or stays a list where that is None.
    """

    path: str
    of: str
    unit: Number | Literal["json"] = ""
    words: dict[str, str | float | bool] = {}
    join: str | None = None


def word_of(field: FieldIn | FieldOut, cell: Any, fault: str) -> Any:
    """What a word means on the other side. Raises `InputError` where the map has none."""
    word = text_of(cell)
    if word not in field.words:
        why = f"{field.path} is {personal(cell)}, which {fault} ({', '.join(field.words)})."
        raise InputError(f"{why} Correct it there, or add it to `words`.", field=field.path)
    return field.words[word]


def cell_of(record: Any, field: FieldIn, as_of: date) -> Any:
    """What a record says of a field, in our words and unit; its default where nothing stands."""
    cell = value_at(record, field.path)
    if is_missing(cell):
        return field.default
    if field.words:
        return word_of(field, cell, "means nothing that the map knows")
    return incoming(cell, field.unit, as_of)
