"""Plays, proposals and what is held; patterns against a count by hand."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from advisor import (
    Advisor,
    Client,
    ClientTable,
    Event,
    InputError,
    Interactions,
    Questionnaire,
    StoppedError,
    privacy,
    sample,
)
from advisor.adapters.crm import (
    Action,
    ClientFacts,
    Condition,
    Consent,
    EventPattern,
    Play,
    PlayBook,
    SentAction,
    Store,
    Switch,
    guarded,
    hand_off,
    propose,
    release,
    stage,
)
from advisor.adapters.crm.actions.consent import TEXTS
from advisor.adapters.crm.values import CustomerView
from advisor.engine import states_after
from advisor.lifecycle import ClientStates, review

AT = datetime(2026, 1, 31, 12, tzinfo=UTC)
DAY = "2026-01-31"
VIEWED, BOUGHT = "advisor.product.viewed.v1", "advisor.order.completed.v1"
TEXT = {"en": "Read it.", "zh": "请阅读。"}


def play(name: str = "p", **fields: Any) -> Play:
    return Play(
        **{
            "id": name,
            "names": TEXT,
            "action": "message",
            "purpose": "marketing",
            "cap_days": 14,
            "texts": TEXT,
        }
        | fields
    )


def viewed(client: str, product: str, days: float, kind: str = VIEWED) -> Event:
    data = (
        {"product_id": product}
        if kind == VIEWED
        else {"order_id": "1", "products": [{"product_id": product}]}
    )
    return Event(
        id=f"{client}{product}{days}{kind}",
        source="t",
        type=kind,
        time=AT - timedelta(days=days),
        subject=client,
        data=data,
    )


def people(count: int = 4, **columns: Any) -> ClientFacts:
    columns = columns or {"wealth": [1e5] * count}
    return ClientFacts.from_frame(
        pd.DataFrame(columns, index=[f"c{i:05d}" for i in range(count)]), as_of=DAY
    )


def consents(*purposes: str, clients: int = 4) -> list[Consent]:
    return [
        Consent(client_id=f"c{i:05d}", purpose=p, given=AT - timedelta(days=9))
        for i in range(clients)
        for p in purposes
    ]


HESITATION = next(p for p in PlayBook.default().plays if p.id == "hesitation")


def test_the_play_book_has_what_a_plan_asks_for_and_no_price_in_it(tmp_path: Path) -> None:
    book = PlayBook.default()
    assert [p.id for p in book.plays] == [
        "hesitation",
        "life_event_near",
        "drift_or_red_line",
        "assessment_expiry",
        "churn_risk",
        "win_back",
        "hand_off",
        "portfolio_reminder",
    ]
    assert {p.action for p in book.plays} <= {"message", "call", "review", "hand_off"}
    assert all(any("\u4e00" <= c <= "\u9fff" for c in p.texts["zh"]) for p in book.plays)
    path = tmp_path / "plays.json"
    path.write_text(book.model_dump_json(), encoding="utf-8")
    assert PlayBook.load(path).digest == book.digest


def test_hesitation_is_three_views_in_fourteen_days_and_no_purchase_since() -> None:
    events = [
        *(viewed("c00000", "A", d) for d in (1, 2, 13.9)),  # three in the window
        *(viewed("c00001", "A", d) for d in (1, 2, 14)),  # the third is too old
        # bought since
        *(viewed("c00002", "A", d) for d in (1, 2, 3)), viewed("c00002", "A", 0.5, BOUGHT),
        # bought before
        *(viewed("c00003", "A", d) for d in (1, 2, 3)), viewed("c00003", "A", 20, BOUGHT),
        *(viewed("c00003", "B", d) for d in (1, 2, 3, 4)),
        *(viewed("stranger", "A", d) for d in (1, 2, 3)),
    ]  # fmt: skip
    found = propose(people(), events, [HESITATION], at=AT).to_frame()
    assert list(found.itertuples(index=False, name=None)) == [
        ("hesitation", "c00000", "A", 3),
        ("hesitation", "c00003", "B", 4),
        ("hesitation", "c00003", "A", 3),
    ]
    bought = Interactions.from_frame(
        pd.DataFrame({"client_id": ["c00000"], "product_id": ["A"], "day": ["2026-01-30"]})
    )
    assert "c00000" not in set(
        propose(people(), events, [HESITATION], at=AT, purchases=bought).client_ids
    )


def test_patterns_of_events_without_products_count_by_client() -> None:
    life = [
        Event(
            id=str(k),
            source="t",
            type="advisor.life.changed.v1",
            time=AT - timedelta(days=k),
            subject="c00001",
            data={"kind": "move"},
        )
        for k in range(3)
    ]
    two = play(pattern=EventPattern(type="advisor.life.changed.v1", at_least=2, days=2))
    assert propose(people(), life, [two], at=AT).to_frame().to_numpy().tolist()[0][::3] == ["p", 2]
    assert (
        len(
            propose(
                people(),
                life,
                [two.model_copy(update={"pattern": EventPattern(type=VIEWED, days=9)})],
                at=AT,
            )
        )
        == 0
    )
    assert len(propose(people(), None, [two], at=AT)) == 0


def test_conditions_reviews_and_stages_must_all_be_so() -> None:
    facts = people(
        4,
        wealth=[2e6, 2e6, 5.0, 2e6],
        months_since_trade=[3.0, 3.0, 3.0, 0.0],
        trades=[1.0] * 4,
        tenure_months=[30.0] * 4,
    )
    before = ClientFacts.from_frame(
        facts.to_frame().assign(months_since_trade=0.0), as_of="2026-01-01"
    )
    stages = stage(facts, before=stage(before))
    drift = review(
        ClientStates(("c00003", "c00002", "c00000"), drift=np.array([0.9, 0.9, 0.9])), as_of=DAY
    )
    rich = ((Condition(fact="wealth", low=1e6),),)
    both = play("both", any_of=rich, stages=("churned",), reviews=("drift", "level_changed"))
    alone = play("alone", stages=("churned",))
    found = propose(facts, None, [both, alone], at=AT, stages=stages, reviews=drift)
    assert found.to_frame()["play"].value_counts().to_dict() == {"both": 1, "alone": 3}
    assert found[len(found) - 1].client_id == "c00000"
    assert len(propose(facts, None, [both, alone], at=AT)) == 0


def test_what_a_review_finds_becomes_an_action(advisor: Advisor) -> None:
    """Clients who never followed their advice hold cash alone, and have drifted from it."""
    table = sample.clients(20)
    batch = advisor.advise_table(table, as_of=DAY)
    states = states_after(
        batch, pd.DataFrame({"client_id": [], "product_id": [], "money": []})
    ).states
    found = review(states, as_of=DAY)
    actions = propose(
        ClientFacts.of(table, as_of=DAY), None, PlayBook.default(), at=AT, reviews=found
    )
    due = {
        name
        for name, hit in zip(
            found.client_ids,
            found.has("drift") | found.has("stress_loss_above_tolerance"),
            strict=True,
        )
        if hit
    }
    assert due
    assert set(actions.to_frame().query("play == 'drift_or_red_line'")["client_id"]) == due
    assert actions[0].play == "drift_or_red_line"


def test_a_play_without_a_pattern_names_the_first_product_of_a_ranking(advisor: Advisor) -> None:
    table = sample.clients(4)
    ranking = advisor.recommender.rank(table.ids, 2)
    named = play(any_of=((Condition(fact="wealth", low=0.0),),), names_product=True)
    found = propose(people(), None, [named], at=AT, ranking=ranking)
    assert found.product_ids.tolist() == [ranking.products[code] for code in ranking.codes[:, 0]]
    assert len(propose(people(), None, [named], at=AT)) == 0


def test_proposals_do_not_depend_on_the_order_of_anything(advisor: Advisor) -> None:
    table, events = (
        sample.clients(40),
        [viewed(f"c{i:05d}", f"P{1 + i % 7:03d}", d) for i in range(40) for d in (1, 2, 3)],
    )
    facts = ClientFacts.of(table, as_of=DAY, purchases=sample.interactions(40), events=events)
    other = ClientFacts.of(
        table.take(np.arange(40)[::-1]),
        as_of=DAY,
        purchases=sample.interactions(40),
        events=events[::-1],
    )
    first = propose(facts, events, PlayBook.default(), at=AT)
    second = propose(other, events[::-1], PlayBook.default().plays[::-1], at=AT)
    pd.testing.assert_frame_equal(first.to_frame(), second.to_frame())
    parts = [
        propose(
            ClientFacts.of(t, as_of=DAY, purchases=sample.interactions(40), events=events),
            events,
            PlayBook.default(),
            at=AT,
        )
        for t in table.chunks(7)
    ]
    assert Counter(a.id for a in first) == Counter(a.id for part in parts for a in part)
    kinds = {
        (a.id, a.client_id)
        for a in release(
            list(first)[::-1],
            advisor,
            table,
            consents=consents("marketing", "service", "advice", clients=40),
            sent=[],
            at=AT,
        ).send
    }
    assert kinds == {
        (a.id, a.client_id)
        for a in release(
            first,
            advisor,
            table,
            consents=consents("marketing", "service", "advice", clients=40)[::-1],
            sent=[],
            at=AT,
        ).send
    }


def simple(**fields: Any) -> Action:
    return Action(
        **{
            "id": "a1",
            "client_id": "c00000",
            "play": "p",
            "action": "message",
            "purpose": "marketing",
            "cap": 1,
            "cap_days": 14,
            "priority": 1,
            "names_product": False,
            "proposed_at": AT - timedelta(days=1),
        }
        | fields
    )


def codes(
    advisor: Any,
    actions: list[Action],
    *,
    table: ClientTable | None = None,
    agreed: list[Consent] | None = None,
    sent: tuple[SentAction, ...] = (),
) -> list[str]:
    found = release(
        actions,
        advisor,
        table or sample.clients(4),
        consents=consents("marketing") if agreed is None else agreed,
        sent=sent,
        at=AT,
    )
    assert all(h.why for h in found.held)
    assert len(found.send) + len(found.held) == len(actions)
    return ["sent" for _ in found.send] + [h.code for h in found.held]


def test_each_held_action_says_why(advisor: Advisor) -> None:
    product = advisor.catalogue.products[0].id
    assert codes(advisor, [simple()]) == ["sent"]
    assert codes(advisor, [simple(product_id=product)]) == ["sent"]
    assert codes(advisor, [simple(proposed_at=AT + timedelta(seconds=1))]) == ["later"]
    assert codes(advisor, [simple(client_id="nobody")]) == ["unknown_client"]
    assert codes(advisor, [simple(purpose="advice")]) == ["no_consent"]
    assert codes(advisor, [simple(names_product=True)]) == ["no_product"]
    assert codes(advisor, [simple(product_id="X")]) == ["unknown_product"]
    assert codes(advisor, [simple(), simple()]) == ["sent", "repeated"]
    assert codes(advisor, [simple(), simple(id="a2")]) == ["sent", "capped"]
    bad = ClientTable.from_frame(
        pd.DataFrame({"id": ["c00000"], "wealth": [-1.0], "horizon_years": [1.0]})
    )
    assert codes(advisor, [simple()], table=bad) == ["bad_client"]
    assert codes(advisor, []) == []
    assert set(TEXTS) >= {"stopped", "closed_product", "unsuitable", "unjudged"}


def test_a_cap_counts_what_was_sent_within_its_days(advisor: Advisor) -> None:
    def sent(days: float, **fields: Any) -> tuple[SentAction, ...]:
        return (
            SentAction(
                **{"client_id": "c00000", "play": "p", "at": AT - timedelta(days=days)} | fields
            ),
        )

    assert codes(advisor, [simple()], sent=sent(13.9)) == ["capped"]
    assert codes(advisor, [simple()], sent=sent(14)) == ["sent"]
    assert codes(advisor, [simple()], sent=sent(1, play="q")) == ["sent"]
    assert codes(advisor, [simple()], sent=sent(1, client_id="c00001")) == ["sent"]
    assert codes(advisor, [simple()], sent=sent(-3)) == [
        "capped"
    ]  # a clock that runs ahead sends nothing twice
    assert codes(advisor, [simple(cap=2)], sent=sent(1)) == ["sent"]
    assert codes(advisor, [simple(cap=9)], sent=sent(99, action_id="a1")) == ["repeated"]


def test_a_consent_stands_from_when_it_was_given_until_it_is_withdrawn(advisor: Advisor) -> None:
    def agreed(given: float, withdrawn: float | None = None) -> Consent:
        gone = None if withdrawn is None else AT - timedelta(days=withdrawn)
        return Consent(
            client_id="c00000",
            purpose="marketing",
            given=AT - timedelta(days=given),
            withdrawn=gone,
        )

    for held, found in (
        ([], "no_consent"),
        ([agreed(5)], "sent"),
        ([agreed(0)], "sent"),
        ([agreed(-1)], "no_consent"),
        ([agreed(5, 0)], "no_consent"),
        ([agreed(5, -1)], "sent"),
        ([agreed(9), agreed(5, 2)], "no_consent"),  # given again, and withdrawn then
        ([agreed(9, 7), agreed(5)], "sent"),
    ):
        assert codes(advisor, [simple()], agreed=held) == [found], held
        assert codes(advisor, [simple()], agreed=held[::-1]) == [found], held


def test_nothing_goes_out_while_advice_is_stopped(advisor: Advisor, tmp_path: Path) -> None:
    class Stops:
        def __getattr__(self, name: str) -> Any:
            return getattr(advisor, name)

        def advise_table(self, *_: object, **__: object) -> None:
            raise StoppedError("Advice is stopped since noon: a wrong price.")

    with Store.open(f"sqlite:///{tmp_path}/bank.db") as store:
        store.migrate()
        switch = Switch(store)
        behind = guarded(advisor, switch)
        assert codes(behind, [simple()]) == ["sent"]
        switch.stop("a wrong price", "ann")
        for one in (Stops(), behind):
            found = release(
                [simple()], one, sample.clients(4), consents=consents("marketing"), sent=[], at=AT
            )
            assert [h.code for h in found.held] == ["stopped"]
            assert "a wrong price" in found.held[0].why
        switch.go("mended", "ann")
        assert codes(behind, [simple()]) == ["sent"]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (play, "no trigger"),
        (lambda: play(reviews=("tea",)), "tea"),
        (lambda: play(stages=("x",), cap=0), "cap"),
        (lambda: play(stages=("x",), cap_days=-1), "cap_days"),
        (lambda: play(stages=("x",), action="bonus_rate"), "action"),
        (lambda: play(stages=("x",), texts={"en": "x"}), "zh"),
        (lambda: EventPattern(type="advisor.tea.v1", days=1), "no event type"),
        (lambda: EventPattern(type=VIEWED, days=1, at_least=-3), "at_least"),
        (lambda: propose(people(), None, [HESITATION, HESITATION], at=AT), "twice"),
        (lambda: propose(people(), None, "hesitation", at=AT), "plays"),
        (lambda: propose(people(), None, PlayBook.default(), at=AT.replace(tzinfo=None)),
        "time zone"),
        (lambda: propose(people(), None, PlayBook.default(), at=AT - timedelta(days=9)), "after"),
        (lambda: propose(people(), [viewed("c00000", "A", -1)], PlayBook.default(), at=AT),
        r"events\.until"),
        (lambda: propose(people(), None, [play(stages=("asleep",))], at=AT, stages=stage(people(1,
        trades=[1.0]))), "asleep"),
        (lambda: Consent(client_id="a", purpose="p", given=AT, withdrawn=AT - timedelta(days=1)),
        "before it was given"),
        (lambda: PlayBook.model_validate({**json.loads(PlayBook.default().model_dump_json()),
        "plays": []}), "plays"),
        (lambda: release(["x"], None, sample.clients(1), consents=[], sent=[], at=AT), "actions"),
        (lambda: release([], None, sample.clients(1), consents=["x"], sent=[], at=AT), "consents"),
        (lambda: release([], None, sample.clients(1), consents=[], sent=["x"], at=AT), "sent"),
    ],
)  # fmt: skip
def test_what_plays_and_releases_refuse(make: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        make()


def test_an_adviser_gets_view_advice_and_what_is_open(advisor: Advisor) -> None:
    client = sample.client()
    view = CustomerView(client, None, {}, None, None, None, None, {}, (), (), ("adviser-7",), None)
    held = release(
        [simple(client_id=client.id)],
        advisor,
        ClientTable.from_clients([client]),
        consents=[],
        sent=[],
        at=AT,
    ).held
    given = hand_off(
        view, advisor, as_of=DAY, actions=[simple(client_id=client.id), simple()], held=held
    )
    assert given.advice is not None
    assert given.advice == advisor.advise(client, as_of=DAY)
    assert given.questions == ("To do: p.", "Held: p. No consent to marketing stands.")
    first = Questionnaire.default().questions[0]
    lacking = client.model_copy(
        update={"answers": {k: v for k, v in client.answers.items() if k != first.id}}
    )
    questions = hand_off(
        CustomerView(lacking, None, {}, None, None, None, None, {}, (), (), (), None),
        advisor,
        as_of=DAY,
    ).questions
    assert questions[0] == f"Not answered: {first.text}"
    assert any("adviser" in text for text in questions)


def test_a_client_is_not_shown_by_what_is_printed(advisor: Advisor) -> None:
    found = release(
        [simple(client_id="secret-7")], advisor, sample.clients(2), consents=[], sent=[], at=AT
    )
    with privacy.mask():
        assert (
            "secret-7" not in f"{found!r} {found.held[0]!r} {simple(client_id='secret-7')!r}"
            f" {found.held[0].why}"
        )
    assert date.fromisoformat(DAY) == AT.date()
    assert isinstance(sample.client(), Client)
