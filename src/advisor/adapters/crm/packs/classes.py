"""Packs that put each client into one class: tiers, risk labels, stages."""

from __future__ import annotations

from advisor.adapters.crm.packs.base import ClassPack, Share
from advisor.contracts import Id


class TierPack(ClassPack):
    """Tiers of wealth; `expected` is the share of clients that a plan expects in each, from, to."""

    expected: dict[Id, tuple[Share, Share]] = {}

    @classmethod
    def default(cls) -> TierPack:
        """Base below 100,000, middle, and high net worth from 1,000,000, of which a plan expects 10
        to 15 %.
        """
        return cls.bundled("tiers")


class RiskLabelPack(ClassPack):
    """Risk labels of levels."""

    @classmethod
    def default(cls) -> RiskLabelPack:
        """C1 and C2 conservative, C3 steady, C4 and C5 aggressive."""
        return cls.bundled("risk_labels")


class StagePack(ClassPack):
    """Stages of a client's life with the bank."""

    @classmethod
    def four(cls) -> StagePack:
        """New, growing, mature, churned (three calendar months without a trade)."""
        return cls.bundled("stages_four")

    @classmethod
    def six(cls) -> StagePack:
        """Potential, new, growing, mature, declining, churned."""
        return cls.bundled("stages_six")

    @classmethod
    def tenure(cls) -> StagePack:
        """By years since the first trade: under 1, 1 to 3, 3 to 5, 5 and more."""
        return cls.bundled("stages_tenure")
