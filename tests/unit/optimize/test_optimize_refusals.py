"""What cannot be used is refused at every public function of the optimiser in our own words, with
the field and the value."""

from __future__ import annotations

import pickle
import re
from collections.abc import Callable
from typing import Any

import cvxpy as cp
import numpy as np
import pandas as pd
import pytest

from advisor import InfeasibleError, InputError
from advisor.contracts import Mandate
from advisor.data import ReturnModel
from advisor.optimize import (
    Account,
    BiasEvidence,
    BiasPolicy,
    Preferences,
    Program,
    Prospect,
    TradingCost,
    at_prospect,
    correct_risk_aversion,
    loss_averse_risk_aversion,
    mental_accounts,
    optimal_over_scenarios,
    optimal_portfolio,
    optimal_portfolios,
    trace_frontier,
)
from advisor.optimize.limits.multipliers import certify
from advisor.optimize.program.program import CvarLimit, ProgramLimits
from advisor.optimize.repairs import at_least, at_most
from advisor.optimize.scenarios.portfolios import Scenarios

MODEL = ReturnModel(["a", "b", "c"], [0.02, 0.05, 0.08], np.diag([0.0001, 0.01, 0.04]))
FRONTIER = trace_frontier(MODEL)
ROWS = np.random.default_rng(0).multivariate_normal(MODEL.mean, MODEL.covariance, 60)
HELD = np.array([0.3, 0.3, 0.4])
ONE = Preferences(3.0)
EVIDENCE = BiasEvidence.of(1, loss_aversion=2.0)

Door = Callable[[], object]

