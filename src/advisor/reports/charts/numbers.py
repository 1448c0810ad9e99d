"""Numbers as charts and pages write them, and round ticks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from math import ceil, floor, isfinite, log10

Numbers = Sequence[float]
Format = Callable[[float], str]

LARGEST = 1e15
"""Beyond it a label is longer than the chart is wide."""


def percent(value: float) -> str:
    """A fraction as a percentage with as many digits as it deserves.

    >>> percent(0.123), percent(0.0051)
    ('12.3%', '0.51%')
    """
    return f"{value:z.2%}" if abs(value) < 0.01 and value != 0.0 else f"{value:z.1%}"


def plain(value: float) -> str:
    """A number with four significant digits and thousands apart."""
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:z.4g}"


def shows(value: float) -> bool:
    """Whether a number can be drawn and its label read."""
    return isfinite(value) and abs(value) <= LARGEST


def span_of(values: Sequence[float]) -> tuple[float, float]:
    """The smallest and the largest, apart from one another even where they are one."""
    if not values:
        return 0.0, 1.0
    low, high = min(values), max(values)
    if high - low <= 1e-12 * max(abs(low), abs(high), 1e-3):
        pad = abs(high) * 0.1
        return (low - pad, high + pad) if pad else (0.0, 1.0)
    return low, high


def step_of(low: float, high: float, most: int = 5) -> float:
    """A round step (1, 2, 2.5 or 5 times a power of ten) that makes at most about `most` ticks."""
    raw = (high - low) / most
    power = 10.0 ** floor(log10(raw))
    return next(m * power for m in (1.0, 2.0, 2.5, 5.0, 10.0) if m * power >= raw * (1 - 1e-9))


def ticks(low: float, high: float, step: float) -> list[float]:
    """Multiples of the step from `low` to `high`."""
    first, last = ceil(low / step - 1e-9), floor(high / step + 1e-9)
    return [k * step for k in range(first, last + 1)]


def outward(low: float, high: float, most: int = 5) -> tuple[float, float, float]:
    """The range widened to whole steps, so that the axis ends on ticks; and the step.

    >>> outward(0.013, 0.094)
    (0.0, 0.1, 0.02)
    """
    step = step_of(low, high, most)
    return floor(low / step + 1e-9) * step, ceil(high / step - 1e-9) * step, step


def tick_texts(values: Sequence[float], form: Format) -> list[str]:
    """Ticks with as many digits as their step needs and no more; other formats write their own.

    >>> tick_texts([0.0, 0.05, 0.1], percent), tick_texts([0.0, 0.025], percent)
    (['0%', '5%', '10%'], ['0.0%', '2.5%'])
    """
    if form not in (percent, plain) or len(values) < 2:
        return [form(value) for value in values]
    scale, sign = (100.0, "%") if form is percent else (1.0, "f")
    step = min(b - a for a, b in pairwise(values)) * scale
    digits = next((d for d in range(13) if abs(round(step, d) - step) < 1e-6 * step), None)
    if digits is None:
        return [form(value) for value in values]
    return [f"{value:z,.{digits}{sign}}" for value in values]
