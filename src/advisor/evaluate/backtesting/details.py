"""What a tear sheet counts beside the summary of a strategy."""

from __future__ import annotations

from collections.abc import Callable
from math import isfinite, nan

import numpy as np
import pandas as pd

from advisor.arrays import FloatArray
from advisor.measures.history import NOISE
from advisor.measures.periods import drawdown_table, returns_by_period
from advisor.measures.portfolio import (
    annual_return,
    beta,
    drawdowns,
    kurtosis,
    max_drawdown,
    sharpe_ratio,
    skewness,
    value_at_risk,
    volatility,
)

Measure = Callable[[pd.Series], float]


def measures_of(year: float) -> dict[str, tuple[str, Measure]]:
    """Measure -> how it is written ("%", "x" or "n") and how it is computed; `year` is periods a
    year.
    """
    return {
        "Whole return": ("%", lambda r: float((1.0 + r).prod() - 1.0)),
        "Return a year (CAGR)": ("%", lambda r: float(annual_return(r, year))),
        "Volatility a year": ("%", lambda r: float(volatility(r, year))),
        "Skewness": ("x", lambda r: float(skewness(r))),
        "Kurtosis (3 where normal)": ("x", lambda r: float(kurtosis(r))),
        "Value at risk 95 %, one session": ("%", lambda r: float(value_at_risk(r, 0.95))),
        "Omega": (
            "x",
            lambda r: _ratio(float(r.clip(lower=0.0).mean()), -float(r.clip(upper=0.0).mean())),
        ),
        "Gain to pain, monthly": ("x", lambda r: _gain_to_pain(returns_by_period(r, "month"))),
        "Tail ratio": (
            "x",
            lambda r: _ratio(abs(float(r.quantile(0.95))), abs(float(r.quantile(0.05)))),
        ),
        "Payoff ratio": (
            "x",
            lambda r: _ratio(float(r[r > NOISE].mean()), -float(r[r < -NOISE].mean())),
        ),
        "Ulcer index": ("%", _ulcer),
        "Recovery factor": (
            "x",
            lambda r: _ratio(float((1.0 + r).prod() - 1.0), float(max_drawdown(r))),
        ),
        "Longest drawdown, days": (
            "n",
            lambda r: float(drawdown_table(r, len(r))["days"].to_numpy().max(initial=0)),
        ),
        "Mean drawdown": ("%", lambda r: _mean(drawdown_table(r, len(r))["depth"])),
        "Best day": ("%", lambda r: float(r.max())),
        "Worst day": ("%", lambda r: float(r.min())),
        "Best month": ("%", lambda r: float(returns_by_period(r, "month").max())),
        "Worst month": ("%", lambda r: float(returns_by_period(r, "month").min())),
        "Best year": ("%", lambda r: float(returns_by_period(r, "year").max())),
        "Worst year": ("%", lambda r: float(returns_by_period(r, "year").min())),
        "Days with a gain": ("%", _gains),
        "Months with a gain": ("%", lambda r: _gains(returns_by_period(r, "month"))),
        "Quarters with a gain": ("%", lambda r: _gains(returns_by_period(r, "quarter"))),
        "Years with a gain": ("%", lambda r: _gains(returns_by_period(r, "year"))),
        "Most gains in a row": ("n", lambda r: float(_longest(r.to_numpy() > NOISE))),
        "Most losses in a row": ("n", lambda r: float(_longest(r.to_numpy() < -NOISE))),
    }


def trailing_of(returns: pd.Series, year: float) -> dict[str, float]:
    """Return of the last months and years up to the last session, by name; a year where longer than
    one; nan where the history is shorter, but for this month and this year, which are to date.
    """
    days = pd.DatetimeIndex(returns.index)
    first, last = days[0] - pd.Timedelta(days=4), days[-1]
    since = {
        "This month": last.replace(day=1) - pd.Timedelta(days=1),
        "This year": last.replace(month=1, day=1) - pd.Timedelta(days=1),
    }
    back = {f"{n} months": last - pd.DateOffset(months=n) for n in (3, 6)}
    back["1 year"] = last - pd.DateOffset(months=12)
    long = {f"{n} years, a year": last - pd.DateOffset(years=n) for n in (3, 5, 10)}
    rows: dict[str, float] = {}
    for name, start in (since | back | long).items():
        part = returns[days > start]
        if name not in since and start < first:
            rows[name] = nan
        elif name in long:
            rows[name] = float(annual_return(part, year))
        else:
            rows[name] = float((1.0 + part).prod() - 1.0)
    return rows


def against_benchmark(
    returns: FloatArray, benchmark: FloatArray | None, year: float, cash: float
) -> dict[str, tuple[str, float]]:
    """Alpha, beta, correlation and the like, each with how it is written; empty without a
    benchmark.

    Args:
        returns: Of the strategy, shape (m,).
        benchmark: On the same sessions, shape (m,).
        year: Sessions a year.
        cash: Return of cash in a session.
    """
    if benchmark is None:
        return {}
    slope, varied = float(beta(returns, benchmark)), volatility([returns, benchmark], year) > 0.0
    linked = float(np.corrcoef(returns, benchmark)[0, 1]) if varied.all() else nan
    above = float(np.mean(returns - cash)) * year
    return {
        "Beta": ("x", slope),
        "Alpha a year": ("%", above - slope * float(np.mean(benchmark - cash)) * year),
        "Correlation": ("x", linked),
        "R squared": ("x", linked * linked),
        "Treynor ratio": ("x", _ratio(above, slope)),
        "Sharpe of the benchmark": (
            "x",
            float(sharpe_ratio(benchmark - cash, periods_per_year=year)),
        ),
    }


def _gain_to_pain(returns: pd.Series) -> float:
    return _ratio(float(returns.mean()), -float(returns.clip(upper=0.0).mean()))


def _gains(returns: pd.Series) -> float:
    moved = returns[returns.abs() > NOISE]
    return float((moved > 0.0).mean()) if len(moved) else nan


def _ulcer(returns: pd.Series) -> float:
    loss = drawdowns(returns)
    return float(np.sqrt(np.mean(loss * loss)))


def _longest(holds: FloatArray | np.ndarray) -> int:
    edges = np.flatnonzero(np.diff(np.concatenate([[0], holds.astype(np.int8), [0]])))
    return int((edges[1::2] - edges[::2]).max()) if len(edges) else 0


def _mean(values: pd.Series) -> float:
    return float(values.mean()) if len(values) else 0.0


def _ratio(above: float, below: float) -> float:
    return float(above / below) if isfinite(below) and below > NOISE else nan
