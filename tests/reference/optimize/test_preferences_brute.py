"""Loss aversion and prospect theory against brute force, closed forms and published numbers."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.optimize import minimize, minimize_scalar
from scipy.stats import norm

from advisor import InputError
from advisor.contracts import Mandate
from advisor.data import ReturnModel
from advisor.optimize import (
    Frontier,
    Preferences,
    Prospect,
    at_prospect,
    loss_averse_risk_aversion,
    prospect_value,
    trace_frontier,
)
from advisor.optimize.behaviour.prospect import weighted_chance

THREE = ReturnModel(
    ["bond", "mix", "stock"], [0.05, 0.10, 0.25], [[0.0025, 0, 0], [0, 0.04, 0.02], [0, 0.02, 0.25]]
)
WIDE = Mandate(min_weight=-10, max_weight=10)


def utility(m: float, s: float, gamma: float, lam: float, b: float, years: float) -> float:
    """m - g/2 s^2 - k E[(bT - R)+] / T for R ~ N(mT, s^2 T), by numerical integration and no
    formula of ours."""
    sd = s * np.sqrt(years)
    short = (
        quad(
            lambda x: (b * years - x) * norm.pdf(x, m * years, sd), m * years - 12 * sd, b * years
        )[0]
        if b * years > m * years - 12 * sd
        else 0.0
    )
    return m - gamma / 2 * s * s - (lam - 1) * short / years


@pytest.mark.parametrize(
    ("gamma", "lam", "b", "expected"),
    [
        (3, 1.955, 0.0, 4.62),
        (3, 2.25, 0.0, 5.24),
        (3, 2.25, 0.02, 5.58),
        (5, 2.25, 0.0, 7.46),
        (3, 1.0, 0.3, 3.0),
    ],
)
def test_effective_risk_aversions_of_the_three_asset_market(
    gamma: float, lam: float, b: float, expected: float
) -> None:
    """The worked example for the market of Das, Markowitz, Scheid & Statman (2010), recomputed
    independently to two decimals."""
    frontier = trace_frontier(THREE, WIDE)
    effective = frontier.effective_risk_aversion(Preferences(gamma, lam, b))
    assert effective[0] == pytest.approx(expected, abs=0.006)


def test_stock_and_cash_over_the_horizon() -> None:
    """Sharpe ratio .278 (5 % over 18 %), g = 3, l = 2.25, b = the riskless rate: cash only at one
    year; .242, .346, .438 in stocks at 3, 5, 10."""
    frontier = trace_frontier(ReturnModel(["cash", "stock"], [0.02, 0.07], [[0, 0], [0, 0.18**2]]))
    wants = Preferences(3.0, 2.25, 0.02, [1, 3, 5, 10])
    np.testing.assert_allclose(
        frontier.at_preferences(wants)[:, 1], [0.0, 0.242, 0.346, 0.438], atol=6e-4
    )
    assert frontier.participation(wants).tolist() == ["no_participation", "ok", "ok", "ok"]
    np.testing.assert_allclose(
        frontier.effective_risk_aversion(wants)[1:], [6.37, 4.46, 3.52], atol=6e-3
    )


@pytest.mark.parametrize("seed", range(6))
def test_the_optimum_over_all_portfolios(seed: int) -> None:
    """SLSQP over weights, on the integral: the fixed point on the frontier is never worse, and the
    integral's own optimum is no better."""
    rng = np.random.default_rng(seed)
    f = rng.normal(size=(4, 2)) * 0.12
    model = ReturnModel(list("abcd"), rng.normal(0.06, 0.03, 4), f @ f.T + 0.01 * np.eye(4))
    gamma, lam, b, years = (
        float(rng.uniform(0.5, 6)),
        float(rng.uniform(1, 3)),
        float(rng.uniform(-0.05, 0.08)),
        float(rng.choice([0.5, 1, 5])),
    )
    frontier = trace_frontier(model, Mandate(max_weight=0.6))
    ours = frontier.at_preferences(Preferences(gamma, lam, b, years))[0]

    def loss(w: np.ndarray) -> float:
        s = float(np.sqrt(w @ model.covariance @ w))
        d = (b - float(model.mean @ w)) * np.sqrt(years) / s
        short = s / np.sqrt(years) * (d * norm.cdf(d) + norm.pdf(d))
        return -(float(model.mean @ w) - gamma / 2 * s * s - (lam - 1) * short)

    m, s = float(model.mean @ ours), float(np.sqrt(ours @ model.covariance @ ours))
    assert -loss(ours) == pytest.approx(utility(m, s, gamma, lam, b, years), abs=1e-9)
    best = min(
        minimize(
            loss,
            start,
            bounds=[(0, 0.6)] * 4,
            constraints={"type": "eq", "fun": lambda w: w.sum() - 1},
            tol=1e-14,
            options={"maxiter": 500},
        ).fun
        for start in (
            np.full(4, 0.25),
            np.array([0.6, 0.4, 0.0, 0.0]),
            np.array([0.0, 0.0, 0.4, 0.6]),
        )
    )
    assert loss(ours) <= best + 1e-8


