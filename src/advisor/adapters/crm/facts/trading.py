"""Facts of trades and purchases: how recently, how often, for how much."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from advisor import Interactions, Trades
from advisor.adapters.crm.facts.counting import (
    ClientRows,
    Columns,
    check_days,
    counts,
    distinct,
    extreme,
    ratio,
    since,
    whole_months,
)
from advisor.arrays import DayArray, FloatArray, IntArray
from advisor.data.ids import IdMap


class Moves(NamedTuple):
    """Trades, or the purchases that stand for them: client, item, day and signed money of each."""

    clients: IdMap
    items: IdMap
    client_codes: IntArray
    item_codes: IntArray
    days: DayArray
    money: FloatArray | None


def moves_of(trades: Trades | None, purchases: Interactions | None) -> Moves | None:
    """The trades; where there are none given, the purchases."""
    if trades is not None:
        moment = trades.times if trades.clock is None else trades.clock
        moved = trades.units != 0.0
        money = trades.units * trades.prices
        who, what = trades.client_codes[moved], trades.asset_codes[moved]
        days = moment.astype("datetime64[D]")[moved]
        return Moves(trades.clients, trades.assets, who, what, days, money[moved])
    if purchases is None:
        return None
    p = purchases
    return Moves(p.clients, p.products, p.client_codes, p.product_codes, p.days, p.values)


def trade_columns(
    clients: ClientRows, wealth: FloatArray, moves: Moves, day: np.datetime64, days: int
) -> Columns:
    """What trades tell; who has none has counts of 0 and no days."""
    check_days(moves.days, day, "trades")
    count, rows = len(clients), clients.of(moves.clients)[moves.client_codes]
    here = rows >= 0
    rows, when, items = rows[here], moves.days[here], moves.item_codes[here]
    inside = when > day - np.timedelta64(days, "D")
    late = inside & (when > day - np.timedelta64(days // 2, "D"))
    first, last = extreme(rows, when, count, first=True), extreme(rows, when, count, first=False)
    numbers = when.astype(np.int64) - int(when.astype(np.int64).min(initial=0))
    columns: Columns = {
        "tenure": since(first, day),
        "tenure_months": whole_months(first, day),
        "recency": since(last, day),
        "months_since_trade": whole_months(last, day),
        "trades": counts(rows, count),
        "frequency": counts(rows[inside], count),
        "trading_days": distinct(rows[inside], numbers[inside], count),
        "trend": 2.0 * counts(rows[late], count) - counts(rows[inside], count),
        "assets_traded": distinct(rows, items, count),
    }
    if moves.money is not None:
        money = moves.money[here]
        columns["money"] = counts(rows[inside], count, np.abs(money[inside]))
        columns["net_money"] = counts(rows[inside], count, money[inside])
        columns["turnover"] = ratio(columns["money"], wealth)
    return columns


def purchase_columns(
    clients: ClientRows, purchases: Interactions, day: np.datetime64, days: int
) -> Columns:
    """What purchases tell."""
    check_days(purchases.days, day, "purchases")
    count, rows = len(clients), clients.of(purchases.clients)[purchases.client_codes]
    here = rows >= 0
    rows, when, items = rows[here], purchases.days[here], purchases.product_codes[here]
    return {
        "purchases": counts(rows[when > day - np.timedelta64(days, "D")], count),
        "products_bought": distinct(rows, items, count),
        "days_since_purchase": since(extreme(rows, when, count, first=False), day),
    }
