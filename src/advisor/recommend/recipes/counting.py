"""What item models have in common: they learn from co-purchase counts, part by part and day by
day.
"""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from datetime import date

import numpy as np

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
from advisor.validation import checked


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
        own_counts = Gram.of(History.of(still_sold, catalogue, self.half_life), self.power)
        return own_counts if as_of is None else own_counts.brought_to(as_day(as_of, "as_of"))

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
