"""Calls over HTTP: what is tried again, how long is waited, and that nothing foreign comes out."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from advisor import AdvisorError, InputError
from advisor.adapters.crm.calls import http_send
from advisor.adapters.crm.dialect import Dialect, filled, filled_path
from advisor.adapters.crm.gateway import pull_clients, push_advice
from advisor.adapters.crm.rest import RestGateway
from advisor.adapters.crm.sending import GoneError, Reply, patiently
from gateway_contract import TODAY, advice_for
from gateway_fakes import TOKEN, Answer, FakeServer


class Script:
    """A host's own client, which answers what it was told to."""

    def __init__(self, *answers: Reply | Exception) -> None:
        self.answers = list(answers)
        self.calls = 0
        self.waits: list[float] = []

    def __call__(self, method: str, path: str, params: Any, body: Any) -> Reply:
        self.calls += 1
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def asked(self, *, once: bool = False) -> Reply:
        return patiently(self, wait=self.waits.append, once=once)("GET", "/x?secret=1", None, None)


class Odd(Exception):
    """Of a client that nobody here knows."""


OK = Reply(200, {"records": []})


@pytest.mark.parametrize(
    ("answers", "waits"),
    [
        ([OK], []),
        ([Reply(429, headers={"Retry-After": "3"}), OK], [3.0]),
        ([Reply(503, headers={"retry-after": "0"}), Reply(500), OK], [0.0, 2.0]),
        ([Reply(429), Reply(429), OK], [1.0, 2.0]),
        ([Odd(), OSError(), OK], [1.0, 2.0]),
        ([Reply(429, headers={"Retry-After": "soon"}), OK], [1.0]),
        ([Reply(400)], []),
        ([Reply(404)], []),
        ([Reply(409)], []),
        ([Reply(422)], []),
        ([Reply(302)], []),
        ([Reply(500), Reply(500), Reply(500)], [1.0, 2.0]),
    ],
)
def test_what_is_tried_again(answers: list[Reply | Exception], waits: list[float]) -> None:
    script = Script(*answers)
    reply = script.asked()
    assert reply is answers[-1]
    assert script.waits == waits
    assert script.calls == len(answers)


def test_retry_after_may_be_a_date() -> None:
    script = Script(
        Reply(
            503,
            headers={
                "Retry-After": format_datetime(
                    datetime.now(UTC) + timedelta(seconds=30), usegmt=True
                )
            },
        ),
        OK,
    )
    script.asked()
    assert 10.0 <= script.waits[0] <= 30.0


@pytest.mark.parametrize(
    "answers",
    [
        [Odd("secret"), Odd(), Odd()],
        [Reply(429), Reply(429), Reply(429)],
        [Reply(401)],
        [Reply(403)],
        [Reply(429, headers={"Retry-After": "100000"})],
        [Reply(503), Odd(), Reply(502)],
    ],
)
def test_a_system_that_counts_as_gone(answers: list[Reply | Exception]) -> None:
    script = Script(*answers)
    with pytest.raises(GoneError) as raised:
        script.asked()
    assert script.answers == []
    assert "secret" not in str(raised.value)


def test_what_must_not_be_done_twice() -> None:
    for status in (500, 502, 504):
        script = Script(Reply(status), OK)
        with suppress(GoneError):
            assert script.asked(once=True).status == status
        assert script.calls == 1
    script = Script(Odd(), OK)
    with pytest.raises(GoneError):
        script.asked(once=True)
    assert script.calls == 1
    assert Script(Reply(503), Reply(429), OK).asked(once=True) is OK


def test_a_send_that_gives_something_else() -> None:
    with pytest.raises(InputError, match="Reply"):
        Script("200 OK").asked()  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["salesforce", "hubspot", "dynamics"])
