"""Loss aversion over scenarios for many clients: from the frontier's portfolio, which is optimal
for normal returns, a short exact walk to each client's own.

At the start a linear force holds the client where the frontier puts them; it fades, and they move
along straight pieces whose ends are where a weight or limit becomes active or free, or a scenario
comes to its reference return or leaves it. What the walk does not bring to its end, or what its
dual does not prove, is left to the interior point.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from advisor.arrays import BoolArray, FloatArray, IntArray
from advisor.optimize.frontier.frontier import Frontier
from advisor.optimize.limits.limits import Limits
from advisor.optimize.preferences.preferences import Preferences

NEAR = 1e-12
"""A weight this close to a bound is on it; a multiplier this small, relative to the variances, is
none."""
BLOCK = 4_096
"""Clients walked at a time, so that their scenarios stay in memory."""


@dataclass(frozen=True, eq=False)
class Walked:
    """Where clients ended.

    Attributes:
        weights: Shape (c, n).
        tilt: By how much a loss counts extra in each scenario, between 0 and kappa / T, shape (c,
            T).
        prices: Of budget and rows, in units of the client's objective, shape (c, 1 + r).
        done: Who came to an end, shape (c,).
    """

    weights: FloatArray
    tilt: FloatArray
    prices: FloatArray
    done: BoolArray


def walk_over_scenarios(
    frontier: Frontier, returns: FloatArray, years: float, preferences: Preferences
) -> Walked:
    """Walk clients of finite, positive risk aversion to their optimum over scenarios.

    Args:
        frontier: Of the limits they share.
        returns: Scenarios, shape (T, n).
        years: Length of a scenario.
        preferences: Of c clients.
    """
    import advisor.optimize.kernels as untyped

    kernels: Any = untyped
    model, limits, p = frontier.model, frontier.limits, preferences
    tau, t = 1.0 / p.risk_aversion, len(returns)
    normal = Preferences(p.risk_aversion, p.loss_aversion, p.reference_return, years)
    with np.errstate(divide="ignore"):
        start = 1.0 / frontier.effective_risk_aversion(normal)
    corner, share = frontier.segments.at_tolerance(start)
    weights, prices = (
        frontier.segments.portfolios(corner, share),
        _prices(frontier, corner, share, start),
    )
    pull = (
        weights @ model.covariance
        - np.multiply.outer(start, model.mean)
        - prices[:, :1]
        - prices[:, 1:] @ limits.rows
    )
    side, row_side = _sides(limits, weights, prices, float(np.diag(model.covariance).max()))
    pull = np.where(side == 0, 0.0, -side * np.maximum(-side * pull, 0.0))
    most = tau * (p.loss_aversion - 1.0) / (t * years)
    over = weights @ returns.T - (p.reference_return * years)[:, None]
    zone = np.where(over < 0.0, -1, 1)
    scenario = np.where(zone < 0, most[:, None], 0.0)
    away = np.multiply.outer(tau - start, model.mean) + scenario @ returns
    done = np.zeros(len(tau), dtype=np.bool_)
    edges = (limits.row_lower, limits.row_upper, limits.lower, limits.upper)
    shared = (model.covariance, returns, limits.rows, *edges)
    kernels.walk_scenarios(
        *shared, away, most, weights, side, row_side, prices, zone, scenario, over, pull, done
    )
    gamma = p.risk_aversion[:, None]
    tilt = np.clip(scenario * years * gamma, 0.0, ((p.loss_aversion - 1.0) / t)[:, None])
    return Walked(
        np.clip(weights, limits.lower, limits.upper),
        tilt,
        prices * gamma,
        done & np.isfinite(weights).all(axis=1),
    )


def _sides(
    limits: Limits, weights: FloatArray, prices: FloatArray, variance: float
) -> tuple[IntArray, IntArray]:
    """Where weights (c, n) and rows (c, r) stand: -1 lower edge, 1 upper edge, 0 neither, 2 an
    equality; a row is at an edge where it has a price.
    """
    below, above = weights <= limits.lower + NEAR, weights >= limits.upper - NEAR
    side = np.where(below, -1, np.where(above, 1, 0))
    small = NEAR * variance
    row_side = np.where(prices[:, 1:] > small, -1, np.where(prices[:, 1:] < -small, 1, 0))
    row_side[:, limits.row_lower == limits.row_upper] = 2
    return side, row_side


def least_risky(
    frontier: Frontier,
    returns: FloatArray,
    years: float,  # noqa: ARG001 - called as the walk is
    preferences: Preferences,
) -> Walked:
    """Clients of infinite risk aversion, who need no walk: losses do not count beside risk. Prices
    are in units of half the variance.
    """
    c, nothing = len(preferences), np.zeros(len(preferences), dtype=np.int64)
    prices = _prices(frontier, nothing, np.zeros(c), np.zeros(c))
    return Walked(
        np.repeat(frontier.weights[:1], c, axis=0),
        np.zeros((c, len(returns))),
        prices,
        np.ones(c, dtype=np.bool_),
    )


def _prices(
    frontier: Frontier, corner: IntArray, share: FloatArray, tolerance: FloatArray
) -> FloatArray:
    """Multipliers of budget and rows at places of the frontier, in units of variance, shape (c, 1 +
    r).
    """
    path = frontier.path
    beyond = path.last + np.maximum(tolerance - path.risk_tolerance[-1], 0.0)[:, None] * path.slope
    y = path.multipliers
    if not len(y):
        return beyond
    segment = np.minimum(corner, len(y) - 1)
    inside = y[segment, 0] + share[:, None] * (y[segment, 1] - y[segment, 0])
    return np.where((corner < len(y))[:, None], inside, beyond)
