"""Portfolios composed by one covariance and sized by another: forecasts, levels, advice, and what
is out of reach."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from advisor import InfeasibleError, InputError, load, sample, save
from advisor.contracts import Mandate, RiskBands
from advisor.data import Interactions, Market, ReturnModel
from advisor.engine import Advisor
from advisor.evaluate import Estimates, MeanVariancePolicy, level_policies
from advisor.optimize import Frontier, estimate_returns, forecast_covariance, trace_frontier
from advisor.optimize.frontier.sizing import ForecastPath, tolerance_within

DAY = "2026-03-02"
NOBODY = np.zeros(4)
MIDDLE = (0.01, 0.03, 0.06, 0.10198039027, 0.16124515497)
"""Half of 2 %, and the square roots of .02 x .045, .045 x .08, .08 x .13 and .13 x .20."""


def turning_market(last: float, sessions: int = 600, quiet: int = 120) -> Market:
    """Four assets whose volatility is `last` times the usual in the last `quiet` sessions."""
    rng = np.random.default_rng(3)
    annual = np.array([0.04, 0.10, 0.18, 0.25])
    returns = (
        (0.6 * rng.normal(size=(sessions, 1)) + 0.8 * rng.normal(size=(sessions, 4)))
        * annual
        / 252**0.5
    )
    returns[-quiet:] *= last
    days = pd.bdate_range("2020-01-01", periods=sessions)
    return Market.from_returns(pd.DataFrame(returns + 0.05 / 252, index=days, columns=list("abcd")))


def sized_frontier(seed: int) -> Frontier:
    rng = np.random.default_rng(seed)
    root, other = rng.normal(size=(2, 6, 6)) * 0.1
    mean = np.sort(rng.uniform(0.01, 0.09, 6))
    stress = {name: 0.1 * i for i, name in enumerate("abcdef")}
    model = ReturnModel(
        list("abcdef"), mean, root @ root.T, stress=stress, forecast=other @ other.T
    )
    return trace_frontier(model, Mandate(max_weight=0.6))


def forecast_variance(returns: pd.Series) -> float:
    """Nineteen parts pandas' EWMA of squared returns, one part their mean over all the past."""
    squares = returns**2
    return 252.0 * float(0.95 * squares.ewm(halflife=10.0).mean().iloc[-1] + 0.05 * squares.mean())


def test_the_forecast_is_the_portfolios_own_average_of_squares() -> None:
    market, weights = turning_market(0.5), np.array([0.4, 0.3, 0.2, 0.1])
    expected = forecast_variance(market.to_frame() @ weights)
    assert weights @ forecast_covariance(market) @ weights == pytest.approx(expected, rel=1e-5)
    with pytest.raises(InputError, match="half_life"):
        forecast_covariance(market, half_life=0.5)


@pytest.mark.parametrize("seed", range(8))
def test_a_place_is_the_last_before_the_forecast_is_above_the_aim(seed: int) -> None:
    frontier = sized_frontier(seed)
    path = ForecastPath.of(frontier)
    tolerance = np.linspace(0.0, frontier.risk_tolerance[-1], 20_001)
    weights = frontier.segments.portfolios(*frontier.segments.at_tolerance(tolerance))
    forecast = np.sqrt(np.einsum("ci,ij,cj->c", weights, frontier.model.risk, weights))
    for aim in (
        *np.quantile(forecast, [0.2, 0.5, 0.9]),
        2.0 * forecast.max(),
        0.5 * forecast.min(),
    ):
        above = np.flatnonzero(forecast > aim + 1e-9)
        expected = (
            tolerance[above[0] - 1] if len(above) and above[0] else tolerance[-1] * (not len(above))
        )
        found = 1.0 / path.risk_aversion_at(float(aim))
        assert found == pytest.approx(expected, abs=2.0 * tolerance[1])
        assert (
            path.volatility_at(np.array([1.0 / found if found else np.inf]))[0]
            <= max(aim, path.least) + 1e-12
        )


