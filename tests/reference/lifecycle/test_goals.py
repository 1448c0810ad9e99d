"""Goals against closed forms and against a plain simulation that shares nothing with the
library."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import ndtr
from scipy.stats import kstest

from advisor import InputError
from advisor.contracts import Goal
from advisor.data import ReturnModel
from advisor.lifecycle import (
    Simulation,
    goal_floor,
    goal_success,
    lognormal_rates,
    plan_goals,
    required_saving,
    required_wealth,
)
from advisor.lifecycle.goals.draws import client_keys, normals, uniforms
from advisor.optimize import mental_accounts, trace_frontier


def simulated(wealth, amount, years, mean, volatility, saving, *, draws=200_000, seed=11) -> float:
    """Month by month with numpy's own generator."""
    sigma2 = np.log(1 + (volatility / (1 + mean)) ** 2)
    mu = np.log(1 + mean) - sigma2 / 2
    rng, value = np.random.default_rng(seed), np.full(draws, float(wealth))
    for _ in range(round(years * 12)):
        value = value * np.exp(rng.normal(mu / 12, np.sqrt(sigma2 / 12), draws)) + saving
        value = np.maximum(value, 0.0)
    return float((value >= amount).mean())


def test_without_flows_it_is_the_lognormal_closed_form() -> None:
    """P(V_T >= G) = Phi((ln(V/G) + mu T) / (sigma sqrt T)), written out here."""
    rng = np.random.default_rng(0)
    wealth, amount, years = (
        rng.uniform(50, 200, 50),
        rng.uniform(50, 400, 50),
        rng.uniform(0.5, 30, 50),
    )
    mean, vol = rng.uniform(0.0, 0.08, 50), rng.uniform(0.02, 0.25, 50)
    s2 = np.log(1 + (vol / (1 + mean)) ** 2)
    m = np.log(1 + mean) - s2 / 2
    odds = goal_success(wealth, amount, years, mean, vol)
    np.testing.assert_allclose(
        odds.probability,
        ndtr((np.log(wealth / amount) + m * years) / np.sqrt(s2 * years)),
        atol=1e-14,
    )
    assert (odds.standard_error == 0).all()


def test_closed_form_against_a_plain_simulation() -> None:
    odds = goal_success(100.0, 150.0, 10.0, 0.06, 0.15)
    assert odds.probability[0] == pytest.approx(simulated(100, 150, 10, 0.06, 0.15, 0), abs=0.004)


@pytest.mark.parametrize("saving", [2.0, 10.0, -0.5])
def test_with_flows_it_agrees_with_a_plain_simulation(saving: float) -> None:
    amount = {2.0: 600.0, 10.0: 2000.0, -0.5: 80.0}[saving]
    odds = goal_success(
        100.0,
        amount,
        15.0,
        0.05,
        0.12,
        saving=saving,
        simulation=Simulation(20_000, client_ids=["someone"]),
    )
    assert odds.probability[0] == pytest.approx(
        simulated(100, amount, 15, 0.05, 0.12, saving), abs=4 * odds.standard_error[0] + 0.003
    )


def test_the_control_variate_pays() -> None:
    """Spread of the estimate over many clients: with the control well below the plain binomial
    error, and the stated error is the real one."""
    ids = [f"c{i}" for i in range(300)]
    odds = goal_success(
        np.full(300, 100.0),
        300.0,
        10.0,
        0.05,
        0.12,
        saving=1.0,
        simulation=Simulation(500, client_ids=ids),
    )
    p = odds.probability.mean()
    spread = odds.probability.std()
    assert spread < 0.75 * np.sqrt(p * (1 - p) / 500)
    assert odds.standard_error.mean() == pytest.approx(spread, rel=0.2)


def test_no_control_would_be_caught() -> None:
    """The raw frequency of the same paths has about the plain error: the property above tells the
    two apart."""
    keys = client_keys(0, [f"c{i}" for i in range(300)])
    z = uniforms(keys, 500)
    raw = (z < 0.3).mean(axis=1)
    assert raw.std() > 0.75 * np.sqrt(0.3 * 0.7 / 500)


def test_one_client_is_the_same_alone_and_in_company() -> None:
    ids = ["ann", "bob", "eve"]
    args = ([100.0, 50.0, 80.0], [300.0, 200.0, 250.0], [10.0, 5.0, 10.0], 0.05, 0.12)
    whole = goal_success(*args, saving=1.0, simulation=Simulation(client_ids=ids))
    for i, name in enumerate(ids):
        alone = goal_success(
            *([a[i]] for a in args[:3]),
            0.05,
            0.12,
            saving=1.0,
            simulation=Simulation(client_ids=[name]),
        )
        assert alone.probability.tobytes() == whole.probability[i : i + 1].tobytes()
    other = goal_success(*args, saving=1.0, simulation=Simulation(seed=1, client_ids=ids))
    assert not np.array_equal(whole.probability, other.probability)