def by_bisection(frontier: Frontier, wants: Preferences, i: int) -> float:
    """Reference of the kernel: bisect the stationarity condition t * effective(t) = 1 along risk
    tolerance, with the closed form alone."""

    def excess(t: float) -> float:
        mean, volatility = frontier.moments_at(np.array([1.0 / t]))
        g = loss_averse_risk_aversion(
            wants.risk_aversion[i],
            wants.loss_aversion[i],
            mean,
            volatility,
            reference_return=wants.reference_return[i],
            evaluation_years=wants.evaluation_years[i],
        )
        return t * float(g[0]) - 1.0

    low, high = 1e-9, 1e9
    for _ in range(200):
        mid = np.sqrt(low * high)
        low, high = (mid, high) if excess(mid) < 0 else (low, mid)
    return 1.0 / np.sqrt(low * high)


@pytest.mark.parametrize("seed", range(4))
def test_the_kernel_equals_bisection_on_the_closed_form(seed: int) -> None:
    rng = np.random.default_rng(seed)
    n = 12
    f = rng.normal(size=(n, 3)) * 0.1
    frontier = trace_frontier(
        ReturnModel(
            [f"a{i}" for i in range(n)], rng.normal(0.06, 0.03, n), f @ f.T + 0.005 * np.eye(n)
        ),
        Mandate(max_weight=0.4),
    )
    c = 25
    wants = Preferences(
        rng.uniform(0.5, 20, c),
        rng.uniform(1, 4, c),
        rng.uniform(-0.1, 0.15, c),
        rng.uniform(0.3, 10, c),
    )
    ours = frontier.effective_risk_aversion(wants)
    np.testing.assert_allclose(
        ours, [by_bisection(frontier, wants, i) for i in range(c)], rtol=1e-8
    )
    mean, volatility = frontier.moments_at(ours)
    again = loss_averse_risk_aversion(
        wants.risk_aversion,
        wants.loss_aversion,
        mean,
        volatility,
        reference_return=wants.reference_return,
        evaluation_years=wants.evaluation_years,
    )
    np.testing.assert_allclose(again, ours, rtol=1e-8)


def test_a_kernel_without_the_horizon_is_caught() -> None:
    frontier = trace_frontier(THREE)
    wants = Preferences(3.0, 2.25, 0.02, 4.0)
    forgot = frontier.effective_risk_aversion(Preferences(3.0, 2.25, 0.02, 1.0))[0]
    assert abs(forgot / by_bisection(frontier, wants, 0) - 1.0) > 1e-3


def test_a_high_reference_makes_more_loss_averse_clients_bolder() -> None:
    """With a reference above every attainable mean more risk is the only hope: effective risk
    aversion falls below g, and is not monotone in l."""
    frontier = trace_frontier(THREE)
    lam = np.linspace(1.0, 8.0, 60)
    low = frontier.effective_risk_aversion(Preferences(3.0, lam, 0.0))
    high = frontier.effective_risk_aversion(Preferences(3.0, lam, 0.4))
    assert (np.diff(low) > 0).all()
    assert (high[1:] < 3.0).all()
    mean, volatility = frontier.moments_at(high)
    d = (0.4 - mean) / volatility
    assert (norm.pdf(d) < high * volatility * norm.cdf(d))[1:].all()


