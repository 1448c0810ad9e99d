"""Covariance from a history: plain, weighted by age, shrunk, and by statistical factors.

The closed forms are short and no core dependency has them; a reference test holds the ones
scikit-learn also has against it. The shrunk ones are on moments divided by T, as in their papers;
`estimate_returns` brings them to the divisor T - 1 of the others.
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


def shrink_to_identity(moments: Moments) -> tuple[FloatArray, float]:
    """Ledoit-Wolf shrinkage towards the scaled identity.

    Args:
        moments: Of the returns a period.

    Returns:
        The covariance (n, n), and the intensity in [0, 1] that minimises the expected squared
        error. It pulls every variance towards their average: where volatilities differ a lot (cash
        beside shares) prefer `shrink_to_constant_correlation`, which keeps them.

    Source: Ledoit and Wolf (2004), A well-conditioned estimator for large-dimensional covariance
    matrices, section 3.2.
    """
    count, moment, n = moments.count, moments.second, len(moments.mean)
    level = float(np.trace(moment)) / n
    gap = float((moment**2).sum()) - n * level**2
    noise = (float(moments.squares.sum()) - float((moment**2).sum())) / count
    intensity = 0.0 if gap <= 0.0 else min(1.0, max(0.0, noise / gap))
    return (1.0 - intensity) * moment + intensity * level * np.eye(n), intensity


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
    kept = np.ix_(risky, risky)
    s, d = moment[kept], deviation[risky]
    scale = np.outer(d, d)
    average = float(((s / scale).sum() - k) / (k * (k - 1)))
    target = average * scale
    np.fill_diagonal(target, d**2)
    noise = moments.squares[kept] - s**2
    skew = moments.cubes[kept] - (d**2)[:, None] * s
    np.fill_diagonal(skew, 0.0)
    shared = float(np.trace(noise)) + average * float((skew * (d[None, :] / d[:, None])).sum())
    gap = float(((s - target) ** 2).sum())
    intensity = (
        0.0 if gap == 0.0 else min(1.0, max(0.0, (float(noise.sum()) - shared) / gap / count))
    )
    shrunk = moment.copy()
    shrunk[kept] = (1.0 - intensity) * s + intensity * target
    return shrunk, intensity


def oracle_approximating(moments: Moments) -> tuple[FloatArray, float]:
    """Shrinkage towards the scaled identity with the oracle-approximating intensity, best for
    normal returns and few rows.

    Args:
        moments: Of the returns a period.

    Returns:
        The covariance (n, n), and the intensity in [0, 1].

    Source: Chen, Wiesel, Eldar and Hero (2010), Shrinkage algorithms for MMSE covariance
    estimation, equation 23.
    """
    count, moment, n = moments.count, moments.second, len(moments.mean)
    level = float(np.trace(moment)) / n
    average_square = float((moment**2).mean())
    top = average_square + level**2
    bottom = (count + 1) * (average_square - level**2 / n)
    intensity = 1.0 if bottom <= 0.0 else min(1.0, top / bottom)
    return (1.0 - intensity) * moment + intensity * level * np.eye(n), intensity


def factor_covariance(rows: FloatArray, factors: int) -> FloatArray:
    """Covariance of the strongest statistical factors plus a diagonal remainder.

    Args:
        rows: Returns a period, shape (T, n).
        factors: Number of principal components of the correlation matrix that are kept, 1..n.

    Returns:
        Shape (n, n). Variances are those of the sample (the remainder makes up the difference, and
        it is never negative because the kept components explain at most the whole); covariances are
        those of the factors. Positive semidefinite as a sum of two such matrices.

    Source: Connor and Korajczyk (1993), on the number of factors, section 1.
    """
    sigma = sample_covariance(rows)
    deviation = np.sqrt(np.diag(sigma))
    safe = np.where(moves(sigma), deviation, np.inf)
    values, vectors = np.linalg.eigh(sigma / np.outer(safe, safe))
    loadings = (vectors[:, -factors:] * np.sqrt(np.maximum(values[-factors:], 0.0))) * deviation[
        :, None
    ]
    common = loadings @ loadings.T
    np.fill_diagonal(common, np.diag(sigma))
    return common
