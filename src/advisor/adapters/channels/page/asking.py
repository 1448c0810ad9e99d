"""The questionnaire in steps: about the client, one page a section, saving, the link, the
review.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from advisor.adapters.channels.page.about import shown
from advisor.adapters.channels.page.forms import FACTS, Errors, answers_in, first_open, steps_of
from advisor.adapters.channels.page.journey import GONE, WRONG, saved, version_in, with_session
from advisor.adapters.channels.page.views import (
    SESSION,
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


class Asking:
    """Pages that ask."""

    @with_session
    def step(self, request: Request, _tenant: Any, session: Session) -> Response:
        """The questions of one section."""
        number, steps = (
            request.path_params["number"],
            steps_of(session.sheet.questionnaire, language_of(request)),
        )
        if session.state == FINISHED:
            return to(request, "/result")
        if number not in {str(s.number) for s in steps}:
            return to(request, "/review")
        return self._step(request, session, int(number), session.sheet.answers, {})

    @with_session
    def answered(
        self, request: Request, tenant: Any, session: Session, form: Mapping[str, str]
    ) -> Response:
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
        if forward and errors:
            return self._step(request, session, step.number, sheet.answers, errors, status=WRONG)
        places = {"back": f"/step/{step.number - 1}" if step.number > 1 else "", "save": "/saved"}
        onward = f"/step/{step.number + 1}" if str(step.number + 1) in steps else "/review"
        here = f"/step/{step.number}"
        return to(
            request,
            here if "language" in form else places.get(form.get("go", ""), onward),
            language,
        )

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
        more["names"] = {q.id: q.text_in(language) for q in steps[number - 1].questions}
        more |= {"version": session.version, "done": f"{session.sheet.progress:.0%}"}
        return page(
            request, "step", language, status=status, secret=session.id, errors=errors, **more
        )

    @with_session
    def kept(self, request: Request, _tenant: Any, session: Session) -> Response:
        """The link with which the client goes on."""
        host, tenant = str(request.base_url).rstrip("/"), request.path_params["tenant"]
        link = f"{host}/page/{tenant}/continue/{session.id}"
        onward = first_open(
            session.sheet, steps_of(session.sheet.questionnaire, language_of(request))
        )
        day = session.expires.date()
        return page(
            request, "saved", language_of(request), link=link, day=day, onward=f"/step/{onward}"
        )

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
    def review(self, request: Request, _tenant: Any, session: Session) -> Response:
        """All answers, and those that do not go together."""
        if session.state == FINISHED:
            return to(request, "/result")
        return reviewed(request, session, {})


def reviewed(
    request: Request, session: Session, errors: Errors, *, status: int = 200, confirm: bool = False
) -> Response:
    """The page before the advice; to the first open step where a required answer is missing."""
    language = language_of(request)
    steps = steps_of(session.sheet.questionnaire, language)
    onward = first_open(session.sheet, steps)
    if onward <= len(steps):
        return to(request, f"/step/{onward}")
    more: dict[str, Any] = {"steps": steps, "answers": session.sheet.answers, "confirm": confirm}
    more |= {
        "contradictions": session.sheet.contradictions,
        "version": session.version,
        "base": session.base,
    }
    more["facts"] = {name: shown(getattr(session.base, name)) for name in FACTS}
    return page(
        request, "review", language, status=status, secret=session.id, errors=errors, **more
    )
