"""One BLAS thread, so that the same data give the same bytes on any number of cores (and no library
warns about thread pools).
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

from threadpoolctl import threadpool_limits


@contextmanager
def one_thread() -> Generator[None]:
    """Linear algebra inside runs on one thread: with more, sums are split differently and the last
    bits change.
    """
    with threadpool_limits(limits=1, user_api="blas"):
        yield