def test_draws_are_uniform_and_clients_independent() -> None:
    u = uniforms(client_keys(7, ["a", "b"]), 50_000)
    assert kstest(u[0], "uniform").pvalue > 0.01
    assert kstest(u[1], "uniform").pvalue > 0.01
    assert abs(np.corrcoef(u)[0, 1]) < 0.02
    assert abs(np.corrcoef(u[0, 1:], u[0, :-1])[0, 1]) < 0.02
    np.testing.assert_array_equal(uniforms(client_keys(7, ["a"]), 10, start=5)[0], u[0, 5:15])
    z = normals(client_keys(7, ["a"]), 1000, 12)
    np.testing.assert_allclose(z.mean(axis=1), 0.0, atol=1e-15)
    assert z.std() == pytest.approx(1.0, abs=0.02)


def test_required_saving_without_risk_is_an_annuity() -> None:
    """Future value of 1 a month at monthly growth g: (g^n - 1) / (g - 1)."""
    growth = 1.04 ** (1 / 12)
    annuity = (growth**120 - 1) / (growth - 1)
    saved = required_saving(1000.0, 50_000.0, 10.0, 0.04, 0.0)
    assert saved[0] == pytest.approx((50_000 - 1000 * 1.04**10) / annuity, rel=1e-9)


def test_required_saving_meets_the_wished_probability() -> None:
    saved = required_saving(
        100.0, 500.0, 12.0, 0.05, 0.12, probability=0.85, simulation=Simulation(20_000)
    )[0]
    assert simulated(100, 500, 12, 0.05, 0.12, saved) == pytest.approx(0.85, abs=0.01)
    assert required_saving(100.0, 500.0, 12.0, 0.05, 0.12, probability=0.95)[0] > saved
    assert required_saving(900.0, 500.0, 12.0, 0.05, 0.12)[0] == 0.0


def test_required_wealth_is_the_inverse_of_the_odds() -> None:
    for p in (0.5, 0.9, 0.99):
        need = required_wealth(200.0, 8.0, 0.05, 0.15, probability=p)
        assert goal_success(need, 200.0, 8.0, 0.05, 0.15).probability[0] == pytest.approx(
            p, abs=1e-12
        )


def test_goals_are_funded_by_priority() -> None:
    goals = [
        Goal(name="car", amount=50.0, years=3.0, priority=2),
        Goal(name="house", amount=80.0, years=5.0),
        Goal(name="school", amount=30.0, years=2.0),
    ]
    plan = plan_goals(100.0, goals, 0.04, 0.08)
    assert [g.goal.name for g in plan.goals] == ["school", "house", "car"]
    assert sum(g.money for g in plan.goals) + plan.surplus == pytest.approx(100.0)
    assert plan.goals[0].money == pytest.approx(plan.goals[0].needed)
    assert plan.goals[0].probability == pytest.approx(0.9)
    assert plan.goals[2].money < plan.goals[2].needed
    assert plan.goals[2].saving > 0
    assert plan_goals(10_000.0, goals, 0.04, 0.08).surplus > 9_000
    assert list(plan.to_frame().index) == ["school", "house", "car"]
    accounts = plan.accounts()
    assert sum(a.share for a in accounts) == pytest.approx(1.0)
    assert {a.name for a in accounts} == {g.goal.name for g in plan.goals if g.money > 0}
    assert accounts[0].floor_return == pytest.approx((30.0 / plan.goals[0].money) ** 0.5 - 1)


MODEL = ReturnModel(
    ["cash", "bonds", "shares"],
    [0.01, 0.03, 0.08],
    [[0.0, 0.0, 0.0], [0.0, 0.0025, 0.001], [0.0, 0.001, 0.0484]],
)


def odds_of(portfolio, money: float, amount: float, years: float) -> float:
    return float(
        goal_success(money, amount, years, portfolio.mean, portfolio.volatility).probability[0]
    )


def test_each_goal_gets_the_riskiest_portfolio_with_the_wished_odds() -> None:
    goals = [
        Goal(name="house", amount=50_000, years=4),
        Goal(name="pension", amount=200_000, years=25, priority=2),
    ]
    plan = plan_goals(1_000_000.0, goals, [0.02, 0.05], [0.02, 0.11], probability=0.9)
    invested = plan.invest(MODEL)
    assert [(p.name, p.status) for p in invested.accounts] == [("house", "ok"), ("pension", "ok")]
    frontier = trace_frontier(MODEL)
    for goal, portfolio in zip(plan.goals, invested.accounts, strict=True):
        assert odds_of(portfolio, goal.money, goal.goal.amount, goal.goal.years) == pytest.approx(
            0.9, abs=1e-9
        )
        riskier = np.linspace(portfolio.volatility + 1e-6, frontier.volatility[-1], 200)
        mean = frontier.at_volatility(riskier) @ MODEL.mean
        assert (
            goal_success(goal.money, goal.goal.amount, goal.goal.years, mean, riskier).probability
            < 0.9
        ).all()
    np.testing.assert_allclose(
        invested.weights, sum(p.share * p.weights for p in invested.accounts), atol=1e-15
    )


