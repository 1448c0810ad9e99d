"""What the service can be asked, as a table: routes, the OpenAPI document, scopes and idempotency
follow from it.
"""

from __future__ import annotations

import inspect
from asyncio import to_thread
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, get_type_hints

from starlette.requests import Request
from starlette.responses import Response

from advisor import Advice, Contract, Event
from advisor.adapters.channels.http import handlers, jobs, session_routes, texts
from advisor.adapters.channels.http.bodies import names_in
from advisor.adapters.channels.http.calls import JSON_TYPES, Call
from advisor.adapters.channels.http.settings import Scope


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
        versioned: Whether `If-Match` is asked for; ranged: whether `Range` counts.
        status: Of the answer when all is well.
        media: Media types of the body; listed: the one that holds up to `most` of the contract.
        answers: Media type of the answer.
        body, gives: Contracts, where the handler's annotations do not say them.
        upload: Whether the body is streamed to a file, `Call.upload`.
    """

    method: str
    path: str
    scope: Scope
    handler: Callable[..., Any]
    query: tuple[str, ...] = ()
    writes: bool = False
    speaks: bool = False
    versioned: bool = False
    ranged: bool = False
    status: int = 200
    media: tuple[str, ...] = JSON_TYPES
    listed: str | None = None
    most: int = 1
    answers: str = "application/json"
    body: type[Contract] | None = None
    gives: type[Contract] | None = None
    upload: bool = False

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

    def has(self, field: str, request: Request) -> bool:
        """Whether a dotted field is one of a request, and not the name of an argument inside: of
        the contract of the body, or in this body, its parameters or headers.
        """
        if self.takes is None:
            return True
        head = field.partition(".")[0]
        known = {*self.query, *self.takes.model_fields, *request.query_params}
        stated = head in known or head.lower() in {*request.headers} or head.isdigit()
        return stated or head in names_in(request.state.body)

    async def answer(self, call: Call) -> Response:
        """The answer to a call."""
        arguments = (call,) if self.reads is None else (call, call.read(self.reads, self.media))
        if inspect.iscoroutinefunction(self.handler):
            value = await self.handler(*arguments)
        else:
            value = await to_thread(self.handler, *arguments)
        if isinstance(value, Response):
            return value
        return call.json(value.model_dump_json(), self.status)


DAY = ("as_of",)
ASKED = ("as_of", "picks")
FILE = (*ASKED, "labels", *jobs.WRITTEN)
SESSION, JOB = "/v1/sessions/{id}", "/v1/jobs/{id}"
PATCHES = ("application/json", "application/merge-patch+json")
EVENTS = (handlers.ONE, handlers.BATCH, handlers.SEGMENT)

# fmt: off
OPERATIONS = (
    Operation("GET", "/v1/questionnaires", "read", texts.list_questionnaires, speaks=True),
    Operation("GET", "/v1/questionnaires/{id}", "read", texts.get_questionnaire, speaks=True),
    Operation("GET", "/v1/schemas/{name}", "read", texts.get_schema,
              answers="application/schema+json"),
    Operation("POST", "/v1/profiles", "read", handlers.create_profile, query=DAY, speaks=True),
    Operation("POST", "/v1/advice", "advise", handlers.create_advice, query=ASKED, writes=True,
              gives=Advice),
    Operation("POST", "/v1/reports", "advise", handlers.create_report, query=ASKED, writes=True,
              speaks=True),
    Operation("POST", "/v1/frontiers", "read", handlers.create_frontier, query=DAY),
    Operation("POST", "/v1/omissions", "read", handlers.explain_omissions),
    Operation("POST", "/v1/verifications", "read", handlers.verify_advice),
    Operation("POST", "/v1/sessions", "advise", session_routes.open_session, writes=True,
              speaks=True, status=201),
    Operation("GET", SESSION, "read", session_routes.get_session, speaks=True),
    Operation("PATCH", SESSION, "advise", session_routes.change_session, speaks=True,
              versioned=True, media=PATCHES),
    Operation("POST", f"{SESSION}/advice", "advise", session_routes.advise_session, query=ASKED,
              writes=True, gives=Advice),
    Operation("POST", "/v1/jobs", "advise", jobs.submit_job, query=FILE, writes=True, status=202,
              media=tuple(jobs.MEDIA), upload=True),
    Operation("GET", JOB, "read", jobs.get_job),
    Operation("DELETE", JOB, "advise", jobs.delete_job, status=204),
    Operation("GET", f"{JOB}/parts/{{n}}", "read", jobs.get_job_part, answers=jobs.PARQUET,
              ranged=True),
    Operation("POST", "/v1/events", "advise", handlers.take_events, writes=True, status=202,
              media=EVENTS, listed=handlers.BATCH, most=handlers.MOST, body=Event),
)
# fmt: on
