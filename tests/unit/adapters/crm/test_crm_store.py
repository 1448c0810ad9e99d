"""The store on both databases: what goes in comes out, once, as known on a day, or not at all."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from advisor import (
    AdapterError,
    Advisor,
    Client,
    ClientTable,
    Goal,
    InputError,
    Product,
    advise_stream,
    sample,
)
from advisor.adapters.crm import Store
from advisor.adapters.records import Ledger, Pseudonyms, Record
from advisor.contracts import Event

AT = datetime(2026, 11, 1, 9, tzinfo=UTC)
LATER = AT + timedelta(days=10)


@pytest.fixture
def store(database: dict[str, str]) -> Any:
    with Store.open(**database) as opened:
        opened.migrate()
        yield opened


ODD = Client(
    id="100%; DROP TABLE clients; --'\"\n,é\\",
    wealth=1_234_567.1234,
    horizon_years=7.5,
    answers={"q 1": "2020-01-01", 'q"2': "1,5", "é": "null"},
    holdings={"F:1": 33.3333, "F,2": 66.6667, "ü": 0.0001},
    excluded=frozenset({"a|b", "c"}),
    goals=(Goal(name="home", amount=5.5, years=3.0),),
    biases={"loss_aversion": 2.25, "disposition": -0.125},
    level=1,
    lowest_category=False,
    assessed_on="2026-05-04",
    knowledge=80.0,
    currency="EUR",
    segment="",
    locked=frozenset({"F:1"}),
)
EMPTY = Client(id="0", wealth=0.0, horizon_years=0.0)


def records(table: ClientTable) -> dict[str, Any]:
    return {name: table.record(i) for i, name in enumerate(table.ids)}


def test_clients_come_back_as_they_went(store: Store) -> None:
    given = [ODD, EMPTY, *(sample.clients(30).client(i) for i in range(30))]
    assert store.put_clients(given, at=AT).changed == 32
    back = store.clients()
    assert records(back) == records(ClientTable.from_clients(given))
    assert list(back.ids) == sorted(back.ids, key=str.encode)
    assert back.client(back.ids.index(ODD.id)) == ODD
    assert store.put_clients(back, at=LATER).changed == 0


def test_money_is_kept_to_the_ten_thousandth_and_never_held_beyond_wealth(store: Store) -> None:
    generator = np.random.default_rng(7)
    clients = []
    for i in range(200):
        held = {f"F{j}": float(m) for j, m in enumerate(generator.uniform(0.0, 1e4, 3))}
        clients.append(
            Client(id=f"c{i:03}", wealth=sum(held.values()), horizon_years=1.0, holdings=held)
        )
    store.put_clients(clients, at=AT)
    back = store.clients()
    assert not back.problems
    for i, given in enumerate(clients):
        again = back.client(i)
        assert abs(Decimal(again.wealth) - Decimal(given.wealth)) <= Decimal("0.00005000001")
        for name, money in given.holdings.items():
            assert (
                Decimal(-1) / 10**8
                <= Decimal(money) - Decimal(again.holdings[name])
                <= Decimal("0.0001000001")
            )
    exact = Client(
        id="x", wealth=98_765_432_109.8765, horizon_years=1.0, holdings={"F": 12_345_678_901.2345}
    )
    store.put_clients([exact], at=AT)
    assert store.view("x").client == exact


def test_a_version_stands_until_the_next(store: Store) -> None:
    first = Client(
        id="c", wealth=100.0, horizon_years=5.0, holdings={"A": 10.0}, answers={"q": "a"}
    )
    second = Client(
        id="c", wealth=200.0, horizon_years=5.0, holdings={"B": 20.0}, answers={"q": "b"}
    )
    store.put_clients([first], at=AT)
    store.put_clients([second], at=LATER)
    assert store.clients().client(0) == second
    assert store.clients(as_of=LATER.date()).client(0) == second
    assert store.clients(as_of=LATER.date() - timedelta(days=1)).client(0) == first
    assert store.clients(as_of=AT.date()).client(0) == first
    assert len(store.clients(as_of=AT.date() - timedelta(days=1))) == 0
    again = store.put_clients([first], at=AT + timedelta(days=1))
    assert again.changed == 0
    assert "later" in str(again.problems[0])
    third = second.model_copy(update={"wealth": 300.0})
    assert store.put_clients([third], at=LATER).changed == 1
    assert store.clients().client(0) == third
    assert store.view("c", as_of=AT.date()).client == first


def test_a_bad_row_is_set_aside_and_named(store: Store) -> None:
    frame = pd.DataFrame(
        {"id": ["a", "b", "c", "d"], "wealth": [1.0, -1.0, 1e15, 1.0], "horizon_years": 1.0}
    )
    frame["assessed_on"] = [None, None, None, "2026-12-24"]
    written = store.put_clients(ClientTable.from_frame(frame), at=AT)
    assert (written.rows, written.changed) == (4, 1)
    assert [p.record_id for p in written.problems] == ["b", "c", "d"]
    assert all(isinstance(p, AdapterError) for p in written.problems)
    assert store.clients().ids == ("a",)


def test_chunks_hold_every_client_once(store: Store) -> None:
    clients = sample.clients(53)
    store.put_clients(clients, at=AT)
    parts = list(store.chunks(10))
    assert [len(p) for p in parts] == [10, 10, 10, 10, 10, 3]
    assert {n: r for p in parts for n, r in records(p).items()} == records(clients)
    asked = [clients.ids[i] for i in (7, 3, 11)]
    assert list(store.clients(ids=asked).ids) == asked
    with pytest.raises(InputError, match="not known"):
        store.clients(ids=["nobody"])


def test_events_come_once(store: Store) -> None:
    event = Event(
        id="e",
        source="web",
        type="advisor.product.viewed.v1",
        time="2026-10-01T10:00:00+02:00",
        subject="c",
        data={"product_id": "F"},
    )
    other = event.model_copy(update={"source": "app"})
    late = event.model_copy(update={"id": "late", "time": AT + timedelta(days=3)})
    bad = {
        "id": "bad",
        "source": "web",
        "type": "advisor.nothing.v1",
        "time": "2026-10-01T10:00:00Z",
        "subject": "c",
    }
    written = store.put_events([event, event, other, late, bad, {"source": "x"}], at=AT)
    assert (written.rows, written.changed) == (6, 2)
    assert [p.record_id for p in written.problems] == ["late", "bad", None]
    assert store.put_events([event, other], at=AT).changed == 0
    assert store.events(client_id="c") == tuple(sorted((event, other), key=lambda e: e.source))
    assert store.events(since=event.time, until=event.time) == ()
    assert len(store.events(types=["advisor.product.viewed.v1"], since=event.time)) == 2


def test_trades_and_purchases_come_back(store: Store) -> None:
    rows = pd.DataFrame(
        {
            "client_id": ["a", "a", "a", "b"],
            "asset": ["X", "X", "Y", "X"],
            "day": pd.to_datetime(
                ["2026-01-05 10:00", "2026-01-05 10:00", "2026-01-06 00:00", "2026-01-07 23:59"]
            ),
            "side": ["buy", "buy", "sell", "B"],
            "units": [1.5, 1.5, 2.0, 3.0],
            "price": [10.0, 10.0, 0.1, 7.0],
        }
    )
    assert store.put_trades(rows).changed == 4, "two alike are two"
    assert store.put_trades(rows).changed == 0
    back = store.trades()
    assert back.units.tolist() == [1.5, 1.5, -2.0, 3.0]
    assert back.times.tolist() == rows["day"].to_numpy().astype("datetime64[ns]").tolist()
    assert len(store.trades(until=date(2026, 1, 5))) == 2
    later = pd.DataFrame(
        {
            "client_id": "z",
            "asset": [f"A{i}" for i in (3, 1, 2, 0)],
            "day": "2026-02-01",
            "side": "buy",
            "units": 1.0,
            "price": 1.0,
        }
    )
    store.put_trades(later)
    one = store.trades()
    assert [one.assets.ids[a] for a in one.asset_codes[-4:]] == ["A3", "A1", "A2", "A0"], (
        "trades of one moment keep their order"
    )
    bought = sample.interactions(clients=40)
    assert store.put_purchases(bought).changed == len(bought)
    assert store.put_purchases(bought).changed == 0
    again = store.interactions()
    assert (again.matrix() != bought.matrix()).nnz == 0
    assert (again.days == bought.days).all()
    assert len(store.interactions(until=date(2024, 12, 31))) == len(bought.until("2024-12-31"))


def test_of_many_rows_the_bad_ones_are_set_aside_and_named(store: Store) -> None:
    """Whatever is wrong with one row: the others are written."""
    many = pd.DataFrame(
        {
            "client_id": [f"c{i}" for i in range(40)],
            "product_id": "F",
            "day": "2026-01-01",
            "value": 1.0,
        }
    )
    many.loc[3, "day"], many.loc[11, "client_id"], many.loc[25, "value"], many.loc[39, "day"] = (
        "soon",
        None,
        -5.0,
        "2999-01-01",
    )
    written = store.put_purchases(many, at=AT)
    assert (written.rows, written.changed) == (40, 36)
    assert {p.record_id for p in written.problems} == {"3", "11", "25", "c39"}
    with pytest.raises(InputError, match="day"):
        store.put_purchases(many.drop(columns="day"))
    trade = {
        "client_id": "a",
        "asset": "X",
        "day": "2026-01-05",
        "side": "buy",
        "units": 1.0,
        "price": 2.0,
    }
    wrong = [
        {"side": "hold"},
        {"units": -1.0},
        {"price": 0.0},
        {"asset": None},
        {"day": 5},
        {"day": "2999-01-01"},
    ]
    traded = store.put_trades([trade, *({**trade, **one} for one in wrong)], at=AT)
    assert (traded.rows, traded.changed, len(traded.problems)) == (7, 1, 6)
    product = sample.catalogue().products[0]
    shelf = store.put_products(
        [
            product,
            product,
            {"id": "n"},
            3,
            product.model_copy(update={"id": "q", "annual_fee": 0.9}),
        ]
    )
    assert (shelf.rows, shelf.changed, [p.record_id for p in shelf.problems]) == (
        5,
        1,
        [product.id, "n", None, "q"],
    )
    asked = {"id": "f", "client_id": "a", "kind": "nps", "score": 9, "opened": AT}
    odd = [
        {"score": -1},
        {"score": 11},
        {"kind": "x"},
        {"kind": "csat", "score": None},
        {"opened": AT + timedelta(days=9)},
    ]
    odd += [
        {"closed": AT - timedelta(days=1)},
        {"client_id": None},
        {"opened": "2026-01-01"},
        {"moon": 1},
    ]
    complaint = {
        **asked,
        "id": "k",
        "kind": "complaint",
        "score": None,
        "closed": AT + timedelta(hours=1),
    }
    given = store.put_feedback(
        [asked, complaint, *({**asked, "id": str(i), **one} for i, one in enumerate(odd))], at=AT
    )
    assert (given.rows, given.changed, [p.record_id for p in given.problems]) == (
        11,
        2,
        [str(i) for i in range(9)],
    )
    clients = store.put_clients([EMPTY, EMPTY, "x", EMPTY.model_copy(update={"id": "e"})], at=AT)  # type: ignore[list-item]
    assert (clients.rows, clients.changed, len(clients.problems)) == (4, 2, 2)


def test_products_make_the_catalogue(store: Store) -> None:
    with pytest.raises(InputError, match="no products"):
        store.catalogue()
    shelf = sample.catalogue()
    assert store.put_products(shelf).changed == len(shelf)
    assert store.put_products(shelf).changed == 0
    assert {p.id: p for p in store.catalogue().products} == {p.id: p for p in shelf.products}
    changed = shelf.products[0].model_copy(update={"name": "new"})
    assert store.put_products([changed]).changed == 1
    unstated = Product(id="zz", name="z", asset="a", risk_level=1)
    store.put_products([unstated])
    assert not next(p for p in store.catalogue().products if p.id == "zz").states_fee


def test_advice_of_every_form(store: Store, advisor: Advisor, tmp_path: Path) -> None:
    clients = sample.clients(40)
    store.put_clients(clients, at=AT)
    batch = advisor.advise_table(clients, as_of="2026-11-20")
    assert store.put_advice(batch, run="batch").changed == 40
    assert store.put_advice(batch, run="batch").changed == 0
    one = advisor.advise(clients.client(0), as_of="2026-11-25")
    store.put_advice(one, run="one")
    folder = tmp_path / "run"
    advise_stream(advisor, clients, folder, as_of="2026-11-20", rows_per_part=15)
    assert store.put_advice(folder, run="night").changed == 40
    view = store.view(clients.ids[0])
    assert view.advice == one
    assert view.advised["run"] == "one"
    assert advisor.verify(view.advice, view.client).ok
    earlier = store.view(clients.ids[0], as_of=date(2026, 11, 21))
    assert earlier.advice is None
    assert earlier.advised["run"] == "night"
    assert ":".join(
        (earlier.advised["fingerprint"], earlier.advised["inputs"])
    ) == batch.fingerprint_of(0)
    columns = "client_id, rank, product_id, score, money, reasons"
    with store.reading() as connection:
        rows = {
            run: (
                connection.exec_driver_sql(
                    f"SELECT {columns} FROM picks WHERE run = '{run}' ORDER BY 1, 2"
                ).fetchall()
            )
            for run in ("batch", "night")
        }
        shown = connection.exec_driver_sql(
            "SELECT SUM(clients) FROM report_advice WHERE run = 'night'"
        ).scalar()
    assert rows["batch"] == rows["night"]
    assert len(rows["night"]) == sum(len(advice.picks) for advice in batch)
    assert shown == 40


def test_the_whole_customer(store: Store, advisor: Advisor) -> None:
    client = sample.clients(1).client(0).model_copy(update={"level": 3})
    store.put_clients([client], at=AT)
    name = client.id
    tag = {"client_id": name, "provenance": "person", "since": AT}
    store.put_rows(
        "tags",
        [{**tag, "tag": "gold", "family": "tier"}, {**tag, "tag": "mature", "family": "stage"}],
    )
    store.put_rows(
        "tags", [{**tag, "tag": "old", "family": "need", "until": AT + timedelta(days=1)}]
    )
    store.put_rows(
        "consents",
        [{"client_id": name, "purpose": p, "given": AT} for p in ("advice", "marketing")],
    )
    store.put_rows(
        "consents", [{"client_id": name, "purpose": "marketing", "given": AT, "withdrawn": LATER}]
    )
    store.put_rows("relationships", [{"client_id": name, "adviser_id": "anna", "since": AT}])
    action = {"client_id": name, "play": "p", "action": "call", "proposed": AT}
    store.put_rows(
        "actions",
        [{**action, "id": "1", "state": "proposed"}, {**action, "id": "2", "state": "sent"}],
    )
    store.put_feedback([{"id": "f", "client_id": name, "kind": "nps", "score": 9, "opened": AT}])
    view = store.view(name)
    assert (view.tier, view.stage) == ("gold", "mature")
    by_hand = {name for name, row in view.tags.items() if row["provenance"] == "person"}
    assert by_hand == {"gold", "mature"}
    assert {"steady", "dormant"} <= set(view.tags) - by_hand
    assert view.consents == ("advice",)
    assert view.advisers == ("anna",)
    assert [a["id"] for a in view.actions] == ["1"]
    assert view.feedback["score"] == 9
    assert view.profile["level"] == 3
    assert store.view(name, as_of=AT.date()).consents == ("advice", "marketing")
    assert store.history().level.tolist() == [3]
    with pytest.raises(InputError, match="not known"):
        store.view("nobody")


def test_writers_at_once_leave_one_version_and_every_event_once(
    store: Store, database: dict[str, str]
) -> None:
    store.put_clients([EMPTY], at=AT)
    events = [
        Event(
            id=str(i),
            source="w",
            type="advisor.product.viewed.v1",
            time=AT,
            subject="0",
            data={"product_id": "F"},
        )
        for i in range(50)
    ]
    bought = pd.DataFrame(
        {"client_id": ["0"] * 30, "product_id": [f"P{i}" for i in range(30)], "day": "2026-01-01"}
    )

    def write(i: int) -> tuple[int, int, int]:
        own = Store.open(**database)
        wealthy = EMPTY.model_copy(update={"wealth": float(i + 1)})
        outcome = own.put_clients([wealthy], at=AT + timedelta(minutes=i + 1))
        own.put_rows("consents", [{"client_id": "0", "purpose": "p", "given": AT}])
        made = own.put_events(events, at=AT).changed, own.put_purchases(bought, at=AT).changed
        own.close()
        return outcome.changed + len(outcome.problems), *made

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(write, range(4)))
    assert [outcome for outcome, _, _ in answers] == [1] * 4
    assert sum(new for _, new, _ in answers) == 50
    assert sum(new for _, _, new in answers) == 30
    assert store.clients().ids == ("0",)
    assert store.clients().wealth.tolist() == [4.0]


def test_rows_are_claimed_and_changed_once(store: Store) -> None:
    job = {"id": "j", "kind": "advise", "state": "queued", "created": AT}
    assert store.put_rows("jobs", [job]).changed == 1
    assert store.put_rows("jobs", [job]).changed == 0
    with ThreadPoolExecutor(8) as pool:
        won = list(
            pool.map(
                lambda i: store.change(
                    "jobs", {"id": "j", "state": "queued"}, state="running", worker=str(i)
                ),
                range(8),
            )
        )
        first = list(
            pool.map(
                lambda i: store.claim(
                    "idempotency", {"key": "k", "request": str(i), "created": AT}
                ),
                range(8),
            )
        )
    assert sorted(won) == [0] * 7 + [1]
    assert sum(row is None for row in first) == 1
    assert len({row["request"] for row in first if row}) == 1
    assert store.rows("jobs", state="running")[0]["id"] == "j"
    assert store.rows("jobs", created=(AT, None))
    assert not store.rows("jobs", created=(None, AT))
    assert store.delete("jobs", id=["j"]) == 1
    for odd in ("ledger", "clients", "x"):
        with pytest.raises(InputError, match="no table"):
            store.rows(odd)
    with pytest.raises(InputError, match="no column"):
        store.rows("jobs", moon=1)
    wrong = store.put_rows(
        "jobs",
        [{"id": "k"}, {**job, "id": "l", "created": datetime(2026, 1, 1)}, {**job, "moon": 1}, 3],  # noqa: DTZ001
    )
    assert (wrong.rows, wrong.changed, len(wrong.problems)) == (4, 0, 4)


def test_forgetting_leaves_nothing_but_a_whole_ledger(
    store: Store, advisor: Advisor, database: dict[str, str], kind: str
) -> None:
    secret = "Zebedee-4711"
    client = Client(
        id=secret,
        wealth=1e5,
        horizon_years=9.0,
        level=3,
        assessed_on="2026-05-04",
        knowledge=50.0,
        holdings={"F": 1.0},
        segment=secret,
    )
    other = client.model_copy(update={"id": "other", "segment": None})
    store.put_clients([client, other], at=AT)
    advice = advisor.advise(client.model_copy(update={"holdings": {}}), as_of="2026-11-20")
    store.put_advice(advice, run="r")
    store.put_events(
        [
            Event(
                id="1",
                source="w",
                type="advisor.life.changed.v1",
                time=AT,
                subject=secret,
                data={"kind": "moved", "on": secret},
            )
        ],
        at=AT,
    )
    store.put_purchases(
        pd.DataFrame({"client_id": [secret], "product_id": ["F"], "day": ["2026-01-01"]})
    )
    store.put_rows(
        "idempotency",
        [{"key": "k", "client_id": secret, "request": "r", "response": secret, "created": AT}],
    )
    ledger, names = Ledger(store), Pseudonyms(store)
    subject = names.of(secret)
    ledger.append(Record(kind="advice", subject=subject, decision="ok"), at=AT)
    gone = store.forget(secret, at=LATER)
    assert gone.pseudonym
    assert {
        "clients",
        "holdings",
        "assessments",
        "advice",
        "events",
        "purchases",
        "idempotency",
    } <= set(gone.rows)
    assert ledger.verify().ok
    assert names.of(secret) != subject, "a new salt, so nobody can find the old records"
    names.erase(secret)
    assert store.clients().ids == ("other",)
    with pytest.raises(InputError, match="Nothing is known"):
        store.forget(secret, at=LATER)
    with store.reading() as connection:
        from advisor.adapters.records.tables import metadata

        left = [
            name
            for name, table in metadata.tables.items()
            if any(secret in str(row) for row in connection.execute(table.select()))
        ]
    assert not left
    store.close()
    if kind == "sqlite":
        place = Path(database["url"].removeprefix("sqlite:///"))
        assert not [p for p in place.parent.glob("store.db*") if secret.encode() in p.read_bytes()]


def test_former_clients_are_due_after_five_full_years(store: Store) -> None:
    store.put_clients([EMPTY, ODD], at=AT)
    store.end_relationship("0", on="2021-11-02")
    assert store.due_for_deletion("2026-11-01") == ()
    assert store.due_for_deletion("2026-11-02") == ("0",)
    assert store.due_for_deletion(date(2024, 11, 2), years=3) == ("0",)
    store.forget("0", at=LATER)
    assert store.due_for_deletion("2026-11-02") == ()


def test_tenants_never_meet(store: Store, database: dict[str, str], kind: str) -> None:
    store.put_clients([EMPTY], at=AT)
    other = Store.open(**{**database, "tenant": "acme" + database.get("tenant", "")})
    with pytest.raises(InputError, match="migrate"):
        other.clients()
    other.migrate()
    assert len(other.clients()) == 0
    assert len(store.clients()) == 1
    other.close()
    for odd in ("Acme", "a;b", "", "1", "é", None, 'x"; DROP'):
        with pytest.raises(InputError, match="tenant"):
            Store.open(database["url"], tenant=odd)
    if kind == "sqlite":
        place = database["url"].replace("store.db", "store.acme.db")
        with pytest.raises(InputError, match="belongs to the tenant 'acme'"):
            Store.open(place).migrate()
        with pytest.raises(InputError, match="belongs to the tenant 'acme'"):
            Store.open(place).clients()


def test_two_migrations_at_once(database: dict[str, str]) -> None:
    with ThreadPoolExecutor(4) as pool:
        versions = set(pool.map(lambda _: Store.open(**database).migrate(), range(4)))
    assert len(versions) == 1


def test_the_tables_are_those_of_the_migrations(store: Store) -> None:
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    from advisor.adapters.records.tables import metadata

    with store.reading() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": False})
        assert compare_metadata(context, metadata) == []


def test_a_newer_or_strange_database_is_refused_by_name(
    store: Store, database: dict[str, str]
) -> None:
    with store.writing() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    for use in (Store.open(**database).migrate, Store.open(**database).clients):
        with pytest.raises(InputError, match="'9999'"):
            use()
    with store.writing() as connection:
        connection.exec_driver_sql("DROP TABLE alembic_version")
    with pytest.raises(InputError, match="none of this store's"):
        Store.open(**database).migrate()


@pytest.mark.parametrize(
    "url",
    [
        "mysql://x/y",
        "nonsense",
        "",
        None,
        3,
        "postgresql+pg8000://u:secret@127.0.0.1:1/x",
        "sqlite:////nowhere/at/all.db",
    ],
)
def test_what_cannot_be_reached_is_told(url: Any) -> None:
    with pytest.raises(InputError) as caught:
        Store.open(url).migrate()
    assert "secret" not in str(caught.value)


def test_a_damaged_or_locked_or_full_database_is_told(tmp_path: Path) -> None:
    place = tmp_path / "bad.db"
    place.write_bytes(b"no database at all" * 500)
    with pytest.raises(InputError, match="damaged"):
        Store.open(f"sqlite:///{place}").migrate()
    small = Store.open(f"sqlite:///{tmp_path}/small.db")
    small.migrate()
    with small.reading() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
        connection.exec_driver_sql(f"PRAGMA max_page_count={pages}")
    great = Product(id="x", name="x" * 9_000, asset="a", risk_level=1)
    with pytest.raises(InputError, match="no space left"):
        small.put_products([great, *(great.model_copy(update={"id": str(i)}) for i in range(20))])
    assert small.put_products([]).rows == 0
    small.close()


@pytest.mark.parametrize("at", [datetime(2026, 1, 1), "2026-01-01", None, 3, date(2026, 1, 1)])  # noqa: DTZ001
def test_a_moment_needs_its_time_zone(at: Any) -> None:
    store = Store.open("sqlite://")
    store.migrate()
    for call in (lambda: store.put_clients([EMPTY], at=at), lambda: store.forget("x", at=at)):
        with pytest.raises(InputError, match=r"time zone|datetime"):
            call()


KILLED = """
import sys
from datetime import datetime, timedelta, UTC
from advisor import Client
from advisor.adapters.crm import Store
from advisor.adapters.records import Ledger, Record
store, at = Store.open(sys.argv[1], tenant=sys.argv[2]), datetime(2026, 11, 1, tzinfo=UTC)
ledger = Ledger(store)
print("ready", flush=True)
for turn in range(1, 10_000):
    clients = [Client(id=f"c{i}", wealth=float(turn), horizon_years=1.0, holdings={"A": 0.5, "B": 0.25}) for i in range(200)]
    store.put_clients(clients, at=at + timedelta(seconds=turn))
    ledger.append([Record(kind="turn", decision=str(turn))] * 50, at=at)
