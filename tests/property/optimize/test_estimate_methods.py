"""What every estimate must keep, whatever the method; and public functions that refuse in words."""

from __future__ import annotations

from itertools import product
from typing import get_args

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor import InputError
from advisor.data import Market, ReturnModel
from advisor.optimize import (
    View,
    after_costs,
    desmooth,
    estimate_returns,
    from_assumptions,
    hedge_share,
    in_home_currency,
    nearest_psd,
)
from advisor.optimize.returns.assumptions import from_skfolio
from advisor.optimize.returns.estimate import Covariance, Mean
from advisor.optimize.returns.mean import bayes_stein
from advisor.optimize.returns.views import black_litterman

METHODS = list(product(get_args(Mean), get_args(Covariance)))


def market(
    seed: int = 0, count: int = 120, n: int = 4, *, late: int = 0, cash: bool = False
) -> Market:
    rng = np.random.default_rng(seed)
    rows = rng.normal(3e-4, 1.0, (count, n)) * rng.uniform(0.002, 0.02, n) + rng.normal(
        0, 0.005, (count, 1)
    )
    if cash:
        rows[:, 0] = 1e-4
    frame = pd.DataFrame(
        rows, columns=[f"a{i}" for i in range(n)], index=pd.bdate_range("2020-01-01", periods=count)
    )
    frame.iloc[:late, -1] = np.nan
    return Market.from_returns(frame, groups={"a0": "g"}, risk_levels={"a0": 1, "a1": 4})


@pytest.mark.parametrize(("mean", "covariance"), METHODS)
@pytest.mark.parametrize("kind", ["plain", "cash", "late"])
def test_every_method_gives_a_valid_annual_model(
    mean: Mean, covariance: Covariance, kind: str
) -> None:
    history = market(cash=kind == "cash", late=40 if kind == "late" else 0)
    for histories in ("common", "stambaugh"):
        got = estimate_returns(history, mean=mean, covariance=covariance, histories=histories)
        assert got.assets == history.assets
        assert got.groups == history.groups
        assert got.risk_levels.tolist() == [1, 4, 0, 0]
        assert np.linalg.eigvalsh(got.covariance)[0] >= -1e-12
        assert 0.03 < got.volatility[-1] < 0.6
        if kind == "cash":
            assert got.volatility[0] == pytest.approx(0.0, abs=1e-9)
            if mean not in ("equilibrium", "black_litterman"):
                assert got.mean[0] == pytest.approx(1e-4 * 252)


@given(st.integers(0, 1000))
def test_shrinkage_moves_means_together_and_never_past_each_other(seed: int) -> None:
    rng = np.random.default_rng(seed)
    own, cov = rng.normal(0, 0.01, 6), np.diag(rng.uniform(1e-4, 1e-3, 6))
    got = bayes_stein(own, cov, 60)
    assert np.ptp(got) <= np.ptp(own) + 1e-15
    assert (np.argsort(got, kind="stable") == np.argsort(own, kind="stable")).all() or np.ptp(
        got
    ) < 1e-12
    longer = bayes_stein(own, cov, 6000)
    assert np.ptp(longer) >= np.ptp(got) - 1e-15


def test_the_shrinkage_property_would_catch_stretched_means() -> None:
    own = np.array([0.01, 0.02, 0.03])
    stretched = own.mean() + 1.1 * (own - own.mean())
    assert not np.ptp(stretched) <= np.ptp(own)


@given(st.integers(0, 1000))
def test_views_interpolate_between_prior_and_certainty(seed: int) -> None:
    rng = np.random.default_rng(seed)
    root = rng.normal(size=(4, 4))
    cov, prior, assets = root @ root.T * 0.01, rng.normal(0.05, 0.02, 4), ("a", "b", "c", "d")
    weights = {"a": 1.0, "b": -1.0}
    pick = np.array([1.0, -1.0, 0.0, 0.0])
    told = [
        float(pick @ black_litterman(assets, prior, cov, [View(weights, 0.10, c)])[0])
        for c in (1e-9, 0.25, 0.5, 1.0)
    ]
    start = float(pick @ prior)
    assert told == pytest.approx(
        [start + share * (0.10 - start) for share in (0.0, 0.25, 0.5, 1.0)], abs=1e-8
    )
    assert black_litterman(assets, prior, cov, [])[0].tolist() == prior.tolist()
    calm = black_litterman(assets, prior, cov, [View(weights, 0.10, 0.5)], overconfidence=2.0)[0]
    assert float(pick @ calm) == pytest.approx(start + 0.2 * (0.10 - start), abs=1e-9)


