"""Realised volatility and drawdown of portfolios against what their levels promise."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated

import numpy as np
import numpy.typing as npt

from advisor.annotations import Count
from advisor.arrays import (
    BoolArray,
    DayArray,
    FloatArray,
    IntArray,
    check_frequency,
    float_array,
    frozen,
)
from advisor.contracts.bands import LEVELS, RiskBands, at_level
from advisor.data.by_asset import in_order
from advisor.data.market import Market
from advisor.errors import InputError
from advisor.evaluate.backtesting.result_set import BacktestResults
from advisor.evaluate.risk.report import RiskMatchReport
from advisor.measures.history import AsGiven
from advisor.measures.periods import HALF_YEAR
from advisor.readers import Named, Number
from advisor.validation import checked

KINDS = ("over", "under", "breached", "not_reachable")
STEP = 21  # a month of sessions between the starts of two windows
BLOCK = 2048  # portfolios whose daily values are in memory at once
HELD = 1e-12
Weights = Annotated[npt.ArrayLike, AsGiven()]
"""An array, or a table whose columns are labelled by asset."""
LevelByName = Annotated[
    Mapping[str, int],
    Named(
        "levels", lambda v: isinstance(v, Mapping), "a mapping from a strategy's name to its level"
    ),
]
WindowDays = Annotated[
    int, Number("Give the sessions in a window, at least 2.", whole=True, low=2.0)
]

_Paths = Callable[[slice, slice], tuple[FloatArray, BoolArray]]
"""(portfolios, sessions) -> value after each session of one unit of money, shape (b, days), and
which portfolios can be judged, shape (b,)."""


@checked
def evaluate_risk(
    weights: Weights,
    market: Market,
    *,
    levels: FloatArray,
    bands: RiskBands | None = None,
    days: WindowDays = HALF_YEAR,
    step: Count = STEP,
) -> RiskMatchReport:
    """Compare the risk portfolios really took with the band of each one's level.

    Each portfolio is bought at the start of a window and held through it (weights drift, what is
    missing to 1 is cash, an asset that ends turns to cash); volatility is the annualised standard
    deviation of its daily returns, drawdown starts at the purchase.

    Args:
        weights: One row a portfolio, shape (c, n), n = assets of the market; decided before the
            market begins, or the judgement is not out of sample.
        market: Returns to judge on, at least `days` rows.
        levels: Level 1..5 of each portfolio, 0 = no suitable portfolio (not judged), shape (c,).
        bands: What the levels promise; `RiskBands.default()` when None.
        days: Sessions in a window.
        step: Sessions between the starts of two windows.

    Returns:
        Over and under the band apart, and drawdowns beyond the stress loss, by portfolio, level and
        window. A window below the band in which no asset was volatile enough to be inside it is
        "not reachable" (without borrowing), not under. A row does not depend on the other rows. A
        window in which an asset held has no return on the first day is not counted for that
        portfolio.

    Raises:
        InputError: Shapes disagree, a level is not 0..5, or the market is shorter than a window.
    """
    check_frequency(market.dates, market.periods_per_year, "market")
    weight_rows = float_array(
        in_order(weights, market.assets, "weights"), "weights", shape=(None, len(market.assets))
    )
    level = _checked_levels(levels, len(weight_rows))
    pairs = np.column_stack([weight_rows, level])
    _, first, which, number = np.unique(
        pairs, axis=0, return_index=True, return_inverse=True, return_counts=True
    )
    copies = which.reshape(-1).astype(np.int64), number.astype(np.int64)
    w: FloatArray = weight_rows[first]
    alive = np.isfinite(market.returns)
    growth = np.where(alive, 1.0 + market.returns, 1.0)
    cash: FloatArray = 1.0 - w.sum(axis=1)

    def paths(rows: slice, sessions: slice) -> tuple[FloatArray, BoolArray]:
        grown = np.cumprod(growth[sessions], axis=0)
        value = np.einsum("cn,dn->cd", w[rows], grown) + cash[rows, None]
        priced: BoolArray = np.all((np.abs(w[rows]) <= HELD) | alive[sessions.start], axis=1)
        return value, priced

    promised = bands or RiskBands.default()
    terms = _Terms(market.dates, promised, days, step, market.periods_per_year, market)
    return _judge(paths, terms, level[first], copies)


@checked
def evaluate_risk_of(
    results: BacktestResults,
    *,
    levels: LevelByName,
    bands: RiskBands | None = None,
    days: WindowDays = HALF_YEAR,
    step: Count = STEP,
    market: Market | None = None,
) -> RiskMatchReport:
    """The same judgement on the net returns of a walk-forward: rebalancing, costs and all.

    Args:
        results: Of `backtest_many`; what a strategy decided is out of sample by construction.
        levels: Level each strategy was run for, by its name; strategies not named are left out.
        bands: What the levels promise; `RiskBands.default()` when None.
        days: Sessions in a window.
        step: Sessions between the starts of two windows.
        market: What the strategies walked through; then windows in which no asset of it was
            volatile enough are "not reachable" and not under.

    Returns:
        One row a strategy, in the order of `levels`.

    Raises:
        InputError: A name is no strategy of the run, a level is not 0..5, the run is shorter than a
            window, or the market lacks a session of it.
    """
    if not levels:
        raise InputError(
            "levels is empty; name the strategies to judge and their levels.",
            field="levels",
            value={},
        )
    chosen = [results[name] for name in levels]
    steps = np.stack([1.0 + result.record.returns for result in chosen])

    def paths(rows: slice, sessions: slice) -> tuple[FloatArray, BoolArray]:
        value: FloatArray = np.cumprod(steps[rows, sessions], axis=1, dtype=np.float64)
        return value, np.ones(len(value), dtype=bool)

    level = _checked_levels(list(levels.values()), len(chosen))
    copies = (np.arange(len(chosen)), np.ones(len(chosen), dtype=np.int64))
    run, promised = chosen[0], bands or RiskBands.default()
    terms = _Terms(run.sessions, promised, days, step, run.periods_per_year, market)
    return _judge(paths, terms, level, copies)


@dataclass(frozen=True, eq=False)
class _Terms:
    """What portfolios are judged on: sessions, promises, windows, and the market that decides what
    could be reached (None: everything).
    """

    dates: DayArray
    bands: RiskBands
    days: int
    step: int
    periods_per_year: float
    market: Market | None

    def highest(self, starts: IntArray) -> FloatArray:
        """Annual volatility of the most volatile asset that had a return on the first day of each
        window, shape (w,); inf where no market is known.
        """
        if self.market is None:
            return np.full(len(starts), np.inf)
        dates = self.market.dates
        first = int(np.searchsorted(dates, self.dates[0]))
        if not np.array_equal(dates[first : first + len(self.dates)], self.dates):
            raise InputError(
                f"The market has other sessions than the backtest between {self.dates[0]} and"
                f" {self.dates[-1]}; pass the one it walked through.",
                field="market",
                value=len(dates),
            )
        volatilities = np.zeros(len(starts))
        for k, start in enumerate(starts + first):
            window = self.market.returns[start : start + self.days]
            spread = np.where(np.isfinite(window), window, 0.0).std(axis=0, ddof=1)
            volatilities[k] = spread[np.isfinite(window[0])].max(initial=0.0)
        return volatilities * np.sqrt(self.periods_per_year)


def _judge(
    paths: _Paths, terms: _Terms, level: IntArray, copies: tuple[IntArray, IntArray]
) -> RiskMatchReport:
    """Judge distinct portfolios; `copies` says which of them each portfolio of the report is, and
    how many portfolios each one stands for.
    """
    bands, days, count, (which, number) = terms.bands, terms.days, len(level), copies
    starts = _starts(len(terms.dates), days, terms.step)
    highest = terms.highest(starts)
    lower, upper, stress = (
        at_level(edge, level)
        for edge in (bands.lower_volatility, bands.upper_volatility, bands.stress_loss)
    )
    windows = np.zeros(count, dtype=np.int64)
    tally, sums, worst = np.zeros((4, count)), np.zeros(count), np.zeros(count)
    by_window = np.zeros((5, len(starts)))
    for k, start in enumerate(starts):
        for begin in range(0, count, BLOCK):
            rows = slice(begin, min(begin + BLOCK, count))
            value, can = paths(rows, slice(start, start + days))
            can &= level[rows] > 0
            volatility, drawdown = _realised(value, terms.periods_per_year)
            below, reached = volatility < lower[rows], highest[k] >= lower[rows]
            kinds = (volatility > upper[rows], below & reached, drawdown > stress[rows])
            breaches = np.array([*kinds, below & ~reached]) & can
            windows[rows] += can
            tally[:, rows] += breaches
            sums[rows] += np.where(can, volatility, 0.0)
            worst[rows] = np.maximum(worst[rows], np.where(can, drawdown, 0.0))
            by_window[:4, k] += (breaches * number[rows]).sum(axis=1)
            by_window[4, k] += (can * number[rows]).sum()
    judged = np.where(windows > 0, windows, np.nan)
    there = np.where(by_window[4] > 0, by_window[4], np.nan)
    of_portfolio, of_window = (tally / judged)[:, which], by_window[:4] / there
    shares = {name: frozen(row) for name, row in zip(KINDS, of_portfolio, strict=True)}
    shares |= {f"{name}_by_window": frozen(row) for name, row in zip(KINDS, of_window, strict=True)}
    return RiskMatchReport(
        levels=frozen(level[which]),
        windows=frozen(windows[which]),
        volatility=frozen((sums / judged)[which]),
        worst_drawdown=frozen(np.where(windows > 0, worst, np.nan)[which]),
        window_ends=frozen(terms.dates[starts + days - 1]),
        bands=bands,
        days=days,
        **shares,
    )


def _realised(value: FloatArray, periods_per_year: float) -> tuple[FloatArray, FloatArray]:
    """Annual volatility (inf where a row reaches zero) and worst drawdown of each row, (b,)."""
    solvent: BoolArray = np.all(value > 0.0, axis=1)
    safe = np.where(solvent[:, None], value, 1.0)
    steps = safe.copy()
    steps[:, 1:] /= safe[:, :-1]
    annual = steps.std(axis=1, ddof=1) * np.sqrt(periods_per_year)
    volatility: FloatArray = np.where(solvent, annual, np.inf)
    peak = np.maximum(np.maximum.accumulate(value, axis=1), 1.0)
    return volatility, (1.0 - value / peak).max(axis=1)


def _checked_levels(levels: npt.ArrayLike, count: int) -> IntArray:
    stated_levels = float_array(levels, "levels", shape=(count,))
    level = stated_levels.astype(np.int64)
    for row, value in enumerate(stated_levels.tolist()):
        if value in range(LEVELS + 1):
            continue
        raise InputError(
            f"levels[{row}] is {value:g}; a level is 1 (C1) to 5 (C5), or 0 where no portfolio is"
            " suitable.",
            field="levels",
            value=value,
        )
    return level


def _starts(rows: int, days: int, step: int) -> IntArray:
    if rows < days:
        raise InputError(
            f"There are {rows} sessions, but a window has {days}; nothing could be judged. Pass a"
            " longer market or fewer days.",
            field="days",
            value=days,
        )
    return np.arange(0, rows - days + 1, step, dtype=np.int64)
