"""Packs: rules on clients as signed data, and those that put each client into a class."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Any, ClassVar, Self

import numpy as np
from pydantic import Field, model_validator

from advisor.adapters.crm.bundled import bundled
from advisor.adapters.crm.conditions import AllOf, Evaluator
from advisor.adapters.crm.facts.table import ClientFacts
from advisor.arrays import IntArray
from advisor.contracts import Contract, Id, Signed
from advisor.contracts.wording import LANGUAGES
from advisor.errors import InputError
from advisor.validation import checked

Share = Annotated[float, Field(ge=0.0, le=1.0)]


class NamedItem(Contract):
    """Something with an id, and a name in English and Chinese."""

    id: Id
    names: dict[str, str]

    @model_validator(mode="after")
    def _has_names(self) -> Self:
        check_languages(self.names, f"{self.id!r} has no name", "names", self.id)
        return self


class Pack(Signed):
    """Id, version, dates and names that all packs have."""

    file_kind: ClassVar[str] = "Pack"

    id: Id
    version: Id
    names: dict[str, str]
    effective_from: date
    effective_to: date | None = None

    def __hash__(self) -> int:
        return hash(self.digest)

    @classmethod
    def bundled(cls, name: str) -> Self:
        """One that comes with the library."""
        return bundled(cls, "packs", name)

    def check_in_force(self, day: np.datetime64) -> None:
        """Raise `InputError` where the pack does not apply on a day."""
        last = self.effective_to
        if day < np.datetime64(self.effective_from) or (last and day > np.datetime64(last)):
            until = "" if last is None else f" to {last}"
            raise InputError(
                f"{type(self).__name__} {self.id!r} {self.version} applies from"
                f" {self.effective_from}{until}, not on {day}; take the version of that day.",
                field="pack",
                value=self.id,
            )

    @model_validator(mode="after")
    def _dates_in_order(self) -> Self:
        if self.effective_to is not None and self.effective_to < self.effective_from:
            why = f"Pack {self.id!r} applies from {self.effective_from} to {self.effective_to};"
            remedy = "correct the dates."
            raise InputError(f"{why} {remedy}", field="effective_to", value=str(self.effective_to))
        return self


def check_languages(texts: dict[str, str], what: str, field: str, value: str) -> None:
    """Raise `InputError` where a text is not there in every language."""
    missing = [language for language in LANGUAGES if not texts.get(language)]
    if missing:
        why = f"{what} in {missing}; people would see a hole. Write it."
        raise InputError(why, field=field, value=value)


def check_once(name: str, ids: Sequence[Any]) -> None:
    """Raise `InputError` where an id of a pack is there twice."""
    twice = sorted({i for i in ids if ids.count(i) > 1})
    if twice:
        why = f"Pack {name!r} has {twice[0]!r} twice, so it is not known which one counts;"
        raise InputError(f"{why} rename one.", field="id", value=twice[0])


class FactRule(NamedItem):
    """A class of clients: those for whom all conditions of any group hold."""

    any_of: Annotated[tuple[AllOf, ...], Field(min_length=1)]


class ClassPack(Pack):
    """Classes in order: a client belongs to the first whose rule holds, or to none."""

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
