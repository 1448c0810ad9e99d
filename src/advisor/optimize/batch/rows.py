"""The programs of a batch as arrays: one covariance and one set of rows for all, bounds and kinks
of each client's own.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from advisor.arrays import BoolArray, FloatArray, IntArray
from advisor.contracts.mandate import Mandate
from advisor.data.returns import ReturnModel
from advisor.native.numbers import least_pivot
from advisor.optimize.batch.costs import CostRows, client_rows
from advisor.optimize.limits.limits import SUM_TOLERANCE, Limits, limits_of
from advisor.optimize.limits.parts import Parts, split_bounds

RIDGE = 1e-10
"""Added, relative to each variance, where the covariance is singular (duplicate assets, short
histories): far below what the certificate can see."""
FAR = 1e10
"""Risk tolerance, in units of variance by mean, at which risk no longer counts."""
UNEVEN = 1e4
"""Ratio of two variances above which what one of them needs hides the other."""
WELL_CONDITIONED = 1e-9
"""Smallest eigenvalue of the scaled Hessian above which no ridge is needed."""


@dataclass(frozen=True, eq=False)
class BatchRows:
    """`c` programs: maximise `mean'w - g/2 w'Sw - cost(w)` with `lower <= w <= upper`, `sum w = 1`,
    and the mandate's rows.

    Attributes:
        model: Means and covariance, shared.
        limits: The mandate's limits, shared; its rows and volatility cap hold for everyone.
        count: Clients c.
        lower: Own lower bounds, shape (1 or c, n); never wider than the mandate's.
        upper: Own upper bounds, shape (1 or c, n).
        costs: Annual costs, or None.
    """

    model: ReturnModel
    limits: Limits
    count: int
    lower: FloatArray
    upper: FloatArray
    costs: CostRows | None

    @classmethod
    def of(
        cls,
        model: ReturnModel,
        mandate: Mandate | Limits | None,
        count: int,
        lower: object,
        upper: object,
        costs: CostRows | None,
        faults: dict[int, str] | None = None,
    ) -> BatchRows:
        """The programs of `count` clients; own bounds tighten the mandate's, they never widen them.

        What cannot be used in a client's own row is noted in `faults`, by row; bounds that no
        weight meets then keep the solvers off all rows noted there.

        Raises:
            InputError: Bounds of another shape, or shared ones that are not finite.
            InfeasibleError: The mandate's own bounds leave no portfolio to anybody.
        """
        limits = mandate if isinstance(mandate, Limits) else limits_of(model, mandate)
        low, high = limits.lower[None], limits.upper[None]
        if lower is not None:
            low = np.maximum(low, client_rows(lower, "lower", count, len(model), faults=faults))
        if upper is not None:
            high = np.minimum(high, client_rows(upper, "upper", count, len(model), faults=faults))
        if faults:
            low, high = (
                np.array(np.broadcast_to(edge, (count, len(model)))) for edge in (low, high)
            )
            low[list(faults)], high[list(faults)] = 1.0, 0.0
        return cls(
            model, limits, count, np.ascontiguousarray(low), np.ascontiguousarray(high), costs
        )

    def of_parts(self, parts: Parts) -> BatchRows:
        """The same programs over positive and negative parts of the weights."""
        lower, upper = split_bounds(self.lower, self.upper, parts.limits.both)
        costs = self.costs
        if costs is not None:
            both = parts.limits.both
            buy, sell = (np.hstack([rate, rate[:, both]]) for rate in (costs.buy, costs.sell))
            costs = CostRows(parts.limits.split(costs.hold), buy, sell)
        return BatchRows(parts.model, parts.limits, self.count, lower, upper, costs)

    @cached_property
    def boxed(self) -> BoolArray:
        """Whose bounds alone leave a portfolio, shape (c,)."""
        ordered = (self.lower <= self.upper).all(axis=1)
        enough = np.einsum("cn->c", self.upper) >= 1.0 - SUM_TOLERANCE
        room = np.einsum("cn->c", self.lower) <= 1.0 + SUM_TOLERANCE
        return np.broadcast_to(ordered & enough, (self.count,)) & np.broadcast_to(
            room, (self.count,)
        )

    @cached_property
    def level(self) -> float:
        """Added to every entry of the Hessian: on weights that add up to 1 that changes nothing,
        and it makes a riskless asset harmless. Where variances differ by orders, it is the least of
        them: a larger one would leave of it nothing but rounding.
        """
        variances = np.diag(self.model.covariance)
        risky = variances[variances > 0.0]
        if risky.size and float(risky.max()) > UNEVEN * float(risky.min()):
            return float(risky.min())
        return self.typical

    @cached_property
    def typical(self) -> float:
        """A variance as the assets have it: the average one, or 1 where there is none."""
        return float(np.diag(self.model.covariance).mean()) or 1.0

    @cached_property
    def steepest(self) -> float:
        """Risk tolerance that stands in for infinity: what risk then still costs is below what a
        certificate can see.
        """
        mean = self.model.mean
        spread = max(float(np.ptp(mean)), 1e-3 * float(np.abs(mean).max())) or 1.0
        return FAR * self.typical / spread

    @cached_property
    def hessian(self) -> FloatArray:
        """Positive definite stand-in for the covariance, shape (n, n)."""
        h = self.model.covariance + self.level
        scale = np.sqrt(np.diag(h))
        if (
            least_pivot(h / np.multiply.outer(scale, scale) - WELL_CONDITIONED * np.eye(len(h)))
            == 0.0
        ):
            h = h + np.diag(RIDGE * np.diag(h))
        return np.ascontiguousarray(h)

    @cached_property
    def kinks(self) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Where each weight's cost bends (its lower bound when nowhere), and the slopes below and
        above, each (1 or c, n).
        """
        if self.costs is None:
            none = np.zeros((1, len(self.model)))
            return self.lower, none, none
        hold, buy, sell = self.costs.hold, self.costs.buy, self.costs.sell
        inside = (hold > self.lower) & (hold < self.upper) & (buy + sell > 0.0)
        kink = np.where(inside, hold, self.lower)
        above = np.where(inside | (hold <= self.lower), buy, -sell)
        below = np.where(inside, -sell, above)
        return np.ascontiguousarray(kink), np.ascontiguousarray(below), np.ascontiguousarray(above)

    def take(self, rows: IntArray) -> BatchRows:
        """The clients asked for."""
        block = (
            slice(int(rows[0]), int(rows[-1]) + 1)
            if rows.size and bool((rows[1:] == rows[:-1] + 1).all())
            else rows
        )
        pick = lambda a: a if len(a) == 1 else np.ascontiguousarray(a[block])  # noqa: E731
        costs = (
            None
            if self.costs is None
            else CostRows(pick(self.costs.hold), pick(self.costs.buy), pick(self.costs.sell))
        )
        return BatchRows(
            self.model, self.limits, len(rows), pick(self.lower), pick(self.upper), costs
        )

    def limits_of_row(self, i: int) -> Limits:
        """One client's limits with their names."""
        low, high = self.lower[i % len(self.lower)], self.upper[i % len(self.upper)]
        return replace(self.limits, lower=low, upper=high, ineligible=(low == 0.0) & (high == 0.0))
