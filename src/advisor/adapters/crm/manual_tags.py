"""Tags that an event or a person sets, with a day on which they expire."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, time, timedelta
from typing import Any, ClassVar, Literal, Self

import numpy as np
from pydantic import model_validator

from advisor.adapters.crm.facts.table import ClientFacts
from advisor.adapters.crm.packs.classes import TagPack
from advisor.adapters.crm.store_base import StoreBase
from advisor.adapters.crm.values import Written, check_store
from advisor.adapters.records.moments import end_of
from advisor.arrays import check_type
from advisor.contracts import CalendarDay, Contract, Id
from advisor.errors import InputError

BY_RULE = ("tier", "stage")
"""Families of the store's tags that are classes of other packs."""


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


def keep_tags(
    store: StoreBase, manual: Iterable[ManualTag], pack: TagPack | None = None
) -> Written:
    """Write tags by hand into the store, of which a client has each once.

    Args:
        store: Where they are kept.
        manual: Tags of the pack.
        pack: Which tags there are; default `TagPack.default()`.
    """
    check_store(store)
    families = {rule.id: rule.family for rule in (pack or TagPack.default()).tags}
    manual = [check_tag(one) for one in manual]
    return store.put_rows(
        "tags",
        [
            {
                "client_id": one.client_id,
                "tag": one.tag,
                "family": families.get(one.tag),
                "provenance": one.source,
                "source": one.by,
                "since": datetime.combine(one.on, time(), UTC),
                "until": None if one.expires is None else end_of(one.expires),
            }
            for one in manual
        ],
    )


def kept_tags(store: StoreBase) -> tuple[ManualTag, ...]:
    """Tags by hand out of the store, also those that have expired."""
    check_store(store)
    rows = store.rows("tags", provenance=["event", "person"])
    return tuple(
        ManualTag(
            client_id=row["client_id"],
            tag=row["tag"],
            source=row["provenance"],
            by=row["source"] or row["provenance"],
            on=row["since"].date(),
            expires=row["until"] and (row["until"] - timedelta(microseconds=1)).date(),
        )
        for row in rows
        if row["family"] not in BY_RULE
    )
