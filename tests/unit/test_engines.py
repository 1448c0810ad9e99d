"""Streams and files of clients: any source, any cut, any number of processes, killed at any moment: the same bytes, and nobody lost."""

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
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from advisor import Advisor, ClientTable, InputError, sample, save
from advisor.adapters.engines import job as job_module
from advisor.adapters.engines.job import INPUTS, Desk, Job
from advisor.adapters.engines.local import run_files
from advisor.adapters.engines.stream import advise_stream
from advisor.data.client_arrow import arrow_batches, clients_from_arrow
from advisor.engine.inputs import input_digests

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
    return frame


def tree(folder: Path) -> dict[str, str]:
    return {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in sorted(folder.iterdir())}


class World:
    """A house, its clients as a file, and what an undisturbed run over them leaves."""

    def __init__(self, folder: Path) -> None:
        self.house = Advisor.fit(sample.market(), sample.interactions(200), catalogue=sample.catalogue())
        self.saved = save(self.house, folder / "house")
        self.file = folder / "clients.parquet"
        clients_frame().to_parquet(self.file)
        self.summary = advise_stream(self.saved, self.file, folder / "undisturbed", as_of=DAY, rows_per_part=ROWS)
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
    told = json.loads((world.summary.folder / "summary.json").read_text())
    assert told["statuses"] == world.summary.statuses
    assert told["parts"][0][1] == world.bytes["part-000000.parquet"]


def test_the_stream_says_what_one_client_is_told(world: World) -> None:
    batch = world.house.advise_table(ClientTable.from_frame(clients_frame()), as_of=DAY)
    assert batch.to_arrow().equals(world.table().drop_columns([INPUTS]).replace_schema_metadata(None))
    assert world.table()[INPUTS].to_pylist() == input_digests(batch.clients, np.datetime64(DAY))
    row = world.table().slice(5, 1).to_pylist()[0]
    card = world.house.advise(ClientTable.from_frame(clients_frame()).client(5), as_of=DAY)
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
    pa.ipc.new_file(folder / "clients.arrow", (t := pa.Table.from_pandas(frame, preserve_index=False)).schema).close()
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
        found = advise_stream(world.house, source, tmp_path / name, as_of=DAY, rows_per_part=ROWS)
        table = pa.concat_tables([pq.read_table(p) for p in found.parts])
        assert table.equals(world.table()), name


def test_processes_change_no_byte(world: World, tmp_path: Path) -> None:
    advise_stream(world.saved, world.file, tmp_path / "pool", as_of=DAY, rows_per_part=ROWS, workers=2)
    assert tree(tmp_path / "pool") == world.bytes


RUN = """
import sys
from advisor.adapters.engines.stream import advise_stream
if __name__ == "__main__":
    print(advise_stream(*sys.argv[1:4], as_of=sys.argv[4], rows_per_part=int(sys.argv[5]), workers=int(sys.argv[6])).made)
"""


def test_killed_at_random_moments_it_goes_on(world: World, tmp_path: Path) -> None:
    target, rng = tmp_path / "killed", random.Random(11)
    command = [sys.executable, "-c", RUN, str(world.saved), str(world.file), str(target), DAY, str(ROWS), "1"]
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
    command = [sys.executable, str(script), str(world.saved), str(world.file), str(target), DAY, str(ROWS), "2"]
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


