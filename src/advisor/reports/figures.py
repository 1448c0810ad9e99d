"""Figures for a notebook, drawn by matplotlib, which is imported here and only when one is asked
for; each function raises `InputError` where it is not installed.
"""

from __future__ import annotations

from collections.abc import Mapping
from io import BytesIO
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from advisor.contracts.advice import Advice
from advisor.errors import InputError
from advisor.lifecycle.goals.fan import WealthFan
from advisor.measures.calibration import ReliabilityCurve
from advisor.optimize.frontier.frontier import Frontier
from advisor.optimize.portfolio import Portfolio

if TYPE_CHECKING:
    from advisor.evaluate.backtesting.result import BacktestResult
    from advisor.evaluate.backtesting.result_set import BacktestResults
    from advisor.evaluate.risk.report import RiskMatchReport


LINE = "#0072B2"
DPI = 72
SIDES = {"inside": "#009E73", "under": "#56B4E9", "not_reachable": "#BBBBBB", "over": "#D55E00"}
"""Colour of each share of a risk report."""
SHOWN = 5e-4
"""Weights below this are left out of a chart."""


def plot_backtest(result: BacktestResult) -> Any:
    """Growth beside the benchmark, drawdown and weights of one strategy: a matplotlib figure."""
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
    top.set_title(
        f"{result.name}: {result.sessions[0]} to {result.sessions[-1]}"
        if len(result.sessions)
        else result.name
    )
    return figure


def plot_backtests(results: BacktestResults) -> Any:
    """Growth and drawdown of several strategies: a matplotlib figure."""
    figure, (top, bottom) = _rows(2, (9.0, 6.0), heights=(3, 1.5))
    for name, result in results.items():
        top.plot(result.sessions, np.cumprod(1.0 + result.record.returns), label=name)
        bottom.plot(result.sessions, -result.drawdowns, linewidth=0.8)
    top.set_ylabel("growth of 1")
    top.legend(loc="upper left")
    bottom.set_ylabel("drawdown")
    return figure


def plot_risk_match(report: RiskMatchReport) -> Any:
    """Share of windows inside, over and under the promised band, a bar a level: a matplotlib
    figure.
    """
    figure, (axis,) = _rows(1, (7.0, 3.5), heights=(1,))
    table: pd.DataFrame = report.by_level()
    left = np.zeros(len(table))
    for name, colour in SIDES.items():
        axis.barh(table.index, table[name], left=left, label=name.replace("_", " "), color=colour)
        left = left + table[name].to_numpy()
    axis.set_xlim(0.0, 1.0)
    axis.set_xlabel(f"share of {report.days}-day windows")
    axis.legend(loc="lower center", ncols=4, bbox_to_anchor=(0.5, 1.0))
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
    figure, (axis,) = _rows(1, (7.5, 4.5), heights=(1,))
    steps = np.linspace(frontier.volatility[0], frontier.volatility[-1], 200)
    model, corners = frontier.model, f"{len(frontier)} corner portfolios"
    over, _, variables = frontier.program(frontier.at_volatility(steps))
    axis.plot(steps, variables @ over.mean, color=LINE, label="frontier")
    axis.plot(frontier.volatility, frontier.mean, "o", color=LINE, markersize=4, label=corners)
    axis.plot(model.volatility, model.mean, "x", color="grey", label="single assets")
    beside = {"xytext": (4, -8), "textcoords": "offset points"}
    for name, *point in zip(frontier.assets, model.volatility, model.mean, strict=True):
        axis.annotate(name, point, **beside, fontsize="x-small", color="grey")
    for name, point in (points or {}).items():
        volatility, mean = _place(name, point)
        axis.plot([volatility], [mean], "*", markersize=14, label=name)
    axis.set_xlabel("volatility a year")
    axis.set_ylabel("expected return a year")
    axis.legend(loc="lower right")
    _in_percent(axis.xaxis, axis.yaxis)
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
    figure, (axis,) = _rows(1, (8.0, 1.4 + 0.45 * len(rows)), heights=(1,))
    ends = np.zeros((2, len(rows)))
    for asset in assets:
        weight = np.array([row.get(asset, 0.0) for row in rows.values()])
        side = (weight < 0.0).astype(np.int64)
        axis.barh(list(rows), weight, left=ends[side, np.arange(len(rows))], label=asset)
        ends[side, np.arange(len(rows))] += weight
    axis.invert_yaxis()
    axis.legend(loc="lower center", ncols=4, bbox_to_anchor=(0.5, 1.0), fontsize="small")
    _in_percent(axis.xaxis)
    return figure


