"""What everybody buys, and what people like this client buy: the recipes that need no purchases of
their.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from advisor.annotations import Texts
from advisor.arrays import FloatArray, IntArray
from advisor.data.interactions import Interactions
from advisor.errors import InputError
from advisor.recommend.model.attributes import Attributes
from advisor.recommend.model.encoders import Same
from advisor.recommend.model.fitted import FittedModel
from advisor.recommend.model.purchases import History
from advisor.recommend.model.segments import Combinations, OneHot
from advisor.recommend.recipes.recipe import Recipe, Training
from advisor.recommend.recipes.settings import HalfLife, Ridge, Rounds, Shrinkage
from advisor.validation import checked

LEAST_SHARE = 0.01
"""No attribute's ridge grows beyond 1 / this."""


@checked
@dataclass(frozen=True)
class Popularity(Recipe):
    """A product's score is the share of clients who bought it, all of them or those of the client's
    segment.

    Args:
        half_life_days: Days in which a purchase loses half its weight; None: no recency.
        by: Attributes whose combination is the segment, columns of `ClientTable` such as "segment",
            "level" or "answer:q1"; empty: no segments. Who has none of them, or a combination never
            seen, is served what everybody buys.
        shrinkage: Clients of the whole bank added to every segment, so that a small one is not
            taken at its word.
        capped: Whether a fortnight of a product counts for at most 20 purchases and 5 times the
            mean of its other fortnights (see `capped_weights`). Off: what everybody buys is a
            count. With a short half-life it should be on, since a subscription of one fortnight
            else leads the list.
    """

    GRID = ({"half_life_days": 30.0, "capped": True}, {"half_life_days": 90.0, "capped": True})

    half_life_days: HalfLife | None = None
    by: Texts = ()
    shrinkage: Shrinkage = 50.0
    capped: bool = False

    def learn(self, training: Training) -> FittedModel:
        """Count."""
        history = training.history(self.half_life_days, self.capped)
        if not self.by:
            return self.counted(history)
        overall = history.popularity()[: history.n_products]
        attributes, codes = _training_codes(training, history, self.by, "Popularity(by=...)")
        every, group_of = np.unique(codes, axis=0, return_inverse=True)
        counts, sizes = (
            _bought(history, group_of.ravel(), len(every)),
            np.bincount(group_of.ravel(), minlength=len(every)),
        )
        known = every.any(axis=1)
        within = (counts + self.shrinkage * overall) / np.maximum(sizes + self.shrinkage, 1e-12)[
            :, None
        ]
        matrix = np.vstack([within[known], overall])
        return FittedModel(
            "Popularity",
            history,
            Combinations(attributes, codes, every[known]),
            matrix,
            self.settings(),
        )

    def counted(self, history: History) -> FittedPopularity:
        """What everybody buys."""
        overall = history.popularity()[: history.n_products]
        return FittedPopularity(
            "Popularity",
            history,
            Same(),
            np.ascontiguousarray(overall[None]),
            self.settings(),
            self,
        )


@dataclass(frozen=True, eq=False, repr=False)
class FittedPopularity(FittedModel):
    """What everybody buys, which takes in a day's purchases.

    Attributes:
        recipe: What made it.
    """

    recipe: Popularity

    def update(self, new: Interactions) -> FittedPopularity:
        """The model with more purchases, as fitted on all of them together. Raises `InputError` for
        what is no purchases.
        """
        return self.recipe.counted(self.history.joined(new)[0])


