"""Server and worker killed at random points under load: no answer without its record, no job lost
or done twice."""

from __future__ import annotations

import random
import signal
import socket
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest

from advisor import advise_stream
from advisor.adapters.crm.store import Store
from advisor.adapters.records import Ledger
from http_service import DAY, PERSON, Home, home, process, wait_ready
from stack import free_port

KILLS = 2


@pytest.fixture
def place(tmp_path: Path) -> Home:
    return home(tmp_path, lease_seconds=1.0, rows_per_part=40)


@pytest.fixture
def children() -> Iterator[list[subprocess.Popen[bytes]]]:
    """Processes that end with the test."""
    started: list[subprocess.Popen[bytes]] = []
    yield started
    for child in started:
        child.kill()
        child.wait()


@pytest.fixture
def caller() -> Iterator[httpx.Client]:
    with httpx.Client(timeout=10) as client:
        yield client


def store_of(place: Home) -> Store:
    return Store.open(place.settings.tenants["acme"].store, tenant="acme")


def test_no_answer_without_advice_and_record_and_neither_alone(
    place: Home, children: list[subprocess.Popen[bytes]], caller: httpx.Client
) -> None:
    chance, answered, port = random.Random(7), set[str](), free_port()

    def ask(number: int) -> None:
        try:
            url = f"http://127.0.0.1:{port}/v1/advice?as_of={DAY}"
            answer = caller.post(url, json={**PERSON, "id": f"k-{number}"}, headers=place.header())
        except httpx.TransportError:
            return
        if answer.status_code == 200:
            answered.add(answer.text)

    for kill in range(KILLS):
        server = process(place.settings, "serve", port)
        children.append(server)
        wait_ready(port, server)
        with ThreadPoolExecutor(12) as pool:
            waiting = [pool.submit(ask, 10_000 * kill + i) for i in range(400)]
            time.sleep(0.3 + chance.random() * 0.5)
            server.send_signal(signal.SIGKILL)
            pool.shutdown(cancel_futures=True)
            assert all(task.cancelled() or task.exception() is None for task in waiting)
        server.wait()
    store = store_of(place)
    with store.reading() as connection:
        documents = [row[0] for row in connection.exec_driver_sql("select document from advice")]
    report = Ledger(store).verify()
    assert report.ok
    assert report.records == len(documents) == len(set(documents))
    assert answered
    assert answered <= set(documents)


def test_accepted_jobs_are_done_once_and_their_parts_are_those_of_an_undisturbed_run(
    place: Home, children: list[subprocess.Popen[bytes]], tmp_path: Path
) -> None:
    chance, port = random.Random(11), free_port()
    rows = "\n".join(f"j-{i},{1000 + i},7,{i % 5 + 1},40,2026-06-01" for i in range(600))
    text = f"id,wealth,horizon_years,level,age,assessed_on\n{rows}\n"
    server = process(place.settings, "serve", port)
    children.append(server)
    wait_ready(port, server)
    headers = {**place.header(), "Content-Type": "text/csv"}
    with httpx.Client(headers=headers, timeout=30) as caller:
        url = f"http://127.0.0.1:{port}/v1/jobs?as_of={DAY}"
        jobs = [caller.post(url, content=text).json()["id"] for _ in range(2)]
    server.send_signal(signal.SIGKILL)
    server.wait()
    worker = process(place.settings, "work")
    children.append(worker)
    _until_begun(place, worker)
    time.sleep(chance.random() * 0.4)
    worker.send_signal(signal.SIGKILL)
    worker.wait()
    workers = [process(place.settings, "work") for _ in range(2)]
    children.extend(workers)
    store = store_of(place)
    for _ in range(600):
        if all(store.rows("jobs", id=job)[0]["state"] == "done" for job in jobs):
            break
        time.sleep(0.1)
    for worker in workers:
        worker.terminate()
        assert worker.wait(timeout=10) == 0
    (tmp_path / "clients.csv").write_text(text)
    run = advise_stream(
        place.settings.tenants["acme"].advisor,
        tmp_path / "clients.csv",
        tmp_path / "out",
        as_of=DAY,
        rows_per_part=40,
    )
    assert len(run.parts) == 15
    for job in jobs:
        folder = place.settings.folder / "acme" / job / "parts"
        assert [p.name for p in sorted(folder.glob("part-*"))] == [p.name for p in run.parts]
        assert all((folder / part.name).read_bytes() == part.read_bytes() for part in run.parts)
    done = [record.data["job"] for _, _, record in Ledger(store).records()]
    assert sorted(done) == sorted(jobs)


def _until_begun(place: Home, worker: subprocess.Popen[bytes]) -> None:
    """Until the worker has written a part more than there were."""
    before = _parts(place)
    for _ in range(600):
        if worker.poll() is not None or _parts(place) > before:
            return
        time.sleep(0.02)


def _parts(place: Home) -> int:
    return len(list((place.settings.folder / "acme").glob("*/parts/part-*")))


def test_a_server_told_to_end_answers_what_waits(
    place: Home, children: list[subprocess.Popen[bytes]], caller: httpx.Client
) -> None:
    port = free_port()
    server = process(place.settings, "serve", port)
    children.append(server)
    wait_ready(port, server)

    def ask(number: int) -> int:
        url = f"http://127.0.0.1:{port}/v1/reports"
        try:
            return caller.post(
                url, json={**PERSON, "id": f"e-{number}"}, headers=place.header()
            ).status_code
        except httpx.TransportError:  # it was not read any more
            return 0

    with ThreadPoolExecutor(6) as pool:
        waiting = [pool.submit(ask, i) for i in range(6)]
        time.sleep(0.15)
        began = time.monotonic()
        server.terminate()
        codes = [task.result() for task in waiting]
    server.wait(timeout=10)
    assert time.monotonic() - began < 10.0
    assert set(codes) <= {200, 0}
    assert 200 in codes
    stored = sqlite3.connect(
        str(place.settings.tenants["acme"].store)
        .removeprefix("sqlite:///")
        .replace(".db", ".acme.db")
    )
    assert stored.execute("select count(*) from advice").fetchone()[0] >= codes.count(200)


def test_who_sends_slowly_is_told_that_the_service_ends(
    place: Home, children: list[subprocess.Popen[bytes]]
) -> None:
    """Half a body, half a head: neither keeps a server that is to end."""
    port = free_port()
    server = process(place.settings, "serve", port)
    children.append(server)
    wait_ready(port, server)
    head = f"POST /v1/advice HTTP/1.1\r\nHost: x\r\nX-API-Key: {place.keys['acme']}\r\n"
    head += "Content-Type: application/json\r\nContent-Length: 100\r\n\r\n"
    with ExitStack() as open_:
        body, half = (
            open_.enter_context(socket.create_connection(("127.0.0.1", port), timeout=20))
            for _ in range(2)
        )
        body.sendall(f'{head}{{"id"'.encode())
        half.sendall(b"GET /he")
        time.sleep(0.3)
        server.terminate()
        began = time.monotonic()
        server.wait(timeout=20)
        assert time.monotonic() - began < 10.0
        answer = body.recv(10_000)
    assert answer.startswith(b"HTTP/1.1 503 ")
    assert b"application/problem+json" in answer
