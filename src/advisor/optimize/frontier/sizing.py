"""How far along a frontier a client may stand: composed by the frontier, sized by a forecast and a
loss.

A limit that only says how much risk there may be must not choose what the risk is made of: added to
the optimisation as a row, a ceiling on the sum of the assets' own losses makes it concentrate,
because one asset alone has more volatility, and so more mean, for each unit of loss than many that
move apart.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from advisor.arrays import FloatArray
from advisor.optimize.frontier.frontier import Frontier
from advisor.optimize.frontier.segments import Segments


@dataclass(frozen=True, eq=False)
class ForecastPath:
    """Forecast variance along a frontier: on each segment `variance + 2 slope x + curve x^2`.

    Unlike the variance that shaped the frontier it may fall in places.

    Attributes:
        segments: Of the frontier.
        variance: At each corner, shape (m,).
        slope: Half its derivative by the share of the way, at each corner, shape (m,).
        curve: Forecast variance of the step to the next corner, shape (m,).
    """

    segments: Segments
    variance: FloatArray
    slope: FloatArray
    curve: FloatArray

    @classmethod
    def of(cls, frontier: Frontier) -> ForecastPath:
        """By the forecast of the frontier's own model, or its covariance where it has none."""
        s, risk = frontier.segments, frontier.model.risk
        seen, stepped = (np.einsum("mj,ji->mi", rows, risk) for rows in (s.weights, s.step))
        pairs = ((seen, s.weights), (seen, s.step), (stepped, s.step))
        variance, slope, curve = (np.einsum("mi,mi->m", left, right) for left, right in pairs)
        return cls(s, np.maximum(variance, 0.0), slope, np.maximum(curve, 0.0))

    @property
    def least(self) -> float:
        """Forecast volatility of the portfolio of least risk."""
        return float(np.sqrt(self.variance[0]))

    @property
    def most(self) -> float:
        """Highest forecast volatility of a corner."""
        return float(np.sqrt(self.variance.max()))

    def volatility_at(self, gamma: FloatArray) -> FloatArray:
        """Forecast annual volatility of the optimum at each risk aversion, shape (c,);
        elementwise.
        """
        with np.errstate(divide="ignore", over="ignore"):
            corner, share = self.segments.at_tolerance(1.0 / gamma)
        variance = self.variance[corner] + share * (
            2.0 * self.slope[corner] + share * self.curve[corner]
        )
        return np.sqrt(np.maximum(variance, 0.0))

    def risk_aversion_at(self, aim: float) -> float:
        """The least risk aversion from which on no optimum has a forecast volatility above `aim`.

        Inf where even the least risky portfolio is at or above it; where none is, that of the
        riskiest.
        """
        tolerance = self._tolerance_at(aim)
        return 1.0 / tolerance if tolerance > 0.0 else np.inf

    def place_at(self, aim: float) -> FloatArray:
        """Weights there, shape (n,)."""
        tolerance = np.array([self._tolerance_at(aim)])
        return self.segments.portfolios(*self.segments.at_tolerance(tolerance))[0]

    def _tolerance_at(self, aim: float) -> float:
        missing = aim * aim - self.variance
        with np.errstate(divide="ignore", invalid="ignore"):
            root = self.slope + np.sqrt(self.slope**2 + self.curve * np.maximum(missing, 0.0))
            share = np.where(missing < 0.0, 0.0, np.where(root > 0.0, missing / root, np.inf))
        return _first(self.segments, share)


def tolerance_within(frontier: Frontier, loss: float) -> float:
    """The largest risk tolerance up to which no optimum of a frontier loses more in stress than
    `loss`.

    Negative infinity where even the least risky portfolio loses more.
    """
    s, stress = frontier.segments, frontier.model.stress
    missing, rise = (np.einsum("mi,i->m", rows, stress) for rows in (s.weights, s.step))
    missing = loss - missing
    if missing[0] < 0.0:
        return -np.inf
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.where(missing < 0.0, 0.0, np.where(rise > 0.0, missing / rise, np.inf))
    return _first(s, share)


def _first(segments: Segments, share: FloatArray) -> float:
    """Tolerance at the first segment of which only a share below 1 is allowed; the last one where
    there is none.
    """
    over = np.flatnonzero(share < 1.0)
    if not len(over):
        return float(segments.tolerance[-1])
    first = int(over[0])
    if segments.width[first] > 0.0:
        return float(segments.tolerance[first] + share[first] * segments.width[first])
    return float(np.nextafter(segments.tolerance[first], 0.0))
