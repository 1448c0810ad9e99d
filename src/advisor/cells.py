"""One meaning of a cell, whatever its type and whichever function reads it: an id, a day, an
amount, a yes or no, a list.

A cell is worth what its text is worth. Contracts read each field with these functions, and every
`from_frame`, Arrow, CSV and JSON reader comes to the same end, by column (`data.columns`).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from fractions import Fraction
from numbers import Number
from typing import Any, cast
from uuid import UUID

import numpy as np

from advisor.cell_words import FALSE, LONGEST, TRUE, decimal_text, iso_of, ungrouped
from advisor.privacy import masked, personal, short

LONGEST_LIST = 1_000_000
"""Characters of a cell that writes a list or a record."""
LISTS = list | tuple | set | frozenset | np.ndarray
_SCALARS = str | bytes | bytearray | memoryview | Number | date | np.generic | UUID
NO_DAY = np.datetime64("NaT", "D")
FIRST_DAY, LAST_DAY = np.datetime64("0001-01-01", "D"), np.datetime64("9999-12-31", "D")
_WRITTEN = re.compile(
    r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?|[+-]?inf(?:inity)?", re.ASCII | re.IGNORECASE
)
"""How a number is written; no two parts can take the same digit, so that reading is linear."""
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}(?:[T ]\d{2}.*)?", re.ASCII)
"""How a day is written, with or without a time: no "now", no month without a day, no number."""
COARSE = ("Y", "M", "W", "generic")
"""Units of numpy that hold no day."""
WHOLE = 2.0**53
"""Up to here a float tells every whole number apart."""
_BITS = 3_300
"""A whole number of more (a thousand digits) is infinite."""
_SHOWN = 80
"""Characters of a cell that a message shows."""


def text_of(cell: object) -> str:
    """The text of a cell; a number has one text as a whole number, a float or a decimal.

    >>> text_of(3), text_of(3.0), text_of(Decimal("3.00")), text_of(b"3"), text_of("3")
    ('3', '3', '3', '3', '3')
    """
    cell = _python(cell)
    if isinstance(cell, str):
        cell = str.__str__(cell)
        return cell if cell.isascii() else cell.encode("utf-8", "backslashreplace").decode()
    if isinstance(cell, float):
        whole = abs(cell) < WHOLE and cell.is_integer()
        return str(int(cell)) if whole else repr(float(cell))
    if isinstance(cell, bytes | bytearray | memoryview):
        return _decoded(bytes(cell))
    if isinstance(cell, Decimal):
        return decimal_text(cell)
    if isinstance(cell, date | np.datetime64):
        return str(day_of(cell))
    if isinstance(cell, LISTS | Mapping) or hasattr(type(cell), "model_dump"):
        return _json(cell)
    if isinstance(cell, int) and cell.bit_length() > _BITS:
        return "inf" if cell > 0 else "-inf"
    return str(cell) if isinstance(cell, _SCALARS | timedelta) else short(cell, _SHOWN)


def _json(cell: object) -> str:
    """A list or record as JSON; one too deep for that in short."""
    try:
        text = json.dumps(plain := _plain(cell), ensure_ascii=False)
    except RecursionError:
        return short(cell, _SHOWN)
    return text if is_text(text) else json.dumps(plain)


def _python(cell: object) -> Any:
    """A numpy scalar as the Python value that it is; a wide float as a float."""
    if not isinstance(cell, np.generic) or isinstance(cell, np.datetime64):
        return cell
    plain = cell.item()
    return float(plain) if isinstance(plain, np.floating) else plain


def _decoded(cell: bytes) -> str:
    """Text of bytes: what is no UTF-8 is spelled out, half a pair of surrogates as in text."""
    try:
        return text_of(cell.decode("utf-8", "surrogatepass"))
    except UnicodeDecodeError:
        return cell.decode("utf-8", "backslashreplace")


def _plain(cell: Any) -> Any:
    """A nested cell as JSON takes it; what is empty inside a record is not there."""
    if hasattr(type(cell), "model_dump"):
        return cell.model_dump(mode="json")
    if isinstance(cell, Mapping):
        items = cast("Mapping[object, object]", cell).items()
        return {text_of(name): _plain(value) for name, value in items if not is_missing(value)}
    if isinstance(cell, set | frozenset):
        return sorted(_text_inside(item) for item in cast("frozenset[object]", cell))
    if isinstance(cell, LISTS):
        return [_plain(item) for item in entries(cell)]
    cell = _python(cell)
    if isinstance(cell, int | float | Decimal) and not isinstance(cell, bool):
        return number_of(cell)
    return cell if cell is None or isinstance(cell, bool) else _text_inside(cell)


def _text_inside(cell: object) -> str:
    """Text inside a nested cell: what cannot be written stays, and is refused where it is read."""
    if isinstance(cell, bytes):
        return cell.decode("utf-8", "surrogateescape")
    return cell if isinstance(cell, str) else text_of(cell)


def decoded(cell: bytes) -> str | bytes:
    """The text that bytes are in UTF-8; as they are where they are none."""
    try:
        return cell.decode()
    except UnicodeDecodeError:
        return cell


def entries(cell: object) -> list[object]:
    """What a list holds; an array of no dimension is a list of one."""
    if isinstance(cell, np.ndarray) and cell.ndim == 0:
        return [cell[()]]
    return list(cast("Iterable[object]", cell))


def json_of(text: str) -> object:
    """The list or record that a text writes; None where it writes none."""
    try:
        opens = len(text) <= LONGEST_LIST and text.lstrip()[:1] in ("[", "{")
        return json.loads(text) if opens else None
    except (ValueError, RecursionError):
        return None


def is_missing(cell: object) -> bool:
    """None, nan, NaT, `pandas.NA` and blank text."""
    kind = type(cell)
    if kind is float or kind is int:
        return cell != cell
    if isinstance(cell, str):
        return not cell or cell.isspace()
    if isinstance(cell, date):
        return cell.year != cell.year
    if cell is None or isinstance(cell, LISTS | Mapping):
        return cell is None
    if isinstance(cell, Decimal):
        return cell.is_nan()
    if type(cell).__name__ == "NAType":
        return True
    return isinstance(cell, _SCALARS) and bool(cell != cell)


def is_word(cell: object) -> bool:
    """Whether a cell is one word: text, a number, a day or a UUID; no list or record, UTF-8, at
    most `LONGEST` characters.
    """
    if is_missing(cell) or isinstance(cell, LISTS | Mapping):
        return False
    if isinstance(cell, bytes | bytearray | memoryview):
        text = decoded(bytes(cell))
        return isinstance(text, str) and is_word(text)
    if not isinstance(cell, str):
        return isinstance(cell, _SCALARS) and not (
            isinstance(cell, np.datetime64) and date_of(cell) is None
        )
    plain = len(cell) <= LONGEST and (cell.isascii() or is_text(cell))
    return plain and json_of(cell) is None


def is_text(text: str) -> bool:
    """Whether a text can be written: half a pair of surrogates, as of `json.loads`, cannot."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def number_of(cell: object) -> float:
    """The number that a cell is or writes; nan for True, False, days, complex numbers, words."""
    if type(cell) is float:
        return cell
    cell = _python(cell)
    if isinstance(cell, str):
        word = ungrouped(cell.strip()) if len(cell) <= LONGEST else ""
        return float(word) if _WRITTEN.fullmatch(word) else np.nan
    if isinstance(cell, bool) or not isinstance(cell, int | float | Decimal | Fraction):
        return (
            number_of(text_of(cell)) if isinstance(cell, bytes | bytearray | memoryview) else np.nan
        )
    if isinstance(cell, Decimal) and cell.is_nan():
        return np.nan
    try:
        return float(cell)
    except (OverflowError, ValueError):
        return np.inf if cell > 0 else -np.inf


