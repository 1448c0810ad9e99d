"""Scenario loss aversion and the general program against oracles: linear programs, normal closed
forms, exhaustive search, the exact frontier."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import cvxpy
import numpy as np
import pytest
from scipy.optimize import linprog

from advisor import InfeasibleError, InputError, SolverError
from advisor.contracts import GroupLimit, Mandate
from advisor.data import ReturnModel
from advisor.optimize import (
    Preferences,
    Program,
    optimal_over_scenarios,
    optimal_portfolio,
    scenario_utility,
    trace_frontier,
)
from advisor.optimize.program.program import CvarLimit, ProgramLimits
from advisor.optimize.scenarios.certificate import ScenarioProgram, Scenarios, prove_rows

cp: Any = cvxpy
MEAN = np.array([0.05, 0.10, 0.25])
COVARIANCE = np.array([[0.0025, 0, 0], [0, 0.04, 0.02], [0, 0.02, 0.25]])
ANNUAL = ReturnModel(["a", "b", "c"], MEAN, COVARIANCE, groups=["g", "g", "h"])


def matched(mean: np.ndarray, covariance: np.ndarray, count: int, seed: int = 0) -> np.ndarray:
    """Normal draws with exactly these moments (divided by T)."""
    x = np.random.default_rng(seed).multivariate_normal(mean, covariance, count)
    centred = x - x.mean(axis=0)
    root = np.linalg.cholesky(np.cov(centred.T, bias=True))
    return centred @ np.linalg.inv(root).T @ np.linalg.cholesky(covariance).T + mean


def test_linear_loss_aversion_reproduces_the_published_weights() -> None:
    """600 moment-matched normal months, seed 0: [0, 0, 1], [0, .285, .715], [.858, .093, .049],
    [.868, .093, .039], [.904, .074, .022]."""
    months = ReturnModel(["a", "b", "c"], MEAN / 12, COVARIANCE / 12)
    got = optimal_over_scenarios(
        months,
        Scenarios(matched(MEAN / 12, COVARIANCE / 12, 600)),
        Preferences(0.0, [1.0, 1.3, 1.955, 2.25, 5.0]),
    )
    assert got.weights.round(3).tolist() == [
        [0.0, 0.0, 1.0],
        [0.0, 0.285, 0.715],
        [0.858, 0.093, 0.049],
        [0.868, 0.093, 0.039],
        [0.904, 0.074, 0.022],
    ]
    assert got.duality_gap.max() <= 1e-9


def test_without_risk_aversion_it_is_the_linear_program() -> None:
    rows = np.random.default_rng(1).standard_t(3, (150, 3)) * 0.1 + MEAN
    kappa, reference = 1.4, 0.03
    got = optimal_over_scenarios(ANNUAL, Scenarios(rows), Preferences(0.0, 1.0 + kappa, reference))
    cost = np.concatenate([-MEAN, np.full(150, kappa / 150)])
    matrix = np.hstack([-rows, -np.eye(150)])
    solved = linprog(
        cost,
        A_ub=matrix,
        b_ub=np.full(150, -reference),
        A_eq=np.concatenate([np.ones(3), np.zeros(150)])[None],
        b_eq=[1.0],
    )
    assert got.objective[0] == pytest.approx(-solved.fun, abs=1e-9)


def test_many_normal_scenarios_approach_the_closed_form() -> None:
    """The normal fixed point on the frontier and 4,000 moment-matched normal scenarios: the utility
    lost by exchanging one for the other is tiny."""
    scenarios = Scenarios(matched(MEAN * 2, COVARIANCE * 2, 4_000), years=2.0)
    wants = Preferences(3.0, 2.25, 0.02, 2.0)
    exact = trace_frontier(ANNUAL).at_preferences(wants)[0]
    got = optimal_over_scenarios(ANNUAL, scenarios, wants)
    assert got.weights[0] == pytest.approx(exact, abs=0.02)
    assert (
        0.0 <= got.objective[0] - scenario_utility(ANNUAL, scenarios, exact, 3.0, 2.25, 0.02) < 1e-5
    )


def test_no_loss_aversion_is_markowitz_under_any_mandate() -> None:
    mandate = Mandate(group_limits=(GroupLimit(group="g", lower=0.7, upper=0.8),), max_weight=0.6)
    got = optimal_over_scenarios(
        ANNUAL, Scenarios(matched(MEAN, COVARIANCE, 50)), Preferences([2.0, 9.0]), mandate
    )
    assert got.weights == pytest.approx(
        trace_frontier(ANNUAL, mandate).at_risk_aversion(np.array([2.0, 9.0])), abs=1e-6
    )
    assert got.status.tolist() == ["ok", "ok"]


def test_the_dual_proof_sees_a_wrong_portfolio() -> None:
    """The broken copy: the same tilt proves a moved portfolio worse by at least what it loses."""
    from advisor.optimize.limits.limits import limits_of

    limits, scenarios, wants = (
        limits_of(ANNUAL, Mandate()),
        Scenarios(matched(MEAN, COVARIANCE, 200)),
        Preferences(3.0, 2.0),
    )
    w, tilt, prices = (
        a[None] for a in ScenarioProgram(ANNUAL, limits, scenarios).solve(3.0, 1.0, 0.0)
    )
    (best,), (gap,) = prove_rows(ScenarioProgram(ANNUAL, limits, scenarios), wants, w, tilt, prices)
    (worse,), (wide,) = prove_rows(
        ScenarioProgram(ANNUAL, limits, scenarios),
        wants,
        w + np.array([0.05, 0.0, -0.05]),
        tilt,
        prices,
    )
    assert gap < 1e-9
    assert wide >= best - worse > 1e-4


def by_cvxpy(
    scenarios: Scenarios, gamma: float, cap: float, cost: float, hold: np.ndarray
) -> tuple[np.ndarray, float]:
    """The whole program as anybody would write it."""
    w = cp.Variable(3)
    short = cp.sum(cp.pos(0.01 - scenarios.returns @ w)) / len(scenarios.returns)
    worth = (
        ANNUAL.mean @ w
        - gamma / 2 * cp.quad_form(w, cp.psd_wrap(ANNUAL.covariance))
        - 1.25 * short
        - cost * cp.norm1(w - hold)
    )
    root = np.linalg.cholesky(ANNUAL.covariance)
    problem = cp.Problem(cp.Maximize(worth), [cp.sum(w) == 1, w >= 0, cp.norm(root.T @ w) <= cap])
    problem.solve(solver="CLARABEL", tol_gap_abs=1e-11, tol_gap_rel=1e-11, tol_feas=1e-11)
    return w.value, float(problem.value)


@pytest.mark.parametrize("gamma", [0.0, 0.5, 3.0])
@pytest.mark.parametrize("cost", [0.0, 0.004])
def test_a_volatility_cap_and_trading_costs_over_scenarios(gamma: float, cost: float) -> None:
    """Against one conic program of everything; the cap's price against a finite difference."""
    scenarios, hold = Scenarios(matched(MEAN, COVARIANCE, 120)), np.array([0.2, 0.5, 0.3])
    free = optimal_over_scenarios(
        ANNUAL, scenarios, Preferences(gamma, 2.25, 0.01), current=hold, cost=cost
    )
    cap = 0.8 * float(np.sqrt(free.weights[0] @ ANNUAL.covariance @ free.weights[0]))

    def best(limit: float) -> Any:
        return optimal_over_scenarios(
            ANNUAL,
            scenarios,
            Preferences(gamma, 2.25, 0.01),
            Mandate(max_volatility=limit),
            current=hold,
            cost=cost,
        )

    got = best(cap)
    weights, worth = by_cvxpy(scenarios, gamma, cap, cost, hold)
    assert got.status.tolist() == ["ok"]
    assert got.objective[0] == pytest.approx(worth, abs=1e-8)
    np.testing.assert_allclose(got.weights[0], weights, atol=1e-5)
    assert np.sqrt(got.weights[0] @ ANNUAL.covariance @ got.weights[0]) <= cap * (1.0 + 1e-12)
    assert got.duality_gap[0] <= 1e-9
    assert got.risk_aversion[0] > gamma
    price = (got.risk_aversion[0] - gamma) * cap
    assert (best(cap + 1e-5).objective[0] - best(cap - 1e-5).objective[0]) / 2e-5 == pytest.approx(
        price, rel=2e-2
    )
    one = optimal_portfolio(
        ANNUAL,
        Mandate(max_volatility=cap),
        preferences=Preferences(gamma, 2.25, 0.01),
        current=hold if cost else None,
        cost=cost,
        scenarios=scenarios,
    )
    np.testing.assert_array_equal(one.weights, got.weights[0])
    assert one.kkt_residual <= 1e-9
    assert {b.name: b.shadow_price for b in one.binding}["max_volatility"] == pytest.approx(
        price, rel=1e-4
    )


