"""A column of words as codes over a vocabulary."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from advisor.arrays import IntArray


@dataclass(frozen=True, eq=False)
class Labels:
    """`names[codes[i]]` is row i's word; code -1 where there is none.

    Attributes:
        names: Vocabulary.
        codes: Position in `names`, shape (c,).
    """

    names: tuple[str, ...]
    codes: IntArray

    @classmethod
    def of(cls, words: Iterable[object]) -> Labels:
        """From one word (or None / nan) a row; anything else becomes its `str`."""
        codes, uniques = pd.factorize(pd.Series(list(words) if not isinstance(words, pd.Series) else words, dtype=object))
        return cls(tuple(str(u) for u in uniques), codes.astype(np.int64))

    @classmethod
    def empty(cls, rows: int) -> Labels:
        """No word in any of `rows` rows."""
        return cls((), np.full(rows, -1, dtype=np.int64))

    def take(self, rows: IntArray) -> Labels:
        """The rows asked for, in that order."""
        return Labels(self.names, self.codes[rows])

    def word(self, i: int) -> str | None:
        """Word of row i, or None."""
        code = int(self.codes[i])
        return self.names[code] if code >= 0 else None

    def __len__(self) -> int:
        return len(self.codes)
