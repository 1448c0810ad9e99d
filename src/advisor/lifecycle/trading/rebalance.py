"""Rebalancing: flows first, then a trade to the target or to the edge of the bands where one is
due.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from advisor.annotations import Numbers
from advisor.arrays import BoolArray, FloatArray, IntArray
from advisor.errors import InputError
from advisor.lifecycle.inputs import array, spread, within
from advisor.lifecycle.trading.bands import (
    REASONS,
    RebalancePolicy,
    band_edges,
    rebalancing_due,
    to_edge,
)
from advisor.lifecycle.trading.cash_flow import drift, fill, money_table, target_table
from advisor.lifecycle.trading.rounding import place_trades
from advisor.privacy import hides
from advisor.validation import checked

_BLOCK = 8192
_SETTLED = 1e-12
"""A share of an outflow that is rounding, not money owed."""


@hides
@dataclass(frozen=True, eq=False, repr=False)
class Rebalance:
    """What to trade in each account.

    Attributes:
        trades: Money to buy (+) or sell (-), shape (c, n).
        due: Whether a rebalancing was due after the flow, shape (c,).
        reason_bits: Why; `reasons(i)` spells it out. Shape (c,).
        drift_before, drift_after: Shape (c,).
        turnover: Half of the money traded beyond the flow, over the value, shape (c,).
        cost: Money, shape (c,).
        cash: Money that stays uninvested because of lots and smallest trades, 0 or more, shape
            (c,).
        unfunded: Part of an outflow that the account cannot pay, all it holds being sold and the
            cost of that paid, shape (c,). Money is kept: holdings + flow + unfunded = holdings
            after the trades + cost + cash.
    """

    trades: FloatArray
    due: BoolArray
    reason_bits: IntArray
    drift_before: FloatArray
    drift_after: FloatArray
    turnover: FloatArray
    cost: FloatArray
    cash: FloatArray
    unfunded: FloatArray

    def reasons(self, i: int) -> tuple[str, ...]:
        """Row i's reasons: "band", "drift", "calendar"."""
        return tuple(name for b, name in enumerate(REASONS) if int(self.reason_bits[i]) >> b & 1)

    def __len__(self) -> int:
        return len(self.due)

    def __repr__(self) -> str:
        return (
            f"Rebalance({len(self):,} accounts, {int(self.due.sum()):,} due, cost"
            f" {self.cost.sum():,.2f})"
        )


@checked
def rebalance(
    holdings: object,
    target: object,
    *,
    policy: RebalancePolicy | None = None,
    flow: object = 0.0,
    months_since: FloatArray | float | None = None,
    lot_value: object = None,
) -> Rebalance:
    """Trades that bring accounts back to their target, cash flows first.

    Args:
        holdings: Money now, shape (c, n) or (n,).
        target: Target weights, (c, n) or (n,), rows adding up to 1.
        policy: When and how far; default `RebalancePolicy()`: narrower of 5 points and 25 % of the
            weight, or 3 % drift, to the target.
        flow: Money in (+) or out (-), (c,) or a number, costs included: at a cost of 1 % an inflow
            of 100 buys 99.01, and an outflow of 100 sells 101.01. It is placed first; only if the
            account still is due, more is traded.
        months_since: Months since the last rebalancing, where the policy has a calendar.
        lot_value: Money of one lot of each asset, (n,) or (c, n), 0 = any amount.

    Returns:
        One row an account. Where nothing is due, trades have the flow's sign only. An outflow is
        paid as long as the account can: where lots or smallest trades get in the way, a little more
        is sold and the rest stays as cash. Unless they do, drift after is 0 to the target, and no
        weight is outside its band to the edge, with the least possible turnover.

    Raises:
        InputError: Shapes disagree, holdings are negative, targets do not add up to 1, or a
            calendar lacks `months_since`.

    >>> plan = rebalance([70.0, 30.0], [0.6, 0.4])
    >>> plan.trades.round(2).tolist(), plan.reasons(0), plan.drift_before.round(2).tolist()
    ([[-10.0, 10.0]], ('band', 'drift'), [0.1])
    """
    held = money_table(holdings, "holdings")
    weights = target_table(target, held.shape)
    rules = policy or RebalancePolicy()
    moved = spread(flow, "flow", (len(held),))
    months = None if months_since is None else spread(months_since, "months_since", (len(held),))
    lots = _lots(lot_value, held.shape)
    within(moved, "flow", "It is money in (+) or out (-).")
    parts: list[Rebalance] = []
    for start in range(0, max(len(held), 1), _BLOCK):
        rows = slice(start, start + _BLOCK)
        since, each = (None if x is None else x[rows] for x in (months, lots))
        parts.append(_block(held[rows], weights[rows], rules, moved[rows], since, each))
    names = tuple(Rebalance.__dataclass_fields__)
    return Rebalance(*(np.concatenate([getattr(p, name) for p in parts]) for name in names))


