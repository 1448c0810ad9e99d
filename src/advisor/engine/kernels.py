# pyright: reportUnknownParameterType=false, reportMissingParameterType=false
"""The engine's one hot loop, in C; `tests/loops` repeats it as plain Python, equal to the bit."""

from __future__ import annotations

from advisor.native.library import Function
from advisor.native.threads import blocks

_ORDERS = Function(
    "advisor_orders",
    "invested:b1[c] wealth:f8[c] weights:f8[c,v] start:i8[ends] held:f8[e] kept:b1[e] spread:f8[e,v] by_vehicle:f8[c,v] locked:f8[c,v] "
    "sales=f8[e] left=f8[c,v] lacking=f8[c,v] gaps=f8[c,v]",
    rows=True,
)


def trade_rows(count, invested, wealth, weights, start, held, kept, spread, by_vehicle, locked, sales, left, lacking, gaps):
    """What clients 0 to `count` sell, lack, and have money for; see `trades.trades_of`. The last four arrays are written."""
    blocks(_ORDERS.bound(invested, wealth, weights, start, held, kept, spread, by_vehicle, locked, sales, left, lacking, gaps), count)
