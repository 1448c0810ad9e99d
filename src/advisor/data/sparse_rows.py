"""A few named numbers a row: holdings, exclusions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from advisor.arrays import FloatArray, IntArray
from advisor.privacy import hides


@hides
@dataclass(frozen=True, eq=False)
class SparseRows:
    """For each of c rows a short list of (name, value): compressed rows over a small vocabulary.

    Attributes:
        names: Vocabulary, sorted: so a row's entries stand in the same order, and add up to the
            same bits, in every table.
        indptr: Row i's entries stand at indptr[i]:indptr[i + 1], shape (c + 1,).
        codes: Position in `names` of each entry, ascending within a row, shape (e,).
        values: Value of each entry, shape (e,).
    """

    names: tuple[str, ...]
    indptr: IntArray
    codes: IntArray
    values: FloatArray

    @classmethod
    def of(cls, rows: Sequence[Mapping[str, float]]) -> SparseRows:
        """From one mapping a row."""
        names = sorted({name for row in rows for name in row})
        place = {name: code for code, name in enumerate(names)}
        codes: list[int] = []
        values: list[float] = []
        indptr = np.zeros(len(rows) + 1, dtype=np.int64)
        for i, row in enumerate(rows):
            entries = sorted((place[name], value) for name, value in row.items())
            codes.extend(code for code, _ in entries)
            values.extend(value for _, value in entries)
            indptr[i + 1] = len(codes)
        return cls(
            tuple(names),
            indptr,
            np.array(codes, dtype=np.int64),
            np.array(values, dtype=np.float64),
        )

    @classmethod
    def of_sets(cls, rows: Iterable[Iterable[str]]) -> SparseRows:
        """From one set of names a row; every value is 1."""
        return cls.of([dict.fromkeys(sorted(row), 1.0) for row in rows])

    @classmethod
    def empty(cls, rows: int) -> SparseRows:
        """No entries in any of `rows` rows."""
        return cls((), np.zeros(rows + 1, dtype=np.int64), np.zeros(0, dtype=np.int64), np.zeros(0))

    def take(self, rows: IntArray) -> SparseRows:
        """The rows asked for, in that order, over the same vocabulary."""
        start = self.indptr[rows]
        lengths = self.indptr[rows + 1] - start
        indptr = np.zeros(len(rows) + 1, dtype=np.int64)
        np.cumsum(lengths, out=indptr[1:])
        if indptr[-1] == 0:
            return SparseRows(self.names, indptr, self.codes[:0], self.values[:0])
        source = np.repeat(start - indptr[:-1], lengths) + np.arange(indptr[-1])
        return SparseRows(self.names, indptr, self.codes[source], self.values[source])

    def row(self, i: int) -> dict[str, float]:
        """Row i as a mapping."""
        if not len(self.codes):
            return {}
        span = slice(self.indptr.item(i), self.indptr.item(i + 1))
        return {
            self.names[code]: value
            for code, value in zip(
                self.codes[span].tolist(), self.values[span].tolist(), strict=True
            )
        }

    def row_of_entry(self) -> IntArray:
        """Row of each entry, shape (e,)."""
        return np.repeat(np.arange(len(self)), np.diff(self.indptr))

    def totals(self) -> FloatArray:
        """Sum of each row's values, shape (c,); added in entry order, so that a row's bits do not
        depend on its neighbours.
        """
        sums: FloatArray = np.zeros(len(self))
        np.add.at(sums, self.row_of_entry(), self.values)
        return sums

    def __len__(self) -> int:
        return len(self.indptr) - 1
