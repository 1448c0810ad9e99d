"""Where the money of a rebalancing goes, told by an account book kept in decimal arithmetic."""

from __future__ import annotations

from decimal import Decimal, localcontext

import numpy as np
import pytest

from advisor.lifecycle import Rebalance, RebalancePolicy, band_edges, rebalance, review_holdings

QUIET = {"absolute": None, "relative": None, "drift": None}
"""A policy that only places flows."""
TINY = Decimal("1e-9")


def book(held: list[float], trades: list[float], flow: float, cost: float) -> dict[str, Decimal]:
    """The account after the trades: an independent book-keeper, one trade at a time.

    Sales are done first, then the client is paid what there is, then buys are paid.
    """
    with localcontext() as context:
        context.prec = 50
        rate, cash, fees = Decimal(cost), max(Decimal(flow), Decimal(0)), Decimal(0)
        owed = max(-Decimal(flow), Decimal(0))
        after = [Decimal(money) for money in held]
        for i, trade in enumerate(trades):
            if trade < 0.0:
                after[i] += Decimal(trade)
                fees += -Decimal(trade) * rate
                cash += -Decimal(trade) * (1 - rate)
        paid = min(cash, owed)
        cash -= paid
        for i, trade in enumerate(trades):
            if trade > 0.0:
                after[i] += Decimal(trade)
                fees += Decimal(trade) * rate
                cash -= Decimal(trade) * (1 + rate)
        return {
            "cash": cash,
            "fees": fees,
            "unfunded": owed - paid,
            "least": min(after),
            "all": sum(after, Decimal(0)),
        }


def faults(
    held: np.ndarray, flow: np.ndarray, policy: RebalancePolicy, plan: Rebalance
) -> set[str]:
    found: set[str] = set()
    for i in range(len(held)):
        told = book(held[i].tolist(), plan.trades[i].tolist(), float(flow[i]), policy.cost)
        scale = TINY * (1 + sum(map(Decimal, held[i].tolist())) + abs(Decimal(float(flow[i]))))
        worth = sum(map(Decimal, held[i].tolist()))
        payable = worth * (1 - Decimal(policy.cost))
        kept = (
            worth
            + Decimal(float(flow[i]))
            + Decimal(float(plan.unfunded[i]))
            - told["all"]
            - told["fees"]
        )
        checks = {
            "cash below zero": plan.cash[i] >= 0.0 and told["cash"] >= -scale,
            "cash told": abs(told["cash"] - Decimal(float(plan.cash[i]))) <= scale,
            "unfunded told": abs(told["unfunded"] - Decimal(float(plan.unfunded[i]))) <= scale,
            "unfunded true": (
                abs(told["unfunded"] - max(-Decimal(float(flow[i])) - payable, Decimal(0))) <= scale
            ),
            "cost": abs(told["fees"] - Decimal(float(plan.cost[i]))) <= scale,
            "sold short": told["least"] >= -scale,
            "money kept": abs(kept - Decimal(float(plan.cash[i]))) <= scale,
        }
        found |= {name for name, right in checks.items() if not right}
    return found


