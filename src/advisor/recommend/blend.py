"""Several recipes as one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from advisor.arrays import FloatArray
from advisor.data.clients import ClientTable
from advisor.errors import InputError
from advisor.recommend.encoders import Stacked
from advisor.recommend.linear import FittedModel
from advisor.recommend.recipe import Recipe, Training

SCALE_CLIENTS = 4096
"""Clients (evenly spaced) whose scores tell a recipe's scale."""


@dataclass(frozen=True)
class Blend(Recipe):
    """A weighted sum of recipes, each divided by the spread of its own scores, so that weights compare like with like.

    The sum of linear models is linear: it is ranked, explained and saved as one.

    Args:
        recipes: At least one.
        weights: One each, not negative.
    """

    recipes: tuple[Recipe, ...]
    weights: tuple[float, ...]

    def __init__(self, recipes: Sequence[Recipe], weights: Sequence[float]) -> None:
        object.__setattr__(self, "recipes", tuple(recipes))
        object.__setattr__(self, "weights", tuple(float(w) for w in weights))
        if not self.recipes or len(self.recipes) != len(self.weights):
            raise InputError(
                f"Blend has {len(self.recipes)} recipes and {len(self.weights)} weights; give one weight a recipe, and at least one.",
                field="weights",
                value=self.weights,
            )
        if not all(0.0 <= w < np.inf for w in self.weights) or not any(self.weights):
            raise InputError(
                f"weights are {self.weights}; they must be finite, not negative and not all zero. A recipe that hurts is left out, not subtracted.",
                field="weights",
                value=self.weights,
            )

    def learn(self, training: Training) -> FittedModel:
        """Fit each."""
        return blended([r.learn(training) for r in self.recipes], self.weights, training.clients)


def blended(fitted: Sequence[FittedModel], weights: Sequence[float], clients: ClientTable | None = None) -> FittedModel:
    """One model out of several over the same purchases."""
    scales = [spread(one, clients) for one in fitted]
    matrix = np.vstack([one.matrix * (weight / scale) for one, weight, scale in zip(fitted, weights, scales, strict=True)])
    offsets = np.cumsum([0, *(len(one.matrix) for one in fitted)]).tolist()
    encoder = Stacked(tuple(one.encoder for one in fitted), tuple(offsets))
    settings = {"recipes": [{"kind": one.kind, **one.parameters} for one in fitted], "weights": list(weights), "scales": scales}
    return FittedModel("Blend", fitted[0].history, encoder, matrix, settings)


def spread(fitted: FittedModel, clients: ClientTable | None = None) -> float:
    """Mean over clients of the standard deviation of a client's scores; 1 where nothing varies."""
    ids = fitted.history.clients.ids
    step = max(1, len(ids) // SCALE_CLIENTS)
    scores: FloatArray = fitted.scores(ids[::step], clients)
    scale = float(scores.std(axis=1).mean()) if scores.size else 0.0
    return scale if scale > 0.0 else 1.0
