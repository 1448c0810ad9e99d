"""Claims: the whole exact frontier of 50 assets costs less than a tenth of one PyPortfolioOpt
solve, and at least 20 times less than 100 re-solves of a compiled cvxpy problem; 500 assets take at
most half a second. A million clients are placed on 50 assets at 3,000,000 a second by volatility,
and at 1,000,000 a second by loss-averse preferences, on two quiet cores.

    python benchmarks/optimisers.py [--quick]

Side by side with PyPortfolioOpt, skfolio, Riskfolio-Lib, cvxportfolio's single-period step, plain
cvxpy and cvxpy compiled once with parameters (DPP): the same data, the same client (long-only,
fully invested, `mean - g/2 variance`), in one run; cvxcla, which traces as we do, too. Estimation
is left out of everybody's time. A peer that is not installed is a row that says so.
"""

from __future__ import annotations

import argparse
import importlib.util
import time
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from advisor.data import ReturnModel
from advisor.optimize import Preferences, optimal_portfolio, trace_frontier

GAMMA = 5.0
Solve = Callable[[float], np.ndarray]


def tables(quick: bool) -> list[str]:
    sizes = (10, 50, 100) if quick else (10, 50, 100, 500)
    with threadpool_limits(
        1, user_api="blas"
    ):  # one thread for everybody: CPU time then counts work, not waiting
        return [*single(sizes, quick), "", *whole(sizes, quick), "", *crowd(quick)]


def universe(n: int, seed: int = 1) -> ReturnModel:
    """Eight factors, volatilities of 10 to 40 %, means of 1 to 12 %."""
    rng = np.random.default_rng(seed)
    loadings = rng.normal(size=(n, 8)) * 0.06
    return ReturnModel(
        [f"a{i:03d}" for i in range(n)],
        rng.uniform(0.01, 0.12, n),
        loadings @ loadings.T + np.diag(rng.uniform(0.05, 0.2, n) ** 2),
    )


