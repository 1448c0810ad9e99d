"""Advice that lives with the client: rebalancing, glide paths, goals, reserves, stress, costs, house views and review triggers."""

from __future__ import annotations

from advisor.lifecycle.bands import Due, RebalancePolicy, band_edges, rebalancing_due
from advisor.lifecycle.cash_flow import FlowPlan, allocate_flow, drift
from advisor.lifecycle.costs import CostReport, ProductCosts, ex_ante_costs, ex_post_costs
from advisor.lifecycle.fan import WealthFan, wealth_fan
from advisor.lifecycle.glide_path import glide_path, human_capital, human_capital_path
from advisor.lifecycle.goal_plan import FundedGoal, GoalPlan, goal_floor, plan_goals, required_saving, required_wealth
from advisor.lifecycle.goal_portfolios import goal_portfolios
from advisor.lifecycle.goals import GoalOdds, goal_success, lognormal_rates
from advisor.lifecycle.holdings_review import HoldingLine, HoldingsReview, review_holdings
from advisor.lifecycle.house_view import HouseView, ModelPortfolio
from advisor.lifecycle.household import Household, Position
from advisor.lifecycle.no_trade import holding_is_optimal, no_trade_half_width, no_trade_region, one_period_half_width
from advisor.lifecycle.optimal_path import OptimalPath, optimal_glide_path
from advisor.lifecycle.rebalance import Rebalance, inside_bands, rebalance
from advisor.lifecycle.reserve import LifeEvent, event_table, liquidity_reserve, reserve_limit, reserve_share
from advisor.lifecycle.review import TRIGGERS, ClientStates, ReviewRules, Reviews, Trigger, review
from advisor.lifecycle.scenarios import (
    HISTORICAL,
    WINDOWS,
    Scenario,
    blend_correlation,
    factor_scenario,
    replay_scenario,
    scenario,
    stressed_covariance,
)
from advisor.lifecycle.stress import RED_LINE, StressReport, parametric_loss, stress_test
from advisor.lifecycle.switch import SwitchTest, switch_benefit
from advisor.lifecycle.tax_lots import LotSale, TaxLots, sell_lots
from advisor.lifecycle.timeline import Timeline, life_timeline

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
