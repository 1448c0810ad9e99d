"""Fill the HTML templates of this folder: every value is escaped, nothing is fetched, no script."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from math import isnan
from typing import TYPE_CHECKING, Any

from advisor.reports.charts import percent, plain

if TYPE_CHECKING:
    from jinja2 import Environment

MISSING = "–"
"""Written where a number is not known."""


def render(template: str, /, **values: Any) -> str:
    """The HTML of a template of `reports/templates`.

    Args:
        template: Name without its ending, such as "backtest".
        values: What the template reads; text is escaped, charts are wrapped by `picture`.
    """
    return _environment().get_template(f"{template}.html").render(values)


def picture(svg: str) -> Any:
    """An SVG string of `charts` as markup that a template does not escape."""
    from markupsafe import Markup

    return Markup(svg)  # noqa: S704 - made by `charts`, which escapes what it is given


def known(write: Callable[[float], str]) -> Callable[[float], str]:
    """A formatter that writes nan as a dash."""
    return lambda value: MISSING if isnan(value) else write(value)


number = known("{:.4f}".format)


@cache
def _environment() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("advisor.reports"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"percent": percent, "plain": plain, "number": number}
    return environment
