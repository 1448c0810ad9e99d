"""When to rebalance: calendar, absolute and relative bands, total drift; and the nearest portfolio
inside the bands.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

import numpy as np

from advisor.annotations import Matrix, NotNegative, Numbers
from advisor.arrays import BoolArray, FloatArray, IntArray
from advisor.contracts.thresholds import reaches
from advisor.errors import InputError
from advisor.lifecycle.inputs import spread
from advisor.lifecycle.trading.cash_flow import drift, fill
from advisor.readers import Number
from advisor.validation import checked

REASONS = ("band", "drift", "calendar")
"""Why a rebalancing is due; bit b of `Due.reason_bits` stands for REASONS[b]."""
Fee = Annotated[float, Number("It is a fraction of the trade.", low=0.0, below=1.0)]


@checked
@dataclass(frozen=True)
class RebalancePolicy:
    """When to trade, how far, and what is too small to bother.

    Attributes:
        absolute: Half-width of the band in weight (0.05 = 5 points); None = no absolute band.
        relative: Half-width as a share of the target weight; None = no relative band.
        widest: False: an asset's band is the narrower of the two, so that small positions are
            watched as closely as large ones (the 5/25 rule); True: the wider.
        drift: Total drift that triggers; None = not watched.
        every_months: Months after which a rebalancing is due whatever the weights; None = no
            calendar.
        to: Trade to the "target", or only to the "edge" of the bands.
        min_trade: Smallest trade in money; smaller ones are left out.
        cost: Proportional cost of a trade, as a fraction of its money.
        narrowest: Least half-width of a relative band in weight: a quarter of nearly nothing is
            nothing, and a cent in an asset of target 0 is no reason to trade.

    Source: the defaults are published ones: 5 points and 25 %, drift of 3 %.
    """

    absolute: NotNegative | None = 0.05
    relative: NotNegative | None = 0.25
    widest: bool = False
    drift: NotNegative | None = 0.03
    every_months: NotNegative | None = None
    to: Literal["target", "edge"] = "target"
    min_trade: NotNegative = 0.0
    cost: Fee = 0.0
    narrowest: NotNegative = 0.001


@dataclass(frozen=True, eq=False)
class Due:
    """Whether each account should be rebalanced.

    Attributes:
        due: Shape (c,).
        reason_bits: Bit b set = REASONS[b] holds, shape (c,).
        drift: Shape (c,).
        outside: Which weights are outside their band, shape (c, n).
    """

    due: BoolArray
    reason_bits: IntArray
    drift: FloatArray
    outside: BoolArray

    def reasons(self, i: int) -> tuple[str, ...]:
        """Row i's reasons, words."""
        return tuple(name for b, name in enumerate(REASONS) if int(self.reason_bits[i]) >> b & 1)


@checked
def band_edges(target: Numbers, policy: RebalancePolicy) -> tuple[FloatArray, FloatArray]:
    """Lower and upper edge of each asset's band, shape of `target`, within 0..1.

    >>> low, high = band_edges(np.array([0.6, 0.1]), RebalancePolicy())
    >>> low.round(3).tolist(), high.round(3).tolist()
    ([0.55, 0.075], [0.65, 0.125])
    """
    widths = [np.full_like(target, policy.absolute)] if policy.absolute is not None else []
    if policy.relative is not None:
        widths.append(np.maximum(policy.relative * target, policy.narrowest))
    if not widths:
        return np.zeros_like(target), np.ones_like(target)
    half = np.maximum.reduce(widths) if policy.widest else np.minimum.reduce(widths)
    return np.maximum(target - half, 0.0), np.minimum(target + half, 1.0)


@checked
def rebalancing_due(
    weights: Matrix,
    target: FloatArray,
    policy: RebalancePolicy,
    *,
    months_since: FloatArray | float | None = None,
) -> Due:
    """Which accounts are due, and why.

    Args:
        weights: Shape (c, n).
        target: (c, n) or (n,).
        policy: What is watched.
        months_since: Months since the last rebalancing, (c,) or a number; needed by a calendar, nan
            = never.

    Returns:
        One row an account. A weight on the edge is inside; a drift equal to the limit triggers.

    Raises:
        InputError: No numbers, shapes that do not fit, or the policy has a calendar and
            `months_since` is not given.
    """
    low, high = band_edges(spread(target, "target", weights.shape), policy)
    slack = 1e-12
    outside = (weights < low - slack) | (weights > high + slack)
    moved = drift(weights, target)
    bits: IntArray = np.any(outside, axis=1).astype(np.int64)
    if policy.drift is not None:
        bits |= (moved >= policy.drift - slack).astype(np.int64) << 1
    if policy.every_months is not None:
        if months_since is None:
            raise InputError(
                "The policy rebalances by the calendar, but months_since is not given; pass the"
                " months since each account's last rebalancing.",
                field="months_since",
                value=None,
            )
        months = spread(months_since, "months_since", moved.shape)
        due = reaches(months, policy.every_months) | np.isnan(months)
        bits |= due.astype(np.int64) << 2
    return Due(np.asarray(bits > 0), bits, moved, outside)


def to_edge(weights: FloatArray, target: FloatArray, policy: RebalancePolicy) -> FloatArray:
    """Weights inside all bands that need the least trading, shape (c, n), rows adding up to 1.

    What is outside goes to its edge; money so freed (or needed) is filled into the largest gaps to
    the target (or taken from the largest excesses). That never leaves a band, because the bands
    hold the target and gaps to it are closed, never overshot.
    """
    goal = np.broadcast_to(target, weights.shape)
    low, high = band_edges(goal, policy)
    inside = np.clip(weights, low, high)
    return inside + fill(inside, goal, 1.0 - inside.sum(axis=1))
