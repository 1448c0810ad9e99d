"""What mends a column that holds no days: the line of pandas that makes days of it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from datetime import datetime

from advisor.cells import is_missing, number_of, text_of
from advisor.data.hints import column_code

_FEW = 2_000
"""Distinct cells of a column that are looked at."""
_DAYS = (
    "%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y", "%m-%d-%Y", "%Y.%m.%d", "%Y%m%d", "%Y-%m-%d",
    "%d.%m.%y", "%d/%m/%y", "%m/%d/%y", "%d %b %Y", "%d-%b-%Y", "%d-%b-%y", "%b %d, %Y",
    "%d %B %Y", "%B %d, %Y", "%Y年%m月%d日",
)  # fmt: skip
_DIGIT, _LONGEST_DAY = re.compile(r"\d"), 40
_TIMES = ("", " %H:%M", " %H:%M:%S", " %I:%M %p", " %I:%M:%S %p", "T%H:%M:%S")
_COUNTS = (
    (20_000, 80_000, 'unit="D", origin="1899-12-30"', "count days as Excel does"),
    (3e8, 5e9, 'unit="s"', "count seconds since 1970"),
    (3e11, 5e12, 'unit="ms"', "count milliseconds since 1970"),
    (3e14, 5e15, 'unit="us"', "count microseconds since 1970"),
    (3e17, 5e18, 'unit="ns"', "count nanoseconds since 1970"),
)
"""Numbers from, to: how pandas converts them, and what they do."""


def day_hint(cells: Iterable[object], column: str) -> str:
    """What to do about a column of which some cell is no day.

    Args:
        cells: Of the column, each at least once.
        column: Its name, or "prices index" for the index of `prices`.

    >>> day_hint(["01.02.2026"], "prices index")
    ' Convert prices.index = pandas.to_datetime(prices.index, format="%d.%m.%Y").'
    """
    column = column.replace(" ", ".") if column.endswith(" index") else column_code(column)
    known = [cell for cell in cells if not is_missing(cell)][:_FEW]
    if known and all(type(cell).__name__ == "Period" for cell in known):
        accessor = column if column.endswith("index") else f"{column}.dt"
        return f' Convert {column} = {accessor}.to_timestamp(how="end").'
    counts = [number_of(cell) for cell in known]
    if counts and all(count == count for count in counts):
        return _count_hint(counts, column, isinstance(known[0], str))
    words = [word for cell in known if _DIGIT.search(word := text_of(cell).strip()[:_LONGEST_DAY])]
    if any(unicodedata.normalize("NFKC", word) != word for word in words):
        plain = column if column.endswith(".index") else f'{column}.astype("string")'
        return f' Convert its full-width digits first: {column} = {plain}.str.normalize("NFKC").'
    formats = [f"{day}{time}" for time in _TIMES for day in _DAYS] if words else []
    each: set[str] = set()
    for word in words:
        fits = [form for form in formats if _fits(word, form)]
        each |= set(fits)
        formats = fits
        if not formats:
            break
    if not formats:
        return " The cells are written in several ways; write all in one." if each else ""
    start = ""
    if len(formats) > 1:
        start = (
            f' Every cell fits format="{formats[0]}" and format="{formats[1]}", so it is not known'
            " which is the month; name the one that is meant."
        )
    return start + _converted(column, column, f'format="{formats[0]}"')


def _count_hint(counts: Sequence[float], column: str, text: bool) -> str:
    if all(19_000_101 <= count <= 21_991_231 and count.is_integer() for count in counts):
        plain = column if text else f'{column}.astype("Int64").astype(str)'
        return _converted(column, plain, 'format="%Y%m%d"')
    for low, high, how, what in _COUNTS:
        if all(low <= count <= high for count in counts):
            number = f"{column}.astype(float)" if text else column
            return f" They may {what}." + _converted(column, number, how)
    return ""


def _converted(column: str, cells: str, how: str) -> str:
    target = f"{column} = " if column.endswith(".index") else "the column with "
    return f" Convert {target}pandas.to_datetime({cells}, {how})."


def _fits(word: str, form: str) -> bool:
    try:
        datetime.strptime(word, form)  # noqa: DTZ007 - a day has no time zone
    except ValueError:
        return False
    return True
