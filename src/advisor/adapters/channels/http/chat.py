"""The tools for chat clients at `/mcp`: the caller's credential says whose they are."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from starlette.requests import Request

from advisor.adapters.channels.http.problems import ProblemError, response_of
from advisor.adapters.extras import needs
from advisor.errors import AdvisorError

if TYPE_CHECKING:
    from advisor.adapters.channels.http.dispatcher import Dispatcher
    from advisor.adapters.channels.http.tenants import Tenants

PATH = "/mcp"


class Chat:
    """Hands each request to the chat of its caller's tenant, started when it is asked for."""

    def __init__(self, dispatcher: Dispatcher, tenants: Tenants) -> None:
        self._dispatcher, self._tenants = dispatcher, tenants
        self._living: dict[str, tuple[Any, asyncio.Event, asyncio.Task[None]]] = {}
        self._lock = asyncio.Lock()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Serve one request."""
        request = Request(scope)
        request.state.template = PATH
        try:
            caller = await self._dispatcher.caller(request)
            caller.needs("advise")
            app = await self._app(caller.tenant)
        except (ProblemError, AdvisorError) as error:
            await response_of(error, request.state.trace)(scope, receive, send)
            return
        await app(scope, receive, send)

    async def stop(self) -> None:
        """End every chat."""
        while self._living:
            _, ends, task = self._living.popitem()[1]
            ends.set()
            await task

    async def _app(self, name: str) -> Any:
        async with self._lock:
            if name not in self._living:
                tenant = await self._tenants.find(name)
                security = needs("mcp", "mcp.server.transport_security").TransportSecuritySettings(
                    enable_dns_rebinding_protection=False
                )
                chat = needs("mcp", "advisor.adapters.channels.mcp").chat(tenant)
                app = chat.streamable_http_app(
                    streamable_http_path=PATH, transport_security=security
                )
                begun, ends = asyncio.Event(), asyncio.Event()
                task = asyncio.create_task(_live(app, begun, ends))
                await begun.wait()
                self._living[name] = app, ends, task
            return self._living[name][0]


async def _live(app: Any, begun: asyncio.Event, ends: asyncio.Event) -> None:
    """The life of an application, begun and ended in one task, as its library wants."""
    async with app.router.lifespan_context(app):
        begun.set()
        await ends.wait()
