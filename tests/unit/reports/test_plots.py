"""Figures hold the numbers of what they draw, show themselves in a notebook, and say what is
missing."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from advisor import InputError, Mandate, ReturnModel, optimal_portfolio, trace_frontier
from advisor.contracts import Advice
from advisor.lifecycle import glide_path, wealth_fan
from advisor.measures import reliability_curve
from advisor.reports import plot_allocation, plot_frontier, plot_glide_path, plot_reliability

MODEL = ReturnModel(["bonds", "stocks"], [0.02, 0.08], [[0.0025, 0.0], [0.0, 0.04]])
FRONTIER = trace_frontier(MODEL)


def lines_of(figure, axis: int = 0) -> dict[str, np.ndarray]:
    return {line.get_label(): line.get_xydata() for line in figure.axes[axis].lines}


def test_frontier_draws_curve_corners_assets_and_the_client() -> None:
    chosen = optimal_portfolio(MODEL, target_volatility=0.1)
    advice = Advice(
        client_id="c",
        as_of="2026-01-01",
        status="ok",
        level=3,
        expected_return=0.05,
        expected_volatility=0.07,
    )
    lines = lines_of(plot_frontier(FRONTIER, {"anna": chosen, "ben": advice}))
    np.testing.assert_array_equal(
        lines[f"{len(FRONTIER)} corner portfolios"],
        np.column_stack([FRONTIER.volatility, FRONTIER.mean]),
    )
    np.testing.assert_array_equal(lines["anna"], [[chosen.volatility, chosen.mean]])
    np.testing.assert_array_equal(lines["ben"], [[0.07, 0.05]])
    np.testing.assert_allclose(lines["single assets"], [[0.05, 0.02], [0.2, 0.08]])
    x, y = lines["frontier"].T
    np.testing.assert_allclose(y, FRONTIER.at_volatility(x) @ MODEL.mean)


def test_an_advice_without_a_portfolio_has_no_place() -> None:
    with pytest.raises(InputError, match="no_suitable_level"):
        plot_frontier(
            FRONTIER,
            {"x": Advice(client_id="x", as_of="2026-01-01", status="no_suitable_level", level=0)},
        )


def test_allocation_stacks_each_bar_to_its_sum_and_shorts_to_the_left() -> None:
    figure = plot_allocation(
        {
            "a": {"x": 0.6, "y": 0.4},
            "b": {"x": 1.3, "y": -0.3},
            "c": optimal_portfolio(MODEL, target_volatility=0.1),
        }
    )
    bars = [(p.get_x(), p.get_x() + p.get_width()) for p in figure.axes[0].patches]
    assert max(max(b) for b in bars) == pytest.approx(1.3)
    assert min(min(b) for b in bars) == pytest.approx(-0.3)
    with pytest.raises(InputError, match="nothing to draw"):
        plot_allocation({"none": {}})


def test_glide_path_fan_draws_quantiles_goal_and_share() -> None:
    share = glide_path(np.arange(10.0, 0.0, -1.0), length=10.0)
    fan = wealth_fan(100.0, share, amount=120.0)
    figure = plot_glide_path(fan)
    np.testing.assert_array_equal(lines_of(figure)["50%"][:, 1], fan.wealth[2])
    assert len(figure.axes[0].collections) == 2
    np.testing.assert_array_equal(lines_of(figure, 1)["_child0"][:, 1], fan.risky_share)


def test_reliability_curve_is_drawn_against_the_diagonal() -> None:
    curve = reliability_curve(
        np.array([0.2, 0.2, 0.2, 0.2, 0.8]), np.array([True, False, False, False, True])
    )
    lines = lines_of(plot_reliability(curve))
    diagonal = lines["as often as stated"]
    np.testing.assert_array_equal(diagonal[:, 0], diagonal[:, 1])
    figure = plot_reliability(curve)
    np.testing.assert_allclose(
        figure.axes[0].collections[0].get_offsets(), [[0.2, 0.25], [0.8, 1.0]]
    )


def test_a_figure_shows_itself_in_the_same_bytes_each_time() -> None:
    first, second = plot_frontier(FRONTIER)._repr_png_(), plot_frontier(FRONTIER)._repr_png_()
    assert first[:8] == b"\x89PNG\r\n\x1a\n"
    assert first == second


def test_without_matplotlib_the_extra_is_named(monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(InputError, match=r"advisor\[plot\]"):
        plot_frontier(FRONTIER)


def test_a_frontier_is_drawn_after_the_costs_of_short_positions() -> None:
    mandate = Mandate(min_weight=-0.5, max_weight=1.5, max_gross=2.0, short_costs={"bonds": 0.03})
    frontier = trace_frontier(MODEL, mandate)
    x, y = lines_of(plot_frontier(frontier))["frontier"].T
    weights = frontier.at_volatility(x)
    net = weights @ MODEL.mean - 0.03 * np.maximum(-weights[:, 0], 0.0)
    np.testing.assert_allclose(y, net, atol=1e-12)
    assert (weights[:, 0] < -0.01).any()


def test_names_of_assets_do_not_touch() -> None:
    names = [f"asset number {k}" for k in range(6)]
    model = ReturnModel(names, [0.05 + 1e-4 * k for k in range(6)], np.eye(6) * 0.04)
    figure = plot_frontier(trace_frontier(model))
    figure.canvas.draw()
    boxes = [text.get_window_extent() for text in figure.axes[0].texts]
    assert len(boxes) == 6
    assert not any(a.overlaps(b) for i, a in enumerate(boxes) for b in boxes[:i])


def test_the_legend_hides_no_line() -> None:
    figure = plot_frontier(FRONTIER)
    figure.canvas.draw()
    (legend,) = figure.legends
    assert not legend.get_window_extent().overlaps(figure.axes[0].get_window_extent())


def test_chinese_names_have_letters_where_a_font_is_installed() -> None:
    from matplotlib.font_manager import findSystemFonts, fontManager

    here = [file for file in findSystemFonts() if "CJK" in file]
    if not here:
        pytest.skip("no font with Chinese letters")
    for file in here:  # the list that matplotlib keeps may be older than the font
        fontManager.addfont(file)
    figure = plot_allocation({"组合": {"国债": 0.6, "黄金": 0.4}})
    figure._repr_png_()  # a letter without a glyph is a warning, and so an error here