def test_costs_that_are_not_worth_paying_leave_what_is_held() -> None:
    scenarios, hold = Scenarios(matched(MEAN, COVARIANCE, 120)), np.array([0.2, 0.5, 0.3])
    got = optimal_portfolio(
        ANNUAL, preferences=Preferences(3.0, 2.25), current=hold, cost=0.5, scenarios=scenarios
    )
    np.testing.assert_array_equal(got.weights, hold)
    assert {b.name for b in got.binding} <= {"no_trade:a", "no_trade:b", "no_trade:c"}
    felt = optimal_portfolio(
        ANNUAL,
        preferences=Preferences(3.0, 2.25, status_quo_cost=0.5),
        current=hold,
        scenarios=scenarios,
    )
    np.testing.assert_array_equal(felt.weights, hold)


@pytest.mark.filterwarnings("error")
def test_who_only_wants_the_least_risk_gets_it_over_scenarios_too() -> None:
    scenarios = Scenarios(matched(MEAN, COVARIANCE, 60))
    least = trace_frontier(ANNUAL).at_risk_aversion(np.inf)
    got = optimal_over_scenarios(ANNUAL, scenarios, Preferences([np.inf, 3.0, np.inf], 2.0))
    assert got.status.tolist() == ["ok"] * 3
    np.testing.assert_array_equal(got.weights[[0, 2]], [least, least])
    assert got.objective[0] == pytest.approx(-0.5 * least @ ANNUAL.covariance @ least)
    one = optimal_portfolio(ANNUAL, preferences=Preferences(np.inf, 2.0), scenarios=scenarios)
    np.testing.assert_array_equal(one.weights, least)
    held = optimal_portfolio(
        ANNUAL,
        preferences=Preferences(np.inf, 2.0),
        scenarios=scenarios,
        current=[0.2, 0.5, 0.3],
        cost=0.01,
    )
    np.testing.assert_allclose(held.weights, least, atol=1e-5)


