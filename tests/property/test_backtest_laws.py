"""What holds for every market and strategy; and that the look-ahead law catches an engine that peeks."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.data.market import Market
from advisor.evaluate import backtest_walk
from advisor.evaluate.backtest import backtest, backtest_many
from advisor.evaluate.backtest_terms import Terms

SEEDS = st.integers(0, 2**32 - 1)


def random_market(seed: int, sessions: int = 120, n: int = 4) -> Market:
    rng = np.random.default_rng(seed)
    returns = rng.normal(5e-4, 0.02, size=(sessions, n))
    returns[: rng.integers(0, 40), 0] = np.nan
    if rng.random() < 0.5:
        returns[sessions - rng.integers(1, 40) :, 1] = np.nan
    return Market.from_returns(
        pd.DataFrame(returns, index=pd.bdate_range("2020-01-01", periods=sessions), columns=[f"a{i}" for i in range(n)])
    )


def chaser(strength: float):
    """A strategy whose answer depends on every number it is shown."""

    def policy(past: Market, held: np.ndarray) -> np.ndarray:
        score = np.exp(strength * np.nan_to_num(past.returns).sum(axis=0)) + np.nan_to_num(past.returns[-1])
        score = np.where(np.isfinite(past.returns[-1]), np.maximum(score, 0.0) + 0.1 * held, 0.0)
        return score / score.sum()

    return policy


def future_matters(seed: int, cut: int) -> bool:
    """Rewrite every return after row `cut`; does anything up to it change?"""
    market = random_market(seed)
    rng = np.random.default_rng(seed + 1)
    other = market.returns.copy()
    rewritten = np.where(np.isfinite(other[cut + 1 :]), rng.normal(0.0, 0.05, size=other[cut + 1 :].shape), np.nan)
    other[cut + 1 :] = rewritten
    twin = Market.from_returns(pd.DataFrame(other, index=pd.DatetimeIndex(market.dates), columns=list(market.assets)))
    runs = [
        backtest(chaser(2.0), m, every="W-MON", warmup=20, terms=Terms(flows={"2020-04-01": 0.1}, cash_rate=0.01)) for m in (market, twin)
    ]
    day = pd.Timestamp(market.dates[cut])
    return any(
        not getattr(runs[0], what).loc[:day].equals(getattr(runs[1], what).loc[:day])
        for what in ("weights", "returns", "turnover", "costs", "wealth", "exposure")
    )


@given(seed=SEEDS, cut=st.integers(25, 115))
def test_the_future_never_matters(seed: int, cut: int) -> None:
    assert not future_matters(seed, cut)


def test_an_engine_that_shows_the_whole_history_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backtest_walk, "_past", lambda market, row, window: market)
    assert future_matters(seed=3, cut=60)


def test_an_engine_one_day_too_generous_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    honest = backtest_walk._past
    monkeypatch.setattr(backtest_walk, "_past", lambda market, row, window: honest(market, min(row + 1, len(market) - 1), window))
    cuts = np.flatnonzero(pd.DatetimeIndex(random_market(3).dates).day_of_week == 0)
    assert any(future_matters(seed=3, cut=int(cut)) for cut in cuts if 25 <= cut < 115)


@given(seed=SEEDS, bps=st.floats(0.0, 200.0))
def test_one_strategy_alone_is_the_same_bytes_as_in_company(seed: int, bps: float) -> None:
    market = random_market(seed)
    policies = {f"s{k}": chaser(k / 2.0) for k in range(4)}
    together = backtest_many(policies, market, warmup=20, cost_bps=bps)
    for name, policy in policies.items():
        alone = backtest(policy, market, warmup=20, cost_bps=bps)
        assert alone.record.returns.tobytes() == together[name].record.returns.tobytes()
        assert alone.record.weights.tobytes() == together[name].record.weights.tobytes()


@given(seed=SEEDS)
def test_shuffling_assets_shuffles_the_answer(seed: int) -> None:
    market = random_market(seed)
    order = np.random.default_rng(seed).permutation(4)
    frame = market.to_frame().iloc[:, order]
    shuffled = backtest(chaser(1.0), Market.from_returns(frame), warmup=20)
    straight = backtest(chaser(1.0), market, warmup=20)
    np.testing.assert_allclose(shuffled.returns, straight.returns, atol=1e-13)
    np.testing.assert_allclose(shuffled.weights[list(market.assets)], straight.weights, atol=1e-13)


@given(seed=SEEDS, bps=st.floats(0.1, 100.0), capital=st.floats(1.0, 1e9))
def test_costs_never_help_and_wealth_is_the_product_of_returns(seed: int, bps: float, capital: float) -> None:
    market = random_market(seed)

    def blind(past: Market, held: np.ndarray) -> np.ndarray:
        return np.where(np.isfinite(past.returns[-1]), 1.0 / np.isfinite(past.returns[-1]).sum(), 0.0)

    free = backtest(blind, market, warmup=20, cost_bps=0.0)
    paid = backtest(blind, market, warmup=20, cost_bps=bps, terms=Terms(capital=capital))
    assert paid.to_frame()["growth"].iloc[-1] < free.to_frame()["growth"].iloc[-1]
    np.testing.assert_allclose(paid.wealth, capital * paid.to_frame()["growth"], rtol=1e-12)
    np.testing.assert_allclose(paid.costs, paid.turnover * bps / 1e4, rtol=1e-12)


@given(seed=SEEDS, flow=st.sampled_from([-0.3, -0.05, 0.01, 0.5, 5.0]))
def test_flows_into_a_fully_invested_account_leave_its_returns_alone(seed: int, flow: float) -> None:
    """On a rebalancing day money in or out is invested or raised at once, so without costs the time-weighted returns are the same."""
    market = random_market(seed)
    plain = backtest(chaser(0.0), market, warmup=20, cost_bps=0.0)
    day = plain.weights.index[1]
    terms = Terms(flows={day.date(): flow})
    weights = plain.weights

    def replay(past: Market, held: np.ndarray) -> np.ndarray:
        return weights.loc[pd.Timestamp(past.dates[-1])].to_numpy()

    moved = backtest(replay, market, warmup=20, cost_bps=0.0, terms=terms)
    np.testing.assert_allclose(moved.returns, plain.returns, atol=1e-13)
    assert np.sign(moved.wealth.iloc[-1] - plain.wealth.iloc[-1]) == np.sign(flow)
