"""Plays as data: what must happen for which action, with whose consent and how often."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator

from advisor.adapters.crm.conditions import AnyOf
from advisor.adapters.crm.packs.base import NamedItem, Pack, check_languages, check_once
from advisor.contracts import EVENT_TYPES, Contract, Id
from advisor.errors import InputError
from advisor.lifecycle import TRIGGERS

ActionKind = Literal["message", "call", "review", "hand_off"]
"""What is done. None of them changes a price, a rate or a fee."""
Whole = Annotated[int, Field(ge=1)]


class EventPattern(Contract):
    """At least so many events of one type within so many days; where they name products, of one
    product. `not_bought`: and that product was not bought on or after the day of the first.
    """

    type: str
    at_least: Whole = 1
    days: Whole
    not_bought: bool = False

    @model_validator(mode="after")
    def _of_a_type(self) -> Self:
        if self.type not in EVENT_TYPES:
            why = f"There is no event type {self.type!r}, so the pattern could never be seen."
            remedy = f"Take one of {', '.join(sorted(EVENT_TYPES))}."
            raise InputError(f"{why} {remedy}", field="type", value=self.type)
        return self


class Play(NamedItem):
    """One play. What is stated of `any_of` (conditions on facts), `pattern`, `reviews` (any of
    these
    review triggers) and `stages` (any of these entered today) must all be so.

    Args:
        action: What is done.
        purpose: Of the consent without which nothing is sent.
        cap: How often at most within `cap_days`, a client.
        priority: 1 goes first.
        names_product: Whether it names a product: the one of the pattern, else the client's first
            suitable one in a ranking.
        texts: What it says, in English and Chinese.
    """

    any_of: AnyOf = ()
    pattern: EventPattern | None = None
    reviews: tuple[str, ...] = ()
    stages: tuple[Id, ...] = ()
    action: ActionKind
    purpose: Id
    cap: Whole = 1
    cap_days: Whole
    priority: Whole = 5
    names_product: bool = False
    texts: dict[str, str]

    @model_validator(mode="after")
    def _usable(self) -> Self:
        if not (self.any_of or self.pattern or self.reviews or self.stages):
            why = f"Play {self.id!r} has no trigger and would go to everybody;"
            remedy = "give any_of, pattern, reviews or stages."
            raise InputError(f"{why} {remedy}", field="any_of", value=self.id)
        strange = sorted(set(self.reviews) - set(TRIGGERS))
        if strange:
            why = f"Play {self.id!r} waits for the review trigger {strange[0]!r},"
            remedy = f"which does not exist; there are {', '.join(TRIGGERS)}."
            raise InputError(f"{why} {remedy}", field="reviews", value=strange[0])
        check_languages(self.texts, f"Play {self.id!r} has no text", "texts", self.id)
        return self


class PlayBook(Pack):
    """Plays in one file, signed."""

    file_kind: ClassVar[str] = "Play book"

    plays: Annotated[tuple[Play, ...], Field(min_length=1)]

    @classmethod
    def default(cls) -> PlayBook:
        """Hesitation, life event near, drift or red line, expiry of the assessment, churn risk,
        win-back, hand-off of a high-tier client, portfolio reminder for base clients.
        """
        return cls.bundled("plays")

    @model_validator(mode="after")
    def _once(self) -> Self:
        check_once(self.id, [play.id for play in self.plays])
        return self
