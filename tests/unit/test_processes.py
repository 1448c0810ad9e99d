"""An advisor works in every process that a host makes: forked, spawned, and without a place to
write."""

from __future__ import annotations

import os
import pickle
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import advisor
from advisor import (
    AdapterError,
    Advisor,
    AdvisorError,
    InfeasibleError,
    InputError,
    SolverError,
    sample,
)
from advisor.native.library import library_path

SRC = Path(advisor.__file__).parent.parent

POOL = """
import multiprocessing, sys
from advisor import Advisor, sample

def advised(count):
    (batch,) = HOUSE.advise_many(sample.clients(count), as_of="2026-11-20")
    return batch.weights.tobytes()

HOUSE = Advisor.fit(sample.market(), sample.interactions(), catalogue=sample.catalogue())
if __name__ == "__main__":
    here = advised(1000)
    with multiprocessing.get_context(sys.argv[1]).Pool(2) as pool:
        there = pool.map_async(advised, [1000, 1000, 70]).get(timeout=200)
    print(there[0] == here, there[1] == here, len(there))
"""


@pytest.mark.parametrize("way", ["fork", "spawn"])
def test_a_child_of_a_parent_that_advised_advises_the_same(way: str, tmp_path: Path) -> None:
    script = tmp_path / "pool.py"
    script.write_text(POOL)
    done = subprocess.run(
        [sys.executable, str(script), way],
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
        env={**os.environ, "PYTHONPATH": str(SRC)},
    )
    assert done.stdout.strip() == "True True 3", done.stderr[-2000:]


@pytest.mark.parametrize(
    "error",
    [
        AdvisorError("what"),
        InputError("what", field="wealth", value=3),
        InfeasibleError("what", constraints=["a", "b"]),
        SolverError("what", solver="osqp", status="slow"),
        AdapterError("what", record_id="7"),
    ],
    ids=lambda e: type(e).__name__,
)
def test_an_error_crosses_processes_as_it_is(error: AdvisorError) -> None:
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is type(error)
    assert (str(again), again.args, vars(again)) == (str(error), error.args, vars(error))


def test_many_threads_advise_at_once() -> None:
    """64 threads of a service on one advisor: each gets what one alone gets."""
    house = Advisor.fit(sample.market(), sample.interactions(), catalogue=sample.catalogue())
    table = sample.clients(300)

    def advised(_: int) -> bytes:
        return b"".join(
            b.weights.tobytes() + b.pick_money.tobytes()
            for b in house.advise_many(table, as_of="2026-11-20", chunk=150)
        )

    wanted = advised(0)
    with ThreadPoolExecutor(64) as pool:
        assert set(pool.map(advised, range(128))) == {wanted}


def test_nothing_is_written_where_nothing_can_be_and_there_is_no_home(tmp_path: Path) -> None:
    """A copy of the installed package whose folders are read-only, as in a container."""
    copy = tmp_path / "site" / "advisor"
    ignored = shutil.ignore_patterns("__pycache__", "*.c", "*.h")
    shutil.copytree(Path(advisor.__file__).parent, copy, ignore=ignored)
    for file in (copy / "native").glob("kernels-*"):
        file.unlink()
    shutil.copy(library_path(), copy / "native")
    for folder in [copy, *(p for p in copy.rglob("*") if p.is_dir())]:
        folder.chmod(0o555)
    code = (
        "from advisor import Advisor, sample\n"
        "h = Advisor.fit(sample.market(), sample.interactions(), catalogue=sample.catalogue())\n"
        "print(h.advise(sample.client(), as_of='2026-11-20').status)"
    )
    env = {
        "PYTHONPATH": str(copy.parent),
        "HOME": "/nonexistent",
        "TMPDIR": "/nonexistent",
        "PATH": "",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    env |= {name: os.environ[name] for name in ("LD_LIBRARY_PATH",) if name in os.environ}
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
        env=env,
    )
    for folder in [copy, *(p for p in copy.rglob("*") if p.is_dir())]:
        folder.chmod(0o755)
    assert done.stdout.strip() == "ok", done.stderr[-2000:]
