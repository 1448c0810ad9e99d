"""Trades as they can be placed: a smallest size, whole lots, and never more bought than there is money for."""

from __future__ import annotations

import numpy as np

from advisor.arrays import FloatArray

_SLACK = 1e-9
"""Lots within this share of a whole one are whole: money divided by a price seldom is an integer to the last bit."""


def place_trades(
    trades: FloatArray,
    holdings: FloatArray,
    available: FloatArray,
    *,
    min_trade: float = 0.0,
    lot_value: FloatArray | None = None,
    cost: float = 0.0,
) -> tuple[FloatArray, FloatArray]:
    """Trades that can be placed, and the cash that is left.

    Args:
        trades: Money wanted, shape (c, n).
        holdings: Money held, shape (c, n).
        available: Money in (+) or out (-) beside the trades, shape (c,).
        min_trade: Smallest trade in money; smaller ones are dropped, but for sales of a whole holding.
        lot_value: Money of one lot of each asset, shape (n,) or (c, n), 0 = any amount; None = any amount everywhere.
        cost: Proportional cost.

    Returns:
        Trades, no further from zero than asked for and of the same sign, and the cash that stays, shape (c,): never below zero unless `available`
        alone is below what all sales bring. Buys are cut in proportion where dropped sales leave them unpaid.
    """
    placed = _round(trades, holdings, min_trade, lot_value)
    for _ in range(2):
        buys, sales = np.maximum(placed, 0.0), np.maximum(-placed, 0.0)
        money = available + sales.sum(axis=1) * (1.0 - cost)
        need = buys.sum(axis=1) * (1.0 + cost)
        short = need > money * (1.0 + 1e-12) + 1e-9
        if not short.any():
            break
        share = np.where(short, np.maximum(money, 0.0) / np.where(need > 0.0, need, 1.0), 1.0)
        placed = _round(buys * share[:, None], holdings, min_trade, lot_value) - sales
    left = available - placed.sum(axis=1) - cost * np.abs(placed).sum(axis=1)
    return placed, left


def _round(trades: FloatArray, holdings: FloatArray, min_trade: float, lot_value: FloatArray | None) -> FloatArray:
    exits = (trades < 0.0) & (trades <= -holdings * (1.0 - 1e-12))
    whole = trades
    if lot_value is not None:
        size = np.broadcast_to(lot_value, trades.shape)
        lots = np.floor(np.abs(trades) / np.where(size > 0.0, size, 1.0) * (1.0 + _SLACK))
        whole = np.where(size > 0.0, np.sign(trades) * np.minimum(lots * size, np.abs(trades)), trades)
        whole = np.where(exits, trades, whole)
    return np.where((np.abs(whole) >= min_trade) | exits, whole, 0.0)
