"""Columns and lists of a caller, read by the library's one meaning of a cell, and the guard round
other libraries.
"""

from __future__ import annotations

import warnings
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from math import inf
from typing import Any

import numpy as np
import pandas as pd

from advisor.arrays import BoolArray, FloatArray, IntArray, float_array
from advisor.data.tables import as_numbers, check_table, id_codes, yes_no
from advisor.errors import InputError
from advisor.privacy import kept, written

FAILURES = (ArithmeticError, LookupError, RuntimeError, TypeError, ValueError, Warning)
"""What statsmodels, scikit-learn and scipy raise about data that they cannot fit."""


@contextmanager
def refusing(what: str, field: str, remedy: str) -> Generator[None]:
    """A block whose failures and warnings are an `InputError`, and no other library's exception."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.simplefilter("ignore", DeprecationWarning)
        warnings.simplefilter("ignore", PendingDeprecationWarning)
        warnings.simplefilter("ignore", FutureWarning)
        try:
            yield
        except InputError:
            raise
        except FAILURES as error:
            error_text = " ".join(str(error).split())[:200] or type(error).__name__
            raise InputError(f"{what} ({error_text}). {remedy}", field=field) from None


def vector(
    values: object,
    field: str,
    *,
    low: float = -inf,
    high: float = inf,
    whole: bool = False,
    least: int = 1,
    length: int | None = None,
    personal: bool = True,
) -> FloatArray:
    """Finite numbers within a range, shape (n,); `personal` ones are masked in messages."""
    array = float_array(values, field, shape=(length,))
    if len(array) < least:
        why = f"{field} has {len(array)} entries, and needs at least {least}:"
        remedy = "there is nothing to estimate from. Give more rows."
        raise InputError(f"{why} {remedy}", field=field, value=len(array))
    bad: BoolArray = (array < low) | (array > high)
    if whole:
        bad |= array != np.floor(array)
    if bad.any():
        row = int(np.argmax(bad))
        span = "" if low == -inf else f" of at least {low:g}"
        span += "" if high == inf else f"{' and' if span else ' of'} at most {high:g}"
        entry_text, value = f"{array[row]:g}", float(array[row])
        why = f"{field}[{row}] is {written(entry_text) if personal else entry_text};"
        remedy = f"it must be a {'whole ' if whole else ''}number{span}. Correct or drop the row."
        raise InputError(f"{why} {remedy}", field=field, value=kept(value) if personal else value)
    return array


def table(
    frame: object, columns: Sequence[str], remedy: str, *, field: str = "frame"
) -> pd.DataFrame:
    """The frame, with each of the columns once and at least one row; raises `InputError` else."""
    check_table(frame, field, columns, remedy)
    if isinstance(frame, pd.DataFrame) and len(frame):
        return frame
    raise InputError(
        f"{field} has no rows, so there is nothing to estimate from. {remedy}", field=field, value=0
    )


def measured(frame: pd.DataFrame, column: str, **rules: Any) -> FloatArray:
    """A column of finite numbers, shape (n,); `rules` as in `vector`."""
    return vector(as_numbers(frame[column]), column, **rules)


def measures(frame: pd.DataFrame, columns: Sequence[str]) -> FloatArray:
    """Columns of finite numbers that vary, shape (n, p); `InputError` where one is constant."""
    parts = [varied(measured(frame, c), c) for c in columns]
    return np.stack(parts, axis=1) if parts else np.zeros((len(frame), 0))


def varied(values: FloatArray, field: str) -> FloatArray:
    """The values, of which some differ; raises `InputError` where all are the same."""
    if len(values) and values.max() - values.min() > 1e-12 * max(1.0, float(np.abs(values).max())):
        return values
    shown = f"{written(f'{values[0]:g}')} in every row" if len(values) else "empty"
    why = f"{field} is {shown}; a constant explains nothing, and nothing explains it. Leave it out."
    raise InputError(why, field=field)


def marked(frame: pd.DataFrame, column: str) -> BoolArray:
    """A yes / no column, shape (n,); an empty cell is refused."""
    return yes_no(frame[column], column, "Correct the cell.")


def coded(frame: pd.DataFrame, column: str) -> tuple[IntArray, tuple[str, ...]]:
    """Codes of a column of ids, shape (n,), over its sorted ids."""
    codes, ids = id_codes(frame[column], column, "the row belongs to nobody. Drop or mend it.")
    return codes, tuple(ids.ids)
