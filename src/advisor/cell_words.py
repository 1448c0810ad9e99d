"""Ways of writing that files have, as the plain text that `advisor.cells` reads."""

from __future__ import annotations

import re

_SLASHED = re.compile(r"(\d{4})/(\d{1,2})/(\d{1,2})(?:[T ](\d{1,2})(:.*)?)?", re.ASCII)
"""A day with slashes has the year first; with the year last it is not known which is the month."""
_GROUPED = re.compile(r"[+-]?[1-9]\d{0,2}(?:,\d{3})+(?:\.\d*)?", re.ASCII)
"""A number with commas between thousands."""
_RATING = re.compile(r"([A-Za-z]) ?([1-5])")


def iso_of(word: str) -> str:
    """A text with a day of slashes as ISO 8601 writes it; any other text as it is.

    >>> iso_of("2026/5/2"), iso_of("2026/05/02 9:30"), iso_of("05/02/2026")
    ('2026-05-02', '2026-05-02 09:30', '05/02/2026')
    """
    found = _SLASHED.fullmatch(word) if "/" in word else None
    if found is None:
        return word
    year, month, day, hour, rest = found.groups()
    return f"{year}-{month:0>2}-{day:0>2}" + (f" {hour:0>2}{rest or ''}" if hour else "")


def ungrouped(word: str) -> str:
    """A number without the commas between its thousands; any other text as it is.

    >>> ungrouped("1,234,567.89"), ungrouped("1,23"), ungrouped("0,125")
    ('1234567.89', '1,23', '0,125')
    """
    return word.replace(",", "") if "," in word and _GROUPED.fullmatch(word) else word


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
    found = _RATING.fullmatch(cell.strip()) if isinstance(cell, str) else None
    return int(found[2]) if found is not None and found[1].upper() == letter else cell
