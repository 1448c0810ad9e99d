"""How a client becomes a query row by their attributes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from advisor.arrays import IntArray
from advisor.recommend.model.attributes import Attributes, client_codes
from advisor.recommend.model.contributions import Parts
from advisor.recommend.model.fitted import State
from advisor.recommend.model.purchases import NO_WEIGHTS, Batch, Rows


@dataclass(frozen=True, eq=False)
class Cells:
    """Each asks for the row of their combination of attributes; one never seen asks for the last
    row, everybody's.

    Attributes:
        attributes: What is read.
        cells: Combinations in sorted order, shape (cells, attributes).
        remembered: Codes of the history's clients, shape (c, attributes).
    """

    attributes: Attributes
    cells: IntArray
    remembered: IntArray

    def encode(self, batch: Batch) -> Rows:
        """One entry a client."""
        return Rows(np.arange(len(batch) + 1), self.keys(batch), NO_WEIGHTS)

    def keys(self, batch: Batch) -> IntArray:
        """Row of the matrix."""
        codes = client_codes(self.attributes, batch, self.remembered)
        sizes = np.diff(self.attributes.offsets())
        strides = np.concatenate([np.cumprod(sizes[:0:-1])[::-1], [1]]).astype(np.int64)
        known, asked = self.cells @ strides, codes @ strides
        at = np.minimum(np.searchsorted(known, asked), max(len(known) - 1, 0))
        return (
            np.where(known[at] == asked, at, len(known))
            if len(known)
            else np.zeros(len(asked), dtype=np.int64)
        )

    def parts(self, batch: Batch) -> Parts:
        """The segment alone."""
        codes = client_codes(self.attributes, batch, self.remembered)[0]
        row = np.zeros((1, len(self.cells) + 1))
        row[0, self.keys(batch)[0]] = 1.0
        return Parts(
            ("",),
            (", ".join(self.attributes.label(j, c) for j, c in enumerate(codes.tolist())),),
            row,
        )

    def state(self) -> State:
        """Vocabulary and codes."""
        return (
            "cells",
            {"cells": self.cells, "remembered": self.remembered},
            self.attributes.state(),
        )


@dataclass(frozen=True, eq=False)
class OneHot:
    """Each asks for one row an attribute, that of their value, and for the last row, which
    everybody has.

    Attributes:
        attributes: What is read.
        remembered: Codes of the history's clients, shape (c, attributes).
    """

    attributes: Attributes
    remembered: IntArray

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

    def state(self) -> State:
        """Vocabulary and codes."""
        return "one_hot", {"remembered": self.remembered}, self.attributes.state()


def restore_segments(
    kind: str, arrays: Mapping[str, np.ndarray], meta: Mapping[str, Any]
) -> Cells | OneHot:
    """The encoder that `state` wrote."""
    attributes = Attributes.restored(meta)
    return (
        Cells(attributes, arrays["cells"], arrays["remembered"])
        if kind == "cells"
        else OneHot(attributes, arrays["remembered"])
    )
