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
    from advisor.contracts.advice import Advice, Binding, Order, Pick, Reason, Verification
    from advisor.contracts.answer_sheet import AnswerSheet
    from advisor.contracts.bands import RiskBands
    from advisor.contracts.client import Client, Goal
    from advisor.contracts.mandate import GroupLimit, LinearLimit, Mandate
    from advisor.contracts.product import Product
    from advisor.contracts.questionnaire import Option, Question, Questionnaire
    from advisor.contracts.report import AdviceReport, ProfileReport
    from advisor.data.biases import BiasProfiles
    from advisor.data.catalogue import Catalogue
    from advisor.data.clients.table import ClientTable
    from advisor.data.eligibility import Verdict
    from advisor.data.interactions import Interactions
    from advisor.data.market import Market
    from advisor.data.profiles import RiskProfile, RiskProfiles
    from advisor.data.ranking import Ranking
    from advisor.data.returns import ReturnModel
    from advisor.data.trades import Trades
    from advisor.engine.advisor import Advisor
    from advisor.engine.batch import AdviceBatch
    from advisor.engine.output.reasons import sentences
    from advisor.errors import AdapterError, AdvisorError, InfeasibleError, InputError, SolverError
    from advisor.evaluate.backtest.backtest import backtest
    from advisor.evaluate.backtest.result import BacktestResult
    from advisor.evaluate.match.match import MatchReport, evaluate_match
    from advisor.evaluate.match.over_time import compare_over_time
    from advisor.evaluate.risk.risk import RiskMatchReport, evaluate_risk
    from advisor.optimize.batch.costs import TradingCost
    from advisor.optimize.batch.portfolios import Portfolios, optimal_portfolios
    from advisor.optimize.behaviour.correction_report import correct_risk_aversion, report_correction
    from advisor.optimize.behaviour.mental_accounts import Account, AccountsPlan, mental_accounts
    from advisor.optimize.behaviour.prospect import Prospect, at_prospect, prospect_value
    from advisor.optimize.frontier.frontier import Frontier, trace_frontier
    from advisor.optimize.portfolio import Portfolio, optimal_portfolio
    from advisor.optimize.preferences.corrections import BiasEvidence, BiasPolicy
    from advisor.optimize.preferences.preferences import Preferences, loss_averse_risk_aversion
    from advisor.optimize.program.limits import CvarLimit, ProgramLimits
    from advisor.optimize.program.program import Program
    from advisor.optimize.returns.currency import after_costs, in_home_currency
    from advisor.optimize.returns.estimate import EstimateSettings, estimate_returns
    from advisor.optimize.returns.positive_semidefinite import nearest_psd
    from advisor.optimize.returns.smoothing import desmooth
    from advisor.optimize.returns.views import Equilibrium, View
    from advisor.optimize.scenarios.portfolios import Scenarios, optimal_over_scenarios
    from advisor.recommend.recipes.association import Association
    from advisor.recommend.recipes.blend import Blend
    from advisor.recommend.recipes.cold_start import ColdStart
    from advisor.recommend.recipes.content import Content
    from advisor.recommend.recipes.factors import ALS, BPR
    from advisor.recommend.recipes.item_based import EASE, ItemKNN, RandomWalk
    from advisor.recommend.recipes.mvecf import MVECF
    from advisor.recommend.recipes.popularity import Demographic, Popularity
    from advisor.risk_profile.biases.measure import measure_biases
    from advisor.risk_profile.biases.population import bootstrap_disposition
    from advisor.risk_profile.profile import profile_risk
    from advisor.runs.proof import verify_rows
    from advisor.runs.replay import replay
    from advisor.runs.stream import advise_stream
    from advisor.store import load, save
    from advisor.suitability.regime import Regime

__all__ = [
    "ALS",
    "Account",
    "AccountsPlan",
    "AdapterError",
    "Advice",
    "AdviceBatch",
    "AdviceReport",
    "Advisor",
    "AdvisorError",
    "AnswerSheet",
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
    "ProfileReport",
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
    "sentences",
    "trace_frontier",
    "verify_rows",
]

