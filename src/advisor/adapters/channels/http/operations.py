"""What the service can be asked, as a table: method, path, name, scope, what goes in and comes out;
and how one is served.
"""

from __future__ import annotations

import math
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from advisor import Contract
from advisor.adapters.channels.http.calls import Call, once
from advisor.adapters.channels.http.identity import Caller, Credentials
from advisor.adapters.channels.http.problems import ProblemError, response_of
from advisor.adapters.channels.http.settings import Scope, Settings
from advisor.adapters.channels.http.tenants import Tenants
from advisor.adapters.channels.http.web import Request, Response
from advisor.adapters.extras import needs
from advisor.errors import InputError, StoppedError

if TYPE_CHECKING:
    import limits
    from limits.aio import storage, strategies
else:
    limits = needs("http", "limits")
    storage, strategies = (
        needs("http", "limits.aio.storage"),
        needs("http", "limits.aio.strategies"),
    )


@dataclass(frozen=True)
class Operation:
    """One thing that the service can be asked.

    Attributes:
        method, path: Where.
        name: The stable `operationId`.
        scope: What a credential needs.
        handler: Serves it.
        takes: Contract of the body; gives: of the answer; None: none, or not JSON.
        media: Media types of the body.
        status: Of the answer when all is well.
        query: Parameters of the query that it reads.
        writes: Whether it changes anything, so that an `Idempotency-Key` counts.
        speaks: Whether `Accept-Language` counts.
        upload: Streams the body to a file; None where it is read into memory.
        versioned: Whether `If-Match` is asked for.
    """

    method: str
    path: str
    name: str
    scope: Scope
    handler: Callable[[Call], Awaitable[Response]]
    takes: type[Contract] | None = None
    gives: type[Contract] | None = None
    media: tuple[str, ...] = ("application/json",)
    status: int = 200
    query: tuple[str, ...] = ()
    writes: bool = False
    speaks: bool = False
    upload: Callable[[Call], Awaitable[Path]] | None = None
    versioned: bool = False


class Dispatcher:
    """Serves operations: who calls, how often, once under a key, and every error as a problem."""

    def __init__(
        self, settings: Settings, tenants: Tenants, operations: Sequence[Operation]
    ) -> None:
        self._settings, self._tenants = settings, tenants
        self._credentials = Credentials(settings)
        self._counts = strategies.MovingWindowRateLimiter(storage.MemoryStorage())
        self._rate = limits.RateLimitItemPerMinute(
            max(1, settings.requests_a_minute // settings.workers)
        )
        self.paths: dict[str, dict[str, Operation]] = {}
        for operation in operations:
            self.paths.setdefault(operation.path, {})[operation.method] = operation

    def endpoint(self, path: str) -> Callable[[Request], Awaitable[Response]]:
        """What serves the operations of one path."""
        methods = self.paths[path]

        async def serve(request: Request) -> Response:
            request.state.template = path
            try:
                return await self._serve(
                    methods[request.method if request.method != "HEAD" else "GET"], request
                )
            except (InputError, ProblemError, StoppedError) as error:
                return response_of(error, request.state.trace)

        return serve

    async def caller(self, request: Request) -> Caller:
        """Who calls, within their rate. Raises a problem otherwise."""
        headers = request.headers
        caller = self._credentials.of(headers.get("x-api-key"), headers.get("authorization"))
        request.state.tenant = caller.tenant
        if not await self._counts.hit(self._rate, caller.name):
            wait = (
                await self._counts.get_window_stats(self._rate, caller.name)
            ).reset_time - time.time()
            raise ProblemError(
                "too-many",
                f"More than {self._rate.amount} requests a minute with this credential; wait, or"
                " send many clients as a job.",
                headers={"Retry-After": str(max(1, math.ceil(wait)))},
            )
        return caller

    async def _serve(self, operation: Operation, request: Request) -> Response:
        caller = await self.caller(request)
        caller.needs(operation.scope)
        served = await self._tenants.get(caller.tenant)
        call = Call(request, served, self._settings, caller.name)
        if operation.upload is None:
            await call.load()
            return await (
                once(call, operation.handler) if operation.writes else operation.handler(call)
            )
        call.upload = await operation.upload(call)
        try:
            return await once(call, operation.handler)
        finally:
            call.upload.unlink(missing_ok=True)


def described(operation: Operation) -> tuple[str, str]:
    """Summary and description of an operation, from its handler."""
    text: Any = operation.handler.__doc__ or operation.name
    first, _, rest = text.strip().partition("\n")
    return first, rest.strip()
