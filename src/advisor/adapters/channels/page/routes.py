"""The addresses of the page: `/page/{tenant}` and below. Forms post, pages get, nothing runs in the
browser.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any

from advisor.adapters.channels.page.about import About
from advisor.adapters.channels.page.asking import Asking
from advisor.adapters.channels.page.showing import Showing
from advisor.adapters.channels.page.views import SECURITY, Response, language_of, message, style
from advisor.adapters.extras import needs
from advisor.errors import InputError

if TYPE_CHECKING:
    from fastapi import APIRouter
    from starlette.requests import Request
else:
    APIRouter = needs("http", "fastapi").APIRouter
    Request = needs("http", "starlette.requests").Request

Find = Callable[[str], Awaitable[Any]]
MOST_FIELDS = 200
UNREADABLE = 400
STYLE = {**SECURITY, "cache-control": "public, max-age=3600"}


def page_router(
    find: Find,
    *,
    labels: Mapping[str, Mapping[str, str]] | None = None,
    currency: str = "",
    disclaimer: str | None = None,
) -> APIRouter:
    """A router to include in an app.

    Args:
        find: The `Tenant` of a name; may raise what the app answers for an unknown one.
        labels: Name of each asset by language, as `Settings.labels`.
        currency: Code written beside money.
        disclaimer: In place of the library's.

    Raises:
        InputError: A label is no text by language.
    """
    given: Mapping[str, Any] = labels or {}
    for asset, names in given.items():
        if not isinstance(names, Mapping):
            raise InputError(
                f"The label of {asset!r} is {names!r}; the page needs a text by language."
                " Correct it.",
                field="labels",
                value=asset,
            )
    router = APIRouter(prefix="/page/{tenant}", include_in_schema=False)
    _add_routes(router, find, Showing(labels or {}, currency, disclaimer))
    return router


def _add_routes(router: APIRouter, find: Find, showing: Showing) -> None:
    """Each address; what blocks (the store, the engine) runs in a thread of its own."""
    about, asking = About(), Asking()
    in_thread = needs("http", "starlette.concurrency").run_in_threadpool
    refused = needs("http", "starlette.exceptions").HTTPException

    async def tenant_of(request: Request, path: str) -> Any:
        name = request.path_params["tenant"]
        request.state.template = f"{router.prefix}{path}"  # logs hold no link that opens a session
        tenant = await find(name)
        showing.check_names(name, tenant)
        return tenant

    def get(path: str, handler: Callable[..., Response]) -> None:
        async def answer(request: Request) -> Response:
            return await in_thread(handler, request, await tenant_of(request, path))

        router.add_api_route(path, answer, methods=["GET"], response_model=None)

    def post(path: str, handler: Callable[..., Response]) -> None:
        async def answer(request: Request) -> Response:
            tenant = await tenant_of(request, path)
            try:
                form = await request.form(max_fields=MOST_FIELDS, max_files=0)
            except refused:  # no form at all, or one without end
                return message(request, "forged", language_of(request), UNREADABLE)
            texts = {name: value for name, value in form.items() if isinstance(value, str)}
            return await in_thread(handler, request, tenant, texts)

        router.add_api_route(path, answer, methods=["POST"], response_model=None)

    async def sheet(request: Request) -> Response:
        request.state.template = f"{router.prefix}/style.css"
        return Response(style(), media_type="text/css", headers=STYLE)

    router.add_api_route("/style.css", sheet, methods=["GET"], response_model=None)
    get("", about.about)
    post("", about.told)
    get("/step/{number}", asking.step)
    post("/step/{number}", asking.answered)
    get("/saved", asking.kept)
    get("/continue/{session}", asking.go_on)
    get("/review", asking.review)
    post("/review", showing.finish)
    get("/result", showing.result)
    get("/report.html", showing.html)
    get("/report.pdf", showing.pdf)
