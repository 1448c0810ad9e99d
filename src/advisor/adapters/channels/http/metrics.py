"""What Prometheus reads, one process or many; and the log, one line of JSON a request."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import Any

import prometheus_client as prometheus
import structlog
from prometheus_client import multiprocess

from advisor import Advice

SECONDS = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
TABLES = (1, 2, 4, 8, 16, 32, 64)
METHODS = frozenset({"DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"})
"""Those counted by name: a caller may make up others."""
FOLDER = "PROMETHEUS_MULTIPROC_DIR"
"""Variable that names the folder in which several processes count together."""


class Metrics:
    """Counters of one service."""

    def __init__(self) -> None:
        self._registry = prometheus.CollectorRegistry()
        count, time = self._counter, self._histogram
        self._requests = count(
            "requests", "Requests by path and status", "method", "path", "status"
        )
        self._seconds = time("request_seconds", "Time to the last byte", SECONDS, "path")
        self._tables = time("table_clients", "Clients advised as one table", TABLES)
        self._advice = count("advice", "Advice by status and level", "status", "level")
        self._refusals = count("refusals", "Refusals by reason", "reason")
        self._jobs = count("jobs", "Jobs by what became of them", "state")
        self._events = count("events", "Events taken in, by type", "type")

    def _counter(self, name: str, text: str, *labels: str) -> prometheus.Counter:
        return prometheus.Counter(f"advisor_{name}", text, labels, registry=self._registry)

    def _histogram(
        self, name: str, text: str, buckets: Sequence[float], *labels: str
    ) -> prometheus.Histogram:
        return prometheus.Histogram(
            f"advisor_{name}", text, labels, registry=self._registry, buckets=buckets
        )

    def request(self, method: str, path: str, status: int, seconds: float) -> None:
        """One request that was answered."""
        self._requests.labels(method if method in METHODS else "other", path, str(status)).inc()
        self._seconds.labels(path).observe(seconds)

    def table(self, clients: int) -> None:
        """One table of the batcher."""
        self._tables.observe(clients)

    def advised(self, advice: Iterable[Advice]) -> None:
        """Advice that was served."""
        for one in advice:
            self._advice.labels(one.status, str(one.level)).inc()
            if not one.weights:
                for reason in one.reasons:
                    self._refusals.labels(reason.code).inc()

    def job(self, state: str) -> None:
        """A job that was taken in, or ended."""
        self._jobs.labels(state).inc()

    def event(self, kind: str) -> None:
        """An event that was taken in."""
        self._events.labels(kind).inc()

    def text(self) -> tuple[bytes, str]:
        """Everything counted, of all processes where they share a folder, and its media type."""
        registry = self._registry
        if FOLDER in os.environ:
            registry = prometheus.CollectorRegistry()
            multiprocess.MultiProcessCollector(registry)
        return prometheus.generate_latest(registry), prometheus.CONTENT_TYPE_LATEST


def logger() -> Any:
    """A logger of JSON lines on stderr; a host that has set structlog up keeps its own."""
    if structlog.is_configured():
        return structlog.get_logger("advisor.http")
    processors: list[Any] = [
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso"),
        structlog.processors.JSONRenderer(),
    ]
    return structlog.wrap_logger(_Lines(), processors=processors).bind()


class _Lines:
    """Writes to stderr. Where that is full, or closed, the service goes on."""

    def msg(self, line: str) -> None:
        with suppress(OSError, ValueError, AttributeError):
            sys.stderr.write(f"{line}\n")
            sys.stderr.flush()

    info = warning = error = msg
