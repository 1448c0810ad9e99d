"""Where money that comes in or goes out should land: water-filling, never a trade against the
flow.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from advisor.arrays import FloatArray
from advisor.errors import InputError
from advisor.lifecycle.inputs import array, spread, together, within
from advisor.privacy import hides

_BLOCK = 8192
"""Accounts worked on at once, so that their sorted gaps stay in the processor's cache."""


@hides
@dataclass(frozen=True, eq=False)
class FlowPlan:
    """What to do with each account's flow.

    Attributes:
        trades: Money to buy (+) or sell (-), shape (c, n); the sign is the flow's.
        unfunded: Part of an outflow that the holdings cannot pay, shape (c,).
        drift_before, drift_after: Half the sum of absolute weight gaps, shape (c,).
    """

    trades: FloatArray
    unfunded: FloatArray
    drift_before: FloatArray
    drift_after: FloatArray


def drift(weights: FloatArray, target: FloatArray) -> FloatArray:
    """Half the sum of absolute gaps between weights and target: the share of the money that stands
    in the wrong place.

    Args:
        weights: Shape (c, n) or (n,).
        target: Same, or (n,) for all.

    Returns:
        Shape (c,), or a scalar array for one row.

    Source: the definition published by Betterment.

    >>> float(drift(np.array([0.7, 0.3]), np.array([0.6, 0.4])).round(3))
    0.1
    """
    have, want = together(weights=weights, target=target)
    return 0.5 * np.abs(have - want).sum(axis=-1)


def money_table(value: object, field: str) -> FloatArray:
    """`value` as finite money of 0 or more, shape (c, n); one row is made of (n,).

    Raises:
        InputError: Another number of dimensions, not finite, or negative.
    """
    table = np.atleast_2d(array(value, field))
    bad = ~(np.isfinite(table) & (table >= 0.0))
    if table.ndim != 2 or bad.any():
        shown = table.shape if table.ndim != 2 else table[bad][0]
        raise InputError(
            f"{field} {'has shape' if table.ndim != 2 else 'holds'} {shown}; money is finite and"
            " not negative, one row an account. Correct it.",
            field=field,
            value=shown,
        )
    return table


def target_table(target: object, shape: tuple[int, int], field: str = "target") -> FloatArray:
    """`target` as weights that add up to 1 in every row, broadcast to `shape`.

    Raises:
        InputError: It does not fit the accounts, a weight is negative, or a row does not add up to
            1.
    """
    table = array(target, field)
    if table.shape not in (shape, shape[1:]):
        raise InputError(
            f"{field} has shape {table.shape}; {shape} or {shape[1:]} is needed.",
            field=field,
            value=table.shape,
        )
    total = table.sum(axis=-1)
    if not (table >= 0.0).all() or not (np.abs(total - 1.0) <= 1e-9).all():
        odd = float(np.ravel(total)[np.argmax(np.abs(np.ravel(total) - 1.0))])
        raise InputError(
            f"{field} weights must be 0 or more and add up to 1 (a row adds up to {odd:.6g}); scale"
            " them.",
            field=field,
            value=odd,
        )
    return np.broadcast_to(table, shape)


def allocate_flow(holdings: object, target: object, flow: object) -> FlowPlan:
    """Spread an inflow over what is short, take an outflow from what is long, as near to the target
    as that allows.

    Args:
        holdings: Money now, shape (c, n) or (n,).
        target: Target weights, (c, n) or (n,), rows adding up to 1.
        flow: Money in (+) or out (-), shape (c,) or a number.

    Returns:
        The plan that minimises the squared distance to the target among those that trade only in
        the flow's direction: an inflow never sells, an outflow never buys. The drift never
        increases, because no gap is overshot; it is 0 when the flow is large enough to close every
        gap. An outflow above the account's value sells everything and says what is left `unfunded`.
        O(n log n) an account.

    Raises:
        InputError: Holdings are negative or not finite, or the target does not add up to 1.

    >>> plan = allocate_flow([60.0, 20.0], [0.5, 0.5], 20.0)
    >>> plan.trades.tolist(), plan.drift_before.tolist(), plan.drift_after.tolist()
    ([[0.0, 20.0]], [0.25], [0.1])
    """
    held = money_table(holdings, "holdings")
    weights = target_table(target, held.shape)
    moved = spread(flow, "flow", (len(held),))
    within(moved, "flow", "It is money in (+) or out (-).")
    trades, unfunded = np.empty_like(held), np.empty(len(held))
    before, after = np.empty(len(held)), np.empty(len(held))
    for start in range(0, len(held), _BLOCK):
        rows = slice(start, start + _BLOCK)
        value = held[rows].sum(axis=1)
        paid = np.maximum(moved[rows], -value)
        trades[rows] = fill(held[rows], weights[rows], paid)
        unfunded[rows] = paid - moved[rows]
        before[rows] = _drift_of(held[rows], weights[rows], value)
        after[rows] = _drift_of(held[rows] + trades[rows], weights[rows], value + paid)
    return FlowPlan(trades, unfunded, before, after)


def fill(held: FloatArray, target: FloatArray, flow: FloatArray) -> FloatArray:
    """Water-filling, unchecked: trades of the flow's sign that add up to it and bring `held`
    nearest to the target, shape (c, n).

    With gap = target * (value + flow) - held, the minimiser of the squared distance is max(0, gap -
    level) for an inflow, mirrored for an outflow, with the one level at which the trades add up to
    the flow: the gaps are sorted and the level read off their running sums.
    """
    sign = np.where(flow < 0.0, -1.0, 1.0)
    size = np.abs(flow)
    gap = (target * (held.sum(axis=1) + flow)[:, None] - held) * sign[:, None]
    ranked = np.sort(gap, axis=1)[:, ::-1]
    level = (np.cumsum(ranked, axis=1) - size[:, None]) / np.arange(1, held.shape[1] + 1)
    last = np.maximum((ranked > level).sum(axis=1) - 1, 0)
    trades = np.maximum(gap - level[np.arange(len(gap)), last][:, None], 0.0)
    trades[size == 0.0] = 0.0
    total = trades.sum(axis=1)
    trades *= np.divide(size, total, out=np.ones_like(total), where=total > 0.0)[:, None]
    return np.where(sign[:, None] < 0.0, -np.minimum(trades, held), trades)


def _drift_of(money: FloatArray, target: FloatArray, value: FloatArray) -> FloatArray:
    gaps = np.abs(money - target * value[:, None]).sum(axis=1)
    return 0.5 * np.divide(gaps, value, out=np.zeros_like(gaps), where=value > 0.0)
