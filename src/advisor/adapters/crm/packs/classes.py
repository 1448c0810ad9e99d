"""Packs that put each client into one class: tiers, risk labels, stages."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, model_validator

from advisor.adapters.crm.conditions import AllOf, Evaluator
from advisor.adapters.crm.facts.table import ClientFacts
from advisor.adapters.crm.packs.base import NamedItem, Pack, Share, bundled, check_once
from advisor.arrays import IntArray
from advisor.contracts import Id
from advisor.validation import checked


class FactRule(NamedItem):
    """A class of clients: those for whom all conditions of any group hold."""

    any_of: Annotated[tuple[AllOf, ...], Field(min_length=1)]


class ClassPack(Pack):
    """Classes in order: a client belongs to the first whose rule holds, and to none where none
    does.
    """

    classes: Annotated[tuple[FactRule, ...], Field(min_length=1)]

    @property
    def ids(self) -> tuple[str, ...]:
        """Ids of the classes; a client's code is a position in them."""
        return tuple(c.id for c in self.classes)

    @checked
    def classify(self, facts: ClientFacts) -> IntArray:
        """Code of each client's class, shape (c,); -1 = unknown. Raises `InputError` where the pack
        is not in force, or a fact is not there.
        """
        self.check_in_force(facts.as_of)
        return Evaluator(facts).first(tuple(c.any_of for c in self.classes))

    @model_validator(mode="after")
    def _once(self) -> Self:
        check_once(self.id, self.ids)
        return self


class TierPack(ClassPack):
    """Tiers of wealth; `expected` is the share of clients that a plan expects in a tier, from and
    to.
    """

    expected: dict[Id, tuple[Share, Share]] = {}

    @classmethod
    def default(cls) -> TierPack:
        """Base below 100,000, middle, and high net worth from 1,000,000, of which a plan expects 10
        to 15 %.
        """
        return bundled(cls, "tiers")


class RiskLabelPack(ClassPack):
    """Risk labels of levels."""

    @classmethod
    def default(cls) -> RiskLabelPack:
        """C1 and C2 conservative, C3 steady, C4 and C5 aggressive."""
        return bundled(cls, "risk_labels")


class StagePack(ClassPack):
    """Stages of a client's life with the bank."""

    @classmethod
    def four(cls) -> StagePack:
        """New, growing, mature, churned (three calendar months without a trade)."""
        return bundled(cls, "stages_four")

    @classmethod
    def six(cls) -> StagePack:
        """Potential, new, growing, mature, declining, churned."""
        return bundled(cls, "stages_six")

    @classmethod
    def tenure(cls) -> StagePack:
        """By years since the first trade: under 1, 1 to 3, 3 to 5, 5 and more."""
        return bundled(cls, "stages_tenure")
