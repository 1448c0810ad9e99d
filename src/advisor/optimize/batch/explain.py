"""Why a client's weights are what they are: the limits that bind, at their shadow prices, and what
costs keep them from trading.
"""

from __future__ import annotations

import numpy as np

from advisor.contracts.advice import Binding
from advisor.optimize.batch.pivot import AT_LOWER, AT_UPPER, HELD, PivotState
from advisor.optimize.batch.rows import BatchRows

CHEAP = 1e-9
"""A shadow price below this is rounding."""


def row_bindings(
    rows: BatchRows, state: PivotState, at: tuple[float, float, float], i: int
) -> tuple[Binding, ...]:
    """Binding limits of row `i`, dearest first.

    Args:
        rows: The programs.
        state: As solved.
        at: Effective risk aversion of this row (inf = least risk, and prices are then in units of
            half the variance), what a unit of mean is worth to the client, and the price of the cap
            on volatility.
        i: Row.

    Returns:
        Names as everywhere (`max_weight:a`, `group:g:upper`, ...), and `no_trade:a` where costs
        alone keep the weight where it is: its price is by how much, per unit traded and year,
        trading would have to become cheaper before the client trades. The others are what one more
        unit of the limit adds to the client's objective a year.
    """
    limits, weights, price = rows.limits_of_row(i), state.weights[i], state.price[i]
    gamma, reward, cap_price = at
    tolerance = 0.0 if np.isinf(gamma) else 1.0 / max(gamma, 1.0 / rows.steepest)
    unit = 1.0 if np.isinf(gamma) else max(gamma, 1.0 / rows.steepest)
    dear = unit if np.isinf(gamma) else unit * reward
    marginal = (
        np.einsum("j,ji->i", weights, rows.model.covariance)
        - tolerance * rows.model.mean
        - (price[0] - rows.level)
        - np.einsum("r,ri->i", price[1:], limits.rows)
    )
    kinks, below, above = (a[i % len(a)] for a in rows.kinks)
    bindings: list[Binding] = []
    for k, side in enumerate(state.side[i].tolist()):
        bent = kinks[k] > limits.lower[k]
        if side == HELD:
            pull = min(marginal[k] + tolerance * above[k], -(marginal[k] + tolerance * below[k]))
            bindings.append(
                Binding(
                    name=f"no_trade:{limits.assets[k]}", shadow_price=max(0.0, float(unit * pull))
                )
            )
        elif side in (AT_LOWER, AT_UPPER):
            slope = below[k] if bent and side == AT_LOWER else above[k]
            push = float(dear * (marginal[k] + tolerance * slope))
            edge = -1 if push > 0.0 else 1
            name = limits.bound_name(k, edge)
            fixed = limits.lower[k] == limits.upper[k]
            if name and abs(push) > CHEAP and (fixed or (edge < 0) == (side == AT_LOWER)):
                bindings.append(Binding(name=name, shadow_price=abs(push)))
    for j, value in enumerate((dear * price[1:]).tolist()):
        if abs(value) > CHEAP:
            bindings.append(
                Binding(name=limits.row_name(j, -1 if value > 0.0 else 1), shadow_price=abs(value))
            )
    if cap_price > CHEAP:
        bindings.append(Binding(name="max_volatility", shadow_price=cap_price))
    return tuple(sorted(bindings, key=lambda b: -b.shadow_price))
