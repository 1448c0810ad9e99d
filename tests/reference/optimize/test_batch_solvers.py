"""The batch solver against independent solvers: Clarabel at a tight tolerance, and grids where a
hand can follow."""

from __future__ import annotations

from typing import Any

import clarabel
import numpy as np
import pytest
from scipy import sparse

from advisor.contracts import GroupLimit, LinearLimit, Mandate
from advisor.data import ReturnModel
from advisor.optimize import Portfolios, Preferences, TradingCost, optimal_portfolios

untyped: Any = clarabel


def market(n: int, rng: np.random.Generator, *, groups: int = 3) -> ReturnModel:
    loadings = rng.normal(size=(n, 4)) * 0.08
    covariance = loadings @ loadings.T + np.diag(rng.uniform(0.03, 0.2, n) ** 2)
    return ReturnModel(
        [f"a{i}" for i in range(n)],
        rng.uniform(0.0, 0.12, n),
        covariance,
        groups=[f"g{i % groups}" for i in range(n)],
    )


def conic(
    hessian: Any, linear: Any, equal: Any, equal_to: Any, below: Any, below_than: Any
) -> np.ndarray:
    """`min x'Hx/2 + f'x, Ax = b, Cx <= d` by Clarabel at 1e-12."""
    settings = untyped.DefaultSettings()
    for name, value in {
        "tol_gap_abs": 1e-13,
        "tol_gap_rel": 1e-13,
        "tol_feas": 1e-13,
        "verbose": False,
        "max_iter": 300,
    }.items():
        setattr(settings, name, value)
    cones = [untyped.ZeroConeT(len(equal_to)), untyped.NonnegativeConeT(len(below_than))]
    a = sparse.csc_matrix(np.vstack([equal, below]))
    done = untyped.DefaultSolver(
        sparse.csc_matrix(np.triu(hessian)),
        np.asarray(linear),
        a,
        np.concatenate([equal_to, below_than]),
        cones,
        settings,
    ).solve()
    return np.array(done.x)


def utility(
    model: ReturnModel,
    w: np.ndarray,
    gamma: float,
    hold: Any = 0.0,
    buy: Any = 0.0,
    sell: Any = 0.0,
) -> float:
    change = w - hold
    paid = float(np.sum(np.where(change > 0.0, buy * change, -sell * change)))
    return float(model.mean @ w - 0.5 * gamma * w @ model.covariance @ w - paid)


@pytest.mark.parametrize("n", [2, 5, 17, 40])
def test_own_boxes_match_clarabel(n: int) -> None:
    rng = np.random.default_rng(n)
    model, c = market(n, rng), 25
    lower = np.where(rng.random((c, n)) < 0.2, 0.02, 0.0)
    upper = np.maximum(
        np.where(rng.random((c, n)) < 0.2, 0.0, rng.uniform(0.2, 1.0, (c, n))), lower
    )
    upper[:, 0] = 1.0
    gamma = np.exp(rng.uniform(np.log(0.2), np.log(200.0), c))
    got = optimal_portfolios(model, Mandate(), Preferences(gamma), lower=lower, upper=upper)
    assert (got.status == "ok").all()
    assert got.kkt_residual.max() <= 1e-9
    for i in range(c):
        eye = np.eye(n)
        x = conic(
            gamma[i] * model.covariance,
            -model.mean,
            np.ones((1, n)),
            [1.0],
            np.vstack([-eye, eye]),
            np.concatenate([-lower[i], upper[i]]),
        )
        assert utility(model, got.weights[i], gamma[i]) >= utility(model, x, gamma[i]) - 1e-9 * max(
            1.0, gamma[i]
        )
        assert np.abs(got.weights[i] - x).max() < 1e-5


