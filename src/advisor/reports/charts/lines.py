"""Lines over a common horizontal axis, with marked points."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise

from advisor.errors import InputError
from advisor.reports.charts.axes import (
    Axis,
    Frame,
    frame_of,
    head_of,
    label_axis,
    mark,
    number_axis,
    value_axis,
)
from advisor.reports.charts.canvas import LINE, WIDE, legend, legend_height, picture, title_lines
from advisor.reports.charts.numbers import Format, Numbers, plain, shows, span_of
from advisor.reports.charts.palette import fill, stroke

LEAST_HEIGHT = 80
"""Pixels of a plotting area, so that its ticks stay apart: below it a picture grows."""
POINTS_A_PIXEL = 1.0
"""A line with more points shows nothing more and only makes the page heavy."""


def line_chart(
    series: Mapping[str, Numbers],
    *,
    labels: Sequence[str] | Axis | None = None,
    title: str = "",
    form: Format = plain,
    size: tuple[int, int] = WIDE,
    filled: bool = False,
    marks: Mapping[str, tuple[float, float]] | None = None,
) -> str:
    """Lines over a common horizontal axis.

    Args:
        series: Values by name, all of one length T >= 1; nan leaves a gap.
        labels: Text of each position (ISO days, say), length T, of which a few are shown; or an
            `Axis` of numbers.
        title: Shown on top and read aloud by screen readers.
        form: How a value is written on the vertical axis (`percent`, `plain`).
        size: Width and height in pixels, `WIDE` or `NARROW`, say; a long legend makes it higher.
        filled: True fills between the line and zero (drawdowns).
        marks: Position along the axis (the value of an `Axis`, else an index) and value of points
            to mark, by name.

    Returns:
        One `<svg>` element.

    Raises:
        InputError: No series, or their lengths differ.
    """
    shown, x_axis = thinned(series, labels, size[0])
    points = [p for p in (marks or {}).values() if all(map(shows, p))]
    values = [v for row in shown.values() for v in row if shows(v)] + [p[1] for p in points]
    names = list(shown) if len(shown) > 1 else []
    held = [*values, 0.0] if filled else values
    whole, frame, positions, around = prepared(names, x_axis, title, form, size, held, stroke)
    parts = [value_axis(frame, form), *around]
    for k, row in enumerate(shown.values()):
        stretches = ([(positions[i], row[i]) for i in run] for run in runs(row))
        parts += [_line(frame, stretch, k, filled) for stretch in stretches]
    named = [(name, p) for name, p in (marks or {}).items() if p in points]
    parts += [mark(frame, point, name) for name, point in named]
    return picture(whole, title, parts)


def _line(frame: Frame, points: Sequence[tuple[float, float]], k: int, filled: bool) -> str:
    path = " ".join(f"{frame.x(x):.1f},{frame.y(y):.1f}" for x, y in points)
    area = ""
    if filled:
        ends = [f"{frame.x(points[i][0]):.1f},{frame.y(0.0):.1f}" for i in (-1, 0)]
        area = f'<polygon points="{path} {" ".join(ends)}" {fill(k, 0.25)}/>'
    return f'{area}<polyline points="{path}" fill="none" {stroke(k)}/>'


def prepared(
    names: Sequence[str],
    x_axis: Sequence[str] | Axis | int,
    title: str,
    form: Format,
    size: tuple[int, int],
    values: Sequence[float],
    look: Callable[[int], str] = fill,
) -> tuple[tuple[int, float], Frame, Sequence[float], list[str]]:
    """The picture's size, the plotting area, the position of each point, and what stands round the
    area. The picture is higher than `size` where its legend would leave the area no room.

    `x_axis` is labels of the positions, an axis, or how many positions there are; the legend has
    `names` with swatches of the attributes `look(k)`; the vertical axis holds `values`.
    """
    width = size[0]
    below = 22.0 + (LINE if isinstance(x_axis, Axis) and x_axis.name else 0)
    under = legend_height(names, width) if names else 0.0
    if isinstance(x_axis, Axis):
        positions = [float(v) for v in x_axis.values]
    else:
        positions = [float(i) for i in range(x_axis if isinstance(x_axis, int) else len(x_axis))]
    heads = (len(title_lines(title, width)), below + under)
    height = max(float(size[1]), head_of(heads[0]) + LEAST_HEIGHT + heads[1])
    ends = positions[0], positions[-1]
    frame = frame_of((width, height), heads, span_of(values), ends, form)
    around: list[str] = []
    if isinstance(x_axis, Axis):
        around.append(number_axis(frame, x_axis))
    elif not isinstance(x_axis, int):
        around.append(label_axis(frame, x_axis))
    if names:
        around.append(legend(names, width, height - under, look)[0])
    return (width, height), frame, positions, around


def thinned(
    series: Mapping[str, Numbers], labels: Sequence[str] | Axis | None, width: int
) -> tuple[dict[str, list[float]], list[str] | Axis | int]:
    """As many points of each series, and of the labels, as the width can show; both ends stay."""
    count = common_length(series, labels.values if isinstance(labels, Axis) else labels)
    most = int(width * POINTS_A_PIXEL)
    chosen = range(count)
    if count > most:
        chosen = sorted({round(i * (count - 1) / (most - 1)) for i in range(most)})
    rows = {name: [float(values[i]) for i in chosen] for name, values in series.items()}
    if labels is None:
        return rows, len(chosen)
    if isinstance(labels, Axis):
        return rows, Axis([labels.values[i] for i in chosen], labels.form, labels.name)
    return rows, [str(labels[i]) for i in chosen]


def common_length(series: Mapping[str, Numbers], labels: Sequence[object] | None) -> int:
    """T. Raises `InputError` where lengths differ or are 0."""
    lengths = {len(values) for values in (*series.values(), *([] if labels is None else [labels]))}
    if len(lengths) != 1 or 0 in lengths:
        raise InputError(
            f"The series (and labels) of a chart have lengths {sorted(lengths)}; "
            "one common length of at least 1 is needed. Align them first.",
            field="series",
            value=sorted(lengths),
        )
    return lengths.pop()


def runs(values: Sequence[float]) -> list[list[int]]:
    """Positions of the values that can be drawn, in unbroken stretches."""
    good = [i for i, v in enumerate(values) if shows(v)]
    if not good:
        return []
    cuts = [0, *(k + 1 for k, (a, b) in enumerate(pairwise(good)) if b != a + 1), len(good)]
    return [good[a:b] for a, b in pairwise(cuts)]
