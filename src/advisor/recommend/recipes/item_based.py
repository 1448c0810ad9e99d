"""Item models: a product is scored by how much each held product speaks for it. On a bank's small
catalogue they are hard to beat.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from advisor.annotations import Count
from advisor.arrays import FloatArray
from advisor.recommend.model.gram import Gram
from advisor.recommend.recipes.counting import GramRecipe
from advisor.recommend.recipes.settings import Exponent, HalfLife, PenaltyExponent, Ridge, Shrinkage
from advisor.recommend.threads import one_thread
from advisor.validation import checked

ALL = 1_000_000
"""As many neighbours as there are."""


@checked
@dataclass(frozen=True)
class EASE(GramRecipe):
    """Ridge regression of every product on all others, in closed form.

    Args:
        regularization: Ridge, in clients; larger shrinks rare products more.
        half_life_days: Days in which a purchase loses half its weight as something to predict;
            None: no recency.
        capped: Whether a fortnight of a product counts for at most 20 purchases and 5 times the
            mean of its other fortnights (see `capped_weights`). Off, since the ridge forgives such
            fortnights: on the given FAR-Trans points it changes nothing (.4029 against .4025
            nDCG@10).

    Source: Steck (2019), Embarrassingly shallow autoencoders for sparse data, section 3.
    """

    GRID = (
        {"regularization": 50.0},
        {"regularization": 150.0},
        {"regularization": 1_500.0},
        {"half_life_days": 90.0, "capped": True},
        {"half_life_days": 180.0, "capped": True},
        {"regularization": 1_500.0, "half_life_days": 90.0, "capped": True},
    )

    regularization: Ridge = 500.0
    half_life_days: HalfLife | None = None
    capped: bool = False

    def weigh(self, gram: Gram) -> FloatArray:
        """B = P C - P diag(diag(P C) / diag(P)), P = (G + ridge)^-1: the ridge solution whose
        diagonal is held at 0.
        """
        with one_thread():
            inverse = np.linalg.inv(gram.both + self.regularization * np.eye(len(gram.items)))
            if gram.plain:
                weights = inverse / -np.diag(inverse)
            else:
                weights = inverse @ gram.toward
                weights -= inverse * (np.diag(weights) / np.diag(inverse))
        np.fill_diagonal(weights, 0.0)
        return weights


@checked
@dataclass(frozen=True)
class ItemKNN(GramRecipe):
    """A product is scored by its similarity to what is held, over its nearest neighbours.

    Args:
        neighbours: Similar products kept for each scored one.
        shrinkage: Clients added to the denominator: similarities that rest on few clients are
            shrunk.
        similarity: "cosine": both / (sqrt(one * other) + shrinkage). "conditional": both / (one +
            shrinkage), the share of owners of the held product who own the scored one.
        half_life_days: Days in which a purchase loses half its weight as something to predict;
            None: no recency. With it, "conditional" becomes the share who bought the scored one
            lately.
        capped: Whether a fortnight of a product counts for at most 20 purchases and 5 times the
            mean of its other fortnights (see `capped_weights`). Off, since without recency it
            changes nothing on the given FAR-Trans points; with a half-life of 90 days it is worth
            using (nDCG@10 .4187 against .4171, and .416 against .364 on the one point where a
            spin-off stands among recent purchases).

    Source: Deshpande & Karypis (2004), sections 4.1 and 4.2.
    """

    GRID = (
        {"neighbours": 20},
        {"neighbours": ALL},
        {"shrinkage": 10.0},
        {"half_life_days": 90.0, "capped": True},
        {"neighbours": ALL, "shrinkage": 20.0, "similarity": "conditional"},
        {
            "neighbours": ALL,
            "shrinkage": 20.0,
            "similarity": "conditional",
            "half_life_days": 90.0,
            "capped": True,
        },
    )

    neighbours: Count = 100
    shrinkage: Shrinkage = 100.0
    similarity: Literal["cosine", "conditional"] = "cosine"
    half_life_days: HalfLife | None = None
    capped: bool = False

    @classmethod
    def conditional(
        cls, *, shrinkage: float = 20.0, half_life_days: float | None = None, capped: bool = False
    ) -> ItemKNN:
        """Share of owners of the held product who own (or with a half-life lately bought) the
        scored one, over all neighbours.

        The best single recipe on the first 12 of 35 FAR-Trans time points; on later months of the
        same bank it is below `EASE()`.
        """
        return cls(ALL, shrinkage, "conditional", half_life_days, capped)

    def weigh(self, gram: Gram) -> FloatArray:
        """Similarities, the nearest of each column."""
        owners = gram.owners
        below = (
            np.sqrt(np.outer(owners, owners))
            if self.similarity == "cosine"
            else np.repeat(owners[:, None], len(owners), axis=1)
        )
        below += self.shrinkage
        similar = np.divide(gram.toward, below, out=np.zeros_like(below), where=below > 0.0)
        np.fill_diagonal(similar, 0.0)
        return nearest(similar, self.neighbours)


@checked
@dataclass(frozen=True)
class RandomWalk(GramRecipe):
    """From a held product to one of its owners, from them to one of their products: P3, and RP3
    with a penalty for popularity.

    Args:
        exponent: Each step's probability is raised to this power.
        popularity_penalty: Scores are divided by (owners of the scored product) ** this.
        half_life_days: Days in which a purchase loses half its weight as something to predict;
            None: no recency.
        capped: Whether fortnights of a product are capped by its others (see `capped_weights`).

    Source: Cooper et al. (2014), section 3; Paudel et al. (2017), section 3.2.
    """

    GRID = (
        {"exponent": 1.0},
        {"exponent": 0.3},
        {"popularity_penalty": 0.3},
        {"half_life_days": 90.0, "capped": True},
        {"popularity_penalty": 0.3, "half_life_days": 90.0, "capped": True},
    )

    exponent: Exponent = 0.6
    popularity_penalty: PenaltyExponent = 0.0
    half_life_days: HalfLife | None = None
    capped: bool = False

    @property
    def power(self) -> float:
        """A walker leaves a client by any one of their products."""
        return self.exponent

    def weigh(self, gram: Gram) -> FloatArray:
        """W[j, i] = sum over owners u of both: (1 / owners of j) ** a * (1 / products of u) ** a /
        (owners of i) ** penalty.
        """
        owners = np.maximum(gram.owners, 1.0)
        weights = (
            gram.toward
            * (owners**-self.exponent)[:, None]
            * (owners**-self.popularity_penalty)[None, :]
        )
        np.fill_diagonal(weights, 0.0)
        return weights


def nearest(similar: FloatArray, count: int) -> FloatArray:
    """Each column's `count` largest entries (ties by row), others 0."""
    if count >= len(similar):
        return similar
    neighbours = np.zeros_like(similar)
    rows = np.argsort(-similar, axis=0, kind="stable")[:count]
    np.put_along_axis(neighbours, rows, np.take_along_axis(similar, rows, axis=0), axis=0)
    return neighbours
