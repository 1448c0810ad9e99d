"""Facts of clients against a recount by hand, row by row, and what cannot be a fact."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pandas as pd
import pytest
from dateutil.relativedelta import relativedelta
from hypothesis import given
from hypothesis import strategies as st

from advisor import (
    Catalogue,
    ClientTable,
    Event,
    InputError,
    Interactions,
    Product,
    RiskProfiles,
    Trades,
    sample,
)
from advisor.adapters.crm.facts import (
    ClientFacts,
    EventTable,
    events_of,
    fact_names,
    facts_on_record,
)
from advisor.adapters.crm.facts.counting import whole_months

DAY = date(2026, 6, 30)
VIEWED, BOUGHT, LIFE = (
    "advisor.product.viewed.v1",
    "advisor.order.completed.v1",
    "advisor.life.changed.v1",
)


def clients(count: int = 30) -> ClientTable:
    rows = [
        {
            "id": f"c{i}",
            "wealth": 1000.0 * (i + 1),
            "horizon_years": 5.0,
            "holding:F1": 10.0 * i,
            "holding:F2": 5.0,
        }
        for i in range(count)
    ]
    return ClientTable.from_frame(pd.DataFrame(rows))


def trade_rows(seed: int = 1, count: int = 400) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    days = [DAY - timedelta(days=int(d)) for d in rng.integers(0, 500, count)]
    return pd.DataFrame(
        {
            "client_id": [f"c{i}" for i in rng.integers(0, 25, count)],
            "asset": [f"A{i}" for i in rng.integers(0, 6, count)],
            "day": pd.to_datetime(days),
            "side": np.where(rng.random(count) < 0.6, "buy", "sell"),
            "units": rng.integers(1, 9, count).astype(float),
            "price": rng.integers(1, 50, count).astype(float),
        }
    )


def test_trades_are_counted_as_by_hand() -> None:
    table, rows = clients(), trade_rows()
    facts = ClientFacts.of(table, as_of=DAY, trades=Trades.from_frame(rows), days=90)
    by_client: dict[str, list[pd.Series]] = defaultdict(list)
    for _, row in rows.iterrows():
        by_client[row["client_id"]].append(row)
    for i, name in enumerate(table.ids):
        mine = by_client[name]
        days = [r["day"].date() for r in mine]
        recent = [r for r in mine if (DAY - r["day"].date()).days < 90]
        late = [r for r in recent if (DAY - r["day"].date()).days < 45]
        signed = [r["units"] * r["price"] * (1 if r["side"] == "buy" else -1) for r in recent]
        expected = {
            "trades": len(mine),
            "frequency": len(recent),
            "trading_days": len({r["day"] for r in recent}),
            "trend": len(late) - (len(recent) - len(late)),
            "assets_traded": len({r["asset"] for r in mine}),
            "money": sum(map(abs, signed)),
            "net_money": sum(signed),
            "turnover": sum(map(abs, signed)) / (1000.0 * (i + 1)),
            "recency": (DAY - max(days)).days if days else np.nan,
            "tenure": (DAY - min(days)).days if days else np.nan,
            "months_since_trade": months(max(days), DAY) if days else np.nan,
            "tenure_months": months(min(days), DAY) if days else np.nan,
        }
        for fact, value in expected.items():
            np.testing.assert_allclose(facts.column(fact)[i], value, err_msg=f"{fact} of {name}")


def test_the_window_holds_its_last_day_and_as_many_before() -> None:
    ages = [0, 44, 45, 89, 90]
    rows = pd.DataFrame(
        {
            "client_id": "c0",
            "asset": "A",
            "day": pd.to_datetime([DAY - timedelta(days=a) for a in ages]),
            "side": "buy",
            "units": 1.0,
            "price": 1.0,
        }
    )
    bought = Interactions.from_frame(rows, product="asset")
    facts = ClientFacts.of(
        clients(1), as_of=DAY, trades=Trades.from_frame(rows), purchases=bought, days=90
    )
    found = {
        name: facts.column(name)[0]
        for name in ("trades", "frequency", "money", "trend", "purchases")
    }
    assert found == {"trades": 5.0, "frequency": 4.0, "money": 4.0, "trend": 0.0, "purchases": 4.0}


def months(first: date, last: date) -> int:
    between = relativedelta(last, first)
    return 12 * between.years + between.months


@given(st.dates(date(1990, 1, 1), date(2030, 12, 31)), st.integers(0, 3000))
def test_whole_months_are_those_of_dateutil(first: date, days: int) -> None:
    """The last day on which `first` plus m months is not later: counted up, month by month."""
    last = first + timedelta(days=days)
    m = 0
    while first + relativedelta(months=m + 1) <= last:
        m += 1
    assert whole_months(np.array([first], dtype="datetime64[D]"), np.datetime64(last))[0] == m


def event_rows(seed: int = 2, count: int = 600) -> list[Event]:
    rng = np.random.default_rng(seed)
    start = datetime(2026, 6, 30, 20, tzinfo=UTC)
    made: list[Event] = []
    for k in range(count):
        what = rng.choice([VIEWED, BOUGHT, LIFE], p=[0.8, 0.15, 0.05])
        time, who = (
            start - timedelta(hours=int(rng.integers(0, 24 * 120))),
            f"c{rng.integers(0, 25)}",
        )
        product = f"F{rng.integers(1, 5)}"
        on = str(DAY + timedelta(days=int(rng.integers(-30, 200))))
        data = {
            VIEWED: {"product_id": product},
            BOUGHT: {
                "order_id": str(k),
                "products": [{"product_id": product}, {"product_id": "F9"}],
            },
            LIFE: {"kind": "move", "on": on},
        }
        made.append(
            Event(
                id=str(k),
                source="test",
                type=str(what),
                time=time,
                subject=who,
                data=data[str(what)],
            )
        )
    return made


def test_events_are_counted_as_by_hand() -> None:
    table, events = clients(), event_rows()
    bought = pd.DataFrame(
        {
            "client_id": ["c1", "c2", "c3"],
            "product_id": ["F1", "F2", "F3"],
            "day": ["2026-06-29", "2026-06-28", "2026-05-01"],
        }
    )
    facts = ClientFacts.of(
        table, as_of=DAY, events=events, purchases=Interactions.from_frame(bought), days=60
    )
    orders = [
        (e.subject, line["product_id"], e.time.date())
        for e in events
        if e.type == BOUGHT
        for line in e.data["products"]
    ]
    orders += [(r.client_id, r.product_id, date.fromisoformat(r.day)) for r in bought.itertuples()]
    for i, name in enumerate(table.ids):
        mine = [e for e in events if e.subject == name]
        inside = [e for e in mine if (DAY - e.time.date()).days < 60]
        views = [(e.data["product_id"], e.time.date()) for e in inside if e.type == VIEWED]
        first = {p: min(d for q, d in views if q == p) for p, _ in views}
        got = {p for p, d in first.items() if any(o[:2] == (name, p) and o[2] >= d for o in orders)}
        seen = Counter(p for p, _ in views)
        life = [date.fromisoformat(e.data["on"]) for e in mine if e.type == LIFE]
        coming = [(d - DAY).days for d in life if d >= DAY]
        expected = {
            "events": len(inside),
            "views": len(views),
            "products_viewed": len(first),
            "bought_after_view": len(got),
            "views_not_bought": max((n for p, n in seen.items() if p not in got), default=0),
            "days_since_event": min((DAY - e.time.date()).days for e in mine) if mine else np.nan,
            "days_to_event": min(coming) if coming else np.nan,
        }
        for fact, value in expected.items():
            np.testing.assert_equal(
                facts.column(fact)[i], float(value), err_msg=f"{fact} of {name}"
            )


def test_a_frame_of_events_gives_the_same_facts() -> None:
    events = [e for e in event_rows() if e.type == VIEWED]
    frame = pd.DataFrame(
        {
            "subject": [e.subject for e in events],
            "type": VIEWED,
            "time": [e.time for e in events],
            "product_id": [e.data["product_id"] for e in events],
        }
    )
    table = clients()
    one, other = (ClientFacts.of(table, as_of=DAY, events=source) for source in (events, frame))
    np.testing.assert_equal(one.matrix(), other.matrix())


def shelf() -> Catalogue:
    return Catalogue.from_products(
        [
            Product(id="F1", name="one", risk_level=2, exposures={"bonds": 0.75, "equity": 0.25}),
            Product(
                id="F2", name="two", risk_level=4, issuer_risk_level=5, asset="equity", complex=True
            ),
            Product(id="F3", name="three", risk_level=4, asset="equity"),
            Product(id="F4", name="four", risk_level=3, asset="equity"),
        ]
    )


def test_what_the_holdings_are() -> None:
    rows = [
        {
            "id": "a",
            "wealth": 1000.0,
            "horizon_years": 5.0,
            "holding:F1": 300.0,
            "holding:F2": 100.0,
            "locked": "F2",
        },
        {"id": "b", "wealth": 1000.0, "horizon_years": 5.0, "holding:bonds": 200.0},
        {"id": "c", "wealth": 1000.0, "horizon_years": 5.0},
        {"id": "d", "wealth": 1000.0, "horizon_years": 5.0, "holding:F3": 30.0, "holding:F4": 70.0},
    ]
    profiles = RiskProfiles.from_levels([3, 5], as_of=DAY, client_ids=["b", "a"])
    table = ClientTable.from_frame(pd.DataFrame(rows))
    facts = ClientFacts.of(table, as_of=DAY, catalogue=shelf(), profiles=profiles).to_frame()
    row = facts.loc["a"]
    assert row["share:bonds"] == 0.75 * 300 / 400
    assert row["share:equity"] == pytest.approx((0.25 * 300 + 100) / 400)
    assert (
        row["highest_product_level"],
        row["high_risk_share"],
        row["complex_share"],
        row["locked_share"],
    ) == (5.0, 0.25, 0.25, 0.25)
    assert (row["level"], row["level_gap"], row["invested_share"], row["largest_share"]) == (
        5.0,
        0.0,
        0.4,
        0.75,
    )
    assert facts.loc["b", "share:bonds"] == 1.0
    assert np.isnan(facts.loc["b", "highest_product_level"])
    assert facts.loc["c", ["share:bonds", "level", "largest_share"]].isna().all()
    assert facts.loc["c", "idle_money"] == 1000.0
    assert facts.loc["d", ["high_risk_share", "highest_product_level"]].tolist() == [0.3, 4.0]


def test_what_no_source_tells_is_unknown() -> None:
    facts = ClientFacts.of(clients(3), as_of=DAY)
    for name in ("views", "recency", "level", "money"):
        assert np.isnan(facts.column(name)).all()
    assert set(facts.names) < set(fact_names())
    assert all(all(entry) for entry in facts_on_record().values())


def test_of_a_bad_row_nothing_is_known_and_it_is_named() -> None:
    rows = pd.DataFrame(
        {
            "id": ["a", "b", "c"],
            "wealth": [1.0, -1.0, 3.0],
            "horizon_years": 5.0,
            "assessed_on": ["2026-01-01", "2026-01-01", "2026-07-01"],
        }
    )
    facts = ClientFacts.of(ClientTable.from_frame(rows), as_of=DAY)
    assert np.isnan(facts.matrix()[1]).all()
    assert set(facts.problems) == {1, 2}
    assert np.isnan(facts.column("days_since_assessment")[2])
    assert facts.column("wealth").tolist()[::2] == [1.0, 3.0]


def test_nothing_may_come_from_later() -> None:
    table, day = clients(3), "2025-01-01"
    late = Trades.from_frame(trade_rows())
    with pytest.raises(InputError, match=r"after 2025-01-01.*trades\.until"):
        ClientFacts.of(table, as_of=day, trades=late)
    ClientFacts.of(table, as_of=day, trades=late.until(day))
    with pytest.raises(InputError, match="events hold"):
        ClientFacts.of(table, as_of=day, events=event_rows())
    with pytest.raises(InputError, match="profiles are of 2025-01-02"):
        ClientFacts.of(table, as_of=day, profiles=RiskProfiles.from_levels([1], as_of="2025-01-02"))
    with pytest.raises(InputError, match="purchases hold"):
        ClientFacts.of(sample.clients(5), as_of="2024-06-01", purchases=sample.interactions(5))


def test_trades_until_a_day_are_those_of_the_rows_up_to_it() -> None:
    rows = trade_rows()
    cut = Trades.from_frame(rows).until("2026-01-15")
    kept = Trades.from_frame(rows[rows["day"] <= "2026-01-15"])
    np.testing.assert_array_equal(cut.times, kept.times)
    np.testing.assert_array_equal(cut.units, kept.units)


def test_a_host_brings_facts_of_its_own() -> None:
    frame = pd.DataFrame(
        {"wealth": [1.0, 2.0], "own:branch_visits": [3.0, -1.0], "net_money": [-5.0, 0.0]},
        index=["a", "b"],
    )
    facts = ClientFacts.from_frame(frame, as_of=DAY)
    assert facts.column("own:branch_visits").tolist() == [3.0, -1.0]
    with pytest.raises(InputError, match="never negative"):
        facts.with_columns({"views": [1.0, -1.0]})
    with pytest.raises(InputError, match="no fact"):
        facts.with_columns({"vews": [1.0, 1.0]})
    with pytest.raises(InputError, match="shape"):
        facts.with_columns({"views": [1.0]})
    with pytest.raises(InputError, match="infinity"):
        facts.with_columns({"views": [1.0, np.inf]})
    with pytest.raises(InputError, match="not among those"):
        facts.column("own:nothing")


@pytest.mark.parametrize(
    ("frame", "expected"),
    [
        (
            pd.DataFrame(
                {"subject": ["a"], "type": ["advisor.tea.drunk.v1"], "time": ["2026-01-01"]}
            ),
            "no event type",
        ),
        (
            pd.DataFrame({"subject": [None], "type": [VIEWED], "time": ["2026-01-01"]}),
            "subject is missing",
        ),
        (pd.DataFrame({"subject": ["a"], "type": [VIEWED], "time": ["soon"]}), "no day"),
        (pd.DataFrame({"subject": ["a"], "type": [VIEWED]}), "time"),
    ],
)
def test_events_that_cannot_be_read_are_refused(frame: pd.DataFrame, expected: str) -> None:
    with pytest.raises(InputError, match=expected):
        EventTable.from_frame(frame)
    with pytest.raises(InputError, match="events"):
        events_of([{"subject": "a"}])  # type: ignore[list-item]
