"""What a client holds, how it stands to the target, what to trade and why: one object to talk
about.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from advisor.arrays import check_number
from advisor.errors import InputError
from advisor.lifecycle.trading.bands import RebalancePolicy, band_edges
from advisor.lifecycle.trading.rebalance import rebalance
from advisor.privacy import hides
from advisor.validation import checked


@hides
@dataclass(frozen=True)
class HoldingLine:
    """One asset.

    Attributes:
        asset: Its id.
        money, weight: Held now.
        target: Weight it should have.
        lower, upper: Edges of its band.
        standing: "inside", "above" or "below" its band, or "not_eligible".
        trade: Money to buy (+) or sell (-).
        after: Weight after the trade.
        reason: Why it is traded or left.
    """

    asset: str
    money: float
    weight: float
    target: float
    lower: float
    upper: float
    standing: str
    trade: float
    after: float
    reason: str


@hides
@dataclass(frozen=True, repr=False)
class HoldingsReview:
    """A portfolio against its target.

    Attributes:
        lines: One an asset held or wanted, largest gap first.
        value: Money.
        drift: Now.
        drift_after: After the trades.
        due: Whether more is traded than the flow.
        reasons: Why: "band", "drift", "calendar".
        cost: Of the trades, money.
        cash: Money that smallest trades leave uninvested.
        unfunded: Part of an outflow that the portfolio cannot pay.
    """

    lines: tuple[HoldingLine, ...]
    value: float
    drift: float
    drift_after: float
    due: bool
    reasons: tuple[str, ...]
    cost: float
    cash: float = 0.0
    unfunded: float = 0.0

    def to_frame(self) -> pd.DataFrame:
        """One row an asset."""
        return pd.DataFrame([vars(line) for line in self.lines]).set_index("asset")

    def __repr__(self) -> str:
        what = f"due for {', '.join(self.reasons)}" if self.due else "nothing due"
        return (
            f"HoldingsReview({self.value:,.2f} in {len(self.lines)} assets, drift {self.drift:.1%},"
            f" {what})"
        )


@checked
def review_holdings(
    holdings: Mapping[str, float],
    target: Mapping[str, float],
    *,
    eligible: Mapping[str, bool] | None = None,
    policy: RebalancePolicy | None = None,
    flow: float = 0.0,
    months_since: float | None = None,
) -> HoldingsReview:
    """Review one client's holdings.

    Args:
        holdings: Money by asset, 0 or more.
        target: Weight by asset, adding up to 1.
        eligible: Whether the client may buy each asset; what is not named may be bought. What they
            may not buy any more is kept or sold, never topped up.
        policy: When and how far to trade; default `RebalancePolicy()`.
        flow: Money in (+) or out (-).
        months_since: Months since the last rebalancing, where the policy has a calendar.

    Returns:
        The review; the trades are `rebalance`'s, so that review and order agree to the bit.

    Raises:
        InputError: The target holds an asset that may not be bought, weights do not add up to 1, or
            there is no money.
    """
    for field, numbers in (("holdings", holdings), ("target", target)):
        for asset, number in numbers.items():
            check_number(number, field, "It is money, or a weight.", low=0.0, key=asset)
    rules = policy or RebalancePolicy()
    allowed = eligible or {}
    banned = [a for a, w in target.items() if w > 0.0 and not allowed.get(a, True)]
    names = sorted(set(holdings) | set(target))
    money = np.array([holdings.get(a, 0.0) for a in names])
    if banned or money.sum() + flow <= 0.0:
        raise InputError(
            f"The target wants {banned}, which the client may not buy, or there is no money"
            f" ({money.sum() + flow:,.2f}) to review; correct the target.",
            field="target",
            value=banned,
        )
    goal = np.array([target.get(a, 0.0) for a in names])
    plan = rebalance(money, goal, policy=rules, flow=flow, months_since=months_since)
    low, high = band_edges(goal, rules)
    weight = money / max(float(money.sum()), 1e-300)
    after = money + plan.trades[0]
    after = after / (float(after.sum()) or 1.0)
    lines = [
        _line(
            name,
            tuple(float(x[i]) for x in (money, weight, goal, low, high, plan.trades[0], after)),
            allowed.get(name, True),
            bool(plan.due[0]),
        )
        for i, name in enumerate(names)
    ]
    lines.sort(key=lambda line: (-abs(line.weight - line.target), line.asset))
    drifts, due = (float(plan.drift_before[0]), float(plan.drift_after[0])), bool(plan.due[0])
    left = (float(plan.cost[0]), float(plan.cash[0]), float(plan.unfunded[0]))
    return HoldingsReview(tuple(lines), float(money.sum()), *drifts, due, plan.reasons(0), *left)


def _line(name: str, numbers: tuple[float, ...], eligible: bool, due: bool) -> HoldingLine:
    money, weight, target, low, high, trade, after = numbers
    standing = "above" if weight > high + 1e-12 else "below" if weight < low - 1e-12 else "inside"
    standing = standing if eligible else "not_eligible"
    if trade == 0.0:
        right = "it is where it should be, or the trade would be too small"
        reason = f"No trade: {right if due else 'nothing is due'}."
    else:
        whole = "the whole portfolio goes back to its target"
        cause = {
            "not_eligible": "it may no longer be bought and the target holds none",
            "above": f"it is above its band of {low:.1%} to {high:.1%}",
            "below": f"it is below its band of {low:.1%} to {high:.1%}",
            "inside": whole if due else "it is where the flow closes the largest gap",
        }[standing]
        reason = (
            f"{'Buy' if trade > 0.0 else 'Sell'} {abs(trade):,.2f}: it is {weight:.1%} of the"
            f" portfolio for a target of {target:.1%}; {cause}."
        )
    return HoldingLine(name, money, weight, target, low, high, standing, trade, after, reason)
