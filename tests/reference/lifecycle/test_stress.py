"""Published falls, red lines, and matrices that stay what they are."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor import InputError
from advisor.data import Market, ReturnModel
from advisor.lifecycle import (
    HISTORICAL,
    RED_LINE,
    Scenario,
    blend_correlation,
    factor_scenario,
    parametric_loss,
    replay_scenario,
    scenario,
    stress_test,
    stressed_covariance,
)

MODEL = ReturnModel(
    ["shares", "bonds", "cash"],
    [0.06, 0.03, 0.02],
    np.diag([0.04, 0.0025, 0.0]),
    groups=["equity", "bonds", "cash"],
)


@pytest.mark.parametrize(
    ("name", "ten", "twenty"),
    [
        ("GFC 2007-2009", 0.176, 0.352),
        ("COVID 2020", 0.294, 0.588),
        ("A-share crash 2015", 0.222, 0.445),
    ],
)
def test_red_line_equity_caps(name: str, ten: float, twenty: float) -> None:
    """Caps for losses of 10 and 20 % where nothing else loses: tolerance over shock."""
    report = stress_test([[0.9, 0.0, 0.1]] * 2, MODEL, [scenario(name)], tolerance=[0.10, 0.20])
    np.testing.assert_allclose(report.risky_cap, [ten, twenty], atol=6e-4)
    np.testing.assert_allclose(report.proposal[:, 0], report.risky_cap)
    np.testing.assert_allclose(
        stress_test(report.proposal, MODEL, [scenario(name)]).worst_loss, [0.10, 0.20], atol=1e-12
    )
    assert report.status.tolist() == ["red_line", "red_line"]
    assert RED_LINE in report.reason(0)


def test_published_shocks() -> None:
    assert scenario("GFC 2007-2009").shocks["equity"] == -0.568
    assert scenario("A-share crash 2015").shocks["equity"] == pytest.approx(-0.4495, abs=1e-4)
    assert {s.shocks["equity"] for s in HISTORICAL} >= {
        -0.491,
        -0.34,
        -0.86,
        -0.48,
        -0.321,
        -0.0849,
        -0.55,
        -0.50,
    }
    assert all(s.source for s in HISTORICAL)
    assert len({s.name for s in HISTORICAL}) == len(HISTORICAL)


def test_losses_by_hand_and_own_entries_before_groups() -> None:
    both = Scenario("both", {"equity": -0.5, "bonds": -0.1, "cash": 0.0, "shares": -0.4}, "made up")
    report = stress_test([0.5, 0.3, 0.2], MODEL, [both])
    assert report.losses[0, 0] == pytest.approx(0.5 * 0.4 + 0.3 * 0.1)
    assert report.status[0] == "ok"
    assert report.risky_cap[0] == 0.5
    assert "within the tolerance" in report.reason(0)


@given(seed=st.integers(0, 10**6), tolerance=st.floats(0.02, 0.3))
def test_the_cap_is_the_largest_that_holds(seed: int, tolerance: float) -> None:
    """At the cap every scenario is within the tolerance; a little above it one is not."""
    rng = np.random.default_rng(seed)
    n = 5
    model = ReturnModel(
        [f"a{i}" for i in range(n)],
        np.full(n, 0.05),
        np.eye(n) * 0.04,
        groups=["equity", "equity", "bonds", "bonds", "cash"],
    )
    scenarios = [
        Scenario(
            f"s{i}",
            {
                f"a{j}": float(v)
                for j, v in enumerate(rng.uniform(-0.6, 0.1, n) * [1, 1, 0.3, 0.3, 0])
            },
            "drawn",
        )
        for i in range(4)
    ]
    weights = rng.dirichlet(np.ones(n), 20)
    report = stress_test(weights, model, scenarios, tolerance=tolerance)
    again = stress_test(report.proposal, model, scenarios, tolerance=tolerance)
    cut = report.status == "red_line"
    assert (again.worst_loss[cut] <= tolerance + 1e-12).all()
    np.testing.assert_allclose(report.proposal.sum(axis=1), 1.0)
    assert (report.proposal >= -1e-12).all()
    np.testing.assert_array_equal(report.proposal[~cut], weights[~cut])
    for i in np.flatnonzero(cut):
        mix = report.proposal[i] + 1e-4 * (weights[i] - report.proposal[i])
        assert (
            -(np.stack([s.returns(model.assets, model.groups) for s in scenarios]) @ mix).min()
            > tolerance - 1e-12
        )


def test_a_cap_that_ignores_one_scenario_would_be_caught() -> None:
    harsh, mild = (
        Scenario("harsh", {"equity": -0.5}, ""),
        Scenario("mild", {"equity": -0.2, "bonds": -0.2}, ""),
    )
    only = stress_test([0.8, 0.2, 0.0], MODEL, [mild], tolerance=0.15, safe="cash")
    assert stress_test(only.proposal, MODEL, [harsh, mild], tolerance=0.15).breached[0]


def test_no_remedy_and_no_risky_assets() -> None:
    everything = Scenario("everything", {"equity": -0.5, "bonds": -0.3, "cash": -0.3}, "")
    report = stress_test([0.2, 0.8, 0.0], MODEL, [everything], tolerance=0.1)
    assert report.status[0] == "no_remedy"
    assert np.isnan(report.risky_cap[0])
    np.testing.assert_array_equal(report.proposal, [[0.2, 0.8, 0.0]])
    with pytest.raises(InputError, match="risky assets to cut"):
        stress_test([0.2, 0.8, 0.0], MODEL, [everything], tolerance=0.1, risky=["gold"])


@given(seed=st.integers(0, 10**6), share=st.floats(0.0, 1.0), n=st.integers(1, 8))
def test_a_blended_correlation_stays_one(seed: int, share: float, n: int) -> None:
    rng = np.random.default_rng(seed)
    root = rng.normal(size=(n, max(1, n - 2)))  # singular on purpose
    sigma = root @ root.T + 1e-12 * np.eye(n)
    risk = np.sqrt(np.diag(sigma))
    blended = blend_correlation(sigma / np.outer(risk, risk), share)
    assert np.linalg.eigvalsh(blended)[0] > -1e-10
    np.testing.assert_allclose(np.diag(blended), 1.0)
    stressed = stressed_covariance(sigma, volatility=2.0, correlation=share)
    np.testing.assert_allclose(np.sqrt(np.diag(stressed)), 2 * risk)
    assert np.linalg.eigvalsh(stressed)[0] > -1e-9 * np.trace(stressed)


def test_a_blend_beyond_one_would_not_stay_a_correlation() -> None:
    """Why a share above 1 is refused: (1 - 1.5) R + 1.5 J has a negative eigenvalue."""
    assert np.linalg.eigvalsh(-0.5 * np.eye(3) + 1.5 * np.ones((3, 3)))[0] < 0
    with pytest.raises(InputError, match="share"):
        blend_correlation(np.eye(3), 1.5)
    with pytest.raises(InputError, match="toward"):
        blend_correlation(np.eye(3), 0.5, -0.9)


def test_factor_shocks_by_hand_and_by_regression() -> None:
    beta = np.array([[1.0, 0.0], [0.2, 1.0], [0.0, 0.0]])
    plain = factor_scenario("f", MODEL, beta, [-0.3, 0.1])
    np.testing.assert_allclose(plain.returns(MODEL.assets, MODEL.groups), [-0.3, 0.04, 0.0])
    omega = np.array([[0.04, -0.01], [-0.01, 0.01]])
    told = factor_scenario("g", MODEL, beta, [-0.3, 0.0], covariance=omega, given=[0])
    draws = np.random.default_rng(0).multivariate_normal([0, 0], omega, 200_000)
    slope = np.polyfit(draws[:, 0], draws[:, 1], 1)[0]
    assert told.returns(MODEL.assets, MODEL.groups)[1] == pytest.approx(
        -0.06 + slope * -0.3, abs=2e-3
    )


def test_replay_of_a_market_is_its_compound_return() -> None:
    days = pd.date_range("2020-02-18", periods=5, freq="D")
    market = Market.from_prices(
        pd.DataFrame({"a": [100.0, 110, 99, 88, 90], "b": [50.0, 50, 51, 52, 53]}, index=days)
    )
    replay = replay_scenario(market, "2020-02-19", "2020-02-21", name="spring")
    assert replay.shocks["a"] == pytest.approx(88 / 110 - 1)
    assert replay.shocks["b"] == pytest.approx(52 / 50 - 1)
    with pytest.raises(InputError, match="0 days"):
        replay_scenario(market, "2021-01-01", "2021-02-01")
    with pytest.raises(InputError, match="says nothing about"):
        replay.returns(("c",), ("",))


def test_parametric_loss_against_simulated_quantile() -> None:
    draws = np.random.default_rng(0).multivariate_normal(MODEL.mean, MODEL.covariance, 400_000)
    weights = np.array([0.6, 0.3, 0.1])
    assert parametric_loss(weights, MODEL.mean, MODEL.covariance, probability=0.05)[
        0
    ] == pytest.approx(-np.quantile(draws @ weights, 0.05), abs=2e-3)
    assert parametric_loss([0.0, 0.0, 1.0], MODEL.mean, MODEL.covariance)[0] == 0.0


@pytest.mark.parametrize("shocks", [{}, {"equity": -1.2}, {"equity": np.nan}])
def test_a_scenario_without_sense_is_refused(shocks: dict) -> None:
    with pytest.raises(InputError, match="x"):
        Scenario("x", shocks, "")


def test_bad_weights_and_twins_are_refused() -> None:
    with pytest.raises(InputError, match="add up to 1"):
        stress_test([0.5, 0.5, 0.5], MODEL)
    with pytest.raises(InputError, match="name of its own"):
        stress_test([1.0, 0.0, 0.0], MODEL, [HISTORICAL[0], HISTORICAL[0]])
    with pytest.raises(InputError, match="No scenario"):
        scenario("Tulips 1637")
