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
_STEPS = 48
"""Of Newton's method: two thirds a step until it is near, then twice the digits."""


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
        bands: Fraction of wealth above the target that is not sold, shape (c, v), or (0, 0).
        unit: Smallest unit of money, shape (c,).
        cost: Of a trade, as a fraction of it.
    """

    least: FloatArray
    bands: FloatArray
    unit: FloatArray
    cost: float

    @classmethod
    def of(
        cls,
        settings: TradeSettings,
        wealth: FloatArray,
        weights: FloatArray,
        risk_aversion: FloatArray,
        unit: FloatArray,
    ) -> Worth:
        """By the settings of an advisor.

        Args:
            settings: Of the advisor.
            wealth: Money, shape (c,).
            weights: Targets, shape (c, v).
            risk_aversion: The effective one, shape (c,).
            unit: Smallest unit of money, shape (c,).
        """
        least = np.minimum(settings.min_trade, LARGEST_PART * wealth)
        return cls(least, _bands(settings, weights, risk_aversion), unit, settings.trading_cost)

    def exact(self, rows: BoolArray) -> Worth:
        """The same, with every trade worth making for the clients in `rows`, shape (c,)."""
        bands = np.where(rows[:, None], 0.0, self.bands) if len(self.bands) else self.bands
        return Worth(np.where(rows, 0.0, self.least), bands, self.unit, self.cost)


def _bands(settings: TradeSettings, weights: FloatArray, risk_aversion: FloatArray) -> FloatArray:
    """As set, or by the law of `lifecycle.no_trade_half_width`."""
    if settings.no_trade_band is not None:
        return (
            _NO_BANDS
            if settings.no_trade_band == 0.0
            else np.full(weights.shape, settings.no_trade_band)
        )
    if settings.trading_cost == 0.0:
        return _NO_BANDS
    sure = np.isfinite(risk_aversion) & (risk_aversion > 0.0)
    gamma = np.where(sure, risk_aversion, 1.0)[:, None]
    inside = np.clip(np.nan_to_num(weights), 0.0, 1.0)
    cubed = 1.5 / gamma * inside * inside * (1.0 - inside) * (1.0 - inside) * settings.trading_cost
    return np.where(sure[:, None], cube_root(cubed), 0.0)


def cube_root(values: FloatArray) -> FloatArray:
    """Cube roots of numbers of 0 or more, by Newton's method from above: the same bits on every
    processor, which `np.cbrt` has not.
    """
    root = np.maximum(values, 1.0)
    for _ in range(_STEPS):
        root = (2.0 * root + values / (root * root)) / 3.0
    return np.where(values > 0.0, root, 0.0)


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
        lacking is met from cash and the proceeds, each vehicle in proportion. Row by row in a
        fixed order, so that a client's bits do not depend on who stands beside them.
    """
    sales: FloatArray = np.empty(len(holdings.rows))
    left, lacking, gaps = (np.empty(weights.shape) for _ in range(3))
    budget: FloatArray = np.empty(len(wealth))
    table = holdings.table
    read = (
        *(invested, wealth, weights, table.indptr, table.values, holdings.kind, holdings.fee),
        *(holdings.spread, holdings.by_vehicle, holdings.locked),
        *(worth.bands, worth.unit, worth.least),
    )
    trade_rows(*map(readonly, read), worth.cost, sales, left, lacking, gaps, budget)
    return Trades(sales, left, lacking, gaps, budget)
