"""A cap on gross exposure and the cost of short positions as linear limits: a weight that may have
either sign is the sum of a positive and a negative part, of the same risk, each with its own mean.

The parts add up to what the weights add up to, so every solver takes them for assets. A portfolio
never needs both parts of one asset: without them it is as good, and its gross exposure smaller.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from advisor.arrays import FloatArray, IntArray
from advisor.data.returns import ReturnModel
from advisor.optimize.limits.limits import Limits

GROSS = "max_gross"
"""Name of the row that caps the sum of absolute weights."""


@dataclass(frozen=True, eq=False, kw_only=True)
class PartLimits(Limits):
    """Limits on parts, which say what they are in the words of the weights.

    Attributes:
        count: Weights n; the parts n and more are the negative ones.
        both: The weights that have two parts, shape (k,).
        plain: Limits on the weights, with the cap on gross exposure.
    """

    count: int
    both: IntArray
    plain: Limits

    def bound_name(self, asset: int, side: int) -> str:
        """As of `Limits`; "" where the edge is only the 0 at which two parts meet."""
        edge = self.lower[asset] if side < 0 else self.upper[asset]
        meets = edge == 0.0 and (asset >= self.count or bool((self.both == asset).any()))
        return "" if meets and not self.ineligible[asset] else super().bound_name(asset, side)

    def row_name(self, row: int, side: int) -> str:
        """As of `Limits`; the cap on gross exposure has no edges to tell apart."""
        return GROSS if self.row_names[row] == GROSS else super().row_name(row, side)

    def fold(self, parts: FloatArray) -> FloatArray:
        """Weights (..., n) of parts (..., n + k)."""
        weights = parts[..., : self.count].copy()
        weights[..., self.both] += parts[..., self.count :]
        return weights

    def split(self, weights: FloatArray) -> FloatArray:
        """Parts (..., n + k) of weights (..., n)."""
        both = weights[..., self.both]
        first = weights.copy()
        first[..., self.both] = np.maximum(both, 0.0)
        return np.concatenate([first, np.minimum(both, 0.0)], axis=-1)

    def plain_limits(self) -> Limits:
        """The same limits on weights, without the cap on gross exposure."""
        edges = {"lower": self.fold(self.lower), "upper": self.fold(self.upper)}
        return replace(self.plain, max_gross=None, short_costs=None, **edges)


@dataclass(frozen=True, eq=False)
class Parts:
    """The program over parts of weights.

    Attributes:
        model: Means and covariance of the parts.
        limits: On the parts.
    """

    model: ReturnModel
    limits: PartLimits

    def mean(self, weights: FloatArray) -> float:
        """Expected return of weights, shape (n,), after what their short positions cost."""
        return float(np.einsum("i,i->", self.limits.split(weights), self.model.mean))


def parts_of(model: ReturnModel, limits: Limits) -> Parts | None:
    """The program over parts; None where limits on weights say it all."""
    if limits.max_gross is None and limits.short_costs is None:
        return None
    n = len(model)
    both = np.flatnonzero((limits.lower < 0.0) & (limits.upper > 0.0))
    every = np.concatenate([np.arange(n), both])
    short_cost = np.zeros(n) if limits.short_costs is None else limits.short_costs
    negative = np.concatenate([limits.upper <= 0.0, np.ones(both.size, dtype=np.bool_)])
    lower, upper = split_bounds(limits.lower, limits.upper, both)
    rows = np.ascontiguousarray(limits.rows[:, every])
    low, high = limits.row_lower, limits.row_upper
    names = limits.row_names
    if limits.max_gross is not None:
        rows = np.vstack([rows, np.where(negative, -1.0, 1.0)])
        low, high = np.append(low, -np.inf), np.append(high, limits.max_gross)
        names = (*names, GROSS)
    on_parts = PartLimits(
        tuple(limits.assets[i] for i in every), lower, upper, rows, low, high, names,
        limits.max_volatility, limits.ineligible[every], limits.min_weight, limits.max_weight,
        count=n, both=both, plain=limits,
    )  # fmt: skip
    ids = [*model.assets, *(f"{model.assets[i]} (short)" for i in both)]
    mean = model.mean[every] + np.where(negative, short_cost[every], 0.0)
    return Parts(ReturnModel(ids, mean, model.covariance[np.ix_(every, every)]), on_parts)


def split_bounds(
    lower: FloatArray, upper: FloatArray, both: IntArray
) -> tuple[FloatArray, FloatArray]:
    """Bounds on parts, each (..., n + k), of bounds on weights, each (..., n)."""
    low, high = lower.copy(), upper.copy()
    low[..., both], high[..., both] = (
        np.maximum(lower[..., both], 0.0),
        np.maximum(upper[..., both], 0.0),
    )
    negative = (np.minimum(edge[..., both], 0.0) for edge in (lower, upper))
    under, over = (
        np.concatenate([first, second], axis=-1)
        for first, second in zip((low, high), negative, strict=True)
    )
    return under, over
