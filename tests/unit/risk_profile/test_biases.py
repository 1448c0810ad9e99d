"""Biases from trades: what is refused, what is unknown, what is left out."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from advisor import InputError
from advisor.data import Trades
from advisor.data.ids import IdMap
from advisor.risk_profile import LossAversionPrior, bootstrap_disposition, measure_biases
from advisor.risk_profile.biases.choices import loss_aversion_of
from advisor.risk_profile.biases.population import smoothed_error

ROW = ["client_id", "asset", "day", "side", "units", "price"]


def trades(*rows, **options) -> Trades:
    return Trades.from_frame(
        pd.DataFrame(rows, columns=[*ROW, *options.get("left_out", ())]), **options
    )


def prices(*rows, columns=("asset", "day", "price")) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=list(columns))


TWO = [("c", "a", "2020-01-01", "buy", 10, 10.0), ("c", "b", "2020-01-01", "buy", 10, 10.0)]


def test_a_client_without_losers_has_no_plr() -> None:
    profiles = measure_biases(
        trades(*TWO, ("c", "a", "2020-02-01", "sell", 10, 12.0)), prices(("b", "2020-02-01", 11.0))
    )
    assert profiles.counts.loc[("c", "a")].tolist() == [1, 0, 0, 0]
    assert profiles.counts.loc[("c", "b")].tolist() == [0, 0, 1, 0]
    assert profiles.pgr[0] == 0.5
    assert np.isnan(profiles.plr[0])
    assert np.isnan(profiles.disposition[0])
    assert np.isnan(profiles.disposition_se[0])


def test_a_single_holding_and_a_purchase_are_no_occasion() -> None:
    alone = trades(
        ("c", "a", "2020-01-01", "buy", 10, 10.0), ("c", "a", "2020-02-01", "sell", 10, 12.0)
    )
    assert measure_biases(alone, prices(("a", "2020-02-01", 12.0))).row_counts.sum() == 0
    bought = trades(*TWO, ("c", "a", "2020-02-01", "buy", 1, 12.0))
    assert measure_biases(bought, prices(("b", "2020-02-01", 12.0))).row_counts.sum() == 0
    assert measure_biases(
        bought, prices(("b", "2020-02-01", 12.0)), counting="every_trade"
    ).row_counts.tolist() == [[0, 0, 1, 0], [0, 0, 1, 0]]


@pytest.mark.parametrize(
    ("high", "low", "expected"), [(12.0, 9.0, 0), (12.0, 10.5, 1), (9.5, 8.0, 1)]
)
def test_a_day_that_straddles_the_basis_is_neither(high: float, low: float, expected: int) -> None:
    quote = prices(
        ("b", "2020-02-01", (high + low) / 2, high, low),
        columns=("asset", "day", "price", "high", "low"),
    )
    profiles = measure_biases(trades(*TWO, ("c", "a", "2020-02-01", "sell", 10, 12.0)), quote)
    assert profiles.counts.loc[("c", "b")].sum() == expected


def test_marked_sales_move_holdings_but_are_no_choice() -> None:
    rows = [(*r, False) for r in TWO]
    sale = ("c", "a", "2020-02-01", "sell", 10, 12.0)
    marked = measure_biases(
        trades(*rows, (*sale, True), left_out=["by_adviser"]), prices(("b", "2020-02-01", 11.0))
    )
    chosen = measure_biases(
        trades(*rows, (*sale, False), left_out=["by_adviser"]), prices(("b", "2020-02-01", 11.0))
    )
    assert marked.row_counts.sum() == 0
    assert chosen.row_counts.sum() == 2


def test_a_short_gains_when_the_price_falls() -> None:
    short = [
        ("c", "a", "2020-01-01", "sell", 10, 10.0),
        ("c", "b", "2020-01-01", "sell", 10, 10.0),
        ("c", "a", "2020-02-01", "buy", 4, 8.0),
    ]
    profiles = measure_biases(trades(*short), prices(("b", "2020-02-01", 12.0)))
    assert profiles.counts.loc[("c", "a")].tolist() == [1, 0, 0, 0]
    assert profiles.counts.loc[("c", "b")].tolist() == [0, 0, 0, 1]


def test_fifo_and_average_cost_differ_where_they_should() -> None:
    lots = [
        ("c", "a", "2020-01-01", "buy", 10, 10.0),
        ("c", "a", "2020-01-02", "buy", 10, 20.0),
        ("c", "b", "2020-01-01", "buy", 1, 1.0),
    ]
    book = trades(*lots, ("c", "a", "2020-02-01", "sell", 10, 12.0))
    assert measure_biases(book, prices()).counts.loc[("c", "a")].tolist() == [0, 1, 0, 0]
    assert measure_biases(book, prices(), cost_basis="fifo").counts.loc[("c", "a")].tolist() == [
        1,
        0,
        0,
        0,
    ]


def test_habits_by_hand() -> None:
    """100 + 100 bought, one doubles, nothing more done until a last trade a year later: half the
    traded money a year over the value held."""
    book = trades(
        *[(c, a, d, s, u, 10.0) for c, a, d, s, u, _ in TWO],
        ("c", "b", "2021-01-01", "sell", 5, 10.0),
    )
    quotes = prices(
        ("a", "2020-01-01", 10.0),
        ("b", "2020-01-01", 10.0),
        ("a", "2021-01-01", 20.0),
        ("b", "2021-01-01", 10.0),
    )
    profiles = measure_biases(
        book, quotes, home_assets=["a"], asset_types={"a": "stock", "b": "fund"}
    )
    days = 366
    assert profiles.turnover[0] == pytest.approx(0.5 * 250.0 / (200.0 * days) * 365.25)
    assert profiles.concentration[0] == pytest.approx(0.5)
    assert profiles.home_share[0] == pytest.approx(0.5)
    assert list(profiles.by_type.index) == ["fund", "stock"]
    assert profiles.home_bias(0.2)[0] == pytest.approx(1 - 0.5 / 0.8)
    with pytest.raises(InputError, match="world_home_share"):
        profiles.home_bias(1.0)
    # weights .5/.5 drift to 2/3 and 1/3; selling half of b makes them .8 and .2: they ran after the
    # drift
    assert profiles.status_quo[0] == 1.0
    back = trades(
        *TWO, ("c", "a", "2021-01-01", "sell", 2.5, 20.0), ("c", "b", "2021-01-01", "buy", 5, 10.0)
    )
    assert measure_biases(back, quotes).status_quo[0] == pytest.approx(0.0, abs=1e-12)


def test_refused_proposals_are_the_status_quo() -> None:
    asked = pd.DataFrame({"client_id": ["c", "c"], "required": [0.2, 0.2], "done": [0.1, 0.0]})
    assert measure_biases(trades(*TWO), prices(), proposals=asked).status_quo[0] == pytest.approx(
        0.75
    )


def test_loss_aversion_is_the_prior_unless_choices_were_stated() -> None:
    plain = measure_biases(trades(*TWO), prices())
    assert plain.loss_aversion[0] == 1.955
    assert plain.loss_aversion_se[0] == pytest.approx((2.102 - 1.820) / (2 * 1.959964), rel=1e-6)
    assert (
        measure_biases(
            trades(*TWO), prices(), prior=LossAversionPrior(1.31, 1.10, 1.53)
        ).loss_aversion[0]
        == 1.31
    )


def test_stated_choices_recover_who_fears_losses_more() -> None:
    rng = np.random.default_rng(1)
    true = np.array([1.0, 2.0, 3.5])
    rows = [
        (
            f"c{i}",
            g,
            100.0,
            bool(rng.random() < 1 / (1 + np.exp(-(g - true[i] * 100.0) / (0.1 * (g + 100.0))))),
        )
        for i in range(3)
        for g in np.linspace(60.0, 500.0, 120)
    ]
    choices = pd.DataFrame(rows, columns=["client_id", "gain", "loss", "accepted"])
    mean, error, stated = loss_aversion_of(IdMap.of(["c0", "c1", "c2", "silent"]), choices)
    np.testing.assert_allclose(mean[:3], true, rtol=0.2)
    assert mean[3] == 1.955
    assert stated.tolist() == [True, True, True, False]
    assert (error[:3] < 0.5).all()
    always = choices.assign(accepted=False)
    extreme, _, _ = loss_aversion_of(IdMap.of(["c0"]), always)
    assert np.isfinite(extreme).all()
    assert extreme[0] > 3.0


def test_one_trade_does_not_outweigh_the_population() -> None:
    """PGR = 1 and PLR = 0 of a client with one sale have a plain error of 0; the smoothed one is
    honest and shrinks to 0 with many."""
    few, many = smoothed_error(np.array([[1, 0, 0, 1], [1000, 0, 0, 1000]]))
    assert few > 0.3
    assert many < 0.01
    assert np.isnan(smoothed_error(np.array([[0, 1, 0, 1]]))[0])


def test_zero_unit_orders_move_nothing_but_are_an_occasion_of_the_package() -> None:
    rows = [*TWO, ("c", "a", "2020-02-01", "buy", 0, 12.0)]
    assert measure_biases(
        trades(*rows), prices(("b", "2020-02-01", 9.0)), counting="every_trade"
    ).row_counts.tolist() == [[0, 0, 1, 0], [0, 0, 0, 1]]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"counting": "weekly"}, "counting"),
        ({"cost_basis": "lifo"}, "cost_basis"),
        ({"prices": prices(("a", "2020-01-01", -1.0))}, "price"),
        ({"prices": prices(("a", "2020-01-01", np.inf))}, "price"),
        ({"prices": prices(("a", 1.0), columns=("asset", "price"))}, "day"),
        (
            {
                "choices": pd.DataFrame(
                    {"client_id": ["c"], "gain": [1.0], "loss": [-1.0], "accepted": [True]}
                )
            },
            "loss",
        ),
        ({"choices": pd.DataFrame({"client_id": ["c"]})}, "gain"),
        ({"proposals": pd.DataFrame({"client_id": ["c"]})}, "required"),
        (
            {"proposals": pd.DataFrame({"client_id": ["c"], "required": ["x"], "done": [0.1]})},
            "required",
        ),
        ({"proposals": "x"}, "proposals"),
        ({"trades": "x"}, "trades"),
        ({"prices": "x"}, "prices"),
        ({"prices": prices(("a", "2020-01-01", 1.0), ("b", "2020-01-01", "x"))}, "price"),
        ({"prices": prices(("a", "2020-01-01", True))}, "price"),
        ({"prices": prices(("a", "2020-01-01", 1.0)).assign(high="x")}, "high"),
        ({"prices": prices((None, "2020-01-01", 1.0))}, "asset"),
        ({"prices": prices(("a", 20200101, 1.0))}, "day"),
        ({"prices": prices(("a", None, 1.0))}, "day"),
        ({"choices": "x"}, "choices"),
        (
            {
                "choices": pd.DataFrame(
                    {"client_id": ["c"], "gain": [1.0], "loss": [1.0], "accepted": ["maybe"]}
                )
            },
            "accepted",
        ),
        (
            {
                "choices": pd.DataFrame(
                    {"client_id": ["c"], "gain": [1.0], "loss": [1.0], "accepted": [None]}
                )
            },
            "accepted",
        ),
        (
            {
                "choices": pd.DataFrame(
                    {"client_id": [None], "gain": [1.0], "loss": [1.0], "accepted": [True]}
                )
            },
            "client_id",
        ),
        (
            {
                "choices": pd.DataFrame(
                    {"client_id": ["c"], "gain": ["x"], "loss": [1.0], "accepted": [True]}
                )
            },
            "gain",
        ),
        ({"asset_types": "x"}, "asset_types"),
        ({"asset_types": {"a": 1}}, "asset_types"),
        ({"home_assets": "ab"}, "home_assets"),
        ({"prior": 2.25}, "prior"),
    ],
)
def test_refusals_name_the_field(change: dict, field: str) -> None:
    given = {"trades": trades(*TWO), "prices": prices(("a", "2020-01-01", 1.0))} | change
    with pytest.raises(InputError) as caught:
        measure_biases(**given)
    assert caught.value.field == field


def test_a_refused_gamble_is_not_an_accepted_one() -> None:
    """Words are read as what they say: "no" once counted as yes."""
    asked = pd.DataFrame({"client_id": ["c"] * 4, "gain": [3.0, 2.0, 1.5, 1.0], "loss": [1.0] * 4})
    said, meant = (
        loss_aversion_of(IdMap.of(["c"]), asked.assign(accepted=cells))
        for cells in (["yes", "no", "No", 0], [True, False, False, False])
    )
    assert said[0].tolist() == meant[0].tolist()
    assert said[0][0] > loss_aversion_of(IdMap.of(["c"]), asked.assign(accepted=True))[0][0]


@pytest.mark.parametrize(
    "values", [(float("nan"), 1.0, 2.0), (-1.0, -2.0, 3.0), (1.0, 2.0, 3.0), ("x", 1.0, 2.0)]
)
def test_a_prior_is_positive_and_inside_its_interval(values: tuple) -> None:
    with pytest.raises(InputError) as caught:
        LossAversionPrior(*values)
    assert caught.value.field == "mean"


def test_bootstrap_needs_clients_and_draws() -> None:
    with pytest.raises(InputError, match="at least 2 clients"):
        bootstrap_disposition(measure_biases(trades(*TWO), prices()))
    for change, field in (
        ({"draws": "x"}, "draws"),
        ({"level": "x"}, "level"),
        ({"seed": -1}, "seed"),
        ({"profiles": "x"}, "profiles"),
    ):
        with pytest.raises(InputError) as caught:
            bootstrap_disposition(**{"profiles": measure_biases(trades(*TWO), prices()), **change})
        assert caught.value.field == field


def test_everything_is_read_only_and_printable() -> None:
    profiles = measure_biases(trades(*TWO), prices())
    with pytest.raises(ValueError, match="read-only"):
        profiles.pgr[0] = 1.0
    assert "1 clients, odean counting" in repr(profiles)
    assert {"pgr", "plr", "disposition_shrunk", "loss_aversion", "turnover", "RG"} <= set(
        profiles.to_frame().columns
    )


def test_order_of_clients_and_rows_does_not_matter() -> None:
    rng = np.random.default_rng(0)
    rows = [
        (f"c{rng.integers(9)}", f"a{rng.integers(5)}", f"2020-{rng.integers(1, 13):02d}-{i % 28 + 1:02d} 00:00:{i % 60:02d}", "buy" if rng.random() < 0.6 else "sell", 1.0, 9.0 + rng.random() * 2)
        for i in range(400)
    ]  # fmt: skip
    rows = list(
        {(r[0], r[2]): r for r in rows}.values()
    )  # one trade a client and moment: only then has the table's order no say
    quotes = prices(
        *[(f"a{a}", f"2020-{m:02d}-01", 9.5 + a / 5) for a in range(5) for m in range(1, 13)]
    )
    first = measure_biases(trades(*rows), quotes).to_frame()
    second = measure_biases(
        trades(*[rows[i] for i in rng.permutation(len(rows))]),
        quotes.sample(frac=1.0, random_state=0),
    ).to_frame()
    pd.testing.assert_frame_equal(first, second, check_exact=True)
    one = measure_biases(trades(*[r for r in rows if r[0] == "c3"]), quotes)
    assert one.client_counts[0].tolist() == first.loc["c3", ["RG", "RL", "PG", "PL"]].tolist()


def test_turnover_percentile_ranks_clients() -> None:
    rows = [(c, a, "2020-01-01", "buy", 10, 10.0) for c in "xyz" for a in "ab"]
    rows += [("y", "a", "2020-06-01", "sell", 5, 10.0), ("z", "a", "2020-06-01", "sell", 9, 10.0)]
    profiles = measure_biases(
        trades(*rows), prices(("a", "2021-01-01", 10.0), ("b", "2021-01-01", 10.0))
    )
    np.testing.assert_allclose(profiles.turnover_percentile, [1 / 6, 3 / 6, 5 / 6])
