"""An answer made once for an `Idempotency-Key` (IETF draft of the httpapi group)."""

from __future__ import annotations

import asyncio
import json
import re
from asyncio import to_thread
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

from starlette.responses import Response

from advisor.adapters.channels.http.calls import Call
from advisor.adapters.channels.http.problems import ProblemError

KEPT = timedelta(hours=24)
"""How long an answer is kept under its key."""
RUNNING = timedelta(seconds=60)
"""How long a request may run beyond its time before its key is free again: whoever ran it is
gone."""
POLL = 0.05
KEY = re.compile("[!-~]{1,255}")
_begun: set[asyncio.Task[Response]] = set()
Handler = Callable[[Call], Awaitable[Response]]


async def once(call: Call, handler: Handler) -> Response:
    """The answer of a handler; that of the first request under the same `Idempotency-Key`.

    What was refused changed nothing and frees the key: it may be sent again when its cause is gone.
    What was begun goes on when its caller waits no longer, so that the key stands for it.
    """
    key = call.request.headers.get("idempotency-key")
    if key is None:
        return await handler(call)
    if not KEY.fullmatch(key):
        text = "Idempotency-Key must be 1 to 255 visible ASCII characters; send such a key."
        raise ProblemError("input", text, field="Idempotency-Key")
    task = asyncio.create_task(_once(call, handler, key))
    _begun.add(task)
    task.add_done_callback(_ended)
    return await asyncio.shield(task)


def _ended(task: asyncio.Task[Response]) -> None:
    _begun.discard(task)
    if not task.cancelled():
        task.exception()  # which whoever waited has got


async def _once(call: Call, handler: Handler, key: str) -> Response:
    url, store = call.request.url, call.tenant.store
    name = _digest(call.name, call.request.method, url.path, key)
    body = call.digest or sha256(call.body).hexdigest()
    request = _digest(url.query, str(call.request.headers.get("content-type")), body)
    most = RUNNING + timedelta(seconds=call.settings.seconds)
    stored = await _stored(store, name, request, most)
    if isinstance(stored, Response):
        return stored
    mine = {"key": name, "created": stored}
    try:
        response = await handler(call)
    except BaseException:
        await to_thread(store.delete, "idempotency", **mine)
        raise
    answer = {
        "media": response.media_type,
        "headers": {n: v for n, v in response.headers.items() if n in ("etag", "location")},
        "body": bytes(response.body).decode(),
    }
    values = {"status": response.status_code, "response": json.dumps(answer)}
    values |= {"expires": datetime.now(UTC) + KEPT, "client_id": call.client_id}
    await to_thread(store.change, "idempotency", mine, **values)
    return response


async def _stored(store: Any, name: str, request: str, most: timedelta) -> Response | datetime:
    """The answer that stands under the key; where this request is the one to make it, within `most`
    time, when its row was written.
    """
    while True:
        now = datetime.now(UTC)
        row = {"key": name, "request": request, "created": now, "expires": now + most}
        stands = await to_thread(store.claim, "idempotency", row)
        if stands is None:
            return now
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
