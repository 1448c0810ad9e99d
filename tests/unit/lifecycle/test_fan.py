"""The fan of wealth along a glide path agrees with the lognormal closed form where there is one."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import ndtri

from advisor import InputError
from advisor.lifecycle import FundReturns, Simulation, goal_success, lognormal_rates, wealth_fan


def test_constant_share_without_saving_is_lognormal_at_every_date() -> None:
    fan = wealth_fan(
        100.0,
        [0.5] * 10,
        returns=FundReturns(risky=0.06, volatility=0.16, safe=0.02),
        amount=130.0,
        simulation=Simulation(draws=40_000),
    )
    mu, sigma = lognormal_rates(0.04, 0.08)
    for month in (12, 60, 120):
        years = month / 12.0
        exact = 100.0 * np.exp(mu * years + sigma * np.sqrt(years) * ndtri(fan.levels))
        np.testing.assert_allclose(fan.wealth[:, month], exact, rtol=0.01)
    exact_odds = float(goal_success(100.0, 130.0, 10.0, 0.04, 0.08).probability[0])
    assert fan.probability == pytest.approx(
        exact_odds, abs=3.0 * np.sqrt(exact_odds * (1.0 - exact_odds) / 40_000)
    )


def test_without_risk_the_fan_is_one_line_and_saving_an_annuity() -> None:
    fan = wealth_fan(0.0, [0.0] * 3, returns=FundReturns(safe=0.05), saving=10.0)
    monthly = 1.05 ** (1.0 / 12.0)
    np.testing.assert_allclose(fan.wealth[:, -1], 10.0 * (monthly**36 - 1.0) / (monthly - 1.0))
    assert fan.years[-1] == 3.0
    assert fan.to_frame().shape == (37, 5)


def test_quantiles_do_not_cross_and_ruin_stops_at_zero() -> None:
    fan = wealth_fan(100.0, [0.9, 0.5, 0.1], saving=-5.0, levels=(0.9, 0.1, 0.5))
    assert (np.diff(fan.wealth, axis=0) >= 0.0).all()
    assert (fan.wealth >= 0.0).all()
    assert fan.wealth[0, -1] == 0.0


def test_paths_belong_to_the_client() -> None:
    one, two, again = (
        wealth_fan(100.0, [0.5], simulation=Simulation(draws=100, client_ids=(i,))) for i in "aba"
    )
    assert not np.array_equal(one.wealth, two.wealth)
    np.testing.assert_array_equal(one.wealth, again.wealth)


@pytest.mark.parametrize(
    "change",
    [
        {"risky_share": []},
        {"risky_share": [1.1]},
        {"levels": (0.0,)},
        {"wealth": -1.0},
        {"simulation": Simulation(client_ids=("a", "b"))},
    ],
)
def test_what_makes_no_sense_is_refused(change: dict) -> None:
    with pytest.raises(InputError):
        wealth_fan(**({"wealth": 1.0, "risky_share": [0.5]} | change))