def test_many_clients_under_one_cap() -> None:
    """Clients whom the cap does not touch keep their own; the others end at it; a cap below the
    least risk is nobody's."""
    scenarios = Scenarios(matched(MEAN, COVARIANCE, 120))
    wants = Preferences(np.geomspace(0.5, 100.0, 40), 2.0)
    free = optimal_over_scenarios(ANNUAL, scenarios, wants)
    volatility = lambda w: np.sqrt(np.einsum("cn,cn->c", w @ ANNUAL.covariance, w))  # noqa: E731
    cap = float(np.median(volatility(free.weights)))
    got = optimal_over_scenarios(ANNUAL, scenarios, wants, Mandate(max_volatility=cap))
    calm = volatility(free.weights) <= cap
    assert 5 < calm.sum() < 35
    np.testing.assert_array_equal(got.weights[calm], free.weights[calm])
    np.testing.assert_allclose(volatility(got.weights[~calm]), cap, rtol=1e-9)
    assert (got.duality_gap <= 1e-9 * np.maximum(1.0, np.abs(got.objective))).all()
    nobody = optimal_over_scenarios(ANNUAL, scenarios, wants, Mandate(max_volatility=1e-4))
    assert set(nobody.status.tolist()) == {"infeasible"}
    assert np.isnan(nobody.weights).all()


def test_contradictory_rows_are_a_status() -> None:
    mandate = Mandate(
        group_limits=(GroupLimit(group="g", upper=0.2), GroupLimit(group="h", upper=0.2))
    )
    got = optimal_over_scenarios(
        ANNUAL, Scenarios(matched(MEAN, COVARIANCE, 20)), Preferences([2.0]), mandate
    )
    assert got.status.tolist() == ["infeasible"]
    assert np.isnan(got.weights).all()


@pytest.mark.parametrize("gamma", [0.0, 0.5, 3.0, 50.0, np.inf])
def test_the_program_without_extras_is_the_frontier(gamma: float) -> None:
    got = Program(ANNUAL, Mandate(max_weight=0.7)).solve(gamma)
    assert got.weights == pytest.approx(
        trace_frontier(ANNUAL, Mandate(max_weight=0.7)).at_risk_aversion(gamma), abs=1e-7
    )
    assert got.attempts == (("CLARABEL", "optimal"),)


