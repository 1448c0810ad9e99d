"""The job's law: any cut of the clients into batches, in any order, gives the same rows; a job that
looks at its neighbours does not."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor import EASE, Advisor, ClientTable, Interactions, sample
from advisor.engine.input_digest import input_digests
from advisor.native.threads import limited_threads
from advisor.recommend.model.gram import Gram
from advisor.recommend.model.purchases import History
from advisor.runs import advise_stream
from advisor.runs.job import AdvisorRef, Job

DAY = "2026-11-20"
COUNT = 60


def clients() -> pa.Table:
    rng = np.random.default_rng(2)
    frame = pd.DataFrame(
        {
            "id": [f"c{i:05d}" for i in range(COUNT)],
            "wealth": np.round(np.exp(rng.normal(10.0, 1.0, COUNT)), 2),
            "horizon_years": np.round(rng.uniform(1.0, 25.0, COUNT), 1),
            "age": 40,
            "level": rng.integers(0, 6, COUNT),
            "assessed_on": "2026-06-01",
            "bias:loss_aversion": np.round(rng.uniform(1.0, 4.0, COUNT), 2),
        }
    )
    frame["holding:P002"] = np.where(rng.random(COUNT) < 0.5, 0.3 * frame["wealth"], 0.0)
    frame["holding:P007"] = np.where(rng.random(COUNT) < 0.3, 0.4 * frame["wealth"], 0.0)
    frame.loc[[3, 17], "wealth"] = -1.0
    return pa.Table.from_pandas(frame, preserve_index=False)


@pytest.fixture(scope="module")
def job() -> Job:
    house = Advisor.fit(sample.market(), sample.interactions(200), catalogue=sample.catalogue())
    return Job.of(AdvisorRef.of(house, as_of=DAY), clients().schema)


def rows_of(job: Any, order: list[int], cuts: set[int]) -> dict[str, str]:
    """Every client's row, exactly, after the clients were put in an order and cut."""
    table = clients().take(pa.array(order, type=pa.int64()))
    edges = [0, *sorted(cuts), COUNT]
    batches = [
        b
        for a, z in itertools.pairwise(edges)
        for b in table.slice(a, z - a).combine_chunks().to_batches()
    ]
    return {row["client_id"]: repr(row) for out in job(iter(batches)) for row in out.to_pylist()}


@given(order=st.permutations(range(COUNT)), cuts=st.sets(st.integers(1, COUNT - 1), max_size=6))
@settings(max_examples=12)
def test_no_cut_and_no_order_changes_a_row(job: Job, order: list[int], cuts: set[int]) -> None:
    assert rows_of(job, order, cuts) == rows_of(job, list(range(COUNT)), set())


