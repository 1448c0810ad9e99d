"""The service: operations, health, metrics, the page and the chat; to mount, or to run as
processes: `serve` answers requests, `work` works on jobs.
"""

from __future__ import annotations

import asyncio
import atexit
import os
import shutil
import signal
import tempfile
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from importlib.metadata import version
from threading import Event, Thread
from typing import Any

import uvicorn
from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from advisor.adapters.channels.http.chat import PATH, Chat
from advisor.adapters.channels.http.dispatcher import Dispatcher
from advisor.adapters.channels.http.guard import Guard
from advisor.adapters.channels.http.metrics import FOLDER, Metrics
from advisor.adapters.channels.http.openapi import document
from advisor.adapters.channels.http.operations import OPERATIONS
from advisor.adapters.channels.http.problems import ProblemError, handle
from advisor.adapters.channels.http.settings import Settings
from advisor.adapters.channels.http.tenants import Tenants
from advisor.adapters.extras import needs

__all__ = ["OPERATIONS", "serve", "service", "work"]
VARIABLE = "ADVISOR_SETTINGS"
"""Through which the workers of a service get its settings."""


def service(settings: Settings) -> FastAPI:
    """The application of a service; its tenants are opened in the background once it runs, or when
    they are asked for.

    Args:
        settings: What it is run with.

    Raises:
        InputError: The settings contradict each other, or a library is missing.
    """
    metrics = Metrics()
    tenants = Tenants(settings, metrics)
    dispatcher = Dispatcher(settings, tenants, OPERATIONS)
    chat = Chat(dispatcher, tenants)

    @asynccontextmanager
    async def lifespan(_: Any) -> AsyncGenerator[None]:
        Thread(target=tenants.live, daemon=True).start()
        yield
        await chat.stop()
        await asyncio.wait_for(tenants.stop(), settings.wait)

    app = FastAPI(docs_url=None, redoc_url=None, redirect_slashes=False, lifespan=lifespan)
    app.state.tenants, app.state.dispatcher = tenants, dispatcher
    described = document(OPERATIONS, version("advisor"))
    app.openapi = lambda: described
    app.router.routes.extend(dispatcher.routes())
    _add_plain(app, tenants, metrics)
    if settings.chat:
        app.router.routes.append(Route(PATH, chat, include_in_schema=False))
    if settings.page:
        # reads the engine, which takes a second
        pages = needs("http", "advisor.adapters.channels.page")
        app.include_router(pages.page_router(tenants.find, labels=settings.labels))
    for kind in (ProblemError, HTTPException):
        app.add_exception_handler(kind, handle)
    app.add_middleware(Guard, settings=settings, metrics=metrics)
    return app


def _add_plain(app: FastAPI, tenants: Tenants, metrics: Metrics) -> None:
    """What nobody needs a credential for."""

    async def health(_: Request) -> Response:
        return JSONResponse({"status": "alive"})

    async def ready(_: Request) -> Response:
        wrong = await asyncio.to_thread(tenants.not_ready)
        if wrong:
            raise ProblemError("not-ready", "; ".join(wrong), headers={"Retry-After": "1"})
        return JSONResponse({"status": "ready"})

    async def counted(_: Request) -> Response:
        text, media = await asyncio.to_thread(metrics.text)
        return Response(text, headers={"content-type": media})

    def add(path: str, serve: Callable[[Request], Awaitable[Response]]) -> None:
        async def answer(request: Request) -> Response:
            request.state.template = path
            return await serve(request)

        app.add_route(path, answer, methods=["GET"], include_in_schema=False)

    add("/health", health)
    add("/ready", ready)
    add("/metrics", counted)


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
        ws="none",
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
