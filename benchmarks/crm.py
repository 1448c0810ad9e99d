"""The store and the ledger beside the raw path of the same bytes, on SQLite and PostgreSQL."""

from __future__ import annotations

import hashlib
import io
import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq

from advisor import Advisor, ClientTable, advise_stream, sample
from advisor.adapters.crm import Store
from advisor.adapters.records import Ledger, Record

sys.path.append(str(Path(__file__).resolve().parents[1] / "tests"))
import stack

AT = datetime(2026, 11, 1, tzinfo=UTC)
DAY = "2026-11-20"


def timed(work: Callable[[], Any]) -> tuple[Any, float, float]:
    """What it gives, seconds by the clock and of own processor time."""
    clock, own = time.perf_counter(), time.process_time()
    made = work()
    return made, time.perf_counter() - clock, time.process_time() - own


def bank(count: int) -> ClientTable:
    """Clients with 18 answers and 3 holdings each."""
    clients = sample.clients(count)
    money = clients.wealth / 4.0
    names = ("F1", "F2", "F3")
    codes = np.tile(np.arange(3), count)
    held = replace(
        clients.holdings,
        names=names,
        codes=codes,
        values=np.repeat(np.floor(money), 3),
        indptr=np.arange(0, 3 * count + 1, 3),
    )
    return replace(clients, holdings=held)


def stores(folder: Path, held: ExitStack) -> Iterator[tuple[str, Store]]:
    yield "SQLite", Store.open(f"sqlite:///{folder}/bench.db")
    if stack.binaries() is not None:
        url = held.enter_context(stack.postgresql_server())
        yield "PostgreSQL", Store.open(url, tenant="bench")


def raw_copy(store: Store, names: tuple[str, ...], run: str) -> tuple[int, float]:
    """Seconds of a bare COPY of what a run left in tables of the same form; rows."""
    texts: dict[str, bytes] = {}
    rows = 0
    with store.reading() as connection:
        cursor = connection.connection.cursor()
        for name in names:
            out = io.BytesIO()
            cursor.execute(
                f"COPY (SELECT * FROM {name} WHERE run = '{run}') TO STDOUT (FORMAT csv)",
                stream=out,
            )
            texts[name] = out.getvalue()
            rows += (
                connection.exec_driver_sql(
                    f"SELECT COUNT(*) FROM {name} WHERE run = '{run}'"
                ).scalar()
                or 0
            )
    with store.writing() as connection:
        for name in names:
            connection.exec_driver_sql(f"CREATE TABLE raw_{name} (LIKE {name} INCLUDING ALL)")
    started = time.perf_counter()
    with store.writing() as connection:
        for name, text in texts.items():
            table = store.database.engine.dialect.identifier_preparer.quote(f"raw_{name}")
            connection.connection.cursor().execute(
                f"COPY {table} FROM STDIN (FORMAT csv)", stream=io.BytesIO(text)
            )
    seconds = time.perf_counter() - started
    with store.writing() as connection:
        for name in names:
            connection.exec_driver_sql(f"DROP TABLE raw_{name}")
    return rows, seconds


def advice_rows(quick: bool) -> list[str]:
    count = 20_000 if quick else 100_000
    advisor = Advisor.fit(sample.market(), sample.interactions(), catalogue=sample.catalogue())
    lines = [
        "| store | clients | rows | put_advice rows/s | bare COPY rows/s | ratio |",
        "|---|---|---|---|---|---|",
    ]
    with tempfile.TemporaryDirectory() as folder, ExitStack() as held:
        parts = Path(folder) / "parts"
        advise_stream(advisor, sample.clients(count), parts, as_of=DAY)
        for name, store in stores(Path(folder), held):
            store.migrate()
            written, seconds, _ = timed(lambda: store.put_advice(parts, run="r"))  # noqa: B023 - called here
            picks = sum(
                int(5 * part.num_rows - sum(part[f"pick_{i}"].null_count for i in range(1, 6)))
                for part in map(pq.read_table, sorted(parts.glob("part-*")))
            )
            rows = written.changed + picks
            bare = ""
            if name == "PostgreSQL":
                raw_rows, raw_seconds = raw_copy(store, ("advice", "picks"), "r")
                bare = f"{raw_rows / raw_seconds:,.0f} | {raw_seconds / seconds:.2f}"
            lines.append(
                f"| {name} | {count:,} | {rows:,} | {rows / seconds:,.0f} | {bare or '- | -'} |"
            )
            store.close()
    return lines


