"""Flows, bands and trades: invariants of the mathematics, each with a broken copy that the property
catches."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.lifecycle import (
    RebalancePolicy,
    TaxLots,
    allocate_flow,
    band_edges,
    drift,
    holding_is_optimal,
    inside_bands,
    rebalance,
    sell_lots,
)
from advisor.lifecycle.trading.cash_flow import fill


def accounts(seed: int, n: int, c: int = 40) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Holdings with empty positions, targets with zeros, flows of both signs; some accounts empty,
    some flows 0."""
    rng = np.random.default_rng(seed)
    held = rng.gamma(0.7, 1e4, (c, n)) * (rng.random((c, n)) < 0.8) * (rng.random((c, 1)) < 0.95)
    target = rng.dirichlet(np.ones(n), c) * (rng.random((c, n)) < 0.8)
    target[:, 0] += target.sum(axis=1) == 0
    target /= target.sum(axis=1, keepdims=True)
    flow = rng.normal(0.0, 2e4, c) * (rng.random(c) < 0.9)
    return held, target, np.maximum(flow, -held.sum(axis=1))


SEEDS = {"seed": st.integers(0, 10**6), "n": st.integers(1, 12)}


def flow_faults(
    held: np.ndarray, target: np.ndarray, flow: np.ndarray, trades: np.ndarray
) -> list[str]:
    """Which promises of a flow's plan are broken."""
    value, after = held.sum(axis=1), held + trades
    total = value + flow
    faults = []
    if not np.allclose(trades.sum(axis=1), flow, atol=1e-6):
        faults.append("sum")
    if (trades * np.where(flow < 0.0, -1.0, 1.0)[:, None] < 0.0).any():
        faults.append("against")
    if (after < -1e-6).any():
        faults.append("short")
    live = (value > 0) & (total > 1e-6)
    before = drift(held[live] / value[live, None], target[live])
    now = drift(after[live] / total[live, None], target[live])
    if (now > before + 1e-9).any():
        faults.append("drift")
    gap = target * total[:, None] - held
    enough = live & (((gap >= 0) & (flow >= 0)[:, None]) | ((gap <= 0) & (flow < 0)[:, None])).all(
        axis=1
    )
    if (np.abs(after - target * total[:, None])[enough] > 1e-6).any():
        faults.append("closes")
    return faults


@given(**SEEDS)
def test_a_flow_never_trades_against_itself_and_never_adds_drift(seed: int, n: int) -> None:
    held, target, flow = accounts(seed, n)
    assert flow_faults(held, target, flow, allocate_flow(held, target, flow).trades) == []


@pytest.mark.parametrize(
    ("broken", "fault"),
    [
        (lambda h, w, f: w * f[:, None], "drift"),  # in proportion to the target
        (lambda h, w, f: w * (h.sum(axis=1) + f)[:, None] - h, "against"),  # a full rebalancing
        (lambda h, w, f: fill(h, w, f) * 1.01, "sum"),
        (lambda h, w, f: np.where(f[:, None] < 0, f[:, None] / h.shape[1], fill(h, w, f)), "short"),
    ],
)
def test_the_flow_property_catches(broken: Callable[..., np.ndarray], fault: str) -> None:
    held, target, flow = accounts(3, 6, 400)
    assert fault in flow_faults(held, target, flow, broken(held, target, flow))


@given(**SEEDS)
def test_water_filling_is_the_nearest_point(seed: int, n: int) -> None:
    """KKT of min |held + x - target * value|^2 with sum x = flow and x of the flow's sign: equal
    residual where x moves, no larger gap where it does not."""
    held, target, flow = accounts(seed, n)
    x = fill(held, target, flow)
    sign = np.where(flow < 0, -1.0, 1.0)[:, None]
    left = (target * (held.sum(axis=1) + flow)[:, None] - held - x) * sign
    moves = x * sign > 1e-6
    top = np.where(moves, left, -np.inf).max(axis=1)
    low = np.where(moves, left, np.inf).min(axis=1)
    some = moves.any(axis=1)
    assert (top[some] - low[some] <= 1e-5).all()
    still = np.where(~moves, left, -np.inf).max(axis=1)
    assert (still[some] <= low[some] + 1e-5).all()


