"""Trades as they can be placed: a smallest size, whole lots, and the money there is."""

from __future__ import annotations

import numpy as np

from advisor.arrays import FloatArray
from advisor.contracts.thresholds import reaches

_SLACK = 1e-9
"""Lots within this share of a whole one are whole: money over a price seldom is an integer."""
_NOTHING = 1e-12
"""A share of the money moved that is rounding, not money."""


def place_trades(
    trades: FloatArray,
    holdings: FloatArray,
    flow: FloatArray,
    *,
    min_trade: float = 0.0,
    lot_value: FloatArray | None = None,
    cost: float = 0.0,
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Trades that can be placed, the cash that is left, and what of an outflow cannot be paid.

    Args:
        trades: Money wanted, shape (c, n); no sale above the holding.
        holdings: Money held, shape (c, n), 0 or more.
        flow: Money in (+) or out (-) beside the trades, shape (c,).
        min_trade: Smallest trade in money; smaller ones are dropped, but for sales of a whole
            holding.
        lot_value: Money of one lot of each asset, shape (n,) or (c, n), 0 = any amount; None = any
            amount everywhere.
        cost: Proportional cost of a trade, a fraction below 1.

    Returns:
        Trades (c, n), cash (c,) and unfunded (c,). Trades are rounded towards zero and buys cut in
        proportion to the money there is, so cash is never below 0. Only where the rounded sales do
        not pay an outflow is more sold: in the asset whose next sale that can be placed brings the
        least too much. Unfunded is above 0 only where everything is sold.
    """
    # 1. sales, raised where they do not pay the outflow
    placed = _down(trades, holdings, min_trade, lot_value)
    sales = np.maximum(-placed, 0.0)
    moved = np.abs(flow) + holdings.sum(axis=1)
    short = np.maximum(-flow, 0.0) / (1.0 - cost) - sales.sum(axis=1)
    rows = np.flatnonzero(short > _NOTHING * moved)
    if len(rows):
        lots = None if lot_value is None else np.broadcast_to(lot_value, trades.shape)[rows]
        enough = _raised(sales[rows], trades[rows], holdings[rows], short[rows], min_trade, lots)
        sales[rows] = enough
    # 2. what that leaves for buys
    money = flow + sales.sum(axis=1) * (1.0 - cost)
    unfunded = np.where(money < -_NOTHING * moved, -money, 0.0)
    money = np.maximum(money, 0.0)
    buys = np.maximum(placed, 0.0)
    need = buys.sum(axis=1) * (1.0 + cost)
    over = need > money
    if over.any():
        share = np.where(over, money / np.where(need > 0.0, need, 1.0), 1.0)
        buys = _down(buys * share[:, None], holdings, min_trade, lot_value)
        need = buys.sum(axis=1) * (1.0 + cost)
    return buys - sales, np.maximum(money - need, 0.0), unfunded


def _down(
    trades: FloatArray, holdings: FloatArray, min_trade: float, lot_value: FloatArray | None
) -> FloatArray:
    """Trades rounded towards zero to what can be placed; a whole holding can always be sold."""
    exits = (trades < 0.0) & (trades <= -holdings * (1.0 - _NOTHING))
    whole = trades
    if lot_value is not None:
        size = np.broadcast_to(lot_value, trades.shape)
        lots = np.floor(np.abs(trades) / np.where(size > 0.0, size, 1.0) * (1.0 + _SLACK))
        whole = np.sign(trades) * np.minimum(lots * size, np.abs(trades))
        whole = np.where((size > 0.0) & ~exits, whole, trades)
    return np.where(reaches(np.abs(whole), min_trade) | exits, whole, 0.0)


def _raised(
    sales: FloatArray,
    trades: FloatArray,
    holdings: FloatArray,
    short: FloatArray,
    min_trade: float,
    lots: FloatArray | None,
) -> FloatArray:
    """Sales that bring `short` (c,) more money, or all there is, shape (c, n).

    One asset a step: the one that covers the rest alone with the least too much (of equals, that
    of which most was to be sold), or else the one that brings most.
    """
    sales, short = sales.copy(), short.copy()
    each = np.arange(len(sales))
    for _ in range(sales.shape[1]):
        more = np.maximum(sales + np.maximum(short, 0.0)[:, None], min_trade)
        if lots is not None:
            size = np.where(lots > 0.0, lots, 1.0)
            more = np.where(lots > 0.0, np.ceil(more / size * (1.0 - _SLACK)) * size, more)
        added = np.minimum(more, holdings) - sales
        too_much = added - short[:, None]
        covers = too_much >= -_NOTHING * short[:, None]
        least = np.where(covers, too_much, np.inf)
        level = least.min(axis=1, keepdims=True)
        best = np.where(least <= level + _SLACK * np.abs(short)[:, None], -trades, -np.inf)
        column = np.where(np.isfinite(level[:, 0]), best.argmax(axis=1), added.argmax(axis=1))
        gain = np.where(short > 0.0, added[each, column], 0.0)
        sales[each, column] += gain
        short -= gain
        if not (short > 0.0).any():
            break
    return np.minimum(sales, holdings)