def cpu(work: Callable[[], object], repeats: int) -> float:
    """Median CPU milliseconds, after one call that warms up and compiles."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        work()
        spent = []
        for _ in range(repeats):
            started = time.process_time()
            work()
            spent.append(time.process_time() - started)
    return 1e3 * float(np.median(spent))


# ---- each peer: a function of the risk aversion that builds and solves as its users would


def ours(model: ReturnModel) -> Solve:
    return lambda gamma: optimal_portfolio(model, risk_aversion=gamma).weights


def plain_cvxpy(model: ReturnModel) -> Solve:
    import cvxpy as cp

    def solve(gamma: float) -> np.ndarray:
        w: Any = cp.Variable(len(model))
        goal = cp.Maximize(
            model.mean @ w - gamma / 2 * cp.quad_form(w, cp.psd_wrap(model.covariance))
        )
        cp.Problem(goal, [cp.sum(w) == 1, w >= 0]).solve(solver=cp.CLARABEL)
        return np.array(w.value)

    return solve


def compiled_cvxpy(model: ReturnModel) -> Solve:
    import cvxpy as cp

    w: Any = cp.Variable(len(model))
    tolerant: Any = cp.Parameter(len(model))
    problem = cp.Problem(
        cp.Maximize(tolerant @ w - 0.5 * cp.quad_form(w, cp.psd_wrap(model.covariance))),
        [cp.sum(w) == 1, w >= 0],
    )

    def solve(gamma: float) -> np.ndarray:
        tolerant.value = model.mean / gamma
        problem.solve(solver=cp.CLARABEL)
        return np.array(w.value)

    return solve


def pyportfolioopt(model: ReturnModel) -> Solve:
    from pypfopt import EfficientFrontier

    def solve(gamma: float) -> np.ndarray:
        frontier = EfficientFrontier(model.mean, model.covariance)
        return np.array(list(frontier.max_quadratic_utility(gamma).values()))

    return solve


def skfolio(model: ReturnModel) -> Solve:
    from skfolio import RiskMeasure
    from skfolio.optimization import MeanRisk, ObjectiveFunction
    from skfolio.prior import BasePrior, ReturnDistribution

    class Given(BasePrior):
        def __init__(self) -> None:
            pass

        def fit(self, X: Any, y: Any = None, **_: Any) -> Given:  # noqa: ARG002 - scikit-learn's signature
            self.return_distribution_ = ReturnDistribution(
                mu=model.mean, covariance=model.covariance, returns=np.asarray(X)
            )
            return self

    rows = pd.DataFrame(
        np.random.default_rng(0).normal(size=(3, len(model))), columns=list(model.assets)
    )

    def solve(gamma: float) -> np.ndarray:
        # skfolio maximises mean - risk_aversion * variance
        recipe = MeanRisk(
            objective_function=ObjectiveFunction.MAXIMIZE_UTILITY,
            risk_measure=RiskMeasure.VARIANCE,
            risk_aversion=gamma / 2,
            prior_estimator=Given(),
        )
        return np.asarray(recipe.fit(rows).weights_)

    return solve


def riskfolio(model: ReturnModel) -> Solve:
    import riskfolio as rp

    rows = pd.DataFrame(
        np.random.default_rng(0).normal(size=(5, len(model))), columns=list(model.assets)
    )

    def solve(gamma: float) -> np.ndarray:
        portfolio: Any = rp.Portfolio(returns=rows)
        portfolio.mu = pd.DataFrame(model.mean[None], columns=list(model.assets))
        portfolio.cov = pd.DataFrame(
            model.covariance, index=list(model.assets), columns=list(model.assets)
        )
        # Riskfolio maximises mean - l * variance
        return portfolio.optimization(
            model="Classic", rm="MV", obj="Utility", rf=0, l=gamma / 2, hist=True
        ).to_numpy()[:, 0]

    return solve


def cvxportfolio(model: ReturnModel) -> Solve:
    import cvxportfolio as cvx

    names = list(model.assets)
    day = pd.Timestamp("2024-01-02")
    mean = pd.Series(model.mean, names)
    covariance = pd.DataFrame(model.covariance, names, names)

    def solve(gamma: float) -> np.ndarray:
        policy: Any = cvx.SinglePeriodOptimization(
            cvx.ReturnsForecast(r_hat=mean) - gamma / 2 * cvx.FullCovariance(Sigma=covariance),
            [cvx.LongOnly(), cvx.NoCash()],
            include_cash_return=False,
        )
        held = pd.Series(np.append(np.full(len(model), 1e6 / len(model)), 0.0), [*names, "cash"])
        target = policy.execute(held, market_data=_Day(names, day), t=day)[0] + held
        return (target / target.sum()).to_numpy()[:-1]

    return solve


class _Day:
    """The little of a market that cvxportfolio asks for when forecasts are given."""

    min_history = pd.Timedelta(0)
    cash_key = "cash"

    def __init__(self, names: list[str], day: pd.Timestamp) -> None:
        self.names, self.day = names, day

    def trading_calendar(self, *_: Any, **__: Any) -> pd.DatetimeIndex:
        return pd.DatetimeIndex([self.day])

    def universe_at_time(self, _: Any) -> pd.Index:
        return pd.Index([*self.names, "cash"])

    def serve(self, _: Any) -> tuple[Any, ...]:
        rows = pd.DataFrame(0.0, index=[self.day], columns=[*self.names, "cash"])
        return rows, rows.iloc[0], None, rows.iloc[:, :-1] + 1.0, rows.iloc[0, :-1] + 1.0


def turning_points(model: ReturnModel) -> tuple[np.ndarray, np.ndarray]:
    """Risk tolerances, ascending, and weights of cvxcla's corners."""
    from cvxcla import CLA

    n = len(model)
    line = CLA(
        mean=model.mean,
        covariance=model.covariance,
        lower_bounds=np.zeros(n),
        upper_bounds=np.ones(n),
        a=np.ones((1, n)),
        b=np.ones(1),
    ).turning_points
    found = [(float(p.lamb), np.asarray(p.weights)) for p in line if np.isfinite(p.lamb)][::-1]
    return np.array([t for t, _ in found]), np.array([w for _, w in found])


