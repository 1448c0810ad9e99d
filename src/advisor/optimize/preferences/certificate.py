"""Proof that a portfolio of a frontier is the best one of a loss-averse client.

The objective `m - g/2 s^2 - (l - 1) E[(b - r)+]` is concave in the weights, so that its gradient at
the weights, `(1 + k Phi(d)) mean - (g + k phi(d) / (s sqrt(T))) S w`, bounds what any portfolio
within the limits, on the frontier or off it, could add: the duality gap is taken of that gradient.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from advisor.arrays import FloatArray
from advisor.data.returns import ReturnModel
from advisor.optimize.frontier.frontier import Frontier
from advisor.optimize.limits.binding import held_limits
from advisor.optimize.limits.certificate import Certificate, certificate_of, reduced_costs, terms_at
from advisor.optimize.limits.limits import Limits
from advisor.optimize.preferences.preferences import Preferences, rates


@dataclass(frozen=True)
class Objective:
    """`reward mean'w - own/2 w'Sw`, and `risk`, which is `own` with the share of the cap on
    volatility; all multiplied by `scale` already.
    """

    reward: float
    risk: float
    own: float
    scale: float


def certify_objective(
    model: ReturnModel,
    limits: Limits,
    weights: FloatArray,
    objective: Objective,
    multipliers: FloatArray,
    direction: FloatArray,
) -> Certificate:
    """The certificate of one row of weights, shape (n,), for an objective whose gradient there is
    that of `objective`.

    Args:
        model: Means and covariance of n assets.
        limits: Their limits.
        weights: Shape (n,).
        objective: Rates at which mean and half the variance count.
        multipliers: Of budget and rows in its units, shape (1 + r,).
        direction: The weights whose marginal variances `S v` are taken, shape (n,): `weights`, or
            where these have no risk others.
    """
    o, marginal = objective, np.einsum("ij,j->i", model.covariance, direction)
    terms = terms_at(
        model,
        limits,
        weights[None],
        marginal[None],
        [np.array([x]) for x in (o.reward, o.risk, o.own)],
        multipliers[None],
    )
    costs = reduced_costs(model, limits, (o.reward, o.risk), multipliers, marginal)
    cap_price = (o.risk - o.own) / o.scale * (limits.max_volatility or 0.0)
    return certificate_of(
        terms, held_limits(limits, weights, costs, multipliers[1:], 1.0 / o.scale, cap_price)
    )


def certify_preferences(
    frontier: Frontier, weights: FloatArray, preferences: Preferences, risk_aversion: float
) -> Certificate:
    """Residual and binding limits of the weights of one client, in units of their own objective.

    Args:
        frontier: Whose multipliers are taken; any give a valid, if larger, residual.
        weights: Fractions of wealth, shape (n,).
        preferences: Of one client, with a finite risk aversion.
        risk_aversion: The effective one claimed; inf where the client takes no risk at all.
    """
    if np.isinf(risk_aversion):
        return _idle(frontier, weights, preferences)
    own, least = float(preferences.risk_aversion[0]), frontier.least_risk_aversion
    reward, risk = _rates(frontier, weights, preferences)
    held = max(risk_aversion, least)
    if np.isinf(held):  # a cap that leaves the least risky portfolio alone
        return frontier.certify(weights, own)
    raised = max(reward * least - risk, 0.0)
    scale = 1.0 / max(own + raised, 1.0)
    objective = Objective(reward * scale, (risk + raised) * scale, risk * scale, scale)
    multipliers = frontier.multipliers_at(held) * (reward * scale * max(held, 1.0))
    model, limits, variables = frontier.program(weights)
    return certify_objective(model, limits, variables, objective, multipliers, variables)


def _idle(frontier: Frontier, weights: FloatArray, preferences: Preferences) -> Certificate:
    """Of who takes no risk: there the objective has a kink, and falls with volatility by up to
    `k phi(d) / sqrt(T)`, for any d, where it gains `1 + k Phi(d)` by the mean. The bound is taken
    in the direction of the first portfolio with risk, at which risk must cost more than it earns.
    """
    t, w = frontier.risk_tolerance, frontier.weights
    risky = np.flatnonzero(frontier.volatility > frontier.volatility[0])
    if not risky.size:
        return frontier.certify(weights, np.inf)
    there = w[risky[0]]
    reward, risk = _rates(frontier, there, preferences)
    own, gamma = float(preferences.risk_aversion[0]), 1.0 / float(t[risky[0]])
    risk, scale = min(risk - own, reward * gamma), 1.0 / max(own, 1.0)
    multipliers = frontier.multipliers_at(gamma) * (reward * scale * max(gamma, 1.0))
    objective = Objective(reward * scale, risk * scale, risk * scale, scale)
    model, limits, variables = frontier.program(weights)
    direction = frontier.program(there)[2]
    return certify_objective(model, limits, variables, objective, multipliers, direction)


def _rates(
    frontier: Frontier, weights: FloatArray, preferences: Preferences
) -> tuple[float, float]:
    """`preferences.rates` at the moments of weights, shape (n,)."""
    model, _, weights = frontier.program(weights)
    p = preferences
    mean = np.einsum("i,i->", weights, model.mean)[None]
    variance = np.einsum("i,ij,j->", weights, model.covariance, weights)[None]
    volatility = np.sqrt(np.maximum(variance, 0.0))
    shared = (p.reference_return, p.evaluation_years)
    reward, risk = rates(p.risk_aversion, p.loss_aversion, mean, volatility, *shared)
    return float(reward[0]), min(float(risk[0]), 1e200)
