"""The HTTP service as its callers use it: every example of its document, every problem, tenants,
keys, versions, jobs."""

from __future__ import annotations

import base64
import hmac
import json
import sqlite3
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jsonschema
import pyarrow.parquet as pq
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from joserfc import jwk, jwt

from advisor import Advice, Advisor, Client, InputError, advise_stream, load, sample, save
from advisor.adapters.channels.http import Bearer, Settings, service
from advisor.adapters.channels.http.openapi import examples
from advisor.adapters.channels.http.worker import Worker
from advisor.adapters.crm.store import Store
from advisor.adapters.crm.switch import Switch
from advisor.adapters.records import Ledger
from advisor.contracts.wording import texts
from http_service import DAY, PERSON, Home, answers, home

JSON = {"Content-Type": "application/json"}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Home:
    return home(tmp_path_factory.mktemp("service"))


@pytest.fixture(scope="module")
def http(place: Home) -> Iterator[TestClient]:
    with TestClient(service(place.settings)) as client:
        client.headers.update(place.header())
        client.get("/v1/questionnaires")
        yield client


def store_of(place: Home, tenant: str = "acme") -> Store:
    return Store.open(place.settings.tenants[tenant].store, tenant=tenant)


def kept(place: Home) -> tuple[list[str], int]:
    """Documents of advice in the store, and records in the ledger."""
    store = store_of(place)
    with store.reading() as connection:
        documents = [
            row[0]
            for row in connection.exec_driver_sql("select document from advice order by rowid")
        ]
    return documents, sum(record.kind == "advice" for _, _, record in Ledger(store).records())


def is_problem(answer: Any, kind: str, status: int) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["type"].endswith(f"#{kind}")
    assert problem["status"] == status
    assert len(problem["trace"]) == 32
    return problem


def example(http: TestClient, document: dict[str, Any], name: str, ids: dict[str, str]) -> Any:
    """The answer to an operation's example."""
    path, method = next(
        (p, m)
        for p, methods in document["paths"].items()
        for m, o in methods.items()
        if o["operationId"] == name
    )
    sample_call = examples().get(name, {})
    for key, value in {**ids, **sample_call.get("path", {})}.items():
        path = path.replace("{" + key + "}", value)
    body = sample_call.get("body")
    content = body if isinstance(body, str) or body is None else json.dumps(body)
    headers = {**(JSON if body is not None else {}), **sample_call.get("headers", {})}
    return http.request(
        method.upper(), path, params=sample_call.get("query"), headers=headers, content=content
    )


def test_every_example_is_answered_as_declared(http: TestClient, place: Home) -> None:
    document = http.get("/openapi.json").json()
    assert document["openapi"] == "3.1.0"
    ids: dict[str, str] = {}
    order = [o for methods in document["paths"].values() for o in methods.values()]
    order.sort(key=lambda o: o["operationId"] == "deleteJob")
    for operation in order:
        name = operation["operationId"]
        if name == "adviseSession":
            http.patch(
                f"/v1/sessions/{ids['id']}",
                json={"answers": answers(place.advisor)},
                headers={"If-Match": "*"},
            )
        if name == "getJobPart":
            assert Worker(place.settings, threading.Event()).work_once()
        answer = example(http, document, name, ids)
        status = next(code for code in operation["responses"] if code.startswith("2"))
        assert str(answer.status_code) == status, (name, answer.text)
        content = operation["responses"][status].get("content", {})
        assert not content or answer.headers["content-type"].partition(";")[0] in content
        schema = content.get("application/json", {}).get("schema")
        if schema is not None:
            jsonschema.Draft202012Validator(
                {**schema, "components": document["components"]}
            ).validate(answer.json())
        if name in ("openSession", "submitJob"):
            ids["id"] = answer.json()["id"]
            assert answer.headers["location"].endswith(ids["id"])


