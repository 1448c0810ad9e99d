"""What a batch of advice promises, and how often it is broken."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from advisor import Market, RiskBands
from advisor.errors import InputError


def broken_promises(frame: pd.DataFrame, levels: Any, bands: RiskBands) -> dict[str, float]:
    """Share of clients without a portfolio, above their band, and beyond their stress loss."""
    upper, stress = (
        np.array([np.nan, *edge])[levels] for edge in (bands.upper_volatility, bands.stress_loss)
    )
    volatility, loss = (
        frame[name].to_numpy(dtype=np.float64) for name in ("expected_volatility", "stressed_loss")
    )
    suits = levels > 0
    count = max(int(suits.sum()), 1)
    return {
        "no_portfolio": float((np.isnan(volatility) & suits).sum() / count),
        "above_band": float((volatility > upper * (1.0 + 1e-9)).sum() / count),
        "beyond_stress_loss": float((loss > stress * (1.0 + 1e-9)).sum() / count),
    }


def weights_after(frame: pd.DataFrame, market: Market) -> pd.DataFrame:
    """Portfolios after the orders, columns as the market's assets."""
    absent = [a for a in market.assets if f"after:{a}" not in frame.columns]
    if absent:
        raise InputError(
            f"market has {absent[:5]}, which no advisor knows. Leave them out.",
            field="market",
            value=absent,
        )
    return frame[[f"after:{a}" for a in market.assets]].set_axis(list(market.assets), axis=1)
