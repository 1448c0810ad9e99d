"""Packs that rank clients among others: activity, and the value of a client to the bank."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Self

import numpy as np
from pydantic import Field, model_validator

from advisor.adapters.crm.facts.registry import is_fact
from advisor.adapters.crm.facts.table import ClientFacts
from advisor.adapters.crm.packs.base import NamedItem, Pack
from advisor.arrays import FloatArray, IntArray
from advisor.contracts import Contract, Id
from advisor.contracts.thresholds import count_exceeded, count_reached
from advisor.errors import InputError
from advisor.validation import checked


class RankedFact(Contract):
    """A fact that counts by its rank, from above where `descending` (a short recency is good)."""

    fact: Id
    descending: bool = False

    @model_validator(mode="after")
    def _is_known(self) -> Self:
        if not is_fact(self.fact):
            why = f"The fact {self.fact!r} is not known; use one of fact_names()."
            raise InputError(why, field="fact", value=self.fact)
        return self


class QuantilePack(Pack):
    """Facts ranked by quantiles of a population, which `edges` holds once `fit` has seen one."""

    facts: Annotated[tuple[RankedFact, ...], Field(min_length=1)]
    quantiles: Annotated[tuple[Annotated[float, Field(gt=0.0, lt=1.0)], ...], Field(min_length=1)]
    edges: dict[Id, tuple[float, ...]] = {}

    @checked
    def fit(self, facts: ClientFacts) -> Self:
        """The same with the quantiles of a population, each the value of a client in it."""
        edges: dict[str, tuple[float, ...]] = {}
        for ranked in self.facts:
            cuts = (values := _values(facts, ranked))[~np.isnan(values)]
            if len(cuts):
                cuts = np.quantile(cuts, self.quantiles, method="inverted_cdf")
            edges[ranked.fact] = tuple(cuts.tolist())
        return self.model_copy(update={"edges": edges})

    @checked
    def fitted(self, facts: ClientFacts) -> Self:
        """Itself where it has edges, else fitted on these clients; it must be in force."""
        self.check_in_force(facts.as_of)
        return self if self.edges else self.fit(facts)

    @checked
    def ranks(self, facts: ClientFacts) -> FloatArray:
        """How many quantiles each client exceeds in each fact, shape (c, f); nan = unknown."""
        columns: list[FloatArray] = []
        for ranked in self.facts:
            values, edges = _values(facts, ranked), self.edges.get(ranked.fact, ())
            unknown = np.isnan(values) | (not edges)
            columns.append(np.where(unknown, np.nan, count_exceeded(values, edges)))
        return np.column_stack(columns)


def _values(facts: ClientFacts, ranked: RankedFact) -> FloatArray:
    return -facts.column(ranked.fact) if ranked.descending else facts.column(ranked.fact)


class ActivityPack(QuantilePack):
    """Activity by recency, frequency and money: the sum of the ranks, cut into `levels`.

    A fact that is unknown among known ones counts as the lowest rank (who never traded has no
    recency). `cuts` are the sums from which a level starts. Source: Hughes, Strategic Database
    Marketing (1994), scores each of the three by quantiles.
    """

    levels: Annotated[tuple[NamedItem, ...], Field(min_length=2)]
    cuts: tuple[Annotated[int, Field(ge=1)], ...]

    @classmethod
    def default(cls) -> ActivityPack:
        """Thirds of recency, frequency and money; low below 2 of 6, high from 5."""
        return cls.bundled("activity")

    @property
    def ids(self) -> tuple[str, ...]:
        """Ids of the levels, lowest first."""
        return tuple(level.id for level in self.levels)

    @checked
    def classify(self, facts: ClientFacts) -> IntArray:
        """Code of each client's level, shape (c,); -1 = nothing is known."""
        ranks = self.ranks(facts)
        codes = count_reached(np.nansum(ranks, axis=1), self.cuts)
        return np.where(np.isnan(ranks).all(axis=1), -1, codes)

    @model_validator(mode="after")
    def _cut(self) -> Self:
        if len(self.cuts) != len(self.levels) - 1 or list(self.cuts) != sorted(set(self.cuts)):
            why = f"Pack {self.id!r} has the cuts {self.cuts} for {len(self.levels)} levels;"
            remedy = "give one rising cut between each two."
            raise InputError(f"{why} {remedy}", field="cuts", value=self.cuts)
        return self


class Weighting(Contract):
    """What each fact weighs from a day on; 0 where it is not named."""

    effective_from: date
    weights: Annotated[dict[Id, Annotated[float, Field(gt=0.0)]], Field(min_length=1)]


class ScorePack(QuantilePack):
    """The value of a client, 0..100: weighted percentile ranks, the lowest for an unknown fact."""

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
            why = f"Pack {self.id!r} has no weights for {facts.as_of}; add those of that day."
            raise InputError(why, field="weightings", value=str(facts.as_of))
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
