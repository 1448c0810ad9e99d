"""How operations are served: who calls, how often, once under a key, every error as a problem."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from hashlib import sha256

from starlette.requests import Request
from starlette.responses import Response

from advisor.adapters.channels.http.calls import Call
from advisor.adapters.channels.http.idempotency import once
from advisor.adapters.channels.http.identity import Caller, Credentials
from advisor.adapters.channels.http.operations import Operation
from advisor.adapters.channels.http.problems import ProblemError, response_of
from advisor.adapters.channels.http.rate import Rate
from advisor.adapters.channels.http.settings import Settings
from advisor.adapters.channels.http.tenants import Tenants
from advisor.errors import InputError, StoppedError


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
