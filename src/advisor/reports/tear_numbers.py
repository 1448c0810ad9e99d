"""What a tear sheet counts beside the summary: periods, drawdowns, months, quantiles, rolling
figures.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import isfinite, nan
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from advisor.arrays import FloatArray
from advisor.measures.portfolio import (
    annual_return,
    beta,
    kurtosis,
    max_drawdown,
    sharpe_ratio,
    skewness,
    value_at_risk,
    volatility,
)

if TYPE_CHECKING:
    from advisor.evaluate.backtesting.result import BacktestResult

ROLLING = 126
"""Sessions of a rolling figure: half a year."""
PERIODS = {"day": None, "week": "W", "month": "ME", "quarter": "QE", "year": "YE"}
"""Name of a period -> how pandas groups sessions into it."""
QUANTILES = (0.0, 0.05, 0.25, 0.5, 0.75, 0.95, 1.0)
Stream = Callable[[pd.Series], float]


@dataclass(frozen=True)
class Drawdown:
    """One fall below the highest value so far.

    Attributes:
        start: First session below the peak.
        bottom: Session of the deepest loss.
        end: First session at the peak again, None where that has not come.
        depth: Largest loss, positive.
        days: Calendar days from `start` to the last session below the peak.
    """

    start: pd.Timestamp
    bottom: pd.Timestamp
    end: pd.Timestamp | None
    depth: float
    days: int


def worst_drawdowns(returns: pd.Series, most: int = 10) -> list[Drawdown]:
    """The deepest falls of a stream of returns, deepest first, each from its peak until it is made
    up.
    """
    growth = np.cumprod(1.0 + returns.to_numpy(dtype=np.float64))
    peak = np.maximum.accumulate(np.maximum(growth, 1.0))
    under = growth < peak * (1.0 - 1e-12)
    edges = np.flatnonzero(np.diff(np.concatenate([[False], under, [False]]).astype(np.int8)))
    days = pd.DatetimeIndex(returns.index)
    falls: list[Drawdown] = []
    for first, after in edges.reshape(-1, 2).tolist():
        loss = 1.0 - growth[first:after] / peak[first:after]
        end = days[after] if after < len(days) else None
        span = int((days[after - 1] - days[first]).days) + 1
        falls.append(
            Drawdown(days[first], days[first + int(loss.argmax())], end, float(loss.max()), span)
        )
    return sorted(falls, key=lambda fall: -fall.depth)[:most]


def by_period(returns: pd.Series, rule: str | None) -> pd.Series:
    """Compounded return of each day, week, month, quarter or year that has a session."""
    if rule is None:
        return returns
    grouped = (1.0 + returns).resample(rule)
    return (grouped.prod() - 1.0)[grouped.count() > 0]


def streams_of(result: BacktestResult) -> dict[str, pd.Series]:
    """The returns of the strategy, and of the benchmark where there is one."""
    both = {result.name: result.returns}
    return both if result.benchmark is None else both | {"benchmark": result.benchmark}


def measures_of(year: float) -> dict[str, tuple[str, Stream]]:
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
            lambda r: _ratio(float(r.clip(lower=0.0).sum()), -float(r.clip(upper=0.0).sum())),
        ),
        "Gain to pain, monthly": ("x", lambda r: _gain_to_pain(by_period(r, "ME"))),
        "Tail ratio": (
            "x",
            lambda r: _ratio(abs(float(r.quantile(0.95))), abs(float(r.quantile(0.05)))),
        ),
        "Payoff ratio": (
            "x",
            lambda r: _ratio(float(r[r > 0.0].mean()), -float(r[r < 0.0].mean())),
        ),
        "Ulcer index": ("%", _ulcer),
        "Recovery factor": (
            "x",
            lambda r: _ratio(float((1.0 + r).prod() - 1.0), float(max_drawdown(r))),
        ),
        "Longest drawdown, days": (
            "n",
            lambda r: float(max((f.days for f in worst_drawdowns(r, len(r))), default=0)),
        ),
        "Mean drawdown": ("%", lambda r: _mean([f.depth for f in worst_drawdowns(r, len(r))])),
        "Best day": ("%", lambda r: float(r.max())),
        "Worst day": ("%", lambda r: float(r.min())),
        "Best month": ("%", lambda r: float(by_period(r, "ME").max())),
        "Worst month": ("%", lambda r: float(by_period(r, "ME").min())),
        "Best year": ("%", lambda r: float(by_period(r, "YE").max())),
        "Worst year": ("%", lambda r: float(by_period(r, "YE").min())),
        "Days with a gain": ("%", _gains),
        "Months with a gain": ("%", lambda r: _gains(by_period(r, "ME"))),
        "Quarters with a gain": ("%", lambda r: _gains(by_period(r, "QE"))),
        "Years with a gain": ("%", lambda r: _gains(by_period(r, "YE"))),
        "Most gains in a row": ("n", lambda r: float(_longest(r.to_numpy() > 0.0))),
        "Most losses in a row": ("n", lambda r: float(_longest(r.to_numpy() < 0.0))),
    }


def trailing_of(returns: pd.Series, year: float) -> dict[str, float]:
    """Return of the last months and years up to the last session, by name; a year where longer; nan
    where too long.
    """
    last = pd.DatetimeIndex(returns.index)[-1]
    first = pd.DatetimeIndex(returns.index)[0]
    starts: dict[str, tuple[pd.Timestamp, bool]] = {
        "This month": (last.replace(day=1) - pd.Timedelta(days=1), False),
        "This year": (last.replace(month=1, day=1) - pd.Timedelta(days=1), False),
    }
    for name, months in (("3 months", 3), ("6 months", 6), ("1 year", 12)):
        starts[name] = (last - pd.DateOffset(months=months), False)
    for years in (3, 5, 10):
        starts[f"{years} years, a year"] = (last - pd.DateOffset(years=years), True)
    rows: dict[str, float] = {}
    for name, (start, yearly) in starts.items():
        part = returns[pd.DatetimeIndex(returns.index) > start]
        known = len(part) and (start >= first - pd.Timedelta(days=4) or not yearly)
        whole = float((1.0 + part).prod() - 1.0)
        rows[name] = nan if not known else float(annual_return(part, year)) if yearly else whole
    return rows


def quantiles_of(returns: pd.Series) -> dict[str, list[float]]:
    """Quantiles of the returns of each kind of period."""
    return {
        name: [float(by_period(returns, rule).quantile(q)) for q in QUANTILES]
        for name, rule in PERIODS.items()
    }


def rolling_of(result: BacktestResult, rate: float) -> dict[str, dict[str, list[float]]]:
    """Volatility, Sharpe ratio and beta over the last `ROLLING` sessions, by stream."""
    year = result.periods_per_year
    cash = np.expm1(np.log1p(rate) / year)
    both = streams_of(result)
    windows = {name: r.rolling(ROLLING) for name, r in both.items()}
    volatility_ = {name: (w.std() * year**0.5).tolist() for name, w in windows.items()}
    sharpe = {
        name: ((w.mean() - cash) / w.std().where(w.std() > 1e-12) * year**0.5).tolist()
        for name, w in windows.items()
    }
    rolled = {"volatility": volatility_, "sharpe": sharpe}
    if result.benchmark is not None:
        spread = result.benchmark.rolling(ROLLING).var()
        moved = windows[result.name].cov(result.benchmark)
        rolled["beta"] = {result.name: (moved / spread.where(spread > 1e-18)).tolist()}
    return rolled


def against_benchmark(result: BacktestResult, rate: float) -> dict[str, tuple[str, float]]:
    """Alpha, beta, correlation and the like, each with how it is written; empty without a
    benchmark.
    """
    if result.beside is None:
        return {}
    r, b, year = result.record.returns, result.beside, result.periods_per_year
    cash = float(np.expm1(np.log1p(rate) / year))
    slope = float(beta(r, b))
    linked = float(np.corrcoef(r, b)[0, 1]) if np.ptp(b) > 0.0 and np.ptp(r) > 0.0 else nan
    alpha = (float(np.mean(r - cash)) - slope * float(np.mean(b - cash))) * year
    return {
        "Beta": ("x", slope),
        "Alpha a year": ("%", alpha),
        "Correlation": ("x", linked),
        "R squared": ("x", linked * linked),
        "Treynor ratio": ("x", _ratio(float(np.mean(r - cash)) * year, slope)),
        "Sharpe of the benchmark": ("x", float(sharpe_ratio(b - cash, periods_per_year=year))),
    }


def _gain_to_pain(returns: pd.Series) -> float:
    return _ratio(float(returns.sum()), -float(returns.clip(upper=0.0).sum()))


def _gains(returns: pd.Series) -> float:
    moved = returns[returns != 0.0]
    return float((moved > 0.0).mean()) if len(moved) else nan


def _ulcer(returns: pd.Series) -> float:
    growth = np.cumprod(1.0 + returns.to_numpy(dtype=np.float64))
    loss = 1.0 - growth / np.maximum.accumulate(np.maximum(growth, 1.0))
    return float(np.sqrt(np.mean(loss * loss)))


def _longest(holds: FloatArray | np.ndarray) -> int:
    edges = np.flatnonzero(np.diff(np.concatenate([[0], holds.astype(np.int8), [0]])))
    return int((edges[1::2] - edges[::2]).max()) if len(edges) else 0


def _mean(values: list[float]) -> float:
    return float(np.mean(values)) if values else 0.0


def _ratio(above: float, below: float) -> float:
    return float(above / below) if isfinite(below) and below > 1e-15 else nan
