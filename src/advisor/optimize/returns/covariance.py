"""Covariance from a history: plain, weighted by age, and shrunk.

The shrunk one is on moments divided by T, as in its paper; `estimate_returns` brings it to the
divisor T - 1 of the others.
"""

from __future__ import annotations

import numpy as np

from advisor.arrays import BoolArray, FloatArray
from advisor.measures.history import NOISE
from advisor.optimize.returns.moments import Moments

CONSTANT = 1e-18
"""Variance, relative to the largest, that is the rounding of a constant series: a volatility a
billionth of the largest."""


def moves(covariance: FloatArray) -> BoolArray:
    """Which assets have any variance a period, shape (n,): more than prices' rounding makes."""
    variance = np.diag(covariance)
    return variance > max(CONSTANT * float(variance.max(initial=0.0)), NOISE**2)


def sample_covariance(rows: FloatArray) -> FloatArray:
    """Unbiased sample covariance of `rows` (T, n), shape (n, n)."""
    centred = rows - rows.mean(axis=0)
    return centred.T @ centred / (len(rows) - 1)


def ewma_covariance(rows: FloatArray, weights: FloatArray) -> FloatArray:
    """Covariance of `rows` (T, n) under `weights` (T,) that add up to 1, divided by `1 -
    sum(weights^2)` so that it is unbiased.
    """
    centred = rows - weights @ rows
    return (centred * weights[:, None]).T @ centred / (1.0 - float(weights @ weights))


def shrink_to_constant_correlation(moments: Moments) -> tuple[FloatArray, float]:
    """Ledoit-Wolf shrinkage of the correlations towards their average; variances stay as they are.

    Args:
        moments: Of the returns a period.

    Returns:
        The covariance (n, n), and the intensity in [0, 1]. Positive definite where the intensity is
        positive and the average correlation is above `-1 / (n - 1)`. Assets with no variance have
        correlation 0 with all others and take no part in the average.

    Source: Ledoit and Wolf (2004), Honey, I shrunk the sample covariance matrix, appendices A and
    B.
    """
    count, moment = moments.count, moments.second
    deviation = np.sqrt(np.diag(moment))
    risky = moves(moment)
    k = int(risky.sum())
    if k < 2:
        return moment, 0.0
    block = np.ix_(risky, risky)
    s, d = moment[block], deviation[risky]
    scale = np.outer(d, d)
    average = float(((s / scale).sum() - k) / (k * (k - 1)))
    target = average * scale
    np.fill_diagonal(target, d**2)
    noise = moments.squares[block] - s**2
    skew = moments.cubes[block] - (d**2)[:, None] * s
    np.fill_diagonal(skew, 0.0)
    shared = float(np.trace(noise)) + average * float((skew * (d[None, :] / d[:, None])).sum())
    gap = float(((s - target) ** 2).sum())
    intensity = (
        0.0 if gap == 0.0 else min(1.0, max(0.0, (float(noise.sum()) - shared) / gap / count))
    )
    shrunk = moment.copy()
    shrunk[block] = (1.0 - intensity) * s + intensity * target
    return shrunk, intensity
