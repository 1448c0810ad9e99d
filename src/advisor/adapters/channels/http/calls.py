"""One request: who calls, which tenant, what they send; and a handler run once for an
`Idempotency-Key`.
"""

from __future__ import annotations

import asyncio
import json
from asyncio import to_thread
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any, TypeVar

from advisor import Contract
from advisor.adapters.channels.http.problems import ProblemError, response_of
from advisor.adapters.channels.http.reading import language_of, read
from advisor.adapters.channels.http.tenants import Served
from advisor.adapters.channels.http.web import Request, Response
from advisor.errors import InputError, StoppedError

_Kind = TypeVar("_Kind", bound=Contract)
_Result = TypeVar("_Result")
JSON_TYPES = ("application/json",)
KEPT = timedelta(hours=24)
"""How long an answer is kept under its key."""
RUNNING = timedelta(seconds=60)
"""How long a request may run before its key is free again: whoever ran it is gone."""
POLL = 0.05
LONGEST_KEY = 255


@dataclass
class Call:
    """A request of a caller who may make it."""

    request: Request
    served: Served
    settings: Any
    name: str
    client_id: str | None = None
    body: bytes = b""
    digest: str = ""
    upload: Path | None = None

    @property
    def tenant(self) -> Any:
        """The caller's tenant."""
        return self.served.tenant

    @property
    def language(self) -> str | None:
        """What `Accept-Language` asks for."""
        return language_of(self.request.headers.get("accept-language"))

    async def load(self) -> None:
        """Read the body."""
        self.body = await self.request.body()
        self.digest = sha256(self.body).hexdigest()

    def read(self, kind: type[_Kind], media: tuple[str, ...] = JSON_TYPES) -> _Kind:
        """The contract in the body. Raises a problem, or `InputError`, where it is none."""
        self.expects(*media)
        return read(kind, self.body)

    def expects(self, *media: str) -> str:
        """The media type of the body. Raises a problem where it is another than these."""
        kind = self.request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind not in media:
            raise ProblemError(
                "wrong-media-type",
                f"The body is {kind[:100] or 'of no stated kind'!r}; send {' or '.join(media)}.",
            )
        return kind

    def gives(
        self, value: Contract, *, status: int = 200, headers: dict[str, str] | None = None
    ) -> Response:
        """A contract as an answer."""
        return Response(
            value.model_dump_json(),
            status_code=status,
            media_type="application/json",
            headers=headers,
        )


Handler = Callable[[Call], Awaitable[Response]]


async def once(call: Call, handler: Handler) -> Response:
    """The answer of a handler; under an `Idempotency-Key` that of the first request with the same
    body.
    """
    key = call.request.headers.get("idempotency-key")
    if key is None:
        return await handler(call)
    if not key or len(key) > LONGEST_KEY or not key.isascii():
        raise ProblemError(
            "input",
            f"Idempotency-Key must be 1 to {LONGEST_KEY} ASCII characters.",
            field="Idempotency-Key",
        )
    url = call.request.url
    name = sha256(f"{call.name} {call.request.method} {url.path} {key}".encode()).hexdigest()
    asked = sha256(
        f"{url.query} {call.request.headers.get('content-type')} {call.digest}".encode()
    ).hexdigest()
    stored = await _stored(call, name, asked)
    if stored is not None:
        return stored
    try:
        response = await handler(call)
    except (InputError, ProblemError, StoppedError) as error:
        response = response_of(error, call.request.state.trace)
    except BaseException:
        await to_thread(call.tenant.store.delete, "idempotency", key=name)
        raise
    if response.status_code >= 500:  # it may go better the next time
        await to_thread(call.tenant.store.delete, "idempotency", key=name)
        return response
    kept = {
        "media": response.media_type,
        "headers": {n: v for n, v in response.headers.items() if n in ("etag", "location")},
        "body": bytes(response.body).decode(),
    }
    now = datetime.now(UTC)
    values = {
        "status": response.status_code,
        "response": json.dumps(kept),
        "expires": now + KEPT,
        "client_id": call.client_id,
    }
    await to_thread(call.tenant.store.change, "idempotency", {"key": name}, **values)
    return response


async def _stored(call: Call, name: str, asked: str) -> Response | None:
    """The answer that stands under the key; None where this request is the one to make it."""
    store = call.tenant.store
    while True:
        now = datetime.now(UTC)
        row = {"key": name, "request": asked, "created": now, "expires": now + RUNNING}
        stands = await to_thread(store.claim, "idempotency", row)
        if stands is None:
            return None
        if stands["expires"] <= now:
            await to_thread(store.delete, "idempotency", key=name, created=stands["created"])
        elif stands["request"] != asked:
            raise ProblemError(
                "conflict",
                "This Idempotency-Key was used with another request; use a new key for a new"
                " request.",
            )
        elif stands["status"] is None:  # the other one is still running
            await asyncio.sleep(POLL)
        else:
            kept = json.loads(stands["response"])
            headers = {**kept["headers"], "Idempotency-Replayed": "true"}
            return Response(
                kept["body"],
                status_code=stands["status"],
                media_type=kept["media"],
                headers=headers,
            )
