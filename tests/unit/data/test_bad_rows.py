"""Tables with bad rows: all of them named at once, or set aside; expected values by hand."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest

from advisor import (
    Catalogue,
    Client,
    ClientTable,
    InputError,
    Interactions,
    Market,
    Product,
    Trades,
)

EVENTS = pd.DataFrame(
    {
        "client_id": ["a", None, "b", "c", "d", "e"],
        "product_id": ["p", "p", None, "q", ["q"], "q"],
        "day": ["2026-01-02", "2026-01-02", "2026-01-02", "02/01/2026", "2026-01-02", "2026/1/3"],
        "money": [1.0, 1.0, 1.0, 1.0, 1.0, "2,500.50"],
    }
)
TRADES = pd.DataFrame(
    {
        "client_id": ["a", "b", "c", "d", "e", "f", None],
        "asset": ["x"] * 7,
        "day": [
            "2026/1/2 9:30",
            "1500-01-01",
            "2026-01-02",
            "2026-01-02",
            "2026-01-02",
            "2026-01-02",
            None,
        ],
        "side": ["buy", "buy", "hold", "sell", "sell", "buy", "buy"],
        "units": [1, 1, 1, -1, "1,000", 1, 1],
        "price": [2, 2, 2, 2, 2.5, 0, 2],
        "adviser": ["no", "", "", "", "yes", "", "perhaps"],
    }
)
SHELF = pd.DataFrame(
    {
        "ISIN": ["LU0", "LU1", "LU2", "LU0", "LU4", None],
        "name": ["a", "b", "c", "d", "e", "f"],
        "asset": ["x", "x", None, "x", None, "x"],
        "risk_level": ["R3", "r9", 2, 1, "R 5", 1],
        "annual_fee": ["0.41%", 0.01, 0.01, 0.01, 0.41, 0.01],
        "exposure:x": [None, None, "60%", None, "60 %", None],
        "exposure:y": [None, None, "30%", None, "40 %", None],
        "min_purchase": ["1,000,000", 0, 0, 0, "12,34", 0],
    }
)


def test_events_that_cannot_be_read_are_set_aside() -> None:
    events = Interactions.from_frame(EVENTS, value="money", on_bad_rows="set_aside")
    assert events.clients.ids == ("a", "e")
    assert [str(day) for day in events.days] == ["2026-01-02", "2026-01-03"]
    assert events.values is not None
    assert events.values.tolist() == [1.0, 2500.5]
    assert list(events.problems) == [1, 2, 3, 4]
    assert "client_id is missing" in events.problems[1]
    assert "product_id is missing" in events.problems[2]
    assert "no day" in events.problems[3]
    assert "product_id" in events.problems[4]
    assert dict(pickle.loads(pickle.dumps(events)).problems) == dict(events.problems)


def test_trades_that_cannot_be_read_are_set_aside() -> None:
    trades = Trades.from_frame(TRADES, left_out=["adviser"], on_bad_rows="set_aside")
    assert trades.clients.ids == ("a", "e")
    assert trades.units.tolist() == [1.0, -1000.0]
    assert str(trades.times[0]) == "2026-01-02T09:30:00.000000000"
    assert trades.left_out is not None
    assert trades.left_out.tolist() == [False, True]
    words = {
        1: "1678 to 2262",
        2: "buy or sell",
        3: "units is",
        5: "price is",
        6: "client_id is missing",
    }
    assert set(trades.problems) == set(words)
    assert all(word in trades.problems[row] for row, word in words.items())
    assert trades.until("2026-01-01").problems == trades.problems


def test_products_that_cannot_be_read_are_set_aside() -> None:
    shelf = Catalogue.from_frame(SHELF, on_bad_rows="set_aside", max_fee=0.5)
    assert shelf.ids.ids == ("LU0",)
    assert shelf.products[0] == Product(
        id="LU0", name="a", asset="x", risk_level=3, annual_fee=0.0041, min_purchase=1e6
    )
    words = {
        1: "risk_level",
        2: "add up to 0.9",
        3: "'LU0' twice, first in row 0",
        4: "min_purchase",
        5: "id",
    }
    assert set(shelf.problems) == set(words)
    assert all(word in shelf.problems[row] for row, word in words.items())
    fine = Catalogue.from_frame(
        SHELF.iloc[[4]].assign(min_purchase="1,234.5"), max_fee=0.41
    ).products[0]
    assert (fine.exposures, fine.risk_level, fine.min_purchase) == ({"x": 0.6, "y": 0.4}, 5, 1234.5)


@pytest.mark.parametrize(
    ("read", "count"),
    [
        (lambda: Interactions.from_frame(EVENTS, value="money"), "4 of 6"),
        (lambda: Trades.from_frame(TRADES, left_out=["adviser"]), "5 of 7"),
        (lambda: Catalogue.from_frame(SHELF, max_fee=0.5), "5 of 6"),
    ],
)
def test_all_bad_rows_are_refused_at_once(read: Callable[[], object], count: str) -> None:
    with pytest.raises(InputError, match=f"^{count} rows") as caught:
        read()
    assert str(caught.value).count("\n- ") == int(count[0])
    assert 'on_bad_rows="set_aside"' in str(caught.value)


def test_ten_rows_are_named_of_many() -> None:
    frame = pd.DataFrame({"client_id": "a", "product_id": "p", "day": ["x"] * 25 + ["2026-01-01"]})
    with pytest.raises(InputError, match="25 of 26 rows") as caught:
        Interactions.from_frame(frame)
    assert str(caught.value).count("in row") == 10
    assert "and 15 more" in str(caught.value)
    assert len(Interactions.from_frame(frame, on_bad_rows="set_aside").problems) == 25


def test_what_is_wrong_with_the_table_is_never_set_aside() -> None:
    for read in (Interactions.from_frame, Trades.from_frame):
        with pytest.raises(InputError, match="column"):
            read(EVENTS.drop(columns="day"), on_bad_rows="set_aside")
    with pytest.raises(InputError, match="colour"):
        Catalogue.from_frame(SHELF.assign(colour=1), on_bad_rows="set_aside")
    with pytest.raises(InputError, match="6 of 6"):
        Catalogue.from_frame(SHELF.assign(risk_level="high"), on_bad_rows="set_aside")
    with pytest.raises(InputError, match="on_bad_rows"):
        Trades.from_frame(TRADES, on_bad_rows="drop")  # type: ignore[arg-type]


def test_ids_are_those_of_the_column_that_is_named() -> None:
    both = SHELF.iloc[[0]].assign(id="7")
    with pytest.raises(InputError, match='id_column="ISIN"'):
        Catalogue.from_frame(both)
    assert Catalogue.from_frame(both, id_column="ISIN").ids.ids == ("LU0",)
    assert Catalogue.from_frame(both, id_column="id").ids.ids == ("7",)
    with pytest.raises(InputError, match="id_column is 'wkn'"):
        Catalogue.from_frame(both, id_column="wkn")
    bought = Interactions.from_frame(EVENTS.iloc[[0]].rename(columns={"product_id": "Isin"}))
    assert bought.products.ids == ("p",)


CLIENT: dict[str, Any] = {"id": "c", "wealth": 10, "horizon_years": 5}


@pytest.mark.parametrize(
    ("field", "cell", "value"),
    [
        ("wealth", "1,234,567.89", 1234567.89),
        ("wealth", "-1,000", None),
        ("wealth", "1,00", None),
        ("wealth", "0,125", None),
        ("wealth", "1234,567", None),
        ("wealth", "5%", None),
        ("level", "C4", 4),
        ("level", "c4", 4),
        ("level", "R4", None),
        ("level", "C6", None),
    ],
)
def test_a_cell_of_a_client_means_one_thing(field: str, cell: str, value: float | None) -> None:
    """One by one, in a frame beside plain cells, and as text alone: one answer."""
    table = ClientTable.from_frame(pd.DataFrame([CLIENT | {field: cell}, CLIENT | {"id": "d"}]))
    if value is None:
        assert list(table.problems) == [0]
        with pytest.raises(InputError):
            Client(**CLIENT | {field: cell})
    else:
        assert not table.problems
        assert getattr(table, field)[0] == getattr(Client(**CLIENT | {field: cell}), field) == value


@pytest.mark.parametrize("day", ["2026/05/02", "2026/5/2", "2026/5/2 9:30", "2026/05/02 00:00:00"])
def test_days_with_slashes_have_the_year_first(day: str) -> None:
    assert str(Client(**CLIENT, assessed_on=day).assessed_on) == "2026-05-02"
    frame = pd.DataFrame([CLIENT | {"assessed_on": day}])
    assert str(ClientTable.from_frame(frame).assessed_on[0]) == "2026-05-02"


@pytest.mark.parametrize(
    "day", ["2/5/2026", "2026/13/1", "2026/2/30", "26/5/2", "2026/05", "2026/5-2"]
)
def test_other_days_with_slashes_are_none(day: str) -> None:
    with pytest.raises(InputError):
        Client(**CLIENT, assessed_on=day)


@pytest.mark.parametrize("day", [20260502, "20260502", 20260502.0])
def test_a_day_without_separators_gets_the_line_that_mends_it(day: Any) -> None:
    frame = EVENTS.iloc[[0, 0]].assign(day=day)
    with pytest.raises(InputError) as caught:
        Interactions.from_frame(frame)
    line = str(caught.value).split("Convert the column with ")[1].split(".\n")[0]
    mended = eval(line, {"pandas": pd, "frame": frame})
    assert [str(d) for d in Interactions.from_frame(frame.assign(day=mended)).days] == [
        "2026-05-02"
    ] * 2


def test_risk_levels_of_assets_may_be_written_with_their_letter() -> None:
    prices = pd.DataFrame(
        {"a": [1.0, 2.0], "b": [1.0, 2.0]}, index=pd.to_datetime(["2026-01-01", "2026-01-02"])
    )
    assert Market.from_prices(prices, risk_levels={"a": "R3", "b": 5}).risk_levels.tolist() == [
        3,
        5,
    ]  # type: ignore[dict-item]
    with pytest.raises(InputError, match="R6"):
        Market.from_prices(prices, risk_levels={"a": "R6"})  # type: ignore[dict-item]
