"""The recipe every other one has to beat."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from advisor.recommend.encoders import Same
from advisor.recommend.linear import FittedModel
from advisor.recommend.recipe import Recipe, Training


@dataclass(frozen=True)
class Popularity(Recipe):
    """A product's score is the share of clients who bought it.

    Args:
        half_life_days: Days in which a purchase loses half its weight; None: no recency.
    """

    half_life_days: float | None = None

    def learn(self, training: Training) -> FittedModel:
        """Count."""
        history = training.history(self.half_life_days)
        matrix = np.ascontiguousarray(history.popularity()[None, : history.shelf])
        return FittedModel("Popularity", history, Same(), matrix, self.settings())
