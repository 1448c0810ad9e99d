"""Several ways to become a query row: all of them one after the other, or one of two."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from advisor.arrays import FloatArray, IntArray
from advisor.recommend.model.batch import Batch
from advisor.recommend.model.contributions import Parts
from advisor.recommend.model.encoders import Encoder, State
from advisor.recommend.model.rows import Rows


@dataclass(frozen=True, eq=False)
class Stacked(Encoder):
    """Several encoders one after the other, each over its own block of rows.

    Attributes:
        encoders: In order.
        offsets: First matrix row of each, and the total, length len(encoders) + 1.
    """

    KIND: ClassVar[str] = "stacked"

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
            return np.zeros(len(batch), dtype=np.int64)
        return np.unique(columns, axis=0, return_inverse=True)[1].ravel().astype(np.int64)

    def parts(self, batch: Batch) -> Parts:
        """Parts of all, each in its block; a product that several name is added up."""
        rows: dict[tuple[str, str], FloatArray] = {}
        for encoder, start, stop in zip(
            self.encoders, self.offsets[:-1], self.offsets[1:], strict=True
        ):
            own_parts = encoder.parts(batch)
            for name, attribute, row in zip(
                own_parts.names, own_parts.attributes, own_parts.spread(stop - start), strict=True
            ):
                rows.setdefault((name, attribute), np.zeros(self.offsets[-1]))[start:stop] += row
        matrix = np.array(list(rows.values())) if rows else np.zeros((0, self.offsets[-1]))
        return Parts(tuple(n for n, _ in rows), tuple(a for _, a in rows), matrix)

    def state(self) -> State:
        """The states of all."""
        states = [encoder.state() for encoder in self.encoders]
        arrays = {f"{i}.{n}": a for i, (_, own, _) in enumerate(states) for n, a in own.items()}
        kinds = [{"kind": kind, "meta": meta} for kind, _, meta in states]
        return self.KIND, arrays, {"encoders": kinds, "offsets": list(self.offsets)}


@dataclass(frozen=True, eq=False)
class Switch(Stacked):
    """Each asks as the first encoder does if they hold anything, else as the second does."""

    KIND = "switch"

    def encode(self, batch: Batch) -> Rows:
        """The query row of one or the other."""
        empty = np.diff(batch.held.indptr) == 0
        order = np.argsort(empty, kind="stable")
        count = int((~empty).sum())
        warm, cold = (
            encoder.encode(batch.take(part))
            for encoder, part in zip(self.encoders, (order[:count], order[count:]), strict=True)
        )
        both = Rows(
            np.concatenate([warm.indptr, warm.indptr[-1] + cold.indptr[1:]]),
            np.concatenate([warm.codes, cold.codes + self.offsets[1]]),
            np.concatenate([warm.full_weights(), cold.full_weights()]),
        )
        back = np.empty_like(order)
        back[order] = np.arange(len(order))
        return both.take(back)

    def keys(self, batch: Batch) -> IntArray:
        """Those of the one that serves; the two cannot meet, since one's clients hold something and
        the other's do not.
        """
        warm, cold = (encoder.keys(batch) for encoder in self.encoders)
        return np.where(np.diff(batch.held.indptr) == 0, cold, warm)

    def parts(self, batch: Batch) -> Parts:
        """Those of the one that serves."""
        if len(batch.held.codes):
            return self.encoders[0].parts(batch)
        cold = self.encoders[1].parts(batch)
        own = np.arange(cold.rows.shape[1]) if cold.columns is None else cold.columns
        return Parts(cold.names, cold.attributes, cold.rows, own + self.offsets[1])
