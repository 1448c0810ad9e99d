"""What a tear sheet counts beside the summary of a strategy."""

from __future__ import annotations

from math import isfinite, nan

import numpy as np
import pandas as pd

from advisor.arrays import FloatArray
from advisor.measures.history import NOISE, quiet
from advisor.measures.periods import PERIODS, drawdown_table, returns_by_period
from advisor.measures.portfolio import (
    annual_return,
    beta,
    drawdowns,
    kurtosis,
    sharpe_ratio,
    skewness,
    value_at_risk,
    volatility,
)

FORMS = {
    **dict.fromkeys(
        ("Skewness", "Kurtosis (3 where normal)", "Omega", "Gain to pain, monthly", "Tail ratio"),
        "x",
    ),
    **dict.fromkeys(("Payoff ratio", "Recovery factor"), "x"),
    **dict.fromkeys(("Longest drawdown, days", "Most gains in a row", "Most losses in a row"), "n"),
}
"""How a measure is written: a ratio "x", a number "n", all others "%"."""


def details_of(returns: pd.Series, year: float) -> dict[str, float]:
    """What a tear sheet counts of a stream of returns, by name; `year`: periods a year."""
    r, values = returns, returns.to_numpy(dtype=np.float64)
    periods = {name: returns_by_period(r, name) for name in PERIODS}
    falls, whole = drawdown_table(r, len(r)), float((1.0 + r).prod() - 1.0)
    high, low = (abs(float(r.quantile(q))) for q in (0.95, 0.05))
    loss = drawdowns(values)
    figures = {
        "Whole return": whole,
        "Return a year (CAGR)": float(annual_return(values, year)),
        "Volatility a year": float(volatility(values, year)),
        "Skewness": float(skewness(values)),
        "Kurtosis (3 where normal)": float(kurtosis(values)),
        "Value at risk 95 %, one session": float(value_at_risk(values, 0.95)),
        "Omega": _ratio(float(np.maximum(values, 0.0).mean()), _mean_loss(values)),
        "Gain to pain, monthly": _ratio(
            float(periods["month"].mean()), _mean_loss(periods["month"].to_numpy())
        ),
        "Tail ratio": _ratio(high, low),
        "Payoff ratio": _ratio(float(r[r > NOISE].mean()), -float(r[r < -NOISE].mean())),
        "Ulcer index": float(np.sqrt(np.mean(loss * loss))),
        "Recovery factor": _ratio(whole, float(quiet(loss.max(), len(r)))),
        "Longest drawdown, days": float(falls["days"].to_numpy().max(initial=0)),
        "Mean drawdown": float(falls["depth"].mean()) if len(falls) else 0.0,
    }
    for name in ("day", "month", "year"):
        figures |= {f"Best {name}": float(periods[name].max())}
        figures |= {f"Worst {name}": float(periods[name].min())}
    for name in ("day", "month", "quarter", "year"):
        moved = periods[name][periods[name].abs() > NOISE]
        figures[f"{name.capitalize()}s with a gain"] = (
            float((moved > 0.0).mean()) if len(moved) else nan
        )
    figures["Most gains in a row"] = float(_longest(values > NOISE))
    figures["Most losses in a row"] = float(_longest(values < -NOISE))
    return figures


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
    benchmark. Returns have shape (m,), `year` is sessions a year, `cash` its return in a session.
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


def _mean_loss(values: FloatArray) -> float:
    return -float(np.minimum(values, 0.0).mean())


def _longest(holds: FloatArray | np.ndarray) -> int:
    edges = np.flatnonzero(np.diff(np.concatenate([[0], holds.astype(np.int8), [0]])))
    return int((edges[1::2] - edges[::2]).max()) if len(edges) else 0


def _ratio(above: float, below: float) -> float:
    return float(above / below) if isfinite(below) and below > NOISE else nan
