"""What all packs share: id, version, dates, and names in English and Chinese."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Annotated, Any, ClassVar, Self, TypeVar

import numpy as np
from pydantic import Field, model_validator

from advisor.contracts import Contract, Id, Signed
from advisor.errors import InputError

Share = Annotated[float, Field(ge=0.0, le=1.0)]
LANGUAGES = ("en", "zh")
"""Every name is given in these."""


class NamedItem(Contract):
    """Something with an id, and a name in English and Chinese."""

    id: Id
    names: dict[str, str]

    @model_validator(mode="after")
    def _has_names(self) -> Self:
        missing = [language for language in LANGUAGES if not self.names.get(language)]
        if missing:
            raise InputError(
                f"{self.id!r} has no name in {missing}; people would see a hole. Give it.",
                field="names",
                value=self.id,
            )
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

    def check_in_force(self, day: np.datetime64) -> None:
        """Raise `InputError` where the pack does not apply on a day."""
        last = self.effective_to
        if day < np.datetime64(self.effective_from) or (
            last is not None and day > np.datetime64(last)
        ):
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
            raise InputError(
                f"Pack {self.id!r} applies from {self.effective_from} to {self.effective_to};"
                " correct the dates.",
                field="effective_to",
                value=str(self.effective_to),
            )
        return self


_Pack = TypeVar("_Pack", bound=Signed)


@cache
def bundled(kind: type[_Pack], name: str) -> _Pack:
    """A pack that comes with the library."""
    return kind.model_validate_json(
        (files("advisor.adapters.crm") / "packs" / f"{name}.json").read_text(encoding="utf-8")
    )


def check_once(name: str, ids: Sequence[Any]) -> None:
    """Raise `InputError` where an id of a pack is there twice."""
    twice = sorted({i for i in ids if ids.count(i) > 1})
    if twice:
        raise InputError(
            f"Pack {name!r} has {twice[0]!r} twice, so it is not known which one counts; rename"
            " one.",
            field="id",
            value=twice[0],
        )
