"""The checks that every table passes: its kind, its columns, and cells read as ids, numbers and yes
/ no.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

import numpy as np
import pandas as pd

from advisor.arrays import BoolArray, FloatArray, IntArray, check_type
from advisor.cells import text_of, truth_of
from advisor.data.bad_rows import BadRow, bad_cells, missing_cells, refuse_first
from advisor.data.categories import Categories
from advisor.data.columns import Column, column_of
from advisor.data.hints import names_hint, word_hint
from advisor.data.ids import IdMap
from advisor.errors import InputError
from advisor.privacy import personal, written

_INDEX = re.compile(r"__index_level_\d+__")


def check_table(frame: object, field: str, columns: Sequence[str], remedy: str) -> None:
    """Raise `InputError` unless `frame` is a DataFrame that has each of `columns` exactly once;
    `remedy` says what such a table is.
    """
    check_type(frame, pd.DataFrame, field, f"Pass a pandas DataFrame. {remedy}")
    names = labels_of(frame.columns)  # type: ignore[attr-defined]
    absent = [c for c in columns if c not in names]
    if absent:
        raise InputError(
            f"{field} need the column(s) {absent}; the table has {names[:20]}. {remedy}"
            + names_hint(names, field, asked=columns),
            field=absent[0],
            value=absent,
        )
    check_once(names, field, columns)


def check_once(names: Sequence[str], field: str, columns: Sequence[str] | None = None) -> None:
    """Raise `InputError` where one of `columns` (default all) is among `names` twice."""
    if len(set(names)) == len(names):
        return
    twice = [
        c for c in dict.fromkeys(names) if names.count(c) > 1 and (columns is None or c in columns)
    ]
    if twice:
        raise InputError(
            f"{field} has the column(s) {twice[:5]} more than once, so it is not known which one"
            " counts. Drop or rename the others.",
            field=twice[0],
            value=twice,
        )


def is_index(column: object) -> bool:
    """Whether a column is the unnamed index that pandas writes into a file; it says nothing."""
    return bool(_INDEX.fullmatch(text_of(column)))


def with_index(frame: pd.DataFrame) -> pd.DataFrame:
    """A frame whose named index is a column, and whose unnamed one, if it was written as a column,
    is gone.
    """
    named = [name for name in frame.index.names if name is not None and name not in frame.columns]
    frame = frame.reset_index(level=named) if named else frame
    unnamed = [is_index(name) for name in frame.columns]
    return frame.loc[:, ~np.array(unnamed, dtype=np.bool_)] if any(unnamed) else frame


def bad_ids(column: Column, field: str, remedy: str | None = None) -> Iterator[BadRow]:
    """Rows whose id is a list, a record, or text that cannot be written; with a remedy, those
    without an id too.
    """
    why = "; an id is text in UTF-8, or a number. Correct the cell."
    line = f" Of a list, make one row each: frame = frame.explode({field!r})."

    def listed(cell: object) -> str:
        return line if isinstance(cell, list | tuple | np.ndarray) else ""

    yield from bad_cells(column.no_words(), column, field, why, hint=listed)
    if remedy is not None:
        yield from missing_cells(column, f"{field} is missing in row {{row}}; {remedy}", field)


def ids_of(column: pd.Series | pd.Index | Iterable[object], field: str) -> list[str | None]:
    """Ids of a column as text, None where there is none.

    Raises:
        InputError: A cell is a list, a record, or text that cannot be written (the row is named).
    """
    series = (
        column
        if isinstance(column, pd.Series)
        else pd.Series(column, dtype=column.dtype if isinstance(column, pd.Index) else object)
    )
    cells = column_of(series)
    refuse_first(bad_ids(cells, field))
    return cells.words().spelled().tolist()


def id_codes(column: pd.Series, field: str, remedy: str) -> tuple[IntArray, IdMap]:
    """Codes of a column of ids over the ids that occur, sorted as text.

    Raises:
        InputError: An id is missing, a list, a record, or text that cannot be written (the row is
            named).
    """
    cells = column_of(column)
    refuse_first(bad_ids(cells, field, remedy))
    return coded_ids(cells.words())


def coded_ids(words: Categories) -> tuple[IntArray, IdMap]:
    """Codes of words, one a row, over those that occur, sorted as text."""
    used = np.zeros(len(words.names), dtype=np.bool_)
    used[words.codes] = True
    there = sorted(np.flatnonzero(used).tolist(), key=words.names.__getitem__)
    place = np.full(len(words.names), -1, dtype=np.int64)
    place[there] = np.arange(len(there))
    return place[words.codes], IdMap(tuple(words.names[code] for code in there))


def as_numbers(column: pd.Series, decimal: str = ".") -> FloatArray:
    """The numbers of a column, shape (c,), a copy; nan where a cell is missing or holds none: text
    that is none, True and False, days.
    """
    return column_of(column).numbers(decimal)


def cell(column: pd.Series, row: int) -> object:
    """One cell as a plain value, for a message."""
    entry = column.iloc[row]
    return entry.item() if isinstance(entry, np.generic) else entry


def shown_cell(column: pd.Series, row: int) -> str:
    """A client's cell as a message shows it."""
    return shown_amount(cell(column, row))


def shown_amount(value: object) -> str:
    """A client's number as a message shows it."""
    return written(f"{value:g}") if isinstance(value, float) else personal(value)


def yes_no(column: pd.Series, field: str, remedy: str, *, missing: bool | None = None) -> BoolArray:
    """A yes / no column, shape (c,): True and False, 1 and 0, or the words of `TRUE` and `FALSE`.

    Args:
        column: Its cells.
        field: Its name.
        remedy: What to do about a cell that is neither.
        missing: What an empty cell means; None: an empty cell is refused.

    Raises:
        InputError: A cell is neither yes nor no (the row is named).
    """
    cells = column_of(column)
    true, odd = truths_of(cells, missing)
    refuse_first(bad_flags(odd, cells, field, remedy))
    return true


def truths_of(cells: Column, missing: bool | None) -> tuple[BoolArray, BoolArray]:
    """Where a column says yes (an empty cell says `missing`), and where neither yes nor no."""
    words = cells.words()
    truths = [truth_of(name) for name in words.names]
    said = np.array([*(-1 if t is None else int(t) for t in truths), -1])[words.codes]
    if missing is not None:
        said[cells.missing()] = int(missing)
    return said == 1, said < 0


def bad_flags(odd: BoolArray, cells: Column, field: str, remedy: str) -> Iterator[BadRow]:
    """What is wrong with the rows that are neither yes nor no."""
    hint = word_hint(cells.coded()[0], field, "truth") if odd.any() else ""
    why = f"; it must be yes or no, true or false, 1 or 0. {remedy}{hint}"
    yield from bad_cells(odd, cells, field, why)


def labels_of(index: Iterable[object]) -> list[str]:
    """Categories of a pandas index as ids."""
    return [text_of(label) for label in index]
