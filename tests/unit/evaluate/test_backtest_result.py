"""What a result says: tables, pages, figures, intervals, comparisons."""

from __future__ import annotations

import sys
import xml.etree.ElementTree as ET

import numpy as np
import pandas as pd
import pytest

from advisor import InputError
from advisor.data import Market
from advisor.evaluate import FixedMix, backtest, backtest_many, equal_weight
from advisor.evaluate.backtesting.record import Failure, Failures
from advisor.measures import portfolio as measure
from advisor.reports import plot_drawdowns
from strategies import random_market


def flaky(past: Market, held: np.ndarray) -> np.ndarray:
    if 400 < len(past) < 450:
        raise RuntimeError("the <solver> is down")
    return np.full(9, 1 / 9)


MARKET = random_market(700, [f"a{i} & <co>" for i in range(9)])
RESULT = backtest(flaky, MARKET, warmup=252, benchmark="a0 & <co>")
RESULTS = backtest_many(
    {
        "equal": equal_weight,
        "one": FixedMix({"a1 & <co>": 0.9}),
        "short": FixedMix({"a2 & <co>": -0.2}),
    },
    MARKET,
    warmup=252,
)


def svgs(page: str) -> list[ET.Element]:
    parts = page.split("<svg")[1:]
    return [ET.fromstring("<svg" + part[: part.index("</svg>")] + "</svg>") for part in parts]


def test_summary_is_the_measures_of_the_returns() -> None:
    s, r = RESULT.summary(), RESULT.returns
    assert s["annual_return"] == measure.annual_return(r)
    assert s["sharpe"] == pytest.approx(r.mean() / r.std() * 252**0.5)
    assert s["max_drawdown"] == pytest.approx(
        (1.0 - (1 + r).cumprod() / (1 + r).cumprod().cummax().clip(lower=1.0)).max()
    )
    assert s["turnover"] == pytest.approx(RESULT.turnover.sum() * 252 / len(r))
    assert s["costs"] == pytest.approx(s["turnover"] / 1000)
    assert s["beta"] == pytest.approx(np.cov(r, RESULT.benchmark)[0, 1] / RESULT.benchmark.var())
    assert s["failures"] == len(RESULT.failures) > 0
    assert f"{len(RESULT.failures)} of {len(RESULT.days)} days failed" in repr(RESULT)


def test_frames_line_up() -> None:
    frame = RESULT.to_frame()
    np.testing.assert_allclose(frame["growth"], (1 + RESULT.returns).cumprod(), rtol=1e-14)
    np.testing.assert_array_equal(frame["drawdown"], RESULT.drawdowns)
    np.testing.assert_array_equal(frame["wealth"], RESULT.wealth)
    both = RESULTS.to_frame()
    assert both.index.names == ["strategy", "day"]
    np.testing.assert_array_equal(both.loc["one", "return"], RESULTS["one"].returns)


def test_returns_are_a_series_that_others_can_read() -> None:
    assert isinstance(RESULT.returns, pd.Series)
    assert isinstance(RESULT.returns.index, pd.DatetimeIndex)
    assert RESULT.returns.dtype == np.float64
    assert RESULT.returns.name == "portfolio"


def test_interval_holds_the_estimate_and_repeats() -> None:
    found = RESULT.interval("sharpe", draws=200)
    assert found.low < found.estimate < found.high
    assert found.estimate == RESULT.summary()["sharpe"]
    assert found == RESULT.interval("sharpe", draws=200)
    assert found != RESULT.interval("sharpe", draws=200, seed=1)
    narrow = RESULT.interval("sharpe", draws=200, level=0.5)
    assert narrow.high - narrow.low < found.high - found.low
    with pytest.raises(InputError, match="choose one of"):
        RESULT.interval("luck")
    with pytest.raises(InputError, match="draws"):
        RESULT.interval(draws=1)


