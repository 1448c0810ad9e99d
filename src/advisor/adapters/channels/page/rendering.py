"""Templates of the page, its style sheet, and the token of its forms."""

from __future__ import annotations

from functools import cache
from hashlib import sha256

from jinja2 import Environment, PackageLoader, StrictUndefined

from advisor.reports.pages import style as report_style


def token_of(secret: str) -> str:
    """The token of the forms of a secret: who does not know the secret cannot make it."""
    return sha256(f"form:{secret}".encode()).hexdigest()


@cache
def style() -> str:
    """The style sheet of the page: that of the reports, and what forms need."""
    return report_style() + environment().get_template("style.css").render()


@cache
def environment() -> Environment:
    """The templates of this folder, whose every value is escaped."""
    return Environment(
        loader=PackageLoader("advisor.adapters.channels.page"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
