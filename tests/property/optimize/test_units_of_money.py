"""What is best does not depend on the unit in which returns or money are counted; expected values
are exhaustive searches and textbook programs in units where everything is about 1."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from scipy.optimize import linprog

from advisor.contracts import Mandate
from advisor.data import ReturnModel
from advisor.errors import InfeasibleError, SolverError
from advisor.optimize import (
    Preferences,
    discrete_allocation,
    minimum_cvar,
    optimal_portfolio,
    trace_frontier,
)

SCALES = [1e-8, 1e-6, 1e-3, 1.0, 1e2]


def textbook_cvar(returns: np.ndarray, confidence: float, highest: float) -> float:
    """Rockafellar and Uryasev (2000), equation 17, whole, by HiGHS's dual simplex."""
    t, n = returns.shape
    solved = linprog(
        np.concatenate([np.zeros(n), [1.0], np.full(t, 1.0 / ((1.0 - confidence) * t))]),
        A_ub=np.hstack([-returns, -np.ones((t, 1)), -np.eye(t)]),
        b_ub=np.zeros(t),
        A_eq=np.concatenate([np.ones(n), np.zeros(t + 1)])[None],
        b_eq=[1.0],
        bounds=[(0.0, highest)] * n + [(None, None)] + [(0.0, None)] * t,
        method="highs-ds",
    )
    return float(solved.fun)


@pytest.mark.parametrize("scale", SCALES)
def test_least_cvar_in_any_unit(scale: float) -> None:
    rng = np.random.default_rng(3)
    for confidence in (0.5, 0.8, 0.9, 0.95, 0.99):
        t, n = int(rng.integers(1, 60)), int(rng.integers(2, 5))
        returns = rng.normal(0.05, 1.0, (t, n))
        returns[:, 1] = returns[:, 0] if t % 2 else returns[:, 1]
        model = ReturnModel([f"a{i}" for i in range(n)], np.zeros(n), np.eye(n))
        best = minimum_cvar(model, scale * returns, Mandate(max_weight=0.75), confidence=confidence)
        loss = np.sort(-(returns @ best.weights))[::-1]
        share = (1.0 - confidence) * t
        cvar = float(loss @ np.clip(share - np.arange(t), 0.0, 1.0) / share)
        assert cvar == pytest.approx(textbook_cvar(returns, confidence, 0.75), abs=1e-8)
        assert best.kkt_residual <= 1e-8 * max(1.0, scale)


def test_least_cvar_counts_scenarios_that_only_the_answer_falls_into() -> None:
    """Each asset has its own crash, which equal weights hardly see: the tail is another one at
    every step."""
    rng = np.random.default_rng(11)
    returns = rng.normal(0.001, 0.01, (400, 6))
    for asset in range(6):
        returns[asset * 20 : asset * 20 + 20, asset] -= 0.2
        returns[asset * 20 : asset * 20 + 20, (asset + 1) % 6] += 0.2
    model = ReturnModel([f"a{i}" for i in range(6)], np.zeros(6), np.eye(6))
    for confidence in (0.6, 0.9, 0.95, 0.995):
        best = minimum_cvar(model, returns, confidence=confidence)
        loss = np.sort(-(returns @ best.weights))[::-1]
        share = (1.0 - confidence) * 400
        cvar = float(loss @ np.clip(share - np.arange(400), 0.0, 1.0) / share)
        assert cvar == pytest.approx(textbook_cvar(returns, confidence, 1.0), abs=1e-9)


@pytest.mark.parametrize("scale", [1e-8, 1e-4, 1.0, 1e4, 1e8])
def test_whole_units_in_any_currency(scale: float) -> None:
    rng = np.random.default_rng(7)
    for _ in range(25):
        n, lots = int(rng.integers(1, 4)), int(rng.choice([1, 2, 5]))
        price, cash = rng.uniform(1.0, 60.0, n), float(rng.uniform(20.0, 300.0))
        weights = rng.dirichlet(np.ones(n)) * rng.choice([1.0, 0.95])
        bought = discrete_allocation(
            {f"a{i}": float(w) for i, w in enumerate(weights)},
            {f"a{i}": float(p) * scale for i, p in enumerate(price)},
            cash * scale,
            lots=lots,
        )
        target = weights * cash
        counts = [range(int(target.sum() * (1 + 1e-9) / (p * lots)) + 1) for p in price]
        money = np.array(list(itertools.product(*counts))) * price * lots
        fits = money.sum(axis=1) <= target.sum() * (1.0 + 1e-9)
        missed = np.abs(money - target).sum(axis=1) + target.sum() - money.sum(axis=1)
        own = (bought.deviation + bought.remainder) / scale
        assert own == pytest.approx(float(missed[fits].min()), abs=1e-6 * cash)


