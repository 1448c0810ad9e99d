"""The HTTP service under load: CPU a request against the library in process, tables of several,
rate and latency, memory, a job.

    python benchmarks/run.py --quick channels

A server of its own on 127.0.0.1, closed-loop load from one asyncio process. CPU is that of the
server's processes. Every advice is stored and recorded before it is given. What is compared was
measured in the same run.
"""

from __future__ import annotations

import asyncio
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pandas as pd

from advisor import Advisor, Catalogue, Client, Interactions, Market, Product, advise_stream, save
from advisor.adapters.channels.http import Settings, TenantSettings, new_api_key

ASSETS, PRODUCTS, CLIENTS = 20, 1_000, 2_000
DAY = "2026-06-30"
RUN = (
    "import sys; from advisor.adapters.channels.http import Settings, serve, work; s ="
    " Settings.model_validate_json(sys.argv[2]); "
)
SERVE, WORK = RUN + "serve(s, port=int(sys.argv[1]))", RUN + "work(s)"


def advisor() -> Advisor:
    """20 assets, 1,000 products, 2,000 clients with purchases on record."""
    draw = np.random.default_rng(7)
    names = [f"A{i:02d}" for i in range(ASSETS)]
    scale = np.linspace(0.0005, 0.02, ASSETS)
    common = draw.normal(0.0, 1.0, (1_500, 1))
    returns = (
        0.0001
        + scale * (0.5 * common + 0.8 * draw.normal(0.0, 1.0, (1_500, ASSETS)))
        + scale * 0.02
    )
    levels = dict(
        zip(names, np.clip(1 + np.arange(ASSETS) * 5 // ASSETS, 1, 5).tolist(), strict=True)
    )
    frame = pd.DataFrame(returns, index=pd.bdate_range("2019-01-01", periods=1_500), columns=names)
    market = Market.from_returns(frame, risk_levels=levels)
    products = [
        Product(
            id=f"P{i:04d}",
            name=f"Product {i}",
            asset=names[i % ASSETS],
            risk_level=levels[names[i % ASSETS]],
            min_purchase=100.0,
        )
        for i in range(PRODUCTS)
    ]
    bought = pd.DataFrame(
        {
            "client_id": [f"c{i}" for i in draw.integers(0, CLIENTS, 20_000)],
            "product_id": [
                f"P{i:04d}" for i in np.minimum(draw.geometric(0.004, 20_000), PRODUCTS) - 1
            ],
            "day": pd.Timestamp("2025-01-01") + pd.to_timedelta(draw.integers(0, 365, 20_000), "D"),
        }
    ).drop_duplicates(["client_id", "product_id"])
    return Advisor.fit(
        market, Interactions.from_frame(bought), catalogue=Catalogue.from_products(products)
    )


def person(number: int) -> Client:
    """A client with an assessment and a holding."""
    wealth = 10_000.0 + 37.0 * (number % 5_000)
    held = {f"P{number % PRODUCTS:04d}": 0.1 * wealth}
    return Client(
        id=f"c{number}",
        wealth=wealth,
        horizon_years=3 + number % 12,
        age=30 + number % 40,
        level=1 + number % 5,
        assessed_on="2026-06-01",
        knowledge=60,
        holdings=held,
    )


def cpu_of(process: subprocess.Popen[bytes]) -> float:
    """Seconds of CPU of a process and its children so far."""
    ticks = 0
    for child in family(process.pid):
        fields = Path(f"/proc/{child}/stat").read_text().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def memory_of(process: subprocess.Popen[bytes]) -> float:
    """Resident megabytes of a process and its children."""
    pages = sum(
        int(Path(f"/proc/{child}/statm").read_text().split()[1]) for child in family(process.pid)
    )
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def family(pid: int) -> list[int]:
    """A process and all that it started."""
    children = [int(c) for c in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return [pid, *(member for child in children for member in family(child))]


@contextmanager
def running(settings: Settings, code: str) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """A process that serves or works, ended afterwards."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "-c", code, str(port), settings.model_dump_json()],
        stderr=subprocess.DEVNULL,
    )
    try:
        yield process, port
    finally:
        process.terminate()
        process.wait(timeout=20)


def until(port: int, path: str) -> float:
    """Seconds until a path answers 200."""
    began = time.monotonic()
    while time.monotonic() - began < 60:
        try:
            if httpx.get(f"http://127.0.0.1:{port}{path}", trust_env=False).status_code == 200:
                return time.monotonic() - began
        except httpx.TransportError:
            time.sleep(0.02)
    raise RuntimeError("the service did not start")


async def load(
    port: int, key: str, connections: int, *, requests: int = 10**9, seconds: float = 10**9
) -> dict[str, float]:
    """Closed-loop load over raw connections: each asks again as soon as it is answered."""
    bodies = [person(i).model_dump_json().encode() for i in range(500)]
    head = (
        f"POST /v1/advice?as_of={DAY} HTTP/1.1\r\nHost: x\r\nX-API-Key: {key}\r\nContent-Type:"
        " application/json\r\nContent-Length: "
    )
    times: list[float] = []
    failed = 0
    left, ends = [requests], time.monotonic() + seconds

    async def one(offset: int) -> None:
        nonlocal failed
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        number = offset
        while left[0] > 0 and time.monotonic() < ends:
            left[0] -= 1
            body = bodies[number % len(bodies)]
            number += connections
            began = time.perf_counter()
            writer.write(f"{head}{len(body)}\r\n\r\n".encode() + body)
            answer = await reader.readuntil(b"\r\n\r\n")
            size = next(
                int(line[15:])
                for line in answer.split(b"\r\n")
                if line.lower().startswith(b"content-length:")
            )
            await reader.readexactly(size)
            times.append(time.perf_counter() - began)
            failed += not answer.startswith(b"HTTP/1.1 200")
        writer.close()

    began = time.monotonic()
    await asyncio.gather(*(one(i) for i in range(connections)))
    taken = time.monotonic() - began
    ordered = sorted(times)
    return {
        "requests": len(times), "failed": failed, "rate": len(times) / taken,
        "median": statistics.median(ordered) * 1e3, "p99": ordered[int(0.99 * len(ordered))] * 1e3,
    }  # fmt: skip


def in_process(fitted: Advisor, count: int) -> float:
    """CPU milliseconds of parsing, advising and writing one client, in this process."""
    bodies = [person(i).model_dump_json().encode() for i in range(count)]
    began = time.process_time()
    for body in bodies:
        fitted.advise(Client.model_validate_json(body), as_of=DAY).model_dump_json()
    return (time.process_time() - began) / count * 1e3


def jobs(
    settings: Settings, header: dict[str, str], folder: Path, clients: int
) -> tuple[float, float]:
    """Seconds of CPU of a job, and of `advise_stream` alone, on the same file."""
    source = folder / "clients.csv"
    rows = (
        f"n{i},{10_000 + i % 5_000},{3 + i % 12},{1 + i % 5},{30 + i % 40},2026-06-01,60"
        for i in range(clients)
    )
    source.write_text(
        "id,wealth,horizon_years,level,age,assessed_on,knowledge\n" + "\n".join(rows) + "\n"
    )
    began = time.process_time()
    advise_stream(settings.tenants["bank"].advisor, source, folder / "alone", as_of=DAY)
    alone = time.process_time() - began
    with running(settings, SERVE) as (_, port), running(settings, WORK) as (worker, _):
        until(port, "/ready")
        time.sleep(2.0)  # the worker has loaded what it needs
        before = cpu_of(worker)
        with (
            source.open("rb") as file,
            httpx.Client(
                headers={**header, "Content-Type": "text/csv"}, trust_env=False, timeout=600
            ) as caller,
        ):
            at = caller.post(f"http://127.0.0.1:{port}/v1/jobs?as_of={DAY}", content=file).headers[
                "location"
            ]
            while caller.get(f"http://127.0.0.1:{port}{at}").json()["state"] != "done":
                time.sleep(0.2)
        return cpu_of(worker) - before, alone


def tables(quick: bool) -> list[str]:
    """Markdown of what was measured beside its target; ten minutes of load, five seconds where
    `quick`."""
    rows = measured(5.0, 20_000, 3) if quick else measured(600.0, 1_000_000, 9)
    return [
        "| | measured | target |",
        "|---|---|---|",
        *(f"| {what} | {found} | {target} |" for what, found, target in rows),
    ]


def measured(seconds: float, clients: int, rounds: int) -> list[tuple[str, str, str]]:
    """Rows of what was measured: what, how much, the target. What is compared is measured in turn,
    `rounds` times, and the median counts."""
    folder = Path(tempfile.mkdtemp(prefix="advisor-bench-"))
    fitted = advisor()
    save(fitted, folder / "advisor")
    key, kept = new_api_key("bank", "read", "advise")
    place = {
        "bank": TenantSettings(advisor=folder / "advisor", store=f"sqlite:///{folder}/store.db")
    }
    common: dict[str, Any] = {
        "tenants": place,
        "folder": folder / "jobs",
        "keys": (kept,),
        "page": False,
        "chat": False,
        "requests_a_minute": 10_000_000,
    }
    settings = Settings(**common)
    rows: list[tuple[str, str, str]] = []
    with running(settings, SERVE) as (server, port):
        health = until(port, "/health")
        until(port, "/ready")
        rows += [
            ("/health after start", f"{health:.2f} s", "<= 2 s"),
            ("CPU until ready", f"{cpu_of(server):.1f} s", "<= 5 s"),
        ]
        asyncio.run(load(port, key, 4, requests=200))
        in_process(fitted, 50)
        spent: dict[int, list[float]] = {1: [], 16: [], 0: []}
        for _ in range(rounds):
            spent[0].append(in_process(fitted, 200))
            for connections, most in ((1, 200), (16, 1_000)):
                before = cpu_of(server)
                asyncio.run(load(port, key, connections, requests=most))
                spent[connections].append((cpu_of(server) - before) / most * 1e3)
        alone = statistics.median(spent[0])
        rows.append(("parse + advise + dump in process", f"{alone:.2f} ms CPU", ""))
        for connections, target in ((1, "<= 1.5 x"), (16, "<= 0.7 x")):
            cost = statistics.median(spent[connections])
            text = f"{cost:.2f} ms CPU a request = {cost / alone:.2f} x"
            rows.append((f"{connections} connection(s)", text, target))
    with running(Settings(**{**common, "workers": 2}), SERVE) as (server, port):
        until(port, "/ready")
        asyncio.run(load(port, key, 16, seconds=min(5.0, seconds)))
        first = memory_of(server)
        loaded = asyncio.run(load(port, key, 16, seconds=seconds))
        rows += [
            (
                "two workers, 16 connections",
                f"{loaded['rate']:.0f} requests/s, p99 {loaded['p99']:.0f} ms",
                ">= 300/s, p99 <= 50 ms on two idle cores",
            ),
            (
                f"{seconds:.0f} s of it",
                f"memory {memory_of(server) / first - 1.0:+.1%}, {loaded['failed']:.0f} failed",
                "within 5 %, none",
            ),
        ]
    job, stream = jobs(settings, {"X-API-Key": key}, folder, clients)
    rows.append(
        (
            f"a job of {clients:,} clients",
            f"{job:.1f} s CPU = {job / stream:.2f} x advise_stream",
            "<= 1.1 x",
        )
    )
    return rows
