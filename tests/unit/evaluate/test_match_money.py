"""Realised return and volatility of picks, by hand and against a loop."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from advisor import Catalogue, InputError, Market, Product, Ranking
from advisor.evaluate import evaluate_money


def market(days: int = 40, assets: str = "abcd") -> Market:
    rng = np.random.default_rng(1)
    returns = rng.normal(0.001, 0.01, (days, len(assets)))
    return Market.from_returns(
        pd.DataFrame(
            returns, index=pd.bdate_range("2026-01-01", periods=days), columns=list(assets)
        )
    )


def ranked(codes: list[list[int]], products: str = "abcd") -> Ranking:
    table = np.array(codes)
    return Ranking(
        tuple(f"c{i}" for i in range(len(codes))),
        tuple(products),
        table,
        np.where(table >= 0, 0.0, np.nan),
    )


def test_every_list_equals_a_plain_loop() -> None:
    prices = market()
    report = evaluate_money(
        ranked([[0, 1], [2, -1], [0, 1], [-1, -1]]), prices, str(prices.dates[9]), rows=20
    )
    window = prices.returns[10:30]
    for i, held in enumerate([[0, 1], [2], [0, 1]]):
        grown = np.mean([np.prod(1 + window[:, j]) for j in held])
        assert report.total_return[i] == pytest.approx(grown - 1, abs=1e-14)
        assert report.monthly_return[i] == pytest.approx(grown ** (21 / 20) - 1, abs=1e-14)
        assert report.volatility[i] == pytest.approx(
            np.std(window[:, held].mean(axis=1), ddof=1) * np.sqrt(252), abs=1e-14
        )
    assert np.isnan(report.total_return[3])
    assert report.end == prices.dates[29]
    shelf = np.prod(1 + window, axis=0).mean() - 1
    assert report.catalogue["total_return"] == pytest.approx(shelf, abs=1e-14)


def test_the_past_does_not_count_and_the_far_future_neither() -> None:
    prices = market()
    report = evaluate_money(ranked([[0, 1]]), prices, str(prices.dates[9]), rows=20)
    shaken = prices.returns.copy()
    shaken[:10] = 0.5
    shaken[30:] = -0.5
    other = Market.from_returns(
        pd.DataFrame(shaken, index=pd.DatetimeIndex(prices.dates), columns=list(prices.assets))
    )
    again = evaluate_money(ranked([[0, 1]]), other, str(prices.dates[9]), rows=20)
    assert again.total_return.tolist() == report.total_return.tolist()


def test_unpriced_picks_are_left_out_and_counted() -> None:
    frame = market().to_frame()
    frame.loc[frame.index[:15], "b"] = np.nan
    prices = Market.from_returns(frame)
    report = evaluate_money(ranked([[0, 1], [1, -1]]), prices, str(prices.dates[9]), rows=20)
    assert report.priced == pytest.approx(1 / 3)
    assert report.total_return[0] == pytest.approx(np.prod(1 + prices.returns[10:30, 0]) - 1)
    assert np.isnan(report.total_return[1])


def test_funds_earn_what_they_expose_to_less_their_fee() -> None:
    prices = market(assets="ab")
    shelf = Catalogue.from_products(
        [
            Product(
                id="f", name="f", risk_level=3, exposures={"a": 0.25, "b": 0.75}, annual_fee=0.0252
            )
        ]
    )
    report = evaluate_money(
        ranked([[0]], "f"), prices, str(prices.dates[9]), rows=20, catalogue=shelf
    )
    expected = np.prod(1 + prices.returns[10:30] @ [0.25, 0.75] - 0.0001) - 1
    assert report.total_return[0] == pytest.approx(expected, abs=1e-14)


def test_baseline_is_paired_and_printed() -> None:
    prices = market()
    report = evaluate_money(
        ranked([[0, 1], [2, 3]]),
        prices,
        str(prices.dates[9]),
        rows=20,
        baseline=ranked([[1, 0], [0, -1]]),
    )
    rival = evaluate_money(ranked([[1, 0], [0, -1]]), prices, str(prices.dates[9]), rows=20)
    assert report.differences["volatility"].mean == pytest.approx(
        np.mean(report.volatility - rival.volatility)
    )
    turned = Ranking.from_frame(ranked([[1, 0], [0, -1]]).to_frame().iloc[::-1])
    again = evaluate_money(
        ranked([[0, 1], [2, 3]]), prices, str(prices.dates[9]), rows=20, baseline=turned
    )
    assert turned.client_ids == ("c1", "c0")
    assert again.differences == report.differences
    assert "minus baseline" in str(report)
    assert report.to_frame()["measure"].tolist() == ["total_return", "monthly_return", "volatility"]


def test_what_cannot_be_judged_is_refused() -> None:
    prices = market()
    day = str(prices.dates[9])
    with pytest.raises(InputError, match="30 rows after"):
        evaluate_money(ranked([[0]]), prices, day, rows=31)
    with pytest.raises(InputError, match="No pick"):
        evaluate_money(ranked([[0]], "q"), prices, day, rows=20)
    with pytest.raises(InputError, match="no list for client"):
        evaluate_money(ranked([[0], [1]]), prices, day, rows=20, baseline=ranked([[0]]))
