"""What pandas labels goes by its labels: in another order it gives the same, or is refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from advisor import InputError, Mandate, Market, ReturnModel, optimal_portfolio, trace_frontier
from advisor.evaluate import backtest, compare_sharpe, equal_weight
from advisor.lifecycle import (
    RebalancePolicy,
    goal_success,
    holding_is_optimal,
    inside_bands,
    parametric_loss,
)
from advisor.measures import (
    paired_difference,
    portfolio_volatility,
    risk_contributions,
    sharpe_ratio,
    tracking_error,
    turnover,
)
from advisor.optimize import CvarLimit, Program, ProgramLimits, minimum_cvar

RNG = np.random.default_rng(3)
NAMES = ["a", "b", "c"]
DAYS = pd.bdate_range("2020-01-01", periods=300)
RETURNS = pd.DataFrame(RNG.normal(0.0003, [0.004, 0.01, 0.02], (300, 3)), DAYS, NAMES)
MODEL = ReturnModel.from_frame(RETURNS.mean() * 252, RETURNS.cov() * 252)
MARKET = Market.from_returns(RETURNS)
FRONTIER = trace_frontier(MODEL)
WEIGHTS = pd.Series([0.5, 0.3, 0.2], NAMES)
COSTS = pd.Series([1.0, 20.0, 400.0], NAMES)
STREAM = RETURNS["b"]
BILLS = pd.Series(RNG.uniform(0.0, 2e-4, 300), DAYS)


def program(limits: ProgramLimits) -> np.ndarray:
    return Program(MODEL, Mandate(), limits).solve(5.0).weights


BY_LABEL: dict[str, tuple[Callable[[Any], Any], Any]] = {
    "scenarios": (lambda x: minimum_cvar(MODEL, x).weights, RETURNS),
    "cost_bps": (
        lambda x: backtest(equal_weight, MARKET, every="MS", warmup=9, cost_bps=x).returns,
        COSTS,
    ),
    "cvar": (lambda x: program(ProgramLimits(cvar=CvarLimit(x, 0.012))), RETURNS),
    "benchmark": (lambda x: program(ProgramLimits(benchmark=x, max_tracking_error=0.02)), WEIGHTS),
    "turnover": (lambda x: program(ProgramLimits(current=x, max_turnover=0.1)), WEIGHTS),
    "current": (
        lambda x: optimal_portfolio(MODEL, risk_aversion=3.0, current=x, cost=0.2).weights,
        WEIGHTS,
    ),
    "certify": (lambda x: FRONTIER.certify(x, 3.0).kkt_residual, WEIGHTS),
    "risk_free": (lambda x: sharpe_ratio(STREAM, risk_free=x), BILLS),
}


@pytest.mark.parametrize("name", BY_LABEL)
def test_labels_decide_and_not_the_order(name: str) -> None:
    function, given = BY_LABEL[name]
    axis = given.ndim - 1
    bare = function(given.to_numpy())
    turned = given.iloc[::-1] if axis == 0 else given.iloc[:, ::-1]
    np.testing.assert_allclose(function(given), bare, rtol=0.0, atol=1e-7)
    np.testing.assert_allclose(function(turned), bare, rtol=0.0, atol=1e-7)
    assert not np.allclose(function(turned.to_numpy()), bare, atol=1e-4)
    other = given.set_axis([f"{label}x" for label in given.axes[axis]], axis=axis)
    with pytest.raises(InputError):
        function(other)


TABLE = pd.DataFrame([WEIGHTS, WEIGHTS[::-1].to_numpy()], columns=NAMES)
COVARIANCE = RETURNS.cov()
PAIRS: dict[str, Callable[[Callable[[Any], Any]], Any]] = {
    "volatility": lambda turn: portfolio_volatility(WEIGHTS, turn(COVARIANCE)),
    "contributions": lambda turn: risk_contributions(turn(WEIGHTS), COVARIANCE),
    "turnover": lambda turn: turnover(WEIGHTS, turn(WEIGHTS * 0.5)),
    "difference": lambda turn: paired_difference(STREAM, turn(STREAM * 0.5)),
    "holding": lambda turn: holding_is_optimal(
        TABLE, turn(RETURNS.mean()), COVARIANCE, 3.0, cost=0.01
    ),
    "loss": lambda turn: parametric_loss(WEIGHTS, turn(RETURNS.mean()), COVARIANCE),
    "goals": lambda turn: goal_success(WEIGHTS * 9.0, turn(WEIGHTS * 5.0), 3.0, 0.05, 0.1),
    "tracking": lambda turn: tracking_error(STREAM, turn(STREAM * 0.5)),
    "sharpe": lambda turn: compare_sharpe(STREAM, turn(RETURNS["c"])),
    "bands": lambda turn: inside_bands(TABLE, turn(WEIGHTS * 0.9), RebalancePolicy()),
}


@pytest.mark.parametrize("name", PAIRS)
def test_what_would_be_paired_with_another_is_refused(name: str) -> None:
    call = PAIRS[name]
    call(lambda x: x)
    call(lambda x: x.to_numpy()[..., ::-1])  # a bare array is in order
    with pytest.raises(InputError, match=r"order|periods"):
        call(lambda x: x.iloc[::-1])


def test_bare_positions_say_nothing() -> None:
    moved = pd.Series([0.2, 0.8])
    assert turnover(moved, pd.Series([0.8, 0.2], ["x", "y"])) == pytest.approx(1.2)


def test_bills_of_more_days_of_other_days_and_of_a_year() -> None:
    plain = sharpe_ratio(STREAM.to_numpy(), risk_free=BILLS.to_numpy())
    more = pd.concat([BILLS.shift(-400, freq="B"), BILLS])
    assert sharpe_ratio(STREAM, risk_free=more) == plain
    with pytest.raises(InputError, match="2020-01-01, which the returns have"):
        sharpe_ratio(STREAM, risk_free=BILLS.iloc[1:])
    with pytest.raises(InputError, match="stands twice"):
        sharpe_ratio(STREAM, risk_free=pd.concat([BILLS, BILLS[:1]]))
    with pytest.raises(InputError, match="504% a year"):
        sharpe_ratio(STREAM, risk_free=np.full(300, 0.02))
