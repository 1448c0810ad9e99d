"""Pages of the questionnaire as HTML: templates, language, cookies."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from advisor.adapters.channels.page.forms import Errors, token_of
from advisor.adapters.extras import needs
from advisor.contracts.wording import LANGUAGES, Language, texts
from advisor.reports.pages import style as report_style

if TYPE_CHECKING:
    from jinja2 import Environment
    from starlette.requests import Request
    from starlette.responses import HTMLResponse, RedirectResponse, Response
else:
    Request = needs("http", "starlette.requests").Request
    _responses = needs("http", "starlette.responses")
    HTMLResponse, RedirectResponse, Response = (
        _responses.HTMLResponse,
        _responses.RedirectResponse,
        _responses.Response,
    )

SESSION, VISIT, LANGUAGE = "advisor_session", "advisor_visit", "advisor_language"
"""Cookies: the secret of a session, that of a first visit, the language."""
MONTH = 30 * 24 * 3600
SECURITY = {
    "content-security-policy": (
        "default-src 'none'; style-src 'self'; img-src 'self' data:; "
        "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    ),
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "cache-control": "no-store",
}


def language_of(request: Request, form: Mapping[str, str] | None = None) -> Language:
    """What a button or link just asked for, else the cookie's, else the browser's; English where
    none is known.
    """
    asked = (form or {}).get("language") or request.query_params.get("language")
    wanted = [asked, request.cookies.get(LANGUAGE)]
    accepted = request.headers.get("accept-language", "").lower()
    wanted += [part.split(";")[0].strip()[:2] for part in accepted.split(",")]
    spoken: list[Language] = [own for word in wanted for own in LANGUAGES if word == own]
    return spoken[0] if spoken else "en"


def page(
    request: Request,
    template: str,
    language: Language,
    /,
    *,
    status: int = 200,
    secret: str = "",
    errors: Errors | None = None,
    names: Mapping[str, str] | None = None,
    **values: Any,
) -> Response:
    """One page.

    Args:
        request: What is answered.
        template: Name without its ending.
        language: Of the page.
        status: Of the answer.
        secret: Of the session or visit whose token the forms carry.
        errors: What is wrong with the form just sent.
        names: Of the fields that errors are about, where their texts do not say.
        values: What the template reads.
    """
    words = texts(language)["page"]

    def t(key: str, /, **more: object) -> str:
        return words[key].format_map(more)

    html = (
        _environment()
        .get_template(f"{template}.html")
        .render(
            t=t,
            language=language,
            others=[own for own in LANGUAGES if own != language],
            root=root_of(request),
            here=request.url.path,
            token=token_of(secret) if secret else "",
            errors=errors or {},
            first=next(iter(errors or ""), None),
            names=names or {},
            **values,
        )
    )
    response = HTMLResponse(html, status_code=status, headers=SECURITY)
    keep(request, response, LANGUAGE, language)
    return response


def to(request: Request, place: str, language: Language | None = None) -> Response:
    """Go on at another page of the tenant, by GET."""
    response = RedirectResponse(f"{root_of(request)}{place}", status_code=303, headers=SECURITY)
    if language is not None:
        keep(request, response, LANGUAGE, language)
    return response


def keep(request: Request, response: Response, name: str, value: str) -> None:
    """A cookie that scripts and other sites cannot use."""
    response.set_cookie(
        name,
        value,
        max_age=MONTH,
        path=root_of(request),
        httponly=True,
        samesite="lax",
        secure=request.url.scheme == "https",
    )


def root_of(request: Request) -> str:
    """Path under which the tenant's page stands, wherever it is mounted."""
    mounted = request.scope.get("root_path", "")
    return f"{mounted}/page/{request.path_params['tenant']}"


def message(
    request: Request, key: str, language: Language, status: int, detail: str = ""
) -> Response:
    """A page with a heading, a text and a way on."""
    text = detail or texts(language)["page"][f"{key}_text"]
    return page(request, "message", language, status=status, key=key, text=text)


@cache
def style() -> str:
    """The style sheet of the page: that of the reports, and what forms need."""
    return report_style() + _environment().get_template("style.css").render()


@cache
def _environment() -> Environment:
    jinja2 = needs("http", "jinja2")
    return jinja2.Environment(
        loader=jinja2.PackageLoader("advisor.adapters.channels.page"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
