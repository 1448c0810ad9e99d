"""Packs of tags: any number of them a client."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from advisor.adapters.crm.conditions import AnyOf
from advisor.adapters.crm.packs.base import NamedItem, Pack, Share, check_once
from advisor.contracts import Id
from advisor.errors import InputError

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
                raise InputError(
                    f"Tag {tag.id!r} of the mandatory family {tag.family!r} would be given to"
                    f" clients of whom {unproved[0]!r} is unknown; coverage would then count what"
                    " nobody knows. Leave unknown=False.",
                    field="unknown",
                    value=unproved[0],
                )
        return self
