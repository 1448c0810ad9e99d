"""What can be read and is likely meant otherwise is said in the log, and nothing of a client is."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from advisor import Catalogue, ClientFiles, ClientTable, Interactions, Market, Trades
from advisor.data import clients_from_arrow
from advisor.data.clients.sources import arrow_batches
from advisor.data.ids import IdMap
from advisor.recommend.unknown import log_unknown_products, nobody_known


@pytest.fixture(autouse=True)
def logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "advisor")


def products(**columns: list[Any]) -> pd.DataFrame:
    count = len(next(iter(columns.values())))
    plain = {"id": [f"P{i}" for i in range(count)], "name": "n", "asset": "x", "risk_level": "2"}
    return pd.DataFrame(plain | columns, index=range(count))


def purchases(**columns: Any) -> pd.DataFrame:
    count = len(next(iter(columns.values())))
    plain = {"client_id": [f"c{i}" for i in range(count)], "product_id": "A", "day": "2026-02-01"}
    return pd.DataFrame(plain | columns, index=range(count))


def clients(**columns: list[Any]) -> pd.DataFrame:
    count = len(next(iter(columns.values())))
    plain = {"id": [f"c{i}" for i in range(count)], "wealth": "9e9", "horizon_years": "5"}
    return pd.DataFrame(plain | columns, index=range(count))


def trades(**columns: list[Any]) -> pd.DataFrame:
    count = len(next(iter(columns.values())))
    plain = {"client_id": "c", "asset": "A", "day": "2026-02-01", "side": "buy", "units": "1"}
    return pd.DataFrame(plain | {"price": "5"} | columns, index=range(count))


def said(caplog: pytest.LogCaptureFixture, words: str) -> list[str]:
    return [record.getMessage() for record in caplog.records if words in record.getMessage()]


GERMAN = ["50.000", "120.000", "1.250"]
POINTS = "three digits behind it"


@pytest.mark.parametrize(
    ("read", "table"),
    [
        (ClientTable.from_frame, clients(wealth=GERMAN)),
        (ClientTable.from_frame, clients(income=GERMAN)),
        (ClientTable.from_frame, clients(**{"holding:A": GERMAN})),
        (Catalogue.from_frame, products(min_purchase=GERMAN)),
        (Trades.from_frame, trades(units=GERMAN)),
        (Trades.from_frame, trades(price=GERMAN)),
    ],
)
def test_thousands_that_read_as_decimals(
    read: Callable[..., object], table: pd.DataFrame, caplog: pytest.LogCaptureFixture
) -> None:
    read(table)
    (message,) = said(caplog, POINTS)
    assert 'decimal=","' in message
    assert "50.000" not in message
    caplog.clear()
    read(table, decimal=",")
    assert not said(caplog, POINTS)


@pytest.mark.parametrize(
    "cells", [["50.5", "120.000"], ["0.125"], ["1250.000"], ["50000"], [50.125], ["1.250.5"]]
)
def test_numbers_that_are_no_thousands(cells: list[Any], caplog: pytest.LogCaptureFixture) -> None:
    ClientTable.from_frame(clients(wealth=cells))
    assert not said(caplog, POINTS)


def test_prices_of_three_decimals_are_prices(caplog: pytest.LogCaptureFixture) -> None:
    Trades.from_frame(trades(price=["101.234", "98.765", "99.121", "100.120"]))
    assert not said(caplog, POINTS)


def test_a_file_of_clients_says_so_too(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "kunden.csv"
    path.write_text("id;wealth;horizon_years\na;50.000;3\nb;120.000;9\n", encoding="utf-8")
    for source, count in ((path, 1), (ClientFiles(path, decimal=","), 0)):
        caplog.clear()
        (table,) = arrow_batches(source, 10)
        wealth = clients_from_arrow(table).wealth.tolist()
        assert len(said(caplog, POINTS)) == count
        assert wealth == ([50.0, 120.0] if count else [50_000.0, 120_000.0])


@pytest.mark.parametrize("ids", [["A", "B "], [" A", "B"], ["A", "B\u00a0"]])
def test_spaces_of_ids(ids: list[str], caplog: pytest.LogCaptureFixture) -> None:
    Catalogue.from_frame(products(id=ids))
    Interactions.from_frame(purchases(client_id=ids))
    Trades.from_frame(trades(asset=ids))
    ClientTable.from_frame(clients(id=ids))
    messages = said(caplog, "A space stands before or behind 1 of 2 ids")
    assert [m.partition("ids of ")[2].split(",")[0] for m in messages] == [
        "id", "client_id", "asset", "id",
    ]  # fmt: skip


def test_words_for_nothing_as_ids(caplog: pytest.LogCaptureFixture) -> None:
    Interactions.from_frame(purchases(client_id=["a", "N/A", "-", "b"]))
    (message,) = said(caplog, "nothing is known")
    assert "2 of 4 ids of client_id" in message


def test_isins_with_a_wrong_check_digit(caplog: pytest.LogCaptureFixture) -> None:
    good = ["US0378331005", "IE00B4L5Y983", "LU0290358497", "DE0007164600"]
    Catalogue.from_frame(products(id=[*good, "A0RPWH"]))
    assert not said(caplog, "check digit")
    Catalogue.from_frame(products(id=[*good[:2], "US0378331006"]))
    (message,) = said(caplog, "check digit")
    assert "1 of 3" in message
    assert "US0378331006" in message


@pytest.mark.parametrize(
    ("column", "cells"),
    [
        ("side", ["BUY", "SELL", "SELL"]),
        ("Art", ["Kauf", "Verkauf", "Verkauf"]),
        ("方向", ["申购", "赎回", "赎回"]),
        ("status", ["done", "CANCELLED", "rejected"]),
    ],
)
def test_sales_among_purchases(
    column: str, cells: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    table = purchases(**{column: cells})
    assert len(Interactions.from_frame(table)) == 3
    (message,) = said(caplog, "are read as purchases")
    assert message.startswith("2 of 3 rows")
    space = {"frame": table}
    exec(message.rpartition("them out: ")[2].removesuffix("."), space)
    caplog.clear()
    assert len(Interactions.from_frame(space["frame"])) == 1
    assert not said(caplog, "are read as purchases")


def test_other_columns_of_purchases_say_nothing(caplog: pytest.LogCaptureFixture) -> None:
    notes = pd.Series(["sells shoes", "S", "\ud800"], dtype=object)
    odd = [["SELL"], {"a": 1}, np.array([1])]
    Interactions.from_frame(purchases(note=notes, size=[1, 2, 3], gone=[None] * 3, odd=odd))
    assert not said(caplog, "are read as purchases")


@pytest.mark.parametrize(
    ("fees", "options"),
    [
        (["0.03", "0.04", "0.45"], {"on_bad_rows": "set_aside"}),
        (["0.03", "0.41%"], {}),
        (["0.03", "0.04", "0.03"], {}),
        ([0.03, 0.02, 0.045], {}),
    ],
)
def test_fees_that_may_be_percent(
    fees: list[Any], options: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    table = products(annual_fee=fees)
    Catalogue.from_frame(table, **options)
    text = "fees read as fractions"
    (message,) = said(caplog, text)
    space: dict[str, Any] = {"frame": table}
    exec(message.rpartition("percentages: ")[2].removesuffix("."), space)
    caplog.clear()
    percent = Catalogue.from_frame(space["frame"])
    assert percent.annual_fee.max() < 0.005
    assert not said(caplog, text)


@pytest.mark.parametrize("fees", [["0.41%", "0.2%", ""], ["0.002", "0.015", "0"], ["0.05", "", ""]])
def test_fees_that_are_none(fees: list[str], caplog: pytest.LogCaptureFixture) -> None:
    Catalogue.from_frame(products(annual_fee=fees))
    assert not said(caplog, "fees read as fractions")


def prices(days: pd.DatetimeIndex) -> pd.DataFrame:
    random = np.random.default_rng(5).normal(0.0, 0.01, (len(days), 2))
    return pd.DataFrame(100.0 * np.cumprod(1.0 + random, axis=0), index=days, columns=["A", "B"])


def test_filled_weekends(caplog: pytest.LogCaptureFixture) -> None:
    table = prices(pd.bdate_range("2022-01-03", periods=400))
    week = table.reindex(pd.date_range(table.index[0], table.index[-1]))
    Market.from_prices(week.ffill(), periods_per_year=365)
    Market.from_prices(week, fill="forward", periods_per_year=365)
    assert len(said(caplog, "Saturdays and Sundays")) == 2
    caplog.clear()
    Market.from_prices(table)
    Market.from_prices(prices(pd.date_range("2022-01-03", periods=400)), periods_per_year=365)
    assert not said(caplog, "Saturdays")


def test_a_price_that_stands_still(caplog: pytest.LogCaptureFixture) -> None:
    table = prices(pd.bdate_range("2022-01-03", periods=400))
    Market.from_prices(table.assign(cash=1.0))
    assert not said(caplog, "does not move")
    table.iloc[100:170, 1] = 50.0
    Market.from_prices(table)
    (message,) = said(caplog, "does not move")
    assert f"69 rows from {table.index[101].date()}" in message


def test_ids_that_nearly_match_are_a_warning(caplog: pytest.LogCaptureFixture) -> None:
    bought = Interactions.from_frame(purchases(product_id=["A", "A", "B", "b"]))
    log_unknown_products(bought, IdMap(("A", "B")))
    log_unknown_products(
        Interactions.from_frame(purchases(product_id=["A", "A", "D"])), IdMap(("A", "B"))
    )
    assert [record.levelname for record in caplog.records] == ["WARNING", "INFO"]


def test_ids_of_clients_are_told_by_their_shape(caplog: pytest.LogCaptureFixture) -> None:
    note = nobody_known(("Müller-17", "Li-4"), IdMap(("0042",)))
    assert note is not None
    assert "'aaaaaa-00'" in note
    assert "'0000'" in note
    assert "ller" not in caplog.text
