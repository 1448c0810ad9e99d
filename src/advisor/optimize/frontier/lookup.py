"""A frontier laid out for one pass over many clients: weights, moments and proof of each, row by
row in a fixed order.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from advisor.arrays import FloatArray, frozen
from advisor.errors import InputError
from advisor.optimize.frontier.frontier import Frontier
from advisor.optimize.limits.binding import binding_limits
from advisor.optimize.limits.limits import Limits
from advisor.optimize.preferences.corrections import BiasPolicy

MEASURED = ("loss_aversion", "loss_aversion_se", "disposition", "disposition_se", "overconfidence")
"""Columns of the evidence, in the order in which the kernel reads them."""


@dataclass(frozen=True, eq=False)
class FrontierPoints:
    """Where c clients stand on a frontier.

    Attributes:
        weights: Fractions of wealth, shape (c, n).
        mean: Expected annual return, shape (c,).
        volatility: Annual, shape (c,).
        kkt_residual: Recomputed from model and limits, shape (c,); see `certificate`.
    """

    weights: FloatArray
    mean: FloatArray
    volatility: FloatArray
    kkt_residual: FloatArray


@dataclass(frozen=True, eq=False)
class FrontierLookup:
    """Finds places on one frontier.

    Attributes:
        limits: Those of the frontier.
        scalars: Least risk aversion, volatility cap (inf = none).
        arrays: What the kernel reads, in its order.
    """

    limits: Limits
    scalars: tuple[float, float]
    arrays: tuple[FloatArray, ...]

    @classmethod
    def of(cls, frontier: Frontier) -> FrontierLookup:
        """For the clients of one frontier.

        Raises:
            InputError: The mandate caps gross exposure, or short positions cost something.
        """
        if frontier.parts is not None:
            raise InputError(
                "max_gross and short_costs cannot be held in a lookup of many clients; leave them"
                " off, or call optimal_portfolios.",
                field="max_gross",
                value=frontier.limits.max_gross,
            )
        s, path, limits = frontier.segments, frontier.path, frontier.limits
        arrays = (
            s.tolerance,
            np.stack([s.mean, s.rise, s.variance, s.slope, s.curve]),
            s.weights,
            s.step,
            path.multipliers,
            path.last,
            path.slope,
            frontier.model.covariance,
            frontier.model.mean,
            np.stack([limits.lower, limits.upper]),
            limits.rows,
            np.stack([limits.row_lower, limits.row_upper]),
        )
        cap = np.inf if limits.max_volatility is None else limits.max_volatility
        laid_out = tuple(frozen(np.array(a, dtype=np.float64, order="C")) for a in arrays)
        return cls(limits, (float(frontier.least_risk_aversion), float(cap)), laid_out)

    def place(self, gamma: FloatArray) -> FrontierPoints:
        """The optimum at each risk aversion.

        Args:
            gamma: Risk aversion, shape (c,), 0 to inf.

        Returns:
            What `Frontier.at_risk_aversion`, `moments_at` and `kkt_residuals` give, to rounding. A
            row's bits depend on nothing but its own risk aversion.

        Raises:
            InputError: A risk aversion is negative or nan.
        """
        import advisor.optimize.kernels as kernels

        if not (gamma >= 0.0).all():
            bad = float(gamma[~(gamma >= 0.0)][0])
            raise InputError(
                f"gamma has the value {bad}; a risk aversion runs from 0 to inf.",
                field="gamma",
                value=bad,
            )
        weights = np.empty((gamma.size, self.arrays[2].shape[1]))
        figures = np.empty((gamma.size, 3))
        run: Any = kernels.place_rows
        run(np.array(gamma), *self.scalars, *self.arrays, weights, figures)
        return FrontierPoints(weights, figures[:, 0], figures[:, 1], figures[:, 2])

    def corrected(
        self,
        gamma: FloatArray,
        measured: FloatArray,
        evaluation_years: FloatArray,
        policy: BiasPolicy,
    ) -> FloatArray:
        """Risk aversion after the behavioural correction, and the factor that each bias alone would
        put on it.

        Args:
            gamma: Rational risk aversion, shape (c,), 0 to inf.
            measured: Columns of `BiasEvidence` in the order of `MEASURED`, nan = unknown, shape (5,
                c).
            evaluation_years: How often each looks at the result, shape (c,).
            policy: The advisor's rules.

        Returns:
            Shape (c, 4): effective risk aversion, and the factors of loss aversion, disposition and
            overconfidence. What `combine_corrections` gives for the optimum of the behavioural
            preferences on this frontier, in one pass.
        """
        import advisor.optimize.kernels as kernels

        rules, corrections = np.array(policy.values), np.empty((gamma.size, 4))
        run: Any = kernels.correct_rows
        run(
            np.array(gamma),
            np.array(measured, order="C"),
            np.array(evaluation_years),
            np.zeros(gamma.size),
            rules,
            *self.arrays[:2],
            corrections,
        )
        return corrections

    def binding(self, gamma: float) -> list[tuple[str, float]]:
        """Limits that hold the optimum at one risk aversion back and their prices, dearest first,
        as `Frontier.certify` names them.
        """
        import advisor.optimize.kernels as kernels

        n = self.arrays[2].shape[1]
        weights, costs, prices, figures = (
            np.empty(n),
            np.empty(n),
            np.empty(1 + len(self.limits.row_names)),
            np.empty(3),
        )
        run: Any = kernels.place_one
        run(gamma, *self.scalars, *self.arrays, weights, costs, prices, figures)
        return binding_limits(
            self.limits, weights, costs, prices[1:], gamma, max(gamma, self.scalars[0])
        )
