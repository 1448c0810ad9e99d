"""What a stream of returns was worth and how much it hurt.

Every function takes simple returns with time on the **last** axis and any batch axes before it: shape (..., T) in, shape (...) out, so a
thousand strategies are judged in one call. Annual numbers are decimals (0.10 is 10 %); losses are positive numbers. What cannot be formed
(a Sharpe ratio of a constant) is nan, never an infinity.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from advisor.arrays import FloatArray
from advisor.errors import InputError

YEAR = 252.0


def annual_return(returns: npt.ArrayLike, periods_per_year: float = YEAR) -> FloatArray:
    """Compound growth a year: `prod(1 + r) ** (periods_per_year / T) - 1`, shape (...).

    >>> round(float(annual_return([0.10, 0.10], periods_per_year=1)), 12)
    0.1
    """
    r = _returns(returns)
    growth = np.prod(1.0 + r, axis=-1)
    return np.sign(growth) * np.abs(growth) ** (periods_per_year / r.shape[-1]) - 1.0


def mean_return(returns: npt.ArrayLike, periods_per_year: float = YEAR) -> FloatArray:
    """Arithmetic mean a year: mean times `periods_per_year`, shape (...)."""
    return _returns(returns).mean(axis=-1) * periods_per_year


def volatility(returns: npt.ArrayLike, periods_per_year: float = YEAR) -> FloatArray:
    """Standard deviation a year (divisor T - 1), shape (...); nan when T = 1.

    >>> round(float(volatility([0.01, -0.01, 0.01, -0.01], periods_per_year=4)), 6)
    0.023094
    """
    r = _returns(returns)
    if r.shape[-1] < 2:
        return np.full(r.shape[:-1], np.nan)
    return r.std(axis=-1, ddof=1) * np.sqrt(periods_per_year)


def downside_deviation(returns: npt.ArrayLike, *, target: float = 0.0, periods_per_year: float = YEAR) -> FloatArray:
    """Root of the mean squared shortfall below an annual target, a year; periods above the target count as 0, shape (...).

    Source: Sortino & Price (1994), the divisor is all T periods.
    """
    r = _returns(returns)
    short = np.minimum(r - target / periods_per_year, 0.0)
    return np.sqrt(np.mean(short * short, axis=-1) * periods_per_year)


def sharpe_ratio(returns: npt.ArrayLike, *, risk_free: float | FloatArray = 0.0, periods_per_year: float = YEAR) -> FloatArray:
    """Annual Sharpe ratio: mean excess return over its standard deviation, times the root of `periods_per_year`, shape (...).

    Args:
        returns: Simple returns, shape (..., T).
        risk_free: Annual rate (spread evenly over the year), or the rate of each period, shape (T,).
        periods_per_year: Periods a year.

    Returns:
        nan where the excess return does not vary.

    Source: Sharpe (1994); annualised as if returns were independent (Lo 2002 shows what that costs when they are not).
    """
    excess = _returns(returns) - (np.asarray(risk_free) if np.ndim(risk_free) else float(risk_free) / periods_per_year)
    return _ratio(excess.mean(axis=-1) * periods_per_year, _deviation(excess) * np.sqrt(periods_per_year))


def sortino_ratio(returns: npt.ArrayLike, *, target: float = 0.0, periods_per_year: float = YEAR) -> FloatArray:
    """Mean return above an annual target over the downside deviation below it, shape (...); nan where nothing fell short."""
    excess = mean_return(returns, periods_per_year) - target
    return _ratio(excess, downside_deviation(returns, target=target, periods_per_year=periods_per_year))


def drawdowns(returns: npt.ArrayLike) -> FloatArray:
    """Loss from the highest value so far (the start included) after each period, as a positive fraction, shape (..., T).

    >>> drawdowns([0.10, -0.50, 0.20]).round(3).tolist()
    [0.0, 0.5, 0.4]
    """
    value = np.cumprod(1.0 + _returns(returns), axis=-1)
    peak = np.maximum(np.maximum.accumulate(value, axis=-1), 1.0)
    return 1.0 - value / peak


def max_drawdown(returns: npt.ArrayLike) -> FloatArray:
    """Largest loss from a peak to a later trough, positive, shape (...)."""
    return drawdowns(returns).max(axis=-1)


def calmar_ratio(returns: npt.ArrayLike, periods_per_year: float = YEAR) -> FloatArray:
    """Compound growth a year over the largest drawdown, shape (...); nan where there was none."""
    return _ratio(annual_return(returns, periods_per_year), max_drawdown(returns))


def value_at_risk(returns: npt.ArrayLike, level: float = 0.95) -> FloatArray:
    """Loss of one period that is exceeded with probability at most `1 - level`: the empirical quantile, shape (...).

    Returns:
        The smallest loss l with share(loss <= l) >= level; negative where even the bad periods gained.
    """
    losses = np.sort(-_returns(returns), axis=-1)
    count = losses.shape[-1]
    rank = int(np.ceil(_level(level) * count - 1e-9 * count)) - 1
    return losses[..., max(rank, 0)]


def conditional_value_at_risk(returns: npt.ArrayLike, level: float = 0.95) -> FloatArray:
    """Mean loss of the worst `1 - level` of periods (expected shortfall of one period), shape (...).

    Returns:
        Exact for the empirical distribution: where `(1 - level) * T` is not whole, the edge period counts in part, which is the
        minimum over z of `z + mean(max(loss - z, 0)) / (1 - level)`.

    Source: Rockafellar & Uryasev (2002), section 2.

    >>> round(float(conditional_value_at_risk([-0.10, -0.04, 0.01, 0.02], level=0.5)), 3)
    0.07
    """
    losses = np.sort(-_returns(returns), axis=-1)[..., ::-1]
    tail = (1.0 - _level(level)) * losses.shape[-1]
    share = np.clip(tail - np.arange(losses.shape[-1]), 0.0, 1.0)
    return np.sum(losses * share, axis=-1) / tail


def hit_ratio(returns: npt.ArrayLike) -> FloatArray:
    """Share of periods with a positive return, shape (...)."""
    return (_returns(returns) > 0.0).mean(axis=-1)


def turnover(before: npt.ArrayLike, after: npt.ArrayLike) -> FloatArray:
    """Value bought plus value sold as a fraction of wealth: `sum |after - before|` over the last axis, shape (...).

    Buying a whole portfolio out of cash is 1, exchanging it for another is 2. (Half of it is the one-way drift `1/2 sum |w - w*|`.)

    Source: DeMiguel, Garlappi & Uppal (2009), section 2.3.

    >>> turnover([0.5, 0.5], [0.6, 0.4]).round(3).item()
    0.2
    """
    return np.abs(np.asarray(after, dtype=np.float64) - np.asarray(before, dtype=np.float64)).sum(axis=-1)


def tracking_error(returns: npt.ArrayLike, benchmark: npt.ArrayLike, periods_per_year: float = YEAR) -> FloatArray:
    """Annual standard deviation of the return above the benchmark, shape (...)."""
    return volatility(_returns(returns) - _returns(benchmark), periods_per_year)


def information_ratio(returns: npt.ArrayLike, benchmark: npt.ArrayLike, periods_per_year: float = YEAR) -> FloatArray:
    """Annual Sharpe ratio of the return above the benchmark, shape (...); nan where the two do not differ."""
    return sharpe_ratio(_returns(returns) - _returns(benchmark), periods_per_year=periods_per_year)


def beta(returns: npt.ArrayLike, benchmark: npt.ArrayLike) -> FloatArray:
    """Slope of the returns on the benchmark's, shape (...); nan where the benchmark does not vary."""
    r, b = _returns(returns), _returns(benchmark)
    b = b - b.mean(axis=-1, keepdims=True)
    return _ratio(((r - r.mean(axis=-1, keepdims=True)) * b).sum(axis=-1), (b * b).sum(axis=-1))


