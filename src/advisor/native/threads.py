"""Blocks of rows over one pool of threads; ctypes lets go of the interpreter's lock while a block
runs.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

FEW = 64
"""Rows up to which one thread is faster than several: waking others takes longer than the work."""
BLOCK = 256
"""Rows that a thread takes at a time."""
_pools: dict[tuple[int, int], ThreadPoolExecutor] = {}
"""By process and size: a child after a fork has none of its parent's threads, so it makes its
own."""
_limit: list[int] = []


def thread_count() -> int:
    """Threads that a call may use: `ADVISOR_THREADS`, or the processors that this process may run
    on.
    """
    if _limit:
        return _limit[-1]
    named = os.environ.get("ADVISOR_THREADS", "")
    if named.isdigit() and int(named) > 0:
        return int(named)
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@contextmanager
def limited_threads(count: int) -> Generator[None]:
    """At most this many threads within the block; the bits of a result do not depend on it."""
    _limit.append(count)
    try:
        yield
    finally:
        _limit.pop()


def blocks(
    call: Callable[[int, int], None], rows: int, *, few: int = FEW, size: int = BLOCK
) -> None:
    """Run `call(first, last)` over all rows, block by block, here and on the pool's threads; up to
    `few` rows in one call, here.

    Args:
        call: Treats each row on its own.
        rows: How many.
        few: Rows up to which no other thread is woken.
        size: Rows of a block.
    """
    helpers = 0 if rows <= few else min(thread_count(), -(-rows // size)) - 1
    if helpers < 1:
        if rows:
            call(0, rows)
        return
    taken = itertools.count()

    def work() -> None:
        while (first := next(taken) * size) < rows:
            call(first, min(first + size, rows))

    pool = _pool(thread_count())
    others = [pool.submit(work) for _ in range(helpers)]
    try:
        work()
    finally:
        for other in others:
            other.result()


def _pool(size: int) -> ThreadPoolExecutor:
    key = (os.getpid(), size)
    pool = _pools.get(key)
    return pool or _pools.setdefault(key, ThreadPoolExecutor(size, thread_name_prefix="advisor"))
