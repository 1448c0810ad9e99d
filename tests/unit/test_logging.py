"""What the library says in the log: silent by default, counts and reasons, no client in clear."""

from __future__ import annotations

import logging
import re
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from advisor import (
    Advisor,
    Catalogue,
    ClientTable,
    Interactions,
    Market,
    estimate_returns,
    privacy,
    sample,
)
from advisor.data.ids import IdMap
from advisor.recommend.unknown import log_unknown_products

EVENTS = pd.DataFrame(
    {
        "client_id": ["secret-7", "b", None],
        "product_id": "p",
        "day": ["2026-01-01", "soon", "2026-01-01"],
    }
)


def test_nothing_is_said_until_the_host_asks() -> None:
    code = (
        "import pandas as pd; from advisor import"
        " Interactions;Interactions.from_frame(pd.DataFrame({'client_id': ['a'], 'product_id': 'p',"
        " 'day': ['x']}), on_bad_rows='set_aside')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("", "")


def test_rows_set_aside_are_counted(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "advisor"):
        Interactions.from_frame(EVENTS, on_bad_rows="set_aside")
        shelf = pd.DataFrame({"id": ["a", "b"], "name": "n", "asset": "x", "risk_level": [1, 9]})
        Catalogue.from_frame(shelf, on_bad_rows="set_aside")
    assert [record.getMessage().partition(";")[0] for record in caplog.records] == [
        "2 of 3 rows of interactions are set aside",
        "1 of 2 rows of the catalogue are set aside",
    ]
    assert all(record.name.startswith("advisor.") for record in caplog.records)


def test_an_estimate_says_what_it_leaves_out(caplog: pytest.LogCaptureFixture) -> None:
    """13 years of months, of which one asset has the last 7."""
    returns = np.random.default_rng(1).normal(0.0, 0.01, (156, 3))
    returns[:72, 2] = np.nan
    frame = pd.DataFrame(
        returns,
        index=pd.date_range("2013-01-31", periods=156, freq="ME"),
        columns=["a", "b", "young"],
    )
    market = Market.from_returns(frame, periods_per_year=12)
    with caplog.at_level(logging.INFO, "advisor"):
        estimate_returns(market)
        estimate_returns(market, histories="stambaugh")
    (record,) = caplog.records
    assert "84 of 156 rows, 7.0 of 13.0 years" in record.getMessage()
    assert "'young' with 84 rows" in record.getMessage()


def test_holes_that_are_filled_are_counted(caplog: pytest.LogCaptureFixture) -> None:
    prices = pd.DataFrame(
        {"a": [1.0, None, None, 2.0], "b": [1.0, 2.0, 3.0, 4.0]},
        index=pd.date_range("2026-01-01", periods=4),
    )
    with caplog.at_level(logging.INFO, "advisor"):
        Market.from_prices(prices, fill="forward")
    assert [record.getMessage() for record in caplog.records] == [
        "2 holes of 8 prices are filled with the last price before them, in 1 assets."
    ]


def test_one_line_a_batch_without_a_client(caplog: pytest.LogCaptureFixture) -> None:
    advisor = Advisor.fit(sample.market(), sample.interactions(), catalogue=sample.catalogue())
    client = sample.client()
    people = [client.model_copy(update={"id": f"secret-{i}"}) for i in range(5)]
    table = ClientTable.from_clients(people)
    with caplog.at_level(logging.INFO, "advisor"), privacy.mask():
        batches = list(advisor.advise_many(table, chunk=3))
        advisor.advise(client)
    lines = [
        record.getMessage()
        for record in caplog.records
        if record.levelno == logging.INFO and "Advised" in record.getMessage()
    ]
    assert [re.sub(r"[\d.]+ s", "T s", line) for line in lines] == [
        "Advised 3 clients in T s: ok 3.",
        "Advised 2 clients in T s: ok 2.",
    ]
    assert len(batches) == 2
    assert "secret" not in caplog.text


@pytest.mark.parametrize(
    ("known", "level", "count"), [(6, "INFO", "2 of 8"), (2, "WARNING", "6 of 8"), (8, None, "")]
)
def test_purchases_of_products_that_nobody_sells_are_counted(
    caplog: pytest.LogCaptureFixture, known: int, level: str | None, count: str
) -> None:
    bought = pd.DataFrame(
        {
            "client_id": [f"secret-{i}" for i in range(8)],
            "product_id": [f"p{i}" for i in range(8)],
            "day": "2026-01-01",
        }
    )
    with caplog.at_level(logging.INFO, "advisor"):
        log_unknown_products(
            Interactions.from_frame(bought), IdMap.of([f"p{i}" for i in range(known)])
        )
    assert [record.levelname for record in caplog.records] == ([level] if level else [])
    assert all(f"{count} purchases" in text and "secret" not in text for text in caplog.messages)
