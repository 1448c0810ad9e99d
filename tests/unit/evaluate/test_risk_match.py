"""Over and under the promised band, apart."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from advisor import InputError
from advisor.contracts import RiskBands
from advisor.evaluate import FixedMix, backtest_many, evaluate_risk
from advisor.evaluate.risk.risk import evaluate_risk_of
from strategies import market_of

BANDS = RiskBands.default()


def zigzag(volatility: float, sessions: int = 252) -> np.ndarray:
    """Returns +a, -a, +a ... whose annualised standard deviation over any even window is the one
    asked for (up to the divisor)."""
    return volatility / 252**0.5 * np.where(np.arange(sessions) % 2, -1.0, 1.0)


MARKET = market_of({"cash": np.zeros(252), "calm": zigzag(0.06), "wild": zigzag(0.30)})


def test_each_side_of_the_band_is_counted_apart() -> None:
    report = evaluate_risk(np.eye(3), MARKET, levels=[3, 3, 3], bands=BANDS)
    assert report.under.tolist() == [1.0, 0.0, 0.0]
    assert report.inside.tolist() == [0.0, 1.0, 0.0]
    assert report.over.tolist() == [0.0, 0.0, 1.0]
    assert report.windows.tolist() == [7, 7, 7]
    np.testing.assert_allclose(report.volatility, [0.0, 0.06, 0.30], rtol=0.005)
    table = report.by_level()
    assert table.index.tolist() == ["C3"]
    np.testing.assert_allclose(table.loc["C3", ["inside", "over", "under"]].astype(float), 1 / 3)
    assert "33.3% inside, 33.3% over, 33.3% under" in repr(report)


@pytest.mark.parametrize(("level", "miss"), [(1, 0.0), (2, 1.0), (3, 1.0), (4, 1.0), (5, 1.0)])
def test_cash_is_a_miss_for_all_but_the_lowest_level(level: int, miss: float) -> None:
    for weights in ([[1.0, 0.0, 0.0]], [[0.0, 0.0, 0.0]]):
        report = evaluate_risk(weights, MARKET, levels=[level])
        assert report.under.tolist() == [miss]
        assert report.over.tolist() == [0.0]


def test_drawdown_is_judged_against_the_stress_loss() -> None:
    fall = np.zeros(126)
    fall[10], fall[60] = -0.10, -0.10  # from 1 to .81: a drawdown of 19 %
    report = evaluate_risk(np.ones((5, 1)), market_of({"x": fall}), levels=[1, 2, 3, 4, 5])
    np.testing.assert_allclose(report.worst_drawdown, 0.19, rtol=1e-12)
    assert report.breached.tolist() == [1.0, 1.0, 1.0, 0.0, 0.0]
    assert evaluate_risk([[0.5]], market_of({"x": fall}), levels=[3]).breached.tolist() == [0.0]


def test_drawdown_counts_from_the_purchase() -> None:
    first = np.zeros(126)
    first[0] = -0.2
    assert evaluate_risk([[1.0]], market_of({"x": first}), levels=[1]).worst_drawdown[
        0
    ] == pytest.approx(0.2)


def test_volatility_is_that_of_a_portfolio_that_drifts() -> None:
    rng = np.random.default_rng(1)
    market = market_of({name: rng.normal(0.001, 0.02, 126) for name in "abc"})
    weights = np.array([0.5, 0.2, 0.1])
    units = weights * np.cumprod(1.0 + market.returns, axis=0)
    value = pd.Series(np.append(1.0, units.sum(axis=1) + 0.2))
    report = evaluate_risk(weights[None], market, levels=[5])
    assert report.volatility[0] == pytest.approx(value.pct_change().std() * 252**0.5, rel=1e-12)
    assert report.worst_drawdown[0] == pytest.approx(
        (1.0 - value / value.cummax()).max(), rel=1e-12
    )


def test_rows_do_not_depend_on_the_others_or_on_the_block(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(2)
    market = market_of({name: rng.normal(0.0005, 0.01, 200) for name in "abcd"})
    weights, levels = rng.dirichlet(np.ones(4), size=50), rng.integers(0, 6, size=50)
    whole = evaluate_risk(weights, market, levels=levels)
    monkeypatch.setattr("advisor.evaluate.risk.risk.BLOCK", 7)
    parts = evaluate_risk(weights, market, levels=levels)
    for name in ("over", "under", "breached", "volatility", "worst_drawdown", "over_by_window"):
        assert getattr(whole, name).tobytes() == getattr(parts, name).tobytes()
    alone = evaluate_risk(weights[[13]], market, levels=levels[[13]])
    assert alone.volatility.tobytes() == whole.volatility[[13]].tobytes()


def test_portfolios_that_are_alike_are_judged_once_and_counted_each() -> None:
    weights = np.eye(3)[[1, 2, 1, 1, 0]]
    report = evaluate_risk(weights, MARKET, levels=[3, 3, 3, 5, 0])
    assert report.inside.tolist()[:4] == [1.0, 0.0, 1.0, 0.0]
    assert np.isnan(report.inside[4])
    np.testing.assert_allclose(report.over_by_window, 1 / 4)
    np.testing.assert_allclose(report.under_by_window, 1 / 4)
    assert report.summary()["portfolios"] == 4


def test_level_zero_and_assets_without_history_are_said_not_judged() -> None:
    late = zigzag(0.06)
    late[:200] = np.nan
    market = market_of({"calm": zigzag(0.06), "late": late})
    report = evaluate_risk([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0]], market, levels=[0, 3, 3])
    assert report.status == ("no_level", "judged", "no_history")
    assert report.windows.tolist() == [0, 7, 0]
    assert np.isnan(report.over[[0, 2]]).all()
    assert report.summary()["portfolios"] == 1
    assert report.summary()["inside"] == 1.0
    assert len(report.to_frame()) == 3
    nobody = evaluate_risk([[1.0, 0.0]], market, levels=[0])
    assert nobody.by_level().empty
    assert "none could be judged" in repr(nobody)


def test_asset_that_ends_inside_a_window_turns_to_cash() -> None:
    ends = zigzag(0.30, 126)
    ends[60:] = np.nan
    report = evaluate_risk([[1.0, 0.0]], market_of({"ends": ends, "on": np.zeros(126)}), levels=[5])
    assert report.windows.tolist() == [1]
    assert report.volatility[0] == pytest.approx(0.30 * (60 / 126) ** 0.5, rel=0.02)


def test_short_position_that_loses_everything_is_over_the_band() -> None:
    up = np.full(126, 0.02)
    report = evaluate_risk([[-1.0]], market_of({"up": up}), levels=[5])
    assert report.over.tolist() == [1.0]
    assert report.worst_drawdown[0] > 1.0


def test_of_a_walk_forward_judges_what_was_earned() -> None:
    results = backtest_many(
        {"calm": FixedMix({"calm": 1.0}), "cash": FixedMix({"cash": 1.0})},
        MARKET,
        warmup=1,
        every=21,
        cost_bps=0.0,
    )
    report = evaluate_risk_of(results, levels={"calm": 3, "cash": 3})
    assert report.inside.tolist() == [1.0, 0.0]
    assert report.under.tolist() == [0.0, 1.0]
    np.testing.assert_allclose(report.volatility, [0.06, 0.0], rtol=0.005, atol=1e-12)
    with pytest.raises(InputError, match="No strategy is named"):
        evaluate_risk_of(results, levels={"other": 3})
    with pytest.raises(InputError, match="levels is empty"):
        evaluate_risk_of(results, levels={})


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"levels": [6]}, "levels\\[0\\] is 6"),
        ({"levels": [2.5]}, "levels\\[0\\] is 2.5"),
        ({"levels": [1, 2]}, "shape"),
        ({"days": 1}, "days is 1"),
        ({"step": 0}, "step is 0"),
        ({"days": 500}, "252 sessions"),
        ({"weights": [[1.0]]}, "shape"),
        ({"weights": [[np.nan, 0.0, 0.0]]}, "not finite"),
    ],
)
def test_refusals(change: dict[str, object], message: str) -> None:
    arguments = {"weights": [[1.0, 0.0, 0.0]], "levels": [3], **change}
    with pytest.raises(InputError, match=message):
        evaluate_risk(arguments.pop("weights"), MARKET, **arguments)


def test_notebook_and_figure() -> None:
    report = evaluate_risk(np.eye(3), MARKET, levels=[1, 3, 5])
    card = report._repr_html_()
    assert card.count("<svg") == 2
    assert "C3" in card
    assert len(report.plot().axes) == 1


def test_a_band_that_no_asset_is_volatile_enough_for_is_not_reachable() -> None:
    calm_then_wild = np.concatenate([zigzag(0.06, 126), zigzag(0.30, 126)])
    market = market_of({"cash": np.zeros(252), "turns": calm_then_wild})
    report = evaluate_risk([[0.0, 1.0], [1.0, 0.0], [0.0, 1.0]], market, levels=[5, 5, 3], step=126)
    assert report.not_reachable.tolist() == [0.5, 0.5, 0.0]
    assert report.under.tolist() == [0.0, 0.5, 0.0]
    assert report.inside.tolist() == [0.0, 0.0, 0.5]
    np.testing.assert_allclose(report.not_reachable_by_window, [2 / 3, 0.0])
    assert report.by_level().loc["C5", "not_reachable"] == 0.5
    assert "33.3% not reachable" in repr(report)
    results = backtest_many(
        {"turns": FixedMix({"turns": 1.0})}, market, warmup=1, every=21, cost_bps=0.0
    )
    told, plain = (
        evaluate_risk_of(results, levels={"turns": 5}, step=126, market=known)
        for known in (market, None)
    )
    assert told.not_reachable[0] == plain.under[0] > 0.0
    assert told.under[0] == plain.not_reachable[0] == 0.0
    with pytest.raises(InputError, match="other sessions"):
        evaluate_risk_of(results, levels={"turns": 5}, market=market.until(market.dates[200]))
