"""Streams and files of clients: any source, any cut, any number of processes, killed at any moment:
the same bytes, and nobody lost."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import pickle
import random
import resource
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.dataset as dataset
import pyarrow.parquet as pq
import pytest

from advisor import Advisor, ClientTable, InputError, sample, save
from advisor.data import clients_from_arrow
from advisor.data.clients.sources import arrow_batches
from advisor.engine.input_digest import input_digests
from advisor.files import draft_of
from advisor.runs import advise_stream, local, replay
from advisor.runs import job as job_module
from advisor.runs.job import INPUTS, AdvisorRef, Job
from advisor.runs.local import run_file, run_files

DAY = "2026-11-20"
COUNT, ROWS = 240, 40


def clients_frame(count: int = COUNT, seed: int = 4) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "id": [f"c{i:05d}" for i in range(count)],
            "wealth": np.round(np.exp(rng.normal(10.0, 1.0, count)), 2),
            "horizon_years": np.round(rng.uniform(1.0, 25.0, count), 1),
            "level": rng.integers(1, 6, count),
            "assessed_on": "2026-06-01",
            "segment": rng.choice(["mass", "affluent"], count),
            "bias:loss_aversion": np.round(rng.uniform(1.0, 4.0, count), 2),
        }
    )
    frame["holding:P002"] = np.where(rng.random(count) < 0.5, 0.3 * frame["wealth"], 0.0)
    frame.loc[[3, 77], "wealth"] = -1.0
    frame["age"] = 40
    return frame


def tree(folder: Path) -> dict[str, str]:
    files = (path for path in sorted(folder.iterdir()) if path.name != "_parts")
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


class World:
    """An advisor, its clients as a file, and what an undisturbed run over them leaves."""

    def __init__(self, folder: Path) -> None:
        self.state = Advisor.fit(
            sample.market(), sample.interactions(200), catalogue=sample.catalogue()
        )
        self.saved = save(self.state, folder / "house")
        self.file = folder / "clients.parquet"
        clients_frame().to_parquet(self.file)
        self.summary = advise_stream(
            self.saved, self.file, folder / "undisturbed", as_of=DAY, rows_per_part=ROWS
        )
        self.bytes = tree(folder / "undisturbed")

    def table(self) -> pa.Table:
        return pa.concat_tables([pq.read_table(p) for p in self.summary.parts])


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return World(tmp_path_factory.mktemp("engines"))


def test_every_client_is_there_once_and_bad_rows_have_a_reason(world: World) -> None:
    table = world.table()
    assert table["client_id"].to_pylist() == clients_frame()["id"].tolist()
    assert world.summary.clients == COUNT
    assert world.summary.statuses["invalid_input"] == 2
    assert sum(world.summary.statuses.values()) == COUNT
    assert world.summary.made == len(world.summary.parts) == COUNT // ROWS
    assert "wealth is -1.0" in table["problem"][3].as_py()
    told = json.loads((world.summary.folder / "_summary.json").read_text())
    assert told["statuses"] == world.summary.statuses
    assert [(p["name"], p["rows"], p["sha256"]) for p in told["parts"]] == [
        (name, ROWS, digest) for name, digest in world.bytes.items() if name.startswith("part-")
    ]
    assert sum(p["statuses"].get("ok", 0) for p in told["parts"]) == told["statuses"]["ok"]


def test_the_stream_says_what_one_client_is_told(world: World) -> None:
    batch = world.state.advise_table(ClientTable.from_frame(clients_frame()), as_of=DAY)
    assert batch.to_arrow().equals(
        world.table().drop_columns([INPUTS]).replace_schema_metadata(None)
    )
    assert world.table()[INPUTS].to_pylist() == input_digests(batch.clients, np.datetime64(DAY))
    row = world.table().slice(5, 1).to_pylist()[0]
    card = world.state.advise(ClientTable.from_frame(clients_frame()).client(5), as_of=DAY)
    assert {a: row[f"weight:{a}"] for a in card.weights} == card.weights
    assert [row[f"pick_{k}"] for k in range(1, 6)] == [p.product_id for p in card.picks]


class Once:
    """A stream that can be opened but once, as a cursor over a warehouse."""

    def __init__(self, table: pa.Table) -> None:
        self.table: pa.Table | None = table

    def __arrow_c_stream__(self, requested: object = None) -> object:
        assert self.table is not None
        table, self.table = self.table, None
        return table.__arrow_c_stream__(requested)


def sources(folder: Path) -> dict[str, object]:
    frame = clients_frame()
    frame.to_csv(folder / "clients.csv", index=False)
    pa.ipc.new_file(
        folder / "clients.arrow", (t := pa.Table.from_pandas(frame, preserve_index=False)).schema
    ).close()
    with pa.ipc.new_file(folder / "clients.arrow", t.schema) as out:
        out.write_table(t, max_chunksize=7)
    (folder / "many").mkdir()
    for i, start in enumerate(range(0, COUNT, 100)):
        frame.iloc[start : start + 100].to_parquet(folder / "many" / f"{i}.parquet")
    return {
        "csv": folder / "clients.csv",
        "ipc": folder / "clients.arrow",
        "folder": folder / "many",
        "pandas": frame,
        "polars": pl.from_pandas(frame),
        "table": t,
        "once": Once(t),
        "reader": pa.RecordBatchReader.from_batches(t.schema, t.to_batches(max_chunksize=13)),
    }


def test_every_source_gives_the_same_advice(world: World, tmp_path: Path) -> None:
    for name, source in sources(tmp_path).items():
        found = advise_stream(world.state, source, tmp_path / name, as_of=DAY, rows_per_part=ROWS)
        table = pa.concat_tables([pq.read_table(p) for p in found.parts])
        assert table.equals(world.table()), name


def test_processes_change_no_byte(world: World, tmp_path: Path) -> None:
    advise_stream(
        world.saved, world.file, tmp_path / "pool", as_of=DAY, rows_per_part=ROWS, workers=2
    )
    assert tree(tmp_path / "pool") == world.bytes


RUN = """
import sys
from advisor.runs.stream import advise_stream
if __name__ == "__main__":
    print(advise_stream(*sys.argv[1:4], as_of=sys.argv[4], rows_per_part=int(sys.argv[5]), workers=int(sys.argv[6])).made)
