"""Figures for a notebook, drawn by matplotlib, which is imported here and only when one is asked
for; each function raises `InputError` where it is not installed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from advisor.arrays import DayArray, FloatArray
from advisor.contracts.advice import Advice
from advisor.errors import InputError
from advisor.lifecycle.goals.fan import WealthFan
from advisor.measures.calibration import ReliabilityCurve
from advisor.optimize.frontier.frontier import Frontier
from advisor.optimize.portfolio import Portfolio
from advisor.reports.charts.palette import COLOURS
from advisor.reports.notebook_figure import GREY, axes_of, in_percent, legend_below, name_points
from advisor.reports.pages import SHOWN, layers_of

if TYPE_CHECKING:
    from advisor.evaluate.backtesting.result import BacktestResult
    from advisor.evaluate.backtesting.result_set import BacktestResults
    from advisor.evaluate.risk.report import RiskMatchReport


LINE = COLOURS[0]
SIDES = {"inside": "#009E73", "under": "#56B4E9", "not_reachable": "#BBBBBB", "over": "#D55E00"}
"""Colour of each share of a risk report."""


def plot_backtest(result: BacktestResult) -> Any:
    """Growth beside the benchmark, drawdown and weights of one strategy: a matplotlib figure."""
    figure, (top, middle, bottom) = axes_of(3, (9.0, 8.5), heights=(3, 1.5, 2.5))
    _growth(top, result.name, result.sessions, result.record.returns)
    if result.beside is not None:
        _growth(top, "benchmark", result.sessions, result.beside)
    top.set_ylabel("growth of 1")
    top.legend(loc="best")
    _drawdown(middle, result, filled=True)
    layers = layers_of(result.assets, result.record.weights)
    if all(min(row) >= 0.0 for row in layers.values()):
        bottom.stackplot(result.days, *layers.values(), labels=list(layers), step="post")
        bottom.set_ylim(bottom=0.0)
    else:
        for name, row in layers.items():
            bottom.step(result.days, row, where="post", label=name)
    bottom.set_ylabel("weights")
    in_percent(bottom.yaxis)
    legend_below(figure, bottom)
    period = f": {result.sessions[0]} to {result.sessions[-1]}" if len(result.sessions) else ""
    top.set_title(f"{result.name}{period}")
    return figure


def plot_backtests(results: BacktestResults) -> Any:
    """Growth and drawdown of several strategies: a matplotlib figure."""
    figure, (top, bottom) = axes_of(2, (9.0, 7.0), heights=(3, 1.8))
    for name, result in results.items():
        _growth(top, name, result.sessions, result.record.returns)
        _drawdown(bottom, result)
    top.set_ylabel("growth of 1")
    legend_below(figure, top)
    return figure


def plot_risk_match(report: RiskMatchReport) -> Any:
    """Share of windows inside, over and under the promised band, a bar a level: a matplotlib
    figure.
    """
    figure, (axis,) = axes_of(1, (7.0, 3.5), heights=(1,))
    table: pd.DataFrame = report.by_level()
    left = np.zeros(len(table))
    for name, colour in SIDES.items():
        axis.barh(table.index, table[name], left=left, label=name.replace("_", " "), color=colour)
        left = left + table[name].to_numpy()
    axis.set_xlim(0.0, 1.0)
    axis.invert_yaxis()
    axis.set_xlabel(f"share of {report.days}-day windows")
    in_percent(axis.xaxis)
    legend_below(figure, axis)
    return figure


def plot_frontier(
    frontier: Frontier, points: Mapping[str, Portfolio | Advice] | None = None
) -> Any:
    """The exact frontier with its corner portfolios, the single assets, and clients' places on it:
    a matplotlib figure.

    Args:
        frontier: Drawn between corners by its own closed form, not by straight lines.
        points: Portfolios or advice by name.

    Raises:
        InputError: An advice holds no portfolio.
    """
    figure, (axis,) = axes_of(1, (7.5, 4.5), heights=(1,))
    steps = np.linspace(frontier.volatility[0], frontier.volatility[-1], 200)
    model, corners = frontier.model, f"{len(frontier)} corner portfolios"
    over, _, variables = frontier.program(frontier.at_volatility(steps))
    axis.plot(steps, variables @ over.mean, color=LINE, label="frontier")
    axis.plot(frontier.volatility, frontier.mean, "o", color=LINE, markersize=4, label=corners)
    axis.plot(model.volatility, model.mean, "x", color=GREY, label="single assets")
    for k, (name, point) in enumerate((points or {}).items(), start=1):
        volatility, mean = _place(name, point)
        colour = COLOURS[k % len(COLOURS)]
        axis.plot([volatility], [mean], "*", markersize=14, color=colour, label=name)
    axis.set_xlabel("volatility a year")
    axis.set_ylabel("expected return a year")
    axis.margins(0.08)
    in_percent(axis.xaxis, axis.yaxis)
    legend_below(figure, axis)
    places = zip(model.volatility.tolist(), model.mean.tolist(), strict=True)
    name_points(
        axis, dict(zip(frontier.assets, places, strict=True)), (steps, variables @ over.mean)
    )
    return figure


def plot_allocation(portfolios: Mapping[str, Portfolio | Advice | Mapping[str, float]]) -> Any:
    """Weights of some portfolios beside one another, a bar each: a matplotlib figure. Short
    positions run to the left.

    Raises:
        InputError: There is no portfolio.
    """
    rows = {name: _weights(value) for name, value in portfolios.items()}
    assets = list(
        dict.fromkeys(a for row in rows.values() for a, w in row.items() if abs(w) >= SHOWN)
    )
    if not assets:
        raise InputError(
            f"{list(rows) or 'portfolios'} hold no weight, so there is nothing to draw; pass a"
            " portfolio, an advice or weights by asset.",
            field="portfolios",
            value=list(rows),
        )
    figure, (axis,) = axes_of(1, (8.0, 1.8 + 0.45 * len(rows)), heights=(1,))
    ends = np.zeros((2, len(rows)))
    for asset in assets:
        weight = np.array([row.get(asset, 0.0) for row in rows.values()])
        side = (weight < 0.0).astype(np.int64)
        start = ends[side, np.arange(len(rows))]
        axis.barh(list(rows), weight, left=start, label=asset, edgecolor="white")
        ends[side, np.arange(len(rows))] += weight
    axis.invert_yaxis()
    in_percent(axis.xaxis)
    legend_below(figure, axis)
    return figure


def plot_glide_path(fan: WealthFan) -> Any:
    """Quantiles of wealth along a glide path, the risky share under them: a matplotlib figure."""
    figure, (top, bottom) = axes_of(2, (8.0, 5.5), heights=(3, 1.2))
    levels, middle = fan.levels, len(fan.levels) // 2
    for i in range(middle):
        look: dict[str, Any] = {"color": LINE, "alpha": 0.2}
        look["label"] = f"{levels[i]:.0%} to {levels[-1 - i]:.0%}"
        top.fill_between(fan.years, fan.wealth[i], fan.wealth[-1 - i], **look)
    if len(levels) % 2:
        top.plot(fan.years, fan.wealth[middle], color=LINE, label=f"{levels[middle]:.0%}")
    if fan.amount is not None:
        label = f"goal, reached by {fan.probability:.0%}"
        top.axhline(fan.amount, color="#D55E00", linestyle="--", label=label)
    top.set_ylabel("wealth")
    top.legend(loc="upper left")
    bottom.step(fan.years[:-1], fan.risky_share, where="post", color="#009E73")
    bottom.set_ylim(0.0, 1.0)
    bottom.set_ylabel("risky share")
    bottom.set_xlabel("years from now")
    in_percent(bottom.yaxis)
    return figure


def plot_drawdowns(results: BacktestResult | BacktestResults) -> Any:
    """Loss from the highest value so far, a line a strategy: a matplotlib figure."""
    figure, (axis,) = axes_of(1, (9.0, 4.0), heights=(1,))
    several = getattr(results, "results", {getattr(results, "name", ""): results})
    for name, result in several.items():
        _drawdown(axis, result, label=name)
    axis.axhline(0.0, color=GREY, linewidth=0.6)
    legend_below(figure, axis)
    return figure


def plot_reliability(curve: ReliabilityCurve) -> Any:
    """Stated against observed probabilities, the size of a dot saying how many: a matplotlib
    figure.
    """
    figure, (axis,) = axes_of(1, (4.5, 4.5), heights=(1,))
    top = float(max(curve.stated.max(), curve.observed.max())) * 1.05 or 1.0
    axis.plot([0.0, top], [0.0, top], color=GREY, linewidth=0.8, label="as often as stated")
    axis.plot(curve.stated, curve.observed, color=LINE, linewidth=0.8)
    share = curve.count / curve.count.sum()
    label = f"{int(curve.count.sum()):,} predictions"
    dots: dict[str, Any] = {"s": 15.0 + 300.0 * share, "color": LINE, "alpha": 0.7, "label": label}
    axis.scatter(curve.stated, curve.observed, **dots)
    axis.set_xlabel("stated probability")
    axis.set_ylabel("share that happened")
    axis.set_title(f"calibration error {curve.expected_calibration_error:.4f}")
    axis.legend(loc="upper left")
    in_percent(axis.xaxis, axis.yaxis)
    return figure


def _growth(axis: Any, name: str, days: DayArray, returns: FloatArray) -> None:
    axis.plot(days, np.cumprod(1.0 + returns), label=name, linewidth=1.2)


def _drawdown(axis: Any, result: BacktestResult, *, filled: bool = False, **look: Any) -> None:
    if filled and len(result.sessions):
        axis.fill_between(result.sessions, -result.drawdowns, 0.0, alpha=0.25, color=LINE)
    axis.plot(result.sessions, -result.drawdowns, linewidth=0.9, **look)
    axis.set_ylabel("drawdown")
    in_percent(axis.yaxis)


def _place(name: str, point: Portfolio | Advice) -> tuple[float, float]:
    """Volatility and expected return, both annual."""
    if isinstance(point, Portfolio):
        return point.volatility, point.mean
    if point.expected_volatility is None or point.expected_return is None:
        raise InputError(
            f"The advice {name!r} has the status {point.status!r} and no portfolio, so it has no"
            " place on the frontier; leave it out.",
            field=name,
            value=point.status,
        )
    return point.expected_volatility, point.expected_return


def _weights(value: Portfolio | Advice | Mapping[str, float]) -> dict[str, float]:
    if isinstance(value, Portfolio):
        return dict(zip(value.assets, value.weights.tolist(), strict=True))
    return dict(value.weights if isinstance(value, Advice) else value)
