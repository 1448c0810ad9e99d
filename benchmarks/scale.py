"""A million clients to Parquet: seconds by stage, memory, and a loop with PyPortfolioOpt and
implicit beside it.

    python benchmarks/scale.py [--quick | --clients N] [--workers W]

Clients answer the questionnaire. The stream runs in a process of its own: wall time is that of the
whole call, workers started and files synced; memory is the largest sum of the proportional set
sizes (PSS: shared pages counted once) of it and its workers, read ten times a second; CPU time is
that of all of them.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import resource
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import implicit
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import scipy.sparse as sp
from pypfopt import EfficientFrontier
from threadpoolctl import threadpool_limits

from advisor import Advisor, Catalogue, Interactions, Product, Questionnaire, ReturnModel, save
from advisor.data import Eligibility, clients_from_arrow
from advisor.data.clients.sources import arrow_batches
from advisor.engine.input_digest import input_digests
from advisor.engine.pipeline import advise_table
from advisor.risk_profile import profile_risk
from advisor.runs import stream
from advisor.runs.job import INPUTS, AdvisorRef, Job
from advisor.runs.parts import write_part

DAY = "2026-11-20"
ASSETS, PRODUCTS, KNOWN, PICKS = 20, 1000, 50_000, 5
ROWS = 25_000


def state_of(seed: int = 5) -> tuple[Advisor, pd.DataFrame]:
    """Twenty asset classes, a thousand products, and three hundred thousand purchases."""
    rng = np.random.default_rng(seed)
    volatility = np.sort(rng.uniform(0.002, 0.25, ASSETS))
    loadings = rng.normal(size=(ASSETS, 4))
    correlation = loadings @ loadings.T + 4.0 * np.eye(ASSETS)
    scale = np.sqrt(np.diag(correlation))
    names = [f"asset_{i:02d}" for i in range(ASSETS)]
    model = ReturnModel(
        names,
        0.01 + 0.3 * volatility,
        correlation / np.outer(scale, scale) * np.outer(volatility, volatility),
    )
    level_of = np.clip(1 + np.arange(ASSETS) * 5 // ASSETS, 1, 5)
    shelf = Catalogue.from_products(
        Product(
            id=f"P{j:04d}",
            name=f"Product {j}",
            asset=names[j % ASSETS],
            risk_level=int(level_of[j % ASSETS]),
            min_purchase=100.0 * (j % 3),
        )
        for j in range(PRODUCTS)
    )
    popularity = (1.0 / (1.0 + rng.permutation(PRODUCTS))) ** 0.8
    bought = pd.DataFrame(
        {
            "client_id": [f"c{i:07d}" for i in rng.integers(0, KNOWN, KNOWN * 6)],
            "product_id": [
                f"P{j:04d}"
                for j in rng.choice(PRODUCTS, KNOWN * 6, p=popularity / popularity.sum())
            ],
            "day": "2026-01-05",
        }
    )
    return Advisor.fit(model, Interactions.from_frame(bought), catalogue=shelf), bought


def write_clients(path: Path, count: int, seed: int = 6) -> None:
    """Clients by chunk, so that making them takes no more memory than advising them. One in a
    thousand rows is broken."""
    rng = np.random.default_rng(seed)
    writer = None
    for start in range(0, count, 100_000):
        rows = min(100_000, count - start)
        wealth = np.round(np.exp(rng.normal(11.0, 1.0, rows)), 2)
        columns = {
            "id": [f"c{i:07d}" for i in range(start, start + rows)],
            "wealth": np.where(rng.random(rows) < 0.001, -1.0, wealth),
            "horizon_years": np.round(rng.uniform(1.0, 25.0, rows), 1),
            "age": rng.integers(18, 90, rows),
            "assessed_on": pa.array(np.full(rows, np.datetime64("2026-06-01"))),
            "bias:loss_aversion": np.round(rng.uniform(1.0, 3.5, rows), 2),
            "holding:P0000": np.where(rng.random(rows) < 0.5, 0.2 * wealth, 0.0),
        }
        bold = rng.beta(1.2, 1.2, rows)
        for question in Questionnaire.default().questions:
            noisy = np.clip(bold + rng.normal(0.0, 0.2, rows), 0.0, 1.0 - 1e-9)
            chosen = pa.array((noisy * len(question.options)).astype(np.int32))
            options = sorted(question.options, key=lambda o: o.score)
            columns[f"answer:{question.id}"] = pa.DictionaryArray.from_arrays(
                chosen, [o.id for o in options]
            ).cast(pa.string())
        table = pa.table(columns)
        writer = writer or pq.ParquetWriter(path, table.schema)
        writer.write_table(table)
    if writer is not None:
        writer.close()


def tables(quick: bool = False, count: int | None = None, workers: int = 2) -> list[str]:
    """Markdown: the whole run, its stages, and the ratio to the loop."""
    count, few = count or (50_000 if quick else 1_000_000), 200 if quick else 1_000
    folder = Path(tempfile.mkdtemp(prefix="scale-"))
    try:
        house, bought = state_of()
        saved, clients = save(house, folder / "house"), folder / "clients.parquet"
        write_clients(clients, count)
        job = Job.of(AdvisorRef.of(saved, as_of=DAY, picks=PICKS), pq.read_schema(clients))
        sample_of = next(arrow_batches(clients, 2_000))
        job.on_table(sample_of)
        alone = [sys.executable, __file__, "--stream", str(folder), "--workers", str(workers)]
        done = json.loads(subprocess.run(alone, check=True, capture_output=True, text=True).stdout)
        wall, spent = done["wall"], done["cpu"]
        with threadpool_limits(1):
            loop = by_loop(house, bought, sample_of.slice(0, few), job)
        ratio = (loop / few) / (wall / count)
        lines = [
            (
                "| what | clients | wall s | CPU s | clients a second | peak MB (PSS, all"
                " processes) |\n|---|---|---|---|---|---|"
            ),
            (
                f"| stream, Parquet to Parquet ({done['size'] / 1e6:,.0f} MB), {workers} processes,"
                f" {ASSETS} assets x {PRODUCTS:,} products, top {PICKS}, answers, loss aversion;"
                f" {', '.join(f'{n:,} {status}' for status, n in done['statuses'].items())} |"
                f" {count:,} | {wall:.1f} | {spent:.1f} | {count / wall:,.0f} |"
                f" {done['peak']:,.0f} |"
            ),
            (
                "| loop: PyPortfolioOpt (target volatility, level's assets), implicit ALS top"
                f" {PICKS} filtered by level | {few:,} | {loop:.1f} | | {few / loop:,.0f} | |"
            ),
            "",
            (
                f"{1e6 * spent / count:.0f} microseconds of CPU a client. The loop, with levels"
                f" found for it, takes {ratio:,.0f} times as long a client (wall); no reasons, no"
                " proof."
            ),
        ]
        return ["\n".join(lines), "", stages(house, clients, folder)]
    finally:
        shutil.rmtree(folder)


def stream_alone(folder: Path, workers: int) -> None:
    """The stream in a process that does nothing else; what it took as JSON."""
    cpu, started = _cpu(), time.perf_counter()
    with Memory() as memory:
        done = stream.advise_stream(
            folder / "house",
            folder / "clients.parquet",
            folder / "out",
            as_of=DAY,
            picks=PICKS,
            rows_per_part=ROWS,
            workers=workers,
        )
    wall, size = time.perf_counter() - started, sum(p.stat().st_size for p in done.parts)
    print(
        json.dumps(
            {
                "wall": wall,
                "cpu": _cpu() - cpu,
                "peak": memory.peak,
                "size": size,
                "statuses": dict(done.statuses),
            }
        )
    )


def _cpu() -> float:
    """CPU seconds of this process and of those it has seen end."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(u.ru_utime + u.ru_stime for u in used)


