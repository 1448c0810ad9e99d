"""Loss-averse optima against brute force: expectations by quadrature, grids and golden sections."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.optimize import minimize
from scipy.stats import norm

from advisor.contracts import GroupLimit, LinearLimit, Mandate
from advisor.data import ReturnModel
from advisor.optimize import Preferences, optimal_portfolio, optimal_portfolios, trace_frontier
from advisor.optimize.preferences.certificate import certify_preferences

NODES, SHARES = np.polynomial.legendre.leggauss(60)
CASES = {
    "risk_aversion": [0.0, 1e-9, 1e-6, 1e-4, 1e-3, 0.1, 1.0, 3.0, 20.0],
    "loss_aversion": [1.0001, 1.3, 2.25, 4.0, 10.0],
    "evaluation_years": [0.01, 0.1, 1.0, 5.0, 20.0],
}


def shortfall(mean: np.ndarray, volatility: np.ndarray, b: np.ndarray, years: np.ndarray) -> Any:
    """E[(b - r)+] of the yearly return over the years, by Gauss-Legendre over the losses."""
    spread = volatility / np.sqrt(years)
    low, high = np.minimum(mean - 12.0 * spread, b), np.minimum(b, mean + 12.0 * spread)
    middle, total = 0.5 * (low + high), np.zeros(np.broadcast_shapes(mean.shape, b.shape))
    some = np.where(spread > 0.0, spread, 1.0)
    for first, last in ((low, middle), (middle, high)):
        half = 0.5 * (last - first)
        x = first[:, None] + half[:, None] * (1.0 + NODES)
        z = np.clip((x - mean[:, None]) / some[:, None], -30.0, 30.0)
        density = np.exp(-0.5 * z * z) / np.sqrt(2.0 * np.pi) / some[:, None]
        total = total + half * ((b[:, None] - x) * density * SHARES).sum(axis=1)
    return np.where(spread > 0.0, total, np.maximum(b - mean, 0.0))


def utility(model: ReturnModel, wants: Preferences, w: np.ndarray, hold: Any, cost: float) -> Any:
    """What each client maximises, at weights (c, n)."""
    mean = w @ model.mean - (0.0 if hold is None else cost * np.abs(w - hold).sum(axis=-1))
    variance = np.maximum(np.einsum("ci,ij,cj->c", w, model.covariance, w), 0.0)
    losses = shortfall(mean, np.sqrt(variance), wants.reference_return, wants.evaluation_years)
    return mean - 0.5 * wants.risk_aversion * variance - (wants.loss_aversion - 1.0) * losses


def visible(wants: Preferences) -> Any:
    """What rounding of a variance, 1e-17, is to the loss term, and a part in 10^8."""
    steep = (wants.loss_aversion - 1.0) / np.sqrt(wants.evaluation_years)
    return (1e-8 + 4e-9 * steep) * (1.0 + np.abs(wants.reference_return) * wants.loss_aversion)


def best_of_two(model: ReturnModel, wants: Preferences, hold: Any, cost: float) -> np.ndarray:
    """The highest utility on the line between two assets: a grid, then golden sections."""

    def at(x: np.ndarray) -> np.ndarray:
        return utility(model, wants, np.stack([1.0 - x, x], axis=1), hold, cost)

    grid = np.linspace(0.0, 1.0, 41)
    kink = np.zeros(len(wants)) if hold is None else hold[:, 1]
    points = [np.full(len(wants), x) for x in grid] + [kink]
    values = np.array([at(x) for x in points])
    top = np.array(points)[values.argmax(axis=0), np.arange(len(wants))]
    best, ratio = values.max(axis=0), (np.sqrt(5.0) - 1.0) / 2.0
    for left, right in (
        (np.maximum(top - 0.025, 0.0), np.maximum(np.minimum(top, kink), 0.0)),
        (np.maximum(top - 0.025, 0.0), top),
        (top, np.minimum(top + 0.025, 1.0)),
        (kink, np.minimum(kink + 0.025, 1.0)),
        (np.maximum(kink - 0.025, 0.0), kink),
    ):
        a, b = np.minimum(left, right), np.maximum(left, right)
        for _ in range(60):
            c, d = b - ratio * (b - a), a + ratio * (b - a)
            fc, fd = at(c), at(d)
            best = np.maximum(best, np.maximum(fc, fd))
            a, b = np.where(fc >= fd, a, c), np.where(fc >= fd, d, b)
    return best


def pair(rng: np.random.Generator) -> ReturnModel:
    """Two assets: riskless, nearly riskless, a perfect hedge, or plain; means often tie."""
    kind, v = int(rng.integers(5)), float(rng.uniform(0.05, 0.35) ** 2)
    mean = np.round(rng.uniform(-0.01, 0.1, 2), 3)
    if rng.random() < 0.2:
        mean[1] = mean[0] + rng.choice([0.0, 1e-6, 0.02])
    low = [0.0, 10.0 ** rng.uniform(-8, -2), 10.0 ** rng.uniform(-6, -1)][min(kind, 2)]
    if kind == 3:
        factor = rng.uniform(0.05, 0.3, 2) * np.array([1.0, -1.0])
        return ReturnModel(["a", "b"], mean, np.outer(factor, factor))
    if kind == 4:
        low = float(rng.uniform(0.05, 0.3))
    joint = rng.uniform(-0.9, 0.9) * low * np.sqrt(v) if kind in (2, 4) else 0.0
    return ReturnModel(["a", "b"], mean, [[low**2, joint], [joint, v]])


def clients(rng: np.random.Generator, model: ReturnModel, count: int) -> Preferences:
    drawn = {name: rng.choice(values, count) for name, values in CASES.items()}
    mean = model.mean
    levels = [0.0, 0.01, 0.05, 0.2, -0.1, mean[0], mean[1], mean.max() + 0.01, mean[0] + 1e-6]
    return Preferences(reference_return=rng.choice(levels, count), **drawn)


@given(st.integers(0, 10_000))
@settings(max_examples=20)
def test_no_portfolio_of_two_assets_is_better(seed: int) -> None:
    rng = np.random.default_rng(seed)
    model, count = pair(rng), 12
    wants = clients(rng, model, count)
    frontier = trace_frontier(model)
    free = best_of_two(model, wants, None, 0.0)
    ways = [frontier.at_preferences(wants), optimal_portfolios(model, None, wants).weights]
    for weights in ways:
        solved = np.isfinite(weights[:, 0])
        lost = free - utility(model, wants, np.where(solved[:, None], weights, 0.5), None, 0.0)
        assert (lost <= visible(wants))[solved].all()
    hold = np.round(rng.uniform(0.0, 1.0, count), 4)
    hold = np.stack([1.0 - hold, hold], axis=1)
    cost = float(rng.choice([0.001, 0.01, 0.05]))
    got = optimal_portfolios(model, None, wants, current=hold, cost=cost)
    solved = np.isfinite(got.weights[:, 0])
    ours = utility(model, wants, np.where(solved[:, None], got.weights, 0.5), hold, cost)
    assert ((best_of_two(model, wants, hold, cost) - ours) <= visible(wants))[solved].all()
    assert solved.sum() >= count - 1
    assert (got.kkt_residual[solved] <= 1e-9).all()


@given(st.integers(0, 10_000))
@settings(max_examples=15)
def test_no_step_from_the_optimum_gains_under_limits(seed: int) -> None:
    """Three to six assets, singular covariances, groups, own bounds and costs: SLSQP, started at
    the answer and at random, and small steps to random portfolios, find nothing better."""
    rng = np.random.default_rng(seed)
    n, c = int(rng.integers(3, 7)), 3
    loadings = rng.normal(size=(n, int(rng.integers(1, n + 1)))) * 0.15
    sigma = loadings @ loadings.T
    if rng.random() < 0.4:
        sigma[0] = sigma[:, 0] = 0.0
    names = [f"a{i}" for i in range(n)]
    model = ReturnModel(
        names,
        rng.uniform(0.0, 0.1, n).round(3),
        sigma,
        groups=["g", "h"] * 3 if n == 6 else ["g"] * n,
    )
    losses = LinearLimit(
        name="stress",
        coefficients=dict(zip(names, np.linspace(0.1, 0.5, n), strict=True)),
        upper=0.35,
    )
    mandate = Mandate(
        linear_limits=(losses,) if rng.random() < 0.5 else (),
        group_limits=(GroupLimit(group="g", lower=0.2, upper=0.9),) if n == 6 else (),
    )
    wants = clients(rng, model, c)
    upper = rng.uniform(0.5, 1.0, (c, n))
    hold = rng.dirichlet(np.ones(n), c)
    got = optimal_portfolios(model, mandate, wants, upper=upper, current=hold, cost=0.01)
    for i in np.flatnonzero(np.isfinite(got.kkt_residual)).tolist():
        own = wants.take(np.array([i]))

        def lost(w: np.ndarray, own: Preferences = own, i: int = i) -> float:
            return -float(utility(model, own, w[None], hold[i], 0.01)[0])

        limits = got.rows.limits_of_row(i)
        fair = [{"type": "eq", "fun": lambda w: w.sum() - 1.0}]
        for row, low, high in zip(limits.rows, limits.row_lower, limits.row_upper, strict=True):
            if np.isfinite(low):
                fair.append({"type": "ineq", "fun": lambda w, row=row, low=low: row @ w - low})
            if np.isfinite(high):
                fair.append({"type": "ineq", "fun": lambda w, row=row, high=high: high - row @ w})
        bounds = list(zip(limits.lower, limits.upper, strict=True))
        ours = lost(got.weights[i])
        for start in (got.weights[i], np.clip(hold[i], limits.lower, limits.upper)):
            found = minimize(
                lost,
                start,
                bounds=bounds,
                constraints=fair,
                method="SLSQP",
                options={"maxiter": 60},
            )
            broken = max(abs(found.x.sum() - 1.0), *(-f["fun"](found.x) for f in fair[1:]), 0.0)
            if broken <= 1e-12 and np.isfinite(found.fun):
                assert ours <= found.fun + float(visible(own)[0])


def test_the_quadrature_is_that_of_scipy() -> None:
    for m, s, b, years in ((0.05, 0.2, 0.0, 1.0), (0.01, 0.001, 0.05, 5.0), (0.1, 0.3, 0.1, 0.1)):
        sd = s / np.sqrt(years)

        def loss(x: float, m: float = m, sd: float = sd, b: float = b) -> float:
            return float((b - x) * norm.pdf(x, m, sd))

        points = (m - 12 * sd, min(b, m + 12 * sd))
        by_scipy = quad(loss, *points, epsabs=1e-13, limit=400)[0]
        ours = shortfall(np.array([m]), np.array([s]), np.array([b]), np.array([years]))[0]
        assert ours == pytest.approx(by_scipy, abs=1e-11)


def test_a_nearly_riskless_portfolio_in_reach_is_taken() -> None:
    """94 % stock was kept at a utility of -.215; all but a little cash has +.062."""
    model = ReturnModel(["cash", "stock"], [0.081, 0.061], [[0.0, 0.0], [0.0, 0.06817650576521168]])
    wants = Preferences([0.0, 1e-9, 1e-6, 1e-3], 4.0, 0.05)
    hold = np.tile([0.0561, 0.9439], (4, 1))
    got = optimal_portfolios(model, None, wants, current=hold, cost=0.01)
    assert (got.status == "ok").all()
    assert (utility(model, wants, got.weights, hold, 0.01) >= 0.0621).all()


def test_a_small_step_is_no_convergence() -> None:
    model = ReturnModel(["cash", "stock"], [0.019, 0.023], [[0.0, 0.0], [0.0, 0.05455745218194249]])
    wants = Preferences(1.0, 4.0, 0.05, 5.0)
    stock = trace_frontier(model).at_preferences(wants)[0, 1]
    best = max(
        np.linspace(0.0, 0.3, 3001),
        key=lambda x: utility(model, wants, np.array([[1.0 - x, x]]), None, 0.0)[0],
    )
    assert stock == pytest.approx(best, abs=2e-4)
    assert stock == pytest.approx(0.127, abs=1e-3)
    assert optimal_portfolio(model, preferences=wants).weights[1] == pytest.approx(stock, abs=1e-9)
    assert optimal_portfolios(model, None, wants).weights[0, 1] == pytest.approx(stock, abs=1e-9)


def test_the_certificate_is_of_the_loss_averse_problem() -> None:
    """Plain optima, each at its own risk aversion, are no optima of a loss-averse client; nor is
    staying out of what the client would take: the residual is the utility lost, or more."""
    model = ReturnModel(["cash", "bond", "stock"], [0.02, 0.03, 0.07], np.diag([0.0, 0.002, 0.03]))
    frontier = trace_frontier(model)
    for wants, out in (
        (Preferences(2.0, 2.25, 0.02, 10.0), False),
        (Preferences(2.0, 4.0, 0.02, 0.5), True),
    ):
        right = optimal_portfolio(model, preferences=wants)
        assert right.status == ("no_participation" if out else "ok")
        assert right.kkt_residual <= 1e-9
        best = utility(model, wants, right.weights[None], None, 0.0)[0]
        for gamma in (2.5, 20.0, *(() if out else (np.inf,))):
            weights = frontier.at_risk_aversion(gamma)
            lost = best - utility(model, wants, weights[None], None, 0.0)[0]
            assert frontier.certify(weights, gamma).kkt_residual <= 1e-12
            told = certify_preferences(frontier, weights, wants, gamma).kkt_residual
            assert told >= lost / 2.0 > 1e-6


def test_prices_of_loss_averse_clients_are_what_more_room_adds() -> None:
    """By differences of the utility over a limit that gives way."""
    model = ReturnModel(
        ["cash", "bond", "stock"], [0.02, 0.03, 0.07], np.diag([0.0001, 0.002, 0.03])
    )
    wants, more = Preferences(1.0, 2.0, 0.03, 10.0), 1e-5

    def best(mandate: Mandate) -> float:
        got = optimal_portfolios(model, mandate, wants)
        return float(utility(model, wants, got.weights, None, 0.0)[0])

    for tight, loose, name in (
        (Mandate(max_volatility=0.03), Mandate(max_volatility=0.03 + more), "max_volatility"),
        (
            Mandate(bounds={"stock": (0.0, 0.1)}),
            Mandate(bounds={"stock": (0.0, 0.1 + more)}),
            "max_weight:stock",
        ),
    ):
        slope = (best(loose) - best(tight)) / more
        for binding in (
            optimal_portfolios(model, tight, wants).binding(0),
            optimal_portfolio(model, tight, preferences=wants).binding,
        ):
            assert {b.name: b.shadow_price for b in binding}[name] == pytest.approx(slope, rel=2e-3)
