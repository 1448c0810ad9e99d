"""How sure a backtest can be: resampling that keeps the dependence in time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Annotated

import numpy as np
import numpy.typing as npt

from advisor.annotations import Finite, OpenShare, Seed
from advisor.arrays import FloatArray, IntArray, float_array, numbers
from advisor.errors import InputError
from advisor.measures.history import deviation, history, noise_of
from advisor.measures.portfolio import (
    annual_return,
    beta,
    calmar_ratio,
    conditional_value_at_risk,
    hit_ratio,
    information_ratio,
    max_drawdown,
    sharpe_ratio,
    sortino_ratio,
    tracking_error,
    volatility,
)
from advisor.readers import Number
from advisor.validation import checked

AT_ONCE = 64  # resamples in memory together
Rate = Annotated[float, Number("Give an annual rate, 0.02 for 2 %.", above=-1.0, high=1.0)]
Resamples = Annotated[
    int, Number("Give how many resamples to draw, at least 2.", whole=True, low=2.0, high=1e7)
]
Statistic = Callable[[FloatArray], FloatArray]
"""From returns, shape (..., T), to one number each, shape (...): any measure of
`advisor.measures`."""


def statistics_of(periods_per_year: float, risk_free: float = 0.0) -> dict[str, Statistic]:
    """The measures of a stream of returns by name, each from shape (..., T) to (...).

    Args:
        periods_per_year: Periods a year.
        risk_free: Annual rate, compounded as cash is; Sharpe and Sortino are of what is above it.
    """
    year, cash = periods_per_year, cash_return(risk_free, periods_per_year)
    return {
        "annual_return": lambda r: annual_return(r, year),
        "volatility": lambda r: volatility(r, year),
        "sharpe": lambda r: sharpe_ratio(r - cash, periods_per_year=year),
        "sortino": lambda r: sortino_ratio(r - cash, periods_per_year=year),
        "max_drawdown": max_drawdown,
        "calmar": lambda r: calmar_ratio(r, year),
        "cvar_95": lambda r: conditional_value_at_risk(r, 0.95),
        "hit_ratio": hit_ratio,
    }


def beside_of(periods_per_year: float) -> dict[str, Statistic]:
    """Measures of a strategy beside its benchmark by name, each (..., 2, T) to (...)."""
    year = periods_per_year
    return {
        "tracking_error": lambda x: tracking_error(x[..., 0, :], x[..., 1, :], year),
        "information_ratio": lambda x: information_ratio(x[..., 0, :], x[..., 1, :], year),
        "beta": lambda x: beta(x[..., 0, :], x[..., 1, :]),
    }


def cash_return(rate: float, periods_per_year: float) -> float:
    """Return of cash in one period at an annual rate: `(1 + rate) ** (1 / periods) - 1`."""
    return float(np.expm1(np.log1p(rate) / periods_per_year))


@dataclass(frozen=True)
class BootstrapInterval:
    """A statistic with its percentile interval.

    Attributes:
        estimate: Of the returns themselves.
        low, high: Percentiles of the resampled statistic, without resamples that have none.
        standard_error: Standard deviation of the resampled statistic.
        block: Mean length of the blocks.
    """

    estimate: float
    low: float
    high: float
    standard_error: float
    block: float
    draws: int


@checked
def bootstrap_interval(
    returns: FloatArray,
    statistic: Statistic,
    *,
    level: OpenShare = 0.95,
    draws: Resamples = 2000,
    block: Finite | None = None,
    seed: Seed = 0,
) -> BootstrapInterval:
    """Percentile interval of a statistic by the stationary bootstrap.

    Args:
        returns: Returns of one strategy, shape (T,), or of several on the same days, shape (k, T),
            resampled together.
        statistic: Called with resamples, shape (b, T) or (b, k, T); gives one number each, shape
            (b,).
        level: Probability that the interval aims at.
        draws: Number of resamples.
        block: Mean block length; chosen from the returns when None (the largest of the series'
            choices).
        seed: Same seed, same interval.

    Returns:
        The interval; blocks keep the dependence between neighbouring days that a plain bootstrap
        would destroy.

    Raises:
        InputError: Fewer than 10 returns, or an argument out of its range.

    Source: Politis & Romano (1994), The stationary bootstrap, section 2.
    """
    r = np.atleast_2d(history(returns))
    if r.ndim != 2 or r.shape[1] < 10:
        raise InputError(
            f"returns has shape {r.shape}; resampling needs at least 10 finite returns of each"
            " series. Pass a longer history.",
            field="returns",
            value=r.shape,
        )
    length = max(block_length(row) for row in r) if block is None else float(block)
    if not 1.0 <= length <= r.shape[1]:
        raise InputError(
            f"block is {length}; a mean block length lies between 1 and the {r.shape[1]} returns.",
            field="block",
            value=length,
        )
    single = np.ndim(returns) == 1
    whole = float(numbers(statistic(r[0] if single else r[None]), "statistic").reshape(-1)[0])
    drawn = _resampled(r, statistic, stationary_indices(r.shape[1], length, draws, seed), single)
    good = drawn[np.isfinite(drawn)]
    if len(good) < 2 or not np.isfinite(whole):
        raise InputError(
            "The statistic could not be formed on the returns and their resamples; they hardly"
            " vary. Use a longer history.",
            field="returns",
            value=len(good),
        )
    low, high = np.quantile(good, [(1.0 - level) / 2.0, (1.0 + level) / 2.0])
    spread = float(good.std(ddof=1))
    return BootstrapInterval(whole, float(low), float(high), spread, length, draws)


def _resampled(
    r: FloatArray, statistic: Statistic, batches: Iterator[IntArray], single: bool
) -> FloatArray:
    """The statistic of each resample, shape (draws,)."""
    values: list[FloatArray] = []
    for rows in batches:
        sample = np.moveaxis(r[:, rows], 0, 1)
        value = numbers(statistic(sample[:, 0] if single else sample), "statistic")
        if value.shape != (len(sample),):
            raise InputError(
                f"statistic gives shape {value.shape} for {len(sample)} resamples; one number a"
                " resample is needed. Measure along the last axis, as those of advisor.measures"
                " do.",
                field="statistic",
                value=value.shape,
            )
        values.append(value)
    return np.concatenate(values)


def stationary_indices(count: int, block: float, draws: int, seed: int) -> Iterator[IntArray]:
    """Rows of stationary-bootstrap resamples, in batches of shape (b, count).

    A block starts anywhere, goes on with probability `1 - 1 / block` and wraps round the end.
    """
    rng = np.random.default_rng(seed)
    place = np.arange(count)
    for begin in range(0, draws, AT_ONCE):
        size = min(AT_ONCE, draws - begin)
        fresh = rng.random((size, count)) < 1.0 / block
        fresh[:, 0] = True
        starts = rng.integers(0, count, size=(size, count))
        opened = np.maximum.accumulate(np.where(fresh, place, 0), axis=1)
        yield (np.take_along_axis(starts, opened, axis=1) + place - opened) % count


def block_length(returns: npt.ArrayLike) -> float:
    """Mean block length for the stationary bootstrap of a series, from its own autocorrelations.

    Args:
        returns: Shape (T,).

    Returns:
        Between 1 and `min(3 sqrt(T), T / 3)`: the length that minimises the mean squared error of
        the estimated variance of a mean.

    Source: Politis & White (2004), section 3.2, with the corrected constant of Patton, Politis &
    White (2009); as in the implementations that followed, the cut-off lag is the first of the run
    of insignificant ones.
    """
    r = float_array(history(returns), "returns", shape=(None,))
    count = len(r)
    longest = int(np.ceil(np.sqrt(count))) + max(5, int(np.ceil(np.log10(count))))
    quiet = max(5, int(np.ceil(np.log10(count))))
    centred = r - r.mean()
    cap = float(np.ceil(min(3.0 * np.sqrt(count), count / 3.0)))
    if not deviation(r, noise=noise_of(returns), ddof=0) > 0.0:
        return 1.0
    variance = float(centred @ centred) / count
    covariance = (
        np.array([centred[k:] @ centred[: count - k] for k in range(min(longest, count - 1) + 1)])
        / count
    )
    significant = np.abs(covariance[1:] / variance) >= 2.0 * np.sqrt(np.log10(count) / count)
    calm = next(
        (k for k in range(len(significant) - quiet + 1) if not significant[k : k + quiet].any()),
        None,
    )
    last = int(np.flatnonzero(significant).max(initial=-1)) + 1 if calm is None else calm + 1
    reach = min(2 * max(last, 1), len(covariance) - 1)
    lags = np.arange(-reach, reach + 1)
    share = np.abs(lags) / reach
    taper = np.where(share <= 0.5, 1.0, 2.0 * (1.0 - share))
    around = covariance[np.abs(lags)]
    slope, spectrum = float((taper * np.abs(lags) * around).sum()), float((taper * around).sum())
    if spectrum == 0.0:
        return 1.0
    return float(np.clip((slope**2 / spectrum**2 * count) ** (1.0 / 3.0), 1.0, cap))