def die_at(monkeypatch: pytest.MonkeyPatch, call: int, how: BaseException | type[BaseException] = Killed) -> None:
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
def test_death_at_any_step_of_writing_leaves_nothing_half_done(world: World, tmp_path: Path, call: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        die_at(patch, call)
        with pytest.raises(Killed):
            advise_stream(world.house, world.file, tmp_path / "run", as_of=DAY, rows_per_part=ROWS)
    for path in (tmp_path / "run").glob("part-*.parquet"):
        assert hashlib.sha256(path.read_bytes()).hexdigest() == world.bytes[path.name]
    advise_stream(world.house, world.file, tmp_path / "run", as_of=DAY, rows_per_part=ROWS)
    assert tree(tmp_path / "run") == world.bytes


def test_writing_in_place_would_be_seen(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A runner that gave parts their name before they are whole leaves a torn one when it dies, and says so instead of going on."""
    target = tmp_path / "run"
    monkeypatch.setattr(Path, "with_name", lambda self, _: self)
    die_at(monkeypatch, 4)
    with pytest.raises(Killed):
        advise_stream(world.house, world.file, target, as_of=DAY, rows_per_part=ROWS)
    monkeypatch.undo()
    torn = sorted(target.glob("part-*.parquet"))[-1]
    torn.write_bytes(torn.read_bytes()[:-20])
    with pytest.raises(InputError, match="no readable part"):
        advise_stream(world.house, world.file, target, as_of=DAY, rows_per_part=ROWS)


def test_a_full_disk_says_so_and_keeps_what_is_done(world: World, tmp_path: Path) -> None:
    target = tmp_path / "run"
    biggest = max(p.stat().st_size for p in world.summary.parts)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (biggest - 1, before[1]))
        with pytest.raises(InputError, match=r"cannot be written .*free space"):
            advise_stream(world.house, world.file, target, as_of=DAY, rows_per_part=ROWS)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    kept = tree(target)
    assert not [name for name in kept if name.endswith("writing")]
    advise_stream(world.house, world.file, target, as_of=DAY, rows_per_part=ROWS)
    assert tree(target) == world.bytes
    assert all(world.bytes[name] == digest for name, digest in kept.items())


@pytest.mark.parametrize("call", [0, 2, 5, 12, 20, 22])
def test_no_space_at_any_step_of_writing_says_so(world: World, tmp_path: Path, call: int) -> None:
    """Some file systems only say at the sync, or at the rename, that the disk is full."""
    with pytest.MonkeyPatch.context() as patch:
        die_at(patch, call, OSError(errno.ENOSPC, "No space left on device"))
        with pytest.raises(InputError, match=r"No space left.*free space"):
            advise_stream(world.house, world.file, tmp_path / "run", as_of=DAY, rows_per_part=ROWS)
    kept = tree(tmp_path / "run")
    assert not [name for name in kept if name.endswith("writing")]
    assert all(world.bytes[name] == digest for name, digest in kept.items())
    advise_stream(world.house, world.file, tmp_path / "run", as_of=DAY, rows_per_part=ROWS)
    assert tree(tmp_path / "run") == world.bytes


def test_a_stream_that_breaks_half_way_keeps_what_is_done(world: World, tmp_path: Path) -> None:
    table = pq.read_table(world.file)

    def broken():
        yield from table.to_batches(max_chunksize=ROWS)[:3]
        raise OSError("the connection was lost")

    with pytest.raises(InputError, match="connection was lost"):
        advise_stream(
            world.house, pa.RecordBatchReader.from_batches(table.schema, broken()), tmp_path / "run", as_of=DAY, rows_per_part=ROWS
        )
    assert len(list((tmp_path / "run").glob("part-*.parquet"))) >= 2
    whole = advise_stream(world.house, table, tmp_path / "run", as_of=DAY, rows_per_part=ROWS)
    assert whole.made <= COUNT // ROWS - 2
    assert pa.concat_tables([pq.read_table(p) for p in whole.parts]).equals(world.table())


def test_inputs_that_cannot_be_read_say_so(world: World, tmp_path: Path) -> None:
    torn = tmp_path / "torn.parquet"
    torn.write_bytes(world.file.read_bytes()[:-100])
    empty = tmp_path / "empty"
    empty.mkdir()
    for source in (torn, tmp_path / "absent.parquet", empty, [world.file, tmp_path / "x.csv"], 7):
        with pytest.raises(InputError, match="cannot be read"):
            advise_stream(world.house, source, tmp_path / "run", as_of=DAY)
    late = clients_frame().astype({"wealth": str})
    late.loc[200, "wealth"] = "much"
    late.to_csv(tmp_path / "late.csv", index=False)
    found = advise_stream(world.house, tmp_path / "late.csv", tmp_path / "late", as_of=DAY, rows_per_part=ROWS)
    assert found.statuses["invalid_input"] == 3
    with pytest.raises(InputError, match="columns"):
        advise_stream(world.house, clients_frame().assign(shoe=44), tmp_path / "run", as_of=DAY)
    with pytest.raises(InputError, match="lacks"):
        advise_stream(world.house, clients_frame().drop(columns="wealth"), tmp_path / "run", as_of=DAY)


def test_two_runs_never_mix(world: World, tmp_path: Path) -> None:
    target = tmp_path / "run"
    advise_stream(world.house, clients_frame().iloc[:80], target, as_of=DAY, rows_per_part=ROWS)
    again = advise_stream(world.house, clients_frame().iloc[:80], target, as_of=DAY, rows_per_part=ROWS)
    assert again.made == 0
    for change in ({"as_of": "2026-11-21"}, {"picks": 3}, {"rows_per_part": 20}):
        with pytest.raises(InputError, match="another"):
            advise_stream(world.house, clients_frame().iloc[:80], target, **({"as_of": DAY, "rows_per_part": ROWS} | change))
    changed = clients_frame().iloc[:80]
    changed.loc[9, "wealth"] += 0.01
    for other in (clients_frame().iloc[:79], clients_frame().iloc[:40], changed):
        with pytest.raises(InputError, match="does not fit"):
            advise_stream(world.house, other, target, as_of=DAY, rows_per_part=ROWS)


def test_no_clients_is_an_empty_part(world: World, tmp_path: Path) -> None:
    found = advise_stream(world.house, clients_frame().iloc[:0], tmp_path / "run", as_of=DAY)
    assert (found.clients, len(found.parts)) == (0, 1)
    assert pq.read_schema(found.parts[0]).names == world.table().schema.names


def test_files_become_files(world: World, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    table = pq.read_table(world.file)
    for i in range(3):
        pq.write_table(table.slice(i * 80, 80), tmp_path / "in" / f"{i}.parquet")
    job = Job.of(Desk.of(world.saved, as_of=DAY), table.schema)
    parts = run_files(job, tmp_path / "in", tmp_path / "out")
    assert pa.concat_tables([pq.read_table(p.path) for p in parts]).equals(world.table())
    stamps = [p.path.stat().st_mtime_ns for p in parts]
    assert [p.path.stat().st_mtime_ns for p in run_files(job, tmp_path / "in", tmp_path / "out")] == stamps
    (tmp_path / "in" / "1.parquet").write_bytes(b"PAR1")
    with pytest.raises(InputError, match="another run"):
        run_files(job, tmp_path / "in", tmp_path / "out")
    with pytest.raises(InputError, match="cannot be read"):
        run_files(job, tmp_path / "in", tmp_path / "elsewhere", workers=2)


def test_a_job_travels_and_checks_what_it_is_given(world: World) -> None:
    table = pq.read_table(world.file)
    job = Job.of(Desk.of(world.house, as_of=DAY), table.schema)
    again = pickle.loads(pickle.dumps(job))
    assert again.on_table(table).equals(world.table())
    with pytest.raises(InputError, match="A batch has columns"):
        job.on_table(table.drop_columns(["segment"]))
    with pytest.raises(InputError, match="the job promised"):
        Job(job.model, job.input_schema, job.schema.remove(0)).on_table(table)
    stranger = Desk(str(world.saved), "0" * 64, DAY, 5)
    with pytest.raises(InputError, match="this job was made for"):
        Job(stranger, job.input_schema, job.schema).on_table(table)


def test_a_row_that_defeats_the_library_is_set_aside_alone(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    real, table = job_module.advise_table, pq.read_table(world.file)

    def fragile(house, clients, day, picks):
        if "c00100" in clients.ids and not clients.problems.get(clients.ids.index("c00100")):
            raise np.linalg.LinAlgError("singular")
        return real(house, clients, day, picks)

    job = Job.of(Desk.of(world.house, as_of=DAY), table.schema)
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
    mapped = clients_from_arrow(some.append_column("holdings", pa.array(cells, type=pa.map_(pa.string(), pa.float64()))))
    assert mapped.client(0).holdings == {"P001": 10.0, "P002": 5.0}
    assert mapped.client(1).holdings == {}
    assert "at least 0" in mapped.problems[2]
    assert "wealth is all" in mapped.problems[3]


def test_a_row_without_an_id_and_an_id_twice_are_rows_of_their_own(world: World) -> None:
    ids = [None if i == 2 else "c00000" if i == 5 else f"c{i:05d}" for i in range(COUNT)]
    table = pq.read_table(world.file)
    table = table.set_column(0, "id", pa.array(ids))
    rows = Job.of(Desk.of(world.house, as_of=DAY), table.schema).on_table(table).to_pylist()
    assert (rows[2]["client_id"], rows[2]["status"]) == (None, "invalid_input")
    assert "id is missing" in rows[2]["problem"]
    assert [r["client_id"] for r in rows].count("c00000") == 2
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
