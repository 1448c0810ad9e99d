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
    from advisor.contracts.advice import Advice as Advice
    from advisor.contracts.advice import Binding as Binding
    from advisor.contracts.advice import Order as Order
    from advisor.contracts.advice import Pick as Pick
    from advisor.contracts.advice import Reason as Reason
    from advisor.contracts.advice import Verification as Verification
    from advisor.contracts.bands import RiskBands as RiskBands
    from advisor.contracts.client import Client as Client
    from advisor.contracts.client import Goal as Goal
    from advisor.contracts.mandate import GroupLimit as GroupLimit
    from advisor.contracts.mandate import LinearLimit as LinearLimit
    from advisor.contracts.mandate import Mandate as Mandate
    from advisor.contracts.product import Product as Product
    from advisor.contracts.questionnaire import Option as Option
    from advisor.contracts.questionnaire import Question as Question
    from advisor.contracts.questionnaire import Questionnaire as Questionnaire
    from advisor.data.biases import BiasProfiles as BiasProfiles
    from advisor.data.catalogue import Catalogue as Catalogue
    from advisor.data.clients import ClientTable as ClientTable
    from advisor.data.eligibility import Verdict as Verdict
    from advisor.data.interactions import Interactions as Interactions
    from advisor.data.market import Market as Market
    from advisor.data.profiles import RiskProfile as RiskProfile
    from advisor.data.profiles import RiskProfiles as RiskProfiles
    from advisor.data.ranking import Ranking as Ranking
    from advisor.data.returns import ReturnModel as ReturnModel
    from advisor.data.trades import Trades as Trades
    from advisor.engine.advisor import Advisor as Advisor
    from advisor.engine.batch import AdviceBatch as AdviceBatch
    from advisor.errors import AdapterError as AdapterError
    from advisor.errors import AdvisorError as AdvisorError
    from advisor.errors import InfeasibleError as InfeasibleError
    from advisor.errors import InputError as InputError
    from advisor.errors import SolverError as SolverError
    from advisor.evaluate.backtest import backtest as backtest
    from advisor.evaluate.match import MatchReport as MatchReport
    from advisor.evaluate.match import evaluate_match as evaluate_match
    from advisor.evaluate.match_time import compare_over_time as compare_over_time
    from advisor.evaluate.result import BacktestResult as BacktestResult
    from advisor.evaluate.risk import RiskMatchReport as RiskMatchReport
    from advisor.evaluate.risk import evaluate_risk as evaluate_risk
    from advisor.optimize.accounts import Account as Account
    from advisor.optimize.accounts import AccountsPlan as AccountsPlan
    from advisor.optimize.accounts import mental_accounts as mental_accounts
    from advisor.optimize.batch import Portfolios as Portfolios
    from advisor.optimize.batch import optimal_portfolios as optimal_portfolios
    from advisor.optimize.corrections import BiasPolicy as BiasPolicy
    from advisor.optimize.estimate import estimate_returns as estimate_returns
    from advisor.optimize.frontier import Frontier as Frontier
    from advisor.optimize.frontier import trace_frontier as trace_frontier
    from advisor.optimize.portfolio import Portfolio as Portfolio
    from advisor.optimize.portfolio import optimal_portfolio as optimal_portfolio
    from advisor.optimize.preferences import Preferences as Preferences
    from advisor.optimize.preferences import loss_averse_risk_aversion as loss_averse_risk_aversion
    from advisor.recommend.association import Association as Association
    from advisor.recommend.blend import Blend as Blend
    from advisor.recommend.cold_start import ColdStart as ColdStart
    from advisor.recommend.content import Content as Content
    from advisor.recommend.factors import ALS as ALS
    from advisor.recommend.factors import BPR as BPR
    from advisor.recommend.item_based import EASE as EASE
    from advisor.recommend.item_based import ItemKNN as ItemKNN
    from advisor.recommend.item_based import RandomWalk as RandomWalk
    from advisor.recommend.mvecf import MVECF as MVECF
    from advisor.recommend.popularity import Demographic as Demographic
    from advisor.recommend.popularity import Popularity as Popularity
    from advisor.risk_profile.biases import measure_biases as measure_biases
    from advisor.risk_profile.profile import profile_risk as profile_risk
    from advisor.store import load as load
    from advisor.store import save as save
    from advisor.suitability.regime import Regime as Regime

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
    "BiasPolicy",
    "BiasProfiles",
    "Binding",
    "Blend",
    "Catalogue",
    "Client",
    "ClientTable",
    "ColdStart",
    "Content",
    "Demographic",
    "EASE",
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
    "SolverError",
    "Trades",
    "Verdict",
    "Verification",
    "backtest",
    "compare_over_time",
    "estimate_returns",
    "evaluate_match",
    "evaluate_risk",
    "load",
    "loss_averse_risk_aversion",
    "measure_biases",
    "mental_accounts",
    "optimal_portfolio",
    "optimal_portfolios",
    "profile_risk",
    "save",
    "trace_frontier",
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
    "BiasPolicy": "optimize.corrections",
    "BiasProfiles": "data.biases",
    "Binding": "contracts.advice",
    "Blend": "recommend.blend",
    "Catalogue": "data.catalogue",
    "Client": "contracts.client",
    "ClientTable": "data.clients",
    "ColdStart": "recommend.cold_start",
    "Content": "recommend.content",
    "Demographic": "recommend.popularity",
    "EASE": "recommend.item_based",
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
    "SolverError": "errors",
    "Trades": "data.trades",
    "Verdict": "data.eligibility",
    "Verification": "contracts.advice",
    "backtest": "evaluate.backtest",
    "compare_over_time": "evaluate.match_time",
    "estimate_returns": "optimize.estimate",
    "evaluate_match": "evaluate.match",
    "evaluate_risk": "evaluate.risk",
    "load": "store",
    "loss_averse_risk_aversion": "optimize.preferences",
    "measure_biases": "risk_profile.biases",
    "mental_accounts": "optimize.accounts",
    "optimal_portfolio": "optimize.portfolio",
    "optimal_portfolios": "optimize.batch",
    "profile_risk": "risk_profile.profile",
    "save": "store",
    "trace_frontier": "optimize.frontier",
}
"""Public name -> the module that defines it."""


_ROOMS = ("lifecycle", "measures", "sample")
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