def test_advice_is_that_of_the_library_and_is_kept_before_it_is_given(
    http: TestClient, place: Home
) -> None:
    before, records = kept(place)
    client = Client(**PERSON)
    answer = http.post("/v1/advice", params={"as_of": DAY}, json=PERSON)
    assert answer.content == place.advisor.advise(client, as_of=DAY).model_dump_json().encode()
    report = http.post(
        "/v1/reports",
        params={"as_of": DAY},
        json=PERSON,
        headers={"Accept-Language": "fr, zh-CN;q=0.8, en;q=0.2"},
    )
    assert (
        report.content
        == place.advisor.report(client, as_of=DAY, language="zh").model_dump_json().encode()
    )
    advice = answer.json()
    proved = http.post("/v1/verifications", json={"client": PERSON, "advice": advice}).json()
    assert proved["ok"]
    omitted = http.post("/v1/omissions", json={"client": PERSON, "advice": advice}).json()[
        "omissions"
    ]
    assert omitted == [r.model_dump() for r in place.advisor.omissions(Advice(**advice), client)]
    documents, now = kept(place)
    assert documents[len(before) :] == [answer.text, answer.text]
    assert now == records + 2
    assert Ledger(store_of(place)).verify().ok


def test_many_at_once_are_one_table_and_each_is_kept(http: TestClient, place: Home) -> None:
    before, records = kept(place)
    people = [{**PERSON, "id": f"many-{i}", "wealth": 1000.0 * (i + 1)} for i in range(24)]
    with ThreadPoolExecutor(8) as pool:
        answers = list(
            pool.map(lambda p: http.post("/v1/advice", params={"as_of": DAY}, json=p), people)
        )
    for person, answer in zip(people, answers, strict=True):
        assert answer.text == place.advisor.advise(Client(**person), as_of=DAY).model_dump_json()
    documents, now = kept(place)
    assert sorted(documents[len(before) :]) == sorted(a.text for a in answers)
    assert now == records + len(people)
    sizes = http.get("/metrics").text
    assert "advisor_table_clients_count" in sizes
    assert 'advisor_advice_total{level="3",status="ok"}' in sizes


@pytest.mark.parametrize(
    ("body", "kind", "status", "pointer"),
    [
        (b"{", "not-json", 400, None),
        (b'{"id": "\\ud800"}', "not-json", 400, None),
        (b"[" * 900_000, "not-json", 400, None),
        (b"[]", "input", 422, None),
        (b"{}", "input", 422, "#/id"),
        (b'{"id": "c", "wealth": 1e999, "horizon_years": 1}', "input", 422, "#/wealth"),
        (b'{"id": "c", "wealth": "1000", "horizon_years": 1}', "input", 422, "#/wealth"),
        (b'{"id": "c", "wealth": true, "horizon_years": 1}', "input", 422, "#/wealth"),
        (
            (
                b'{"id": "c", "wealth": 1, "horizon_years": 1, "goals": [{"name": "g", "amount":'
                b' -1, "years": 1}]}'
            ),
            "input",
            422,
            "#/goals/0/amount",
        ),
        (
            b'{"id": "c", "wealth": 1, "horizon_years": 1, "colour": "red"}',
            "input",
            422,
            "#/colour",
        ),
        (b'{"id": "c", "wealth": 1, "horizon_years": 1}', "input", 422, None),
        (b" " * 1_100_000, "too-large", 413, None),
    ],
    ids=lambda v: v[:40].decode() if isinstance(v, bytes) else None,
)
def test_what_cannot_be_used_is_a_problem_that_names_the_field(
    http: TestClient, body: bytes, kind: str, status: int, pointer: str | None
) -> None:
    problem = is_problem(http.post("/v1/advice", content=body, headers=JSON), kind, status)
    assert [e["pointer"] for e in problem["errors"]] == ([] if pointer is None else [pointer])
    assert http.get("/health").status_code == 200


def test_a_chunked_body_beyond_the_limit_is_refused(http: TestClient) -> None:
    chunks = (b" " * 300_000 for _ in range(5))
    is_problem(http.post("/v1/advice", content=chunks, headers=JSON), "too-large", 413)


