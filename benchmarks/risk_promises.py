"""Claims: sized by a forecast and looked at monthly, every level spends at least 85 % of the half-years in which it can be reached inside its band, on shares and
on indices, and no level fewer than it did on one volatility of all the past; drawdowns beyond the promised stress loss in at most 1 % of windows."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import numpy as np
from real_markets import FUNDS, StressRow, block_rows, interval, real_markets

from advisor.arrays import FloatArray
from advisor.contracts.bands import RiskBands
from advisor.data.market import Market
from advisor.evaluate.backtesting.backtest import backtest_many
from advisor.evaluate.backtesting.estimates import Estimates
from advisor.evaluate.backtesting.policies import MeanVariancePolicy, level_policies
from advisor.evaluate.risk.risk import evaluate_risk, evaluate_risk_of

BANDS, DAYS, STEP, YEAR = RiskBands.default(), 126, 21, 12
WARMUP, COST = 504, 10.0
BEFORE, SIZED = "before: Bayes-Stein, stress a row of the optimisation", "**sized (default), monthly**"
RECIPES: tuple[tuple[str, str | int, float, Callable[[], Estimates]], ...] = (
    (BEFORE, "MS", 0.0, lambda: Estimates(mean="bayes_stein", forecast_half_life=None, cash_return=0.0)),
    ("all the past, no forecast", "MS", 0.0, lambda: Estimates(forecast_half_life=None, cash_return=0.0)),
    ("`Estimates.recent()`", "MS", 0.0, lambda: Estimates.recent(cash_return=0.0)),
    (SIZED, "MS", 0.0, lambda: Estimates(cash_return=0.0)),
    ("sized, weekly", 5, 0.0, lambda: Estimates(cash_return=0.0)),
    ("sized, weekly, left alone within 10 %", 5, 0.1, lambda: Estimates(cash_return=0.0)),
)


def policies_of(label: str, size_band: float, recipe: Callable[[], Estimates]) -> dict[str, Any]:
    estimates = recipe()
    if label == BEFORE:
        return {f"C{k}": StressRow(k, estimates) for k in range(1, 6)}
    return dict(level_policies(estimates=estimates, size_band=size_band))


class Reach:
    """A level's policy that notes the highest forecast volatility there was on each day."""

    def __init__(self, policy: Any) -> None:
        self.policy, self.most = policy, dict[np.datetime64, float]()

    def __call__(self, past: Market, held: FloatArray) -> FloatArray:
        if isinstance(self.policy, MeanVariancePolicy) and self.policy.estimates.forecast_half_life is not None:
            self.most[past.dates[-1]] = self.policy.estimates.forecast(past, self.policy.mandate).most
        return self.policy(past, held)


def windows_of(results: Any, name: str, level: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Over, under and drawdown beyond the stress loss by window, and the last day of each."""
    report = evaluate_risk_of(results, levels={name: level}, bands=BANDS, days=DAYS, step=STEP)
    over, under, breached = report.over_by_window > 0, report.under_by_window > 0, report.breached_by_window > 0
    return over, under, breached, report.window_ends


def row_of(label: str, level: int, policy: Reach, results: Any, name: str) -> str:
    over, under, breached, ends = windows_of(results, name, level)
    result = results[name]
    unreached = np.zeros(len(ends), dtype=bool)
    if policy.most:
        days, most = np.array(list(policy.most)), np.array(list(policy.most.values()))
        sessions = result.sessions
        for k, end in enumerate(ends):
            start = sessions[np.searchsorted(sessions, end) - DAYS + 1]
            inside = (days >= start - np.timedelta64(31, "D")) & (days <= end)
            unreached[k] = bool(under[k]) and bool((most[inside] < BANDS.lower_volatility[level - 1]).any())
    inside = ~over & ~under
    draws = block_rows(len(inside), YEAR)
    reached = ~unreached
    shares = inside[draws].mean(axis=1)
    within = (inside & reached)[draws].sum(axis=1) / np.maximum(reached[draws].sum(axis=1), 1)
    traded = float(result.turnover.sum()) / (len(result.returns) / 252.0)
    return (
        f"| {label} | C{level} | {inside.mean():.0%} {interval(shares)} | {over.mean():.0%} | {(under & reached).mean():.0%} | {unreached.mean():.0%} "
        f"| {inside.sum() / max(reached.sum(), 1):.0%} {interval(within)} | {breached.mean():.1%} | {traded:.1f} | {traded * COST:.0f} |"
    )


def monthly_table(market: Market) -> list[str]:
    rows = []
    for label, every, size_band, recipe in RECIPES:
        policies = {name: Reach(policy) for name, policy in policies_of(label, size_band, recipe).items()}
        results = backtest_many(policies, market, every=every, warmup=WARMUP, cost_bps=COST)
        rows += [row_of(label, level, policies[f"C{level}"], results, f"C{level}") for level in range(1, 6)]
    return [
        "| composed and sized on | level | inside | over | under | not reachable | inside, of the reachable | drawdown beyond promise | turnover a year | its cost, bp |",
        "|---|---|---|---|---|---|---|---|---|---|",
        *rows,
    ]


def held_table(market: Market) -> list[str]:
    """Decided on one day and held for half a year, as somebody does who never looks again."""
    rows = []
    for label, _, size_band, recipe in RECIPES:
        if label not in (BEFORE, SIZED):
            continue
        results = backtest_many(policies_of(label, size_band, recipe), market, warmup=WARMUP, cost_bps=COST)
        cells = []
        for level in range(1, 6):
            weights = results[f"C{level}"].weights
            inside = []
            for day, row in weights.iterrows():
                at = int(np.searchsorted(market.dates, np.datetime64(day, "D"), side="right"))
                if at + DAYS <= len(market.dates):
                    after = Market(
                        market.assets,
                        market.dates[at : at + DAYS],
                        market.returns[at : at + DAYS],
                        market.groups,
                        market.risk_levels,
                        market.periods_per_year,
                    )
                    report = evaluate_risk(row.to_numpy()[None, : len(market.assets)], after, levels=[level], bands=BANDS, days=DAYS)
                    inside.append(float(report.inside[0]))
            values = np.array(inside)
            cells.append(f"{values.mean():.0%} {interval(values[block_rows(len(values), YEAR)].mean(axis=1))}")
        rows.append(f"| {label} | {' | '.join(cells)} |")
    return ["| decided once, held half a year | C1 | C2 | C3 | C4 | C5 |", "|---|---|---|---|---|---|", *rows]


def tables(quick: bool) -> list[str]:
    sets = real_markets()
    if not sets:
        return ["skfolio and arch are absent: their price sets are what promises are judged on.\n"]
    parts = [
        "Walk-forward after 504 sessions, 10 bp, cash at 0 %. A window is 126 sessions, one begins every month; intervals resample blocks of a year. Inside the "
        "band is two-sided. *Not reachable*: under the band, and at a decision that reached into the window no portfolio without borrowing was forecast to reach "
        "the band. Bands: "
        + ", ".join(f"C{k} {a:.1%}-{b:.1%}" for k, (a, b) in enumerate(zip(BANDS.lower_volatility, BANDS.upper_volatility, strict=True), 1))
        + ".\n"
    ]
    for name, market in sets.items():
        if quick and name != FUNDS:
            continue
        parts += [f"\n**{name}**, {market.dates[0]} to {market.dates[-1]}\n", *monthly_table(market), "", *held_table(market), ""]
    return parts


if __name__ == "__main__":
    print("\n".join(tables("--quick" in sys.argv)))