def test_in_the_middle_it_rises_where_the_rule_says_so() -> None:
    """Monotone in l exactly where phi(d) >= g_eff s Phi(d)."""
    frontier = trace_frontier(THREE)
    for b in (0.0, 0.05, 0.1, 0.15, 0.2):
        lam = np.linspace(1.0, 6.0, 200)
        g = frontier.effective_risk_aversion(Preferences(6.0, lam, b))
        mean, s = frontier.moments_at(g)
        d = (b - mean) / s
        up = norm.pdf(d) - g * s * norm.cdf(d)
        middle = 0.5 * (up[1:] + up[:-1])
        clear = np.abs(middle) > 1e-3
        assert (np.sign(np.diff(g))[clear] == np.sign(middle)[clear]).all()


def test_plain_markowitz_at_loss_aversion_one() -> None:
    frontier = trace_frontier(THREE)
    gamma = np.geomspace(0.1, 50, 40)
    np.testing.assert_array_equal(
        frontier.at_preferences(Preferences(gamma)), frontier.at_risk_aversion(gamma)
    )
    np.testing.assert_array_equal(
        frontier.at_preferences(Preferences(gamma, 1.0, 0.3, 0.1)), frontier.at_risk_aversion(gamma)
    )


def test_a_client_has_the_same_bits_in_any_company() -> None:
    frontier = trace_frontier(THREE)
    rng = np.random.default_rng(2)
    columns = (
        rng.uniform(0.5, 20, 500),
        np.where(rng.random(500) < 0.5, 1.0, 2.25),
        rng.uniform(-0.1, 0.1, 500),
        rng.uniform(0.3, 9, 500),
    )
    whole = frontier.at_preferences(Preferences(*columns))
    for chunk in (1, 7, 499):
        parts = [
            frontier.at_preferences(Preferences(*(c[a : a + chunk] for c in columns)))
            for a in range(0, 500 if chunk > 1 else 20, chunk)
        ]
        assert np.concatenate(parts).tobytes() == whole[: 500 if chunk > 1 else 20].tobytes()


def test_the_threshold_of_participation() -> None:
    """Loss aversion at which a client with cash and b = r stays out: E[gain] / E[loss], 2.01 at a
    Sharpe ratio of .278, 1.65 at .20."""
    for sharpe, published in ((0.278, 2.01), (0.20, 1.65)):
        frontier = trace_frontier(
            ReturnModel(["cash", "stock"], [0.02, 0.02 + 0.18 * sharpe], [[0, 0], [0, 0.18**2]])
        )
        gain = sharpe * norm.cdf(sharpe) + norm.pdf(sharpe)
        threshold = gain / (gain - sharpe)
        assert threshold == pytest.approx(published, abs=0.006)
        told = frontier.participation(
            Preferences(3.0, np.array([threshold - 1e-6, threshold + 1e-6]), 0.02)
        )
        assert told.tolist() == ["ok", "no_participation"]


def test_preferences_refuse_what_means_nothing() -> None:
    for arguments in (
        {"risk_aversion": -1.0},
        {"risk_aversion": 1.0, "loss_aversion": 0.5},
        {"risk_aversion": np.nan},
        {"risk_aversion": 1.0, "evaluation_years": 0.0},
    ):
        with pytest.raises(InputError):
            Preferences(**arguments)
    with pytest.raises(InputError, match="lengths"):
        Preferences(np.ones(3), np.ones(2))
    with pytest.raises(InputError, match="present holdings"):
        trace_frontier(THREE).at_preferences(Preferences(3.0, status_quo_cost=0.01))


# Prospect theory: Tversky and Kahneman, 1992.


def test_decision_weights_as_computed_from_the_published_parameters() -> None:
    assert weighted_chance(np.array([0.5]), 0.61)[0] == pytest.approx(0.4206, abs=5e-5)
    assert weighted_chance(np.array([0.5]), 0.69)[0] == pytest.approx(0.4540, abs=5e-5)
    np.testing.assert_array_equal(weighted_chance(np.array([0.0, 1.0]), 0.61), [0.0, 1.0])