def cvxcla(model: ReturnModel) -> Solve:
    def solve(gamma: float) -> np.ndarray:
        tolerance, weights = turning_points(model)
        return np.array([np.interp(1.0 / gamma, tolerance, column) for column in weights.T])

    return solve


PEERS: dict[str, tuple[str, Callable[[ReturnModel], Solve]]] = {
    "advisor (traces the whole frontier, certified)": ("advisor", ours),
    "PyPortfolioOpt": ("pypfopt", pyportfolioopt),
    "skfolio": ("skfolio", skfolio),
    "Riskfolio-Lib": ("riskfolio", riskfolio),
    "cvxportfolio, single period": ("cvxportfolio", cvxportfolio),
    "cvxcla (traces the whole frontier)": ("cvxcla", cvxcla),
    "cvxpy": ("cvxpy", plain_cvxpy),
    "cvxpy compiled (DPP)": ("cvxpy", compiled_cvxpy),
}


def installed() -> dict[str, Callable[[ReturnModel], Solve] | None]:
    """How each peer is built, None where it is not installed."""
    return {
        name: build if importlib.util.find_spec(package) is not None else None
        for name, (package, build) in PEERS.items()
    }


def single(sizes: tuple[int, ...], quick: bool) -> list[str]:
    """One client: time, how far below the best objective, and how far outside the limits."""
    lines = [
        "### One client",
        "",
        "| solver | "
        + " | ".join(f"n={n}: CPU ms, below the best, violation" for n in sizes)
        + " |",
        "|---" * (len(sizes) + 1) + "|",
    ]
    models = {n: universe(n) for n in sizes}
    best = {n: optimal_portfolio(models[n], risk_aversion=GAMMA).weights for n in sizes}
    for name, build in installed().items():
        if build is None:
            lines.append(f"| {name} | " + " | ".join("not installed" for _ in sizes) + " |")
            continue
        cells = []
        for n in sizes:
            model, repeats = models[n], (3 if quick or n >= 500 else 9)
            try:
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    solve = build(model)
                    spent = cpu(lambda solve=solve: solve(GAMMA), repeats)
                    w = solve(GAMMA)
            except Exception as error:  # noqa: BLE001 - a peer that fails on this data is a result too
                cells.append(f"failed: {type(error).__name__}")
                continue
            worse = utility(model, best[n]) - utility(model, w)
            violation = max(abs(float(w.sum()) - 1.0), -float(w.min()), 0.0)
            cells.append(f"{spent:.2f}, {worse:.0e}, {violation:.0e}")
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return lines


def utility(model: ReturnModel, w: np.ndarray) -> float:
    return float(model.mean @ w - GAMMA / 2 * w @ model.covariance @ w)


