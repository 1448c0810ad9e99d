"""The exact frontier against published points and independent solvers."""

from __future__ import annotations

import warnings
from pathlib import Path

import clarabel
import numpy as np
import pytest
from scipy import sparse

from advisor import InfeasibleError
from advisor.contracts import GroupLimit, LinearLimit, Mandate
from advisor.data import ReturnModel
from advisor.optimize import trace_frontier
from advisor.optimize.limits.limits import limits_of
from advisor.optimize.limits.multipliers import certify


def or_library(folder: Path, k: int) -> tuple[ReturnModel, np.ndarray]:
    text = (folder / "or_library" / f"port{k}.txt").read_text().split()
    n = int(text[0])
    moments = np.array(text[1 : 1 + 2 * n], dtype=float).reshape(n, 2)
    correlation = np.eye(n)
    for i, j, value in np.array(text[1 + 2 * n :], dtype=float).reshape(-1, 3):
        correlation[int(i) - 1, int(j) - 1] = correlation[int(j) - 1, int(i) - 1] = value
    covariance = np.outer(moments[:, 1], moments[:, 1]) * correlation
    published = np.array(
        (folder / "or_library" / f"portef{k}.txt").read_text().split(), dtype=float
    ).reshape(-1, 2)
    return ReturnModel([f"s{i}" for i in range(n)], moments[:, 0], covariance), published


@pytest.mark.data
@pytest.mark.parametrize(
    ("k", "corners", "least"),
    [(1, 14, 0.000642257213), (2, 41, 0.000136855277), (3, 54, 0.000198493524)],
)
def test_frontiers_of_the_or_library(data_dir: Path, k: int, corners: int, least: float) -> None:
    """Chang, Meade, Beasley & Sharaiha (2000): long-only frontiers, mean and variance printed to
    about 7 digits."""
    model, published = or_library(data_dir, k)
    frontier = trace_frontier(model)
    assert frontier.kkt_residual.max() <= 1e-12
    assert frontier.volatility[0] ** 2 == pytest.approx(least, rel=1e-6)
    points = published[::20]
    weights = frontier.at_mean(points[:, 0])
    variance = np.einsum("ci,ij,cj->c", weights, model.covariance, weights)
    np.testing.assert_allclose(
        weights @ model.mean, np.clip(points[:, 0], frontier.mean[0], frontier.mean[-1]), rtol=1e-12
    )
    np.testing.assert_allclose(variance, points[:, 1], rtol=5e-7)
    assert len(frontier) == corners


def random_problem(seed: int) -> tuple[ReturnModel, Mandate, np.ndarray | None]:
    """All kinds of limits on all kinds of covariances: full rank, singular, with duplicates and
    cash; means free, rounded, tied and equal."""
    rng = np.random.default_rng(seed)
    n = 1 + int(
        60 * rng.random() ** 2.5
    )  # 1 to 60, small ones more often: that keeps 2,000 problems quick
    x = rng.normal(size=(int(rng.integers(2, 3 * n + 5)), n)) * rng.uniform(0.01, 0.3, n)
    sigma = x.T @ x / len(x)
    kind = rng.integers(0, 6)
    if kind <= 2:
        sigma += np.diag(rng.uniform(0.0, 0.05, n) ** 2)
    if kind == 3 and n > 1:
        sigma[:, 1] = sigma[:, 0]
        sigma[1, :] = sigma[0, :]
    if kind == 4:
        sigma[0, :] = sigma[:, 0] = 0.0
    mean = rng.normal(0.06, 0.05, n)
    mean = [np.full(n, 0.05), np.round(mean, 2), np.round(mean, 1), mean, mean][rng.integers(0, 5)]
    if rng.random() < 0.2 and n > 2:
        mean[np.argsort(mean)[-2:]] = mean.max()
    groups = [str(g) for g in rng.integers(0, 4, n)]
    model = ReturnModel([f"a{i}" for i in range(n)], mean, 0.5 * (sigma + sigma.T), groups=groups)
    limits: dict[str, object] = [
        {"max_weight": max(1 / n, 0.1)},
        {"max_weight": min(1.0, 1 / n * float(rng.choice([1, 2, 4])) + 1e-6)},
        {
            "min_weight": -float(rng.choice([0.1, 1, 0.25])),
            "max_weight": float(rng.choice([0.5, 1])),
        },
        {"max_weight": float(rng.choice([0.2, 0.25, 0.5]))},
        {},
        {},
    ][rng.integers(0, 6)]
    if rng.random() < 0.3 and n > 2:
        limits["bounds"] = {
            f"a{i}": tuple(sorted(rng.choice([0, 0.05, 0.1, 0.3], 2).tolist()))
            for i in rng.choice(n, 2, replace=False)
        }
    if rng.random() < 0.5:
        edges = {
            g: sorted(rng.choice([0, 0.1, 0.2, 0.25, 0.5, 0.6, 1.0], 2).tolist())
            for g in sorted(set(groups))
            if rng.random() < 0.6
        }
        limits["group_limits"] = tuple(
            GroupLimit(group=g, lower=low, upper=high) for g, (low, high) in edges.items()
        )
    if rng.random() < 0.4:
        loss = {f"a{i}": float(v) for i, v in enumerate(np.round(rng.uniform(0, 0.6, n), 2))}
        limits["linear_limits"] = (
            LinearLimit(
                name="stress_loss", coefficients=loss, upper=float(rng.choice([0.2, 0.3, 0.4]))
            ),
        )
    return model, Mandate(**limits), rng.random(n) < 0.8 if rng.random() < 0.3 else None  # type: ignore[arg-type]


