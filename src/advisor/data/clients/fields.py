"""The declared schema of a client table: how each field is read, every cell checked."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, cast

import numpy as np

from advisor.arrays import BoolArray, DayArray, FloatArray, IntArray
from advisor.cells import (
    LISTS,
    LONGEST,
    NO_DAY,
    entries,
    ids_in,
    is_missing,
    json_of,
    shown,
    text_of,
)
from advisor.contracts.client import BIASES, Goal
from advisor.contracts.currencies import code_of, nearest
from advisor.contracts.sustainability import parse
from advisor.data.categories import Categories
from advisor.data.clients.schema import FLAGS, RANGES, REQUIRED, SETS, WHOLE
from advisor.data.columns import NUMBER, Column, ratings
from advisor.data.day_hints import day_hint
from advisor.data.days import no_days
from advisor.data.doubts import log_points
from advisor.data.hints import number_hint, rating_hint, word_hint
from advisor.data.sparse_rows import SparseRows
from advisor.data.tables import truths_of
from advisor.errors import InputError

_LOG = logging.getLogger(__name__)
_NO_WORD = "it must be one word in UTF-8, of at most 10,000 characters. Correct the cell."
_NO_GOALS = "it must be a list of goals, each with name, amount and years. Correct the cell."
_NO_IDS = "it must be ids, none of them twice: a list, or text with | between. Correct the cell."
_NO_SHARES = "write each share as a number from 0 to 100, as in taxonomy>=20. Correct the cell."
_MONEY = frozenset(["wealth", "income", "liabilities", "monthly_spending", "planned_purchases"])
_READERS = " to ClientFiles or ClientTable.from_frame"


class Problems(dict[int, str]):
    """Row -> the first thing wrong with it."""

    decimal: str = "."
    """The decimal mark of the table."""

    def note(
        self,
        bad: BoolArray,
        name: str,
        column: Column,
        why: str,
        *,
        hint: Callable[[object], str] = lambda _: "",
        whole: bool = False,
    ) -> None:
        """Name the cells of the rows that are bad; `hint` is what mends one."""
        for row in np.flatnonzero(bad).tolist():
            cell = column.cell(row)
            self.setdefault(row, f"{name} is {shown(cell, whole=whole)}; {why}{hint(cell)}")

    def number_hint(self, name: str) -> Callable[[object], str]:
        """What mends a cell of a column of numbers."""
        return lambda cell: number_hint(cell, name, self.decimal, _READERS)


def numbers(
    column: Column, name: str, problems: Problems, *, low: float = -np.inf, high: float = np.inf
) -> FloatArray:
    """The numbers of a column, shape (c,), nan where there is none; 0 where it is required."""
    if name in _MONEY or name.startswith("holding:"):
        log_points(column, name, problems.decimal)
    values, missing = column.numbers(problems.decimal), column.missing()
    bad = ~missing & ~(np.isfinite(values) & (values >= low) & (values <= high))
    if name in WHOLE:
        bad |= ~missing & (values != np.floor(values))
    if name in REQUIRED:
        bad |= missing
    if bad.any():
        kind = "whole number" if name in WHOLE else "number"
        why = f"it must be {_span(kind, low, high)}. Correct the cell."
        problems.note(bad, name, column, why, hint=problems.number_hint(name))
        values[bad] = 0.0 if name in REQUIRED else np.nan
    return values


def _span(kind: str, low: float, high: float) -> str:
    if low == -np.inf:
        return f"a finite {kind}"
    return (
        f"a {kind} of at least {low:g}" if high == np.inf else f"a {kind} from {low:g} to {high:g}"
    )


def bias(column: Column, name: str, problems: Problems) -> FloatArray:
    """The numbers of a column `bias:<name>`, within the range of that bias."""
    low, high = BIASES.get(name.removeprefix("bias:"), (-np.inf, np.inf))
    return numbers(column, name, problems, low=low, high=high)


def _flags(column: Column, name: str, problems: Problems, *, empty: int) -> IntArray:
    true, odd = truths_of(column, missing=False)
    if odd.any():
        hint = word_hint(column.coded()[0], name, "truth")
        why = "it must be true or false. Correct the cell."
        problems.note(odd, name, column, why + hint, whole=True)
    return np.where(odd | column.missing(), empty, true).astype(np.int64)


def _yes_no(column: Column, name: str, problems: Problems, *, empty: bool) -> BoolArray:
    return _flags(column, name, problems, empty=int(empty)).astype(np.bool_)


def _levels(column: Column, name: str, problems: Problems) -> IntArray:
    values = ratings(column, "C", problems.decimal)
    fine = np.isin(values, np.arange(6.0))
    why = "a level is a whole number from 0 to 5. Correct the cell."
    problems.note(
        ~fine & ~column.missing(),
        name,
        column,
        why,
        hint=lambda cell: rating_hint(cell, name, "C"),
        whole=True,
    )
    return np.where(fine, values, -1.0).astype(np.int64)


def _days(column: Column, name: str, problems: Problems) -> DayArray:
    days = column.days()
    none = no_days(days)
    why = "it is no day; write 2026-02-01. Correct the cell."
    if (bad := none & ~column.missing()).any():
        why += day_hint(column.coded()[0], name)
        problems.note(bad, name, column, why, whole=True)
    if off := column.off_midnight():
        _LOG.warning(
            f"{name} holds {off:,} times with a time zone that are not midnight there; the day"
            " there is taken, which is another one if the time was converted on its way (as from a"
            " database in UTC). Hand over days, or times of the client's own zone."
        )
    return np.where(none, NO_DAY, days)


def words_of(column: Column, name: str, problems: Problems) -> Categories:
    """The words of a column."""
    problems.note(column.no_words(), name, column, _NO_WORD)
    return column.words()


def _criteria(column: Column, name: str, problems: Problems) -> Categories:
    words = words_of(column, name, problems)
    odd = [_no_criteria(word) for word in words.names]
    bad = np.array([*odd, False], dtype=np.bool_)[words.codes]
    problems.note(bad, name, column, _NO_SHARES)
    return words.mapped([None if no else word for word, no in zip(words.names, odd, strict=True)])


def _no_criteria(words: str) -> bool:
    try:
        parse(words)
    except InputError:
        return True
    return False


def _currencies(column: Column, name: str, problems: Problems) -> Categories:
    """The codes of ISO 4217 that words write, in capitals; each word is looked up once."""
    words = words_of(column, name, problems)
    codes = [code_of(word) for word in words.names]
    for at, code in enumerate(codes):
        if code is None:
            why = f"that is no code of ISO 4217. {nearest(words.names[at])}"
            problems.note(words.codes == at, name, column, why)
    return words.mapped(codes)


def label(column: Column) -> Categories:
    """The texts of cells, whatever they hold: no cell of a label is wrong."""
    words, odd = column.words(), np.flatnonzero(column.no_words()).tolist()
    if not odd:
        return words
    texts = [words.word(row) for row in range(len(words))]
    for row in odd:
        texts[row] = text_of(column.cell(row))[:LONGEST]
    return Categories.of_words(texts)


def _sets(column: Column, name: str, problems: Problems) -> SparseRows:
    cells, codes = column.coded()
    if not len(cells):
        return SparseRows.empty(len(codes))
    ids = [*map(ids_in, cells), []]
    rows = [ids[code] for code in codes.tolist()]
    problems.note(np.array([row is None for row in rows], dtype=np.bool_), name, column, _NO_IDS)
    return SparseRows.of_sets(row or () for row in rows)


def _goals(column: Column, name: str, problems: Problems) -> tuple[tuple[Goal, ...], ...]:
    if not len(column.coded()[0]):
        return ()
    rows: list[tuple[Goal, ...]] = []
    for row in range(len(column)):
        cell = column.cell(row)
        goals = json_of(cell) if isinstance(cell, str) else cell
        try:
            if cell is not None and not isinstance(goals, LISTS | Mapping):
                raise InputError(f"it is {shown(cell)}; {_NO_GOALS}")
            listed = (
                (goals,) if isinstance(goals, Mapping) else entries(() if cell is None else goals)
            )
            rows.append(tuple(_goal(item, problems.decimal) for item in listed))
        except InputError as error:
            problems.setdefault(row, f"{name}: {error}")
            rows.append(())
    return tuple(rows)


def _goal(item: object, decimal: str) -> Goal:
    if isinstance(item, Goal):
        return item
    if not isinstance(item, Mapping):
        raise InputError(f"one of them is {shown(item)}; {_NO_GOALS}")
    fields = {
        text_of(n): v for n, v in cast("Mapping[object, object]", item).items() if not is_missing(v)
    }
    return Goal.model_validate({n: _of_goal(n, v, decimal) for n, v in fields.items()})


def _of_goal(name: str, value: object, decimal: str) -> object:
    """A field of a goal: its name is text, as ids are, and what reads as a number is one."""
    if name == "name":
        return value if isinstance(value, LISTS | Mapping) else text_of(value)
    number = NUMBER[decimal](value)
    return number if number == number else value


FIELDS: dict[str, Callable[[Column, str, Problems], Any]] = {
    **{name: partial(numbers, low=low, high=high) for name, (low, high) in RANGES.items()},
    **{name: partial(_yes_no, empty=empty) for name, empty in FLAGS.items()},
    "lowest_category": partial(_flags, empty=-1),
    "level": _levels,
    "assessed_on": _days,
    "gender": words_of,
    "segment": words_of,
    "sustainability": _criteria,
    "currency": _currencies,
    **dict.fromkeys(SETS, _sets),
    "goals": _goals,
}
"""The declared schema of a client table: how each field is read, in the order in which the problems
of a row count."""