"""


def test_killed_at_random_moments_it_goes_on(world: World, tmp_path: Path) -> None:
    target, rng = tmp_path / "killed", random.Random(11)
    command = [
        sys.executable,
        "-c",
        RUN,
        str(world.saved),
        str(world.file),
        str(target),
        DAY,
        str(ROWS),
        "1",
    ]
    finished_before: set[str] = set()
    for parts in (1, 3):
        running = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        while running.poll() is None and len(list(target.glob("part-*.parquet"))) < parts:
            time.sleep(0.002)
        time.sleep(rng.uniform(0.0, 0.05))
        running.send_signal(signal.SIGKILL)
        running.wait()
        finished = {p.name for p in target.glob("part-*.parquet")}
        assert finished_before <= finished
        finished_before = finished
    stamps = {name: (target / name).stat().st_mtime_ns for name in finished_before}
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    assert int(done.stdout) == COUNT // ROWS - len(finished_before)
    assert stamps == {name: (target / name).stat().st_mtime_ns for name in stamps}
    assert tree(target) == world.bytes


def stat_of(pid: int) -> list[str]:
    """State, parent and so on of a process; nothing where it is not there."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


def children(pid: int) -> list[int]:
    others = [int(p.name) for p in Path("/proc").iterdir() if p.name.isdigit()]
    return [other for other in others if (told := stat_of(other)) and int(told[1]) == pid]


def alive(pid: int) -> bool:
    """Whether a process is there and no mere entry that waits to be collected."""
    return bool(told := stat_of(pid)) and told[0] != "Z"


def test_a_killed_pool_leaves_no_worker_and_goes_on(world: World, tmp_path: Path) -> None:
    target = tmp_path / "pool"
    script = tmp_path / "run.py"
    script.write_text(RUN)
    command = [
        sys.executable,
        str(script),
        str(world.saved),
        str(world.file),
        str(target),
        DAY,
        str(ROWS),
        "2",
    ]
    running = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while running.poll() is None and not list(target.glob("part-*.parquet")):
        time.sleep(0.002)
    workers = children(running.pid)
    running.send_signal(signal.SIGKILL)
    running.wait()
    assert len(workers) >= 2
    patience = time.monotonic() + 60.0
    while any(map(alive, workers)) and time.monotonic() < patience:
        time.sleep(0.01)
    assert not any(map(alive, workers))
    done = advise_stream(world.saved, world.file, target, as_of=DAY, rows_per_part=ROWS)
    assert done.made < COUNT // ROWS
    assert tree(target) == world.bytes


class Killed(BaseException):
    """Stands for the end of the process: no handler of errors sees it."""


def die_at(
    monkeypatch: pytest.MonkeyPatch, call: int, how: BaseException | type[BaseException] = Killed
) -> None:
    """End at the nth step that touches the disk: before a sync or before a file gets its name."""
    steps = iter(range(1_000))

    def dying(real):
        def step(*arguments, **named):
            if next(steps) == call:
                raise how
            return real(*arguments, **named)

        return step

    monkeypatch.setattr(os, "fsync", dying(os.fsync))
    monkeypatch.setattr(Path, "replace", dying(Path.replace))


