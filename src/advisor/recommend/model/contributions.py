"""A score taken apart: what each thing a client holds, or is, adds to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from advisor.arrays import FloatArray, IntArray


@dataclass(frozen=True)
class Contribution:
    """What one held product adds to a score.

    Attributes:
        product_id: The held product; "" where an attribute of the client contributes.
        share: Its part of the score as a fraction; over all contributions of an item model or ALS
            they add up to 1.
        amount: The same in units of the score; they add up to the score.
        attribute: The attribute, as `name=value`, where it is not a product.
    """

    product_id: str
    share: float
    amount: float = 0.0
    attribute: str = ""


@dataclass(frozen=True, eq=False)
class Parts:
    """One client's query row taken apart: `rows.sum(axis=0)` is the row.

    Attributes:
        names: Held product behind each part ("" where an attribute is).
        attributes: Attribute behind each part ("" where a product is).
        rows: Shape (parts, d), or fewer columns where the last rows of the matrix have no part; or
            shape (parts,) where each part is one row of the matrix alone, the one in `columns`,
            with this weight.
        columns: Rows of the matrix that the columns of `rows` stand for, where those are some of
            them; None: the first ones.
    """

    names: tuple[str, ...]
    attributes: tuple[str, ...]
    rows: FloatArray
    columns: IntArray | None = None

    def over(self, matrix: FloatArray, products: Sequence[int]) -> FloatArray:
        """What each part adds to the score of each product, shape (parts, k), of a matrix of shape
        (d, p).
        """
        used, rows = self.columns, self.rows
        if rows.ndim == 1:
            return rows[:, None] * matrix[self._columns()[:, None], products]
        if used is None:
            used = np.flatnonzero(rows.any(axis=0))
            rows = rows[:, used]
        return np.einsum("hd,dk->hk", rows, matrix[used[:, None], products])

    def spread(self, width: int) -> FloatArray:
        """The rows over the first `width` rows of the matrix, shape (parts, width)."""
        wide: FloatArray = np.zeros((len(self.rows), width))
        wide[np.arange(len(wide)) if self.rows.ndim == 1 else slice(None), self._columns()] = (
            self.rows
        )
        return wide

    def _columns(self) -> IntArray:
        return np.arange(self.rows.shape[-1]) if self.columns is None else self.columns
