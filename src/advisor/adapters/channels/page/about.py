"""The first page: what is to be known of a client beside the questions."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

from advisor.adapters.channels.page.forms import FACTS, Errors, client_in, is_token
from advisor.adapters.channels.page.journey import (
    CHANNEL,
    CONFLICT,
    FORBIDDEN,
    WRONG,
    saved,
    session_of,
    version_in,
)
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


class About:
    """The page and its form."""

    def about(self, request: Request, tenant: Any) -> Response:
        """The first page: what is to be known of a client beside the questions."""
        session = session_of(request, tenant)
        if request.query_params.get("anew") or (session is not None and session.state == FINISHED):
            session = None
        base = None if session is None else session.base
        return _page(request, session, {n: shown(getattr(base, n, None)) for n in FACTS}, {})

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
            return _page(request, session, values, {}, language=language)
        client, errors = client_in(form, None if session is None else session.base, language)
        if client is None:
            return _page(request, session, values, errors, status=WRONG)
        if session is not None:
            try:
                saved(tenant, session, session.sheet, version_in(form), base=client)
            except InputError as error:
                if error.field != "version":
                    raise
                return message(request, "stale", language, CONFLICT)
            return to(request, "/step/1", language)
        response = to(request, "/step/1", language)
        keep(request, response, SESSION, tenant.sessions.open(client, channel=CHANNEL).id)
        return response


def _page(
    request: Request,
    session: Session | None,
    values: Mapping[str, str],
    errors: Errors,
    *,
    status: int = 200,
    language: Any = None,
) -> Response:
    secret = (
        request.cookies.get(VISIT) or secrets.token_urlsafe(32) if session is None else session.id
    )
    version = None if session is None else session.version
    language = language or language_of(request)
    more: dict[str, Any] = {"facts": FACTS, "values": values, "version": version}
    response = page(request, "about", language, status=status, secret=secret, errors=errors, **more)
    if session is None:
        keep(request, response, VISIT, secret)
    return response


def shown(value: float | None) -> str:
    """A number as the form shows it."""
    return "" if value is None else f"{value:,.15g}"
