"""One questionnaire over three channels of one running service: begun on the page, finished in a
chat, read over HTTP."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from threading import Thread
from typing import Any

import httpx
import httpx2
import pytest
import uvicorn
from mcp.client import Client as ChatClient
from mcp.client.streamable_http import streamable_http_client
from mcp.types import ElicitResult

import stack
from advisor.adapters.channels.http import Settings, service
from advisor.adapters.channels.journeys import journeys
from advisor.adapters.crm import Store
from advisor.adapters.records import Ledger
from http_service import Home, home
from page_site import FACTS, form_of


@pytest.fixture
def place(tmp_path: Path, database: dict[str, str]) -> Home:
    made = home(tmp_path, page=True, chat=True)
    if "tenant" not in database:
        return made
    tenants = {"acme": {"advisor": tmp_path / "advisor", "store": database["url"]}}
    keys = tuple(key for key in made.settings.keys if key.tenant == "acme")
    return replace(
        made, settings=Settings(**{**made.settings.model_dump(), "tenants": tenants, "keys": keys})
    )


@pytest.fixture
def address(place: Home) -> Iterator[str]:
    port = stack.free_port()
    server = uvicorn.Server(
        uvicorn.Config(
            service(place.settings),
            host="127.0.0.1",
            port=port,
            log_level="error",
            ws="none",
            timeout_graceful_shutdown=3,
        )
    )
    thread = Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join(timeout=20)


async def chosen(_: Any, asked: Any) -> ElicitResult:
    """Whoever answers a form takes the second option of each question."""
    fields = asked.requested_schema["properties"]
    return ElicitResult(
        action="accept",
        content={name: field["oneOf"][1]["const"] for name, field in fields.items()},
    )


async def finished(address: str, header: dict[str, str], session: str) -> Any:
    async with (
        httpx2.AsyncClient(headers=header) as caller,
        ChatClient(
            streamable_http_client(f"{address}/mcp", http_client=caller),
            elicitation_callback=chosen,
        ) as chat,
    ):
        return await chat.call_tool("advise", {"session": session})


def test_begun_on_the_page_finished_in_a_chat_read_over_http(place: Home, address: str) -> None:
    # 1. on the page: what there is to invest, and the first step
    with httpx.Client(base_url=address, follow_redirects=True, timeout=30) as browser:
        page = browser.post("/page/acme", data=form_of(browser.get("/page/acme").text) | FACTS)
        assert str(page.url).endswith("/page/acme/step/1"), page.text[:500]
        browser.post("/page/acme/step/1", data=form_of(page.text, go="next"))
        link = browser.get("/page/acme/saved").text
    session = link.partition("/page/acme/continue/")[2][:43]
    # 2. in a chat: what is open is asked there, nothing twice
    answer = asyncio.run(finished(address, place.header(), session))
    advice = answer.structured_content["advice"]
    # 3. over HTTP: the same session, finished, and the same advice again
    with httpx.Client(base_url=address, headers=place.header(), timeout=30) as caller:
        state = caller.get(f"/v1/sessions/{session}").json()
        assert (state["state"], state["channels"], state["missing"]) == (
            "finished",
            ["page", "mcp"],
            [],
        )
        again = caller.post(f"/v1/sessions/{session}/advice", json={}).json()
    assert (again["level"], again["status"], again["weights"]) == (
        advice["level"],
        advice["status"],
        advice["weights"],
    )
    store = Store.open(place.settings.tenants["acme"].store, tenant="acme")
    report = journeys(store.events())
    assert (report.sessions, report.changed, report.handover, report.coverage) == (1, 1, 1.0, 1.0)
    assert Ledger(store).verify().records == 2
    store.close()
