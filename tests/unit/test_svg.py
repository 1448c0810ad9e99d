"""Charts are well-formed, escaped, and draw what they are given."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.errors import InputError
from advisor.reports.charts import MOST_POINTS, area_chart, bar_chart, line_chart, percent, plain

NS = "{http://www.w3.org/2000/svg}"
NUMBERS = st.lists(st.floats(allow_nan=True, allow_infinity=True), min_size=1, max_size=30)


def points_of(chart: str, tag: str = "polyline") -> list[list[tuple[float, float]]]:
    return [[tuple(float(v) for v in p.split(",")) for p in e.attrib["points"].split()] for e in ET.fromstring(chart).iter(NS + tag)]


def test_line_goes_from_left_to_right_and_up() -> None:
    (line,) = points_of(line_chart({"a": [1.0, 2.0, 3.0]}))
    xs, ys = zip(*line, strict=True)
    assert xs[0] < xs[1] < xs[2]
    assert ys[0] > ys[1] > ys[2]
    assert xs[1] - xs[0] == pytest.approx(xs[2] - xs[1], abs=0.11)


def test_gap_splits_the_line() -> None:
    assert [len(run) for run in points_of(line_chart({"a": [1.0, float("nan"), 3.0, 4.0]}))] == [1, 2]


def test_long_lines_are_thinned_to_both_ends() -> None:
    (line,) = points_of(line_chart({"a": np.arange(10_000.0)}))
    assert len(line) == MOST_POINTS
    assert line[0][0] == 58.0
    assert line[-1][0] == 628.0


def test_areas_stack_to_the_top() -> None:
    first, second = points_of(area_chart({"a": [0.25, 0.5], "b": [0.75, 0.5]}), "polygon")
    assert min(y for _, y in second) == pytest.approx(26.0)
    assert first[0][1] == second[-1][1]


def test_bars_are_as_long_as_their_values_and_whiskers_span_their_interval() -> None:
    root = ET.fromstring(bar_chart({"a": 1.0, "b": 2.0, "c": float("nan"), "d": -1.0}, errors={"b": (1.0, 3.0)}))
    bars = [float(e.attrib["width"]) for e in root.iter(NS + "rect")][1:]
    assert bars[1] == pytest.approx(2 * bars[0], abs=0.2)
    assert len(bars) == 3
    (whisker,) = root.iter(NS + "line")
    assert float(whisker.attrib["x2"]) - float(whisker.attrib["x1"]) == pytest.approx(2 * bars[0], abs=0.2)
    assert "–" in [e.text for e in root.iter(NS + "text")]


def test_text_is_escaped_and_titled() -> None:
    chart = line_chart({"<b> & co": [1.0]}, title='say "<x>"', labels=["<day>"])
    root = ET.fromstring(chart)
    assert root.attrib["aria-label"] == 'say "<x>"'
    assert "<b>" not in chart
    assert {e.text for e in root.iter(NS + "text")} >= {'say "<x>"', "<b> & co", "<day>"}


@given(NUMBERS, st.booleans())
def test_any_numbers_give_a_well_formed_chart(values: list[float], filled: bool) -> None:
    for chart in (
        line_chart({"a": values}, filled=filled),
        area_chart({"a": values}),
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
    assert (percent(0.5), percent(-0.001), percent(0.0), plain(12345.6), plain(0.12345)) == ("50.0%", "-0.10%", "0.0%", "12,346", "0.1235")
    assert "+3 more" in line_chart({str(i): [1.0] for i in range(10)})