FRONTIER_DOORS: list[tuple[str, Door]] = [
    ("gamma", lambda: FRONTIER.at_risk_aversion("abc")),  # type: ignore[arg-type]
    ("gamma", lambda: FRONTIER.at_risk_aversion([1, "x"])),  # type: ignore[arg-type]
    ("gamma", lambda: FRONTIER.at_risk_aversion(1j)),  # type: ignore[arg-type]
    ("gamma", lambda: FRONTIER.at_risk_aversion({})),  # type: ignore[arg-type]
    ("gamma", lambda: FRONTIER.at_risk_aversion(np.array([1j]))),
    ("gamma", lambda: FRONTIER.at_risk_aversion([[1.0], [1.0, 2.0]])),  # type: ignore[arg-type]
    ("target", lambda: FRONTIER.at_volatility("abc")),  # type: ignore[arg-type]
    ("target", lambda: FRONTIER.at_mean("abc")),  # type: ignore[arg-type]
    ("volatility", lambda: FRONTIER.risk_aversion_at("abc")),  # type: ignore[arg-type]
    ("risk_free", lambda: FRONTIER.max_sharpe("abc")),  # type: ignore[arg-type]
    ("risk_free", lambda: FRONTIER.max_sharpe(None)),  # type: ignore[arg-type]
    ("risk_free", lambda: FRONTIER.max_sharpe([0.01])),  # type: ignore[arg-type]
    ("risk_free", lambda: FRONTIER.max_sharpe(np.nan)),
    ("preferences", lambda: FRONTIER.at_preferences(3.0)),  # type: ignore[arg-type]
    ("preferences", lambda: FRONTIER.participation(None)),  # type: ignore[arg-type]
    ("mandate", lambda: trace_frontier(MODEL, {"max_weight": 0.5})),  # type: ignore[arg-type]
    ("mandate", lambda: trace_frontier(MODEL, "x")),  # type: ignore[arg-type]
    ("model", lambda: trace_frontier(pd.DataFrame([[1.0]]))),  # type: ignore[arg-type]
    ("eligible", lambda: trace_frontier(MODEL, eligible=[[True], [True, False]])),  # type: ignore[arg-type]
    ("risk_aversion", lambda: certify(MODEL, Mandate(), HELD, "x")),  # type: ignore[arg-type]
]
PORTFOLIO_DOORS: list[tuple[str, Door]] = [
    ("risk_aversion", lambda: optimal_portfolio(MODEL, risk_aversion="3")),  # type: ignore[arg-type]
    ("risk_aversion", lambda: optimal_portfolio(MODEL, risk_aversion=[3, 4])),  # type: ignore[arg-type]
    ("risk_aversion", lambda: optimal_portfolio(MODEL, risk_aversion=np.array([3.0]))),  # type: ignore[arg-type]
    ("risk_aversion", lambda: optimal_portfolio(MODEL, risk_aversion=-1.0)),
    ("target_volatility", lambda: optimal_portfolio(MODEL, target_volatility="x")),  # type: ignore[arg-type]
    (
        "current",
        lambda: optimal_portfolio(MODEL, risk_aversion=3.0, current=["a", 0.3, 0.1], cost=0.01),
    ),  # type: ignore[arg-type]
    ("current", lambda: optimal_portfolio(MODEL, risk_aversion=3.0, current=100 * HELD, cost=0.01)),
    (
        "current",
        lambda: optimal_portfolio(
            MODEL, risk_aversion=3.0, current=100 * HELD, cost=0.01, scenarios=ROWS
        ),
    ),
    (
        "current",
        lambda: optimal_portfolio(
            MODEL, preferences=Preferences(3.0, status_quo_cost=0.01), scenarios=ROWS
        ),
    ),
    ("cost", lambda: optimal_portfolio(MODEL, risk_aversion=3.0, current=HELD, cost="x")),  # type: ignore[arg-type]
    ("preferences", lambda: optimal_portfolio(MODEL, preferences=4.0)),  # type: ignore[arg-type]
    ("model", lambda: optimal_portfolio(None, risk_aversion=3.0)),  # type: ignore[arg-type]
    ("years", lambda: Scenarios(ROWS, "x")),  # type: ignore[arg-type]
    ("years", lambda: Scenarios(ROWS, np.nan)),
    ("scenarios", lambda: Scenarios(1j * ROWS)),
    ("scenarios", lambda: optimal_over_scenarios(MODEL, ROWS, ONE)),  # type: ignore[arg-type]
]
BATCH_DOORS: list[tuple[str, Door]] = [
    ("preferences", lambda: optimal_portfolios(MODEL, Mandate(), 3.0)),  # type: ignore[arg-type]
    (
        "preferences",
        lambda: optimal_portfolios(
            MODEL, Mandate(), Preferences([1.0, 2.0]), upper=[[1, 1, 1]] * 3
        ),
    ),
    ("start", lambda: optimal_portfolios(MODEL, Mandate(), ONE, start="x")),  # type: ignore[arg-type]
    ("frontier", lambda: optimal_portfolios(MODEL, Mandate(), ONE, frontier="x")),  # type: ignore[arg-type]
    (
        "frontier",
        lambda: optimal_portfolios(
            MODEL, Mandate(), ONE, frontier=trace_frontier(ReturnModel(["z"], [0.0], [[0.0]]))
        ),
    ),
    ("i", lambda: optimal_portfolios(MODEL, Mandate(), ONE).binding(9)),
    ("i", lambda: optimal_portfolios(MODEL, Mandate(), ONE).reason(9)),
    (
        "upper",
        lambda: optimal_portfolios(
            MODEL, Mandate(), Preferences([1.0, 2.0]), upper=[0.5, np.nan, 1.0]
        ),
    ),
    ("lower", lambda: optimal_portfolios(MODEL, Mandate(), ONE, lower="x")),
    (
        "current",
        lambda: optimal_portfolios(
            MODEL, Mandate(), Preferences([1.0, 2.0]), current=100 * HELD, cost=0.01
        ),
    ),
    (
        "cost",
        lambda: optimal_portfolios(
            MODEL, Mandate(), ONE, current=HELD, cost=np.array([0.1, -0.1, 0.1])
        ),
    ),
    (
        "holding_years",
        lambda: optimal_portfolios(
            MODEL, Mandate(), ONE, current=HELD, cost=TradingCost(0.1, holding_years=0.0)
        ),
    ),
    ("risk_aversion", lambda: Preferences([3.0, 2.0, np.nan])),
]
PREFERENCE_DOORS: list[tuple[str, Door]] = [
    ("risk_aversion", lambda: loss_averse_risk_aversion(-3.0, 2.0, 0.05, 0.1)),
    ("risk_aversion", lambda: loss_averse_risk_aversion("x", 2.0, 0.05, 0.1)),  # type: ignore[arg-type]
    ("loss_aversion", lambda: loss_averse_risk_aversion(3.0, 0.5, 0.05, 0.1)),
    ("volatility", lambda: loss_averse_risk_aversion(3.0, 2.0, 0.05, -0.1)),
    ("mean", lambda: loss_averse_risk_aversion(3.0, 2.0, np.nan, 0.1)),
    ("mean", lambda: loss_averse_risk_aversion(np.ones(2), 2.0, np.ones(3), 0.1)),
    (
        "evaluation_years",
        lambda: loss_averse_risk_aversion(3.0, 2.0, 0.05, 0.1, evaluation_years=0.0),
    ),
    (
        "evaluation_years",
        lambda: loss_averse_risk_aversion(3.0, 2.0, 0.05, 0.1, evaluation_years=-1.0),
    ),
    ("population_disposition", lambda: BiasPolicy(population_disposition=np.nan)),
    ("population_disposition", lambda: BiasPolicy(population_disposition=3.0)),
    ("disposition_weight", lambda: BiasPolicy(disposition_weight=np.inf)),
    ("cap", lambda: BiasPolicy(cap="x")),  # type: ignore[arg-type]
    ("cap", lambda: BiasPolicy(cap=None)),  # type: ignore[arg-type]
    ("disposition", lambda: BiasEvidence.of(5, disposition=3.0)),
    ("disposition", lambda: BiasEvidence.of(5, disposition=-5.0)),
    ("loss_aversion", lambda: BiasEvidence.of(5, loss_aversion="x")),
    ("risk_aversion", lambda: correct_risk_aversion(FRONTIER, "x", EVIDENCE)),  # type: ignore[arg-type]
    ("evidence", lambda: correct_risk_aversion(FRONTIER, np.ones(1), 5)),  # type: ignore[arg-type]
    ("loss_aversion", lambda: Prospect("x")),  # type: ignore[arg-type]
    ("loss_aversion", lambda: Prospect(np.inf)),
    ("prospect", lambda: at_prospect(FRONTIER, 2.25)),  # type: ignore[arg-type]
    ("share", lambda: Account("x", "a", -0.1, 0.05)),  # type: ignore[arg-type]
    ("floor_return", lambda: Account("x", 1.0, None, 0.05)),  # type: ignore[arg-type]
    ("shortfall_probability", lambda: Account("x", 1.0, -0.1, "5%")),  # type: ignore[arg-type]
    ("accounts", lambda: mental_accounts(MODEL, None)),  # type: ignore[arg-type]
    ("accounts", lambda: mental_accounts(MODEL, Account("x", 1.0, -0.1, 0.05))),  # type: ignore[arg-type]
    ("accounts[0]", lambda: mental_accounts(MODEL, ["x"])),  # type: ignore[list-item]
]


