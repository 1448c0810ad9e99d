"""Tags by hand as rows of the store."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING

from advisor.adapters.crm.manual_tags import ManualTag, check_tag
from advisor.adapters.crm.packs.classes import TagPack
from advisor.adapters.crm.values import Written, check_store
from advisor.adapters.records.moments import end_of

if TYPE_CHECKING:
    from advisor.adapters.crm.store_base import StoreBase

BY_RULE = ("tier", "stage")
"""Families of the store's tags that are classes of other packs."""


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
