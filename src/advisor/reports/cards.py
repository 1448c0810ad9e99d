"""Notebook cards of a market, a frontier, a portfolio and a risk report."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from advisor.arrays import FloatArray
from advisor.measures.portfolio import max_drawdown
from advisor.reports.charts import WIDE, Axis, area_chart, bar_chart, line_chart, percent, plain
from advisor.reports.pages import MISSING, SHOWN, days_of, layers_of, picture, render

if TYPE_CHECKING:
    from advisor.data.market import Market
    from advisor.evaluate.risk.report import RiskMatchReport
    from advisor.optimize.frontier.frontier import Frontier
    from advisor.optimize.portfolio import Portfolio

MOST_ROWS = 20
"""Assets in the table of a market."""
MOST_LINES = 12
MOST_POINTS = 260
STEPS = 61
LOW = (WIDE[0], 180)
COUNTS = ("portfolios", "windows")
"""Columns of a risk report that are counts, not shares."""


def market_card(market: Market) -> str:
    """HTML of a market: a row an asset, and the growth of 1 of the first of them."""
    assets = market.assets if len(market) else ()
    shown = np.unique(np.linspace(0, max(len(market) - 1, 0), MOST_POINTS).round().astype(np.int64))
    lines = {
        asset: _growth(market.returns[:, j])[shown].tolist()
        for j, asset in enumerate(assets[:MOST_LINES])
    }
    chart = ""
    if lines:
        days = days_of(market.dates[shown])
        chart = line_chart(lines, labels=days, title="Growth of 1")
    return render(
        "market",
        summary=repr(market),
        heads=(
            "asset", "group", "R", "first day", "last day",
            "mean a year", "volatility", "worst drawdown",
        ),
        rows=[_asset_row(market, j) for j in range(min(len(assets), MOST_ROWS))],
        hidden=len(assets) - MOST_ROWS,
        chart=picture(chart),
    )  # fmt: skip


def _asset_row(market: Market, j: int) -> list[str]:
    returns = market.returns[:, j]
    days = np.flatnonzero(np.isfinite(returns))
    level = int(market.risk_levels[j])
    row = [market.assets[j], market.groups[j] or MISSING, f"R{level}" if level else MISSING]
    if not len(days):
        return [*row, *[MISSING] * 5]
    history, year = returns[days], market.periods_per_year
    deviation = float(history.std(ddof=1)) if len(history) > 1 else None
    return [
        *row,
        *(str(market.dates[day]) for day in (days[0], days[-1])),
        percent(float(history.mean()) * year),
        MISSING if deviation is None else percent(deviation * year**0.5),
        percent(float(max_drawdown(history))),
    ]


def _growth(returns: FloatArray) -> FloatArray:
    """Value of 1 after each row, nan where the asset has no history, shape (T,)."""
    known = np.isfinite(returns)
    return np.where(known, np.cumprod(np.where(known, 1.0 + returns, 1.0)), np.nan)


def frontier_card(frontier: Frontier) -> str:
    """HTML of a frontier: expected return and weights from the least volatility to the largest."""
    ends = frontier.volatility[0], frontier.volatility[-1]
    steps = np.linspace(*ends, STEPS if len(frontier) > 1 else 1)
    weights = frontier.at_volatility(steps)
    labels = Axis(steps.tolist(), percent, "volatility a year")
    model, _, variables = frontier.program(weights)  # means are after costs of short positions
    mean = line_chart(
        {"expected return": (variables @ model.mean).tolist()},
        labels=labels,
        title="Expected return by volatility",
        form=percent,
        size=LOW,
    )
    layers = layers_of(frontier.assets, weights)
    title = "Weights by volatility"
    if (weights < -SHOWN).any():
        chart = line_chart(layers, labels=labels, title=title, form=percent)
    else:
        chart = area_chart(layers, labels=labels, title=title)
    return render(
        "frontier",
        summary=repr(frontier),
        mean=picture(mean),
        weights=picture(chart),
        residual=f"{frontier.kkt_residual.max():.1e}",
    )


def portfolio_card(portfolio: Portfolio) -> str:
    """HTML of a portfolio: weights, expectations, binding limits and proof."""
    weights = zip(portfolio.weights.tolist(), portfolio.assets, strict=True)
    ordered = sorted(((w, a) for w, a in weights if abs(w) >= SHOWN), reverse=True)
    bars = bar_chart({a: w for w, a in ordered}, title="Weights", form=percent) if ordered else ""
    facts = [
        ("status", portfolio.status),
        ("expected return", percent(portfolio.mean)),
        ("volatility", percent(portfolio.volatility)),
        ("risk aversion", plain(portfolio.risk_aversion)),
        ("KKT residual", f"{portfolio.kkt_residual:.1e}"),
        *((f"binds: {b.name}", f"{b.shadow_price:.4g}") for b in portfolio.binding),
    ]
    return render("portfolio", bars=picture(bars), facts=facts)


def risk_card(report: RiskMatchReport) -> str:
    """HTML of a risk report: its table by level, and the shares in and out of band through time."""
    table = report.by_level()
    rows = [
        [name, *(f"{int(v):,}" if c in COUNTS else percent(float(v)) for c, v in row.items())]
        for name, row in table.iterrows()
    ]
    ends = days_of(report.window_ends)
    outside = {
        "over": report.over_by_window,
        "under": report.under_by_window,
        "not reachable": report.not_reachable_by_window,
    }
    inside = 1.0 - np.add.reduce(list(outside.values()))
    shares = {name: share.tolist() for name, share in {"inside": inside, **outside}.items()}
    losses = line_chart(
        {"breached": report.breached_by_window.tolist()},
        labels=ends,
        title="Beyond the stress loss",
        form=percent,
        size=LOW,
    )
    return render(
        "risk",
        summary=repr(report),
        heads=["level", *(str(c).replace("_", " ") for c in table.columns)],
        rows=rows,
        bands=picture(area_chart(shares, labels=ends, title="Share of portfolios by window")),
        losses=picture(losses),
        days=report.days,
    )
