"""No cell of any kind, in any column of any table, ends in another error than the library's, and
none takes long."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import Any
from uuid import UUID

import numpy as np
import pandas as pd
import pytest

from advisor import (
    Catalogue,
    ClientTable,
    InputError,
    Interactions,
    Market,
    Ranking,
    Trades,
    measure_biases,
)
from advisor.evaluate import LoggedChoices
from advisor.risk_profile import AssessmentHistory

CELLS: dict[str, Any] = {
    "a whole number of 5,001 digits": 10**5000,
    "a negative one": -(10**400),
    "32,000 digits and a letter": "9" * 32_000 + "x",
    "a long word": "x" * 20_000,
    "a signalling nan": Decimal("sNaN"),
    "a nan of Decimal": Decimal("NaN"),
    "a far exponent": Decimal("1E+999999"),
    "a fraction": Fraction(1, 3),
    "half a pair of surrogates": "\ud800",
    "bytes of no text": b"\xff",
    "a view of bytes": memoryview(b"101"),
    "true": True,
    "numpy's true": np.True_,
    "no time": pd.NaT,
    "numpy's no time": np.datetime64("NaT"),
    "nothing": pd.NA,
    "the last day": "9999-12-31",
    "a day beyond the calendar": np.datetime64("12026-01-01"),
    "a month": np.datetime64("2026-02"),
    "a month of pandas": pd.Period("2026-02"),
    "now": "now",
    "infinite": "inf",
    "a number as a day": 20260201,
    "complex": 1j,
    "a list": [1],
    "a record": {"a": 1},
    "a written list": "[" * 3000,
    "an array": np.array([1, 2]),
    "a function": time.sleep,
    "a span": dt.timedelta(1),
    "an id of sixteen bytes": UUID(int=5),
    "digits of other scripts": "\u0663\uff11",
    "the least float": 5e-324,
}


def biases(prices: pd.DataFrame) -> object:
    sides, days = ["buy", "sell"] * 2, [f"2026-01-0{day}" for day in (1, 3, 5, 7)]
    trades = {"client_id": "a", "asset": "p", "day": days, "side": sides, "units": 1, "price": 2}
    return measure_biases(Trades.from_frame(pd.DataFrame(trades)), prices)


LISTS = Ranking(("a",), ("p", "q"), np.array([[0, 1]]), np.array([[2.0, 1.0]]))
EVENT = {"client_id": "a", "product_id": "p", "day": "2026-01-01"}
PRODUCT = {"id": "p", "name": "n", "asset": "s", "risk_level": 3}
TABLES: dict[str, tuple[Callable[[pd.DataFrame], object], dict[str, Any]]] = {
    "purchases": (lambda f: Interactions.from_frame(f, value="value"), {**EVENT, "value": 1.0}),
    "purchases set aside": (
        lambda f: Interactions.from_frame(f, value="value", on_bad_rows="set_aside"),
        {**EVENT, "value": 1.0},
    ),
    "trades": (
        lambda f: Trades.from_frame(f, left_out=["adviser"], on_bad_rows="set_aside"),
        {
            "client_id": "a",
            "asset": "p",
            "day": "2026-01-01",
            "side": "buy",
            "units": 1,
            "price": 2.0,
            "adviser": False,
        },
    ),
    "products": (
        lambda f: Catalogue.from_frame(f, labels="own"),
        {
            **PRODUCT,
            **dict.fromkeys(("annual_fee", "min_purchase", "term_days", "complex", "currency")),
            **dict.fromkeys(("sustainability", "exposure:a", "regime", "issuer", "own")),
        },
    ),
    "products set aside": (
        lambda f: Catalogue.from_frame(f, on_bad_rows="set_aside", decimal=","),
        {
            **PRODUCT,
            **dict.fromkeys(("annual_fee_percent", "exposures", "target_market", "labels")),
        },
    ),
    "clients": (
        lambda f: ClientTable.from_frame(f, labels="own", decimal=","),
        {
            "id": "c",
            "wealth": 100,
            "horizon_years": 5,
            "age": 40,
            "level": 3,
            **dict.fromkeys(("assessed_on", "answer:q", "holding:p", "bias:x", "excluded")),
            **dict.fromkeys(("currency", "goals", "professional", "sustainability", "own")),
        },
    ),
    "assessments": (
        AssessmentHistory.from_frame,
        {"client_id": "a", "day": "2026-01-01", "level": 3, "confirmed": True},
    ),
    "lists": (Ranking.from_frame, {"client_id": "a", "product_id": "p", "rank": 1, "score": 2.0}),
    "prices": (
        lambda f: Market.from_prices(f.set_axis(pd.date_range("2026-01-01", periods=len(f)))),
        {"A": 100.0},
    ),
    "quotes": (biases, {"asset": "p", "day": "2026-01-03", "price": 1.0}),
    "logs": (
        lambda f: LoggedChoices.against(f, LISTS),
        {**EVENT, "propensity": 0.5, "reward": 1.0},
    ),
}


def one(cell: object) -> pd.Series:
    """A column of one cell, as it is."""
    cells = np.empty(1, dtype=object)
    cells[0] = cell
    return pd.Series(cells, dtype=object)


@pytest.mark.parametrize("table", TABLES)
def test_a_cell_is_read_or_refused_in_our_words_at_once(table: str) -> None:
    read, columns = TABLES[table]
    for column in columns:
        for kind, cell in CELLS.items():
            frame = pd.DataFrame({name: one(value) for name, value in columns.items()})
            frame[column] = one(cell)
            begun = time.process_time()
            try:
                read(frame)
            except InputError as error:
                str(error).encode()
            except Exception as error:
                raise AssertionError(f"{column}: {kind}") from error
            assert time.process_time() - begun < 2.0, (column, kind)
