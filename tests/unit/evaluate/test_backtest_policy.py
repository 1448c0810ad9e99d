"""Ready strategies: where they stand, what they share, what they refuse."""

from __future__ import annotations

import gc

import numpy as np
import pandas as pd
import pytest

from advisor import InfeasibleError, InputError
from advisor.contracts import GroupLimit, LinearLimit, Mandate, RiskBands
from advisor.data import Market
from advisor.evaluate import (
    Estimates,
    FixedMix,
    MeanVariancePolicy,
    backtest,
    backtest_many,
    equal_weight,
    hold,
    level_policies,
)
from advisor.evaluate.backtesting import estimates as backtest_estimates
from advisor.optimize import estimate_returns, trace_frontier

NOBODY = np.zeros(5)


def random_market(seed: int = 0, sessions: int = 400) -> Market:
    rng = np.random.default_rng(seed)
    spread = np.array([0.01, 0.05, 0.10, 0.16, 0.25]) / 252**0.5
    common = rng.normal(size=(sessions, 1))
    returns = (0.5 * common + 0.87 * rng.normal(size=(sessions, 5))) * spread + np.array(
        [0.01, 0.03, 0.05, 0.07, 0.09]
    ) / 252
    frame = pd.DataFrame(
        returns, index=pd.bdate_range("2020-01-01", periods=sessions), columns=list("abcde")
    )
    return Market.from_returns(frame, groups={"d": "shares", "e": "shares"})


MARKET = random_market()
UNSIZED = Estimates(forecast_half_life=None)


def test_stands_where_the_frontier_of_the_same_estimates_says() -> None:
    frontier = trace_frontier(estimate_returns(MARKET))
    np.testing.assert_allclose(
        MeanVariancePolicy(target_volatility=0.08)(MARKET, NOBODY), frontier.at_volatility(0.08)
    )
    np.testing.assert_allclose(
        MeanVariancePolicy(risk_aversion=4.0)(MARKET, NOBODY), frontier.at_risk_aversion(4.0)
    )
    np.testing.assert_allclose(
        MeanVariancePolicy(risk_aversion=0.0)(MARKET, NOBODY), frontier.at_risk_aversion(0.0)
    )


def test_a_level_aims_at_its_volatility_and_obeys_its_stress_loss() -> None:
    model = estimate_returns(MARKET, forecast_half_life=None)
    for level, policy in enumerate(level_policies(estimates=UNSIZED).values(), start=1):
        weights = policy(MARKET, NOBODY)
        volatility = float(np.sqrt(weights @ model.covariance @ weights))
        assert volatility <= policy.bands.target_volatility[level - 1] + 1e-9
        assert model.stress @ weights <= policy.bands.stress_loss[level - 1] + 1e-9


def test_a_binding_stress_loss_gives_the_riskiest_optimum_within_it() -> None:
    bands = RiskBands(
        lower_volatility=(0.0, 0.02, 0.045, 0.08, 0.13),
        upper_volatility=(0.02, 0.045, 0.08, 0.13, 0.2),
        stress_loss=(0.02, 0.04, 0.06, 0.08, 0.10),
    )
    model = estimate_returns(MARKET, forecast_half_life=None)
    frontier = trace_frontier(model)
    low, high = 1.0, 1e6  # of risk aversion: too bold, too calm
    for _ in range(100):
        gamma = (low * high) ** 0.5
        low, high = (
            (gamma, high)
            if model.stress @ frontier.at_risk_aversion(gamma) > 0.08
            else (low, gamma)
        )
    expected = frontier.at_risk_aversion(high)
    assert model.stress @ expected == pytest.approx(0.08)
    np.testing.assert_allclose(
        MeanVariancePolicy(level=4, bands=bands, estimates=UNSIZED)(MARKET, NOBODY),
        expected,
        atol=1e-10,
    )


def test_level_that_no_portfolio_fits_is_refused_and_cash_mends_it() -> None:
    wild = Market.from_returns(MARKET.to_frame()[["d", "e"]])
    with pytest.raises(
        InfeasibleError, match=r"loses at least .* above the 3\.00% of C1"
    ) as refused:
        MeanVariancePolicy(level=1, estimates=UNSIZED)(wild, np.zeros(2))
    assert refused.value.constraints == ("C1 stress_loss",)
    patient = RiskBands.default().model_copy(update={"stress_loss": (1.0, 1.0, 1.0, 1.0, 1.0)})
    with pytest.raises(InfeasibleError, match=r"above the 2\.00% of C1"):
        MeanVariancePolicy(level=1, bands=patient, estimates=UNSIZED)(wild, np.zeros(2))
    weights = MeanVariancePolicy(level=1, estimates=Estimates(cash_return=-0.02))(wild, np.zeros(2))
    assert 0.0 < weights.sum() < 0.3
    with pytest.raises(InputError, match=r"failed on every .* let the portfolio hold cash"):
        backtest(MeanVariancePolicy(level=1), wild, warmup=252)


