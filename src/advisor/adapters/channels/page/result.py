"""The advice: finished answers, the page of the report, the report to take away."""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from threading import Lock
from typing import Any
from weakref import WeakSet

from starlette.responses import Response

from advisor import Advice, AdviceReport, Client
from advisor.adapters.channels.headers import SECURITY
from advisor.adapters.channels.page.steps import reviewed, with_session
from advisor.adapters.channels.page.visit import CHANNEL, Visit
from advisor.adapters.channels.session import Session
from advisor.contracts.wording import texts
from advisor.errors import InputError
from advisor.reports import advice_page, advice_pdf, advice_section, missing_names

log = logging.getLogger(__name__)
MOST = 256
"""Reports that are kept at hand; one that is not is made again."""
_checked: WeakSet[Any] = WeakSet()


def check_names(name: str, tenant: Any, labels: Mapping[str, Any]) -> None:
    """Log, once a tenant, which assets and products clients would see by id, for want of a name."""
    if tenant in _checked:
        return
    _checked.add(tenant)
    assets = missing_names(tenant.advisor.model.assets, labels)
    if assets:
        text = "no label in every language for %s: clients of %s see the id"
        log.warning(text, ", ".join(assets), name)
    nameless = [p.id for p in tenant.advisor.catalogue.products if p.name in ("", p.id)]
    if nameless:
        text = "no name for the products %s: clients of %s see the id"
        log.warning(text, ", ".join(nameless[:20]), name)


class Result:
    """Pages that show the advice. A reload or a download shows what was shown, and records nothing
    anew.

    Args:
        labels: Name of each asset by language.
        currency: Code written beside money.
        disclaimer: In place of the library's.
    """

    def __init__(
        self, labels: Mapping[str, Mapping[str, str]], currency: str, disclaimer: str | None
    ) -> None:
        self._made: OrderedDict[tuple[str, int, date], AdviceReport] = OrderedDict()
        self._lock = Lock()
        self._look: dict[str, Any] = {"labels": labels, "disclaimer": disclaimer}
        self._look["currency"] = currency or None
        self.finish = with_session(self._finish)

    def _finish(self, visit: Visit, session: Session) -> Response:
        """Score the answers; rules on how often, and on a level that rises, may ask for more."""
        if visit.switched or not session.sheet.complete:
            return visit.to("/review")
        confirmed = visit.form.get("confirmed") == "yes"
        try:
            visit.tenant.sessions.finish(session.id, channel=CHANNEL, confirmed=confirmed)
        except InputError as error:
            if error.field == "assessments":
                return visit.message("often")
            if error.field != "confirmed":
                raise
            head = texts(visit.language)["page"]["confirm_head"]
            return reviewed(visit, session, {"confirmed": head})
        return visit.to("/result")

    def shown(self, show: Callable[..., Response]) -> Callable[[Visit], Response]:
        """A handler that gives the report of a finished session in one of its forms."""

        @with_session
        def answer(visit: Visit, session: Session) -> Response:
            if not session.finished:
                return visit.to("/review")
            report = self._report(visit, session)
            return show(visit, report, language=visit.language, **self._look)

        return answer

    def _report(self, visit: Visit, session: Session) -> AdviceReport:
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
            visit.tenant.switch.check()
            return made
        client = session.sheet.client(session.base)
        report: AdviceReport = visit.tenant.advisor.report(client, as_of=today)
        _keep(visit.tenant, session, client, report.advice)
        with self._lock:
            self._made[key] = report
            while len(self._made) > MOST:
                self._made.popitem(last=False)
        return report


def _keep(tenant: Any, session: Session, client: Client, advice: Advice) -> None:
    """Store and record an advice, unless another request, or process, did for the session."""
    name, now = f"page {session.id} {session.version} {advice.fingerprint}", datetime.now(UTC)
    row = {"key": sha256(name.encode()).hexdigest(), "request": CHANNEL, "client_id": client.id}
    row |= {"created": now, "expires": now + timedelta(days=2)}
    with tenant.store.database.write():
        if tenant.store.claim("idempotency", row) is None:
            tenant.keep([client], [advice], channel=CHANNEL, shown=True)


def as_page(visit: Visit, report: AdviceReport, **look: Any) -> Response:
    """The advice."""
    return visit.page("result", body=advice_section(report, **look))


def as_html(_: Visit, report: AdviceReport, **look: Any) -> Response:
    """The report as one HTML file."""
    return _file(advice_page(report, **look).encode(), "text/html; charset=utf-8", "html")


def as_pdf(_: Visit, report: AdviceReport, **look: Any) -> Response:
    """The report as PDF."""
    return _file(advice_pdf(report, **look), "application/pdf", "pdf")


def _file(content: bytes, media: str, ending: str) -> Response:
    """Something to save, not to show in place."""
    name = f'attachment; filename="advice.{ending}"'
    return Response(content, media_type=media, headers={**SECURITY, "content-disposition": name})
