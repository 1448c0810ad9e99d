from advisor.lifecycle.goals.draws import Simulation as Simulation
from advisor.lifecycle.goals.fan import WealthFan as WealthFan
from advisor.lifecycle.goals.fan import wealth_fan as wealth_fan
from advisor.lifecycle.goals.glide_path import glide_path as glide_path
from advisor.lifecycle.goals.glide_path import human_capital as human_capital
from advisor.lifecycle.goals.glide_path import human_capital_path as human_capital_path
from advisor.lifecycle.goals.goal_plan import FundedGoal as FundedGoal
from advisor.lifecycle.goals.goal_plan import GoalPlan as GoalPlan
from advisor.lifecycle.goals.goal_plan import goal_floor as goal_floor
from advisor.lifecycle.goals.goal_plan import plan_goals as plan_goals
from advisor.lifecycle.goals.goal_plan import required_saving as required_saving
from advisor.lifecycle.goals.goal_plan import required_wealth as required_wealth
from advisor.lifecycle.goals.goal_portfolios import goal_portfolios as goal_portfolios
from advisor.lifecycle.goals.goals import GoalOdds as GoalOdds
from advisor.lifecycle.goals.goals import goal_success as goal_success
from advisor.lifecycle.goals.goals import lognormal_rates as lognormal_rates
from advisor.lifecycle.goals.optimal_path import OptimalPath as OptimalPath
from advisor.lifecycle.goals.optimal_path import optimal_glide_path as optimal_glide_path
from advisor.lifecycle.goals.timeline import GlideRules as GlideRules
from advisor.lifecycle.goals.timeline import Timeline as Timeline
from advisor.lifecycle.goals.timeline import life_timeline as life_timeline
from advisor.lifecycle.inputs import FundReturns as FundReturns
from advisor.lifecycle.monitoring.holdings_review import HoldingLine as HoldingLine
from advisor.lifecycle.monitoring.holdings_review import HoldingsReview as HoldingsReview
from advisor.lifecycle.monitoring.holdings_review import review_holdings as review_holdings
from advisor.lifecycle.monitoring.review import ReviewRules as ReviewRules
from advisor.lifecycle.monitoring.review import Reviews as Reviews
from advisor.lifecycle.monitoring.review import TRIGGERS as TRIGGERS
from advisor.lifecycle.monitoring.review import Trigger as Trigger
from advisor.lifecycle.monitoring.review import review as review
from advisor.lifecycle.monitoring.scenarios import HISTORICAL as HISTORICAL
from advisor.lifecycle.monitoring.scenarios import Scenario as Scenario
from advisor.lifecycle.monitoring.scenarios import WINDOWS as WINDOWS
from advisor.lifecycle.monitoring.scenarios import blend_correlation as blend_correlation
from advisor.lifecycle.monitoring.scenarios import factor_scenario as factor_scenario
from advisor.lifecycle.monitoring.scenarios import replay_scenario as replay_scenario
from advisor.lifecycle.monitoring.scenarios import scenario as scenario
from advisor.lifecycle.monitoring.scenarios import stressed_covariance as stressed_covariance
from advisor.lifecycle.monitoring.states import ClientStates as ClientStates
from advisor.lifecycle.monitoring.stress import RED_LINE as RED_LINE
from advisor.lifecycle.monitoring.stress import StressReport as StressReport
from advisor.lifecycle.monitoring.stress import parametric_loss as parametric_loss
from advisor.lifecycle.monitoring.stress import stress_test as stress_test
from advisor.lifecycle.trading.bands import Due as Due
from advisor.lifecycle.trading.bands import RebalancePolicy as RebalancePolicy
from advisor.lifecycle.trading.bands import band_edges as band_edges
from advisor.lifecycle.trading.bands import rebalancing_due as rebalancing_due
from advisor.lifecycle.trading.cash_flow import FlowPlan as FlowPlan
from advisor.lifecycle.trading.cash_flow import allocate_flow as allocate_flow
from advisor.lifecycle.trading.cash_flow import drift as drift
from advisor.lifecycle.trading.no_trade import holding_is_optimal as holding_is_optimal
from advisor.lifecycle.trading.no_trade import no_trade_half_width as no_trade_half_width
from advisor.lifecycle.trading.no_trade import no_trade_region as no_trade_region
from advisor.lifecycle.trading.no_trade import one_period_half_width as one_period_half_width
from advisor.lifecycle.trading.rebalance import Rebalance as Rebalance
from advisor.lifecycle.trading.rebalance import inside_bands as inside_bands
from advisor.lifecycle.trading.rebalance import rebalance as rebalance
from advisor.lifecycle.trading.switch import SwitchTest as SwitchTest
from advisor.lifecycle.trading.switch import switch_benefit as switch_benefit
from advisor.lifecycle.wealth.costs import CostReport as CostReport
from advisor.lifecycle.wealth.costs import ProductCosts as ProductCosts
from advisor.lifecycle.wealth.costs import ex_ante_costs as ex_ante_costs
from advisor.lifecycle.wealth.costs import ex_post_costs as ex_post_costs
from advisor.lifecycle.wealth.household import Household as Household
from advisor.lifecycle.wealth.household import Position as Position
from advisor.lifecycle.wealth.model_portfolios import HouseView as HouseView
from advisor.lifecycle.wealth.model_portfolios import ModelPortfolio as ModelPortfolio
from advisor.lifecycle.wealth.reserve import LifeEvent as LifeEvent
from advisor.lifecycle.wealth.reserve import event_table as event_table
from advisor.lifecycle.wealth.reserve import liquidity_reserve as liquidity_reserve
from advisor.lifecycle.wealth.reserve import reserve_limit as reserve_limit
from advisor.lifecycle.wealth.reserve import reserve_share as reserve_share
from advisor.lifecycle.wealth.tax_lots import LotSale as LotSale
from advisor.lifecycle.wealth.tax_lots import TaxLots as TaxLots
from advisor.lifecycle.wealth.tax_lots import sell_lots as sell_lots

