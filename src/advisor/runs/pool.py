"""Tasks of a run in their order: here, or in a pool of spawned processes of one thread each."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from typing import Any, TypeVar

from advisor.errors import AdapterError

_T = TypeVar("_T")
_THREADS = ("ADVISOR_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


def ordered_results(
    work: Callable[..., _T], tasks: Iterable[tuple[Any, ...]], workers: int
) -> Iterator[_T]:
    """Results of `work(*task)` in the order of the tasks; no more tasks are drawn than keep the
    pool busy.

    Raises:
        AdapterError: A process of the pool died (killed, or out of memory).
    """
    if workers <= 1:
        yield from (work(*task) for task in tasks)
        return
    context = multiprocessing.get_context("spawn")
    with (
        _single_threads(),
        ProcessPoolExecutor(workers, mp_context=context, initializer=_end_with_parent) as pool,
    ):
        waiting: deque[Future[_T]] = deque()
        try:
            for task in tasks:
                with _held():
                    waiting.append(pool.submit(work, *task))
                while sum(not future.done() for future in waiting) > workers:
                    wait([f for f in waiting if not f.done()], return_when=FIRST_COMPLETED)
                while waiting and waiting[0].done():
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        except BrokenProcessPool as error:
            raise AdapterError(
                "A worker process died (killed, or out of memory). Run again, with fewer workers or"
                " smaller parts; finished parts are kept."
            ) from error
        finally:
            for future in waiting:
                future.cancel()


@contextmanager
def _held() -> Generator[None]:
    """Processes begun meanwhile get no interrupt: that of a terminal reaches all of them, and is
    for the one that began them.
    """
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextmanager
def _single_threads() -> Generator[None]:
    """Children inherit the environment: one thread each, as there is a process a core."""
    before = {name: os.environ.get(name) for name in _THREADS}
    os.environ.update(dict.fromkeys(_THREADS, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def _end_with_parent() -> None:
    """At the start of each worker: it ends when its parent does, even one that was killed."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_after, args=(parent,), daemon=True).start()


def _end_after(parent: Any) -> None:
    parent.join()
    os._exit(1)
