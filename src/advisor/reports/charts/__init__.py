"""Charts as inline SVG strings: what reports show in a notebook, a page and a PDF, with no plotting
library.

Every function returns `<svg>` elements that stand alone: no script, no outside font or style sheet,
a title for screen readers, text that is escaped and never cut. Text, axes and grid take the colour
of the page around them. Numbers that are not finite, or beyond 1e15, leave a gap.

>>> line_chart({"growth": [1.0, 1.1, 1.05]}, title="Growth").startswith("<svg")
True
"""

from advisor.reports.charts.areas import area_chart, fan_chart
from advisor.reports.charts.axes import Axis
from advisor.reports.charts.bars import bar_chart
from advisor.reports.charts.canvas import NARROW, WIDE, both_widths
from advisor.reports.charts.lines import line_chart
from advisor.reports.charts.numbers import percent, plain
from advisor.reports.charts.palette import COLOURS, DARK, scheme_style

__all__ = [
    "COLOURS",
    "DARK",
    "NARROW",
    "WIDE",
    "Axis",
    "area_chart",
    "bar_chart",
    "both_widths",
    "fan_chart",
    "line_chart",
    "percent",
    "plain",
    "scheme_style",
]
