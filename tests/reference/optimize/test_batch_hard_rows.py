"""Batches where pivoting alone gives up: singular and duplicate assets, caps that add up to 1,
fixed weights, equalities, no risk aversion at all.

The referee knows nothing of our multipliers: the objective is linearised at the weights, and HiGHS
says how much better any portfolio could be (by concavity a bound), with what is bought and sold as
variables of its own.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.optimize import linprog

from advisor import InfeasibleError
from advisor.contracts import GroupLimit, LinearLimit, Mandate
from advisor.data import ReturnModel
from advisor.optimize import Preferences, TradingCost, optimal_portfolios, trace_frontier
from advisor.optimize.limits.limits import Limits, limits_of


def market(rng: np.random.Generator) -> ReturnModel:
    n = int(rng.choice([2, 3, 5, 8, 10, 12, 20]))
    x = rng.normal(size=(int(rng.integers(1, n + 2)), n)) * rng.uniform(0.02, 0.3, n)
    sigma = x.T @ x / len(x)
    kind = rng.integers(0, 5)
    if kind == 0:
        sigma = np.diag(rng.choice([0.0, 0.04, 0.09], n))
    if kind == 1:
        sigma[:, -1], sigma[-1] = sigma[:, 0], sigma[0]
        sigma[-1, -1] = sigma[0, 0]
        sigma[0, -1] = sigma[-1, 0] = sigma[0, 0]
    if kind == 2:
        sigma = np.full((n, n), 0.04)
    mean = [
        np.full(n, 0.05),
        rng.normal(0.05, 0.05, n).round(1),
        rng.normal(0.05, 0.05, n).round(2),
    ][rng.integers(0, 3)]
    return ReturnModel(
        [f"a{i}" for i in range(n)],
        mean,
        0.5 * (sigma + sigma.T),
        groups=[str(g) for g in rng.integers(0, 3, n)],
    )


def mandate_of(rng: np.random.Generator, model: ReturnModel) -> Mandate:
    n, edges = len(model), [(0.0, 0.5), (0.2, 0.2), (0.1, 0.4), (0.0, 0.25)]
    told: dict[str, Any] = [
        {"max_weight": 1 / n},
        {"max_weight": min(1.0, 2 / n)},
        {"min_weight": -0.5, "max_weight": 0.7},
        {},
    ][rng.integers(0, 4)]
    if rng.random() < 0.4:
        told["bounds"] = {"a0": [(0.0, 0.0), (0.1, 0.1), (-0.1, -0.1)][rng.integers(0, 3)]}
    if rng.random() < 0.5:
        named = [
            (g, *edges[rng.integers(0, 4)]) for g in sorted(set(model.groups)) if rng.random() < 0.7
        ]
        told["group_limits"] = tuple(
            GroupLimit(group=g, lower=low, upper=high) for g, low, high in named
        )
    if rng.random() < 0.4:
        loss = {f"a{i}": float(v) for i, v in enumerate(np.round(rng.uniform(-0.2, 0.6, n), 1))}
        told["linear_limits"] = (LinearLimit(name="stress", coefficients=loss, upper=0.3),)
    return Mandate(**told)


def best_gain(
    model: ReturnModel,
    limits: Limits,
    upper: np.ndarray,
    hold: np.ndarray,
    rates: tuple[float, float],
    gamma: float,
    w: np.ndarray | None,
) -> float:
    """What the linearised objective, divided by gamma above 1, could still gain; nan where nothing
    is feasible. No weights: only feasibility is asked."""
    n = len(model)
    risk, reward = (1.0, 0.0) if np.isinf(gamma) else (min(gamma, 1.0), 1.0 / max(gamma, 1.0))
    buy, sell = reward * rates[0], reward * rates[1]
    gradient = np.zeros(n) if w is None else risk * model.covariance @ w - reward * model.mean
    rows, edges = (
        np.vstack([limits.rows, -limits.rows]),
        np.concatenate([limits.row_upper, -limits.row_lower]),
    )
    rows, edges = rows[np.isfinite(edges)], edges[np.isfinite(edges)]
    split = np.hstack([np.eye(n), -np.eye(n), np.eye(n)])
    solved = linprog(
        np.concatenate([gradient, np.full(n, buy), np.full(n, sell)]),
        A_ub=np.hstack([rows, np.zeros((len(rows), 2 * n))]),
        b_ub=edges,
        A_eq=np.vstack([np.concatenate([np.ones(n), np.zeros(2 * n)]), split]),
        b_eq=np.concatenate([[1.0], hold]),
        bounds=[*zip(limits.lower.tolist(), upper.tolist(), strict=True), *[(0.0, None)] * (2 * n)],
        options={"primal_feasibility_tolerance": 1e-10, "dual_feasibility_tolerance": 1e-10},
    )
    if solved.status != 0:
        return np.nan
    if w is None:
        return 0.0
    change = w - hold
    return float(
        gradient @ w
        + buy * np.maximum(change, 0.0).sum()
        + sell * np.maximum(-change, 0.0).sum()
        - solved.fun
    )


@pytest.mark.parametrize("block", range(6))
def test_hard_rows_are_solved_and_only_contradictions_are_called_so(block: int) -> None:
    refused = solved = 0
    for seed in range(25 * block, 25 * block + 25):
        rng = np.random.default_rng(seed)
        model = market(rng)
        try:
            mandate = mandate_of(rng, model)
            limits, n, c = limits_of(model, mandate), len(model), 3
            upper = np.maximum(
                limits.lower,
                np.where(rng.random((c, n)) < 0.2, 0.0, rng.choice([0.25, 0.5, 1.0], (c, n))),
            )
            hold = rng.dirichlet(np.ones(n), c)
            rates = (float(rng.choice([0.0, 0.002, 0.01])), float(rng.choice([0.0, 0.01])))
            gamma = rng.choice([0.0, 0.5, 3.0, 20.0, np.inf], c)
            got = optimal_portfolios(
                model,
                mandate,
                Preferences(gamma),
                upper=upper,
                current=hold,
                cost=TradingCost(*rates),
            )
        except InfeasibleError:
            continue
        for i in range(c):
            own = np.minimum(limits.upper, upper[i])
            if got.status[i] == "infeasible":
                refused += 1
                assert np.isnan(
                    best_gain(model, limits, own, hold[i], rates, float(gamma[i]), None)
                ), (seed, i)
                continue
            w = got.weights[i]
            value = limits.rows @ w
            assert abs(w.sum() - 1.0) <= 1e-8, (seed, i)
            assert (w >= limits.lower - 1e-8).all(), (seed, i)
            assert (w <= own + 1e-8).all(), (seed, i)
            assert (value >= limits.row_lower - 1e-8).all(), (seed, i)
            assert (value <= limits.row_upper + 1e-8).all(), (seed, i)
            assert best_gain(model, limits, own, hold[i], rates, float(gamma[i]), w) <= 2e-8, (
                seed,
                i,
            )
            solved += 1
    assert solved >= 20
    assert refused >= 3


def test_a_cap_at_the_least_volatility_leaves_one_portfolio() -> None:
    rng = np.random.default_rng(3)
    model = ReturnModel(["a", "b", "c"], [0.02, 0.05, 0.08], np.diag([0.01, 0.02, 0.05]))
    least = float(trace_frontier(model).volatility[0])
    only = trace_frontier(model, Mandate(max_volatility=least))
    gamma = rng.uniform(0.1, 50.0, 5)
    np.testing.assert_allclose(
        only.at_risk_aversion(gamma), np.tile(only.weights[0], (5, 1)), atol=1e-12
    )
    assert only.kkt_residuals(only.at_risk_aversion(gamma), gamma).max() <= 1e-12
