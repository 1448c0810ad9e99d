"""The arithmetic of a place on a frontier: a corner, and a share of the way to the next one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from advisor.arrays import FloatArray, IntArray, frozen, numbers
from advisor.errors import InputError

NO_RISK = 6e-8
"""Volatility, as a share of the holdings' own, that is the rounding of a variance: 16 ulps."""
RISKLESS = 1e-12
"""A volatility below this is zero."""
BLOCK = 4096
"""Clients looked up at a time: a block of weights stays in the cache. Rows do not depend on it."""


@dataclass(frozen=True, eq=False)
class Segments:
    """Corners, each with the step to the next one; the last one's step is 0. On a segment weights,
    mean and risk tolerance are linear in the share x of the way, and variance is `variance + 2
    slope x + curve x^2`.

    Args:
        tolerance: Risk tolerance of each corner, shape (m,), not descending.
        width: To the next corner's tolerance, shape (m,).
        weights: Shape (m, n).
        step: To the next corner's weights, shape (m, n).
        mean: Shape (m,), not descending.
        rise: To the next corner's mean, shape (m,).
        volatility: Shape (m,), not descending.
        variance: Its square, shape (m,).
        slope: Half the derivative of variance by x at each corner, shape (m,).
        curve: Variance of the step, shape (m,).
    """

    tolerance: FloatArray
    width: FloatArray
    weights: FloatArray
    step: FloatArray
    mean: FloatArray
    rise: FloatArray
    volatility: FloatArray
    variance: FloatArray
    slope: FloatArray
    curve: FloatArray

    @classmethod
    def of(
        cls,
        tolerance: FloatArray,
        weights: FloatArray,
        mean: FloatArray,
        volatility: FloatArray,
        covariance: FloatArray,
    ) -> Segments:
        """From corners in ascending order; rounding that makes a mean or volatility descend by an
        ulp is evened out, and a variance that is nothing but rounding is 0.
        """
        made = np.einsum("mi,i->m", np.abs(weights), np.sqrt(np.diagonal(covariance)))
        volatility = np.where(volatility <= NO_RISK * made, 0.0, volatility)
        step = np.vstack([np.diff(weights, axis=0), np.zeros((1, weights.shape[1]))])
        mean, volatility = np.maximum.accumulate(mean), np.maximum.accumulate(volatility)
        slope = np.maximum(
            np.einsum("mi,mi->m", np.einsum("mj,ji->mi", weights, covariance), step), 0.0
        )
        curve = np.maximum(
            np.einsum("mi,mi->m", np.einsum("mj,ji->mi", step, covariance), step), 0.0
        )
        width, rise = np.append(np.diff(tolerance), 0.0), np.append(np.diff(mean), 0.0)
        return cls(
            *(
                frozen(a)
                for a in (
                    tolerance,
                    width,
                    weights,
                    step,
                    mean,
                    rise,
                    volatility,
                    volatility**2,
                    slope,
                    curve,
                )
            )
        )

    def at_tolerance(self, tolerance: FloatArray) -> tuple[IntArray, FloatArray]:
        """Place of each risk tolerance, clipped to the last corner: corner and share, each shape
        (c,).
        """
        corner = last_at_most(self.tolerance, tolerance)
        return corner, _share(
            np.minimum(tolerance, self.tolerance[-1]) - self.tolerance[corner], self.width[corner]
        )

    def at_mean(self, target: FloatArray) -> tuple[IntArray, FloatArray]:
        """Place of each expected return, clipped to both ends."""
        corner = last_at_most(self.mean, target)
        return corner, _share(
            np.clip(target, self.mean[0], self.mean[-1]) - self.mean[corner], self.rise[corner]
        )

    def at_volatility(self, target: FloatArray) -> tuple[IntArray, FloatArray]:
        """Place of each volatility, clipped to both ends: the stable root of the quadratic."""
        corner = last_at_most(self.volatility, target)
        p, q = self.slope[corner], self.curve[corner]
        clipped = np.minimum(target, self.volatility[-1])
        missing = np.maximum(
            (clipped - self.volatility[corner]) * (clipped + self.volatility[corner]), 0.0
        )
        return corner, _share(missing, p + np.sqrt(p * p + q * missing))

    def at_highest_sharpe(self, risk_free: float) -> tuple[IntArray, FloatArray]:
        """Place of the highest `(mean - risk_free) / volatility`, shape (1,): on each segment it
        peaks where `risk tolerance * (mean - risk_free) = variance`, which is linear in the place.
        """
        count, excess = len(self.tolerance), self.mean - risk_free
        with np.errstate(divide="ignore", invalid="ignore"):
            peak = (self.variance - self.tolerance * excess) / (
                self.width * excess - self.tolerance * self.rise
            )
        corner = np.tile(np.arange(count), 2)
        inner = np.clip(np.nan_to_num(peak, nan=0.0, posinf=0.0, neginf=0.0), 0.0, 1.0)
        share = np.concatenate([np.zeros(count), inner])
        mean, volatility = self.moments(corner, share)
        with np.errstate(divide="ignore", invalid="ignore"):
            ratio = (mean - risk_free) / np.where(volatility < RISKLESS, 0.0, volatility)
        sharpe = np.where(mean > risk_free, ratio, -np.inf)
        best = np.flatnonzero(sharpe >= sharpe.max() * (1.0 - 1e-12))
        winner = best[[np.argmax(mean[best])]]
        return corner[winner], share[winner]

    def portfolios(self, corner: IntArray, share: FloatArray) -> FloatArray:
        """Weights of places, shape (c, n). Elementwise, so a row has the same bits in any
        company.
        """
        weights = np.empty((corner.size, self.weights.shape[1]))
        for start in range(0, corner.size, BLOCK):
            block = slice(start, start + BLOCK)
            rows = weights[block]
            np.take(self.step, corner[block], axis=0, out=rows, mode="clip")
            rows *= share[block, None]
            rows += self.weights[corner[block]]
        return weights

    def moments(self, corner: IntArray, share: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Mean and volatility of places, in their shape."""
        variance = self.variance[corner] + share * (
            2.0 * self.slope[corner] + share * self.curve[corner]
        )
        return self.mean[corner] + share * self.rise[corner], np.sqrt(variance)


def last_at_most(corners: FloatArray, values: FloatArray) -> IntArray:
    """Index of the last corner not above each value, 0 where all are."""
    return np.maximum(np.searchsorted(corners, values, side="right") - 1, 0)


def _share(part: FloatArray, whole: FloatArray) -> FloatArray:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.clip(np.nan_to_num(part / whole), 0.0, 1.0)


def rows_of(value: FloatArray | float, name: str, *, lower: float, infinite: bool) -> FloatArray:
    """`value` as rows, shape (c,). Raises `InputError` where one is below `lower`, nan, or infinite
    and may not be.
    """
    rows = np.atleast_1d(numbers(value, name))
    bad = ~(rows >= lower) | (np.isinf(rows) & (not infinite))
    if rows.ndim != 1 or bad.any():
        shown = rows.shape if rows.ndim != 1 else float(rows[bad][0])
        raise InputError(
            f"{name} has {'shape' if rows.ndim != 1 else 'the value'} {shown}; give one number, or"
            f" one a client, {f'{lower:g} or more' if lower > -np.inf else 'none of them nan'}.",
            field=name,
            value=shown,
        )
    return rows
