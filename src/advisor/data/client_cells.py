"""Columns of cells to the columns of a `ClientTable`: every cell checked, every bad row named, none
lost.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Any, cast

import numpy as np

from advisor.annotations import Texts
from advisor.arrays import BoolArray, DayArray, FloatArray, IntArray
from advisor.cells import (
    FIRST_DAY,
    LAST_DAY,
    LISTS,
    LONGEST,
    NO_DAY,
    entries,
    ids_in,
    is_missing,
    is_word,
    json_of,
    number_of,
    shown,
    text_of,
    truth_of,
)
from advisor.contracts.client import BIASES, Client, Goal
from advisor.contracts.currencies import code_of, nearest
from advisor.contracts.sustainability import parse
from advisor.data.categories import Labels
from advisor.data.cell_columns import Cells, Words, ratings
from advisor.data.clients.schema import FLAGS, RANGES, SETS, WORDS
from advisor.data.labels import LABEL, OF_CLIENTS, label_names, labelled
from advisor.data.sparse_rows import SparseRows
from advisor.errors import InputError
from advisor.privacy import written

_LOG = logging.getLogger("advisor")
REQUIRED = ("id", "wealth", "horizon_years")
WHOLE = ("age",)
"""Number columns whose cells are whole."""
_PREFIXES = ("answer:", "holding:", "bias:", LABEL)
_NO_WORD = "it must be one word in UTF-8, of at most 10,000 characters. Correct the cell."
_NO_GOALS = "it must be a list of goals, each with name, amount and years. Correct the cell."
_NO_IDS = "it must be ids, none of them twice: a list, or text with | between. Correct the cell."


class Problems(dict[int, str]):
    """Row -> the first thing wrong with it."""

    def note(
        self, bad: BoolArray, column: str, cells: Cells, why: str, *, whole: bool = False
    ) -> None:
        """Name the cells of the rows that are bad."""
        for row in np.flatnonzero(bad).tolist():
            self.setdefault(row, f"{column} is {shown(cells.cell(row), whole=whole)}; {why}")


def check_names(
    given: Sequence[object],
    apart: Sequence[str] = (),
    what: str = "The client table",
    labels: Texts | str = (),
) -> list[str]:
    """Names of the columns of a client table, as text, those of labels as `label:<name>`.

    Args:
        given: Names.
        apart: Columns that the caller reads themselves.
        what: Which table, for the message.
        labels: Columns that pass through unread.

    Raises:
        InputError: A required column is absent, a column is unknown, or two have one name.
    """
    names = labelled([text_of(c) for c in given], labels, OF_CLIENTS, what[0].lower() + what[1:])
    absent = [c for c in REQUIRED if c not in names]
    if absent:
        raise InputError(
            f"{what} lacks the column(s) {absent}; id, wealth and horizon_years are needed for"
            " every client. Add them.",
            field=absent[0],
            value=names,
        )
    twice = sorted({c for c in names if names.count(c) > 1})
    if twice:
        raise InputError(
            f"{what} has the column(s) {twice[:5]} more than once, so it is not known which one"
            " counts. Drop or rename the others.",
            field=twice[0],
            value=twice,
        )
    read = [c for c in names if c not in apart]
    fields = Client.model_fields.keys() - {"answers", "holdings", "biases"}
    odd = [
        c
        for c in read
        if c not in fields and not (c.startswith(_PREFIXES) and c.partition(":")[2].strip())
    ]
    odd += [text_of(c) for c in given if not is_word(c)]
    if odd:
        raise InputError(
            f"{what} has columns {odd[:5]} that are not read; columns are named as Client's fields,"
            " answers as answer:<question id>, holdings as holding:<id>, biases as bias:<name>."
            f" Rename or drop them, or pass labels={odd[:5]} to have them beside the advice.",
            field=odd[0],
            value=odd,
        )
    return names


def columns_from_cells(
    ids: Sequence[str],
    cells: Mapping[str, Cells],
    problems: Problems,
    held: SparseRows | None = None,
) -> dict[str, Any]:
    """Columns for `ClientTable(**columns)`.

    Args:
        ids: Of c clients.
        cells: By column name, all but the id.
        problems: What is already known to be wrong; the first thing wrong with a row counts.
        held: Holdings, where they came in one column; None: those of the columns `holding:<id>`.
    """
    count = len(ids)
    columns: dict[str, Any] = {"ids": tuple(ids), "problems": problems}
    for name, (low, high) in RANGES.items():
        columns[name] = (
            _numbers(cells[name], name, low, high, problems)
            if name in cells
            else np.full(count, np.nan)
        )
    for name, empty in FLAGS.items():
        columns[name] = (
            _flags(cells[name], name, int(empty), problems).astype(np.bool_)
            if name in cells
            else np.full(count, empty)
        )
    for name, read in (("lowest_category", _lowest), ("level", _levels)):
        columns[name] = (
            read(cells[name], problems) if name in cells else np.full(count, -1, dtype=np.int64)
        )
    columns["assessed_on"] = (
        _days(cells["assessed_on"], problems)
        if "assessed_on" in cells
        else np.full(count, "NaT", dtype="datetime64[D]")
    )
    for name in WORDS:
        columns[name] = (
            _words(cells[name], name, problems) if name in cells else Labels.empty(count)
        )
    if len(columns["currency"].names):
        columns["currency"] = _currencies(columns["currency"], cells["currency"], problems)
    for name in SETS:
        columns[name] = (
            _sets(cells[name], name, problems) if name in cells else SparseRows.empty(count)
        )
    columns["goals"] = _goals(cells["goals"], problems) if "goals" in cells else ()
    columns["answers"] = {
        n.removeprefix("answer:"): _words(c, n, problems)
        for n, c in cells.items()
        if n.startswith("answer:")
    }
    columns["labels"] = {name: _labels(cells[LABEL + name]) for name in label_names(list(cells))}
    columns["biases"] = {
        (bias := n.removeprefix("bias:")): _numbers(
            c, n, *BIASES.get(bias, (-np.inf, np.inf)), problems
        )
        for n, c in cells.items()
        if n.startswith("bias:")
    }
    columns["holdings"] = (
        _holdings(cells, count, problems) if held is None else _checked(held, problems)
    )
    _check_sums(columns, problems)
    return columns


def texts_of_ids(cells: Cells) -> tuple[list[str], dict[int, str]]:
    """Ids as text, "" where there is none; and what is wrong with rows whose id is a list, a
    record, or text that cannot be written.
    """
    words = cells.words()
    ids = [words.names[code] if code >= 0 else "" for code in words.codes.tolist()]
    problems: dict[int, str] = {}
    for row in np.flatnonzero(cells.no_words()).tolist():
        ids[row] = text_of(cells.cell(row))[:LONGEST]
        problems[row] = (
            f"id is {shown(cells.cell(row))}; an id is text in UTF-8, or a number. Correct the"
            " cell."
        )
    return ids, problems


def _numbers(cells: Cells, name: str, low: float, high: float, problems: Problems) -> FloatArray:
    values, missing = cells.numbers(), cells.missing()
    bad = ~missing & ~(np.isfinite(values) & (values >= low) & (values <= high))
    if name in WHOLE:
        bad |= ~missing & (values != np.floor(values))
    if name in REQUIRED:
        bad |= missing
    if bad.any():
        kind = "whole number" if name in WHOLE else "number"
        problems.note(bad, name, cells, f"it must be {_span(kind, low, high)}. Correct the cell.")
        values[bad] = 0.0 if name in REQUIRED else np.nan
    return values


def _span(kind: str, low: float, high: float) -> str:
    if low == -np.inf:
        return f"a finite {kind}"
    return (
        f"a {kind} of at least {low:g}" if high == np.inf else f"a {kind} from {low:g} to {high:g}"
    )


def _flags(cells: Cells, name: str, empty: int, problems: Problems) -> IntArray:
    words = cells.words()
    truths = [truth_of(name) for name in words.names]
    read = np.array([*(-2 if truth is None else int(truth) for truth in truths), empty])
    found = np.where(cells.no_words(), -2, read[words.codes])
    problems.note(
        found == -2, name, cells, "it must be true or false. Correct the cell.", whole=True
    )
    return np.where(found == -2, empty, found).astype(np.int64)


def _lowest(cells: Cells, problems: Problems) -> IntArray:
    return _flags(cells, "lowest_category", -1, problems)


def _levels(cells: Cells, problems: Problems) -> IntArray:
    values = ratings(cells, "C")
    fine = np.isin(values, np.arange(6.0))
    problems.note(
        ~fine & ~cells.missing(),
        "level",
        cells,
        "a level is a whole number from 0 to 5. Correct the cell.",
        whole=True,
    )
    return np.where(fine, np.nan_to_num(values, posinf=0.0, neginf=0.0), -1).astype(np.int64)


def _days(cells: Cells, problems: Problems) -> DayArray:
    days = cells.days()
    none = ~((days >= FIRST_DAY) & (days <= LAST_DAY))
    problems.note(
        none & ~cells.missing(),
        "assessed_on",
        cells,
        "it is no day; write 2026-02-01. Correct the cell.",
        whole=True,
    )
    if off := cells.off_midnight():
        _LOG.warning(
            f"assessed_on holds {off:,} times with a time zone that are not midnight there; the day"
            " there is taken, which is another one if the time was converted on its way (as from a"
            " database in UTC). Hand over days, or times of the client's own zone."
        )
    return np.where(none, NO_DAY, days)


def _words(cells: Cells, name: str, problems: Problems) -> Labels:
    problems.note(cells.no_words(), name, cells, _NO_WORD)
    words = cells.words()
    if name != "sustainability" or not (odd := [_no_criteria(word) for word in words.names]):
        return words
    bad = np.array([*odd, False], dtype=np.bool_)[words.codes]
    problems.note(
        bad,
        name,
        cells,
        "write each share as a number from 0 to 100, as in taxonomy>=20. Correct the cell.",
    )
    return words.mapped(
        [None if wrong else word for word, wrong in zip(words.names, odd, strict=True)]
    )


def _labels(cells: Cells) -> Labels:
    """The texts of cells, whatever they hold: no cell of a label is wrong."""
    words, odd = cells.words(), np.flatnonzero(cells.no_words()).tolist()
    if not odd:
        return words
    texts = [words.word(row) for row in range(len(cells))]
    for row in odd:
        texts[row] = text_of(cells.cell(row))[:LONGEST]
    return Labels.of_words(texts)


def _no_criteria(words: str) -> bool:
    try:
        parse(words)
    except InputError:
        return True
    return False


def _currencies(words: Labels, cells: Cells, problems: Problems) -> Labels:
    """The codes of ISO 4217 that words write, in capitals; each word is looked up once."""
    codes = [code_of(word) for word in words.names]
    for word, code in zip(range(len(codes)), codes, strict=True):
        if code is None:
            why = f"that is no code of ISO 4217. {nearest(words.names[word])}"
            problems.note(words.codes == word, "currency", cells, why)
    return words.mapped(codes)


def _sets(cells: Cells, name: str, problems: Problems) -> SparseRows:
    if isinstance(cells, Words):
        known = [ids_in(word) for word in cells.labels.names]
        rows = [[] if code < 0 else known[code] for code in cells.labels.codes.tolist()]
    else:
        rows = [ids_in(cells.cell(row)) for row in range(len(cells))]
    problems.note(np.array([row is None for row in rows], dtype=np.bool_), name, cells, _NO_IDS)
    return SparseRows.of_sets(row or () for row in rows)


def _goals(cells: Cells, problems: Problems) -> tuple[tuple[Goal, ...], ...]:
    rows: list[tuple[Goal, ...]] = []
    for row in range(len(cells)):
        cell = cells.cell(row)
        found = json_of(cell) if isinstance(cell, str) else cell
        try:
            if cell is not None and not isinstance(found, LISTS | Mapping):
                raise InputError(f"it is {shown(cell)}; {_NO_GOALS}")
            items = (
                () if found is None else (found,) if isinstance(found, Mapping) else entries(found)
            )
            rows.append(tuple(_goal(item) for item in items))
        except InputError as error:
            problems.setdefault(row, f"goals: {error}")
            rows.append(())
    return tuple(rows)


def _goal(item: object) -> Goal:
    if isinstance(item, Goal):
        return item
    if not isinstance(item, Mapping):
        raise InputError(f"one of them is {shown(item)}; {_NO_GOALS}")
    fields = {
        text_of(n): v for n, v in cast("Mapping[object, object]", item).items() if not is_missing(v)
    }
    return Goal.model_validate({n: _of_goal(n, v) for n, v in fields.items()})


def _of_goal(name: str, value: object) -> object:
    """A field of a goal: its name is text, as ids are, and what reads as a number is one."""
    if name == "name":
        return value if isinstance(value, LISTS | Mapping) else text_of(value)
    number = number_of(value)
    return number if number == number else value


def _holdings(cells: Mapping[str, Cells], count: int, problems: Problems) -> SparseRows:
    names = sorted(n for n in cells if n.startswith("holding:"))
    if not names:
        return SparseRows.empty(count)
    money = np.column_stack([_numbers(cells[n], n, 0.0, np.inf, problems) for n in names])
    money[np.isnan(money)] = 0.0
    rows, codes = np.nonzero(money)
    indptr = np.zeros(count + 1, dtype=np.int64)
    np.cumsum(np.bincount(rows, minlength=count), out=indptr[1:])
    return SparseRows(
        tuple(n.removeprefix("holding:") for n in names),
        indptr,
        codes.astype(np.int64),
        money[rows, codes],
    )


def _checked(held: SparseRows, problems: Problems) -> SparseRows:
    """Holdings of one column, checked as those of columns of their own are: nan is no number (what
    is empty is not among them).
    """
    bad = ~(np.isfinite(held.values) & (held.values >= 0.0))
    owners = held.row_of_entry()
    for entry in np.flatnonzero(bad).tolist():
        told = "no number" if np.isnan(held.values[entry]) else repr(held.values.item(entry))
        problems.setdefault(
            int(owners[entry]),
            f"holding:{held.names[held.codes[entry]]} is {written(told)}; it must be a number of at"
            " least 0. Correct the cell.",
        )
    return SparseRows(held.names, held.indptr, held.codes, np.where(bad, 0.0, held.values))


def _check_sums(columns: dict[str, Any], problems: Problems) -> None:
    held, wealth = columns["holdings"].totals(), columns["wealth"]
    for row in np.flatnonzero(held > wealth * (1.0 + 1e-9) + 1e-6).tolist():
        told = (
            f"holdings add up to {written(f'{held[row]:,.2f}')} but wealth is"
            f" {written(f'{wealth[row]:,.2f}')}"
        )
        problems.setdefault(
            row, f"{told}; wealth is all investable money, holdings included. Raise wealth."
        )