@pytest.mark.parametrize(
    "answer",
    [Reply(200, None), Reply(200, "<html>"), Reply(200, {"records": 5, "results": 5, "value": 5}),
    Reply(200, [1, None]), Reply(302, {}), Odd(), Reply(400, {"x": "K-1"})],
)  # fmt: skip
def test_answers_that_nobody_documented(name: str, answer: Reply | Exception) -> None:
    gateway = RestGateway(Script(*[answer] * 50), Dialect.bundled(name), wait=lambda _: None)
    pulled = pull_clients(gateway, as_of=TODAY)
    assert len(pulled.clients) == 0
    assert pulled.problems
    outcomes = push_advice(gateway, [advice_for("K-1"), advice_for("K-2")])
    assert [o.record_id for o in outcomes] == ["K-1", "K-2"]
    if name != "dynamics" or not isinstance(answer, Reply) or answer.status != 200:
        assert [o.ok for o in outcomes] == [False, False]


def test_a_list_that_leads_to_itself_ends() -> None:
    page = Reply(200, {"records": [], "nextRecordsUrl": "/again"})
    assert pull_clients(
        RestGateway(Script(*[page] * 3), Dialect.bundled("salesforce")), as_of=TODAY
    ).complete


def test_a_link_to_elsewhere_is_followed_at_home_only() -> None:
    paths: list[str] = []

    def send(method: str, path: str, params: Any, body: Any) -> Reply:
        paths.append(path)
        return Reply(
            200,
            (
                {"value": [], "@odata.nextLink": "https://evil.invalid/steal?x=1"}
                if len(paths) == 1
                else {"value": []}
            ),
        )

    assert pull_clients(RestGateway(send, Dialect.bundled("dynamics")), as_of=TODAY).complete
    assert paths[1] == "/steal?x=1"


class Echo(FakeServer):
    """Says what it was asked."""

    def served(
        self, method: str, path: str, query: dict[str, str], headers: dict[str, str], body: Any
    ) -> Answer:
        if path == "/base/moved":
            return 302, None, {"Location": self.url + "/base/x"}
        return (
            200,
            {"method": method, "path": path, "query": query, "headers": headers, "body": body},
            {},
        )


@pytest.fixture
def echo() -> Iterator[Echo]:
    server = Echo()
    yield server
    server.close()


def test_our_own_send(echo: Echo) -> None:
    send = http_send(echo.url + "/base/", headers=lambda: {"Authorization": TOKEN})
    echoed = send(
        "POST", "/x y".replace(" ", "%20"), {"q": "a b&c", "$f": "ä"}, {"name": "李"}
    ).body
    assert (echoed["method"], echoed["path"], echoed["query"]) == (
        "POST",
        "/base/x%20y",
        {"q": "a b&c", "$f": "ä"},
    )
    assert echoed["body"] == {"name": "李"}
    assert echoed["headers"]["x-correlation-id"] == echoed["headers"]["correlation-id"]
    assert send("GET", "/moved", None, None).status == 302
    assert (
        send("GET", "/", None, None).body["headers"]["x-correlation-id"]
        != echoed["headers"]["x-correlation-id"]
    )


def test_a_system_that_hangs_is_left() -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        send = http_send(f"http://127.0.0.1:{silent.getsockname()[1]}", headers={}, timeout=0.05)
        with pytest.raises(GoneError, match="TimeoutError"):
            patiently(send, wait=lambda _: None)("GET", "/", None, None)


@pytest.mark.parametrize(
    "base",
    [
        "http://crm.example",
        "ftp://x",
        "",
        "crm.example",
        "https://",
        "https://a:b",
        "http://[::",
        "http://localhost.evil.example",
    ],
)
def test_an_address_that_the_key_must_not_go_to(base: str) -> None:
    with pytest.raises(InputError, match="https"):
        http_send(base, headers={})


def test_addresses_that_are_fine() -> None:
    for base in (
        "https://crm.example",
        "http://127.0.0.1:1",
        "http://[::1]:80",
        "http://localhost",
    ):
        http_send(base, headers={}, timeout=1)
    with pytest.raises(AdvisorError):
        http_send("https://x.example", headers={}, timeout=0)


def test_templates() -> None:
    values = {"id": "O'Neil/ä", "record": {"a": None}, "since": "5", "paths": ["a"]}
    assert filled({"x": ["{id}!", "{paths}"], "*": "{record}"}, values) == {
        "x": ["O'Neil/ä!", ["a"]],
        "a": None,
    }
    assert filled_path("/c(k='{id}')", {"id": "O'Neil/ä"}) == "/c(k='O%27%27Neil%2F%C3%A4')"
