"""What a tear sheet counts beside the summary of a strategy, by the keys of its texts."""

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
    **dict.fromkeys(("skewness", "kurtosis", "omega", "gain_to_pain", "tail_ratio"), "x"),
    **dict.fromkeys(("payoff_ratio", "recovery_factor"), "x"),
    **dict.fromkeys(("longest_drawdown", "gains_in_a_row", "losses_in_a_row"), "n"),
}
"""How a measure is written: a ratio "x", a number "n", all others "%"."""


def details_of(returns: pd.Series, year: float) -> dict[str, float]:
    """What a tear sheet counts of a stream of returns, by key; `year`: periods a year."""
    r, values = returns, returns.to_numpy(dtype=np.float64)
    periods = {name: returns_by_period(r, name) for name in PERIODS}
    falls, whole = drawdown_table(r, len(r)), float((1.0 + r).prod() - 1.0)
    high, low = (abs(float(r.quantile(q))) for q in (0.95, 0.05))
    loss = drawdowns(values)
    figures = {
        "whole_return": whole,
        "cagr": float(annual_return(values, year)),
        "volatility": float(volatility(values, year)),
        "skewness": float(skewness(values)),
        "kurtosis": float(kurtosis(values)),
        "var_95": float(value_at_risk(values, 0.95)),
        "omega": _ratio(float(np.maximum(values, 0.0).mean()), _mean_loss(values)),
        "gain_to_pain": _ratio(
            float(periods["month"].mean()), _mean_loss(periods["month"].to_numpy())
        ),
        "tail_ratio": _ratio(high, low),
        "payoff_ratio": _ratio(float(r[r > NOISE].mean()), -float(r[r < -NOISE].mean())),
        "ulcer_index": float(np.sqrt(np.mean(loss * loss))),
        "recovery_factor": _ratio(whole, float(quiet(loss.max(), len(r)))),
        "longest_drawdown": float(falls["days"].to_numpy().max(initial=0)),
        "mean_drawdown": float(falls["depth"].mean()) if len(falls) else 0.0,
    }
    for name in ("day", "month", "year"):
        figures |= {f"best_{name}": float(periods[name].max())}
        figures |= {f"worst_{name}": float(periods[name].min())}
    for name in ("day", "month", "quarter", "year"):
        moved = periods[name][periods[name].abs() > NOISE]
        figures[f"gain_{name}s"] = float((moved > 0.0).mean()) if len(moved) else nan
    figures["gains_in_a_row"] = float(_longest(values > NOISE))
    figures["losses_in_a_row"] = float(_longest(values < -NOISE))
    return figures


def trailing_of(returns: pd.Series, year: float) -> dict[str, float]:
    """Return of the last months and years up to the last session, by key; a year where longer than
    one; nan where the history is shorter, but for this month and this year, which are to date.
    """
    days = pd.DatetimeIndex(returns.index)
    first, last = days[0] - pd.Timedelta(days=4), days[-1]
    since = {
        "this_month": last.replace(day=1) - pd.Timedelta(days=1),
        "this_year": last.replace(month=1, day=1) - pd.Timedelta(days=1),
    }
    back = {f"last_{n}_months": last - pd.DateOffset(months=n) for n in (3, 6)}
    back["last_year"] = last - pd.DateOffset(months=12)
    long = {f"last_{n}_years": last - pd.DateOffset(years=n) for n in (3, 5, 10)}
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
    """Alpha, beta, correlation and the like by key, each with how it is written; empty without a
    benchmark. Returns have shape (m,), `year` is sessions a year, `cash` its return in a session.
    """
    if benchmark is None:
        return {}
    slope, varied = float(beta(returns, benchmark)), volatility([returns, benchmark], year) > 0.0
    linked = float(np.corrcoef(returns, benchmark)[0, 1]) if varied.all() else nan
    above = float(np.mean(returns - cash)) * year
    return {
        "beta": ("x", slope),
        "alpha": ("%", above - slope * float(np.mean(benchmark - cash)) * year),
        "correlation": ("x", linked),
        "r_squared": ("x", linked * linked),
        "treynor": ("x", _ratio(above, slope)),
        "benchmark_sharpe": ("x", float(sharpe_ratio(benchmark - cash, periods_per_year=year))),
    }


def _mean_loss(values: FloatArray) -> float:
    return -float(np.minimum(values, 0.0).mean())


def _longest(holds: FloatArray | np.ndarray) -> int:
    edges = np.flatnonzero(np.diff(np.concatenate([[0], holds.astype(np.int8), [0]])))
    return int((edges[1::2] - edges[::2]).max()) if len(edges) else 0


def _ratio(above: float, below: float) -> float:
    return float(above / below) if isfinite(below) and below > NOISE else nan
