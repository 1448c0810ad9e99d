"""Streams of returns over time: by calendar period, fall by fall, and over moving windows.

The returns are Series labelled by day; days count as they stand, in order.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

import numpy as np
import pandas as pd

from advisor.annotations import Count, Positive
from advisor.arrays import FloatArray
from advisor.errors import InputError
from advisor.measures.history import history, overflows, pair
from advisor.measures.portfolio import YEAR, beta, drawdowns, sharpe_ratio, volatility
from advisor.readers import Named
from advisor.validation import checked

Period = Literal["day", "week", "month", "quarter", "year"]
PERIODS: tuple[Period, ...] = ("day", "week", "month", "quarter", "year")
GROUPS = {"week": "W", "month": "ME", "quarter": "QE", "year": "YE"}
"""Period -> how pandas groups sessions into it; a day is no group."""
QUANTILES = (0.0, 0.05, 0.25, 0.5, 0.75, 0.95, 1.0)
HALF_YEAR = 126
BELOW = 1e-12  # a value this close to the peak, as a share of it, is at the peak


def _is_dated(value: Any) -> bool:
    index = getattr(value, "index", None)
    return (
        isinstance(value, pd.Series)
        and isinstance(index, pd.DatetimeIndex)
        and not index.hasnans
        and index.is_monotonic_increasing
        and index.is_unique
    )


DatedReturns = Annotated[
    pd.Series,
    Named(
        "dated_returns",
        _is_dated,
        "a Series of returns labelled by days, each later than the last",
        "Take pandas.Series(returns, index=days), of a DatetimeIndex, sorted, one row a day.",
    ),
]


@checked
def returns_by_period(returns: DatedReturns, period: Period = "year") -> pd.Series:
    """Compounded return of each calendar period that has a session, labelled by its last day.

    >>> days = pd.to_datetime(["2023-12-29", "2024-01-02", "2024-01-03"])
    >>> returns_by_period(pd.Series([0.01, 0.10, 0.10], days)).round(4).tolist()
    [0.01, 0.21]
    """
    values = pd.Series(history(returns), index=returns.index, name=returns.name)
    if period == "day":
        return values
    grouped = (1.0 + values).resample(GROUPS[period])
    with overflows():
        compounded = (grouped.prod() - 1.0)[grouped.count() > 0]
    return compounded.where(np.isfinite(compounded))


@checked
def drawdown_table(returns: DatedReturns, most: Count = 10) -> pd.DataFrame:
    """The deepest falls below the highest value so far, deepest first, one a row.

    Args:
        returns: Simple returns, a Series labelled by day.
        most: Falls listed at most.

    Returns:
        Columns: start (first session below the peak), bottom (session of the deepest loss), end
        (first session at the peak again; NaT where that has not come), depth (largest loss,
        positive; nan where more than all was lost), days (calendar days from `start` to the last
        session below the peak).

    >>> days = pd.bdate_range("2024-01-01", periods=3)
    >>> drawdown_table(pd.Series([-0.10, 0.20, 0.0], days))[["depth", "days"]].values.round(
    ...     2
    ... ).tolist()
    [[0.1, 1.0]]
    """
    loss = drawdowns(returns)
    under = ~(loss <= BELOW)
    edges = np.flatnonzero(np.diff(np.concatenate([[False], under, [False]]).astype(np.int8)))
    days = pd.DatetimeIndex(returns.index)
    rows: list[tuple[Any, ...]] = []
    for first, after in edges.reshape(-1, 2).tolist():
        fall = loss[first:after]
        end = days[after] if after < len(days) else pd.NaT
        length = int((days[after - 1] - days[first]).days) + 1
        rows.append((days[first], days[first + int(fall.argmax())], end, float(fall.max()), length))
    table = pd.DataFrame(rows, columns=["start", "bottom", "end", "depth", "days"])
    kinds = dict.fromkeys(("start", "bottom", "end"), days.dtype)
    table = table.astype(kinds | {"depth": np.float64, "days": np.int64})
    return (
        table.sort_values("depth", ascending=False, kind="stable", na_position="first")
        .head(most)
        .reset_index(drop=True)
    )


@checked
def rolling_measures(
    returns: DatedReturns,
    benchmark: DatedReturns | None = None,
    *,
    sessions: Count = HALF_YEAR,
    risk_free: float = 0.0,
    periods_per_year: Positive = YEAR,
) -> pd.DataFrame:
    """Volatility, Sharpe ratio and beta over the last `sessions` of each day.

    Args:
        returns: Simple returns, a Series labelled by day.
        benchmark: On the same days.
        sessions: Length of the window, at least 2.
        risk_free: Annual rate, compounded as in `sharpe_ratio`.
        periods_per_year: Periods a year.

    Returns:
        One row a day, nan while the window is not full. Columns: volatility, sharpe; with a
        benchmark also beta, benchmark_volatility and benchmark_sharpe.

    Raises:
        InputError: Fewer than 2 sessions, or other days in the benchmark.
    """
    if sessions < 2:
        raise InputError(
            f"sessions is {sessions}; one return has no spread. Give at least 2, 126 for half a"
            " year.",
            field="sessions",
            value=sessions,
        )
    year, streams = periods_per_year, {"": history(returns, periods_per_year)}
    if benchmark is not None:
        streams["benchmark_"] = pair(returns, benchmark, year)[1]
    table: dict[str, FloatArray] = {}
    if len(returns) < sessions:
        windows = {name: np.empty((0, sessions)) for name in streams}
    else:
        windows = {
            name: np.lib.stride_tricks.sliding_window_view(r, sessions)
            for name, r in streams.items()
        }
    for name, w in windows.items():
        table[f"{name}volatility"] = _late(volatility(w, year), len(returns))
        ratio = sharpe_ratio(w, risk_free=risk_free, periods_per_year=year)
        table[f"{name}sharpe"] = _late(ratio, len(returns))
    if benchmark is not None:
        table["beta"] = _late(beta(windows[""], windows["benchmark_"]), len(returns))
    return pd.DataFrame(table, index=returns.index)


def _late(values: FloatArray, count: int) -> FloatArray:
    """With nan before the first full window, shape (count,)."""
    return np.concatenate([np.full(count - len(values), np.nan), values])


@checked
def return_quantiles(returns: DatedReturns) -> pd.DataFrame:
    """How returns of a day, week, month, quarter and year are distributed: period x quantile.

    Columns are the quantiles 0 (the worst), .05, .25, .5, .75, .95 and 1 (the best).
    """
    rows = {name: returns_by_period(returns, name).quantile(list(QUANTILES)) for name in PERIODS}
    return pd.DataFrame(rows).T