@pytest.mark.parametrize(
    "query",
    [{"as_of": "now"}, {"picks": "-1"}, {"picks": "101"}, {"picks": "x"}, {"colour": "red"}],
)
def test_parameters_are_read_or_refused(http: TestClient, query: dict[str, str]) -> None:
    problem = is_problem(http.post("/v1/advice", params=query, json=PERSON), "input", 422)
    assert problem["errors"][0]["pointer"] == f"#/{next(iter(query))}"


def test_other_paths_methods_and_media_are_problems(http: TestClient) -> None:
    is_problem(http.get("/v1/nothing"), "not-found", 404)
    assert "GET" in http.post("/v1/questionnaires").headers["allow"]
    is_problem(http.delete("/v1/advice"), "no-such-method", 405)
    is_problem(
        http.post("/v1/advice", content=b"<c/>", headers={"Content-Type": "text/xml"}),
        "wrong-media-type",
        415,
    )
    is_problem(http.get("/v1/questionnaires/nothing"), "not-found", 404)
    is_problem(http.get("/v1/schemas/nothing"), "not-found", 404)


def test_nobody_without_a_key_and_nobody_beyond_their_scope(http: TestClient, place: Home) -> None:
    for headers in (
        {"X-API-Key": ""},
        {"X-API-Key": "guess"},
        place.header("old"),
        {"X-API-Key": "", "Authorization": "Basic eDp5"},
    ):
        answer = http.post("/v1/advice", json=PERSON, headers=headers)
        is_problem(answer, "not-authenticated", 401)
        assert answer.headers["www-authenticate"].startswith("Bearer")
    is_problem(
        http.post("/v1/advice", json=PERSON, headers=place.header("reader")), "not-allowed", 403
    )
    assert http.post("/v1/profiles", json=PERSON, headers=place.header("reader")).status_code == 200


def test_another_tenants_ids_are_not_there(http: TestClient, place: Home) -> None:
    session = http.post("/v1/sessions", json={"client": PERSON}).json()["id"]
    job = http.post(
        "/v1/jobs",
        content=b"id,wealth,horizon_years\nc,1,1\n",
        headers={"Content-Type": "text/csv"},
    ).json()["id"]
    strange = place.header("other")
    for method, path, body in (
        ("GET", f"/v1/sessions/{session}", None),
        ("PATCH", f"/v1/sessions/{session}", {"answers": {}}),
        ("POST", f"/v1/sessions/{session}/advice", {}),
        ("GET", f"/v1/jobs/{job}", None),
        ("DELETE", f"/v1/jobs/{job}", None),
        ("GET", f"/v1/jobs/{job}/parts/0", None),
    ):
        is_problem(
            http.request(method, path, json=body, headers={**strange, "If-Match": "*"}),
            "not-found",
            404,
        )
    assert http.delete(f"/v1/jobs/{job}").status_code == 204


def test_a_key_gives_the_stored_answer_and_refuses_another_body(
    http: TestClient, place: Home
) -> None:
    before, _ = kept(place)
    headers = {"Idempotency-Key": "k-1"}
    with ThreadPoolExecutor(4) as pool:
        answers = list(
            pool.map(lambda _: http.post("/v1/advice", json=PERSON, headers=headers), range(4))
        )
    assert len({a.text for a in answers}) == 1
    assert sum("idempotency-replayed" not in a.headers for a in answers) == 1
    assert len(kept(place)[0]) == len(before) + 1
    is_problem(
        http.post("/v1/advice", json={**PERSON, "wealth": 1}, headers=headers), "conflict", 409
    )
    first = http.post("/v1/sessions", json={"client": PERSON}, headers={"Idempotency-Key": "k-1"})
    again = http.post("/v1/sessions", json={"client": PERSON}, headers={"Idempotency-Key": "k-1"})
    assert (first.text, first.headers["etag"], first.status_code) == (
        again.text,
        again.headers["etag"],
        again.status_code,
    )
    bad = [http.post("/v1/advice", json={}, headers={"Idempotency-Key": "k-2"}) for _ in range(2)]
    assert [b.status_code for b in bad] == [422, 422]
    csv = {
        "content": b"id,wealth,horizon_years\nc,1,1\n",
        "headers": {"Content-Type": "text/csv", "Idempotency-Key": "k-3"},
    }
    jobs = [http.post("/v1/jobs", **csv) for _ in range(2)]
    assert jobs[0].text == jobs[1].text
    assert http.delete(jobs[0].headers["location"]).status_code == 204


