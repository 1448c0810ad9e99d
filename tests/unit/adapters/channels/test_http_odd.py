"""Odd but lawful requests, and senders who do not stop: what HTTP (RFC 9110) says happens."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from advisor.adapters.channels.http import service
from advisor.adapters.crm import Store
from http_service import PERSON, Home, answers, home
from page_site import served


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Home:
    return home(tmp_path_factory.mktemp("odd"), page=True)


def store_of(place: Home) -> Store:
    return Store.open(place.settings.tenants["acme"].store, tenant="acme")


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


def test_a_refusal_does_not_stay_under_its_key(http: TestClient, place: Home) -> None:
    """What was refused may go well later, when the queue is shorter or the answers are there."""
    key = {"Idempotency-Key": "again"}
    csv = {"content": b"id,wealth,horizon_years\nc,1,1\n", "headers": {"Content-Type": "text/csv"}}
    jobs = [
        http.post("/v1/jobs", **csv).headers["location"]
        for _ in range(place.settings.jobs_in_flight)
    ]
    keyed = {**csv, "headers": csv["headers"] | key}
    assert http.post("/v1/jobs", **keyed).status_code == 429
    for job in jobs:
        http.delete(job)
    taken, again = (http.post("/v1/jobs", **keyed) for _ in range(2))
    assert taken.status_code == 202
    assert again.headers["location"] == taken.headers["location"]
    client = {"id": "again", "wealth": 100_000, "horizon_years": 8, "age": 40}
    at = http.post("/v1/sessions", json={"client": client}).headers["location"]
    assert http.post(f"{at}/advice", json={}, headers=key).status_code == 422
    given = {"answers": answers(place.advisor)}
    http.patch(at, json=given, headers={"If-Match": "*"})
    assert http.post(f"{at}/advice", json={}, headers=key).status_code == 200


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


@pytest.mark.parametrize(
    ("asked", "status", "first", "size"),
    [
        ("bytes=10-19", 206, 10, 10), ("bytes=10-", 206, 10, None), ("bytes=-7", 206, -7, 7),
        ("bytes=0-999999999", 206, 0, None), ("bytes=19-10", 200, 0, None),
        ("items=0-1", 200, 0, None), ("bytes=x-", 200, 0, None), ("bytes=", 200, 0, None),
        ("bytes 0-1", 200, 0, None), (f"bytes={'0-0,' * 9}0-0", 200, 0, None),
        ("bytes=999999999-", 416, 0, 0), ("bytes=-0", 416, 0, 0),
        (f"bytes={'9' * 5000}-", 200, 0, None),
    ],
)  # fmt: skip
def test_a_range_is_served_passed_over_or_refused(
    http: TestClient, place: Home, tmp_path: Path, asked: str, status: int, first: int,
    size: int | None,
) -> None:  # fmt: skip
    """RFC 9110, 14.2: what is no range of bytes counts as none; 14.4: a 416 says how many there
    are."""
    part = place.settings.folder / "acme" / "a" / "parts" / "part-000000.parquet"
    part.parent.mkdir(parents=True, exist_ok=True)
    part.write_bytes(content := bytes(range(200)))
    row = {"id": "a", "kind": "advice", "state": "done", "done": 1, "request": "{}"}
    row["created"] = datetime.now(UTC)
    store_of(place).put_rows("jobs", [row])
    answer = http.get("/v1/jobs/a/parts/0", headers={"Range": asked})
    assert answer.status_code == status
    if status == 416:
        assert answer.json()["type"].endswith("#no-such-range")
        assert answer.headers["content-range"] == "bytes */200"
    else:
        assert answer.content == content[first:][:size]


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