@pytest.mark.parametrize("seed", range(4))
def test_a_stressed_loss_ends_the_way_along_the_frontier(seed: int) -> None:
    frontier = sized_frontier(seed)
    stress = frontier.model.stress
    loss = float(np.mean([stress @ frontier.weights[0], stress @ frontier.weights[-1]]))
    found = tolerance_within(frontier, loss)
    tolerance = np.linspace(0.0, found, 500)
    weights = frontier.segments.portfolios(*frontier.segments.at_tolerance(tolerance))
    assert (weights @ stress).max() <= loss + 1e-12
    assert weights[-1] @ stress == pytest.approx(loss, abs=1e-12)
    assert tolerance_within(frontier, 10.0) == frontier.risk_tolerance[-1]
    assert tolerance_within(frontier, stress @ frontier.weights[0] - 1e-6) == -np.inf


def test_middle_of_each_band() -> None:
    np.testing.assert_allclose(RiskBands.default(aim="middle").target_volatility, MIDDLE)
    np.testing.assert_allclose(
        RiskBands.default().target_volatility, 0.8 * np.array([0.02, 0.045, 0.08, 0.13, 0.2])
    )


@pytest.mark.parametrize("last", [0.5, 1.0, 2.0])
def test_levels_stand_at_the_middle_by_the_forecast_whatever_the_market_does(last: float) -> None:
    market = turning_market(last)
    own, reach = market.to_frame(), []
    for aim, policy in zip(
        MIDDLE, level_policies(estimates=Estimates(cash_return=0.0)).values(), strict=True
    ):
        weights = policy(market, NOBODY)
        forecast = forecast_variance(own @ weights)
        assert weights.min() >= 0.0
        assert weights.sum() <= 1.0 + 1e-12
        reach.append(np.sqrt(forecast) / aim)
    assert max(reach) <= 1.0 + 1e-5
    assert min(reach[:3]) >= 1.0 - 1e-5
    assert (reach[4] < 0.9) == (last == 0.5)  # without borrowing nothing here is as wild as C5 then


def test_a_level_whose_calmest_portfolio_is_above_its_band_is_refused() -> None:
    wild = turning_market(3.0)
    with pytest.raises(InfeasibleError, match=r"loses at least .* above the 3\.00% of C1"):
        MeanVariancePolicy(level=1)(wild, NOBODY)
    patient = RiskBands.default().model_copy(update={"stress_loss": (1.0, 1.0, 1.0, 1.0, 1.0)})
    with pytest.raises(InfeasibleError, match=r"forecast volatility of .* above the 2\.00% of C1"):
        MeanVariancePolicy(level=1, bands=patient)(wild, NOBODY)


def test_a_ceiling_on_loss_makes_a_portfolio_smaller_and_not_less_diversified() -> None:
    market = turning_market(1.0)
    shared = Estimates(cash_return=0.0, mean="shrunk_equilibrium", forecast_half_life=None)
    tight = RiskBands.default().model_copy(update={"stress_loss": (0.01, 0.02, 0.03, 0.04, 0.05)})
    wide, narrow = (
        MeanVariancePolicy(level=2, estimates=shared, bands=bands)(market, NOBODY)
        for bands in (RiskBands.default(), tight)
    )
    assert narrow.sum() < wide.sum()
    np.testing.assert_allclose(narrow / narrow.sum(), wide / wide.sum(), atol=1e-9)
    stress = shared.model(market).model.stress[:4]
    assert stress @ narrow == pytest.approx(0.02)


@pytest.fixture(scope="module")
def sized() -> Advisor:
    model = estimate_returns(sample.market(), forecast_half_life=10.0)
    return Advisor.fit(model, sample.interactions(), catalogue=sample.catalogue())


def test_advice_is_sized_told_and_proved_by_the_forecast(sized: Advisor) -> None:
    clients = sample.clients(300)
    batch = sized.advise_table(clients, as_of=DAY)
    frame, forecast = batch.to_frame(), sized.state.model.forecast
    assert forecast is not None
    weights = frame[[c for c in frame.columns if c.startswith("weight:")]].to_numpy()
    told = np.sqrt(np.einsum("ci,ij,cj->c", weights, forecast, weights))
    np.testing.assert_allclose(batch.to_frame()["optimal_volatility"], told, atol=1e-12)
    assert (told <= np.array([np.nan, *MIDDLE])[frame["level"]] + 1e-9).all()
    for i in range(0, 300, 37):
        advice = batch[i]
        assert sized.verify(advice, clients.client(i)).ok
        assert [r.code for r in advice.reasons].count("sized") == 1
        assert "sized" in frame["reasons"][i].split("|")
        assert advice == sized.advise(clients.client(i), as_of=DAY)


