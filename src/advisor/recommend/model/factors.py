"""How a client becomes a query row by fitted factors."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from advisor.arrays import FloatArray, IntArray
from advisor.data.ids import IdMap
from advisor.recommend.model.batch import Batch
from advisor.recommend.model.contributions import Parts
from advisor.recommend.model.encoders import Encoder
from advisor.recommend.model.rows import NO_WEIGHTS, Rows


@dataclass(frozen=True, eq=False)
class FoldedIn(Encoder):
    """Each is given the factors that explain best what they hold; who holds nothing asks for one
    last row, popularity.

    p = (base + ridge * I + extra * sum of q q')^-1 (shift + sum of image + sum of tilt / number
    held): the client step of weighted least squares, solved exactly and for everybody alike, so a
    client met in training and a newcomer with the same holdings get the same answer.

    Attributes:
        items: Product ids behind the factors.
        factors: Item factors q, shape (items, f).
        base: Shape (f, f), positive semidefinite.
        ridge: Added to its diagonal.
        extra: Weight of a held item beyond the background.
        image: What holding an item adds to the right side, shape (items, f).
        tilt: The same, divided by the number of items held, shape (items, f) or (0, f) for none.
        shift: What everybody has on the right side, shape (f,).
    """

    KIND = "folded_in"

    items: IdMap
    factors: FloatArray
    base: FloatArray
    ridge: float
    extra: float
    image: FloatArray
    tilt: FloatArray
    shift: FloatArray

    def encode(self, batch: Batch) -> Rows:
        """All factors of each client, or the last row."""
        size, empty = self.factors.shape[1], np.diff(batch.held.indptr) == 0
        solved = np.column_stack([self.factors_of(batch.held), empty.astype(np.float64)])
        return dense_rows(solved, np.where(empty, size, 0), np.where(empty, 1, size))

    def factors_of(self, held: Rows) -> FloatArray:
        """Client factors of rows of holdings, shape (c, f)."""
        from advisor.recommend.kernels import score_rows, solve_rows

        lengths = np.diff(held.indptr)
        right = self.shift + score_rows(held.indptr, held.codes, NO_WEIGHTS, self.image)
        if len(self.tilt):
            right += (
                score_rows(held.indptr, held.codes, NO_WEIGHTS, self.tilt)
                / np.maximum(lengths, 1)[:, None]
            )
        return solve_rows(
            held.indptr,
            held.codes,
            self.factors,
            self.base,
            np.ones(len(held)),
            self.ridge,
            self.extra,
            right,
        )

    def parts(self, batch: Batch) -> Parts:
        """The solution is linear in its right side, a sum over held products: one part each, and
        one for what everybody has.
        """
        codes = batch.held.codes
        if not len(codes):
            return Parts((), (), np.zeros((0, len(self.shift) + 1)))
        q = self.factors[codes]
        system = (
            self.base
            + self.ridge * np.eye(len(self.shift))
            + self.extra * np.einsum("hi,hj->ij", q, q)
        )
        right = self.image[codes] + (self.tilt[codes] / len(codes) if len(self.tilt) else 0.0)
        names, attributes = tuple(self.items.ids[c] for c in codes.tolist()), ("",) * len(codes)
        if self.shift.any():
            right, names, attributes = (
                np.vstack([right, self.shift]),
                (*names, ""),
                (*attributes, "expected return"),
            )
        return Parts(
            names,
            attributes,
            np.column_stack([np.linalg.solve(system, right.T).T, np.zeros(len(right))]),
        )


@dataclass(frozen=True, eq=False)
class Member(Encoder):
    """Known clients have trained factors; others get the map from what is held to factors that was
    fitted on the known ones.

    Attributes:
        items: Product ids behind `image`.
        factors: Trained factors of the history's clients, shape (c, f).
        image: What holding an item adds to a newcomer's factors, shape (items + 1, f); the last row
            is the constant.
    """

    KIND = "member"

    items: IdMap
    factors: FloatArray
    image: FloatArray

    def encode(self, batch: Batch) -> Rows:
        """Factors, and a constant 1; who is unknown and holds nothing asks for one last row,
        popularity.
        """
        from advisor.recommend.kernels import score_rows

        size = self.factors.shape[1]
        dense = (
            score_rows(batch.held.indptr, batch.held.codes, batch.held.weights, self.image[:-1])
            + self.image[-1]
        )
        known = batch.rows >= 0
        dense[known] = self.factors[batch.rows[known]]
        stranger = ~known & (np.diff(batch.held.indptr) == 0)
        full = np.column_stack([dense, np.ones(len(batch)), stranger.astype(np.float64)])
        return dense_rows(full, np.where(stranger, size + 1, 0), np.where(stranger, 1, size + 1))

    def keys(self, batch: Batch) -> IntArray:
        """A known client has a row of their own."""
        return batch.rows

    def parts(self, batch: Batch) -> Parts:
        """Trained factors cannot be taken apart; a newcomer's can."""
        codes = batch.held.codes if batch.rows[0] < 0 else batch.held.codes[:0]
        rows = np.column_stack(
            [
                self.image[codes] * batch.held.full_weights()[: len(codes), None],
                np.zeros((len(codes), 2)),
            ]
        )
        return Parts(tuple(self.items.ids[c] for c in codes.tolist()), ("",) * len(codes), rows)


def dense_rows(values: FloatArray, start: IntArray, length: IntArray) -> Rows:
    """Row i's columns start[i]:start[i] + length[i] of a dense array, compressed."""
    indptr = np.zeros(len(values) + 1, dtype=np.int64)
    np.cumsum(length, out=indptr[1:])
    rows = np.repeat(np.arange(len(values)), length)
    codes = np.arange(indptr[-1]) - np.repeat(indptr[:-1] - start, length)
    return Rows(indptr, codes, values[rows, codes])