@dataclass(frozen=True)
class Nosy:
    """A broken copy: it measures a client against the average of the batch they happen to stand
    in."""

    job: Job

    def __call__(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            mean = pc.mean(batch["wealth"]).as_py()
            wealth = pa.array(
                [w if w < 0.0 else 0.5 * (w + mean) for w in batch["wealth"].to_pylist()]
            )
            yield from self.job(iter([batch.set_column(1, "wealth", wealth)]))


def test_the_law_catches_a_job_that_looks_at_its_neighbours(job: Job) -> None:
    assert rows_of(Nosy(job), list(range(COUNT)), {20}) != rows_of(
        Nosy(job), list(range(COUNT)), set()
    )


def test_eight_threads_give_the_same_rows(job: Job) -> None:
    wanted, found = rows_of(job, list(range(COUNT)), set()), []
    start = threading.Barrier(8)

    def work() -> None:
        start.wait()
        found.append(rows_of(job, list(range(COUNT)), {30}))

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [wanted] * 8


def test_eight_threads_of_one_client_each_give_the_same_cards(job: Job) -> None:
    advisor, table = job.model.advisor(), ClientTable.from_frame(clients().to_pandas())
    some = [table.client(i) for i in range(20, 26)]
    wanted = [advisor.advise(c, as_of=DAY).model_dump_json() for c in some]
    found: list[list[str]] = []
    threads = [
        threading.Thread(
            target=lambda: found.append(
                [advisor.advise(c, as_of=DAY).model_dump_json() for c in some]
            )
        )
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [wanted] * 8


def test_the_number_of_threads_changes_no_bit(job: Job) -> None:
    table = clients()
    many = pa.concat_tables([table] * 3).set_column(
        0, "id", pa.array([f"x{i}" for i in range(3 * COUNT)])
    )
    found = []
    for threads in (1, 3):
        with limited_threads(threads):
            found.append(repr(job.on_table(many).to_pylist()))
    assert found[0] == found[1]
    one_by_one = [
        repr(row)
        for i in range(0, 3 * COUNT, 30)
        for row in job.on_table(many.slice(i, 1)).to_pylist()
    ]
    assert one_by_one == [repr(row) for row in job.on_table(many).to_pylist()[::30]]


@given(cuts=st.sets(st.integers(1, 149), max_size=3))
@settings(max_examples=8)
def test_counts_by_partition_are_the_local_fit(cuts: set[int]) -> None:
    """EASE sees purchases only through co-purchase counts, which are sums over clients: partitions
    add up to them exactly."""
    bought, shelf = sample.interactions(150), sample.catalogue()
    whole = History.of(bought, shelf)
    edges = [0, *sorted(cuts), 150]
    owner = np.searchsorted(np.array(edges[1:]), bought.client_codes, side="right")
    frames = pd.DataFrame(
        {
            "client_id": np.array(bought.clients.ids, dtype=object)[bought.client_codes],
            "product_id": np.array(bought.products.ids, dtype=object)[bought.product_codes],
            "day": bought.days.astype("datetime64[s]"),
        }
    )
    parts = [
        Gram.of(History.of(Interactions.from_frame(frames[owner == i]), shelf))
        for i in range(len(edges) - 1)
    ]
    total = parts[0]
    for part in parts[1:]:
        total += part
    local = Gram.of(whole)
    assert (total.both == local.both).all()
    assert (total.owners == local.owners).all()
    assert total.clients == local.clients
    assert (
        EASE().fit(bought, catalogue=shelf).matrix
        == EASE()
        .fit(Interactions.from_frame(frames.sample(frac=1.0, random_state=1)), catalogue=shelf)
        .matrix
    ).all()


def mixed_clients() -> pa.Table:
    """What banks deliver: whole numbers with gaps, days in several spellings, decimals, records,
    maps, and cells that are wrong in each."""
    rng = np.random.default_rng(5)

    def some(cells: list[Any]) -> list[Any]:
        return [cells[i] for i in rng.integers(0, len(cells), COUNT)]

    goal = {"name": "house", "amount": 5000, "years": 4}
    return pa.table(
        {
            "id": pa.array([7000 + i for i in range(COUNT)]),
            "wealth": pa.array(some([-5, None, 100_000, 250_000, 40_000])),
            "horizon_years": pa.array(some([5, 10, None, 20])),
            "age": pa.array(some([None, 30, 45, 200])),
            "level": pa.array(some([1, 2, 3, 4, 5, None, 9])),
            "assessed_on": some(
                [
                    "2026-05-04",
                    "2026-05-04 10:00",
                    "2026-05-04T00:00:00+08:00",
                    "2026-05-04T01:00:00+01:00",
                    "2026/05/04",
                    None,
                ]
            ),
            "income": pa.array(some(["912842.82", "1.10", None])).cast(pa.decimal128(20, 2)),
            "segment": pa.array(some([None, 7, 8])),
            "professional": pa.array(some([None, 0, 1, 2])),
            "excluded": pa.array(some([None, ["P003"], ["P003", "P004"]])),
            "goals": pa.array(some([None, [goal], [goal, {**goal, "amount": -1}], []])),
            "holdings": pa.array(
                some([None, [("P002", 100.0)], [("P002", -1.0)]]),
                type=pa.map_(pa.string(), pa.float64()),
            ),
        }
    )


@pytest.fixture(scope="module")
def mixed(job: Job) -> tuple[Job, list[str]]:
    other = Job.of(job.model, mixed_clients().schema)
    return other, [repr(row) for row in other.on_table(mixed_clients()).to_pylist()]


@given(cuts=st.sets(st.integers(1, COUNT - 1), max_size=8))
@settings(max_examples=15)
def test_no_cut_changes_a_row_of_any_type(mixed: tuple[Job, list[str]], cuts: set[int]) -> None:
    other, wanted = mixed
    table, edges = mixed_clients(), [0, *sorted(cuts), COUNT]
    batches = [
        b
        for a, z in itertools.pairwise(edges)
        for b in table.slice(a, z - a).combine_chunks().to_batches()
    ]
    assert [repr(row) for out in other(iter(batches)) for row in out.to_pylist()] == wanted


def test_every_source_of_any_type_says_what_a_frame_says(
    mixed: tuple[Job, list[str]], tmp_path: Any
) -> None:
    other, wanted = mixed
    advisor, table = other.model.advisor(), mixed_clients()
    frame = table.drop_columns(["holdings"]).to_pandas()
    frame["holding:P002"] = [
        None if cell is None else cell[0][1] for cell in table["holdings"].to_pylist()
    ]
    batch = advisor.advise_table(ClientTable.from_frame(frame), as_of=DAY)
    rows = batch.to_arrow().append_column(
        "inputs", pa.array(input_digests(batch.clients, np.datetime64(DAY)))
    )
    assert [repr(row) for row in rows.to_pylist()] == wanted
    for at, source in enumerate(
        (
            frame,
            table,
            pl.from_arrow(table.drop_columns(["holdings"])).with_columns(
                pl.Series("holding:P002", frame["holding:P002"])
            ),
            batch.clients,
        )
    ):
        found = advise_stream(advisor, source, tmp_path / str(at), as_of=DAY, rows_per_part=17)
        assert [
            repr(row) for part in found.parts for row in pq.read_table(part).to_pylist()
        ] == wanted, at
