"""Ways of writing that files have, as the plain text that `advisor.cells` reads."""

from __future__ import annotations

import re
from decimal import Decimal

_SLASHED = re.compile(r"(\d{4})/(\d{1,2})/(\d{1,2})(?:[T ](\d{1,2})(:.*)?)?", re.ASCII)
"""A day with slashes has the year first; with the year last it is not known which is the month."""
_GROUPED = re.compile(r"[+-]?[1-9]\d{0,2}(?:,\d{3})+(?:\.\d*)?", re.ASCII)
"""A number with commas between thousands."""
_COMMA = re.compile(
    r"[+-]?(?=,?\d)(?:[1-9]\d{0,2}(?:([. '\u2019\u00a0\u202f])\d{3})(?:\1\d{3})*|\d+)?"
    r"(?:,\d*)?(?:e[+-]?\d+)?",
    re.ASCII | re.IGNORECASE,
)
"""A number with a decimal comma; points, spaces or apostrophes stand between its thousands."""
LONGEST = 10_000
"""Characters of a cell that is one word, number or day; a longer one is none."""
TRUE, FALSE = (
    frozenset({"true", "1", "1.0", "yes", "y"}),
    frozenset({"false", "0", "0.0", "no", "n"}),
)
"""How yes and no are written, any case."""
_DIGITS = 40
"""A decimal of more is written with an exponent."""
_RATING = re.compile(r"([A-Za-z]) ?([1-5])")


def iso_of(word: str) -> str:
    """A text with a day of slashes as ISO 8601 writes it; any other text as it is.

    >>> iso_of("2026/5/2"), iso_of("2026/05/02 9:30"), iso_of("05/02/2026")
    ('2026-05-02', '2026-05-02 09:30', '05/02/2026')
    """
    match = _SLASHED.fullmatch(word) if "/" in word else None
    if match is None:
        return word
    year, month, day, hour, rest = match.groups()
    return f"{year}-{month:0>2}-{day:0>2}" + (f" {hour:0>2}{rest or ''}" if hour else "")


def ungrouped(word: str) -> str:
    """A number without the commas between its thousands; any other text as it is.

    >>> ungrouped("1,234,567.89"), ungrouped("1,23"), ungrouped("0,125")
    ('1234567.89', '1,23', '0,125')
    """
    return word.replace(",", "") if "," in word and _GROUPED.fullmatch(word) else word


def pointed(cell: object) -> str | None:
    """The number of a text with a decimal comma, with a point; None where it is no such number.

    >>> pointed("1.234,56"), pointed("1.234"), pointed("15"), pointed("1.5"), pointed("1,234.5")
    ('1234.56', '1234', '15', None, None)
    """
    word = cell.strip() if isinstance(cell, str) and len(cell) <= LONGEST else ""
    if not _COMMA.fullmatch(word):
        return None
    return re.sub("[. '\u2019\u00a0\u202f]", "", word).replace(",", ".")


def has_decimal_comma(cell: object) -> bool:
    """Whether a text is a number only if its comma is a decimal one.

    >>> has_decimal_comma("1.234,56"), has_decimal_comma("1,234"), has_decimal_comma("1.5")
    (True, False, False)
    """
    return isinstance(cell, str) and "," in ungrouped(cell.strip()) and pointed(cell) is not None


def percentage(cell: object) -> str | None:
    """What stands before a percent sign at the end; None where there is no such sign.

    >>> percentage("0.41%"), percentage("60 \uff05"), percentage("0.41")
    ('0.41', '60', None)
    """
    word = cell.strip() if isinstance(cell, str) else ""
    return word[:-1].rstrip() if word.endswith(("%", "\uff05")) else None


def rating_of(cell: object, letter: str) -> object:
    """The number of a rating that is written with its letter; any other cell as it is.

    >>> rating_of("R3", "R"), rating_of("r3", "R"), rating_of("C3", "R"), rating_of(3, "R")
    (3, 3, 'C3', 3)
    """
    match = _RATING.fullmatch(cell.strip()) if isinstance(cell, str) else None
    return int(match[2]) if match is not None and match[1].upper() == letter else cell


def decimal_text(cell: Decimal) -> str:
    """A decimal as text, without the zeros at its end."""
    if cell.is_nan():
        return "nan"
    cell = abs(cell) if cell == 0 else cell
    if not cell.is_finite() or abs(cell.adjusted()) >= _DIGITS:
        return str(cell)
    plain = f"{cell:f}"
    return plain.rstrip("0").rstrip(".") if "." in plain else plain
