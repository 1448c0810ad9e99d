"""Fill the HTML templates of this folder: every value is escaped, nothing is fetched, no script."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from math import isnan
from typing import TYPE_CHECKING, Any

import numpy as np

from advisor.arrays import DayArray, FloatArray, IntArray
from advisor.contracts.wording import Phrases
from advisor.errors import InputError
from advisor.reports.charts import bar_chart, both_widths, percent, plain, scheme_style
from advisor.validation import checked

if TYPE_CHECKING:
    from jinja2 import Environment

MISSING = "–"
"""Written where a number is not known."""
SHOWN = 5e-4
"""Weights below this are left out of a chart."""
MOST_LAYERS = 11
ENGLISH = Phrases("tear_sheet")


def render(template: str, /, **values: Any) -> str:
    """The HTML of a template of `reports/templates`, named without its ending; what it reads is
    escaped, charts are wrapped by `picture`.
    """
    return _environment().get_template(f"{template}.html").render(values, scheme_style=scheme_style)


def picture(svg: str) -> Any:
    """An SVG string of `charts` as markup that a template does not escape."""
    from markupsafe import Markup

    return Markup(svg)  # noqa: S704 - made by `charts`, which escapes what it is given


def drawn(chart: Callable[..., str], *args: Any, **how: Any) -> Any:
    """A chart in both widths, as markup that a template does not escape."""
    if chart is bar_chart:  # its height follows from its rows
        return picture(both_widths(lambda size: chart(*args, **how, width=size[0])))
    return picture(both_widths(lambda size: chart(*args, **how, size=size)))


def largest_first(weights: FloatArray) -> IntArray:
    """Columns of weights, shape (s, n), that a chart shows, the largest first."""
    largest = np.abs(weights).max(axis=0, initial=0.0)
    order = np.argsort(-largest, kind="stable")
    return order[largest[order] > SHOWN].astype(np.int64)


def layers_of(
    assets: Sequence[str],
    weights: FloatArray,
    columns: IntArray | None = None,
    words: Phrases = ENGLISH,
) -> dict[str, list[float]]:
    """Weights, shape (s, n), by asset for a chart, what is beyond `MOST_LAYERS` together.

    `columns` orders them, for several charts of the same colours; None: the largest first.
    """
    order = largest_first(weights) if columns is None else columns
    shown: list[int] = order[:MOST_LAYERS].tolist()
    layers: dict[str, list[float]] = {assets[j]: weights[:, j].tolist() for j in shown}
    if len(rest := order[MOST_LAYERS:]):
        layers[words("others", count=len(rest))] = weights[:, rest].sum(axis=1).tolist()
    return layers


def days_of(days: DayArray) -> list[str]:
    """Days as labels of an axis."""
    return [str(day) for day in days.tolist()]


def style() -> str:
    """The style sheet of all pages, charts included."""
    return f"{_environment().get_template('style.css').render()}\n{scheme_style()}\n"


@checked
def to_pdf(page: str) -> bytes:
    """A page as PDF, with what it folds opened: `to_pdf(result.to_html())`.

    Args:
        page: What a `to_html` or `advice_page` gave.

    Raises:
        InputError: WeasyPrint (the extra `pdf`) is not installed.
    """
    try:
        from weasyprint import HTML
    except ImportError as error:
        raise InputError(
            "A PDF is made by WeasyPrint, which is not installed; pip install 'advisor[pdf]', or"
            " take the HTML page.",
            field="pdf",
            value=None,
        ) from error
    open_page = page.replace("<details>", "<details open>")
    return bytes(HTML(string=open_page).write_pdf() or b"")


def known(write: Callable[[float], str]) -> Callable[[float], str]:
    """A formatter that writes nan as a dash."""
    return lambda value: MISSING if isnan(value) else write(value)


number = known("{:z.4f}".format)


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
