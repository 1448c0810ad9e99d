"""The walk over scenarios against the interior point, on every kind of limit and on scenarios that
are anything but normal."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor import InfeasibleError
from advisor.contracts import GroupLimit, LinearLimit, Mandate
from advisor.data import ReturnModel
from advisor.optimize import Preferences, optimal_over_scenarios
from advisor.optimize.limits.limits import limits_of
from advisor.optimize.scenarios import solver as module
from advisor.optimize.scenarios.certificate import ScenarioProgram, Scenarios, prove_rows


def case(seed: int, c: int = 4) -> tuple[ReturnModel, Scenarios, Preferences, Mandate]:
    rng = np.random.default_rng(seed)
    n, t = int(rng.integers(1, 9)), int(rng.choice([5, 40, 120]))
    rows = rng.standard_t(3, (t, n)) * rng.uniform(0.02, 0.2, n) + rng.uniform(-0.02, 0.1, n)
    rows = rows.round(2) if rng.random() < 0.3 else rows  # ties
    if rng.random() < 0.2 and n > 1:
        rows[:, 0] = 0.02  # cash
    sigma = np.cov(rows.T, bias=True).reshape(n, n) + (1e-4 * np.eye(n) if t < n + 2 else 0.0)
    model = ReturnModel(
        [f"a{i}" for i in range(n)],
        rows.mean(axis=0),
        0.5 * (sigma + sigma.T),
        groups=[f"g{i % 2}" for i in range(n)],
    )
    told: dict[str, Any] = [
        {},
        {"max_weight": max(0.4, 1 / n)},
        {"min_weight": -0.3, "max_weight": 0.9},
    ][rng.integers(0, 3)]
    if rng.random() < 0.4 and n > 1:
        told["group_limits"] = (
            GroupLimit(
                group="g1",
                lower=float(rng.choice([0.1, 0.3])),
                upper=0.5 if rng.random() < 0.7 else 0.3,
            ),
        )
    if rng.random() < 0.4:
        told["linear_limits"] = (
            LinearLimit(name="stress", coefficients={"a0": 0.6, f"a{n - 1}": 0.2}, upper=0.35),
        )
    wants = Preferences(
        rng.uniform(0.5, 30.0, c),
        rng.choice([1.0, 1.5, 2.25, 6.0], c),
        rng.choice([-0.05, 0.0, 0.03], c),
    )
    return model, Scenarios(rows, float(rng.choice([1.0, 0.25]))), wants, Mandate(**told)


def by_interior_point(*data: Any) -> Any:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "walk_rows", lambda *given: np.zeros(len(given[2]), dtype=np.bool_))
        return optimal_over_scenarios(*data)


@given(st.integers(0, 10_000))
@settings(max_examples=40)
def test_the_walk_ends_where_the_interior_point_does(seed: int) -> None:
    model, scenarios, wants, mandate = case(seed)
    try:
        ours = optimal_over_scenarios(model, scenarios, wants, mandate)
    except InfeasibleError:
        return
    theirs = by_interior_point(model, scenarios, wants, mandate)
    assert ours.status.tolist() == theirs.status.tolist()
    solved = ours.status == "ok"
    np.testing.assert_allclose(
        ours.objective[solved], theirs.objective[solved], rtol=1e-7, atol=1e-8
    )
    assert (
        ours.duality_gap[solved] <= 1e-7 * np.maximum(1.0, np.abs(ours.objective[solved]))
    ).all()


def test_most_clients_are_walked() -> None:
    """Or the property above would compare the interior point with itself."""
    walked, clients = 0, 0
    with pytest.MonkeyPatch.context() as patch:
        walk = module.walk_rows

        def counted(*data: Any) -> np.ndarray:
            nonlocal walked, clients
            found = walk(*data)
            walked, clients = walked + int(found.sum()), clients + found.size
            return found

        patch.setattr(module, "walk_rows", counted)
        for seed in range(60):
            model, scenarios, wants, mandate = case(seed)
            try:
                optimal_over_scenarios(model, scenarios, wants, mandate)
            except InfeasibleError:
                continue
    assert walked > 0.8 * clients


def test_the_proof_sees_moved_weights_and_a_wrong_tilt() -> None:
    model, scenarios, wants, mandate = case(4)
    got = optimal_over_scenarios(model, scenarios, wants, mandate)
    assert (got.status == "ok").all()
    limits = limits_of(model, mandate)
    zero = np.zeros((len(wants), 1 + len(limits.row_names)))
    moved = np.roll(got.weights, 1, axis=1)
    assert (
        prove_rows(ScenarioProgram(model, limits, scenarios), wants, moved, got.tilt, zero)[1]
        > 1e-4
    ).any()
    assert (
        prove_rows(
            ScenarioProgram(model, limits, scenarios), wants, got.weights, 0.0 * got.tilt, zero
        )[1]
        > 1e-4
    ).any()


def test_a_wrong_walk_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    model, scenarios, wants, mandate = case(4)
    right = optimal_over_scenarios(model, scenarios, wants, mandate)
    walk = module.walk_over_scenarios

    def astray(*data: Any) -> Any:
        end = walk(*data)
        end.weights[:] = np.roll(end.weights, 1, axis=1)
        return end

    monkeypatch.setattr(module, "walk_over_scenarios", astray)
    again = optimal_over_scenarios(model, scenarios, wants, mandate)
    np.testing.assert_allclose(again.objective, right.objective, atol=1e-9)
