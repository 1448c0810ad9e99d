"""What a stream of returns was worth and how much it hurt.

Every function takes simple returns with time on the **last** axis and any batch axes before it:
shape (..., T) in, shape (...) out, so a thousand strategies are judged in one call. Annual numbers
are decimals (0.10 is 10 %); losses are positive numbers. What cannot be formed (a Sharpe ratio of a
constant) is nan, never an infinity; a constant is what moves by no more than the rounding of its
prices.
"""

from __future__ import annotations

import numpy as np

from advisor.annotations import OpenShare, Positive
from advisor.arrays import FloatArray, numbers
from advisor.errors import InputError
from advisor.measures.history import (
    NOISE,
    Returns,
    deviation,
    history,
    noise_of,
    on_the_days_of,
    overflows,
    pair,
    quiet,
    ratio,
)
from advisor.validation import checked

YEAR = 252.0


@checked
def annual_return(returns: Returns, periods_per_year: Positive = YEAR) -> FloatArray:
    """Compound growth a year: `prod(1 + r) ** (periods_per_year / T) - 1`, shape (...).

    Returns:
        -1 where everything was lost; nan where a return is below -1, because money that is owed
        does not grow.

    >>> round(float(annual_return([0.10, 0.10], periods_per_year=1)), 12)
    0.1
    """
    r = history(returns, periods_per_year)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        growth = np.expm1(np.log1p(r).mean(axis=-1) * periods_per_year)
    return np.where(np.isfinite(growth), growth, np.nan)[()]


@checked
def mean_return(returns: Returns, periods_per_year: Positive = YEAR) -> FloatArray:
    """Arithmetic mean a year: mean times `periods_per_year`, shape (...)."""
    return history(returns, periods_per_year).mean(axis=-1) * periods_per_year


@checked
def volatility(returns: Returns, periods_per_year: Positive = YEAR) -> FloatArray:
    """Standard deviation a year (divisor T - 1), shape (...); nan when T = 1, 0 where what varies
    is rounding.

    >>> round(float(volatility([0.01, -0.01, 0.01, -0.01], periods_per_year=4)), 6)
    0.023094
    """
    return _volatility(history(returns, periods_per_year), periods_per_year, noise_of(returns))


def _volatility(r: FloatArray, year: float, noise: float) -> FloatArray:
    if r.shape[-1] < 2:
        return np.full(r.shape[:-1], np.nan)
    return deviation(r, noise=noise) * np.sqrt(year)


@checked
def downside_deviation(
    returns: Returns, *, target: float = 0.0, periods_per_year: Positive = YEAR
) -> FloatArray:
    """Root of the mean squared shortfall below an annual target, a year; periods above the target
    count as 0, shape (...).

    Source: Sortino & Price (1994), the divisor is all T periods.
    """
    r = history(returns, periods_per_year)
    return _downside(r, target, periods_per_year, noise_of(returns))


def _downside(r: FloatArray, target: float, year: float, noise: float) -> FloatArray:
    short = np.minimum(r - target / year, 0.0)
    size = np.sqrt(np.mean(short * short, axis=-1))
    return quiet(size, 1.0 + np.abs(r).max(axis=-1), noise) * np.sqrt(year)


@checked
def sharpe_ratio(
    returns: Returns, *, risk_free: float | Returns = 0.0, periods_per_year: Positive = YEAR
) -> FloatArray:
    """Annual Sharpe ratio: mean excess return over its standard deviation, times the root of
    `periods_per_year`, shape (...).

    Args:
        returns: Simple returns, shape (..., T).
        risk_free: Annual rate, of which a period has `(1 + rate) ** (1 / periods_per_year) - 1`, as
            cash compounds; or the rate of each period, shape (T,), or a Series that has these days.
        periods_per_year: Periods a year.

    Returns:
        nan where the excess return does not vary.

    Source: Sharpe (1994); annualised as if returns were independent (Lo 2002 shows what that costs
    when they are not).
    """
    r = history(returns, periods_per_year)
    rate = _rate(on_the_days_of(risk_free, returns, "risk_free"), r, periods_per_year)
    return _sharpe(r - rate, periods_per_year, noise_of(returns))


def _rate(risk_free: object, r: FloatArray, year: float) -> float | FloatArray:
    rate = numbers(risk_free, "risk_free")
    good = np.isfinite(rate).all() and (rate > -1.0).all()
    if rate.shape not in ((), r.shape[-1:]) or not good:
        raise InputError(
            f"risk_free has shape {rate.shape}; give one annual rate above -1, or the finite rate"
            f" of each of the {r.shape[-1]} periods.",
            field="risk_free",
            value=rate.shape,
        )
    if rate.ndim and rate.mean() * year > 1.0:
        raise InputError(
            f"risk_free is {rate.mean():g} in each period on average, {rate.mean() * year:.0%} a"
            " year. Of annual rates take (1 + rate) ** (1 / periods_per_year) - 1.",
            field="risk_free",
            value=float(rate.mean()),
        )
    return rate if rate.ndim else float(np.expm1(np.log1p(rate) / year))


def _sharpe(excess: FloatArray, year: float, noise: float) -> FloatArray:
    return ratio(excess.mean(axis=-1) * year, deviation(excess, noise=noise) * np.sqrt(year))


