"""One unfinished questionnaire for every channel."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Collection
from datetime import UTC, date, datetime, timedelta
from typing import Any

from advisor import AnswerSheet, Client, ClientTable, Questionnaire, profile_risk
from advisor.adapters.channels.session import (
    FINISHED,
    OPEN,
    NoSessionError,
    Session,
    StaleSessionError,
    moved,
)
from advisor.errors import InputError
from advisor.risk_profile import AssessmentHistory


class Sessions:
    """Unfinished questionnaires of one store.

    Args:
        store: A `Store`.
        questionnaire: What is asked; default `Questionnaire.default()`.
        days: How long a session may rest before it expires.
        now: The clock.
    """

    def __init__(
        self,
        store: Any,
        questionnaire: Questionnaire | None = None,
        *,
        days: float = 30.0,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._store, self._rest, self._now = store, timedelta(days=days), now
        self.questionnaire = questionnaire or Questionnaire.default()

    def open(self, base: Client, *, channel: str) -> Session:
        """A new session of a client of whom everything but the answers is known."""
        now = self._now()
        session = Session(
            id=secrets.token_urlsafe(32),
            version=1,
            sheet=AnswerSheet(questionnaire=self.questionnaire),
            base=base,
            channels=(channel,),
            opened=now,
            expires=now + self._rest,
        )
        row = {"id": session.id, "client_id": base.id, "kind": OPEN, "created": now}
        row |= {"expires": session.expires, "state": session.model_dump_json()}
        with self._store.database.write():
            self._store.put_rows("sessions", [row])
            self._store.put_events([moved("opened", session, channel, now)])
        return session

    def load(self, session_id: str) -> Session:
        """The session as saved last. Raises `InputError` (field "session") where there is none."""
        return self._read(session_id)[0]

    def save(
        self,
        session_id: str,
        sheet: AnswerSheet,
        version: int,
        channel: str,
        *,
        base: Client | None = None,
        asked: Collection[str] = (),
    ) -> Session:
        """The session with more answers, one version on.

        Args:
            session_id: Which.
            sheet: Every answer so far.
            version: The one that the answers were given to.
            channel: Where.
            base: What else is known of the client by now.
            asked: Ids of the questions that were asked; none named: those whose answer changed.

        Raises:
            InputError: There is no such session; it is finished, or has another version by now
                (field "version").
        """
        before, text = self._read(session_id)
        if before.finished or before.version != version:
            raise StaleSessionError(before.version)
        if sheet.questionnaire.signature != before.sheet.questionnaire.signature:
            raise InputError(
                "The answers belong to another questionnaire than the session's; open a new"
                " session.",
                field="questionnaire",
            )
        old, by = before.sheet.answers, before.by
        changed = [name for name, option in sheet.answers.items() if old.get(name) != option]
        again = [name for name in asked or changed if by.get(name, channel) != channel]
        update = {
            "version": version + 1,
            "sheet": sheet,
            "base": base or before.base,
            "channels": tuple(dict.fromkeys((*before.channels, channel))),
            "by": {n: channel if n in changed else by.get(n, channel) for n in sheet.answers},
            "expires": self._now() + self._rest,
        }
        after = before.model_copy(update=update)
        with self._store.database.write():
            self._replace(text, after)
            self._store.put_events([moved("answered", after, channel, self._now(), len(again))])
        return after

    def finish(
        self, session_id: str, *, channel: str, on: date | None = None, confirmed: bool = False
    ) -> Client:
        """The client with the answers, assessed on a day (today's where None); kept in the store.
        Again gives the same client.

        Raises:
            InputError: A required question is open; the client was assessed as often as rules allow
                (field "assessments"); or the level would rise and they have not confirmed it (field
                "confirmed").
        """
        before, text = self._read(session_id)
        if before.finished:
            return before.sheet.client(before.base)
        day = on or self._now().date()
        client, level = self._scored(before.sheet, before.base, day)
        base = client.model_copy(update={"answers": {}})
        update = {"version": before.version + 1, "base": base, "state": FINISHED}
        after = before.model_copy(update=update)
        with self._store.database.write():
            self._obey(client.id, day, level, confirmed)
            self._replace(text, after)
            now = self._now()
            self._store.put_clients([client], at=now)
            questionnaire = before.sheet.questionnaire.signature
            self._store.put_assessment(
                client, at=now, level=level, questionnaire=questionnaire, confirmed=confirmed
            )
            self._store.put_events([moved("finished", after, channel, self._now())])
        return client

    def rise(self, sheet: AnswerSheet, base: Client) -> tuple[int, int] | None:
        """The level that stands and the one of `finish` today, where it is higher; else None."""
        if not sheet.complete:
            return None
        day = self._now().date()
        client, level = self._scored(sheet, base, day)
        stands = _standing(self._store.history(ids=[client.id]), client.id, day)
        return (stands, level) if 0 <= stands < level else None

    @staticmethod
    def _scored(sheet: AnswerSheet, base: Client, day: date) -> tuple[Client, int]:
        """The client with the answers, and the level by the questionnaire that they were asked."""
        client = sheet.client(base, on=day)
        table = ClientTable.from_clients([client])
        return client, profile_risk(table, sheet.questionnaire, as_of=day)[0].level

    def _obey(self, client_id: str, day: date, level: int, confirmed: bool) -> None:
        history = self._store.history(ids=[client_id])
        if not history.may_assess([client_id], day)[0]:
            raise InputError(
                "The client was assessed twice on this day or eight times within twelve months,"
                " which is as often as rules allow (NFRA Order 2025-7 Art. 29); assess them again"
                " later.",
                field="assessments",
            )
        stands = _standing(history, client_id, day)
        if 0 <= stands < level and not confirmed:
            raise InputError(
                f"With these answers the level would rise from C{stands} to C{level}, and a changed"
                " level must be confirmed by the client. Ask them, and finish with"
                " confirmed=true.",
                field="confirmed",
                value=False,
            )

    def _read(self, session_id: str) -> tuple[Session, str]:
        rows = self._store.rows("sessions", id=session_id) if session_id.isascii() else []
        if not rows or rows[0]["expires"] <= self._now():
            raise NoSessionError
        text: str = rows[0]["state"]
        fields: dict[str, Any] = json.loads(text)
        record = fields["sheet"]
        if record["questionnaire"] == self.questionnaire.signature:
            fields["sheet"] = AnswerSheet.restored_for(record, self.questionnaire)
        return Session.model_validate(fields), text

    def _replace(self, before: str, after: Session) -> None:
        where = {"id": after.id, "state": before}
        values = {"kind": after.state, "expires": after.expires, "state": after.model_dump_json()}
        if self._store.change("sessions", where, **values) != 1:
            raise StaleSessionError(after.version)


def _standing(history: AssessmentHistory, client_id: str, day: date) -> int:
    """The level that stands at the end of a day; below 0 where there is none."""
    return int(history.standing([client_id], day + timedelta(days=1))[0])