@given(**SEEDS)
def test_rows_do_not_know_each_other(seed: int, n: int) -> None:
    held, target, flow = accounts(seed, n, 7)
    policy = RebalancePolicy(cost=0.002)
    whole = rebalance(held, target, flow=flow, policy=policy)
    for i in range(7):
        alone = rebalance(held[i : i + 1], target[i : i + 1], flow=flow[i : i + 1], policy=policy)
        assert alone.trades.tobytes() == whole.trades[i : i + 1].tobytes()
    assert (
        allocate_flow(held, target, flow).trades[::-1].tobytes()
        == allocate_flow(held[::-1], target[::-1], flow[::-1]).trades.tobytes()
    )


def rebalance_faults(held, target, flow, policy: RebalancePolicy, plan) -> list[str]:
    after = held + plan.trades
    live = after.sum(axis=1) > 1.0
    weights = after[live] / after[live].sum(axis=1, keepdims=True)
    faults = []
    if not np.allclose(
        plan.trades.sum(axis=1) + plan.cost + plan.cash, flow + plan.unfunded, atol=1e-5
    ):
        faults.append("money")
    if (after < -1e-6).any():
        faults.append("short")
    if not inside_bands(weights, target[live], policy).all():
        faults.append("band")
    if (plan.drift_after[live] > plan.drift_before[live] + 1e-9)[held[live].sum(axis=1) > 0].any():
        faults.append("drift")
    return faults


@given(**SEEDS, to=st.sampled_from(["target", "edge"]), cost=st.sampled_from([0.0, 0.001, 0.02]))
def test_after_a_rebalancing_every_weight_is_inside_and_the_money_adds_up(
    seed: int, n: int, to: str, cost: float
) -> None:
    held, target, flow = accounts(seed, n)
    policy = RebalancePolicy(to=to, cost=cost)
    assert (
        rebalance_faults(
            held, target, flow, policy, rebalance(held, target, flow=flow, policy=policy)
        )
        == []
    )


def test_the_rebalancing_property_catches_a_plan_that_forgets_costs_and_one_that_does_nothing() -> (
    None
):
    held, target, flow = accounts(5, 6, 200)
    policy = RebalancePolicy(cost=0.01)
    free = rebalance(held, target, flow=flow, policy=RebalancePolicy())
    lazy = rebalance(
        held, target, flow=flow, policy=RebalancePolicy(absolute=None, relative=None, drift=None)
    )
    object.__setattr__(free, "cost", 0.01 * np.abs(free.trades).sum(axis=1))
    assert "money" in rebalance_faults(held, target, flow, policy, free)
    assert "band" in rebalance_faults(held, target, flow, policy, lazy)


@given(**SEEDS)
def test_to_the_edge_trades_no_more_than_to_the_target(seed: int, n: int) -> None:
    held, target, _ = accounts(seed, n)
    edge, full = (
        rebalance(held, target, policy=RebalancePolicy(to=to)) for to in ("edge", "target")
    )
    assert (edge.turnover <= full.turnover + 1e-12).all()


@given(**SEEDS)
def test_the_edge_is_the_least_turnover_of_all_points_inside(seed: int, n: int) -> None:
    """Lower bound of any plan: what is above its band must be sold, what is below must be bought,
    and sales equal buys."""
    held, target, _ = accounts(seed, n)
    held = held[held.sum(axis=1) > 0]
    target = target[: len(held)]
    policy = RebalancePolicy(to="edge", drift=None)
    weights = held / held.sum(axis=1, keepdims=True)
    low, high = band_edges(target, policy)
    must = np.maximum(
        np.maximum(weights - high, 0).sum(axis=1), np.maximum(low - weights, 0).sum(axis=1)
    )
    np.testing.assert_allclose(rebalance(held, target, policy=policy).turnover, must, atol=1e-9)


