"""One request of a caller, and an answer made once for an `Idempotency-Key`."""

from __future__ import annotations

import asyncio
import json
import re
from asyncio import to_thread
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Any, TypeVar

from starlette.requests import Request
from starlette.responses import Response

from advisor import Contract
from advisor.adapters.channels.headers import language_of
from advisor.adapters.channels.http.problems import ProblemError, response_of
from advisor.adapters.channels.http.reading import parameters, read
from advisor.adapters.channels.http.settings import Settings
from advisor.adapters.channels.http.tenants import Served
from advisor.errors import InputError, StoppedError

_Kind = TypeVar("_Kind", bound=Contract)
JSON_TYPES = ("application/json",)
KEPT = timedelta(hours=24)
"""How long an answer is kept under its key."""
RUNNING = timedelta(seconds=60)
"""How long a request may run before its key is free again: whoever ran it is gone."""
POLL = 0.05
KEY = re.compile("[!-~]{1,255}")


@dataclass
class Call:
    """A request of a caller who may make it; `headers` go out with the answer."""

    request: Request
    served: Served
    settings: Settings
    name: str
    client_id: str | None = None
    body: bytes = b""
    digest: str = ""
    upload: Path | None = None
    headers: dict[str, str] = field(default_factory=dict[str, str])

    @property
    def tenant(self) -> Any:
        """The caller's tenant."""
        return self.served.tenant

    @property
    def path(self) -> dict[str, str]:
        """Parameters of the path."""
        return self.request.path_params

    @property
    def language(self) -> str | None:
        """What `Accept-Language` asks for."""
        return language_of(self.request.headers.get("accept-language"))

    @cached_property
    def asked(self) -> dict[str, Any]:
        """`as_of` and `picks` of the query. Raises `InputError` where they cannot be used."""
        return parameters(self.request.query_params)

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

    def json(self, text: str | bytes, status: int = 200) -> Response:
        """JSON as the answer."""
        return Response(
            text, status_code=status, media_type="application/json", headers=self.headers
        )


Handler = Callable[[Call], Awaitable[Response]]


async def once(call: Call, handler: Handler) -> Response:
    """The answer of a handler; that of the first request under the same `Idempotency-Key`."""
    key = call.request.headers.get("idempotency-key")
    if key is None:
        return await handler(call)
    if not KEY.fullmatch(key):
        text = "Idempotency-Key must be 1 to 255 visible ASCII characters; send such a key."
        raise ProblemError("input", text, field="Idempotency-Key")
    url, store = call.request.url, call.tenant.store
    name = _digest(call.name, call.request.method, url.path, key)
    request = _digest(url.query, str(call.request.headers.get("content-type")), call.digest)
    stored = await _stored(store, name, request)
    if stored is not None:
        return stored
    try:
        response = await handler(call)
    except (InputError, ProblemError, StoppedError) as error:
        response = response_of(error, call.request.state.trace)
    except BaseException:
        await to_thread(store.delete, "idempotency", key=name)
        raise
    if response.status_code >= 500:  # it may go better the next time
        await to_thread(store.delete, "idempotency", key=name)
        return response
    answer = {
        "media": response.media_type,
        "headers": {n: v for n, v in response.headers.items() if n in ("etag", "location")},
        "body": bytes(response.body).decode(),
    }
    values = {"status": response.status_code, "response": json.dumps(answer)}
    values |= {"expires": datetime.now(UTC) + KEPT, "client_id": call.client_id}
    await to_thread(store.change, "idempotency", {"key": name}, **values)
    return response


async def _stored(store: Any, name: str, request: str) -> Response | None:
    """The answer that stands under the key; None where this request is the one to make it."""
    while True:
        now = datetime.now(UTC)
        row = {"key": name, "request": request, "created": now, "expires": now + RUNNING}
        stands = await to_thread(store.claim, "idempotency", row)
        if stands is None:
            return None
        if stands["expires"] <= now:
            await to_thread(store.delete, "idempotency", key=name, created=stands["created"])
        elif stands["request"] != request:
            raise ProblemError(
                "conflict",
                "This Idempotency-Key was used with another request; use a new key for a new"
                " request.",
            )
        elif stands["status"] is None:  # the other one is still running
            await asyncio.sleep(POLL)
        else:
            answer = json.loads(stands["response"])
            return Response(
                answer["body"],
                status_code=stands["status"],
                media_type=answer["media"],
                headers={**answer["headers"], "Idempotency-Replayed": "true"},
            )


def _digest(*texts: str) -> str:
    return sha256(" ".join(texts).encode()).hexdigest()
