from advisor import contracts as contracts
from advisor import data as data
from advisor import engine as engine
from advisor import evaluate as evaluate
from advisor import lifecycle as lifecycle
from advisor import measures as measures
from advisor import optimize as optimize
from advisor import privacy as privacy
from advisor import recommend as recommend
from advisor import reports as reports
from advisor import risk_profile as risk_profile
from advisor import runs as runs
from advisor import sample as sample
from advisor import suitability as suitability
from advisor.contracts.advice import Advice as Advice
from advisor.contracts.advice import Binding as Binding
from advisor.contracts.advice import Order as Order
from advisor.contracts.advice import Pick as Pick
from advisor.contracts.advice import Reason as Reason
from advisor.contracts.advice import Status as Status
from advisor.contracts.advice import Verification as Verification
from advisor.contracts.answer_sheet import AnswerSheet as AnswerSheet
from advisor.contracts.bands import RiskBands as RiskBands
from advisor.contracts.base import Contract as Contract
from advisor.contracts.client import Client as Client
from advisor.contracts.client import Goal as Goal
from advisor.contracts.cut_offs import CutOffs as CutOffs
from advisor.contracts.event import EVENT_TYPES as EVENT_TYPES
from advisor.contracts.event import Event as Event
from advisor.contracts.event import Moment as Moment
from advisor.contracts.fields import CalendarDay as CalendarDay
from advisor.contracts.fields import Flag as Flag
from advisor.contracts.fields import Id as Id
from advisor.contracts.fields import Money as Money
from advisor.contracts.fields import Row as Row
from advisor.contracts.fields import Word as Word
from advisor.contracts.fields import WordsById as WordsById
from advisor.contracts.mandate import GroupLimit as GroupLimit
from advisor.contracts.mandate import LinearLimit as LinearLimit
from advisor.contracts.mandate import Mandate as Mandate
from advisor.contracts.product import Product as Product
from advisor.contracts.question import Option as Option
from advisor.contracts.question import Question as Question
from advisor.contracts.questionnaire import Questionnaire as Questionnaire
from advisor.contracts.report import AdviceReport as AdviceReport
from advisor.contracts.report import FrontierReport as FrontierReport
from advisor.contracts.report import ProfileReport as ProfileReport
from advisor.contracts.rules import Rule as Rule
from advisor.contracts.rules import RulePack as RulePack
from advisor.contracts.schemas import schemas as schemas
from advisor.contracts.signed import Signed as Signed
from advisor.contracts.target_market import TargetMarket as TargetMarket
from advisor.data.biases import BiasProfiles as BiasProfiles
from advisor.data.catalogue import Catalogue as Catalogue
from advisor.data.clients.arrow import clients_from_arrow as clients_from_arrow
from advisor.data.clients.csv_layout import ClientFiles as ClientFiles
from advisor.data.clients.table import ClientTable as ClientTable
from advisor.data.eligibility import Eligibility as Eligibility
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
from advisor.engine.orders.settings import TradeSettings as TradeSettings
from advisor.engine.output.reasons import sentences as sentences
from advisor.engine.output.states import PortfolioStates as PortfolioStates
from advisor.engine.output.states import states_after as states_after
from advisor.errors import AdapterError as AdapterError
from advisor.errors import AdvisorError as AdvisorError
from advisor.errors import InfeasibleError as InfeasibleError
from advisor.errors import InputError as InputError
from advisor.errors import SolverError as SolverError
from advisor.errors import StoppedError as StoppedError
from advisor.evaluate.backtesting.backtest import backtest as backtest
from advisor.evaluate.backtesting.backtest import backtest_many as backtest_many
from advisor.evaluate.backtesting.deflated import deflate as deflate
from advisor.evaluate.backtesting.deflated import deflated_sharpe_ratio as deflated_sharpe_ratio
from advisor.evaluate.backtesting.deflated import expected_best_sharpe as expected_best_sharpe
from advisor.evaluate.backtesting.deflated import probabilistic_sharpe_ratio as probabilistic_sharpe_ratio
from advisor.evaluate.backtesting.estimates import Estimates as Estimates
from advisor.evaluate.backtesting.policies import FixedMix as FixedMix
from advisor.evaluate.backtesting.policies import MeanVariancePolicy as MeanVariancePolicy
from advisor.evaluate.backtesting.policies import equal_weight as equal_weight
from advisor.evaluate.backtesting.policies import hold as hold
from advisor.evaluate.backtesting.policies import level_policies as level_policies
from advisor.evaluate.backtesting.ready import EstimatorPolicy as EstimatorPolicy
from advisor.evaluate.backtesting.ready import PortfolioPolicy as PortfolioPolicy
from advisor.evaluate.backtesting.ready import ready_policies as ready_policies
from advisor.evaluate.backtesting.result import BacktestResult as BacktestResult
from advisor.evaluate.backtesting.result_set import BacktestResults as BacktestResults
from advisor.evaluate.backtesting.sharpe import SharpeTest as SharpeTest
from advisor.evaluate.backtesting.sharpe import compare_sharpe as compare_sharpe
from advisor.evaluate.backtesting.statistics import block_length as block_length
from advisor.evaluate.backtesting.statistics import bootstrap_interval as bootstrap_interval
from advisor.evaluate.backtesting.terms import Terms as Terms
from advisor.evaluate.match.check import SuitabilityCheck as SuitabilityCheck
from advisor.evaluate.match.check import recheck as recheck
from advisor.evaluate.match.logged import LoggedChoices as LoggedChoices
from advisor.evaluate.match.match import evaluate_match as evaluate_match
from advisor.evaluate.match.off_policy import OffPolicyReport as OffPolicyReport
from advisor.evaluate.match.off_policy import off_policy as off_policy
from advisor.evaluate.match.off_policy import softmax_policy as softmax_policy
from advisor.evaluate.match.over_time import TimeComparison as TimeComparison
from advisor.evaluate.match.over_time import compare_over_time as compare_over_time
from advisor.evaluate.match.probability import ProbabilityReport as ProbabilityReport
from advisor.evaluate.match.probability import evaluate_probability as evaluate_probability
from advisor.evaluate.match.report import MatchReport as MatchReport
from advisor.evaluate.match.report import Score as Score
from advisor.evaluate.match.returns import MoneyReport as MoneyReport
from advisor.evaluate.match.returns import evaluate_money as evaluate_money
from advisor.evaluate.match.split import TemporalSplit as TemporalSplit
from advisor.evaluate.match.split import temporal_split as temporal_split
from advisor.evaluate.match.split import temporal_splits as temporal_splits
from advisor.evaluate.risk.report import RiskMatchReport as RiskMatchReport
from advisor.evaluate.risk.risk import evaluate_risk as evaluate_risk
from advisor.evaluate.risk.risk import evaluate_risk_of as evaluate_risk_of
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
from advisor.recommend.calibrating import calibrate as calibrate
from advisor.recommend.calibration import Calibration as Calibration
from advisor.recommend.coverage import Coverage as Coverage
from advisor.recommend.missing_products import Omission as Omission
from advisor.recommend.missing_products import omissions as omissions
from advisor.recommend.model.contributions import Contribution as Contribution
from advisor.recommend.portfolio_fit.picks import PickSettings as PickSettings
from advisor.recommend.portfolio_fit.picks import Picks as Picks
from advisor.recommend.portfolio_fit.picks import pick_products as pick_products
from advisor.recommend.portfolio_fit.utility import diversify as diversify
from advisor.recommend.portfolio_fit.utility import exposure_similarity as exposure_similarity
from advisor.recommend.portfolio_fit.utility import portfolio_utility as portfolio_utility
from advisor.recommend.portfolio_fit.utility import trade_off as trade_off
from advisor.recommend.recipes.association import Association as Association
from advisor.recommend.recipes.blend import Blend as Blend
from advisor.recommend.recipes.cold_start import ColdStart as ColdStart
from advisor.recommend.recipes.content import Content as Content
from advisor.recommend.recipes.factors import ALS as ALS
from advisor.recommend.recipes.factors import BPR as BPR
from advisor.recommend.recipes.item_based import EASE as EASE
from advisor.recommend.recipes.item_based import ItemKNN as ItemKNN
from advisor.recommend.recipes.item_based import RandomWalk as RandomWalk
from advisor.recommend.recipes.mvecf import MVECF as MVECF
from advisor.recommend.recipes.popularity import Demographic as Demographic
from advisor.recommend.recipes.popularity import Popularity as Popularity
from advisor.recommend.recipes.recipe import Recipe as Recipe
from advisor.recommend.recipes.recipe import Tuning as Tuning
from advisor.recommend.windows import past_windows as past_windows
from advisor.reports.client_page import advice_page as advice_page
from advisor.reports.client_page import advice_pdf as advice_pdf
from advisor.reports.client_page import advice_section as advice_section
from advisor.reports.client_view import missing_names as missing_names
from advisor.reports.figures import plot_allocation as plot_allocation
from advisor.reports.figures import plot_backtest as plot_backtest
from advisor.reports.figures import plot_backtests as plot_backtests
from advisor.reports.figures import plot_drawdowns as plot_drawdowns
from advisor.reports.figures import plot_frontier as plot_frontier
from advisor.reports.figures import plot_glide_path as plot_glide_path
from advisor.reports.figures import plot_reliability as plot_reliability
from advisor.reports.figures import plot_risk_match as plot_risk_match
from advisor.reports.pages import to_pdf as to_pdf
from advisor.risk_profile.assessments import AssessmentHistory as AssessmentHistory
from advisor.risk_profile.assessments import HistoryLimits as HistoryLimits
from advisor.risk_profile.biases.choices import LossAversionPrior as LossAversionPrior
from advisor.risk_profile.biases.measure import measure_biases as measure_biases
from advisor.risk_profile.biases.population import bootstrap_disposition as bootstrap_disposition
from advisor.risk_profile.capacity import CapacityRules as CapacityRules
from advisor.risk_profile.coherence import Controls as Controls
from advisor.risk_profile.counterfactual import Counterfactual as Counterfactual
from advisor.risk_profile.counterfactual import smallest_change as smallest_change
from advisor.risk_profile.joint import joint_clients as joint_clients
from advisor.risk_profile.joint import joint_profiles as joint_profiles
from advisor.risk_profile.profile import level_causes as level_causes
from advisor.risk_profile.profile import profile_risk as profile_risk
from advisor.risk_profile.psychometrics.graded_response import GradedResponseModel as GradedResponseModel
from advisor.risk_profile.psychometrics.reliability import Reliability as Reliability
from advisor.risk_profile.psychometrics.reliability import omega as omega
from advisor.risk_profile.psychometrics.reliability import reliability as reliability
from advisor.risk_profile.psychometrics.reliability import spearman_brown as spearman_brown
from advisor.risk_profile.psychometrics.reliability import standard_error_of_measurement as standard_error_of_measurement
from advisor.runs.advisor_ref import AdvisorRef as AdvisorRef
from advisor.runs.duplicates import repeated_clients as repeated_clients
from advisor.runs.job import Job as Job
from advisor.runs.local import run_file as run_file
from advisor.runs.local import run_files as run_files
from advisor.runs.parts import Part as Part
from advisor.runs.parts import PartFile as PartFile
from advisor.runs.proof import Proof as Proof
from advisor.runs.proof import verify_rows as verify_rows
from advisor.runs.replaying import Difference as Difference
from advisor.runs.replaying import Replay as Replay
from advisor.runs.replaying import replay as replay
from advisor.runs.stream import Summary as Summary
from advisor.runs.stream import advise_stream as advise_stream
from advisor.store import load as load
from advisor.store import save as save
from advisor.suitability.changes import PackChange as PackChange
from advisor.suitability.changes import compare_packs as compare_packs
from advisor.suitability.group_rates import age_groups as age_groups
from advisor.suitability.group_rates import fairness as fairness
from advisor.suitability.portfolio import concentration as concentration
from advisor.suitability.portfolio import legacy_holdings as legacy_holdings
from advisor.suitability.portfolio import portfolio_suits as portfolio_suits
from advisor.suitability.portfolio import rate_portfolio as rate_portfolio
from advisor.suitability.regime import Regime as Regime

__version__: str
__all__ = [
    "Advice",
    "AdviceBatch",
    "Advisor",
    "Blend",
    "Catalogue",
    "Client",
    "ClientTable",
    "EASE",
    "Goal",
    "InputError",
    "Interactions",
    "Mandate",
    "Market",
    "Popularity",
    "Preferences",
    "Product",
    "Questionnaire",
    "Regime",
    "ReturnModel",
    "RiskBands",
    "Trades",
    "backtest",
    "estimate_returns",
    "evaluate_match",
    "evaluate_risk",
    "load",
    "measure_biases",
    "optimal_portfolio",
    "profile_risk",
    "save",
    "trace_frontier",
]
