"""Charts are well-formed, escaped, and draw what they are given, readable on a phone and by
colour-blind eyes."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Callable
from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor import InputError
from advisor.reports.charts import (
    COLOURS,
    DARK,
    NARROW,
    WIDE,
    Axis,
    area_chart,
    bar_chart,
    both_widths,
    fan_chart,
    line_chart,
    percent,
    plain,
    scheme_style,
)
from advisor.reports.charts.canvas import wrapped
from advisor.reports.charts.palette import DARK_PAGE, stroke

NS = "{http://www.w3.org/2000/svg}"
NUMBERS = st.lists(st.floats(allow_nan=True, allow_infinity=True), min_size=1, max_size=30)
LONG = (
    "A policy with a name that nobody would shorten, 名称很长的策略组合 (net of all costs and of"
    " all fees)"
)


def points_of(chart: str, tag: str = "polyline") -> list[list[tuple[float, ...]]]:
    return [
        [tuple(float(v) for v in p.split(",")) for p in e.attrib["points"].split()]
        for e in ET.fromstring(chart).iter(NS + tag)
    ]


def texts_of(chart: str) -> list[str]:
    return [e.text or "" for e in ET.fromstring(chart).iter(NS + "text")]


def test_line_goes_from_left_to_right_and_up() -> None:
    (line,) = points_of(line_chart({"a": [1.0, 2.0, 3.0]}))
    xs, ys = zip(*line, strict=True)
    assert xs[0] < xs[1] < xs[2]
    assert ys[0] > ys[1] > ys[2]
    assert xs[1] - xs[0] == pytest.approx(xs[2] - xs[1], abs=0.11)


def test_gap_splits_the_line() -> None:
    chart = line_chart({"a": [1.0, float("nan"), 3.0, 4.0]})
    assert [len(run) for run in points_of(chart)] == [1, 2]


@pytest.mark.parametrize("size", [WIDE, NARROW])
def test_long_lines_are_thinned_to_both_ends(size: tuple[int, int]) -> None:
    (line,) = points_of(line_chart({"a": np.arange(10_000.0)}, size=size))
    assert size[0] <= len(line) <= 2 * size[0]
    ys = [y for _, y in line]
    assert (ys[0], ys[-1]) == (max(ys), min(ys))
    assert line[-1][0] == pytest.approx(size[0] - 8.0)


def test_areas_stack() -> None:
    first, second = points_of(area_chart({"a": [0.25, 0.5], "b": [0.75, 0.5]}), "polygon")
    assert first[0][1] == second[-1][1]
    heights = [max(y for _, y in first) - y for y in (first[0][1], second[0][1])]
    assert heights[1] == pytest.approx(4 * heights[0], abs=0.3)


def test_bars_are_as_long_as_their_values_and_whiskers_span_their_interval() -> None:
    values = {"a": 1.0, "b": 2.0, "c": float("nan"), "d": -1.0}
    root = ET.fromstring(bar_chart(values, errors={"b": (1.0, 3.0)}, limits={"most": 2.0}))
    bars = [float(e.attrib["width"]) for e in root.iter(NS + "rect")]
    assert bars[1] == pytest.approx(2 * bars[0], abs=0.2)
    assert len(bars) == 3
    whisker, limit = root.iter(NS + "line")
    assert float(whisker.attrib["x2"]) - float(whisker.attrib["x1"]) == pytest.approx(
        2 * bars[0], abs=0.2
    )
    second = list(root.iter(NS + "rect"))[1]
    end = float(second.attrib["x"]) + bars[1]
    assert float(limit.attrib["x1"]) == pytest.approx(end, abs=0.2)
    assert {"–", "most"} <= {e.text for e in root.iter(NS + "text")}


def test_marks_stand_on_the_line_at_their_place() -> None:
    chart = line_chart(
        {"f": [0.02, 0.04, 0.06]},
        labels=Axis([0.05, 0.10, 0.15], percent, "volatility"),
        form=percent,
        marks={"You are here": (0.10, 0.04), "nowhere": (0.1, float("nan"))},
    )
    (line,) = points_of(chart)
    (ring,) = ET.fromstring(chart).iter(NS + "circle")
    assert (float(ring.attrib["cx"]), float(ring.attrib["cy"])) == pytest.approx(line[1], abs=0.11)
    texts = texts_of(chart)
    assert {"You are here", "volatility", "10%"} <= set(texts)
    assert "nowhere" not in texts


def test_a_fan_is_widest_outside_and_has_its_middle_line() -> None:
    rows = [[10.0, 5.0], [10.0, 8.0], [10.0, 11.0], [10.0, 15.0], [10.0, 20.0]]
    chart = fan_chart(rows, labels=Axis([0.0, 10.0]), names=["middle", "half", "nine of ten"])
    outer, inner = points_of(chart, "polygon")
    (middle,) = points_of(chart)
    assert min(y for _, y in outer) < min(y for _, y in inner) < middle[1][1]
    assert max(y for _, y in outer) > max(y for _, y in inner) > middle[1][1]
    assert {"middle", "half", "nine of ten"} <= set(texts_of(chart))


def ticks_of(chart: str, anchor: str) -> list[float]:
    root = ET.fromstring(chart)
    found = [e.text or "" for e in root.iter(NS + "text") if e.attrib.get("text-anchor") == anchor]
    return [float(t.rstrip("%").replace(",", "")) for t in found if re.fullmatch(r"-?[\d.,]+%?", t)]


@given(st.floats(-100.0, 100.0), st.floats(1e-5, 1e7), st.sampled_from([percent, plain]))
def test_ticks_are_round_even_and_cover_the_data(place: float, span: float, form: object) -> None:
    low = place * span
    chart = line_chart({"a": [low, low + span]}, form=form)  # type: ignore[arg-type]
    scale = 100.0 if form is percent else 1.0
    marks = sorted(ticks_of(chart, "end"))
    assert 2 <= len(marks) <= 8
    step = np.diff(marks).mean()
    assert np.allclose(np.diff(marks), step, rtol=1e-6)
    assert marks[0] <= low * scale + 1e-3 * step
    assert marks[-1] >= (low + span) * scale - 1e-3 * step
    assert f"{step:.3e}".split("e")[0].rstrip("0").rstrip(".") in {"1", "2", "2.5", "5"}


def test_a_time_axis_has_round_days() -> None:
    days = [str(d.date()) for d in pd.bdate_range("2016-03-04", "2024-02-01")]
    texts = texts_of(line_chart({"a": np.ones(len(days))}, labels=days))
    assert {"2017", "2020", "2023"} <= set(texts)
    days = days[:200]
    texts = [t for t in texts_of(line_chart({"a": np.ones(200)}, labels=days)) if "-" in t]
    assert texts
    assert all(re.fullmatch(r"2016-\d\d", t) for t in texts)


@pytest.mark.parametrize("chart", [line_chart, area_chart])
def test_a_long_legend_leaves_the_lines_their_room(chart: Callable[..., str]) -> None:
    names = [f"{LONG} {i}" for i in range(12)]
    root = ET.fromstring(chart({n: [0.1, 0.2] for n in names}, size=NARROW, form=percent))
    ticks = [e for e in root.iter(NS + "text") if e.attrib.get("text-anchor") == "end"]
    lowest = max(float(e.attrib["y"]) for e in root.iter(NS + "text"))
    assert lowest <= float(root.attrib["height"])
    heights = sorted(float(e.attrib["y"]) for e in ticks)
    assert len(heights) >= 3
    assert np.diff(heights).min() >= 12.0


@pytest.mark.parametrize("size", [WIDE, NARROW])
def test_nothing_is_cut_too_small_or_outside(size: tuple[int, int]) -> None:
    """Whole names in the legend and at bars, 11 px or more, inside the picture."""
    names = [f"{LONG} {i}" for i in range(12)]
    width = size[0]
    charts = [
        line_chart(
            {n: [1.0, 2.0] for n in names}, size=(width, 900), labels=["2020-01-01", "2024-01-01"]
        ),
        area_chart({n: [1.0, 2.0] for n in names}, size=(width, 900)),
        bar_chart(dict.fromkeys(names, 0.5), width=width, limits={LONG: 0.4}),
    ]
    for chart in charts:
        root = ET.fromstring(chart)
        assert float(root.attrib["font-size"]) >= 11.0
        said = "".join(texts_of(chart)).replace(" ", "")
        assert all(name.replace(" ", "") in said for name in names)
        assert "…" not in chart
        for e in root.iter(NS + "text"):
            assert float(e.attrib.get("font-size", 12)) >= 11.0
            x, text = float(e.attrib["x"]), e.text or ""
            assert -1.0 <= x <= width + 1.0
            assert len(text) * 5.0 <= width, "a line that cannot fit"
        assert max(float(e.attrib["y"]) for e in root.iter(NS + "text")) <= float(
            root.attrib["height"]
        )


def test_wrapping_keeps_every_letter() -> None:
    for width in (30.0, 100.0, 300.0):
        assert "".join(wrapped(LONG, width)).replace(" ", "") == LONG.replace(" ", "")


def test_both_widths_are_there() -> None:
    html = both_widths(lambda size: line_chart({"a": [1.0]}, size=size))
    assert html.count("<svg") == 2
    assert f'width="{NARROW[0]}"' in html
    assert NARROW[0] + 2 * 16 <= 360


def test_text_is_escaped_and_titled() -> None:
    chart = line_chart({"<b> & co": [1.0], "x": [2.0]}, title='say "<x>"', labels=["<day>"])
    root = ET.fromstring(chart)
    assert root.attrib["aria-label"] == 'say "<x>"'
    assert "<b>" not in chart
    assert set(texts_of(chart)) >= {'say "<x>"', "<b> & co", "<day>"}


def test_a_chart_takes_the_colours_of_its_page() -> None:
    for chart in (line_chart({"a": [1.0]}), bar_chart({"a": 1.0}), area_chart({"a": [1.0]})):
        assert 'fill="currentColor"' in chart
        assert "#fff" not in chart.lower()
        assert "#000" not in re.sub("|".join(COLOURS), "", chart)


@given(NUMBERS, st.booleans())
def test_any_numbers_give_a_well_formed_chart(values: list[float], filled: bool) -> None:
    for chart in (
        line_chart({"a": values}, filled=filled),
        area_chart({"a": values}),
        fan_chart([values] * 3, names=["a", "b"]),
        bar_chart({str(i): v for i, v in enumerate(values)}),
    ):
        assert "nan" not in chart
        assert "inf" not in chart
        ET.fromstring(chart)


def test_refusals_and_words() -> None:
    for broken in ({}, {"a": []}, {"a": [1.0], "b": [1.0, 2.0]}):
        with pytest.raises(InputError, match="lengths"):
            line_chart(broken)
    with pytest.raises(InputError, match="no values"):
        bar_chart({})
    assert (percent(0.5), percent(-0.001), percent(0.0)) == ("50.0%", "-0.10%", "0.0%")
    assert (plain(12345.6), plain(0.12345)) == ("12,346", "0.1235")


# ---- colours: CIEDE2000 between simulated colours, contrast by WCAG

MACHADO = {
    "normal": [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
    "protan": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deutan": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "tritan": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}
TO_XYZ = np.array(
    [
        [0.4124564, 0.3575761, 0.1804375],
        [0.2126729, 0.7151522, 0.0721750],
        [0.0193339, 0.1191920, 0.9503041],
    ]
)


def linear(colour: str) -> np.ndarray:
    c = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255.0
    return np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4)


def lab(rgb: np.ndarray) -> np.ndarray:
    x = TO_XYZ @ np.clip(rgb, 0, 1) / [0.95047, 1.0, 1.08883]
    f = np.where(x > 0.008856, np.cbrt(x), 7.787 * x + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def difference(one: np.ndarray, other: np.ndarray) -> float:
    """CIE76: coarser than CIEDE2000, so the bar below is another one than the search's."""
    return float(np.linalg.norm(one - other))