def accounts(seed: int, n: int, c: int = 60) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Empty positions, cents, empty accounts; flows of both signs, some of all there is and
    more."""
    rng = np.random.default_rng(seed)
    held = rng.gamma(0.7, 1e4, (c, n)) * (rng.random((c, n)) < 0.8) * (rng.random((c, 1)) < 0.95)
    held[rng.random((c, n)) < 0.1] = 0.01
    held[rng.random((c, n)) < 0.2] = np.floor(held[rng.random((c, n)) < 0.2].mean() if c else 0.0)
    target = rng.dirichlet(np.ones(n), c) * (rng.random((c, n)) < 0.8)
    target[:, 0] += target.sum(axis=1) == 0.0
    target /= target.sum(axis=1, keepdims=True)
    flow = rng.normal(0.0, 2e4, c) * (rng.random(c) < 0.9)
    everything = rng.random(c) < 0.2
    flow[everything] = -held[everything].sum(axis=1) * rng.choice(
        [0.5, 0.97, 0.98, 1.0, 1.2], everything.sum()
    )
    return held, target, flow


@pytest.mark.parametrize("cost", [0.0, 0.001, 0.02, 0.5, 0.95])
@pytest.mark.parametrize("to", ["target", "edge"])
def test_the_account_book_agrees_without_sizes(cost: float, to: str) -> None:
    for seed in range(6):
        held, target, flow = accounts(seed, 1 + seed * 2)
        for policy in (RebalancePolicy(to=to, cost=cost), RebalancePolicy(cost=cost, **QUIET)):  # type: ignore[arg-type]
            plan = rebalance(held, target, flow=flow, policy=policy)
            assert faults(held, flow, policy, plan) == set()
            np.testing.assert_allclose(plan.cash, 0.0, atol=1e-9)


@pytest.mark.parametrize("cost", [0.0, 0.01])
@pytest.mark.parametrize(
    ("minimum", "lot"), [(0.0, 60.0), (150.0, 0.0), (500.0, 997.0), (1e5, 0.0), (0.0, 1e5)]
)
def test_the_account_book_agrees_with_lots_and_smallest_trades(
    minimum: float, lot: float, cost: float
) -> None:
    for seed in range(8):
        held, target, flow = accounts(seed, 1 + seed)
        for extra in ({}, QUIET):
            policy = RebalancePolicy(min_trade=minimum, cost=cost, **extra)  # type: ignore[arg-type]
            plan = rebalance(
                held, target, flow=flow, policy=policy, lot_value=np.full(held.shape[1], lot)
            )
            assert faults(held, flow, policy, plan) == set()
            traded, size = plan.trades != 0.0, np.abs(plan.trades)
            exits = held + plan.trades <= 1e-9
            assert (size[traded & ~exits] >= minimum - 1e-9).all()
            if lot:
                whole = size[traded & ~exits] / lot
                np.testing.assert_allclose(whole, np.round(whole), atol=1e-6)


def test_the_book_catches_a_plan_that_overspends_and_one_that_hides_what_is_unpaid() -> None:
    held, target, flow = accounts(1, 5)
    policy = RebalancePolicy(cost=0.01, **QUIET)  # type: ignore[arg-type]
    free = rebalance(held, target, flow=flow, policy=RebalancePolicy(**QUIET))  # type: ignore[arg-type]
    object.__setattr__(free, "cost", 0.01 * np.abs(free.trades).sum(axis=1))
    assert {"cash below zero", "unfunded told"} <= faults(held, flow, policy, free)


@pytest.mark.parametrize(
    ("flow", "policy", "lot", "trade", "cash", "unfunded"),
    [
        (-100.0, {}, 60.0, -120.0, 20.0, 0.0),
        (-100.0, {"min_trade": 150.0}, None, -150.0, 50.0, 0.0),
        (-100.0, {"cost": 0.01}, None, -100.0 / 0.99, 0.0, 0.0),
        (100.0, {"cost": 0.01}, None, 100.0 / 1.01, 0.0, 0.0),
        (-1000.0, {"cost": 0.01}, None, -1000.0, 0.0, 10.0),
        (-1000.0, {}, 60.0, -1000.0, 0.0, 0.0),
        (-995.0, {}, 60.0, -1000.0, 5.0, 0.0),
        (-1300.0, {"min_trade": 5000.0, "cost": 0.1}, 60.0, -1000.0, 0.0, 400.0),
        (100.0, {}, 60.0, 60.0, 40.0, 0.0),
        (100.0, {"min_trade": 150.0}, None, 0.0, 100.0, 0.0),
    ],
)
def test_one_fund_by_hand(
    flow: float,
    policy: dict[str, float],
    lot: float | None,
    trade: float,
    cash: float,
    unfunded: float,
) -> None:
    plan = rebalance(
        [[1000.0]],
        [1.0],
        flow=flow,
        policy=RebalancePolicy(**QUIET, **policy),
        lot_value=lot and [lot],
    )  # type: ignore[arg-type]
    told = (plan.trades[0, 0], plan.cash[0], plan.unfunded[0])
    assert told == pytest.approx((trade, cash, unfunded), abs=1e-9)


def test_the_fund_that_brings_the_least_too_much_is_sold() -> None:
    """100 are wanted; lots of 70 and 55: 110 of the second, not 140 of the first, nor 125 of
    both."""
    plan = rebalance(
        [[700.0, 550.0]],
        [0.56, 0.44],
        flow=-100.0,
        policy=RebalancePolicy(**QUIET),
        lot_value=[70.0, 55.0],
    )  # type: ignore[arg-type]
    np.testing.assert_allclose(plan.trades, [[0.0, -110.0]])
    assert plan.cash[0] == pytest.approx(10.0)


@pytest.mark.parametrize("crumb", [0.01, 1.0, 10.0])
def test_a_crumb_is_no_reason_to_trade(crumb: float) -> None:
    held = [[5000.0 + 250.0, 5000.0 - 250.0, crumb]]
    plan = rebalance(held, [0.5, 0.5, 0.0])
    assert not plan.due[0]
    assert not plan.trades.any()
    small = rebalance([[5250.0, 4750.0, crumb]], [0.5, 0.4999, 0.0001])
    assert not small.due[0]


def test_what_should_not_be_held_is_still_sold() -> None:
    plan = rebalance([[5000.0, 4950.0, 50.0]], [0.5, 0.5, 0.0])
    assert plan.due[0]
    assert plan.trades[0, 2] == -50.0
    low, high = band_edges(np.array([0.0, 0.004, 0.1]), RebalancePolicy())
    np.testing.assert_allclose([low, high], [[0.0, 0.003, 0.075], [0.001, 0.005, 0.125]])


def test_a_review_tells_what_the_portfolio_cannot_pay() -> None:
    told = review_holdings(
        {"a": 1000.0}, {"a": 1.0}, policy=RebalancePolicy(cost=0.01), flow=-995.0
    )
    assert (told.unfunded, told.cash, told.cost) == pytest.approx((5.0, 0.0, 10.0))
