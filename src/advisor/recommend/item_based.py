"""Item models: a product is scored by how much each held product speaks for it. On a bank's small shelf they are hard to beat."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from advisor.arrays import FloatArray
from advisor.recommend.encoders import Held
from advisor.recommend.history import History
from advisor.recommend.linear import FittedModel
from advisor.recommend.recipe import Recipe, Training, check_range
from advisor.recommend.threads import one_thread

GRAM_BLOCKS = 8
"""Row blocks the Gram matrix is summed in; fixed, so that its bits never depend on the number of threads."""
GRAM_BYTES = 256_000_000
"""Room for the blocks' partial sums; large shelves get fewer blocks."""


def gram_of(history: History) -> FloatArray:
    """X'X over the history's items, shape (items, items): how many clients bought both."""
    from advisor.recommend.kernels import gram

    size, rows = len(history.items), history.rows
    blocks = max(1, min(GRAM_BLOCKS, GRAM_BYTES // max(8 * size * size, 1)))
    return gram(rows.indptr, rows.codes, rows.weights, size, blocks)


def item_model(kind: str, history: History, weights: FloatArray, parameters: dict[str, Any], damping: float = 0.0) -> FittedModel:
    """A model whose matrix is item-to-item weights (row: held, column: scored) with popularity as the last row."""
    matrix = np.vstack([weights[:, : history.shelf], history.popularity()[None, : history.shelf]])
    return FittedModel(kind, history, Held(history.items, damping), matrix, parameters)


@dataclass(frozen=True)
class EASE(Recipe):
    """Ridge regression of every product on all others, in closed form.

    Args:
        regularization: Ridge; larger shrinks rare products more.
        half_life_days: Days in which a purchase loses half its weight; None: no recency.

    Source: Steck (2019), Embarrassingly shallow autoencoders for sparse data, section 3.
    """

    regularization: float = 500.0
    half_life_days: float | None = None

    def __post_init__(self) -> None:
        check_range("regularization", self.regularization, 1e-6, why="without a ridge the Gram matrix may not be invertible")

    def learn(self, training: Training) -> FittedModel:
        """Invert."""
        history = training.history(self.half_life_days)
        return item_model("EASE", history, ease_weights(gram_of(history), self.regularization), self.settings())


def ease_weights(gram: FloatArray, regularization: float) -> FloatArray:
    """B = I - P / diag(P) with P = (G + ridge)^-1: zero diagonal, shape (items, items); row: held, column: scored."""
    with one_thread():
        inverse = np.linalg.inv(gram + regularization * np.eye(len(gram)))
    weights = inverse / -np.diag(inverse)
    np.fill_diagonal(weights, 0.0)
    return weights


@dataclass(frozen=True)
class ItemKNN(Recipe):
    """A product is scored by its similarity to what is held, over its nearest neighbours.

    Args:
        neighbours: Similar products kept for each scored one.
        shrinkage: Added to the denominator: similarities that rest on few clients are shrunk.
        similarity: "cosine": both / sqrt(one * other). "conditional": both / one, the share of owners of the held product who own the scored one.

    Source: Deshpande & Karypis (2004), sections 4.1 and 4.2.
    """

    neighbours: int = 100
    shrinkage: float = 100.0
    similarity: Literal["cosine", "conditional"] = "cosine"
    half_life_days: float | None = None

    def __post_init__(self) -> None:
        check_range("neighbours", self.neighbours, 1, why="nothing would be similar to anything")
        check_range("shrinkage", self.shrinkage, 0.0, why="a negative one would raise similarities that rest on nothing")

    def learn(self, training: Training) -> FittedModel:
        """Compare."""
        history = training.history(self.half_life_days)
        gram = gram_of(history)
        owners = np.diag(gram).copy()
        below = np.sqrt(np.outer(owners, owners)) if self.similarity == "cosine" else np.repeat(owners[:, None], len(owners), axis=1)
        below += self.shrinkage
        similar = np.divide(gram, below, out=np.zeros_like(gram), where=below > 0.0)
        np.fill_diagonal(similar, 0.0)
        return item_model("ItemKNN", history, nearest(similar, self.neighbours), self.settings())


def nearest(similar: FloatArray, count: int) -> FloatArray:
    """Each column's `count` largest entries (ties by row), others 0."""
    if count >= len(similar):
        return similar
    kept = np.zeros_like(similar)
    rows = np.argsort(-similar, axis=0, kind="stable")[:count]
    np.put_along_axis(kept, rows, np.take_along_axis(similar, rows, axis=0), axis=0)
    return kept
