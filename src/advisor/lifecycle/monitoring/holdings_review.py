"""What a client holds, how it stands to the target, what to trade and why: one object to talk
about.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np
import pandas as pd

from advisor.arrays import check_number, check_type
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
        policy: As in `rebalance`.
        flow: Money in (+) or out (-).
        months_since: As in `rebalance`.

    Returns:
        The review; the trades are `rebalance`'s, so that review and order agree to the bit.

    Raises:
        InputError: The target holds an asset that may not be bought, weights do not add up to 1, or
            there is no money.
    """
    # 1. what is held, and what may be
    rules, allowed = policy or RebalancePolicy(), dict(eligible or {})
    names = _read(holdings, target, allowed, flow)
    money, goal = (np.array([part.get(a, 0.0) for a in names]) for part in (holdings, target))
    # 2. the trades, and a line an asset
    plan = rebalance(money, goal, policy=rules, flow=flow, months_since=months_since)
    trades, due = plan.trades[0], bool(plan.due[0])
    weight, after = (x / (float(x.sum()) or 1.0) for x in (money, money + trades))
    table = np.stack([money, weight, goal, *band_edges(goal, rules), trades, after], axis=1)
    lines = [
        _line(name, row, allowed.get(name, True), due)
        for name, row in zip(names, table.tolist(), strict=True)
    ]
    lines.sort(key=lambda line: (-abs(line.weight - line.target), line.asset))
    drifts = (float(plan.drift_before[0]), float(plan.drift_after[0]))
    left = (float(plan.cost[0]), float(plan.cash[0]), float(plan.unfunded[0]))
    return HoldingsReview(tuple(lines), float(money.sum()), *drifts, due, plan.reasons(0), *left)


def _read(
    holdings: Mapping[str, float],
    target: Mapping[str, float],
    eligible: Mapping[str, bool],
    flow: float,
) -> list[str]:
    """All assets in order. Raises `InputError` for what `review_holdings` cannot review."""
    for field, numbers in (("holdings", holdings), ("target", target)):
        for asset, number in numbers.items():
            check_type(asset, str, field, "Name each asset by its id.")
            check_number(number, field, "It is money, or a weight.", low=0.0, key=asset)
    for asset, may in cast("Mapping[str, object]", eligible).items():
        if not isinstance(may, bool | np.bool_):
            check_type(may, (), "eligible", "Say True or False.", key=asset)
    banned = [a for a, w in target.items() if w > 0.0 and not eligible.get(a, True)]
    money = sum(holdings.values()) + flow
    if banned or money <= 0.0:
        raise InputError(
            f"The target wants {banned}, which the client may not buy, or there is no money"
            f" ({money:,.2f}) to review; correct the target.",
            field="target",
            value=banned,
        )
    return sorted({*holdings, *target})


def _line(name: str, numbers: Sequence[float], eligible: bool, due: bool) -> HoldingLine:
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