def plot_glide_path(fan: WealthFan) -> Any:
    """Quantiles of wealth along a glide path, the risky share under them: a matplotlib figure."""
    figure, (top, bottom) = _rows(2, (8.0, 5.5), heights=(3, 1.2))
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
    _in_percent(bottom.yaxis)
    return figure


def plot_drawdowns(results: BacktestResult | BacktestResults) -> Any:
    """Loss from the highest value so far, a line a strategy: a matplotlib figure."""
    figure, (axis,) = _rows(1, (9.0, 3.0), heights=(1,))
    several = getattr(results, "results", {getattr(results, "name", ""): results})
    for name, result in several.items():
        axis.plot(result.sessions, -result.drawdowns, linewidth=0.9, label=name)
    axis.axhline(0.0, color="grey", linewidth=0.6)
    axis.set_ylabel("drawdown")
    axis.legend(loc="lower left")
    _in_percent(axis.yaxis)
    return figure


def plot_reliability(curve: ReliabilityCurve) -> Any:
    """Stated against observed probabilities, the size of a dot saying how many: a matplotlib
    figure.
    """
    figure, (axis,) = _rows(1, (4.5, 4.5), heights=(1,))
    top = float(max(curve.stated.max(), curve.observed.max())) * 1.05 or 1.0
    axis.plot([0.0, top], [0.0, top], color="grey", linewidth=0.8, label="as often as stated")
    axis.plot(curve.stated, curve.observed, color=LINE, linewidth=0.8)
    share = curve.count / curve.count.sum()
    label = f"{int(curve.count.sum()):,} predictions"
    dots: dict[str, Any] = {"s": 15.0 + 300.0 * share, "color": LINE, "alpha": 0.7, "label": label}
    axis.scatter(curve.stated, curve.observed, **dots)
    axis.set_xlabel("stated probability")
    axis.set_ylabel("share that happened")
    axis.set_title(f"calibration error {curve.expected_calibration_error:.4f}")
    axis.legend(loc="upper left")
    _in_percent(axis.xaxis, axis.yaxis)
    return figure


def _underwater(axis: Any, result: BacktestResult) -> None:
    if len(result.sessions):
        axis.fill_between(result.sessions, -result.drawdowns, 0.0, alpha=0.4, color="#D55E00")
    axis.set_ylabel("drawdown")


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


def _in_percent(*axes: Any) -> None:
    from matplotlib.ticker import PercentFormatter

    for axis in axes:
        axis.set_major_formatter(PercentFormatter(1.0))


def _rows(
    count: int, size: tuple[float, float], *, heights: tuple[float, ...]
) -> tuple[Any, tuple[Any, ...]]:
    """A figure of its own (no global state, nothing to close) that a notebook shows as it is, with
    axes one below the other.
    """
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise InputError(
            "plot() draws with matplotlib, which is not installed; pip install 'advisor[plot]', or"
            " use to_html().",
            field="plot",
            value=None,
        ) from error

    class NotebookFigure(Figure):
        """A figure that a notebook shows although pyplot never saw it."""

        def _repr_png_(self) -> bytes:
            target = BytesIO()
            self.savefig(target, format="png", dpi=DPI, metadata={"Software": None})
            return target.getvalue()

    figure: Any = NotebookFigure(figsize=size, layout="constrained")
    axes = figure.subplots(count, 1, squeeze=False, height_ratios=heights, sharex=count > 1)
    return figure, tuple(axes[:, 0])
