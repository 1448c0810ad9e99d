"""The first page: what is to be known of a client beside the questions."""

from __future__ import annotations

import secrets
from collections.abc import Mapping

from starlette.responses import Response

from advisor.adapters.channels.page.forms import FACTS, client_in, shown
from advisor.adapters.channels.page.steps import save
from advisor.adapters.channels.page.visit import CHANNEL, SESSION, VISIT, Errors, Visit
from advisor.adapters.channels.session import Session


def about(visit: Visit) -> Response:
    """The first page: what is to be known of a client beside the questions."""
    session = visit.session
    if session is not None and (visit.request.query_params.get("anew") or session.finished):
        session = None
    base = None if session is None else session.base
    return _about(visit, session, {name: shown(getattr(base, name, None)) for name in FACTS})


def tell_about(visit: Visit) -> Response:
    """What the first page says: a new session, or more about the client of the one there is."""
    session = visit.session if "version" in visit.form else None
    secret = visit.request.cookies.get(VISIT, "") if session is None else session.id
    if not visit.is_own(secret):
        return visit.message("forged")
    values = {name: visit.form.get(name, "")[:30] for name in FACTS}
    if visit.switched:
        return _about(visit, session, values)
    client, errors = client_in(visit.form, session and session.base, visit.language)
    if client is None:
        return _about(visit, session, values, errors)
    if session is not None:
        save(visit, session, session.sheet, base=client)
        return visit.to("/step/1")
    opened = visit.tenant.sessions.open(client, channel=CHANNEL)
    return visit.keep(visit.to("/step/1"), SESSION, opened.id)


def _about(
    visit: Visit, session: Session | None, values: Mapping[str, str], errors: Errors | None = None
) -> Response:
    first = visit.request.cookies.get(VISIT) or secrets.token_urlsafe(32)
    response = visit.page(
        "about",
        secret=first if session is None else session.id,
        errors=errors,
        facts=FACTS,
        values=values,
        version=session and session.version,
    )
    return visit.keep(response, VISIT, first) if session is None else response