def _own(custom: Any) -> Door:
    return lambda: Program(MODEL, limits=ProgramLimits(custom=custom))


PROGRAM_DOORS: list[tuple[str, Door]] = [
    ("custom", _own(5)),
    ("custom", _own(lambda w: 5)),
    ("custom", _own(lambda w: None)),
    ("custom", _own(lambda w: w[0] <= 0.1)),
    ("custom", _own(lambda w: ["x"])),
    ("custom", _own(lambda w: [w[99] <= 1])),
    ("custom", _own(lambda w: [np.ones((5, 2)) @ w <= 1])),
    ("custom", _own(lambda w: [cp.sum_squares(w) >= 0.5])),
    ("max_assets", lambda: ProgramLimits(max_assets=1.5)),  # type: ignore[arg-type]
    ("max_assets", lambda: ProgramLimits(max_assets="3")),  # type: ignore[arg-type]
    ("max_assets", lambda: ProgramLimits(max_assets=0)),
    ("min_position", lambda: ProgramLimits(min_position=0.3)),
    ("max_tracking_error", lambda: ProgramLimits(max_tracking_error="x")),  # type: ignore[arg-type]
    ("max_tracking_error", lambda: ProgramLimits(max_tracking_error=np.nan)),
    ("max_tracking_error", lambda: ProgramLimits(max_tracking_error=-0.1)),
    ("max_turnover", lambda: ProgramLimits(max_turnover=-0.1)),
    ("cvar", lambda: ProgramLimits(cvar=0.1)),  # type: ignore[arg-type]
    ("limit", lambda: CvarLimit(ROWS, "x")),  # type: ignore[arg-type]
    ("limit", lambda: CvarLimit(ROWS, np.nan)),
    ("limit", lambda: CvarLimit(ROWS, -0.1)),
    ("risk_aversion", lambda: Program(MODEL).solve("x")),  # type: ignore[arg-type]
    ("risk_aversion", lambda: Program(MODEL).solve(None)),  # type: ignore[arg-type]
    ("solvers", lambda: Program(MODEL, solvers=())),
    ("solvers", lambda: Program(MODEL, solvers="CLARABEL")),
    ("limits", lambda: Program(MODEL, limits={"max_assets": 3})),  # type: ignore[arg-type]
]
DOORS = [
    door
    for doors in (FRONTIER_DOORS, PORTFOLIO_DOORS, BATCH_DOORS, PREFERENCE_DOORS, PROGRAM_DOORS)
    for door in doors
]


