"""What a database error means, in the library's words and without a client's values."""

from __future__ import annotations

import re
from typing import Any

from advisor.errors import InputError

_CAUSES = (
    (r"no such table|undefined table|does not exist|42P01|3F000",
     "has no tables of this tenant", "Call migrate() once."),
    (r"disk is full|no space left|disk full|53100", "has no space left",
     "Free some; nothing was written by halves."),
    (r"unable to open|connect|refused|timed? ?out|network|28P01|28000|3D000|Can't create",
     "cannot be reached", "Check that the server runs, the address and the password."),
    (r"locked|40P01|55P03|40001", "is held by another writer",
     "Try again; nothing was written by halves."),
    (r"readonly|read-only|25006|42501", "may not be written to", "Ask for the right to."),
    (r"not a database|malformed|corrupt|XX001|XX002", "is damaged", "Restore it from a copy."),
)  # fmt: skip
"""What a driver says -> what it means, and what to do."""


def _reason(cause: BaseException) -> str:
    first: Any = cause.args[0] if cause.args else ""
    if isinstance(first, dict):  # what pg8000 gives: C is the code, M the message
        return f"{first.get('C', '')} {first.get('M', '')}"
    return f"{type(cause).__name__} {cause}"


def bad_url(what: str) -> InputError:
    """What is said of a URL that names no database of ours."""
    return InputError(
        f"The url {what}. Give sqlite:///file.db or postgresql+pg8000://user@host/database.",
        field="url",
    )


def told(error: BaseException, url: Any) -> InputError:
    """The error of a driver as one of ours.

    Args:
        error: Of SQLAlchemy, of the driver, or of the system.
        url: Of the database, as SQLAlchemy has it; its password is not shown.
    """
    cause = getattr(error, "orig", None) or error
    where = url.render_as_string(hide_password=True)
    reason = _reason(cause)
    text, remedy = next(
        (found for pattern, *found in _CAUSES if re.search(pattern, reason, re.IGNORECASE)),
        (f"failed ({type(cause).__name__})", "See its own log; nothing was written by halves."),
    )
    return InputError(f"The database {where} {text}. {remedy}", field="url", value=where)
