"""What must hold for every batch: rows do not see each other, limits hold, the certificate is
honest, and a broken copy is caught."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from advisor import InputError
from advisor.contracts import GroupLimit, Mandate
from advisor.data import ReturnModel
from advisor.native.threads import limited_threads
from advisor.optimize import Portfolios, Preferences, optimal_portfolios
from advisor.optimize.batch import portfolios as batch
from advisor.optimize.batch.certificate import Rates, row_residuals
from advisor.optimize.batch.exact import solve_exactly
from advisor.optimize.batch.pivot import fresh_state, marginal_risk, pivot
from advisor.optimize.batch.rows import BatchRows


def problem(seed: int, c: int = 6, n: int = 7) -> dict[str, object]:
    rng = np.random.default_rng(seed)
    loadings = rng.normal(size=(n, 3)) * 0.1
    cov = loadings @ loadings.T + np.diag(rng.uniform(0.02, 0.2, n) ** 2)
    model = ReturnModel(
        [f"a{i}" for i in range(n)],
        rng.uniform(-0.02, 0.12, n).round(2),
        cov,
        groups=[f"g{i % 2}" for i in range(n)],
    )
    upper = np.where(rng.random((c, n)) < 0.3, 0.0, rng.choice([0.1, 0.25, 0.5, 1.0], (c, n)))
    lower = np.minimum(np.where(rng.random((c, n)) < 0.2, 0.05, 0.0), upper)
    return {
        "model": model,
        "mandate": Mandate(
            group_limits=(GroupLimit(group="g0", lower=0.1, upper=0.8),) if seed % 2 else ()
        ),
        "preferences": Preferences(rng.uniform(0.5, 30.0, c), rng.choice([1.0, 2.0], c), 0.01, 5.0),
        "lower": lower,
        "upper": upper,
        "current": rng.dirichlet(np.ones(n), c),
        "cost": float(rng.choice([0.0, 0.01])),
    }


def solve(given: dict[str, object], rows: np.ndarray | None = None) -> Portfolios:
    values = dict(given)
    model, mandate, wants = values.pop("model"), values.pop("mandate"), values.pop("preferences")
    assert isinstance(model, ReturnModel)
    assert isinstance(mandate, Mandate)
    assert isinstance(wants, Preferences)
    if rows is not None:
        wants = Preferences(wants.risk_aversion[rows], wants.loss_aversion[rows], 0.01, 5.0)
        values = {k: v[rows] if isinstance(v, np.ndarray) else v for k, v in values.items()}
    return optimal_portfolios(model, mandate, wants, **values)  # type: ignore[arg-type]


@given(st.integers(0, 10_000))
@example(25)  # a contradiction that a singular split program once hid
@settings(max_examples=40)
def test_limits_hold_and_every_answer_is_certified(seed: int) -> None:
    given = problem(seed)
    got = solve(given)
    ok = np.isin(got.status, ["ok", "no_participation"])
    assert np.isin(got.status, ["ok", "no_participation", "infeasible"]).all(), [
        got.reason(i) for i in range(len(got))
    ]
    w = got.weights[ok]
    assert (got.kkt_residual[ok] <= 1e-7).all()
    assert np.abs(w.sum(axis=1) - 1.0).max(initial=0.0) <= 1e-12
    lower, upper = np.asarray(given["lower"])[ok], np.asarray(given["upper"])[ok]
    assert (w >= lower - 1e-12).all()
    assert (w <= upper + 1e-12).all()
    assert np.isnan(got.weights[~ok]).all()
    for i in np.flatnonzero(~ok).tolist():
        assert got.reason(i)


@given(st.integers(0, 10_000), st.integers(1, 5))
@settings(max_examples=25)
def test_a_row_is_the_same_bytes_alone_and_in_any_chunk(seed: int, size: int) -> None:
    given = problem(seed)
    whole = solve(given)
    one = np.concatenate([solve(given, np.array([i])).weights for i in range(6)])
    assert one.tobytes() == whole.weights.tobytes()
    before = batch.CHUNK
    try:
        batch.CHUNK = size
        assert solve(given).weights.tobytes() == whole.weights.tobytes()
    finally:
        batch.CHUNK = before


def test_threads_change_no_bit() -> None:
    given = problem(4, c=1500)
    with limited_threads(4):
        many = solve(given).weights.tobytes()
    with limited_threads(1):
        assert solve(given).weights.tobytes() == many


@given(st.integers(0, 10_000))
@settings(max_examples=25)
def test_the_exact_solver_and_the_pivots_agree(seed: int) -> None:
    """daqp row by row is the reference of the compiled loop."""
    values = problem(seed)
    model, mandate = values["model"], values["mandate"]
    assert isinstance(model, ReturnModel)
    assert isinstance(mandate, Mandate)
    rows = BatchRows.of(model, mandate, 6, values["lower"], values["upper"], None)
    tolerance = np.linspace(0.0, 0.8, 6)
    cold = fresh_state(
        rows, np.zeros((6, len(model)), np.int8), np.zeros((6, len(rows.limits.row_names)), np.int8)
    )
    which = np.flatnonzero(rows.boxed)
    solved = which[pivot(rows, tolerance, cold, which)]
    for i in solved.tolist():
        exact = fresh_state(
            rows,
            np.zeros((6, len(model)), np.int8),
            np.zeros((6, len(rows.limits.row_names)), np.int8),
        )
        assert solve_exactly(rows, tolerance, exact, i)
        assert exact.weights[i] == pytest.approx(cold.weights[i], abs=1e-7)


def test_marginal_risk_is_the_matrix_product() -> None:
    values = problem(1)
    model = values["model"]
    assert isinstance(model, ReturnModel)
    rows = BatchRows.of(model, Mandate(), 6, None, None, None)
    weights = np.random.default_rng(0).dirichlet(np.ones(7), 6)
    assert marginal_risk(rows, weights) == pytest.approx(weights @ model.covariance, abs=1e-15)


@given(st.integers(0, 10_000), st.floats(0.001, 0.05))
@settings(max_examples=25)
def test_a_moved_portfolio_loses_its_certificate(seed: int, shift: float) -> None:
    """The broken copy: weights shifted between two free assets keep every limit, and the residual
    must see it; it must also bound the true loss."""
    values = problem(seed)
    model = values["model"]
    assert isinstance(model, ReturnModel)
    gamma = np.full(6, 5.0)
    got = optimal_portfolios(model, Mandate(), Preferences(gamma))
    rows = BatchRows.of(model, Mandate(), 6, None, None, None)
    broken = got.weights.copy()
    top, low = int(np.argmax(broken[0])), int(np.argmin(broken[0]))
    broken[:, top] -= shift
    broken[:, low] += shift
    residual = row_residuals(
        rows, broken, marginal_risk(rows, broken), Rates.of(gamma, rows.steepest), got.state.price
    )
    value = lambda w: float(model.mean @ w - 2.5 * w @ model.covariance @ w)  # noqa: E731
    lost = (value(got.weights[0]) - value(broken[0])) / 5.0
    assert residual[0] >= lost > 0.0
    assert residual[0] > 1e-7


@given(st.integers(0, 10_000))
@settings(max_examples=15)
def test_turnover_falls_as_costs_rise_and_a_high_cost_stops_trade(seed: int) -> None:
    values = problem(seed, c=1)
    model = values["model"]
    assert isinstance(model, ReturnModel)
    hold = np.random.default_rng(seed).dirichlet(np.ones(7), 1)
    turnover = [
        float(
            np.abs(
                optimal_portfolios(
                    model, Mandate(), Preferences([5.0]), current=hold, cost=fee
                ).weights
                - hold
            ).sum()
        )
        for fee in (0.0, 0.002, 0.01, 0.05, 5.0)
    ]
    assert all(b <= a + 1e-12 for a, b in itertools.pairwise(turnover))
    assert turnover[-1] == 0.0


def test_warm_start_gives_the_same_answer() -> None:
    values = problem(2)
    first = solve(values)
    model, mandate, wants = values["model"], values["mandate"], values["preferences"]
    assert isinstance(model, ReturnModel)
    assert isinstance(mandate, Mandate)
    assert isinstance(wants, Preferences)
    rest = {k: values[k] for k in ("lower", "upper", "current", "cost")}
    again = optimal_portfolios(model, mandate, wants, start=first, **rest)  # type: ignore[arg-type]
    assert again.weights == pytest.approx(first.weights, abs=1e-12, nan_ok=True)


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({"cost": 0.01}, "current"),
        ({"cost": -0.01, "current": np.full(7, 1 / 7)}, "cost"),
        ({"lower": np.zeros((5, 7))}, "lower"),
        ({"upper": np.full((6, 7), np.nan)}, "upper"),
        ({"current": np.zeros(3), "cost": 0.1}, "current"),
    ],
)
def test_bad_input_is_refused_by_name(options: dict[str, object], field: str) -> None:
    values = problem(0)
    model, wants = values["model"], values["preferences"]
    assert isinstance(model, ReturnModel)
    assert isinstance(wants, Preferences)
    with pytest.raises(InputError) as caught:
        optimal_portfolios(model, Mandate(), wants, **options)  # type: ignore[arg-type]
    assert caught.value.field in {field, "preferences"}


def test_shadow_prices_are_what_relaxing_a_limit_earns() -> None:
    """Each price against a finite difference of the optimal utility; the broken copy, twice the
    price, is off."""
    values = problem(1)
    model = values["model"]
    assert isinstance(model, ReturnModel)
    gamma, step = 4.0, 1e-6
    mandate = Mandate(group_limits=(GroupLimit(group="g0", upper=0.1),), max_weight=0.43)

    def best(upper: np.ndarray, group: float) -> float:
        limits = Mandate(group_limits=(GroupLimit(group="g0", upper=group),))
        w = optimal_portfolios(model, limits, Preferences([gamma]), upper=upper[None]).weights[0]
        return float(model.mean @ w - gamma / 2 * w @ model.covariance @ w)

    got = optimal_portfolios(model, mandate, Preferences([gamma]))
    start = best(np.full(7, 0.43), 0.1)
    prices = {b.name: b.shadow_price for b in got.binding(0)}
    assert "group:g0:upper" in prices
    assert any(name.startswith("max_weight:") for name in prices)
    for name, price in prices.items():
        if name.startswith("max_weight:"):
            upper = np.full(7, 0.43)
            upper[model.assets.index(name.removeprefix("max_weight:"))] += step
            earned = (best(upper, 0.1) - start) / step
        elif name == "group:g0:upper":
            earned = (best(np.full(7, 0.43), 0.1 + step) - start) / step
        else:
            continue
        assert earned == pytest.approx(price, rel=1e-3, abs=1e-6)
        assert earned != pytest.approx(2.0 * price, rel=1e-3, abs=1e-6)


def test_costs_that_stop_a_trade_are_named() -> None:
    values = problem(1)
    model = values["model"]
    assert isinstance(model, ReturnModel)
    got = optimal_portfolios(
        model, Mandate(), Preferences([4.0]), current=np.full(7, 1 / 7), cost=0.5
    )
    assert {b.name for b in got.binding(0)} == {f"no_trade:a{i}" for i in range(7)}
    cheapest = min(b.shadow_price for b in got.binding(0))
    assert 0.0 <= cheapest <= 0.5
