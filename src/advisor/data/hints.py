"""What mends a table that cannot be read: the option to pass, or the line of pandas to run.

Each function gives a sentence with a space before it, for the end of a message, and "" where it
knows nothing. No cell of a client is repeated but words of the lists below, which tell nothing.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any, Literal

from advisor.cell_words import LONGEST, percentage, pointed
from advisor.cells import is_missing, number_of, text_of
from advisor.contracts.currencies import CODES

_FEW = 2_000
"""Distinct cells of a column that are looked at."""
_TAKEN_AWAY = (
    ("", re.compile(r"[€$£¥元]|(?<![A-Za-z])[A-Z]{3}(?![A-Za-z])"), ""),
    ("horizon_years age", re.compile(r"(?:years?|Jahren?|Jahre|年|岁)$"), ""),
    ("term_days", re.compile(r"(?:days?|Tagen?|Tage|天)$"), ""),
    ("units", re.compile(r"(?:shares?|Stück|份|股)$"), ""),
    ("", re.compile("(?<=\\d)[ '\u2019](?=\\d{3})"), ""),
    ("", re.compile("[\u2212\u2013]"), "-"),
)
"""What stands in numbers of these columns ("": of all), and what goes in its place: a currency, a
unit, a mark of thousands, a typographic minus."""
_NEGATIVE = (re.compile(r"^\((.+)\)$"), re.compile(r"^(.+)-$"))
"""How accounts write that a number is negative."""
_CODE = re.compile("[A-Z]{3}")
_THOUSAND = re.compile(r"-?[1-9]\d{0,2}(?:\.\d{3})+")
"""A number with a point that may stand between thousands."""
_SCALED = re.compile(r"[\d.,]+ ?(?:k|K|m|M|mn|Mio\.?|bn|Mrd\.?|[万亿]元?)")
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


@cache
def _words() -> Mapping[str, Any]:
    """Words of files, lower case: which say nothing, what they mean, and how columns are called."""
    return json.loads(Path(__file__).with_suffix(".json").read_text(encoding="utf-8"))


def number_hint(cell: object, column: str, decimal: str = ".", readers: str = "") -> str:
    """What to do about text that is no number: the sentences of `number_hints`."""
    return "".join(number_hints(cell, column, decimal, readers))


def number_hints(
    cell: object, column: str, decimal: str = ".", readers: str = ""
) -> tuple[str, ...]:
    """Sentences on text that is no number.

    Args:
        cell: What stands there.
        column: Its name.
        decimal: The decimal mark that was passed.
        readers: Functions that take `decimal`, where the caller's does not.

    >>> number_hints("100 €", "fee")
    (' Convert it: frame["fee"] = frame["fee"].astype("string").str.replace("€", "").',)
    """
    word = cell.strip() if isinstance(cell, str) and len(cell) <= LONGEST else ""
    code = column_code(column)
    if word.lower() in _words()["nothing"]:
        nothing = _quoted(str(cell))
        return (f" If that means unknown, empty it: {code} = {code}.mask({code} == {nothing}).",)
    if _SCALED.fullmatch(word):
        return (" Write it in full, such as 50000.",)
    word, calls = _stripped(word, column)
    share = percentage(word)
    word = word if share is None else share
    point, comma = number_of(word), pointed(word)
    if decimal == "," and comma is None and point == point and "." in word:
        calls += '.str.replace(".", ",")'
    elif comma is None and (decimal == "," or point != point):
        return ()
    line = (f' Convert it: {code} = {code}.astype("string"){calls}.',) if calls else ()
    if decimal == "," or (point == point and not (calls and _THOUSAND.fullmatch(word))):
        return line
    option = (
        f' Pass decimal=","{readers} if its comma is the decimal one; read CSV with dtype=str then,'
        " or pandas takes 1.000 for 1."
    )
    return (*line, option)


def _stripped(word: str, column: str) -> tuple[str, str]:
    """A number without its unit and its groups, and the calls of pandas that take them away."""
    plain = unicodedata.normalize("NFKC", word)
    calls = "" if plain == word else '.str.normalize("NFKC")'
    for columns, pattern, new in _TAKEN_AWAY:
        match = None if columns and column not in columns.split() else pattern.search(plain)
        if match is not None and (match[0] in CODES or not _CODE.fullmatch(match[0])):
            plain = plain.replace(match[0], new).strip()
            calls += f'.str.replace({_quoted(match[0])}, "{new}")'
    for pattern in _NEGATIVE:
        if match := pattern.fullmatch(plain):
            plain = f"-{match[1]}"
            calls += f'.str.replace(r"{pattern.pattern}", r"-\\1", regex=True)'
    return plain, calls


def column_code(name: str) -> str:
    """A column of a table as code.

    >>> column_code("wealth")
    'frame["wealth"]'
    """
    return f"frame[{_quoted(name)}]"


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=text.isspace() or not text.isprintable())


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


def rating_hint(cell: object, column: str, letter: str) -> str:
    """What to do about a cell of a column that is no rating; `letter` stands before one.

    >>> rating_hint("R3 (high)", "risk", "R")
    ' Convert it: frame["risk"] = frame["risk"].str.extract("R([1-5])", expand=False).'
    """
    code = column_code(column)
    if isinstance(cell, str) and re.search(rf"(?<![A-Za-z]){letter}[1-5](?!\d)", cell):
        return f' Convert it: {code} = {code}.str.extract("{letter}([1-5])", expand=False).'
    if letter == "R" and 5 < number_of(cell) <= 7:
        levels = ", ".join(f"{sri}: {min(sri, 5)}" for sri in range(1, 8))
        return f" If it is the risk indicator 1..7: {code} = {code}.map({{{levels}}})."
    return number_hint(cell, column)


def word_hint(cells: Iterable[object], column: str, what: Literal["truth", "side"]) -> str:
    """What to do about a column with words of another language; both words of a pair are named,
    whichever a client's cell holds.

    Args:
        cells: Of the column, each at least once.
        column: Its name.
        what: Its words say yes or no, or bought or sold.

    >>> word_hint(["Ja"], "complex", "truth")
    ' Convert it: frame["complex"] = frame["complex"].map({"Ja": True, "Nein": False}).'
    """
    meanings: dict[str, object] = {}
    for cell in cells:
        word = cell.strip().lower() if isinstance(cell, str) else ""
        pair = next((pair for pair in _words()[what] if word and word in pair), None)
        if pair is None:
            return ""
        style = str.upper if str(cell).isupper() else str.title if str(cell).istitle() else str
        said = (True, False) if what == "truth" else ("buy", "sell")
        meanings |= {style(w): meaning for w, meaning in zip(pair, said, strict=True) if w}
        meanings[str(cell)] = said[pair.index(word)]
    pairs = ", ".join(f"{_quoted(word)}: {_coded(meanings[word])}" for word in sorted(meanings))
    code = column_code(column)
    return f" Convert it: {code} = {code}.map({{{pairs}}})." if pairs else ""


def _coded(value: object) -> str:
    return _quoted(value) if isinstance(value, str) else repr(value)


@cache
def _names_of(table: str) -> dict[str, str]:
    """Names that columns have in files, plain -> the name that is read."""
    names: dict[str, list[str]] = _words()["columns"].get(table, {})
    return {_plain(word): name for name, words in names.items() for word in [name, *words]}


def _plain(name: str) -> str:
    """A name without case, spaces and signs."""
    folded = unicodedata.normalize("NFKC", name).casefold()
    return re.sub(r"[\W_]+", "", folded.replace("%", "percent"))


def read_as(name: str, table: str) -> str | None:
    """The name under which a column of this name is read in a table; None where nothing is known of
    it.
    """
    return _names_of(table).get(_plain(name))


def names_hint(
    names: Sequence[str], table: str, *, file: bool = False, asked: Sequence[str] | None = None
) -> str:
    """What to do about columns that are not named as they are read.

    Args:
        names: Of the table.
        table: Which names it should have: "products", "clients", "interactions", "lists" or
            "trades".
        file: Whether the table is a file of clients; else it is a frame.
        asked: Names that are read; None: all that the table may have.

    >>> names_hint(["id;wealth"], "clients"), names_hint(["Kunde", "wealth"], "clients")
    (' Read it with sep=";".', ' If so meant: frame = frame.rename(columns={"Kunde": "id"}).')
    """
    if len(names) == 1:
        mark = next((mark for mark in (";", "\t", "|", ",", "^", ":") if mark in names[0]), "")
        option = "ClientFiles(path, delimiter={})" if file else "sep={}"
        if mark:
            return f" Read it with {option.format(_quoted(mark))}."
    empty = [name for name in names if name.startswith("Unnamed: ") or not name]
    if 2 * len(empty) >= len(names):
        option = "ClientFiles(path, skip_lines=2)" if file else "header=2"
        return f" Where the header stands in line 3, say, read it with {option}."
    renamed: dict[str, str] = {}
    for name in names:
        here = read_as(name, table)
        taken = here in names or here in renamed.values()
        if here is not None and not taken and here in (asked or [here]):
            renamed[name] = here
    pairs = ", ".join(f"{_quoted(old)}: {_quoted(new)}" for old, new in renamed.items())
    calls = (f".rename(columns={{{pairs}}})" if pairs else "") + (
        f".drop(columns={empty})" if empty else ""
    )
    frame = "pandas.read_csv(path, dtype=str)" if file else "frame"
    return f" If so meant: frame = {frame}{calls}." if calls else ""
