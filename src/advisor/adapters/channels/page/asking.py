"""The questionnaire in steps: about the client, one page a section, saving, the link, the review."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any

from advisor.adapters.channels.page.forms import (
    FACTS,
    Errors,
    answers_in,
    client_in,
    first_open,
    is_token,
    steps_of,
)
from advisor.adapters.channels.page.journey import opened, saved
from advisor.adapters.channels.page.views import (
    SESSION,
    VISIT,
    Request,
    Response,
    keep,
    language_of,
    message,
    page,
    to,
)
from advisor.adapters.channels.sessions import FINISHED, Session
from advisor.errors import InputError

GONE, CONFLICT, FORBIDDEN, WRONG = 404, 409, 403, 422


def session_of(request: Request, tenant: Any) -> Session | None:
    """The session of the cookie, None where there is none any more."""
    secret = request.cookies.get(SESSION, "")
    try:
        return tenant.sessions.load(secret) if secret else None
    except InputError:
        return None


def with_session(handler: Callable[..., Response]) -> Callable[..., Response]:
    """A handler that is given the session; a form without its token, and a lost or stale session, get a page."""

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
            if error.field == "version":
                return message(request, "stale", language, CONFLICT)
            raise

    return answer


def version_in(form: Mapping[str, str]) -> int:
    """The version of the session that a form was filled in for; -1 where it names none."""
    text = form.get("version", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else -1


class Asking:
    """Pages that ask."""

    def about(self, request: Request, tenant: Any) -> Response:
        """The first page: what is to be known of a client beside the questions."""
        session = session_of(request, tenant)
        if request.query_params.get("anew") or (session is not None and session.state == FINISHED):
            session = None
        base = None if session is None else session.base
        return self._about(request, session, {n: _shown(getattr(base, n, None)) for n in FACTS}, Errors())

    def told(self, request: Request, tenant: Any, form: Mapping[str, str]) -> Response:
        """What the first page says: a new session, or more about the client of the one there is."""
        language, session = language_of(request, form), session_of(request, tenant)
        if "version" not in form:
            session = None
        secret = request.cookies.get(VISIT, "") if session is None else session.id
        if not is_token(form.get("token", ""), secret):
            return message(request, "forged", language, FORBIDDEN)
        values = {name: form.get(name, "")[:30] for name in FACTS}
        if "language" in form:
            return self._about(request, session, values, Errors(), language=language)
        client, errors = client_in(form, None if session is None else session.base, language)
        if client is None:
            return self._about(request, session, values, errors, status=WRONG)
        if session is not None:
            try:
                saved(tenant, session, session.sheet, version_in(form), base=client)
            except InputError as error:
                if error.field != "version":
                    raise
                return message(request, "stale", language, CONFLICT)
            return to(request, "/step/1", language)
        response = to(request, "/step/1", language)
        keep(request, response, SESSION, opened(tenant, client).id)
        return response

    def _about(
        self,
        request: Request,
        session: Session | None,
        values: Mapping[str, str],
        errors: Errors,
        *,
        status: int = 200,
        language: Any = None,
    ) -> Response:
        secret = request.cookies.get(VISIT) or secrets.token_urlsafe(32) if session is None else session.id
        version = None if session is None else session.version
        language = language or language_of(request)
        more: dict[str, Any] = {"facts": FACTS, "values": values, "version": version}
        response = page(request, "about", language, status=status, secret=secret, errors=errors, **more)
        if session is None:
            keep(request, response, VISIT, secret)
        return response

    @with_session
    def step(self, request: Request, tenant: Any, session: Session) -> Response:
        """The questions of one section."""
        number, steps = request.path_params["number"], steps_of(session.sheet.questionnaire, language_of(request))
        if session.state == FINISHED:
            return to(request, "/result")
        if number not in {str(s.number) for s in steps}:
            return to(request, "/review")
        return self._step(request, session, int(number), session.sheet.answers, Errors())

    @with_session
    def answered(self, request: Request, tenant: Any, session: Session, form: Mapping[str, str]) -> Response:
        """The answers of one section: saved, and on to where the button says."""
        language = language_of(request, form)
        steps = {str(s.number): s for s in steps_of(session.sheet.questionnaire, language)}
        step = steps.get(request.path_params["number"])
        if step is None:
            return to(request, "/review")
        forward = form.get("go", "next") == "next" and "language" not in form
        sheet, errors = answers_in(form, session.sheet, step, language, strict=forward)
        asked = [q.id for q in step.questions]
        session = saved(tenant, session, sheet, version_in(form), asked=asked)
        if forward and errors.by_field:
            return self._step(request, session, step.number, sheet.answers, errors, status=WRONG)
        places = {"back": f"/step/{step.number - 1}" if step.number > 1 else "", "save": "/saved"}
        onward = f"/step/{step.number + 1}" if str(step.number + 1) in steps else "/review"
        here = f"/step/{step.number}"
        return to(request, here if "language" in form else places.get(form.get("go", ""), onward), language)

    def _step(
        self,
        request: Request,
        session: Session,
        number: int,
        answers: Mapping[str, str],
        errors: Errors,
        *,
        status: int = 200,
    ) -> Response:
        language = language_of(request)
        steps = steps_of(session.sheet.questionnaire, language)
        more: dict[str, Any] = {"step": steps[number - 1], "steps": steps, "answers": answers}
        more |= {"version": session.version, "done": f"{session.sheet.progress:.0%}"}
        return page(request, "step", language, status=status, secret=session.id, errors=errors, **more)

    @with_session
    def kept(self, request: Request, tenant: Any, session: Session) -> Response:
        """The link with which the client goes on."""
        link = f"{str(request.base_url).rstrip('/')}/page/{request.path_params['tenant']}/continue/{session.id}"
        onward = first_open(session.sheet, steps_of(session.sheet.questionnaire, language_of(request)))
        day = session.expires.date()
        return page(request, "saved", language_of(request), link=link, day=day, onward=f"/step/{onward}")

    def go_on(self, request: Request, tenant: Any) -> Response:
        """The session of a link, at its first open question."""
        secret, language = request.path_params["session"], language_of(request)
        try:
            session: Session = tenant.sessions.load(secret)
        except InputError:
            return message(request, "gone", language, GONE)
        onward = first_open(session.sheet, steps_of(session.sheet.questionnaire, language))
        response = to(request, "/result" if session.state == FINISHED else f"/step/{onward}")
        keep(request, response, SESSION, session.id)
        return response

    @with_session
    def review(self, request: Request, tenant: Any, session: Session) -> Response:
        """All answers, and those that do not go together."""
        if session.state == FINISHED:
            return to(request, "/result")
        return reviewed(request, session, Errors())


def reviewed(request: Request, session: Session, errors: Errors, *, status: int = 200, confirm: bool = False) -> Response:
    """The page before the advice; to the first open step where a required answer is missing."""
    language = language_of(request)
    steps = steps_of(session.sheet.questionnaire, language)
    onward = first_open(session.sheet, steps)
    if onward <= len(steps):
        return to(request, f"/step/{onward}")
    more: dict[str, Any] = {"steps": steps, "answers": session.sheet.answers, "confirm": confirm}
    more |= {"contradictions": session.sheet.contradictions, "version": session.version, "base": session.base}
    more["facts"] = {name: _shown(getattr(session.base, name)) for name in FACTS}
    return page(request, "review", language, status=status, secret=session.id, errors=errors, **more)


def _shown(value: float | None) -> str:
    return "" if value is None else f"{value:,.15g}"