def whole(sizes: tuple[int, ...], quick: bool) -> list[str]:
    """The whole frontier, beside 100 re-solves, one PyPortfolioOpt solve and cvxcla."""
    head = (
        "| n | corners | advisor CPU ms | worst KKT residual | 100 cvxpy re-solves (DPP) | times"
        " faster | one PyPortfolioOpt solve | times faster | cvxcla | times faster |"
    )
    lines = ["### The whole frontier", "", head]
    lines += ["|---" * 10 + "|"]
    gammas = np.geomspace(0.5, 50.0, 100)
    for n in sizes:
        model = universe(n)
        frontier = trace_frontier(model)
        own = cpu(lambda model=model: trace_frontier(model), 5 if n >= 500 else 25)
        solve = compiled_cvxpy(model)
        count = 100 if n <= 100 and not quick else 20
        again = (
            cpu(lambda solve=solve, count=count: [solve(g) for g in gammas[:: 100 // count]], 1)
            * 100
            / count
        )
        other = _time_of("pypfopt", lambda model=model: pyportfolioopt(model)(GAMMA), 3)
        cla = _time_of("cvxcla", lambda model=model: turning_points(model), 3)
        shown = [f"{again:.0f} ms", f"{again / own:.0f}"]
        for peer in (other, cla):
            shown += (
                ["not installed", ""] if np.isnan(peer) else [f"{peer:.1f} ms", f"{peer / own:.1f}"]
            )
        lines.append(
            f"| {n} | {len(frontier)} | {own:.2f} | {frontier.kkt_residual.max():.0e} | "
            + " | ".join(shown)
            + " |"
        )
    return lines


def _time_of(package: str, work: Callable[[], object], repeats: int) -> float:
    return cpu(work, repeats) if importlib.util.find_spec(package) is not None else float("nan")


def crowd(quick: bool) -> list[str]:
    """10,000 clients by every peer (a sample, scaled), and a million by lookup."""
    n, sample = 50, 5 if quick else 20
    model = universe(n)
    rng = np.random.default_rng(3)
    gamma = rng.uniform(1.5, 25.0, 1_000_000)
    lines = [
        f"### 10,000 clients who differ in risk aversion, n={n}",
        "",
        "| solver | CPU s | clients/s (CPU) |",
        "|---|---|---|",
    ]
    own = cpu(lambda: trace_frontier(model).at_risk_aversion(gamma[:10_000]), 9) / 1e3
    lines.append(f"| advisor, frontier and lookup | {own:.4f} | {10_000 / own:,.0f} |")
    for name, build in list(installed().items())[1:]:
        if build is None:
            lines.append(f"| {name} | not installed | |")
            continue
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                solve = build(model)
                spent = (
                    cpu(lambda solve=solve: [solve(g) for g in gamma[:sample]], 1) / 1e3 / sample
                )
        except Exception as error:  # noqa: BLE001 - a peer that fails on this data is a result too
            lines.append(f"| {name} | failed: {type(error).__name__} | |")
            continue
        lines.append(f"| {name} (from {sample}) | {1e4 * spent:.1f} | {1 / spent:,.0f} |")
    return [*lines, "", *million(model, gamma)]


def million(model: ReturnModel, gamma: np.ndarray) -> list[str]:
    frontier, c = trace_frontier(model), gamma.size
    rng = np.random.default_rng(4)
    target = rng.uniform(frontier.volatility[0], frontier.volatility[-1], c)
    wants = Preferences(
        gamma, rng.uniform(1.2, 3.0, c), rng.uniform(-0.03, 0.05, c), rng.uniform(1.0, 20.0, c)
    )
    plans: dict[str, Callable[[], object]] = {
        "at_risk_aversion": lambda: frontier.at_risk_aversion(gamma),
        "at_volatility": lambda: frontier.at_volatility(target),
        "at_preferences (loss-averse)": lambda: frontier.at_preferences(wants),
        "risk_aversion_at": lambda: frontier.risk_aversion_at(target),
    }
    lines = [
        f"### {c:,} clients on one frontier, n={len(model)}, all weights written",
        "",
        "| | best wall s | clients/s (wall) | clients/s (CPU) |",
        "|---|---|---|---|",
    ]
    for name, work in plans.items():
        work()
        walls, spent = [], []
        for _ in range(5):
            wall, busy = time.perf_counter(), time.process_time()
            work()
            walls.append(time.perf_counter() - wall)
            spent.append(time.process_time() - busy)
        lines.append(
            f"| {name} | {min(walls):.3f} | {c / min(walls):,.0f} | {c / min(spent):,.0f} |"
        )
    return lines


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="smaller sizes, about a minute")
    print("\n".join(tables(parser.parse_args().quick)))
