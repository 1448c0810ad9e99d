"""Walk a strategy, or many, through history without a look at the future."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from advisor.annotations import Count, Labelled
from advisor.arrays import DayArray, FloatArray, check_frequency, float_array, frozen, numbers
from advisor.contracts.wording import Sentence
from advisor.data.by_asset import in_order
from advisor.data.days import as_days
from advisor.data.market import Market
from advisor.data.tables import as_numbers
from advisor.errors import InfeasibleError, InputError
from advisor.evaluate.backtesting.account import Policy
from advisor.evaluate.backtesting.calendar import Schedule, rebalancing_rows
from advisor.evaluate.backtesting.record import Record
from advisor.evaluate.backtesting.result import BacktestResult
from advisor.evaluate.backtesting.result_set import BacktestResults
from advisor.evaluate.backtesting.terms import Terms
from advisor.evaluate.backtesting.walk import walk
from advisor.measures.history import history
from advisor.validation import checked

BENCHMARK = "benchmark"
_LOG = logging.getLogger(__name__)
ALONE = Sentence("tear_sheet", "portfolio")
"""Name of a strategy that runs alone."""


def backtest(
    policy: Policy,
    market: Market,
    *,
    every: Schedule = "MS",
    warmup: int,
    cost_bps: float | Labelled = 10.0,
    window: int | None = None,
    terms: Terms = Terms(),  # noqa: B008  frozen, and holds nothing that could be changed
    benchmark: Policy | pd.Series | str | None = None,
    progress: bool = False,
) -> BacktestResult:
    """Walk one strategy through history.

    On each rebalancing day the policy sees `market.until(day)` and the weights it holds, decides,
    and trades at that day's close; the first return of a decision is the next session's. Between
    the days weights drift. The account starts in cash. The cost of a trade, `cost_bps / 10,000 *
    sum |change of weight|`, is part of the next session's return.

    Args:
        policy: From (market until the day, weights held, shape (n,)) to weights wanted: shape (n,)
            in the order of the assets, a Series by asset, a mapping from asset to weight (0 where
            absent) or a `Portfolio`. What they leave of 1 is cash; what is above 1 by rounding
            (1.001 at most) is scaled to 1.
        market: The whole history.
        every: Pandas offset alias, number of sessions, or days; a mark that is no session means the
            first session after it.
        warmup: Rows of returns that must exist, the day's own included, before the first decision.
        cost_bps: Basis points of the value traded; one number, or one an asset, shape (n,) or a
            Series by asset.
        window: Rows of history the policy sees (rolling); all when None (expanding).
        terms: Capital, fixed costs, cash flows, cash rate, delisting returns.
        benchmark: Another policy (run on the same terms), an asset's id (bought and held without
            cost), or a Series of returns.
        progress: True shows a tqdm bar.

    Returns:
        The result. What a policy gets is a copy that ends at the day. A day on which it raises, or
        answers what cannot be traded, keeps the weights held and is listed in `failures`; errors of
        its code (`NameError`, `KeyError`, `TypeError`, ...) are raised.

    Raises:
        InputError: No rebalancing session is left after the warm-up, an argument out of its range,
            or the policy failed on every day it was asked.

    >>> days = pd.bdate_range("2024-01-01", periods=60)
    >>> market = Market.from_returns(pd.DataFrame({"stocks": 0.01, "bonds": 0.0}, index=days))
    >>> result = backtest(lambda past, held: np.array([0.5, 0.5]), market, warmup=5, cost_bps=0.0)
    >>> result.weights.index.strftime("%Y-%m-%d").tolist(), round(float(result.returns.iloc[0]), 12)
    (['2024-02-01', '2024-03-01'], 0.005)
    """
    same: dict[str, Any] = {"cost_bps": cost_bps, "window": window, "terms": terms}
    same |= {"benchmark": benchmark, "progress": progress}
    return backtest_many({ALONE: policy}, market, every=every, warmup=warmup, **same)[ALONE]


@checked
def backtest_many(
    policies: Mapping[str, Policy],
    market: Market,
    *,
    every: Schedule = "MS",
    warmup: Count,
    cost_bps: float | Labelled = 10.0,
    window: Count | None = None,
    terms: Terms = Terms(),  # noqa: B008  frozen, and holds nothing that could be changed
    benchmark: Policy | pd.Series | str | None = None,
    progress: bool = False,
) -> BacktestResults:
    """Walk many strategies through the same history in one run.

    Args:
        policies: Strategies by name. On a day all get the same `past` object, so what is estimated
            from it once serves them all.
        market: As in `backtest`, like all that follow.
        every: When they decide.
        warmup: Rows of returns before the first decision.
        cost_bps: Basis points of the value traded.
        window: Rows of history a policy sees.
        terms: Money side, the same for each strategy.
        benchmark: To compare each strategy with.
        progress: True shows a tqdm bar.

    Returns:
        Results by name; each equals `backtest` of that policy alone, bit for bit.

    Raises:
        InputError: As `backtest`, or no policy is given. A policy whose limits no portfolio meets
            on any day stays in cash, is listed and logged, where others run beside it.
    """
    _check_policies(policies, benchmark)
    check_frequency(market.dates, market.periods_per_year, "market")
    rows = rebalancing_rows(market.dates, every, warmup=warmup)
    rate = _rate(cost_bps, market.assets)
    own: dict[str, Policy] = {}
    if callable(benchmark) and not isinstance(benchmark, type):
        own = {BENCHMARK: benchmark}
    names, runs = [*policies, *own], [*policies.values(), *own.values()]
    with threadpool_limits(1, "blas"):  # the same bytes on any machine; small matrices only lose
        records = walk(runs, market, rows, rate=rate, terms=terms, window=window, progress=progress)
    for name, record in zip(names, records, strict=True):
        _check_decided(name, record, alone=len(records) == 1)
    first = int(rows[0])
    beside = records.pop().returns if own else _given_benchmark(benchmark, market, first)
    sessions, days = frozen(market.dates[first + 1 :]), frozen(market.dates[rows])
    rates = market.periods_per_year, terms.cash_rate
    results: dict[str, BacktestResult] = {}
    for name, record in zip(policies, records, strict=True):
        traded = frozen(market.dates[record.trade_rows])
        run = (sessions, days, traded, record, beside)
        results[name] = BacktestResult(name, market.assets, *run, *rates)
    return BacktestResults(results)


def _check_policies(policies: Mapping[str, Policy], benchmark: object) -> None:
    if benchmark is not None and BENCHMARK in policies:
        raise InputError(
            f"A policy is named {BENCHMARK!r} and so is what it is compared with; their returns"
            " could not be told apart. Name the policy otherwise.",
            field="policies",
            value=BENCHMARK,
        )
    for name, policy in policies.items():
        if not callable(policy) or isinstance(policy, type):
            field = "policy" if name == ALONE else f"policies[{name!r}]"
            ready = (
                "EstimatorPolicy(...) of it" if hasattr(policy, "fit") else "such as equal_weight"
            )
            raise InputError(
                f"{field} is {policy!r} ({type(policy).__name__}), which cannot decide. Pass a"
                f" function from (past, held) to weights, or a policy: {ready}.",
                field="policy",
                value=policy,
            )
    if not policies:
        raise InputError(
            "policies is empty; there is nothing to test. Pass at least one, by name.",
            field="policies",
            value=(),
        )


def _check_decided(name: str, record: Record, *, alone: bool) -> None:
    """Raise `InputError` where a policy could not act on any day: an account left in cash is no
    result. Limits that no portfolio meets (a level without calm assets, say) leave the others of a
    run theirs, and are logged.
    """
    asked, failures = len(record.weights), record.failures
    if len(failures) < asked or record.weights.any():
        return
    why = (
        f"The policy {name!r} failed on every one of its {asked} rebalancing days; on"
        f" {failures[0].day:%Y-%m-%d}: {failures[0].reason}"
    )
    if alone or not all(f.reason.startswith(InfeasibleError.__name__) for f in failures):
        raise InputError(why, field="policy", value=name)
    _LOG.warning("%s", why)


def _rate(cost_bps: object, assets: tuple[str, ...]) -> FloatArray:
    each = numbers(in_order(cost_bps, assets, "cost_bps"), "cost_bps")
    n = len(assets)
    bps = float_array(np.full(n, each) if each.ndim == 0 else each, "cost_bps", shape=(n,))
    if (bps < 0.0).any():
        raise InputError(
            f"cost_bps is {bps.min():g}; trading never pays. Pass basis points, 10 for 0.1 %.",
            field="cost_bps",
            value=float(bps.min()),
        )
    return bps / 1e4


def _given_benchmark(benchmark: object, market: Market, first: int) -> FloatArray | None:
    if benchmark is None:
        return None
    if isinstance(benchmark, str):
        if benchmark not in market.assets:
            raise InputError(
                f"benchmark is {benchmark!r}, which is no asset of the market; name one of"
                f" {list(market.assets[:5])} ...",
                field=BENCHMARK,
                value=benchmark,
            )
        chosen = market.returns[first + 1 :, market.assets.index(benchmark)]
    elif isinstance(benchmark, pd.Series):
        chosen = _on_sessions(benchmark, market.dates[first + 1 :])
    else:
        raise InputError(
            f"benchmark is {benchmark!r}; pass a policy, an asset's id, or a Series of returns.",
            field=BENCHMARK,
            value=benchmark,
        )
    if not np.isfinite(chosen).all():
        day = market.dates[first + 1 :][int(np.argmin(np.isfinite(chosen)))]
        raise InputError(
            f"The benchmark has no return on {day}; the two could not be compared. Fill it, or"
            " start later.",
            field=BENCHMARK,
            value=str(day),
        )
    return frozen(history(pd.Series(chosen), field=BENCHMARK) if len(chosen) else chosen)


def _on_sessions(benchmark: pd.Series, dates: DayArray) -> FloatArray:
    """The benchmark's return on each session, nan where it has none; days without their clock."""
    days = pd.DatetimeIndex(as_days(pd.Series(benchmark.index), BENCHMARK))
    if days.has_duplicates:
        day = f"{days[days.duplicated()].min():%Y-%m-%d}"
        raise InputError(
            f"benchmark has two returns on {day}; it is not known which one counts. Drop one.",
            field=BENCHMARK,
            value=day,
        )
    own = pd.Series(as_numbers(benchmark), index=days).reindex(pd.DatetimeIndex(dates))
    return np.asarray(own, dtype=np.float64)
