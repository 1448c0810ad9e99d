"""One questionnaire over several channels: versions, hand-over, the rules on assessments, and what
journeys say of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier
from typing import Any

import pytest

from advisor import AnswerSheet, Client, InputError, Questionnaire, privacy
from advisor.adapters.channels.journeys import DEFINITIONS, STEPS, journeys
from advisor.adapters.channels.sessions import Sessions
from advisor.adapters.crm.store import Store
from advisor.contracts import Event

ASKED = Questionnaire.default()
NOON = datetime(2026, 6, 30, 12, tzinfo=UTC)
BASE = Client(id="c", wealth=1e5, horizon_years=9, age=40)


class Clock:
    """A clock that the test sets; no two looks at it are the same moment."""

    def __init__(self) -> None:
        self.now, self.looks = NOON, 0

    def __call__(self) -> datetime:
        self.looks += 1
        return self.now + timedelta(microseconds=self.looks)


@pytest.fixture
def store(database: dict[str, str]) -> Iterator[Store]:
    with Store.open(**database) as opened:
        opened.migrate()
        yield opened


def full(sheet: AnswerSheet, place: int) -> AnswerSheet:
    """The sheet with an answer to every question, at this place of its options (cut to the
    last)."""
    for question in sheet.questionnaire.questions:
        sheet = sheet.answer(
            question.id, question.options[min(place, len(question.options) - 1)].id
        )
    return sheet


def assess(sessions: Sessions, place: int, *, confirmed: bool = False) -> Client:
    session = sessions.open(BASE, channel="page")
    session = sessions.save(session.id, full(session.sheet, place), session.version, "page")
    return sessions.finish(session.id, channel="page", confirmed=confirmed)


def test_begun_on_the_page_gone_on_with_in_a_chat_and_finished_over_http(store: Store) -> None:
    clock = Clock()
    sessions = Sessions(store, now=clock)
    session = sessions.open(BASE, channel="page")
    first, second = ASKED.questions[0], ASKED.questions[1]
    sheet = session.sheet.answer(first.id, "a")
    session = sessions.save(session.id, sheet, 1, "page")
    clock.now += timedelta(minutes=5)
    other = Sessions(store, now=clock)  # another process
    there = other.load(session.id)
    assert (there.version, there.sheet.answers, there.sheet.next) == (2, {first.id: "a"}, second)
    there = other.save(session.id, full(there.sheet, 2).answer(first.id, "a"), 2, "chat")
    with pytest.raises(InputError, match="version 3") as refused:
        sessions.save(session.id, sheet, 2, "page")
    assert refused.value.field == "version"
    clock.now += timedelta(minutes=5)
    client = sessions.finish(session.id, channel="http")
    assert client.answers == there.sheet.answers
    assert client.assessed_on == NOON.date()
    assert sessions.finish(session.id, channel="http") == client
    assert store.clients(ids=["c"]).client(0).answers == client.answers
    report = journeys(store.events())
    assert (report.sessions, report.changed, report.handover) == (1, 1, 1.0)
    assert report.minutes == pytest.approx((10.0, 10.0), abs=1e-4)
    assert report.funnel == {"http": (1.0,) * len(STEPS)}


def test_two_at_once_one_wins(store: Store) -> None:
    sessions = Sessions(store, now=Clock())
    session = sessions.open(BASE, channel="page")
    sheets = [session.sheet.answer(ASKED.questions[0].id, option) for option in "ab"]

    def save(sheet: AnswerSheet) -> str:
        try:
            return str(sessions.save(session.id, sheet, session.version, "page").version)
        except InputError as error:
            return error.field or ""

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(save, sheets)) == ["2", "version"]


def test_the_rules_hold_for_sessions_that_end_at_once(store: Store) -> None:
    """Six of one client, by six processes' worth of sessions: two are assessments; and one session
    that is finished six times, as by a button pressed again, is one, and every press is answered.
    """
    desks = [Sessions(store) for _ in range(6)]
    together = Barrier(6)

    def finish(pair: tuple[Sessions, str]) -> str:
        together.wait()
        try:
            return pair[0].finish(pair[1], channel="page").id
        except InputError as error:
            return error.field or ""

    def opened(name: str) -> str:
        session = desks[0].open(BASE.model_copy(update={"id": name}), channel="page")
        sheet = full(session.sheet, 1)
        return desks[0].save(session.id, sheet, session.version, "page").id

    with ThreadPoolExecutor(6) as pool:
        for name in ("a", "b", "c"):
            several = [opened(name) for _ in desks]
            ended = Counter(pool.map(finish, zip(desks, several, strict=True)))
            assert ended == {name: 2, "assessments": 4}
            assert len(store.history(ids=[name])) == 2
        one = opened("d")
        assert set(pool.map(finish, zip(desks, [one] * 6, strict=True))) == {"d"}
    assert len(store.history(ids=["d"])) == 1


def test_rules_on_assessments_are_kept_at_the_end(store: Store) -> None:
    clock = Clock()
    sessions = Sessions(store, now=clock)
    low = assess(sessions, 1)
    level = store.history(ids=["c"]).level.tolist()
    with pytest.raises(InputError, match="must be confirmed") as refused:
        assess(sessions, 9)
    assert refused.value.field == "confirmed"
    assess(sessions, 9, confirmed=True)
    assert (
        store.history(ids=["c"]).level.tolist()[0]
        == level[0]
        < store.history(ids=["c"]).level.tolist()[1]
    )
    with pytest.raises(InputError, match="twice on this day") as often:
        assess(sessions, 1)
    assert often.value.field == "assessments"
    for day in range(1, 7):
        clock.now = NOON + timedelta(days=day)
        assess(sessions, 1)
    clock.now = NOON + timedelta(days=8)
    with pytest.raises(InputError, match="eight times"):
        assess(sessions, 1)
    clock.now = NOON + timedelta(days=366)
    assert assess(sessions, 1).answers == low.answers


def test_an_unfinished_an_unknown_and_an_expired_session_are_refused(store: Store) -> None:
    clock = Clock()
    sessions = Sessions(store, days=2.0, now=clock)
    session = sessions.open(BASE, channel="page")
    with pytest.raises(InputError, match="not answered"):
        sessions.finish(session.id, channel="page")
    own = ASKED.model_copy(update={"id": "own"})
    with pytest.raises(InputError, match="another questionnaire"):
        sessions.save(session.id, AnswerSheet(questionnaire=own), 1, "page")
    for name in ("nothing", "", "\u4e00"):
        with pytest.raises(InputError, match="no such session"):
            sessions.load(name)
    clock.now += timedelta(days=2)
    with pytest.raises(InputError, match="expired"):
        sessions.load(session.id)
    with privacy.mask():
        assert session.id not in repr(session)


def event(
    name: str, step: str, minute: int, channel: str, answered: int = 0, again: int = 0
) -> Event:
    data = {
        "session": name,
        "channel": channel,
        "answered": answered,
        "questions": 8,
        "asked_again": again,
    }
    return Event(
        id=f"{name}{minute}",
        source="s",
        type=f"advisor.session.{step}.v1",
        time=NOON + timedelta(minutes=minute),
        subject=name,
        data=data,
    )


def shown(client: str, channel: str) -> Event:
    return Event(
        id=f"{client}{channel}",
        source="a",
        type="advisor.advice.shown.v1",
        time=NOON,
        subject=client,
        data={"channel": channel},
    )


def test_journeys_count_as_they_say() -> None:
    """By hand: a goes smoothly from page to chat, b is asked again, c stays and is lost, d only
    opened."""
    events: list[Any] = [
        event("a", "opened", 0, "page"), event("a", "answered", 1, "page", 4), event("a",
        "answered", 3, "chat", 8), event("a", "finished", 4, "chat", 8),
        event("b", "opened", 0, "page"), event("b", "answered", 2, "chat", 3, again=1), event("b",
        "finished", 20, "chat", 8),
        event("c", "opened", 0, "page"), event("c", "answered", 9, "page", 4),
        event("d", "opened", 5, "page"),
        shown("a", "chat"), shown("b", "branch"), shown("b", "page"), shown("e", "branch"),
    ]  # fmt: skip
    report = journeys(events)
    assert (report.coverage, report.handover) == (2 / 3, 1 / 2)
    assert report.funnel["page"] == (1.0, 0.5, 0.5, 0.0, 0.0, 0.0)
    assert report.funnel["chat"] == (1.0,) * 6
    assert report.minutes == (12.0, 20.0)
    assert journeys([*reversed(events), *events]) == report
    assert all(text in str(report) for text in DEFINITIONS.values())
    assert journeys([]).coverage is None
    assert journeys([], digital=()).handover is None


def test_a_rise_is_told_by_the_questionnaire_that_was_asked(store: Store) -> None:
    clock = Clock()
    old, new = Sessions(store, Questionnaire.mifid(), now=clock), Sessions(store, now=clock)
    assess(new, 0)
    session = old.open(BASE, channel="page")
    session = old.save(session.id, full(session.sheet, 2), 1, "page")
    loaded = new.load(session.id)
    assert loaded.sheet.questionnaire.id == "mifid"
    rise = new.rise(loaded.sheet, loaded.base)
    new.finish(session.id, channel="mcp", confirmed=True)
    standing = store.history(ids=[BASE.id]).standing([BASE.id], NOON.date() + timedelta(days=1))
    assert rise is not None
    assert rise[1] == standing[0]
    assert new.rise(session.sheet.model_copy(update={"answers": {}}), BASE) is None
