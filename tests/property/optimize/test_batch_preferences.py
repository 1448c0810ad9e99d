"""Loss-averse rows of a batch: the compiled walk to the fixed point against the exact paths of the
rows, which also answer where the walk does not."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.contracts import GroupLimit, LinearLimit, Mandate
from advisor.data import ReturnModel
from advisor.optimize import Portfolios, Preferences, TradingCost, kernels, optimal_portfolios
from advisor.optimize.batch import solve as batch_solve


def clients(seed: int, c: int = 9) -> tuple[ReturnModel, Mandate, Preferences, dict[str, Any]]:
    """All kinds of rows: groups, linear limits, costs, holdings outside the bounds, cash, high
    references, no risk aversion."""
    rng = np.random.default_rng(seed)
    n = int(rng.integers(2, 9))
    loadings = rng.normal(size=(n, 3)) * 0.1
    sigma = loadings @ loadings.T + np.diag(rng.uniform(0.02, 0.2, n) ** 2)
    if rng.random() < 0.3:
        sigma[0] = sigma[:, 0] = 0.0
    model = ReturnModel(
        [f"a{i}" for i in range(n)],
        rng.uniform(-0.02, 0.12, n).round(2),
        sigma,
        groups=[f"g{i % 2}" for i in range(n)],
    )
    losses = {f"a{i}": 0.1 if i < 2 else float(v) for i, v in enumerate(rng.uniform(0.0, 0.8, n))}
    stress = LinearLimit(name="stress", coefficients=losses, upper=0.3)
    mandate = Mandate(
        group_limits=(GroupLimit(group="g0", lower=0.1, upper=0.8),) if rng.random() < 0.4 else (),
        linear_limits=(stress,) if rng.random() < 0.4 else (),
        max_volatility=0.15 if rng.random() < 0.2 else None,
    )
    gamma = np.where(rng.random(c) < 0.1, 0.0, rng.uniform(0.5, 30.0, c))
    gamma = np.where(rng.random(c) < 0.1, np.inf, gamma)
    wants = Preferences(
        gamma,
        rng.choice([1.0, 1.3, 2.25, 6.0], c),
        rng.choice([-0.05, 0.0, 0.03, 0.2], c),
        rng.choice([0.1, 1.0, 10.0], c),
    )
    upper = np.where(rng.random((c, n)) < 0.2, 0.0, rng.choice([0.3, 0.6, 1.0], (c, n)))
    options: dict[str, Any] = {"upper": upper, "current": rng.dirichlet(np.ones(n), c)}
    if rng.random() < 0.5:
        options["cost"] = TradingCost(
            float(rng.choice([0.0, 0.005])), float(rng.choice([0.002, 0.02])), 2.0
        )
    return model, mandate, wants, options


def utility(got: Portfolios, wants: Preferences) -> np.ndarray:
    """What a client maximises, from the moments: normal returns over their years."""
    from scipy.special import ndtr

    m, s, years = got.mean - got.cost, got.volatility, wants.evaluation_years
    with np.errstate(divide="ignore", invalid="ignore"):
        d = np.where(
            s > 0.0,
            (wants.reference_return - m) * np.sqrt(years) / s,
            np.where(wants.reference_return > m, np.inf, -np.inf),
        )
        short = (wants.reference_return - m) * ndtr(d) + s / np.sqrt(years) * np.exp(
            -0.5 * np.where(np.isinf(d), 1e9, d) ** 2
        ) / np.sqrt(2 * np.pi)
    g = np.where(
        np.isinf(wants.risk_aversion), 0.0, wants.risk_aversion
    )  # such clients are compared by volatility
    return (
        m
        - 0.5 * g * s**2
        - (wants.loss_aversion - 1.0)
        * np.where(s > 0.0, short, np.maximum(wants.reference_return - m, 0.0))
    )


@given(st.integers(0, 10_000))
@settings(max_examples=60)
def test_the_walk_ends_where_the_exact_path_does(seed: int) -> None:
    model, mandate, wants, options = clients(seed)
    fast = optimal_portfolios(model, mandate, wants, **options)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            batch_solve, "walk_to_preferences", lambda *data: np.zeros(len(data[4]), dtype=bool)
        )
        slow = optimal_portfolios(model, mandate, wants, **options)
    assert fast.status.tolist() == slow.status.tolist()
    solved = np.isfinite(fast.kkt_residual)
    assert (fast.kkt_residual[solved] <= 1e-9).all()
    finite = solved & np.isfinite(wants.risk_aversion)
    ours, theirs = utility(fast, wants)[finite], utility(slow, wants)[finite]
    np.testing.assert_allclose(ours, theirs, rtol=1e-8, atol=1e-9)
    np.testing.assert_allclose(fast.volatility[solved], slow.volatility[solved], atol=1e-6)


def test_most_rows_are_found_by_the_walk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Or the property above would compare the exact path with itself; and a walk along a wrong line
    must be seen."""
    walk, seen = batch_solve.walk_to_preferences, []

    def counted(*data: Any) -> np.ndarray:
        found = walk(*data)
        seen.append((int(found.sum()), len(data[4])))
        return found

    monkeypatch.setattr(batch_solve, "walk_to_preferences", counted)
    for seed in range(40):
        model, mandate, wants, options = clients(seed)
        optimal_portfolios(model, mandate, wants, **options)
    assert sum(found for found, _ in seen) > 0.9 * sum(asked for _, asked in seen)

    def lost(*data: Any) -> np.ndarray:
        found = walk(*data)
        data[3][data[4][found]] *= 1.2  # the tolerance; weights stay
        data[2].weights[data[4][found]] = np.roll(data[2].weights[data[4][found]], 1, axis=1)
        return found

    monkeypatch.setattr(batch_solve, "walk_to_preferences", lost)
    model, _, wants, _ = clients(1)
    rolled = optimal_portfolios(model, Mandate(), Preferences(5.0, np.full(9, 2.0), 0.0, 5.0))
    monkeypatch.setattr(batch_solve, "walk_to_preferences", walk)
    right = optimal_portfolios(model, Mandate(), Preferences(5.0, np.full(9, 2.0), 0.0, 5.0))
    assert not (rolled.kkt_residual <= 1e-9).any() or np.allclose(
        rolled.weights, right.weights, atol=1e-9
    )


def test_threads_change_no_bit_of_a_walk() -> None:
    rng = np.random.default_rng(4)
    c, n = 1500, 6
    loadings = rng.normal(size=(n, 3)) * 0.1
    model = ReturnModel(
        [f"a{i}" for i in range(n)],
        rng.uniform(0.0, 0.1, n),
        loadings @ loadings.T + 0.01 * np.eye(n),
    )
    wants, upper = (
        Preferences(rng.uniform(1.0, 20.0, c), 2.0, 0.01, 3.0),
        rng.uniform(0.2, 0.8, (c, n)),
    )
    whole = optimal_portfolios(model, Mandate(), wants, upper=upper)
    part = optimal_portfolios(
        model,
        Mandate(),
        Preferences(wants.risk_aversion[700:900], 2.0, 0.01, 3.0),
        upper=upper[700:900],
    )
    assert whole.weights[700:900].tobytes() == part.weights.tobytes()
    assert kernels.SETTLED <= 1e-12
