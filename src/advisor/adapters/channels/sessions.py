"""One unfinished questionnaire for every channel."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Collection
from datetime import UTC, date, datetime, timedelta
from typing import Any

from advisor import AnswerSheet, Client, Questionnaire
from advisor.adapters.channels.assessing import in_turn, obey, scored, standing
from advisor.adapters.channels.session import FINISHED, Session, StaleSessionError, moved, put, read
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
        session = Session(
            id=secrets.token_urlsafe(32),
            version=1,
            sheet=AnswerSheet(questionnaire=self.questionnaire),
            base=base,
            channels=(channel,),
            opened=now,
            expires=now + self._rest,
        )
        row = {"id": session.id, "client_id": base.id, "kind": session.state, "created": now}
        row |= {"expires": session.expires, "state": session.model_dump_json()}
        with self._store.database.write():
            self._store.put_rows("sessions", [row])
            self._store.put_events([moved("opened", session, channel, now)])
        return session

    def load(self, session_id: str) -> Session:
        """The session as saved last. Raises `InputError` (field "session") where there is none."""
        return read(self._store, session_id, self.questionnaire, self._now())[0]

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
        before, text = read(self._store, session_id, self.questionnaire, self._now())
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
            put(self._store, text, after)
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
        before, text = read(self._store, session_id, self.questionnaire, self._now())
        if before.finished:
            return before.sheet.client(before.base)
        day = on or self._now().date()
        client, level = scored(before.sheet, before.base, day)
        update = {"base": client.model_copy(update={"answers": {}}), "state": FINISHED}
        after = before.model_copy(update={"version": before.version + 1, **update})
        with self._store.database.write():
            in_turn(self._store, client.id)
            if self.load(session_id).finished:  # by another request meanwhile
                return self.finish(session_id, channel=channel)
            obey(self._store, client.id, day, level, confirmed=confirmed)
            put(self._store, text, after)
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
        client, level = scored(sheet, base, day)
        stands = standing(self._store, client.id, day)
        return (stands, level) if 0 <= stands < level else None
