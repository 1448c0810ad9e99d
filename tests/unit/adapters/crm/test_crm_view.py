"""A client as the store shows them: tier, stage and tags by the rules, from what it holds."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pandas as pd

from advisor import Advisor, Client, Event, RiskProfiles, sample
from advisor.adapters.crm import (
    ClientFacts,
    ManualTag,
    Packs,
    PlayBook,
    StagePack,
    Store,
    TagPack,
    TierPack,
    consents,
    keep_actions,
    keep_rules,
    keep_tags,
    kept_tags,
    open_actions,
    propose,
    release,
    segment,
    sent_actions,
    stage,
    tag,
)

AT = datetime(2026, 6, 1, 9, tzinfo=UTC)
DAY = date(2026, 6, 30)


def bank(path: Path) -> Store:
    store = Store.open(f"sqlite:///{path}/bank.db")
    store.migrate()
    store.put_clients(
        [
            Client(
                id="rich",
                wealth=2e6,
                horizon_years=9.0,
                age=70,
                level=4,
                assessed_on=date(2026, 5, 1),
                holdings={"F1": 1e6},
            ),
            Client(id="new", wealth=5e3, horizon_years=9.0, age=25),
        ],
        at=AT,
    )
    trades = [("rich", "F1", f"2024-0{m}-03 10:00", "buy", 10.0, 5.0) for m in (1, 2, 3)]
    trades.append(("rich", "F1", "2026-06-15 10:00", "sell", 1.0, 6.0))
    store.put_trades(
        pd.DataFrame(trades, columns=["client_id", "asset", "day", "side", "units", "price"])
    )
    seen = [
        Event(
            id=str(k),
            source="web",
            type="advisor.product.viewed.v1",
            time=AT + timedelta(days=k),
            subject="rich",
            data={"product_id": "F2"},
        )
        for k in range(3)
    ]
    store.put_events(seen, at=AT + timedelta(days=9))
    return store


def test_a_view_says_what_the_rules_say(tmp_path: Path) -> None:
    with bank(tmp_path) as store:
        view = store.view("rich", as_of=DAY)
        everybody = ClientFacts.of(
            store.clients(as_of=DAY),
            as_of=DAY,
            trades=store.trades(until=DAY),
            purchases=store.interactions(until=DAY),
            events=store.events(),
            profiles=RiskProfiles.from_levels([4], as_of=DAY, client_ids=["rich"]),
        )
        assert set(view.tags) == {*tag(everybody).of("rich"), "high", "mature"}
        assert (view.tier, view.stage) == ("high", stage(everybody).to_frame().loc["rich", "stage"])
        assert {"hesitant", "senior", "aggressive", "withdrawing"} <= set(view.tags)
        assert all(row["provenance"] == "rule" for row in view.tags.values())
        fresh = store.view("new", as_of=DAY)
        assert (fresh.tier, fresh.stage) == ("base", "new")
        assert "young" in fresh.tags
        assert store.view("rich", as_of=date(2026, 6, 2)).stage == "churned"


def test_a_bank_shows_its_clients_by_its_own_packs(tmp_path: Path) -> None:
    with bank(tmp_path) as store:
        few = TagPack.default().model_copy(
            update={"tags": TagPack.default().tags[:3], "mandatory": ()}
        )
        store.packs = Packs(TierPack.default(), StagePack.tenure(), few)
        view = store.view("rich", as_of=DAY)
        assert set(view.tags) == {"senior", "high", "one_to_three"}
        store.put_rows(
            "tags",
            [
                {
                    "client_id": "rich",
                    "tag": "gold",
                    "family": "tier",
                    "provenance": "person",
                    "since": AT,
                }
            ],
        )
        assert store.view("rich", as_of=DAY).tier == "gold"


def test_actions_go_from_proposal_to_sent_through_the_store(tmp_path: Path) -> None:
    """Proposed on one day, released on the next, never twice; the view shows what waits."""
    advisor = Advisor.fit(sample.market(), sample.interactions(), catalogue=sample.catalogue())
    with bank(tmp_path) as store:
        facts = ClientFacts.of(store.clients(as_of=DAY), as_of=DAY, trades=store.trades(until=DAY))
        proposed = propose(facts, None, PlayBook.default(), at=AT.replace(month=7))
        assert keep_actions(store, proposed, at=AT.replace(month=7)).changed == len(proposed)
        assert {a.id for a in open_actions(store)} == {a.id for a in proposed}
        assert [a["play"] for a in store.view("rich").actions] == ["hand_off"]
        store.put_rows("consents", [{"client_id": "rich", "purpose": "advice", "given": AT}])
        for month, sent in ((8, 1), (8, 0), (9, 0)):
            at = AT.replace(month=month)
            found = release(
                open_actions(store),
                advisor,
                store.clients(),
                consents=consents(store),
                sent=sent_actions(store),
                at=at,
            )
            assert len(found.send) == sent
            keep_actions(store, found, at=at)
        assert [s.play for s in sent_actions(store)] == ["hand_off"]
        assert sent_actions(store, since=AT.replace(month=9)) == ()
        assert store.view("rich").actions == ()
        assert store.view("new").actions[0]["why"].startswith("no_consent")


def test_tags_by_hand_come_back_from_the_store(tmp_path: Path) -> None:
    made = [
        ManualTag(
            client_id="rich",
            tag="learning",
            source="person",
            by="ann",
            on=date(2026, 6, 1),
            expires=DAY,
        ),
        ManualTag(
            client_id="new", tag="sustainable", source="event", by="e-1", on=date(2026, 6, 2)
        ),
    ]
    with bank(tmp_path) as store:
        strange = made[0].model_copy(update={"tag": "sleepy"})
        assert keep_tags(store, [*made, strange]).problems[0].record_id == "rich"
        assert set(kept_tags(store)) == set(made)
        for day, there in ((DAY, True), (DAY + timedelta(days=1), False)):
            assert ("learning" in store.view("rich", as_of=day).tags) == there
            facts = ClientFacts.of(store.clients(as_of=day), as_of=day)
            assert ("learning" in tag(facts, manual=kept_tags(store)).of("rich")) == there
        assert store.view("rich", as_of=DAY).tags["learning"]["provenance"] == "person"


def test_what_the_rules_say_of_everybody_stands_in_the_store(database: dict[str, str]) -> None:
    """Counted by SQL as by the values; a tag keeps its day, one set by hand stays, and chunks touch
    their own clients alone."""
    everybody, bought = sample.clients(60), sample.interactions(60)
    days = ("2025-12-31", "2026-01-31")
    with Store.open(**database) as store:
        store.migrate()
        manual = {
            "client_id": "c00003",
            "tag": "learning",
            "family": "service",
            "provenance": "person",
            "since": AT,
        }
        store.put_rows("tags", [manual])
        before, last = None, None
        for k, day in enumerate(days):
            facts = ClientFacts.of(everybody, as_of=day, purchases=bought.until(day))
            before, last = stage(facts, before=before), tag(facts)
            keep_rules(
                store, last, segments=segment(facts), stages=before, at=AT + timedelta(days=k)
            )
        again = keep_rules(
            store, last, segments=segment(facts), stages=before, at=AT + timedelta(days=9)
        )
        assert again.changed == 0
        rows = {(row["client_id"], row["tag"]): row for row in store.rows("tags")}
        expected = {(i, n) for i in everybody.ids for n in last.of(i)}
        expected |= {
            (i, n) for i, n in zip(everybody.ids, segment(facts).to_frame()["tier"], strict=True)
        }
        expected |= {(i, n) for i, n in zip(everybody.ids, before.to_frame()["stage"], strict=True)}
        assert set(rows) == expected | {("c00003", "learning")}
        assert rows["c00003", "learning"]["provenance"] == "person"
        stages = before.to_frame()
        for name in everybody.ids:
            assert (
                rows[name, stages.loc[name, "stage"]]["since"].date()
                == stages.loc[name, "since"].date()
            )
        earlier = tag(ClientFacts.of(everybody, as_of=days[0], purchases=bought.until(days[0])))
        for name, one in sorted(expected & {(i, n) for i in everybody.ids for n in earlier.of(i)}):
            assert one == "learning" or rows[name, one]["since"] == AT
        chunk = tag(ClientFacts.of(everybody.take(range(3)), as_of=days[1]))
        keep_rules(store, chunk, at=AT + timedelta(days=9))
        assert {key for key in rows if key[0] > "c00002"} == {
            (r["client_id"], r["tag"]) for r in store.rows("tags") if r["client_id"] > "c00002"
        }
        with store.database.read() as connection:
            shown = dict(
                connection.exec_driver_sql(
                    "SELECT tag, clients FROM report_segments WHERE family = 'age'"
                ).fetchall()
            )
        assert shown == {
            name: int(last.has(name).sum()) for name in ("young", "middle_aged", "senior")
        }