def test_a_session_has_versions_and_ends_in_advice(http: TestClient, place: Home) -> None:
    opened = http.post(
        "/v1/sessions",
        json={"client": {"id": "s-1", "wealth": 50000, "horizon_years": 8, "age": 40}},
    )
    path, first = opened.headers["location"], opened.headers["etag"]
    given = answers(place.advisor)
    name, option = next(iter(given.items()))
    changed = http.patch(path, json={"answers": {name: option}}, headers={"If-Match": first})
    assert changed.headers["etag"] != first
    for match in (first, "", '"77"'):
        is_problem(
            http.patch(path, json={"answers": {name: option}}, headers={"If-Match": match}),
            "conflict",
            409,
        )
    problem = is_problem(
        http.patch(path, json={"answers": {"colour": "red"}}, headers={"If-Match": "*"}),
        "input",
        422,
    )
    assert problem["errors"][0]["pointer"] == "#/answers/colour"
    is_problem(http.post(f"{path}/advice", json={}), "input", 422)
    http.patch(path, json={"answers": given}, headers={"If-Match": "*"})
    advice = http.post(f"{path}/advice", json={})
    assert advice.status_code == 200, advice.text
    assert advice.json()["level"] == http.post(f"{path}/advice", json={}).json()["level"] > 0
    assert http.get(path).json()["state"] == "finished"
    is_problem(
        http.patch(path, json={"answers": given}, headers={"If-Match": "*"}), "conflict", 409
    )
    assert store_of(place).history(ids=["s-1"]).level.tolist() == [advice.json()["level"]]
    kinds = [event.type.split(".")[-2] for event in store_of(place).events(client_id="s-1")]
    assert kinds == ["opened", "answered", "answered", "finished", "shown", "shown"]


def test_a_job_gives_the_parts_of_advise_stream(
    http: TestClient, place: Home, tmp_path: Path
) -> None:
    rows = "\n".join(f"j-{i},{1000 + i},7,{i % 5 + 1},40,2026-06-01" for i in range(50))
    text = f"id,wealth,horizon_years,level,age,assessed_on\n{rows}\n"
    job = http.post(
        "/v1/jobs",
        params={"as_of": DAY, "picks": 2},
        content=text,
        headers={"Content-Type": "text/csv"},
    )
    assert job.status_code == 202
    worker = Worker(place.settings, threading.Event())
    while http.get(job.headers["location"]).json()["state"] == "queued":
        assert worker.work_once()
    state = http.get(job.headers["location"]).json()
    assert (state["clients"], state["parts"], state["problem"]) == (50, [0], None)
    (tmp_path / "clients.csv").write_text(text)
    run = advise_stream(
        place.settings.tenants["acme"].advisor,
        tmp_path / "clients.csv",
        tmp_path / "out",
        as_of=DAY,
        picks=2,
    )
    part = http.get(f"{job.headers['location']}/parts/0")
    assert part.content == run.parts[0].read_bytes()
    some = http.get(f"{job.headers['location']}/parts/0", headers={"Range": "bytes=10-19"})
    assert (some.status_code, some.content) == (206, part.content[10:20])
    assert pq.read_table(run.parts[0]).num_rows == 50
    assert any(
        record.kind == "job" and record.data["job"] == state["id"]
        for _, _, record in Ledger(store_of(place)).records()
    )


