# pyright: reportUnknownParameterType=false, reportMissingParameterType=false
"""The engine's hot loops, in C; `tests/loops` repeats them as plain Python, equal to the bit."""

from __future__ import annotations

from advisor.native.library import Function
from advisor.native.threads import blocks

_TRADES = Function(
    "advisor_trades",
    "invested:b1[c] wealth:f8[c] weights:f8[c,v] start:i8[ends] held:f8[e] kind:i8[e] fee:f8[e]"
    " spread:f8[e,v] by_vehicle:f8[c,v] locked:f8[c,v] above:f8[banded,bands]"
    " below:f8[banded,bands] unit:f8[c] least:f8[c] cost:f8 sales=f8[e] left=f8[c,v]"
    " lacking=f8[c,v] gaps=f8[c,v] budget=f8[c]",
    rows=True,
)
_SETTLE = Function(
    "advisor_settle",
    "invested:b1[c] wealth:f8[c] pure:b1[c] cost:f8 start:i8[ends] held:f8[e] kind:i8[e]"
    " products:i8[e] spread:f8[e,v] rate:f8[e] codes:i8[c,k] fee:f8[p] least:f8[p]"
    " mix_start:i8[product_ends] mix:i8[mixed] mix_share:f8[mixed] part_start:i8[product_ends]"
    " part:i8[parts] part_share:f8[parts] mean:f8[v] covariance:f8[v,v] stress:f8[v] unit:f8[c]"
    " small:f8[c] upper:f8[c] limit:f8[c] guard:i8 weights:f8[c,v] sales=f8[e] money=f8[c,k]"
    " after=f8[c,v] facts=f8[c,5] lacking=f8[c,v] beyond=b1[c]",
    rows=True,
)
_SIZE = Function(
    "advisor_size",
    "rows:i8[b] scores:f8[b,p] class_of:i8[b] allowed:b1[classes,p] wealth:f8[c] budget:f8[c] "
    "unit:f8[c] small:f8[c] start:i8[ends] held:i8[e] rest:f8[e] least:f8[p] toll:f8[p] "
    "vehicle:i8[p] member_start:i8[vehicles] members:i8[members] issuer:i8[p] exempt:b1[p] "
    "product_cap:f8 issuer_cap:f8 worth:f8[p] codes=i8[b,k] best=f8[b,k] money=f8[b,k]",
    rows=True,
)

_NEAREST = Function(
    "advisor_nearest",
    "rows:i8[b] scores:f8[scored,p] class_of:i8[b] allowed:b1[classes,p] wealth:f8[c] unit:f8[c]"
    " small:f8[c] start:i8[ends] held:f8[e] fate:i8[e] holds:i8[e] rate:f8[e] part:f8[e,n] cost:f8"
    " least:f8[p] fee:f8[p] toll:f8[p] worth:f8[p] product_start:i8[product_ends] asset:i8[shares]"
    " share:f8[shares] kind:i8[p] kind_start:i8[kind_ends] member:i8[members] stress:f8[n]"
    " limit:f8[c] band:f8[b,n] target=f8[b,n] sales=f8[e] codes=i8[b,k] best=f8[b,k] money=f8[b,k]"
    " found=b1[b]",
    rows=True,
)


def trade_rows(*arguments):
    """What clients sell, lack, and have money for; see `orders.sales.trades_of`. The last five
    arrays are written.
    """
    blocks(_TRADES.bound(*arguments), len(arguments[0]))


def settle_rows(*arguments):
    """What orders lead to; see `orders.outcome.settle`. The last six arrays are written."""
    blocks(_SETTLE.bound(*arguments), len(arguments[0]))


def size_rows(*arguments):
    """Sizes of purchases; see `orders.sizes.size_picks`. The last three arrays are written."""
    blocks(_SIZE.bound(*arguments), len(arguments[0]))


def nearest_rows(*arguments):
    """Orders nearest to targets; see `orders.nearest.orders_nearer`. The last six are written."""
    blocks(_NEAREST.bound(*arguments), len(arguments[0]), few=4, size=8)
