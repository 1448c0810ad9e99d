"""Advice that lives with the client: rebalancing, glide paths, goals, reserves, stress, costs, house views and review triggers."""

from __future__ import annotations

from advisor.lifecycle.goals.fan import WealthFan, wealth_fan
from advisor.lifecycle.goals.glide_path import glide_path, human_capital, human_capital_path
from advisor.lifecycle.goals.goal_plan import FundedGoal, GoalPlan, goal_floor, plan_goals, required_saving, required_wealth
from advisor.lifecycle.goals.goal_portfolios import goal_portfolios
from advisor.lifecycle.goals.goals import GoalOdds, goal_success, lognormal_rates
from advisor.lifecycle.goals.optimal_path import OptimalPath, optimal_glide_path
from advisor.lifecycle.goals.timeline import Timeline, life_timeline
from advisor.lifecycle.monitoring.holdings_review import HoldingLine, HoldingsReview, review_holdings
from advisor.lifecycle.monitoring.review import TRIGGERS, ClientStates, ReviewRules, Reviews, Trigger, review
from advisor.lifecycle.monitoring.scenarios import (
    HISTORICAL,
    WINDOWS,
    Scenario,
    blend_correlation,
    factor_scenario,
    replay_scenario,
    scenario,
    stressed_covariance,
)
from advisor.lifecycle.monitoring.stress import RED_LINE, StressReport, parametric_loss, stress_test
from advisor.lifecycle.trading.bands import Due, RebalancePolicy, band_edges, rebalancing_due
from advisor.lifecycle.trading.cash_flow import FlowPlan, allocate_flow, drift
from advisor.lifecycle.trading.no_trade import holding_is_optimal, no_trade_half_width, no_trade_region, one_period_half_width
from advisor.lifecycle.trading.rebalance import Rebalance, inside_bands, rebalance
from advisor.lifecycle.trading.switch import SwitchTest, switch_benefit
from advisor.lifecycle.wealth.costs import CostReport, ProductCosts, ex_ante_costs, ex_post_costs
from advisor.lifecycle.wealth.household import Household, Position
from advisor.lifecycle.wealth.model_portfolios import HouseView, ModelPortfolio
from advisor.lifecycle.wealth.reserve import LifeEvent, event_table, liquidity_reserve, reserve_limit, reserve_share
from advisor.lifecycle.wealth.tax_lots import LotSale, TaxLots, sell_lots

__all__ = [
    "HISTORICAL",
    "RED_LINE",
    "TRIGGERS",
    "WINDOWS",
    "ClientStates",
    "CostReport",
    "Due",
    "FlowPlan",
    "FundedGoal",
    "GoalOdds",
    "GoalPlan",
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
    "Rebalance",
    "RebalancePolicy",
    "ReviewRules",
    "Reviews",
    "Scenario",
    "StressReport",
    "SwitchTest",
    "TaxLots",
    "Timeline",
    "Trigger",
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
