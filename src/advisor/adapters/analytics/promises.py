"""What batches of advice promise, and how often it is broken."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from advisor import Market, RiskBands, evaluate_risk
from advisor.arrays import IntArray
from advisor.errors import InputError


def broken_promises(
    tables: list[pd.DataFrame], levels: Any, bands: RiskBands, market: Market | None, days: int
) -> list[dict[str, float]]:
    """How often each promise is broken in each batch, with a market also by the risk that came."""
    broken = [_promised(frame, levels, bands) for frame in tables]
    if market is None:
        return broken
    weights = [_weights_after(frame, market) for frame in tables]
    both = (levels > 0) & np.all([table.notna().all(axis=1) for table in weights], axis=0)
    for promises, table in zip(broken, weights, strict=True):
        risk = evaluate_risk(table[both], market, levels=levels[both], bands=bands, days=days)
        came = risk.summary()
        promises |= {
            f"realised_{name}": float(came[name]) for name in ("over", "under", "breached")
        }
    return broken


def _promised(frame: pd.DataFrame, levels: IntArray, bands: RiskBands) -> dict[str, float]:
    """Share of clients without a portfolio, above their band, and beyond their stress loss."""
    names, edges = ("expected_volatility", "stressed_loss"), ("upper_volatility", "stress_loss")
    volatility, loss = (frame[name].to_numpy(dtype=np.float64) for name in names)
    upper, stress = (np.array([np.nan, *getattr(bands, edge)])[levels] for edge in edges)
    suits = levels > 0
    faults = {
        "no_portfolio": np.isnan(volatility) & suits,
        "above_band": volatility > upper * (1.0 + 1e-9),
        "beyond_stress_loss": loss > stress * (1.0 + 1e-9),
    }
    return {name: float(bad.sum() / max(int(suits.sum()), 1)) for name, bad in faults.items()}


def _weights_after(frame: pd.DataFrame, market: Market) -> pd.DataFrame:
    """Portfolios after the orders, columns as the market's assets."""
    absent = [a for a in market.assets if f"after:{a}" not in frame.columns]
    if absent:
        why = f"market has {absent[:5]}, which no advisor knows. Leave them out."
        raise InputError(why, field="market", value=absent)
    return frame[[f"after:{a}" for a in market.assets]].set_axis(list(market.assets), axis=1)
