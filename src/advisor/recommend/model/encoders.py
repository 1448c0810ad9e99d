"""How a client becomes a query row: by what they hold, by fitted factors, or by nothing at all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from advisor.arrays import FloatArray, IntArray
from advisor.data.ids import IdMap
from advisor.recommend.model.contributions import Parts
from advisor.recommend.model.fitted import Encoder, State
from advisor.recommend.model.purchases import NO_WEIGHTS, Batch, Rows


def _no_keys(batch: Batch) -> IntArray:
    return np.zeros(len(batch), dtype=np.int64)


@dataclass(frozen=True, eq=False)
class Same:
    """Everybody asks for row 0."""

    def encode(self, batch: Batch) -> Rows:
        """One entry a client."""
        return Rows(np.arange(len(batch) + 1), np.zeros(len(batch), dtype=np.int64), NO_WEIGHTS)

    def keys(self, batch: Batch) -> IntArray:
        """All alike."""
        return _no_keys(batch)

    def parts(self, batch: Batch) -> Parts:  # noqa: ARG002 (every encoder is given the batch)
        """Nothing the client holds matters."""
        return Parts((), (), np.zeros((0, 1)))

    def state(self) -> State:
        """Nothing to keep."""
        return "same", {}, {}


@dataclass(frozen=True, eq=False)
class Held:
    """Each asks for the rows of what they hold; who holds nothing asks for one last row,
    popularity.

    Attributes:
        items: Product ids behind the rows.
        damping: Weights are divided by (their sum) ** damping: 0 sums over holdings, 1 averages.
    """

    items: IdMap
    damping: float = 0.0

    def encode(self, batch: Batch) -> Rows:
        """Held codes with their weights, or the last row."""
        held = batch.held
        empty = np.diff(held.indptr) == 0
        if not empty.any() and self.damping == 0.0:
            return held
        weights = held.full_weights() if self.damping or len(held.weights) else NO_WEIGHTS
        if self.damping:
            sums = np.bincount(held.row_of_entry(), weights=weights, minlength=len(held))
            weights = (
                weights
                / np.maximum(sums, np.finfo(np.float64).tiny)[held.row_of_entry()] ** self.damping
            )
        where = held.indptr[:-1][empty]
        indptr = held.indptr + np.concatenate([[0], np.cumsum(empty)])
        codes = np.insert(held.codes, where, len(self.items))
        return Rows(
            indptr,
            codes,
            np.insert(weights, where, 1.0) if len(weights) or not len(held.codes) else weights,
        )

    def keys(self, batch: Batch) -> IntArray:
        """Holdings decide everything."""
        return _no_keys(batch)

    def parts(self, batch: Batch) -> Parts:
        """One part a held product."""
        query = self.encode(batch) if len(batch.held.codes) else batch.held
        codes = query.codes.tolist()
        return Parts(
            tuple([self.items.ids[c] for c in codes]),
            ("",) * len(codes),
            query.full_weights(),
            query.codes,
        )

    def state(self) -> State:
        """The damping; items are the history's."""
        return "held", {}, {"damping": self.damping}


@dataclass(frozen=True, eq=False)
class FoldedIn:
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

    def keys(self, batch: Batch) -> IntArray:
        """Holdings decide everything."""
        return _no_keys(batch)

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

    def state(self) -> State:
        """Factors and system."""
        arrays = {
            name: getattr(self, name) for name in ("factors", "base", "image", "tilt", "shift")
        }
        return "folded_in", arrays, {"ridge": self.ridge, "extra": self.extra}


@dataclass(frozen=True, eq=False)
class Member:
    """Known clients have trained factors; others get the map from what is held to factors that was
    fitted on the known ones.

    Attributes:
        items: Product ids behind `image`.
        factors: Trained factors of the history's clients, shape (c, f).
        image: What holding an item adds to a newcomer's factors, shape (items + 1, f); the last row
            is the constant.
    """

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
        """A known client is themselves alone."""
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

    def state(self) -> State:
        """Factors and map."""
        return "member", {"factors": self.factors, "image": self.image}, {}


@dataclass(frozen=True, eq=False)
class Stacked:
    """Several encoders one after the other, each over its own block of rows.

    Attributes:
        encoders: In order.
        offsets: First matrix row of each, and the total, length len(encoders) + 1.
    """

    encoders: tuple[Encoder, ...]
    offsets: tuple[int, ...]

    def encode(self, batch: Batch) -> Rows:
        """Each client's rows, one after the other."""
        queries = [encoder.encode(batch) for encoder in self.encoders]
        row_of = np.concatenate([q.row_of_entry() for q in queries])
        order = np.argsort(row_of, kind="stable")
        codes = np.concatenate(
            [q.codes + offset for q, offset in zip(queries, self.offsets[:-1], strict=True)]
        )[order]
        indptr = np.asarray(sum(q.indptr for q in queries))
        return Rows(indptr, codes, np.concatenate([q.full_weights() for q in queries])[order])

    def keys(self, batch: Batch) -> IntArray:
        """Equal where all keys are equal."""
        columns = np.column_stack([encoder.keys(batch) for encoder in self.encoders])
        if (columns == columns[:1]).all():
            return _no_keys(batch)
        return np.unique(columns, axis=0, return_inverse=True)[1].ravel().astype(np.int64)

    def parts(self, batch: Batch) -> Parts:
        """Parts of all, each in its block; a product that several name is added up."""
        rows: dict[tuple[str, str], FloatArray] = {}
        for encoder, start, stop in zip(
            self.encoders, self.offsets[:-1], self.offsets[1:], strict=True
        ):
            found = encoder.parts(batch)
            for name, attribute, row in zip(
                found.names, found.attributes, found.spread(stop - start), strict=True
            ):
                rows.setdefault((name, attribute), np.zeros(self.offsets[-1]))[start:stop] += row
        matrix = np.array(list(rows.values())) if rows else np.zeros((0, self.offsets[-1]))
        return Parts(tuple(n for n, _ in rows), tuple(a for _, a in rows), matrix)

    def state(self) -> State:
        """The states of all."""
        arrays: dict[str, np.ndarray] = {}
        kinds: list[dict[str, Any]] = []
        for i, encoder in enumerate(self.encoders):
            kind, own, meta = encoder.state()
            arrays |= {f"{i}.{name}": value for name, value in own.items()}
            kinds.append({"kind": kind, "meta": meta})
        return "stacked", arrays, {"encoders": kinds, "offsets": list(self.offsets)}


def dense_rows(values: FloatArray, start: IntArray, length: IntArray) -> Rows:
    """Row i's columns start[i]:start[i] + length[i] of a dense array, compressed."""
    indptr = np.zeros(len(values) + 1, dtype=np.int64)
    np.cumsum(length, out=indptr[1:])
    rows = np.repeat(np.arange(len(values)), length)
    codes = np.arange(indptr[-1]) - np.repeat(indptr[:-1] - start, length)
    return Rows(indptr, codes, values[rows, codes])
