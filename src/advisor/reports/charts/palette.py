"""Twelve colours that colour-blind readers tell apart, for light pages and for dark ones.

Searched for over a grid of colours: any two differ by 13 or more (CIEDE2000) to normal, protanopic,
deuteranopic and tritanopic eyes (Machado, Oliveira and Fernandes 2009, severity 1), and each has a
contrast of 3 or more with its page (WCAG 2.2, 1.4.11). A test measures both.
"""

from __future__ import annotations

COLOURS = (
    "#0072B2", "#D55E00", "#004433", "#993355", "#2299DD", "#AA8866",
    "#440000", "#888888", "#AA0000", "#2200DD", "#000044", "#553377",
)  # fmt: skip
"""On white."""
DARK = (
    "#56B4E9", "#F28E2B", "#007755", "#EE0066", "#FFEEBB", "#7766FF",
    "#886600", "#BBFFFF", "#888888", "#BB2299", "#DDFF00", "#BBBBBB",
)  # fmt: skip
"""On `DARK_PAGE`."""
DARK_PAGE = "#14171C"
DASHES = ("", "6 3", "2 2")


def dash_of(k: int) -> int:
    """Which of three dashes the line of series k has: none up to the 4th, so that lines differ in
    black and white too, and another one each time a colour comes again.
    """
    return (k // 4 + k // len(COLOURS)) % len(DASHES)


def stroke(k: int, width: float = 1.8) -> str:
    """Attributes of the line of series k; `scheme_style` recolours it on a dark page."""
    dash = DASHES[dash_of(k)]
    dashed = f' stroke-dasharray="{dash}"' if dash else ""
    return (
        f'class="s{k % len(COLOURS)}" stroke="{COLOURS[k % len(COLOURS)]}"'
        f' stroke-width="{width:g}"{dashed}'
    )


def fill(k: int, opacity: float = 1.0) -> str:
    """Attributes of the area of series k."""
    faint = "" if opacity == 1.0 else f' fill-opacity="{opacity:g}"'
    return f'class="f{k % len(COLOURS)}" fill="{COLOURS[k % len(COLOURS)]}"{faint}'


def scheme_style() -> str:
    """CSS that recolours charts on a dark screen; print stays light."""
    rules = "".join(f".s{k}{{stroke:{c}}}.f{k}{{fill:{c}}}" for k, c in enumerate(DARK))
    return f"@media screen and (prefers-color-scheme:dark){{{rules}}}"
