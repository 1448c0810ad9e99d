"""Figures for a notebook, drawn by matplotlib, which is imported here and only when one is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from advisor.errors import InputError
from advisor.measures.portfolio import drawdowns

if TYPE_CHECKING:
    from advisor.evaluate.result import BacktestResult
    from advisor.evaluate.result_set import BacktestResults
    from advisor.evaluate.risk_report import RiskMatchReport


def plot_backtest(result: BacktestResult) -> Any:
    """Growth beside the benchmark, drawdown and weights of one strategy: a matplotlib figure.

    Raises:
        InputError: matplotlib is not installed.
    """
    figure, (top, middle, bottom) = _rows(3, (9.0, 8.0), heights=(3, 1.5, 2.5))
    top.plot(result.sessions, np.cumprod(1.0 + result.record.returns), label=result.name)
    if result.beside is not None:
        top.plot(result.sessions, np.cumprod(1.0 + result.beside), label="benchmark", color="grey")
    top.set_ylabel("growth of 1")
    top.legend(loc="upper left")
    _underwater(middle, result)
    weights = result.record.weights
    if (weights >= 0.0).all():
        bottom.stackplot(result.days, weights.T, labels=result.assets, step="post", alpha=0.85)
    else:
        bottom.step(result.days, weights, where="post", label=result.assets)
    bottom.set_ylabel("weights")
    if len(result.assets) <= 12:
        bottom.legend(loc="upper left", ncols=4, fontsize="small")
    top.set_title(f"{result.name}: {result.sessions[0]} to {result.sessions[-1]}" if len(result.sessions) else result.name)
    return figure


def plot_backtests(results: BacktestResults) -> Any:
    """Growth and drawdown of several strategies: a matplotlib figure.

    Raises:
        InputError: matplotlib is not installed.
    """
    figure, (top, bottom) = _rows(2, (9.0, 6.0), heights=(3, 1.5))
    for name, result in results.items():
        top.plot(result.sessions, np.cumprod(1.0 + result.record.returns), label=name)
        bottom.plot(result.sessions, -drawdowns(result.record.returns), linewidth=0.8)
    top.set_ylabel("growth of 1")
    top.legend(loc="upper left")
    bottom.set_ylabel("drawdown")
    return figure


def plot_risk_match(report: RiskMatchReport) -> Any:
    """Share of windows inside, over and under the promised band, a bar a level: a matplotlib figure.

    Raises:
        InputError: matplotlib is not installed.
    """
    figure, (axis,) = _rows(1, (7.0, 3.5), heights=(1,))
    table: pd.DataFrame = report.by_level()
    left = np.zeros(len(table))
    for name, colour in (("inside", "#009E73"), ("under", "#56B4E9"), ("over", "#D55E00")):
        axis.barh(table.index, table[name], left=left, label=name, color=colour)
        left = left + table[name].to_numpy()
    axis.set_xlim(0.0, 1.0)
    axis.set_xlabel(f"share of {report.days}-day windows")
    axis.legend(loc="lower center", ncols=3, bbox_to_anchor=(0.5, 1.0))
    return figure


def _underwater(axis: Any, result: BacktestResult) -> None:
    if len(result.sessions):
        axis.fill_between(result.sessions, -drawdowns(result.record.returns), 0.0, alpha=0.4, color="#D55E00")
    axis.set_ylabel("drawdown")


def _rows(count: int, size: tuple[float, float], *, heights: tuple[float, ...]) -> tuple[Any, tuple[Any, ...]]:
    """A figure of its own (no global state, nothing to close) with axes one below the other."""
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise InputError(
            "plot() draws with matplotlib, which is not installed; pip install 'advisor[plot]', or use to_html().", field="plot", value=None
        ) from error
    figure: Any = Figure(figsize=size, layout="constrained")
    axes = figure.subplots(count, 1, squeeze=False, height_ratios=heights, sharex=count > 1)
    return figure, tuple(axes[:, 0])