def portfolio_volatility(weights: npt.ArrayLike, covariance: npt.ArrayLike) -> FloatArray:
    """`sqrt(w' C w)` of each row of weights, shape (...); each row's bits do not depend on the other rows.

    >>> round(float(portfolio_volatility([0.5, 0.5], [[0.04, 0.0], [0.0, 0.04]])), 6)
    0.141421
    """
    w, c = np.asarray(weights, dtype=np.float64), np.asarray(covariance, dtype=np.float64)
    return np.sqrt(np.maximum(np.einsum("...i,ij,...j->...", w, c, w), 0.0))


def risk_contributions(weights: npt.ArrayLike, covariance: npt.ArrayLike) -> FloatArray:
    """Each asset's share of the portfolio's variance, `w * (C w) / w' C w`, shape (..., n); the shares add up to 1."""
    w, c = np.asarray(weights, dtype=np.float64), np.asarray(covariance, dtype=np.float64)
    parts = w * np.einsum("ij,...j->...i", c, w)
    return _ratio(parts, parts.sum(axis=-1, keepdims=True))


def effective_number(weights: npt.ArrayLike) -> FloatArray:
    """How many equal holdings are as concentrated as these: `(sum |w|)^2 / sum w^2`, shape (...); nan for no holding.

    >>> effective_number([0.5, 0.5]).item()
    2.0
    """
    w = np.abs(np.asarray(weights, dtype=np.float64))
    return _ratio(w.sum(axis=-1) ** 2, (w * w).sum(axis=-1))


