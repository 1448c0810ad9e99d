"""What optimising adds, with intervals: expected returns and compositions against equal weights,
levels against equal weights sized alike, loss aversion in its own utility, and the price of
`fit_weight` on real purchases. Claim: the default composition is not worse than equal weights on
any bundled set.
"""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
import pandas as pd
from real_markets import FACTORS, FUNDS, StressRow, block_rows, interval, real_markets

from advisor.arrays import FloatArray
from advisor.contracts import Mandate, RiskBands
from advisor.data import Market
from advisor.evaluate import Estimates, backtest_many, equal_weight, level_policies
from advisor.optimize import (
    Equilibrium,
    EstimateSettings,
    Preferences,
    estimate_returns,
    trace_frontier,
)

MEANS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("`shrunk_equilibrium` (default)", {"mean": "shrunk_equilibrium"}),
    ("`bayes_stein` (default before)", {"mean": "bayes_stein"}),
    ("`historical`", {"mean": "historical"}),
    (
        "`equilibrium`, premium 6 %",
        {
            "mean": "equilibrium",
            "settings": EstimateSettings(equilibrium=Equilibrium(premium=0.06)),
        },
    ),
)
BANDS, WARMUP, COST, LAMBDA = RiskBands.default(), 504, 10.0, 2.0


def sharpe(returns: FloatArray, periods: float) -> FloatArray:
    """Of the last axis, cash at 0."""
    return returns.mean(axis=-1) / returns.std(axis=-1) * np.sqrt(periods)


def drawdown(returns: FloatArray) -> float:
    value = np.cumprod(1.0 + returns)
    return float((1.0 - value / np.maximum.accumulate(np.maximum(value, 1.0))).max())


def means_table(name: str, market: Market) -> list[str]:
    """Monthly, on all the past: the mean promised and the portfolio with the highest Sharpe ratio by
    it, held for a month."""
    monthly = name == FACTORS
    year = int(market.periods_per_year)
    step, first, block = (1, 120, 12) if monthly else (21, WARMUP, 126)
    earned: dict[str, list[FloatArray]] = {label: [] for label, _ in MEANS} | {"equal": []}
    promised: dict[str, list[float]] = {label: [] for label, _ in MEANS}
    errors: dict[str, list[float]] = {label: [] for label, _ in MEANS}
    for at in range(first, len(market), step):
        past, coming = market.until(market.dates[at - 1]), market.returns[at : at + step]
        realised = (
            market.returns[at : at + year].mean(axis=0) * year if at + year <= len(market) else None
        )
        for label, options in MEANS:
            model = estimate_returns(past, forecast_half_life=None, **options)
            frontier = trace_frontier(model)
            weights = frontier.max_sharpe() if model.mean.max() > 0.0 else frontier.weights[-1]
            earned[label].append(coming @ weights)
            promised[label].append(float(model.mean @ weights))
            if realised is not None and (at - first) % year < step:
                errors[label].append(float(((model.mean - realised) ** 2).mean()))
        earned["equal"].append(coming.mean(axis=1))
    paths = {label: np.concatenate(parts) for label, parts in earned.items()}
    draws = block_rows(len(paths["equal"]), block)
    base, base_drawn = sharpe(paths["equal"], year), sharpe(paths["equal"][draws], year)
    rows = []
    for label, _ in MEANS:
        path = paths[label]
        gap = interval(sharpe(path[draws], year) - base_drawn)
        rows.append(
            f"| {label} | {np.sqrt(np.mean(errors[label])):.1%} | {np.mean(promised[label]):.1%} |"
            f" {path.mean() * year:.1%} | {path.std() * year**0.5:.1%} | {sharpe(path, year):.2f} |"
            f" {sharpe(path, year) - base:+.2f} {gap} |"
        )
    return [
        f"\n**{name}**, equal weights: Sharpe {base:.2f}\n",
        (
            "| mean | error of the coming year's mean (root mean square) | promised by the best"
            " portfolio | earned by it | its volatility | Sharpe | minus equal weights |"
        ),
        "|---|---|---|---|---|---|---|",
        *rows,
    ]


class EqualSized:
    """Equal weights, with as much cash as brings their own forecast volatility to a level's aim:
    what composition has to beat."""

    def __init__(self, level: int, estimates: Estimates) -> None:
        self.aim, self.estimates = (
            BANDS.model_copy(update={"aim": "middle"}).target_volatility[level - 1],
            estimates,
        )

    def __call__(self, past: Market, held: FloatArray) -> FloatArray:
        weights, risk = equal_weight(past, held), self.estimates.model(past).model.risk
        n = len(weights)
        return weights * min(1.0, self.aim / float(np.sqrt(weights @ risk[:n, :n] @ weights)))


