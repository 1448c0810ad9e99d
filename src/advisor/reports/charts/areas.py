"""Areas: series stacked on one another, and a fan of quantiles."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

from advisor.reports.charts.axes import Axis, Frame, value_axis
from advisor.reports.charts.canvas import WIDE, picture
from advisor.reports.charts.lines import prepared, thinned
from advisor.reports.charts.numbers import Format, Numbers, percent, plain, shows
from advisor.reports.charts.palette import fill, stroke

SMALLEST = 1e-12


def area_chart(
    series: Mapping[str, Numbers],
    *,
    labels: Sequence[str] | Axis | None = None,
    title: str = "",
    form: Format = percent,
    size: tuple[int, int] = WIDE,
) -> str:
    """Non-negative series stacked on one another: allocations through time.

    Args, Returns and Raises as in `line_chart`; nan and negative values count as 0.
    """
    shown, x_axis = thinned(series, labels, size[0])
    edges = [[0.0] * len(next(iter(shown.values())))]
    for row in shown.values():
        heights = (v if shows(v) and v > 0.0 else 0.0 for v in row)
        edges.append([b + height for b, height in zip(edges[-1], heights, strict=True)])
    span = [0.0, max((*edges[-1], SMALLEST)) * (1.0 - 1e-9)]
    whole, frame, positions, around = prepared(list(shown), x_axis, title, form, size, span)
    parts = [
        _between(frame, positions, below, above, fill(k, 0.85))
        for k, (below, above) in enumerate(pairwise(edges))
    ]
    return picture(whole, title, [*parts, value_axis(frame, form), *around])


def fan_chart(
    quantiles: Sequence[Numbers],
    *,
    labels: Sequence[str] | Axis | None = None,
    title: str = "",
    form: Format = plain,
    size: tuple[int, int] = WIDE,
    names: Sequence[str] = (),
) -> str:
    """Quantiles through time: the outer and the inner ones as bands, the middle one as a line.

    Args:
        quantiles: An odd number q of rows, lowest first, each of length T.
        labels: As in `line_chart`.
        title: Shown on top and read aloud by screen readers.
        form: How a value is written.
        size: Width and height in pixels.
        names: Of the middle, then of the bands from within, (q + 1) / 2 texts for the legend.

    Raises:
        InputError: No rows, or their lengths differ.
    """
    shown, x_axis = thinned({str(i): row for i, row in enumerate(quantiles)}, labels, size[0])
    rows = [[v if shows(v) else 0.0 for v in row] for row in shown.values()]
    middle = len(rows) // 2
    values = [v for row in rows for v in row]
    whole, frame, positions, around = prepared(
        list(names), x_axis, title, form, size, values, _band
    )
    bands = [
        _between(frame, positions, rows[middle - k], rows[middle + k], _band(k))
        for k in range(middle, 0, -1)
    ]
    path = " ".join(
        f"{frame.x(x):.1f},{frame.y(y):.1f}" for x, y in zip(positions, rows[middle], strict=True)
    )
    line = f'<polyline points="{path}" fill="none" {stroke(0, 2.4)}/>'
    return picture(whole, title, [value_axis(frame, form), *bands, line, *around])


def _band(k: int) -> str:
    """The look of the k-th band from within; 0 is the line itself."""
    return fill(0, (1.0, 0.34, 0.18)[min(k, 2)])


def _between(frame: Frame, xs: Sequence[float], below: Numbers, above: Numbers, look: str) -> str:
    up = [f"{frame.x(x):.1f},{frame.y(v):.1f}" for x, v in zip(xs, above, strict=True)]
    down = [f"{frame.x(x):.1f},{frame.y(v):.1f}" for x, v in zip(xs, below, strict=True)]
    return f'<polygon points="{" ".join([*up, *reversed(down)])}" {look}/>'
