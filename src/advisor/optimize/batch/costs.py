"""Proportional trading costs round what each client holds, spread over the years they will keep
what they buy.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from advisor.arrays import BoolArray, FloatArray, numbers
from advisor.data.by_asset import in_order
from advisor.errors import InputError

ROUNDED = 0.01
"""Weights that are held may add up to more than 1 by this: rounding, and prices of different
moments."""


@dataclass(frozen=True, eq=False)
class TradingCost:
    """One-off proportional costs.

    Args:
        buy: Fraction of what is bought, by asset or client and asset: a number, (n,) or (c, n).
        sell: Of what is sold; None = as `buy`.
        holding_years: Years until the next such trade, a number or (c,): costs enter the annual
            objective divided by it.
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
    current: object,
    cost: float | FloatArray | TradingCost | None,
    status_quo: FloatArray,
    count: int,
    assets: Sequence[str],
    faults: dict[int, str] | None = None,
) -> CostRows | None:
    """Costs of `count` clients over n assets, or None where no trade costs anything.

    Args:
        current: Weights held, (n,) or (c, n), or None; what they leave of 1 is cash. What pandas
            labels by asset goes by its labels, as costs do.
        cost: One-off, spread over one year where it is not a `TradingCost`.
        status_quo: One-off cost of leaving what is held, felt and not paid, shape (1 or c,); spread
            as the other costs are.
        count: Clients c.
        assets: Ids, length n.
        faults: Where what cannot be used in one client's own row is noted, by row, instead of
            raised.

    Raises:
        InputError: Costs without holdings, another shape, a negative or infinite cost, holding
            years that are not positive, holdings above 1.
    """
    own = cost if isinstance(cost, TradingCost) else TradingCost(0.0 if cost is None else cost)
    years = client_rows(own.holding_years, "holding_years", count, 1, scalar_axis=0, faults=faults)
    why = "costs are spread over it, so it must be more than 0"
    noted = _own(own.holding_years, faults, axes=1)
    refuse(years <= 0.0, years, "holding_years", why, 1.0, noted, count)
    buy = _rates(own.buy, count, assets, faults)
    sell = buy if own.sell is None else _rates(own.sell, count, assets, faults)
    hold = None if current is None else _holdings(current, count, assets, faults)
    felt = status_quo[:, None]
    if not (buy.any() or sell.any() or felt.any()):
        return None
    if hold is None:
        raise InputError(
            "Costs were given but not what is held, so no trade can be told from a holding. Pass"
            " current, (n,) or (c, n).",
            field="current",
            value=None,
        )
    return CostRows(hold, (buy + felt) / years, (sell + felt) / years)


def _rates(
    value: object, count: int, assets: Sequence[str], faults: dict[int, str] | None
) -> FloatArray:
    """One-off costs of trading, shape (1 or c, n)."""
    value = in_order(value, assets, "cost")
    rates = client_rows(value, "cost", count, len(assets), faults=faults)
    why = "a trade does not pay, so it must be 0 or more"
    refuse(rates < 0.0, rates, "cost", why, 0.0, _own(value, faults), count)
    return rates


def _holdings(
    value: object, count: int, assets: Sequence[str], faults: dict[int, str] | None
) -> FloatArray:
    """Weights held, shape (1 or c, n)."""
    value = in_order(value, assets, "current")
    hold = client_rows(value, "current", count, len(assets), faults=faults)
    total = np.einsum("cn->c", hold)[:, None]
    why = (
        "current is weights, fractions of wealth that add up to at most 1, and not money; divide by"
        " the wealth"
    )
    noted = _own(value, faults)
    refuse(total > 1.0 + ROUNDED, total, "sum of current", why, 0.0, noted, count)
    return hold


def _own(value: object, faults: dict[int, str] | None, *, axes: int = 2) -> dict[int, str] | None:
    """Where faults of `value` are noted: nowhere, unless it has a row for each client."""
    return faults if np.ndim(value) == axes else None  # type: ignore[arg-type]


def client_rows(
    value: object,
    field: str,
    count: int,
    n: int,
    *,
    scalar_axis: int = 1,
    faults: dict[int, str] | None = None,
) -> FloatArray:
    """A number, (n,) or (c, n) as rows (1 or c, n), finite; with `scalar_axis=0` a vector holds one
    value a client instead.

    Args:
        value: What was given.
        field: Its name.
        count: Clients c.
        n: Assets.
        scalar_axis: What a vector runs over: 1 assets, 0 clients.
        faults: Where a value that is not finite in one client's own row is noted, by row, instead
            of raised; it is 0 then.

    Raises:
        InputError: Another shape, or a value that is not finite.
    """
    array = numbers(value, field)
    shape = array.shape
    if array.ndim == 1 and scalar_axis == 0:
        array = array[:, None]
    if array.ndim == 0:
        array = np.full((1, n), float(array))
    rows = np.ascontiguousarray(np.atleast_2d(array))
    if rows.ndim != 2 or rows.shape[1] != n or rows.shape[0] not in (1, count):
        raise InputError(
            f"{field} has shape {shape}, but a number, ({n},) or ({count}, {n}) is needed; one row"
            " a client.",
            field=field,
            value=shape,
        )
    bad = ~np.isfinite(rows)
    # nothing that can be used is nobody's own mistake
    own = None if bad.all() else _own(value, faults, axes=2 if scalar_axis == 1 else 1)
    why = "what is not finite would spread into every weight; mend it"
    refuse(bad, rows, field, why, 0.0, own, count)
    return rows


def refuse(
    bad: BoolArray,
    rows: FloatArray,
    field: str,
    why: str,
    instead: float,
    faults: dict[int, str] | None,
    count: int,
) -> None:
    """Note the first bad value of each client's own row in `faults` and put `instead` in its place;
    raise where a value is everybody's.

    Raises:
        InputError: A bad value that is shared by all clients, or `faults` is None.
    """
    if not bad.any():
        return
    for i in np.flatnonzero(bad.any(axis=1)).tolist():
        j = int(bad[i].argmax())
        place = [k for k, length in zip((i, j), rows.shape, strict=True) if length > 1]
        problem = f"{field}{place or ''} is {rows[i, j]:g}; {why}."
        if faults is None or len(rows) != count:
            raise InputError(problem, field=field.removeprefix("sum of "), value=float(rows[i, j]))
        faults.setdefault(i, problem)
    rows[bad] = instead
