"""From many clients' rates to a population, and back to each client: pooling, shrinkage, bootstrap,
the slope of selling.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from advisor.arrays import FloatArray, IntArray, check_number
from advisor.data.biases import BiasProfiles, PopulationBias, rates
from advisor.errors import InputError
from advisor.validation import checked

_LOGIT_STEPS = 50
_LOGIT_DONE = 1e-10


def pooled(counts: IntArray, mean: float, between_sd: float) -> PopulationBias:
    """Everybody's counts together; `mean` and `between_sd` come from `shrink`. `counts` has shape
    (c, 4).
    """
    total = counts.sum(axis=0)
    (pgr,), (plr,), (error,) = rates(total[None, :])
    difference = float(pgr - plr)
    return PopulationBias(
        *(int(n) for n in total[[0, 1, 2, 3]]),
        pgr=float(pgr),
        plr=float(plr),
        disposition=difference,
        standard_error=float(error),
        t_statistic=difference / float(error) if error > 0 else float("nan"),
        ratio=float(pgr / plr) if plr > 0 else float("nan"),
        mean=mean,
        between_sd=between_sd,
    )


def smoothed_error(counts: IntArray) -> FloatArray:
    """Standard error of PGR - PLR with half a count added to each cell, shape (c,); nan where
    either rate is 0/0.

    A client who sold their only winner has PGR = 1 with a plain error of 0, which would let one
    trade outweigh the population; half a count keeps the error honest where counts are few and
    vanishes where they are many.
    """
    realised, paper = counts[:, :2] + 0.5, counts[:, 2:] + 0.5
    chances = realised + paper
    variance = (realised * paper / (chances * chances * (chances - 1.0 + (chances <= 1.0)))).sum(
        axis=1
    )
    return np.where((chances > 1.0).all(axis=1), np.sqrt(variance), np.nan)


def shrink(estimate: FloatArray, error: FloatArray) -> tuple[FloatArray, float, float]:
    """Empirical-Bayes values: each client's estimate, leaning on the population by how uncertain it
    is.

    Args:
        estimate: Shape (c,); nan = unknown.
        error: Its standard error, shape (c,), not negative; nan = unknown.

    Returns:
        `B * estimate + (1 - B) * mean` with `B = tau^2 / (tau^2 + error^2)`, shape (c,), the
        population mean where unknown; the random-effects mean; tau. An infinite error gives the
        mean, and tau = 0 gives everybody the mean, because B is then 0.

    Source: DerSimonian & Laird (1986); Efron & Morris (1975).

    >>> shrunk, mean, tau = shrink(np.array([0.0, 0.2, 9.0]), np.array([0.1, 0.1, np.inf]))
    >>> shrunk.round(2).tolist(), round(mean, 2), round(tau, 2)
    ([0.05, 0.15, 0.1], 0.1, 0.1)
    """
    known = ~np.isnan(estimate) & ~np.isnan(error)
    x, variance = estimate[known], error[known] ** 2
    if not len(x):
        return np.full_like(estimate, np.nan), float("nan"), float("nan")
    exact = variance == 0.0
    weight = (
        1.0 / np.where(exact, np.finfo(np.float64).tiny ** 0.5, variance)
        if exact.any()
        else 1.0 / variance
    )
    total = weight.sum()
    if total == 0.0:
        return np.full_like(estimate, x.mean()), float(x.mean()), 0.0
    centre = (weight * x).sum() / total
    spread = (weight * (x - centre) ** 2).sum() - (np.count_nonzero(weight) - 1)
    room = total - (weight * weight).sum() / total
    between = max(0.0, float(spread / room)) if room > 0.0 else 0.0
    share = np.where(between > 0.0, between / (between + variance), 0.0)
    outer = 1.0 / (between + variance) if between > 0.0 else weight
    mean = float((outer * x).sum() / outer.sum())
    shrunk = np.full(estimate.shape, mean)
    shrunk[known] = share * x + (1.0 - share) * mean
    return shrunk, mean, between**0.5


@dataclass(frozen=True)
class BootstrapInterval:
    """Percentile intervals of the pooled rates when whole clients are drawn again.

    Attributes:
        pgr, plr, disposition, ratio: (lower, upper).
        standard_error: Of the disposition, between draws.
        draws, seed: How it was made.
    """

    pgr: tuple[float, float]
    plr: tuple[float, float]
    disposition: tuple[float, float]
    ratio: tuple[float, float]
    standard_error: float
    draws: int
    seed: int


@checked
def bootstrap_disposition(
    profiles: BiasProfiles, *, draws: int = 2000, level: float = 0.95, seed: int = 0
) -> BootstrapInterval:
    """Intervals that do not take one client's decisions as independent: clients are drawn with
    replacement, each with all their counts.

    Args:
        profiles: From `measure_biases`.
        draws: Number of resamples, at least 100.
        level: Coverage, 0..1.
        seed: Of the draws.

    Returns:
        Intervals of the pooled rates, and the clustered standard error; reproducible by seed.

    Raises:
        InputError: No profiles, fewer than two clients or 100 draws, a level outside (0, 1), or a
            seed that is no whole number of 0 or more.

    Source: Cameron, Gelbach & Miller (2008), pairs cluster bootstrap.
    """
    check_number(seed, "seed", "It starts the draws.", low=0)
    counts = profiles.client_counts.astype(np.float64)
    if len(counts) < 2 or draws < 100 or not 0.0 < level < 1.0:
        raise InputError(
            f"A bootstrap of {len(counts)} clients with {draws} draws at level {level} says"
            " nothing; it needs at least 2 clients, 100 draws and a level in (0, 1).",
            field="draws",
            value=draws,
        )
    rng = np.random.default_rng(seed)
    even = np.full(len(counts), 1.0 / len(counts))
    totals = np.stack([rng.multinomial(len(counts), even) @ counts for _ in range(draws)])
    pgr, plr, _ = rates(totals.astype(np.int64))
    ratio = np.divide(pgr, plr, out=np.full_like(pgr, np.nan), where=plr > 0)
    tails = (0.5 - level / 2, 0.5 + level / 2)

    def interval(values: FloatArray) -> tuple[float, float]:
        known = values[~np.isnan(values)]
        if not len(known):
            return float("nan"), float("nan")
        low, high = np.quantile(known, tails)
        return float(low), float(high)

    known = (pgr - plr)[~np.isnan(pgr - plr)]
    error = float(known.std(ddof=1)) if len(known) > 1 else float("nan")
    return BootstrapInterval(
        interval(pgr), interval(plr), interval(pgr - plr), interval(ratio), error, draws, seed
    )


def sell_slope(seen: FloatArray, gained: FloatArray) -> tuple[float, float]:
    """Ratio of the slopes of selling on the size of losses and of gains.

    Args:
        seen: Opportunities by (sold or kept, bin of return), shape (2, b).
        gained: Sum of returns since purchase in each, shape (2, b).

    Returns:
        `|slope on losses| / slope on gains` of a logit of selling on both, and its delta-method
        standard error; nan where the data cannot tell (few opportunities, a slope on gains that is
        not positive, one side empty). It compares sensitivities to sell, not pains: it is not loss
        aversion.
    """
    weight, y = np.concatenate(seen), np.repeat([1.0, 0.0], seen.shape[1])
    used = weight > 0
    weight, y, rate = weight[used], y[used], np.concatenate(gained)[used] / weight[used]
    x = np.stack([np.ones_like(rate), np.maximum(rate, 0.0), np.maximum(-rate, 0.0)], axis=1)
    if len(weight) < 4 or (x[:, 1:].max(axis=0) <= 0.0).any() or y.min() == y.max():
        return float("nan"), float("nan")
    fitted = _logit(x, y, weight)
    if fitted is None:
        return float("nan"), float("nan")
    (_, gain, loss), covariance = fitted
    if not gain > 0.0:
        return float("nan"), float("nan")
    gradient = np.array([-abs(loss) / gain**2, np.sign(loss) / gain])
    return float(abs(loss) / gain), float(np.sqrt(gradient @ covariance[1:, 1:] @ gradient))


def _logit(
    x: FloatArray, y: FloatArray, weight: FloatArray
) -> tuple[FloatArray, FloatArray] | None:
    """Weighted maximum likelihood by Newton's method with halved steps; None where it does not
    settle (separated data).
    """
    beta = np.zeros(x.shape[1])

    def likelihood(b: FloatArray) -> float:
        z = x @ b
        return float((weight * (y * z - np.logaddexp(0.0, z))).sum())

    best = likelihood(beta)
    for _ in range(_LOGIT_STEPS):
        p = 1.0 / (1.0 + np.exp(-np.clip(x @ beta, -500, 500)))
        information = (x * (weight * p * (1.0 - p))[:, None]).T @ x
        if np.linalg.cond(information) > 1e14:
            return None
        step = np.linalg.solve(information, x.T @ (weight * (y - p)))
        scale = 1.0
        while scale > 1e-6 and likelihood(beta + scale * step) < best:
            scale /= 2.0
        beta = beta + scale * step
        best = likelihood(beta)
        if np.abs(step).max() < _LOGIT_DONE * (1.0 + np.abs(beta).max()):
            return beta, np.linalg.inv(information).astype(np.float64)
    return None
