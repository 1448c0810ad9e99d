"""How numba's compiled loops run: one thread or several, guarded or not, with a cache that can be written.

One place for it, to go with numba itself. The bits of a result depend on none of it.

- A child after `fork` has none of its parent's threads: OpenMP kills it, or it waits for ever. Where the parent had
  started them, the child runs every loop on one thread.
- numba's own `workqueue` (where OpenMP is absent, as on macOS) ends the process when two threads of Python enter it at
  once: they take turns.
- Where neither the library's folder nor the user's own can be written, the machine code is kept in a private temporary
  folder, which goes when the process ends.
"""

from __future__ import annotations

import atexit
import os
import shutil
import sys
import tempfile
import threading
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

FEW = 64
"""Rows up to which one thread is faster than several."""
_forked = [False]
_turn = threading.RLock()


def several(rows: int, few: int = FEW) -> bool:
    """Whether so many rows are worth several threads, and this process may have them."""
    return rows > few and not _forked[0]


def guarded(loop: Callable[..., Any]) -> Callable[..., Any]:
    """The parallel loop, one caller at a time where its threads allow no more."""

    @wraps(loop)
    def call(*arguments: Any) -> Any:
        if _layer() in ("omp", "tbb"):
            return loop(*arguments)
        with _turn:
            return loop(*arguments)

    return call


def _layer() -> str:
    """Numba's threads: "omp", "tbb", "workqueue", or "" before their first use."""
    try:
        return str(sys.modules["numba"].threading_layer())
    except (KeyError, ValueError):
        return ""


def _after_fork() -> None:
    """In the child: remember whether the parent had started numba's threads, and free the lock."""
    global _turn  # noqa: PLW0603 - the parent's lock may have been held by a thread that is not here
    _turn = threading.RLock()
    parallel = sys.modules.get("numba.np.ufunc.parallel")
    _forked[0] = _forked[0] or bool(getattr(parallel, "_is_initialized", False))


def writable_cache() -> None:
    """Set `NUMBA_CACHE_DIR` to a private folder, unless it is set or numba finds a place of its own."""
    here, home = Path(__file__).parent, Path.home()
    places = (here / "recommend" / "__pycache__", here / "recommend", home / ".cache", home)
    own = (p for p in places[:2] if p.exists())
    if os.environ.get("NUMBA_CACHE_DIR") or os.access(next(own), os.W_OK):
        return
    if any(p.exists() and os.access(p, os.W_OK) for p in places[2:]):
        return
    folder = tempfile.mkdtemp(prefix="advisor-loops-")
    os.environ["NUMBA_CACHE_DIR"] = folder
    maker = os.getpid()
    atexit.register(lambda: os.getpid() == maker and shutil.rmtree(folder, ignore_errors=True))


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
writable_cache()