@pytest.mark.parametrize("call", [0, 1, 2, 3, 4, 5, 9, 13, 18, 20, 21, 22, 23])
def test_death_at_any_step_of_writing_leaves_nothing_half_done(
    world: World, tmp_path: Path, call: int
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        die_at(patch, call)
        with pytest.raises(Killed):
            advise_stream(world.state, world.file, tmp_path / "run", as_of=DAY, rows_per_part=ROWS)
    for path in (tmp_path / "run").glob("part-*.parquet"):
        assert hashlib.sha256(path.read_bytes()).hexdigest() == world.bytes[path.name]
    advise_stream(world.state, world.file, tmp_path / "run", as_of=DAY, rows_per_part=ROWS)
    assert tree(tmp_path / "run") == world.bytes


def test_writing_in_place_would_be_seen(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A runner that gave parts their name before they are whole leaves a torn one when it dies, and
    says so instead of going on."""
    target = tmp_path / "run"
    monkeypatch.setattr(Path, "with_name", lambda self, _: self)
    die_at(monkeypatch, 4)
    with pytest.raises(Killed):
        advise_stream(world.state, world.file, target, as_of=DAY, rows_per_part=ROWS)
    monkeypatch.undo()
    torn = sorted(target.glob("part-*.parquet"))[-1]
    torn.write_bytes(torn.read_bytes()[:-20])
    with pytest.raises(InputError, match="no part of this run"):
        advise_stream(world.state, world.file, target, as_of=DAY, rows_per_part=ROWS)


def test_a_full_disk_says_so_and_keeps_what_is_done(world: World, tmp_path: Path) -> None:
    target = tmp_path / "run"
    biggest = max(p.stat().st_size for p in world.summary.parts)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (biggest - 1, before[1]))
        with pytest.raises(InputError, match=r"cannot be written .*free space"):
            advise_stream(world.state, world.file, target, as_of=DAY, rows_per_part=ROWS)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    kept = tree(target)
    assert not [name for name in kept if name.endswith("writing")]
    advise_stream(world.state, world.file, target, as_of=DAY, rows_per_part=ROWS)
    assert tree(target) == world.bytes
    assert all(world.bytes[name] == digest for name, digest in kept.items())


@pytest.mark.parametrize("call", [0, 2, 5, 12, 20, 22])
def test_no_space_at_any_step_of_writing_says_so(world: World, tmp_path: Path, call: int) -> None:
    """Some file systems only say at the sync, or at the rename, that the disk is full."""
    with pytest.MonkeyPatch.context() as patch:
        die_at(patch, call, OSError(errno.ENOSPC, "No space left on device"))
        with pytest.raises(InputError, match=r"No space left.*free space"):
            advise_stream(world.state, world.file, tmp_path / "run", as_of=DAY, rows_per_part=ROWS)
    kept = tree(tmp_path / "run")
    assert not [name for name in kept if name.endswith("writing")]
    assert all(world.bytes[name] == digest for name, digest in kept.items())
    advise_stream(world.state, world.file, tmp_path / "run", as_of=DAY, rows_per_part=ROWS)
    assert tree(tmp_path / "run") == world.bytes


def test_a_stream_that_breaks_half_way_keeps_what_is_done(world: World, tmp_path: Path) -> None:
    table = pq.read_table(world.file)

    def broken():
        yield from table.to_batches(max_chunksize=ROWS)[:3]
        raise OSError("the connection was lost")

    with pytest.raises(InputError, match="connection was lost"):
        advise_stream(
            world.state,
            pa.RecordBatchReader.from_batches(table.schema, broken()),
            tmp_path / "run",
            as_of=DAY,
            rows_per_part=ROWS,
        )
    assert len(list((tmp_path / "run").glob("part-*.parquet"))) >= 2
    whole = advise_stream(world.state, table, tmp_path / "run", as_of=DAY, rows_per_part=ROWS)
    assert whole.made <= COUNT // ROWS - 2
    assert pa.concat_tables([pq.read_table(p) for p in whole.parts]).equals(world.table())


def test_inputs_that_cannot_be_read_say_so(world: World, tmp_path: Path) -> None:
    torn = tmp_path / "torn.parquet"
    torn.write_bytes(world.file.read_bytes()[:-100])
    empty = tmp_path / "empty"
    empty.mkdir()
    for source in (torn, tmp_path / "absent.parquet", empty, [world.file, tmp_path / "x.csv"], 7):
        with pytest.raises(InputError, match="cannot be read"):
            advise_stream(world.state, source, tmp_path / "run", as_of=DAY)
    late = clients_frame().astype({"wealth": str})
    late.loc[200, "wealth"] = "much"
    late.to_csv(tmp_path / "late.csv", index=False)
    found = advise_stream(
        world.state, tmp_path / "late.csv", tmp_path / "late", as_of=DAY, rows_per_part=ROWS
    )
    assert found.statuses["invalid_input"] == 3
    with pytest.raises(InputError, match="columns"):
        advise_stream(world.state, clients_frame().assign(shoe=44), tmp_path / "run", as_of=DAY)
    with pytest.raises(InputError, match="lacks"):
        advise_stream(
            world.state, clients_frame().drop(columns="wealth"), tmp_path / "run", as_of=DAY
        )


def test_two_runs_never_mix(world: World, tmp_path: Path) -> None:
    target = tmp_path / "run"
    advise_stream(world.state, clients_frame().iloc[:80], target, as_of=DAY, rows_per_part=ROWS)
    again = advise_stream(
        world.state, clients_frame().iloc[:80], target, as_of=DAY, rows_per_part=ROWS
    )
    assert again.made == 0
    for change in ({"as_of": "2026-11-21"}, {"picks": 3}, {"rows_per_part": 20}):
        with pytest.raises(InputError, match="another"):
            advise_stream(
                world.state,
                clients_frame().iloc[:80],
                target,
                **({"as_of": DAY, "rows_per_part": ROWS} | change),
            )
    changed = clients_frame().iloc[:80]
    changed.loc[9, "wealth"] += 0.01
    for other in (clients_frame().iloc[:79], clients_frame().iloc[:40], changed):
        with pytest.raises(InputError, match="does not fit"):
            advise_stream(world.state, other, target, as_of=DAY, rows_per_part=ROWS)


def test_no_clients_is_an_empty_part(world: World, tmp_path: Path) -> None:
    found = advise_stream(world.state, clients_frame().iloc[:0], tmp_path / "run", as_of=DAY)
    assert (found.clients, len(found.parts)) == (0, 1)
    assert pq.read_schema(found.parts[0]).names == world.table().schema.names


def test_files_become_files(world: World, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    table = pq.read_table(world.file)
    for i in range(3):
        pq.write_table(table.slice(i * 80, 80), tmp_path / "in" / f"{i}.parquet")
    job = Job.of(AdvisorRef.of(world.saved, as_of=DAY), table.schema)
    parts = run_files(job, tmp_path / "in", tmp_path / "out")
    assert pa.concat_tables([pq.read_table(p.path) for p in parts]).equals(world.table())
    stamps = [p.path.stat().st_mtime_ns for p in parts]
    assert [
        p.path.stat().st_mtime_ns for p in run_files(job, tmp_path / "in", tmp_path / "out")
    ] == stamps
    (tmp_path / "in" / "1.parquet").write_bytes(b"PAR1")
    with pytest.raises(InputError, match="another run"):
        run_files(job, tmp_path / "in", tmp_path / "out")
    with pytest.raises(InputError, match="cannot be read"):
        run_files(job, tmp_path / "in", tmp_path / "elsewhere", workers=2)


def test_a_job_travels_and_checks_what_it_is_given(world: World) -> None:
    table = pq.read_table(world.file)
    job = Job.of(AdvisorRef.of(world.state, as_of=DAY), table.schema)
    again = pickle.loads(pickle.dumps(job))
    assert again.on_table(table).equals(world.table())
    with pytest.raises(InputError, match="A batch has columns"):
        job.on_table(table.drop_columns(["segment"]))
    with pytest.raises(InputError, match="the job promised"):
        Job(job.model, job.input_schema, job.schema.remove(0)).on_table(table)
    stranger = AdvisorRef(str(world.saved), "0" * 64, DAY, 5)
    with pytest.raises(InputError, match="this job was made for"):
        Job(stranger, job.input_schema, job.schema).on_table(table)


def test_a_row_that_defeats_the_library_is_set_aside_alone(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, table = job_module.advise_table, pq.read_table(world.file)

    def fragile(house, clients, day, picks):
        if "c00100" in clients.ids and not clients.problems.get(clients.ids.index("c00100")):
            raise np.linalg.LinAlgError("singular")
        return real(house, clients, day, picks)

    job = Job.of(AdvisorRef.of(world.state, as_of=DAY), table.schema)
    monkeypatch.setattr(job_module, "advise_table", fragile)
    found, plain = job.on_table(table).to_pylist(), world.table().to_pylist()
    assert found[100]["status"] == "invalid_input"
    assert found[100]["client_id"] == "c00100"
    assert "singular" in found[100]["problem"]
    assert found[:100] + found[101:] == plain[:100] + plain[101:]


def test_arrow_clients_are_the_frame_s_clients() -> None:
    frame = clients_frame()
    table = pa.Table.from_pandas(frame, preserve_index=False)
    found, wanted = clients_from_arrow(table), ClientTable.from_frame(frame)
    good = [i for i in range(COUNT) if i not in wanted.problems]
    assert [found.client(i) for i in good] == [wanted.client(i) for i in good]
    assert found.problems == wanted.problems
    cells = [[("P001", 10.0), ("P002", 5.0)], None, [("P001", -1.0)], [("P003", 1e9)]]
    some = table.slice(10, 4).drop_columns(["holding:P002"])
    mapped = clients_from_arrow(
        some.append_column("holdings", pa.array(cells, type=pa.map_(pa.string(), pa.float64())))
    )
    assert mapped.client(0).holdings == {"P001": 10.0, "P002": 5.0}
    assert mapped.client(1).holdings == {}
    assert "at least 0" in mapped.problems[2]
    assert "wealth is all" in mapped.problems[3]


def test_a_row_without_an_id_and_an_id_twice_are_rows_of_their_own(world: World) -> None:
    ids = [None if i == 2 else "c00000" if i == 5 else f"c{i:05d}" for i in range(COUNT)]
    table = pq.read_table(world.file)
    table = table.set_column(0, "id", pa.array(ids))
    rows = Job.of(AdvisorRef.of(world.state, as_of=DAY), table.schema).on_table(table).to_pylist()
    assert (rows[2]["client_id"], rows[2]["status"]) == (None, "invalid_input")
    assert "id is missing" in rows[2]["problem"]
    assert [r["client_id"] for r in rows].count("c00000") == 2
    assert rows[5]["status"] == "invalid_input"
    assert "id stands in an earlier row" in rows[5]["problem"]
    assert rows[7:] == world.table().to_pylist()[7:]


def test_chunks_are_exact_whatever_the_source_s_are() -> None:
    table = pa.Table.from_pandas(clients_frame(), preserve_index=False)
    for size in (1, 7, 64, COUNT, 10_000):
        reader = pa.RecordBatchReader.from_batches(table.schema, table.to_batches(max_chunksize=11))
        found = list(arrow_batches(reader, size))
        assert [len(t) for t in found[:-1]] == [size] * (len(found) - 1)
        assert pa.concat_tables(found).equals(table)
    with pytest.raises(InputError, match="at least 1"):
        next(arrow_batches(table, 0))


def test_a_row_that_cannot_even_be_read_is_set_aside_alone(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, table = job_module.read_arrow, pq.read_table(world.file)
    job = Job.of(AdvisorRef.of(world.state, as_of=DAY), table.schema)

    def fragile(some):
        if "c00100" in some["id"].to_pylist():
            raise TypeError("unhashable type: 'dict'")
        return real(some)

    monkeypatch.setattr(job_module, "read_arrow", fragile)
    found, plain = job.on_table(table, {7: "told before"}).to_pylist(), world.table().to_pylist()
    assert "unhashable" in found[100]["problem"]
    assert found[7]["problem"] == "told before"
    assert found[:7] + found[8:100] + found[101:] == plain[:7] + plain[8:100] + plain[101:]


def test_an_empty_batch_gives_an_empty_batch(world: World) -> None:
    table = pq.read_table(world.file)
    job = Job.of(AdvisorRef.of(world.state, as_of=DAY), table.schema)
    batches = [
        table.slice(0, 0).to_batches() or [pa.RecordBatch.from_pylist([], schema=table.schema)],
        table.slice(0, 5).to_batches(),
    ]
    found = list(job(b for some in batches for b in some))
    assert [b.num_rows for b in found] == [0, 5]
    assert all(b.schema.equals(job.schema) for b in found)


def test_a_job_refuses_types_that_it_was_not_made_for_and_takes_what_engines_make_of_them(
    world: World,
) -> None:
    table = pq.read_table(world.file)
    job = Job.of(AdvisorRef.of(world.state, as_of=DAY), table.schema)
    at, wealth = table.schema.get_field_index("wealth"), table["wealth"]
    for odd in (
        wealth.cast(pa.int64(), safe=False).cast(pa.timestamp("us")),
        wealth.cast(pa.string()),
    ):
        with pytest.raises(InputError, match="other types"):
            job.on_table(table.set_column(at, "wealth", odd))
    coded = table.set_column(0, "id", table["id"].dictionary_encode()).set_column(
        4, "assessed_on", table["assessed_on"].cast(pa.large_string())
    )
    assert job.on_table(coded).equals(world.table())
    stamps = pa.table(
        {
            "id": ["a"],
            "wealth": [1.0],
            "horizon_years": [1.0],
            "assessed_on": pa.array([0], pa.timestamp("us", "Asia/Shanghai")),
        }
    )
    with pytest.raises(InputError, match="other types"):
        Job.of(job.model, stamps.schema).on_table(
            stamps.set_column(
                3, "assessed_on", stamps["assessed_on"].cast(pa.timestamp("us", "UTC"))
            )
        )


def test_whole_numbers_with_gaps_are_advised_alike_in_any_batch(world: World) -> None:
    """Wrong cells, gaps, days in several spellings, goals as records, decimals: each row alone, and
    all together."""
    table = (
        pq.read_table(world.file).select(["id", "horizon_years", "bias:loss_aversion"]).slice(0, 6)
    )
    goals = [
        [{"name": "h", "amount": 5, "years": 2}],
        None,
        [],
        [{"name": "x", "amount": -1, "years": 2}],
        None,
        None,
    ]
    for name, cells in {
        "wealth": pa.array([-5, None, 100_000, 50_000, 70_000, 20_000]),
        "level": pa.array([1, 5, None, 3, 9, 2]),
        "segment": pa.array([None, 7, 8, None, 7, None]),
        "assessed_on": [
            "2026-05-04",
            "2026-05-04 10:00",
            "2026-05-04T00:00:00+08:00",
            "2026-05-04T00:00:00+01:00",
            "2026/05/04",
            None,
        ],
        "income": (
            pa.array([None, "912842.82", "1.10", None, None, None]).cast(pa.decimal128(20, 2))
        ),
        "goals": pa.array(goals),
    }.items():
        table = table.append_column(name, cells if isinstance(cells, pa.Array) else pa.array(cells))
    job = Job.of(AdvisorRef.of(world.state, as_of=DAY), table.schema)
    whole = [repr(row) for row in job.on_table(table).to_pylist()]
    assert [repr(r) for i in range(6) for r in job.on_table(table.slice(i, 1)).to_pylist()] == whole
    for chunk in (1, 2, 4, 6):
        batches = world.state.advise_many(table, as_of=DAY, chunk=chunk)
        told = [problem for batch in batches for problem in batch.to_arrow()["problem"].to_pylist()]
        assert told == job.on_table(table)["problem"].to_pylist()


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        ({"house": None}, "advisor"),
        ({"house": 5}, "advisor"),
        ({"folder": None}, "folder"),
        ({"picks": 2.5}, "picks"),
        ({"picks": "5"}, "picks"),
        ({"picks": True}, "picks"),
        ({"picks": -1}, "picks"),
        ({"workers": "2"}, "workers"),
        ({"workers": 1.5}, "workers"),
        ({"workers": 0}, "workers"),
        ({"workers": -1}, "workers"),
        ({"rows_per_part": 2.5}, "rows_per_part"),
        ({"rows_per_part": "5"}, "rows_per_part"),
        ({"rows_per_part": None}, "rows_per_part"),
        ({"rows_per_part": 0}, "rows_per_part"),
        ({"as_of": 20261120}, "as_of"),
        ({"source": pd.Series([1.0])}, "source"),
    ],
)
def test_arguments_that_cannot_be_used_are_named(
    world: World, tmp_path: Path, arguments: dict, field: str
) -> None:
    given = {
        "house": world.state,
        "source": world.file,
        "folder": tmp_path / "run",
        "as_of": DAY,
    } | arguments
    with pytest.raises(InputError) as refused:
        advise_stream(given.pop("house"), given.pop("source"), given.pop("folder"), **given)
    assert refused.value.field == field
    assert not (tmp_path / "run").exists()


def test_desks_and_jobs_name_what_they_cannot_use(world: World, tmp_path: Path) -> None:
    table = pq.read_table(world.file)
    desk = AdvisorRef.of(world.state, as_of=DAY)
    job = Job.of(desk, table.schema)
    wrong = {
        "picks": [
            lambda p=p: AdvisorRef.of(world.state, picks=p) for p in ("5", None, 2.5, True, -1)
        ],
        "advisor": [lambda: AdvisorRef.of(None), lambda: AdvisorRef.of(7)],
        "model": [lambda: Job.of(world.state, table.schema)],
        "input_schema": [lambda: Job.of(desk, 5), lambda: Job.of(desk, table)],
        "batches": [lambda: list(job(5)), lambda: list(job(table))],
        "batch": [lambda: list(job([table]))],
        "table": [lambda: job.on_table(table.to_pandas())],
        "job": [lambda: run_files(desk, world.file, tmp_path)],
        "workers": [lambda: run_files(job, world.file, tmp_path, workers="2")],
        "folder": [
            lambda: run_files(job, world.file, None),
            lambda: run_files(job, world.file, world.file),
        ],
    }
    for field, calls in wrong.items():
        for call in calls:
            with pytest.raises(InputError) as refused:
                call()
            assert refused.value.field == field


def test_an_advisor_saved_anew_is_the_one_that_advises(world: World, tmp_path: Path) -> None:
    saved = save(world.state, tmp_path / "house")
    old = AdvisorRef.of(saved, as_of=DAY)
    other = Advisor.fit(sample.market(), sample.interactions(100), catalogue=sample.catalogue())
    save(other, tmp_path / "house")
    assert AdvisorRef.of(saved, as_of=DAY).advisor().fingerprint == other.fingerprint
    with pytest.raises(InputError, match="make the job anew"):
        old.advisor()


def test_a_client_table_is_a_source_of_a_stream(world: World, tmp_path: Path) -> None:
    found = advise_stream(
        world.state,
        ClientTable.from_frame(clients_frame()),
        tmp_path / "run",
        as_of=DAY,
        rows_per_part=ROWS,
    )
    assert pa.concat_tables([pq.read_table(p) for p in found.parts]).equals(world.table())


@pytest.mark.parametrize("place", [4, 500, -500, -9, -4, "every block"])
def test_a_damaged_part_is_named_and_never_kept(
    world: World, tmp_path: Path, place: object
) -> None:
    target = tmp_path / "run"
    advise_stream(world.state, world.file, target, as_of=DAY, rows_per_part=ROWS)
    part = target / "part-000002.parquet"
    whole = part.read_bytes()
    for at in range(0, len(whole), 997) if place == "every block" else [place]:
        harmed = bytearray(whole)
        harmed[at] ^= 0x01
        part.write_bytes(harmed)
        with pytest.raises(InputError, match=r"part-000002\.parquet is not the part that the run"):
            advise_stream(world.state, world.file, target, as_of=DAY, rows_per_part=ROWS)
    other = target / "part-000004.parquet"
    other.write_bytes(other.read_bytes()[:-1])
    with pytest.raises(
        InputError, match=r"2 parts cannot be kept \(part-000002\.parquet, part-000004\.parquet\)"
    ):
        advise_stream(world.state, world.file, target, as_of=DAY, rows_per_part=ROWS)
    part.unlink()
    other.unlink()
    assert advise_stream(world.state, world.file, target, as_of=DAY, rows_per_part=ROWS).made == 2
    assert tree(target) == world.bytes


READERS: dict[str, Callable[[Path], pa.Table]] = {
    "pandas": lambda folder: pa.Table.from_pandas(pd.read_parquet(folder), preserve_index=False),
    "pyarrow": pq.read_table,
    "a dataset": lambda folder: dataset.dataset(folder).to_table(),
    "polars": lambda folder: pl.scan_parquet(folder, hidden_file_prefix="_").collect().to_arrow(),
    "polars by name": lambda folder: pl.read_parquet(folder / "*.parquet").to_arrow(),
}


@pytest.mark.parametrize("reader", READERS)
def test_the_folder_of_a_run_reads_as_one_table(world: World, reader: str) -> None:
    table = READERS[reader](world.summary.folder)
    assert table.num_rows == COUNT
    assert table.schema.names == world.table().schema.names
    assert table.sort_by("client_id")["client_id"].to_pylist() == clients_frame()["id"].tolist()
    assert table.sort_by("client_id")["pick_1"].to_pylist() == world.table()["pick_1"].to_pylist()


def test_duckdb_reads_the_folder_of_a_run(world: World) -> None:
    duckdb = pytest.importorskip("duckdb")
    count = duckdb.sql(f"select count(*) from '{world.summary.folder}/*.parquet'").fetchall()
    assert count == [(COUNT,)]


@pytest.mark.parametrize("known", [True, False])
def test_a_part_of_another_run_is_named(world: World, tmp_path: Path, known: bool) -> None:
    """In the place of a part, and beside the parts."""
    target = tmp_path / "run"
    other = advise_stream(world.state, clients_frame(80, 9), tmp_path / "other", as_of=DAY)
    advise_stream(world.state, world.file, target, as_of=DAY, rows_per_part=ROWS)
    name = "part-000001.parquet" if known else "part-000006.parquet"
    (target / name).write_bytes(other.parts[0].read_bytes())
    words = "not the part that the run wrote" if known else "no part of this run"
    with pytest.raises(InputError, match=words):
        advise_stream(world.state, world.file, target, as_of=DAY, rows_per_part=ROWS)


def test_a_run_of_an_older_version_is_named(world: World, tmp_path: Path) -> None:
    record = json.loads((world.summary.folder / "_run.json").read_text())
    del record["format"], record["partition_by"]
    (tmp_path / "_run.json").write_text(json.dumps(record))
    with pytest.raises(InputError, match="holds a run with another format"):
        advise_stream(world.state, world.file, tmp_path, as_of=DAY, rows_per_part=ROWS)
    with pytest.raises(InputError, match=r"format 1, written by another version .* Replay it with"):
        replay(tmp_path, world.state, world.file)


@pytest.mark.parametrize("record", ["", "no", "[]", "5", b"\xff\xfe"])
def test_a_damaged_record_of_a_run_is_refused(
    world: World, tmp_path: Path, record: str | bytes
) -> None:
    (tmp_path / "_run.json").write_bytes(record if isinstance(record, bytes) else record.encode())
    with pytest.raises(InputError, match=r"run\.json cannot be read"):
        advise_stream(world.state, world.file, tmp_path, as_of=DAY, rows_per_part=ROWS)


@pytest.mark.parametrize("name", ["part-copy.parquet", "part-1.parquet", "part-000000 (1).parquet"])
def test_a_file_that_would_be_read_as_a_part_is_named(
    world: World, tmp_path: Path, name: str
) -> None:
    (tmp_path / name).write_bytes(b"PAR1")
    with pytest.raises(InputError, match="Move it elsewhere"):
        advise_stream(world.state, world.file, tmp_path, as_of=DAY, rows_per_part=ROWS)


def test_what_killed_runs_left_is_removed_and_what_is_not_theirs_stays(
    world: World, tmp_path: Path
) -> None:
    (tmp_path / ".x.writing").mkdir()
    (tmp_path / ".part-000000.parquet.4194305.writing").write_bytes(b"torn")
    advise_stream(world.state, world.file, tmp_path, as_of=DAY, rows_per_part=ROWS)
    (tmp_path / ".x.writing").rmdir()
    assert tree(tmp_path) == world.bytes


def test_two_runs_in_one_folder_do_not_undo_each_other(world: World, tmp_path: Path) -> None:
    target, refused = tmp_path / "run", []

    def batches():
        for batch in pq.read_table(world.file).to_batches(max_chunksize=ROWS):
            yield batch
            draft = draft_of(target / "part-000009.parquet")
            draft.write_bytes(b"in the making")
            with pytest.raises(InputError, match="Another run is writing"):
                advise_stream(world.state, world.file, target, as_of=DAY, rows_per_part=ROWS)
            refused.append(draft.is_file())

    stream = pa.RecordBatchReader.from_batches(pq.read_schema(world.file), batches())
    found = advise_stream(world.state, stream, target, as_of=DAY, rows_per_part=ROWS)
    assert refused == [True] * (COUNT // ROWS)
    assert pa.concat_tables([pq.read_table(p) for p in found.parts]).equals(world.table())


def test_where_there_are_no_locks_only_what_the_dead_left_is_removed(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import fcntl

    def none(*_: object) -> None:
        raise OSError(errno.ENOLCK, "no locks")

    monkeypatch.setattr(fcntl, "flock", none)
    mine = draft_of(tmp_path / "part-000009.parquet")
    dead = mine.with_name(mine.name.replace(f".{os.getpid()}.", ".4194305."))
    for draft in (mine, dead):
        draft.write_bytes(b"torn")
    advise_stream(world.state, world.file, tmp_path, as_of=DAY, rows_per_part=ROWS)
    assert mine.is_file()
    assert not dead.is_file()


def test_files_of_one_name_are_refused_before_anything_is_written(
    world: World, tmp_path: Path
) -> None:
    table = pq.read_table(world.file)
    for at, name in enumerate(("a", "b")):
        (tmp_path / name).mkdir()
        pq.write_table(table.slice(at * 10, 10 + at), tmp_path / name / "p.parquet")
    job = Job.of(AdvisorRef.of(world.saved, as_of=DAY), table.schema)
    files = [tmp_path / "a" / "p.parquet", tmp_path / "b" / "p.parquet"]
    for again in (files, files[:1] * 2):
        for workers in (1, 2):
            with pytest.raises(InputError, match="same name"):
                run_files(job, again, tmp_path / "out", workers=workers)
    assert not (tmp_path / "out").exists()


def test_a_file_is_advised_by_row_groups_that_no_chunk_of_its_own_changes(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(local, "_ROWS_A_GROUP", 50)
    table = pq.read_table(world.file)
    table = table.set_column(
        0,
        "id",
        pa.array(
            ["c00003" if i == 200 else name for i, name in enumerate(table["id"].to_pylist())]
        ),
    )
    job = Job.of(AdvisorRef.of(world.state, as_of=DAY), table.schema)
    found = set()
    for at, size in enumerate((7, 64, COUNT)):
        with pa.ipc.new_file(tmp_path / "p.arrow", table.schema) as out:
            out.write_table(table, max_chunksize=size)
        monkeypatch.setattr(local, "file_digest", lambda _: "the same rows")
        part = run_file(job, tmp_path / "p.arrow", tmp_path / str(at))
        found.add(part.path.read_bytes())
    assert len(found) == 1
    assert pq.ParquetFile(part.path).num_row_groups == 5
    rows = pq.read_table(part.path).to_pylist()
    assert "earlier row" in rows[200]["problem"]
    assert (
        rows[:200] + rows[201:] == world.table().to_pylist()[:200] + world.table().to_pylist()[201:]
    )
    assert (part.rows, part.statuses) == (COUNT, dict(Counter(row["status"] for row in rows)))


def test_files_say_what_is_wrong_with_them_and_leave_nothing(world: World, tmp_path: Path) -> None:
    job = Job.of(AdvisorRef.of(world.state, as_of=DAY), pq.read_schema(world.file))
    out = tmp_path / "out"
    with pytest.raises(InputError, match="must exist"):
        run_file(job, tmp_path / "absent.parquet", out)
    with pytest.raises(InputError, match="cannot be used"):
        run_file(job, world.file, world.file)
    out.mkdir(exist_ok=True)
    harmed = tmp_path / "harmed.parquet"
    harmed.write_bytes(world.file.read_bytes()[:300] + bytes(200) + world.file.read_bytes()[500:])
    dead = draft_of(out / "harmed.parquet").name.replace(f".{os.getpid()}.", ".4194305.")
    (out / dead).write_bytes(b"torn")
    with pytest.raises(InputError, match="cannot be read"):
        run_file(job, harmed, out)
    assert list(out.glob("*.parquet")) == []
    done = run_file(job, world.file, out)
    done.path.write_bytes(done.path.read_bytes().replace(b"PAR1", b"PAR2", 1))
    with pytest.raises(InputError, match="not the part that the run wrote"):
        run_file(job, world.file, out)


def test_files_of_unlike_columns_become_files(world: World, tmp_path: Path) -> None:
    table = pq.read_table(world.file)
    (tmp_path / "in").mkdir()
    pq.write_table(table.slice(0, 40), tmp_path / "in" / "0.parquet")
    pq.write_table(table.slice(40, 40).drop_columns(["segment"]), tmp_path / "in" / "1.parquet")
    whole = table.slice(80, 40)
    pq.write_table(
        whole.set_column(3, "level", whole["level"].cast(pa.float64())).select(
            whole.schema.names[::-1]
        ),
        tmp_path / "in" / "2.parquet",
    )
    job = Job.of(AdvisorRef.of(world.state, as_of=DAY), table.schema)
    found = pa.concat_tables(
        [pq.read_table(p.path) for p in run_files(job, tmp_path / "in", tmp_path / "out")]
    )
    assert found["pick_1"].equals(world.table()["pick_1"].slice(0, 120))
    pq.write_table(table.drop_columns(["wealth"]), tmp_path / "in" / "1.parquet")
    with pytest.raises(InputError, match=r"1\.parquet lacks"):
        run_files(job, tmp_path / "in", tmp_path / "elsewhere")