def levels_table(name: str, market: Market) -> list[str]:
    shared, before = (
        Estimates(cash_return=0.0),
        Estimates(mean="bayes_stein", forecast_half_life=None, stress="own", cash_return=0.0),
    )
    plain = Estimates(forecast_half_life=None, cash_return=0.0)
    kinds: dict[str, dict[str, Any]] = {
        "before: Bayes-Stein, stress a row of the optimisation": {
            f"C{k}": StressRow(k, before) for k in range(1, 6)
        },
        "composed as now, not sized": level_policies(estimates=plain),
        "default: composed and sized": level_policies(estimates=shared),
        "equal weights, sized": {f"C{k}": EqualSized(k, shared) for k in range(1, 6)},
    }
    fixed = backtest_many({"equal": equal_weight}, market, warmup=WARMUP, cost_bps=COST)[
        "equal"
    ].record.returns
    draws = block_rows(len(fixed), 126)
    base_drawn, sized_paths, rows = sharpe(fixed[draws], 252.0), {}, []
    runs = {
        kind: backtest_many(policies, market, warmup=WARMUP, cost_bps=COST)
        for kind, policies in kinds.items()
    }
    sized_paths = {
        f"C{k}": runs["equal weights, sized"][f"C{k}"].record.returns for k in range(1, 6)
    }
    for kind, results in runs.items():
        for level in kinds[kind]:
            path = results[level].record.returns
            drawn = sharpe(path[draws], 252.0)
            alike = sharpe(path, 252.0) - sharpe(sized_paths[level], 252.0)
            rows.append(
                f"| {kind} | {level} | {sharpe(path, 252.0):.2f} |"
                f" {sharpe(path, 252.0) - sharpe(fixed, 252.0):+.2f} {interval(drawn - base_drawn)}"
                f" | {alike:+.2f} {interval(drawn - sharpe(sized_paths[level][draws], 252.0))} |"
                f" {path.std() * 252**0.5:.1%} | {drawdown(path):.1%} |"
                f" {drawdown(path) / (path.std() * 252**0.5):.1f} |"
            )
    rows.append(
        f"| equal weights, fully invested | | {sharpe(fixed, 252.0):.2f} | | |"
        f" {fixed.std() * 252**0.5:.1%} | {drawdown(fixed):.1%} |"
        f" {drawdown(fixed) / (fixed.std() * 252**0.5):.1f} |"
    )
    return [
        f"\n**{name}**\n",
        (
            "| | level | Sharpe, net | minus equal weights | minus equal weights sized alike |"
            " volatility | worst drawdown | drawdown / volatility |"
        ),
        "|---|---|---|---|---|---|---|---|",
        *rows,
    ]


class Averse:
    """The optimum of a client of C4's risk aversion with this loss aversion, felt yearly."""

    def __init__(self, loss_aversion: float, estimates: Estimates) -> None:
        self.loss_aversion, self.estimates, self.mandate = loss_aversion, estimates, Mandate()

    def __call__(self, past: Market, held: FloatArray) -> FloatArray:  # noqa: ARG002  every policy takes what it holds
        frontier = self.estimates.frontier(past, self.mandate)
        gamma = frontier.risk_aversion_at(np.array([BANDS.target_volatility[3]]))
        return self.estimates.model(past).spread(
            frontier.at_preferences(Preferences(gamma, self.loss_aversion))[0]
        )


def averse_table(sets: dict[str, Market]) -> list[str]:
    rows = []
    for name, market in sets.items():
        shared = Estimates(forecast_half_life=None, cash_return=0.0)
        results = backtest_many(
            {"plain": Averse(1.0, shared), "averse": Averse(LAMBDA, shared)},
            market,
            warmup=WARMUP,
            cost_bps=COST,
        )
        gamma = 4.0
        years = {
            key: (
                (1.0 + results[key].returns)
                .rolling(252)
                .apply(np.prod, raw=True)
                .dropna()[::21]
                .to_numpy()
                - 1.0
            )
            for key in ("plain", "averse")
        }
        draws = block_rows(len(years["plain"]), 24)

        def utility(values: FloatArray, gamma: float = gamma) -> FloatArray:
            return (
                values.mean(-1)
                - 0.5 * gamma * values.var(-1)
                + (LAMBDA - 1.0) * np.minimum(values, 0.0).mean(-1)
            )

        gap = utility(years["averse"][draws]) - utility(years["plain"][draws])
        volatility = [float(results[key].returns.std() * 252**0.5) for key in ("plain", "averse")]
        rows.append(
            f"| {name} | {volatility[0]:.1%} | {volatility[1]:.1%} |"
            f" {1e4 * (utility(years['averse']) - utility(years['plain'])):+.0f} bp"
            f" [{1e4 * np.quantile(gap, 0.025):.0f}, {1e4 * np.quantile(gap, 0.975):.0f}] |"
        )
    return [
        (
            f"\n**Loss aversion {LAMBDA:g}** beside none, at the risk aversion of C4; utility of"
            " yearly returns with risk aversion 4 and that loss aversion\n"
        ),
        (
            "| | volatility, plain | volatility, loss-averse | gain in the loss-averse utility, a"
            " year |"
        ),
        "|---|---|---|---|",
        *rows,
    ]


def tables(quick: bool) -> list[str]:
    sets = real_markets(monthly=True)
    if not sets:
        return ["skfolio and arch are absent: their price sets are what advice is judged on.\n"]
    if quick:
        sets = {FUNDS: sets[FUNDS]}
    daily = {name: market for name, market in sets.items() if name != FACTORS}
    intro = (
        "Walk-forward, monthly, on all the past; Sharpe ratios with cash at 0 %; intervals resample"
        " blocks of half a year (a year of the monthly set).\n"
    )
    parts = [intro]
    for name, market in sets.items():
        parts += means_table(name, market)
    parts.append("\n### Levels, net of 10 bp\n")
    for name, market in daily.items():
        parts += levels_table(name, market)
    return [*parts, *averse_table(daily)]


if __name__ == "__main__":
    pd.set_option("display.width", 160)
    print("\n".join(tables("--quick" in sys.argv)))
