"""Tags that an event or a person sets, with a day on which they expire."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar, Literal, Self

import numpy as np
from pydantic import model_validator

from advisor.adapters.crm.facts.table import ClientFacts
from advisor.adapters.crm.packs.classes import TagPack
from advisor.arrays import check_type
from advisor.contracts import CalendarDay, Contract, Id
from advisor.errors import InputError


class ManualTag(Contract):
    """A tag that an event or a person set, by whom, on which day, and the last day it holds."""

    personal_data: ClassVar[bool] = True

    client_id: Id
    tag: Id
    source: Literal["event", "person"]
    by: Id
    on: CalendarDay
    expires: CalendarDay | None = None

    @model_validator(mode="after")
    def _days_in_order(self) -> Self:
        if self.expires is not None and self.expires < self.on:
            why = f"The tag {self.tag!r} was set on {self.on} and expires on {self.expires};"
            remedy = "it would never hold. Correct the days."
            raise InputError(f"{why} {remedy}", field="expires", value=str(self.expires))
        return self


def check_tag(one: Any) -> ManualTag:
    """A manual tag; `InputError` for anything else."""
    check_type(one, ManualTag, "manual", "Make them with ManualTag(client_id=..., tag=..., ...).")
    return one


def manual_tags(
    facts: ClientFacts, rules: TagPack, manual: Iterable[Any]
) -> dict[int, tuple[ManualTag, ...]]:
    """Row -> the manual tags in force, in an order that does not depend on theirs."""
    tags_by_row: dict[int, list[ManualTag]] = {}
    for one in manual:
        check_tag(one)
        if one.tag not in rules.ids:
            why = f"The manual tag {one.tag!r} is not in pack {rules.id!r}; nobody could read it."
            remedy = "Add it to the pack (it needs no rule), or correct it."
            raise InputError(f"{why} {remedy}", field="manual", value=one.tag)
        if np.datetime64(one.on) > facts.as_of:
            why = f"The manual tag {one.tag!r} was set on {one.on}, after {facts.as_of}, the day of"
            remedy = "the facts; nobody knew of it then. Leave it out, or take later facts."
            raise InputError(f"{why} {remedy}", field="manual", value=str(one.on))
        if one.expires is None or np.datetime64(one.expires) >= facts.as_of:
            row = facts.index.find((one.client_id,)).item(0)
            tags_by_row.setdefault(row, []).append(one)
    tags_by_row.pop(-1, None)
    order = {name: k for k, name in enumerate(rules.ids)}
    return {
        row: tuple(sorted(f, key=lambda m: (order[m.tag], m.source, m.by, m.on)))
        for row, f in sorted(tags_by_row.items())
    }
