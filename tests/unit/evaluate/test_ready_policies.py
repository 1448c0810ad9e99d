"""Ready portfolios as policies: what each holds, on which assets, and what is refused."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import minimize

from advisor import InputError, sample
from advisor.contracts import Mandate
from advisor.data import Market
from advisor.evaluate import (
    Estimates,
    EstimatorPolicy,
    FixedMix,
    MeanVariancePolicy,
    PortfolioPolicy,
    Terms,
    backtest,
    backtest_many,
    equal_weight,
    ready_policies,
)
from advisor.optimize import estimate_returns, optimal_portfolio

RISKY = sample.market().to_frame().drop(columns="cash").iloc[:800]
MARKET = Market.from_returns(RISKY)
N = len(MARKET.assets)
NOTHING = np.zeros(N)
COVARIANCE = estimate_returns(MARKET).covariance


def best(loss, start=None) -> np.ndarray:
    """A long-only portfolio found by a general solver from several starts."""
    rng = np.random.default_rng(0)
    found = [
        minimize(
            loss,
            rng.dirichlet(np.ones(N)),
            bounds=[(0.0, 1.0)] * N,
            constraints={"type": "eq", "fun": lambda w: w.sum() - 1.0},
            method="SLSQP",
            options={"maxiter": 500, "ftol": 1e-15},
        )
        for _ in range(4)
    ]
    return min(found, key=lambda r: r.fun).x


def test_each_rule_is_what_a_general_solver_finds() -> None:
    policies = ready_policies()
    size = np.sqrt(np.diagonal(COVARIANCE))
    volatility = lambda w: np.sqrt(w @ COVARIANCE @ w)  # noqa: E731
    expected = {
        "equal_weight": np.full(N, 1 / N),
        "minimum_variance": best(lambda w: 1e3 * w @ COVARIANCE @ w),
        "maximum_diversification": best(lambda w: -(w @ size) / volatility(w)),
    }
    for name, weights in expected.items():
        np.testing.assert_allclose(policies[name](MARKET, NOTHING), weights, atol=2e-3)
    weights = policies["equal_risk_contribution"](MARKET, NOTHING)
    share = weights * (COVARIANCE @ weights)
    np.testing.assert_allclose(share, share.mean(), rtol=1e-8)
    told = policies["minimum_cvar"](MARKET, NOTHING)
    tail = lambda w: np.sort(MARKET.returns @ w)[:40].mean()  # noqa: E731  a twentieth of 800
    rng = np.random.default_rng(1)
    others = [*np.eye(N), *rng.dirichlet(np.full(N, 0.3), 300), *expected.values()]
    assert all(tail(told) >= tail(w) - 1e-9 for w in others)


def test_highest_sharpe_ratio_by_the_means_that_are_told() -> None:
    estimates = Estimates(mean="historical")
    model = estimate_returns(MARKET, mean="historical")
    for rate in (0.0, 0.01):
        policy = PortfolioPolicy("maximum_sharpe", estimates=estimates, risk_free=rate)
        weights = policy(MARKET, NOTHING)
        ratio = lambda w, rate=rate: (w @ model.mean - rate) / np.sqrt(w @ model.covariance @ w)  # noqa: E731
        assert ratio(weights) >= ratio(best(lambda w, ratio=ratio: -ratio(w))) - 1e-9


def test_the_highest_sharpe_ratio_is_not_equal_weights() -> None:
    """In the equilibrium of the default estimates equal weights have it; that says nothing new."""
    policies = ready_policies()
    model = estimate_returns(MARKET, mean="bayes_stein")
    ratio = lambda w: w @ model.mean / np.sqrt(w @ model.covariance @ w)  # noqa: E731
    weights = policies["maximum_sharpe"](MARKET, NOTHING)
    assert ratio(weights) >= ratio(best(lambda w: -ratio(w))) - 1e-9
    assert np.abs(weights - 1 / N).max() > 0.02
    shared = ready_policies(estimates=Estimates())["maximum_sharpe"](MARKET, NOTHING)
    np.testing.assert_allclose(shared, 1 / N, atol=1e-6)


def test_limits_and_unlisted_assets() -> None:
    frame = RISKY.copy()
    frame.iloc[:780, 2] = np.nan  # hardly known
    frame.iloc[500:, 3] = np.nan  # gone
    market = Market.from_returns(frame)
    capped = Mandate(max_weight=0.3)
    for name, policy in ready_policies(mandate=capped).items():
        weights = policy(market, NOTHING)
        assert weights.sum() == pytest.approx(1.0), name
        assert weights[3] == 0.0
        if name != "equal_weight":
            assert weights[2] == 0.0
        if name not in ("equal_weight", "equal_risk_contribution"):
            assert weights.max() <= 0.3 + 1e-9, name


def test_all_walk_side_by_side() -> None:
    results = backtest_many(ready_policies(), MARKET, warmup=400, every="QS")
    assert len(results) == 6
    assert not any(result.failures for _, result in results.items())


def test_an_estimator_is_fitted_on_each_past_and_left_as_it_was() -> None:
    class Inverse:
        def fit(self, returns: pd.DataFrame) -> Inverse:
            assert isinstance(returns.index, pd.DatetimeIndex)
            self.weights_ = (1.0 / returns.std() / (1.0 / returns.std()).sum()).to_numpy()
            return self

    estimator = Inverse()
    result = backtest(EstimatorPolicy(estimator), MARKET, warmup=400, every="QS")
    past = RISKY.loc[: result.weights.index[-1]]
    expected = (1.0 / past.std()) / (1.0 / past.std()).sum()
    np.testing.assert_allclose(result.weights.iloc[-1], expected, rtol=1e-12)
    assert not hasattr(estimator, "weights_")


@pytest.mark.filterwarnings("ignore")
def test_hierarchical_risk_parity_of_skfolio() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        optimization = pytest.importorskip("skfolio.optimization")
    policy = EstimatorPolicy(optimization.HierarchicalRiskParity())
    expected = optimization.HierarchicalRiskParity().fit(RISKY).weights_
    np.testing.assert_allclose(policy(MARKET, NOTHING), expected, rtol=1e-12)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: PortfolioPolicy("best"), "rule"),
        (lambda: PortfolioPolicy("equal_risk_contribution", Mandate(max_weight=0.5)), "no limits"),
        (lambda: PortfolioPolicy("minimum_cvar", estimates=Estimates(cash_return=0.0)), "cash"),
        (lambda: PortfolioPolicy("minimum_cvar", None), "mandate"),
        (lambda: EstimatorPolicy(object()), "no fit"),
        (lambda: EstimatorPolicy(pd.DataFrame), "no fit"),
        (lambda: EstimatorPolicy(sample, fewest_rows=0), "fewest_rows"),
        (lambda: ready_policies(estimates=3), "estimates"),
    ],
)
def test_refusals(make, message: str) -> None:
    with pytest.raises(InputError, match=message):
        make()


def test_a_cap_on_gross_exposure_is_held_or_refused_before_the_walk() -> None:
    mandate = Mandate(min_weight=-0.3, max_gross=1.4, short_costs={RISKY.columns[0]: 0.01})
    estimates = Estimates(forecast_half_life=None)
    model = estimates.model(MARKET).model
    for policy, wanted in (
        (MeanVariancePolicy(risk_aversion=3.0, mandate=mandate, estimates=estimates), 3.0),
        (PortfolioPolicy("minimum_variance", mandate, estimates), np.inf),
    ):
        weights = policy(MARKET, NOTHING)
        best = optimal_portfolio(model, mandate, risk_aversion=wanted)
        assert np.abs(weights).sum() <= 1.4 + 1e-12
        np.testing.assert_allclose(weights, best.weights, atol=1e-9)
    level = MeanVariancePolicy(level=4, mandate=mandate, estimates=estimates)(MARKET, NOTHING)
    assert np.abs(level).sum() <= 1.4 + 1e-12
    for rule in ("maximum_diversification", "minimum_cvar"):
        with pytest.raises(InputError, match="max_gross"):
            PortfolioPolicy(rule, mandate)


def test_what_can_never_be_traded_is_refused_when_it_is_made() -> None:
    with pytest.raises(InputError, match=r"add up to 100.*0.6 for 60 %"):
        FixedMix({"a": 60, "b": 40})
    with pytest.raises(InputError, match=r"0\.02 for 2 %"):
        Terms(cash_rate=2)
    prices = pd.Series(100.0 + np.arange(len(RISKY)), RISKY.index)
    with pytest.raises(InputError, match="hardly returns"):
        backtest(equal_weight, MARKET, warmup=60, benchmark=prices)
    result = backtest(equal_weight, MARKET, warmup=60)
    for page in (result, backtest_many({"a": equal_weight}, MARKET, warmup=60)):
        with pytest.raises(InputError, match="write_text"):
            page.to_html("sheet.html")


def test_a_run_that_ends_with_its_first_decision_takes_a_benchmark() -> None:
    short = Market.from_returns(RISKY.iloc[:20])
    result = backtest(equal_weight, short, warmup=20, every=1, benchmark=short.assets[0])
    assert len(result.returns) == 0
    assert len(result.benchmark) == 0
