"""One field of a map, in and out."""

from __future__ import annotations

from typing import Any, Literal

from advisor import Contract
from advisor.adapters.crm.paths import Number
from advisor.cells import text_of
from advisor.errors import InputError
from advisor.privacy import personal


class FieldIn(Contract):
    """`path` in their record is the field `to` of a `Client` (`wealth`, `answers.q1`).

    `words` says what their words mean (any other is refused), `default` what an empty cell means.
    """

    to: str
    path: str
    unit: Number | Literal["birthday"] = ""
    words: dict[str, str | float | bool] = {}
    default: str | float | bool | None = None


class FieldOut(Contract):
    """`path` in their record is written from `of`: a dotted path in `Advice`, `segment` or `tags`.

    A list becomes one text with `join` between, or stays a list where that is None.
    """

    path: str
    of: str
    unit: Number | Literal["json"] = ""
    words: dict[str, str | float | bool] = {}
    join: str | None = None


def word_of(field: FieldIn | FieldOut, cell: Any, fault: str) -> Any:
    """What a word means on the other side. Raises `InputError` where the map has none."""
    word = text_of(cell)
    if word not in field.words:
        why = f"{field.path} is {personal(cell)}, which {fault} ({', '.join(field.words)})."
        raise InputError(f"{why} Correct it there, or add it to `words`.", field=field.path)
    return field.words[word]
