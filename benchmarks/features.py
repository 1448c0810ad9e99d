"""Features and numbers beside PyPortfolioOpt, skfolio, Riskfolio-Lib and quantstats, on the same
inputs, into docs/comparison.md.

What a library has is looked up by its name on import; what none of it has is searched for in its
source. Numbers are of 20 US shares (skfolio's data), one mean and one covariance for everybody.
"""

from __future__ import annotations

import logging
import re
import time
import warnings
from collections.abc import Callable
from functools import cache
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from advisor.contracts import Mandate
from advisor.data import Market, ReturnModel
from advisor.evaluate import backtest, equal_weight
from advisor.optimize import (
    Scenarios,
    equal_risk_contribution,
    estimate_returns,
    maximum_diversification,
    minimum_cvar,
    minimum_variance,
    optimal_portfolio,
    trace_frontier,
)

PAGE = Path(__file__).resolve().parent.parent / "docs" / "comparison.md"
LIBRARIES = {
    "advisor": ("advisor", "advisor"),
    "PyPortfolioOpt": ("pypfopt", "pyportfolioopt"),
    "skfolio": ("skfolio", "skfolio"),
    "Riskfolio-Lib": ("riskfolio", "riskfolio-lib"),
    "quantstats": ("quantstats", "quantstats"),
}
"""Library -> its module and its name on PyPI."""
NO = ""
FEATURES: dict[str, list[tuple[str, ...]]] = {
    "Estimates": [
        ("shrunk means", "advisor.optimize:estimate_returns", NO, "skfolio.moments:ShrunkMu", "riskfolio:mean_vector", NO),
        ("views (Black-Litterman)", "advisor.optimize:View", "pypfopt:BlackLittermanModel", "skfolio.prior:BlackLitterman", "riskfolio:black_litterman", NO),
        ("entropy pooling", NO, NO, "skfolio.prior:EntropyPooling", "riskfolio:entropy_pooling", NO),
        ("factor models", NO, NO, "skfolio.prior:FactorModel", "riskfolio:risk_factors", NO),
        ("Ledoit-Wolf covariance", "advisor.optimize:estimate_returns", "pypfopt.risk_models:CovarianceShrinkage", "skfolio.moments:LedoitWolf", "riskfolio:covar_matrix", NO),
        ("denoised, Gerber", NO, NO, "skfolio.moments:GerberCovariance", "riskfolio:denoiseCov", NO),
        ("forecast of volatility beside the covariance", "advisor.optimize:forecast_covariance", NO, NO, NO, NO),
        ("unequal histories", "advisor.optimize:estimate_returns", NO, "skfolio.pre_selection:SelectComplete", NO, NO),
    ],
    "Portfolios": [
        ("least variance, highest Sharpe ratio, target volatility", "advisor.optimize:optimal_portfolio", "pypfopt:EfficientFrontier", "skfolio.optimization:MeanRisk", "riskfolio:Portfolio.optimization", NO),
        ("whole frontier, exact", "advisor.optimize:trace_frontier", "pypfopt:CLA", NO, NO, NO),
        ("proof of optimality with the answer", "advisor.optimize:Portfolio", NO, NO, NO, NO),
        ("equal risk contributions, risk budgets", "advisor.optimize:equal_risk_contribution", NO, "skfolio.optimization:RiskBudgeting", "riskfolio:Portfolio.rp_optimization", NO),
        ("maximum diversification", "advisor.optimize:maximum_diversification", NO, "skfolio.optimization:MaximumDiversification", NO, NO),
        ("minimum CVaR", "advisor.optimize:minimum_cvar", "pypfopt:EfficientCVaR", "skfolio.optimization:MeanRisk", "riskfolio:Portfolio.optimization", NO),
        ("other risk measures (CDaR, EVaR, ...)", NO, "pypfopt:EfficientCDaR", "skfolio:RiskMeasure", "riskfolio:EVaR_Hist", NO),
        ("hierarchical risk parity", "advisor.evaluate:EstimatorPolicy", "pypfopt:HRPOpt", "skfolio.optimization:HierarchicalRiskParity", "riskfolio:HCPortfolio", NO),
        ("worst case, distributionally robust", NO, NO, "skfolio.optimization:DistributionallyRobustCVaR", "riskfolio:Portfolio.wc_optimization", NO),
        ("number of holdings limited", "advisor.optimize:ProgramLimits", NO, "skfolio.optimization:MeanRisk", "riskfolio:integer_constraints", NO),
        ("trading costs in the optimum", "advisor.optimize:TradingCost", "pypfopt.objective_functions:transaction_cost", "skfolio.optimization:MeanRisk", NO, NO),
        ("whole shares for money", "advisor.optimize:discrete_allocation", "pypfopt:DiscreteAllocation", NO, "riskfolio:weights_discretizetion", NO),
        ("many clients in one call", "advisor.optimize:optimal_portfolios", NO, NO, NO, NO),
        ("loss aversion, mental accounts", "advisor.optimize:mental_accounts", NO, NO, NO, NO),
    ],
    "Judging": [
        ("walk-forward with costs, cash, drift", "advisor.evaluate:backtest_many", NO, "skfolio.model_selection:WalkForward", NO, NO),
        ("combinatorial purged cross-validation", "advisor.adapters.skfolio:SkfolioMeanVariance", NO, "skfolio.model_selection:CombinatorialPurgedCV", NO, NO),
        ("measures of returns", "advisor:measures", NO, "skfolio:measures", "riskfolio:RiskFunctions", "quantstats:stats"),
        ("drawdown table", "advisor.measures:drawdown_table", NO, NO, NO, "quantstats.stats:drawdown_details"),
        ("rolling Sharpe ratio and beta", "advisor.measures:rolling_measures", NO, "skfolio:Portfolio.rolling_measure", NO, "quantstats.stats:rolling_greeks"),
        ("test of two Sharpe ratios", "advisor.evaluate:compare_sharpe", NO, NO, NO, NO),
        ("deflated Sharpe ratio", "advisor.evaluate:deflated_sharpe_ratio", NO, "skfolio.measures:deflated_sharpe_ratio", NO, NO),
        ("probabilistic Sharpe ratio", "advisor.evaluate:probabilistic_sharpe_ratio", NO, "skfolio.measures:probabilistic_sharpe_ratio", NO, "quantstats.stats:probabilistic_sharpe_ratio"),
        ("bootstrap intervals of a measure", "advisor.evaluate:bootstrap_interval", NO, NO, NO, "quantstats.stats:montecarlo_sharpe"),
        ("page of a strategy", "advisor.evaluate:BacktestResult.to_html", NO, "skfolio:Portfolio.summary", "riskfolio:excel_report", "quantstats.reports:html"),
        ("promised risk against realised risk, by level", "advisor.evaluate:evaluate_risk", NO, NO, NO, NO),
    ],
    "Clients": [
        ("questionnaire, risk profile", "advisor.risk_profile:profile_risk", NO, NO, NO, NO),
        ("suitability rules", "advisor.suitability:Regime", NO, NO, NO, NO),
        ("products recommended", "advisor.recommend:EASE", NO, NO, NO, NO),
        ("orders, rebalancing, tax lots", "advisor.lifecycle:rebalance", NO, NO, NO, NO),
        ("goals and retirement paths", "advisor.lifecycle:optimal_glide_path", NO, NO, NO, NO),
    ],
}  # fmt: skip
"""Topic -> feature, and the name that has it in each library ("": none)."""

