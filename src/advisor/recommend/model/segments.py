"""How a client becomes a query row by their attributes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Self

import numpy as np

from advisor.arrays import IntArray
from advisor.data.ids import IdMap
from advisor.recommend.model.attributes import Attributes, client_codes
from advisor.recommend.model.batch import Batch
from advisor.recommend.model.contributions import Parts
from advisor.recommend.model.encoders import Encoder, State
from advisor.recommend.model.rows import NO_WEIGHTS, Rows


@dataclass(frozen=True, eq=False)
class SegmentEncoder(Encoder):
    """An encoder by attributes, whose vocabulary is saved as words.

    Attributes:
        attributes: What is read.
        remembered: Codes of the history's clients, shape (c, attributes).
    """

    attributes: Attributes
    remembered: IntArray

    def state(self) -> State:
        """Vocabulary and codes."""
        kind, arrays, _ = super().state()
        return kind, arrays, self.attributes.state()

    @classmethod
    def restored(
        cls,
        arrays: Mapping[str, np.ndarray],
        meta: Mapping[str, Any],
        items: IdMap,  # noqa: ARG003 (every encoder is given the items)
    ) -> Self:
        """The encoder that `state` wrote."""
        values: dict[str, Any] = {**arrays, "attributes": Attributes.restored(meta)}
        return cls(**{f.name: values[f.name] for f in fields(cls)})


@dataclass(frozen=True, eq=False)
class Combinations(SegmentEncoder):
    """Each asks for the row of their combination of attributes; one never seen asks for the last
    row, everybody's.

    Attributes:
        known: Combinations in sorted order, shape (combinations, attributes).
    """

    KIND = "combinations"

    known: IntArray

    def encode(self, batch: Batch) -> Rows:
        """One entry a client."""
        return Rows(np.arange(len(batch) + 1), self.keys(batch), NO_WEIGHTS)

    def keys(self, batch: Batch) -> IntArray:
        """Row of the matrix."""
        codes = client_codes(self.attributes, batch, self.remembered)
        sizes = np.diff(self.attributes.offsets())
        strides = np.concatenate([np.cumprod(sizes[:0:-1])[::-1], [1]]).astype(np.int64)
        known, asked = self.known @ strides, codes @ strides
        at = np.minimum(np.searchsorted(known, asked), max(len(known) - 1, 0))
        return (
            np.where(known[at] == asked, at, len(known))
            if len(known)
            else np.zeros(len(asked), dtype=np.int64)
        )

    def parts(self, batch: Batch) -> Parts:
        """The segment alone."""
        codes = client_codes(self.attributes, batch, self.remembered)[0]
        row = np.zeros((1, len(self.known) + 1))
        row[0, self.keys(batch)[0]] = 1.0
        return Parts(
            ("",),
            (", ".join(self.attributes.label(j, c) for j, c in enumerate(codes.tolist())),),
            row,
        )


@dataclass(frozen=True, eq=False)
class OneHot(SegmentEncoder):
    """Each asks for one row an attribute, that of their value, and for the last row, which
    everybody has.
    """

    KIND = "one_hot"

    def encode(self, batch: Batch) -> Rows:
        """As many entries a client as there are attributes, and one."""
        offsets = self.attributes.offsets()
        codes = client_codes(self.attributes, batch, self.remembered) + offsets[:-1]
        full = np.column_stack([codes, np.full(len(batch), offsets[-1])])
        return Rows(np.arange(len(batch) + 1) * full.shape[1], full.ravel(), NO_WEIGHTS)

    def keys(self, batch: Batch) -> IntArray:
        """Clients with the same attributes are alike."""
        codes = client_codes(self.attributes, batch, self.remembered)
        return np.unique(codes, axis=0, return_inverse=True)[1].ravel().astype(np.int64)

    def parts(self, batch: Batch) -> Parts:
        """One part an attribute, and one that everybody has."""
        query = self.encode(batch)
        rows = np.zeros((len(query.codes), int(self.attributes.offsets()[-1]) + 1))
        rows[np.arange(len(rows)), query.codes] = 1.0
        codes = client_codes(self.attributes, batch, self.remembered)[0]
        labels = (*(self.attributes.label(j, c) for j, c in enumerate(codes.tolist())), "everybody")
        return Parts(("",) * len(rows), labels, rows)