def test_policies_that_share_estimates_estimate_once_a_day(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[int] = []
    honest = backtest_estimates.estimate_returns
    monkeypatch.setattr(
        backtest_estimates, "estimate_returns", lambda *a, **k: calls.append(1) or honest(*a, **k)
    )
    results = backtest_many(
        level_policies(estimates=Estimates(cash_return=0.0)), MARKET, warmup=252
    )
    assert len(calls) == len(results["C1"].days)
    calls.clear()
    alone = backtest(
        MeanVariancePolicy(level=3, estimates=Estimates(cash_return=0.0)), MARKET, warmup=252
    )
    assert len(calls) == len(alone.days)
    assert alone.record.weights.tobytes() == results["C3"].record.weights.tobytes()


def test_estimates_are_forgotten_with_the_past() -> None:
    estimates = Estimates()
    backtest_many(level_policies(estimates=estimates), MARKET, warmup=252)
    gc.collect()  # the failed days of C1 leave tracebacks that refer to themselves
    assert len(estimates._models) == 0
    assert len(estimates._frontiers) == 0


def test_unlisted_assets_are_left_out_with_the_limits_that_name_them() -> None:
    frame = MARKET.to_frame()
    frame.loc[frame.index[:390], "e"] = np.nan
    frame.loc[frame.index[300:], "c"] = np.nan
    market = Market.from_returns(frame, groups={"d": "shares", "e": "rare"})
    mandate = Mandate(
        bounds={"c": (0.2, 1.0), "a": (0.1, 1.0)},
        group_limits=(GroupLimit(group="rare", lower=0.1), GroupLimit(group="shares", upper=0.3)),
        linear_limits=(
            LinearLimit(name="x", coefficients={"e": 1.0}, lower=0.05),
            LinearLimit(name="y", coefficients={"b": 1.0, "c": 1.0}, upper=0.4),
        ),
    )
    weights = MeanVariancePolicy(risk_aversion=1.0, mandate=mandate)(market, NOBODY)
    assert weights[[2, 4]].tolist() == [0.0, 0.0]
    assert weights.sum() == pytest.approx(1.0)
    assert weights[0] >= 0.1 - 1e-12
    assert weights[3] <= 0.3 + 1e-12
    assert weights[1] <= 0.4 + 1e-12


def test_only_named_assets_are_considered() -> None:
    weights = MeanVariancePolicy(risk_aversion=1.0, estimates=Estimates(assets=["a", "c"]))(
        MARKET, NOBODY
    )
    assert np.flatnonzero(weights).tolist() in ([0, 2], [2])
    with pytest.raises(InputError, match="no asset has 60 returns"):
        MeanVariancePolicy(risk_aversion=1.0)(MARKET.until(MARKET.dates[30]), NOBODY)


@pytest.mark.parametrize(
    ("aim", "message"),
    [
        ({}, "no aim"),
        ({"level": 3, "risk_aversion": 2.0}, "one place"),
        ({"level": 6}, "Give a level from 1 to 5"),
        ({"level": 0}, "Give a level"),
        ({"risk_aversion": -1.0}, "0 or more"),
        ({"target_volatility": float("nan")}, "0 or more"),
        ({"level": "3"}, "level is '3'"),
        ({"target_volatility": "x"}, "target_volatility is 'x'"),
        ({"level": 3, "mandate": {"max_weight": 0.5}}, "mandate is"),
        ({"level": 3, "estimates": "ewma"}, "estimates is"),
        ({"level": 3, "bands": 0.1}, "bands is"),
    ],
)
def test_aims_are_checked(aim: dict[str, float], message: str) -> None:
    with pytest.raises(InputError, match=message):
        MeanVariancePolicy(**aim)


def test_plain_strategies() -> None:
    frame = MARKET.to_frame()
    frame.loc[frame.index[:-1], "e"] = np.nan
    market = Market.from_returns(frame)
    assert equal_weight(market.until(market.dates[10]), NOBODY).tolist() == [
        0.25,
        0.25,
        0.25,
        0.25,
        0.0,
    ]
    assert equal_weight(market, NOBODY).tolist() == [0.2] * 5
    assert FixedMix({"a": 0.6, "e": 0.4})(market.until(market.dates[10]), NOBODY).tolist() == [
        0.6,
        0.0,
        0.0,
        0.0,
        0.0,
    ]
    with pytest.raises(InputError, match="does not have"):
        FixedMix({"z": 1.0})(market, NOBODY)
    kept = backtest(hold, MARKET, warmup=60)
    assert kept.turnover.tolist()[1:] == [0.0] * (len(kept.turnover) - 1)
