"""A frontier and a portfolio as notebook cards."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

import numpy as np

from advisor.svg import area_chart, bar_chart, line_chart, percent, plain

if TYPE_CHECKING:
    from advisor.optimize.frontier import Frontier
    from advisor.optimize.portfolio import Portfolio

STEPS = 61
MOST_LAYERS = 7
SHOWN = 5e-4
"""Weights below this are left out of a chart."""


def frontier_card(frontier: Frontier) -> str:
    """What a notebook shows of a frontier: expected return and weights from the least volatility to the greatest."""
    steps = np.linspace(frontier.volatility[0], frontier.volatility[-1], STEPS if len(frontier) > 1 else 1)
    weights = frontier.at_volatility(steps)
    labels = [percent(v) for v in steps.tolist()]
    mean = line_chart(
        {"expected return": (weights @ frontier.model.mean).tolist()},
        labels=labels,
        title="Expected return by volatility",
        form=percent,
        size=(640, 180),
    )
    order = np.argsort(-np.abs(weights).max(axis=0), kind="stable")
    order = order[np.abs(weights).max(axis=0)[order] > SHOWN]
    layers = {frontier.assets[j]: weights[:, j].tolist() for j in order[:MOST_LAYERS].tolist()}
    if len(order) > MOST_LAYERS:
        layers[f"{len(order) - MOST_LAYERS} others"] = weights[:, order[MOST_LAYERS:]].sum(axis=1).tolist()
    title = "Weights by volatility"
    parts = line_chart(layers, labels=labels, title=title, form=percent) if (weights < -SHOWN).any() else ""
    parts = parts or area_chart(layers, labels=labels, title=title)
    proof = f"Largest KKT residual of a corner: {frontier.kkt_residual.max():.1e}."
    return f"<div><p>{escape(repr(frontier))}</p>{mean}{parts}<p>{proof}</p></div>"


def portfolio_card(portfolio: Portfolio) -> str:
    """What a notebook shows of a portfolio: its weights, what is expected of it, what binds and how it is proved."""
    held = sorted(((w, a) for a, w in zip(portfolio.assets, portfolio.weights.tolist(), strict=True) if abs(w) >= SHOWN), reverse=True)
    bars = bar_chart({a: w for w, a in held}, title="Weights", form=percent) if held else ""
    facts = {
        "status": portfolio.status,
        "expected return": percent(portfolio.mean),
        "volatility": percent(portfolio.volatility),
        "risk aversion": plain(portfolio.risk_aversion),
        "KKT residual": f"{portfolio.kkt_residual:.1e}",
    } | {f"binds: {b.name}": f"{b.shadow_price:.4g}" for b in portfolio.binding}
    rows = "".join(f"<tr><td>{escape(name)}</td><td>{escape(value)}</td></tr>" for name, value in facts.items())
    return f"<div>{bars}<table>{rows}</table></div>"
