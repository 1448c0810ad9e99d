"""The rows that pivoting gave up on, one by one: a point of the row's own exact path, polished by
one more pivot from there.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from advisor.arrays import FloatArray, IntArray
from advisor.data.returns import ReturnModel
from advisor.errors import InfeasibleError, SolverError
from advisor.optimize.batch.pivot import (
    AT_LOWER,
    AT_UPPER,
    BUYING,
    HELD,
    NEAR,
    SELLING,
    PivotState,
    pivot,
)
from advisor.optimize.batch.rows import BatchRows
from advisor.optimize.frontier.corner_path import CornerPath, PathProof
from advisor.optimize.frontier.critical_line import trace_corners
from advisor.optimize.frontier.segments import Segments
from advisor.optimize.limits.infeasible import DeferredInfeasibleError, contradictory
from advisor.optimize.limits.limits import Limits
from advisor.optimize.preferences.preferences import Preferences

SAME = 1e-13
"""A return this close to the reference, as a share of what both are made of, is at it."""


@dataclass(frozen=True, eq=False)
class OwnPath:
    """The exact path of one row: of what its holdings cost to leave, an asset has two parts, what
    is kept of the holding and what is bought beside it, at the same risk and each at its own mean.

    Attributes:
        path: Corners over the parts.
        proof: Of the corners.
        covariance: Of the parts.
        limits: Of the parts.
        parts: Parts an asset, 1 or 2; the second ones come after the first.
        offset: What a mean of the parts lacks of the mean after costs.
    """

    path: CornerPath
    proof: PathProof
    covariance: FloatArray
    limits: Limits
    parts: int
    offset: float

    def at(self, tolerance: float) -> tuple[FloatArray, FloatArray]:
        """Weights (n,) and multipliers of budget and rows (1 + r,) at one risk tolerance."""
        t, w, y = self.path.risk_tolerance, self.path.weights, self.path.multipliers
        corner = max(int(np.searchsorted(t, tolerance, side="right")) - 1, 0)
        if corner + 1 == len(t):
            parts = w[-1]
            price = self.path.last + max(tolerance - t[-1], 0.0) * self.path.slope
        else:
            share = (tolerance - t[corner]) / (t[corner + 1] - t[corner])
            parts = w[corner] + share * (w[corner + 1] - w[corner])
            price = y[corner, 0] + share * (y[corner, 1] - y[corner, 0])
        parts = np.clip(parts, self.limits.lower, self.limits.upper)
        return np.add.reduce(parts.reshape(self.parts, -1), axis=0), price

    def tolerance_of(self, preferences: Preferences) -> float:
        """Risk tolerance at which one loss-averse client stops; who takes no risk at all has minus
        that of a portfolio on the first line away from there.
        """
        proof, t = self.proof, self.path.risk_tolerance
        volatility = np.sqrt(np.maximum(proof.variance, 0.0))
        along = Segments.of(t, self.path.weights, proof.mean, volatility, self.covariance)
        shifted = replace_reference(preferences, self.offset)
        reference = shifted.reference_return
        size = np.abs(preferences.reference_return) + abs(self.offset)
        close = np.abs(reference - along.mean[0]) <= SAME * size
        if along.variance[0] == 0.0 and close[0]:
            shifted = replace_reference(shifted, float(reference[0] - along.mean[0]))
        gamma = float(
            shifted.effective_risk_aversion(
                along.tolerance, along.mean, along.variance, along.slope, along.curve
            )[0]
        )
        if np.isinf(gamma):
            return -float(t[t > 0.0][0]) if t[-1] > 0.0 else -1.0
        return np.inf if gamma == 0.0 else 1.0 / gamma


def replace_reference(preferences: Preferences, offset: float) -> Preferences:
    """The same preferences, the reference lower by `offset`, and no cost of leaving holdings."""
    p = preferences
    return Preferences(
        p.risk_aversion, p.loss_aversion, p.reference_return - offset, p.evaluation_years
    )


def own_path(rows: BatchRows, i: int) -> OwnPath:
    """The exact path of row `i`.

    Raises:
        InfeasibleError: Its limits contradict each other.
        SolverError: No path could be certified.
    """
    model, limits = rows.model, rows.limits_of_row(i)
    if rows.costs is None:
        path, proof = trace_corners(model, limits, judged=True)
        return OwnPath(path, proof, model.covariance, limits, 1, 0.0)
    kink, below, above = (a[i % len(a)] for a in rows.kinks)
    names = tuple(f"{part}{k}" for part in ("kept", "bought") for k in range(len(model)))
    means = np.concatenate([model.mean - below, model.mean - above])
    both = ReturnModel(names, means, np.tile(model.covariance, (2, 2)))
    parts = replace(
        limits,
        assets=names,
        lower=np.concatenate([limits.lower, np.zeros(len(model))]),
        upper=np.concatenate([kink, limits.upper - kink]),
        rows=np.hstack([limits.rows, limits.rows]),
        ineligible=np.tile(limits.ineligible, 2),
        max_volatility=None,
    )
    path, proof = trace_corners(both, parts, judged=True)
    costs = rows.take(np.array([i])).costs or rows.costs
    spent = float(costs.total(kink[None])[0])
    return OwnPath(
        path, proof, both.covariance, parts, 2, float(np.einsum("i,i->", below, kink)) - spent
    )


def solve_rows(
    rows: BatchRows, tolerance: FloatArray, state: PivotState, which: IntArray
) -> IntArray:
    """Solve the rows `which` (k,) at their risk tolerance (c,): by pivoting, and where that gives
    up exactly.

    Returns:
        The rows whose limits contradict each other; their weights in `state` mean nothing.
    """
    done = pivot(rows, tolerance, state, which)
    return np.array(
        [i for i in which[~done].tolist() if not solve_exactly(rows, tolerance, state, i)],
        dtype=np.int64,
    )


def solve_exactly(
    rows: BatchRows,
    tolerance: FloatArray,
    state: PivotState,
    i: int,
    *,
    polish: bool = True,
    preferences: Preferences | None = None,
) -> bool:
    """Solve row `i` and write it to `state`; of loss-averse `preferences` of one client the risk
    tolerance is found first and written to `tolerance`, see `OwnPath.tolerance_of`.

    Returns:
        False when the limits of the row contradict each other. What is found is turned into an
        active set and solved again from there (`polish`), which gives every row the same last step;
        where that does not converge the weights and multipliers found stay, and where nothing is
        found what was there
        stays: the certificate judges.
    """
    state.exact[i] = True
    try:
        own = own_path(rows, i)
    except DeferredInfeasibleError:
        return False
    except InfeasibleError:
        return not contradictory(rows.limits_of_row(i))
    except SolverError:
        return True
    if preferences is not None:
        tolerance[i] = own.tolerance_of(preferences)
    weights, price = own.at(min(max(float(tolerance[i]), 0.0), rows.steepest))
    price[0] += rows.level
    sides, row_sides = _sides(rows, weights, i)
    state.side[i], state.row_side[i] = sides, row_sides
    if not polish or tolerance[i] < 0.0 or not pivot(rows, tolerance, state, np.array([i]))[0]:
        state.weights[i], state.price[i], state.side[i], state.row_side[i] = (
            weights,
            price,
            sides,
            row_sides,
        )
    return True


def _sides(rows: BatchRows, weights: FloatArray, i: int) -> tuple[FloatArray, FloatArray]:
    """Where each weight and row of one solution stands, as the pivoting codes it."""
    low, high = rows.lower[i % len(rows.lower)], rows.upper[i % len(rows.upper)]
    kinks, _, _ = rows.kinks
    kink = kinks[i % len(kinks)]
    side = np.where(weights < kink, SELLING, BUYING)
    side = np.where((np.abs(weights - kink) <= NEAR) & (kink > low), HELD, side)
    side = np.where(weights >= high - NEAR, AT_UPPER, side)
    side = np.where((weights <= low + NEAR) | (low >= high), AT_LOWER, side)
    limits = rows.limits
    value = np.einsum("ri,i->r", limits.rows, weights)
    row_side = np.where(
        value <= limits.row_lower + NEAR, -1, np.where(value >= limits.row_upper - NEAR, 1, 0)
    )
    return side, np.where(limits.row_lower == limits.row_upper, 2, row_side)
