"""Segments: a cube of wealth tier, activity and risk label, and a value score."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from advisor.adapters.crm.facts.table import ClientFacts
from advisor.adapters.crm.packs.classes import RiskLabelPack, TierPack
from advisor.adapters.crm.packs.ranks import ActivityPack, ScorePack
from advisor.arrays import FloatArray, IntArray
from advisor.validation import checked


@dataclass(frozen=True, eq=False, repr=False)
class Segments:
    """Segments of c clients.

    Attributes:
        client_ids: Length c.
        as_of: The day.
        tier, activity, risk: Codes of the packs' classes, shape (c,); -1 = unknown.
        score: Value, 0..100, shape (c,); nan = unknown.
        tiers, activities, risks, scores: The packs, with the quantiles that were used.
    """

    client_ids: tuple[str, ...]
    as_of: np.datetime64
    tier: IntArray
    activity: IntArray
    risk: IntArray
    score: FloatArray
    tiers: TierPack
    activities: ActivityPack
    risks: RiskLabelPack
    scores: ScorePack

    @property
    def cell(self) -> IntArray:
        """Cell of each client, tier first, risk label last, shape (c,); -1 = a side is unknown."""
        middle, last = len(self.activities.ids), len(self.risks.ids)
        known = (self.tier >= 0) & (self.activity >= 0) & (self.risk >= 0)
        return np.where(known, (self.tier * middle + self.activity) * last + self.risk, -1)

    def counts(self) -> pd.DataFrame:
        """Every cell of the cube with its number of clients and their share; unknown ones last."""
        sides = (self.tiers.ids, self.activities.ids, self.risks.ids)
        index = pd.MultiIndex.from_product(sides, names=["tier", "activity", "risk"])
        cell = self.cell
        counts = np.bincount(cell + 1, minlength=len(index) + 1)
        unknown = pd.MultiIndex.from_tuples([("unknown",) * 3], names=index.names)
        frame = pd.DataFrame({"clients": [*counts[1:], counts[0]]}, index.append(unknown))
        return frame.assign(share=frame["clients"] / max(len(self), 1))

    def tier_shares(self) -> pd.DataFrame:
        """A row a tier: clients, their share of those known, and what a plan expects of it."""
        counts = np.bincount(self.tier[self.tier >= 0], minlength=len(self.tiers.ids))
        frame = pd.DataFrame({"clients": counts}, index=pd.Index(self.tiers.ids, name="tier"))
        frame["share"] = counts / max(int(counts.sum()), 1)
        spans = [self.tiers.expected.get(name, (np.nan, np.nan)) for name in self.tiers.ids]
        frame["expected_from"], frame["expected_to"] = zip(*spans, strict=True)
        pairs = zip(frame["share"].tolist(), spans, strict=True)
        verdicts = [None if low != low else low <= share <= high for share, (low, high) in pairs]
        return frame.assign(as_expected=pd.Series(verdicts, index=frame.index, dtype=object))

    def to_frame(self) -> pd.DataFrame:
        """One row a client, by id: tier, activity, risk label (missing where unknown), score."""
        packs = {"tier": self.tiers, "activity": self.activities, "risk": self.risks}
        columns: dict[str, Any] = {
            name: pd.Categorical.from_codes(
                getattr(self, name), dtype=pd.CategoricalDtype(list(pack.ids))
            )
            for name, pack in packs.items()
        }
        index = pd.Index(self.client_ids, name="client_id")
        return pd.DataFrame({**columns, "score": self.score}, index=index)

    def __len__(self) -> int:
        return len(self.client_ids)

    def __repr__(self) -> str:
        unknown = int((self.cell < 0).sum())
        return f"Segments({len(self):,} clients on {self.as_of}, {unknown:,} unknown)"


@checked
def segment(
    facts: ClientFacts,
    tiers: TierPack | None = None,
    activities: ActivityPack | None = None,
    risks: RiskLabelPack | None = None,
    scores: ScorePack | None = None,
) -> Segments:
    """The segment of each client.

    Args:
        facts: c clients.
        tiers: Tiers of wealth; default `TierPack.default()`.
        activities: Default `ActivityPack.default()`. Quantiles that a pack does not hold are those
            of these clients; to rank a chunk, or another day, like them, pass
            `segments.activities` and `segments.scores`.
        risks: Risk labels; default `RiskLabelPack.default()`.
        scores: Value scores; default `ScorePack.default()`.

    Raises:
        InputError: A pack is not in force on the day, or reads a fact that is not there.
    """
    tiers, risks = tiers or TierPack.default(), risks or RiskLabelPack.default()
    activities = (activities or ActivityPack.default()).fitted(facts)
    scores = (scores or ScorePack.default()).fitted(facts)
    sides = (tiers.classify(facts), activities.classify(facts), risks.classify(facts))
    packs = (tiers, activities, risks, scores)
    return Segments(facts.client_ids, facts.as_of, *sides, scores.score(facts), *packs)
