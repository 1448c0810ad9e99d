"""Tables of other kinds are refused with the line that mends them: the line is run, and what it
makes is read."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from advisor import Catalogue, ClientTable, InputError, Interactions, Market
from strategies import sample_advisor

DAYS = pd.date_range("2026-01-01", periods=3, name="Date")
PRICES = pd.DataFrame({"AAA": [1.0, 2.0, 3.0], "BBB": [4.0, 4.0, 5.0]}, index=DAYS)


def bars(*fields: str, by: str = "field") -> pd.DataFrame:
    """As yfinance hands them over, all fields alike but the last, which is right."""
    tables = {name: PRICES if name == fields[-1] else -PRICES for name in fields}
    table = pd.concat(tables, axis=1, names=["Price", "Ticker"])
    return table if by == "field" else table.swaplevel(axis=1).sort_index(axis=1)


def line_in(error: InputError, name: str) -> str:
    found = re.search(rf"{name}[.\[].*(?=\.$)", str(error))
    assert found is not None, str(error)
    return found[0]


@pytest.mark.parametrize(
    ("given", "call"),
    [
        (bars("Open", "High", "Low", "Close"), 'prices["Close"]'),
        (bars("Open", "Close", "Adj Close"), 'prices["Adj Close"]'),
        (bars("Open", "Close", by="ticker"), 'prices.xs("Close", axis=1, level=1)'),
        (PRICES["AAA"], "prices.to_frame()"),
        (
            PRICES[["AAA"]].assign(Open=1, High=1, Low=1).rename(columns={"AAA": "Close"}),
            'prices[["Close"]]',
        ),
        (PRICES[["AAA"]].assign(Volume=9).rename(columns={"AAA": "Close"}), 'prices[["Close"]]'),
        (
            PRICES[["AAA"]].assign(High=1, Volume=9).rename(columns={"AAA": "Adj Close"}),
            'prices[["Adj Close"]]',
        ),
    ],
    ids=[
        "fields first",
        "adjusted",
        "tickers first",
        "series",
        "bars",
        "volume",
        "adjusted of one",
    ],
)
def test_prices_of_other_kinds_get_their_line(given: Any, call: str) -> None:
    with pytest.raises(InputError) as caught:
        Market.from_prices(given)
    line = line_in(caught.value, "prices")
    assert line == call
    market = Market.from_prices(eval(line, {"prices": given}))
    assert market.returns[:, 0] == pytest.approx([1.0, 0.5])


def test_an_index_of_one_time_zone_is_read_as_the_days_there() -> None:
    market = Market.from_prices(PRICES.tz_localize("America/New_York"))
    assert [str(day) for day in market.dates] == ["2026-01-02", "2026-01-03"]


def test_an_index_of_several_time_zones_is_read_as_the_days_there() -> None:
    stamps = [
        pd.Timestamp(f"2026-01-0{day} 12:00", tz=zone)
        for day, zone in ((1, "UTC"), (2, "Asia/Tokyo"), (3, "UTC"))
    ]
    prices = PRICES.set_axis(pd.Index(stamps, dtype=object))
    assert [str(day) for day in Market.from_prices(prices).dates] == ["2026-01-02", "2026-01-03"]


EVENTS = pd.DataFrame({"client_id": ["a"], "product_id": ["p"], "day": ["2026-01-01"]})
KINDS = {
    "lazy": (pl.from_pandas(EVENTS).lazy(), "frame.collect().to_pandas()"),
    "polars": (pl.from_pandas(EVENTS), "frame.to_pandas()"),
    "arrow": (pa.Table.from_pandas(EVENTS), "frame.to_pandas()"),
}


@pytest.mark.parametrize("kind", KINDS)
def test_tables_of_other_libraries_get_their_line(kind: str) -> None:
    given, call = KINDS[kind]
    with pytest.raises(InputError) as caught:
        Interactions.from_frame(given)  # type: ignore[arg-type]
    line = line_in(caught.value, "frame")
    assert line == call
    assert len(Interactions.from_frame(eval(line, {"frame": given}))) == 1
    for read in (Catalogue.from_frame, ClientTable.from_frame, Market.from_prices):
        with pytest.raises(InputError, match=re.escape(call.removeprefix("frame"))):
            read(given)  # type: ignore[operator]


def test_no_line_is_made_up() -> None:
    with pytest.raises(InputError) as caught:
        Market.from_prices(np.ones((2, 2)))  # type: ignore[arg-type]
    assert "Here:" not in str(caught.value)


def test_prices_are_no_returns() -> None:
    with pytest.raises(InputError, match=r"'AAA' is above 1.*Market\.from_prices"):
        Market.from_returns(100.0 + PRICES[["AAA"]])
    assert Market.from_returns(PRICES[["AAA"]].iloc[2:]).returns.shape == (1, 1)
    assert Market.from_returns(PRICES[["AAA"]].assign(AAA=[5.0, -0.5, 4.0])).returns[0, 0] == 5.0


def test_an_inherited_method_has_the_name_of_its_class() -> None:
    with pytest.raises(InputError, match=r"^Advisor\.rank: clients is"):
        sample_advisor(100).rank([], 5)  # type: ignore[arg-type]
