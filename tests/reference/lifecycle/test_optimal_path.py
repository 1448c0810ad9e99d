"""The optimal glide path against optimisers and integrals that share nothing with it."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.optimize import minimize_scalar

from advisor import InputError
from advisor.lifecycle import FundReturns, optimal_glide_path

MEAN, VOLATILITY, SAFE = 0.06, 0.16, 0.02
SIGMA = np.sqrt(np.log1p((VOLATILITY / (1 + MEAN)) ** 2))
MU = np.log(1 + MEAN) - SIGMA**2 / 2


def expected(function) -> float:
    """E[function(gross risky return)] by adaptive quadrature."""
    density = lambda z: np.exp(-0.5 * z * z) / np.sqrt(2 * np.pi)  # noqa: E731
    return quad(lambda z: function(np.exp(MU + SIGMA * z)) * density(z), -9, 9, limit=200)[0]


def utility(money: float, gamma: float) -> float:
    return np.log(money) if gamma == 1.0 else money ** (1 - gamma) / (1 - gamma)


def best_share(value) -> float:
    return minimize_scalar(
        lambda s: -value(s), bounds=(0.0, 1.0), method="bounded", options={"xatol": 1e-7}
    ).x


@pytest.mark.parametrize("gamma", [1.0, 2.5, 4.0, 10.0])
def test_without_saving_it_is_the_share_of_one_year_at_every_date(gamma: float) -> None:
    """Samuelson's myopia: the horizon does not matter."""
    one = best_share(lambda s: expected(lambda r: utility(1 + SAFE + s * (r - 1 - SAFE), gamma)))
    path = optimal_glide_path(
        100.0, years=12, returns=FundReturns(MEAN, VOLATILITY, SAFE), risk_aversion=gamma
    )
    np.testing.assert_allclose(path.policy, one, atol=2e-3)
    sure = (
        expected(lambda r: (1 + SAFE + one * (r - 1 - SAFE)) ** (1 - gamma)) ** (1 / (1 - gamma))
        if gamma != 1.0
        else None
    )
    if sure is not None:
        assert path.certainty_equivalent == pytest.approx(100 * sure**12, rel=1e-4)


@pytest.mark.parametrize("money", [40.0, 100.0, 400.0])
def test_the_last_two_years_with_saving_by_brute_force(money: float) -> None:
    gamma, saving = 5.0, 20.0
    path = optimal_glide_path(
        money,
        years=2,
        saving=saving,
        returns=FundReturns(MEAN, VOLATILITY, SAFE),
        risk_aversion=gamma,
    )

    def last(start: float) -> float:
        """Best expected utility from one year before the date."""

        def value(s: float) -> float:
            return expected(
                lambda r: utility(start * (1 + SAFE + s * (r - 1 - SAFE)) + saving, gamma)
            )

        return value(best_share(value))

    starts = np.geomspace(0.3 * money, 4.0 * money, 25)
    worth = np.array([((1 - gamma) * last(w)) ** (1 / (1 - gamma)) for w in starts])
    later = np.polynomial.Polynomial.fit(np.log(starts), worth / starts, 8)

    def first(s: float) -> float:
        def reached(r: float) -> float:
            w = money * (1 + SAFE + s * (r - 1 - SAFE)) + saving
            return utility(w * later(np.log(np.clip(w, starts[0], starts[-1]))), gamma)

        return expected(reached)

    assert path.at(2, money) == pytest.approx(best_share(first), abs=4e-3)
    assert path.at(1, money) == pytest.approx(
        best_share(
            lambda s: expected(
                lambda r: utility(money * (1 + SAFE + s * (r - 1 - SAFE)) + saving, gamma)
            )
        ),
        abs=4e-3,
    )


def test_following_it_beats_every_constant_share_on_the_same_paths() -> None:
    gamma, saving, years, start = 4.0, 15.0, 15, 50.0
    path = optimal_glide_path(
        start,
        years=years,
        saving=saving,
        returns=FundReturns(MEAN, VOLATILITY, SAFE),
        risk_aversion=gamma,
    )
    risky = np.exp(MU + SIGMA * np.random.default_rng(0).normal(size=(years, 200_000)))

    def sure(rule) -> float:
        money = np.full(risky.shape[1], start)
        for row in range(years):
            money = money * (1 + SAFE + rule(row, money) * (risky[row] - 1 - SAFE)) + saving
        return float((money ** (1 - gamma)).mean() ** (1 / (1 - gamma)))

    followed = sure(lambda row, money: path.at(years - row, money))
    assert followed == pytest.approx(path.certainty_equivalent, rel=2e-3)
    assert followed > max(sure(lambda _row, _money, s=s: s) for s in np.linspace(0.0, 1.0, 11))


def test_saving_lifts_the_share_and_it_falls_to_the_date() -> None:
    plain, with_saving = (optimal_glide_path(100.0, years=20, saving=s) for s in (0.0, 10.0))
    assert (np.diff(with_saving.share) <= 1e-9).all()
    assert (with_saving.share >= plain.share - 1e-3).all()
    assert (np.diff(with_saving.policy, axis=1) <= 1e-2).all()
    assert (optimal_glide_path(100.0, years=5, saving=10.0, cap=0.3).share <= 0.3).all()
    assert optimal_glide_path(100.0, years=3, returns=FundReturns(0.01)).share.max() == 0.0


@pytest.mark.parametrize(
    "change",
    [
        {"wealth": 0.0},
        {"years": 0},
        {"saving": -1.0},
        {"volatility": 0.0, "returns": FundReturns(volatility=0.0)},
        {"risk_aversion": 0.0},
        {"cap": 1.5},
    ],
)
def test_what_makes_no_sense_is_refused(change: dict) -> None:
    field = next(iter(change))
    change.pop("volatility", None)
    with pytest.raises(InputError, match=field):
        optimal_glide_path(**({"wealth": 100.0, "years": 5} | change))
    with pytest.raises(InputError, match="safe"):
        FundReturns(safe=-1.0)


def test_a_year_that_was_not_worked_out_is_refused() -> None:
    with pytest.raises(InputError, match="1 to 5"):
        optimal_glide_path(100.0, years=5).at(6, 100.0)
