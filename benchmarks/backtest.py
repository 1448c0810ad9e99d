"""Claims: thirty years of daily returns, twenty assets, monthly, five levels in at most 2 s; at
least ten times skfolio's walk-forward on the same work; and returns equal to bt's to 1e-10. How
often levels keep what they promise is in `risk_promises.py`.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

import numpy as np
import pandas as pd

from advisor.data import Market
from advisor.evaluate import (
    Estimates,
    FixedMix,
    MeanVariancePolicy,
    backtest,
    backtest_many,
    equal_weight,
    level_policies,
)


def tables(quick: bool) -> list[str]:
    return [*speed(quick), *beside_skfolio(quick), *beside_bt()]


def thirty_years(years: int, n: int = 20, seed: int = 0) -> Market:
    """Correlated daily returns whose volatilities run from 2 % to 30 % a year."""
    rng = np.random.default_rng(seed)
    sessions, annual = 252 * years, np.linspace(0.02, 0.30, n)
    noise = 0.5 * rng.normal(size=(sessions, 1)) + 0.87 * rng.normal(size=(sessions, n))
    returns = noise * annual / 252**0.5 + (0.01 + 0.25 * annual) / 252
    return Market.from_returns(
        pd.DataFrame(
            returns,
            index=pd.bdate_range("1994-01-03", periods=sessions),
            columns=[f"a{i}" for i in range(n)],
        )
    )


def timed(work: Callable[[], Any], repeats: int = 3) -> tuple[float, float, Any]:
    """Best wall and CPU seconds of some runs after one that warms the caches up, and the answer."""
    answer, walls, cpus = work(), [], []
    for _ in range(repeats):
        wall, cpu = time.perf_counter(), time.process_time()
        answer = work()
        walls.append(time.perf_counter() - wall)
        cpus.append(time.process_time() - cpu)
    return min(walls), min(cpus), answer


def speed(quick: bool) -> list[str]:
    years = 10 if quick else 30
    market = thirty_years(years)
    rows = []
    for name, policies in (
        ("five levels, default estimates, expanding", level_policies),
        (
            "the same with cash as an asset",
            lambda: level_policies(estimates=Estimates(cash_return=0.02)),
        ),
        ("equal weight", lambda: {"equal": equal_weight}),
    ):
        wall, cpu, results = timed(
            lambda policies=policies: backtest_many(policies(), market, warmup=252)
        )
        days = len(next(iter(dict(results.items()).values())).days)
        failed = sum(len(result.failures) for _, result in results.items())
        rows.append(f"| {name} | {days} | {len(results)} | {failed} | {wall:.2f} | {cpu:.2f} |")
    return [
        f"{years} years x 252 sessions x 20 assets, monthly.\n",
        "| strategies | days | runs | failed days | wall s | CPU s |",
        "|---|---|---|---|---|---|",
        *rows,
        (
            "\nWithout cash no portfolio of these assets is calm enough for C1 on many days: those"
            " days are refused and the weights kept.\n"
        ),
    ]


def beside_skfolio(quick: bool) -> list[str]:
    if find_spec("skfolio") is None:
        return ["skfolio is absent: not compared with its walk-forward.\n"]
    from skfolio.model_selection import WalkForward, cross_val_predict
    from skfolio.moments import EmpiricalCovariance, EmpiricalMu
    from skfolio.optimization import MeanRisk, ObjectiveFunction
    from skfolio.prior import EmpiricalPrior

    years, every, train = (3 if quick else 10), 21, 252
    market, frame = thirty_years(years), thirty_years(years).to_frame()
    aversions = (2.0, 4.0, 8.0, 16.0, 32.0)
    prior = EmpiricalPrior(mu_estimator=EmpiricalMu(), covariance_estimator=EmpiricalCovariance())
    folds = WalkForward(test_size=every, train_size=train, expand_train=True)

    def theirs() -> list[Any]:
        recipes = [
            MeanRisk(
                objective_function=ObjectiveFunction.MAXIMIZE_UTILITY,
                risk_aversion=g / 2.0,
                prior_estimator=prior,
            )
            for g in aversions
        ]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return [cross_val_predict(recipe, frame, cv=folds) for recipe in recipes]

    def ours() -> Any:
        shared = Estimates(mean="historical", covariance="sample")
        return backtest_many(
            {f"g{g:g}": MeanVariancePolicy(risk_aversion=g, estimates=shared) for g in aversions},
            market,
            every=every,
            warmup=train,
            cost_bps=0.0,
        )

    wall, cpu, results = timed(ours)
    began, began_cpu = time.perf_counter(), time.process_time()
    predicted = theirs()
    other, other_cpu = time.perf_counter() - began, time.process_time() - began_cpu
    gaps = []
    for path, (_, result) in zip(predicted, results.items(), strict=True):
        weights = np.array([p.weights for p in path.portfolios])
        gaps.append(float(np.abs(weights - result.record.weights[: len(weights)]).max()))
    setting = (
        f"The same work side by side: {years} years, 20 assets, every {every} sessions, expanding"
        f" from {train}, sample mean, sample covariance, five risk aversions. Largest"
        f" difference of a weight: {max(gaps):.1e}.\n"
    )
    return [
        setting,
        "| | wall s | CPU s |",
        "|---|---|---|",
        f"| advisor `backtest_many` | {wall:.2f} | {cpu:.2f} |",
        f"| skfolio `WalkForward` + `cross_val_predict` | {other:.1f} | {other_cpu:.1f} |",
        f"| ratio | {other / wall:.0f} x | {other_cpu / cpu:.0f} x |",
        "",
    ]


def beside_bt() -> list[str]:
    if find_spec("bt") is None:
        return ["bt is absent: returns not compared with it.\n"]
    import bt

    days, rng = pd.bdate_range("2015-01-01", "2020-12-31"), np.random.default_rng(0)
    prices = pd.DataFrame(
        100.0 * np.cumprod(1.0 + rng.normal(3e-4, 0.01, size=(len(days), 4)), axis=0),
        index=days,
        columns=list("abcd"),
    )
    mix = {"a": 0.4, "b": 0.3, "c": 0.2, "d": 0.1}
    ours = backtest(FixedMix(mix), Market.from_prices(prices), warmup=20, cost_bps=0.0)
    steps = [
        bt.algos.RunOnDate(*ours.weights.index),
        bt.algos.SelectAll(),
        bt.algos.WeighSpecified(**mix),
        bt.algos.Rebalance(),
    ]
    theirs = bt.Backtest(
        bt.Strategy("mix", steps), prices, integer_positions=False, progress_bar=False
    )
    theirs.run()
    gap = np.abs(
        theirs.strategy.prices.pct_change().reindex(ours.returns.index) - ours.returns
    ).max()
    agreed = (
        f"Monthly fixed mix of 4 assets, {len(ours.returns):,} daily returns, no costs: largest"
        f" difference to bt {gap:.1e}.\n"
    )
    return [agreed]


if __name__ == "__main__":
    print("\n".join(tables(quick=True)))
