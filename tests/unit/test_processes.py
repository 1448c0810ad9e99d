"""An advisor works in every process that a host makes: forked, spawned, and without a place to write."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from pathlib import Path

import pytest

import advisor
from advisor.errors import AdapterError, AdvisorError, InfeasibleError, InputError, SolverError

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


def test_two_threads_may_enter_where_threads_allow_one() -> None:
    code = (
        "import threading; from advisor import Advisor, sample\n"
        "h = Advisor.fit(sample.market(), sample.interactions(), catalogue=sample.catalogue()); out = []\n"
        "run = lambda: out.append([b.weights.sum() for b in h.advise_many(sample.clients(3000), as_of='2026-11-20')])\n"
        "ts = [threading.Thread(target=run) for _ in range(3)]; [t.start() for t in ts]; [t.join() for t in ts]\n"
        "print(len(out), len({str(o) for o in out}))"
    )
    env = {**os.environ, "PYTHONPATH": str(SRC), "NUMBA_THREADING_LAYER": "workqueue"}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=280, check=False, env=env)
    assert done.stdout.strip() == "3 1", done.stderr[-2000:]


def test_where_nothing_can_be_written_the_machine_code_is_kept_in_a_folder_that_goes(tmp_path: Path) -> None:
    code = (
        "import os; os.access = lambda *_: False\n"
        "from advisor import loops\nfrom advisor.engine import kernels\nprint(os.environ['NUMBA_CACHE_DIR'])"
    )
    env = {k: v for k, v in os.environ.items() if k != "NUMBA_CACHE_DIR"} | {
        "PYTHONPATH": str(SRC),
        "HOME": "/nonexistent",
        "TMPDIR": str(tmp_path),
    }
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=280, check=False, env=env)
    assert done.stdout.startswith(str(tmp_path / "advisor-loops-")), done.stderr[-2000:]
    assert not Path(done.stdout.strip()).exists()