def test_a_job_reads_a_file_as_its_options_say(
    http: TestClient, place: Home, tmp_path: Path
) -> None:
    """GB 18030 with semicolons and decimal commas, and a column of the host's own, give the parts
    of the same clients in plain UTF-8."""
    head, row = "id;wealth;horizon_years;level;income;age;assessed_on;branch", "40;2026-06-01;上海"
    odd = f"{head}\nj-1;1.234,56;7,5;3;NA;{row}\nj-2;98.000;7;3;-;{row}\n"
    plain = odd.replace("1.234,56", "1234.56").replace("98.000", "98000").replace("7,5", "7.5")
    plain = plain.replace(";NA;", ";;").replace(";-;", ";;")
    asked = {"as_of": DAY, "labels": "branch", "encoding": "gb18030", "decimal": ","}
    csv = {"Content-Type": "text/csv"}
    asked |= {"delimiter": ";", "skip_lines": 1, "missing": ["NA", "-"]}
    job = http.post(
        "/v1/jobs", params=asked, content=f"2026年\n{odd}".encode("gb18030"), headers=csv
    )
    assert (job.status_code, job.json()["labels"]) == (202, ["branch"])
    while http.get(job.headers["location"]).json()["state"] == "queued":
        assert Worker(place.settings, threading.Event()).work_once()
    (tmp_path / "clients.csv").write_text(plain.replace(";", ","), encoding="utf-8")
    folder = place.settings.tenants["acme"].advisor
    run = advise_stream(
        folder, tmp_path / "clients.csv", tmp_path / "out", as_of=DAY, labels=["branch"]
    )
    assert http.get(f"{job.headers['location']}/parts/0").content == run.parts[0].read_bytes()
    assert pq.read_table(run.parts[0])["status"].to_pylist() == ["ok", "ok"]
    for wrong, field in (
        ({"labels": ["branch", "desk"]}, "labels"),
        ({"encoding": "klingon"}, "encoding"),
        ({"delimiter": ";;"}, "delimiter"),
        ({"skip_lines": "-1"}, "skip_lines"),
        ({"decimal": "'"}, "decimal"),
    ):
        refused = http.post(
            "/v1/jobs", params={"labels": "branch"} | wrong, content=plain.encode(), headers=csv
        )
        assert is_problem(refused, "input", 422)["errors"][0]["pointer"] == f"#/{field}"
    parquet = {"Content-Type": "application/vnd.apache.parquet"}
    file = (tmp_path / "out/part-000000.parquet").read_bytes()
    refused = http.post("/v1/jobs", params={"encoding": "utf-8"}, content=file, headers=parquet)
    assert is_problem(refused, "input", 422)["errors"][0]["pointer"] == "#/encoding"


def test_a_job_is_recorded_under_the_advisor_that_worked_on_it(tmp_path: Path) -> None:
    place = home(tmp_path)
    with TestClient(service(place.settings), headers=place.header()) as http:
        http.post(
            "/v1/jobs",
            content=b"id,wealth,horizon_years\nc,1,1\n",
            headers={"Content-Type": "text/csv"},
        )
        worker = Worker(place.settings, threading.Event())
        market, bought = sample.market(), sample.interactions().until("2025-06-30")
        save(Advisor.fit(market, bought, catalogue=sample.catalogue()), tmp_path / "advisor")
        assert load(tmp_path / "advisor").fingerprint != place.advisor.fingerprint
        assert worker.work_once()
    (job,) = [r for _, _, r in Ledger(store_of(place)).records() if r.kind == "job"]
    assert job.fingerprint == place.advisor.fingerprint
    (part,) = tmp_path.glob("jobs/acme/*/parts/*.parquet")
    assert pq.read_schema(part).metadata[b"advisor.fingerprint"].decode() == job.fingerprint


def test_a_torn_file_and_a_full_queue_are_refused(http: TestClient, place: Home) -> None:
    parquet = {"Content-Type": "application/vnd.apache.parquet"}
    is_problem(http.post("/v1/jobs", content=b"PAR1 torn", headers=parquet), "input", 422)
    is_problem(
        http.post("/v1/jobs", content=b"a,b\n1,2\n", headers={"Content-Type": "application/zip"}),
        "wrong-media-type",
        415,
    )
    csv = {"content": b"id,wealth,horizon_years\nc,1,1\n", "headers": {"Content-Type": "text/csv"}}
    taken = [http.post("/v1/jobs", **csv) for _ in range(place.settings.jobs_in_flight)]
    full = http.post("/v1/jobs", **csv)
    is_problem(full, "too-many", 429)
    assert int(full.headers["retry-after"]) > 0
    for job in taken:
        http.delete(job.headers["location"])
    assert not list((place.settings.folder / "uploads").iterdir())


