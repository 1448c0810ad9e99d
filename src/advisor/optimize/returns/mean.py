"""Expected returns from a history: plain, weighted by age, and shrunk towards a common value."""

from __future__ import annotations

import numpy as np

from advisor.arrays import FloatArray
from advisor.errors import InputError
from advisor.optimize.returns.covariance import moves

SINGULAR = 1e-12
"""Smallest eigenvalue of the correlations, relative to the largest, of a covariance that may be
inverted: below it a mean would be weighted by rounding errors."""


def age_weights(count: int, half_life: float) -> FloatArray:
    """Weights of `count` rows, oldest first, shape (count,); they add up to 1 and halve every
    `half_life` rows.

    >>> age_weights(3, 1.0).round(4).tolist()
    [0.1429, 0.2857, 0.5714]

    Raises:
        InputError: `half_life` is not positive.
    """
    if not half_life > 0.0:
        raise InputError(
            f"half_life is {half_life}; weights halve every half_life, so it must be positive.",
            field="half_life",
            value=half_life,
        )
    weights = 0.5 ** (np.arange(count - 1, -1, -1, dtype=np.float64) / half_life)
    return weights / weights.sum()


def bayes_stein(
    mean: FloatArray, covariance: FloatArray, count: int, *, sample: bool = False
) -> FloatArray:
    """Means shrunk towards the mean of the minimum-variance portfolio.

    Args:
        mean: Sample means a period, shape (n,).
        covariance: Covariance of the returns a period, shape (n, n); nonsingular over the assets
            that have variance.
        count: Rows behind the means.
        sample: Whether `covariance` is the raw sample covariance, whose inverse is biased; it is
            then scaled by `(count - 1) / (count - n - 2)` as Jorion does.

    Returns:
        Shape (n,): `(1 - v) * mean + v * m0` with `v = (n + 2) / (n + 2 + count * (mean - m0)' S^-1
        (mean - m0))`, which is in (0, 1]. An asset with no variance is known, so it keeps its mean
        and takes no part.

    Raises:
        InputError: The covariance is singular, or too few rows for the unbiased inverse.

    Source: Jorion (1986), Bayes-Stein estimation for portfolio analysis, equations 14 and 17.

    >>> bayes_stein(np.array([0.02, 0.04]), np.eye(2) * 0.01, 100).round(5).tolist()
    [0.02667, 0.03333]
    """
    risky = moves(covariance)
    n = int(risky.sum())
    if n < 2:
        return mean.copy()
    sigma = covariance[np.ix_(risky, risky)]
    deviation = np.sqrt(np.diag(sigma))
    values = np.linalg.eigvalsh(sigma / np.outer(deviation, deviation))
    if values[0] <= SINGULAR * values[-1]:
        raise InputError(
            f"The covariance of {n} assets from {count} rows is singular (smallest eigenvalue of"
            f" the correlations {values[0]:.2g}), and Bayes-Stein means need its inverse. Use"
            ' covariance="ledoit_wolf", or drop duplicate assets.',
            field="covariance",
            value=float(values[0]),
        )
    if sample:
        if count <= n + 2:
            raise InputError(
                f"{count} rows for {n} assets; the unbiased inverse of a sample covariance needs"
                f' more than {n + 2}. Pass a longer history, or covariance="ledoit_wolf".',
                field="covariance",
                value=count,
            )
        sigma = sigma * ((count - 1) / (count - n - 2))
    own = mean[risky]
    solved = np.linalg.solve(sigma, np.column_stack([np.ones(n), own]))
    target = float(solved[:, 1].sum() / solved[:, 0].sum())
    distance = float((own - target) @ (solved[:, 1] - target * solved[:, 0]))
    intensity = (n + 2) / (n + 2 + count * max(distance, 0.0))
    shrunk = mean.copy()
    shrunk[risky] = (1.0 - intensity) * own + intensity * target
    return shrunk