class Memory:
    """The largest memory of this process and its children in MB while inside: the sum of
    proportional set sizes."""

    def __init__(self) -> None:
        self.peak, self._done = 0.0, threading.Event()
        self._watch = threading.Thread(target=self._look)

    def __enter__(self) -> Memory:
        self._watch.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._watch.join()

    def _look(self) -> None:
        while not self._done.wait(0.1):
            pids = ["self", *(str(p.pid) for p in multiprocessing.active_children())]
            self.peak = max(self.peak, sum(_pss(pid) for pid in pids))


def _pss(pid: str) -> float:
    """Of one process in MB; 0 where it has just ended."""
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except OSError:
        return 0.0
    return (
        sum(float(line.split()[1]) for line in text.splitlines() if line.startswith("Pss:"))
        / 1024.0
    )


def stages(house: Advisor, clients: Path, folder: Path) -> str:
    """CPU and wall seconds of each step for one part."""
    inner = house.state
    day = np.datetime64(DAY)
    spent: list[tuple[str, float, float]] = []

    def timed(name: str, work: Any) -> Any:
        wall, cpu = time.perf_counter(), time.process_time()
        result = work()
        spent.append((name, time.perf_counter() - wall, time.process_time() - cpu))
        return result

    table = timed("read Parquet", lambda: next(arrow_batches(clients, ROWS)))
    people = timed("Arrow to columns", lambda: clients_from_arrow(table))
    profiles = timed(
        "profile (part of advise)",
        lambda: profile_risk(people, inner.questionnaire, as_of=DAY, bands=inner.bands),
    )
    allowed: Eligibility = timed(
        "suitability (part of advise)",
        lambda: inner.regime.eligibility(profiles, people, inner.catalogue),
    )
    timed(
        "scores (part of advise)",
        lambda: [inner.recommender.scores(p.ids, p) for p in people.chunks(8192)],
    )
    batch = timed(
        f"advise, whole ({len(allowed.allowed)} classes)",
        lambda: advise_table(inner, people, day, PICKS),
    )
    out = timed("advice to Arrow, reason codes", batch.to_arrow)
    digests = timed("digest of each row", lambda: input_digests(people, day))
    out = out.append_column(INPUTS, pa.array(digests))
    timed(
        "write Parquet, sync",
        lambda: write_part([("", [out])], out.schema, folder / "one.parquet", "one", ""),
    )
    rows = [f"| {name} | {wall:.2f} | {cpu:.2f} |" for name, wall, cpu in spent]
    return "\n".join(
        [
            f"| stage, {len(people):,} clients in one process | wall s | CPU s |\n|---|---|---|",
            *rows,
        ]
    )


