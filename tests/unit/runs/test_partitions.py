"""A run in folders of a label's values: the rows of an undivided run, whatever the values are
called, whenever it is killed, and proved as before."""

from __future__ import annotations

import json
import os
from collections import Counter
from pathlib import Path
from urllib.parse import unquote

import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.dataset as dataset
import pyarrow.parquet as pq
import pytest

from advisor import Advisor, InputError, save
from advisor.runs import advise_stream, partitions, replay, verify_rows
from advisor.runs.partitions import MISSING
from strategies import sample_advisor

DAY, ROWS = "2026-11-20", 20
BRANCHES = [
    "North",
    "South/1",
    "北京 a",
    None,
    "a=b%25",
    "..",
    "west.",
    "north",
    "#?:*\\",
    "é" * 100,
]


def frame(count: int = 50) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "id": [f"c{i:03d}" for i in range(count)],
            "wealth": [1000.0 * (1 + i % 7) for i in range(count)],
            "horizon_years": 8.0,
            "age": 40,
            "level": [1 + i % 5 for i in range(count)],
            "assessed_on": "2026-06-01",
            "branch": [BRANCHES[(i + i // 10) % len(BRANCHES)] for i in range(count)],
        }
    )


@pytest.fixture(scope="module")
def advisor() -> Advisor:
    return sample_advisor(50)


@pytest.fixture(scope="module")
def run(advisor: Advisor, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return advise(advisor, tmp_path_factory.mktemp("partitions") / "run")


def advise(advisor: Advisor | Path, folder: Path, source: object = None, **settings: int) -> Path:
    clients = frame() if source is None else source
    advise_stream(
        advisor, clients, folder, as_of=DAY, rows_per_part=ROWS, partition_by="branch", **settings
    )
    return folder


def tree(folder: Path) -> dict[str, bytes]:
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in files
        if "_parts" not in path.parts
    }


def whole(advisor: Advisor, folder: Path) -> pa.Table:
    done = advise_stream(advisor, frame(), folder, as_of=DAY, rows_per_part=ROWS, labels=["branch"])
    return pa.concat_tables([pq.read_table(path) for path in done.parts])


def test_the_rows_are_those_of_an_undivided_run_in_the_folder_of_their_value(
    advisor: Advisor, run: Path, tmp_path: Path
) -> None:
    rows = whole(advisor, tmp_path / "whole").to_pylist()
    stored: dict[str, dict[str, object]] = {}
    for path in sorted(run.glob("*/part-*.parquet")):
        value = unquote(path.parent.name.removeprefix("branch="))
        table = pq.ParquetFile(path).read()
        assert "branch" not in table.schema.names
        stored |= {row["client_id"]: {**row, "branch": value} for row in table.to_pylist()}
    assert len(stored) == len(rows) == 50
    long = next(f.name for f in run.iterdir() if "éé" in f.name).removeprefix("branch=")
    assert len(long.encode()) <= 120
    for row in rows:
        value = MISSING if row["branch"] is None else row["branch"]
        assert stored[row["client_id"]] == {**row, "branch": value if len(value) < 99 else long}
    assert {path.name for path in run.iterdir() if path.is_file()} == {"_run.json", "_summary.json"}
    assert all(path.parent == run for path in run.iterdir())
    told = json.loads((run / "_summary.json").read_text())["parts"]
    assert {part["name"]: part["rows"] for part in told} == {
        path.relative_to(run).as_posix(): pq.ParquetFile(path).metadata.num_rows
        for path in run.glob("*/*.parquet")
    }


@pytest.mark.parametrize("reader", ["pandas", "pyarrow", "polars"])
def test_readers_of_hive_folders_give_the_label_again(run: Path, reader: str) -> None:
    table = {
        "pandas": lambda: pd.read_parquet(run).astype({"branch": str}),
        "pyarrow": lambda: dataset.dataset(run, partitioning="hive").to_table().to_pandas(),
        "polars": lambda: pl.scan_parquet(run, hidden_file_prefix="_").collect().to_pandas(),
    }[reader]()
    given = Counter(frame()["branch"].fillna(MISSING).tolist())
    read = Counter(table["branch"].tolist())
    assert len(table) == 50
    assert {b: n for b, n in read.items() if "é" not in b} == {
        b: n for b, n in given.items() if "é" not in b
    }


def test_processes_change_no_byte(advisor: Advisor, run: Path, tmp_path: Path) -> None:
    saved = save(advisor, tmp_path / "advisor")
    assert tree(advise(saved, tmp_path / "pool", workers=2)) == tree(run)


class Killed(BaseException):
    """Stands for the end of the process."""


@pytest.mark.parametrize("call", [0, 1, 3, 9, 17, 22, 27, 35, 44, 60])
def test_killed_at_any_step_it_goes_on(
    advisor: Advisor, run: Path, tmp_path: Path, call: int
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        steps = iter(range(10_000))

        def dying(real):
            def step(*arguments, **named):
                if next(steps) == call:
                    raise Killed
                return real(*arguments, **named)

            return step

        patch.setattr(os, "fsync", dying(os.fsync))
        patch.setattr(Path, "replace", dying(Path.replace))
        with pytest.raises(Killed):
            advise(advisor, tmp_path / "run")
    stored = tree(run)
    for name, content in tree(tmp_path / "run").items():
        assert not name.endswith(".parquet") or stored[name] == content
    assert tree(advise(advisor, tmp_path / "run")) == stored


def test_a_replay_gives_every_byte_again_and_names_what_was_changed(
    advisor: Advisor, run: Path, tmp_path: Path
) -> None:
    assert replay(run, advisor, frame()).same
    changed = frame()
    changed.loc[0, "branch"] = "South/1"
    found = replay(run, advisor, changed)
    assert {difference.part.rpartition("/")[0] for difference in found.differences} == {
        "branch=North",
        "branch=South%2F1",
    }
    copy = advise(advisor, tmp_path / "copy")
    (copy / "branch=Elsewhere").mkdir()
    (copy / "branch=North" / "part-000009.parquet").write_bytes(b"PAR1")
    found = replay(copy, advisor, frame())
    assert {difference.part for difference in found.differences} == {
        "branch=Elsewhere",
        "branch=North/part-000009.parquet",
    }


def test_stored_rows_of_a_partition_are_proved(advisor: Advisor, run: Path) -> None:
    clients = pa.Table.from_pandas(frame().drop(columns="branch"), preserve_index=False)
    for rows in (pq.read_table(run / "branch=North"), pq.read_table(run).slice(0, 12)):
        assert all(proof.verification.ok for proof in verify_rows(rows, advisor, clients))


def test_a_file_that_is_gone_is_made_again_and_a_changed_or_foreign_one_is_named(
    advisor: Advisor, run: Path, tmp_path: Path
) -> None:
    copy = advise(advisor, tmp_path / "run")
    path = copy / "branch=north" / "part-000001.parquet"
    path.unlink()
    assert tree(advise(advisor, copy)) == tree(run)
    path.write_bytes(path.read_bytes() + b" ")
    with pytest.raises(InputError, match=r"north/part-000001\.parquet is not the part that"):
        advise(advisor, copy)
    path.unlink()
    advise(advisor, copy)
    (copy / "branch=East").mkdir()
    (copy / "branch=East" / "part-000000.parquet").write_bytes(path.read_bytes())
    with pytest.raises(InputError, match=r"branch=East is no part of this run"):
        advise(advisor, copy)


def test_a_run_divided_otherwise_is_another_run(advisor: Advisor, run: Path) -> None:
    with pytest.raises(InputError, match="another partition_by"):
        advise_stream(advisor, frame(), run, as_of=DAY, rows_per_part=ROWS, labels=["branch"])


@pytest.mark.parametrize("rows", [5, 100])
def test_more_values_than_folders_are_refused(
    advisor: Advisor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rows: int
) -> None:
    monkeypatch.setattr(partitions, "MOST", 8)
    clients = frame().assign(branch=frame()["id"])
    with pytest.raises(InputError, match="has more than 8 values") as refused:
        advise_stream(
            advisor, clients, tmp_path / "run", as_of=DAY, rows_per_part=rows, partition_by="branch"
        )
    assert refused.value.field == "partition_by"


@pytest.mark.parametrize("label", ["town", "", "level", 5])
def test_what_is_no_label_is_refused(advisor: Advisor, tmp_path: Path, label: object) -> None:
    with pytest.raises(InputError):
        advise_stream(advisor, frame(), tmp_path / "run", as_of=DAY, partition_by=label)
    assert not (tmp_path / "run").exists()


def test_a_divided_run_over_nobody_is_an_empty_table(advisor: Advisor, tmp_path: Path) -> None:
    copy = advise(advisor, tmp_path / "run", frame().iloc[:0])
    assert pq.read_table(copy).num_rows == 0
    assert replay(copy, advisor, frame().iloc[:0]).same
