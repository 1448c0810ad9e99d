"""Claims: at least 200,000 accounts a second for bands and for cash flows, and review triggers for
a million clients in one call."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np

from advisor.data import ReturnModel
from advisor.lifecycle import (
    ClientStates,
    RebalancePolicy,
    Simulation,
    allocate_flow,
    goal_success,
    rebalance,
    review,
    stress_test,
)


def timed(work: Callable[[], object]) -> float:
    """CPU seconds of one call."""
    begin = time.process_time()
    work()
    return time.process_time() - begin


def states(count: int, rng: np.random.Generator) -> ClientStates:
    """Clients with every column known."""
    days = np.datetime64("2026-02-01") + rng.integers(-900, 900, (4, count))
    return ClientStates(
        tuple(map(str, range(count))), drift=rng.random(count) * 0.06, level=rng.integers(1, 6,
        count), advised_level=rng.integers(1, 6, count),
        valid_until=days[0], next_event=days[1], stress_loss=rng.random(count),
        stress_tolerance=rng.random(count), value=rng.random(count),
        peak_value=np.ones(count), drawdown_tolerance=rng.random(count),
        product_level=rng.integers(1, 6, count), age=rng.uniform(20, 90, count),
        age_at_review=rng.uniform(20, 90, count), kyc_changed_on=days[2], last_review=days[3],
    )  # fmt: skip


def tables(quick: bool = False) -> list[str]:
    """Rows a second of CPU, Markdown."""
    count, assets = (100_000, 10) if quick else (1_000_000, 10)
    rng = np.random.default_rng(0)
    held, target = rng.gamma(1.0, 1e4, (count, assets)), rng.dirichlet(np.ones(assets), count)
    near = held.sum(axis=1, keepdims=True) * target * rng.uniform(0.97, 1.03, held.shape)
    flow = rng.normal(0.0, 1e4, count)
    groups = ["equity"] * 5 + ["bonds"] * 5
    model = ReturnModel(
        [f"a{i}" for i in range(assets)],
        np.full(assets, 0.05),
        np.eye(assets) * 0.03,
        groups=groups,
    )
    people = states(count, rng)
    goals = 1_000 if quick else 10_000
    work: list[tuple[str, int, Callable[[], object]]] = [
        ("cash flows, water-filling", count, lambda: allocate_flow(held, target, flow)),
        (
            "bands, nothing due",
            count,
            lambda: rebalance(near, target, policy=RebalancePolicy(drift=None)),
        ),
        (
            "bands, to the target with costs",
            count,
            lambda: rebalance(held, target, policy=RebalancePolicy(cost=0.001)),
        ),
        (
            "bands, to the edge",
            count,
            lambda: rebalance(held, target, policy=RebalancePolicy(to="edge", drift=None)),
        ),
        (
            "stress, 15 scenarios with caps",
            count,
            lambda: stress_test(target, model, tolerance=0.2),
        ),
        ("review, 12 triggers", count, lambda: review(people, as_of="2026-02-01")),
        (
            "goals, closed form",
            count,
            lambda: goal_success(
                np.full(count, 100.0),
                150.0,
                10.0,
                0.06,
                0.15,
                simulation=Simulation(client_ids=people.client_ids),
            ),
        ),
        (
            "goals with monthly saving, 10 years, 500 paths",
            goals,
            lambda: goal_success(
                np.full(goals, 100.0),
                250.0,
                10.0,
                0.06,
                0.15,
                saving=1.0,
                simulation=Simulation(500),
            ),
        ),
    ]
    lines = ["| work (10 assets) | rows | CPU s | rows / s |", "|---|---|---|---|"]
    for name, rows, call in work:
        spent = timed(call)
        lines.append(f"| {name} | {rows:,} | {spent:.2f} | {rows / spent:,.0f} |")
    return ["### Lifecycle: a million accounts", "\n".join(lines)]


if __name__ == "__main__":
    print("\n\n".join(tables()))