def test_events_of_every_form_are_taken_once_and_refused_by_field(
    http: TestClient, place: Home
) -> None:
    one = {**examples()["takeEvents"]["body"], "id": "e-2"}
    batch = [{**one, "id": f"b-{i}"} for i in range(3)]
    segment = {
        "type": "track",
        "messageId": "m",
        "userId": "c-1",
        "timestamp": one["time"],
        "event": "Product Viewed",
        "properties": {"product_id": "p"},
    }
    for body, media, new in (
        (one, "application/cloudevents+json", 1),
        (one, "application/cloudevents+json", 0),
        (batch, "application/cloudevents-batch+json", 3),
        (segment, "application/json", 1),
    ):
        answer = http.post("/v1/events", content=json.dumps(body), headers={"Content-Type": media})
        assert (answer.status_code, answer.json()["new"]) == (202, new)
    bad = json.dumps([batch[0], {**one, "id": "x", "type": "nothing"}])
    problem = is_problem(
        http.post(
            "/v1/events",
            content=bad,
            headers={"Content-Type": "application/cloudevents-batch+json"},
        ),
        "input",
        422,
    )
    assert problem["errors"][0]["pointer"] == "#/1/type"
    assert "x" not in {event.id for event in store_of(place).events(client_id="c-1")}


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00+03:00", "9999-12-31T23:59:59-03:00"])
def test_a_moment_beyond_the_calendar_is_refused(http: TestClient, moment: str) -> None:
    event = {**examples()["takeEvents"]["body"], "time": moment}
    kind = {"Content-Type": "application/cloudevents+json"}
    is_problem(http.post("/v1/events", content=json.dumps(event), headers=kind), "input", 422)


@pytest.mark.parametrize("key", ["", "a b", "x" * 256, "\t"])
def test_a_key_that_the_document_does_not_allow_is_refused(http: TestClient, key: str) -> None:
    answer = http.post("/v1/advice", json=PERSON, headers={"Idempotency-Key": key})
    assert is_problem(answer, "input", 422)["errors"][0]["pointer"] == "#/Idempotency-Key"


def test_a_stopped_advisor_says_so_and_goes_on(http: TestClient, place: Home) -> None:
    switch = Switch(store_of(place))
    switch.stop("a wrong price", "ann")
    time.sleep(0.3)
    for path in ("/v1/advice", "/v1/reports"):
        answer = http.post(path, json=PERSON)
        assert "a wrong price" in is_problem(answer, "stopped", 503)["detail"]
        assert answer.headers["retry-after"]
    is_problem(http.get("/ready"), "not-ready", 503)
    switch.go("mended", "ann")
    time.sleep(0.3)
    assert http.post("/v1/advice", json=PERSON).status_code == 200
    assert http.get("/ready").json() == {"status": "ready"}


def test_answers_carry_security_headers_and_the_callers_trace(http: TestClient) -> None:
    trace = "0af7651916cd43dd8448eb211c80319c"
    answer = http.get("/v1/nothing", headers={"traceparent": f"00-{trace}-b7ad6b7169203331-01"})
    assert answer.json()["trace"] == trace
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert len(http.get("/v1/nothing", headers={"traceparent": "garbage"}).json()["trace"]) == 32


def test_a_log_line_tells_the_template_and_no_client(
    http: TestClient, capsys: pytest.CaptureFixture[str], place: Home, tmp_path: Path
) -> None:
    quiet = home(tmp_path)
    with TestClient(service(quiet.settings), headers=quiet.header()) as client:
        client.post("/v1/advice", json={**PERSON, "id": "secret-person"})
        client.get("/v1/sessions/secret-session")
    lines = [
        json.loads(line) for line in capsys.readouterr().err.splitlines() if line.startswith("{")
    ]
    assert {(line["path"], line["status"], line["tenant"]) for line in lines} == {
        ("/v1/advice", 200, "acme"),
        ("/v1/sessions/{id}", 404, "acme"),
    }
    assert "secret" not in json.dumps(lines)


