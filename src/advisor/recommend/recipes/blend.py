"""Several recipes as one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

import numpy as np

from advisor.annotations import Count
from advisor.arrays import BoolArray, FloatArray, IntArray
from advisor.data.clients.table import ClientTable
from advisor.data.ids import IdMap
from advisor.data.interactions import Interactions
from advisor.errors import InputError
from advisor.readers import Named
from advisor.recommend.model.encoders import Held
from advisor.recommend.model.fitted import FittedModel
from advisor.recommend.model.stacked import Stacked
from advisor.recommend.recipes.counting import FittedItems
from advisor.recommend.recipes.item_based import ALL, EASE, ItemKNN
from advisor.recommend.recipes.popularity import FittedPopularity, Popularity
from advisor.recommend.recipes.recipe import Recipe, Training
from advisor.recommend.recipes.settings import Weights
from advisor.validation import checked

SCALE_CLIENTS = 4096
"""Clients (evenly spaced) whose scores tell a recipe's scale, and by whom weights are learnt."""
STEPS = (0.0, 0.1, 0.2, 0.35, 0.5, 0.75, 1.0)
"""Weights tried for one recipe while the others stand still."""
ROUNDS = 3
LIST = 10
"""Length of the lists whose nDCG is made as large as possible."""


Recipes = Annotated[
    Sequence[Recipe],
    Named(
        "recipes",
        lambda v: isinstance(v, Sequence) and all(isinstance(one, Recipe) for one in v),
        "a list of recipes, such as [EASE(), Popularity()]",
    ),
]


