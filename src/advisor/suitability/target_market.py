"""Clients placed in the target markets of products, all at once."""

from __future__ import annotations

from math import isnan

import numpy as np

from advisor.arrays import BoolArray, FloatArray, IntArray
from advisor.contracts.product import Product
from advisor.contracts.target_market import (
    KNOWLEDGE,
    LOSS_BEARING,
    OBJECTIVES,
    Audience,
    TargetMarket,
    TargetMarketMapping,
)
from advisor.contracts.thresholds import count_reached, reaches

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


def places(
    rules: TargetMarketMapping,
    level: IntArray,
    lowest: BoolArray,
    professional: BoolArray,
    knowledge: FloatArray,
    objective: FloatArray,
) -> tuple[IntArray, ...]:
    """Position of each client in each of `GROUPS`, shape (c,) each; -1 = not known, so that the
    worst position counts.

    Levels, flags and scores are of c clients, shape (c,) each.
    """
    informed = np.where(np.isnan(knowledge), -1, count_reached(knowledge, rules.knowledge_cuts))
    bears = np.array([0, *(LOSS_BEARING.index(b) for b in rules.loss_bearing)])[level]
    seeks = np.where(np.isnan(objective), -1, count_reached(objective, rules.objective_cuts))
    return (
        professional.astype(np.int64),
        informed.astype(np.int64),
        np.where(lowest, 0, bears),
        seeks,
    )


def negative(markets: IntArray, position: tuple[IntArray, ...], lowest: BoolArray) -> BoolArray:
    """Who is in which negative target market, shape (c, p): a "no" at a place where the client may
    stand, advice not meant for them, or not for the lowest category.
    """
    fires = np.zeros((len(lowest), len(markets)), dtype=np.bool_)
    start = 0
    for group, where in zip(GROUPS, position, strict=True):
        no = markets[:, start : start + len(group)] == -1
        fires |= np.column_stack([no, no.any(axis=1)]).T[where]
        start += len(group)
    fires |= markets[:, start + position[0]].T == -1
    return fires | (lowest[:, None] & (markets[:, start + 2] == -1))


def not_positive(markets: IntArray, position: tuple[IntArray, ...]) -> BoolArray:
    """Who is outside which positive target market, shape (c, p): no "yes" at a place of their."""
    fires = np.zeros((len(position[0]), len(markets)), dtype=np.bool_)
    start = 0
    for group, where in zip(GROUPS, position, strict=True):
        other = markets[:, start : start + len(group)] != 1
        fires |= np.column_stack([other, other.any(axis=1)]).T[where]
        start += len(group)
    return fires


def judge_market(
    market: TargetMarket,
    rules: TargetMarketMapping,
    level: int,
    lowest: bool,
    professional: bool,
    knowledge: float,
    objective: float,
) -> str:
    """One client in one target market: "negative", "outside" (neither) or "positive". Written apart
    from the arrays above.

    >>> fund = TargetMarket(retail="yes", basic="yes", no_guarantee="yes", none="no", growth="yes")
    >>> (
    ...     judge_market(fund, TargetMarketMapping(), 3, False, False, 10.0, 60.0),
    ...     judge_market(fund, TargetMarketMapping(), 1, True, False, 10.0, 60.0),
    ... )
    ('positive', 'negative')
    """
    kind = "professional" if professional else "retail"
    bears = "none" if lowest or level == 0 else rules.loss_bearing[level - 1]
    possible = (
        kind,
        bears,
        *_possible(KNOWLEDGE, knowledge, rules.knowledge_cuts),
        *_possible(OBJECTIVES, objective, rules.objective_cuts),
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
