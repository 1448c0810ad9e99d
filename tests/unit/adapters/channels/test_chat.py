"""The chat as its clients meet it: the SDK's own client, in process, over HTTP and over standard
input and output."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
import uvicorn
from mcp.client import Client as ChatClient
from mcp.client.stdio import StdioServerParameters
from mcp.shared.exceptions import MCPError
from mcp.types import ElicitResult

import stack
from advisor import Advice, Advisor, AnswerSheet, Client
from advisor.adapters.channels.mcp import chat
from advisor.adapters.channels.mcp.forms import WITHHELD, client_schema
from advisor.adapters.channels.tenant import Tenant
from advisor.adapters.crm import Store

LI = {"id": "li", "wealth": 250_000, "horizon_years": 12, "age": 41}
Conversed = Callable[[ChatClient], Awaitable[Any]]


@pytest.fixture
def tenant(advisor: Advisor, tmp_path: Path) -> Iterator[Tenant]:
    store = Store.open(f"sqlite:///{tmp_path}/chat.db")
    store.migrate()
    made = Tenant(advisor, store)
    yield made
    made.close()


@pytest.fixture(params=["2026-07-28", "legacy"])
def mode(request: pytest.FixtureRequest) -> str:
    return request.param


class Person:
    """Whoever sits before the chat: answers by a place from 0 to 1, or declines; remembers what
    they were asked."""

    def __init__(
        self,
        place: float = 0.6,
        *,
        action: str = "accept",
        agrees: bool = True,
        odd: str | None = None,
    ) -> None:
        self.place, self.action, self.agrees, self.odd = place, action, agrees, odd
        self.asked: list[Any] = []

    async def __call__(self, context: Any, params: Any) -> ElicitResult:
        self.asked.append(params)
        fields = params.requested_schema["properties"]
        if "agreed" in fields:
            return ElicitResult(action="accept", content={"agreed": self.agrees})
        return ElicitResult(
            action=self.action, content=self.answers(fields) if self.action == "accept" else None
        )

    def answers(self, fields: dict[str, Any]) -> dict[str, Any]:
        options = {
            name: [option["const"] for option in field["oneOf"]] for name, field in fields.items()
        }
        chosen = {
            name: ids[min(int(self.place * len(ids)), len(ids) - 1)]
            for name, ids in options.items()
        }
        return chosen if self.odd is None else chosen | {next(iter(chosen)): self.odd}


def talk(
    tenant: Tenant, person: Any, said: Conversed, *, mode: str = "auto", **settings: Any
) -> Any:
    async def run() -> Any:
        async with ChatClient(
            chat(tenant, **settings), mode=mode, elicitation_callback=person
        ) as client:
            return await said(client)

    return asyncio.run(run())


def call(
    tenant: Tenant,
    person: Any,
    tool: str,
    *,
    mode: str = "auto",
    supplied: bool = False,
    **arguments: Any,
) -> Any:
    return talk(
        tenant,
        person,
        lambda client: client.call_tool(tool, arguments),
        mode=mode,
        supplied=supplied,
    )


def text_of(result: Any) -> str:
    return "\n".join(block.text for block in result.content)


def records(tenant: Tenant) -> int:
    return len(list(tenant.ledger.records()))


def test_a_client_is_asked_and_advised(tenant: Tenant, advisor: Advisor, mode: str) -> None:
    person = Person()
    found = call(tenant, person, "advise", mode=mode, client=LI, language="zh", picks=3)
    assert not found.is_error
    shown = found.structured_content
    assert len(person.asked) == 1
    asked = advisor.state.questionnaire
    fields = person.asked[0].requested_schema["properties"]
    assert list(fields) == [question.id for question in asked.questions]
    for question in asked.questions:
        assert fields[question.id]["title"] == question.text_in("zh")
        assert fields[question.id]["oneOf"] == [
            {"const": o.id, "title": o.text_in("zh")} for o in question.options
        ]
    client = Client(**LI, answers=person.answers(fields), assessed_on=datetime.now(UTC).date())
    expected = advisor.advise(client, picks=3)
    assert Advice.model_validate(shown["advice"]) == expected
    assert json.loads(expected.model_dump_json()) == json.loads(json.dumps(shown["advice"]))
    assert "风险等级" in text_of(found)
    assert "weights" not in text_of(found)  # not the JSON twice
    assert records(tenant) == 1
    assert tenant.store.view("li").advised["status"] == "ok"
    assert [event.type for event in tenant.store.events(client_id="li")][
        -1
    ] == "advisor.advice.shown.v1"


@pytest.mark.parametrize("action", ["decline", "cancel"])
@pytest.mark.parametrize("tool", ["advise", "profile", "continue_session"])
def test_who_declines_is_not_assessed(tenant: Tenant, mode: str, tool: str, action: str) -> None:
    found = call(tenant, Person(action=action), tool, mode=mode, client=LI)
    assert not found.is_error
    assert text_of(found).startswith("Not assessed")
    assert "advice" not in found.structured_content
    assert "profile" not in found.structured_content
    assert records(tenant) == 0


def test_without_forms_nobody_is_advised(tenant: Tenant) -> None:
    async def said(client: ChatClient) -> None:
        with pytest.raises(MCPError, match="elicitation"):
            await client.call_tool("advise", {"client": LI})

    talk(tenant, None, said)
    assert records(tenant) == 0


@pytest.mark.parametrize("name", WITHHELD)
def test_an_assistant_tells_no_answer_and_no_assessment(tenant: Tenant, name: str) -> None:
    value = getattr(Client(**LI), name)
    stated = {
        "answers": {"tolerance_fall": "d"},
        "level": 5,
        "knowledge": 90,
        "assessed_on": "2026-01-01",
    }.get(name, value)
    person = Person()
    found = call(
        tenant,
        person,
        "advise",
        client={**LI, name: list(stated) if isinstance(stated, frozenset) else stated},
    )
    assert found.is_error
    assert f"client.{name} cannot be told by an assistant" in text_of(found)
    assert person.asked == []
    assert name not in json.dumps(client_schema(supplied=False)["properties"])
    assert "$ref" not in json.dumps(client_schema(supplied=True))


def test_every_fact_that_raises_risk_is_the_clients_own() -> None:
    """What is left to tell are circumstances; whoever adds a field decides where it belongs."""
    stated = set(Client.model_fields) - set(WITHHELD)
    assert stated == {
        "id", "wealth", "horizon_years", "age", "holdings", "excluded", "goals", "income",
        "liabilities", "monthly_spending", "reserve_months",
        "planned_purchases", "legal_capacity", "locked", "currency", "gender", "segment",
        "sustainability",
    }  # fmt: skip


def test_a_host_may_switch_on_supplied_answers(tenant: Tenant, advisor: Advisor) -> None:
    person = Person()
    every = {q.id: q.options[0].id for q in advisor.state.questionnaire.questions}
    found = call(tenant, person, "advise", supplied=True, client={**LI, "answers": every})
    assert not found.is_error
    assert person.asked == []
    some = dict(list(every.items())[:5])
    call(tenant, person, "profile", supplied=True, client={**LI, "id": "wu", "answers": some})
    assert len(person.asked[0].requested_schema["properties"]) == len(every) - 5


def test_a_session_of_another_channel_goes_on(tenant: Tenant, mode: str) -> None:
    session = tenant.sessions.open(Client(**LI), channel="page")
    sheet = session.sheet.answer("background_work", "a").answer("tolerance_fall", "b")
    tenant.sessions.save(session.id, sheet, session.version, "page")
    person = Person()
    found = call(tenant, person, "continue_session", mode=mode, session=session.id)
    fields = person.asked[0].requested_schema["properties"]
    assert "background_work" not in fields
    assert "tolerance_fall" not in fields
    assert found.structured_content["progress"] == 1.0
    after = tenant.sessions.load(session.id)
    assert after.channels == ("page", "mcp")
    assert after.sheet.answers["tolerance_fall"] == "b"
    found = call(tenant, person, "advise", mode=mode, session=session.id)
    assert len(person.asked) == 1
    assert found.structured_content["session"] == session.id
    assert tenant.sessions.load(session.id).state == "finished"


def test_a_higher_level_is_agreed_to_by_the_client(tenant: Tenant, mode: str) -> None:
    low = call(tenant, Person(0.3), "advise", mode=mode, client=LI).structured_content["advice"][
        "level"
    ]
    unwilling = Person(0.95, agrees=False)
    found = call(tenant, unwilling, "advise", mode=mode, client=LI, language="en")
    assert len(unwilling.asked) == 2
    assert unwilling.asked[1].message.startswith(
        f"With these answers your risk level rises from C{low} to C"
    )
    assert found.structured_content["status"] == "not_assessed"
    assert records(tenant) == 1
    willing = Person()
    found = call(tenant, willing, "advise", mode=mode, session=found.structured_content["session"])
    assert len(willing.asked) == 1  # the answers are kept; only the level is asked
    assert found.structured_content["advice"]["level"] > low
    assert tenant.store.view("li").profile["confirmed"] is True
    third = call(tenant, Person(0.3), "advise", mode=mode, client=LI)
    assert third.is_error
    assert "Art. 29" in text_of(third)  # twice a day is as often as rules allow


def test_an_expired_assessment_and_a_stopped_advisor(tenant: Tenant, mode: str) -> None:
    session = call(tenant, Person(), "advise", mode=mode, client=LI).structured_content["session"]
    later = str(datetime.now(UTC).date() + timedelta(days=800))
    found = call(tenant, Person(), "advise", mode=mode, session=session, as_of=later)
    assert found.structured_content["advice"]["status"] == "assessment_expired"
    assert found.structured_content["advice"]["orders"] == []
    assert (
        call(tenant, Person(), "review_holdings", session=session, as_of=later).structured_content[
            "status"
        ]
        == "assessment_expired"
    )
    kept = records(tenant)
    tenant.switch.stop("prices are wrong", "ops")
    for tool in ("advise", "review_holdings", "explain"):
        found = call(tenant, Person(), tool, mode=mode, session=session)
        assert found.is_error
        assert "prices are wrong" in text_of(found)
    assert call(tenant, Person(), "advise", mode=mode, client={**LI, "id": "wu"}).is_error
    assert records(tenant) == kept
    tenant.switch.go("prices are right", "ops")
    assert not call(tenant, Person(), "advise", mode=mode, session=session).is_error


def test_explanations_and_reviews(tenant: Tenant, advisor: Advisor) -> None:
    held = {"cash": 10_000.0, "P005": 20_000.0}
    session = call(tenant, Person(), "advise", client={**LI, "holdings": held}).structured_content[
        "session"
    ]
    client = AnswerSheet.model_validate(tenant.sessions.load(session).sheet).client(
        tenant.sessions.load(session).base
    )
    report = advisor.report(client, language="en")
    found = call(tenant, Person(), "explain", session=session, language="en")
    assert text_of(found) == "\n".join(reason.text for reason in report.omissions)
    verdict = call(tenant, Person(), "explain", session=session, product="P007").structured_content
    assert verdict["decision"] == "refuse"
    assert (
        verdict["rules"][0]["article"] == advisor.state.regime.pack.by_id["nfra.12.level"].article
    )
    review = call(tenant, Person(), "review_holdings", session=session).structured_content
    money = {line["asset"]: line["money"] for line in review["lines"]}
    assert money["cash"] == 10_000.0
    assert money[advisor.state.catalogue.products[4].asset] == 20_000.0
    assert {
        line["asset"]: line["target"] for line in review["lines"] if line["target"]
    } == pytest.approx(report.advice.weights)


WRONG: list[dict[str, Any]] = [
    {},
    {"client": LI, "session": "x"},
    {"client": "li"},
    {"client": [1]},
    {"client": {"id": "li"}},
    {"client": {**LI, "wealth": "much"}},
    {"client": {**LI, "walth": 1}},
    {"client": {**LI, "id": "\x00"}},
    {"session": "nothing"},
    {"session": 3},
    {"session": {"id": "x"}},
    {"client": LI, "language": "xx"},
    {"client": LI, "language": ["zh"]},
    {"client": LI, "as_of": "soon"},
    {"client": LI, "as_of": 20260101},
    {"client": LI, "picks": -1},
    {"client": LI, "picks": "many"},
    {"client": {**LI, "holdings": {"nothing": 5.0}}},
    {"session": "\0"},
]


@pytest.mark.parametrize("arguments", WRONG, ids=str)
def test_wrong_arguments_are_a_sentence_of_ours(tenant: Tenant, arguments: dict[str, Any]) -> None:
    found = call(tenant, Person(), "advise", **arguments)
    assert found.is_error
    said = text_of(found)
    assert said.startswith("Error executing tool advise: ")
    assert len(said) > 40  # a crash has no text of its own
    assert "pydantic" not in said
    assert records(tenant) == 0
    assert not len(tenant.store.history()), "what was refused is no assessment"


def test_an_answer_that_was_not_offered(tenant: Tenant, mode: str) -> None:
    found = call(tenant, Person(odd="z"), "advise", mode=mode, client=LI)
    assert found.is_error
    assert "has no option" in text_of(found)


def test_texts(tenant: Tenant) -> None:
    async def said(client: ChatClient) -> Any:
        tools = (await client.list_tools()).tools
        rules = (await client.read_resource("advisor://rules/nfra")).contents[0].text
        asked = (await client.read_resource("advisor://questionnaires/mifid/en")).contents[0].text
        prompt = (
            (await client.get_prompt("assessment", {"language": "zh"})).messages[0].content.text
        )
        return (
            tools,
            json.loads(rules),
            asked,
            prompt,
            await client.call_tool("questionnaire", {"language": "zh"}),
        )

    tools, rules, asked, prompt, questions = talk(tenant, Person(), said)
    assert {tool.name for tool in tools} == {
        "questionnaire",
        "profile",
        "advise",
        "explain",
        "review_holdings",
        "continue_session",
    }
    shown = {tool.name: set(tool.input_schema["properties"]) for tool in tools}
    assert shown["advise"] == {"client", "session", "as_of", "picks", "language"}
    assert rules["id"] == "nfra"
    assert asked.startswith(tenant.sessions.questionnaire.mifid().title_in("en"))
    assert "never answer for them" in prompt
    assert len(questions.structured_content["questions"]) == 18


def test_a_call_costs_little_beside_the_advice(tenant: Tenant) -> None:
    session = call(tenant, Person(), "advise", client=LI).structured_content["session"]
    client = tenant.sessions.load(session).sheet.client(tenant.sessions.load(session).base)

    async def said(chatting: ChatClient) -> list[float]:
        taken = []
        for _ in range(12):
            start = time.process_time()
            await chatting.call_tool("advise", {"session": session})
            middle = time.process_time()
            tenant.advise(client, channel="mcp")
            taken.append(2.0 * middle - start - time.process_time())
        return sorted(taken)

    assert talk(tenant, Person(), said)[5] <= 0.015


@contextlib.contextmanager
def served(tenant: Tenant) -> Iterator[str]:
    port = stack.free_port()
    server = uvicorn.Server(
        uvicorn.Config(
            chat(tenant).streamable_http_app(),
            host="127.0.0.1",
            port=port,
            log_level="warning",
            ws="none",
        )
    )
    thread = Thread(target=server.run, daemon=True)
    thread.start()
    try:
        while not server.started:
            time.sleep(0.02)
        yield f"http://127.0.0.1:{port}/mcp"
    finally:
        server.should_exit = True
        thread.join(timeout=20)


def test_over_http(tenant: Tenant, mode: str) -> None:
    async def run(address: str) -> Any:
        async with ChatClient(address, mode=mode, elicitation_callback=Person()) as client:
            return await client.call_tool("advise", {"client": LI})

    with served(tenant) as address:
        found = asyncio.run(run(address))
    assert found.structured_content["advice"]["status"] == "ok"
    assert records(tenant) == 1


def test_over_standard_input_and_output(tmp_path: Path) -> None:
    """As the example of `advisor mcp` says."""
    command = ["-m", "advisor.adapters.channels.cli", "mcp", "--demo"]
    place = StdioServerParameters(
        command=sys.executable, args=command, cwd=tmp_path, env=dict(os.environ)
    )

    async def run() -> Any:
        async with ChatClient(place, elicitation_callback=Person()) as client:
            return await client.call_tool("advise", {"client": LI})

    assert asyncio.run(run()).structured_content["advice"]["status"] == "ok"
    with Store.open(f"sqlite:///{tmp_path}/advisor-demo/store.db", tenant="demo") as store:
        assert store.view("li").advised["status"] == "ok"