def many_assets(n: int = 7) -> ReturnModel:
    rng = np.random.default_rng(3)
    loadings = rng.normal(size=(n, 3)) * 0.08
    return ReturnModel(
        [f"a{i}" for i in range(n)],
        rng.uniform(0.01, 0.12, n),
        loadings @ loadings.T + np.diag(rng.uniform(0.05, 0.2, n) ** 2),
    )


def test_cardinality_equals_exhaustive_search() -> None:
    model, gamma = many_assets(), 5.0
    program = Program(model, limits=ProgramLimits(max_assets=3, min_position=0.15))
    got = program.solve(gamma)
    best = -np.inf
    for k in (1, 2, 3):
        for chosen in combinations(range(7), k):
            bounds = {f"a{i}": (0.15, 1.0) if i in chosen else (0.0, 0.0) for i in range(7)}
            w = trace_frontier(model, Mandate(bounds=bounds)).at_risk_aversion(gamma)
            best = max(best, float(model.mean @ w - gamma / 2 * w @ model.covariance @ w))
    assert got.objective == pytest.approx(best, abs=1e-7)
    assert (got.weights > 1e-6).sum() <= 3
    assert got.weights[got.weights > 1e-6].min() >= 0.15 - 1e-7
    assert got.bound_gap <= 1e-6


def test_cvar_tracking_turnover_and_custom_limits_hold_and_bind() -> None:
    model = many_assets()
    rows = np.random.default_rng(5).multivariate_normal(model.mean / 12, model.covariance / 12, 400)
    free = Program(model).solve(1.0)
    tail = lambda w: -np.sort(rows @ w)[:20].mean()  # noqa: E731
    limit = 0.8 * tail(free.weights)
    tamed = Program(model, limits=ProgramLimits(cvar=CvarLimit(rows, limit))).solve(1.0)
    assert tail(tamed.weights) == pytest.approx(limit, abs=1e-7)
    even = np.full(7, 1 / 7)
    tracked = (
        Program(model, limits=ProgramLimits(benchmark=even, max_tracking_error=0.02))
        .solve(1.0)
        .weights
        - even
    )
    assert np.sqrt(tracked @ model.covariance @ tracked) == pytest.approx(0.02, abs=1e-7)
    turned = Program(model, limits=ProgramLimits(current=even, max_turnover=0.1)).solve(1.0).weights
    assert 0.5 * np.abs(turned - even).sum() == pytest.approx(0.1, abs=1e-7)
    custom = (
        Program(model, limits=ProgramLimits(custom=lambda w: [cp.sum_squares(w) <= 0.25]))
        .solve(1.0)
        .weights
    )
    assert custom @ custom == pytest.approx(0.25, abs=1e-6)
    assert free.objective > max(
        tamed.objective,
        Program(model, limits=ProgramLimits(current=even, max_turnover=0.1)).solve(1.0).objective,
    )


def test_failures_are_ours() -> None:
    rows = matched(MEAN, COVARIANCE, 50)
    with pytest.raises(InfeasibleError, match="cvar") as refused:
        Program(ANNUAL, limits=ProgramLimits(cvar=CvarLimit(rows, 0.0))).solve(1.0)
    assert "cvar" in refused.value.constraints
    with pytest.raises(SolverError, match="No solver came to an accurate end") as failed:
        Program(ANNUAL, solvers=("NO_SUCH_SOLVER",)).solve(1.0)
    assert failed.value.solver == "NO_SUCH_SOLVER"
    recorded = Program(ANNUAL, solvers=("NO_SUCH_SOLVER", "CLARABEL")).solve(1.0)
    assert [name for name, _ in recorded.attempts] == ["NO_SUCH_SOLVER", "CLARABEL"]
    assert recorded.solver == "CLARABEL"
    with pytest.raises(InputError, match="not convex"):
        Program(ANNUAL, limits=ProgramLimits(custom=lambda w: [cp.sum_squares(w) >= 0.5]))
    with pytest.raises(InputError, match="needs benchmark"):
        Program(ANNUAL, limits=ProgramLimits(max_tracking_error=0.1))
    with pytest.raises(InputError, match="below 1"):
        Program(ANNUAL, limits=ProgramLimits(cvar=CvarLimit(rows, 0.1, level=1.0)))
    with pytest.raises(InputError, match="scenarios cover 2 assets"):
        optimal_over_scenarios(ANNUAL, Scenarios(rows[:, :2]), Preferences([1.0]))
