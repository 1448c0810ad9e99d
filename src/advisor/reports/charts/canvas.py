"""The picture round a chart: how wide text is, where it wraps, the legend, the `<svg>` element."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape
from unicodedata import east_asian_width

from advisor.reports.charts.palette import fill

FONT = 12
"""Pixels of all text: 11 or more also where a picture of `NARROW` stands on a phone of 360 px."""
LINE = 16
"""Pixels from one line of text to the next."""
SAMPLE = 16
"""Pixels of a swatch of the legend: a line shows how it is dashed."""
WIDE = (680, 260)
NARROW = (320, 230)
"""Width and height in pixels: of a desk, and of a phone of 360 px with its margins."""
STANDING = 'style="max-width:100%;height:auto" '
"""What a chart needs where no style sheet of a page is there; a strict site refuses such
attributes."""
PHONE = 480
"""Pictures narrower than this have the form for phones."""


def both_widths(draw: Callable[[tuple[int, int]], str]) -> str:
    """A chart drawn twice: the style sheet of a page shows the wide one or the narrow one, and
    sizes it.
    """
    wide, narrow = (draw(size).replace(STANDING, "") for size in (WIDE, NARROW))
    return f'<div class="w">{wide}</div><div class="n">{narrow}</div>'


def width_of(text: str, size: float = FONT) -> float:
    """Pixels that a text needs, rather too many than too few.

    >>> width_of("abc") < width_of("股票型")
    True
    """
    shares = (1.0 if east_asian_width(c) in "WF" else 0.9 if c in "%MW@" else 0.6 for c in text)
    return sum(shares) * size


def wrapped(text: str, width: float, size: float = FONT) -> list[str]:
    """The text in lines of at most `width` pixels: between words, else within them; never cut."""
    lines: list[str] = [""]
    for word in _pieces(text):
        if lines[-1] and width_of(lines[-1] + word.rstrip(), size) > width:
            lines.append("")
        for c in word if width_of(word, size) > width else (word,):
            if lines[-1] and width_of(lines[-1] + c, size) > width:
                lines.append("")
            lines[-1] += c
    return [line.strip() for line in lines if line.strip()] or [""]


def _pieces(text: str) -> list[str]:
    """Words with the space behind them; wide letters stand alone."""
    pieces = [""]
    for c in text:
        wide = east_asian_width(c) in "WF"
        if pieces[-1] and (
            wide or pieces[-1][-1] in " _/" or east_asian_width(pieces[-1][-1]) in "WF"
        ):
            pieces.append("")
        pieces[-1] += c
    return pieces


def text_at(x: float, y: float, text: str, anchor: str = "", more: str = "") -> str:
    """One line of text."""
    side = f' text-anchor="{anchor}"' if anchor else ""
    return f'<text x="{x:.1f}" y="{y:.1f}"{side}{more}>{escape(text)}</text>'


def title_lines(title: str, width: int) -> list[str]:
    """The title as it fits."""
    return wrapped(title, width - 8, FONT + 1) if title else []


def legend(
    names: Sequence[str], width: int, top: float, look: Callable[[int], str] = fill
) -> tuple[str, float]:
    """A swatch, or a piece of the line where `look` strokes, and the whole name of each series, row
    by row; and the height of all rows.
    """
    parts: list[str] = []
    x, y = 4.0, top + 12.0
    for k, name in enumerate(names):
        lines = wrapped(name, width - SAMPLE - 14)
        wide = SAMPLE + 8.0 + max(map(width_of, lines)) + 10.0
        if x > 4.0 and x + wide > width:
            x, y = 4.0, y + LINE
        end, swatch = x + SAMPLE, look(k)
        parts.append(
            f'<path d="M{x:.1f} {y - 4:.1f}H{end:.1f}" fill="none" {swatch}/>'
            if "stroke=" in swatch
            else f'<rect x="{x:.1f}" y="{y - 10:.1f}" width="{SAMPLE}" height="12" {swatch}/>'
        )
        for line in lines:
            parts.append(text_at(end + 4, y, line))
            y += LINE
        y -= LINE
        x += wide
    return "".join(parts), y + 6.0 - top


def legend_height(names: Sequence[str], width: int) -> float:
    """Pixels that `legend` needs."""
    return legend(names, width, 0.0)[1]


def picture(size: tuple[float, float], title: str, parts: Sequence[str]) -> str:
    """One `<svg>` element with its title on top."""
    width, height = size
    head = "".join(
        text_at(2, 14 + LINE * k, line, more=f' font-weight="bold" font-size="{FONT + 1}"')
        for k, line in enumerate(title_lines(title, int(width)))
    )
    label = escape(title or "chart", quote=True)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-label="{label}" '
        f'viewBox="0 0 {width:g} {height:g}" width="{width:g}" height="{height:g}" '
        f'{STANDING}fill="currentColor" font-family="sans-serif" '
        f'font-size="{FONT}">{head}{"".join(parts)}</svg>'
    )
