"""The portfolio functions, with every argument in turn replaced by what cannot be used: an answer,
or a refusal in the library's words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

import advisor as a
from advisor import sample

MARKET = sample.market()
MODEL = a.estimate_returns(MARKET)
N = len(MODEL.ids)
IDS = list(MODEL.ids.ids)
FRONTIER = a.trace_frontier(MODEL)
WANTS = a.Preferences(np.array([3.0, 5.0]), 1.5)
EVIDENCE = a.BiasEvidence.of(2, loss_aversion=2.0)
CORRECTION = a.correct_risk_aversion(FRONTIER, np.array([3.0, 5.0]), EVIDENCE)
EVEN = np.full(N, 1.0 / N)
SCENARIOS = a.Scenarios(np.random.default_rng(0).normal(0.0, 0.01, (8, N)))
ACCOUNT = {"name": "home", "share": 1.0, "floor_return": -0.1, "shortfall_probability": 0.2}
ONE = {IDS[0]: 0.01}

CASES: dict[str, tuple[Callable[..., Any], dict[str, Any]]] = {
    "Account": (a.Account, ACCOUNT),
    "mental_accounts": (
        a.mental_accounts,
        {"model": MODEL, "accounts": [a.Account(**ACCOUNT)], "mandate": None},
    ),
    "BiasEvidence.of": (
        a.BiasEvidence.of,
        {"count": 2, "loss_aversion": 2.0, "disposition_se": 0.1},
    ),
    "BiasEvidence.take": (EVIDENCE.take, {"rows": [0]}),
    "BiasEvidence": (
        a.BiasEvidence,
        {name: np.ones(2) for name in a.BiasEvidence.__dataclass_fields__},
    ),
    "BiasPolicy": (
        a.BiasPolicy,
        {name: getattr(a.BiasPolicy(), name) for name in a.BiasPolicy.__dataclass_fields__},
    ),
    "correct_risk_aversion": (
        a.correct_risk_aversion,
        {
            "frontier": FRONTIER,
            "risk_aversion": np.array([3.0, 5.0]),
            "evidence": EVIDENCE,
            "policy": None,
        },
    ),
    "report_correction": (a.report_correction, {"frontier": FRONTIER, "correction": CORRECTION}),
    "CvarLimit": (a.CvarLimit, {"scenarios": np.zeros((3, N)), "limit": 0.1, "level": 0.9}),
    "ProgramLimits": (
        a.ProgramLimits,
        {
            "cvar": None,
            "max_assets": 2,
            "min_position": 0.1,
            "benchmark": EVEN,
            "max_tracking_error": 0.1,
        }
        | {"current": EVEN, "max_turnover": 0.5, "custom": None},
    ),
    "Program": (
        a.Program,
        {"model": MODEL, "mandate": None, "limits": None, "solvers": ("CLARABEL",)},
    ),
    "Program.solve": (a.Program(MODEL).solve, {"risk_aversion": 3.0}),
    "Equilibrium": (
        a.Equilibrium,
        {"weights": {IDS[0]: 1.0}, "risk_aversion": 2.5, "premium": 0.04, "risk_free": 0.0},
    ),
    "View": (a.View, {"weights": ONE, "mean": 0.01, "confidence": 0.5}),
    "EstimateSettings": (
        a.EstimateSettings,
        {"half_life": 1.0, "equilibrium": a.Equilibrium(), "views": (), "overconfidence": 1.0},
    ),
    "estimate_returns": (
        a.estimate_returns,
        {
            "market": MARKET,
            "mean": "bayes_stein",
            "covariance": "ledoit_wolf",
            "histories": "common",
            "views": None,
        }
        | {"settings": None, "running": None},
    ),
    "nearest_psd": (
        a.nearest_psd,
        {"covariance": np.eye(2), "assets": ["a", "b"], "tolerance": 1e-10},
    ),
    "desmooth": (a.desmooth, {"market": MARKET, "assets": IDS[:1], "smoothing": {IDS[0]: 0.3}}),
    "after_costs": (
        a.after_costs,
        {
            "model": MODEL,
            "fees": ONE,
            "income": ONE,
            "income_tax": 0.1,
            "gains_tax": 0.1,
            "turnover": 0.5,
        },
    ),
    "in_home_currency": (
        a.in_home_currency,
        {
            "market": MARKET,
            "currencies": {IDS[0]: "usd"},
            "rates": a.Market.from_returns(
                pd.DataFrame(0.001, index=pd.DatetimeIndex(MARKET.dates), columns=["usd"])
            ),
            "hedged": 0.5,
            "carry": {"usd": 0.01},
        },
    ),
    "Preferences": (
        a.Preferences,
        {
            "risk_aversion": 3.0,
            "loss_aversion": 1.5,
            "reference_return": 0.0,
            "evaluation_years": 1.0,
            "status_quo_cost": 0.0,
        },
    ),
    "Preferences.take": (WANTS.take, {"rows": [0]}),
    "Preferences.with_risk_aversion": (
        WANTS.with_risk_aversion,
        {"risk_aversion": np.array([1.0, 2.0])},
    ),
    "loss_averse_risk_aversion": (
        a.loss_averse_risk_aversion,
        {
            "risk_aversion": 3.0,
            "loss_aversion": 1.5,
            "mean": 0.05,
            "volatility": 0.1,
            "reference_return": 0.0,
        }
        | {"evaluation_years": 1.0},
    ),
    "Prospect": (
        a.Prospect,
        {name: getattr(a.Prospect(), name) for name in a.Prospect.__dataclass_fields__},
    ),
    "prospect_value": (
        a.prospect_value,
        {"prospect": a.Prospect(), "mean": np.array([0.05]), "volatility": np.array([0.1])},
    ),
    "at_prospect": (a.at_prospect, {"frontier": FRONTIER, "prospect": a.Prospect()}),
    "Scenarios": (a.Scenarios, {"returns": np.zeros((3, N)), "years": 1.0}),
    "optimal_over_scenarios": (
        a.optimal_over_scenarios,
        {
            "model": MODEL,
            "scenarios": SCENARIOS,
            "preferences": WANTS,
            "mandate": None,
            "current": EVEN,
            "cost": 0.001,
        },
    ),
    "TradingCost": (a.TradingCost, {"buy": 0.001, "sell": 0.001, "holding_years": 1.0}),
    "optimal_portfolio": (
        a.optimal_portfolio,
        {"model": MODEL, "mandate": None, "risk_aversion": 3.0, "current": EVEN, "cost": 0.001},
    ),
    "optimal_portfolio at": (a.optimal_portfolio, {"model": MODEL, "target_volatility": 0.1}),
    "optimal_portfolio for": (
        a.optimal_portfolio,
        {"model": MODEL, "preferences": a.Preferences(3.0, 1.5), "scenarios": None},
    ),
    "optimal_portfolios": (
        a.optimal_portfolios,
        {
            "model": MODEL,
            "mandate": None,
            "preferences": WANTS,
            "lower": 0.0,
            "upper": 1.0,
            "current": EVEN,
            "cost": 0.001,
        }
        | {"start": None, "frontier": FRONTIER},
    ),
    "trace_frontier": (
        a.trace_frontier,
        {"model": MODEL, "mandate": None, "eligible": np.ones(N, dtype=bool)},
    ),
    "at_risk_aversion": (FRONTIER.at_risk_aversion, {"gamma": 3.0}),
    "at_volatility": (FRONTIER.at_volatility, {"target": 0.1}),
    "at_mean": (FRONTIER.at_mean, {"target": 0.05}),
    "risk_aversion_at": (FRONTIER.risk_aversion_at, {"volatility": 0.1}),
    "at_preferences": (FRONTIER.at_preferences, {"preferences": WANTS}),
    "effective_risk_aversion": (FRONTIER.effective_risk_aversion, {"preferences": WANTS}),
    "participation": (FRONTIER.participation, {"preferences": WANTS}),
    "max_sharpe": (FRONTIER.max_sharpe, {"risk_free": 0.0}),
    "moments_at": (FRONTIER.moments_at, {"gamma": np.array([3.0])}),
    "kkt_residuals": (FRONTIER.kkt_residuals, {"weights": EVEN[None], "gamma": np.array([3.0])}),
    "certify": (FRONTIER.certify, {"weights": EVEN, "gamma": 3.0}),
    "multipliers_at": (FRONTIER.multipliers_at, {"gamma": 3.0}),
}


@pytest.mark.parametrize("name", CASES)
def test_nothing_raw_comes_out_of_any_argument(
    name: str, garbage: dict[str, Any], raw_error: Callable[..., str | None]
) -> None:
    function, arguments = CASES[name]
    function(**arguments)
    sizes = {
        f"{shape} zeros": np.zeros(shape)
        for shape in ((), N, N - 1, N + 1, (1, N), (2, N + 1), (3, N))
    }
    found: list[str] = []
    for field in arguments:
        for kind, bad in (garbage | sizes).items():
            if field == "custom" and callable(bad):
                continue
            if (raw := raw_error(function, arguments, field, bad, Warning)) is not None:
                found.append(f"{name}({field}={kind}) raised {raw[:120]}")
    assert not found, "\n".join(found)
