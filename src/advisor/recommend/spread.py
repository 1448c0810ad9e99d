"""How far one window of purchases lies from the next: what a probability learnt in the past may be
off by.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import expit, logit, ndtri

from advisor.arrays import BoolArray, FloatArray
from advisor.recommend.curves import Curve, curve_of, logistic_fit

USUAL_SPREAD = 0.34
"""Standard deviation, in log-odds, of the share of picks bought between half-years of FAR-Trans:
what is supposed where windows are few."""
SPREAD_WEIGHT = 2.0
"""Windows that the supposed spread counts for."""
USUAL_SLOPE = 0.9
"""How steep a curve is in a window it was not learnt in, over its own slope; what is supposed where
windows are few."""
SLOPE_WEIGHT = 1.0
CONFIDENCE = 0.9
"""Covered share of the stated intervals."""
EDGE = 1e-6
STEPS = 30
"""Newton steps of a logistic fit of two numbers."""

Case = tuple[FloatArray, BoolArray]
"""Scores of a window's picks and whether each was bought, shape (n,) each."""


@dataclass(frozen=True, eq=False)
class Between:
    """What several windows say about the next.

    Attributes:
        pick: Probability by score, from all windows together, its far ends drawn in by `slope`.
        low, high: Edges of its interval between windows, on the same knots.
        spread: Standard deviation of a window's level, in log-odds.
        slope: At most 1: by what the curve's distance from the base rate is multiplied, since a
            curve is steeper where it was learnt than after.
    """

    pick: Curve
    low: Curve
    high: Curve
    spread: float
    slope: float


def between(cases: Sequence[Case], method: str) -> Between:
    """The curve through all windows, how steep it stays in a window it has not seen, and how far a
    window's level lies from it.
    """
    plain = curve_of(*_joined(cases), method)
    base = float(np.mean([hits.mean() for _, hits in cases]))
    centre = float(logit(min(max(base, EDGE), 1.0 - EDGE)))
    slope = _slope(cases, method)
    at = logit(np.clip(plain.probabilities, EDGE, 1.0 - EDGE))
    drawn = centre + slope * (at - centre)
    spread = spread_of([_level(plain, case) for case in cases])
    reach = reach_of(spread, len(cases))
    edges = [
        Curve(plain.scores, np.asarray(expit(drawn + side * reach), dtype=np.float64))
        for side in (0.0, -1.0, 1.0)
    ]
    return Between(edges[0], edges[1], edges[2], spread, slope)


def spread_of(levels: Sequence[float]) -> float:
    """Standard deviation of the levels of w windows, in log-odds, with `SPREAD_WEIGHT` windows of
    the usual one added.
    """
    values = np.asarray(levels, dtype=np.float64)
    squares = float(((values - values.mean()) ** 2).sum())
    return float(
        np.sqrt((SPREAD_WEIGHT * USUAL_SPREAD**2 + squares) / (SPREAD_WEIGHT + len(values) - 1.0))
    )


def reach_of(spread: float, windows: int) -> float:
    """Half the width, in log-odds, of the interval in which a further window's level lies with
    `CONFIDENCE`.
    """
    return float(ndtri(0.5 + CONFIDENCE / 2.0)) * spread * float(np.sqrt(1.0 + 1.0 / windows))


def _joined(cases: Sequence[Case]) -> Case:
    return np.concatenate([scores for scores, _ in cases]), np.concatenate(
        [hits for _, hits in cases]
    )


def _level(curve: Curve, case: Case) -> float:
    """What must be added to the curve's log-odds so that it says as many purchases as there were in
    a window.
    """
    scores, hits = case
    at, added = logit(np.clip(curve(scores), EDGE, 1.0 - EDGE)), 0.0
    target_count = (hits.sum() + 0.5) / (len(hits) + 1.0) * len(hits)
    for _ in range(STEPS):
        chance = expit(at + added)
        added += float(
            np.clip(
                (target_count - chance.sum()) / max(float((chance * (1.0 - chance)).sum()), EDGE),
                -1.0,
                1.0,
            )
        )
    return added


def _slope(cases: Sequence[Case], method: str) -> float:
    """Mean slope of the curve of all other windows in each window, with `SLOPE_WEIGHT` windows of
    the usual one added; never above 1.
    """
    slopes: list[float] = []
    for i, (scores, hits) in enumerate(cases if len(cases) > 1 else ()):
        rest = curve_of(*_joined([case for j, case in enumerate(cases) if j != i]), method)
        at = logit(np.clip(rest(scores), EDGE, 1.0 - EDGE))
        if hits.any() and not hits.all() and float(at.std()) > EDGE:
            level = float(logit(np.clip(hits.mean(), EDGE, 1.0 - EDGE)))
            slope, _ = logistic_fit(at - at.mean(), hits.astype(np.float64), (1.0, level))
            slopes.append(min(max(slope, 0.0), 2.0))
    return min((SLOPE_WEIGHT * USUAL_SLOPE + sum(slopes)) / (SLOPE_WEIGHT + len(slopes)), 1.0)
