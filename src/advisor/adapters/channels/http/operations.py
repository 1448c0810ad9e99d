"""One thing that the service can be asked, as a row of a table."""

from __future__ import annotations

import inspect
from asyncio import to_thread
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, get_type_hints

from starlette.responses import Response

from advisor import Contract
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
        arguments = (call,) if self.reads is None else (call, call.read(self.reads, self.media))
        if inspect.iscoroutinefunction(self.handler):
            value = await self.handler(*arguments)
        else:
            value = await to_thread(self.handler, *arguments)
        if isinstance(value, Response):
            return value
        return call.json(value.model_dump_json(), self.status)