"""


def test_killed_at_any_moment_nothing_is_half_there(store: Store, database: dict[str, str]) -> None:
    generator = np.random.default_rng(3)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    for _ in range(2):
        command = [sys.executable, "-c", KILLED, database["url"], database.get("tenant", "default")]
        child = subprocess.Popen(command, stdout=subprocess.PIPE, env=environment)
        assert child.stdout is not None
        child.stdout.readline()
        time.sleep(float(generator.uniform(0.05, 0.4)))
        child.send_signal(signal.SIGKILL)
        child.wait()
        child.stdout.close()
        table = store.clients()
        assert len(table) in (0, 200)
        assert len(set(table.wealth.tolist())) <= 1
        assert all(table.holdings.row(i) == {"A": 0.5, "B": 0.25} for i in range(len(table)))
        report = Ledger(store).verify()
        assert report.ok
        assert report.records % 50 == 0
        store.put_clients([EMPTY], at=LATER + timedelta(days=99))  # it can still be written to
        store.forget("0", at=LATER)
        for table_ in ("clients", "assessments", "holdings"):
            with store.writing() as connection:
                connection.exec_driver_sql(f"DELETE FROM {table_}")


def test_readers_do_not_wait_for_a_writer(store: Store) -> None:
    store.put_clients([EMPTY], at=AT)
    started, done = threading.Event(), threading.Event()

    def hold() -> None:
        with store.writing() as connection:
            connection.exec_driver_sql("UPDATE clients SET wealth = 0")
            started.set()
            done.wait(10)

    writer = threading.Thread(target=hold)
    writer.start()
    started.wait(10)
    began = time.perf_counter()
    assert len(store.clients()) == 1
    assert time.perf_counter() - began < 5
    done.set()
    writer.join()


def test_nothing_personal_is_shown(store: Store) -> None:
    from advisor import privacy

    store.put_clients([replace_id(ODD)], at=AT)
    with privacy.mask():
        shown = repr(store.view("Zoe")) + repr(store)
        with pytest.raises(InputError) as caught:
            store.view("Nobody-Else")
    assert "Zoe" not in shown
    assert "1234567" not in shown
    assert "Nobody-Else" not in str(caught.value)


def replace_id(client: Client) -> Client:
    return client.model_copy(update={"id": "Zoe"})


def test_sqlite_keeps_whole_ten_thousandths(tmp_path: Path) -> None:
    store = Store.open(f"sqlite:///{tmp_path}/s.db")
    store.migrate()
    store.put_clients([Client(id="c", wealth=0.1 + 0.2, horizon_years=1.0)], at=AT)
    store.close()
    with sqlite3.connect(tmp_path / "s.db") as raw:
        assert raw.execute("SELECT wealth, typeof(wealth), since FROM clients").fetchone() == (
            3000,
            "integer",
            "2026-11-01T09:00:00.000000Z",
        )
    raw.close()