def day_of(cell: object) -> np.datetime64:
    """The day of a cell, of a time with a time zone the day there; NaT where it is none.

    A bare number counts from no agreed day, a month or a year is no day, and no word reads the
    clock.
    """
    day = date_of(cell)
    return NO_DAY if day is None else np.datetime64(day, "D")


def date_of(cell: object) -> date | None:
    """As `day_of`, as a `date`; None where it is none."""
    if isinstance(cell, date):
        return date(cell.year, cell.month, cell.day) if cell.year == cell.year else None
    if isinstance(cell, np.datetime64):
        unit = np.datetime_data(cell)[0]
        day = NO_DAY if unit in COARSE else cell.astype("datetime64[D]")
        return day.item() if FIRST_DAY <= day <= LAST_DAY else None
    written = isinstance(cell, str | bytes | bytearray | memoryview) and len(cell) <= LONGEST
    word = iso_of(text_of(cell).strip()) if written else ""
    try:
        return datetime.fromisoformat(word).date() if _DAY.fullmatch(word) else None
    except ValueError:
        return None


def is_off_midnight(cell: object) -> bool:
    """Whether a cell is a time with a time zone and not midnight there: its day may be another
    elsewhere.
    """
    if isinstance(cell, str) and 10 < len(cell) <= LONGEST and date_of(cell) is not None:
        cell = datetime.fromisoformat(iso_of(cell.strip()))
    return isinstance(cell, datetime) and cell.tzinfo is not None and cell.time() != time(0)


