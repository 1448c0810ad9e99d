"""Tier, stage and tags of one client by rule, from what the store holds of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

import numpy as np

from advisor import ClientTable, Event, Interactions, RiskProfiles, Trades
from advisor.adapters.crm.facts.table import ClientFacts
from advisor.adapters.crm.packs.classes import StagePack, TagPack, TierPack
from advisor.adapters.crm.tags import tag


@dataclass(frozen=True)
class Packs:
    """The packs by which a store shows its clients; a host sets `store.packs` to its own.

    Attributes:
        tiers, stages, tags: Rules.
        days: Length of the window of facts.
    """

    tiers: TierPack
    stages: StagePack
    tags: TagPack
    days: int = 90

    @classmethod
    def default(cls) -> Packs:
        """Those that come with the library."""
        return _default()


@cache
def _default() -> Packs:
    return Packs(TierPack.default(), StagePack.four(), TagPack.default())


def rule_tags(
    packs: Packs,
    client: ClientTable,
    day: date,
    level: int | None,
    trades: Trades,
    purchases: Interactions,
    events: Sequence[Event],
) -> dict[str, dict[str, Any]]:
    """Tags by rule as rows of the store, by id; tier and stage are tags of families so called."""
    profiles = None
    if level is not None:
        profiles = RiskProfiles.from_levels([level], as_of=day, client_ids=client.ids)
    facts = ClientFacts.of(
        client,
        as_of=day,
        trades=trades if len(trades) else None,
        purchases=purchases,
        events=events,
        profiles=profiles,
        days=packs.days,
    )
    families = {rule.id: rule.family for rule in packs.tags.tags}
    family_by_tag = {name: families[name] for name in tag(facts, packs.tags).of(client.ids[0])}
    for family, pack in (("tier", packs.tiers), ("stage", packs.stages)):
        code = pack.classify(facts).item(0)
        family_by_tag |= {pack.ids[code]: family} if code >= 0 else {}
    since = np.datetime64(day).item()
    return {
        n: {"tag": n, "family": f, "provenance": "rule", "since": since}
        for n, f in family_by_tag.items()
    }
