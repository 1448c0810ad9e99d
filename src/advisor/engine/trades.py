"""From what a client holds to what he should: what to sell, what is lacking, and what of it there is money for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from advisor.arrays import BoolArray, FloatArray
from advisor.engine.holdings import Holdings
from advisor.recommend.views import sealed


@dataclass(frozen=True, eq=False)
class Trades:
    """Of c clients with e holdings over v vehicles.

    Attributes:
        sales: Money to sell of each holding, shape (e,).
        left: What stays after the sales, as fractions of wealth, shape (c, v).
        lacking: Money that each vehicle lacks then, shape (c, v).
        gaps: What of that there is money for, shape (c, v).
    """

    sales: FloatArray
    left: FloatArray
    lacking: FloatArray
    gaps: FloatArray


def trades_of(weights: FloatArray, wealth: FloatArray, invested: BoolArray, holdings: Holdings) -> Trades:
    """Sales and gaps between targets and holdings.

    Args:
        weights: Targets, shape (c, v); not read where there is none.
        wealth: Money, shape (c,).
        invested: Who has a target, shape (c,); the others trade nothing.
        holdings: What they hold.

    Returns:
        Of each holding the largest share is sold that drives no vehicle it touches below target, if every holding sells its share; what is kept sells
        nothing. What is lacking is met from cash and the proceeds, each vehicle in proportion. Row by row in a fixed order, so that a client's bits do not
        depend on who stands beside him.
    """
    import advisor.engine.kernels as kernels

    sales: FloatArray = np.empty(len(holdings.rows))
    left, lacking, gaps = (np.empty(weights.shape) for _ in range(3))
    table = holdings.table
    given = (invested, wealth, weights, table.indptr, table.values, holdings.kept, holdings.spread, holdings.by_vehicle, holdings.locked)
    read = tuple(map(sealed, given))
    run: Any = kernels.trade_rows
    run(len(wealth), *read, sales, left, lacking, gaps)
    return Trades(sales, left, lacking, gaps)
