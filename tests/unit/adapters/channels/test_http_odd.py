"""Odd but lawful requests, and senders who do not stop: what HTTP (RFC 9110) says happens."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from threading import Event

import pytest
from fastapi.testclient import TestClient
from joserfc import jwk, jwt

from advisor import InputError, privacy
from advisor.adapters.channels.http import Bearer, service
from advisor.adapters.channels.http.identity import Credentials
from advisor.adapters.channels.http.metrics import Metrics
from advisor.adapters.channels.http.problems import ProblemError
from advisor.adapters.channels.http.worker import Worker
from advisor.adapters.crm import Store, Switch
from http_service import PERSON, Home, answers, home
from page_site import served


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Home:
    return home(tmp_path_factory.mktemp("odd"), page=True)


def store_of(place: Home) -> Store:
    store = Store.open(place.settings.tenants["acme"].store, tenant="acme")
    store.migrate()  # the service opens its tenants beside the first requests
    return store


@pytest.fixture
def http(place: Home) -> Iterator[TestClient]:
    with TestClient(service(place.settings), headers=place.header()) as client:
        yield client


@pytest.mark.parametrize("name", ["%00", "%ff", "%E5", "a%20b", "%7f"])
def test_an_id_that_no_store_keeps_is_of_nothing(http: TestClient, name: str) -> None:
    assert http.get(f"/v1/sessions/{name}").status_code == 404
    assert http.get(f"/page/acme/continue/{name}").status_code == 404


def test_the_page_is_there_with_a_slash_too(http: TestClient) -> None:
    assert http.get("/page/acme/").text.count("<input") == http.get("/page/acme").text.count(
        "<input"
    )


def test_what_is_refused_is_no_assessment(http: TestClient, place: Home) -> None:
    """Neither a day that is none, nor a stop, nor holdings that nobody knows, use up one of two."""

    def session(**facts: object) -> str:
        client = {"id": "r-1", "wealth": 9e4, "horizon_years": 8, "age": 40, **facts}
        path = http.post("/v1/sessions", json={"client": client}).headers["location"]
        given = {"answers": answers(place.advisor)}
        assert http.patch(path, json=given, headers={"If-Match": "*"}).status_code == 200
        return path

    path, strange = session(), session(holdings={"nothing": 5.0})
    switch = Switch(store_of(place))
    assert http.post(f"{path}/advice?as_of=now", json={}).status_code == 422
    assert http.post(f"{strange}/advice", json={}).status_code == 422
    switch.stop("prices are wrong", "ops")
    time.sleep(0.3)
    assert http.post(f"{path}/advice", json={}).status_code == 503
    switch.go("prices are right", "ops")
    time.sleep(0.3)
    assert http.get(path).json()["state"] == http.get(strange).json()["state"] == "open"
    assert not len(store_of(place).history(ids=["r-1"]))
    assert http.post(f"{path}/advice", json={}).status_code == 200
    assert len(store_of(place).history(ids=["r-1"])) == 1


def test_answers_are_not_lost_on_the_way_to_a_session(http: TestClient) -> None:
    client = {"id": "r-2", "wealth": 9e4, "horizon_years": 8, "answers": {"horizon_need": "d"}}
    refused = http.post("/v1/sessions", json={"client": client})
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["pointer"] == "#/client/answers"


@pytest.fixture
def masking() -> Iterator[None]:
    privacy.mask_always()
    yield
    privacy.show_always()


EVENT = {
    "specversion": "1.0", "id": "m-1", "source": "shop", "time": "2026-06-30T09:30:00Z",
    "subject": "c-1", "type": "advisor.payment.made.v1", "data": {"amount": -54321.5},
}  # fmt: skip


@pytest.mark.parametrize(
    ("path", "body", "pointer"),
    [
        ("sessions", {"client": {**PERSON, "wealth": -54321.5}}, "#/client/wealth"),
        ("sessions", {"client": {**PERSON, "holdings": {"P001": 9e9}}}, "#/client/wealth"),
        ("verifications", {"client": {**PERSON, "age": 54321.5}, "advice": {}}, "#/client/age"),
        ("profiles", {**PERSON, "goals": [{"name": "54321.5", "amount": -1, "years": 1}]},
         "#/goals/0/amount"),
        ("profiles", {**PERSON, "a b": 54321.5}, "#/a%20b"),
    ],
)  # fmt: skip
def test_values_of_a_client_are_masked_wherever_they_stand(
    http: TestClient, masking: None, path: str, body: object, pointer: str
) -> None:
    problem = http.post(f"/v1/{path}", json=body).json()
    assert problem["errors"][0]["pointer"] == pointer
    assert "54321" not in json.dumps(problem)


def test_an_event_names_the_field_of_its_data(http: TestClient, masking: None) -> None:
    one = http.post(
        "/v1/events", json=EVENT, headers={"Content-Type": "application/cloudevents+json"}
    )
    batch = {"Content-Type": "application/cloudevents-batch+json"}
    several = http.post("/v1/events", json=[EVENT], headers=batch)
    assert one.json()["errors"][0]["pointer"] == "#/data/amount"
    assert several.json()["errors"][0]["pointer"] == "#/0/data/amount"
    assert "54321" not in one.text


def test_a_key_stands_for_what_was_done_though_its_caller_waits_no_longer(tmp_path: Path) -> None:
    """A request that took too long is done once, and its answer is there for who asks again."""
    hasty = home(tmp_path, seconds=0.4)
    app = service(hasty.settings)
    with TestClient(app, headers=hasty.header()) as client:
        while client.get("/ready").status_code != 200:
            time.sleep(0.05)
        sessions = app.state.tenants._open["acme"].tenant.sessions
        opened, calls = sessions.open, []

        def slow(*args: object, **more: object) -> object:
            calls.append(args)
            time.sleep(0.8)
            return opened(*args, **more)

        sessions.open = slow
        ask = {"json": {"client": PERSON}, "headers": {"Idempotency-Key": "slow"}}
        assert client.post("/v1/sessions", **ask).json()["type"].endswith("#too-slow")
        time.sleep(1.0)
        again = client.post("/v1/sessions", **ask)
    assert (again.status_code, again.headers["idempotency-replayed"]) == (201, "true")
    assert len(calls) == 1


def test_answers_that_were_kept_long_enough_are_gone_when_a_service_starts(place: Home) -> None:
    """They hold advice of clients."""
    key, store = {"Idempotency-Key": "long-ago"}, store_of(place)
    others = {row["key"] for row in store.rows("idempotency")}
    with TestClient(service(place.settings), headers=place.header()) as client:
        assert client.post("/v1/advice", json=PERSON, headers=key).status_code == 200
    (row,) = [r for r in store.rows("idempotency") if r["key"] not in others]
    assert "risk_aversion" in row["response"]
    past = {"expires": datetime(2026, 1, 1, tzinfo=UTC)}
    assert store.change("idempotency", {"key": row["key"]}, **past) == 1
    with TestClient(service(place.settings), headers=place.header()) as client:
        assert client.get("/v1/questionnaires").status_code == 200
        ends = time.monotonic() + 10.0
        while store.rows("idempotency", key=row["key"]) and time.monotonic() < ends:
            time.sleep(0.02)
    assert not store.rows("idempotency", key=row["key"])


def test_methods_that_a_caller_makes_up_are_counted_together() -> None:
    metrics = Metrics()
    for method in ("GET", "MADE", "UP"):
        metrics.request(method, "/v1/advice", 405, 0.1)
    text = metrics.text()[0].decode()
    assert 'method="other"' in text
    assert "MADE" not in text


@pytest.mark.parametrize("text", ["null", "5", "[]", '{"keys": 5}', "[" * 50_000, "{}", "x"])
def test_keys_that_cannot_be_read_are_no_fault_of_a_token(tmp_path: Path, text: str) -> None:
    """A new service is not ready; one that has keys goes on with them."""
    key = jwk.RSAKey.generate_key(2048, parameters={"kid": "k"})
    now, file = int(time.time()), tmp_path / "keys.json"
    claims = {"iss": "i", "aud": "a", "sub": "s", "tenant": "acme", "exp": now + 60, "nbf": now + 3}
    token = "Bearer " + jwt.encode({"alg": "RS256", "kid": "k"}, claims, key, algorithms=["RS256"])
    bearer = Bearer(issuer="i", audience="a", keys=str(file))
    settings = home(tmp_path, bearer=bearer).settings
    file.write_text(text)
    with pytest.raises(ProblemError, match="issuer's keys cannot be read"):
        Credentials(settings).of(None, token)
    file.write_text(json.dumps({"keys": [key.as_dict(private=False)]}))
    known = Credentials(settings)
    assert known.of(None, token).tenant == "acme", "its clock may be some seconds ahead"
    file.write_text(text)
    known._tokens._read -= 1000.0
    assert known.of(None, token).tenant == "acme"


def test_a_worker_outlives_a_store_that_cannot_be_reached(tmp_path: Path) -> None:
    """At its start, while it looks for work, and in the middle of a job."""
    place = home(tmp_path, lease_seconds=0.4)
    (tmp_path / "store.db").mkdir()
    worker = Worker(place.settings, Event())
    assert not worker.work_once()
    (tmp_path / "store.db").rmdir()
    with TestClient(service(place.settings), headers=place.header()) as client:
        rows = "id,wealth,horizon_years,level,age,assessed_on\nc-1,250000,10,3,45,2026-06-01\n"
        sent = {"content": rows, "headers": {"Content-Type": "text/csv"}}
        first = client.post("/v1/jobs?as_of=2026-06-30", **sent).headers["location"]
        assert worker.work_once()
        store, broken = worker._tenants["acme"].store, []
        reached = store.change

        def change(table: str, where: object, **values: object) -> int:
            if values.get("state") == "done" and not broken:
                broken.append(table)
                raise InputError("The database cannot be reached.", field="url")
            return reached(table, where, **values)

        again = client.post("/v1/jobs?as_of=2026-06-30", **sent).headers["location"]
        store.change = change
        worker.work_once()
        assert broken
        assert client.get(again).json()["state"] == "running"
        time.sleep(0.5)
        assert worker.work_once()
        assert client.get(again).json()["state"] == "done"
        assert client.get(first).json()["state"] == "done"


def test_a_running_job_that_is_deleted_leaves_nothing_though_its_worker_is_gone(
    http: TestClient, place: Home
) -> None:
    rows = "id,wealth,horizon_years\nc,1,1\n"
    job = http.post("/v1/jobs", content=rows, headers={"Content-Type": "text/csv"}).json()["id"]
    store_of(place).change("jobs", {"id": job}, state="running", worker="killed")
    folder = place.settings.folder / "acme" / job
    assert folder.exists()
    assert http.delete(f"/v1/jobs/{job}").status_code == 204
    assert not folder.exists()


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