def test_money_that_is_too_little_takes_no_more_risk() -> None:
    """A goal half funded is invested as the half it can meet; a wish that no portfolio meets says
    so and gets the best chance."""
    goal = Goal(name="house", amount=50_000, years=4)
    enough, half = (
        plan_goals(money, [goal], 0.02, 0.02).invest(MODEL).accounts[0]
        for money in (60_000.0, 20_000.0)
    )
    np.testing.assert_allclose(half.weights, enough.weights, atol=1e-9)
    (dreamt,) = plan_goals(60_000.0, [goal], 0.20, 0.01).invest(MODEL).accounts
    assert dreamt.status == "below_wish"
    frontier = trace_frontier(MODEL)
    steps = np.linspace(frontier.volatility[0], frontier.volatility[-1], 500)
    money = plan_goals(60_000.0, [goal], 0.20, 0.01).goals[0].money
    best = goal_success(
        money, 50_000, 4.0, frontier.at_volatility(steps) @ MODEL.mean, steps
    ).probability.max()
    assert odds_of(dreamt, money, 50_000, 4.0) == pytest.approx(float(best), abs=1e-4)
    with pytest.raises(InputError, match="nothing to invest"):
        plan_goals(0.0, [goal], 0.02, 0.02).invest(MODEL)


def test_a_year_of_normal_returns_flatters_a_volatile_portfolio() -> None:
    """Why the plan does not go through one-year floors: over 25 years they let through a portfolio
    that misses the wished odds."""
    plan = plan_goals(
        1_000_000.0, [Goal(name="pension", amount=200_000, years=25)], 0.05, 0.11, probability=0.9
    )
    (loose,) = mental_accounts(MODEL, plan.accounts()).accounts
    assert odds_of(loose, plan.goals[0].money, 200_000, 25.0) < 0.88


def test_a_goal_as_an_account_has_the_same_odds() -> None:
    """A portfolio with log mean m and spread s meets the goal with probability p exactly where its
    one-year return beats the floor with 1 - alpha."""
    floor, alpha = goal_floor(100.0, 180.0, 9.0, probability=0.9)
    mu, sigma = 0.09, 0.07
    reach = ndtr((np.log(100 / 180) + mu * 9) / (sigma * 3))
    year = ndtr((np.log1p(floor) - mu) / sigma)
    assert (reach >= 0.9) == (year <= alpha)
    edge = (np.log(180 / 100) / 9) + 1.2815515655446004 * sigma / 3
    assert ndtr((np.log1p(floor) - edge) / sigma) == pytest.approx(float(alpha), abs=1e-12)


def test_lognormal_rates_reproduce_mean_and_volatility() -> None:
    m, s = lognormal_rates(0.07, 0.2)
    assert np.exp(m + s**2 / 2) - 1 == pytest.approx(0.07)
    assert np.exp(m + s**2 / 2) * np.sqrt(np.expm1(s**2)) == pytest.approx(0.2)


def test_shortfall_and_median_against_a_plain_simulation() -> None:
    sigma2 = np.log(1 + (0.15 / 1.06) ** 2)
    final = 100 * np.exp(
        np.random.default_rng(0).normal(
            (np.log(1.06) - sigma2 / 2) * 10, np.sqrt(sigma2 * 10), 400_000
        )
    )
    odds = goal_success(100.0, 150.0, 10.0, 0.06, 0.15)
    assert odds.median[0] == pytest.approx(np.median(final), rel=0.005)
    assert odds.shortfall[0] == pytest.approx((150 - final[final < 150]).mean(), rel=0.01)
    flows = goal_success(100.0, 150.0, 10.0, 0.06, 0.15, saving=1e-9, simulation=Simulation(20_000))
    assert flows.shortfall[0] == pytest.approx(odds.shortfall[0], rel=0.03)
    assert flows.probability[0] == pytest.approx(odds.probability[0], abs=1e-6)


@pytest.mark.parametrize(
    "bad",
    [
        {"wealth": -1.0},
        {"amount": 0.0},
        {"years": 0.0},
        {"volatility": -0.1},
        {"mean": -1.0},
        {"saving": np.nan},
    ],
)
def test_refusals_say_the_number(bad: dict) -> None:
    given = {"wealth": 100.0, "amount": 150.0, "years": 5.0, "mean": 0.05, "volatility": 0.1} | bad
    with pytest.raises(InputError, match=r"Goal 0"):
        goal_success(**given)
    with pytest.raises(InputError, match="draws"):
        Simulation(draws=10)


def test_impossible_and_certain_goals() -> None:
    odds = goal_success(
        [0.0, 200.0, 100.0], [10.0, 100.0, 110.0], 1.0, [0.05, 0.05, 0.1], [0.1, 0.0, 0.0]
    )
    assert odds.probability.tolist() == [0.0, 1.0, 1.0]
    assert odds.shortfall.tolist() == [10.0, 0.0, 0.0]
    with pytest.raises(InputError, match="probability"):
        required_wealth(1.0, 1.0, 0.0, 0.1, probability=1.0)