def by_loop(house: Advisor, bought: pd.DataFrame, clients: pa.Table, job: Job) -> float:
    """Seconds that the usual libraries take, client after client, once their models are fitted; the
    levels of the clients are given to them."""
    inner, model = house.state, house.state.model
    ids, products = pd.Index(bought["client_id"].unique()), pd.Index(inner.catalogue.ids.ids)
    matrix = sp.csr_matrix(
        (
            np.ones(len(bought), dtype=np.float32),
            (ids.get_indexer(bought["client_id"]), products.get_indexer(bought["product_id"])),
        )
    )
    als = implicit.als.AlternatingLeastSquares(
        factors=16, iterations=3, num_threads=1, random_state=0
    )
    als.fit(matrix, show_progress=False)
    level_of = np.array([p.effective_risk_level for p in inner.catalogue.products])
    main = inner.catalogue.exposures(model.ids).argmax(axis=1)
    row_of = {name: i for i, name in enumerate(ids)}
    levels = job.on_table(clients).select(["client_id", "level"]).to_pylist()
    started = time.perf_counter()
    for client in levels:
        level = max(1, int(client["level"]))
        assets = np.unique(main[level_of <= level])
        target = inner.bands.target_volatility[level - 1]
        solver = EfficientFrontier(model.mean[assets], model.covariance[np.ix_(assets, assets)])
        lowest = float(np.sqrt(1.0 / np.linalg.inv(model.covariance[np.ix_(assets, assets)]).sum()))
        if target > 1.5 * lowest:
            solver.efficient_risk(target)
        else:
            solver.min_volatility()
        row = row_of.get(client["client_id"])
        if row is not None:
            als.recommend(row, matrix[row], N=PICKS, filter_items=np.flatnonzero(level_of > level))
    return time.perf_counter() - started


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="50,000 clients")
    parser.add_argument("--clients", type=int)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--stream", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.stream is not None:
        stream_alone(asked.stream, asked.workers)
    else:
        print("\n".join(tables(asked.quick, asked.clients, asked.workers)))
