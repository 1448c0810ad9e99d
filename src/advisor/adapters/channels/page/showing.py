"""The advice: finished answers, the page of the report, the report to take away."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from advisor.adapters.channels.page.asking import reviewed
from advisor.adapters.channels.page.journey import CHANNEL, WRONG, Reports, with_session
from advisor.adapters.channels.page.views import (
    SECURITY,
    Request,
    Response,
    language_of,
    message,
    page,
    to,
)
from advisor.adapters.channels.sessions import FINISHED, Session
from advisor.contracts.wording import texts
from advisor.errors import InputError, StoppedError
from advisor.reports import advice_page, advice_pdf, advice_section, missing_names

log = logging.getLogger(__name__)
BUSY, STOPPED = 429, 503


class Showing:
    """Pages that show.

    Args:
        labels: Name of each asset by language.
        currency: Code written beside money.
        disclaimer: In place of the library's.
    """

    def __init__(
        self, labels: Mapping[str, Mapping[str, str]], currency: str, disclaimer: str | None
    ) -> None:
        self._reports = Reports()
        self._checked: set[str] = set()
        self._look: dict[str, Any] = {
            "labels": labels,
            "currency": currency or None,
            "disclaimer": disclaimer,
        }

    def check_names(self, name: str, tenant: Any) -> None:
        """Log, once a tenant, which assets clients would see by id, for want of a label."""
        if name in self._checked:
            return
        self._checked.add(name)
        missing = missing_names(tenant.advisor.model.assets, self._look["labels"])
        if missing:
            log.warning(
                "no label in every language for %s: clients of %s see the id",
                ", ".join(missing),
                name,
            )

    @with_session
    def finish(
        self, request: Request, tenant: Any, session: Session, form: Mapping[str, str]
    ) -> Response:
        """Score the answers; rules on how often, and on a level that rises, may ask for more."""
        language = language_of(request, form)
        if "language" in form:
            return to(request, "/review", language)
        if not session.sheet.complete:
            return to(request, "/review")
        try:
            if session.state != FINISHED:
                tenant.sessions.finish(
                    session.id, channel=CHANNEL, confirmed=form.get("confirmed") == "yes"
                )
        except InputError as error:
            if error.field == "assessments":
                return message(request, "often", language, BUSY)
            if error.field != "confirmed":
                raise
            wrong = {"confirmed": texts(language)["page"]["confirm_head"]}
            return reviewed(request, session, wrong, status=WRONG, confirm=True)
        return to(request, "/result", language)

    @with_session
    def result(self, request: Request, tenant: Any, session: Session) -> Response:
        """The advice."""
        return self._show(request, tenant, session, "section")

    @with_session
    def html(self, request: Request, tenant: Any, session: Session) -> Response:
        """The report as one HTML file."""
        return self._show(request, tenant, session, "html")

    @with_session
    def pdf(self, request: Request, tenant: Any, session: Session) -> Response:
        """The report as PDF."""
        return self._show(request, tenant, session, "pdf")

    def _show(self, request: Request, tenant: Any, session: Session, form: str) -> Response:
        language = language_of(request)
        if session.state != FINISHED:
            return to(request, "/review")
        try:
            report = self._reports.of(tenant, session)
        except StoppedError:
            return message(request, "stopped", language, STOPPED)
        if form == "section":
            body = advice_section(report, language=language, **self._look)
            return page(request, "result", language, body=body)
        if form == "html":
            return _file(
                advice_page(report, language=language, **self._look).encode(),
                "text/html; charset=utf-8",
                "html",
            )
        return _file(advice_pdf(report, language=language, **self._look), "application/pdf", "pdf")


def _file(content: bytes, media: str, ending: str) -> Response:
    """Something to save, not to show in place."""
    name = f'attachment; filename="advice.{ending}"'
    return Response(content, media_type=media, headers={**SECURITY, "content-disposition": name})
