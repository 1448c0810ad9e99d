"""Robo-advice as a library: a Market, a Client, an Advice; `advise`.

Questionnaire answers become risk profiles under real suitability regimes, profiles become exact mean-variance allocations that know the client's own
biases, and allocations become suitable products ranked by taste. One client or a million: the same engine, the same bits.

    from advisor import Advisor, sample
    house = Advisor.fit(sample.market(), sample.interactions(), catalogue=sample.catalogue())
    print(house.advise(sample.client()))

Names are loaded on first use, so that importing the package costs next to nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from advisor.adapters.engines.proof import verify_rows
    from advisor.adapters.engines.replay import replay
    from advisor.adapters.engines.stream import advise_stream
    from advisor.contracts.advice import Advice, Binding, Order, Pick, Reason, Verification
    from advisor.contracts.bands import RiskBands
    from advisor.contracts.client import Client, Goal
    from advisor.contracts.mandate import GroupLimit, LinearLimit, Mandate
    from advisor.contracts.product import Product
    from advisor.contracts.questionnaire import Option, Question, Questionnaire
    from advisor.data.biases import BiasProfiles
    from advisor.data.catalogue import Catalogue
    from advisor.data.clients import ClientTable
    from advisor.data.eligibility import Verdict
    from advisor.data.interactions import Interactions
    from advisor.data.market import Market
    from advisor.data.profiles import RiskProfile, RiskProfiles
    from advisor.data.ranking import Ranking
    from advisor.data.returns import ReturnModel
    from advisor.data.trades import Trades
    from advisor.engine.advisor import Advisor
    from advisor.engine.batch import AdviceBatch
    from advisor.errors import AdapterError, AdvisorError, InfeasibleError, InputError, SolverError
    from advisor.evaluate.backtest import backtest
    from advisor.evaluate.match import MatchReport, evaluate_match
    from advisor.evaluate.match_time import compare_over_time
    from advisor.evaluate.result import BacktestResult
    from advisor.evaluate.risk import RiskMatchReport, evaluate_risk
    from advisor.optimize.accounts import Account, AccountsPlan, mental_accounts
    from advisor.optimize.batch import Portfolios, optimal_portfolios
    from advisor.optimize.batch_costs import TradingCost
    from advisor.optimize.corrections import BiasEvidence, BiasPolicy
    from advisor.optimize.corrections_report import correct_risk_aversion, report_correction
    from advisor.optimize.currency import after_costs, in_home_currency
    from advisor.optimize.estimate import EstimateSettings, estimate_returns
    from advisor.optimize.estimate_psd import nearest_psd
    from advisor.optimize.frontier import Frontier, trace_frontier
    from advisor.optimize.portfolio import Portfolio, optimal_portfolio
    from advisor.optimize.preferences import Preferences, loss_averse_risk_aversion
    from advisor.optimize.program import Program
    from advisor.optimize.program_limits import CvarLimit, ProgramLimits
    from advisor.optimize.prospect import Prospect, at_prospect, prospect_value
    from advisor.optimize.scenarios import Scenarios, optimal_over_scenarios
    from advisor.optimize.smoothing import desmooth
    from advisor.optimize.views import Equilibrium, View
    from advisor.recommend.association import Association
    from advisor.recommend.blend import Blend
    from advisor.recommend.cold_start import ColdStart
    from advisor.recommend.content import Content
    from advisor.recommend.factors import ALS, BPR
    from advisor.recommend.item_based import EASE, ItemKNN, RandomWalk
    from advisor.recommend.mvecf import MVECF
    from advisor.recommend.popularity import Demographic, Popularity
    from advisor.risk_profile.biases import measure_biases
    from advisor.risk_profile.biases_population import bootstrap_disposition
    from advisor.risk_profile.profile import profile_risk
    from advisor.store import load, save
    from advisor.suitability.regime import Regime

__all__ = [
    "ALS",
    "Account",
    "AccountsPlan",
    "AdapterError",
    "Advice",
    "AdviceBatch",
    "Advisor",
    "AdvisorError",
    "Association",
    "BPR",
    "BacktestResult",
    "BiasEvidence",
    "BiasPolicy",
    "BiasProfiles",
    "Binding",
    "Blend",
    "Catalogue",
    "Client",
    "ClientTable",
    "ColdStart",
    "Content",
    "CvarLimit",
    "Demographic",
    "EASE",
    "Equilibrium",
    "EstimateSettings",
    "Frontier",
    "Goal",
    "GroupLimit",
    "InfeasibleError",
    "InputError",
    "Interactions",
    "ItemKNN",
    "LinearLimit",
    "MVECF",
    "Mandate",
    "Market",
    "MatchReport",
    "Option",
    "Order",
    "Pick",
    "Popularity",
    "Portfolio",
    "Portfolios",
    "Preferences",
    "Product",
    "Program",
    "ProgramLimits",
    "Prospect",
    "Question",
    "Questionnaire",
    "RandomWalk",
    "Ranking",
    "Reason",
    "Regime",
    "ReturnModel",
    "RiskBands",
    "RiskMatchReport",
    "RiskProfile",
    "RiskProfiles",
    "Scenarios",
    "SolverError",
    "Trades",
    "TradingCost",
    "Verdict",
    "Verification",
    "View",
    "advise_stream",
    "after_costs",
    "at_prospect",
    "backtest",
    "bootstrap_disposition",
    "compare_over_time",
    "correct_risk_aversion",
    "desmooth",
    "estimate_returns",
    "evaluate_match",
    "evaluate_risk",
    "in_home_currency",
    "load",
    "loss_averse_risk_aversion",
    "measure_biases",
    "mental_accounts",
    "nearest_psd",
    "optimal_over_scenarios",
    "optimal_portfolio",
    "optimal_portfolios",
    "profile_risk",
    "prospect_value",
    "replay",
    "report_correction",
    "save",
    "trace_frontier",
    "verify_rows",
]

_HOME = {
    "ALS": "recommend.factors",
    "Account": "optimize.accounts",
    "AccountsPlan": "optimize.accounts",
    "AdapterError": "errors",
    "Advice": "contracts.advice",
    "AdviceBatch": "engine.batch",
    "Advisor": "engine.advisor",
    "AdvisorError": "errors",
    "Association": "recommend.association",
    "BPR": "recommend.factors",
    "BacktestResult": "evaluate.result",
    "BiasEvidence": "optimize.corrections",
    "BiasPolicy": "optimize.corrections",
    "BiasProfiles": "data.biases",
    "Binding": "contracts.advice",
    "Blend": "recommend.blend",
    "Catalogue": "data.catalogue",
    "Client": "contracts.client",
    "ClientTable": "data.clients",
    "ColdStart": "recommend.cold_start",
    "Content": "recommend.content",
    "CvarLimit": "optimize.program_limits",
    "Demographic": "recommend.popularity",
    "EASE": "recommend.item_based",
    "Equilibrium": "optimize.views",
    "EstimateSettings": "optimize.estimate",
    "Frontier": "optimize.frontier",
    "Goal": "contracts.client",
    "GroupLimit": "contracts.mandate",
    "InfeasibleError": "errors",
    "InputError": "errors",
    "Interactions": "data.interactions",
    "ItemKNN": "recommend.item_based",
    "LinearLimit": "contracts.mandate",
    "MVECF": "recommend.mvecf",
    "Mandate": "contracts.mandate",
    "Market": "data.market",
    "MatchReport": "evaluate.match",
    "Option": "contracts.questionnaire",
    "Order": "contracts.advice",
    "Pick": "contracts.advice",
    "Popularity": "recommend.popularity",
    "Portfolio": "optimize.portfolio",
    "Portfolios": "optimize.batch",
    "Preferences": "optimize.preferences",
    "Product": "contracts.product",
    "Program": "optimize.program",
    "ProgramLimits": "optimize.program_limits",
    "Prospect": "optimize.prospect",
    "Question": "contracts.questionnaire",
    "Questionnaire": "contracts.questionnaire",
    "RandomWalk": "recommend.item_based",
    "Ranking": "data.ranking",
    "Reason": "contracts.advice",
    "Regime": "suitability.regime",
    "ReturnModel": "data.returns",
    "RiskBands": "contracts.bands",
    "RiskMatchReport": "evaluate.risk",
    "RiskProfile": "data.profiles",
    "RiskProfiles": "data.profiles",
    "Scenarios": "optimize.scenarios",
    "SolverError": "errors",
    "Trades": "data.trades",
    "TradingCost": "optimize.batch_costs",
    "Verdict": "data.eligibility",
    "Verification": "contracts.advice",
    "View": "optimize.views",
    "advise_stream": "adapters.engines.stream",
    "after_costs": "optimize.currency",
    "at_prospect": "optimize.prospect",
    "backtest": "evaluate.backtest",
    "bootstrap_disposition": "risk_profile.biases_population",
    "compare_over_time": "evaluate.match_time",
    "correct_risk_aversion": "optimize.corrections_report",
    "desmooth": "optimize.smoothing",
    "estimate_returns": "optimize.estimate",
    "evaluate_match": "evaluate.match",
    "evaluate_risk": "evaluate.risk",
    "in_home_currency": "optimize.currency",
    "load": "store",
    "loss_averse_risk_aversion": "optimize.preferences",
    "measure_biases": "risk_profile.biases",
    "mental_accounts": "optimize.accounts",
    "nearest_psd": "optimize.estimate_psd",
    "optimal_over_scenarios": "optimize.scenarios",
    "optimal_portfolio": "optimize.portfolio",
    "optimal_portfolios": "optimize.batch",
    "profile_risk": "risk_profile.profile",
    "prospect_value": "optimize.prospect",
    "replay": "adapters.engines.replay",
    "report_correction": "optimize.corrections_report",
    "save": "store",
    "trace_frontier": "optimize.frontier",
    "verify_rows": "adapters.engines.proof",
}
"""Public name -> the module that defines it."""


_ROOMS = ("lifecycle", "measures", "privacy", "sample")
"""Modules that are public as a whole."""


def __getattr__(name: str) -> Any:
    if name == "__version__":
        return import_module("importlib.metadata").version("advisor")
    if name in _ROOMS:
        return import_module(f"{__name__}.{name}")
    home = _HOME.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{home}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOME, *_ROOMS})
