from advisor.optimize.batch.costs import TradingCost as TradingCost
from advisor.optimize.batch.portfolios import Portfolios as Portfolios
from advisor.optimize.batch.portfolios import optimal_portfolios as optimal_portfolios
from advisor.optimize.behaviour.correction_report import AdaptationPolicy as AdaptationPolicy
from advisor.optimize.behaviour.correction_report import CorrectionReport as CorrectionReport
from advisor.optimize.behaviour.correction_report import adaptation_box as adaptation_box
from advisor.optimize.behaviour.correction_report import certainty_equivalent_cost as certainty_equivalent_cost
from advisor.optimize.behaviour.correction_report import correct_risk_aversion as correct_risk_aversion
from advisor.optimize.behaviour.correction_report import report_correction as report_correction
from advisor.optimize.behaviour.mental_accounts import Account as Account
from advisor.optimize.behaviour.mental_accounts import AccountPortfolio as AccountPortfolio
from advisor.optimize.behaviour.mental_accounts import AccountsPlan as AccountsPlan
from advisor.optimize.behaviour.mental_accounts import mental_accounts as mental_accounts
from advisor.optimize.behaviour.prospect import Prospect as Prospect
from advisor.optimize.behaviour.prospect import at_prospect as at_prospect
from advisor.optimize.behaviour.prospect import prospect_value as prospect_value
from advisor.optimize.discrete import DiscreteAllocation as DiscreteAllocation
from advisor.optimize.discrete import discrete_allocation as discrete_allocation
from advisor.optimize.frontier.frontier import Frontier as Frontier
from advisor.optimize.frontier.trace import trace_frontier as trace_frontier
from advisor.optimize.optimal import optimal_portfolio as optimal_portfolio
from advisor.optimize.portfolio import Portfolio as Portfolio
from advisor.optimize.preferences.bias_evidence import BiasEvidence as BiasEvidence
from advisor.optimize.preferences.corrections import BiasPolicy as BiasPolicy
from advisor.optimize.preferences.preferences import Preferences as Preferences
from advisor.optimize.preferences.preferences import loss_averse_risk_aversion as loss_averse_risk_aversion
from advisor.optimize.program.limits import CvarLimit as CvarLimit
from advisor.optimize.program.limits import ProgramLimits as ProgramLimits
from advisor.optimize.program.program import Program as Program
from advisor.optimize.program.solution import ProgramSolution as ProgramSolution
from advisor.optimize.ready_portfolios import equal_risk_contribution as equal_risk_contribution
from advisor.optimize.ready_portfolios import maximum_diversification as maximum_diversification
from advisor.optimize.ready_portfolios import minimum_cvar as minimum_cvar
from advisor.optimize.ready_portfolios import minimum_variance as minimum_variance
from advisor.optimize.returns.assumptions import from_assumptions as from_assumptions
from advisor.optimize.returns.currency import after_costs as after_costs
from advisor.optimize.returns.currency import hedge_share as hedge_share
from advisor.optimize.returns.currency import in_home_currency as in_home_currency
from advisor.optimize.returns.estimate import EstimateSettings as EstimateSettings
from advisor.optimize.returns.estimate import estimate_returns as estimate_returns
from advisor.optimize.returns.forecast import forecast_covariance as forecast_covariance
from advisor.optimize.returns.moments import Moments as Moments
from advisor.optimize.returns.moments import RunningMoments as RunningMoments
from advisor.optimize.returns.positive_semidefinite import PsdRepair as PsdRepair
from advisor.optimize.returns.positive_semidefinite import nearest_psd as nearest_psd
from advisor.optimize.returns.smoothing import Desmoothed as Desmoothed
from advisor.optimize.returns.smoothing import desmooth as desmooth
from advisor.optimize.returns.views import Equilibrium as Equilibrium
from advisor.optimize.returns.views import View as View
from advisor.optimize.scenarios.certificate import Scenarios as Scenarios
from advisor.optimize.scenarios.portfolios import optimal_over_scenarios as optimal_over_scenarios
from advisor.optimize.scenarios.portfolios import scenario_utility as scenario_utility
from advisor.optimize.scenarios.solver import ScenarioPortfolios as ScenarioPortfolios

__all__ = [
    "Account",
    "AccountPortfolio",
    "AccountsPlan",
    "AdaptationPolicy",
    "BiasEvidence",
    "BiasPolicy",
    "CorrectionReport",
    "CvarLimit",
    "Desmoothed",
    "DiscreteAllocation",
    "Equilibrium",
    "EstimateSettings",
    "Frontier",
    "Moments",
    "Portfolio",
    "Portfolios",
    "Preferences",
    "Program",
    "ProgramLimits",
    "ProgramSolution",
    "Prospect",
    "PsdRepair",
    "RunningMoments",
    "ScenarioPortfolios",
    "Scenarios",
    "TradingCost",
    "View",
    "adaptation_box",
    "after_costs",
    "at_prospect",
    "certainty_equivalent_cost",
    "correct_risk_aversion",
    "desmooth",
    "discrete_allocation",
    "equal_risk_contribution",
    "estimate_returns",
    "forecast_covariance",
    "from_assumptions",
    "hedge_share",
    "in_home_currency",
    "loss_averse_risk_aversion",
    "maximum_diversification",
    "mental_accounts",
    "minimum_cvar",
    "minimum_variance",
    "nearest_psd",
    "optimal_over_scenarios",
    "optimal_portfolio",
    "optimal_portfolios",
    "prospect_value",
    "report_correction",
    "scenario_utility",
    "trace_frontier",
]