def test_biases_never_raise_a_forecast(sized: Advisor) -> None:
    client = sample.client()
    averse = client.model_copy(update={"biases": {"loss_aversion": 4.0, "loss_aversion_se": 0.1}})
    plain, lower = (sized.advise(c, as_of=DAY) for c in (client, averse))
    assert (lower.effective_risk_aversion or 0.0) > (plain.effective_risk_aversion or 0.0)
    assert (lower.optimal_volatility or 1.0) < (plain.optimal_volatility or 0.0)


def test_who_keeps_what_they_may_not_buy_is_sized_around_it(sized: Advisor) -> None:
    client = sample.client().model_copy(
        update={
            "id": "keeper",
            "holdings": {"P005": 30_000.0},
            "locked": ("P005",),
            "wealth": 100_000.0,
        }
    )
    advice = sized.advise(client, as_of=DAY)
    assert sized.verify(advice, client).ok
    assert (advice.expected_volatility or 1.0) <= sized.state.bands.upper_volatility[
        advice.level - 1
    ]


def test_saved_with_the_model(sized: Advisor, tmp_path: Path) -> None:
    again = load(save(sized, tmp_path / "sized"))
    assert again.fingerprint == sized.fingerprint
    assert again.state.model.forecast is not None
    np.testing.assert_array_equal(again.state.model.forecast, sized.state.model.forecast)
    model = sized.state.model
    plain = ReturnModel(
        model.assets, model.mean, model.covariance, model.groups, model.risk_levels.tolist()
    )
    assert (
        Advisor.fit(plain, sample.interactions(), catalogue=sample.catalogue()).fingerprint
        != sized.fingerprint
    )


def test_a_band_out_of_reach_is_said_to_be() -> None:
    calm = ReturnModel(
        ["cash", "bonds"],
        [0.01, 0.02],
        np.diag([0.0, 0.03**2]),
        risk_levels={"cash": 1, "bonds": 2},
        forecast=np.diag([0.0, 0.02**2]),
    )
    bought = pd.DataFrame(
        {
            "client_id": ["x", "y"],
            "product_id": ["bonds", "cash"],
            "day": ["2026-01-05", "2026-01-06"],
        }
    )
    advisor = Advisor.fit(calm, Interactions.from_frame(bought))
    client = sample.client()
    advice = advisor.advise(client, as_of=DAY)
    codes = [r.code for r in advice.reasons]
    assert advice.level >= 3
    assert "not_reachable" in codes
    assert "below_band" not in codes
    assert advisor.verify(advice, client).ok


def test_a_forecast_that_is_no_covariance_is_refused() -> None:
    with pytest.raises(InputError, match="forecast is not positive semidefinite"):
        ReturnModel(["a", "b"], [0.0, 0.0], np.eye(2), forecast=np.array([[1.0, 2.0], [2.0, 1.0]]))
    with pytest.raises(InputError, match="forecast"):
        ReturnModel(["a", "b"], [0.0, 0.0], np.eye(2), forecast=np.eye(3))


def test_what_is_held_stays_while_its_forecast_is_near_the_aim() -> None:
    market, shared = turning_market(1.0), Estimates(cash_return=0.0)
    calm = MeanVariancePolicy(level=3, estimates=shared, size_band=0.1)
    wanted = MeanVariancePolicy(level=3, estimates=shared)(market, NOBODY)
    np.testing.assert_array_equal(calm(market, NOBODY), wanted)
    for off, kept in ((1.09, True), (0.91, True), (1.11, False), (0.89, False)):
        held = wanted * off
        np.testing.assert_array_equal(calm(market, held), held if kept else wanted)
    with pytest.raises(InputError, match="size_band"):
        MeanVariancePolicy(level=3, size_band=-0.1)
