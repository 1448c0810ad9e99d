"""What the public functions to an estimate refuse, in which words, and what they do with what is
merely unusual."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from advisor import InputError
from advisor.data import Market, ReturnModel
from advisor.optimize import (
    Equilibrium,
    EstimateSettings,
    View,
    after_costs,
    desmooth,
    estimate_returns,
    from_assumptions,
    hedge_share,
    in_home_currency,
    nearest_psd,
)
from advisor.optimize.returns.views import black_litterman

DAYS = pd.bdate_range("2020-01-01", periods=60)
RETURNS = pd.DataFrame(
    np.random.default_rng(5).normal(0.0005, 0.01, (60, 3)), index=DAYS, columns=["a", "b", "c"]
)
MARKET = Market.from_returns(RETURNS)
RATES = Market.from_returns(RETURNS[["a"]].rename(columns={"a": "USD"}))
MODEL = ReturnModel(["a", "b", "c"], [0.02, 0.05, 0.08], np.diag([0.0001, 0.01, 0.04]))
NAN, INF = float("nan"), float("inf")


def model(**changes: Any) -> ReturnModel:
    return ReturnModel(
        **{"assets": ["a", "b"], "mean": [0.0, 0.1], "covariance": np.eye(2), **changes}
    )


def home(**changes: Any) -> Market:
    return in_home_currency(
        **{"market": MARKET, "currencies": {"a": "USD"}, "rates": RATES, **changes}
    )


REFUSED: list[tuple[Callable[[], object], str, str]] = [
    # ReturnModel
    (lambda: model(assets=None), "assets", "pass a sequence of ids"),
    (lambda: model(assets=5), "assets", "pass a sequence of ids"),
    (lambda: model(assets={"a", "b"}), "assets", "has no order"),
    (lambda: model(groups={"x", "y"}), "groups", "or a mapping"),
    (lambda: model(mean=None), "mean", r"is None, but an array of shape \(2,\)"),
    (lambda: estimate_returns(MARKET, running="x"), "running", "RunningMoments"),  # type: ignore[arg-type]
    (lambda: model(groups=5), "groups", "or a mapping"),
    (lambda: model(groups="xy"), "groups", "or a mapping"),
    (lambda: model(groups=[1, None]), "groups", r"groups\['a'\] is 1 \(int\)"),
    (lambda: model(groups={"b": None}), "groups", r"groups\['b'\] is None"),
    (lambda: model(groups=["x"]), "groups", "1 entries for 2 assets"),
    (lambda: model(risk_levels=["R1", "x"]), "risk_levels", "is 'x'; levels are whole numbers"),
    (lambda: model(risk_levels=[1.5, 2]), "risk_levels", r"is 1\.5"),
    (lambda: model(risk_levels=[True, 2]), "risk_levels", "is True"),
    (lambda: model(risk_levels={"a": NAN}), "risk_levels", "is nan"),
    (lambda: model(risk_levels=3), "risk_levels", "one each of the 2 assets"),
    (lambda: model(risk_levels=[[1, 2], [1, 2]]), "risk_levels", "whole numbers"),
    (lambda: model(stress={"a": "x"}), "stress", r"stress\['a'\] is 'x' \(str\)"),
    (lambda: model(stress={"a": -0.3}), "stress", r"30 % as 0\.3"),
    (lambda: model(stress=[0.1, 0.2]), "stress", "mapping"),
    (lambda: model(mean=[True, False]), "mean", "not numeric"),
    (lambda: model(mean=np.array(["2020-01-01", "2020-01-02"], dtype="datetime64[D]")), "mean",
    "not numeric"),
    (lambda: model(mean=[10**400, 0]), "mean", "not numeric"),
    (lambda: ReturnModel.from_frame([1, 2], np.eye(2)), "mean", "a Series"),  # type: ignore[arg-type]
    (lambda: ReturnModel.from_frame(pd.Series({"a": 0.1}), np.eye(1)), "covariance", "a DataFrame"),  # type: ignore[arg-type]
    (lambda: ReturnModel.from_frame(pd.Series([0.1, 0.2], index=["a", "a"]),
    pd.DataFrame(np.eye(2), ["a", "a"], ["a", "a"])), "mean index", "twice"),
    (lambda: model(covariance=[[1.0, 2.0], [2.0, 1.0]]), "covariance", r"advisor\.nearest_psd"),
    # a fitted prior
    (lambda: ReturnModel.from_skfolio(SimpleNamespace()), "prior", "call its fit first"),
    (lambda: ReturnModel.from_skfolio(SimpleNamespace(mu=[0.1], covariance=[[1.0]])), "assets",
    "pass assets"),
    (lambda: ReturnModel.from_skfolio(SimpleNamespace(mu=[0.1], covariance=[[1.0]]), ["a", "b"]),
    "prior.mu", r"shape \(1,\)"),
    (lambda: ReturnModel.from_skfolio(SimpleNamespace(mu=[0.1], covariance=[[1.0]]), ["a"],
    periods_per_year=0), "periods_per_year", "above 0"),
    # nearest_psd
    (lambda: nearest_psd([[1.0, 0.9], [0.1, 1.0]]), "covariance", "not symmetric"),
    (lambda: nearest_psd(np.full((3, 3), -0.9) + 1.9 * np.eye(3), ["a"]), "assets",
    "names 1 for a covariance of 3"),
    (lambda: nearest_psd(np.zeros((0, 0))), "covariance", "empty"),
    (lambda: nearest_psd(np.eye(2), tolerance=NAN), "tolerance", "is nan"),
    (lambda: nearest_psd("x"), "covariance", "not numeric"),
    # capital-market assumptions
    (lambda: from_assumptions([0.1], {"a": 0.1}, {}), "mean", "mapping"),  # type: ignore[arg-type]
    (lambda: from_assumptions({"a": 0.1}, {"a": "x"}, {}), "volatility", "is 'x'"),  # type: ignore[dict-item]
    (lambda: from_assumptions({"a": 0.1}, {"a": INF}, {}), "volatility", "is inf"),
    (lambda: from_assumptions({"a": 0.1, "b": 0.1}, {"a": 0.1, "b": 0.1}, {"ab": 0.5}), "correlations", "pair of two"),  # type: ignore[dict-item]
    (lambda: from_assumptions({"a": 0.1, "b": 0.1}, {"a": 0.1, "b": 0.1}, {("a", "b"): "x"}), "correlations", "is 'x'"),  # type: ignore[dict-item]
    # Equilibrium, View and their blend
    (lambda: Equilibrium(risk_aversion=-2), "risk_aversion",
    r"is -2 \(int\); it must be a finite number of at least 0"),
    (lambda: Equilibrium(risk_aversion=NAN), "risk_aversion", "is nan"),
    (lambda: Equilibrium(premium="x"), "premium", "is 'x'"),  # type: ignore[arg-type]
    (lambda: Equilibrium(premium=-0.1), "premium", "is not paid"),
    (lambda: Equilibrium(risk_free=None), "risk_free", "is None"),  # type: ignore[arg-type]
    (lambda: Equilibrium([0.5, 0.5]), "weights", "mapping"),  # type: ignore[arg-type]
    (lambda: Equilibrium({"a": -1.0, "b": 2.0}), "weights", r"weights\['a'\] is -1"),
    (lambda: View({"a": 1.0}, "x"), "mean", "is 'x'"),  # type: ignore[arg-type]
    (lambda: View({"a": NAN}, 0.1), "weights", "is nan"),
    (lambda: View("a", 0.1), "weights", "mapping"),  # type: ignore[arg-type]
    (lambda: View({"a": 1.0}, 0.1, 0.0), "confidence", "above 0"),
    (lambda: View({"a": 1.0}, 0.1, 1.5), "confidence", r"is 1\.5"),
    # the estimate itself
    (lambda: estimate_returns(RETURNS), "market", r"Market\.from_prices"),  # type: ignore[arg-type]
    (lambda: estimate_returns(MARKET, mean=None), "mean", "it must be 'shrunk_equilibrium'"),  # type: ignore[arg-type]
    (lambda: estimate_returns(MARKET, settings={"half_life": 1}), "settings", r"advisor\.EstimateSettings"),  # type: ignore[arg-type]
    (lambda: estimate_returns(MARKET, mean="black_litterman", views=[{"a": 1}]), "views", r"advisor\.View"),  # type: ignore[list-item]
    (lambda: estimate_returns(MARKET, mean="black_litterman", views=View({"a": 1.0}, 0.1)), "views", "it must be a list"),  # type: ignore[arg-type]
    (lambda: estimate_returns(MARKET, covariance="ewma",
    settings=EstimateSettings(half_life=1e-9)), "half_life", "1e-09 years, 2.5e-07 rows"),
    (lambda: EstimateSettings(half_life="x"), "half_life", "is 'x'"),  # type: ignore[arg-type]
    (lambda: EstimateSettings(half_life=-1), "half_life", "number above 0"),
    (lambda: EstimateSettings(half_life=0), "half_life", "above 0"),
    (lambda: EstimateSettings(overconfidence="x"), "overconfidence", "is 'x'"),  # type: ignore[arg-type]
    (lambda: EstimateSettings(overconfidence=0.5), "overconfidence", r"is 0\.5"),
    (lambda: EstimateSettings(equilibrium=2.5), "equilibrium", r"advisor\.Equilibrium"),  # type: ignore[arg-type]
    # fees, taxes, currencies, smoothing
    (lambda: after_costs(MODEL, fees={"a": -0.5}), "fees", r"fees\['a'\] is -0\.5"),
    (lambda: after_costs(MODEL, fees={"a": "x"}), "fees", "is 'x'"),  # type: ignore[dict-item]
    (lambda: after_costs(MODEL, fees=0.01), "fees", "mapping"),  # type: ignore[arg-type]
    (lambda: after_costs(MODEL, fees={"z": 0.01}), "fees", "not among the assets"),
    (lambda: after_costs(MODEL, income={"a": NAN}), "income", "is nan"),
    (lambda: after_costs(MODEL, gains_tax="x"), "gains_tax", "is 'x'"),  # type: ignore[arg-type]
    (lambda: after_costs(MODEL, turnover=1.5), "turnover", "Give a fraction"),
    (lambda: after_costs(None), "model", r"estimate_returns\(market\)"),  # type: ignore[arg-type]
    (lambda: home(market=RETURNS), "market", r"Market\.from_prices"),
    (lambda: home(rates=RETURNS), "rates", r"Market\.from_prices"),
    (lambda: home(currencies=["USD"]), "currencies", "mapping"),
    (lambda: home(carry={"USD": NAN}), "carry", "is nan"),
    (lambda: home(carry={"EUR": 0.1}), "carry", "not among the currencies of rates"),
    (lambda: home(carry=0.1), "carry", "mapping"),
    (lambda: home(hedged={"b": 0.5}), "hedged", "not among the foreign assets"),
    (lambda: home(hedged="x"), "hedged", "is 'x'"),
    (lambda: home(hedged=1.5), "hedged", r"is 1\.5"),
    (lambda: home(hedged=True), "hedged", "is True"),
    (lambda: hedge_share(None, "a", "b"), "model", "it must be a ReturnModel"),  # type: ignore[arg-type]
    (lambda: desmooth(RETURNS, ["a"]), "market", r"Market\.from_prices"),  # type: ignore[arg-type]
    (lambda: desmooth(MARKET, "a"), "assets", "it must be a list"),
    (lambda: desmooth(MARKET, ["a", "a"]), "assets", "twice"),
    (lambda: desmooth(MARKET, ["z"]), "assets", "not among the assets of the market"),
    (lambda: desmooth(MARKET, ["a"], smoothing={"b": 0.5}), "smoothing",
    r"\['b'\].*not among the assets to treat"),
    (lambda: desmooth(MARKET, ["a"], smoothing={"a": "x"}), "smoothing", "is 'x'"),  # type: ignore[dict-item]
]  # fmt: skip


@pytest.mark.parametrize(
    ("door", "field", "words"),
    REFUSED,
    ids=[f"{i}-{field}" for i, (_, field, _) in enumerate(REFUSED)],
)
def test_a_bad_input_is_refused_by_its_name_and_value(
    door: Callable[[], object], field: str, words: str
) -> None:
    with pytest.raises(InputError, match=words) as caught:
        door()
    assert caught.value.field == field


def test_what_is_unusual_but_right_is_taken() -> None:
    assert home(hedged=np.float32(0.5)).returns[:, 0] == pytest.approx(
        home(hedged=0.5).returns[:, 0]
    )
    assert home(hedged={"a": 1}, carry={"USD": 0}).returns[:, 0] == pytest.approx(
        home(hedged=1.0).returns[:, 0]
    )
    assert model(
        risk_levels=[1.0, np.int64(2)], groups=np.array(["x", ""])
    ).risk_levels.tolist() == [1, 2]
    alike = estimate_returns(
        MARKET, mean="ewma", covariance="ewma", settings=EstimateSettings(half_life=INF)
    )
    assert alike.mean == pytest.approx(MARKET.returns.mean(axis=0) * 252)


def test_the_repair_says_what_it_did_to_an_asset_without_variance() -> None:
    got = nearest_psd([[0.0, 0.1], [0.1, 1.0]], ["cash", "share"])
    assert got.covariance.tolist() == [[0.0, 0.0], [0.0, 1.0]]
    assert got.changed
    assert got.uncorrelated == ("cash",)
    assert "made uncorrelated with all others: cash" in str(got)
    both = nearest_psd(
        [[1, -0.9, -0.9, 0.1], [-0.9, 1, -0.9, 0], [-0.9, -0.9, 1, 0], [0.1, 0, 0, 0]]
    )
    assert np.linalg.eigvalsh(both.covariance)[0] > -1e-12
    assert "uncorrelated with all others: 3; smallest eigenvalue" in str(both)


@pytest.mark.parametrize("seed", range(40))
def test_certain_views_that_follow_from_each_other_are_refused(seed: int) -> None:
    """Whatever the data round to: a, b and a + b cannot all be certain, nor one view held twice,
    nor a spread of twins."""
    rng = np.random.default_rng(seed)
    rows = rng.normal(size=(50, 4)) * 10.0 ** rng.uniform(-3, 0, 4)
    assets, prior, covariance = ["a", "b", "c", "d"], rng.normal(0.05, 0.02, 4), np.cov(rows.T)
    certain = [View({"a": 1.0}, 0.1, 1.0), View({"b": 1.0}, 0.2, 1.0)]
    for third in (View({"a": 1.0, "b": 1.0}, 0.2, 1.0), View({"a": -2.0}, 0.3, 1.0)):
        with pytest.raises(InputError, match="cannot all be certain"):
            black_litterman(assets, prior, covariance, [*certain, third])
        doubted = View(third.weights, third.mean, 0.5)
        means, _ = black_litterman(assets, prior, covariance, [*certain, doubted])
        assert means[:2] == pytest.approx([0.1, 0.2], abs=1e-9)
    with pytest.raises(InputError, match="cannot all be certain"):
        black_litterman(
            assets,
            prior,
            covariance,
            [View({k: 1.0}, 0.1, 1.0) for k in assets]
            + [View(dict.fromkeys(assets, 1.0), 0.1, 1.0)],
        )
    twins = np.cov(np.column_stack([rows[:, 0], rows[:, 0], rows[:, 2:]]).T)
    with pytest.raises(InputError, match="has no variance"):
        black_litterman(assets, prior, twins, [View({"a": 1.0, "b": -1.0}, 0.1, 0.5)])


def test_a_fitted_prior_and_its_distribution_give_one_model() -> None:
    mean, covariance = np.array([0.0002, 0.0004]), np.array([[1e-4, 2e-5], [2e-5, 4e-4]])
    distribution = SimpleNamespace(mu=mean, covariance=covariance, returns=np.zeros((3, 2)))
    fitted = SimpleNamespace(
        return_distribution_=distribution,
        feature_names_in_=np.array(["a", "b"], dtype=object),
        n_features_in_=2,
    )
    got = ReturnModel.from_skfolio(
        fitted, groups={"a": "bonds"}, risk_levels={"a": 1, "b": 4}, stress={"b": 0.5}
    )
    assert got.assets == ("a", "b")
    assert got.mean == pytest.approx(mean * 252)
    assert got.covariance == pytest.approx(covariance * 252)
    assert (got.groups, got.risk_levels.tolist(), got.stress[1]) == (("bonds", ""), [1, 4], 0.5)
    weekly = ReturnModel.from_skfolio(distribution, ["x", "y"], periods_per_year=52)
    assert weekly.assets == ("x", "y")
    assert weekly.mean == pytest.approx(mean * 52)


def short_market(rows: int, n: int) -> Market:
    table = np.random.default_rng(rows).normal(0.0, 0.01, (rows, n))
    days = pd.bdate_range("2024-01-01", periods=rows)
    return Market.from_returns(pd.DataFrame(table, days, [f"a{i}" for i in range(n)]))


def test_a_handful_of_days_is_refused_or_warned_of(caplog: pytest.LogCaptureFixture) -> None:
    """The standard error of a volatility of T normal returns is 1 / sqrt(2 (T - 1)) of it (Kendall
    and Stuart, section 10.8): 27 % for 8 rows, 25 % for 9, 10 % for 51."""
    with pytest.raises(InputError, match=r"Only 8 days .*; 9 are needed"):
        estimate_returns(short_market(8, 2))
    with caplog.at_level("WARNING", logger="advisor"):
        estimate_returns(short_market(9, 2))
    assert "stands on 9 rows: one standard error of a volatility is 25% of it" in caplog.text
    caplog.clear()
    with caplog.at_level("WARNING", logger="advisor"):
        estimate_returns(short_market(51, 20))
    assert not caplog.text
    with caplog.at_level("WARNING", logger="advisor"):
        estimate_returns(short_market(55, 60))
    assert "The estimate of 60 assets stands on 55 rows" in caplog.text


def test_a_sample_covariance_of_no_more_rows_than_assets_is_refused() -> None:
    """Its rank is at most T - 1 < n: some mixture would have no risk at all."""
    for rows in (12, 20):
        with pytest.raises(InputError, match=r"sample.*singular"):
            estimate_returns(short_market(rows, 20), covariance="sample")
        estimate_returns(short_market(rows, 20), covariance="ledoit_wolf")
    estimate_returns(short_market(21, 20), covariance="sample")
