"""Questionnaires that are kept on the server while they are answered, by whichever channel."""

from __future__ import annotations

import asyncio
from asyncio import to_thread
from typing import TYPE_CHECKING, Any

from advisor import Advice, Client, Contract, WordsById
from advisor.adapters.channels.http.calls import Call
from advisor.adapters.channels.http.operations import Operation
from advisor.adapters.channels.http.problems import ProblemError
from advisor.adapters.channels.http.reading import parameters
from advisor.adapters.channels.http.web import Response
from advisor.errors import InputError

if TYPE_CHECKING:
    from advisor.adapters.channels.sessions import Session

CHANNEL = "http"


class SessionOpening(Contract):
    """Of whom a session is: everything but the answers."""

    client: Client


class SessionChange(Contract):
    """Answers to put beside those there are."""

    answers: WordsById


class SessionFinish(Contract):
    """Whether the client confirmed a level that rises."""

    confirmed: bool = False


class SessionState(Contract):
    """A session as its channel needs it."""

    id: str
    version: int
    state: str
    questionnaire: str
    answers: dict[str, str]
    missing: tuple[str, ...]
    next: str | None
    progress: float
    contradictions: tuple[str, ...]
    channels: tuple[str, ...]
    expires: str


async def open_session(call: Call) -> Response:
    """Open a session for a client; its id is a secret of whoever answers."""
    client = call.read(SessionOpening).client
    call.client_id = client.id
    session = await to_thread(call.tenant.sessions.open, client, channel=CHANNEL)
    headers = {"Location": f"{call.request.url.path}/{session.id}"}
    return _state(call, session, status=201, headers=headers)


async def get_session(call: Call) -> Response:
    """A session as it was saved last, in whichever channel; the version is in `ETag`."""
    return _state(call, await _loaded(call))


async def change_session(call: Call) -> Response:
    """Put answers beside those of the version in `If-Match`."""
    change, session = (
        call.read(SessionChange, ("application/json", "application/merge-patch+json")),
        await _loaded(call),
    )
    match = call.request.headers.get("if-match", "")
    if match not in (_etag(session), "*"):
        raise ProblemError(
            "conflict",
            f"If-Match is {match[:40]!r}, the session is at {_etag(session)}; load it again, and go"
            " on from there.",
        )
    sheet = session.sheet
    for question, option in change.answers.items():
        sheet = sheet.answer(question, option)
    save = call.tenant.sessions.save
    return _state(
        call,
        await _found(
            save, session.id, sheet, session.version, CHANNEL, asked=tuple(change.answers)
        ),
    )


async def advise_session(call: Call) -> Response:
    """Finish a session and advise its client, stored and recorded before it is given."""
    finish, asked = call.read(SessionFinish), parameters(call.request.query_params)
    session = await _loaded(call)
    call.client_id = session.base.id
    client = await _found(
        call.tenant.sessions.finish, session.id, channel=CHANNEL, confirmed=finish.confirmed
    )
    advice = await call.served.batcher.advise(client, asked["as_of"], picks=asked["picks"])
    await to_thread(call.tenant.shown, advice, channel=CHANNEL)
    return call.gives(advice)


async def _loaded(call: Call) -> Session:
    return await _found(call.tenant.sessions.load, call.request.path_params["id"])


async def _found(function: Any, *args: Any, **kwargs: Any) -> Any:
    """What a function of sessions gives; a session that is not there, or was changed, is a problem
    of its own.
    """
    try:
        return await asyncio.to_thread(function, *args, **kwargs)
    except InputError as error:
        kind = {"session": "not-found", "version": "conflict"}.get(error.field or "")
        if kind is None:
            raise
        raise ProblemError(kind, str(error)) from None


def _etag(session: Session) -> str:
    return f'"{session.version}"'


def _state(
    call: Call, session: Session, *, status: int = 200, headers: dict[str, str] | None = None
) -> Response:
    sheet = session.sheet
    state = SessionState(
        id=session.id,
        version=session.version,
        state=session.state,
        questionnaire=sheet.questionnaire.signature,
        answers=sheet.answers,
        missing=sheet.missing,
        next=None if sheet.next is None else sheet.next.id,
        progress=sheet.progress,
        contradictions=tuple(rule.text_in(call.language or "en") for rule in sheet.contradictions),
        channels=session.channels,
        expires=session.expires.isoformat(),
    )
    return call.gives(state, status=status, headers={"ETag": _etag(session), **(headers or {})})


_ONE = "/v1/sessions/{id}"
OPERATIONS = (
    Operation(
        "POST", "/v1/sessions", "openSession", "advise", open_session,
        takes=SessionOpening, gives=SessionState, status=201, writes=True, speaks=True,
    ),
    Operation("GET", _ONE, "getSession", "read", get_session, gives=SessionState, speaks=True),
    Operation(
        "PATCH", _ONE, "changeSession", "advise", change_session,
        takes=SessionChange, gives=SessionState, media=("application/json",
        "application/merge-patch+json"), versioned=True, speaks=True,
    ),
    Operation(
        "POST", f"{_ONE}/advice", "adviseSession", "advise", advise_session,
        takes=SessionFinish, gives=Advice, query=("as_of", "picks"), writes=True,
    ),
)  # fmt: skip