ABSENT = {
    "questionnaire": "questionnaire",
    "suitability rules": "suitability",
    "loss aversion": "loss.?avers",
    "prospect theory": "prospect",
    "mental accounts": "mental.?account",
    "deflated Sharpe ratio": "deflated.?sharpe",
    "tax lots": "tax.?lot",
}
"""What is searched for, as a regular expression, in every .py file of a library."""
REPEATS = 5
CONFIDENCE = 0.95
TARGET = 0.16
Solve = Callable[[], np.ndarray]


def installed(name: str) -> bool:
    return find_spec(LIBRARIES[name][0]) is not None


@cache
def cell(path: str) -> str:
    """The last part of a name that the library really has."""
    if path == NO:
        return "no"
    module, _, names = path.partition(":")
    if find_spec(module.split(".")[0]) is None:
        return f"`{names}` (not installed here)"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found: Any = import_module(module)
            for name in names.split("."):
                found = getattr(found, name, None) or import_module(f"{module}.{name}")
    except (ImportError, AttributeError):
        return "gone"
    return f"`{names}`"


def features() -> list[str]:
    parts: list[str] = []
    for topic, rows in FEATURES.items():
        parts += [
            f"\n### {topic}\n",
            f"| | {' | '.join(LIBRARIES)} |",
            "|---" * (1 + len(LIBRARIES)) + "|",
            *(f"| {name} | {' | '.join(map(cell, paths))} |" for name, *paths in rows),
        ]
    return parts


