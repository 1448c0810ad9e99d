"""Orders: what to sell and buy, sized exactly, and what they lead to."""

from advisor.engine.orders.nearest import Nearest
from advisor.engine.orders.outcome import Limits, Orders, Outcome
from advisor.engine.orders.sales import Trades, Worth, trades_of
from advisor.engine.orders.settings import TradeSettings
from advisor.engine.orders.sizes import Caps, size_picks, unit_of, units_of

__all__ = [
    "Caps",
    "Limits",
    "Nearest",
    "Orders",
    "Outcome",
    "TradeSettings",
    "Trades",
    "Worth",
    "size_picks",
    "trades_of",
    "unit_of",
    "units_of",
]
