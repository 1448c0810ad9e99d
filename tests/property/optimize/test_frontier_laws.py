"""Laws of the exact frontier; each is shown to catch a broken copy."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor import InfeasibleError
from advisor.contracts import GroupLimit, LinearLimit, Mandate
from advisor.data import ReturnModel
from advisor.optimize import Frontier, trace_frontier
from advisor.optimize.frontier.segments import Segments
from advisor.optimize.limits.multipliers import certify


@st.composite
def problems(draw: st.DrawFn) -> tuple[ReturnModel, Mandate]:
    n = draw(st.integers(1, 9))
    numbers = np.random.default_rng(draw(st.integers(0, 10_000)))
    factors = numbers.normal(size=(n, draw(st.integers(1, 4)))) * 0.12
    own = draw(st.sampled_from([0.0, 0.03, 0.15]))
    means = np.round(numbers.normal(0.05, 0.04, n), draw(st.integers(1, 6)))
    model = ReturnModel(
        [f"a{i}" for i in range(n)],
        means,
        factors @ factors.T + own**2 * np.eye(n),
        groups=["x" if i % 2 else "y" for i in range(n)],
    )
    cap = draw(st.sampled_from([1.0, 0.5, 1.0 / n, min(1.0, 2.0 / n)]))
    groups = (
        (GroupLimit(group="x", upper=draw(st.sampled_from([0.4, 0.6]))),)
        if n > 2 and cap == 1.0 and draw(st.booleans())
        else ()
    )
    short = -0.2 if draw(st.booleans()) and cap >= 0.5 else 0.0
    return model, Mandate(min_weight=short, max_weight=max(cap, 1.0 / n), group_limits=groups)


def feasible(frontier: Frontier, weights: np.ndarray) -> bool:
    limits = frontier.limits
    inside = (weights >= limits.lower - 1e-12).all() and (weights <= limits.upper + 1e-12).all()
    value = weights @ limits.rows.T
    rows = (value <= limits.row_upper + 1e-10).all() and (value >= limits.row_lower - 1e-10).all()
    return bool(inside and rows and np.abs(weights.sum(axis=-1) - 1.0).max() <= 1e-12)


GAMMAS = np.concatenate([[0.0], np.geomspace(0.02, 2000.0, 25), [np.inf]])


@given(problems())
def test_every_portfolio_is_feasible_and_certified_from_scratch(
    problem: tuple[ReturnModel, Mandate],
) -> None:
    model, mandate = problem
    frontier = trace_frontier(model, mandate)
    weights = frontier.at_risk_aversion(GAMMAS)
    assert feasible(frontier, weights)
    assert frontier.kkt_residual.max() <= 1e-9
    assert frontier.kkt_residuals(weights, GAMMAS).max() <= 1e-9
    for i in (0, 7, 13, 26):
        assert certify(model, mandate, weights[i], float(GAMMAS[i])).kkt_residual <= 1e-9


def test_the_certificate_catches_a_portfolio_that_is_not_optimal() -> None:
    model = ReturnModel(["a", "b", "c"], [0.04, 0.07, 0.10], np.diag([0.01, 0.04, 0.09]))
    frontier = trace_frontier(model)
    good = frontier.at_risk_aversion(4.0)
    for broken in (
        good + np.array([0.01, -0.01, 0.0]),
        good[::-1],
        good * 1.001,
        good + np.array([-0.6, 0.3, 0.3]),
    ):
        assert certify(model, Mandate(), broken, 4.0).kkt_residual > 1e-6
        assert frontier.kkt_residuals(broken[None], np.array([4.0]))[0] > 1e-6
    assert certify(model, Mandate(), good, 3.9).kkt_residual > 1e-6


@given(problems())
def test_more_risk_tolerance_means_more_mean_and_more_risk(
    problem: tuple[ReturnModel, Mandate],
) -> None:
    frontier = trace_frontier(*problem)
    mean, volatility = frontier.moments_at(GAMMAS[::-1])
    assert (np.diff(mean) >= -1e-12).all()
    assert (np.diff(volatility) >= -1e-9).all()
    assert (np.diff(frontier.risk_tolerance) >= 0.0).all()
    assert frontier.risk_tolerance[0] == 0.0


@given(problems(), st.floats(0.0, 0.6))
def test_targets_are_met_where_they_can_be(
    problem: tuple[ReturnModel, Mandate], target: float
) -> None:
    model, _ = problem
    frontier = trace_frontier(*problem)
    weights = frontier.at_volatility(target)
    assert feasible(frontier, weights[None])
    clipped = np.clip(target, frontier.volatility[0], frontier.volatility[-1])
    assert float(weights @ model.covariance @ weights) == pytest.approx(clipped**2, abs=1e-10)
    mean = target / 4
    reached = float(frontier.at_mean(mean) @ model.mean)
    assert reached == pytest.approx(np.clip(mean, frontier.mean[0], frontier.mean[-1]), abs=1e-10)


@given(problems(), st.floats(0.01, 0.4))
def test_the_risk_aversion_of_a_volatility_leads_back_to_it(
    problem: tuple[ReturnModel, Mandate], target: float
) -> None:
    model, _ = problem
    frontier = trace_frontier(*problem)
    there, back = (
        frontier.at_volatility(target),
        frontier.at_risk_aversion(float(frontier.risk_aversion_at(target)[0])),
    )
    assert float(model.mean @ there) == pytest.approx(float(model.mean @ back), abs=1e-9)


@given(problems(), st.permutations(list(range(9))))
def test_shuffling_assets_only_shuffles_the_answer(
    problem: tuple[ReturnModel, Mandate], order: list[int]
) -> None:
    model, mandate = problem
    p = [i for i in order if i < len(model)]
    shuffled = ReturnModel(
        [model.assets[i] for i in p],
        model.mean[p],
        model.covariance[np.ix_(p, p)],
        groups=[model.groups[i] for i in p],
    )
    first, second = trace_frontier(model, mandate), trace_frontier(shuffled, mandate)
    a, b = (f.moments_at(GAMMAS) for f in (first, second))
    np.testing.assert_allclose(a[0], b[0], atol=1e-9)
    np.testing.assert_allclose(a[1], b[1], atol=1e-6)


@given(problems(), st.integers(1, 40))
def test_a_row_has_the_same_bits_in_any_company(
    problem: tuple[ReturnModel, Mandate], count: int
) -> None:
    frontier = trace_frontier(*problem)
    gamma = np.geomspace(0.5, 50.0, 40)
    target = np.linspace(0.0, 0.5, 40)
    for place, argument in (
        (frontier.at_risk_aversion, gamma),
        (frontier.at_volatility, target),
        (frontier.at_mean, target / 5),
    ):
        whole, part = place(argument), place(argument[:count])
        assert part.tobytes() == whole[:count].tobytes()
        assert place(float(argument[count - 1])).tobytes() == whole[count - 1].tobytes()
    weights = frontier.at_risk_aversion(gamma)
    whole = frontier.kkt_residuals(weights, gamma)
    assert (
        frontier.kkt_residuals(weights[:count], gamma[:count]).tobytes() == whole[:count].tobytes()
    )


def test_a_lookup_by_matrix_product_would_be_caught() -> None:
    """The broken copy: weights of a block by one product. Its bits may depend on the block, and its
    bounds are only nearly kept."""
    rng = np.random.default_rng(5)
    f = rng.normal(size=(40, 5)) * 0.1
    frontier = trace_frontier(
        ReturnModel(
            [f"a{i}" for i in range(40)], rng.normal(0.06, 0.03, 40), f @ f.T + np.eye(40) * 0.02
        ),
        Mandate(max_weight=0.07),
    )

    def by_product(s: Segments, corner: np.ndarray, share: np.ndarray) -> np.ndarray:
        mix = np.zeros((corner.size, len(s.tolerance)))
        mix[np.arange(corner.size), corner] += 1.0 - share
        mix[np.arange(corner.size), np.minimum(corner + 1, len(s.tolerance) - 1)] += share
        return mix @ s.weights

    s = frontier.segments
    place = s.at_tolerance(1.0 / np.geomspace(0.5, 50.0, 1000))
    assert (s.portfolios(*place) <= 0.07).all()
    assert not (by_product(s, *place) <= 0.07).all()


def test_a_frontier_with_a_missing_corner_is_caught() -> None:
    rng = np.random.default_rng(1)
    f = rng.normal(size=(8, 3)) * 0.1
    frontier = trace_frontier(
        ReturnModel(
            [f"a{i}" for i in range(8)], rng.normal(0.06, 0.03, 8), f @ f.T + np.eye(8) * 0.01
        )
    )
    kept = np.delete(np.arange(len(frontier)), len(frontier) // 2)
    path = replace(
        frontier.path,
        risk_tolerance=frontier.risk_tolerance[kept],
        weights=frontier.weights[kept],
        multipliers=frontier.path.multipliers[:-1],
    )
    broken = replace(
        frontier,
        risk_tolerance=frontier.risk_tolerance[kept],
        weights=frontier.weights[kept],
        mean=frontier.mean[kept],
        volatility=frontier.volatility[kept],
        path=path,
    )
    gamma = np.geomspace(0.5, 100.0, 200)
    assert frontier.kkt_residuals(frontier.at_risk_aversion(gamma), gamma).max() <= 1e-12
    assert broken.kkt_residuals(broken.at_risk_aversion(gamma), gamma).max() > 1e-6


@given(problems(), st.floats(0.03, 0.3))
def test_a_volatility_cap_is_kept_and_priced(
    problem: tuple[ReturnModel, Mandate], cap: float
) -> None:
    model, mandate = problem
    free = trace_frontier(model, mandate)
    if cap <= free.volatility[0] + 1e-6:
        return
    capped = mandate.model_copy(update={"max_volatility": cap})
    frontier = trace_frontier(model, capped)
    assert frontier.volatility[-1] <= cap + 1e-9
    assert frontier.kkt_residual.max() <= 1e-9
    weights = frontier.at_risk_aversion(0.0)
    proof = certify(model, capped, weights, 0.0)
    assert proof.kkt_residual <= 1e-8
    if free.volatility[-1] > cap + 1e-3:
        assert "max_volatility" in [b.name for b in frontier.certify(weights, 0.0).binding]


@given(problems())
def test_prices_of_limits_are_what_loosening_them_earns(
    problem: tuple[ReturnModel, Mandate],
) -> None:
    model, mandate = problem
    if len(model) < 3 or np.linalg.eigvalsh(model.covariance)[0] < 1e-4:
        return
    loss = {a: 0.1 + 0.05 * i for i, a in enumerate(model.assets)}
    worst = trace_frontier(model, mandate).at_risk_aversion(2.0) @ np.array(list(loss.values()))
    edge = float(worst) * 0.98
    values = []
    for upper in (edge, edge + 1e-6):
        limited = mandate.model_copy(
            update={
                "linear_limits": (LinearLimit(name="stress_loss", coefficients=loss, upper=upper),)
            }
        )
        try:
            frontier = trace_frontier(model, limited)
        except InfeasibleError:
            return
        w = frontier.at_risk_aversion(2.0)
        values.append(float(model.mean @ w - w @ model.covariance @ w))
        prices = {b.name: b.shadow_price for b in frontier.certify(w, 2.0).binding}
    if "stress_loss:upper" in prices:
        assert (values[1] - values[0]) / 1e-6 == pytest.approx(
            prices["stress_loss:upper"], rel=2e-2, abs=1e-4
        )
