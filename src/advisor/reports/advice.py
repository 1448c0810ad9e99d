"""An advice as a notebook card: its sentences, its weights, its picks and its orders."""

from __future__ import annotations

from typing import TYPE_CHECKING

from advisor.reports.charts import percent
from advisor.reports.pages import render

if TYPE_CHECKING:
    from advisor.contracts.advice import Advice, Pick

BAR_WIDTH = 160
"""Pixels of the bar of the largest weight."""


def advice_card(advice: Advice) -> str:
    """HTML that a notebook shows of an advice; every word of it is escaped."""
    parts = [f"{advice.client_id} on {advice.as_of}: {advice.status}", f"C{advice.level}"]
    if advice.expected_return is not None and advice.expected_volatility is not None:
        parts.append(
            f"expected return {advice.expected_return:.2%} at {advice.expected_volatility:.2%}"
            " volatility"
        )
    residual = advice.kkt_residual
    return render(
        "advice",
        advice=advice,
        headline=", ".join(parts),
        weights=_bars(advice),
        picks=[(title, rows) for title, rows in _picks(advice) if rows],
        orders=[(order.product_id, f"{order.money:+,.0f}") for order in advice.orders],
        proof="" if residual is None else f"KKT residual {residual:.1e}; ",
    )


def _picks(advice: Advice) -> list[tuple[str, list[tuple[str | int, ...]]]]:
    """A title and the rows of what is to buy, and of the alternatives to it."""
    buckets = {"to buy": advice.buys, "alternatives": advice.alternatives}
    return [(title, list(map(_row, picks))) for title, picks in buckets.items()]


def _row(pick: Pick) -> tuple[str | int, ...]:
    why = " ".join(reason.text for reason in pick.reasons)
    return pick.rank, pick.product_id, pick.asset, f"{pick.money:,.0f}", _chance(pick), why


def _chance(pick: Pick) -> str:
    """The probability with its interval between windows, such as "10 % (5 to 16 in 100)"; empty
    where there is none.
    """
    if pick.probability is None:
        return ""
    low, high = pick.probability_low, pick.probability_high
    if low is None or high is None:
        return percent(pick.probability)
    return f"{percent(pick.probability)} ({100.0 * low:.0f} to {100.0 * high:.0f} in 100)"


def _bars(advice: Advice) -> list[tuple[str, float, int]]:
    """Asset, weight and width of its bar in pixels, largest weight first."""
    largest = max(map(abs, advice.weights.values()), default=0.0)
    ordered = sorted(advice.weights.items(), key=lambda item: -item[1])
    return [
        (asset, weight, round(BAR_WIDTH * abs(weight) / max(largest, 1e-12)))
        for asset, weight in ordered
    ]
