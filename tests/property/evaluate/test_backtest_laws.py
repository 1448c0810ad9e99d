"""What holds for every market and strategy; and that the look-ahead law catches an engine that
peeks."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.data import Market
from advisor.evaluate import Terms, backtest, backtest_many
from advisor.evaluate.backtesting import backtest as backtest_module
from advisor.evaluate.backtesting import walk as backtest_walk
from advisor.evaluate.backtesting.account import Account

SEEDS = st.integers(0, 2**32 - 1)


def random_market(seed: int, sessions: int = 120, n: int = 4) -> Market:
    rng = np.random.default_rng(seed)
    returns = rng.normal(5e-4, 0.02, size=(sessions, n))
    returns[: rng.integers(0, 40), 0] = np.nan
    if rng.random() < 0.5:
        returns[sessions - rng.integers(1, 40) :, 1] = np.nan
    return Market.from_returns(
        pd.DataFrame(
            returns,
            index=pd.bdate_range("2020-01-01", periods=sessions),
            columns=[f"a{i}" for i in range(n)],
        )
    )


def chaser(strength: float):
    """A strategy whose answer depends on every number it is shown."""

    def policy(past: Market, held: np.ndarray) -> np.ndarray:
        score = np.exp(strength * np.nan_to_num(past.returns).sum(axis=0)) + np.nan_to_num(
            past.returns[-1]
        )
        score = np.where(np.isfinite(past.returns[-1]), np.maximum(score, 0.0) + 0.1 * held, 0.0)
        return score / score.sum()

    return policy


def future_matters(seed: int, cut: int) -> bool:
    """Rewrite every return after row `cut`; does anything up to it change?"""
    market = random_market(seed)
    rng = np.random.default_rng(seed + 1)
    other = market.returns.copy()
    rewritten = np.where(
        np.isfinite(other[cut + 1 :]), rng.normal(0.0, 0.05, size=other[cut + 1 :].shape), np.nan
    )
    other[cut + 1 :] = rewritten
    twin = Market.from_returns(
        pd.DataFrame(other, index=pd.DatetimeIndex(market.dates), columns=list(market.assets))
    )
    runs = [
        backtest(
            chaser(2.0),
            m,
            every="W-MON",
            warmup=20,
            terms=Terms(flows={"2020-04-01": 0.1}, cash_rate=0.01),
        )
        for m in (market, twin)
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
    monkeypatch.setattr(
        backtest_walk,
        "_past",
        lambda market, row, window: honest(market, min(row + 1, len(market) - 1), window),
    )
    cuts = np.flatnonzero(pd.DatetimeIndex(random_market(3).dates).day_of_week == 0)
    assert any(future_matters(seed=3, cut=int(cut)) for cut in cuts if 25 <= cut < 115)


def company_matters(seed: int, bps: float) -> bool:
    """Does a strategy's run change by a bit when others run beside it?"""
    market = random_market(seed)
    policies = {f"s{k}": chaser(k / 2.0) for k in range(4)}
    together = backtest_many(policies, market, warmup=20, cost_bps=bps)
    alone = {
        name: backtest(policy, market, warmup=20, cost_bps=bps) for name, policy in policies.items()
    }
    return any(
        getattr(alone[name].record, what).tobytes()
        != getattr(together[name].record, what).tobytes()
        for name in policies
        for what in ("returns", "weights", "costs", "wealth")
    )


@given(seed=SEEDS, bps=st.floats(0.0, 200.0))
def test_one_strategy_alone_is_the_same_bytes_as_in_company(seed: int, bps: float) -> None:
    assert not company_matters(seed, bps)


def test_an_engine_whose_accounts_share_a_till_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    till = {"money": 0.0}

    class Sharing(Account):
        def rebalance(self, past: Market, tradable: np.ndarray, row: int) -> None:
            till["money"] += 1.0
            self.rate = self.rate + till["money"] * 1e-6
            super().rebalance(past, tradable, row)

    monkeypatch.setattr(backtest_walk, "Account", Sharing)
    assert company_matters(seed=1, bps=10.0)


