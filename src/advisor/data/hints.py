"""What mends a table that cannot be read: the option to pass, or the line of pandas to run.

Each function gives a sentence with a space before it, for the end of a message, and "" where it
knows nothing. No cell of a client is repeated but words of the lists below, which tell nothing.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Literal

from advisor.cell_words import LONGEST, percentage, pointed, rating_of
from advisor.cells import is_word, number_of, text_of
from advisor.contracts.currencies import CODES

_FEES = "annual_fee annual_fee_percent"
_TAKEN_AWAY = (
    (_FEES, re.compile(r" ?(?:p\. ?a\.|per annum|pro Jahr)$"), ""),
    (_FEES, re.compile(r"^(?:年率?|TER:?) ?"), ""),
    (_FEES, re.compile(r" ?(?:pct\.?|percent|per cent|Prozent)$"), "%"),
    ("knowledge", re.compile(r" ?%$"), ""),
    ("", re.compile("\\.[-\u2013\u2014]$"), ""),
    ("", re.compile(r"[€$£¥元]|(?<![A-Za-z])[A-Z]{3}(?![A-Za-z])"), ""),
    ("horizon_years age", re.compile(r"(?:years?|Jahren?|Jahre|年|岁)$"), ""),
    ("term_days", re.compile(r"(?:days?|Tagen?|Tage|天)$"), ""),
    ("units", re.compile(r"(?:shares?|Stück|份|股)$"), ""),
    ("", re.compile("(?<=\\d)[ '\u2019](?=\\d{3})"), ""),
    ("", re.compile("[\u2212\u2013]"), "-"),
)
"""What stands in numbers of these columns ("": of all), and what goes in its place: a currency, a
unit, a mark of thousands, a typographic minus; 1000.- is Swiss for 1000."""
_NEGATIVE = (re.compile(r"^\((.+)\)$"), re.compile(r"^(.*\d)-$"))
"""How accounts write that a number is negative."""
_CODE = re.compile("[A-Z]{3}")
_THOUSAND = re.compile(r"-?[1-9]\d{0,2}(?:\.\d{3})+")
"""A number with a point that may stand between thousands."""
_POINTS = re.compile(r"[\d.,]+ ?(bps?|basis points?|基点|\u2031)", re.IGNORECASE)
_UNITS = {
    "term_days": "days, such as 90",
    "horizon_years": "years, such as 10",
    "age": "years, such as 45",
}
"""What numbers of these columns count."""
_INDICATOR = re.compile(r"(?:SRR?I:? ?)?[1-7](?: ?(?:/|of|von|sur) ?7)?", re.IGNORECASE)
"""How the risk indicator of European funds is written."""
_NUMBERED = re.compile(r"[1-5] ?[-\u2013:.(]? ?[^\W\d][^\d]*")
"""A rating before its name, as in "3 - medium"."""
_COUNTED = re.compile(r"[\d.,]+ ?(?!j$)[^\W\d].*")
_SCALED = re.compile(r"[\d.,]+ ?(?:k|K|m|M|mn|Mio\.?|bn|Mrd\.?|[万亿]元?)")
_MARK = "\u00ef\u00bb\u00bf"
"""The mark at the start of UTF-8, read as Western European."""


@cache
def _words() -> Mapping[str, Any]:
    """Words of files, lower case: which say nothing, what they mean, and how columns are called."""
    return json.loads(Path(__file__).with_suffix(".json").read_text(encoding="utf-8"))


@cache
def words_for(what: Literal["nothing", "sold", "undone"]) -> frozenset[str]:
    """Words of files, lower case, for what is not known, for a sale, and for what was undone."""
    if what == "sold":
        return frozenset(sold for _, sold in _words()["side"]) | {"sell", "sale", "redemption"}
    return frozenset(_words()[what])


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
        option = f" Of a file: ClientFiles(path, missing=[{nothing}])." if readers else ""
        line = f" If that means unknown, empty it: {code} = {code}.mask({code} == {nothing})."
        return (line + option,)
    if match := _POINTS.fullmatch(word):
        return (f" In percent: {code} = {_replaced(code, match[1], 100, '%', decimal)}.",)
    if _SCALED.fullmatch(word) and column not in _UNITS:
        return (" Write it in full, such as 50000.",)
    word, calls = _stripped(word, column)
    share = percentage(word)
    if share is not None and column not in _FEES.split() and number_of(share) == number_of(share):
        return (f" As a fraction: {code} = {_replaced(code, '%', 100, '', decimal)}.",)
    word = word if share is None else share
    point, comma = number_of(word), pointed(word)
    if decimal == "," and comma is None and point == point and "." in word:
        calls += '.str.replace(".", ",")'
    elif comma is None and (decimal == "," or point != point):
        return (f" Write it in {_UNITS[column]}.",) if _counts(word, column) else ()
    line = (f' Convert it: {code} = {code}.astype("string"){calls}.',) if calls else ()
    if decimal == "," or (point == point and not (calls and _THOUSAND.fullmatch(word))):
        return line
    option = (
        f' Pass decimal=","{readers} if its comma is the decimal one; read CSV with dtype=str then,'
        " or pandas takes 1.000 for 1."
    )
    return (*line, option)


def _counts(word: str, column: str) -> bool:
    """Whether a text is a number with a unit of its own; 5j is no such text, but a number."""
    return column in _UNITS and _COUNTED.fullmatch(word) is not None


def _replaced(code: str, unit: str, parts: int, end: str, decimal: str) -> str:
    """The call that divides the numbers of a column that have a unit, and leaves the others."""
    comma = '.replace(".", ",")' if decimal == "," else ""
    point = '.replace(",", ".")' if decimal == "," else ""
    number = f"str(float(m[1]{point}) / {parts}){comma}" + (f' + "{end}"' if end else "")
    pattern = rf'r"^([-+\d.,]+) ?{unit}$"'
    return f"{code}.astype(object).str.replace({pattern}, lambda m: {number}, regex=True)"


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


def rating_hint(cell: object, column: str, letter: str) -> str:
    """What to do about a cell of a column that is no rating; `letter` stands before one.

    >>> rating_hint("R3 (high)", "risk", "R"), rating_hint("R3", "risk", "R")
    (' Convert it: frame["risk"] = frame["risk"].str.extract("R[ -]?([1-5])", expand=False).', '')
    """
    code = column_code(column)
    if number_of(rating_of(cell, letter)) in range(1, 6):
        return ""
    word = unicodedata.normalize("NFKC", text_of(cell)).strip() if is_word(cell) else ""
    if letter == "R" and (
        5 < number_of(cell) <= 7 or (_INDICATOR.fullmatch(word) and not word.isdigit())
    ):
        digits = f'{code}.astype("string").str.extract("([1-7])", expand=False).astype("Int64")'
        return f" If it is the risk indicator 1..7: {code} = {digits}.clip(upper=5)."
    pattern = f"{letter}[ -]?([1-5])" if re.search(rf"\b[Pp]?{letter}[ -]?[1-5]\b", word) else ""
    pattern = pattern or ("([1-5])" if _NUMBERED.fullmatch(word) else "")
    if pattern:
        return f' Convert it: {code} = {code}.str.extract("{pattern}", expand=False).'
    hint = number_hint(cell, column)
    if hint or not word[:1].isalpha():
        return hint
    return f' Number its words, as in {code} = {code}.map({{"low": 1, "medium": 3}}).'


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
    lone = len(names) == 1 and read_as(names[0], table) is None and not names[0].startswith(_MARK)
    if 2 * len(empty) >= len(names) or lone:
        option = "ClientFiles(path, skip_lines=2)" if file else "header=2"
        return f" Where the header stands in line 3, say, read it with {option}."
    if any(name.startswith(_MARK) for name in names):
        return ' Read it with encoding="utf-8-sig".'
    renamed: dict[str, str] = {}
    for name in names:
        here = read_as(name, table)
        taken = here in names or here in renamed.values()
        if here is not None and not taken and here in (asked or [here]):
            renamed[name] = here
    pairs = ", ".join(f"{_quoted(old)}: {_quoted(new)}" for old, new in renamed.items())
    if file:  # what pandas calls columns without a name
        empty = [f"Unnamed: {at}" for at, name in enumerate(names) if not name]
    calls = (f".rename(columns={{{pairs}}})" if pairs else "") + (
        f".drop(columns={empty})" if empty else ""
    )
    frame = "pandas.read_csv(path, dtype=str)" if file else "frame"
    return f" If so meant: frame = {frame}{calls}." if calls else ""