@pytest.mark.parametrize("rows", [False, True])
def test_costs_and_group_rows_match_clarabel(rows: bool) -> None:
    """Kinks by splitting purchases from sales, for the reference only."""
    rng = np.random.default_rng(7)
    n, c = 9, 20
    model = market(n, rng)
    limits = (
        (GroupLimit(group="g0", lower=0.2, upper=0.5), GroupLimit(group="g1", upper=0.3))
        if rows
        else ()
    )
    mandate = Mandate(group_limits=limits, max_weight=0.6)
    hold, gamma = rng.dirichlet(np.ones(n), c), rng.uniform(1.0, 20.0, c)
    buy, sell, years = rng.uniform(0.0, 0.03, (c, n)), rng.uniform(0.0, 0.03, (c, n)), 2.0
    got = optimal_portfolios(
        model, mandate, Preferences(gamma), current=hold, cost=TradingCost(buy, sell, years)
    )
    assert (got.status == "ok").all()
    assert got.kkt_residual.max() <= 1e-9
    group = np.array([[g == name for g in model.groups] for name in ("g0", "g1")], dtype=float)
    for i in range(c):
        h = gamma[i] * model.covariance
        pair = np.block([[h, -h], [-h, h]])
        start = h @ hold[i] - model.mean
        eye, zero = np.eye(n), np.zeros((n, n))
        c_rows = [
            np.hstack([-eye, zero]),
            np.hstack([zero, -eye]),
            np.hstack([eye, -eye]),
            np.hstack([-eye, eye]),
        ]
        d_rows = [np.zeros(n), np.zeros(n), 0.6 - hold[i], hold[i]]
        if rows:
            own = group @ hold[i]
            c_rows += [np.hstack([group, -group]), np.hstack([-group[:1], group[:1]])]
            d_rows += [np.array([0.5, 0.3]) - own, own[:1] - 0.2]
        budget = np.concatenate([np.ones(n), -np.ones(n)])[None]
        x = conic(
            pair,
            np.concatenate([start + buy[i] / years, -start + sell[i] / years]),
            budget,
            [1.0 - hold[i].sum()],
            np.vstack(c_rows),
            np.concatenate(d_rows),
        )
        best = hold[i] + x[:n] - x[n:]
        args = (gamma[i], hold[i], buy[i] / years, sell[i] / years)
        assert (
            utility(model, got.weights[i], *args) >= utility(model, best, *args) - 1e-9 * gamma[i]
        )


def test_no_trade_region_has_the_textbook_width() -> None:
    """Share and cash, proportional cost e spread over one year: no trade within e / (g s^2) of the
    frictionless weight (one period, first-order condition)."""
    gamma, sigma, premium, fee = 4.0, 0.2, 0.06, 0.004
    model = ReturnModel(["share", "cash"], [premium, 0.0], [[sigma**2, 0.0], [0.0, 0.0]])
    best, half = premium / (gamma * sigma**2), fee / (gamma * sigma**2)
    held = best + np.array([-0.2, -half - 1e-6, -half + 1e-6, 0.0, half - 1e-6, half + 1e-6, 0.2])
    got = optimal_portfolios(
        model,
        Mandate(),
        Preferences(np.full(7, gamma)),
        current=np.column_stack([held, 1.0 - held]),
        cost=np.array([fee, 0.0]),
    )
    expected = np.clip(held, best - half, best + half)
    assert got.weights[:, 0] == pytest.approx(expected, abs=1e-12)
    assert (got.weights[2:5, 0] == held[2:5]).all()


def loss_averse_utility(
    model: ReturnModel, w: np.ndarray, p: tuple[float, float, float, float]
) -> float:
    from scipy.special import ndtr

    gamma, lam, reference, years = p
    m, s = float(model.mean @ w), float(np.sqrt(w @ model.covariance @ w))
    if s == 0.0:
        short = max(reference - m, 0.0)
    else:
        d = (reference - m) * np.sqrt(years) / s
        short = (reference - m) * ndtr(d) + s / np.sqrt(years) * np.exp(-d * d / 2.0) / np.sqrt(
            2.0 * np.pi
        )
    return m - gamma / 2.0 * s * s - (lam - 1.0) * short


