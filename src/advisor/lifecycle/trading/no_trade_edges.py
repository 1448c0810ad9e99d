"""Edges of the no-trade region of one risky asset beside a safe one: exact, and from a grid of
exact ones. Only + - * / and square roots, so that the bits are the same on every processor.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from advisor.arrays import FloatArray, IntArray

_NODES = (0.1834346424956498, 0.5255324099163290, 0.7966664774136267, 0.9602898564975363)
_WEIGHTS = (0.3626837833783620, 0.3137066458778873, 0.2223810344533745, 0.1012285362903763)
"""Of the Gauss-Legendre rule of eight points on (-1, 1), its positive half.

Source: Abramowitz & Stegun, table 25.4.
"""
_POINTS: FloatArray = np.array([*(-node for node in reversed(_NODES)), *_NODES])
_MASSES: FloatArray = np.array([*reversed(_WEIGHTS), *_WEIGHTS])
_PANELS = 8
_STEPS = 100
"""Of Newton's method at most; where a step leaves the bracket, the bracket is halved."""
LEAST_RISK_AVERSION = 0.1
"""Of a grid; below it the region is that of this risk aversion, which is narrower."""
_RISK_AVERSIONS, _POSITIONS = 33, 65


def no_trade_edges(
    weight: FloatArray, risk_aversion: FloatArray, cost: float
) -> tuple[FloatArray, FloatArray]:
    """Weights, at the middle price, between which nothing is traded: (lower, upper).

    Args:
        weight: Merton weights, strictly between 0 and 1, any shape.
        risk_aversion: Positive, the same shape.
        cost: Proportional cost of a trade either way, in (0, 0.2].

    Returns:
        The region lies from `weight` - gap to `weight` + gap in shadow prices. With h = x (1 - x)
        and q = (weight + gap - x)(x - weight + gap), the Riccati equation of the region, divided
        by the drift of the weight without trades, is the integral of gamma q / (h (h - gamma q)) dx
        over the region = log((1 + cost) / (1 - cost)). It rises with the gap from 0 to no end.
        Each element alone, in a fixed order, to about 1e-12 of weight.

    Source: Gerhold, Guasoni, Muhle-Karbe & Schachermayer (2014), Theorem 3.1, separated.
    """
    square, spread = cost * cost, 0.0
    for i in range(19, -1, -1):
        spread = spread * square + 2.0 * cost / (2 * i + 1)
    low: FloatArray = np.zeros(weight.shape)
    high = np.minimum(weight, 1.0 - weight) * (1.0 - 1e-9)
    high = np.minimum(high, np.sqrt(weight * (1.0 - weight) / risk_aversion))
    gap = 0.5 * high
    for _ in range(_STEPS):
        value, slope = _cost_of(gap, weight, risk_aversion)
        over = value > spread
        low, high = np.where(over, low, gap), np.where(over, gap, high)
        with np.errstate(invalid="ignore"):
            step = gap - (value - spread) / slope
        following = np.where((low < step) & (step < high), step, 0.5 * (low + high))
        still = np.abs(following - gap) > 1e-15
        gap = following
        if not still.any():
            break
    below, above = weight - gap, weight + gap
    lower = below / (1.0 - below) / (1.0 + cost)
    upper = above / (1.0 - above) / (1.0 - cost)
    return lower / (1.0 + lower), upper / (1.0 + upper)


