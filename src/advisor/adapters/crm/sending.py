"""Calls to another system, with a second try where it helps; `http_send` is one of our own."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, cast

from advisor.cells import number_of
from advisor.errors import AdapterError, InputError
from advisor.privacy import written

TRIES = 3
LONGEST_WAIT = 120.0
"""Seconds that we wait for a system that is busy; one that asks for more counts as gone."""
_FAILED = 500
_NOT_DONE = frozenset({429, 503})
"""Statuses that say that nothing was done, so that a second call cannot do it twice."""
_REFUSES_ALL = frozenset({401, 403, 429, 502, 503, 504})


@dataclass(frozen=True, repr=False)
class Reply:
    """An answer: its status, what its JSON says (or its text), and its headers."""

    status: int
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict[str, str])

    def __repr__(self) -> str:
        return f"Reply({self.status})"

    def header(self, name: str) -> str:
        """A header whatever its capitals; empty where it is not there."""
        return next((v for n, v in self.headers.items() if n.lower() == name.lower()), "")

    @property
    def ok(self) -> bool:
        """Whether the call did what it should."""
        return 200 <= self.status < 300


Send = Callable[[str, str, Mapping[str, Any] | None, Any], Reply]
"""`send(method, path, params, body) -> Reply`; whatever it raises means that no answer came."""


class GoneError(AdapterError):
    """The other system does not answer, or refuses every call: nothing can be had of it now."""


def said(body: Any) -> str:
    """What an answer says in short, masked: it may repeat what a client's record holds."""
    text = body if isinstance(body, str) else json.dumps(body, ensure_ascii=False, default=str)
    return written(" ".join(text.split())[:300])


def patiently(
    send: Send, *, wait: Callable[[float], object] = time.sleep, once: bool = False
) -> Send:
    """The same calls, tried three times while the system is busy (429), fails (5xx) or is silent.

    It waits as long as `Retry-After` says (seconds or a date), else 1 and 2 seconds; no other
    status is tried again. Of what must not be done twice (`once`), only 429 and 503 are.

    Raises:
        GoneError: From a call: no answer came, or one that every other call would get as well.
        InputError: From a call: `send` gives something else than a `Reply`.
    """

    def call(method: str, path: str, params: Mapping[str, Any] | None, body: Any) -> Reply:
        tried = 1
        while True:
            answer = _answer(send, method, path, params, body)
            pause = _pause(answer, tried, once=once)
            if pause is None or pause > LONGEST_WAIT or tried == TRIES:
                break
            wait(pause)
            tried += 1
        fault = f"no answer came ({answer})"
        if isinstance(answer, Reply):
            if answer.status not in _REFUSES_ALL:
                return answer
            fault = f"it answers {answer.status}"
        why = f"{method} {written(path.partition('?')[0])}: {fault}."
        raise GoneError(f"{why} Try again later, or give the right address and key.")

    return call


def _answer(
    send: Send, method: str, path: str, params: Mapping[str, Any] | None, body: Any
) -> Reply | str:
    """An answer, or the name of what was raised in its place."""
    try:
        answer: Any = cast("Any", send)(method, path, params, body)
    except Exception as error:  # noqa: BLE001 - somebody else's client may raise anything
        return type(error).__name__
    if isinstance(answer, Reply) and isinstance(answer.status, int):  # pyright: ignore[reportUnnecessaryIsInstance]
        return answer
    why = f"send gives a {type(answer).__name__}, whose status nobody can read here;"
    raise InputError(f"{why} return Reply(status, body, headers).", field="send")


def _pause(answer: Reply | str, tried: int, *, once: bool) -> float | None:
    """Seconds until another try, as RFC 9110 (10.2.3) lets a system ask; None where none helps."""
    usual = 2.0 ** (tried - 1)
    if not isinstance(answer, Reply):
        return None if once else usual
    if answer.status not in _NOT_DONE and (once or answer.status < _FAILED):
        return None
    seconds = number_of(asked := answer.header("Retry-After"))
    if seconds == seconds:
        return max(seconds, 0.0)
    try:
        return max((parsedate_to_datetime(asked) - datetime.now(UTC)).total_seconds(), 0.0)
    except (TypeError, ValueError):
        return usual