def test_loss_averse_clients_with_own_boxes_beat_every_grid_point() -> None:
    rng = np.random.default_rng(3)
    model, c = market(3, rng), 12
    wants = [
        (float(g), float(lam), float(b), float(t))
        for g, lam, b, t in zip(
            rng.uniform(0.5, 8.0, c),
            rng.uniform(1.0, 4.0, c),
            rng.uniform(-0.05, 0.12, c),
            rng.uniform(0.5, 10.0, c),
            strict=True,
        )
    ]
    upper = rng.uniform(0.5, 1.0, (c, 3))
    got = optimal_portfolios(model, Mandate(), Preferences(*np.array(wants).T), upper=upper)
    grid = np.array(
        [(i / 60, j / 60, 1.0 - (i + j) / 60) for i in range(61) for j in range(61 - i)]
    )
    for i in range(c):
        mine = loss_averse_utility(model, got.weights[i], wants[i])
        allowed = grid[(grid <= upper[i] + 1e-12).all(axis=1)]
        assert max(loss_averse_utility(model, w, wants[i]) for w in allowed) <= mine + 1e-12
    assert got.kkt_residual.max() <= 1e-9


def test_a_volatility_cap_binds_exactly_and_is_proved() -> None:
    rng = np.random.default_rng(5)
    model = market(12, rng)
    got = optimal_portfolios(
        model,
        Mandate(max_volatility=0.09),
        Preferences([1.0, 2.0, 60.0]),
        upper=np.full((3, 12), 0.5),
    )
    assert got.volatility[:2] == pytest.approx(0.09, abs=1e-9)
    assert got.volatility[2] < 0.09
    assert (got.risk_aversion[:2] > [1.0, 2.0]).all()
    assert got.kkt_residual.max() <= 1e-9
    nobody = optimal_portfolios(model, Mandate(max_volatility=0.001), Preferences([5.0]))
    assert nobody.status.tolist() == ["infeasible"]
    assert "max_volatility 0.001" in nobody.reason(0)


def test_linear_limits_and_equalities() -> None:
    rng = np.random.default_rng(11)
    model = market(8, rng)
    rows = (
        LinearLimit(
            name="beta", coefficients={f"a{i}": i / 8 for i in range(8)}, lower=0.4, upper=0.4
        ),
    )
    got = optimal_portfolios(
        model, Mandate(linear_limits=rows, max_weight=0.7), Preferences(rng.uniform(1.0, 30.0, 15))
    )
    assert (got.status == "ok").all()
    assert got.weights @ np.arange(8) / 8 == pytest.approx(0.4, abs=1e-12)
    assert got.kkt_residual.max() <= 1e-9


@pytest.mark.parametrize(
    "kind", ["duplicates", "cash", "short history", "equal means", "round caps", "one asset"]
)
def test_degenerate_markets_are_certified(kind: str) -> None:
    rng = np.random.default_rng(13)
    model, upper, c = market(10, rng), np.ones((8, 10)), 8
    mean, cov = np.array(model.mean), np.array(model.covariance)
    if kind == "duplicates":
        mean[5:], cov = mean[:5], np.tile(cov[:5, :5], (2, 2))
    elif kind == "cash":
        cov[0], cov[:, 0], mean[0] = 0.0, 0.0, 0.01
    elif kind == "short history":
        rows = rng.normal(size=(6, 10)) * 0.1
        cov = rows.T @ rows / 6
    elif kind == "equal means":
        mean[:] = 0.05
    elif kind == "round caps":
        upper[:] = 0.1
    else:
        mean, cov, upper = mean[:1], cov[:1, :1], upper[:, :1]
    model = ReturnModel([f"a{i}" for i in range(len(mean))], mean, cov)
    gamma = np.array([0.0, 0.01, 0.5, 2.0, 5.0, 20.0, 1e3, 1e6])
    got = optimal_portfolios(model, Mandate(), Preferences(gamma), upper=upper)
    assert (got.status == "ok").all(), got
    assert got.kkt_residual.max() <= 1e-7
    assert len(got) == c


def test_portfolios_print_what_they_hold() -> None:
    got: Portfolios = optimal_portfolios(
        market(3, np.random.default_rng(0)), Mandate(), Preferences([1.0, 2.0])
    )
    assert repr(got) == "Portfolios(2 clients, 3 assets: 2 ok)"
