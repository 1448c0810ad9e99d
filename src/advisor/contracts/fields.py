"""The kinds of fields that contracts have, each read as a cell of a table is (`advisor.cells`)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from math import isfinite
from typing import Annotated, Any, cast

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from advisor.cell_words import has_decimal_comma, percentage, rating_of
from advisor.cells import (
    LISTS,
    date_of,
    entries,
    ids_in,
    is_missing,
    is_word,
    json_of,
    number_of,
    text_of,
    truth_of,
)
from advisor.contracts.base import Contract
from advisor.contracts.currencies import currency_code


class Row(Contract):
    """A contract that a row of a table fills: what is missing (None, nan, blank) is not stated."""

    @model_validator(mode="before")
    @classmethod
    def _stated(cls, row: Any) -> Any:
        if not isinstance(row, Mapping):
            return row
        fields = cast("Mapping[str, object]", row)
        known = cls.model_fields
        return {
            name: cell
            for name, cell in fields.items()
            if not is_missing(cell) or name not in known or known[name].is_required()
        }


def _word(cell: Any) -> Any:
    if (
        type(cell) is str
        and cell.isascii()
        and 0 < len(cell) <= _SHORT
        and cell[0] > " "
        and cell[0] not in "[{"
    ):
        return cell
    if not is_word(cell):
        raise ValueError("it must be one word in UTF-8, of at most 10,000 characters")
    return text_of(cell)


def _number(cell: Any) -> Any:
    number = number_of(cell)
    if number != number:
        comma = "; its decimal comma is written as a point" if has_decimal_comma(cell) else ""
        raise ValueError(
            f"it must be a number, or text that writes one; true and false are none{comma}"
        )
    return number + 0.0


def fraction_of(cell: object) -> float:
    """The number of a share or a fee; with a percent sign it is a hundredth, nan where there is
    none.

    >>> fraction_of("0.41%"), fraction_of("60 %"), fraction_of(0.41), fraction_of("%")
    (0.0041, 0.6, 0.41, nan)
    """
    percent = number_of(percentage(cell))
    return float(Decimal(repr(percent)) / 100) if isfinite(percent) else number_of(cell)


def _fraction(cell: Any) -> Any:
    return _number(fraction_of(cell))


def _risk_rating(cell: Any) -> Any:
    return _number(rating_of(cell, "R"))


def _client_rating(cell: Any) -> Any:
    return _number(rating_of(cell, "C"))


def _flag(cell: Any) -> Any:
    truth = truth_of(cell)
    if truth is None:
        raise ValueError("it must be true or false")
    return truth


def _day(cell: Any) -> Any:
    day = date_of(cell)
    if day is None:
        raise ValueError(
            "it must be a day, such as 2026-02-01; no number, no month, no word for one"
        )
    return day


def _ids(cell: Any) -> Any:
    ids = ids_in(cell)
    if ids is None:
        raise ValueError("it must be ids, none of them twice: a list, or text with | between")
    return ids


def _named(cell: Any) -> Any:
    """A mapping whose keys are ids as text, none of them twice."""
    record = json_of(cell) if isinstance(cell, str) else cell
    if not isinstance(record, Mapping):
        raise ValueError("it must be a mapping from id to value")
    values: dict[str, Any] = {}
    for key, value in cast("Mapping[object, object]", record).items():
        name = _word(key)
        if name in values:
            raise ValueError("it names an id twice (101 and 101.0 are one); give each once")
        values[name] = value
    return values


def _by_id(cell: Any) -> Any:
    """As `_named`; what is missing is not there."""
    return {name: value for name, value in _named(cell).items() if not is_missing(value)}


def _held(cell: Any) -> Any:
    """As `_by_id`, without what is 0."""
    return {name: value for name, value in _by_id(cell).items() if number_of(value) != 0.0}


def _items(cell: Any) -> Any:
    record = json_of(cell) if isinstance(cell, str) else cell
    if isinstance(record, Mapping | Contract):
        return (record,)
    return tuple(entries(record)) if isinstance(record, LISTS) else cell


_SHORT = 100
"""Characters up to which ASCII text is a word without a further look."""
Word = Annotated[str, BeforeValidator(_word)]
Currency = Annotated[Word | None, AfterValidator(currency_code)]
"""A code of ISO 4217, in capitals; None where it is not stated."""
Id = Annotated[str, Field(min_length=1), BeforeValidator(_word)]
"""A word that is there: 101, 101.0, b"101" and "101" are one id."""
as_number = BeforeValidator(_number)
"""Stands after the limits, so that the JSON schema tells them."""
as_fraction = BeforeValidator(_fraction)
"""As `as_number`; with a percent sign it is a hundredth."""
as_rating, as_level = BeforeValidator(_risk_rating), BeforeValidator(_client_rating)
"""As `as_number`; a product's may be written R1..R5, a client's C1..C5."""
Money = Annotated[float, Field(ge=0.0), as_number]
Flag = Annotated[bool, BeforeValidator(_flag)]
Ids = Annotated[frozenset[str], BeforeValidator(_ids)]
WordsById = Annotated[dict[Id, Word], BeforeValidator(_by_id)]
NumbersById = Annotated[dict[Id, Annotated[float, as_number]], BeforeValidator(_by_id)]
Share = Annotated[float, Field(ge=0.0, le=1.0), as_fraction]
SharesById = Annotated[dict[Id, Share], BeforeValidator(_by_id)]
MoneyById = Annotated[dict[Id, Money], BeforeValidator(_held)]
"""What is not held (0) is not there."""
CalendarDay = Annotated[date, BeforeValidator(_day)]
"""A day, of a time with a time zone the day there."""
as_mapping = BeforeValidator(_named)
"""From id to anything."""
as_items = BeforeValidator(_items)
"""One record, a list of them, or either in JSON."""
