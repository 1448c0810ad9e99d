"""Jobs of a store, each worked on by one process at a time: whoever holds its lease."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from threading import Event, Thread
from typing import Any

from advisor.errors import AdvisorError


def claim(store: Any, worker: str, lease: timedelta) -> dict[str, Any] | None:
    """A job that waits, or whose lease has run out; only one process gets it."""
    now = datetime.now(UTC)
    waiting = store.rows("jobs", kind="advice", state="queued")
    waiting += store.rows("jobs", kind="advice", state="running", changed=(None, now - lease))
    for job in sorted(waiting, key=lambda row: row["created"]):
        seen = {name: job[name] for name in ("id", "state", "worker", "changed")}
        if store.change("jobs", seen, state="running", worker=worker, changed=now) == 1:
            return job
    return None


@contextmanager
def held(
    store: Any, mine: dict[str, Any], done: list[int], lost: Event, lease: timedelta
) -> Generator[None]:
    """A block during which a lease is renewed, and whose loss is noticed.

    Args:
        store: A `Store`.
        mine: The row of the job, as long as it is this process's.
        done: Clients so far, one number that the block raises.
        lost: Set when the lease is lost, or cannot be renewed.
        lease: How long it lasts.
    """
    over = Event()

    def renew() -> None:
        while not over.wait(lease.total_seconds() / 4):
            kept = 0
            with suppress(AdvisorError):  # the store cannot be reached
                kept = store.change("jobs", mine, changed=datetime.now(UTC), done=done[0])
            if kept != 1:
                lost.set()
                return

    thread = Thread(target=renew, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
