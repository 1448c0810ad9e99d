"""Branch and bound over which assets are held, on top of any convex relaxation."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from advisor.arrays import FloatArray
from advisor.errors import SolverError

INTEGRAL = 1e-6
PROVED = 1e-9
"""Gap in the objective at which the search stops: what a solver's own tolerance leaves."""
MOST_NODES = 5_000


@dataclass(frozen=True, eq=False)
class Relaxation:
    """Optimum of a relaxed program: weights (n,), the relaxed choice (n,) in [0, 1], and its value,
    an upper bound.
    """

    weights: FloatArray
    held: FloatArray
    value: float


def choose_assets(
    relax: Callable[[FloatArray, FloatArray], Relaxation | None],
    n: int,
    most: int,
    nodes: int = MOST_NODES,
) -> tuple[FloatArray | None, float]:
    """The best portfolio with at most `most` assets.

    Args:
        relax: Solves with the choice of each asset between two vectors (n,); None when there is
            nothing.
        n: Assets.
        most: Largest number held.
        nodes: Most branches looked at.

    Returns:
        Weights (n,), or None when no choice has a portfolio, and the gap that is left: proved
        optimal within it, because every branch not searched is bounded by its relaxation.

    Raises:
        SolverError: Nothing feasible found within the node limit.

    Source: Land and Doig (1960), best-first; the rounding start is the usual one of the largest
    relaxed weights.
    """
    order = itertools.count()
    root = relax(np.zeros(n), np.ones(n))
    if root is None:
        return None, 0.0
    best, weights = -np.inf, None
    queue = [(-root.value, next(order), np.zeros(n), np.ones(n), root)]
    for _ in range(nodes):
        if not queue or -queue[0][0] <= best + PROVED:
            return weights, 0.0 if not queue else max(0.0, -queue[0][0] - best)
        bound, _, least, highest, node = heapq.heappop(queue)
        for guess in _settled(node, least, highest, most):
            optimum = relax(guess, guess)
            if optimum is not None and optimum.value > best:
                best, weights = optimum.value, np.where(guess > 0.5, optimum.weights, 0.0)
        split = int(np.argmin(np.abs(node.held - 0.5) + np.where(least == highest, np.inf, 0.0)))
        if least[split] == highest[split] or -bound <= best + PROVED:
            continue
        for choice in (1.0, 0.0):
            low, high = least.copy(), highest.copy()
            low[split] = high[split] = choice
            child = relax(low, high) if low.sum() <= most else None
            if child is not None and child.value > best + PROVED:
                heapq.heappush(queue, (-child.value, next(order), low, high, child))
    if weights is None:
        raise SolverError(
            f"No portfolio of {most} assets was found in {nodes} branches; lower min_position or"
            " raise max_assets.",
            solver="branch and bound",
            status="node limit",
        )
    return weights, max(0.0, -queue[0][0] - best) if queue else 0.0


def _settled(
    node: Relaxation, least: FloatArray, highest: FloatArray, most: int
) -> list[FloatArray]:
    """A choice without fractions near a relaxed one: its own where it has none, else the largest
    weights that fit.
    """
    if (np.minimum(node.held, 1.0 - node.held) <= INTEGRAL).all():
        return [np.round(node.held)]
    ranked = np.argsort(-(node.weights + 10.0 * (least == 1.0)), kind="stable")
    chosen = np.zeros(len(least))
    chosen[[i for i in ranked.tolist() if highest[i] > 0.5][:most]] = 1.0
    return [chosen]
