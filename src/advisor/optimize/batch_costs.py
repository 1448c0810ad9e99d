"""Proportional trading costs round what each client holds, spread over the years he will keep what he buys."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from advisor.arrays import FloatArray
from advisor.errors import InputError


@dataclass(frozen=True, eq=False)
class TradingCost:
    """One-off proportional costs.

    Args:
        buy: Fraction of what is bought, by asset or client and asset: a number, (n,) or (c, n).
        sell: Of what is sold; None = as `buy`.
        holding_years: Years until the next such trade, a number or (c,): costs enter the annual objective divided by it.
    """

    buy: object
    sell: object = None
    holding_years: object = 1.0


@dataclass(frozen=True, eq=False)
class CostRows:
    """Annual costs of c clients round their holdings; a leading axis of 1 serves all of them.

    Attributes:
        hold: Weights held now, shape (1 or c, n).
        buy: Annual cost of a unit bought, shape (1 or c, n).
        sell: Annual cost of a unit sold, shape (1 or c, n).
    """

    hold: FloatArray
    buy: FloatArray
    sell: FloatArray

    def total(self, weights: FloatArray) -> FloatArray:
        """Annual cost of moving to `weights` (c, n), shape (c,)."""
        change = weights - self.hold
        return np.einsum("cn->c", np.where(change > 0.0, self.buy * change, -self.sell * change))


def cost_rows(
    current: object, cost: float | FloatArray | TradingCost | None, status_quo: FloatArray, count: int, n: int
) -> CostRows | None:
    """Costs of `count` clients over `n` assets, or None where no trade costs anything.

    Args:
        current: Weights held, (n,) or (c, n), or None.
        cost: One-off, spread over one year where it is not a `TradingCost`.
        status_quo: One-off cost of leaving what is held, felt and not paid, shape (1 or c,); spread as the other costs are.
        count: Clients c.
        n: Assets.

    Raises:
        InputError: Costs without holdings, another shape, a negative or infinite cost, holding years that are not positive.
    """
    given = cost if isinstance(cost, TradingCost) else TradingCost(0.0 if cost is None else cost)
    years = client_rows(given.holding_years, "holding_years", count, 1, scalar_axis=0)
    if not (years > 0.0).all():
        raise InputError(
            f"holding_years is {float(years.min()):g}; costs are spread over it, so it must be positive.",
            field="holding_years",
            value=float(years.min()),
        )
    buy = client_rows(given.buy, "cost", count, n)
    sell = buy if given.sell is None else client_rows(given.sell, "cost", count, n)
    for rates in (buy, sell):
        if (rates < 0.0).any():
            raise InputError(
                f"cost is {float(rates.min()):g}; a trade does not pay. Give 0 or more.", field="cost", value=float(rates.min())
            )
    felt = status_quo[:, None]
    if not (buy.any() or sell.any() or felt.any()):
        return None
    if current is None:
        raise InputError(
            "Costs were given but not what is held, so no trade can be told from a holding. Pass current, (n,) or (c, n).",
            field="current",
            value=None,
        )
    hold = client_rows(current, "current", count, n)
    return CostRows(hold, (buy + felt) / years, (sell + felt) / years)


def client_rows(value: object, field: str, count: int, n: int, *, scalar_axis: int = 1) -> FloatArray:
    """A number, (n,) or (c, n) as rows (1 or c, n), finite; with `scalar_axis=0` a vector holds one value a client instead.

    Raises:
        InputError: Another shape, or a value that is not finite.
    """
    try:
        array = np.array(value, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise InputError(f"{field} is not numeric ({error}); pass numbers.", field=field, value=value) from error
    if array.ndim == 1 and scalar_axis == 0:
        array = array[:, None]
    if array.ndim == 0:
        array = np.full((1, n), float(array))
    rows = np.ascontiguousarray(np.atleast_2d(array))
    if rows.ndim != 2 or rows.shape[1] != n or rows.shape[0] not in (1, count):
        raise InputError(
            f"{field} has shape {array.shape}, but a number, ({n},) or ({count}, {n}) is needed; one row a client.",
            field=field,
            value=array.shape,
        )
    if not np.isfinite(rows).all():
        raise InputError(
            f"{field} holds a value that is not finite, which would spread into every weight; mend it.", field=field, value=None
        )
    return rows