@pytest.mark.parametrize(
    ("field", "door"), DOORS, ids=[f"{i}-{field}" for i, (field, _) in enumerate(DOORS)]
)
def test_every_door_refuses_in_our_words(field: str, door: Door) -> None:
    with pytest.raises(InputError) as refused:
        door()
    assert refused.value.field == field
    assert len(str(refused.value)) > 30


def test_a_row_that_cannot_be_used_is_a_status_and_the_others_are_solved() -> None:
    upper = [[0.5, 0.5, np.nan], [1.0, 1.0, 1.0], [0.5, 0.5, 0.5]]
    held = np.array([HELD, HELD, 100 * HELD])
    got = optimal_portfolios(
        MODEL,
        None,
        ONE,
        upper=upper,
        current=held,
        cost=TradingCost([[0.0] * 3, [0.01] * 3, [0.0] * 3]),
    )
    assert got.status.tolist() == ["invalid_input", "ok", "invalid_input"]
    assert got.reason(0).startswith("upper[0, 2] is nan")
    assert got.reason(2).startswith("sum of current[2] is 100")
    assert got.binding(0) == ()
    assert pickle.loads(pickle.dumps(got)).reason(2) == got.reason(2)
    assert np.isnan(got.weights[[0, 2]]).all()
    alone = optimal_portfolios(MODEL, None, ONE, upper=upper[1:2], current=HELD, cost=0.01)
    np.testing.assert_array_equal(got.weights[1], alone.weights[0])
    years = optimal_portfolios(
        MODEL, None, ONE, current=HELD, cost=TradingCost(0.01, holding_years=[1.0, 0.0])
    )
    assert years.status.tolist() == ["ok", "invalid_input"]
    assert years.reason(1).startswith("holding_years[1] is 0")
    rates = optimal_portfolios(
        MODEL, None, ONE, current=HELD, cost=np.array([[0.1, 0.1, -0.1], [0.1, 0.1, 0.1]])
    )
    assert rates.reason(0).startswith("cost[0, 2] is -0.1")


def test_rows_are_counted_whatever_holds_them() -> None:
    upper = np.array([[0.5, 0.5, 0.5], [1.0, 1.0, 1.0]])
    want = optimal_portfolios(MODEL, Mandate(), ONE, upper=upper).weights
    for told in (upper.tolist(), pd.DataFrame(upper)):
        np.testing.assert_array_equal(
            optimal_portfolios(MODEL, Mandate(), ONE, upper=told).weights, want
        )
    assert (
        len(optimal_portfolios(MODEL, Mandate(), ONE, current=HELD, cost=np.full((3, 3), 0.01)))
        == 3
    )
    assert optimal_portfolios(MODEL, Mandate(), Preferences([])).weights.shape == (0, 3)


def test_a_repair_that_is_typed_back_repairs() -> None:
    rng = np.random.default_rng(7)
    for _ in range(25):
        loadings = rng.normal(size=(6, 4)) * 0.1
        model = ReturnModel(
            [*"uvwxyz"],
            rng.normal(0.05, 0.03, 6),
            loadings @ loadings.T + np.diag(rng.uniform(0.05, 0.2, 6) ** 2),
        )
        upper = rng.uniform(0.25, 0.6, (1, 6))
        told = optimal_portfolios(model, Mandate(max_volatility=0.01), ONE, upper=upper).reason(0)
        needed = float(re.findall(r"below ([\d.]+),", told)[0])
        assert (
            optimal_portfolios(model, Mandate(max_volatility=needed), ONE, upper=upper).status[0]
            == "ok"
        )
        with pytest.raises(InfeasibleError) as refused:
            trace_frontier(model, Mandate(max_volatility=0.01))
        trace_frontier(
            model,
            Mandate(max_volatility=float(re.findall(r"at least ([\d.]+),", str(refused.value))[0])),
        )
        chance = float(rng.uniform(0.01, 0.4))
        with pytest.raises(InfeasibleError) as refused:
            mental_accounts(model, [Account("x", 1.0, 0.3, chance)])
        floor = float(re.findall(r"floor is (\S+)\. Lower", str(refused.value))[0])
        assert mental_accounts(model, [Account("x", 1.0, floor, chance)]).accounts[0].status == "ok"
    assert (at_least(0.0575859111), at_most(0.0575859999), at_least(0.8), at_most(-0.1234567)) == (
        "0.057586",
        "0.0575859",
        "0.8",
        "-0.123457",
    )