@checked
def sortino_ratio(
    returns: Returns, *, target: float = 0.0, periods_per_year: Positive = YEAR
) -> FloatArray:
    """Mean return above an annual target over the downside deviation below it, shape (...); nan
    where nothing fell short.
    """
    r = history(returns, periods_per_year)
    excess = r.mean(axis=-1) * periods_per_year - target
    return ratio(excess, _downside(r, target, periods_per_year, noise_of(returns)))


@checked
def drawdowns(returns: Returns) -> FloatArray:
    """Loss from the highest value so far (the start included) after each period, as a positive
    fraction, shape (..., T).

    From a return below -1 on it is nan: what is owed is no fraction of a peak.

    >>> drawdowns([0.10, -0.50, 0.20]).round(3).tolist()
    [0.0, 0.5, 0.4]
    """
    return _drawdowns(history(returns))


def _drawdowns(r: FloatArray) -> FloatArray:
    with overflows():
        value = np.cumprod(1.0 + r, axis=-1)
        value = np.where(np.logical_or.accumulate(r < -1.0, axis=-1), np.nan, value)
        peak = np.maximum(np.maximum.accumulate(value, axis=-1), 1.0)
        return 1.0 - value / peak


@checked
def max_drawdown(returns: Returns) -> FloatArray:
    """Largest loss from a peak to a later trough, positive, shape (...)."""
    return _drawdowns(history(returns)).max(axis=-1)


@checked
def calmar_ratio(returns: Returns, periods_per_year: Positive = YEAR) -> FloatArray:
    """Compound growth a year over the largest drawdown, shape (...); nan where there was none."""
    r = history(returns, periods_per_year)  # rounding adds up over the periods of a fall
    deepest = quiet(_drawdowns(r).max(axis=-1), r.shape[-1], noise_of(returns))
    return ratio(annual_return(returns, periods_per_year), deepest)


@checked
def value_at_risk(returns: Returns, level: OpenShare = 0.95) -> FloatArray:
    """Loss of one period that is exceeded with probability at most `1 - level`: the empirical
    quantile, shape (...).

    Returns:
        The smallest loss l with share(loss <= l) >= level; negative where even the bad periods
        gained.
    """
    losses = np.sort(0.0 - history(returns), axis=-1)
    count = losses.shape[-1]
    rank = int(np.ceil(level * count - 1e-9 * count)) - 1
    return losses[..., max(rank, 0)]


@checked
def conditional_value_at_risk(returns: Returns, level: OpenShare = 0.95) -> FloatArray:
    """Mean loss of the worst `1 - level` of periods (expected shortfall of one period), shape
    (...).

    Returns:
        Exact for the empirical distribution: where `(1 - level) * T` is not whole, the edge period
        counts in part, which is the minimum over z of `z + mean(max(loss - z, 0)) / (1 - level)`.

    Source: Rockafellar & Uryasev (2002), section 2.

    >>> round(float(conditional_value_at_risk([-0.10, -0.04, 0.01, 0.02], level=0.5)), 3)
    0.07
    """
    losses = np.sort(-history(returns), axis=-1)[..., ::-1]
    tail = (1.0 - level) * losses.shape[-1]
    share = np.clip(tail - np.arange(losses.shape[-1]), 0.0, 1.0)
    return np.sum(losses * share, axis=-1) / tail


@checked
def hit_ratio(returns: Returns) -> FloatArray:
    """Share of periods with a gain, shape (...); the rounding of a price is no gain."""
    return (history(returns) > noise_of(returns)).mean(axis=-1)


@checked
def tracking_error(
    returns: Returns, benchmark: Returns, periods_per_year: Positive = YEAR
) -> FloatArray:
    """Annual standard deviation of the return above the benchmark, shape (...)."""
    r, b = pair(returns, benchmark, periods_per_year)
    return _volatility(r - b, periods_per_year, noise_of(returns, benchmark))


@checked
def information_ratio(
    returns: Returns, benchmark: Returns, periods_per_year: Positive = YEAR
) -> FloatArray:
    """Annual Sharpe ratio of the return above the benchmark, shape (...); nan without spread."""
    r, b = pair(returns, benchmark, periods_per_year)
    return _sharpe(r - b, periods_per_year, noise_of(returns, benchmark))


@checked
def beta(returns: Returns, benchmark: Returns) -> FloatArray:
    """Slope of the returns on the benchmark's, shape (...); nan where that does not vary."""
    r, b = pair(returns, benchmark)
    moves = deviation(b, noise=noise_of(benchmark)) > 0.0
    b = b - b.mean(axis=-1, keepdims=True)
    slope = ((r - r.mean(axis=-1, keepdims=True)) * b).sum(axis=-1)
    return ratio(slope, np.where(moves, (b * b).sum(axis=-1), 0.0))


@checked
def skewness(returns: Returns) -> FloatArray:
    """Third standardised moment (divisor T), shape (...); nan where nothing varies."""
    return _moment(history(returns), 3, noise_of(returns))


@checked
def kurtosis(returns: Returns) -> FloatArray:
    """Fourth standardised moment (divisor T; normal: 3), shape (...); nan without spread."""
    return _moment(history(returns), 4, noise_of(returns))


def _moment(r: FloatArray, order: int, noise: float = NOISE) -> FloatArray:
    centred = r - r.mean(axis=-1, keepdims=True)
    spread = deviation(r, noise=noise, ddof=0)
    scaled = ratio(centred, spread[..., None])
    return (scaled**order).mean(axis=-1)