@checked
@dataclass(frozen=True)
class Demographic(Recipe):
    """Each attribute of a client raises or lowers each product: ridge regression of what was bought
    on attributes, in closed form.

    An attribute that is not known counts as the average of those who have it.

    Args:
        by: Attributes; None: all that are not the same for everybody, answers included.
        regularization: Ridge, in clients.
        half_life_days: Days in which a purchase loses half its weight; None: no recency.
        rounds: How often the ridge is shared out again, more of it to attributes that explained
            little: worth a few where there are many (a long questionnaire), nothing where there are
            three.
        capped: Whether fortnights of a product are capped by its others (see `capped_weights`).

    Source for `rounds`: Grandvalet (1998), adaptive ridge, section 2, with groups of columns.
    """

    GRID = (
        {"regularization": 10.0},
        {"regularization": 250.0},
        {"half_life_days": 90.0, "capped": True},
        {"rounds": 3},
    )

    by: Texts | None = None
    regularization: Ridge = 50.0
    half_life_days: HalfLife | None = None
    rounds: Rounds = 0
    capped: bool = False

    def learn(self, training: Training) -> FittedModel:
        """Regress."""
        history = training.history(self.half_life_days, self.capped)
        attributes, codes = _training_codes(training, history, self.by, "Demographic")
        starts = attributes.offsets()
        dense = np.zeros((len(codes), int(starts[-1])))
        np.put_along_axis(dense, codes + starts[:-1], 1.0, axis=1)
        group = np.repeat(np.arange(len(starts) - 1), np.diff(starts))
        known = codes[:, group] > 0
        mean = dense.sum(axis=0, where=known) / np.maximum(known.sum(axis=0), 1)
        centred = np.where(known, dense - mean, 0.0)
        overall = history.popularity()[: history.n_products]
        bought = _sums(history, centred) - centred.sum(axis=0)[:, None] * overall
        effects = self._effects(centred.T @ centred, bought, starts)
        average = np.add.reduceat(mean[:, None] * effects, starts[:-1], axis=0)
        rows = effects - average[group]
        rows[starts[:-1]] = 0.0
        return FittedModel(
            "Demographic",
            history,
            OneHot(attributes, codes),
            np.vstack([rows, overall]),
            self.settings(),
        )

    def _effects(self, counts: FloatArray, bought: FloatArray, starts: IntArray) -> FloatArray:
        """Ridge solution, shape (d, p); after each round an attribute's ridge is divided by the
        square root of what it explained, next to the mean attribute.
        """
        group = np.repeat(np.arange(len(starts) - 1), np.diff(starts))
        ridge = np.full(len(counts), self.regularization)
        for _ in range(self.rounds):
            effects = np.linalg.solve(counts + np.diag(ridge), bought)
            within = np.einsum("dp,dp->d", effects, (counts * (group[:, None] == group)) @ effects)
            explained = np.sqrt(np.maximum(np.add.reduceat(within, starts[:-1]), 0.0))
            mean = float(explained.mean())
            if mean > 0.0:
                ridge = self.regularization / np.maximum(explained / mean, LEAST_SHARE)[group]
        return np.asarray(np.linalg.solve(counts + np.diag(ridge), bought), dtype=np.float64)


def _training_codes(
    training: Training, history: History, by: Sequence[str] | None, name: str
) -> tuple[Attributes, IntArray]:
    """Vocabulary, and the codes of the history's clients."""
    if training.clients is None:
        raise InputError(
            f"{name} reads client attributes, but no clients were given. Pass clients=.",
            field="clients",
            value=None,
        )
    attributes = Attributes.of(training.clients, by)
    if not attributes.names:
        raise InputError(
            f"{name} found no attribute in which the clients differ. Give them a segment, a level"
            " or answers.",
            field="by",
            value=by,
        )
    return attributes, attributes.codes(
        training.clients, training.clients.index.find(history.clients.ids)
    )


def _bought(history: History, group_of: IntArray, groups: int) -> FloatArray:
    """Weighted purchases of each group and product in the catalogue, shape (groups, p)."""
    still_sold = history.rows.codes < history.n_products
    keys = group_of[history.rows.row_of_entry()] * history.n_products + history.rows.codes
    weights = history.rows.full_weights()[still_sold]
    counts = np.bincount(keys[still_sold], weights=weights, minlength=groups * history.n_products)
    return counts.astype(np.float64).reshape(groups, history.n_products)


def _sums(history: History, features: FloatArray) -> FloatArray:
    """Features' X over the catalogue, shape (d, p)."""
    sums: FloatArray = np.asarray(history.rows.matrix(len(history.items)).T @ features)
    return np.ascontiguousarray(sums[: history.n_products].T)