def searched() -> list[str]:
    """In how many source files of each library a word stands."""
    sources: dict[str, list[str]] = {}
    for name in list(LIBRARIES)[1:]:
        if installed(name):
            folder = Path(str(find_spec(LIBRARIES[name][0]).origin)).parent  # type: ignore[union-attr]
            sources[name] = [
                file.read_text(encoding="utf-8", errors="ignore").lower()
                for file in folder.rglob("*.py")
            ]
    rows = []
    for word, pattern in ABSENT.items():
        counts = [
            sum(bool(re.search(pattern, text)) for text in texts) for texts in sources.values()
        ]
        rows.append(f"| {word} | {' | '.join(map(str, counts))} |")
    heads = [f"{name}, of {len(texts)} files" for name, texts in sources.items()]
    return [f"| word in the source | {' | '.join(heads)} |", "|---" * (1 + len(heads)) + "|", *rows]


def skfolio_problems(model: ReturnModel, returns: pd.DataFrame) -> dict[str, Solve]:
    from skfolio import RiskMeasure
    from skfolio.optimization import (
        MaximumDiversification,
        MeanRisk,
        ObjectiveFunction,
        RiskBudgeting,
    )
    from skfolio.prior import BasePrior, ReturnDistribution

    class Told(BasePrior):
        """The estimates that everybody gets, a day's."""

        def __init__(self) -> None:
            pass

        def fit(self, X: Any, y: Any = None, **_: Any) -> Told:  # noqa: ARG002  skfolio's signature
            self.return_distribution_ = ReturnDistribution(
                mu=model.mean / 252, covariance=model.covariance / 252, returns=np.asarray(X)
            )
            return self

    given = {"prior_estimator": Told()}
    ratio, most = ObjectiveFunction.MAXIMIZE_RATIO, ObjectiveFunction.MAXIMIZE_RETURN
    made = {
        "least variance": MeanRisk(**given),
        "highest Sharpe ratio": MeanRisk(objective_function=ratio, **given),
        "16 % volatility": MeanRisk(
            objective_function=most, max_standard_deviation=TARGET / 252**0.5, **given
        ),
        "equal risk contributions": RiskBudgeting(**given),
        "maximum diversification": MaximumDiversification(**given),
        "minimum CVaR": MeanRisk(risk_measure=RiskMeasure.CVAR, **given),
        "frontier": MeanRisk(efficient_frontier_size=20, **given),
    }
    return {name: (lambda e=e: e.fit(returns).weights_) for name, e in made.items()}


