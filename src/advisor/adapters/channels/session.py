"""A questionnaire being answered, and the event that tells of each step."""

from __future__ import annotations

from datetime import datetime
from hashlib import sha256
from typing import ClassVar, NoReturn

from advisor import AnswerSheet, Client, Contract, Event, Moment
from advisor.errors import InputError

OPEN, FINISHED = "open", "finished"
SOURCE = "advisor.sessions"
"""Of the events that tell how clients go through a questionnaire; see `journeys`."""


class Session(Contract):
    """A questionnaire being answered: who, how far, in which version. `id` is a secret of who
    answers.
    """

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


def refuse_version(version: int) -> NoReturn:
    """Raise `InputError` (field "version"): somebody was quicker."""
    raise InputError(
        f"The session is at version {version} or finished by now: somebody answered elsewhere. Load"
        " it again, and go on from there.",
        field="version",
        value=version,
    )
