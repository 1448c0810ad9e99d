"""Horizontal bars, one a name, with their values, intervals and limits."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from advisor.errors import InputError
from advisor.reports.charts.canvas import (
    LINE,
    PHONE,
    WIDE,
    picture,
    text_at,
    title_lines,
    width_of,
    wrapped,
)
from advisor.reports.charts.numbers import Format, plain, shows, span_of
from advisor.reports.charts.palette import fill

BAR = 15
GAP = 9
MISSING = "–"


def bar_chart(
    values: Mapping[str, float],
    *,
    errors: Mapping[str, tuple[float, float]] | None = None,
    title: str = "",
    form: Format = plain,
    width: int = WIDE[0],
    limits: Mapping[str, float] | None = None,
    looks: Mapping[str, int] | None = None,
) -> str:
    """Horizontal bars, one a name, with their values written beside them.

    On a narrow picture a name stands above its bar; no name is cut.

    Args:
        values: Value by name; nan is written as such and has no bar.
        errors: Interval (low, high) of some of the names, drawn as a whisker.
        title: Shown on top and read aloud by screen readers.
        form: How a value is written.
        width: Width in pixels; the height follows the number of bars.
        limits: Values to mark by a line across all bars, by name.
        looks: Number of the colour of some of the bars, by name; the others have the first.

    Raises:
        InputError: No values.
    """
    if not values:
        raise InputError(
            "bar_chart got no values; there is nothing to draw. Pass at least one.",
            field="values",
            value=(),
        )
    spans, lines, colours = errors or {}, limits or {}, looks or {}
    ends = [0.0, *values.values(), *lines.values(), *(e for pair in spans.values() for e in pair)]
    low, high = span_of([v for v in ends if shows(v)])
    texts = {name: form(float(v)) if shows(v) else MISSING for name, v in values.items()}
    above = width < PHONE
    left = 4.0 if above else min(max(map(width_of, values)) + 12.0, 0.4 * width)
    room = width - left - max(map(width_of, texts.values())) - 12.0

    def at(value: float) -> float:
        return left + (value - low) * room / (high - low)

    top = 14.0 + LINE * len(title_lines(title, width))
    first, parts, rows = top, [], []
    for name, text in texts.items():
        named = wrapped(name, width - 8 if above else left - 10)
        label = [
            text_at(left if above else left - 8, top + 12 + LINE * k, line, "" if above else "end")
            for k, line in enumerate(named)
        ]
        here = top + (LINE * len(named) + 2 if above else max(LINE * (len(named) - 1) / 2, 0))
        parts += [
            *label,
            _bar(at, here, float(values[name]), spans.get(name), colours.get(name, 0)),
        ]
        parts.append(text_at(left + room + 8, here + 12, text))
        top = max(here + BAR, top + LINE * len(named)) + GAP
        rows.append((here - 4, here + BAR + 4))
    return _finished(parts, lines, rows if above else [(first - 4, top)], at, (width, title))


def _bar(
    at: Callable[[float], float],
    top: float,
    value: float,
    span: tuple[float, float] | None,
    colour: int,
) -> str:
    bar = ""
    if shows(value):
        start, end = sorted((at(0.0), at(value)))
        bar = (
            f'<rect x="{start:.1f}" y="{top:.1f}" width="{max(end - start, 0.5):.1f}"'
            f' height="{BAR}" {fill(colour, 1.0 if span is None else 0.7)}/>'
        )
    if span is not None and all(map(shows, span)):
        a, b = map(at, span)
        y = top + BAR / 2
        bar += (
            f'<line x1="{a:.1f}" x2="{b:.1f}" y1="{y:.1f}" y2="{y:.1f}" stroke="currentColor"'
            ' stroke-width="2"/>'
        )
    return bar


def _finished(
    parts: list[str],
    limits: Mapping[str, float],
    rows: list[tuple[float, float]],
    at: Callable[[float], float],
    whole: tuple[int, str],
) -> str:
    """The picture with its limits: a dashed line over all rows, or over each; its name below."""
    (width, title), last = whole, rows[-1][1] + GAP / 2
    for name, value in limits.items():
        if not shows(value):
            continue
        x = at(value)
        parts += [
            f'<line class="limit" x1="{x:.1f}" x2="{x:.1f}" y1="{top:.1f}" y2="{bottom:.1f}" '
            'stroke="currentColor" stroke-width="2" stroke-dasharray="5 3"/>'
            for top, bottom in rows
        ]
        for line in wrapped(name, width - 8):
            half = width_of(line) / 2
            within = min(max(x, half + 2), width - half - 2)
            parts.append(text_at(within, last + 12, line, "middle"))
            last += LINE
    return picture((width, last + 4), title, parts)