@dataclass(frozen=True)
class Blend(Recipe):
    """A weighted sum of recipes, each divided by the spread of its own scores, so that weights
    compare like with like.

    The sum of linear models is linear: it is ranked, explained and saved as one, and item models
    melt into a single matrix.

    Args:
        recipes: At least one.
        weights: One each, not negative. None: learnt by fitting on all but the last
            `validation_days` and choosing the weights whose lists have the best nDCG at 10 on what
            was bought then (equal weights where nothing was); the recipes are then fitted on
            everything. On FAR-Trans weights learnt so lost to equal ones (nDCG@10 .409 against .418
            on the points left untouched): one half-year is little to learn from.
        validation_days: Length of that window.
    """

    recipes: tuple[Recipe, ...]
    weights: tuple[float, ...] | None
    validation_days: int

    @checked
    def __init__(
        self, recipes: Recipes, weights: Weights | None = None, validation_days: Count = 182
    ) -> None:
        shares = None if weights is None else tuple(map(float, weights))
        object.__setattr__(self, "recipes", tuple(recipes))
        object.__setattr__(self, "weights", shares)
        object.__setattr__(self, "validation_days", validation_days)
        if not recipes or (shares is not None and (len(recipes) != len(shares) or not any(shares))):
            raise InputError(
                f"Blend has {len(recipes)} recipes and the weights {shares}; give at least one"
                " recipe, and one weight a recipe, not all zero.",
                field="weights",
                value=shares,
            )

    @classmethod
    def for_banks(cls) -> Blend:
        """Three item models with equal weights: owners of what is held who own it, who bought it
        lately, and similarity.

        Chosen on the first 12 of 35 FAR-Trans time points (to 2019-12-18). It does not carry over
        as that suggests: on later months of the same bank it is about as good as `EASE()`, and on
        purchases of another kind (MovieLens-100k) below it. `robust` is better on both; `tuned`
        says which to use.
        """
        own, lately = ItemKNN.conditional(), ItemKNN.conditional(half_life_days=90.0)
        return cls([own, lately, ItemKNN(neighbours=ALL)], [1.0, 1.0, 1.0])

    @classmethod
    def robust(cls) -> Blend:
        """Conditional shares with and without recency, similarity, and `EASE` with recency,
        equally; and half of what everybody buys lately.

        All counts are capped, so that no subscription or spin-off of one fortnight passes for
        demand. Nothing in it is one bank's: the parts are general, their weights are 1 and a half.
        Both were chosen on FAR-Trans points 13 to 35 (test windows of 2020), where it is above
        `EASE()` at every point; `benchmarks/carry_over.py` says what part of that was chosen on the
        first points and held on the rest. Purchases of another kind may want another recipe:
        `Blend.robust().tuned(interactions)` keeps it only where it beats `EASE()` on the last
        window of those purchases.
        """
        lately = ItemKNN.conditional(half_life_days=90.0, capped=True)
        alike, ridge = ItemKNN(neighbours=ALL, capped=True), EASE(half_life_days=90.0, capped=True)
        demand = Popularity(half_life_days=30.0, capped=True)
        return cls(
            [ItemKNN.conditional(capped=True), lately, alike, ridge, demand],
            [1.0, 1.0, 1.0, 1.0, 0.5],
        )

    def variants(self) -> tuple[Recipe, ...]:
        """The blend without each of its parts."""
        if len(self.recipes) == 1:
            return self.recipes[0].variants()
        every = range(len(self.recipes))
        return tuple(
            Blend(
                [self.recipes[j] for j in every if j != i],
                None if self.weights is None else [self.weights[j] for j in every if j != i],
                self.validation_days,
            )
            for i in every
            if self.weights is None or any(self.weights[j] for j in every if j != i)
        )

    def learn(self, training: Training) -> FittedModel:
        """Fit each, with the weights given or learnt."""
        weights = self._learnt(training) if self.weights is None else self.weights
        return blended([r.learn(training) for r in self.recipes], weights, training.clients)

    def _learnt(self, training: Training) -> tuple[float, ...]:
        equal = (1.0,) * len(self.recipes)
        if not len(training.interactions) or len(self.recipes) == 1:
            return equal
        cut = training.interactions.days.max() - np.timedelta64(self.validation_days, "D")
        past, later = training.until(cut), training.interactions.after(cut)
        if not len(past.interactions):
            return equal
        fitted = [r.learn(past) for r in self.recipes]
        history = fitted[0].history
        known = [name for name in history.clients.ids if name in later.clients]
        ids = tuple(known[:: max(1, len(known) // SCALE_CLIENTS)])
        held = history.batch(ids).held
        owned = np.zeros((len(ids), len(history.items)), dtype=np.bool_)
        owned[held.row_of_entry(), held.codes] = True
        bought = later.matrix(clients=IdMap(ids), products=IdMap(history.products)).toarray() > 0.0
        bought &= ~owned[:, : history.n_products]
        use = bought.any(axis=1)
        if not use.any():
            return equal
        scores = [
            one.scores(ids, training.clients)[use] / spread(one, training.clients) for one in fitted
        ]
        return best_weights(scores, owned[use, : history.n_products], bought[use])


@dataclass(frozen=True, eq=False, repr=False)
class FittedBlend(FittedModel):
    """A blend of models that take in a day's purchases, which does so too. A saved one is served as
    it was; it is fitted again to be updated.

    Attributes:
        fitted: The models.
        weights: One each.
    """

    fitted: tuple[FittedItems | FittedPopularity, ...]
    weights: tuple[float, ...]

    def update(self, new: Interactions) -> FittedModel:
        """The blend with more purchases and the same weights, as fitted on all of them together (to
        rounding).

        Args:
            new: Purchases that are not in the model yet; repeating one changes nothing.
        """
        return blended([one.update(new) for one in self.fitted], self.weights)


def best_weights(
    scores: Sequence[FloatArray], owned: BoolArray, bought: BoolArray
) -> tuple[float, ...]:
    """Weights (the largest 1) with the best mean nDCG at 10, one recipe moved at a time, from equal
    weights and from each recipe alone.

    Args:
        scores: One array a recipe, (c, p), on comparable scales.
        owned: What may not be recommended, (c, p).
        bought: What was bought later, (c, p), at least one a row.
    """
    count = len(scores)
    starts = [np.ones(count), *np.eye(count)]
    values = [_quality(scores, w, owned, bought) for w in starts]
    weights, value = starts[int(np.argmax(values))], max(values)
    for _ in range(ROUNDS):
        before = value
        for i in range(count):
            for step in STEPS:
                tried = weights.copy()
                tried[i] = step
                quality = _quality(scores, tried, owned, bought) if tried.any() else 0.0
                if quality > value + 1e-9:
                    weights, value = tried, quality
        if value == before:
            break
    return tuple(float(w) for w in weights / weights.max())


def _quality(
    scores: Sequence[FloatArray], weights: FloatArray, owned: BoolArray, bought: BoolArray
) -> float:
    """Mean nDCG at 10."""
    total = np.where(owned, -np.inf, sum(w * s for w, s in zip(weights, scores, strict=True) if w))
    top: IntArray = np.argsort(-total, axis=1, kind="stable")[:, :LIST]
    gains = 1.0 / np.log2(np.arange(2, top.shape[1] + 2))
    hits = np.take_along_axis(bought, top, axis=1)
    ideal = np.concatenate([[0.0], np.cumsum(gains)])[np.minimum(bought.sum(axis=1), top.shape[1])]
    return float(((hits * gains).sum(axis=1) / ideal).mean())


def blended(
    fitted: Sequence[FittedModel], weights: Sequence[float], clients: ClientTable | None = None
) -> FittedModel:
    """One model out of several over the same purchases; those that read plain holdings share one
    block of rows.
    """
    scales = [spread(one, clients) for one in fitted]
    parts = [
        (one, one.matrix * (weight / scale))
        for one, weight, scale in zip(fitted, weights, scales, strict=True)
        if weight
    ]
    melted = [matrix for one, matrix in parts if isinstance(one.encoder, Held)]
    others = [(one.encoder, matrix) for one, matrix in parts if not isinstance(one.encoder, Held)]
    blocks = ([(Held(fitted[0].history.items), np.asarray(sum(melted)))] if melted else []) + others
    settings = {
        "recipes": [{"kind": one.kind, **one.parameters} for one in fitted],
        "weights": list(weights),
        "scales": scales,
    }
    encoder, matrix = blocks[0]
    if len(blocks) > 1:
        offsets = np.cumsum([0, *(len(m) for _, m in blocks)]).tolist()
        encoder, matrix = (
            Stacked(tuple(e for e, _ in blocks), tuple(offsets)),
            np.vstack([m for _, m in blocks]),
        )
    whole = ("Blend", fitted[0].history, encoder, matrix, settings)
    growing = tuple(one for one in fitted if isinstance(one, FittedItems | FittedPopularity))
    return (
        FittedBlend(*whole, growing, tuple(weights))
        if len(growing) == len(fitted)
        else FittedModel(*whole)
    )


def spread(fitted: FittedModel, clients: ClientTable | None = None) -> float:
    """Mean over clients of the standard deviation of a client's scores; 1 where nothing varies."""
    ids = sorted(
        fitted.history.clients.ids
    )  # an updated history has its new clients last; the same clients are asked in every order
    scores = fitted.scores(ids[:: max(1, len(ids) // SCALE_CLIENTS)], clients)
    scale = float(scores.std(axis=1).mean()) if scores.size else 0.0
    return scale if scale > 0.0 else 1.0
