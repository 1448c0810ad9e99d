"""The plotting area: from data to pixels, round ticks on both axes, round days on a time axis."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from advisor.reports.charts.canvas import LINE, text_at, width_of, wrapped
from advisor.reports.charts.numbers import Format, outward, plain, step_of, tick_texts, ticks

DAY = 10
"""Letters of an ISO day."""


@dataclass(frozen=True)
class Axis:
    """Numbers along the horizontal axis, one a position, ascending.

    Attributes:
        values: Shape (T,).
        form: How a tick is written.
        name: What they are; written below the ticks.
    """

    values: Sequence[float]
    form: Format = plain
    name: str = ""


@dataclass(frozen=True)
class Frame:
    """The plotting area, in pixels, and the data that its edges and ticks stand for."""

    left: float
    right: float
    top: float
    bottom: float
    low: float
    high: float
    first: float
    last: float
    step: float

    def x(self, position: float) -> float:
        """Pixel of a position along the horizontal axis."""
        span = (self.last - self.first) or 1.0
        return self.left + (self.right - self.left) * (position - self.first) / span

    def y(self, value: float) -> float:
        """Pixel of a value."""
        return self.bottom - (self.bottom - self.top) * (value - self.low) / (self.high - self.low)


def frame_of(
    size: tuple[int, float],
    heads: tuple[int, float],
    values: tuple[float, float],
    ends: tuple[float, float],
    form: Format,
) -> Frame:
    """The area that leaves room for the ticks on the left, titles on top and legends below.

    `heads` are lines of title, and pixels that legend and ticks need at the bottom; the axis ends
    on round numbers beyond the smallest and largest of `values`; `ends` are the outer positions.
    """
    width, height = size
    low, high, step = outward(*values)
    widest = max(map(width_of, tick_texts(ticks(low, high, step), form)))
    return Frame(
        widest + 8.0, width - 8.0, head_of(heads[0]), height - heads[1], low, high, *ends, step
    )


def head_of(lines: int) -> float:
    """Pixels above the area that a title of so many lines needs."""
    return 10.0 + LINE * lines


def value_axis(frame: Frame, form: Format) -> str:
    """Grid lines at round values, with their labels."""
    parts: list[str] = []
    marks = ticks(frame.low, frame.high, frame.step)
    for value, text in zip(marks, tick_texts(marks, form), strict=True):
        y, strong = frame.y(value), 0.55 if value == 0.0 else 0.16
        parts.append(
            f'<line x1="{frame.left:.1f}" x2="{frame.right:.1f}" y1="{y:.1f}" y2="{y:.1f}" '
            f'stroke="currentColor" stroke-opacity="{strong}"/>'
        )
        parts.append(text_at(frame.left - 5, y + 4, text, "end"))
    return "".join(parts)


def number_axis(frame: Frame, axis: Axis) -> str:
    """Round numbers along the bottom, and what they are."""
    room = frame.right - frame.left
    ends = frame.first, frame.last
    most = max(int(room // 70), 3)
    marks = ticks(*ends, step_of(*ends, most)) if ends[1] > ends[0] else [frame.first]
    texts = [*zip(marks, tick_texts(marks, axis.form), strict=True)]
    at = (frame.left + frame.right) / 2, frame.bottom + 16 + LINE
    return _labels(frame, texts) + (text_at(*at, axis.name, "middle") if axis.name else "")


def label_axis(frame: Frame, labels: Sequence[str]) -> str:
    """A few of the labels along the bottom: round days of a time axis, else evenly chosen."""
    room = frame.right - frame.left
    days = _days(labels)
    if days:
        return _labels(frame, _round_days(days, max(int(room // 64), 2)))
    most = max(int(room // (max(map(width_of, labels)) + 12.0)), 1)
    last = len(labels) - 1
    few = sorted({round(k * last / most) for k in range(most + 1)})
    chosen = few if most < last else range(last + 1)
    return _labels(frame, [(float(i), labels[i]) for i in chosen])


def _labels(frame: Frame, texts: Sequence[tuple[float, str]]) -> str:
    """Labels at positions, those left out that would touch the one before or the edge."""
    parts: list[str] = []
    free = 0.0
    for position, text in texts:
        x, half = frame.x(position), width_of(text) / 2
        x = min(max(x, half), frame.right + 7.0 - half)
        if x - half < free:
            continue
        parts.append(text_at(x, frame.bottom + 16, text, "middle"))
        free = x + half + 8.0
    return "".join(parts)


def _days(labels: Sequence[str]) -> list[date]:
    """The labels as ISO days, or nothing."""
    try:
        days = [date.fromisoformat(label[:DAY]) for label in labels if len(label) >= DAY]
    except ValueError:
        return []
    return days if len(days) == len(labels) and len(set(days)) > 1 else []


def _round_days(days: Sequence[date], most: int) -> list[tuple[float, str]]:
    """The first position in each year, quarter, month or few years, whichever are few enough."""
    span = (days[-1] - days[0]).days / 365.25
    if span >= 3.0:
        step = max(int(step_of(0.0, span, most) + 0.999), 1)
        starts = _starts(days, [d.year // step for d in days])
        return [(i, str(d.year)) for i, d in starts if d.year % step == 0]
    for months in (1, 2, 3, 6, 12):
        starts = _starts(days, [(d.year * 12 + d.month - 1) // months for d in days])
        if len(starts) <= most and starts:
            return [(i, f"{d:%Y-%m}") for i, d in starts]
    return [(0.0, days[0].isoformat()), (float(len(days) - 1), days[-1].isoformat())]


def _starts(days: Sequence[date], keys: Sequence[int]) -> list[tuple[float, date]]:
    return [(float(i), days[i]) for i, (a, b) in enumerate(pairwise(keys), start=1) if a != b]


def mark(frame: Frame, point: tuple[float, float], name: str) -> str:
    """A ring at a point with its name beside it, off a rising line where there is room."""
    x, y = frame.x(point[0]), frame.y(point[1])
    right = x + 14.0 + width_of(name) < frame.right or x < (frame.left + frame.right) / 2
    room = (frame.right - x if right else x - frame.left) - 14.0
    lines = wrapped(name, max(room, 60.0))
    above = y - 10.0 - LINE * (len(lines) - 1)
    below = y + 18.0 + LINE * (len(lines) - 1)
    down = (right and below < frame.bottom) or above < frame.top
    first = y + 18.0 if down else above
    beside, anchor = (x + 10, "") if right else (x - 10, "end")
    texts = [
        text_at(beside, first + LINE * k, line, anchor, ' font-weight="bold"')
        for k, line in enumerate(lines)
    ]
    ring = (
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="6" fill-opacity="0.25" stroke="currentColor"'
        ' stroke-width="2"/>'
    )
    return f'<g class="mark">{ring}{"".join(texts)}</g>'
