"""Estimates against published tables and independent implementations."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from pypfopt.risk_models import CovarianceShrinkage

from advisor.data import Market
from advisor.optimize import Equilibrium, Moments, View, estimate_returns, nearest_psd
from advisor.optimize.returns.assumptions import from_skfolio
from advisor.optimize.returns.covariance import sample_covariance, shrink_to_constant_correlation
from advisor.optimize.returns.mean import bayes_stein
from advisor.optimize.returns.views import black_litterman


def history(count: int, n: int, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return rng.multivariate_normal(
        rng.uniform(0, 1e-3, n), np.diag(rng.uniform(0.005, 0.02, n)) ** 2 + 2e-5, count
    )


@pytest.mark.parametrize(("count", "n"), [(60, 10), (500, 6), (12, 20)])
def test_constant_correlation_is_that_of_pyportfolioopt(count: int, n: int) -> None:
    """Given the moments divided by T that the paper uses throughout (it mixes them with T - 1), it
    finds the same matrix and intensity."""
    rows = history(count, n)
    theirs = CovarianceShrinkage(pd.DataFrame(rows), returns_data=True, frequency=1)
    theirs.S = np.cov(rows.T, bias=True)
    expected = theirs.ledoit_wolf(shrinkage_target="constant_correlation").to_numpy()
    got, intensity = shrink_to_constant_correlation(Moments.of(rows))
    assert intensity == pytest.approx(float(theirs.delta), rel=1e-9)
    assert got == pytest.approx(expected, rel=1e-9)
    assert np.diag(got) == pytest.approx(rows.var(axis=0), rel=1e-12)
    assert np.linalg.eigvalsh(got)[0] > 0.0


@pytest.mark.parametrize("count", [12, 60, 500])
def test_every_covariance_has_the_divisor_of_the_sample(count: int) -> None:
    """Variances are those of `np.var(ddof=1)`."""
    rows = history(count, 5)
    market = Market.from_returns(
        pd.DataFrame(rows, index=pd.bdate_range("2020-01-01", periods=count), columns=list("abcde"))
    )
    unbiased = rows.var(axis=0, ddof=1) * 252.0
    for method in ("ledoit_wolf", "sample"):
        got = estimate_returns(market, mean="historical", covariance=method).covariance
        assert np.diag(got) == pytest.approx(unbiased, rel=1e-9)


# He and Litterman (1999), The intuition behind Black-Litterman model portfolios, tables 1, 2 and 4.
COUNTRIES = ("Australia", "Canada", "France", "Germany", "Japan", "UK", "USA")
VOLATILITY = np.array([16.0, 20.3, 24.8, 27.1, 21.0, 20.0, 18.7]) / 100
MARKET = dict(zip(COUNTRIES, (1.6, 2.2, 5.2, 5.5, 11.6, 12.4, 61.5), strict=True))
UPPER = [
    [0.488, 0.478, 0.515, 0.439, 0.512, 0.491],
    [0.664, 0.655, 0.310, 0.608, 0.779],
    [0.861, 0.355, 0.783, 0.668],
    [0.354, 0.777, 0.653],
    [0.405, 0.306],
    [0.652],
]


def he_litterman() -> np.ndarray:
    correlation = np.eye(7)
    for i, row in enumerate(UPPER):
        correlation[i, i + 1 :] = correlation[i + 1 :, i] = row
    return correlation * np.outer(VOLATILITY, VOLATILITY)


def test_equilibrium_returns_of_he_and_litterman() -> None:
    got = Equilibrium(MARKET, risk_aversion=2.5).mean(COUNTRIES, he_litterman())
    assert (got * 100).round(1).tolist() == [3.9, 6.9, 8.4, 9.0, 4.3, 6.8, 7.6]


def test_the_view_of_he_and_litterman() -> None:
    """Germany beats the rest of Europe by 5 %: posterior means and weights of their table 4."""
    covariance = he_litterman()
    prior = Equilibrium(MARKET, risk_aversion=2.5).mean(COUNTRIES, covariance)
    view = View({"Germany": 1.0, "France": -5.2 / 17.6, "UK": -12.4 / 17.6}, 0.05, confidence=0.5)
    mean, posterior = black_litterman(COUNTRIES, prior, covariance, [view], tau=0.05)
    assert (mean * 100).round(1).tolist() == [4.3, 7.6, 9.3, 11.0, 4.5, 7.0, 8.1]
    weights = np.linalg.solve(2.5 * posterior, mean) * 100
    assert weights == pytest.approx([1.5, 2.1, -4.0, 35.4, 11.0, -9.5, 58.6], abs=0.1)


def test_jorion_by_hand() -> None:
    """Two independent assets with 1 % variance, means 2 % and 4 %, T = 100: target 3 %, distance
    0.02, v = 4 / (4 + 2)."""
    got = bayes_stein(np.array([0.02, 0.04]), 0.01 * np.eye(2), 100)
    v = 4 / (4 + 100 * 2 * 0.01**2 / 0.01)
    assert got == pytest.approx(0.03 + (1 - v) * np.array([-0.01, 0.01]), abs=1e-15)


def test_the_nearest_correlation_of_higham() -> None:
    """Higham (2002), section 4: the matrix [[1, 1, 0], [1, 1, 1], [0, 1, 1]] and its nearest
    correlation matrix to four digits."""
    got = nearest_psd([[1.0, 1.0, 0.0], [1.0, 1.0, 1.0], [0.0, 1.0, 1.0]])
    assert got.covariance == pytest.approx(
        np.array([[1, 0.7607, 0.1573], [0.7607, 1, 0.7607], [0.1573, 0.7607, 1]]), abs=5e-5
    )
    assert got.changed
    assert np.linalg.eigvalsh(got.covariance)[0] > -1e-12


def test_stambaugh_means_and_covariance_by_regression() -> None:
    """With one long and one short history: the short mean moves by the regression slope times what
    the long one missed."""
    rows = history(300, 2, seed=4)
    short = rows[120:]
    frame = pd.DataFrame(
        rows, columns=["long", "short"], index=pd.bdate_range("2020-01-01", periods=300)
    )
    frame.iloc[:120, 1] = np.nan
    got = estimate_returns(
        Market.from_returns(frame, periods_per_year=1.0),
        mean="historical",
        covariance="sample",
        histories="stambaugh",
    )
    slope = np.cov(short.T)[0, 1] / short[:, 0].var(ddof=1)
    assert got.mean[1] == pytest.approx(
        short[:, 1].mean() + slope * (rows[:, 0].mean() - short[:, 0].mean()), rel=1e-12
    )
    assert got.covariance[0, 0] == pytest.approx(rows[:, 0].var(ddof=1), rel=1e-12)
    assert got.covariance[0, 1] == pytest.approx(slope * rows[:, 0].var(ddof=1), rel=1e-12)
    residual = short[:, 1].var(ddof=1) - slope * np.cov(short.T)[0, 1]
    assert got.covariance[1, 1] == pytest.approx(
        residual + slope**2 * rows[:, 0].var(ddof=1), rel=1e-12
    )


def test_a_fitted_prior_is_read_by_its_attributes() -> None:
    """The attribute names are those of skfolio 1.x: `return_distribution_` with `mu` and
    `covariance`."""
    rows = history(100, 3)
    distribution = SimpleNamespace(mu=rows.mean(axis=0), covariance=sample_covariance(rows))
    prior = SimpleNamespace(
        return_distribution_=distribution, feature_names_in_=np.array(["a", "b", "c"], dtype=object)
    )
    got = from_skfolio(prior)
    assert got.assets == ("a", "b", "c")
    assert got.mean == pytest.approx(rows.mean(axis=0) * 252)
