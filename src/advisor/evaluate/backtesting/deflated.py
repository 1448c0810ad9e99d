"""Whether a Sharpe ratio is more than luck: over a short record, or after many trials."""

from __future__ import annotations

import numpy as np
from scipy.special import ndtr, ndtri

from advisor.annotations import Count
from advisor.arrays import FloatArray
from advisor.errors import InputError
from advisor.measures.history import NOISE, Returns, deviation, history, noise_of, ratio
from advisor.measures.portfolio import kurtosis, skewness
from advisor.validation import checked

EULER = 0.5772156649015329


@checked
def probabilistic_sharpe_ratio(
    sharpe: float, *, count: Count, benchmark: float = 0.0, skew: float = 0.0, kurt: float = 3.0
) -> float:
    """Probability that the true Sharpe ratio is above a benchmark.

    Args:
        sharpe: Observed, a period (not annual).
        count: Number of returns it was measured on.
        benchmark: To be beaten, a period.
        skew: Skewness of the returns.
        kurt: Kurtosis of the returns; the normal has 3.

    Returns:
        Between 0 and 1; the standard error allows for skewness and fat tails.

    Raises:
        InputError: Fewer than 2 returns, or moments that no distribution has.

    Source: Bailey & Lopez de Prado (2012), The Sharpe ratio efficient frontier, equation 11.
    """
    spread = 1.0 - skew * sharpe + (kurt - 1.0) / 4.0 * sharpe * sharpe
    if count < 2 or not 0.0 < spread < np.inf:
        raise InputError(
            f"count is {count}, skew {skew:g}, kurtosis {kurt:g} at Sharpe {sharpe:g}: the Sharpe"
            " ratio's variance would not be positive. Check the moments.",
            field="kurt",
            value=(count, skew, kurt),
        )
    return float(ndtr((sharpe - benchmark) * np.sqrt(count - 1.0) / np.sqrt(spread)))


@checked
def expected_best_sharpe(trials: float, variance: float) -> float:
    """Sharpe ratio that the best of many worthless strategies is expected to show, a period.

    Args:
        trials: Number of independent strategies tried, at least 1.
        variance: Variance of the Sharpe ratios across the trials, a period.

    Source: Bailey & Lopez de Prado (2014), The deflated Sharpe ratio, equation 1.
    """
    if trials < 1 or variance < 0.0:
        raise InputError(
            f"trials is {trials} and variance {variance:g}; at least 1 trial and a variance of 0 or"
            " more are needed.",
            field="trials",
            value=trials,
        )
    if trials == 1:
        return 0.0
    best = (1.0 - EULER) * ndtri(1.0 - 1.0 / trials) + EULER * ndtri(1.0 - 1.0 / (trials * np.e))
    return float(np.sqrt(variance) * best)


@checked
def deflated_sharpe_ratio(
    sharpe: float,
    *,
    count: Count,
    trials: float,
    variance: float,
    skew: float = 0.0,
    kurt: float = 3.0,
) -> float:
    """Probability that the true Sharpe ratio is above 0, given that this strategy was the best of
    `trials`.

    Args:
        sharpe: Observed, a period (not annual).
        count: Number of returns.
        trials: Independent strategies tried, this one included.
        variance: Variance of the Sharpe ratios across the trials, a period.
        skew: Skewness of the returns.
        kurt: Kurtosis of the returns.

    Returns:
        `probabilistic_sharpe_ratio` against `expected_best_sharpe`; above .95 is the usual bar.

    Source: Bailey & Lopez de Prado (2014), The deflated Sharpe ratio, equation 2 and its numerical
    example.

    >>> daily = 2.5 / 250**0.5
    >>> round(
    ...     deflated_sharpe_ratio(
    ...         daily, count=1250, trials=100, variance=0.5 / 250, skew=-3, kurt=10
    ...     ),
    ...     4,
    ... )
    0.9004
    """
    return probabilistic_sharpe_ratio(
        sharpe, count=count, benchmark=expected_best_sharpe(trials, variance), skew=skew, kurt=kurt
    )


@checked
def deflate(returns: Returns) -> FloatArray:
    """Deflated Sharpe ratio of each of several strategies tried together, all of them counted as
    trials.

    Args:
        returns: Shape (k, T). Strategies that resemble one another count as if they were
            independent, which deflates too much, never too little.

    Returns:
        Shape (k,); nan where a strategy's returns do not vary; such a strategy is no trial.
    """
    r = streams_of(returns)
    sharpe = ratio(r.mean(axis=1), deviation(r, noise=noise_of(returns)))
    known = sharpe[np.isfinite(sharpe)]
    variance = float(known.var(ddof=1)) if len(known) > 1 else 0.0
    skew, kurt = skewness(r), kurtosis(r)
    testable = 1.0 - skew * sharpe + (kurt - 1.0) / 4.0 * sharpe**2 > NOISE  # nan is not
    out = np.full(len(r), np.nan)
    for i in np.flatnonzero(testable).tolist():
        moments = {"skew": float(skew[i]), "kurt": float(kurt[i])}
        out[i] = deflated_sharpe_ratio(
            float(sharpe[i]), count=r.shape[1], trials=len(known), variance=variance, **moments
        )
    return out


def streams_of(returns: object) -> FloatArray:
    """At least 10 finite returns of each of several strategies, shape (k, T)."""
    r = history(returns)
    if r.ndim != 2 or r.shape[1] < 10:
        raise InputError(
            f"returns has shape {r.shape}; at least 10 finite returns of each strategy, on the same"
            " days, are needed. Align and lengthen them.",
            field="returns",
            value=r.shape,
        )
    return r
