"""Shares of a whole with their intervals, and how many clients tell two of them apart."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from typing import Any

import numpy as np
import pandas as pd

from advisor.adapters.analytics.columns import refusing
from advisor.adapters.extras import needs
from advisor.annotations import Count, CountOrNone, OpenShare
from advisor.errors import InputError
from advisor.validation import checked


@dataclass(frozen=True)
class Proportion:
    """A share of `n` with its Wilson interval."""

    count: int
    n: int
    value: float
    low: float
    high: float


@checked
def proportion(count: CountOrNone, n: Count, *, confidence: OpenShare = 0.95) -> Proportion:
    """A share with its interval, which stays inside 0 and 1. Source: Wilson (1927).

    Raises:
        InputError: A count is negative or above n, or n is 0.
    """
    if count > n:
        why = f"count is {count}, above n = {n}; a part cannot exceed the whole. Correct one."
        raise InputError(why, field="count", value=count)
    tool = needs("analytics", "statsmodels.stats.proportion")
    low, high = tool.proportion_confint(count, n, alpha=1.0 - confidence, method="wilson")
    value = count / n
    low, high = min(max(float(low), 0.0), value), max(min(float(high), 1.0), value)
    return Proportion(count, n, value, low, high)


def proportions(counts: Any, totals: Any, confidence: float = 0.95) -> pd.DataFrame:
    """Shares with Wilson intervals, a row each: n, count, value, low, high."""
    pairs = zip(counts.tolist(), totals.tolist(), strict=True)
    rows = [vars(proportion(int(k), int(n), confidence=confidence)) for k, n in pairs]
    return pd.DataFrame(rows, columns=["n", "count", "value", "low", "high"])


@checked
def sample_size(
    baseline: OpenShare, expected: OpenShare, *, power: OpenShare = 0.8, alpha: OpenShare = 0.05
) -> int:
    """Clients needed in each arm to tell two success rates apart, two-sided.

    Args:
        baseline: Rate without the change.
        expected: Rate that would be worth finding.
        power: Chance of finding it where it is there.
        alpha: Chance of finding something where nothing is.

    Raises:
        InputError: The rates are equal, or power is not above alpha.

    Source: normal power of Cohen's h (1988, chapter 6), by statsmodels.

    >>> sample_size(0.10, 0.12)
    3835
    """
    if power <= alpha:
        why = f"power is {power:g}, not above alpha = {alpha:g}: a coin would do as well."
        raise InputError(f"{why} Ask for more power.", field="power", value=power)
    tools = needs("analytics", "statsmodels.stats.proportion")
    effect = abs(float(tools.proportion_effectsize(expected, baseline)))
    if effect < 1e-8:
        raise InputError(
            f"baseline and expected are both {baseline:g}; no number of clients tells equal rates "
            "apart. Name the smallest difference that is worth finding.",
            field="expected",
            value=expected,
        )
    solver = needs("analytics", "statsmodels.stats.power").NormalIndPower()
    with refusing("The number of clients cannot be worked out", "expected", "Use milder rates."):
        if solver.power(effect, 2.0, alpha) >= power:
            return 2
        count = solver.solve_power(effect, nobs1=None, alpha=alpha, power=power)
        return ceil(float(np.asarray(count).reshape(-1)[0]) - 1e-6)
