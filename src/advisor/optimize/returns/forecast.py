"""How volatile the coming weeks are expected to be: a covariance with a short memory."""

from __future__ import annotations

from typing import Annotated

import numpy as np

from advisor.arrays import FloatArray
from advisor.data.market import Market
from advisor.optimize.returns.histories import common_window
from advisor.optimize.returns.mean import age_weights
from advisor.readers import Number
from advisor.validation import checked

HALF_LIFE = 10.0
"""Sessions after which a return counts half; 8 to 12 hold bands about as well."""
LONG_RUN = 0.05
"""Share that all the past has in the forecast, each return alike: calm weeks do not stay calm, and
without it a portfolio is largest just before they end (`benchmarks/risk_promises.py`)."""


Rows = Annotated[float, Number("It is in rows of the market, 15 say.", low=1.0)]


@checked
def forecast_covariance(market: Market, *, half_life: Rows = HALF_LIFE) -> FloatArray:
    """Annual covariance expected for the coming weeks, shape (n, n).

    Args:
        market: Returns of n assets.
        half_life: Rows (sessions of a daily market) after which a return counts half.

    Returns:
        Second moments around zero, weighted by age, with a twentieth of the weight spread over all
        the past: for any portfolio `w' F w` is the same average of the portfolio's own squared
        returns, so no optimiser can find a portfolio whose forecast is better than its past.
        Positive semidefinite.

    Raises:
        InputError: No Market, a half-life below one row, or fewer than three common rows.

    Source: J.P. Morgan and Reuters (1996), RiskMetrics technical document, section 5.2.
    """
    rows = common_window(market).rows
    weights = (1.0 - LONG_RUN) * age_weights(len(rows), half_life) + LONG_RUN / len(rows)
    weighted = rows * np.sqrt(weights)[:, None]
    return (weighted.T @ weighted) * market.periods_per_year
