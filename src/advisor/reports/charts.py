"""Small charts as inline SVG strings: what the reports show in a notebook and in a saved page, with no plotting library.

Every function returns one `<svg>` element that stands alone: no script, no outside font or style sheet, a title for screen readers,
text that is escaped. Numbers that are not finite, or beyond 1e15, leave a gap. The colours tell apart for colour-blind readers (Okabe and Ito).

>>> line_chart({"growth": [1.0, 1.1, 1.05]}, title="Growth").startswith("<svg")
True
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from itertools import pairwise
from math import ceil, floor, isfinite, log10

from advisor.errors import InputError

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#7A5C00", "#000000")
"""Okabe and Ito's palette, the yellow darkened so that it shows on white; it repeats after eight series."""

Numbers = Sequence[float]
Format = Callable[[float], str]
MOST_POINTS = 1200  # a line wider in points than the chart in half-pixels shows nothing more and only makes the page heavy


LARGEST = 1e15  # beyond it a label is longer than the chart is wide


def percent(value: float) -> str:
    """A fraction as a percentage with as many digits as it deserves.

    >>> percent(0.123), percent(0.0051)
    ('12.3%', '0.51%')
    """
    return f"{value:.2%}" if abs(value) < 0.01 and value != 0.0 else f"{value:.1%}"


def plain(value: float) -> str:
    """A number with four significant digits and thousands apart."""
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"


@dataclass(frozen=True)
class _Frame:
    """The plotting area inside the picture, and the way from data to pixels."""

    width: int
    height: int
    low: float
    high: float
    count: int
    left: int = 58
    right: int = 12
    top: int = 26
    bottom: int = 40

    def x(self, position: float) -> float:
        span = max(self.count - 1, 1)
        return self.left + (self.width - self.left - self.right) * position / span

    def y(self, value: float) -> float:
        share = (value - self.low) / (self.high - self.low)
        return self.height - self.bottom - (self.height - self.top - self.bottom) * share


def line_chart(
    series: Mapping[str, Numbers],
    *,
    labels: Sequence[str] | None = None,
    title: str = "",
    form: Format = plain,
    size: tuple[int, int] = (640, 240),
    filled: bool = False,
) -> str:
    """Lines over a common horizontal axis.

    Args:
        series: Values by name, all of one length T >= 1; nan leaves a gap.
        labels: Text of each position (days, say), length T; a few are shown.
        title: Shown on top and read aloud by screen readers.
        form: How a value is written on the vertical axis (`percent`, `plain`).
        size: Width and height in pixels.
        filled: True fills between the line and zero (drawdowns).

    Returns:
        One `<svg>` element.

    Raises:
        InputError: No series, or their lengths differ.
    """
    count = _common_length(series, labels)
    kept = _thinned(count)
    rows = {name: [float(values[i]) for i in kept] for name, values in series.items()}
    shown = [v for values in rows.values() for v in values if _shows(v)]
    frame = _Frame(*size, *_range([*shown, 0.0] if filled else shown), len(kept))
    parts = [_axis(frame, form), _positions(frame, [labels[i] for i in kept] if labels else None)]
    for k, values in enumerate(rows.values()):
        colour = COLOURS[k % len(COLOURS)]
        for run in _runs(values):
            path = " ".join(f"{frame.x(i):.1f},{frame.y(values[i]):.1f}" for i in run)
            if filled:
                edge = f"{frame.x(run[-1]):.1f},{frame.y(0.0):.1f} {frame.x(run[0]):.1f},{frame.y(0.0):.1f}"
                parts.append(f'<polygon points="{path} {edge}" fill="{colour}" fill-opacity="0.25"/>')
            parts.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="1.4"/>')
    return _picture(size, title, [*parts, _legend(list(rows), size)])


