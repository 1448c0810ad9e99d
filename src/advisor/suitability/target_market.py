"""A product's target market as signs, and one client in one target market."""

from __future__ import annotations

from math import isnan

import numpy as np

from advisor.arrays import IntArray
from advisor.contracts.product import Product
from advisor.contracts.target_market import (
    KNOWLEDGE,
    LOSS_BEARING,
    OBJECTIVES,
    Audience,
    TargetMarket,
    TargetMarketMapping,
)
from advisor.contracts.thresholds import reaches
from advisor.data.profiles import RiskProfile

INVESTORS = ("retail", "professional")
GROUPS: tuple[tuple[str, ...], ...] = (INVESTORS, KNOWLEDGE, LOSS_BEARING, OBJECTIVES)
"""The groups in which a client has one place each."""
_SIGN = {"yes": 1, "neutral": 0, "no": -1}
EVERYBODY = np.array([1] * sum(map(len, GROUPS)) + [1, 1, 1], dtype=np.int64)


def market_row(product: Product) -> IntArray:
    """A product's answers as signs: the groups in order, then advice to retail, advice to
    professionals, and the lowest category.
    """
    market = product.target_market
    if market is None:
        return EVERYBODY
    signs = [_SIGN[getattr(market, name)] for group in GROUPS for name in group]
    return np.array(
        [
            *signs,
            *(1 if meant_for(market.advice, kind) else -1 for kind in INVESTORS),
            -1 if market.not_for_lowest else 1,
        ]
    )


def meant_for(audience: Audience, kind: str) -> bool:
    """Whether a channel is meant for a kind of investor."""
    return audience in ("both", kind)


def judge_market(
    market: TargetMarket, rules: TargetMarketMapping, profile: RiskProfile, professional: bool
) -> str:
    """One client in one target market: "negative", "outside" (neither) or "positive". Written apart
    from the arrays above.
    """
    kind, lowest = "professional" if professional else "retail", profile.lowest_category
    bears = "none" if lowest or profile.level == 0 else rules.loss_bearing[profile.level - 1]
    possible = (
        kind,
        bears,
        *_possible(KNOWLEDGE, profile.knowledge, rules.knowledge_cuts),
        *_possible(OBJECTIVES, profile.objective, rules.objective_cuts),
    )
    answers = {getattr(market, name) for name in possible}
    barred = not meant_for(market.advice, kind) or (lowest and market.not_for_lowest)
    if barred or "no" in answers:
        return "negative"
    return "positive" if answers == {"yes"} else "outside"


def _possible(group: tuple[str, ...], score: float, cuts: tuple[float, float]) -> tuple[str, ...]:
    """The places of a group where a client with a score may stand: one, or all of them where it is
    unknown.
    """
    if isnan(score):
        return group
    return (group[2 if reaches(score, cuts[1]) else 1 if reaches(score, cuts[0]) else 0],)