def pypfopt_problems(model: ReturnModel, returns: pd.DataFrame) -> dict[str, Solve]:
    from pypfopt import CLA, EfficientCVaR, EfficientFrontier

    mean = pd.Series(model.mean, returns.columns)
    covariance = pd.DataFrame(model.covariance, returns.columns, returns.columns)

    def by(step: Callable[[Any], Any]) -> Solve:
        return lambda: np.array(list(step(EfficientFrontier(mean, covariance)).values()))

    return {
        "least variance": by(lambda e: e.min_volatility()),
        "highest Sharpe ratio": by(lambda e: e.max_sharpe(risk_free_rate=0.0)),
        "16 % volatility": by(lambda e: e.efficient_risk(TARGET)),
        "minimum CVaR": lambda: np.array(
            list(EfficientCVaR(mean, returns, beta=CONFIDENCE).min_cvar().values())
        ),
        "frontier": lambda: np.array(CLA(mean, covariance).efficient_frontier(400)[2])[:, :, 0],
    }


def riskfolio_problems(model: ReturnModel, returns: pd.DataFrame) -> dict[str, Solve]:
    import riskfolio

    def made() -> Any:
        portfolio = riskfolio.Portfolio(returns=returns)
        portfolio.mu = pd.DataFrame(model.mean[None] / 252, columns=returns.columns)
        portfolio.cov = pd.DataFrame(model.covariance / 252, returns.columns, returns.columns)
        return portfolio

    def by(**options: Any) -> Solve:
        def solve() -> np.ndarray:
            portfolio = made()
            if "limit" in options:
                portfolio.upperdev = options["limit"]
            chosen = {k: v for k, v in options.items() if k != "limit"}
            return portfolio.optimization(model="Classic", rf=0, l=0, **chosen).to_numpy()[:, 0]

        return solve

    return {
        "least variance": by(rm="MV", obj="MinRisk"),
        "highest Sharpe ratio": by(rm="MV", obj="Sharpe"),
        "16 % volatility": by(rm="MV", obj="MaxRet", limit=TARGET / 252**0.5),
        "equal risk contributions": lambda: (
            made().rp_optimization(model="Classic", rm="MV", rf=0).to_numpy()[:, 0]
        ),
        "minimum CVaR": by(rm="CVaR", obj="MinRisk"),
        "frontier": lambda: (
            made().efficient_frontier(model="Classic", rm="MV", points=20, rf=0).to_numpy().T
        ),
    }


def own_problems(model: ReturnModel, returns: pd.DataFrame) -> dict[str, Solve]:
    scenarios = Scenarios(returns.to_numpy())
    return {
        "least variance": lambda: minimum_variance(model).weights,
        "highest Sharpe ratio": lambda: trace_frontier(model).max_sharpe(),
        "16 % volatility": lambda: optimal_portfolio(model, target_volatility=TARGET).weights,
        "equal risk contributions": lambda: equal_risk_contribution(model).weights,
        "maximum diversification": lambda: maximum_diversification(model).weights,
        "minimum CVaR": lambda: minimum_cvar(model, scenarios, confidence=CONFIDENCE).weights,
        "frontier": lambda: trace_frontier(model).weights,
    }


PROBLEMS = {
    "advisor": own_problems,
    "PyPortfolioOpt": pypfopt_problems,
    "skfolio": skfolio_problems,
    "Riskfolio-Lib": riskfolio_problems,
}


def misses(model: ReturnModel, returns: pd.DataFrame) -> dict[str, Callable[[np.ndarray], float]]:
    """Problem -> what a solution is to make small; exact solutions differ by rounding."""
    size = np.sqrt(np.diagonal(model.covariance))
    table = returns.to_numpy()

    def volatility(w: np.ndarray) -> float:
        return float(np.sqrt(w @ model.covariance @ w))

    def uneven(w: np.ndarray) -> float:
        share = w * (model.covariance @ w)
        return float(np.abs(share / share.sum() - 1.0 / len(w)).max())

    def cvar(w: np.ndarray) -> float:
        loss = np.sort(-(table @ w))[::-1]
        share = (1.0 - CONFIDENCE) * len(loss)
        return float(loss @ np.clip(share - np.arange(len(loss)), 0.0, 1.0) / share)

    return {
        "least variance": volatility,
        "highest Sharpe ratio": lambda w: -float(w @ model.mean) / volatility(w),
        "16 % volatility": lambda w: (
            -float(w @ model.mean) + 10.0 * max(volatility(w) - TARGET, 0.0)
        ),
        "equal risk contributions": uneven,
        "maximum diversification": lambda w: -float(w @ size) / volatility(w),
        "minimum CVaR": cvar,
    }


