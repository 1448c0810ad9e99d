"""The application: operations, health, metrics, the page and the chat; to run or to mount."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from importlib.metadata import version
from threading import Thread
from typing import Any

from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from advisor.adapters.channels.http.chat import PATH, Chat
from advisor.adapters.channels.http.dispatcher import Dispatcher
from advisor.adapters.channels.http.guard import Guard
from advisor.adapters.channels.http.metrics import Metrics
from advisor.adapters.channels.http.openapi import document
from advisor.adapters.channels.http.problems import ProblemError, handle
from advisor.adapters.channels.http.settings import Settings
from advisor.adapters.channels.http.table import OPERATIONS
from advisor.adapters.channels.http.tenants import Tenants
from advisor.adapters.extras import needs

__all__ = ["OPERATIONS", "service"]


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
        Thread(target=tenants.start, daemon=True).start()
        yield
        await chat.stop()
        await asyncio.wait_for(tenants.stop(), settings.wait)

    app = FastAPI(title="advisor", docs_url=None, redoc_url=None, lifespan=lifespan)
    app.state.tenants, app.state.dispatcher = tenants, dispatcher
    described = document(OPERATIONS, version("advisor"))
    app.openapi = lambda: described
    for path, methods in dispatcher.paths.items():
        app.add_route(
            path, dispatcher.endpoint(path), methods=list(methods), include_in_schema=False
        )
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