def _block(
    held: FloatArray,
    target: FloatArray,
    policy: RebalancePolicy,
    flow: FloatArray,
    months: FloatArray | None,
    lots: FloatArray | None,
) -> Rebalance:
    # 1. the flow alone, its own cost included
    worth = held.sum(axis=1)
    rate = policy.cost
    paid = np.maximum(flow, -worth * (1.0 - rate))
    gross = np.where(flow < 0.0, np.maximum(flow / (1.0 - rate), -worth), flow / (1.0 + rate))
    placed = fill(held, target, gross)
    value = worth + gross
    # 2. whether more is due
    weights = _weights(held + placed, value)
    state = rebalancing_due(weights, target, policy, months_since=months)
    due = state.due & (value > 0.0)
    trades = placed
    if due.any():
        full = _traded(held, worth + paid, weights, target, policy) - held
        trades = np.where(due[:, None], full, placed)
    # 3. what can be placed of that
    cash, unfunded = np.zeros(len(held)), paid - flow
    unfunded[unfunded <= _SETTLED * np.abs(flow)] = 0.0
    if policy.min_trade > 0.0 or lots is not None:
        trades, cash, unfunded = place_trades(
            trades, held, flow, min_trade=policy.min_trade, lot_value=lots, cost=rate
        )
    traded = np.abs(trades).sum(axis=1)
    beyond = np.maximum(traded - np.abs(gross), 0.0)
    after = held + trades
    return Rebalance(
        trades=trades,
        due=due,
        reason_bits=np.where(due, state.reason_bits, 0),
        drift_before=np.where(worth > 0.0, drift(_weights(held, worth), target), 0.0),
        drift_after=np.where(value > 0.0, drift(_weights(after, after.sum(axis=1)), target), 0.0),
        turnover=0.5 * np.divide(beyond, value, out=np.zeros_like(value), where=value > 0.0),
        cost=rate * traded,
        cash=cash,
        unfunded=unfunded,
    )


def _traded(
    held: FloatArray,
    money: FloatArray,
    weights: FloatArray,
    target: FloatArray,
    policy: RebalancePolicy,
) -> FloatArray:
    """Money in each asset after a full rebalancing that pays its own costs, shape (c, n).

    What is left, L, solves L = money - cost * sum |goal * L - held|. The gap between the sides is
    concave and piecewise linear in L, so Newton's steps from above go down to the root and end on
    its piece, exactly, after at most one step a kink.
    """
    goal = target if policy.to == "target" else to_edge(weights, target, policy)
    left = np.maximum(money, 0.0)
    for _ in range(held.shape[1] + 2 if policy.cost > 0.0 else 0):
        gap = goal * left[:, None] - held
        miss = money - policy.cost * np.abs(gap).sum(axis=1) - left
        slope = 1.0 + policy.cost * (goal * np.sign(gap)).sum(axis=1)
        again = np.maximum(left + miss / slope, 0.0)
        moving = np.abs(again - left) > 1e-15 * money
        if not moving.any():
            break
        left = np.where(moving, again, left)  # a row that is done does not know the others
    return goal * left[:, None]


def _weights(money: FloatArray, value: FloatArray) -> FloatArray:
    return money / np.where(value > 0.0, value, 1.0)[:, None]


def _lots(lot_value: object, shape: tuple[int, int]) -> FloatArray | None:
    if lot_value is None:
        return None
    lots = array(lot_value, "lot_value")
    if lots.shape not in (shape, shape[1:]) or not (np.isfinite(lots) & (lots >= 0.0)).all():
        raise InputError(
            f"lot_value has shape {lots.shape} and must be {shape} or {shape[1:]}, finite and 0 or"
            " more (0 = any amount).",
            field="lot_value",
            value=lots.shape,
        )
    return np.broadcast_to(lots, shape)


@checked
def inside_bands(weights: Numbers, target: FloatArray, policy: RebalancePolicy) -> BoolArray:
    """Which rows have every weight inside its band, shape (c,)."""
    low, high = band_edges(spread(target, "target", weights.shape), policy)
    return np.all((weights >= low - 1e-9) & (weights <= high + 1e-9), axis=1)
