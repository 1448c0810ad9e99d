"""A questionnaire being answered, the event of each step, and what may stand in its way."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256
from typing import Any, ClassVar

from advisor import AnswerSheet, Client, Contract, Event, Moment, Questionnaire
from advisor.errors import InputError

OPEN, FINISHED = "open", "finished"
SOURCE = "advisor.sessions"
"""Of the events that tell how clients go through a questionnaire; see `journeys`."""


class NoSessionError(InputError):
    """There is no such session, or it has expired."""

    def __init__(self) -> None:
        super().__init__(
            "There is no such session, or it has expired; open a new one.", field="session"
        )


class StaleSessionError(InputError):
    """The session has another version by now: somebody answered elsewhere.

    Args:
        version: The one that it has.
    """

    def __init__(self, version: int) -> None:
        super().__init__(
            f"The session is at version {version} or finished by now: somebody answered elsewhere."
            " Load it again, and go on from there.",
            field="version",
            value=version,
        )


class Session(Contract):
    """Who answers, how far, in which version. `id` is a secret of who answers."""

    personal_data: ClassVar[bool] = True

    id: str
    version: int
    sheet: AnswerSheet
    base: Client
    channels: tuple[str, ...]
    by: dict[str, str] = {}
    state: str = OPEN
    opened: Moment
    expires: Moment

    @property
    def finished(self) -> bool:
        """Whether the client was assessed."""
        return self.state == FINISHED


def answered(sheet: AnswerSheet, answers: Mapping[str, str | None]) -> AnswerSheet:
    """The sheet with answers put beside those there are; None is no answer."""
    for question, option in answers.items():
        sheet = sheet if option is None else sheet.answer(question, option)
    return sheet


def moved(step: str, session: Session, channel: str, now: datetime, again: int = 0) -> Event:
    """The event of a step of a session; it names the session without opening it.

    Args:
        step: "opened", "answered" or "finished".
        session: After the step.
        channel: Where.
        now: When.
        again: Questions asked although another channel had their answer.
    """
    name, sheet = sha256(session.id.encode()).hexdigest()[:32], session.sheet
    data = {
        "session": name,
        "channel": channel,
        "answered": len(sheet.answers),
        "questions": len(sheet.questionnaire.questions),
        "asked_again": again,
    }
    kind, key = f"advisor.session.{step}.v1", f"{name}-{session.version}"
    return Event(id=key, source=SOURCE, type=kind, time=now, subject=session.base.id, data=data)


def read(store: Any, session_id: str, own: Questionnaire, now: datetime) -> tuple[Session, str]:
    """The session of a store, and its row's text. Raises where there is none, or none any more.

    Args:
        store: A `Store`.
        session_id: Which.
        own: The questionnaire that sessions ask now; another is one of the library's.
        now: When.
    """
    written = session_id.isascii() and session_id.isprintable()
    rows = store.rows("sessions", id=session_id) if written else []
    if not rows or rows[0]["expires"] <= now:
        raise NoSessionError
    text: str = rows[0]["state"]
    fields: dict[str, Any] = json.loads(text)
    record = fields["sheet"]
    if record["questionnaire"] == own.signature:
        fields["sheet"] = AnswerSheet.restored_for(record, own)
    return Session.model_validate(fields), text


def put(store: Any, before: str, after: Session) -> None:
    """Write a session over the text that stood. Raises where another one stands by now."""
    where = {"id": after.id, "state": before}
    values = {"kind": after.state, "expires": after.expires, "state": after.model_dump_json()}
    if store.change("sessions", where, **values) != 1:
        raise StaleSessionError(after.version)
