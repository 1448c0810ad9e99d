"""The embedded default: no engine. Part files one after the other, or in a pool of spawned
processes.
"""

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

import pyarrow as pa
from threadpoolctl import threadpool_limits

from advisor.arrays import check_type, check_whole
from advisor.data.client_files import files_of, opened_files
from advisor.data.clients.sources import arrow_batches, unreadable
from advisor.errors import AdapterError, InputError
from advisor.runs.duplicates import REPEATED, SeenIds
from advisor.runs.folders import clear_drafts, ready
from advisor.runs.job import Job
from advisor.runs.parts import Part, read_part, write_tables

_T = TypeVar("_T")
_THREADS = ("ADVISOR_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
_ROWS_A_GROUP = 65_536
"""Clients read, advised and written at a time of one file: a row group of the advice, whatever
chunks the file is read in."""


def run_file(job: Job, file: str | Path, folder: str | Path) -> Part:
    """Advice for the clients of one file, written under the same name with the ending .parquet; the
    unit of work that every engine maps.

    Memory is bounded by a row group of 65,536 clients, whatever the size of the file. A client who
    stands in the file twice is advised at their first row. A column of the job that the file lacks
    is empty there; `id`, `wealth` and `horizon_years` it must have.

    Raises:
        InputError: The file cannot be read, the advice cannot be written, or what is there already
            is damaged or of another run.
    """
    check_type(job, Job, "job", "Make it with Job.of(advisor, schema).")
    check_type(file, (str, Path), "file", "Name a file of clients.")
    (source,), target = files_of([file]), ready(folder)
    path = _target(source, target)
    clear_drafts(target, name=path.name)
    ref, version = job.model, (job.schema.metadata or {}).get(b"advisor.version", b"").decode()
    run = hashlib.sha256(
        f"{ref.fingerprint}|{ref.as_of}|{ref.picks}|{version}|{file_digest(source)}".encode()
    ).hexdigest()
    return read_part(path, run) or write_tables(_advised(job, source), job.schema, path, run)


def _advised(job: Job, file: Path) -> Iterator[pa.Table]:
    met = SeenIds()
    try:
        there = opened_files([file]).schema.names
    except (OSError, pa.ArrowException) as error:
        raise unreadable(file, error) from error
    labels = [name for name in job.labels if name in there]
    for table in arrow_batches(file, _ROWS_A_GROUP, labels):
        for field in job.input_schema:
            if field.name not in table.schema.names:
                table = table.append_column(field, pa.nulls(table.num_rows, field.type))
        if set(table.schema.names) == set(job.input_schema.names):
            table = table.select(job.input_schema.names)
        yield job.on_table(table, dict.fromkeys(met.repeated(table["id"]).tolist(), REPEATED))


def _target(file: Path, folder: Path) -> Path:
    return folder / (file.stem + ".parquet")


def run_files(
    job: Job, source: str | Path | Sequence[str | Path], folder: str | Path, *, workers: int = 1
) -> list[Part]:
    """`run_file` over files, in their order; finished ones are not made again.

    Args:
        job: What to do.
        source: Files of different names, or a folder of them.
        folder: Where the advice goes.
        workers: Processes; 1 works here. Pays above some hundred thousand clients: a process takes
            seconds to start.

    Raises:
        InputError: As `run_file`; or two files have one name, so that their advice would stand in
            one place.
    """
    check_type(job, Job, "job", "Make it with Job.of(advisor, schema).")
    processes = check_whole(workers, "workers", "Give a number of processes.", low=1)
    files, target = files_apart(source), ready(folder)
    return list(in_order(run_file, ((job, file, target) for file in files), processes))


def files_apart(source: object) -> list[Path]:
    """Files whose advice will stand in places of its own each.

    Raises:
        InputError: They cannot be read, or two have one name.
    """
    files, places = files_of(source), dict[str, Path]()
    for file in files:
        other = places.setdefault(file.stem, file)
        if other is not file:
            raise InputError(
                f"{other} and {file} have the same name, so the advice of one would replace that of"
                " the other. Rename one, or give each a folder.",
                field="source",
                value=str(file),
            )
    return files


def in_order(
    work: Callable[..., _T], tasks: Iterable[tuple[Any, ...]], workers: int
) -> Iterator[_T]:
    """Results of `work(*task)` in the order of the tasks, here or in a pool; no more tasks are
    drawn than keep the pool busy.

    Raises:
        AdapterError: A process of the pool died (killed, or out of memory).
    """
    if workers <= 1:
        for task in tasks:
            yield work(*task)
        return
    context = multiprocessing.get_context("spawn")
    with (
        _one_thread(),
        ProcessPoolExecutor(workers, mp_context=context, initializer=_alone) as pool,
    ):
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
                "A worker process died (killed, or out of memory). Run again, with fewer workers or"
                " smaller parts; finished parts are kept."
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
    """At the start of each worker: one thread, and an end when its parent ends, even one that was
    killed and could not say so.
    """
    threadpool_limits(1)
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent,), daemon=True).start()


def _end_with(parent: Any) -> None:
    parent.join()
    os._exit(1)


def file_digest(path: Path) -> str:
    """SHA-256 of a file. Raises `InputError` when it cannot be read."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise InputError(
            f"{path} cannot be read ({error}); restore the file.", field="source", value=str(path)
        ) from error