def test_too_many_requests_wait(tmp_path: Path) -> None:
    few = home(tmp_path, requests_a_minute=3)
    with TestClient(service(few.settings), headers=few.header()) as client:
        codes = [client.get("/v1/schemas/Client").status_code for _ in range(4)]
        answer = client.get("/v1/schemas/Client")
        is_problem(answer, "too-many", 429)
        assert 0 < int(answer.headers["retry-after"]) <= 60
        assert client.get("/v1/schemas/Client", headers=few.header("reader")).status_code == 200
    assert codes == [200, 200, 200, 429]


def test_what_was_not_foreseen_says_nothing_and_a_slow_one_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    hasty = home(tmp_path, seconds=0.2)
    app = service(hasty.settings)
    with TestClient(app, headers=hasty.header()) as client:
        while client.get("/ready").status_code != 200:
            time.sleep(0.05)
        tenant = app.state.tenants._open["acme"].tenant
        monkeypatch.setattr(
            type(tenant.sessions),
            "load",
            lambda *_: (_ for _ in ()).throw(RuntimeError("hidden words")),
        )
        problem = is_problem(client.get("/v1/sessions/abc"), "unforeseen", 500)
        assert "hidden" not in json.dumps(problem)
        logged = next(
            json.loads(line)
            for line in capsys.readouterr().err.splitlines()
            if "RuntimeError" in line
        )
        assert (logged["trace"], logged["error"]) == (problem["trace"], "RuntimeError")
        assert "hidden" not in json.dumps(logged)
        monkeypatch.setattr(type(tenant.sessions), "load", lambda *_: time.sleep(0.5))
        is_problem(client.get("/v1/sessions/abc"), "too-slow", 503)


def _b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def test_tokens_are_those_of_the_issuer_for_us_and_not_expired(tmp_path: Path) -> None:
    key, strange = (
        jwk.RSAKey.generate_key(2048, parameters={"kid": name}) for name in ("k1", "k2")
    )
    (tmp_path / "keys.json").write_text(json.dumps({"keys": [key.as_dict(private=False)]}))
    bearer = Bearer(
        issuer="https://id.example", audience="advisor", keys=str(tmp_path / "keys.json")
    )
    place = home(tmp_path, bearer=bearer)
    now = int(time.time())
    good = {
        "iss": bearer.issuer,
        "aud": "advisor",
        "sub": "app",
        "exp": now + 60,
        "tenant": "acme",
        "scope": "read other",
    }

    def token(claims: dict[str, Any], signed: Any = key, alg: str = "RS256") -> str:
        return jwt.encode({"alg": alg, "kid": signed.kid}, claims, signed, algorithms=[alg])

    unsigned = ".".join(_b64(json.dumps(part).encode()) for part in ({"alg": "none"}, good)) + "."
    head = ".".join(
        _b64(json.dumps(part).encode()) for part in ({"alg": "HS256", "kid": "k1"}, good)
    )
    confused = (  # the public key as a secret
        f"{head}.{_b64(hmac.digest(key.as_pem(private=False), head.encode(), 'sha256'))}"
    )
    with TestClient(service(place.settings)) as client:

        def ask(text: str, path: str = "/v1/schemas/Client") -> int:
            return client.get(path, headers={"Authorization": f"Bearer {text}"}).status_code

        assert ask(token(good)) == 200
        assert (
            client.post(
                "/v1/advice", json=PERSON, headers={"Authorization": f"Bearer {token(good)}"}
            ).status_code
            == 403
        )
        for wrong in ({"exp": now - 60}, {"aud": "x"}, {"iss": "x"}, {"exp": None}, {"sub": None}):
            claims = {name: value for name, value in {**good, **wrong}.items() if value is not None}
            assert ask(token(claims)) == 401, wrong
        assert ask(token({**good, "tenant": "nobody"})) == 403
        for text in (
            token(good, strange),
            unsigned,
            confused,
            "a.b.c",
            "..",
            token(good)[:-4] + "AAAA",
        ):
            assert ask(text) == 401
        (tmp_path / "keys.json").write_text(
            json.dumps({"keys": [k.as_dict(private=False) for k in (key, strange)]})
        )
        app_tokens = client.app.state.dispatcher._credentials._tokens
        app_tokens._read -= 60.0  # the keys are old enough to be looked at again
        assert ask(token(good, strange)) == 200
        assert (
            client.get(
                "/v1/schemas/Client", headers={"Authorization": f"Bearer {place.keys['acme']}"}
            ).status_code
            == 200
        )


