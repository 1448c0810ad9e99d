"""The checks that every table passes at a door: its kind, its columns, and cells read as ids, numbers and yes / no."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

import numpy as np
import pandas as pd

from advisor.arrays import BoolArray, FloatArray, IntArray, check_type
from advisor.data.ids import IdMap
from advisor.errors import InputError

TRUE, FALSE = frozenset({"true", "1", "1.0", "yes", "y"}), frozenset({"false", "0", "0.0", "no", "n"})
"""How yes and no are written in a table, any case."""
NO_NUMBERS = "bcmM"
"""Kinds of columns that pandas would turn into numbers without a word: yes / no, complex, spans of time, days."""
_MIXED = ("boolean", "mixed", "mixed-integer", "mixed-integer-float", "complex")


def check_table(frame: object, field: str, columns: Sequence[str], remedy: str) -> None:
    """Raise `InputError` unless `frame` is a DataFrame that has each of `columns` exactly once; `remedy` says what such a table is."""
    check_type(frame, pd.DataFrame, field, f"Pass a pandas DataFrame. {remedy}")
    names = [str(c) for c in frame.columns]  # type: ignore[attr-defined]
    absent = [c for c in columns if c not in names]
    if absent:
        raise InputError(f"{field} need the column(s) {absent}; the table has {names[:20]}. {remedy}", field=absent[0], value=absent)
    check_once(names, field, columns)


def check_once(names: Sequence[str], field: str, columns: Sequence[str] | None = None) -> None:
    """Raise `InputError` where one of `columns` (default all) is among `names` twice."""
    if len(set(names)) == len(names):
        return
    twice = [c for c in dict.fromkeys(names) if names.count(c) > 1 and (columns is None or c in columns)]
    if twice:
        raise InputError(
            f"{field} has the column(s) {twice[:5]} more than once, so it is not known which one counts. Drop or rename the others.",
            field=twice[0],
            value=twice,
        )


def id_codes(column: pd.Series, field: str, remedy: str) -> tuple[IntArray, IdMap]:
    """Codes of a column of ids over the ids that occur, sorted; what is no text becomes it.

    Raises:
        InputError: An id is missing (the row is named) or empty.
    """
    words = column.map(str, na_action="ignore") if column.dtype == object else column
    codes, uniques = pd.factorize(words, sort=True)
    if (codes < 0).any():
        row = int(np.argmax(codes < 0))
        raise InputError(f"{field} is missing in row {row}; {remedy}", field=field, value=None)
    return codes.astype(np.int64), IdMap.of([str(u) for u in uniques], field)


def as_numbers(column: pd.Series) -> FloatArray:
    """The numbers of a column, shape (c,), a copy; nan where a cell is missing or holds none: text that is none, True and False, days."""
    if column.dtype.kind in NO_NUMBERS:
        return np.full(len(column), np.nan)
    odd = None
    if column.dtype == object and pd.api.types.infer_dtype(column, skipna=True) in _MIXED:
        odd = np.array(
            [isinstance(x, bool | np.bool_ | complex | date | timedelta) and not isinstance(x, float) for x in column], dtype=np.bool_
        )
        column = column.mask(odd)
    try:
        return pd.to_numeric(column, errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan, copy=True)
    except OverflowError:
        return np.array([_number(x) for x in column], dtype=np.float64)


def cell(column: pd.Series, row: int) -> object:
    """One cell as a plain value, for a message."""
    given = column.iloc[row]
    return given.item() if isinstance(given, np.generic) else given


def told(column: pd.Series, row: int) -> str:
    """One cell as a message shows it."""
    value = cell(column, row)
    return f"{value:g}" if isinstance(value, float) else repr(value)


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
    if column.dtype == np.bool_:
        return column.to_numpy(dtype=np.bool_)
    words = column.astype(str).str.strip().str.lower()
    true, empty = words.isin(TRUE).to_numpy(dtype=np.bool_), column.isna().to_numpy(dtype=np.bool_)
    bad = ~(true | words.isin(FALSE).to_numpy(dtype=np.bool_) | (empty if missing is not None else False))
    if bad.any():
        row = int(np.argmax(bad))
        value = cell(column, row)
        raise InputError(
            f"{field} is {value!r} in row {row}; it must be yes or no, true or false, 1 or 0. {remedy}", field=field, value=value
        )
    return np.where(empty, bool(missing), true)


def _number(value: object) -> float:
    try:
        return float(value)  # type: ignore[arg-type]
    except OverflowError:
        return np.inf
    except (TypeError, ValueError):
        return np.nan