_HOME = {
    "ALS": "recommend.recipes.factors",
    "Account": "optimize.behaviour.mental_accounts",
    "AccountsPlan": "optimize.behaviour.mental_accounts",
    "AdapterError": "errors",
    "Advice": "contracts.advice",
    "AdviceBatch": "engine.batch",
    "AdviceReport": "contracts.report",
    "Advisor": "engine.advisor",
    "AdvisorError": "errors",
    "AnswerSheet": "contracts.answer_sheet",
    "Association": "recommend.recipes.association",
    "BPR": "recommend.recipes.factors",
    "BacktestResult": "evaluate.backtest.result",
    "BiasEvidence": "optimize.preferences.corrections",
    "BiasPolicy": "optimize.preferences.corrections",
    "BiasProfiles": "data.biases",
    "Binding": "contracts.advice",
    "Blend": "recommend.recipes.blend",
    "Catalogue": "data.catalogue",
    "Client": "contracts.client",
    "ClientTable": "data.clients.table",
    "ColdStart": "recommend.recipes.cold_start",
    "Content": "recommend.recipes.content",
    "CvarLimit": "optimize.program.limits",
    "Demographic": "recommend.recipes.popularity",
    "EASE": "recommend.recipes.item_based",
    "Equilibrium": "optimize.returns.views",
    "EstimateSettings": "optimize.returns.estimate",
    "Frontier": "optimize.frontier.frontier",
    "Goal": "contracts.client",
    "GroupLimit": "contracts.mandate",
    "InfeasibleError": "errors",
    "InputError": "errors",
    "Interactions": "data.interactions",
    "ItemKNN": "recommend.recipes.item_based",
    "LinearLimit": "contracts.mandate",
    "MVECF": "recommend.recipes.mvecf",
    "Mandate": "contracts.mandate",
    "Market": "data.market",
    "MatchReport": "evaluate.match.match",
    "Option": "contracts.questionnaire",
    "Order": "contracts.advice",
    "Pick": "contracts.advice",
    "Popularity": "recommend.recipes.popularity",
    "Portfolio": "optimize.portfolio",
    "Portfolios": "optimize.batch.portfolios",
    "Preferences": "optimize.preferences.preferences",
    "Product": "contracts.product",
    "ProfileReport": "contracts.report",
    "Program": "optimize.program.program",
    "ProgramLimits": "optimize.program.limits",
    "Prospect": "optimize.behaviour.prospect",
    "Question": "contracts.questionnaire",
    "Questionnaire": "contracts.questionnaire",
    "RandomWalk": "recommend.recipes.item_based",
    "Ranking": "data.ranking",
    "Reason": "contracts.advice",
    "Regime": "suitability.regime",
    "ReturnModel": "data.returns",
    "RiskBands": "contracts.bands",
    "RiskMatchReport": "evaluate.risk.risk",
    "RiskProfile": "data.profiles",
    "RiskProfiles": "data.profiles",
    "Scenarios": "optimize.scenarios.portfolios",
    "SolverError": "errors",
    "Trades": "data.trades",
    "TradingCost": "optimize.batch.costs",
    "Verdict": "data.eligibility",
    "Verification": "contracts.advice",
    "View": "optimize.returns.views",
    "advise_stream": "runs.stream",
    "after_costs": "optimize.returns.currency",
    "at_prospect": "optimize.behaviour.prospect",
    "backtest": "evaluate.backtest.backtest",
    "bootstrap_disposition": "risk_profile.biases.population",
    "compare_over_time": "evaluate.match.over_time",
    "correct_risk_aversion": "optimize.behaviour.correction_report",
    "desmooth": "optimize.returns.smoothing",
    "estimate_returns": "optimize.returns.estimate",
    "evaluate_match": "evaluate.match.match",
    "evaluate_risk": "evaluate.risk.risk",
    "in_home_currency": "optimize.returns.currency",
    "load": "store",
    "loss_averse_risk_aversion": "optimize.preferences.preferences",
    "measure_biases": "risk_profile.biases.measure",
    "mental_accounts": "optimize.behaviour.mental_accounts",
    "nearest_psd": "optimize.returns.positive_semidefinite",
    "optimal_over_scenarios": "optimize.scenarios.portfolios",
    "optimal_portfolio": "optimize.portfolio",
    "optimal_portfolios": "optimize.batch.portfolios",
    "profile_risk": "risk_profile.profile",
    "prospect_value": "optimize.behaviour.prospect",
    "replay": "runs.replay",
    "report_correction": "optimize.behaviour.correction_report",
    "save": "store",
    "sentences": "engine.output.reasons",
    "trace_frontier": "optimize.frontier.frontier",
    "verify_rows": "runs.proof",
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