def contrast(one: str, other: str) -> float:
    light, dark = sorted((float(TO_XYZ[1] @ linear(c)) for c in (one, other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize(("palette", "page"), [(COLOURS, "#FFFFFF"), (DARK, DARK_PAGE)])
def test_twelve_colours_differ_to_every_eye_and_show_on_their_page(
    palette: tuple[str, ...], page: str
) -> None:
    assert len(set(palette)) == 12
    assert min(contrast(c, page) for c in palette) >= 3.0
    for matrix in MACHADO.values():
        seen = [lab(np.array(matrix) @ linear(c)) for c in palette]
        assert min(difference(a, b) for a, b in combinations(seen, 2)) >= 13.0
    confused = [lab(np.array(MACHADO["deutan"]) @ linear(c)) for c in ("#FF0000", "#888800")]
    assert difference(*confused) < difference(lab(linear("#FF0000")), lab(linear("#888800"))) / 2


def test_dark_pages_recolour_every_series() -> None:
    style = scheme_style()
    assert "screen and (prefers-color-scheme:dark)" in style
    assert all(c in style for c in DARK)


def test_thirty_six_lines_differ_and_the_legend_draws_them() -> None:
    looks = [stroke(k) for k in range(36)]
    assert len(set(looks)) == 36
    chart = line_chart({str(k): [0.0, float(k)] for k in range(13)})
    samples = re.findall(r"<path [^>]*(?:stroke-dasharray=\"[^\"]*\")?/>", chart)
    assert len(samples) == 13
    assert all(stroke(k) in sample for k, sample in enumerate(samples))


def test_no_zero_has_a_sign() -> None:
    for form, value in ((percent, -1e-6), (percent, -0.0), (plain, -0.0)):
        assert not form(value).startswith("-")
    assert percent(-0.0004) == "-0.04%"
    flat = line_chart({"none": [0.0, 0.0]}, form=percent)
    assert "100%" in flat  # and not from -100 % on
    assert "-100%" not in flat


def test_bars_of_several_lists_have_their_colours() -> None:
    chart = bar_chart({"a": 1.0, "b": 2.0, "c": 3.0}, looks={"b": 1})
    assert re.findall(r"<rect [^>]*class=\"f(\d)\"", chart) == ["0", "1", "0"]
