"""Shares of a whole with their intervals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

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