def test_what_cannot_be_proved_is_not_called_contradictory() -> None:
    """Weights of one asset alone meet every limit; variances of 1e8 leave no proof to 1e-9."""
    rng = np.random.default_rng(1)
    mandate = Mandate(min_weight=-0.5, max_weight=1.5, max_gross=1.6)
    for scale in (1.0, 1e3, 1e5, 1e7):
        for _ in range(30):
            a = rng.normal(size=(4, 2)) * scale
            covariance = a @ a.T
            covariance[1], covariance[:, 1] = covariance[0], covariance[:, 0]
            covariance[1, 1] = covariance[0, 0]
            model = ReturnModel(list("abcd"), rng.normal(0.04, 0.05, 4), covariance)
            try:
                assert trace_frontier(model, mandate).kkt_residual.max() <= 1e-9
            except InfeasibleError as error:  # pragma: no cover - the fault this test is about
                pytest.fail(str(error))
            except SolverError:
                assert scale > 1.0


@pytest.mark.parametrize("scale", [1e-8, 1e-5, 1.0, 1e5])
def test_costs_never_lead_above_a_target_volatility(scale: float) -> None:
    rng = np.random.default_rng(5)
    for _ in range(40):
        a = rng.normal(size=(3, 4)) * 0.1 * scale
        model = ReturnModel(list("abc"), rng.normal(0.04, 0.05, 3) * scale, a @ a.T)
        frontier = trace_frontier(model)
        low, high = frontier.volatility[[0, -1]]
        target = float(low + rng.random() * (high - low))
        wants = Preferences(1.0, float(rng.choice([1.0, 2.5])))
        best = optimal_portfolio(
            model,
            target_volatility=target,
            preferences=wants,
            current=rng.dirichlet(np.ones(3)),
            cost=0.02 * scale,
        )
        assert best.volatility <= target * (1.0 + 1e-9)
        assert best.note == ""


def test_an_optimum_is_proved_or_refused() -> None:
    """A cap below which nearly all risk is hedged away, in returns of thousands of percent."""
    covariance = [
        [0.0, 0.0, 0.0],
        [0.0, 53.72806763, -95.61383703],
        [0.0, -95.61383703, 170.153260],
    ]
    model = ReturnModel(list("abc"), [3.97, 4.86, 7.66], covariance)
    for factor in (1.0, 1.0 + 1e-9, 1.0 + 1e-6, 1.1, 10.0):
        mandate = Mandate(
            min_weight=-0.47, max_weight=1.5, max_volatility=8.66919026685516e-08 * factor
        )
        try:
            best = optimal_portfolio(model, mandate, risk_aversion=0.045)
        except (SolverError, InfeasibleError):
            continue
        assert best.kkt_residual <= 1e-9


def test_a_target_out_of_reach_is_noted() -> None:
    model = ReturnModel(["a", "b"], [0.02, 0.08], [[0.01, 0.0], [0.0, 0.04]])
    high = optimal_portfolio(model, target_volatility=0.3)
    assert high.note == "target_volatility 0.3 is out of reach: the limits allow 0.0894427 to 0.2"
    assert high.note in repr(high)
    low = optimal_portfolio(model, target_volatility=0.05, current=np.array([0.5, 0.5]), cost=0.01)
    assert low.note.startswith("target_volatility 0.05 is out of reach")
    assert low.volatility == pytest.approx(0.0894427191, abs=1e-9)
    for target in (0.0894427191, 0.15, 0.2):
        assert optimal_portfolio(model, target_volatility=target).note == ""