@given(
    **SEEDS, minimum=st.sampled_from([0.0, 500.0, 3000.0]), lot=st.sampled_from([0.0, 100.0, 997.0])
)
def test_lots_and_smallest_trades_never_overspend(
    seed: int, n: int, minimum: float, lot: float
) -> None:
    held, target, flow = accounts(seed, n)
    policy = RebalancePolicy(min_trade=minimum, cost=0.001)
    plan = rebalance(held, target, flow=flow, policy=policy, lot_value=np.full(n, lot))
    after = held + plan.trades
    assert (after >= -1e-6).all()
    assert (plan.cash >= 0.0).all()
    exits = after <= 1e-6
    traded = np.abs(plan.trades) > 1e-9
    assert (np.abs(plan.trades)[traded & ~exits] >= minimum - 1e-6).all()
    if lot:
        lots = np.abs(plan.trades) / lot
        assert (np.abs(lots - np.round(lots))[traded & ~exits] < 1e-5).all()


@given(seed=st.integers(0, 10**6), n=st.integers(2, 6))
def test_no_trade_is_optimal_exactly_where_no_pair_of_assets_gains(seed: int, n: int) -> None:
    """Against small trades between every pair, evaluated: inside none helps, outside one does."""
    rng = np.random.default_rng(seed)
    mean, root = rng.normal(0.05, 0.03, n), rng.normal(0, 0.1, (n, n))
    sigma, cost, gamma = root @ root.T + 0.01 * np.eye(n), 0.01, 3.0
    weights = rng.dirichlet(np.ones(n), 30)
    best = holding_is_optimal(weights, mean, sigma, gamma, cost)
    step = 1e-6

    def utility(w: np.ndarray) -> float:
        return float(w @ mean - gamma / 2 * w @ sigma @ w)

    for row, still in zip(weights, best, strict=True):
        gains = [
            utility(row + step * (np.eye(n)[i] - np.eye(n)[j])) - utility(row) - 2 * cost * step
            for i in range(n)
            for j in range(n)
            if i != j and row[j] > step
        ]
        assert still == (max(gains) <= 1e-11)


def sold_by_brute_force(units, cost, wanted, price) -> float:
    """Smallest gain from selling whole units, one at a time from the dearest lot that is left:
    every choice is tried for small lots."""
    best = np.inf
    grid = [range(int(u) + 1) for u in units]
    for choice in np.array(np.meshgrid(*grid)).T.reshape(-1, len(units)):
        if choice.sum() == wanted:
            best = min(best, float((choice * (price - cost)).sum()))
    return best


@given(seed=st.integers(0, 10**6), rule=st.sampled_from(["highest_cost", "fifo"]))
def test_highest_cost_first_gives_the_smallest_gain(seed: int, rule: str) -> None:
    rng = np.random.default_rng(seed)
    units, cost = rng.integers(1, 4, 4).astype(float), rng.uniform(5, 15, 4).round(2)
    days = np.datetime64("2020-01-01") + rng.integers(0, 900, 4)
    wanted = float(rng.integers(0, int(units.sum()) + 1))
    sale = sell_lots(
        TaxLots(np.zeros(4, dtype=int), units, cost, days.astype("datetime64[D]")),
        [wanted],
        [10.0],
        on="2023-01-01",
        rule=rule,
    )
    assert sale.sold.sum() == pytest.approx(wanted)
    assert sale.short_gain + sale.long_gain == pytest.approx(sale.gain.sum())
    if rule == "highest_cost":
        assert sale.gain.sum() == pytest.approx(sold_by_brute_force(units, cost, wanted, 10.0))


def test_the_smallest_gain_property_catches_fifo() -> None:
    units, cost = np.array([2.0, 2.0]), np.array([5.0, 9.0])
    lots = TaxLots(
        np.zeros(2, dtype=int),
        units,
        cost,
        np.array(["2020-01-01", "2021-01-01"], dtype="datetime64[D]"),
    )
    sale = sell_lots(lots, [2.0], [10.0], on="2023-01-01", rule="fifo")
    assert sale.gain.sum() > sold_by_brute_force(units, cost, 2.0, 10.0)
