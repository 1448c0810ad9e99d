"""Odd but lawful requests, and senders who do not stop: what HTTP (RFC 9110) says happens."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient

from advisor.adapters.channels.http import service
from http_service import PERSON, Home, home
from page_site import served


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Home:
    return home(tmp_path_factory.mktemp("odd"), page=True)


@pytest.fixture
def http(place: Home) -> Iterator[TestClient]:
    with TestClient(service(place.settings), headers=place.header()) as client:
        yield client


@pytest.mark.parametrize("twice", ["as_of=2026-06-30&as_of=2026-07-01", "picks=1&picks=1"])
def test_a_parameter_that_is_there_twice_is_refused(http: TestClient, twice: str) -> None:
    """Which of two values counts differs from server to server."""
    refused = http.post(f"/v1/advice?{twice}", json=PERSON)
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["pointer"] == f"#/{twice.partition('=')[0]}"
    assert "2 times" in refused.json()["detail"]


def test_if_match_may_list_several_versions(http: TestClient) -> None:
    """RFC 9110, 13.1.1: one of them has to be the one that stands; a weak one never is."""
    client = {"id": "odd", "wealth": 1000, "horizon_years": 3, "age": 40}
    at = http.post("/v1/sessions", json={"client": client}).headers["location"]
    for match, status in (
        ('"7", "1"', 200), ('"1","9"', 409), ('W/"2"', 409), ('"2", W/"1"', 200), ("2", 409),
        ("*", 200), ("", 409),
    ):  # fmt: skip
        answer = http.patch(at, json={"answers": {}}, headers={"If-Match": match})
        assert answer.status_code == status, match


def test_head_is_served_where_get_is(http: TestClient) -> None:
    """RFC 9110, 9.1: a server must support both."""
    for path in ("/health", "/v1/questionnaires", "/page/acme", "/page/acme/style.css"):
        head, got = http.head(path), http.get(path)
        assert (head.status_code, head.content) == (200, b""), path
        assert head.headers["content-type"] == got.headers["content-type"]
    assert http.head("/page/acme/nothing").status_code == 404


def test_a_path_with_a_slash_more_is_another_path(http: TestClient) -> None:
    """Nothing is redirected to an address made of what the request calls the host."""
    answer = http.get(
        "/v1/questionnaires/", headers={"Host": "evil.example"}, follow_redirects=False
    )
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("chunked", [True, False])
def test_who_sends_too_much_still_reads_why(place: Home, chunked: bool) -> None:
    """A connection closed over unread bytes is reset, and the answer lost with it."""
    body = b"[" * 10_000_000
    head = f"POST /v1/advice HTTP/1.1\r\nHost: x\r\nX-API-Key: {place.keys['acme']}\r\n"
    head += "Content-Type: application/json\r\n"
    length = "Transfer-Encoding: chunked" if chunked else f"Content-Length: {len(body)}"
    with served(service(place.settings)) as url:
        port = int(url.rpartition(":")[2])
        with socket.create_connection(("127.0.0.1", port), timeout=20) as sending:
            sending.sendall(f"{head}{length}\r\n\r\n".encode())
            if chunked:
                for start in range(0, len(body), 100_000):
                    sending.sendall(b"186a0\r\n" + body[start : start + 100_000] + b"\r\n")
                sending.sendall(b"0\r\n\r\n")
            else:
                sending.sendall(body)
            answer = b""
            while block := sending.recv(65_536):
                answer += block
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert json.loads(answer.partition(b"\r\n\r\n")[2])["type"].endswith("#too-large")
