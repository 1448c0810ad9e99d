"""What every recipe promises."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, fields, replace
from typing import Any, ClassVar

import pandas as pd

from advisor.annotations import Count, Seed
from advisor.arrays import FloatArray
from advisor.data.catalogue import Catalogue
from advisor.data.clients.table import ClientTable
from advisor.data.ids import alike_but_for
from advisor.data.interactions import Interactions
from advisor.data.returns import ReturnModel
from advisor.errors import InputError
from advisor.recommend.model.fitted import FittedModel
from advisor.recommend.model.purchases import History
from advisor.recommend.unknown import log_unknown_clients, log_unknown_products
from advisor.validation import checked


@dataclass(frozen=True, eq=False)
class Training:
    """What a recipe may learn from.

    Attributes:
        interactions: Purchases; a pair counts once, however often it was bought.
        clients: Attributes of clients, for the recipes that read them.
        catalogue: The catalogue and its order; None: the products that occur.
        model: Returns and covariance, for the recipes that read them.
        seed: The only source of randomness.
    """

    interactions: Interactions
    clients: ClientTable | None = None
    catalogue: Catalogue | None = None
    model: ReturnModel | None = None
    seed: int = 0

    def history(self, half_life_days: float | None = None, capped: bool = False) -> History:
        """Pairs in the catalogue, each with its weight."""
        return History.of(self.interactions, self.catalogue, half_life_days, capped)

    def until(self, day: Any) -> Training:
        """The same with the purchases up to and including `day`."""
        return replace(self, interactions=self.interactions.until(day))


@dataclass(frozen=True)
class Recipe(ABC):
    """A frozen description of a recommender. `fit` changes nothing and returns a new model."""

    GRID: ClassVar[tuple[dict[str, Any], ...]] = ()
    """Changes of settings that `tuned` tries."""

    @checked
    def fit(
        self,
        interactions: Interactions,
        *,
        clients: ClientTable | None = None,
        catalogue: Catalogue | None = None,
        model: ReturnModel | None = None,
        seed: Seed = 0,
    ) -> FittedModel:
        """Learn from purchases.

        Args:
            interactions: Purchases; a pair counts once, however often it was bought.
            clients: Attributes of clients, for the recipes that read them.
            catalogue: The catalogue and its order; default: the products that occur.
            model: Returns and covariance, for the recipes that read them.
            seed: The only source of randomness.

        Returns:
            A new model, the same bytes for the same input at any number of threads.

        Raises:
            InputError: There is nothing to recommend, the recipe lacks what it reads, an argument
                is of another kind, or there are purchases and none of them is of a product in the
                catalogue.
        """
        if catalogue is not None:
            log_unknown_products(interactions, catalogue.ids)
            _check_products(interactions, catalogue)
        if clients is not None:
            log_unknown_clients(interactions.clients.ids, clients.index)
        return self.learn(Training(interactions, clients, catalogue, model, seed))

    @checked
    def tuning(
        self,
        interactions: Interactions,
        *,
        window: Count | None = 182,
        clients: ClientTable | None = None,
        catalogue: Catalogue | None = None,
        model: ReturnModel | None = None,
        seed: Seed = 0,
    ) -> Tuning:
        """What this recipe and its `variants` are worth beside `EASE()` on the last window of these
        purchases.

        Args:
            interactions: One's own purchases.
            window: Days at the end that are held out: fitted on what comes before, judged by what
                clients then newly bought (nDCG at 10). None, or where fewer than 100 clients bought
                both before and in it: one purchase of each client's last day is held out instead.
            clients: As of `fit`.
            catalogue: As of `fit`.
            model: As of `fit`.
            seed: As of `fit`.

        Raises:
            InputError: An argument is of another kind, or a recipe lacks what it reads.
        """
        from advisor.recommend.recipes.tuning import tune

        return tune(self, Training(interactions, clients, catalogue, model, seed), window)

    def tuned(
        self,
        interactions: Interactions,
        *,
        window: Count | None = 182,
        clients: ClientTable | None = None,
        catalogue: Catalogue | None = None,
        model: ReturnModel | None = None,
        seed: Seed = 0,
    ) -> Recipe:
        """The recipe to use on these purchases: the best of this one and its `variants` that beats
        `EASE()` beyond chance, else `EASE()`; see `tuning`.
        """
        return self.tuning(
            interactions,
            window=window,
            clients=clients,
            catalogue=catalogue,
            model=model,
            seed=seed,
        ).recipe

    def variants(self) -> tuple[Recipe, ...]:
        """A small grid of the same recipe with other settings (`GRID`)."""
        return tuple(
            one for one in (replace(self, **change) for change in type(self).GRID) if one != self
        )

    @abstractmethod
    def learn(self, training: Training) -> FittedModel:
        """`fit`, with its arguments in one value."""

    def settings(self) -> dict[str, Any]:
        """Field values by name."""
        return {f.name: getattr(self, f.name) for f in fields(self)}


def _check_products(interactions: Interactions, catalogue: Catalogue) -> None:
    """Purchases of which none is of the catalogue teach nothing about it: their ids are of another
    advisor, or written in another way.
    """
    bought = interactions.products.ids
    if not bought or any(name in catalogue.ids for name in bought):
        return
    raise InputError(
        f"None of the {len(bought):,} products bought is in the catalogue: interactions have"
        f" {list(bought[:2])}, the catalogue has {list(catalogue.ids.ids[:2])}; nothing could be"
        " learnt about any product that may be recommended. Write the ids alike, or pass the"
        f" catalogue they belong to.{alike_but_for(bought, catalogue.ids.ids)}",
        field="interactions",
        value=bought[:2],
    )


@dataclass(frozen=True, eq=False)
class Tuning:
    """What a recipe and its variants were worth on purchases they had not seen.

    Attributes:
        recipe: The one to use. `EASE()`, unless the recipe itself is better; and either of them,
            unless the best variant is better than it: each time with the whole interval of the
            paired difference above 0.
        tried: `EASE()`, the recipe, and its variants, m of them.
        quality: Mean nDCG at 10 of each, shape (m,); empty where too few clients could be judged.
        gap: Mean of each minus `EASE()` over the same clients, shape (m,).
        reach: Half the width of the interval of each gap, all of them together at 95 %, shape (m,).
        clients: Clients judged.
        held_out: What was held out: "the last 182 days", say, or "one purchase of each client's
            last day".
    """

    recipe: Recipe
    tried: tuple[Recipe, ...]
    quality: FloatArray
    gap: FloatArray
    reach: FloatArray
    clients: int
    held_out: str

    def to_frame(self) -> pd.DataFrame:
        """One row a recipe, best first: recipe, ndcg, gap, low, high, kept."""
        rows = [
            (repr(one), q, g, g - r, g + r, one == self.recipe)
            for one, q, g, r in zip(self.tried, self.quality, self.gap, self.reach, strict=False)
        ]
        frame = pd.DataFrame(rows, columns=["recipe", "ndcg", "gap", "low", "high", "kept"])
        return frame.sort_values("ndcg", ascending=False, kind="stable", ignore_index=True)
