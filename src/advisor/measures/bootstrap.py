"""Intervals by resampling: over clients, paired between models, and over blocks of time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np

from advisor.annotations import Count, Matrix, OpenShare, Seed, Vector
from advisor.arrays import FloatArray, IntArray
from advisor.errors import InputError
from advisor.measures.history import ratio
from advisor.readers import Number
from advisor.validation import checked

Draws = Annotated[
    int, Number("Give how many resamples to draw, such as 1000.", whole=True, low=1, high=1e7)
]

ROWS_AT_ONCE = 64
"""Resamples drawn together: keeps the table of counts small whatever the number of distinct
rows."""


@dataclass(frozen=True)
class Interval:
    """A mean with its percentile interval.

    Attributes:
        low, high: Percentiles of the resampled means.
        share_above_zero: Share of resampled means above 0 (ties count half): for a difference, how
            often the first wins.
    """

    mean: float
    low: float
    high: float
    share_above_zero: float


@checked
def resampled_means(
    values: Matrix, counts: IntArray | None = None, *, resamples: Draws = 1000, seed: Seed = 0
) -> FloatArray:
    """Means of rows drawn with replacement, column by column.

    Args:
        values: One row an outcome, one column a measure, shape (u, m); nan = does not count in that
            column.
        counts: How many clients had each outcome, shape (u,); None: one each.
        resamples: How many.
        seed: The draws.

    Returns:
        Shape (resamples, m); nan where a column has no value in a resample. Clients with equal
        outcomes are drawn as one row with their count, which has exactly the distribution of
        drawing them one by one: the cost follows the *distinct* outcomes, not the clients.

    Raises:
        InputError: Not a table, no client, or fewer than one resample.

    Source: Efron & Tibshirani (1993), chapter 6; the multinomial form of the empirical bootstrap.
    """
    number = np.ones(len(values), dtype=np.int64) if counts is None else counts
    if number.shape != (len(values),) or (number < 0).any() or number.sum() < 1:
        raise InputError(
            f"values has shape {values.shape}, counts {number.shape}, resamples is {resamples}; a"
            " table, one count a row, at least one client and one resample are needed.",
            field="values",
            value=values.shape,
        )
    present = np.isfinite(values).astype(np.float64)
    filled = np.where(present > 0.0, values, 0.0)
    rng, total = np.random.default_rng(seed), int(number.sum())
    out = np.empty((resamples, values.shape[1]))
    for start in range(0, resamples, ROWS_AT_ONCE):
        size = min(ROWS_AT_ONCE, resamples - start)
        drawn = rng.multinomial(total, number / total, size=size).astype(np.float64)
        weight, summed = (np.einsum("bu,um->bm", drawn, x) for x in (present, filled))
        out[start : start + size] = ratio(summed, weight)
    return out


@checked
def interval(
    values: Vector, *, confidence: OpenShare = 0.95, resamples: Draws = 1000, seed: Seed = 0
) -> Interval:
    """Mean of `values` (nan left out) with its percentile bootstrap interval.

    Args:
        values: One value a client, shape (c,).
        confidence: Covered share, 0..1.
        resamples: How many resamples.
        seed: The draws.

    Returns:
        nan everywhere when no value is there.

    >>> interval(np.array([1.0, 1.0, 1.0]))
    Interval(mean=1.0, low=1.0, high=1.0, share_above_zero=1.0)
    """
    finite = values[np.isfinite(values)]
    if finite.size == 0:
        return Interval(np.nan, np.nan, np.nan, np.nan)
    distinct, counts = np.unique(finite, return_counts=True)
    return summarise(
        float(finite.mean()),
        resampled_means(distinct[:, None], counts, resamples=resamples, seed=seed)[:, 0],
        confidence,
    )


@checked
def paired_difference(
    first: Vector,
    second: Vector,
    *,
    confidence: OpenShare = 0.95,
    resamples: Draws = 1000,
    seed: Seed = 0,
) -> Interval:
    """Mean of first - second over the same clients, with its paired bootstrap interval: client i is
    drawn with both of their values.

    Args:
        first: One value a client, shape (c,).
        second: The same clients under the other model, shape (c,); a client counts where both are
            there.
        confidence: As in `interval`.
        resamples: How many resamples.
        seed: The draws.

    Raises:
        InputError: Shapes differ.
    """
    if first.shape != second.shape:
        raise InputError(
            f"first has shape {first.shape} and second {second.shape}; a paired test needs the same"
            " clients in the same order.",
            field="second",
            value=second.shape,
        )
    return interval(
        np.asarray(first - second, dtype=np.float64),
        confidence=confidence,
        resamples=resamples,
        seed=seed,
    )


@checked
def block_interval(
    values: Vector,
    *,
    block: Count,
    confidence: OpenShare = 0.95,
    resamples: Draws = 10_000,
    seed: Seed = 0,
) -> Interval:
    """Mean of a series in time order with a circular block bootstrap interval, for values whose
    neighbours share data.

    Args:
        values: One value a time point, shape (t,), in order, finite.
        block: Length of a block in time points; take the number of points that one test window
            spans, so that draws are about independent.
        confidence: As in `interval`.
        resamples: How many resamples.
        seed: The draws.

    Returns:
        With `t / block` near 2 there are only two independent windows, and the interval understates
        what is not known: say so beside it.

    Raises:
        InputError: A value is not finite, or block is outside 1..t/2 (one block of everything
            always has the same mean; 1 is allowed for t = 1).

    Source: Politis & Romano (1992), circular block bootstrap.
    """
    count = len(values)
    if not np.isfinite(values).all() or not 1 <= block <= max(count // 2, min(count, 1)):
        raise InputError(
            f"block is {block} for {values.shape} values; give finite values in time order and at"
            " least two blocks.",
            field="block",
            value=block,
        )
    starts = np.random.default_rng(seed).integers(0, count, size=(resamples, -(-count // block)))
    drawn = (starts[:, :, None] + np.arange(block)).reshape(resamples, -1)[:, :count] % count
    return summarise(float(values.mean()), values[drawn].mean(axis=1), confidence)


def summarise(mean: float, resampled: FloatArray, confidence: float) -> Interval:
    """Percentile interval of resampled means. Raises `InputError` unless 0 < confidence < 1."""
    if not 0.0 < confidence < 1.0:
        raise InputError(
            f"confidence is {confidence}; it is a share between 0 and 1, such as 0.95.",
            field="confidence",
            value=confidence,
        )
    means = resampled[np.isfinite(resampled)]
    if means.size == 0:
        return Interval(mean, np.nan, np.nan, np.nan)
    low, high = np.quantile(means, [(1.0 - confidence) / 2.0, (1.0 + confidence) / 2.0])
    return Interval(
        mean, float(low), float(high), float((means > 0.0).mean() + 0.5 * (means == 0.0).mean())
    )
