"""Glide paths, human capital, reserves and the timeline."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor import InputError
from advisor.contracts import Goal
from advisor.lifecycle import (
    FundReturns,
    LifeEvent,
    event_table,
    glide_path,
    human_capital,
    human_capital_path,
    life_timeline,
    liquidity_reserve,
    reserve_limit,
    reserve_share,
)


def path_faults(path, start: float, end: float, length: float) -> list[str]:
    years = np.linspace(-2.0, length + 5.0, 200)
    share = path(years)
    faults = []
    if path(np.array([0.0]))[0] != end or path(np.array([-1.0]))[0] != end:
        faults.append("end")
    if path(np.array([length]))[0] != start or path(np.array([length + 9]))[0] != start:
        faults.append("start")
    if (np.diff(share) * (1 if start >= end else -1) < -1e-15).any():
        faults.append("monotone")
    return faults


@given(
    start=st.floats(0, 1), end=st.floats(0, 1), length=st.floats(0.5, 50),
    shape=st.sampled_from(["linear", "convex", "logistic"]),
    steepness=st.none() | st.floats(0.5, 30),
)  # fmt: skip
def test_a_path_meets_both_ends_and_is_monotone(
    start: float, end: float, length: float, shape: str, steepness: float | None
) -> None:
    def path(years):
        return glide_path(
            years, start=start, end=end, length=length, shape=shape, steepness=steepness
        )

    faults = path_faults(path, start, end, length)
    assert [f for f in faults if f != "start" or abs(path(length) - start) > 1e-12] == []


def test_a_plain_logistic_would_be_caught() -> None:
    """Without rescaling, 1 / (1 + exp(-k (u - 1/2))) meets neither end."""
    faults = path_faults(
        lambda t: 0.9 / (1 + np.exp(-10 * (np.clip(t / 20, 0, 1) - 0.5))), 0.9, 0.0, 20.0
    )
    assert set(faults) == {"start", "end"}


def test_shapes_are_ordered_as_their_names_say() -> None:
    middle = {
        shape: float(glide_path(5.0, shape=shape)) for shape in ("linear", "convex", "logistic")
    }
    assert middle["convex"] < middle["linear"]
    assert middle["logistic"] < middle["linear"]
    assert float(glide_path(15.0, shape="logistic")) > float(glide_path(15.0))


def test_published_endpoints() -> None:
    """Betterment: major purchase 90 % at 33 years to 0 % at the date; general investing 90 % at 20
    years to 56 %."""
    assert glide_path([33.0, 0.0], start=0.9, end=0.0, length=33.0).tolist() == [0.9, 0.0]
    assert glide_path([20.0, 0.0], start=0.9, end=0.56, length=20.0).tolist() == [0.9, 0.56]


def test_human_capital_against_a_sum() -> None:
    times = np.linspace(0, 25, 500_001)
    value = np.trapezoid(40_000 * 1.01**times / 1.04**times, times)
    assert float(human_capital(40_000, 25, growth=0.01, discount=0.04)) == pytest.approx(
        value, rel=1e-9
    )
    assert float(human_capital(40_000, -3)) == 0.0


def test_human_capital_path_oracles() -> None:
    """H = 0 gives Merton; the share falls as wages turn into savings; it never passes the cap."""
    merton = human_capital_path(100.0, 0.0, excess_return=0.04, volatility=0.18, risk_aversion=3.0)
    assert float(merton) == pytest.approx(0.04 / (3 * 0.18**2))
    years = np.arange(30, -1, -1.0)
    wages, saved = human_capital(50_000.0, years), 20_000.0 + 25_000.0 * (30 - years)
    share = human_capital_path(saved, wages, excess_return=0.02, volatility=0.18, risk_aversion=4.0)
    assert (np.diff(share) <= 1e-15).all()
    assert share.max() == 1.0
    assert share[-1] == pytest.approx(0.02 / (4 * 0.18**2))


@pytest.mark.parametrize(
    "call",
    [
        lambda: glide_path(1.0, start=1.2),
        lambda: glide_path(1.0, length=0.0),
        lambda: glide_path(np.nan),
        lambda: glide_path(1.0, shape="s"),
        lambda: human_capital_path(0.0, 1.0, excess_return=0.04, volatility=0.2, risk_aversion=3.0),
        lambda: liquidity_reserve(-1.0, 3.0),
        lambda: reserve_limit(10.0, 100.0, []),
        lambda: reserve_limit(200.0, 100.0, ["cash"]),
        lambda: LifeEvent("x", 1.0, -1.0),
        lambda: life_timeline(-1.0),
    ],
)
def test_refusals(call) -> None:
    with pytest.raises(InputError) as caught:
        call()
    assert len(str(caught.value)) > 30


def test_reserve_counts_months_and_what_is_due() -> None:
    events = [
        [LifeEvent("school", 10_000.0, 1.0, inflation=0.05), LifeEvent("house", 90_000.0, 6.0)],
        [],
    ]
    amounts, years = event_table(events)
    reserve = liquidity_reserve([2000.0, 2000.0], 6.0, amounts, years, rate=0.02)
    np.testing.assert_allclose(reserve, [12_000 + 10_500 / 1.02, 12_000])
    share, missing = reserve_share(reserve, [100_000.0, 6_000.0])
    np.testing.assert_allclose(share, [reserve[0] / 1e5, 1.0])
    np.testing.assert_allclose(missing, [0.0, 6_000.0])
    limit = reserve_limit(float(reserve[0]), 100_000.0, {"cash", "short bonds"})
    assert limit.coefficients == {"cash": 1.0, "short bonds": 1.0}
    assert limit.lower == pytest.approx(reserve[0] / 1e5)


def test_a_house_is_not_at_risk_on_its_day_and_events_move_the_allocation() -> None:
    plain = life_timeline(300.0, years=20)
    line = life_timeline(
        300.0,
        [Goal(name="retirement", amount=400.0, years=20.0, priority=2)],
        [LifeEvent("house", 150.0, 8.0)],
        years=20,
    )
    np.testing.assert_allclose(plain.risky_share, 0.9)
    assert line.happened[8] == ("house",)
    assert line.reserve[6] > 0
    assert line.reserve[5] == 0
    assert line.risky_share[7] < line.risky_share[5]
    assert line.risky_share[19] < 0.1
    assert line.wealth[8] < line.wealth[7]
    assert list(line.to_frame().columns) == ["wealth", "reserve", "risky_share", "paid", "happened"]


def test_the_timeline_adds_up_by_hand() -> None:
    """No risk premium: wealth grows at the safe rate, takes savings at the year's end and pays what
    falls due."""
    line = life_timeline(
        100.0,
        events=[LifeEvent("gift", -20.0, 1.0), LifeEvent("car", 50.0, 2.0)],
        years=2,
        annual_saving=10.0,
        returns=FundReturns(risky=0.0, safe=0.0),
    )
    assert line.wealth.tolist() == [100.0, 130.0, 90.0]
    assert line.paid.tolist() == [0.0, -20.0, 50.0]
