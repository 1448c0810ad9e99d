"""How a client becomes a query row: by what they hold, or by nothing at all."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, ClassVar, Self

import numpy as np

from advisor.arrays import IntArray
from advisor.data.ids import IdMap
from advisor.recommend.model.batch import Batch
from advisor.recommend.model.contributions import Parts
from advisor.recommend.model.rows import NO_WEIGHTS, Rows

State = tuple[str, dict[str, np.ndarray], dict[str, Any]]
"""Kind, arrays and JSON-able rest: all that is needed to build the thing again, without pickle."""


@dataclass(frozen=True, eq=False)
class Encoder(ABC):
    """Turns clients into query rows. It is saved field by field: arrays, numbers, and `items`,
    which are those of the history.
    """

    KIND: ClassVar[str] = ""

    @abstractmethod
    def encode(self, batch: Batch) -> Rows:
        """Query rows of the batch, each from its own client alone."""

    @abstractmethod
    def parts(self, batch: Batch) -> Parts:
        """The query row of the batch's only client, by what it is made of."""

    def keys(self, batch: Batch) -> IntArray:
        """Shape (c,): clients with equal keys and equal holdings have equal query rows."""
        return np.zeros(len(batch), dtype=np.int64)

    def state(self) -> State:
        """Kind, arrays, numbers."""
        values = {f.name: getattr(self, f.name) for f in fields(self) if f.name != "items"}
        arrays = {name: v for name, v in values.items() if isinstance(v, np.ndarray)}
        return self.KIND, arrays, {name: v for name, v in values.items() if name not in arrays}

    @classmethod
    def restored(
        cls, arrays: Mapping[str, np.ndarray], meta: Mapping[str, Any], items: IdMap
    ) -> Self:
        """The encoder that `state` wrote."""
        values = {**arrays, **{name: float(v) for name, v in meta.items()}, "items": items}
        return cls(**{f.name: values[f.name] for f in fields(cls)})


@dataclass(frozen=True, eq=False)
class Same(Encoder):
    """Everybody asks for row 0."""

    KIND = "same"

    def encode(self, batch: Batch) -> Rows:
        """One entry a client."""
        return Rows(np.arange(len(batch) + 1), np.zeros(len(batch), dtype=np.int64), NO_WEIGHTS)

    def parts(self, batch: Batch) -> Parts:  # noqa: ARG002 (every encoder is given the batch)
        """Nothing the client holds matters."""
        return Parts((), (), np.zeros((0, 1)))


@dataclass(frozen=True, eq=False)
class Held(Encoder):
    """Each asks for the rows of what they hold; who holds nothing asks for one last row,
    popularity.

    Attributes:
        items: Product ids behind the rows.
        damping: Weights are divided by (their sum) ** damping: 0 sums over holdings, 1 averages.
    """

    KIND = "held"

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