@pytest.mark.parametrize(
    ("mean", "volatility"),
    [(0.06, 0.15), (-0.02, 0.2), (0.10, 0.02), (0.03, 0.0), (-0.03, 0.0), (0.0, 0.3)],
)
def test_values_against_integration_by_scipy(mean: float, volatility: float) -> None:
    client = Prospect(reference_return=0.01, evaluation_years=2.0)
    m, s = (mean - 0.01) * 2.0, volatility * np.sqrt(2.0)
    sides = []
    for sign, c in ((1.0, 0.61), (-1.0, 0.69)):
        if s == 0.0:
            sides.append(max(sign * m, 0.0) ** 0.88)
            continue

        def integrand(x: float, sign: float = sign, c: float = c) -> float:
            p = norm.sf((x - sign * m) / s)
            return float(weighted_chance(np.array([p]), c)[0] * 0.88 * x**-0.12)

        edges = [0.0, *[x for x in (0.01, sign * m, 0.3) if 0 < x < 3.0], 3.0]
        sides.append(
            sum(
                quad(integrand, a, b, limit=200)[0]
                for a, b in zip(sorted(edges), sorted(edges)[1:], strict=False)
            )
        )
    assert float(
        prospect_value(client, np.array([mean]), np.array([volatility]))[0]
    ) == pytest.approx(sides[0] - 2.25 * sides[1], abs=2e-8)


def test_without_curvature_and_weighting_it_is_linear_loss_aversion() -> None:
    client = Prospect(
        loss_aversion=2.25,
        curvature=1.0,
        gain_weighting=1.0,
        loss_weighting=1.0,
        reference_return=0.02,
    )
    mean, s = np.array([0.01, 0.05, 0.09]), np.array([0.05, 0.12, 0.3])
    d = (0.02 - mean) / s
    short = s * (d * norm.cdf(d) + norm.pdf(d))
    np.testing.assert_allclose(
        prospect_value(client, mean, s), mean - 0.02 - 1.25 * short, atol=1e-10
    )
    frontier = trace_frontier(THREE)
    there = at_prospect(frontier, client)
    np.testing.assert_allclose(
        there, frontier.at_preferences(Preferences(0.0, 2.25, 0.02))[0], atol=1e-6
    )


def test_the_value_of_a_scaled_prospect() -> None:
    client = Prospect()
    assert prospect_value(client, np.array([0.12]), np.array([0.4]))[0] == pytest.approx(
        2**0.88 * prospect_value(client, np.array([0.06]), np.array([0.2]))[0], rel=1e-9
    )


@pytest.mark.parametrize(
    "client",
    [
        Prospect(),
        Prospect(evaluation_years=5.0),
        Prospect(loss_aversion=1.3, reference_return=0.03),
        Prospect(loss_aversion=4.0),
    ],
)
def test_the_search_along_the_frontier_misses_no_better_point(client: Prospect) -> None:
    frontier = trace_frontier(THREE)
    w = at_prospect(frontier, client)
    ours = float(prospect_value(client, THREE.mean @ w, np.sqrt(w @ THREE.covariance @ w)))
    volatility = np.linspace(frontier.volatility[0], frontier.volatility[-1], 4001)
    weights = frontier.at_volatility(volatility)
    assert ours >= prospect_value(client, weights @ THREE.mean, volatility).max() - 1e-9

    def off(s: float) -> float:
        v = frontier.at_volatility(float(s))
        return -float(prospect_value(client, THREE.mean @ v, np.array(s)))

    assert (
        ours
        >= -minimize_scalar(
            off, bounds=(frontier.volatility[0], frontier.volatility[-1]), method="bounded"
        ).fun
        - 1e-9
    )


def test_prospects_refuse_what_means_nothing() -> None:
    for arguments in (
        {"curvature": 1.2},
        {"loss_aversion": 0.0},
        {"gain_weighting": 0.1},
        {"evaluation_years": -1.0},
        {"reference_return": np.nan},
    ):
        with pytest.raises(InputError, match=next(iter(arguments))):
            Prospect(**arguments)
