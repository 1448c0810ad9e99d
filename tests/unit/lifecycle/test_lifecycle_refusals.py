"""Every public function of a client's life, with every argument in turn replaced by what cannot be
used: an answer, or a refusal in our own words."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pytest

from advisor import AdvisorError, InputError
from advisor import lifecycle as life
from advisor.contracts import Goal
from advisor.data import Market, ReturnModel
from advisor.optimize import trace_frontier

MODEL = ReturnModel(
    ["shares", "cash"], [0.06, 0.02], [[0.04, 0.0], [0.0, 0.0001]], groups=["equity", "cash"]
)
DAYS = pd.bdate_range("2024-01-01", periods=10)
MARKET = Market.from_returns(pd.DataFrame(0.01, index=DAYS, columns=["shares", "cash"]))
POLICY = life.RebalancePolicy(every_months=12.0)
WEIGHTS = np.array([[0.6, 0.4]])
SIMULATION = life.Simulation(draws=100, seed=1, client_ids=("a",))
GOALS = [Goal(name="house", amount=100.0, years=5.0)]
PLAN = life.plan_goals(100.0, GOALS, 0.05, 0.1, simulation=SIMULATION)
VIEW = life.HouseView().propose(
    "calm", 2, {"cash": 1.0}, author="li", rationale="start", valid_from="2026-01-01"
)
APPROVED = VIEW.approve("calm", 1, by="wang", on="2026-01-02")
POSITIONS = [life.Position("ann", "a1", "shares", 100.0)]
HOUSEHOLD = life.Household.of(POSITIONS, ["shares", "cash"])
LOTS = {
    "position": np.array([0, 0]),
    "units": np.array([10.0, 10.0]),
    "cost": np.array([5.0, 8.0]),
    "acquired": np.array(["2024-01-02", "2026-01-02"], dtype="datetime64[D]"),
}
CHARGED = pd.DataFrame({"product_id": ["F1"], "kind": ["ongoing"], "money": [10.0]})
STATES = life.ClientStates(("ann",), drift=np.array([0.05]))
PATH = life.optimal_glide_path(100.0, years=2)

Case = tuple[Callable[..., object], dict[str, Any]]

CASES: dict[str, Case] = {
    "glide_path": (
        life.glide_path,
        {
            "years": 10.0,
            "start": 0.9,
            "end": 0.0,
            "length": 20.0,
            "shape": "convex",
            "steepness": 2.0,
        },
    ),
    "human_capital": (
        life.human_capital,
        {"income": 1.0, "years": 20.0, "growth": 0.0, "discount": 0.03},
    ),
    "human_capital_path": (
        life.human_capital_path,
        {
            "financial": 100.0,
            "human": 50.0,
            "excess_return": 0.04,
            "volatility": 0.2,
            "risk_aversion": 4.0,
            "cap": 1.0,
        },
    ),
    "drift": (life.drift, {"weights": WEIGHTS, "target": WEIGHTS}),
    "allocate_flow": (
        life.allocate_flow,
        {"holdings": [60.0, 20.0], "target": [0.5, 0.5], "flow": 20.0},
    ),
    "RebalancePolicy": (
        life.RebalancePolicy,
        {
            "absolute": 0.05,
            "relative": 0.25,
            "drift": 0.03,
            "every_months": 12.0,
            "to": "target",
            "min_trade": 0.0,
            "cost": 0.001,
        },
    ),
    "band_edges": (life.band_edges, {"target": WEIGHTS, "policy": POLICY}),
    "rebalancing_due": (
        life.rebalancing_due,
        {"weights": WEIGHTS, "target": WEIGHTS, "policy": POLICY, "months_since": 3.0},
    ),
    "inside_bands": (life.inside_bands, {"weights": WEIGHTS, "target": WEIGHTS, "policy": POLICY}),
    "rebalance": (
        life.rebalance,
        {
            "holdings": [70.0, 30.0],
            "target": [0.6, 0.4],
            "policy": POLICY,
            "flow": 1.0,
            "months_since": 3.0,
            "lot_value": [1.0, 0.0],
        },
    ),
    "lognormal_rates": (life.lognormal_rates, {"mean": 0.06, "volatility": 0.15}),
    "goal_success": (
        life.goal_success,
        {
            "wealth": 1.0,
            "amount": 2.0,
            "years": 3.0,
            "mean": 0.05,
            "volatility": 0.1,
            "saving": 0.1,
            "simulation": SIMULATION,
        },
    ),
    "required_wealth": (
        life.required_wealth,
        {"amount": 1.0, "years": 3.0, "mean": 0.05, "volatility": 0.1, "probability": 0.9},
    ),
    "required_saving": (
        life.required_saving,
        {
            "wealth": 1.0,
            "amount": 2.0,
            "years": 3.0,
            "mean": 0.05,
            "volatility": 0.1,
            "probability": 0.9,
        }
        | {"simulation": SIMULATION},
    ),
    "plan_goals": (
        life.plan_goals,
        {
            "wealth": 10.0,
            "goals": GOALS,
            "mean": 0.05,
            "volatility": 0.1,
            "probability": 0.9,
            "simulation": SIMULATION,
        },
    ),
    "goal_floor": (
        life.goal_floor,
        {"money": 1.0, "amount": 2.0, "years": 3.0, "probability": 0.9},
    ),
    "GoalPlan.invest": (PLAN.invest, {"model": MODEL, "mandate": None}),
    "goal_portfolios": (
        life.goal_portfolios,
        {
            "frontier": trace_frontier(MODEL),
            "names": ["a"],
            "money": [1.0],
            "amounts": [1.1],
            "years": [3.0],
            "probability": 0.8,
        },
    ),
    "wealth_fan": (
        life.wealth_fan,
        {
            "wealth": 1.0,
            "risky_share": [0.5],
            "returns": life.FundReturns(),
            "saving": 0.0,
            "amount": 1.0,
        }
        | {"levels": (0.1, 0.5), "simulation": SIMULATION},
    ),
    "optimal_glide_path": (
        life.optimal_glide_path,
        {
            "wealth": 1.0,
            "years": 2,
            "saving": 0.1,
            "returns": life.FundReturns(),
            "risk_aversion": 4.0,
            "cap": 1.0,
        },
    ),
    "Simulation": (life.Simulation, {"draws": 100, "seed": 1, "client_ids": ["a"]}),
    "FundReturns": (life.FundReturns, {"risky": 0.06, "volatility": 0.16, "safe": 0.02}),
    "GlideRules": (
        life.GlideRules,
        {"start": 0.9, "end": 0.1, "length": 10.0, "shape": "linear", "reserve_horizon": 2.0},
    ),
    "life_timeline": (
        life.life_timeline,
        {
            "wealth": 1.0,
            "goals": GOALS,
            "events": [life.LifeEvent("house", 1.0, 2.0)],
            "years": 5,
            "annual_saving": 1.0,
            "returns": life.FundReturns(),
            "rules": life.GlideRules(),
        },
    ),
    "OptimalPath.at": (PATH.at, {"years_to_go": 2, "wealth": 100.0}),
    "no_trade_half_width": (
        life.no_trade_half_width,
        {"weight": 0.6, "risk_aversion": 3.0, "cost": 0.001},
    ),
    "one_period_half_width": (
        life.one_period_half_width,
        {"risk_aversion": 3.0, "volatility": 0.2, "cost": 0.001},
    ),
    "no_trade_region": (life.no_trade_region, {"weight": 0.6, "risk_aversion": 3.0, "cost": 0.001}),
    "holding_is_optimal": (
        life.holding_is_optimal,
        {
            "weights": WEIGHTS,
            "mean": MODEL.mean,
            "covariance": MODEL.covariance,
            "risk_aversion": 3.0,
            "cost": 0.001,
        },
    ),
    "LifeEvent": (
        life.LifeEvent,
        {"name": "house", "amount": 1.0, "years": 2.0, "priority": 1, "inflation": 0.0},
    ),
    "event_table": (life.event_table, {"events": [[life.LifeEvent("house", 1.0, 2.0)]]}),
    "liquidity_reserve": (
        life.liquidity_reserve,
        {
            "monthly_spending": 1.0,
            "months": 6.0,
            "amounts": np.ones((1, 2)),
            "years": np.ones((1, 2)),
            "horizon": 2.0,
            "rate": 0.0,
        },
    ),
    "reserve_share": (life.reserve_share, {"reserve": 1.0, "wealth": 2.0}),
    "reserve_limit": (life.reserve_limit, {"reserve": 1.0, "wealth": 2.0, "liquid": ("cash",)}),
    "ClientStates": (
        life.ClientStates,
        {
            "client_ids": ("ann",),
            "drift": [0.05],
            "level": [3],
            "valid_until": ["2026-01-01"],
            "last_review": [date(2025, 1, 1)],
        },
    ),
    "ReviewRules": (
        life.ReviewRules,
        {"drift": 0.03, "event_days": 30, "expiry_days": 30, "ages": (65.0,), "review_days": 365},
    ),
    "review": (life.review, {"states": STATES, "as_of": "2026-01-01", "rules": None}),
    "review_holdings": (
        life.review_holdings,
        {
            "holdings": {"shares": 1.0},
            "target": {"shares": 1.0},
            "eligible": {"shares": True},
            "policy": POLICY,
            "flow": 0.0,
            "months_since": 1.0,
        },
    ),
    "ProductCosts": (life.ProductCosts, {"product_id": "F1", "entry": 0.01, "ongoing": 0.01}),
    "ex_ante_costs": (
        life.ex_ante_costs,
        {
            "orders": {"F1": 1.0},
            "costs": [life.ProductCosts("F1", entry=0.01)],
            "years": 5.0,
            "gross_return": 0.0,
        },
    ),
    "ex_post_costs": (
        life.ex_post_costs,
        {"charged": CHARGED, "start_value": 100.0, "end_value": 110.0, "flows": 0.0, "years": 1.0},
    ),
    "Household.of": (
        life.Household.of,
        {
            "positions": POSITIONS,
            "assets": ["shares", "cash"],
            "liabilities": {"loan": 1.0},
            "levels": {"ann": 3},
        },
    ),
    "Household.complete": (HOUSEHOLD.complete, {"target": [0.5, 0.5]}),
    "HouseView.propose": (
        life.HouseView().propose,
        {
            "name": "calm",
            "level": 2,
            "weights": {"cash": 1.0},
            "author": "li",
            "rationale": "start",
            "valid_from": "2026-01-01",
        },
    ),
    "HouseView.approve": (
        VIEW.approve,
        {"name": "calm", "version": 1, "by": "wang", "on": "2026-01-02"},
    ),
    "HouseView.current": (APPROVED.current, {"name": "calm", "on": "2026-02-01"}),
    "HouseView.for_level": (APPROVED.for_level, {"level": 2, "on": "2026-02-01"}),
    "switch_benefit": (
        life.switch_benefit,
        {
            "amount": 1.0,
            "annual_benefit": 0.01,
            "years": 5.0,
            "exit_cost": 0.0,
            "entry_cost": 0.0,
            "tax": 0.0,
            "rate": 0.01,
        },
    ),
    "TaxLots": (life.TaxLots, LOTS),
    "sell_lots": (
        life.sell_lots,
        {
            "lots": life.TaxLots(**LOTS),
            "units": [12.0],
            "price": [9.0],
            "on": "2026-02-01",
            "rule": "fifo",
            "short_rate": 0.3,
            "long_rate": 0.2,
        },
    ),
    "stress_test": (
        life.stress_test,
        {
            "weights": WEIGHTS,
            "model": MODEL,
            "scenarios": life.HISTORICAL,
            "tolerance": 0.1,
            "risky": ("equity",),
            "safe": "cash",
        },
    ),
    "parametric_loss": (
        life.parametric_loss,
        {
            "weights": WEIGHTS,
            "mean": MODEL.mean,
            "covariance": MODEL.covariance,
            "probability": 0.01,
            "years": 1.0,
        },
    ),
    "Scenario": (
        life.Scenario,
        {"name": "fall", "shocks": {"equity": -0.3}, "source": "made up", "otherwise": 0.0},
    ),
    "scenario": (life.scenario, {"name": "COVID 2020"}),
    "replay_scenario": (
        life.replay_scenario,
        {"market": MARKET, "start": "2024-01-02", "end": "2024-01-05"},
    ),
    "blend_correlation": (
        life.blend_correlation,
        {"correlation": np.eye(2), "share": 0.5, "toward": 1.0},
    ),
    "stressed_covariance": (
        life.stressed_covariance,
        {"covariance": MODEL.covariance, "volatility": 2.0, "correlation": 0.5},
    ),
    "factor_scenario": (
        life.factor_scenario,
        {
            "name": "rates",
            "model": MODEL,
            "exposures": np.ones((2, 2)),
            "shocks": [-0.1, 0.0],
            "covariance": np.eye(2),
            "given": [0],
        },
    ),
}
BAD: dict[str, object] = {
    "none": None,
    "word": "x",
    "number": 3.7,
    "minus": -1.0,
    "nan": float("nan"),
    "inf": float("inf"),
    "yes": True,
    "complex": 1j,
    "list": ["x"],
    "nothing": [],
    "ragged": [[1.0], [1.0, 2.0]],
    "long": [0.1, 0.2, 0.3],
    "mapping": {"x": "y"},
    "table": pd.DataFrame({"a": ["x"]}),
    "thing": object(),
    "scalar array": np.array(0.5),
    "structured": np.zeros(3, dtype=[("a", float)]),
    "surrogate": "\ud800",
    "bytes": b"0.5",
    "huge": 10**400,
    "great": 1e308,
    "tiny": 5e-324,
    "no rows": np.zeros((0, 3)),
    "no columns": np.zeros((3, 0)),
    "cube": np.ones((2, 2, 2)),
    "spans": np.array([1, 2], dtype="timedelta64[D]"),
    "decimal": Decimal("0.5"),
    "signal": Decimal("sNaN"),
    "generator": (x for x in [1.0]),
}
WORDS_ALONE: list[tuple[str, str]] = [
    ("stress_test", "risky"),
    ("reserve_limit", "liquid"),
    ("Simulation", "client_ids"),
]


@pytest.mark.parametrize("name", CASES)
def test_the_cases_themselves_are_answered(name: str) -> None:
    door, arguments = CASES[name]
    door(**arguments)


@pytest.mark.filterwarnings(
    "ignore::RuntimeWarning"
)  # numbers out of any range may overflow; what is asked here is who raises
@pytest.mark.parametrize("bad", BAD)
@pytest.mark.parametrize("name", CASES)
def test_nothing_raw_comes_out_of_any_argument(name: str, bad: str) -> None:
    door, arguments = CASES[name]
    for field in arguments:
        try:
            door(**{**arguments, field: BAD[bad]})
        except AdvisorError:
            continue
        except Exception as error:  # noqa: BLE001  the test is that there is none
            pytest.fail(f"{name}({field}={BAD[bad]!r}) raised {type(error).__name__}: {error}")


@pytest.mark.parametrize("name", CASES)
def test_what_has_no_default_cannot_be_none_nor_a_word(name: str) -> None:
    """The first argument is needed, and no public function reads a text where it wants something
    else; those that want a text find no such thing."""
    door, arguments = CASES[name]
    first = next(iter(arguments))
    named = ("name", "product_id", "absolute")
    for value in (None, "x") if first not in named else ():
        with pytest.raises(InputError) as refusal:
            door(**{**arguments, first: value})
        assert refusal.value.field


@pytest.mark.parametrize(("name", "field"), WORDS_ALONE)
def test_one_name_alone_is_not_read_letter_by_letter(name: str, field: str) -> None:
    door, arguments = CASES[name]
    with pytest.raises(InputError) as refusal:
        door(**{**arguments, field: "equity"})
    assert refusal.value.field == field


def test_columns_of_states_may_be_lists() -> None:
    states = life.ClientStates(
        ("ann", "bob"),
        drift=[0.05, 0.0],
        valid_until=["2026-01-01", None],
        last_review=[date(2025, 1, 1), None],
    )  # type: ignore[arg-type]
    found = life.review(states, as_of="2026-02-01")
    assert [t.name for t in found[0]] == ["drift", "assessment_expired", "review_overdue"]
    assert [t.name for t in found[1]] == ["assessment_expired", "never_reviewed"]


def test_columns_that_are_arrays_are_not_copied() -> None:
    moved = np.array([0.05])
    assert life.ClientStates(("ann",), drift=moved).drift is moved
