"""External ids to integer codes, once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from advisor.arrays import IntArray
from advisor.cells import is_word, text_of
from advisor.errors import InputError
from advisor.privacy import argument, kept_of

_FORMS: tuple[tuple[Callable[[str], str], str], ...] = (
    (str.strip, "spaces at their ends: strip one of them"),
    (
        lambda name: name.strip().removesuffix(".0").lstrip("0"),
        "zeros in front, or .0 at the end: read both files as text, with dtype=str",
    ),
    (lambda name: name.strip().casefold(), "upper and lower case: write one as the other"),
)
"""What tells ids of two tables apart that mean the same, and what to do."""
_SHORT_ID = 100
"""Characters up to which ASCII text is an id without a further look."""


@dataclass(frozen=True, eq=False)
class IdMap:
    """Distinct ids; the position of an id is its code.

    >>> IdMap.of(["a", "b"]).code("b")
    1
    """

    ids: tuple[str, ...]

    @classmethod
    def of(cls, ids: Iterable[object], field: str = "ids") -> IdMap:
        """From distinct ids: text, or numbers, which are worth their text. Raises `InputError`
        otherwise.
        """
        return cls(unique_ids(ids, field))

    @cached_property
    def _codes(self) -> dict[str, int]:
        return dict(zip(reversed(self.ids), reversed(range(len(self.ids))), strict=True))

    def __len__(self) -> int:
        return len(self.ids)

    def __contains__(self, name: object) -> bool:
        return (name if type(name) is str else text_of(name)) in self._codes

    def __eq__(self, other: object) -> bool:
        return isinstance(other, IdMap) and self.ids == other.ids

    def __hash__(self) -> int:
        return hash(self.ids)

    def __repr__(self) -> str:
        return f"IdMap({len(self)} ids)"

    def code(self, name: str, field: str = "id") -> int:
        """Code of one id. Raises `InputError` when it is unknown."""
        code = self._codes.get(name if type(name) is str else text_of(name))
        if code is None:
            known = ", ".join(self.ids[:5]) + (", ..." if len(self) > 5 else "")
            raise InputError(
                f"{field} {name!r} is not known; known are {known or 'none'}. Correct it or"
                " add it.",
                field=field,
                value=name,
            )
        return code

    def find(self, names: Sequence[str | None]) -> IntArray:
        """Codes of many ids, shape (len(names),); -1 where an id is unknown, or None."""
        get = self._codes.get
        texts = (
            name if type(name) is str else "" if name is None else text_of(name) for name in names
        )
        return np.fromiter((get(name, -1) for name in texts), dtype=np.int64, count=len(names))


def alike_but_for(ours: Iterable[str], theirs: Iterable[str]) -> str:
    """What alone tells ids of two tables apart of which none is in both, as the end of a message;
    "" where they differ otherwise.

    >>> alike_but_for(["7", "12"], ["007"])[:40]
    ' Some are alike but for zeros in front, '
    """
    ours, theirs = list(ours), list(theirs)
    for form, what in _FORMS:
        if not ({form(name) for name in ours} - {""}).isdisjoint(map(form, theirs)):
            return f" Some are alike but for {what}."
    return ""


def id_texts(ids: object, field: str) -> list[str]:
    """Ids as text, of which some may be there twice; a number is worth its text, as in a table.

    Raises:
        InputError: These are no ids, or one is missing or blank, or no word.
    """
    if isinstance(ids, str):
        raise InputError(
            f"{field} is the single string {argument(field, ids)}; pass a sequence of ids.",
            field=field,
            value=ids,
        )
    if not isinstance(ids, Iterable) or getattr(ids, "ndim", 1) == 0:
        raise InputError(
            f"{field} is {argument(field, ids)} ({type(ids).__name__}); pass a sequence of ids, one"
            " text each.",
            field=field,
            value=kept_of(field, ids),
        )
    names: list[str] = []
    for item in ids:
        if type(item) is str and item.isascii() and len(item) <= _SHORT_ID and item.strip():
            names.append(item)
            continue
        if isinstance(item, bool | np.bool_) or not is_word(item):
            raise InputError(
                f"{field} holds {argument(field, item)}; an id is text in UTF-8, or a number."
                " Correct it.",
                field=field,
                value=item,
            )
        names.append(text_of(item))
    return names


def unique_ids(ids: object, field: str) -> tuple[str, ...]:
    """`ids` as a tuple of distinct texts; a number is worth its text, as in a table.

    Raises:
        InputError: An id is missing or blank, no word, or there twice.
    """
    names = id_texts(ids, field)
    if len(set(names)) != len(names):
        seen: set[str] = set()
        twice = next(name for name in names if name in seen or seen.add(name))
        raise InputError(
            f"{field} holds {argument(field, twice)} twice; rows could not be told apart. Merge or"
            " rename it.",
            field=field,
            value=twice,
        )
    return tuple(names)
