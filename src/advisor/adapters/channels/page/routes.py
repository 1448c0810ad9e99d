"""The addresses of the page: `/page/{tenant}` and below. Nothing runs in the browser."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from advisor.adapters.channels.headers import SECURITY
from advisor.adapters.channels.page import steps
from advisor.adapters.channels.page.about import about, tell_about
from advisor.adapters.channels.page.forms import check_fields
from advisor.adapters.channels.page.result import Result, as_html, as_page, as_pdf, check_names
from advisor.adapters.channels.page.visit import TEMPLATES, Visit, log
from advisor.adapters.channels.session import StaleSessionError
from advisor.errors import AdvisorError, InputError, StoppedError
from advisor.reports.pages import style

Find = Callable[[str], Awaitable[Any]]
Labels = Mapping[str, Mapping[str, str]]
Handler = Callable[[Visit], Response]
MOST_FIELDS = 200
UNREADABLE = 400
STYLE = {**SECURITY, "cache-control": "public, max-age=3600"}


def page_router(
    find: Find, *, labels: Labels | None = None, currency: str = "", disclaimer: str | None = None
) -> APIRouter:
    """A router to include in an app.

    Args:
        find: The `Tenant` of a name, None where there is none; what it raises of the library's is a
            page that says that nothing can be done at the moment.
        labels: Name of each asset by language, as `Settings.labels`.
        currency: Code written beside money.
        disclaimer: In place of the library's.

    Raises:
        InputError: A label is no text by language.
    """
    stated: Mapping[str, Any] = labels or {}
    for asset, names in stated.items():
        if not isinstance(names, Mapping):
            raise InputError(
                f"The label of {asset!r} is {names!r}; the page needs a text by language."
                " Correct it.",
                field="labels",
                value=asset,
            )
    router = APIRouter(prefix="/page/{tenant}", include_in_schema=False)
    pages = Result(stated, currency, disclaimer)

    def add(method: str, path: str, handler: Handler) -> None:
        endpoint = _endpoint(f"{router.prefix}{path}", handler, find, stated)
        methods = ["GET", "HEAD"] if method == "GET" else [method]
        router.add_api_route(path, endpoint, methods=methods, response_model=None)

    router.add_api_route("/style.css", _style, methods=["GET", "HEAD"], response_model=None)
    for path in ("", "/"):
        add("GET", path, about)
    add("POST", "", tell_about)
    add("GET", "/step/{number}", steps.step)
    add("POST", "/step/{number}", steps.answer_step)
    add("GET", "/saved", steps.saved)
    add("GET", "/continue/{session}", steps.go_on)
    add("GET", "/review", steps.review)
    add("POST", "/review", pages.finish)
    for path, show in (("result", as_page), ("report.html", as_html), ("report.pdf", as_pdf)):
        add("GET", f"/{path}", pages.shown(show))
    add("GET", "/{rest:path}", lambda visit: visit.message("missing"))
    return router


def _endpoint(
    template: str, handler: Handler, find: Find, labels: Labels
) -> Callable[[Request], Awaitable[Response]]:
    """What serves a path: what blocks (the store, the engine) runs in a thread of its own."""

    async def answer(request: Request) -> Response:
        request.state.template = template  # logs hold no link that opens a session
        visit, name = Visit(request), request.path_params["tenant"]
        try:
            visit.tenant = await find(name)
            if visit.tenant is None:
                return visit.message("missing")
            check_names(name, visit.tenant, labels)
            if request.method == "POST":
                form = await request.form(max_fields=MOST_FIELDS, max_files=0)
                check_fields(form)
                visit.form = {k: v for k, v in form.items() if isinstance(v, str)} or {"": ""}
            return await run_in_threadpool(handler, visit)
        except HTTPException as error:  # no form at all, or one without end
            if request.method != "POST":
                raise
            log.info("form refused: %s", error.detail)
            response = visit.message("forged")
            response.status_code = UNREADABLE
            return response
        except AdvisorError as error:
            return _refused(visit, error)

    return answer


def _refused(visit: Visit, error: AdvisorError) -> Response:
    """The page of an error in the client's language; what they cannot mend is logged."""
    if isinstance(error, StoppedError):
        return visit.message("stopped")
    if isinstance(error, StaleSessionError):
        return visit.message("stale")
    if isinstance(error, InputError) and error.field not in ("url", "pdf"):
        return visit.message("cannot", str(error))
    log.warning("page not served: %s", error)
    return visit.message("unavailable")


async def _style(request: Request) -> Response:
    request.state.template = "/page/{tenant}/style.css"
    text = style() + TEMPLATES.get_template("style.css").render()
    return Response(text, media_type="text/css", headers=STYLE)
