"""A matplotlib figure for a notebook: its axes, its legend, names beside points."""

from __future__ import annotations

from collections.abc import Mapping
from io import BytesIO
from typing import Any

from advisor.arrays import FloatArray
from advisor.errors import InputError
from advisor.reports.charts.palette import COLOURS, dash_of

DPI = 96
MARKS = ("-", "--", ":")
"""Solid, dashed, dotted: the dashes of `charts.palette`."""
CHINESE = (
    "Noto Sans CJK SC", "Noto Sans CJK JP", "Source Han Sans SC", "PingFang SC", "Heiti SC",
    "Microsoft YaHei", "SimHei", "WenQuanYi Zen Hei", "Noto Serif CJK SC", "Noto Serif CJK JP",
)  # fmt: skip
"""Fonts with Chinese letters, of which the first that is installed helps out."""
SMALL = 9
"""Points of the names of assets, 12 pixels."""
GREY = "#555555"
POINTS = 72.0
"""Points in an inch."""
SIDES_OF_A_POINT = [(right, up) for up in (-1, 1, 0, -2, 2) for right in (True, False)]
"""Where a name may stand: right or left of its point, so many lines above."""


def axes_of(
    count: int, size: tuple[float, float], *, heights: tuple[float, ...]
) -> tuple[Any, tuple[Any, ...]]:
    """A figure of its own (no global state, nothing to close) that a notebook shows as it is, with
    axes one below the other.
    """
    try:
        from matplotlib.figure import Figure
        from matplotlib.font_manager import fontManager
        from matplotlib.text import Text
    except ImportError as error:
        raise InputError(
            "plot() draws with matplotlib, which is not installed; pip install 'advisor[plot]', or"
            " use to_html().",
            field="plot",
            value=None,
        ) from error

    installed = set(fontManager.get_font_names())
    families = ["DejaVu Sans", *[name for name in CHINESE if name in installed][:1]]

    class NotebookFigure(Figure):
        """A figure that a notebook shows although pyplot never saw it."""

        def draw(self, renderer: Any) -> None:
            for text in self.findobj(Text):
                text.set_fontfamily(families)
            super().draw(renderer)

        def _repr_png_(self) -> bytes:
            target = BytesIO()
            self.savefig(target, format="png", dpi=DPI, metadata={"Software": None})
            return target.getvalue()

    figure: Any = NotebookFigure(figsize=size, layout="constrained")
    axes = figure.subplots(count, 1, squeeze=False, height_ratios=heights, sharex=count > 1)
    lines = [MARKS[dash_of(k)] for k in range(3 * len(COLOURS))]
    for axis in axes[:, 0]:
        axis.set_prop_cycle(color=[*COLOURS] * 3, linestyle=lines)
        axis.spines[["top", "right"]].set_visible(False)
        axis.grid(color="#DDDDDD", linewidth=0.6)
        axis.set_axisbelow(True)
    return figure, tuple(axes[:, 0])


def legend_below(figure: Any, axis: Any) -> None:
    """Below the axes, so that it hides nothing; as many names a row as there is room for."""
    handles, labels = axis.get_legend_handles_labels()
    room = figure.get_size_inches()[0] * POINTS
    each = 6.0 * max(map(len, labels), default=0) + 45.0
    how = {"loc": "outside lower center", "ncols": max(int(room / each), 1), "frameon": False}
    figure.legend(handles, labels, **how)


def name_points(
    axis: Any, points: Mapping[str, tuple[float, float]], line: tuple[FloatArray, FloatArray]
) -> None:
    """Names beside their points, each on the first side where it touches no other name and not the
    line.
    """
    width, height = (0.85 * side * POINTS for side in axis.figure.get_size_inches())
    (left, right), (low, high) = axis.get_xlim(), axis.get_ylim()
    xs, ys = width * (line[0] - left) / (right - left), height * (line[1] - low) / (high - low)
    taken: list[tuple[float, ...]] = [(x, y, x, y) for x, y in zip(xs, ys, strict=True)]
    for name, (volatility, mean) in points.items():
        x, y = width * (volatility - left) / (right - left), height * (mean - low) / (high - low)
        wide = 0.6 * SMALL * len(name)
        offsets = [
            (5.0 if right_of else -5.0 - wide, up * (SMALL + 3.0) - SMALL / 2.0)
            for right_of, up in SIDES_OF_A_POINT
        ]
        boxes = [(x + dx, y + dy, x + dx + wide, y + dy + SMALL + 2.0) for dx, dy in offsets]
        free = (
            k
            for k, box in enumerate(boxes)
            if box[0] >= 0.0
            and box[2] <= width
            and box[1] >= 0.0
            and not any(_touch(box, other) for other in taken)
        )
        k = next(free, 0)
        taken.append(boxes[k])
        look = {"textcoords": "offset points", "fontsize": SMALL, "color": GREY}
        axis.annotate(name, (volatility, mean), xytext=offsets[k], **look)


def _touch(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
    apart = one[2] < other[0] or other[2] < one[0] or one[3] < other[1] or other[3] < one[1]
    return not apart


def in_percent(*axes: Any) -> None:
    """Write the ticks of axes as percentages."""
    from matplotlib.ticker import PercentFormatter

    for axis in axes:
        axis.set_major_formatter(PercentFormatter(1.0))
