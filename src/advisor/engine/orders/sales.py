"""From what a client holds to their target: what to sell, what is lacking, what can be paid."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from advisor.arrays import BoolArray, FloatArray
from advisor.engine.kernels import trade_rows
from advisor.engine.orders.settings import LARGEST_PART, TradeSettings
from advisor.engine.universe.holdings import Holdings
from advisor.recommend.views import readonly

_NO_BANDS: FloatArray = np.zeros((0, 0))


@dataclass(frozen=True, eq=False)
class Trades:
    """Of c clients with e holdings over v vehicles.

    Attributes:
        sales: Money to sell of each holding, shape (e,).
        left: What stays after the sales, as fractions of wealth, shape (c, v).
        lacking: Money that each vehicle lacks then, shape (c, v).
        gaps: What of that there is money for, shape (c, v).
        budget: Money that may be spent, shape (c,).
    """

    sales: FloatArray
    left: FloatArray
    lacking: FloatArray
    gaps: FloatArray
    budget: FloatArray


@dataclass(frozen=True, eq=False)
class Worth:
    """Which trades are worth making, for c clients.

    Attributes:
        least: Smallest trade in money, shape (c,).
        above: Fraction of wealth above the target that is not sold, shape (c, v), or (0, 0).
        below: Fraction of wealth below the target at which what there is money for is bought last,
            of the same shape.
        unit: Smallest unit of money, shape (c,).
        cost: Of a trade, as a fraction of it.
    """

    least: FloatArray
    above: FloatArray
    below: FloatArray
    unit: FloatArray
    cost: float

    @classmethod
    def of(
        cls,
        settings: TradeSettings,
        wealth: FloatArray,
        targets: tuple[FloatArray, FloatArray],
        holds: FloatArray,
        unit: FloatArray,
    ) -> Worth:
        """By the settings of an advisor.

        Args:
            settings: Of the advisor.
            wealth: Money, shape (c,).
            targets: Weights, shape (c, v), and the effective risk aversions, shape (c,).
            holds: Money by vehicle, shape (c, v).
            unit: Smallest unit of money, shape (c,).
        """
        (weights, risk_aversion), band = targets, settings.no_trade_band
        least = np.minimum(settings.min_trade, LARGEST_PART * wealth)
        above: FloatArray = _NO_BANDS
        below: FloatArray = _NO_BANDS
        if band is not None and band > 0.0:
            above, below = np.full(weights.shape, band), np.zeros(weights.shape)
        elif band is None and settings.trading_cost > 0.0:
            above, below = np.zeros(weights.shape), np.zeros(weights.shape)
            inside = (holds > 0.0) & (weights > 0.0) & (weights < 1.0)
            rows, columns = (inside & (risk_aversion > 0.0)[:, None]).nonzero()
            below[rows, columns], above[rows, columns] = settings.regions.half_widths(
                weights[rows, columns], risk_aversion[rows]
            )
        return cls(least, above, below, unit, settings.trading_cost)

    def exact(self, rows: BoolArray) -> Worth:
        """The same, with every trade worth making for the clients in `rows`, shape (c,)."""
        above, below = (
            np.where(rows[:, None], 0.0, band) if len(band) else band
            for band in (self.above, self.below)
        )
        return Worth(np.where(rows, 0.0, self.least), above, below, self.unit, self.cost)


def trades_of(
    weights: FloatArray, wealth: FloatArray, invested: BoolArray, holdings: Holdings, worth: Worth
) -> Trades:
    """Sales and gaps between targets and holdings.

    Args:
        weights: Targets, shape (c, v); not read where there is none.
        wealth: Money, shape (c,).
        invested: Who has a target, shape (c,); the others trade nothing.
        holdings: What they hold.
        worth: Which trades are worth making.

    Returns:
        What does not suit a client is sold in full, unless it may not be sold. Of the rest as
        much is kept as takes no vehicle beyond its target, the dearest is sold first; where
        holdings are mixed over vehicles this is a linear programme, solved exactly. What is
        lacking is met from cash and the proceeds: first where a weight is below the lower edge of
        its no-trade region, each vehicle in proportion, then the rest. Row by row in a
        fixed order, so that a client's bits do not depend on who stands beside them.
    """
    sales: FloatArray = np.empty(len(holdings.rows))
    left, lacking, gaps = (np.empty(weights.shape) for _ in range(3))
    budget: FloatArray = np.empty(len(wealth))
    table = holdings.table
    read = (
        *(invested, wealth, weights, table.indptr, table.values, holdings.kind, holdings.fee),
        *(holdings.spread, holdings.by_vehicle, holdings.locked),
        *(worth.above, worth.below, worth.unit, worth.least),
    )
    trade_rows(*map(readonly, read), worth.cost, sales, left, lacking, gaps, budget)
    return Trades(sales, left, lacking, gaps, budget)