def truth_of(cell: object) -> bool | None:
    """Yes or no; None where a cell is neither.

    >>> truth_of("Yes"), truth_of(0), truth_of(np.True_), truth_of("maybe")
    (True, False, True, None)
    """
    if isinstance(cell, bool):
        return cell
    word = text_of(cell).strip().lower() if is_word(cell) else ""
    return True if word in TRUE else False if word in FALSE else None


def ids_in(cell: object) -> list[str] | None:
    """Ids that a cell names, as a list or as text with | between; None where it names something
    else, or one twice.

    >>> ids_in("a|b"), ids_in([1, 2.0]), ids_in('["a"]'), ids_in({"a": 1})
    (['a', 'b'], ['1', '2'], ['a'], None)
    >>> ids_in("a|b|a"), ids_in([1, "1"])
    (None, None)
    """
    ids = _ids_named(cell)
    return ids if ids is None or len(set(ids)) == len(ids) else None


def _ids_named(cell: object) -> list[str] | None:
    if isinstance(cell, bytes | bytearray | memoryview):
        cell = decoded(bytes(cell))
    if isinstance(cell, str) and cell.lstrip()[:1] in ("[", "{"):
        cell = json_of(cell)
    elif isinstance(cell, str):
        parts = [part.strip() for part in cell.split("|") if part.strip()]
        return parts if len(cell) <= LONGEST_LIST and all(map(is_word, parts)) else None
    elif not isinstance(cell, LISTS | Mapping):
        return [] if is_missing(cell) else [text_of(cell)] if is_word(cell) else None
    if not isinstance(cell, LISTS):
        return None
    items = [item for item in entries(cell) if not is_missing(item)]
    return [text_of(item) for item in items] if all(map(is_word, items)) else None


def shown(cell: object, *, whole: bool = False) -> str:
    """A client's cell as a message shows it (`***` where `privacy` masks it), the same in every
    column; with `whole`, 7.0 is shown as 7.
    """
    if is_missing(cell):
        return "None"
    if masked():
        return personal(cell)
    number = number_of(cell)
    if number == number:
        return text_of(number) if whole else repr(number)
    text = text_of(cell)
    return repr(text if len(text) <= _SHOWN else text[: _SHOWN - 3] + "...")
