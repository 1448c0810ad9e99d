"""What an argument may be, as annotations: each alias reads a value or refuses it, and says what to
do.

The numbers take Python's and numpy's (never True or False, never text); the arrays take anything
that numpy reads as numbers, and hand it on as float64.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from os import PathLike
from pathlib import Path
from typing import Annotated, Any, Literal, TypeGuard

import numpy as np
import numpy.typing as npt

from advisor.arrays import BoolArray, FloatArray, IntArray
from advisor.readers import Array, AsGiven, Named, Number


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and (
        value.isascii() or not any("\ud800" <= c <= "\udfff" for c in value)
    )


def _is_path(value: Any) -> bool:
    return isinstance(value, PathLike) or (_is_text(value) and "\0" not in value)


def are_items(value: Any) -> TypeGuard[Iterable[Any]]:
    """Whether a value holds values one after the other, and is no text and no mapping."""
    return (
        isinstance(value, Iterable)
        and not isinstance(value, str | bytes | bytearray | Mapping)
        and getattr(value, "ndim", 1) == 1
    )


def _are_texts(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str) and all(map(_is_text, value))


def _is_day(value: Any) -> bool:
    return isinstance(value, date | np.datetime64) or _is_text(value)


Finite = Annotated[float, Number("Give a finite number.")]
Positive = Annotated[float, Number("Give a number above 0.", above=0.0)]
NotNegative = Annotated[float, Number("Give a number of at least 0.", low=0.0)]
Share = Annotated[float, Number("Give a fraction from 0 to 1, such as 0.25.", low=0.0, high=1.0)]
OpenShare = Annotated[
    float, Number("Give a fraction strictly between 0 and 1, such as 0.95.", above=0.0, below=1.0)
]
Whole = Annotated[int, Number("Give a whole number.", whole=True, low=-(2.0**63), below=2.0**63)]
Count = Annotated[
    int, Number("Give a whole number of 1 or more.", whole=True, low=1.0, below=2.0**63)
]
CountOrNone = Annotated[
    int, Number("Give a whole number of 0 or more.", whole=True, low=0.0, below=2.0**63)
]
"""A count that may be 0."""
Level = Annotated[int, Number("Give a level from 1 to 5.", whole=True, low=1.0, high=5.0)]
Seed = Annotated[
    int, Number("Give a whole number of 0 or more, such as 0.", whole=True, low=0.0, below=2.0**64)
]
YesNo = Annotated[bool, Named("yes_no", lambda v: isinstance(v, bool | np.bool_), "True or False")]
Text = Annotated[str, Named("text", _is_text, "a text that UTF-8 can write")]
Title = Annotated[
    str | None,
    Named(
        "title",
        lambda v: v is None or (_is_text(v) and not v.lower().endswith((".html", ".htm", ".pdf"))),
        "a title, and no name of a file: the page is handed back as text",
        'Write it with Path("page.html").write_text(result.to_html(), encoding="utf-8").',
    ),
]
"""What stands above a page; None: what the page says of itself."""
Day = Annotated[
    date | str | np.datetime64, Named("day", _is_day, "a day, such as 2026-02-01 or a date")
]
Folder = Annotated[str | PathLike[str], Named("folder", _is_path, "a path")]
DecimalMark = Literal[".", ","]
"""The decimal mark of numbers that are text; with a comma, 1.234,56 is read."""
_LIST = "Give a list, of one where there is one."
Items = Annotated[Iterable[Any], Named("items", are_items, "a list", _LIST)]

Listed = Annotated[
    Sequence[Any], Named("list", lambda v: are_items(v) and hasattr(v, "__len__"), "a list", _LIST)
]
Texts = Annotated[Sequence[str], Named("texts", _are_texts, "a list of texts")]

Numbers = Annotated[FloatArray, Array("Pass numbers.")]
"""Any shape, nan and infinities allowed."""
Labelled = Annotated[FloatArray, AsGiven()]
"""Numbers, or pandas labelled by asset: the function puts them in order by their labels."""
Vector = Annotated[FloatArray, Array("Pass one row of numbers.", dimensions=(1,))]
Matrix = Annotated[FloatArray, Array("Pass a table of numbers.", dimensions=(2,))]
Series = Annotated[
    FloatArray,
    Array("Pass a history with at least one period on the last axis.", finite=True, filled=True),
]
"""Returns: finite, time on the last axis, at least one period."""
Shares = Annotated[FloatArray, Array("Pass fractions from 0 to 1.", low=0.0, high=1.0)]
"""Fractions; nan means unknown."""
Probabilities = Annotated[
    Sequence[float] | FloatArray,
    Array("Pass fractions from 0 to 1.", dimensions=(1,), finite=True, low=0.0, high=1.0),
]
Edges = Annotated[Sequence[float] | FloatArray, Array("Pass one row of numbers.", dimensions=(1,))]
WholeArray = Annotated[IntArray, Array("Pass whole numbers.", kind="int")]
WholeMatrix = Annotated[
    IntArray, Array("Pass a table of whole numbers.", kind="int", dimensions=(2,))
]
WholeVector = Annotated[
    IntArray, Array("Pass one row of whole numbers.", kind="int", dimensions=(1,))
]
YesNoMatrix = Annotated[
    BoolArray, Array("Pass a table of True and False.", kind="bool", dimensions=(2,))
]
YesNoArray = Annotated[BoolArray, Array("Pass True and False.", kind="bool")]

PLAIN: Sequence[tuple[Any, Any]] = (
    (Any, Any),
    (bool, YesNo),
    (float, Finite),
    (int, Whole),
    (str, Text),
    (FloatArray, Numbers),
    (IntArray, WholeArray),
    (BoolArray, YesNoArray),
    (npt.ArrayLike, Numbers),
)
"""Plain annotation -> what is checked for it."""

TOGETHER: Sequence[tuple[frozenset[Any], Any]] = (
    (frozenset({date}), Day),
    (frozenset({Path, PathLike}), Folder),
)
"""Kinds that with `str` mean one thing: a day, a folder."""