EVEN = np.array([0.0, 0.0, 1.0])


@pytest.mark.parametrize(
    ("name", "repaired", "mandate", "limits"),
    [
        ("max_tracking_error", None, Mandate(max_weight=0.5), {"benchmark": EVEN,
        "max_tracking_error": 0.01}),
        ("max_turnover", None, Mandate(max_weight=0.5), {"current": EVEN, "max_turnover": 0.1}),
        ("cvar", lambda value: CvarLimit(ROWS, value), Mandate(max_weight=0.5),
        {"cvar": CvarLimit(ROWS, 0.01)}),
        ("max_volatility", None, Mandate(max_weight=0.5, max_volatility=0.03), {}),
        ("max_assets", int, Mandate(max_weight=0.4), {"max_assets": 2}),
        ("max_tracking_error", None, Mandate(max_weight=0.5), {"benchmark": EVEN,
        "max_tracking_error": 0.01, "max_assets": 2, "min_position": 0.45}),
    ],
)  # fmt: skip
def test_a_program_without_an_answer_says_with_which_number_it_has_one(
    name: str, repaired: Callable[[float], object] | None, mandate: Mandate, limits: dict[str, Any]
) -> None:
    with pytest.raises(InfeasibleError, match=f"{name} at least") as refused:
        Program(MODEL, mandate, ProgramLimits(**limits)).solve(3.0)
    assert name in refused.value.constraints
    number = float(re.findall(rf"{name} at least ([\d.]+?)(?:;|\.$)", str(refused.value))[0])
    if name == "max_volatility":
        mandate = mandate.model_copy(update={name: number})
    else:
        limits = limits | {name: (repaired or float)(number)}
    Program(MODEL, mandate, ProgramLimits(**limits)).solve(3.0)


def test_sums_are_printed_until_they_differ_from_1() -> None:
    many = ReturnModel([f"a{i}" for i in range(12)], np.zeros(12), np.eye(12))
    with pytest.raises(InfeasibleError, match=r"adds up to 0\.9996, below"):
        trace_frontier(many, Mandate(max_weight=0.0833))


def test_least_risk_is_called_by_its_name_and_so_are_errors() -> None:
    assert (
        optimal_portfolio(MODEL, risk_aversion=np.inf, current=HELD, cost=0.01).risk_aversion
        == np.inf
    )
    assert optimal_portfolio(MODEL, risk_aversion=np.inf, scenarios=ROWS).risk_aversion == np.inf
    linear = Mandate(
        linear_limits=(
            {"name": "loss", "coefficients": {"a": 1.0, "b": 1.0, "c": 1.0}, "upper": 0.5},
        )
    )  # type: ignore[arg-type]
    with pytest.raises(InfeasibleError) as refused:
        trace_frontier(MODEL, linear)
    assert type(refused.value).__name__ == "InfeasibleError"


def test_what_cannot_be_proved_or_valued_is_refused() -> None:
    """Garbage in each place of a certificate of a frontier, of a prospect and of its value."""
    from advisor.optimize.behaviour.prospect import Prospect, prospect_value

    frontier = trace_frontier(ReturnModel(["a", "b"], [0.01, 0.05], [[0.001, 0.0], [0.0, 0.04]]))
    for junk in (None, "x", [], {}, object(), b"x", 10**400, [[1.0]], np.zeros(3)):
        for call in (
            lambda x=junk: frontier.certify(x, 2.0),
            lambda x=junk: prospect_value(x, np.array([0.1]), np.array([0.1])),
            lambda x=junk: prospect_value(
                Prospect(), np.zeros(2), "x" if x is None or isinstance(x, list) else x
            ),
            lambda x=junk: Prospect(loss_aversion=x),
        ):
            if not (isinstance(junk, list) and not junk):
                with pytest.raises(InputError):
                    call()
        if not isinstance(junk, (np.ndarray, int)):
            with pytest.raises(InputError):
                frontier.certify(np.array([0.5, 0.5]), junk)