def area_chart(
    series: Mapping[str, Numbers],
    *,
    labels: Sequence[str] | None = None,
    title: str = "",
    form: Format = percent,
    size: tuple[int, int] = (640, 240),
) -> str:
    """Non-negative series stacked on one another: allocations through time.

    Args, Returns and Raises as in `line_chart`; nan and negative values count as 0.
    """
    count = _common_length(series, labels)
    kept = _thinned(count)
    floor_line = [0.0] * len(kept)
    layers: list[tuple[list[float], list[float]]] = []
    for values in series.values():
        picked = [float(values[i]) for i in kept]
        ceiling = [b + (v if _shows(v) and v > 0.0 else 0.0) for b, v in zip(floor_line, picked, strict=True)]
        layers.append((floor_line, ceiling))
        floor_line = ceiling
    frame = _Frame(*size, 0.0, max(*floor_line, 1e-12) if len(floor_line) > 1 else max(floor_line[0], 1e-12), len(kept))
    parts: list[str] = []
    for k, (below, above) in enumerate(layers):
        points = [f"{frame.x(i):.1f},{frame.y(v):.1f}" for i, v in enumerate(above)]
        points += [f"{frame.x(i):.1f},{frame.y(v):.1f}" for i, v in reversed(list(enumerate(below)))]
        parts.append(f'<polygon points="{" ".join(points)}" fill="{COLOURS[k % len(COLOURS)]}" fill-opacity="0.75"/>')
    parts += [_axis(frame, form), _positions(frame, [labels[i] for i in kept] if labels else None), _legend(list(series), size)]
    return _picture(size, title, parts)


def bar_chart(
    values: Mapping[str, float],
    *,
    errors: Mapping[str, tuple[float, float]] | None = None,
    title: str = "",
    form: Format = plain,
    width: int = 640,
) -> str:
    """Horizontal bars, one a name, with their values written beside them.

    Args:
        values: Value by name; nan is written as such and has no bar.
        errors: Interval (low, high) of some of the names, drawn as a whisker.
        title: Shown on top and read aloud by screen readers.
        form: How a value is written.
        width: Width in pixels; the height follows the number of bars.

    Raises:
        InputError: No values.
    """
    if not values:
        raise InputError("bar_chart got no values; there is nothing to draw. Pass at least one.", field="values", value=())
    spans = errors or {}
    ends = [v for v in [0.0, *values.values(), *(e for pair in spans.values() for e in pair)] if _shows(v)]
    low, high = _range(ends)
    left, right, row = 150, 70, 22
    scale = (width - left - right) / (high - low)

    def at(value: float) -> float:
        return left + (value - low) * scale

    parts: list[str] = []
    for k, (name, value) in enumerate(values.items()):
        top = 28 + k * row
        parts.append(f'<text x="{left - 6}" y="{top + 12}" text-anchor="end">{escape(_short(name, 22))}</text>')
        number = float(value)
        if _shows(number):
            start, end = sorted((at(0.0), at(number)))
            parts.append(
                f'<rect x="{start:.1f}" y="{top}" width="{max(end - start, 0.5):.1f}" height="15" fill="{COLOURS[0]}" fill-opacity="0.8"/>'
            )
        if name in spans and all(_shows(e) for e in spans[name]):
            a, b = (at(e) for e in spans[name])
            parts.append(f'<line x1="{a:.1f}" x2="{b:.1f}" y1="{top + 7.5}" y2="{top + 7.5}" stroke="#000" stroke-width="1.5"/>')
        parts.append(f'<text x="{width - right + 6}" y="{top + 12}">{escape(form(number)) if _shows(number) else "–"}</text>')
    return _picture((width, 34 + row * len(values)), title, parts)


def _common_length(series: Mapping[str, Numbers], labels: Sequence[str] | None) -> int:
    lengths = {len(values) for values in series.values()} | ({len(labels)} if labels is not None else set())
    if len(lengths) != 1 or 0 in lengths:
        raise InputError(
            f"The series (and labels) of a chart have lengths {sorted(lengths)}; one common length of at least 1 is needed. Align them first.",
            field="series",
            value=sorted(lengths),
        )
    return lengths.pop()


