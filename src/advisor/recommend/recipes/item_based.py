"""Item models: a product is scored by how much each held product speaks for it. On a bank's small
catalogue they are hard to beat.
"""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from datetime import date
from typing import Literal

import numpy as np

from advisor.annotations import Count
from advisor.arrays import FloatArray
from advisor.data.catalogue import Catalogue
from advisor.data.days import as_day
from advisor.data.interactions import Interactions
from advisor.errors import InputError
from advisor.recommend.model.encoders import Held, State
from advisor.recommend.model.fitted import FittedModel
from advisor.recommend.model.gram import Gram
from advisor.recommend.model.purchases import History
from advisor.recommend.recipes.recipe import Recipe, Training
from advisor.recommend.recipes.settings import Exponent, HalfLife, PenaltyExponent, Ridge, Shrinkage
from advisor.recommend.threads import one_thread
from advisor.validation import checked

ALL = 1_000_000
"""As many neighbours as there are."""


@dataclass(frozen=True)
class GramRecipe(Recipe):
    """A recipe that needs nothing but co-purchase counts, so it learns part by part and day by
    day.
    """

    @property
    def power(self) -> float:
        """How much clients who own much are discounted when counting."""
        return 0.0

    @property
    def half_life(self) -> float | None:
        """Days in which a purchase loses half its weight as something to predict."""
        return self.settings().get("half_life_days")

    @property
    def has_cap(self) -> bool:
        """Whether a fortnight of a product counts for no more than about its others."""
        return bool(self.settings().get("capped", False))

    @abstractmethod
    def weigh(self, gram: Gram) -> FloatArray:
        """Item-to-item weights, shape (items, items), zero diagonal; row: held, column: scored."""

    def learn(self, training: Training) -> FittedItems:
        """Count, then weigh."""
        history = training.history(self.half_life, self.has_cap)
        return self.solve(Gram.of(history, self.power), history)

    @checked
    def gram(
        self, interactions: Interactions, *, catalogue: Catalogue, as_of: date | str | None = None
    ) -> Gram:
        """Counts of one part of the clients; `a + b` joins parts, `solve` makes the model.

        Args:
            interactions: Purchases of clients who are in no other part.
            catalogue: The catalogue, the same for all parts. Products that are not on it do not
                count here.
            as_of: Day that recency counts back from; default the part's last purchase.

        Raises:
            InputError: No purchases, no catalogue, no day, or a recipe whose counts are capped,
                which needs everybody at once.
        """
        if self.has_cap:
            raise InputError(
                f"{type(self).__name__} has capped=True: what a fortnight may count for is known"
                " only from all clients together. Fit it on everybody at once, or use"
                " capped=False.",
                field="capped",
                value=True,
            )
        still_sold = interactions.only(catalogue.ids)
        found = Gram.of(History.of(still_sold, catalogue, self.half_life), self.power)
        return found if as_of is None else found.brought_to(as_day(as_of, "as_of"))

    @checked
    def solve(self, gram: Gram, history: History) -> FittedItems:
        """The model of these counts, for the clients of `history`, who need not be among those
        counted. Raises `InputError` for what is neither.
        """
        weights = self.weigh(gram)
        matrix = np.vstack(
            [weights[:, : history.n_products], gram.popularity()[None, : history.n_products]]
        )
        return FittedItems(
            type(self).__name__, history, Held(history.items), matrix, self.settings(), self, gram
        )


@dataclass(frozen=True, eq=False, repr=False)
class FittedItems(FittedModel):
    """A fitted item model, and the counts it was made from.

    Attributes:
        recipe: What made it.
        gram: Co-purchase counts.
    """

    recipe: GramRecipe
    gram: Gram

    def update(self, new: Interactions) -> FittedItems:
        """The model with more purchases, as fitted on all of them together (to rounding), counting
        only the clients who bought.

        Args:
            new: Purchases that are not in the model yet; repeating one changes nothing.
        """
        after, moved = self.history.joined(new)
        return self.recipe.solve(self.gram.updated(self.history, after, moved), after)

    def state(self) -> State:
        """As every model's, with the counts."""
        kind, arrays, meta = FittedModel.state(self)
        names = (
            ("both", "owners", "recent")
            if self.gram.plain
            else ("both", "toward", "owners", "recent")
        )
        arrays |= {f"gram.{name}": getattr(self.gram, name) for name in names}
        return (
            kind,
            arrays,
            meta | {"gram": {"clients": self.gram.clients, "as_of": str(self.gram.as_of)}},
        )


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
        capped: Whether a fortnight of a product counts for at most 20 purchases and 5 times the
            mean of its other fortnights (see `capped_weights`).

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
    kept = np.zeros_like(similar)
    rows = np.argsort(-similar, axis=0, kind="stable")[:count]
    np.put_along_axis(kept, rows, np.take_along_axis(similar, rows, axis=0), axis=0)
    return kept
