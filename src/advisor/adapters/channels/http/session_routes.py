"""Questionnaires that are kept on the server while they are answered, by whichever channel."""

from __future__ import annotations

from asyncio import to_thread
from datetime import UTC, datetime
from typing import ClassVar

from starlette.responses import Response

from advisor import Client, Contract, WordsById
from advisor.adapters.channels.http.calls import Call
from advisor.adapters.channels.http.problems import ProblemError
from advisor.adapters.channels.session import Session, answered
from advisor.errors import InputError

CHANNEL = "http"


class SessionOpening(Contract):
    """Of whom a session is: everything but the answers."""

    client: Client


class SessionChange(Contract):
    """Answers to put beside those there are."""

    personal_data: ClassVar[bool] = True

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


def open_session(call: Call, opening: SessionOpening) -> SessionState:
    """Open a session for a client; its id is a secret of whoever answers."""
    if opening.client.answers:
        raise InputError(
            "client.answers are given one by one, to the questions of the session; leave them out,"
            " and PATCH the session that comes back.",
            field="client.answers",
        )
    call.client_id = opening.client.id
    session = call.tenant.sessions.open(opening.client, channel=CHANNEL)
    call.headers["Location"] = f"{call.request.url.path}/{session.id}"
    return _state(call, session)


def get_session(call: Call) -> SessionState:
    """A session as it was saved last, in whichever channel; the version is in `ETag`."""
    return _state(call, call.tenant.sessions.load(call.path["id"]))


def change_session(call: Call, change: SessionChange) -> SessionState:
    """Put answers beside those of the version in `If-Match`."""
    session: Session = call.tenant.sessions.load(call.path["id"])
    match = call.request.headers.get("if-match", "")
    if not {_etag(session), "*"} & {tag.strip() for tag in match.split(",")}:
        raise ProblemError(
            "conflict",
            f"If-Match is {match[:40]!r}, the session is at {_etag(session)}; load it again, and go"
            " on from there.",
        )
    sheet, asked = answered(session.sheet, change.answers), tuple(change.answers)
    save = call.tenant.sessions.save
    return _state(call, save(session.id, sheet, session.version, CHANNEL, asked=asked))


async def advise_session(call: Call, finish: SessionFinish) -> Response:
    """Finish a session and advise its client, stored and recorded before it is given."""
    sessions, name, asked = call.tenant.sessions, call.path["id"], call.asked
    session: Session = await to_thread(sessions.load, name)
    call.client_id = session.base.id
    if not session.finished:  # what cannot be advised is refused before the assessment counts
        sheet, base, today = session.sheet, session.base, datetime.now(UTC).date()
        await to_thread(call.tenant.advisor.advise, sheet.client(base, on=today), **asked)
    client = await to_thread(sessions.finish, name, channel=CHANNEL, confirmed=finish.confirmed)
    advice, text = await call.served.advise(client, **asked)
    await to_thread(call.tenant.shown, advice, channel=CHANNEL)
    return call.json(text)


def _etag(session: Session) -> str:
    return f'"{session.version}"'


def _state(call: Call, session: Session) -> SessionState:
    sheet, language = session.sheet, call.language or "en"
    call.headers["ETag"] = _etag(session)
    values = {name: getattr(session, name) for name in ("id", "version", "state", "channels")}
    values |= {name: getattr(sheet, name) for name in ("answers", "missing", "progress")}
    return SessionState(
        **values,
        questionnaire=sheet.questionnaire.signature,
        next=None if sheet.next is None else sheet.next.id,
        contradictions=tuple(rule.text_in(language) for rule in sheet.contradictions),
        expires=session.expires.isoformat(),
    )
