"""The way of one client through the page: open, answer, finish, see; every rule is in the session
or the engine.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from functools import wraps
from threading import Lock
from typing import Any

from advisor import AdviceReport, AnswerSheet
from advisor.adapters.channels.page.forms import is_token
from advisor.adapters.channels.page.views import SESSION, Request, Response, language_of, message
from advisor.adapters.channels.sessions import Session
from advisor.errors import InputError

CHANNEL = "page"
GONE, CONFLICT, FORBIDDEN, WRONG = 404, 409, 403, 422
MOST = 256
"""Reports that are kept at hand; one that is not is made, stored and recorded again."""


class Reports:
    """Reports of finished sessions, so that a reload or a download shows what was shown, and
    records nothing anew.
    """

    def __init__(self) -> None:
        self._made: OrderedDict[tuple[str, int, date], AdviceReport] = OrderedDict()
        self._lock = Lock()

    def of(self, tenant: Any, session: Session) -> AdviceReport:
        """The report of a finished session as of today, kept by the tenant before it is shown.

        Raises:
            InputError: The client's data cannot be used.
            StoppedError: Advice is stopped.
        """
        today = datetime.now(UTC).date()
        key = (session.id, session.version, today)
        with self._lock:
            made = self._made.get(key)
        if made is not None:
            tenant.switch.check()
            return made
        client = session.sheet.client(session.base)
        report: AdviceReport = tenant.report(client, as_of=today, channel=CHANNEL)
        with self._lock:
            self._made[key] = report
            while len(self._made) > MOST:
                self._made.popitem(last=False)
        return report


def saved(tenant: Any, session: Session, sheet: AnswerSheet, version: int, **more: Any) -> Session:
    """The session with what a form says, saved only where something changed and nobody else was
    quicker.
    """
    same = sheet.answers == session.sheet.answers and more.get("base", session.base) == session.base
    if same and version == session.version:
        return session
    return tenant.sessions.save(session.id, sheet, version, CHANNEL, **more)


def session_of(request: Request, tenant: Any) -> Session | None:
    """The session of the cookie, None where there is none any more."""
    secret = request.cookies.get(SESSION, "")
    try:
        return tenant.sessions.load(secret) if secret else None
    except InputError as error:
        if error.field == "url":
            raise
        return None


def with_session(handler: Callable[..., Response]) -> Callable[..., Response]:
    """A handler that is given the session; a form without its token, and a lost or stale session,
    get a page.
    """

    @wraps(handler)
    def answer(self: Any, request: Request, tenant: Any, *form: Mapping[str, str]) -> Response:
        language = language_of(request, form[0] if form else None)
        session = session_of(request, tenant)
        if session is None:
            return message(request, "gone", language, GONE)
        if form and not is_token(form[0].get("token", ""), session.id):
            return message(request, "forged", language, FORBIDDEN)
        try:
            return handler(self, request, tenant, session, *form)
        except InputError as error:
            if error.field == "url":  # the store cannot be reached: for whoever runs the site
                raise
            if error.field == "version":
                return message(request, "stale", language, CONFLICT)
            return message(request, "cannot", language, WRONG, str(error))

    return answer


def version_in(form: Mapping[str, str]) -> int:
    """The version of the session that a form was filled in for; -1 where it names none."""
    text = form.get("version", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else -1