def test_the_page_of_a_tenant_is_served_beside(tmp_path: Path) -> None:
    place = home(tmp_path, page=True)
    with TestClient(service(place.settings)) as client:
        page = client.get("/page/acme")
        assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
        for language in ("en", "zh"):
            for path in ("/page/nobody", "/page/acme/nothing/of/this"):
                gone = client.get(path, params={"language": language})
                assert gone.status_code == 404
                assert texts(language)["page"]["missing_text"] in gone.text
        opened = client.post("/v1/sessions", json={"client": PERSON}, headers=place.header())
        there = client.get(f"/page/acme/continue/{opened.json()['id']}")
        assert (there.status_code, there.url.path) == (200, "/page/acme/step/1")


def test_the_chat_is_for_callers_who_may_advise(tmp_path: Path) -> None:
    place = home(tmp_path, chat=True)
    with TestClient(service(place.settings)) as client:
        is_problem(client.post("/mcp", json={}), "not-authenticated", 401)
        is_problem(client.post("/mcp", json={}, headers=place.header("reader")), "not-allowed", 403)


def test_a_host_may_mount_it(tmp_path: Path) -> None:
    place = home(tmp_path)
    host = FastAPI()
    host.mount("/wealth", service(place.settings))
    with TestClient(host, headers=place.header()) as client:
        assert (
            client.post("/wealth/v1/advice", params={"as_of": DAY}, json=PERSON).json()["client_id"]
            == "c-1"
        )
        opened = client.post("/wealth/v1/sessions", json={"client": PERSON})
        assert client.get(opened.headers["location"]).json()["version"] == 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"tenants": {}},
        {"colour": 1},
        {"workers": 0},
        {"bearer": {"issuer": "i", "audience": "a", "keys": "k", "algorithms": ["none"]}},
    ],
)
def test_settings_that_cannot_be_used_are_refused(tmp_path: Path, wrong: dict[str, Any]) -> None:
    with pytest.raises(InputError):
        Settings(**{"tenants": {"a": {"advisor": tmp_path, "store": "sqlite://"}}, **wrong})


def test_a_tenant_whose_advisor_cannot_be_read_is_not_ready(tmp_path: Path) -> None:
    place = home(tmp_path)
    tenants = {"acme": {"advisor": tmp_path / "nothing", "store": f"sqlite:///{tmp_path}/b.db"}}
    keys = tuple(key for key in place.settings.keys if key.tenant == "acme")
    settings = Settings(**{**place.settings.model_dump(), "tenants": tenants, "keys": keys})
    with TestClient(service(settings), headers=place.header()) as client:
        is_problem(client.post("/v1/advice", json=PERSON), "not-ready", 503)
        is_problem(client.get("/ready"), "not-ready", 503)
        assert client.get("/health").status_code == 200


def test_a_forgotten_client_is_gone_and_the_ledger_stands(http: TestClient, place: Home) -> None:
    person = {**PERSON, "id": "forgotten"}
    http.post("/v1/advice", json=person, headers={"Idempotency-Key": "forget-me"})
    http.post("/v1/sessions", json={"client": person})
    store = store_of(place)
    store.forget("forgotten", at=datetime.now(UTC))
    file = sqlite3.connect(
        str(place.settings.tenants["acme"].store)
        .removeprefix("sqlite:///")
        .replace(".db", ".acme.db")
    )
    text = "\n".join(file.iterdump())
    assert '"forgotten"' not in text
    assert "'forgotten'" not in text
    assert Ledger(store).verify().ok
