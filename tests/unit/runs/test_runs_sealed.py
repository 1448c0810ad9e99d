"""A run's summary is held against its folder: where it is started again, and where it is
replayed."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from advisor import Advisor, ClientTable, InputError, advise_stream, replay, sample
from advisor.runs.parts import write_part
from strategies import sample_advisor

DAY = "2026-11-20"


@pytest.fixture(scope="module")
def advisor() -> Advisor:
    return sample_advisor(50)


@pytest.fixture(scope="module")
def clients() -> ClientTable:
    return sample.clients(30)


@pytest.fixture
def run(advisor: Advisor, clients: ClientTable, tmp_path: Path) -> Path:
    advise_stream(advisor, clients, tmp_path / "run", as_of=DAY, rows_per_part=10)
    return tmp_path / "run"


def again(advisor: Advisor, clients: ClientTable, run: Path) -> None:
    advise_stream(advisor, clients, run, as_of=DAY, rows_per_part=10)


def resealed(path: Path) -> None:
    """The part with another level in its first row, written as the library writes it."""
    table = pq.read_table(path)
    levels = table["level"].to_pylist()
    levels[0] = 5 if levels[0] != 5 else 4
    at = table.schema.get_field_index("level")
    changed = pa.array(levels, table.schema.field(at).type)
    table = table.set_column(at, table.schema.field(at), changed)
    write_part([("", [table])], table.schema, path, "", "")
    shutil.rmtree(path.parent / "_parts")


def test_a_resealed_part_is_named_on_restart_and_made_again_once_removed(
    run: Path, advisor: Advisor, clients: ClientTable
) -> None:
    path = run / "part-000001.parquet"
    whole = path.read_bytes()
    resealed(path)
    with pytest.raises(
        InputError,
        match=r"part-000001\.parquet is not the part that the run wrote.*record of the run says",
    ):
        again(advisor, clients, run)
    path.unlink()
    again(advisor, clients, run)
    assert path.read_bytes() == whole
    assert replay(run, advisor, clients).same


def change(key: str, value: object) -> Callable[[Path], object]:
    def write(run: Path) -> None:
        path = run / "_summary.json"
        path.write_text(json.dumps(json.loads(path.read_text()) | {key: value}))

    return write


ODD: dict[str, tuple[Callable[[Path], object], str]] = {
    "a stranger": (lambda run: (run / "more.parquet").write_bytes(b"x"), "more.parquet"),
    "a folder": (lambda run: (run / "part-2").mkdir(), "part-2"),
    "no summary": (lambda run: (run / "_summary.json").unlink(), "_summary.json"),
    "no record": (lambda run: (run / "_summary.json").write_text("[]"), "_summary.json"),
    "nested": (lambda run: (run / "_summary.json").write_text("[" * 100_000), "_summary.json"),
    "other counts": (change("statuses", {"ok": 30_000}), "_summary.json"),
    "other clients": (change("clients", 29), "_summary.json"),
    "another run": (change("run", "0" * 64), "_summary.json"),
    "no parts": (change("parts", []), "part-000000.parquet"),
    "resealed": (lambda run: resealed(run / "part-000001.parquet"), "part-000001.parquet"),
}


@pytest.mark.parametrize("how", ODD)
def test_a_replay_looks_at_the_summary_and_at_strangers(
    how: str, run: Path, advisor: Advisor, clients: ClientTable
) -> None:
    assert replay(run, advisor, clients).same
    spoil, name = ODD[how]
    spoil(run)
    found = replay(run, advisor, clients)
    assert not found.same
    assert name in {difference.part for difference in found.differences}


@pytest.mark.parametrize("how", ["no record", "nested"])
def test_a_summary_that_cannot_be_read_is_refused_on_restart(
    how: str, run: Path, advisor: Advisor, clients: ClientTable
) -> None:
    whole = (run / "_summary.json").read_text()
    ODD[how][0](run)
    with pytest.raises(InputError, match=r"summary\.json cannot be read"):
        again(advisor, clients, run)
    (run / "_summary.json").unlink()
    with pytest.raises(InputError, match="is no part of this run"):
        again(advisor, clients, run)
    (run / "_summary.json").write_text(whole)
    again(advisor, clients, run)
    assert replay(run, advisor, clients).same


def test_a_summary_of_another_run_is_refused(
    run: Path, advisor: Advisor, clients: ClientTable
) -> None:
    ODD["another run"][0](run)
    with pytest.raises(InputError, match="summary of another run"):
        again(advisor, clients, run)
