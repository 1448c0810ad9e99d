"""How operations are served: who calls, how often, once under a key, every error as a problem."""

from __future__ import annotations

import os
import secrets
from asyncio import to_thread
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from advisor.adapters.channels.http.calls import Call
from advisor.adapters.channels.http.idempotency import once
from advisor.adapters.channels.http.identity import Caller, Credentials
from advisor.adapters.channels.http.operations import Operation
from advisor.adapters.channels.http.problems import ProblemError, problem_of, response_of
from advisor.adapters.channels.http.rate import Rate
from advisor.adapters.channels.http.settings import INCOMING, Settings
from advisor.adapters.channels.http.tenants import Tenants
from advisor.errors import InputError, StoppedError

_BUFFER = 1 << 20
LISTS = ("labels", "missing")
"""Parameters that may be there several times."""


class Dispatcher:
    """Serves operations."""

    def __init__(
        self, settings: Settings, tenants: Tenants, operations: Sequence[Operation]
    ) -> None:
        self._settings, self._tenants = settings, tenants
        self._credentials = Credentials(settings)
        self._rate = Rate(max(1, settings.requests_a_minute // settings.workers))
        self.paths: dict[str, dict[str, Operation]] = {}
        for operation in operations:
            self.paths.setdefault(operation.path, {})[operation.method] = operation

    def routes(self) -> list[Route]:
        """What serves the operations, a route a path."""
        return [
            Route(path, _Path(self, path), methods=list(methods), include_in_schema=False)
            for path, methods in self.paths.items()
        ]

    async def caller(self, request: Request) -> Caller:
        """Who calls, within their rate. Raises a problem otherwise."""
        key, token = (request.headers.get(name) for name in ("x-api-key", "authorization"))
        if key is None:  # an issuer's keys may have to be read
            caller = await to_thread(self._credentials.of, key, token)
        else:
            caller = self._credentials.of(key, token)
        request.state.tenant = caller.tenant
        wait = self._rate.wait(caller.name)
        if wait:
            raise ProblemError(
                "too-many",
                f"More than {self._rate.most} requests a minute with this credential; wait, or send"
                " many clients as a job.",
                headers={"Retry-After": str(wait)},
            )
        return caller

    async def serve(self, operation: Operation, request: Request) -> Response:
        """The answer to a request; what is wrong with it is raised."""
        caller = await self.caller(request)
        caller.needs(operation.scope)
        asked = [name for name, _ in request.query_params.multi_items()]
        for name in asked:
            text = f"There is no parameter {name[:40]!r} here"
            if name in operation.query:
                if name in LISTS or asked.count(name) == 1:
                    continue
                text = f"The parameter {name!r} is there {asked.count(name)} times; give it once"
            reads = ", ".join(operation.query) or "none"
            raise ProblemError("input", f"{text}; the parameters are: {reads}.", field=name[:40])
        served = await self._tenants.get(caller.tenant)
        call = Call(request, served, self._settings, caller.name)
        if not operation.upload:
            call.body = request.state.body = await request.body()
            answer = operation.answer
            return await (once(call, answer) if operation.writes else answer(call))
        call.upload = await _received(call)
        try:
            return await once(call, operation.answer)
        finally:
            call.upload.unlink(missing_ok=True)


class _Path:
    """An ASGI application that serves the operations of one path."""

    def __init__(self, dispatcher: Dispatcher, path: str) -> None:
        self._dispatcher, self._path = dispatcher, path

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        request = Request(scope, receive)
        request.state.template, request.state.body = self._path, b""
        method = "GET" if request.method == "HEAD" else request.method
        operation = self._dispatcher.paths[self._path][method]
        try:
            response = await self._dispatcher.serve(operation, request)
        except (InputError, ProblemError, StoppedError) as error:
            problem = problem_of(error)
            if problem.field and not operation.has(problem.field, request):
                problem.field = None
            response = response_of(problem, request.state.trace)
        await response(scope, receive, send)


async def _received(call: Call) -> Path:
    """The body, streamed to a file that is to be moved or deleted; its digest is the call's."""
    folder = call.settings.folder / INCOMING
    await to_thread(folder.mkdir, parents=True, exist_ok=True)
    path, digest, buffer = folder / secrets.token_hex(16), sha256(), bytearray()
    try:
        with path.open("wb") as file:
            async for chunk in call.request.stream():
                digest.update(chunk)
                buffer += chunk
                if len(buffer) >= _BUFFER:
                    await to_thread(file.write, bytes(buffer))
                    buffer.clear()
            file.write(buffer)
            file.flush()
            os.fsync(file.fileno())
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    call.digest = digest.hexdigest()
    return path
