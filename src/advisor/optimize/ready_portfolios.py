"""Ready portfolios that need no risk aversion: least variance, equal shares of risk, most
diversification, least CVaR. Each is one convex program, solved exactly.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from advisor.annotations import Labelled, OpenShare
from advisor.arrays import FloatArray, float_array, frozen
from advisor.contracts.advice import Binding
from advisor.contracts.mandate import Mandate
from advisor.data.by_asset import in_order
from advisor.data.returns import ReturnModel
from advisor.errors import InputError, SolverError
from advisor.measures.portfolio import conditional_value_at_risk
from advisor.optimize.frontier.trace import trace_frontier
from advisor.optimize.limits.binding import held_limits
from advisor.optimize.limits.certificate import duality_gap, overstepped
from advisor.optimize.limits.limits import limits_of
from advisor.optimize.portfolio import Portfolio, portfolio_on
from advisor.optimize.scenarios.certificate import Scenarios
from advisor.optimize.tail_program import least_cvar
from advisor.validation import checked

NO_RISK = 1e-20
"""Share of the largest variance below which an asset, or a portfolio, has none."""
NEWTON_STEPS = 200
DAMPED = 0.3
"""Newton decrement above which the step is damped: below, full steps converge quadratically."""
UNBOUNDED = 1e7
"""An exposure to an asset of volatility 1 that only a perfect hedge leads to."""
SETTLED = 1e-14
"""Largest miss of a share of risk, as a share of the budget, after which no step helps."""


@checked
def minimum_variance(model: ReturnModel, mandate: Mandate | None = None) -> Portfolio:
    """The portfolio of least variance within the limits, and of those the one of highest mean.

    Args:
        model: Annual expected returns and covariance of n assets.
        mandate: The limits; long-only when None.

    Raises:
        InfeasibleError: The limits contradict each other; they are named.

    >>> model = ReturnModel(["bonds", "stocks"], [0.02, 0.08], [[0.01, 0.0], [0.0, 0.04]])
    >>> minimum_variance(model).weights
    array([0.8, 0.2])
    """
    frontier = trace_frontier(model, mandate)
    return portfolio_on(frontier, frontier.at_risk_aversion(np.inf), np.inf)


@checked
def maximum_diversification(model: ReturnModel, mandate: Mandate | None = None) -> Portfolio:
    """The portfolio with the highest diversification ratio within the limits.

    The ratio is the weighted average volatility of the assets over the volatility of the portfolio:
    a Sharpe ratio with volatilities for means, so that it is read off an exact frontier. Where
    mixing in a riskless asset does not change the ratio, the portfolio with most risk is given.

    Args:
        model: Annual expected returns (not used but for `mean`) and covariance of n assets.
        mandate: The limits; long-only when None.

    Returns:
        The portfolio; `risk_aversion` is nan, the certificate is of the program above.

    Raises:
        InputError: No portfolio within the limits has any risk.
        InfeasibleError: The limits contradict each other; they are named.

    Source: Choueifaty and Coignard (2008), Toward Maximum Diversification, equation 1.
    """
    volatility = np.sqrt(np.diagonal(model.covariance))
    spread = ReturnModel(model.assets, volatility, model.covariance)
    frontier = trace_frontier(spread, limits_of(model, mandate))
    if not frontier.mean[-1] > 0.0:
        raise InputError(
            "No portfolio within the limits has any risk, so none has a diversification ratio; add"
            " assets with risk.",
            field="model",
            value=0.0,
        )
    weights = frontier.max_sharpe()
    gamma = float(frontier.risk_aversion_at(frontier.moments_of(weights)[1])[0])
    best = portfolio_on(frontier, weights, gamma)
    return replace(best, mean=float(weights @ model.mean), risk_aversion=np.nan)


@checked
def equal_risk_contribution(model: ReturnModel, *, risk_budgets: object = None) -> Portfolio:
    """The long-only portfolio in which each asset has the same share of the variance, or its
    budget.

    The minimum of `y'Sy / 2 - sum b ln y`, divided by its sum: strictly convex, so that there is
    one such portfolio; found by Newton's method with damped steps. It has no limits: where one
    binds, shares cannot be equal.

    Args:
        model: Annual expected returns (not used but for `mean`) and covariance of n assets.
        risk_budgets: Share of the variance of each asset, shape (n,) or a Series by id, all above
            0; divided by their sum. Equal when None.

    Returns:
        The portfolio; `kkt_residual` is the largest difference between a share and its budget,
        `risk_aversion` nan.

    Raises:
        InputError: An asset has no risk, long positions hedge each other to none, or budgets are
            not above 0.
        SolverError: The shares could not be brought to their budgets.

    Source: Maillard, Roncalli and Teiletche (2010), The Properties of Equally Weighted Risk
    Contribution Portfolios, section 2; Spinu (2013), An Algorithm for Computing Risk Parity
    Weights, section 3.

    >>> model = ReturnModel(["bonds", "stocks"], [0.02, 0.08], [[0.01, 0.0], [0.0, 0.04]])
    >>> equal_risk_contribution(model).weights.round(4)
    array([0.6667, 0.3333])
    """
    variances = np.diagonal(model.covariance)
    riskless = np.flatnonzero(variances <= NO_RISK * variances.max())
    if riskless.size:
        raise InputError(
            f"{model.assets[riskless[0]]!r} has no risk, so no weight gives it a share of the risk;"
            " leave it out, and mix it in afterwards.",
            field="model",
            value=float(variances[riskless[0]]),
        )
    budgets = _budgets(model, risk_budgets)
    size: FloatArray = np.sqrt(variances)
    exposure = _newton(model.covariance / np.multiply.outer(size, size), budgets)
    weights: FloatArray = exposure / size
    weights = weights / weights.sum()
    marginal = weights * (model.covariance @ weights)
    variance = float(marginal.sum())
    residual = float(np.abs(marginal / variance - budgets).max()) if variance > 0.0 else np.inf
    if not residual <= 1e-9:
        raise SolverError(
            f"A share of the risk misses its budget by {residual:.3g}: long positions nearly hedge"
            " each other to no risk at all. Shrink the covariance, or leave one of them out.",
            solver="newton",
            status="not converged",
        )
    return _portfolio(model, frozen(weights), (), residual)


@checked
def minimum_cvar(
    model: ReturnModel,
    scenarios: Scenarios | Labelled,
    mandate: Mandate | None = None,
    *,
    confidence: OpenShare = 0.95,
) -> Portfolio:
    """The portfolio with the least conditional value at risk over scenarios, within the limits.

    The CVaR is the average loss in the worst `1 - confidence` of the scenarios, over their period.
    Its minimum is a linear program.

    Args:
        model: Annual expected returns and covariance of n assets, for `mean` and `volatility`.
        scenarios: Equally likely returns, shape (T, n): `market.returns`, say. A DataFrame goes by
            the labels of its columns.
        mandate: The limits; long-only when None. A cap on volatility is no linear limit and is
            refused. A least expected return is a `LinearLimit` whose coefficients are the means.
        confidence: Above 0 and below 1.

    Returns:
        The portfolio; `kkt_residual` counts the duality gap of the CVaR, recomputed from the
        multipliers; `risk_aversion` is nan.

    Raises:
        InputError: A cap on volatility, or scenarios of other assets.
        InfeasibleError: The limits contradict each other; they are named.
        SolverError: The linear program came to no end.

    Source: Rockafellar and Uryasev (2000), Optimization of Conditional Value-at-Risk, section 3.
    """
    limits = limits_of(model, mandate)
    if limits.max_volatility is not None:
        raise InputError(
            f"max_volatility {limits.max_volatility:g} is no linear limit, which is all that the"
            " program of the least CVaR can have; leave it off, and hold the CVaR against it.",
            field="max_volatility",
            value=limits.max_volatility,
        )
    table = scenarios if isinstance(scenarios, Scenarios) else Scenarios(scenarios)
    table = table.of(model.assets)
    table.check_width(len(model))
    returns = table.returns
    weights, tilt, prices = least_cvar(returns, limits, confidence)
    cvar = float(conditional_value_at_risk(returns @ weights, confidence))
    gradient = -(tilt @ returns)
    gap = cvar - float(gradient @ weights)
    gap += float(duality_gap(gradient[None], weights[None], limits, prices[None])[0])
    broken = max(abs(float(weights.sum()) - 1.0), float(overstepped(limits, weights[None])[0]))
    costs = gradient - prices[0] - prices[1:] @ limits.rows
    held = held_limits(limits, weights, costs, prices[1:], 1.0, 0.0)
    binding = tuple(Binding(name=name, shadow_price=price) for name, price in held)
    return _portfolio(model, frozen(weights), binding, max(gap / max(1.0, abs(cvar)), broken))


def _newton(correlation: FloatArray, budgets: FloatArray) -> FloatArray:
    """The minimum of `x'Cx / 2 - sum b ln x`, shape (n,)."""
    x: FloatArray = np.sqrt(budgets / max(float(correlation.sum()), 1.0))
    for _ in range(NEWTON_STEPS):
        missing = x * (correlation @ x) - budgets
        if np.abs(missing).max() <= SETTLED * budgets.min() or x.max() > UNBOUNDED:
            break
        curvature = x[:, None] * correlation * x + np.diag(budgets)
        step = np.linalg.solve(curvature, missing)  # as a share of x
        decrement = np.sqrt(max(float(step @ missing), 0.0) / float(budgets.min()))
        x = x - x * step / (1.0 + (np.abs(step).max() if decrement > DAMPED else 0.0))
    return x


def _budgets(model: ReturnModel, risk_budgets: object) -> FloatArray:
    n = len(model)
    if risk_budgets is None:
        return np.full(n, 1.0 / n)
    values = in_order(risk_budgets, model.assets, "risk_budgets")
    budgets = float_array(values, "risk_budgets", shape=(n,))
    if not (budgets > 0.0).all():
        worst = int(budgets.argmin())
        raise InputError(
            f"risk_budgets of {model.assets[worst]!r} is {budgets[worst]:g}; a share of the risk is"
            " above 0. Leave the asset out of the model instead.",
            field="risk_budgets",
            value=float(budgets[worst]),
        )
    return budgets / budgets.sum()


def _portfolio(
    model: ReturnModel, weights: FloatArray, binding: tuple[Binding, ...], residual: float
) -> Portfolio:
    volatility = float(np.sqrt(max(float(weights @ model.covariance @ weights), 0.0)))
    mean = float(weights @ model.mean)
    return Portfolio(model.assets, weights, mean, volatility, "ok", binding, residual, np.nan)
