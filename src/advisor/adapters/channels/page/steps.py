"""The questionnaire: a page a section, saving, the link, the review."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any

from starlette.responses import Response

from advisor import AnswerSheet, Client
from advisor.adapters.channels.page.forms import FACTS, answers_in, first_open, shown, steps_of
from advisor.adapters.channels.page.visit import CHANNEL, SESSION, Errors, Visit
from advisor.adapters.channels.session import NoSessionError, Session

Handler = Callable[[Visit, Session], Response]


def with_session(handler: Handler) -> Callable[[Visit], Response]:
    """A handler that gets the session; a lost one, and a form without its token, get a page."""

    @wraps(handler)
    def answer(visit: Visit) -> Response:
        if visit.session is None:
            return visit.message("gone")
        if visit.form and not visit.is_own(visit.session.id):
            return visit.message("forged")
        return handler(visit, visit.session)

    return answer


@with_session
def step(visit: Visit, session: Session) -> Response:
    """The questions of one section."""
    number = visit.request.path_params["number"]
    if session.finished:
        return visit.to("/result")
    if number not in {str(s.number) for s in steps_of(session.sheet.questionnaire, "en")}:
        return visit.to("/review")
    return _step(visit, session, int(number), session.sheet.answers)


@with_session
def answer_step(visit: Visit, session: Session) -> Response:
    """The answers of one section: saved, and on to where the button says."""
    steps = {str(s.number): s for s in steps_of(session.sheet.questionnaire, visit.language)}
    asked = steps.get(visit.request.path_params["number"])
    if asked is None:
        return visit.to("/review")
    button, number = visit.form.get("go", "next"), asked.number
    forward = button == "next" and not visit.switched
    sheet, errors = answers_in(visit.form, session.sheet, asked, visit.language, strict=forward)
    session = save(visit, session, sheet, asked=[q.id for q in asked.questions])
    if forward and errors:
        return _step(visit, session, number, sheet.answers, errors)
    if visit.switched:
        return visit.to(f"/step/{number}")
    if button == "back":
        return visit.to(f"/step/{number - 1}" if number > 1 else "")
    if button == "save":
        return visit.to("/saved")
    return visit.to(f"/step/{number + 1}" if str(number + 1) in steps else "/review")


def _step(
    visit: Visit,
    session: Session,
    number: int,
    answers: Mapping[str, str],
    errors: Errors | None = None,
) -> Response:
    steps = steps_of(session.sheet.questionnaire, visit.language)
    return visit.page(
        "step",
        secret=session.id,
        errors=errors,
        step=steps[number - 1],
        steps=steps,
        answers=answers,
        names={q.id: q.text_in(visit.language) for q in steps[number - 1].questions},
        version=session.version,
        done=f"{session.sheet.progress:.0%}",
    )


def save(
    visit: Visit, session: Session, sheet: AnswerSheet, *, base: Client | None = None, **more: Any
) -> Session:
    """The session with what a form says, saved where something changed."""
    same = sheet.answers == session.sheet.answers and base in (None, session.base)
    if same and visit.version == session.version:
        return session
    keep = visit.tenant.sessions.save
    return keep(session.id, sheet, visit.version, CHANNEL, base=base, **more)


@with_session
def saved(visit: Visit, session: Session) -> Response:
    """The link with which the client goes on."""
    host, tenant = str(visit.request.base_url).rstrip("/"), visit.request.path_params["tenant"]
    link = f"{host}/page/{tenant}/continue/{session.id}"
    return visit.page("saved", link=link, day=session.expires.date(), onward=_onward(session))


def go_on(visit: Visit) -> Response:
    """The session of a link, at its first open question."""
    try:
        session: Session = visit.tenant.sessions.load(visit.request.path_params["session"])
    except NoSessionError:
        return visit.message("gone")
    response = visit.to("/result" if session.finished else _onward(session))
    return visit.keep(response, SESSION, session.id)


@with_session
def review(visit: Visit, session: Session) -> Response:
    """All answers, and those that do not go together."""
    return visit.to("/result") if session.finished else reviewed(visit, session)


def reviewed(visit: Visit, session: Session, errors: Errors | None = None) -> Response:
    """The page before the advice, or the first open step; `errors` asks for a confirmation."""
    steps, sheet = steps_of(session.sheet.questionnaire, visit.language), session.sheet
    if first_open(sheet, steps) <= len(steps):
        return visit.to(_onward(session))
    return visit.page(
        "review",
        secret=session.id,
        errors=errors,
        steps=steps,
        answers=sheet.answers,
        confirm=bool(errors),
        contradictions=sheet.contradictions,
        version=session.version,
        facts={name: shown(getattr(session.base, name)) for name in FACTS},
    )


def _onward(session: Session) -> str:
    """Path of the first step with an open question."""
    sheet = session.sheet
    return f"/step/{first_open(sheet, steps_of(sheet.questionnaire, 'en'))}"
