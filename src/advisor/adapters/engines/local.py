"""The embedded default: no engine. Part files one after the other, or in a pool of spawned processes."""
# pyright: reportUnknownParameterType=false

from __future__ import annotations

import hashlib
import multiprocessing
import os
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Any, TypeVar

from threadpoolctl import threadpool_limits

from advisor.adapters.engines.job import Job
from advisor.adapters.engines.parts import Part, read_part, write_part
from advisor.data.client_arrow import arrow_batches, opened
from advisor.data.client_files import files_of
from advisor.errors import AdapterError

_T = TypeVar("_T")
_THREADS = ("NUMBA_NUM_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
_WHOLE_FILE = 1 << 62


def run_file(job: Job, file: str | Path, folder: str | Path) -> Part:
    """Advice for the clients of one file, written under the same name with the ending .parquet; the unit of work that every engine maps.

    Raises:
        InputError: The file cannot be read, or the advice cannot be written.
    """
    path = Path(folder) / (Path(file).stem + ".parquet")
    run = hashlib.sha256(f"{job.model.fingerprint}|{job.model.as_of}|{job.model.picks}|{file_digest(Path(file))}".encode()).hexdigest()
    done = read_part(path, run)
    if done is not None:
        return done
    tables = list(arrow_batches(Path(file), _WHOLE_FILE))
    table = tables[0] if tables else opened(Path(file))[0].empty_table()
    return write_part(job.on_table(table), path, run)


def run_files(job: Job, source: str | Path | Sequence[str | Path], folder: str | Path, *, workers: int = 1) -> list[Part]:
    """`run_file` over files, in their order; finished ones are not made again.

    Args:
        job: What to do.
        source: Files, or a folder of them.
        folder: Where the advice goes.
        workers: Processes; 1 works here. Pays above some hundred thousand clients: a process takes seconds to start.
    """
    Path(folder).mkdir(parents=True, exist_ok=True)
    return list(in_order(run_file, ((job, file, folder) for file in files_of(source)), workers))


def in_order(work: Callable[..., _T], tasks: Iterable[tuple[Any, ...]], workers: int) -> Iterator[_T]:
    """Results of `work(*task)` in the order of the tasks, here or in a pool; no more tasks are drawn than keep the pool busy.

    Raises:
        AdapterError: A process of the pool died (killed, or out of memory).
    """
    if workers <= 1:
        for task in tasks:
            yield work(*task)
        return
    context = multiprocessing.get_context("spawn")
    with _one_thread(), ProcessPoolExecutor(workers, mp_context=context, initializer=_alone) as pool:
        waiting: list[Future[_T]] = []
        try:
            for task in tasks:
                waiting.append(pool.submit(work, *task))
                while sum(not f.done() for f in waiting) > workers:
                    wait([f for f in waiting if not f.done()], return_when=FIRST_COMPLETED)
                while waiting and waiting[0].done():
                    yield waiting.pop(0).result()
            while waiting:
                yield waiting.pop(0).result()
        except BrokenProcessPool as error:
            raise AdapterError(
                "A worker process died (killed, or out of memory). Run again, with fewer workers or smaller parts; finished parts are kept."
            ) from error
        finally:
            for future in waiting:
                future.cancel()


class _one_thread:  # noqa: N801 - reads as a verb
    """Children inherit the environment: one thread each, as there is a process a core."""

    def __enter__(self) -> None:
        self.before = {name: os.environ.get(name) for name in _THREADS}
        os.environ.update(dict.fromkeys(_THREADS, "1"))

    def __exit__(self, *_: object) -> None:
        for name, value in self.before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def _alone() -> None:
    """At the start of each worker: one thread, and an end when its parent ends, even one that was killed and could not say so."""
    threadpool_limits(1)
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent,), daemon=True).start()


def _end_with(parent: Any) -> None:
    parent.join()
    os._exit(1)


def file_digest(path: Path) -> str:
    """SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
