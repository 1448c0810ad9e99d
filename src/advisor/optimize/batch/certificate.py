"""Proof, row by row, that the weights of a batch are optimal; it trusts no solver, only the
multipliers' signs it checks itself.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from advisor.arrays import FloatArray, IntArray
from advisor.optimize.batch.costs import CostRows
from advisor.optimize.batch.rows import BatchRows
from advisor.optimize.limits.certificate import objective_scale


@dataclass(frozen=True, eq=False)
class Rates:
    """The objective `reward (mean'w - cost(w)) - risk/2 w'Sw` of each row, and what it is optimal
    at.

    Attributes:
        reward: Factor of the mean after costs, shape (c,).
        risk: Factor of half the variance, shape (c,).
        unit: Of multipliers that are in units of `w'Sw/2 - t mean'w`, shape (c,).
    """

    reward: FloatArray
    risk: FloatArray
    unit: FloatArray

    @classmethod
    def of(cls, risk_aversion: FloatArray, steepest: float) -> Rates:
        """Of plain risk aversions, shape (c,); inf = least variance. Who would go beyond the
        `steepest` risk tolerance was solved there.
        """
        risk, reward = objective_scale(risk_aversion)
        with np.errstate(divide="ignore"):
            beyond = np.maximum(1.0 / risk_aversion / steepest, 1.0)
        least = np.maximum(risk_aversion, 1.0 / steepest)
        return cls(reward, risk, np.where(risk_aversion > 1.0, beyond, least))

    def put(self, which: IntArray, reward: FloatArray, risk: FloatArray, unit: FloatArray) -> None:
        """Write those of the rows `which`, in place."""
        self.reward[which], self.risk[which], self.unit[which] = reward, risk, unit


def row_residuals(
    rows: BatchRows, weights: FloatArray, marginal: FloatArray, rates: Rates, price: FloatArray
) -> FloatArray:
    """KKT residual of each row.

    Args:
        rows: The programs.
        weights: Shape (c, n).
        marginal: `weights @ covariance`, shape (c, n).
        rates: The objective. Of a loss-averse row its rates at these weights: that objective is
            concave, so no portfolio is better than its gradient says.
        price: Multipliers of budget and rows in units of `w'Sw/2 - t mean'w`, as the pivoting
            leaves them, shape (c, 1 + r).

    Returns:
        The largest of `|sum w - 1|`, violations of bounds and rows, and the duality gap over
        `max(1, |objective|)`, shape (c,). Any multipliers give a valid bound on what is lost (weak
        duality; the inner minimum over a box with kinks is separable, so it is taken exactly at an
        edge or kink), so a small residual is a proof.
    """
    risk, reward, unit = rates.risk, rates.reward, rates.unit
    multipliers = price * unit[:, None]
    multipliers[:, 0] -= rows.level * unit
    limits = rows.limits
    eta = np.where(
        np.isinf(limits.row_lower), np.minimum(multipliers[:, 1:], 0.0), multipliers[:, 1:]
    )
    eta = np.where(np.isinf(limits.row_upper), np.maximum(eta, 0.0), eta)
    gradient = risk[:, None] * marginal
    gradient -= reward[:, None] * rows.model.mean
    objective = 0.5 * risk * np.einsum("cn,cn->c", marginal, weights) - reward * np.einsum(
        "cn,n->c", weights, rows.model.mean
    )
    gradient -= multipliers[:, :1]
    worst = np.zeros(len(weights))
    gap = np.zeros(len(weights))
    if limits.row_names:
        gradient -= np.einsum("cr,rn->cn", eta, limits.rows)
        value = np.einsum("cn,rn->cr", weights, limits.rows)
        edge = np.where(eta > 0.0, limits.row_lower, np.where(eta < 0.0, limits.row_upper, 0.0))
        gap += np.einsum("cr->c", np.where(eta == 0.0, 0.0, eta * (value - edge)))
        worst = np.maximum(limits.row_lower - value, value - limits.row_upper).max(axis=1)
    below, above = weights - rows.lower, rows.upper - weights
    worst = np.maximum(
        worst,
        np.maximum(
            -np.minimum(below.min(axis=1), above.min(axis=1)),
            np.abs(np.einsum("cn->c", weights) - 1.0),
        ),
    )
    if rows.costs is None:
        gap += np.einsum("cn->c", np.maximum(gradient * below, -gradient * above))
    else:
        gap += np.einsum(
            "cn->c", bent_gap(rows.costs, (rows.lower, rows.upper), weights, gradient, reward)
        )
        objective = objective + reward * rows.costs.total(weights)
    return np.maximum(np.maximum(worst, 0.0), gap / np.maximum(1.0, np.abs(objective)))


def bent_gap(
    costs: CostRows,
    edges: tuple[FloatArray, FloatArray],
    weights: FloatArray,
    gradient: FloatArray,
    reward: FloatArray,
) -> FloatArray:
    """What each weight could gain by moving to its best edge or kink, shape (c, n): a convex
    function bends only there.

    Args:
        costs: Annual, of c clients.
        edges: Lower and upper bounds, shape (n,), (1, n) or (c, n).
        weights: Shape (c, n).
        gradient: Of what is minimised, without costs, shape (c, n).
        reward: Factor of costs in it, shape (c,).
    """
    hold, buy, sell = costs.hold, reward[:, None] * costs.buy, reward[:, None] * costs.sell
    change = weights - hold
    now = gradient * change + np.where(change > 0.0, buy, -sell) * change
    best = np.full_like(weights, np.inf)
    for place in (*edges, np.clip(hold, *edges)):
        edge = place - hold
        best = np.minimum(best, edge * (gradient + np.where(edge > 0.0, buy, -sell)))
    return now - best
