"""Rules on clients as signed data: tiers, activity, risk labels, scores, stages and tags."""

from __future__ import annotations

from advisor.adapters.crm.packs.classes import FactRule, RiskLabelPack, StagePack, TierPack
from advisor.adapters.crm.packs.ranks import ActivityPack, RankedFact
from advisor.adapters.crm.packs.scores import ScorePack, Weighting
from advisor.adapters.crm.packs.tags import TagPack, TagRule

__all__ = [
    "ActivityPack",
    "FactRule",
    "RankedFact",
    "RiskLabelPack",
    "ScorePack",
    "StagePack",
    "TagPack",
    "TagRule",
    "TierPack",
    "Weighting",
]