__all__ = [
    "ClientStates",
    "CostReport",
    "Due",
    "FlowPlan",
    "FundReturns",
    "FundedGoal",
    "GlideRules",
    "GoalOdds",
    "GoalPlan",
    "HISTORICAL",
    "HoldingLine",
    "HoldingsReview",
    "HouseView",
    "Household",
    "LifeEvent",
    "LotSale",
    "ModelPortfolio",
    "OptimalPath",
    "Position",
    "ProductCosts",
    "RED_LINE",
    "Rebalance",
    "RebalancePolicy",
    "ReviewRules",
    "Reviews",
    "Scenario",
    "Simulation",
    "StressReport",
    "SwitchTest",
    "TRIGGERS",
    "TaxLots",
    "Timeline",
    "Trigger",
    "WINDOWS",
    "WealthFan",
    "allocate_flow",
    "band_edges",
    "blend_correlation",
    "drift",
    "event_table",
    "ex_ante_costs",
    "ex_post_costs",
    "factor_scenario",
    "glide_path",
    "goal_floor",
    "goal_portfolios",
    "goal_success",
    "holding_is_optimal",
    "human_capital",
    "human_capital_path",
    "inside_bands",
    "life_timeline",
    "liquidity_reserve",
    "lognormal_rates",
    "no_trade_half_width",
    "no_trade_region",
    "one_period_half_width",
    "optimal_glide_path",
    "parametric_loss",
    "plan_goals",
    "rebalance",
    "rebalancing_due",
    "replay_scenario",
    "required_saving",
    "required_wealth",
    "reserve_limit",
    "reserve_share",
    "review",
    "review_holdings",
    "scenario",
    "sell_lots",
    "stress_test",
    "stressed_covariance",
    "switch_benefit",
    "wealth_fan",
]