def clarabel_optimum(
    model: ReturnModel, mandate: Mandate, eligible: np.ndarray | None, gamma: float
) -> tuple[str, np.ndarray]:
    limits = limits_of(model, mandate, eligible)
    n = len(model)
    rows = [(np.ones((1, n)), np.ones(1))]
    finite = np.isfinite(limits.row_upper), np.isfinite(limits.row_lower)
    below = [(np.eye(n), limits.upper), (-np.eye(n), -limits.lower)]
    below += [
        (limits.rows[finite[0]], limits.row_upper[finite[0]]),
        (-limits.rows[finite[1]], -limits.row_lower[finite[1]]),
    ]
    matrix, right = (np.concatenate([part[i] for part in rows + below]) for i in (0, 1))
    settings = clarabel.DefaultSettings()
    settings.verbose, settings.max_threads, settings.max_iter = False, 1, 200
    settings.tol_gap_abs = settings.tol_gap_rel = settings.tol_feas = 1e-12
    cones = [clarabel.ZeroConeT(1), clarabel.NonnegativeConeT(len(right) - 1)]
    hessian = sparse.triu(sparse.csc_matrix(gamma * model.covariance), format="csc")
    solved = clarabel.DefaultSolver(
        hessian, -model.mean, sparse.csc_matrix(matrix), right, cones, settings
    ).solve()
    return str(solved.status), np.array(solved.x)


@pytest.mark.parametrize("block", range(20))
def test_two_thousand_random_problems_against_clarabel(block: int) -> None:
    """Never worse than Clarabel at tolerance 1e-12 by more than 1e-9 relative, feasible to 1e-10,
    certified from scratch; infeasible together."""
    for seed in range(100 * block, 100 * block + 100):
        model, mandate, eligible = random_problem(seed)
        gamma = float(np.random.default_rng(10_000 + seed).choice([0.5, 2.0, 5.0, 20.0]))
        try:
            frontier = trace_frontier(model, mandate, eligible=eligible)
        except InfeasibleError as error:
            named = error.constraints
            assert named, seed
            try:
                status, _ = clarabel_optimum(model, mandate, eligible, gamma)
            except InfeasibleError:
                continue
            assert "Infeasible" in status or "Insufficient" in status, (seed, status)
            continue
        assert frontier.kkt_residual.max() <= 1e-10, seed
        weights = frontier.at_risk_aversion(gamma)
        assert float(frontier.kkt_residuals(weights[None], np.array([gamma]))[0]) <= 1e-10, seed
        status, best = clarabel_optimum(model, mandate, eligible, gamma)
        if status not in ("Solved", "AlmostSolved"):
            continue
        ours, theirs = (
            float(model.mean @ w - gamma / 2 * w @ model.covariance @ w) for w in (weights, best)
        )
        # the interior point may stand a hair outside its limits: what a violation of 1e-9 is worth
        # is no fault of ours
        assert ours >= theirs - 1e-9 * max(1.0, abs(theirs)), (seed, ours - theirs)


@pytest.mark.parametrize("seed", range(0, 300, 25))
def test_certified_from_scratch(seed: int) -> None:
    model, mandate, eligible = random_problem(seed)
    try:
        frontier = trace_frontier(model, mandate, eligible=eligible)
    except InfeasibleError:
        return
    for gamma in (0.0, 1.0, 10.0, np.inf):
        weights = frontier.at_risk_aversion(gamma)
        proof = certify(model, mandate, weights, gamma, eligible)
        assert proof.kkt_residual <= 1e-9
        own = frontier.certify(weights, gamma)
        assert own.kkt_residual <= 1e-10
        assert own.objective == pytest.approx(proof.objective, abs=1e-12)