@dataclass(frozen=True, eq=False)
class NoTradeGrid:
    """Half-widths of no-trade regions at one cost, interpolated between exact ones.

    Attributes:
        below, above: Target less the lower edge, and upper edge less the target, at the nodes:
            ascending in w^(1/4) - (1 - w)^(1/4) from -1 to 1 by risk aversion^(-1/4) from 0.
    """

    below: FloatArray
    above: FloatArray

    @classmethod
    def of(cls, cost: float) -> NoTradeGrid:
        """At a proportional cost of a trade either way, in (0, 0.2]."""
        inner: FloatArray = np.arange(1.0, _POSITIONS - 1.0)
        weight = _weights_at(inner * (2.0 / (_POSITIONS - 1)) - 1.0)
        scale: FloatArray = np.arange(1, _RISK_AVERSIONS) / (_RISK_AVERSIONS - 1.0)
        averse: FloatArray = LEAST_RISK_AVERSION / (scale * scale * scale * scale)
        weights, risk_aversions = np.broadcast_arrays(weight[:, None], averse)
        lower, upper = no_trade_edges(weights, risk_aversions, cost)
        below, above = np.zeros((2, _POSITIONS, _RISK_AVERSIONS))
        below[1:-1, 1:], above[1:-1, 1:] = weights - lower, upper - weights
        return cls(below, above)

    def half_widths(
        self, weight: FloatArray, risk_aversion: FloatArray
    ) -> tuple[FloatArray, FloatArray]:
        """(below, above): how far a weight may lie from its target until it is traded.

        Args:
            weight: Targets between 0 and 1, any shape.
            risk_aversion: Positive, the same shape; below `LEAST_RISK_AVERSION` it counts as that,
                inf is allowed.

        Returns:
            Cubic in both directions: within 1e-5 of weight of `no_trade_edges` at costs of up to
            2 %. 0 for targets of 0 and 1 and without an end of risk aversion.
        """
        position = _fourth_root(weight) - _fourth_root(1.0 - weight)
        scale = _fourth_root(LEAST_RISK_AVERSION / np.maximum(risk_aversion, LEAST_RISK_AVERSION))
        first, along = _cubic((position + 1.0) * (0.5 * (_POSITIONS - 1)), _POSITIONS)
        second, across = _cubic(scale * (_RISK_AVERSIONS - 1.0), _RISK_AVERSIONS)
        below, above = np.zeros((2, *weight.shape))
        for i in range(4):
            for j in range(4):
                share, node = along[i] * across[j], (first + i, second + j)
                below += share * self.below[node]
                above += share * self.above[node]
        return np.clip(below, 0.0, weight), np.clip(above, 0.0, 1.0 - weight)


def _fourth_root(values: FloatArray) -> FloatArray:
    return np.sqrt(np.sqrt(values))


def _weights_at(positions: FloatArray) -> FloatArray:
    """Where w^(1/4) - (1 - w)^(1/4) is each position, strictly between -1 and 1, by bisection."""
    low, high = np.zeros(positions.shape), np.ones(positions.shape)
    for _ in range(60):
        middle = 0.5 * (low + high)
        over = _fourth_root(middle) - _fourth_root(1.0 - middle) > positions
        low, high = np.where(over, low, middle), np.where(over, middle, high)
    return 0.5 * (low + high)


def _cubic(place: FloatArray, count: int) -> tuple[IntArray, tuple[FloatArray, ...]]:
    """The first of four of `count` nodes round each place, and Lagrange's weights of the four."""
    first = np.clip(np.floor(place).astype(np.int64) - 1, 0, count - 4)
    x = place - first
    a, b, c = x - 1.0, x - 2.0, x - 3.0
    return first, (-a * b * c / 6.0, 0.5 * x * b * c, -0.5 * x * a * c, x * a * b / 6.0)


def _cost_of(
    gap: FloatArray, weight: FloatArray, risk_aversion: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """The integral over a region of half-width `gap`, and its derivative; inf where the region is
    wider than any cost makes it.

    In odds y = x / (1 - x) dx / h is dy / y; panels whose ends have the same ratio bear a lower
    edge near 0.
    """
    start = (weight - gap) / (1.0 - weight + gap)
    ratio = (weight + gap) / (1.0 - weight - gap) / start
    for _ in range(3):
        ratio = np.sqrt(ratio)
    value: FloatArray = np.zeros(gap.shape)
    slope: FloatArray = np.zeros(gap.shape)
    points, masses = (rule.reshape(-1, *(1,) * gap.ndim) for rule in (_POINTS, _MASSES))
    for _ in range(_PANELS):
        half = 0.5 * (ratio - 1.0) * start
        odds = start + half * (1.0 + points)
        at = odds / (1.0 + odds)
        drift = at * (1.0 - at)
        pull = risk_aversion * (gap - (at - weight)) * (gap + (at - weight))
        left = np.maximum(drift - pull, 0.0)
        share = masses * half / odds
        with np.errstate(divide="ignore", over="ignore"):
            value += np.add.reduce(share * pull / left)
            slope += np.add.reduce(share * drift / (left * left))
        start = start * ratio
    return value, 2.0 * risk_aversion * gap * slope
