"""One request of a client to the page of a tenant: who, in which language, and what they get."""

from __future__ import annotations

import hmac
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import sha256
from typing import Any
from urllib.parse import quote

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from advisor.adapters.channels.headers import SECURITY, language_of
from advisor.adapters.channels.session import NoSessionError, Session
from advisor.contracts.wording import LANGUAGES, Language, texts

SESSION, VISIT, LANGUAGE = "advisor_session", "advisor_visit", "advisor_language"
"""Cookies: the secret of a session, that of a first visit, the language."""
CHANNEL = "page"
MONTH = 30 * 24 * 3600
WRONG = 422
MESSAGES = {
    "forged": 403, "gone": 404, "missing": 404, "stale": 409, "cannot": WRONG, "often": 429,
    "stopped": 503, "unavailable": 503,
}  # fmt: skip
"""Pages that say why something cannot be done, and the status of each."""
Errors = Mapping[str, str]
"""What is wrong with a form: text by field, the one that gets the focus first."""
TEMPLATES = Environment(
    loader=PackageLoader("advisor.adapters.channels.page"), autoescape=True,
    undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True,
)  # fmt: skip
"""Those of this folder, whose every value is escaped."""
log = logging.getLogger(__name__)


def token_of(secret: str) -> str:
    """The token of the forms of a secret: who does not know the secret cannot make it."""
    return sha256(f"form:{secret}".encode()).hexdigest()


@dataclass
class Visit:
    """What a page is made from; `form` was posted, `tenant` is None where there is none."""

    request: Request
    tenant: Any = None
    form: Mapping[str, str] = field(default_factory=dict[str, str])

    @property
    def root(self) -> str:
        """Path under which the tenant's page stands, wherever it is mounted."""
        mounted = self.request.scope.get("root_path", "")
        return f"{mounted}/page/{quote(self.request.path_params['tenant'], safe='')}"

    @property
    def switched(self) -> bool:
        """Whether a button asked for the other language."""
        return "language" in self.form

    @cached_property
    def language(self) -> Language:
        """What a button or link asked for, else the cookie's, else the browser's, else English."""
        request = self.request
        asked = self.form.get("language") or request.query_params.get("language")
        wishes = (asked, request.cookies.get(LANGUAGE))
        chosen: list[Language] = [own for word in wishes for own in LANGUAGES if word == own]
        return chosen[0] if chosen else language_of(request.headers.get("accept-language")) or "en"

    @cached_property
    def session(self) -> Session | None:
        """The session of the cookie, None where there is none any more."""
        secret = self.request.cookies.get(SESSION, "")
        try:
            return self.tenant.sessions.load(secret) if secret else None
        except NoSessionError:
            return None

    @property
    def version(self) -> int:
        """The version of the session that a form was filled in for; -1 where it names none."""
        text = self.form.get("version", "")
        return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else -1

    def is_own(self, secret: str) -> bool:
        """Whether the form belongs to the session, or first visit, of a secret."""
        token = self.form.get("token", "").encode()
        return bool(secret) and hmac.compare_digest(token, token_of(secret).encode())

    def page(
        self,
        template: str,
        *,
        status: int | None = None,
        secret: str = "",
        errors: Errors | None = None,
        **values: Any,
    ) -> Response:
        """One page, from a template and what it reads; `secret` is that of the session or visit
        whose token the forms carry, `errors` what is wrong with the form just sent: then it is a
        422.
        """
        words = texts(self.language)["page"]
        frame = {
            "t": lambda key, **more: words[key].format_map(more),
            "language": self.language,
            "others": [own for own in LANGUAGES if own != self.language],
            "root": self.root,
            "here": self.request.url.path,
            "token": token_of(secret) if secret else "",
            "errors": errors or {},
            "first": next(iter(errors or ""), None),
            "names": {},
        }
        html = TEMPLATES.get_template(f"{template}.html").render({**frame, **values})
        code = status or (WRONG if errors else 200)
        response = HTMLResponse(html, status_code=code, headers=SECURITY)
        return self.keep(response, LANGUAGE, self.language)

    def message(self, key: str, detail: str = "") -> Response:
        """A page of `MESSAGES` with a way on; `detail` is the library's own English."""
        ways = self.tenant is not None
        return self.page("message", status=MESSAGES[key], key=key, detail=detail, ways=ways)

    def to(self, path: str) -> Response:
        """Go on at another page of the tenant, by GET."""
        response = RedirectResponse(f"{self.root}{path}", status_code=303, headers=SECURITY)
        return self.keep(response, LANGUAGE, self.language) if self.form else response

    def keep(self, response: Response, name: str, value: str) -> Response:
        """The response, with a cookie that scripts and other sites cannot use."""
        response.set_cookie(
            name,
            value,
            max_age=MONTH,
            path=self.root,
            httponly=True,
            samesite="lax",
            secure=self.request.url.scheme == "https",
        )
        return response
