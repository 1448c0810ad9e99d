"""One cell of a table, however it came: it is worth what its text is worth, and never more or less for the company it keeps.

A cell may stand in a column of whole numbers, of floats (because a neighbour is empty), of decimals, of words (a CSV file) or of anything (a frame of
objects). What it means is settled here; columns of one type take a faster way to the same end (`cell_columns`).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any, cast

import numpy as np
import pandas as pd

from advisor.contracts.client import Goal

_WRITTEN = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?|[+-]?inf(inity)?", re.ASCII | re.IGNORECASE)
"""How a number is written."""
_WHOLE = 2.0**53
"""Up to here a float tells every whole number apart."""
_DIGITS = 40
"""A decimal of more is written with an exponent."""
_SHOWN = 80
"""Characters of a cell that a message shows."""
LISTS = list | tuple | set | frozenset | np.ndarray
NO_DAY = np.datetime64("NaT", "D")


def text_of(cell: object) -> str:
    """The text of a cell; the same number has the same text as a whole number, a float or a decimal.

    >>> text_of(3), text_of(3.0), text_of(Decimal("3.00")), text_of("3")
    ('3', '3', '3', '3')
    """
    cell = cell.item() if isinstance(cell, np.generic) and not isinstance(cell, np.datetime64) else cell
    if isinstance(cell, str):
        return cell if cell.isascii() else cell.encode("utf-8", "backslashreplace").decode()
    if isinstance(cell, float):
        return str(int(cell)) if abs(cell) < _WHOLE and cell.is_integer() else repr(cell)
    if isinstance(cell, bytes):
        return _decoded(cell)
    if isinstance(cell, Decimal):
        cell = abs(cell) if cell == 0 else cell
        plain = cell.is_finite() and abs(cell.adjusted()) < _DIGITS
        return (f"{cell:f}".rstrip("0").rstrip(".") if "." in f"{cell:f}" else f"{cell:f}") if plain else str(cell)
    if isinstance(cell, date | np.datetime64):
        return str(day_of(cell))
    if isinstance(cell, LISTS | Mapping | Goal):
        return json.dumps(_plain(cell), ensure_ascii=False)
    return str(cell) if not isinstance(cell, int) or abs(cell) < 10**_DIGITS else "inf" if cell > 0 else "-inf"


def _decoded(cell: bytes) -> str:
    """Text of bytes: what is no UTF-8 is spelled out, half a pair of surrogates as in text."""
    try:
        return text_of(cell.decode("utf-8", "surrogatepass"))
    except UnicodeDecodeError:
        return cell.decode("utf-8", "backslashreplace")


def _plain(cell: Any) -> Any:
    """A nested cell as JSON takes it; what is empty inside a record is not there."""
    if isinstance(cell, Goal):
        return cell.model_dump(mode="json")
    if isinstance(cell, Mapping):
        return {text_of(name): _plain(value) for name, value in cast("Mapping[object, object]", cell).items() if not is_missing(value)}
    if isinstance(cell, set | frozenset):
        return sorted(text_of(item) for item in cast("frozenset[object]", cell))
    if isinstance(cell, LISTS):
        return [_plain(item) for item in cell]
    cell = cell.item() if isinstance(cell, np.generic) and not isinstance(cell, np.datetime64) else cell
    if isinstance(cell, int | float | Decimal) and not isinstance(cell, bool):
        return number_of(cell)
    return cell if cell is None or isinstance(cell, bool) else text_of(cell)


def decoded(cell: bytes) -> str | bytes:
    """The text that bytes are in UTF-8; as they are where they are none."""
    try:
        return cell.decode()
    except UnicodeDecodeError:
        return cell


def json_of(text: str) -> object:
    """The list or record that a text writes; None where it writes none."""
    try:
        return json.loads(text) if text.lstrip()[:1] in ("[", "{") else None
    except (ValueError, RecursionError):
        return None


def is_missing(cell: object) -> bool:
    """None, nan, NaT, `pandas.NA` and blank text."""
    if cell is None or isinstance(cell, LISTS | Mapping):
        return cell is None
    if isinstance(cell, str):
        return not cell or cell.isspace()
    if isinstance(cell, Decimal):
        return cell.is_nan()
    if cell is pd.NA:
        return True
    return bool(cell != cell)


def number_of(cell: object) -> float:
    """The number that a cell is or writes; nan where it is none: True and False, days, complex numbers and other words are not."""
    cell = cell.item() if isinstance(cell, np.generic) and not isinstance(cell, np.datetime64) else cell
    if isinstance(cell, str):
        word = cell.strip()
        return float(word) if _WRITTEN.fullmatch(word) else np.nan
    if isinstance(cell, bool) or not isinstance(cell, int | float | Decimal):
        return number_of(text_of(cell)) if isinstance(cell, bytes) else np.nan
    try:
        return float(cell)
    except (OverflowError, ValueError):
        return np.inf if cell > 0 else -np.inf


def day_of(cell: object) -> np.datetime64:
    """The day of a cell, of a time with a time zone the day there; NaT where it is none. A bare number counts from no agreed day."""
    if isinstance(cell, np.datetime64):
        return cell.astype("datetime64[D]")
    if isinstance(cell, date):
        return np.datetime64(date(cell.year, cell.month, cell.day), "D")
    word = text_of(cell).strip() if isinstance(cell, str | bytes) else ""
    try:
        return np.datetime64(datetime.fromisoformat(word).date(), "D") if word[4:5] == "-" else NO_DAY
    except ValueError:
        return NO_DAY


def shown(cell: object, *, whole: bool = False) -> str:
    """A cell as a message shows it: the same for the same cell, whatever its column. With `whole`, 7.0 is shown as 7."""
    if is_missing(cell):
        return "None"
    number = number_of(cell)
    if number == number:
        return text_of(number) if whole else repr(number)
    text = text_of(cell)
    return repr(text if len(text) <= _SHOWN else text[: _SHOWN - 3] + "...")
