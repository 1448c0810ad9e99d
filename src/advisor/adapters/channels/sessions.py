"""One unfinished questionnaire for every channel: begun on a page, gone on with in a chat, finished
with an adviser.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Collection, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

from advisor import AnswerSheet, Client, ClientTable, Questionnaire, profile_risk
from advisor.adapters.channels.session import FINISHED, OPEN, Session, moved, refuse_version
from advisor.errors import InputError


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
        sheet = AnswerSheet(questionnaire=self.questionnaire)
        session = Session(
            id=secrets.token_urlsafe(32),
            version=1,
            sheet=sheet,
            base=base,
            channels=(channel,),
            opened=now,
            expires=now + self._rest,
        )
        row = {
            "id": session.id,
            "client_id": base.id,
            "kind": OPEN,
            "created": now,
            "expires": session.expires,
        }
        with self._store.database.write():
            self._store.put_rows("sessions", [{**row, "state": session.model_dump_json()}])
            self._store.put_events([moved("opened", session, channel, self._now())])
        return session

    def load(self, session_id: str) -> Session:
        """The session as it was saved last. Raises `InputError` (field "session") where there is
        none, or none any more.
        """
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
            asked: Ids of the questions that were asked; None told: those whose answer changed.

        Raises:
            InputError: There is no such session; it is finished, or has another version by now
                (field "version").
        """
        before, text = self._read(session_id)
        self._may_change(before, version)
        if sheet.questionnaire.signature != before.sheet.questionnaire.signature:
            raise InputError(
                "The answers belong to another questionnaire than the session's; open a new"
                " session.",
                field="questionnaire",
            )
        changed = [
            name
            for name, option in sheet.answers.items()
            if before.sheet.answers.get(name) != option
        ]
        again = [name for name in asked or changed if before.by.get(name, channel) != channel]
        channels = before.channels if channel in before.channels else (*before.channels, channel)
        by = {
            name: before.by.get(name, channel) if name not in changed else channel
            for name in sheet.answers
        }
        told = {
            "version": version + 1,
            "sheet": sheet,
            "base": base or before.base,
            "channels": channels,
            "by": by,
        }
        after = before.model_copy(update={**told, "expires": self._now() + self._rest})
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
        day = on or self._now().date()
        if before.state == FINISHED:
            return before.sheet.client(before.base)
        client = before.sheet.client(before.base, on=day)
        level = profile_risk(
            ClientTable.from_clients([client]), before.sheet.questionnaire, as_of=day
        )[0].level
        told = {
            "version": before.version + 1,
            "base": client.model_copy(update={"answers": {}}),
            "state": FINISHED,
        }
        after = before.model_copy(update=told)
        with self._store.database.write():
            self._obey(client.id, day, level, confirmed)
            self._replace(text, after)
            now = self._now()
            self._store.put_clients([client], at=now)
            asked = before.sheet.questionnaire.signature
            self._store.put_assessment(
                client, at=now, level=level, questionnaire=asked, confirmed=confirmed
            )
            self._store.put_events([moved("finished", after, channel, self._now())])
        return client

    def _obey(self, client_id: str, day: date, level: int, confirmed: bool) -> None:
        history = self._store.history(ids=[client_id])
        if not history.may_assess([client_id], day)[0]:
            raise InputError(
                "The client was assessed twice on this day or eight times within twelve months,"
                " which is as often as rules allow (NFRA Order 2025-7 Art. 29); assess them again"
                " later.",
                field="assessments",
            )
        stood = int(history.standing([client_id], day + timedelta(days=1))[0])
        if 0 <= stood < level and not confirmed:
            raise InputError(
                f"With these answers the level would rise from C{stood} to C{level}, and a changed"
                " level must be confirmed by the client. Ask them, and finish with"
                " confirmed=true.",
                field="confirmed",
                value=False,
            )

    def _read(self, session_id: str) -> tuple[Session, str]:
        rows = self._store.rows("sessions", id=session_id) if session_id.isascii() else []
        if not rows or rows[0]["expires"] <= self._now():
            raise InputError(
                "There is no such session, or it has expired; open a new one.", field="session"
            )
        text: str = rows[0]["state"]
        fields: dict[str, Any] = json.loads(text)
        return Session.model_validate({**fields, "sheet": self._sheet(fields["sheet"])}), text

    def _sheet(self, record: Mapping[str, Any]) -> AnswerSheet:
        if record["questionnaire"] == self.questionnaire.signature:
            return AnswerSheet.restored_for(record, self.questionnaire)
        return AnswerSheet.model_validate(record)

    def _may_change(self, session: Session, version: int) -> None:
        if session.state == FINISHED or session.version != version:
            refuse_version(session.version)

    def _replace(self, before: str, after: Session) -> None:
        where = {"id": after.id, "state": before}
        if (
            self._store.change(
                "sessions",
                where,
                state=after.model_dump_json(),
                kind=after.state,
                expires=after.expires,
            )
            != 1
        ):
            refuse_version(after.version)