def skewness(returns: npt.ArrayLike) -> FloatArray:
    """Third standardised moment (divisor T), shape (...); nan where nothing varies."""
    return _moment(_returns(returns), 3)


def kurtosis(returns: npt.ArrayLike) -> FloatArray:
    """Fourth standardised moment (divisor T; the normal has 3), shape (...); nan where nothing varies."""
    return _moment(_returns(returns), 4)


def _moment(r: FloatArray, order: int) -> FloatArray:
    centred = r - r.mean(axis=-1, keepdims=True)
    spread = np.sqrt((centred * centred).mean(axis=-1))
    spread = np.where(spread <= 1e-14 * np.abs(r).max(axis=-1), 0.0, spread)
    return _ratio((centred**order).mean(axis=-1), spread**order)


def _deviation(r: FloatArray) -> FloatArray:
    """Standard deviation with divisor T - 1; what is rounding of a constant is 0, so that a ratio of it is nan and not 1e15."""
    if r.shape[-1] < 2:
        return np.zeros(r.shape[:-1])
    spread = r.std(axis=-1, ddof=1)
    return np.where(spread <= 1e-14 * np.abs(r).max(axis=-1), 0.0, spread)


def _ratio(top: FloatArray, bottom: FloatArray) -> FloatArray:
    """Quotient, nan where the bottom is 0."""
    top, bottom = np.broadcast_arrays(np.asarray(top, dtype=np.float64), np.asarray(bottom, dtype=np.float64))
    return np.divide(top, bottom, out=np.full(top.shape, np.nan), where=bottom != 0.0)


def _level(level: float) -> float:
    if not 0.0 < level < 1.0:
        raise InputError(f"level is {level}; it is a probability strictly between 0 and 1, 0.95 say.", field="level", value=level)
    return float(level)


def _returns(returns: npt.ArrayLike) -> FloatArray:
    r = np.asarray(returns, dtype=np.float64)
    if r.ndim == 0 or r.shape[-1] == 0:
        raise InputError(
            f"returns has shape {r.shape}; a measure needs at least one period on the last axis. Pass a longer history.",
            field="returns",
            value=r.shape,
        )
    if not np.isfinite(r).all():
        raise InputError(
            f"returns holds {int((~np.isfinite(r)).sum())} values that are not finite; they would spread into every measure. Cut or fill them first.",
            field="returns",
            value=int((~np.isfinite(r)).sum()),
        )
    return r
