"""Tags, tiers and stages by rule, as rows of the store: of one client, and of many at once."""

# pyright: reportUnknownParameterType=false

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import numpy as np
import pandas as pd

from advisor import ClientTable, Event, Interactions, RiskProfiles, Trades
from advisor.adapters.crm.facts.table import ClientFacts
from advisor.adapters.crm.packs.classes import StagePack, TagPack, TierPack
from advisor.adapters.crm.segments import Segments
from advisor.adapters.crm.stages import Stages
from advisor.adapters.crm.store_base import StoreBase
from advisor.adapters.crm.tags import Tags, tag
from advisor.adapters.crm.values import Written
from advisor.adapters.records import tables
from advisor.adapters.records.arrow_tables import arrow, fetch, load, naming
from advisor.adapters.records.libraries import sa
from advisor.adapters.records.moments import moment_of
from advisor.arrays import IntArray
from advisor.validation import checked


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
        return cls(TierPack.default(), StagePack.four(), TagPack.default())


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


_KEY = ["client_id", "tag"]


@checked
def keep_rules(
    store: StoreBase,
    tags: Tags,
    *,
    at: datetime,
    segments: Segments | None = None,
    stages: Stages | None = None,
) -> Written:
    """Write what the rules say of these clients over what they said before, for `report_segments`.

    A tag that stood before keeps the day on which it began; one set by hand stays as it is.

    Args:
        store: Where it is kept.
        tags: Of c clients; their tags by rule.
        at: When it was so, with a time zone.
        segments: Of any of these clients: tiers, as tags of the family "tier".
        stages: Of any of these clients, as tags of the family "stage", since the day of entry.
    """
    moment = moment_of(at)
    families = {rule.id: rule.family for rule in tags.pack.tags}
    ids, now, parts = np.array(tags.client_ids, dtype=object), pd.Timestamp(moment), []
    for name, bits in zip(tags.pack.ids, tags.by_rule, strict=True):
        mine = ids[np.unpackbits(bits, count=len(tags)).view(np.bool_)]
        tagged = {"client_id": mine, "tag": name, "family": families[name]}
        parts.append(pd.DataFrame(tagged).assign(since=now))
    if segments is not None:
        tiers = segments.tiers.ids
        parts.append(_classes(segments.client_ids, segments.tier, tiers, "tier", now))
    if stages is not None:
        days: Any = pd.Series(stages.since.astype("datetime64[us]"))
        begun = days.dt.tz_localize("UTC")
        parts.append(_classes(stages.client_ids, stages.code, stages.pack.ids, "stage", begun))
    rows = pd.concat(parts, ignore_index=True).drop_duplicates(_KEY)
    rows = rows[rows["client_id"].isin(tags.client_ids)]
    with store.writing() as connection, naming(connection, tags.client_ids) as named:
        t = tables.tags.c
        mine = t.client_id.in_(sa.select(named.c.id))
        query = sa.select(t.client_id, t.tag, t.provenance, t.since).where(mine)
        there = fetch(connection, query).to_pandas()
        by_hand = there[there["provenance"] != "rule"]
        before = there[there["provenance"] == "rule"].rename(columns={"since": "begun"})
        rows = rows.merge(by_hand[_KEY].assign(by_hand=True), how="left", on=_KEY)
        rows = rows[rows["by_hand"].isna()].merge(before[[*_KEY, "begun"]], how="left", on=_KEY)
        old = rows["begun"].notna()
        rows["since"] = rows["since"].where(~old | (rows["family"] == "stage"), rows["begun"])
        connection.execute(sa.delete(tables.tags).where(mine, t.provenance == "rule"))
        columns: dict[str, Any] = {name: rows[name].tolist() for name in (*_KEY, "family")}
        columns["since"] = [begin.to_pydatetime() for begin in rows["since"]]
        columns["provenance"] = ["rule"] * len(rows)
        load(connection, tables.tags, arrow(tables.tags, columns))
    return Written(len(rows), int((~old).sum()) + len(before) - int(old.sum()))


def _classes(
    client_ids: tuple[str, ...], codes: IntArray, names: tuple[str, ...], family: str, since: Any
) -> pd.DataFrame:
    """A row a client whose class is known."""
    words = np.array([*names, None], dtype=object)[codes]
    rows = {"client_id": np.array(client_ids, dtype=object), "tag": words, "family": family}
    return pd.DataFrame(rows).assign(since=since)[codes >= 0]
