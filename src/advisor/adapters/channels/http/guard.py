"""Round every request: trace, limits of size and time, log line, metrics, security headers."""

from __future__ import annotations

import asyncio
import time
import traceback
from collections.abc import Awaitable, Callable, MutableMapping
from contextlib import suppress
from typing import Any

from starlette.requests import ClientDisconnect

from advisor.adapters.channels.headers import SECURITY, trace_of
from advisor.adapters.channels.http.metrics import Metrics, logger
from advisor.adapters.channels.http.problems import ProblemError, response_of
from advisor.adapters.channels.http.settings import Settings

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[MutableMapping[str, Any], Receive, Send], Awaitable[None]]
_SECURITY = [(name.encode(), value.encode()) for name, value in SECURITY.items()]
STREAMS, UPLOADS = "/mcp", "/v1/jobs"
"""Paths: answers that may go on and on; bodies that go to disk, and may be larger and slower."""
DRAINED, DRAINING = 64_000_000, 5.0
"""Bytes and seconds for which a body that is too large is read on, and forgotten."""


class Guard:
    """An ASGI application round another one."""

    def __init__(self, app: App, settings: Settings, metrics: Metrics) -> None:
        self._app, self._settings, self._metrics, self._log = app, settings, metrics, logger()

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        answer = _Answer(receive, send)
        headers = dict(scope["headers"])
        trace = trace_of(headers.get(b"traceparent", b""))
        scope.setdefault("state", {}).update(trace=trace, template="")
        began = time.perf_counter()
        upload = scope["method"] == "POST" and scope["path"].endswith(UPLOADS)
        most = self._settings.upload_bytes if upload else self._settings.body_bytes
        try:
            declared = headers.get(b"content-length", b"0")
            if not declared.isdigit() or int(declared[:20]) > most:
                if b"expect" not in headers:  # else nothing is sent before a 100
                    await _emptied(receive)
                raise _too_large(most, upload=upload)
            lasting = upload or scope["path"].endswith(STREAMS)
            seconds = self._settings.seconds
            whole, rest = (None, seconds) if lasting else (seconds, None)
            async with asyncio.timeout(whole):
                await self._app(scope, _limited(receive, most, rest, upload=upload), answer.send)
        except ClientDisconnect:
            answer.status = 499
        except asyncio.CancelledError:  # the service ends, and this took too long
            error = ProblemError("not-ready", "The service ends; send this again.")
            await self._mend(error, answer, scope, trace)
            raise
        except Exception as error:  # noqa: BLE001  whatever happened, the caller gets a problem
            await self._mend(error, answer, scope, trace)
        finally:
            self._tell(scope, answer, trace, time.perf_counter() - began)

    async def _mend(self, error: Exception, answer: _Answer, scope: Any, trace: str) -> None:
        """Answer with a problem where nothing was sent yet; log what was not foreseen."""
        if isinstance(error, TimeoutError):
            text = f"Nothing came of it within {self._settings.seconds:g} seconds; try again later."
            error = ProblemError("too-slow", text)
        if not isinstance(error, ProblemError):
            path, kind = scope["state"]["template"], type(error).__name__
            # the lines that it passed, without its text, which may tell of a client
            frames = traceback.extract_tb(error.__traceback__)[-12:]
            where = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames]
            self._log.error("unforeseen", trace=trace, path=path, error=kind, where=where)
        if not answer.begun:
            await response_of(error, trace)(scope, answer.receive, answer.send)

    def _tell(self, scope: Any, answer: _Answer, trace: str, seconds: float) -> None:
        state, method, status = scope["state"], scope["method"], answer.status
        path = state["template"] or getattr(scope.get("route"), "path", "unknown")
        self._metrics.request(method, path, status, seconds)
        line = {"trace": trace, "tenant": state.get("tenant"), "method": method, "path": path}
        line |= {"status": status, "ms": round(seconds * 1e3, 2), "size": answer.size}
        self._log.info("request", **line)


class _Answer:
    """Passes an answer on with the security headers, and remembers its status and size."""

    def __init__(self, receive: Receive, send: Send) -> None:
        self.receive, self._send = receive, send
        self.status, self.size, self.begun = 500, 0, False

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.begun, self.status = True, message["status"]
            headers = message["headers"]
            there = {name.lower() for name, _ in headers}
            extra = [header for header in _SECURITY if header[0] not in there]
            message = {**message, "headers": [*headers, *extra]}
        else:
            self.size += len(message.get("body", b""))
        await self._send(message)


def _limited(receive: Receive, most: int, seconds: float | None, *, upload: bool) -> Receive:
    """The body, refused beyond `most` bytes, whatever was declared, or after `seconds` of rest."""
    read = 0

    async def limited() -> Message:
        nonlocal read
        async with asyncio.timeout(seconds):
            message = await receive()
        read += len(message.get("body", b""))
        if read > most:
            await _emptied(receive)
            raise _too_large(most, upload=upload)
        return message

    return limited


async def _emptied(receive: Receive) -> None:
    """Read on for a while: who still sends does not read the answer, and would lose it."""
    left = DRAINED
    with suppress(TimeoutError):
        async with asyncio.timeout(DRAINING):
            while left > 0:
                message = await receive()
                left -= len(message.get("body", b""))
                if not message.get("more_body"):
                    return


def _too_large(most: int, *, upload: bool) -> ProblemError:
    what = "split the file into several jobs" if upload else "send many clients as a job"
    text = f"The body has more than {most:,} bytes; {what}."
    return ProblemError("too-large", text, headers={"Connection": "close"})
