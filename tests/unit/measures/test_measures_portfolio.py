"""Measures of returns on numbers that fit on a hand, and the laws that they obey."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from advisor import InputError
from advisor import measures as m

RETURNS = arrays(
    np.float64, st.integers(3, 60), elements=st.floats(-0.5, 0.5, allow_subnormal=False)
)
OF_RETURNS = (
    m.annual_return,
    m.mean_return,
    m.volatility,
    m.downside_deviation,
    m.sharpe_ratio,
    m.sortino_ratio,
    m.max_drawdown,
    m.calmar_ratio,
    m.value_at_risk,
    m.conditional_value_at_risk,
    m.hit_ratio,
    m.skewness,
    m.kurtosis,
)


def test_by_hand() -> None:
    r = [0.10, -0.20, 0.05, 0.05]
    growth = 1.1 * 0.8 * 1.05 * 1.05
    assert m.annual_return(r, periods_per_year=2) == pytest.approx(growth**0.5 - 1)
    assert m.mean_return(r, periods_per_year=2) == pytest.approx(0.0, abs=1e-15)
    assert m.max_drawdown(r) == pytest.approx(0.2)
    assert m.drawdowns(r) == pytest.approx([0.0, 0.2, 1 - 0.84, 1 - 0.882])
    assert m.calmar_ratio(r, periods_per_year=2) == pytest.approx((growth**0.5 - 1) / 0.2)
    assert m.hit_ratio(r) == 0.75
    assert m.downside_deviation(r, periods_per_year=1) == pytest.approx((0.04 / 4) ** 0.5)
    assert m.volatility(r, periods_per_year=1) == pytest.approx(
        ((0.01 + 0.04 + 0.0025 * 2) / 3) ** 0.5
    )
    assert m.sharpe_ratio([0.02, 0.04], risk_free=0.01, periods_per_year=1) == pytest.approx(
        0.02 / (2 * 0.01**2) ** 0.5
    )
    assert m.sharpe_ratio(
        [0.02, 0.04], risk_free=np.array([0.02, 0.0]), periods_per_year=1
    ) == pytest.approx(0.02 / (2 * 0.02**2) ** 0.5)
    assert m.sortino_ratio(r, target=0.01, periods_per_year=1) == pytest.approx(
        -0.01 / (0.21**2 / 4) ** 0.5
    )
    assert m.value_at_risk(r, 0.75) == pytest.approx(-0.05)
    assert m.value_at_risk(r, 0.76) == pytest.approx(0.20)
    assert m.conditional_value_at_risk(r, 0.5) == pytest.approx((0.20 - 0.05) / 2)
    assert m.conditional_value_at_risk(r, 0.9) == pytest.approx(0.20)
    assert m.skewness([-1.0, 0.0, 1.0]) == pytest.approx(0.0)
    assert m.kurtosis([-1.0, 1.0]) == pytest.approx(1.0)
    assert m.beta([0.02, 0.04, 0.06], [0.01, 0.02, 0.03]) == pytest.approx(2.0)
    assert m.tracking_error([0.02, 0.04], [0.01, 0.01], periods_per_year=1) == pytest.approx(
        (2 * 0.01**2) ** 0.5
    )
    assert m.information_ratio([0.02, 0.04], [0.01, 0.01], periods_per_year=1) == pytest.approx(
        0.02 / (2 * 0.01**2) ** 0.5
    )


def test_of_weights_by_hand() -> None:
    covariance = [[0.04, 0.01], [0.01, 0.09]]
    assert m.portfolio_volatility([[1.0, 0.0], [0.5, 0.5]], covariance) == pytest.approx(
        [0.2, (0.0375) ** 0.5]
    )
    assert m.risk_contributions([0.5, 0.5], covariance) == pytest.approx(
        [0.0125 / 0.0375, 0.025 / 0.0375]
    )
    assert np.isnan(m.risk_contributions([0.0, 0.0], covariance)).all()
    assert m.effective_number([[1.0, 0.0], [0.5, 0.5]]) == pytest.approx([1.0, 2.0])
    assert m.effective_number([1e-200, 1e-200, -1e-200]) == pytest.approx(3.0)
    assert m.effective_number([1e200, 1e200]) == pytest.approx(2.0)
    assert np.isnan(m.effective_number([[0.0, 0.0], [np.nan, 1.0]])).all()
    assert m.turnover([[0.5, 0.5], [0.0, 0.0]], [[0.0, 1.0], [0.5, 0.5]]) == pytest.approx(
        [1.0, 1.0]
    )


def test_what_cannot_be_formed_is_nan() -> None:
    flat = np.full(20, 0.001)
    assert np.isnan(m.sharpe_ratio(flat))
    assert np.isnan(m.sortino_ratio(flat))
    assert np.isnan(m.calmar_ratio(flat))
    assert np.isnan(m.kurtosis(flat))
    assert np.isnan(m.volatility([0.01]))
    assert np.isnan(m.beta([0.01, 0.02], [0.01, 0.01]))
    assert m.annual_return([-1.0, 0.5]) == -1.0


@pytest.mark.parametrize("bad", [[], 0.01, [np.nan, 0.01], [np.inf]])
def test_refusals(bad: object) -> None:
    with pytest.raises(InputError, match="returns"):
        m.volatility(bad)


@pytest.mark.parametrize("level", [0.0, 1.0, 95.0])
def test_level_is_a_probability(level: float) -> None:
    with pytest.raises(InputError, match="level"):
        m.conditional_value_at_risk([0.01, 0.02], level)


@pytest.mark.parametrize("measure", OF_RETURNS)
def test_a_batch_is_its_rows(measure) -> None:
    batch = np.random.default_rng(5).normal(0.001, 0.02, size=(3, 4, 50))
    rows = [[measure(batch[i, j]) for j in range(4)] for i in range(3)]
    np.testing.assert_allclose(measure(batch), rows, rtol=1e-12)


@given(RETURNS, st.floats(0.05, 0.95))
def test_tail_loss_is_at_least_the_quantile_and_at_most_the_worst(
    r: np.ndarray, level: float
) -> None:
    tail, quantile = m.conditional_value_at_risk(r, level), m.value_at_risk(r, level)
    assert quantile - 1e-12 <= tail <= (-r).max() + 1e-12
    assert tail >= -r.mean() - 1e-12


@given(RETURNS, st.floats(0.05, 0.95))
def test_tail_loss_of_a_mix_is_no_worse_than_the_mix_of_tail_losses(
    r: np.ndarray, level: float
) -> None:
    other = r[::-1]
    parts = m.conditional_value_at_risk(np.stack([r, other]), level)
    assert m.conditional_value_at_risk(0.5 * (r + other), level) <= parts.mean() + 1e-12


@given(RETURNS)
def test_drawdowns_lie_between_none_and_all(r: np.ndarray) -> None:
    d = m.drawdowns(r)
    assert (d >= 0.0).all()
    assert (d < 1.0).all()
    assert m.max_drawdown(np.append(r, 0.0)) == m.max_drawdown(r)
    assert m.max_drawdown(np.append(-0.1, r)) >= m.max_drawdown(r) - 1e-12


@given(RETURNS, st.floats(0.1, 3.0))
def test_scaling_returns_scales_risk_and_leaves_ratios(r: np.ndarray, k: float) -> None:
    if r.std() < 1e-6:
        return
    assert m.volatility(k * r) == pytest.approx(k * m.volatility(r))
    assert m.conditional_value_at_risk(k * r) == pytest.approx(
        k * m.conditional_value_at_risk(r), abs=1e-12
    )
    assert m.sharpe_ratio(k * r) == pytest.approx(m.sharpe_ratio(r), rel=1e-6, abs=1e-9)


def test_more_than_all_is_no_fraction_of_a_peak() -> None:
    """The table of falls and the drawdowns say the same, also where more than all was lost."""
    days = pd.bdate_range("2024-01-01", periods=5)
    table = m.drawdown_table(pd.Series([0.1, -0.2, 0.3, -2.0, 0.1], days))
    assert table["start"].tolist() == [days[3], days[1]]
    assert table["bottom"].tolist() == [days[3], days[1]]
    assert np.isnan(table["depth"][0])
    assert table["depth"][1] == pytest.approx(0.2)