def _thinned(count: int) -> list[int]:
    if count <= MOST_POINTS:
        return list(range(count))
    return sorted({round(i * (count - 1) / (MOST_POINTS - 1)) for i in range(MOST_POINTS)})


def _range(values: Sequence[float]) -> tuple[float, float]:
    if not values:
        return 0.0, 1.0
    low, high = min(values), max(values)
    if high - low <= 1e-12 * max(abs(low), abs(high), 1e-3):
        pad = abs(high) * 0.1 or 1.0
        return low - pad, high + pad
    return low, high


def _ticks(low: float, high: float) -> list[float]:
    raw = (high - low) / 5
    power = 10.0 ** floor(log10(raw))
    step = next(m * power for m in (1.0, 2.0, 2.5, 5.0, 10.0) if m * power >= raw * (1 - 1e-9))
    first, last = ceil(low / step - 1e-9), floor(high / step + 1e-9)
    return [k * step for k in range(first, last + 1)]


def _runs(values: Sequence[float]) -> list[list[int]]:
    good = [i for i, v in enumerate(values) if _shows(v)]
    if not good:
        return []
    cuts = [0, *(k + 1 for k, (a, b) in enumerate(pairwise(good)) if b != a + 1), len(good)]
    return [good[a:b] for a, b in pairwise(cuts)]


def _axis(frame: _Frame, form: Format) -> str:
    parts: list[str] = []
    for tick in _ticks(frame.low, frame.high):
        y = frame.y(tick)
        dark = "#888" if tick == 0.0 else "#ddd"
        parts.append(
            f'<line x1="{frame.left}" x2="{frame.width - frame.right}" y1="{y:.1f}" y2="{y:.1f}" stroke="{dark}" stroke-width="0.7"/>'
        )
        parts.append(f'<text x="{frame.left - 5}" y="{y + 3.5:.1f}" text-anchor="end">{escape(form(tick))}</text>')
    return "".join(parts)


def _positions(frame: _Frame, labels: Sequence[str] | None) -> str:
    if not labels:
        return ""
    shown = sorted({round(k * (len(labels) - 1) / 4) for k in range(5)})
    y = frame.height - frame.bottom + 14
    anchors = {shown[0]: "start", shown[-1]: "end"}
    return "".join(
        f'<text x="{frame.x(i):.1f}" y="{y}" text-anchor="{anchors.get(i, "middle")}">{escape(_short(str(labels[i]), 14))}</text>'
        for i in shown
    )


def _legend(names: Sequence[str], size: tuple[int, int]) -> str:
    width, height = size
    slot = max((width - 70) // max(min(len(names), 8), 1), 1)
    parts: list[str] = []
    for k, name in enumerate(names[:8]):
        x, y = 58 + k * slot, height - 8
        text = _short(name, max(slot // 7 - 2, 3)) if k < 7 or len(names) == 8 else f"+{len(names) - 7} more"
        parts.append(f'<rect x="{x}" y="{y - 8}" width="9" height="9" fill="{COLOURS[k % len(COLOURS)]}"/>')
        parts.append(f'<text x="{x + 12}" y="{y}">{escape(text)}</text>')
    return "".join(parts)


def _shows(value: float) -> bool:
    """Whether a number can be drawn and its label read."""
    return isfinite(value) and abs(value) <= LARGEST


def _short(text: str, most: int) -> str:
    return text if len(text) <= most else text[: max(most - 1, 1)] + "…"


def _picture(size: tuple[int, int], title: str, parts: Sequence[str]) -> str:
    width, height = size
    head = f'<rect width="{width}" height="{height}" fill="#fff"/>'
    if title:
        head += f'<text x="8" y="15" font-weight="bold" font-size="12">{escape(title)}</text>'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-label="{escape(title or "chart", quote=True)}" viewBox="0 0 {width} {height}" '
        f'width="{width}" height="{height}" style="max-width:100%;height:auto" font-family="sans-serif" font-size="10">'
        f"{head}{''.join(parts)}</svg>"
    )
