"""Errors as RFC 9457 `application/problem+json`: a table of kinds, each with a page."""

from __future__ import annotations

import json
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response

from advisor.adapters.channels.session import NoSessionError, StaleSessionError
from advisor.errors import AdvisorError, InputError, StoppedError

DOCS = "https://advisor.invalid/docs/problems#"
"""Under which kinds are named; the page is `docs/problems.md`, which comes with the package."""
MEDIA_TYPE = "application/problem+json"
KINDS: dict[str, tuple[int, str]] = {
    "not-json": (400, "The body is no JSON"),
    "not-authenticated": (401, "No valid credential"),
    "not-allowed": (403, "The credential may not do this"),
    "not-found": (404, "There is no such thing"),
    "no-such-method": (405, "The path does not take this method"),
    "conflict": (409, "Another version, or another body under this key"),
    "too-large": (413, "The body is too large"),
    "wrong-media-type": (415, "The body is of another kind"),
    "no-such-range": (416, "The file has no such bytes"),
    "input": (422, "The input cannot be used"),
    "too-many": (429, "Too many requests"),
    "unforeseen": (500, "Something went wrong here"),
    "stopped": (503, "Advice is stopped"),
    "not-ready": (503, "Not ready"),
    "too-slow": (503, "The request took too long"),
}
"""Kind of problem -> status and title."""
RETRY = {"stopped": "60", "not-ready": "5", "too-slow": "5", "too-many": "30"}
"""Kind of problem -> `Retry-After`, in seconds, where the problem says no other."""
BY_STATUS = {
    404: ("not-found", "There is nothing at this path."),
    405: ("no-such-method", "This path takes other methods; see Allow."),
}
"""What the router itself answers."""


class ProblemError(AdvisorError):
    """A request that is answered with a problem.

    Args:
        kind: A key of `KINDS`.
        detail: What was wrong, why it matters and what to do.
        field: Dotted path of what was wrong in the body, where it is one field.
        headers: To send beside.
    """

    def __init__(
        self,
        kind: str,
        detail: str,
        *,
        field: str | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        retry = {"Retry-After": RETRY[kind]} if kind in RETRY else {}
        self.kind, self.field, self.headers = kind, field, {**retry, **(headers or {})}


def problem_of(error: BaseException) -> ProblemError:
    """Any error as a problem; what is none of the library's says nothing of itself."""
    status = getattr(error, "status_code", 500)
    match error:
        case ProblemError():
            return error
        case StoppedError():
            return ProblemError("stopped", str(error))
        case NoSessionError():
            return ProblemError("not-found", str(error))
        case StaleSessionError():
            return ProblemError("conflict", str(error))
        case InputError(field="url"):  # the store cannot be reached
            return ProblemError("not-ready", str(error))
        case InputError():
            return ProblemError("input", str(error), field=error.field)
        case _ if status in BY_STATUS:
            kind, detail = BY_STATUS[status]
            return ProblemError(kind, detail, headers=dict(getattr(error, "headers", None) or {}))
        case _:
            return ProblemError(
                "unforeseen",
                "The request could not be answered; give the trace to whoever runs this service.",
            )


def response_of(error: BaseException, trace: str) -> Response:
    """The problem as a response."""
    problem = problem_of(error)
    status, title = KINDS[problem.kind]
    detail = str(problem)
    errors = [{"pointer": pointer(problem.field), "detail": detail}] if problem.field else []
    body = {"type": f"{DOCS}{problem.kind}", "title": title, "status": status, "detail": detail}
    body |= {"errors": errors, "trace": trace}
    text = json.dumps(body, ensure_ascii=True)
    return Response(text, status_code=status, media_type=MEDIA_TYPE, headers=problem.headers)


async def handle(request: Request, error: Exception) -> Response:
    """An exception handler of the application."""
    return response_of(error, getattr(request.state, "trace", ""))


def pointer(field: str) -> str:
    """A dotted field as a JSON pointer (RFC 6901) in the form of a URI fragment.

    >>> pointer("goals.0.amount")
    '#/goals/0/amount'
    """
    return "#/" + quote(field.replace("~", "~0").replace("/", "~1").replace(".", "/"), safe="/~")
