"""The frontier at its edges: kinks, ends, degenerate vertices, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest

from advisor import InfeasibleError, InputError, SolverError
from advisor.contracts import GroupLimit, LinearLimit, Mandate
from advisor.data import ReturnModel
from advisor.optimize import kernels, trace_frontier
from advisor.optimize.frontier import critical_line
from advisor.optimize.frontier.active_set import ExactSolver
from advisor.optimize.frontier.corner_path import certify_path, merged
from advisor.optimize.frontier.cover import cover
from advisor.optimize.frontier.critical_line import trace_corners
from advisor.optimize.frontier.scaled_program import scaled_program
from advisor.optimize.limits.limits import limits_of
from advisor.optimize.limits.multipliers import certify


def market(n: int, seed: int = 0) -> ReturnModel:
    rng = np.random.default_rng(seed)
    f = rng.normal(size=(n, 4)) * 0.07
    sigma = f @ f.T + np.diag(rng.uniform(0.05, 0.2, n) ** 2)
    return ReturnModel(
        [f"a{i}" for i in range(n)],
        rng.normal(0.06, 0.04, n),
        sigma,
        groups=["x" if i % 3 else "y" for i in range(n)],
    )


DIAGONAL = np.diag(np.linspace(0.01, 0.09, 10))
DEGENERATE = {
    "equal means": ([0.05] * 10, DIAGONAL, Mandate()),
    "equal means, cap": ([0.05] * 10, DIAGONAL, Mandate(max_weight=0.1)),
    "equal means and risks, cap": ([0.05] * 10, 0.04 * np.eye(10), Mandate(max_weight=0.2)),
    "tied best means": ([0.03] * 7 + [0.08] * 3, DIAGONAL, Mandate()),
    "tied best means, cap that divides 1": (
        [0.03] * 5 + [0.08] * 5,
        DIAGONAL,
        Mandate(max_weight=0.2),
    ),
    "every weight at its cap": (list(np.linspace(0.0, 0.1, 10)), DIAGONAL, Mandate(max_weight=0.1)),
    "zero variance cash": (
        [0.02, *np.linspace(0.03, 0.1, 9)],
        np.diag([0.0, *np.linspace(0.01, 0.09, 9)]),
        Mandate(),
    ),
    "three kinds of cash": (
        [0.01, 0.02, 0.02, *[0.06] * 7],
        np.diag([0.0, 0.0, 0.0, *np.linspace(0.01, 0.09, 7)]),
        Mandate(max_weight=0.5),
    ),
    "duplicates": (
        [0.05, 0.05, *np.linspace(0.03, 0.1, 8)],
        np.kron(np.eye(5), np.full((2, 2), 0.04)),
        Mandate(),
    ),
    "duplicates with other means": (
        list(np.linspace(0.0, 0.1, 10)),
        np.full((10, 10), 0.04),
        Mandate(max_weight=0.3),
    ),
    "no risk anywhere": (
        list(np.round(np.linspace(0.0, 0.1, 10), 2)),
        np.zeros((10, 10)),
        Mandate(max_weight=0.2),
    ),
    "fixed weights": ([0.05] * 10, DIAGONAL, Mandate(bounds={"a0": (0.3, 0.3), "a1": (0.2, 0.2)})),
    "all but one fixed": (
        [0.05] * 10,
        DIAGONAL,
        Mandate(bounds={f"a{i}": (0.1, 0.1) for i in range(9)}),
    ),
    "rank one": (
        list(np.linspace(0.0, 0.1, 10)),
        np.outer(np.arange(10), np.arange(10)) * 0.001,
        Mandate(max_weight=0.25),
    ),
    "short sales, rank two": (
        list(np.linspace(0.0, 0.1, 10)),
        np.outer(np.arange(10), np.arange(10)) * 0.001 + 0.01,
        Mandate(min_weight=-0.5, max_weight=0.5),
    ),
    "groups that meet in a point": (
        [0.05] * 10,
        DIAGONAL,
        Mandate(
            group_limits=(
                GroupLimit(group="x", lower=0.5, upper=0.5),
                GroupLimit(group="y", upper=0.5),
            )
        ),
    ),
    "a limit said twice": (
        list(np.linspace(0.0, 0.1, 10)),
        DIAGONAL,
        Mandate(
            group_limits=(GroupLimit(group="x", lower=0.4, upper=0.4),),
            linear_limits=(
                LinearLimit(
                    name="again",
                    coefficients={f"a{i}": 2.0 for i in range(5)},
                    lower=0.8,
                    upper=0.8,
                ),
            ),
        ),
    ),
}


@pytest.mark.parametrize("name", DEGENERATE)
def test_degenerate_vertices_are_certified(name: str) -> None:
    mean, sigma, mandate = DEGENERATE[name]
    model = ReturnModel([f"a{i}" for i in range(10)], mean, sigma, groups=["x"] * 5 + ["y"] * 5)
    frontier = trace_frontier(model, mandate)
    assert frontier.kkt_residual.max() <= 1e-9
    for gamma in (0.0, 0.3, 3.0, 30.0, np.inf):
        assert certify(model, mandate, frontier.at_risk_aversion(gamma), gamma).kkt_residual <= 1e-9


def test_of_equally_risky_portfolios_the_best_paid_one_starts_the_frontier() -> None:
    model = ReturnModel(["low", "high", "stock"], [0.01, 0.03, 0.07], np.diag([0.0, 0.0, 0.04]))
    frontier = trace_frontier(model)
    np.testing.assert_allclose(frontier.at_risk_aversion(np.inf), [0.0, 1.0, 0.0])
    assert frontier.mean[0] == pytest.approx(0.03)


@pytest.mark.parametrize("n", [1, 2, 12, 40])
@pytest.mark.parametrize(
    "mandate",
    [
        Mandate(),
        Mandate(max_weight=0.5, group_limits=(GroupLimit(group="x", lower=0.3, upper=0.6),)),
        Mandate(min_weight=-0.3),
    ],
)
def test_the_walk_equals_the_cover(n: int, mandate: Mandate) -> None:
    """The compiled walk and its reference, which asks daqp and numpy for every active set
    afresh."""
    model = market(n, n)
    try:
        limits = limits_of(model, mandate)
        path, _ = trace_corners(model, limits)
    except (InputError, InfeasibleError):
        assert n <= 2
        return
    if not (limits.lower < limits.upper).any():
        return
    scaled = scaled_program(model, limits)
    slow = scaled.unscaled(
        merged(cover(scaled, ExactSolver(scaled.program))), len(limits.row_names)
    )
    assert certify_path(model, limits, slow).worst <= 1e-10
    np.testing.assert_allclose(slow.risk_tolerance, path.risk_tolerance, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(slow.weights, path.weights, atol=1e-9)
    np.testing.assert_allclose(slow.multipliers[:, 0], path.multipliers[:, 0], atol=1e-8)


def test_a_walk_that_goes_astray_is_replaced_by_the_cover(monkeypatch: pytest.MonkeyPatch) -> None:
    """A broken walk: its corners are shifted. The certificate sees it, and the cover answers
    instead."""
    model = market(12, 3)
    right = trace_frontier(model)
    walk, whole = kernels.walk_critical_line, kernels.trace_path
    monkeypatch.setattr(kernels, "trace_path", lambda *data: (kernels.LOST, *whole(*data)[1:]))

    def astray(*data: object) -> tuple[object, ...]:
        code, taus, weights, *rest = walk(*data)
        return code, taus, np.roll(weights, 1, axis=1), *rest

    monkeypatch.setattr(kernels, "walk_critical_line", astray)
    gamma = np.geomspace(0.1, 100.0, 50)
    again = trace_frontier(model)
    np.testing.assert_allclose(
        again.at_risk_aversion(gamma), right.at_risk_aversion(gamma), atol=1e-10
    )
    monkeypatch.setattr(
        kernels, "walk_critical_line", lambda *data: (kernels.CYCLED, *walk(*data)[1:])
    )
    np.testing.assert_allclose(
        trace_frontier(model).at_risk_aversion(gamma), right.at_risk_aversion(gamma), atol=1e-10
    )


def test_what_nothing_certifies_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(critical_line, "CERTIFIED", -1.0)
    monkeypatch.setattr(critical_line, "PROMISED", -1.0)
    with pytest.raises(SolverError, match="may not be optimal and is not returned"):
        trace_frontier(market(5))


def test_shapes_follow_the_argument() -> None:
    frontier = trace_frontier(market(7))
    assert (
        frontier.at_risk_aversion(3.0).shape
        == frontier.at_volatility(0.1).shape
        == frontier.at_mean(0.05).shape
        == (7,)
    )
    assert frontier.at_risk_aversion(np.array([3.0])).shape == (1, 7)
    assert frontier.at_volatility([0.1, 0.2]).shape == (2, 7)
    assert frontier.at_mean(np.array([])).shape == (0, 7)
    assert frontier.risk_aversion_at(0.1).shape == (1,)
    assert frontier.max_sharpe().shape == (7,)
    assert frontier.weights.shape == (len(frontier), 7)
    assert "7 assets" in repr(frontier)


def test_targets_beyond_the_ends_are_clipped() -> None:
    frontier = trace_frontier(market(7))
    np.testing.assert_array_equal(frontier.at_volatility(0.0), frontier.weights[0])
    np.testing.assert_array_equal(frontier.at_volatility(9.0), frontier.weights[-1])
    np.testing.assert_array_equal(frontier.at_mean(-1.0), frontier.weights[0])
    np.testing.assert_array_equal(frontier.at_mean(9.0), frontier.weights[-1])
    np.testing.assert_array_equal(
        frontier.at_risk_aversion(np.array([np.inf, 0.0])), frontier.weights[[0, -1]]
    )
    np.testing.assert_array_equal(
        frontier.risk_aversion_at(np.array([0.0, 9.0])), [np.inf, 1.0 / frontier.risk_tolerance[-1]]
    )


def test_the_largest_risk_aversion_at_a_kink() -> None:
    """Weights stay put over a range of risk aversions where a corner solution holds them: the
    largest of that range is told."""
    model = ReturnModel(["a", "b", "c"], [0.0, 0.05, 0.10], np.diag([0.01, 0.01, 0.01]))
    mandate = Mandate(bounds={"a": (0.0, 0.2), "b": (0.0, 0.5), "c": (0.0, 0.5)})
    frontier = trace_frontier(model, mandate)
    kinks = np.flatnonzero(np.diff(frontier.volatility) == 0.0)
    volatility = frontier.volatility[-1]
    gamma = float(frontier.risk_aversion_at(volatility)[0])
    first = int(np.searchsorted(frontier.volatility, volatility))
    assert gamma == 1.0 / frontier.risk_tolerance[first]
    assert kinks.size == 0 or gamma > 1.0 / frontier.risk_tolerance[-1]
    np.testing.assert_allclose(
        frontier.at_risk_aversion(gamma), frontier.at_volatility(float(volatility)), atol=1e-12
    )


@pytest.mark.parametrize("value", [-1.0, np.nan])
@pytest.mark.parametrize("method", ["at_risk_aversion", "at_volatility", "risk_aversion_at"])
def test_numbers_that_mean_nothing_are_refused(method: str, value: float) -> None:
    with pytest.raises(InputError, match=r"has the value|give one number"):
        getattr(trace_frontier(market(3)), method)(value)


def test_tables_are_not_clients() -> None:
    with pytest.raises(InputError, match="shape"):
        trace_frontier(market(3)).at_risk_aversion(np.ones((2, 2)))


def test_the_tangency_portfolio() -> None:
    """With cash every mix has the same Sharpe ratio; the portfolio without cash is returned. Closed
    form: S^-1 (m - r) normalised."""
    sigma = np.array([[0.04, 0.01], [0.01, 0.09]])
    model = ReturnModel(
        ["cash", "a", "b"],
        [0.02, 0.06, 0.10],
        np.block([[np.zeros((1, 1)), np.zeros((1, 2))], [np.zeros((2, 1)), sigma]]),
    )
    z = np.linalg.solve(sigma, [0.04, 0.08])
    np.testing.assert_allclose(
        trace_frontier(model).max_sharpe(0.02), [0.0, *(z / z.sum())], atol=1e-12
    )
    without = trace_frontier(ReturnModel(["a", "b"], [0.06, 0.10], sigma))
    np.testing.assert_allclose(without.max_sharpe(0.02), z / z.sum(), atol=1e-12)
    with pytest.raises(InputError, match="no portfolio has a positive Sharpe ratio"):
        without.max_sharpe(0.10)


def test_an_ineligible_asset_is_not_held_and_has_a_price() -> None:
    model = market(6)
    best = int(np.argmax(model.mean))
    frontier = trace_frontier(model, eligible=np.arange(6) != best)
    assert (frontier.weights[:, best] == 0.0).all()
    names = [b.name for b in frontier.certify(frontier.at_risk_aversion(1.0), 1.0).binding]
    assert f"ineligible:{model.assets[best]}" in names


@pytest.mark.parametrize(
    "mandate", [Mandate(), Mandate(max_weight=0.05), Mandate(min_weight=-0.1, max_weight=0.2)]
)
@pytest.mark.parametrize(("n", "periods"), [(60, 25), (120, 50)])
def test_more_assets_than_observations(n: int, periods: int, mandate: Mandate) -> None:
    """A sample covariance of rank 24 or 49: whole faces of portfolios have the same risk, and the
    walk slides along them."""
    rng = np.random.default_rng(1)
    x = rng.normal(size=(periods, n)) * 0.05 + rng.normal(size=(periods, 1)) * 0.04
    model = ReturnModel([f"a{i}" for i in range(n)], rng.normal(0.06, 0.03, n), np.cov(x.T) * 12)
    frontier = trace_frontier(model, mandate)
    assert frontier.kkt_residual.max() <= 1e-10
    gamma = np.array([0.5, 2.0, 8.0, 64.0])
    weights = frontier.at_risk_aversion(gamma)
    for g, w in zip(gamma.tolist(), weights, strict=True):
        assert certify(model, mandate, w, g).kkt_residual <= 1e-9


def uneven(seed: int, decades: float) -> ReturnModel:
    """30 assets of 15 risks, whose sizes differ by up to `decades` powers of ten."""
    rng = np.random.default_rng(seed)
    loadings = rng.normal(size=(15, 30)) * rng.uniform(0.02, 0.3, 30)
    size = 10 ** rng.uniform(-decades, 0, 30)
    mean = rng.normal(0.05, 0.02, 30) * size
    return ReturnModel(
        [f"a{i}" for i in range(30)], mean, loadings.T @ loadings / 15 * np.outer(size, size)
    )


@pytest.mark.parametrize(("seed", "decades"), [(53, 4), (29, 4), (44, 4), (33, 3), (11, 5), (7, 6)])
def test_risks_of_different_orders_of_magnitude(seed: int, decades: float) -> None:
    """The frontier ascends, and no portfolio on it is worse than the same problem's in units 10,000
    times as large, which a residual can see into."""
    model, mandate = uneven(seed, decades), Mandate(max_weight=0.2)
    frontier = trace_frontier(model, mandate)
    held = frontier.weights @ np.abs(model.mean)
    assert (np.diff(frontier.mean) >= -1e-12 * held[1:]).all()
    assert (np.diff(frontier.volatility) >= -1e-15).all()
    targets = np.linspace(frontier.mean[0], frontier.mean[-1], 50)
    np.testing.assert_allclose(frontier.at_mean(targets) @ model.mean, targets, rtol=1e-9)
    large = ReturnModel(model.assets, model.mean * 1e4, model.covariance * 1e8)
    for at in (1, len(frontier) // 3, len(frontier) // 2):
        gamma = 1.0 / float(frontier.risk_tolerance[at])
        assert (
            certify(large, mandate, frontier.weights[at], gamma * 1e-4).duality_gap
            <= 1e-6 * 1e4 * held[at]
        )


def test_a_frontier_that_descends_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(critical_line, "_walked_evenly", lambda model, limits: None)
    with pytest.raises(SolverError, match="differ by orders of magnitude"):
        trace_frontier(uneven(53, 4), Mandate(max_weight=0.2))
