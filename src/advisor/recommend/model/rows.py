"""Compressed rows of codes and weights: what each client holds, or asks a model for."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from advisor.arrays import BoolArray, FloatArray, IntArray

NO_WEIGHTS: FloatArray = np.zeros(0)
"""Stands for "every entry weighs 1": a million clients need no array of ones."""
NO_WEIGHTS.flags.writeable = False


@dataclass(frozen=True, eq=False)
class Rows:
    """Compressed rows of (code, weight).

    Attributes:
        indptr: Row i's entries stand at indptr[i]:indptr[i + 1], shape (c + 1,).
        codes: Ascending within a row, shape (e,).
        weights: Shape (e,), or (0,) where every entry weighs 1.
    """

    indptr: IntArray
    codes: IntArray
    weights: FloatArray

    def take(self, rows: IntArray) -> Rows:
        """The rows asked for, in that order; row -1 is an empty row."""
        if len(rows) == 1:
            first, last = (
                (self.indptr.item(rows.item(0)), self.indptr.item(rows.item(0) + 1))
                if rows.item(0) >= 0
                else (0, 0)
            )
            return Rows(
                np.array((0, last - first)), self.codes[first:last], self.weights[first:last]
            )
        start = self.indptr[rows]
        lengths = np.where(rows >= 0, self.indptr[np.minimum(rows + 1, len(self))] - start, 0)
        indptr = np.zeros(len(rows) + 1, dtype=np.int64)
        np.cumsum(lengths, out=indptr[1:])
        if indptr[-1] == 0:
            return Rows(indptr, self.codes[:0], self.weights[:0])
        source = np.repeat(start - indptr[:-1], lengths) + np.arange(indptr[-1])
        return Rows(
            indptr, self.codes[source], self.weights[source] if len(self.weights) else self.weights
        )

    def full_weights(self) -> FloatArray:
        """Weights written out, shape (e,)."""
        return self.weights if len(self.weights) else np.ones(len(self.codes))

    def row_of_entry(self) -> IntArray:
        """Row of each entry, shape (e,)."""
        return np.repeat(np.arange(len(self)), np.diff(self.indptr))

    def join(self, more: Rows, use: BoolArray, width: int) -> Rows:
        """With those of more entries that are of `use`, at weight 1; an entry that is there already
        stays as it is. Codes in use are below `width`.
        """
        codes = more.codes[use]
        if not len(codes):
            return self
        if len(self) == 1 and not len(self.weights):
            joined = np.array(sorted({*self.codes.tolist(), *codes.tolist()}))
            return Rows(np.array((0, len(joined))), joined, NO_WEIGHTS)
        row_of = more.row_of_entry()[use]
        keys = np.concatenate([self.row_of_entry() * width + self.codes, row_of * width + codes])
        weights = np.concatenate([self.full_weights(), np.ones(len(codes))])
        joined, first = np.unique(keys, return_index=True)
        indptr = starts(joined // width, len(self))
        return Rows(indptr, joined % width, weights[first] if len(self.weights) else NO_WEIGHTS)

    def matrix(self, width: int) -> sparse.csr_array:
        """As a sparse matrix of `width` columns."""
        return sparse.csr_array(
            (self.full_weights(), self.codes, self.indptr), shape=(len(self), width)
        )

    def __len__(self) -> int:
        return len(self.indptr) - 1


def starts(row_of: IntArray, count: int) -> IntArray:
    """Where each of `count` rows begins among entries sorted by row, and where the last ends, shape
    (count + 1,).
    """
    return np.concatenate([[0], np.cumsum(np.bincount(row_of, minlength=count))]).astype(np.int64)
