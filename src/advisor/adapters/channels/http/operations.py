"""What the service can be asked: how an operation is described, and how one is served."""

from __future__ import annotations

import inspect
from asyncio import to_thread
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Any, get_type_hints

from starlette.requests import Request
from starlette.responses import Response

from advisor import Contract
from advisor.adapters.channels.http.calls import JSON_TYPES, Call, once
from advisor.adapters.channels.http.identity import Caller, Credentials
from advisor.adapters.channels.http.problems import ProblemError, response_of
from advisor.adapters.channels.http.rate import Rate
from advisor.adapters.channels.http.settings import Scope, Settings
from advisor.adapters.channels.http.tenants import Tenants
from advisor.errors import InputError, StoppedError


@dataclass(frozen=True)
class Operation:
    """One thing that the service can be asked.

    Attributes:
        method, path: Where.
        scope: What a credential needs.
        handler: Serves it: a `Call`, and the contract of the body where it has a second parameter;
            gives a contract, or a `Response`. What is no coroutine runs in a thread. Its name makes
            the stable `operationId`, its docstring the description.
        query: Parameters of the query that it reads.
        writes: Whether it changes anything, so that an `Idempotency-Key` counts.
        speaks: Whether `Accept-Language` counts.
        versioned: Whether `If-Match` is asked for.
        status: Of the answer when all is well.
        media: Media types of the body; listed: the one that holds up to `most` of the contract.
        answers: Media type of the answer.
        body, gives: Contracts, where the handler's annotations do not say them.
        upload: Streams the body to a file; None where it is read into memory.
    """

    method: str
    path: str
    scope: Scope
    handler: Callable[..., Any]
    query: tuple[str, ...] = ()
    writes: bool = False
    speaks: bool = False
    versioned: bool = False
    status: int = 200
    media: tuple[str, ...] = JSON_TYPES
    listed: str | None = None
    most: int = 1
    answers: str = "application/json"
    body: type[Contract] | None = None
    gives: type[Contract] | None = None
    upload: Callable[[Call], Awaitable[Path]] | None = None

    @property
    def name(self) -> str:
        """The `operationId`: `create_advice` is createAdvice."""
        first, *more = self.handler.__name__.split("_")
        return first + "".join(word.capitalize() for word in more)

    @cached_property
    def reads(self) -> type[Contract] | None:
        """Contract that the handler is given of the body."""
        hints = get_type_hints(self.handler)
        return next((kind for key, kind in hints.items() if key not in ("call", "return")), None)

    @property
    def takes(self) -> type[Contract] | None:
        """Contract of the body; None: none, or a file."""
        return self.body or self.reads

    @cached_property
    def contract(self) -> type[Contract] | None:
        """Contract of the answer; None: none, or no JSON of a contract."""
        kind = self.gives or get_type_hints(self.handler)["return"]
        return None if issubclass(kind, Response) else kind

    async def answer(self, call: Call) -> Response:
        """The answer to a call."""
        given = (call,) if self.reads is None else (call, call.read(self.reads, self.media))
        if inspect.iscoroutinefunction(self.handler):
            value = await self.handler(*given)
        else:
            value = await to_thread(self.handler, *given)
        if isinstance(value, Response):
            return value
        return call.json(value.model_dump_json(), self.status)


class Dispatcher:
    """Serves operations: who calls, how often, once under a key, and every error as a problem."""

    def __init__(
        self, settings: Settings, tenants: Tenants, operations: Sequence[Operation]
    ) -> None:
        self._settings, self._tenants = settings, tenants
        self._credentials = Credentials(settings)
        self._rate = Rate(max(1, settings.requests_a_minute // settings.workers))
        self.paths: dict[str, dict[str, Operation]] = {}
        for operation in operations:
            self.paths.setdefault(operation.path, {})[operation.method] = operation

    def endpoint(self, path: str) -> Callable[[Request], Awaitable[Response]]:
        """What serves the operations of one path."""
        methods = self.paths[path]

        async def serve(request: Request) -> Response:
            request.state.template = path
            method = "GET" if request.method == "HEAD" else request.method
            try:
                return await self._serve(methods[method], request)
            except (InputError, ProblemError, StoppedError) as error:
                return response_of(error, request.state.trace)

        return serve

    def caller(self, request: Request) -> Caller:
        """Who calls, within their rate. Raises a problem otherwise."""
        headers = request.headers
        caller = self._credentials.of(headers.get("x-api-key"), headers.get("authorization"))
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

    async def _serve(self, operation: Operation, request: Request) -> Response:
        caller = self.caller(request)
        caller.needs(operation.scope)
        for name in request.query_params:
            if name not in operation.query:
                reads = ", ".join(operation.query) or "none"
                text = f"There is no parameter {name[:40]!r} here; the parameters are: {reads}."
                raise ProblemError("input", text, field=name[:40])
        served = await self._tenants.get(caller.tenant)
        call = Call(request, served, self._settings, caller.name)
        if operation.upload is None:
            call.body = await request.body()
            if operation.writes:
                call.digest = sha256(call.body).hexdigest()
                return await once(call, operation.answer)
            return await operation.answer(call)
        call.upload = await operation.upload(call)
        try:
            return await once(call, operation.answer)
        finally:
            call.upload.unlink(missing_ok=True)