def test_through_cvxpy_as_written() -> None:
    import cvxpy as cp

    for seed in (3, 8, 21, 34, 55):
        model, mandate, eligible = random_problem(seed)
        try:
            frontier = trace_frontier(model, mandate, eligible=eligible)
        except InfeasibleError:
            continue
        limits = limits_of(model, mandate, eligible)
        w = cp.Variable(len(model))
        rules = [cp.sum(w) == 1, w >= limits.lower, w <= limits.upper]
        rules += [
            row @ w <= high
            for row, high in zip(limits.rows, limits.row_upper, strict=True)
            if np.isfinite(high)
        ]
        rules += [
            row @ w >= low
            for row, low in zip(limits.rows, limits.row_lower, strict=True)
            if np.isfinite(low)
        ]
        goal = cp.Maximize(model.mean @ w - 2.0 * cp.quad_form(w, cp.psd_wrap(model.covariance)))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            best = cp.Problem(goal, rules).solve(
                solver=cp.CLARABEL, tol_gap_abs=1e-12, tol_gap_rel=1e-12, tol_feas=1e-12
            )
        ours = frontier.at_risk_aversion(4.0)
        assert model.mean @ ours - 2.0 * ours @ model.covariance @ ours >= best - 1e-9


def market(n: int, seed: int) -> ReturnModel:
    rng = np.random.default_rng(seed)
    f = rng.normal(size=(n, 4)) * 0.07
    return ReturnModel(
        [f"a{i}" for i in range(n)],
        rng.normal(0.06, 0.04, n),
        f @ f.T + np.diag(rng.uniform(0.05, 0.2, n) ** 2),
    )


@pytest.mark.parametrize("n", [5, 20, 60])
def test_corners_of_cvxcla(n: int) -> None:
    """cvxcla (MIT) traces the same line downward, by other algebra."""
    from cvxcla import CLA

    model = market(n, n)
    cap = max(0.15, 1.5 / n)
    other = CLA(
        mean=model.mean,
        covariance=model.covariance,
        lower_bounds=np.zeros(n),
        upper_bounds=np.full(n, cap),
        a=np.ones((1, n)),
        b=np.ones(1),
    )
    frontier = trace_frontier(model, Mandate(max_weight=cap))
    theirs = np.array([point.weights for point in other.turning_points])
    gap = np.abs(theirs[:, None] - frontier.weights[None]).max(axis=2).min(axis=1)
    assert gap.max() < 1e-9
    back = np.abs(theirs[:, None] - frontier.weights[None]).max(axis=2).min(axis=0)
    assert back.max() < 1e-9


def test_highest_sharpe_ratio_and_least_risk_of_pyportfolioopt() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from pypfopt import CLA

    for seed in range(5):
        model = market(12, 100 + seed)
        frontier = trace_frontier(model, Mandate(max_weight=0.3))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            other = CLA(model.mean, model.covariance, weight_bounds=(0, 0.3))
            least = np.array(list(other.min_volatility().values()))
            best = np.array(list(other.max_sharpe().values()))
        assert least @ model.covariance @ least >= frontier.volatility[0] ** 2 - 1e-12
        np.testing.assert_allclose(least, frontier.weights[0], atol=2e-5)
        ours = frontier.max_sharpe()

        def sharpe(w: np.ndarray, model: ReturnModel = model) -> float:
            return float(model.mean @ w / np.sqrt(w @ model.covariance @ w))

        assert sharpe(ours) >= sharpe(best) - 1e-12


def test_two_assets_in_closed_form() -> None:
    """w_1 = (s22 - s12 + t (m1 - m2)) / (s11 + s22 - 2 s12), clipped: Markowitz (1959), appendix
    A."""
    s11, s22, s12, m1, m2 = 0.04, 0.01, 0.004, 0.09, 0.04
    frontier = trace_frontier(ReturnModel(["x", "y"], [m1, m2], [[s11, s12], [s12, s22]]))
    gamma = np.geomspace(0.05, 500.0, 200)
    first = np.clip((s22 - s12 + (m1 - m2) / gamma) / (s11 + s22 - 2 * s12), 0.0, 1.0)
    np.testing.assert_allclose(frontier.at_risk_aversion(gamma)[:, 0], first, atol=1e-15)