def order_matters(seed: int) -> bool:
    """Does the order of the columns change what is earned or held?"""
    market = random_market(seed)
    order = np.random.default_rng(seed).permutation(4)
    shuffled = backtest(
        chaser(1.0), Market.from_returns(market.to_frame().iloc[:, order]), warmup=20
    )
    straight = backtest(chaser(1.0), market, warmup=20)
    same_returns = np.allclose(shuffled.returns, straight.returns, rtol=0.0, atol=1e-13)
    return not (
        same_returns
        and np.allclose(
            shuffled.weights[list(market.assets)], straight.weights, rtol=0.0, atol=1e-13
        )
    )


@given(seed=SEEDS)
def test_shuffling_assets_shuffles_the_answer(seed: int) -> None:
    assert not order_matters(seed)


def test_an_engine_that_favours_a_column_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        backtest_module, "_rate", lambda cost_bps, assets: np.arange(len(assets)) * 1e-4
    )
    assert order_matters(seed=5)


def blind(past: Market, held: np.ndarray) -> np.ndarray:
    listed = np.isfinite(past.returns[-1])
    return np.where(listed, 1.0 / listed.sum(), 0.0)


def money_is_made_of_nothing(seed: int, bps: float, capital: float) -> bool:
    """Do costs help, or does wealth part from the returns, or a cost from its turnover?"""
    market = random_market(seed)
    free = backtest(blind, market, warmup=20, cost_bps=0.0)
    paid = backtest(blind, market, warmup=20, cost_bps=bps, terms=Terms(capital=capital))
    growth = paid.to_frame()["growth"]
    return not (
        growth.iloc[-1] < free.to_frame()["growth"].iloc[-1]
        and np.allclose(paid.wealth, capital * growth, rtol=1e-12, atol=0.0)
        and np.allclose(paid.costs, paid.turnover * bps / 1e4, rtol=1e-12, atol=0.0)
    )


@given(seed=SEEDS, bps=st.floats(0.1, 100.0), capital=st.floats(1.0, 1e9))
def test_costs_never_help_and_wealth_is_the_product_of_returns(
    seed: int, bps: float, capital: float
) -> None:
    assert not money_is_made_of_nothing(seed, bps, capital)


def test_an_engine_that_forgets_the_cost_in_the_return_is_caught(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    honest = Account.hold

    def generous(self: Account, stretch: object, dates: np.ndarray) -> None:
        self.due = 0.0
        honest(self, stretch, dates)

    monkeypatch.setattr(Account, "hold", generous)
    assert money_is_made_of_nothing(seed=2, bps=50.0, capital=100.0)


def flows_matter(seed: int, flow: float) -> bool:
    """On a rebalancing day money in or out is invested or raised at once: without costs the
    time-weighted returns must not change."""
    market = random_market(seed)
    plain = backtest(chaser(0.0), market, warmup=20, cost_bps=0.0)
    weights, day = plain.record.weights, plain.weights.index[1]
    row_of = {str(d): i for i, d in enumerate(plain.days)}

    def replay(past: Market, held: np.ndarray) -> np.ndarray:
        return weights[row_of[str(past.dates[-1])]]

    moved = backtest(replay, market, warmup=20, cost_bps=0.0, terms=Terms(flows={day.date(): flow}))
    same = np.allclose(moved.returns, plain.returns, rtol=0.0, atol=1e-13)
    return not (same and np.sign(moved.wealth.iloc[-1] - plain.wealth.iloc[-1]) == np.sign(flow))


@given(seed=SEEDS, flow=st.sampled_from([-0.3, -0.05, 0.01, 0.5, 5.0]))
def test_flows_into_a_fully_invested_account_leave_its_returns_alone(
    seed: int, flow: float
) -> None:
    assert not flows_matter(seed, flow)


def test_an_engine_that_books_a_flow_as_a_return_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    def booked(self: Account, flow: float, day: np.datetime64) -> None:
        self.due -= flow / self.money
        self.money += flow

    monkeypatch.setattr(Account, "receive", booked)
    assert flows_matter(seed=2, flow=0.5)
