"""Doors to the data: what they keep, and what they refuse in which words."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest

from advisor import AdvisorError, InputError
from advisor.contracts import Client, Goal, GroupLimit, LinearLimit, Mandate, Product
from advisor.data import (
    Catalogue,
    ClientTable,
    Interactions,
    Market,
    ReturnModel,
    RiskProfiles,
    Trades,
)


def prices(*columns: list[float], start: str = "2024-01-01") -> pd.DataFrame:
    return pd.DataFrame(
        dict(zip("abcdef", columns, strict=False)),
        index=pd.date_range(start, periods=len(columns[0])),
    )


# --- contracts


@pytest.mark.parametrize(
    ("make", "field", "words"),
    [
        (lambda: Client(id="x", wealth=-5.0, horizon_years=1.0), "wealth", "-5"),
        (lambda: Client(id="x", wealth=float("nan"), horizon_years=1.0), "wealth", "nan"),
        (lambda: Client(id="", wealth=1.0, horizon_years=1.0), "id", "''"),
        (lambda: Client(id="x", wealth=1.0, horizon_years=1.0, level=6), "level", "6"),
        (lambda: Client(id="x", wealth=1.0, horizon_years=1.0, colour="red"), "colour", "red"),
        (
            lambda: Client(id="x", wealth=1.0, horizon_years=1.0, holdings={"F": 2.0}),
            "wealth",
            "at least 2.00",
        ),
        (
            lambda: Client(
                id="x",
                wealth=1.0,
                horizon_years=1.0,
                goals=({"name": "g", "amount": -1, "years": 1},),
            ),
            "goals.0.amount",
            "-1",
        ),
        (lambda: Product(id="F", name="F", risk_level=6, asset="a"), "risk_level", "6"),
        (
            lambda: Product(id="F", name="F", risk_level=1),
            "asset",
            "neither an asset nor exposures",
        ),
        (lambda: Product(id="F", name="F", risk_level=1, exposures={"a": 0.5}), "exposures", "0.5"),
        (lambda: Mandate(min_weight=0.5, max_weight=0.4), "lower", "0.5"),
        (lambda: Mandate(bounds={"a": (0.3, 0.2)}), "lower", "0.3"),
        (lambda: GroupLimit(group="g", lower=0.9, upper=0.1), "lower", "0.9"),
        (lambda: LinearLimit(name="s", coefficients={}), "coefficients", "no coefficients"),
        (lambda: Mandate.model_validate({"max_volatility": 0.0}), "max_volatility", "0"),
        (lambda: Client.model_validate_json('{"id": "x"}'), "wealth", "pass it"),
    ],
)
def test_a_contract_refuses_in_our_words(make, field, words) -> None:
    with pytest.raises(InputError) as caught:
        make()
    assert caught.value.field == field
    assert words in str(caught.value)
    assert isinstance(caught.value, AdvisorError)
    assert isinstance(caught.value, ValueError)


def test_the_higher_rating_counts() -> None:
    assert (
        Product(id="F", name="F", asset="a", risk_level=2, issuer_risk_level=4).effective_risk_level
        == 4
    )
    assert (
        Product(id="F", name="F", asset="a", risk_level=2, issuer_risk_level=1).effective_risk_level
        == 2
    )


# --- market


def test_returns_are_simple_and_dated_by_their_last_day() -> None:
    market = Market.from_prices(prices([100.0, 110.0, 99.0]))
    assert market.returns[:, 0] == pytest.approx([0.1, -0.1])
    assert str(market.dates[0]) == "2024-01-02"


def test_unequal_histories_are_kept_and_holes_refused() -> None:
    market = Market.from_prices(prices([np.nan, 1.0, 2.0, 3.0], [1.0, 2.0, 3.0, np.nan]))
    assert np.isnan(market.returns[0, 0])
    assert np.isnan(market.returns[-1, 1])
    with pytest.raises(InputError, match=r"'a' has a hole on 2024-01-02 \(1 in all\)"):
        Market.from_prices(prices([1.0, np.nan, 2.0]))
    filled = Market.from_prices(prices([1.0, np.nan, 2.0]), fill="forward")
    assert filled.returns[:, 0] == pytest.approx([0.0, 1.0])


@pytest.mark.parametrize("bad", [0.0, -1.0, np.inf])
def test_prices_must_be_positive_and_finite(bad: float) -> None:
    with pytest.raises(InputError, match="2024-01-02") as caught:
        Market.from_prices(prices([1.0, bad, 2.0]))
    assert caught.value.field == "a"


@pytest.mark.parametrize(
    ("frame", "words"),
    [
        (prices([1.0]), "one return needs two"),
        (
            pd.DataFrame({"a": [1.0, 2.0]}, index=pd.to_datetime(["2024-01-02", "2024-01-02"])),
            "right after",
        ),
        (
            pd.DataFrame({"a": [1.0, 2.0]}, index=pd.to_datetime(["2024-01-03", "2024-01-02"])),
            "right after",
        ),
        (
            pd.DataFrame({"a": ["x", "y"]}, index=pd.date_range("2024-01-01", periods=2)),
            "not numeric",
        ),
        (pd.DataFrame({"a": [1.0, 2.0]}, index=["x", "y"]), "not made of days"),
        (
            pd.DataFrame(
                [[1.0, 1.0], [2.0, 2.0]],
                columns=["a", "a"],
                index=pd.date_range("2024-01-01", periods=2),
            ),
            "twice",
        ),
        (prices([np.nan, np.nan], [1.0, 2.0]), "no value at all"),
    ],
)
def test_a_price_table_is_refused_with_the_reason(frame: pd.DataFrame, words: str) -> None:
    with pytest.raises(InputError, match=words):
        Market.from_prices(frame)


def test_until_holds_the_day_and_nothing_after_it() -> None:
    market = Market.from_prices(prices([1.0, 2.0, 3.0, 4.0]))
    past = market.until("2024-01-03")
    assert len(past) == 2
    assert past.returns.base is None, "a view would still hold the future"
    assert not past.returns.flags.writeable
    assert len(market.until(date(2030, 1, 1))) == 3
    with pytest.raises(InputError, match="no day"):
        market.until("not a day")


# --- return model


def test_a_covariance_must_be_one() -> None:
    with pytest.raises(InputError, match="smallest eigenvalue is -1"):
        ReturnModel(["a", "b"], [0.1, 0.1], [[1.0, 2.0], [2.0, 1.0]])
    with pytest.raises(InputError, match="not symmetric"):
        ReturnModel(["a", "b"], [0.1, 0.1], [[1.0, 0.2], [0.3, 1.0]])
    with pytest.raises(InputError, match="shape"):
        ReturnModel(["a", "b"], [0.1], [[1.0, 0.0], [0.0, 1.0]])
    with pytest.raises(InputError, match=r"mean\[1\] is nan"):
        ReturnModel(["a", "b"], [0.1, np.nan], np.eye(2))
    with pytest.raises(InputError, match="twice"):
        ReturnModel(["a", "a"], [0.1, 0.1], np.eye(2))
    with pytest.raises(InputError, match="empty"):
        ReturnModel([], [], np.zeros((0, 0)))


def test_frames_are_joined_by_label() -> None:
    mean = pd.Series({"a": 0.1, "b": 0.2})
    covariance = pd.DataFrame([[0.04, 0.0], [0.0, 0.01]], index=["b", "a"], columns=["b", "a"])
    model = ReturnModel.from_frame(mean, covariance, groups={"a": "g"}, risk_levels={"b": 3})
    assert np.diag(model.covariance).tolist() == [0.01, 0.04]
    assert model.groups == ("g", "")
    assert model.risk_levels.tolist() == [0, 3]
    with pytest.raises(InputError, match="other assets"):
        ReturnModel.from_frame(mean, covariance.rename(index={"a": "c"}))


def test_stress_defaults_to_a_year_in_a_hundred() -> None:
    model = ReturnModel(["a", "b"], [0.05, 0.02], np.diag([0.04, 0.0]), stress={"b": 0.3})
    assert model.stress == pytest.approx([2.3263478740408408 * 0.2 - 0.05, 0.3])


# --- catalogue


def test_catalogue_from_frame_names_the_row() -> None:
    frame = pd.DataFrame(
        {
            "id": ["A", "B"],
            "name": ["a", "b"],
            "asset": ["x", None],
            "risk_level": [1, 2],
            "exposure:x": [None, 0.25],
            "exposure:y": [None, 0.75],
        }
    )
    shelf = Catalogue.from_frame(frame)
    assert shelf.products[1].exposures == {"x": 0.25, "y": 0.75}
    assert shelf.main_asset == ("x", "y")
    assert shelf.assets == ("x", "y")
    frame.loc[1, "risk_level"] = 9
    with pytest.raises(InputError, match=r"row 1 \(B\)"):
        Catalogue.from_frame(frame)
    with pytest.raises(InputError, match="empty"):
        Catalogue.from_frame(frame.iloc[:0])
    with pytest.raises(InputError, match="'A' twice"):
        Catalogue.from_frame(frame.iloc[[0, 0]])
    with pytest.raises(InputError, match="colour"):
        Catalogue.from_frame(frame.assign(colour=1))


def test_exposures_add_up_to_one_and_know_their_assets() -> None:
    model = ReturnModel(["x", "y"], [0.1, 0.1], np.eye(2))
    shelf = Catalogue.from_products(
        [Product(id="A", name="a", risk_level=1, exposures={"x": 0.3333333, "y": 0.6666666})]
    )
    assert shelf.exposures(model.ids).sum() == 1.0
    stray = Catalogue.from_products([Product(id="A", name="a", risk_level=1, asset="z")])
    with pytest.raises(InputError, match="'z' is not known"):
        stray.exposures(model.ids)


# --- clients


CLIENTS = [
    Client(
        id="ann",
        wealth=10.0,
        horizon_years=5.0,
        answers={"q": "a"},
        holdings={"F": 4.0},
        goals=(Goal(name="g", amount=1.0, years=2.0),),
    ),
    Client(
        id="bob",
        wealth=20.0,
        horizon_years=1.0,
        level=3,
        assessed_on=date(2026, 1, 1),
        knowledge=50.0,
        excluded=frozenset({"F"}),
        age=30,
        currency="EUR",
    ),
    Client(
        id="cyd",
        wealth=0.0,
        horizon_years=0.0,
        biases={"loss_aversion": 2.0},
        lowest_category=True,
        level=1,
        income=5.0,
    ),
]


def test_clients_survive_the_table() -> None:
    table = ClientTable.from_clients(CLIENTS)
    assert [table.client(i) for i in range(3)] == CLIENTS
    assert [t.client(0) for t in table.chunks(1)] == CLIENTS
    shuffled = table.take([2, 0])
    assert [shuffled.client(i) for i in range(2)] == [CLIENTS[2], CLIENTS[0]]
    assert table.lowest_category.tolist() == [-1, -1, 1]
    with pytest.raises(InputError, match="chunk size is 0"):
        next(table.chunks(0))


def test_a_frame_gives_the_same_table() -> None:
    frame = pd.DataFrame(
        {
            "id": ["ann", "bob"],
            "wealth": [10, 20],
            "horizon_years": [5, 1],
            "answer:q": ["a", None],
            "holding:F": [4.0, np.nan],
            "level": [None, 3],
            "assessed_on": [None, "2026-01-01"],
            "knowledge": [np.nan, 50],
            "age": [np.nan, 30],
            "excluded": [None, "F"],
            "currency": [None, "EUR"],
            "goals": [[{"name": "g", "amount": 1.0, "years": 2.0}], None],
        }
    )
    table = ClientTable.from_frame(frame)
    assert not table.problems
    assert [table.client(i) for i in range(2)] == CLIENTS[:2]


@pytest.mark.parametrize(
    ("column", "cell", "words"),
    [
        ("wealth", -1.0, "wealth is -1.0"),
        ("wealth", None, "wealth is None"),
        ("wealth", np.inf, "wealth is inf"),
        ("horizon_years", "soon", "horizon_years is 'soon'"),
        ("level", 7, "level is 7"),
        ("level", 2.5, "level is 2.5"),
        ("knowledge", 101, "knowledge is 101"),
        ("assessed_on", "yesterday", "assessed_on is 'yesterday'"),
        ("holding:F", -4.0, "holding:F is -4.0"),
        ("holding:F", 40.0, "holdings add up to 40.00 but wealth is 10.00"),
        ("professional", "maybe", "professional is 'maybe'"),
        ("goals", [{"name": "g"}], "goals"),
    ],
)
def test_a_bad_cell_is_a_problem_of_its_row_only(column: str, cell: object, words: str) -> None:
    frame = pd.DataFrame(
        {"id": ["bad", "good"], "wealth": [10.0, 10.0], "horizon_years": [1.0, 1.0]}
    ).astype(object)
    frame[column] = pd.Series(
        [cell, frame[column].iloc[1] if column in frame else None], dtype=object
    )
    table = ClientTable.from_frame(frame)
    assert list(table.problems) == [0]
    assert words in table.problems[0]
    assert table.client(1).id == "good"
    with pytest.raises(InputError, match=r"Correct the cell|Raise wealth|goals"):
        table.client(0)


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        ({"id": ["a"]}, "lacks"),
        ({"id": ["a"], "wealth": [1], "horizon_years": [1], "colour": [1]}, "colour"),
    ],
)
def test_a_table_that_cannot_be_told_apart_is_refused(columns: dict, words: str) -> None:
    with pytest.raises(InputError, match=words):
        ClientTable.from_frame(pd.DataFrame(columns))


# --- interactions, trades, profiles


def test_interactions_know_time_and_pairs() -> None:
    frame = pd.DataFrame(
        {
            "client_id": ["b", "a", "a"],
            "product_id": ["q", "p", "p"],
            "day": ["2020-03-01", "2020-01-01", "2020-02-01"],
            "money": [1.0, 2.0, 3.0],
        }
    )
    events = Interactions.from_frame(frame, value="money")
    assert events.matrix().toarray().tolist() == [[5.0, 0.0], [0.0, 1.0]]
    assert Interactions.from_frame(frame).matrix().toarray().tolist() == [[1.0, 0.0], [0.0, 1.0]]
    assert events.until("2020-02-01").products.ids == ("p",)
    assert events.after("2020-02-01").clients.ids == ("b",)
    assert len(events.until("2020-02-01")) + len(events.after("2020-02-01")) == len(events)
    with pytest.raises(InputError, match="money is 0 in row 0"):
        Interactions.from_frame(frame.assign(money=0.0), value="money")
    with pytest.raises(InputError, match="missing in row 1"):
        Interactions.from_frame(frame.assign(client_id=["a", None, "b"]))
    with pytest.raises(InputError, match="need the column"):
        Interactions.from_frame(frame.drop(columns="day"))
    with pytest.raises(InputError, match="no day in row 2"):
        Interactions.from_frame(frame.assign(day=["2020-01-01", "2020-01-01", None]))


def test_trades_keep_the_hour_and_the_order() -> None:
    frame = pd.DataFrame(
        {
            "client_id": "a",
            "asset": ["x", "y"],
            "day": ["2020-01-01 10:00", "2020-01-01 09:00"],
            "side": ["Sell", "B"],
            "units": 1.0,
            "price": 2.0,
        }
    )
    trades = Trades.from_frame(frame)
    assert trades.units.tolist() == [1.0, -1.0]
    with pytest.raises(InputError, match="'hold' in row 0"):
        Trades.from_frame(frame.assign(side="hold"))
    with pytest.raises(InputError, match="price is 0"):
        Trades.from_frame(frame.assign(price=0))


def test_levels_from_a_host_fail_closed() -> None:
    profiles = RiskProfiles.from_levels([0, 1, 3], as_of="2026-11-22")
    assert profiles.lowest_category.tolist() == [True, True, False]
    assert np.isnan(profiles.knowledge).all()
    assert profiles.expired.all()
    assert np.isnan(profiles.target_volatility[0])
    assert profiles[2].level == 3
    assert profiles.to_frame().shape[0] == 3
    with pytest.raises(InputError, match=r"0\.\.5"):
        RiskProfiles.from_levels([6], as_of="2026-11-22")


def test_a_clients_holdings_stand_in_the_same_order_in_every_table() -> None:
    """Sums run in entry order, so the order may not depend on who else is in the table."""
    first = Client(id="a", wealth=10.0, horizon_years=1.0, holdings={"z": 1.0, "b": 2.0})
    second = Client(id="b", wealth=10.0, horizon_years=1.0, holdings={"a": 1.0, "z": 1.0})
    alone = ClientTable.from_clients([first])
    together = ClientTable.from_clients([second, first])
    assert list(alone.holdings.row(0)) == list(together.holdings.row(1)) == ["b", "z"]
    frame = pd.DataFrame(
        {
            "id": ["a"],
            "wealth": [10.0],
            "horizon_years": [1.0],
            "holding:z": [1.0],
            "holding:b": [2.0],
        }
    )
    assert list(ClientTable.from_frame(frame).holdings.row(0)) == ["b", "z"]


@pytest.mark.filterwarnings("error")
def test_days_with_a_time_zone_are_the_days_there() -> None:
    days = pd.date_range("2024-01-01 23:00", periods=3, tz="Asia/Shanghai")
    market = Market.from_prices(pd.DataFrame({"a": [1.0, 2.0, 3.0]}, index=days))
    assert market.dates.astype(str).tolist() == ["2024-01-02", "2024-01-03"]


@pytest.mark.parametrize(
    ("value", "name"),
    [
        (Client(id="a", wealth=1.0, horizon_years=1.0), "wealth"),
        (Goal(name="g", amount=1.0, years=1.0), "years"),
        (Mandate(), "nothing"),
    ],
)
def test_a_contract_never_changes_and_says_so(value: object, name: str) -> None:
    with pytest.raises(
        InputError, match=rf"{type(value).__name__}\.{name} cannot be set to 3: .* Make another"
    ) as refused:
        setattr(value, name, 3)
    assert (refused.value.field, refused.value.value) == (name, 3)
    with pytest.raises(InputError, match=rf"{name} cannot be removed"):
        delattr(value, name)


def test_a_client_of_level_1_is_the_same_after_json() -> None:
    client = Client(
        id="a", wealth=1e5, horizon_years=10.0, level=1, assessed_on="2026-05-04", knowledge=80.0
    )
    again = Client.model_validate_json(client.model_dump_json())
    assert again == client
    assert ClientTable.from_clients(
        [client, again.model_copy(update={"id": "b"})]
    ).lowest_category.tolist() == [-1, -1]
    assert Client(**(client.model_dump() | {"lowest_category": False})) != client, (
        "they are judged otherwise"
    )
    assert "lowest_category" in Client.model_json_schema(mode="serialization")["properties"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"level": 9},
        {"wealth": float("nan")},
        {"holdings": {"A": 1e9}},
        {"wealth": -5.0},
        {"levl": 3},
    ],
)
def test_a_copy_with_other_values_is_checked_like_any_other(wrong: dict[str, object]) -> None:
    client = Client(id="a", wealth=100.0, horizon_years=5, level=1)
    with pytest.raises(InputError):
        client.model_copy(update=wrong)
    copy = client.model_copy(update={"wealth": 200.0})
    assert copy.wealth == 200.0
    assert not copy.states_category
