"""Every reader takes the same cell for the same id, day and number; what none can mean is refused
by name."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from advisor import (
    Catalogue,
    Client,
    ClientTable,
    InputError,
    Interactions,
    Mandate,
    Market,
    Popularity,
    Product,
    Ranking,
    ReturnModel,
    RiskProfiles,
    Trades,
    evaluate_match,
    measure_biases,
)
from advisor.data import clients_from_arrow
from advisor.data.clients.sources import arrow_batches
from advisor.data.ids import IdMap
from advisor.evaluate import LoggedChoices
from advisor.optimize import from_assumptions
from advisor.risk_profile import AssessmentHistory

IDS: dict[str, Any] = {
    "text": ["101", "102"],
    "whole": [101, 102],
    "float": [101.0, 102.0],
    "decimal": [Decimal("101.00"), Decimal("1.02e2")],
    "bytes": [b"101", b"102"],
    "mixed": [np.float32(101), np.uint8(102)],
    **{
        kind: pd.Series([101, 102], dtype=kind)
        for kind in ("int8", "uint16", "uint64", "float16", "Int64", "Float32", "int32[pyarrow]")
    },
    "category": pd.Series([101.0, 102.0]).astype("category"),
    "string": pd.Series(["101", "102"], dtype="string"),
    "arrow text": pd.Series(["101", "102"], dtype="string[pyarrow]"),
    "arrow bytes": pd.Series([b"101", b"102"], dtype=pd.ArrowDtype(pa.binary())),
    "arrow decimal": pd.Series(
        [Decimal("101.00"), Decimal("102.00")], dtype=pd.ArrowDtype(pa.decimal128(9, 2))
    ),
}
"""Two ids, 101 and 102, as sources write them."""
DAY = "2026-02-02"
WANTED = ("101", "102")
HISTORY = Interactions.from_frame(
    pd.DataFrame(
        {"client_id": ["101", "102", "7"], "product_id": ["101", "102", "102"], "day": DAY}
    )
)
LISTS = Ranking(WANTED, WANTED, np.array([[0, 1], [1, 0]]), np.array([[2.0, 1.0], [2.0, 1.0]]))


def events(ids: Any, **columns: Any) -> pd.DataFrame:
    return pd.DataFrame({"client_id": ids, "product_id": ids, "asset": ids, "day": DAY} | columns)


def logged(ids: Any) -> Any:
    log = events(ids, propensity=0.5, reward=1.0)
    choices = LoggedChoices.against(log, LISTS)
    return choices.target.tolist()


def split_by(ids: Any) -> set[str]:
    by = pd.DataFrame({"tier": ["x", "y"]}, index=pd.Index(list(ids)))
    report = evaluate_match(LISTS, HISTORY, ks=(1,), by=by)
    return {score.segment for score in report.scores if score.by == "tier"}


def assumed(ids: list[Any]) -> Any:
    model = from_assumptions(
        dict.fromkeys(ids, 0.1), {"101": 1.0, "102": 1.0}, {(ids[1], "101"): 0.5}
    )
    return model.assets, model.covariance[0, 1]


READERS: dict[str, tuple[Callable[[Any], Any], Any]] = {
    "interactions": (lambda ids: Interactions.from_frame(events(ids)).clients.ids, WANTED),
    "bought": (lambda ids: Interactions.from_frame(events(ids)).products.ids, WANTED),
    "trades": (
        lambda ids: Trades.from_frame(events(ids, side="buy", units=1, price=1)).clients.ids,
        WANTED,
    ),
    "traded": (
        lambda ids: Trades.from_frame(events(ids, side="buy", units=1, price=1)).assets.ids,
        WANTED,
    ),
    "assessments": (
        lambda ids: AssessmentHistory.from_frame(events(ids, level=[1, 2])).clients.ids,
        WANTED,
    ),
    "clients": (
        lambda ids: (
            ClientTable.from_frame(pd.DataFrame({"id": ids, "wealth": 1, "horizon_years": 1})).ids
        ),
        WANTED,
    ),
    "arrow": (
        lambda ids: (
            next(
                map(
                    clients_from_arrow,
                    arrow_batches(pd.DataFrame({"id": ids, "wealth": 1, "horizon_years": 1}), 9),
                )
            ).ids
        ),
        WANTED,
    ),
    "excluded": (
        lambda ids: Client(id="c", wealth=1, horizon_years=1, excluded=list(ids)).excluded,
        frozenset(WANTED),
    ),
    "holdings": (
        lambda ids: tuple(
            Client(id="c", wealth=9, horizon_years=1, holdings=dict.fromkeys(ids, 1.0)).holdings
        ),
        WANTED,
    ),
    "exposures": (
        lambda ids: tuple(
            Product(id="p", name="p", risk_level=1, exposures=dict.fromkeys(ids, 0.5)).exposures
        ),
        WANTED,
    ),
    "bounds": (lambda ids: tuple(Mandate(bounds=dict.fromkeys(ids, (0.0, 0.5))).bounds), WANTED),
    "catalogue": (
        lambda ids: (
            Catalogue.from_frame(
                pd.DataFrame({"id": ids, "name": "p", "asset": ids, "risk_level": 1})
            ).ids.ids
        ),
        WANTED,
    ),
    "its assets": (
        lambda ids: (
            Catalogue.from_frame(
                pd.DataFrame({"id": ids, "name": "p", "asset": ids, "risk_level": 1})
            ).assets
        ),
        WANTED,
    ),
    "market": (
        lambda ids: (
            Market.from_returns(
                pd.DataFrame([[0.1, 0.2]], index=[DAY], columns=list(ids)), periods_per_year=1
            ).assets
        ),
        WANTED,
    ),
    "groups": (
        lambda ids: (
            ReturnModel(
                WANTED, [0.1, 0.2], np.eye(2), groups=dict(zip(ids, "xy", strict=True))
            ).groups
        ),
        ("x", "y"),
    ),
    "levels": (
        lambda ids: RiskProfiles.from_levels([1, 2], as_of=DAY, client_ids=list(ids)).client_ids,
        WANTED,
    ),
    "rank": (lambda ids: Popularity().fit(HISTORY).rank(list(ids), 1).codes.tolist(), [[1], [0]]),
    "lists": (
        lambda ids: Ranking(tuple(ids), tuple(ids), LISTS.codes, LISTS.scores).products,
        WANTED,
    ),
    "accounts": (lambda ids: IdMap.of(list(ids)).ids, WANTED),
    "assumed": (lambda ids: assumed(list(ids)), (WANTED, 0.5)),
    "by": (split_by, {"x", "y"}),
    "log": (logged, [1.0, 1.0]),
}


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("kind", IDS)
def test_one_id_in_every_form_and_reader(reader: str, kind: str) -> None:
    read, wanted = READERS[reader]
    assert read(IDS[kind]) == wanted


def test_quotes_choices_and_proposals_find_the_traders_in_any_form() -> None:
    trades = pd.DataFrame(
        {
            "client_id": 101,
            "asset": [7, 7, 8],
            "day": ["2026-01-05", "2026-01-07", "2026-01-05"],
            "side": ["buy", "sell", "buy"],
        }
    )
    trades = trades.assign(units=[2, 1, 1], price=[10.0, 12.0, 10.0])
    quotes = pd.DataFrame(
        {
            "asset": ["7", "8"] * 2,
            "day": ["2026-01-05"] * 2 + ["2026-01-07"] * 2,
            "price": [10.0, 10.0, 12.0, 9.0],
        }
    )
    choices = pd.DataFrame(
        {
            "client_id": "101",
            "gain": [10.0, 20.0, 30.0],
            "loss": 10.0,
            "accepted": [False, True, True],
        }
    )
    wanted = measure_biases(
        Trades.from_frame(trades.astype({"client_id": str, "asset": str})), quotes, choices=choices
    )
    assert wanted.counts.to_numpy().sum() == 2.0
    for kind in (float, "Int64", "category"):
        asset, client = (
            quotes["asset"].astype(float).astype(kind),
            choices["client_id"].astype(float).astype(kind),
        )
        found = measure_biases(
            Trades.from_frame(trades),
            quotes.assign(asset=asset),
            choices=choices.assign(client_id=client),
        )
        pd.testing.assert_frame_equal(found.counts, wanted.counts)
        assert found.loss_aversion.tolist() == wanted.loss_aversion.tolist()


NO_DAYS = [
    "now",
    "today",
    "NOW",
    "2025-06",
    "2025",
    "06/2025",
    "2025-6-1",
    20250601,
    45000.5,
    "20250601",
    "2025-W23-1",
    True,
]
DAY_READERS: dict[str, Callable[[Any], Any]] = {
    "interactions": lambda day: Interactions.from_frame(
        events(["1"], day=pd.Series([day], dtype=object))
    ),
    "trades": lambda day: Trades.from_frame(
        events(["1"], day=pd.Series([day], dtype=object), side="buy", units=1, price=1)
    ),
    "assessments": lambda day: AssessmentHistory.from_frame(
        events(["1"], day=pd.Series([day], dtype=object), level=1)
    ),
    "market": lambda day: Market.from_returns(
        pd.DataFrame({"a": [0.1]}, index=pd.Index([day], dtype=object)), periods_per_year=1
    ),
    "until": HISTORY.until,
    "after": HISTORY.after,
    "market until": (
        lambda day: Market.from_returns(
            pd.DataFrame({"a": [0.1]}, index=[DAY]), periods_per_year=1
        ).until(day)
    ),
    "levels": lambda day: RiskProfiles.from_levels([1], as_of=day),
    "client": lambda day: Client(id="c", wealth=1, horizon_years=1, assessed_on=day),
    "quotes": lambda day: measure_biases(
        Trades.from_frame(events(["1"], side="buy", units=1, price=1)),
        pd.DataFrame({"asset": ["1"], "day": pd.Series([day], dtype=object), "price": 1.0}),
    ),
}


@pytest.mark.parametrize("day", NO_DAYS, ids=repr)
@pytest.mark.parametrize("reader", DAY_READERS)
def test_no_reader_takes_a_word_a_month_or_a_number_for_a_day(reader: str, day: Any) -> None:
    with pytest.raises(InputError):
        DAY_READERS[reader](day)


@pytest.mark.parametrize("quoted", ["zone", "naive", "text"])
@pytest.mark.parametrize("traded", ["zone", "naive", "text"])
def test_two_sales_of_one_local_day_are_one_selling_day(traded: str, quoted: str) -> None:
    """10:30 in Sydney is the day before in UTC, 14:00 is not; the other asset is a paper loss
    once."""

    def local(times: list[str], kind: str) -> Any:
        if kind == "zone":
            return pd.to_datetime(times).tz_localize("Australia/Sydney")
        return (
            times if kind == "naive" else [f"{moment.replace(' ', 'T')}+11:00" for moment in times]
        )

    times = ["2026-01-05 10:00", "2026-01-05 10:00", "2026-01-07 10:30", "2026-01-07 14:00"]
    trades = pd.DataFrame(
        {
            "client_id": "c",
            "asset": ["a", "b", "a", "a"],
            "day": local(times, traded),
            "side": ["buy", "buy", "sell", "sell"],
        }
    )
    closes = local(["2026-01-05 16:00", "2026-01-07 16:00"] * 2, quoted)
    quotes = pd.DataFrame(
        {"asset": ["a", "a", "b", "b"], "day": closes, "price": [10.0, 12.0, 10.0, 9.0]}
    )
    counts = measure_biases(
        Trades.from_frame(trades.assign(units=[3, 1, 1, 1], price=[10.0, 10.0, 12.0, 12.0])), quotes
    ).counts
    assert counts.sum().to_dict() == {"RG": 1, "RL": 0, "PG": 0, "PL": 1}


def test_a_day_with_a_time_zone_is_the_day_there_and_a_likely_shift_is_told(
    caplog: pytest.LogCaptureFixture,
) -> None:
    moment = pd.to_datetime(["2026-05-03 14:00"]).tz_localize("UTC")
    base = {"id": ["c"], "wealth": 1.0, "horizon_years": 1.0}
    frames = [
        pd.DataFrame(base | {"assessed_on": cell})
        for cell in (moment, list(moment), ["2026-05-03T14:00:00Z"])
    ]
    arrow = pa.Table.from_pandas(frames[0])
    reads = [
        *(partial(ClientTable.from_frame, frame) for frame in frames),
        partial(clients_from_arrow, arrow),
    ]
    for read in reads:
        table = read()
        assert table.assessed_on.tolist() == [dt.date(2026, 5, 3)]
        assert "assessed_on" in caplog.text
        caplog.clear()
    there = pd.DataFrame(base | {"assessed_on": moment.tz_convert("Australia/Sydney")})
    assert ClientTable.from_frame(there).assessed_on.tolist() == [dt.date(2026, 5, 4)]
    assert not caplog.records  # midnight there: a day that nobody moved
