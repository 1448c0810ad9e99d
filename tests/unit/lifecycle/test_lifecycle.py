"""Costs in money, tax lots, the advisor view, the household and the holdings review."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor import InputError
from advisor.lifecycle import (
    Household,
    HouseView,
    Position,
    ProductCosts,
    RebalancePolicy,
    TaxLots,
    drift,
    ex_ante_costs,
    ex_post_costs,
    rebalance,
    review_holdings,
    sell_lots,
    switch_benefit,
)
from advisor.lifecycle.wealth.costs import KINDS

# ---- costs


@given(
    fees=st.lists(st.floats(0, 0.05), min_size=6, max_size=6),
    years=st.floats(0.25, 30),
    gross=st.floats(-0.1, 0.15),
    money=st.floats(1, 1e6),
)
def test_money_in_less_costs_plus_growth_is_money_out(
    fees: list[float], years: float, gross: float, money: float
) -> None:
    """Growth is earned on what is held: total costs = money in + growth - money out, with the
    growth integrated numerically."""
    costs = ProductCosts("p", **dict(zip(KINDS, fees, strict=True)))
    report = ex_ante_costs({"p": money}, [costs], years=years, gross_return=gross)
    start = money * (1 - costs.entry)
    force = np.log1p(gross) + sum(
        np.log1p(-getattr(costs, k)) for k in KINDS if k not in ("entry", "exit")
    )
    times = np.linspace(0, years, 20_001)
    growth = np.trapezoid(np.log1p(gross) * start * np.exp(force * times), times)
    assert report.total == pytest.approx(money + growth - report.final_with, rel=1e-6, abs=1e-6)
    assert report.effect_on_return >= -1e-12


def test_costs_by_hand() -> None:
    report = ex_ante_costs(
        {"a": 1000.0, "b": 0.0},
        [ProductCosts("a", entry=0.02, exit=0.01), ProductCosts("b")],
        years=2.0,
    )
    assert report.money.loc["a"].to_dict() == {
        "entry": 20.0,
        "ongoing": 0.0,
        "transaction": 0.0,
        "performance": 0.0,
        "service": 0.0,
        "exit": 9.8,
    }
    assert report.final_with == pytest.approx(970.2)
    assert report.percent == pytest.approx(0.0298)
    assert report.to_frame().loc["total", "total"] == pytest.approx(29.8)
    free = ex_ante_costs({"a": 1000.0}, [ProductCosts("a")], gross_return=0.05)
    assert free.effect_on_return == pytest.approx(0.0, abs=1e-15)


def test_ex_post_costs_by_hand() -> None:
    charged = pd.DataFrame(
        {
            "product_id": ["a", "a", "b"],
            "kind": ["ongoing", "entry", "service"],
            "money": [10.0, 5.0, 5.0],
        }
    )
    report = ex_post_costs(charged, start_value=900.0, end_value=1040.0, flows=100.0)
    assert report.total == 20.0
    assert report.percent == pytest.approx(0.02)
    assert report.effect_on_return == pytest.approx(0.02)
    assert "20.00 over 1 years" in repr(report)


@pytest.mark.parametrize(
    "call",
    [
        lambda: ProductCosts("a", ongoing=1.5),
        lambda: ex_ante_costs({"a": 1.0}, []),
        lambda: ex_ante_costs({"a": -1.0}, [ProductCosts("a")]),
        lambda: ex_ante_costs({"a": 1.0}, [ProductCosts("a")], years=0.0),
        lambda: ex_post_costs(pd.DataFrame({"money": [1.0]}), start_value=1.0, end_value=1.0),
        lambda: ex_post_costs(
            pd.DataFrame({"product_id": ["a"], "kind": ["tip"], "money": [1.0]}),
            start_value=1.0,
            end_value=1.0,
        ),
        lambda: switch_benefit(-1.0, 0.01, 1.0),
        lambda: rebalance([[1.0, 2.0]], [0.5, 0.6]),
        lambda: rebalance([[1.0, -2.0]], [0.5, 0.5]),
        lambda: rebalance([[1.0, 2.0]], [0.5, 0.5], flow=np.nan),
        lambda: rebalance([[1.0, 2.0]], [0.5, 0.5], policy=RebalancePolicy(every_months=12)),
        lambda: rebalance([[1.0, 2.0]], [0.5, 0.5], lot_value=[1.0, -1.0]),
        lambda: RebalancePolicy(absolute=-0.1),
        lambda: RebalancePolicy(to="middle"),
    ],
)
def test_refusals_are_sentences(call) -> None:
    with pytest.raises(InputError) as caught:
        call()
    assert len(str(caught.value)) > 40


# ---- tax lots


def lots(*rows) -> TaxLots:
    position, units, cost, acquired = zip(*rows, strict=True)
    return TaxLots(
        np.array(position),
        np.array(units, dtype=float),
        np.array(cost, dtype=float),
        np.array(acquired, dtype="datetime64[D]"),
    )


def test_terms_and_taxes_by_hand() -> None:
    """A dear long lot and a cheap short one: 365 days is still short, 366 long; losses offset gains
    of their own term only."""
    book = lots((0, 10, 5.0, "2024-01-01"), (0, 10, 12.0, "2025-01-31"), (0, 10, 8.0, "2025-02-01"))
    sale = sell_lots(book, [30.0], [10.0], on="2026-02-01", short_rate=0.4, long_rate=0.2)
    assert sale.long_term.tolist() == [True, True, False]
    assert sale.long_gain.tolist() == [30.0]
    assert sale.short_gain.tolist() == [20.0]
    assert sale.tax.tolist() == [0.2 * 30 + 0.4 * 20]


def test_least_tax_prefers_the_long_term_gain() -> None:
    book = lots((0, 10, 5.0, "2020-01-01"), (0, 10, 6.0, "2025-12-01"))
    kwargs = {"on": "2026-02-01", "short_rate": 0.4, "long_rate": 0.2}
    assert sell_lots(book, [10.0], [10.0], rule="least_tax", **kwargs).sold.tolist() == [10.0, 0.0]
    assert sell_lots(book, [10.0], [10.0], rule="highest_cost", **kwargs).sold.tolist() == [
        0.0,
        10.0,
    ]
    assert (
        sell_lots(book, [10.0], [10.0], rule="least_tax", **kwargs).tax
        < sell_lots(book, [10.0], [10.0], **kwargs).tax
    )


def test_positions_do_not_mix_and_too_much_is_unfilled() -> None:
    book = lots((1, 5, 1.0, "2020-01-01"), (0, 5, 9.0, "2020-01-01"), (1, 5, 2.0, "2021-01-01"))
    sale = sell_lots(book, [7.0, 6.0], [10.0, 10.0], on="2026-02-01")
    assert sale.sold.tolist() == [1.0, 5.0, 5.0]
    assert sale.unfilled.tolist() == [2.0, 0.0]
    assert sell_lots(book, [0.0, 6.0], [1.0, 10.0], on="2026-02-01", rule="lifo").sold.tolist() == [
        1.0,
        0.0,
        5.0,
    ]
    with pytest.raises(InputError, match="rule"):
        sell_lots(book, [1.0, 1.0], [1.0, 1.0], on="2026-02-01", rule="best")
    with pytest.raises(InputError, match="position"):
        sell_lots(book, [1.0], [1.0], on="2026-02-01")


# ---- advisor view

WEIGHTS = {"shares": 0.6, "bonds": 0.4}


def test_only_approved_and_valid_versions_are_served() -> None:
    view = HouseView().propose(
        "balanced", 3, WEIGHTS, author="li", rationale="start", valid_from="2026-01-01"
    )
    with pytest.raises(InputError, match="No approved version"):
        view.current("balanced", "2026-06-01")
    first = view.approve("balanced", 1, by="wang", on="2026-01-10")
    with pytest.raises(InputError, match="No approved version"):
        first.current("balanced", "2026-01-09")
    second = first.propose(
        "balanced",
        3,
        {"shares": 0.5, "bonds": 0.5},
        author="li",
        rationale="calmer",
        valid_from="2026-03-01",
    ).approve("balanced", 2, by="wang", on="2026-02-01")
    assert second.current("balanced", "2026-02-28").version == 1
    assert second.current("balanced", "2026-03-01").version == 2
    assert [m.version for m in second.for_level(3, "2026-03-01")] == [2]
    assert second.for_level(2, "2026-03-01") == ()
    assert view.versions[0].approved_by is None
    assert first.versions[0].approved_on == date(2026, 1, 10)


def test_four_eyes_once_and_reasons() -> None:
    view = HouseView().propose(
        "balanced", 3, WEIGHTS, author="li", rationale="start", valid_from="2026-01-01"
    )
    for by, where in (
        ("li", view),
        ("", view),
        ("zhao", view.approve("balanced", 1, by="wang", on="2026-01-02")),
    ):
        with pytest.raises(InputError, match="cannot approve"):
            where.approve("balanced", 1, by=by, on="2026-01-03")
    with pytest.raises(InputError, match="rationale"):
        view.propose("balanced", 3, WEIGHTS, author="li", rationale="", valid_from="2026-01-01")
    with pytest.raises(InputError, match="add up to"):
        view.propose(
            "balanced", 3, {"shares": 0.7}, author="li", rationale="x", valid_from="2026-01-01"
        )
    with pytest.raises(InputError, match="no version 7"):
        view.version("balanced", 7)


def test_fingerprint_changes_with_the_last_bit() -> None:
    def made(weight: float) -> str:
        view = HouseView().propose(
            "b",
            3,
            {"x": weight, "y": 1 - weight},
            author="a",
            rationale="r",
            valid_from="2026-01-01",
        )
        return view.versions[0].fingerprint

    assert made(0.3) == made(0.3)
    assert made(0.3) != made(float(np.nextafter(0.3, 1.0)))


# ---- household


def household() -> Household:
    return Household.of(
        [
            Position("ann", "here", "shares", 40.0),
            Position("ann", "here", "bonds", 20.0),
            Position("bob", "old bank", "shares", 60.0, held_away=True),
        ],
        ["shares", "bonds", "cash"],
        liabilities={"mortgage": 30.0},
        levels={"ann": 4, "bob": 2},
    )


def test_a_household_is_one_balance_sheet() -> None:
    home = household()
    assert home.total == 120.0
    assert home.net_worth == 90.0
    assert home.level == 2
    np.testing.assert_allclose(home.weights, [100 / 120, 20 / 120, 0])
    assert "2 members" in repr(home)
    assert home.to_frame().loc["shares", "held_away"] == 60.0


def test_managed_money_completes_the_whole() -> None:
    home = household()
    money = home.complete([0.5, 0.3, 0.2])
    assert money.sum() == pytest.approx(60.0)
    assert (money >= 0).all()
    assert money[0] == 0.0
    np.testing.assert_allclose((home.away + money) / home.total, [0.5, 0.3, 0.2])
    rng = np.random.default_rng(0)
    target = np.array([0.2, 0.3, 0.5])
    best = drift((home.away + home.complete(target)) / home.total, target)
    others = [
        drift((home.away + 60 * rng.dirichlet(np.ones(3))) / home.total, target) for _ in range(200)
    ]
    assert best <= min(others) + 1e-12


def test_a_household_refuses_debts_as_positions() -> None:
    with pytest.raises(InputError, match="liability"):
        Household.of([Position("ann", "x", "shares", -5.0)], ["shares"])
    with pytest.raises(InputError, match="asset"):
        Household.of([Position("ann", "x", "gold", 5.0)], ["shares"])


# ---- holdings review


def test_a_review_says_what_how_and_why() -> None:
    review = review_holdings(
        {"shares": 70.0, "bonds": 20.0, "old fund": 10.0},
        {"shares": 0.5, "bonds": 0.5},
        eligible={"old fund": False},
    )
    assert review.due
    assert [line.asset for line in review.lines] == ["bonds", "shares", "old fund"]
    by = {line.asset: line for line in review.lines}
    assert by["bonds"].standing == "below"
    assert by["bonds"].trade == pytest.approx(30.0)
    assert by["old fund"].standing == "not_eligible"
    assert by["old fund"].trade == pytest.approx(-10.0)
    assert "no longer be bought" in by["old fund"].reason
    assert sum(line.trade for line in review.lines) == pytest.approx(0.0)
    assert review.drift_after == pytest.approx(0.0)
    assert "due for band, drift" in repr(review)


def test_a_quiet_review_trades_only_the_flow() -> None:
    review = review_holdings(
        {"shares": 51.0, "bonds": 49.0}, {"shares": 0.5, "bonds": 0.5}, flow=1.0
    )
    assert not review.due
    assert {line.asset: line.trade for line in review.lines} == {"shares": 0.0, "bonds": 1.0}
    assert "flow" in next(line.reason for line in review.lines if line.asset == "bonds")
    assert "nothing is due" in next(line.reason for line in review.lines if line.asset == "shares")
    assert list(review.to_frame().index) == ["bonds", "shares"]


def test_a_target_that_may_not_be_bought_is_refused() -> None:
    with pytest.raises(InputError, match="may not buy"):
        review_holdings({"shares": 1.0}, {"shares": 1.0}, eligible={"shares": False})
    with pytest.raises(InputError, match="no money"):
        review_holdings({}, {"shares": 1.0})
