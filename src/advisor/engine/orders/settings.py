"""What decides which trades are worth making, and how much of wealth one name may hold."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Annotated

from advisor.annotations import Share
from advisor.contracts.rules import RulePack
from advisor.lifecycle.trading.no_trade_edges import NoTradeGrid
from advisor.readers import Number
from advisor.validation import checked

SMALLEST_TRADE = 50.0
"""Money below which no trade is made, unless another is set."""
LARGEST_PART = 0.005
"""The smallest trade is never more than this fraction of the client's wealth."""
SmallestTrade = Annotated[
    float, Number("It is money in the client's currency.", low=0.0, high=1e12)
]
TradingCost = Annotated[float, Number("It is a fraction of the trade.", low=0.0, high=0.2)]
LargestShare = Annotated[
    float,
    Number("It is a fraction of wealth; leave it out for the rule pack's.", above=0.0, high=1.0),
]


@checked
@dataclass(frozen=True)
class TradeSettings:
    """How orders are made from a target.

    Attributes:
        min_trade: Money below which nothing is bought or sold, in the client's currency; at most
            half a per cent of wealth. What does not suit the client is sold whatever it is.
        no_trade_band: Fraction of wealth by which a holding may be above its target before it is
            sold; None: by the exact region of `lifecycle.no_trade_region` at `trading_cost`, of
            the asset's target at the client's effective risk aversion. That is exact for one risky
            asset beside a safe one; with more, each asset is taken alone beside the rest of the
            portfolio, and correlations are left out (regions come apart like this for uncorrelated
            assets under constant absolute risk aversion: Liu 2004, section II). A holding above
            its upper edge is sold down to its target; money is put first where a weight is below
            its lower edge, then where it is inside its region, since the target of cash is 0. A
            risk aversion below .1 counts as .1; a target of 0 or 1 has no region.
        trading_cost: Cost of a trade either way, as a fraction of it; the orders leave the money
            for it in cash.
        max_product_share: Largest fraction of wealth in one product that is no insured deposit;
            None: as the rule pack says.
        max_issuer_share: The same for all products of one issuer.
    """

    min_trade: SmallestTrade = SMALLEST_TRADE
    no_trade_band: Share | None = None
    trading_cost: TradingCost = 0.0
    max_product_share: LargestShare | None = None
    max_issuer_share: LargestShare | None = None

    @cached_property
    def regions(self) -> NoTradeGrid:
        """Exact no-trade regions at the trading cost, which is above 0."""
        return NoTradeGrid.of(self.trading_cost)

    def shares(self, pack: RulePack) -> tuple[float, float]:
        """Largest fraction of wealth in one product and with one issuer; inf where nobody says."""
        product, issuer = (
            min(
                (rule.number or 0.0 for rule in pack.rules if rule.when == when),
                default=float("inf"),
            )
            for when in ("product_share", "issuer_share")
        )
        return (
            product if self.max_product_share is None else self.max_product_share,
            issuer if self.max_issuer_share is None else self.max_issuer_share,
        )
