"""A service as processes: `serve` answers requests, `work` works on jobs."""

from __future__ import annotations

import atexit
import os
import shutil
import signal
import tempfile
from threading import Event
from typing import Any

import uvicorn

from advisor.adapters.channels.http.application import service
from advisor.adapters.channels.http.metrics import FOLDER
from advisor.adapters.channels.http.settings import Settings
from advisor.adapters.extras import needs

VARIABLE = "ADVISOR_SETTINGS"
"""Through which the workers of a service get its settings."""


def serve(settings: Settings, *, host: str = "127.0.0.1", port: int = 8080) -> None:
    """Answer requests until the process is told to end; what waits then is answered within
    `settings.wait`.

    Args:
        settings: What to serve; `settings.workers` processes do.
        host: Address to listen on.
        port: Port to listen on.
    """
    os.environ[VARIABLE] = settings.model_dump_json()
    if settings.workers > 1 and FOLDER not in os.environ:
        os.environ[FOLDER] = counted = tempfile.mkdtemp(prefix="advisor-metrics-")
        atexit.register(shutil.rmtree, counted, ignore_errors=True)
    uvicorn.run(
        f"{__name__}:app",
        factory=True,
        host=host,
        port=port,
        workers=settings.workers,
        access_log=False,
        log_level="warning",
        server_header=False,
        timeout_graceful_shutdown=max(1, int(settings.wait)),
    )


def app() -> Any:
    """The application of one process, from the settings that `serve` left."""
    return service(Settings.model_validate_json(os.environ[VARIABLE]))


def work(settings: Settings) -> None:
    """Work on jobs until the process is told to end; the job at hand is laid down."""
    stop = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    needs("http", "advisor.adapters.channels.http.worker").Worker(settings, stop).run()
