"""Published numbers and independent implementations for what a backtest says about itself."""

from __future__ import annotations

import numpy as np
import pytest

from advisor.evaluate import (
    block_length,
    bootstrap_interval,
    compare_sharpe,
    deflated_sharpe_ratio,
    expected_best_sharpe,
    probabilistic_sharpe_ratio,
)
from advisor.evaluate.backtesting.statistics import stationary_indices
from advisor.measures import mean_return

DAILY = 2.5 / 250**0.5


def test_deflated_sharpe_of_the_paper() -> None:
    """Bailey & Lopez de Prado (2014), "A numerical example": Sharpe 2.5 a year over 1,250 days,
    best of 100 trials whose annual Sharpe ratios have variance 1/2."""
    assert expected_best_sharpe(100, 0.5 / 250) == pytest.approx(0.1132, abs=5e-5)
    assert deflated_sharpe_ratio(
        DAILY, count=1250, trials=100, variance=0.5 / 250, skew=-3.0, kurt=10.0
    ) == pytest.approx(0.9004, abs=5e-5)
    assert deflated_sharpe_ratio(
        DAILY, count=1250, trials=46, variance=0.5 / 250, skew=-3.0, kurt=10.0
    ) == pytest.approx(0.9505, abs=5e-5)
    assert deflated_sharpe_ratio(DAILY, count=1250, trials=88, variance=0.5 / 250) == pytest.approx(
        0.9505, abs=5e-5
    )


def test_probabilistic_sharpe_of_normal_returns_is_lo() -> None:
    """Lo (2002), equation 9: for independent normal returns the variance of the Sharpe ratio is (1
    + SR^2 / 2) / T."""
    from scipy.special import ndtr

    expected = ndtr(0.1 / np.sqrt((1.0 + 0.5 * 0.1**2) / 999))
    assert probabilistic_sharpe_ratio(0.1, count=1000) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(
    ("phi", "count", "expected"),
    [
        (0.0, 1000, 1.12761944),
        (0.1, 1000, 3.97073312),
        (0.3, 500, 5.66843234),
        (0.7, 2000, 29.45671569),
        (-0.3, 800, 8.20231877),
        (0.9, 300, 20.0809007),
    ],
)
def test_block_length_is_that_of_arch(phi: float, count: int, expected: float) -> None:
    """`arch.bootstrap.optimal_block_length` of arch 8.0.0, column "stationary", recorded on the
    same series."""
    rng = np.random.default_rng(1)
    for p, n in [(0.0, 1000), (0.1, 1000), (0.3, 500), (0.7, 2000), (-0.3, 800), (0.9, 300)]:
        noise, series = rng.normal(size=n), np.zeros(n)
        for t in range(1, n):
            series[t] = p * series[t - 1] + noise[t]
        if (p, n) == (phi, count):
            assert block_length(series) == pytest.approx(expected, rel=1e-8)


def test_bootstrap_error_of_a_mean_is_the_long_run_one() -> None:
    """Of an AR(1) with coefficient .5 the standard error of the mean is 1 / (1 - .5) times that of
    its noise; a plain bootstrap would say 1.15."""
    rng = np.random.default_rng(2)
    noise, x = rng.normal(0.0, 0.01, size=4000), np.zeros(4000)
    for t in range(1, 4000):
        x[t] = 0.5 * x[t - 1] + noise[t]
    found = bootstrap_interval(x, lambda r: mean_return(r, 1.0), draws=1000, block=40.0)
    assert found.standard_error == pytest.approx(0.01 / 0.5 / 4000**0.5, rel=0.12)
    plain = bootstrap_interval(x, lambda r: mean_return(r, 1.0), draws=1000, block=1.0)
    assert plain.standard_error == pytest.approx(x.std() / 4000**0.5, rel=0.08)
    assert found.low < found.estimate < found.high


def test_blocks_have_the_mean_length_asked_for_and_wrap() -> None:
    """Politis & Romano (1994), section 2: lengths are geometric with mean 1 / p."""
    rows = np.concatenate(list(stationary_indices(500, 20.0, 200, 3)))
    goes_on = (np.diff(rows, axis=1) % 500) == 1
    assert 1.0 / (1.0 - goes_on.mean()) == pytest.approx(20.0, rel=0.05)
    assert rows.min() == 0
    assert rows.max() == 499
    counts = np.bincount(rows.ravel(), minlength=500)
    assert counts.std() / counts.mean() < 0.4


def test_error_of_a_difference_is_jobson_korkie_memmel_on_independent_normals() -> None:
    """Memmel (2003): with independent normal returns their variance is the one that a consistent
    estimator must converge to."""
    rng = np.random.default_rng(4)
    pair = rng.multivariate_normal([0.0015, 0.0005], [[1e-4, 6e-5], [6e-5, 2e-4]], size=40_000).T
    exact, robust = (compare_sharpe(*pair, test=test) for test in ("jobson_korkie", "ledoit_wolf"))
    assert robust.difference == exact.difference
    assert robust.standard_error == pytest.approx(exact.standard_error, rel=0.02)


def test_tests_reject_as_often_as_they_promise() -> None:
    """Ledoit & Wolf (2008), table 1: at a nominal 5 % the robust test rejects equal Sharpe ratios
    of fat-tailed returns about that often."""
    rng = np.random.default_rng(5)
    samples = [rng.standard_t(5, size=(2, 120)) * 0.01 + 0.001 for _ in range(400)]
    for test in ("ledoit_wolf", "jobson_korkie"):
        share = np.mean([compare_sharpe(*pair, test=test).p_value < 0.05 for pair in samples])
        assert 0.02 < share < 0.09
    share = np.mean(
        [
            compare_sharpe(*pair, test="ledoit_wolf_bootstrap", draws=199).p_value < 0.05
            for pair in samples[:150]
        ]
    )
    assert 0.01 < share < 0.11


def test_a_real_difference_is_found_by_all_three() -> None:
    rng = np.random.default_rng(6)
    market = rng.normal(0.0, 0.01, size=1500)
    good, bad = (
        market + 0.0010 + rng.normal(0.0, 0.003, 1500),
        market - 0.0005 + rng.normal(0.0, 0.003, 1500),
    )
    for test in ("jobson_korkie", "ledoit_wolf", "ledoit_wolf_bootstrap"):
        assert compare_sharpe(good, bad, test=test, draws=499).p_value < 0.01
        assert compare_sharpe(good, bad, test=test, draws=499).difference > 0.0
