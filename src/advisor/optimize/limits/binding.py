"""Which limits hold a portfolio where it is, and what each of them costs."""

from __future__ import annotations

import numpy as np

from advisor.arrays import FloatArray
from advisor.optimize.limits.limits import Limits

ACTIVE = 1e-9
"""A limit is held with equality when it is this close."""


def binding_limits(
    limits: Limits,
    weights: FloatArray,
    costs: FloatArray,
    prices: FloatArray,
    risk_aversion: float,
    effective: float,
) -> list[tuple[str, float]]:
    """Limits held with equality at a positive price and those prices, dearest first.

    Args:
        limits: Bounds and rows.
        weights: Shape (n,).
        costs: Reduced cost of each asset, in units of the certificate's objective, shape (n,).
        prices: Of the rows, shape (r,).
        risk_aversion: The client's.
        effective: With the volatility cap's share.

    Returns:
        Prices in the client's objective `m'w - g/2 w'Sw`: what one more unit of the limit adds a
        year. Where `g` is inf, or the cap on volatility leaves nothing but the least risky
        portfolio, so that a unit of it is worth more than any number: of minus half the variance.
    """
    unit = max(effective, 1.0) if effective < np.inf else 1.0
    cap, price = limits.max_volatility, 0.0
    if cap is not None and effective > risk_aversion:
        price = cap if effective == np.inf else (effective - risk_aversion) * cap
    return held_limits(limits, weights, costs, prices, unit, price)


def held_limits(
    limits: Limits,
    weights: FloatArray,
    costs: FloatArray,
    prices: FloatArray,
    unit: float,
    cap_price: float,
) -> list[tuple[str, float]]:
    """Limits held with equality and their prices, dearest first, from reduced costs and prices of
    rows that are multiplied by `unit`.
    """
    dear, edge = np.abs(costs) * unit, np.where(costs > 0.0, limits.lower, limits.upper)
    held = ((dear > ACTIVE) & (np.abs(weights - edge) <= ACTIVE)).nonzero()[0].tolist()
    priced = [
        (name, dear.item(i))
        for i in held
        if (name := limits.bound_name(i, -1 if costs.item(i) > 0.0 else 1))
    ]
    for j, y in enumerate(prices.tolist()):
        if abs(y) * unit > ACTIVE:
            priced.append((limits.row_name(j, -1 if y > 0.0 else 1), abs(y) * unit))
    if cap_price > ACTIVE:
        priced.append(("max_volatility", cap_price))
    return sorted(priced, key=lambda item: -item[1])
