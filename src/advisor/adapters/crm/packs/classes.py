"""Packs of classes (tiers, risk labels, stages) and of tags."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from advisor.adapters.crm.conditions import AnyOf
from advisor.adapters.crm.packs.base import ClassPack, NamedItem, Pack, Share, check_once
from advisor.contracts import Id
from advisor.errors import InputError


class TierPack(ClassPack):
    """Tiers of wealth; `expected` is the share of clients that a plan expects in each, from, to."""

    expected: dict[Id, tuple[Share, Share]] = {}

    @classmethod
    def default(cls) -> TierPack:
        """Base below 100,000, middle, and high net worth from 1,000,000, of which a plan expects 10
        to 15 %.
        """
        return cls.bundled("tiers")


class RiskLabelPack(ClassPack):
    """Risk labels of levels."""

    @classmethod
    def default(cls) -> RiskLabelPack:
        """C1 and C2 conservative, C3 steady, C4 and C5 aggressive."""
        return cls.bundled("risk_labels")


class StagePack(ClassPack):
    """Stages of a client's life with the bank."""

    @classmethod
    def four(cls) -> StagePack:
        """New, growing, mature, churned (three calendar months without a trade)."""
        return cls.bundled("stages_four")

    @classmethod
    def six(cls) -> StagePack:
        """Potential, new, growing, mature, declining, churned."""
        return cls.bundled("stages_six")

    @classmethod
    def tenure(cls) -> StagePack:
        """By years since the first trade: under 1, 1 to 3, 3 to 5, 5 and more."""
        return cls.bundled("stages_tenure")


TARGET_COVERAGE = 0.95
"""Share of clients that should have a tag of each mandatory family."""


class TagRule(NamedItem):
    """A tag. Without a rule only an event or a person sets it. Tags of one `family` say the same
    kind of thing (an age, say).
    """

    group: Literal["basic", "behaviour", "need"]
    family: Id
    any_of: AnyOf = ()


class TagPack(Pack):
    """Tags by rule, event or person. `mandatory` families are those in which every client should
    have a tag, and of which unknown facts are never proof.
    """

    tags: Annotated[tuple[TagRule, ...], Field(min_length=1)]
    mandatory: tuple[Id, ...] = ()
    target_coverage: Share = TARGET_COVERAGE

    @classmethod
    def default(cls) -> TagPack:
        """36 tags: 12 basic, 12 of behaviour, 12 of need."""
        return cls.bundled("tags")

    @property
    def ids(self) -> tuple[str, ...]:
        """Ids of the tags, in order."""
        return tuple(tag.id for tag in self.tags)

    @model_validator(mode="after")
    def _usable(self) -> Self:
        check_once(self.id, self.ids)
        families = {tag.family for tag in self.tags}
        for family in self.mandatory:
            if family not in families:
                why = f"Pack {self.id!r} has no tag of the mandatory family {family!r}; add one."
                raise InputError(why, field="mandatory", value=family)
        for tag in self.tags:
            unproved = [c.fact for group in tag.any_of for c in group if c.unknown]
            if tag.family in self.mandatory and unproved:
                why = f"Tag {tag.id!r} of the mandatory family {tag.family!r} would be given to"
                remedy = "coverage would then count what nobody knows. Leave unknown=False."
                why += f" clients of whom {unproved[0]!r} is unknown;"
                raise InputError(f"{why} {remedy}", field="unknown", value=unproved[0])
        return self