def timed(solve: Solve, repeats: int) -> tuple[float, np.ndarray]:
    """Median CPU milliseconds after one call that warms up, and the answer."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        answer, spent = solve(), []
        for _ in range(repeats):
            started = time.process_time()
            solve()
            spent.append(time.process_time() - started)
    return 1e3 * float(np.median(spent)), answer


def solved(model: ReturnModel, returns: pd.DataFrame, quick: bool) -> list[str]:
    names = [name for name in PROBLEMS if installed(name)]
    problems = {name: PROBLEMS[name](model, returns) for name in names}
    rows = []
    for problem, miss in misses(model, returns).items():
        found = {
            name: timed(problems[name][problem], 2 if quick else REPEATS)
            for name in names
            if problem in problems[name]
        }
        values = {name: miss(weights / weights.sum()) for name, (_, weights) in found.items()}
        best = 0.0 if problem == "equal risk contributions" else min(values.values())
        scale = 1.0 if best == 0.0 else abs(best)
        cells = [
            f"{found[name][0]:.1f} ms, {(values[name] - best) / scale:.0e}"
            if name in found
            else "no"
            for name in names
        ]
        rows.append(f"| {problem} | {' | '.join(cells)} |")
    whole = {name: timed(problems[name]["frontier"], 1 if quick else 3) for name in names}
    cells = [
        f"{ms:.0f} ms, {len(points)} {'corners, exact between' if name == 'advisor' else 'points'}"
        for name, (ms, points) in whole.items()
    ]
    rows.append(f"| the frontier | {' | '.join(cells)} |")
    return [f"| | {' | '.join(names)} |", "|---" * (1 + len(names)) + "|", *rows]


def refusals(model: ReturnModel, returns: pd.DataFrame) -> list[str]:
    """What each library says to caps of 4 % on each of 20 shares, which cannot add up to 1."""
    names = list(returns.columns)

    def pypfopt() -> None:
        from pypfopt import EfficientFrontier

        EfficientFrontier(model.mean, model.covariance, weight_bounds=(0, 0.04)).min_volatility()

    def skfolio() -> None:
        from skfolio.optimization import MeanRisk

        MeanRisk(max_weights=0.04).fit(returns)

    def riskfolio() -> None:
        import riskfolio

        portfolio = riskfolio.Portfolio(returns=returns, upperlng=0.04)
        portfolio.assets_stats()
        portfolio.ainequality, portfolio.binequality = np.eye(len(names)), np.full((20, 1), 0.04)
        if portfolio.optimization() is None:
            raise ValueError("none: a printed line, and None as the answer")

    tries = {
        "advisor": lambda: minimum_variance(model, Mandate(max_weight=0.04)),
        "PyPortfolioOpt": pypfopt,
        "skfolio": skfolio,
        "Riskfolio-Lib": riskfolio,
    }
    rows = []
    for name, work in tries.items():
        if not installed(name):
            continue
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                work()
            said = "answers all the same"
        except Exception as error:  # noqa: BLE001  what it says is the result
            said = (
                f"{type(error).__name__}: {error}".removeprefix("ValueError: ")
                .replace("\n", " ")
                .replace("|", "/")[:240]
            )
        rows.append(f"| {name} | {said} |")
    return ["| | says |", "|---|---|", *rows]


def measured(market: Market, quick: bool) -> list[str]:
    """Measures of one strategy by quantstats and here."""
    if not installed("quantstats"):
        return ["quantstats is absent."]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import quantstats

        logging.getLogger("matplotlib.font_manager").setLevel(logging.ERROR)
        stats = quantstats.stats
        result = backtest(equal_weight, market, warmup=504, benchmark=market.assets[0])
        returns, benchmark = result.to_quantstats(), result.benchmark
        both = result.summary().to_dict() | result.details()[result.name].to_dict()
        theirs = {
            "sharpe": lambda: stats.sharpe(returns),
            "sortino": lambda: stats.sortino(returns),
            "volatility": lambda: stats.volatility(returns),
            "max_drawdown": lambda: -stats.max_drawdown(returns),
            "calmar": lambda: stats.calmar(returns),
            "Omega": lambda: stats.omega(returns),
            "Tail ratio": lambda: stats.tail_ratio(returns),
            "Payoff ratio": lambda: stats.payoff_ratio(returns),
            "Ulcer index": lambda: stats.ulcer_index(returns),
            "Beta": lambda: stats.greeks(returns, benchmark)["beta"],
            "Alpha a year": lambda: stats.greeks(returns, benchmark)["alpha"],
            "R squared": lambda: stats.r_squared(returns, benchmark),
            "Best month": lambda: stats.best(returns, "ME"),
            "Longest drawdown, days": lambda: float(
                stats.drawdown_details(stats.to_drawdown_series(returns))["days"].max()
            ),
        }
        rows = [
            f"| {name} | {float(both[name]):.4f} | {float(f()):.4f} |" for name, f in theirs.items()
        ]
        repeats = 1 if quick else 3
        own_ms, _ = timed(lambda: np.array(len(result.to_html())), repeats)
        page = Path(str(PAGE.parent.parent / "build" / "quantstats.html"))
        page.parent.mkdir(exist_ok=True)
        their_ms, _ = timed(
            lambda: np.array([quantstats.reports.html(returns, benchmark, output=str(page))] == []),
            repeats,
        )
        kib = page.stat().st_size / 1024
        page.unlink()
    sizes = f"| the tear sheet | {own_ms:.0f} ms, {len(result.to_html()) / 1024:.0f} KiB | {their_ms:.0f} ms, {kib:.0f} KiB |"
    return ["| | advisor | quantstats |", "|---|---|---|", *rows, sizes]


def versions() -> str:
    found = []
    for name, (_, project) in LIBRARIES.items():
        try:
            found.append(f"{name} {version(project)}")
        except PackageNotFoundError:
            found.append(f"{name} not installed")
    return ", ".join(found)


def tables(quick: bool) -> list[str]:
    if not installed("skfolio"):
        return ["skfolio is absent: its prices are the inputs.\n"]
    from skfolio.datasets import load_sp500_dataset

    market = Market.from_prices(load_sp500_dataset().iloc[-(2520 if quick else 5040) :])
    model = estimate_returns(market, mean="historical", forecast_half_life=None)
    returns = pd.DataFrame(market.returns, pd.DatetimeIndex(market.dates), list(market.assets))
    with threadpool_limits(1, user_api="blas"):
        numbers = [
            "\n## Numbers\n",
            (
                f"20 US shares, {market.dates[0]} to {market.dates[-1]}, long-only and fully invested,"
                " the same historical mean and Ledoit-Wolf covariance for all. Median CPU time of one"
                " call, as its users would make it, and how far the objective is from the best found,"
                " as a share of it (equal risk contributions: the largest miss of a share).\n"
            ),
            *solved(model, returns, quick),
            "\n## Messages for contradictory limits\n",
            "Caps of 4 % on each of 20 shares cannot add up to 1.\n",
            *refusals(model, returns),
            "\n## Measures of one strategy\n",
            "Equal weights of the same shares, monthly, 10 bp, beside the first share.\n",
            *measured(market, quick),
        ]
    parts = [
        f"{versions()}.\n",
        "\n## Features\n",
        "The name that provides the feature, checked by import; *no*: none found.",
        *features(),
        "\n### Words in the source\n",
        "Number of files that contain the word.\n",
        *searched(),
        *numbers,
    ]
    if not quick:
        head = "# Beside other libraries\n\nWritten by `benchmarks/features.py` (`make bench`). "
        PAGE.write_text(head + "\n".join(parts) + "\n", encoding="utf-8")
    return parts


if __name__ == "__main__":
    import sys

    print("\n".join(tables("--quick" in sys.argv)))