def test_deflated_sharpe_falls_with_the_number_of_trials() -> None:
    from advisor.evaluate.backtesting.deflated import deflate

    rng = np.random.default_rng(1)
    trials = rng.normal(0.0003, 0.01, size=(40, 1000))
    few, many = deflate(trials[:4]), deflate(trials)
    assert (many[:4] < few).all()
    assert RESULTS.deflated_sharpe().between(0.0, 1.0).all()
    assert np.isnan(deflate(np.vstack([trials[:2], np.zeros((1, 1000))]))[2])


def test_compare_refuses_what_it_cannot_compare() -> None:
    assert 0.0 <= RESULTS.compare("equal", "one").p_value <= 1.0
    with pytest.raises(InputError, match="choose"):
        RESULTS.compare("equal", "one", test="t")
    flat = backtest_many({"a": FixedMix({}), "b": equal_weight}, MARKET, warmup=252)
    with pytest.raises(InputError, match="no Sharpe ratio"):
        flat.compare("a", "b")


def test_page_stands_alone_and_is_well_formed() -> None:
    page = RESULT.to_html("A & B")
    assert page.startswith("<!doctype html>")
    for outside in ("<script", "src=", "href=", "http://", "https://"):
        assert outside not in page.replace('xmlns="http://www.w3.org/2000/svg"', "")
    assert "A &amp; B" in page
    assert "the &lt;solver&gt; is down" in page
    assert "<co>" not in page
    assert len(svgs(page)) >= 14, (
        "growth, years, drawdown, two rolling, months, weights: wide and narrow"
    )
    for part in (
        "Drawdowns",
        "Rolling figures",
        "Returns by month",
        "Distribution",
        "Returns by year",
        "Omega",
    ):
        assert part in page
    assert "2022" in page
    assert RESULT.to_html() == RESULT.to_html()


def test_cards_and_pages_of_many() -> None:
    assert len(svgs(RESULT._repr_html_())) == 1
    page = RESULTS.to_html()
    assert len(svgs(page)) == 7  # two charts in both widths, and the weights of three strategies
    assert "Deflated Sharpe" in RESULTS._repr_html_()
    short = backtest(equal_weight, MARKET, warmup=690, every=5)
    assert len(svgs(short.to_html())) == 10
    assert "<svg" not in backtest(equal_weight, MARKET, warmup=700, every=1).to_html()


def test_figures() -> None:
    assert len(RESULT.plot().axes) == 3
    assert len(RESULTS.plot().axes) == 2
    assert len(RESULTS["short"].plot().axes) == 3


def test_drawdowns_are_drawn_a_line_a_strategy() -> None:
    line, _zero = plot_drawdowns(RESULT).axes[0].lines
    np.testing.assert_array_equal(line.get_ydata(), -RESULT.drawdowns.to_numpy())
    assert [line.get_label() for line in plot_drawdowns(RESULTS).axes[0].lines][:3] == [
        "equal",
        "one",
        "short",
    ]


def test_figures_say_what_they_need(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(InputError, match=r"advisor\[plot\]"):
        RESULT.plot()


def test_failures_are_a_list_that_answers_for_days() -> None:
    entries = Failures([Failure(pd.Timestamp("2024-01-02"), "x")])
    assert entries[0] in entries
    assert np.datetime64("2024-01-02") in entries
    assert 3 not in entries
    assert not Failures()


def test_intervals_beside_the_benchmark_draw_the_same_days_for_both() -> None:
    s = RESULT.summary()
    for name in ("beta", "tracking_error", "information_ratio"):
        span = RESULT.interval(name, draws=200, seed=1)
        assert span.estimate == pytest.approx(s[name])
        assert span.low < span.estimate < span.high
    beta = RESULT.interval("beta", draws=200, seed=1)
    assert beta.high - beta.low < 0.2  # drawn apart it would be about 0 and tell nothing of 0.11
    with pytest.raises(InputError, match="choose one of"):
        RESULTS["equal"].interval("beta")