def client_tables(quick: bool) -> list[str]:
    count = 20_000 if quick else 100_000
    lines = [
        "| store | clients | put_clients s | again s | clients() s | own CPU s | view ms | own CPU ms |",
        "|---|---|---|---|---|---|---|---|",
    ]
    clients = bank(count)
    with tempfile.TemporaryDirectory() as folder, ExitStack() as held:
        for name, store in stores(Path(folder), held):
            store.migrate()
            _, put, _ = timed(lambda: store.put_clients(clients, at=AT))  # noqa: B023 - called here
            _, again, _ = timed(lambda: store.put_clients(clients, at=AT))  # noqa: B023 - called here
            table, clock, own = timed(store.clients)
            assert len(table) == count
            some = clients.ids[:: count // 20]
            _, seconds, cpu = timed(lambda: [store.view(i) for i in some])  # noqa: B023 - called here
            lines.append(
                f"| {name} | {count:,} | {put:.1f} | {again:.1f} | {clock:.1f} | {own:.1f} |"
                f" {1000 * seconds / len(some):.1f} | {1000 * cpu / len(some):.1f} |"
            )
            store.close()
    return lines


def ledger(quick: bool) -> list[str]:
    count, size = (20_000 if quick else 100_000), 2_000
    lines = [
        "| store | records | append/s | first 20,000 | last 20,000 | raw/s | cost ratio | verify/s |",
        "|---|---|---|---|---|---|---|---|",
    ]
    records = [
        Record(kind="advice", subject=hashlib.sha256(str(i).encode()).hexdigest(), decision="ok", rules=("csrc:2016/R1",), fingerprint="0" * 64, operator="night", as_of=DAY)
        for i in range(size)
    ]  # fmt: skip
    with tempfile.TemporaryDirectory() as folder, ExitStack() as held:
        for name, store in stores(Path(folder), held):
            store.migrate()
            book = Ledger(store)

            def append(book: Ledger = book) -> list[float]:
                return [timed(lambda: book.append(records, at=AT))[1] for _ in range(count // size)]

            each, seconds, _ = timed(append)
            few = 20_000 // size
            ends = f"{20_000 / sum(each[:few]):,.0f} | {20_000 / sum(each[-few:]):,.0f}"
            raw = "- | -"
            if name == "PostgreSQL":
                raw_seconds = raw_ledger(store, records, count // size)
                raw = f"{count / raw_seconds:,.0f} | {seconds / raw_seconds:.2f}"
            report, checking, _ = timed(book.verify)
            assert report.ok
            lines.append(
                f"| {name} | {count:,} | {count / seconds:,.0f} | {ends} | {raw} |"
                f" {count / checking:,.0f} |"
            )
            store.close()
    return lines


def raw_ledger(store: Store, records: list[Record], times: int) -> float:
    """Seconds of json, SHA-256 and COPY of the same bytes."""
    with store.writing() as connection:
        connection.exec_driver_sql("CREATE TABLE raw_ledger (LIKE ledger INCLUDING ALL)")
    started, seq = time.perf_counter(), 0
    for _ in range(times):
        lines = []
        for record in records:
            seq += 1
            fields = {
                "at": "2026-11-01T00:00:00.000000Z",
                "before": "0" * 64,
                "record": record.model_dump(mode="json"),
                "seq": seq,
            }
            body = json.dumps(fields, sort_keys=True, separators=(",", ":"))
            digest = hashlib.sha256(body.encode()).hexdigest()
            lines.append(f'{seq},"{body.replace(chr(34), chr(34) * 2)}",{digest}\n')
        with store.writing() as connection:
            connection.connection.cursor().execute(
                "COPY raw_ledger FROM STDIN (FORMAT csv)",
                stream=io.BytesIO("".join(lines).encode()),
            )
    seconds = time.perf_counter() - started
    with store.writing() as connection:
        connection.exec_driver_sql("DROP TABLE raw_ledger")
    return seconds


def tables(quick: bool) -> list[str]:
    """Markdown for `benchmarks/run.py`."""
    return [
        (
            "Targets: `put_advice` at least half the rate of a bare COPY and 20,000 rows a second;"
            " `clients()` of 100,000 in 5 s of own CPU;"
        ),
        (
            "`view` in 20 ms; 20,000 appends a second at most 3 times the cost of the raw path;"
            " 50,000 records verified a second.\n"
        ),
        *advice_rows(quick),
        "",
        *client_tables(quick),
        "",
        *ledger(quick),
    ]


if __name__ == "__main__":
    print("\n".join(tables("--quick" in sys.argv)))
