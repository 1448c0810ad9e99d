"""The value of a client to the bank: ranks of facts, weighted."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Self

import numpy as np
from pydantic import Field, model_validator

from advisor.adapters.crm.facts.table import ClientFacts
from advisor.adapters.crm.packs.ranks import QuantilePack
from advisor.arrays import FloatArray
from advisor.contracts import Contract, Id
from advisor.errors import InputError
from advisor.validation import checked


class Weighting(Contract):
    """What each fact weighs from a day on; 0 where it is not named."""

    effective_from: date
    weights: Annotated[dict[Id, Annotated[float, Field(gt=0.0)]], Field(min_length=1)]


class ScorePack(QuantilePack):
    """The value of a client to the bank, 0..100: percentile ranks of facts, weighted. An unknown
    fact counts as the lowest rank.
    """

    weightings: Annotated[tuple[Weighting, ...], Field(min_length=1)]

    @classmethod
    def default(cls) -> ScorePack:
        """Wealth, money traded, frequency and products held."""
        return cls.bundled("score")

    @checked
    def score(self, facts: ClientFacts) -> FloatArray:
        """Each client's score, shape (c,); nan = nothing is known."""
        due = [w for w in self.weightings if np.datetime64(w.effective_from) <= facts.as_of]
        if not due:
            why = f"Pack {self.id!r} has no weights for {facts.as_of}; the first apply later."
            remedy = "Add those of that day."
            raise InputError(f"{why} {remedy}", field="weightings", value=str(facts.as_of))
        weights = max(due, key=lambda w: w.effective_from).weights
        ranks, total = self.ranks(facts) / len(self.quantiles), sum(weights.values())
        points = np.zeros(len(facts))
        for k, ranked in enumerate(self.facts):
            points += np.nan_to_num(ranks[:, k]) * weights.get(ranked.fact, 0.0)
        return np.where(np.isnan(ranks).all(axis=1), np.nan, 100.0 * points / total)

    @model_validator(mode="after")
    def _weighs_its_facts(self) -> Self:
        ranked = {fact.fact for fact in self.facts}
        for weighting in self.weightings:
            if strange := sorted(set(weighting.weights) - ranked):
                why = f"Pack {self.id!r} weighs {strange[0]!r}, which it does not rank; add it to"
                raise InputError(f"{why} facts.", field="weights", value=strange)
        return self
