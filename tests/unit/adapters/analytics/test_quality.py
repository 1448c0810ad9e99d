"""Incoming tables: what is set aside is what the library's own readers refuse, row by row."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor import InputError, privacy
from advisor.adapters.analytics.quality import check
from advisor.adapters.crm.store import Store
from advisor.contracts import EVENT_TYPES, Event, Product
from advisor.data import Catalogue, ClientTable, Interactions, Trades

DAY = date(2026, 4, 1)
GOOD: dict[str, dict[str, Any]] = {
    "trades": {"client_id": "a", "asset": "x", "day": "2026-01-01", "side": "buy", "units": 1.0,
    "price": 2.0},
    "purchases": {"client_id": "a", "product_id": "x", "day": "2026-01-01", "value": 5.0},
    "products": {"id": "F1", "name": "Fund", "asset": "bonds", "risk_level": 2},
    "events": {
        "id": "1", "source": "app", "type": "advisor.product.viewed.v1",
        "time": "2026-01-01T10:00:00+01:00", "subject": "a",
        "data": {"product_id": "F1"},
    },
    "feedback": {
        "id": "1", "client_id": "a", "kind": "nps", "score": 9, "about": "app", "channel": "web",
        "opened": "2026-01-01T10:00:00Z", "closed": None,
    },
}  # fmt: skip


def table(kind: str, *changes: dict[str, Any]) -> pd.DataFrame:
    return pd.DataFrame([{**GOOD[kind], **change} for change in changes], dtype=object)


def readable(kind: str, frame: pd.DataFrame) -> bool:
    """Whether the reader that the rows are meant for takes them."""
    try:
        if kind == "trades":
            Trades.from_frame(frame)
        elif kind == "purchases":
            Interactions.from_frame(frame, value="value" if "value" in frame else None)
        elif kind == "products":
            Catalogue.from_frame(frame)
        else:
            for record in frame.to_dict("records"):
                Event.model_validate(record)
    except InputError:
        return False
    return True


ODD = [
    None, float("nan"), pd.NA, pd.NaT, "", " ", "x", "7", "-1", "0", "1e3", "inf", 0, 1, 5, 5.5,
    -2.0, float("inf"), True, np.int64(3),
    ["a"], {"a": 1}, "2026-02-30", "2026-01-01", "2026-01-01 10:00", "2026-01-01T10:00:00+01:00",
    "1500-01-01", "2300-01-01", "now", 20260101,
    date(2026, 1, 2), pd.Timestamp("2026-01-02 03:00").to_pydatetime(), datetime(2026, 1, 2, 3,
    tzinfo=UTC), pd.Timestamp("2026-01-03"), np.datetime64("2026-01-03"),
    "BUY", " s ", "gift", b"buy", "\ud800", "a" * 10_001, "complaint", "ces",
]  # fmt: skip


@pytest.mark.parametrize("kind", ["trades", "purchases", "products", "events"])
def test_a_row_alone_is_set_aside_exactly_when_its_reader_refuses_it(kind: str) -> None:
    """Nothing lies in the future of the last day there is, so that only the reader's own rules are
    tried."""
    last = date(9999, 12, 30)
    for column in GOOD[kind]:
        for cell in ODD:
            if column in ("data", "asset") and kind in ("events", "products"):
                continue
            frame = pd.DataFrame(
                {
                    **{n: pd.Series([v], dtype=object) for n, v in GOOD[kind].items()},
                    column: pd.Series([cell], dtype=object),
                }
            )
            report = check(frame, kind, as_of=last)
            assert (len(report.good) == 1) == readable(kind, frame), (
                column,
                cell,
                report.quarantined.get("problem"),
            )
            assert len(report.good) + len(report.quarantined) == 1


@given(st.data(), st.sampled_from(["trades", "purchases", "events"]))
def test_what_is_good_together_is_read_together(data: st.DataObject, kind: str) -> None:
    rows = data.draw(
        st.lists(
            st.dictionaries(st.sampled_from(sorted(GOOD[kind])), st.sampled_from(ODD), max_size=2),
            min_size=1,
            max_size=8,
        ),
        label="changes",
    )
    frame = table(
        kind,
        *[{**({"id": str(n)} if kind == "events" else {}), **row} for n, row in enumerate(rows)],
    )
    frame.index = pd.Index(
        data.draw(st.lists(st.integers(0, 3), min_size=len(rows), max_size=len(rows)))
    )
    report = check(frame, kind, as_of=DAY)
    assert not len(report.good) or readable(kind, report.good)
    assert sorted([*report.good.index, *report.quarantined.index]) == sorted(frame.index)
    assert report.quarantined["problem"].map(bool).all()
    again = check(report.good, kind, as_of=DAY)
    assert len(again.quarantined) == 0


@pytest.mark.parametrize(
    ("kind", "change", "what"),
    [
        ("trades", {"day": "2026-04-02"}, "day is '2026-04-02'; it is later than 2026-04-01"),
        ("trades", {"units": -1}, "units is -1; it must be at least 0"),
        ("trades", {"price": 0}, "price is 0; it must be above 0"),
        ("trades", {"client_id": None}, "client_id is missing; every row needs one"),
        ("trades", {"side": "gift", "units": "x"}, "(1 more:"),
        ("purchases", {"value": None}, "value is missing"),
        ("products", {"risk_level": 6}, "risk_level is 6; it must be at most 5"),
        ("products", {"asset": None}, "neither an asset nor exposures"),
        ("events", {"type": "advisor.other.v1"}, "advisor.other.v1"),
        ("events", {"time": "2026-01-01T10:00:00"}, "time zone"),
        ("events", {"time": "2026-04-03T00:00:00Z"}, "in the future"),
        ("events", {"data": {"product_id": None}}, "product_id"),
        ("events", {"data": "not a record"}, "data"),
        ("feedback", {"score": 11}, "at most 10"),
        ("feedback", {"kind": "ces", "score": 8}, "off the scale"),
        ("feedback", {"kind": "csat", "score": 0}, "off the scale"),
        ("feedback", {"kind": "stars"}, "one of nps, ces, csat, complaint"),
        ("feedback", {"closed": "2025-12-31T10:00:00Z"}, "before what it follows"),
        ("feedback", {"closed": "2026-06-01T10:00:00Z"}, "in the future"),
    ],
)
def test_the_sentence_says_what_is_wrong(kind: str, change: dict[str, Any], what: str) -> None:
    frame = table(kind, {}, {"id": "2", **change} if "id" in GOOD[kind] else change)
    with privacy.show():
        report = check(frame, kind, as_of=DAY)
    assert (len(report.good), len(report.quarantined)) == (1, 1), report.quarantined.get("problem")
    assert what in report.quarantined["problem"].iloc[0]
    with privacy.mask():
        masked = check(frame, kind, as_of=DAY).quarantined["problem"].iloc[0]
    assert "gift" not in masked


@pytest.mark.parametrize("kind", ["products", "events", "feedback"])
def test_a_record_twice_counts_once(kind: str) -> None:
    report = check(table(kind, {}, {"id": "2"}, {}, {"id": "2"}), kind, as_of=DAY)
    assert report.good["id"].tolist() == [GOOD[kind]["id"], "2"]
    assert report.quarantined.index.tolist() == [2, 3]


def test_an_id_of_another_source_is_another_event() -> None:
    assert len(check(table("events", {}, {"source": "web"}), "events", as_of=DAY).good) == 2


def test_the_time_zone_of_most_rows_counts() -> None:
    rows = [
        {"day": "2026-01-01T10:00:00+01:00"},
        {"day": "2026-01-02T10:00:00+01:00"},
        {"day": "2026-01-03 10:00"},
        {"day": "2026-01-04"},
    ]
    report = check(table("trades", *rows), "trades", as_of=DAY)
    assert report.quarantined.index.tolist() == [2, 3]
    report = check(table("trades", *rows[2:], {"day": "2026-01-01"}), "trades", as_of=DAY)
    assert len(report.good) == 3


@pytest.mark.parametrize(
    "day",
    [
        "1500-01-01",
        "2300-01-01 10:00",
        pd.Timestamp("1500-01-01"),
        pd.Timestamp("2300-01-01", tz="UTC"),
    ],
)
def test_a_trade_before_1678_or_after_2262_is_refused_not_moved(day: object) -> None:
    for column in (pd.Series([day], dtype=object), pd.Series([day])):
        with pytest.raises(InputError, match="1678 to 2262"):
            Trades.from_frame(table("trades", {}).assign(day=column))


def test_figures_by_column() -> None:
    frame = table(
        "trades",
        {},
        {"units": 7, "client_id": "b"},
        {"units": None},
        {"units": "x"},
        {"units": -3, "day": "2026-02-01"},
    )
    figures = check(frame, "trades", as_of=DAY).by_column
    assert figures.loc["units"].tolist() == [1, 3, -3.0, 7.0, 3]
    assert figures.loc["client_id"].tolist() == [0, 2, "a", "b", 0]
    assert figures.loc["day", "high"] == pd.Timestamp("2026-02-01")


def test_clients_are_read_by_their_own_reader() -> None:
    frame = pd.DataFrame(
        {
            "id": ["a", "b", "c"],
            "wealth": [1.0, -5.0, None],
            "horizon_years": [1, 2, 3],
            "age": [30, None, 40],
        }
    )
    for given_ in (frame, ClientTable.from_frame(frame)):
        report = check(given_, "clients", as_of=DAY)
        assert report.good.ids == ("a",)
        assert report.quarantined["id"].tolist() == ["b", "c"]
        assert report.quarantined["problem"].tolist() == [
            *ClientTable.from_frame(frame).problems.values()
        ]
        assert report.by_column.loc["age"].tolist() == [1, 2, 30.0, 40.0, 0]
        assert report.by_column.loc["wealth", "failed"] == 2
    assert repr(report) == "QualityReport(clients: 1 good, 2 set aside)"


def test_what_is_good_goes_into_the_store(tmp_path: Path) -> None:
    with Store.open(f"sqlite:///{tmp_path / 'bank.db'}") as store:
        store.migrate()
        feedback = check(
            table("feedback", {}, {"id": "2", "closed": datetime(2026, 2, 1, tzinfo=UTC)}),
            "feedback",
            as_of=DAY,
        ).good
        records = [
            {k: v for k, v in r.items() if not pd.isna(v)} for r in feedback.to_dict("records")
        ]
        records = [{**r, "score": float(r["score"])} for r in records]
        assert store.put_feedback(records).problems == ()
        events = check(
            table("events", {}, {"id": "2", "data": '{"product_id": "F2"}'}), "events", as_of=DAY
        ).good
        assert (
            store.put_events(events.to_dict("records"), at=datetime(2026, 4, 1, tzinfo=UTC)).changed
            == 2
        )
        trades = check(table("trades", {}, {"units": -1}), "trades", as_of=DAY).good
        assert store.put_trades(trades).changed == 1


@pytest.mark.parametrize("kind", sorted(GOOD))
def test_empty_and_wrong_tables(kind: str) -> None:
    empty = check(table(kind, {}).iloc[:0], kind, as_of=DAY)
    assert (len(empty.good), len(empty.quarantined)) == (0, 0)
    with pytest.raises(InputError):
        check(table(kind, {}).drop(columns=next(iter(GOOD[kind]))), kind)
    with pytest.raises(InputError):
        check(table(kind, {}), kind + "s")
    with pytest.raises(InputError):
        check([1, 2], kind)  # type: ignore[arg-type]
    twice = pd.concat([table(kind, {}), table(kind, {})], axis=1)
    with pytest.raises(InputError):
        check(twice, kind)


def test_the_rules_name_fields_that_there_are() -> None:
    assert set(GOOD["events"]) <= Event.model_fields.keys()
    assert set(GOOD["products"]) <= Product.model_fields.keys()
    assert GOOD["events"]["type"] in EVENT_TYPES
