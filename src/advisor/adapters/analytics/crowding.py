"""What a model does to clients as a whole: the same products, the same portfolios, and who
accepts.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from advisor import Ranking
from advisor.adapters.analytics.columns import coded, marked, table
from advisor.adapters.analytics.proportions import proportions
from advisor.annotations import Count, Matrix, OpenShare, Text, WholeVector
from advisor.arrays import FloatArray
from advisor.errors import InputError
from advisor.validation import checked


@dataclass(frozen=True)
class Concentration:
    """How much of what is recommended is the same few products.

    Attributes:
        hhi: Sum of squared shares of the picks: 1 / products when even, 1 when all are one.
        effective: 1 / hhi: as many products, evenly, would be as concentrated.
        top: The most recommended product.
        top_share: Share of the picks that are `top`.
        picks: Counted.
    """

    hhi: float
    effective: float
    top: str
    top_share: float
    picks: int


@checked
def concentration(ranking: Ranking) -> Concentration:
    """Concentration of the picks of all clients on products.

    Raises:
        InputError: No list has a pick.

    Source: Herfindahl-Hirschman index.
    """
    codes = ranking.codes[ranking.codes >= 0]
    if not len(codes):
        raise InputError("No client has a pick; there is nothing to count.", field="ranking")
    counts = np.bincount(codes, minlength=len(ranking.products))
    shares = counts / counts.sum()
    hhi, top = float((shares**2).sum()), int(np.argmax(counts))
    return Concentration(hhi, 1.0 / hhi, ranking.products[top], float(shares[top]), len(codes))


@checked
def herding(weights: Matrix, levels: WholeVector, *, decimals: Count = 4) -> pd.DataFrame:
    """How many clients of one level hold the same portfolio.

    Args:
        weights: Portfolios, shape (c, n); rows with nan have none and are left out.
        levels: Level of each client, shape (c,).
        decimals: Weights are the same where they agree to so many.

    Returns:
        One row a level: clients, portfolios (different ones), largest_share (of the most held).

    Raises:
        InputError: Lengths differ, or nobody has a portfolio.
    """
    if len(weights) != len(levels):
        why = f"weights has {len(weights)} rows for {len(levels)} levels; give one a client."
        raise InputError(why, field="levels", value=len(levels))
    there = np.isfinite(weights).all(axis=1)
    if not there.any():
        raise InputError("Nobody has a portfolio; there is nothing to compare.", field="weights")
    rounded: FloatArray = np.round(weights, decimals) + 0.0
    rows: dict[int, tuple[int, int, float]] = {}
    for level in np.unique(levels[there]).tolist():
        own = rounded[there & (levels == level)]
        counts = np.unique(own, axis=0, return_counts=True)[1]
        rows[level] = (len(own), len(counts), float(counts.max() / len(own)))
    columns = ["clients", "portfolios", "largest_share"]
    frame = pd.DataFrame.from_dict(rows, orient="index", columns=columns)
    return frame.rename_axis("level")


@checked
def acceptance(
    frame: pd.DataFrame, *, by: Text, accepted: Text = "accepted", confidence: OpenShare = 0.95
) -> pd.DataFrame:
    """Share of advice that was accepted, by segment, with Wilson intervals.

    Args:
        frame: One row an advice.
        by: Column of segments.
        accepted: Column of yes / no.
        confidence: Covered share of the intervals.

    Returns:
        One row a segment: advice, accepted, share, low, high.

    Raises:
        InputError: A column is absent, a segment is missing, or a cell is neither yes nor no.
    """
    frame = table(frame, [by, accepted], "One row an advice, with its segment and accepted.")
    codes, names = coded(frame, by)
    yes = np.bincount(codes, marked(frame, accepted), len(names)).astype(int)
    total = np.bincount(codes, minlength=len(names))
    shares = proportions(yes, total, confidence).set_index(pd.Index(names, name=by))
    return shares.set_axis(["advice", "accepted", "share", "low", "high"], axis=1)