@given(st.integers(0, 500))
def test_repair_keeps_variances_and_leaves_good_ones_alone(seed: int) -> None:
    rng = np.random.default_rng(seed)
    table = np.clip(rng.normal(0, 0.6, (5, 5)), -1, 1)
    table = (table + table.T) / 2
    np.fill_diagonal(table, 1.0)
    deviation = rng.uniform(0.05, 0.3, 5)
    got = nearest_psd(table * np.outer(deviation, deviation))
    assert np.diag(got.covariance) == pytest.approx(deviation**2, rel=1e-12)
    ReturnModel([f"a{i}" for i in range(5)], np.zeros(5), got.covariance)
    assert got.changed == (np.linalg.eigvalsh(table)[0] < -1e-10)
    assert not nearest_psd(got.covariance + 1e-9 * np.diag(deviation**2)).changed


def test_desmoothing_undoes_what_was_smoothed() -> None:
    rng = np.random.default_rng(1)
    true = rng.normal(0.002, 0.02, 4000)
    reported = np.zeros(4000)
    reported[0] = true[0]
    for t in range(1, 4000):
        reported[t] = 0.6 * reported[t - 1] + 0.4 * true[t]
    frame = pd.DataFrame(
        {"nav": reported, "share": true}, index=pd.bdate_range("2010-01-01", periods=4000)
    )
    given_ = desmooth(Market.from_returns(frame), ["nav"], smoothing={"nav": 0.6})
    assert given_.market.returns[1:, 0] == pytest.approx(true[1:], abs=1e-12)
    assert given_.volatility_factor["nav"] == pytest.approx(2.0, rel=0.05)
    estimated = desmooth(Market.from_returns(frame), ["nav"])
    assert estimated.smoothing["nav"] == pytest.approx(0.6, abs=0.05)
    assert np.nanstd(estimated.market.returns[:, 0]) == pytest.approx(0.02, rel=0.05)


def test_currency_hedging_ends_at_local_returns() -> None:
    days = pd.bdate_range("2020-01-01", periods=50)
    rng = np.random.default_rng(2)
    local, rate = rng.normal(0, 0.01, 50), rng.normal(0, 0.006, 50)
    home = Market.from_returns(pd.DataFrame({"us": local, "bond": local * 0.1}, index=days))
    rates = Market.from_returns(pd.DataFrame({"USD": rate}, index=days))
    free = in_home_currency(home, {"us": "USD"}, rates)
    assert free.returns[:, 0] == pytest.approx((1 + local) * (1 + rate) - 1)
    assert free.returns[:, 1].tolist() == home.returns[:, 1].tolist()
    full = in_home_currency(home, {"us": "USD"}, rates, hedged=1.0, carry={"USD": 0.0252})
    assert full.returns[:, 0] == pytest.approx(local + local * rate + 1e-4)
    model = ReturnModel(["us", "USD"], [0.05, 0.0], [[0.04, 0.003], [0.003, 0.01]])
    assert hedge_share(model, "us", "USD") == pytest.approx(0.3)


def test_fees_and_taxes_drag() -> None:
    model = ReturnModel(["a", "b"], [0.06, -0.01], np.diag([0.04, 0.01]))
    got = after_costs(
        model, fees={"a": 0.01}, income={"a": 0.02}, income_tax=0.25, gains_tax=0.2, turnover=0.5
    )
    assert got.mean == pytest.approx([0.06 - 0.01 - 0.005 - 0.2 * 0.5 * 0.03, -0.01])
    assert got.covariance.tolist() == model.covariance.tolist()


def test_refusals_name_what_was_wrong() -> None:
    with pytest.raises(InputError, match="it must be 'shrunk_equilibrium'"):
        estimate_returns(market(), mean="median")  # type: ignore[arg-type]
    with pytest.raises(InputError, match="shortest history is 'a3' with 2"):
        estimate_returns(market(late=118))
    with pytest.raises(InputError, match="has no use for them"):
        estimate_returns(market(), views=[View({"a0": 1.0}, 0.1)])
    with pytest.raises(InputError, match="not among the assets"):
        estimate_returns(market(), mean="black_litterman", views=[View({"zz": 1.0}, 0.1)])
    with pytest.raises(InputError, match=r"unbiased inverse|singular"):
        estimate_returns(market(count=5), mean="bayes_stein", covariance="sample")
    with pytest.raises(InputError, match=r"ReturnModel\.from_skfolio"):
        estimate_returns(market(), covariance="oas")  # type: ignore[arg-type]
    with pytest.raises(InputError, match="call its fit first"):
        from_skfolio(object())
    with pytest.raises(InputError, match="lies in"):
        from_assumptions({"a": 0.1, "b": 0.1}, {"a": 0.1, "b": 0.1}, {("a", "b"): 1.5})
    with pytest.raises(InputError, match="cannot be mended"):
        nearest_psd([[-1.0, 0.0], [0.0, 1.0]])
    with pytest.raises(InputError, match=r"between 0 and 0\.95"):
        desmooth(market(), ["a1"], smoothing={"a1": 1.2})
