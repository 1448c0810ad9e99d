"""A column of words as codes over a vocabulary."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from advisor.arrays import BoolArray, IntArray, frozen
from advisor.privacy import hides

_ONE_WORD, _NO_WORD = frozen(np.array([0])), frozen(np.array([-1]))
"""Codes of a column of one row: shared, since a client's every answer is one."""


@hides
@dataclass(frozen=True, eq=False)
class Categories:
    """`names[codes[i]]` is row i's word; code -1 where there is none.

    Attributes:
        names: Vocabulary.
        codes: Position in `names`, shape (c,).
    """

    names: tuple[str, ...]
    codes: IntArray

    @classmethod
    def of_words(cls, words: Sequence[str | None]) -> Categories:
        """From one word (or None) a row."""
        if len(words) == 1:
            return cls((), _NO_WORD) if words[0] is None else cls((words[0],), _ONE_WORD)
        names: dict[str, int] = {}
        codes = [-1 if word is None else names.setdefault(word, len(names)) for word in words]
        return cls(tuple(names), np.array(codes, dtype=np.int64))

    @classmethod
    def empty(cls, rows: int) -> Categories:
        """No word in any of `rows` rows."""
        return cls((), np.full(rows, -1, dtype=np.int64))

    def spelled(self) -> npt.NDArray[np.object_]:
        """Every row's word, or None; shape (c,)."""
        return np.array([*self.names, None], dtype=object)[self.codes]

    def take(self, rows: IntArray) -> Categories:
        """The rows asked for, in that order."""
        return Categories(self.names, self.codes[rows])

    def where(self, keep: BoolArray) -> Categories:
        """The rows in `keep`, shape (c,), in that order."""
        return Categories(self.names, self.codes[keep])

    def mapped(self, words: Sequence[str | None]) -> Categories:
        """With one other word (or None) for each of `names`; a word that stands nowhere is not
        kept.
        """
        known = Categories.of_words([*words, None])
        return Categories(known.names, known.codes[self.codes])

    def word(self, i: int) -> str | None:
        """Word of row i, or None."""
        code = self.codes.item(i)
        return self.names[code] if code >= 0 else None

    def __len__(self) -> int:
        return len(self.codes)
