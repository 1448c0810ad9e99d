"""Which limits contradict each other, with the numbers and the smallest repair of each."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from advisor.arrays import FloatArray
from advisor.errors import InfeasibleError
from advisor.optimize.limits import Limits

TOLERANCE = 1e-9


@dataclass(frozen=True)
class _Edge:
    """One limit `sign * coefficients @ w <= sign * value`, by name."""

    name: str
    coefficients: FloatArray
    value: float
    sign: float

    def say(self) -> str:
        return f"{self.name} {self.value:.6g}"


def name_contradiction(limits: Limits) -> InfeasibleError:
    """The error that names a smallest set of contradictory limits.

    Args:
        limits: Limits that no portfolio satisfies.

    Returns:
        An error to raise. Every limit it names is needed for the contradiction: without any one of them the rest can be satisfied (each was
        removed in turn and kept only if the rest was then satisfiable). For each it gives the nearest value that would resolve it alone.

    Source: Chinneck (2008), Feasibility and Infeasibility in Optimization, section 6.2 (deletion filter).
    """
    edges = _edges(limits)
    for edge in list(edges):
        rest = [e for e in edges if e is not edge]
        if _excess(rest, limits, None) > TOLERANCE:
            edges = rest
    repairs: list[str] = []
    for edge in edges:
        rest = [e for e in edges if e is not edge]
        excess = _excess(rest, limits, edge)
        if np.isfinite(excess):
            nearest = edge.value + edge.sign * excess
            repairs.append(f"{edge.name} {'at least' if edge.sign > 0 else 'at most'} {_rounded(nearest, edge.sign):g}")
    what = ", ".join(edge.say() for edge in edges)
    return InfeasibleError(
        f"These limits contradict each other for weights that add up to 1: {what}. Any one of these resolves it: {'; '.join(repairs)}.",
        constraints=[edge.name for edge in edges],
    )


def _edges(limits: Limits) -> list[_Edge]:
    """Every finite limit; rows first, so that bounds are the ones the filter drops first."""
    n = len(limits.assets)
    edges: list[_Edge] = []
    for i in range(n):
        unit = np.zeros(n)
        unit[i] = 1.0
        edges.append(_Edge(limits.bound_name(i, -1), unit, float(limits.lower[i]), -1.0))
        edges.append(_Edge(limits.bound_name(i, 1), unit, float(limits.upper[i]), 1.0))
    for j in range(len(limits.row_names)):
        for value, sign in ((float(limits.row_lower[j]), -1.0), (float(limits.row_upper[j]), 1.0)):
            if np.isfinite(value):
                edges.append(_Edge(limits.row_name(j, int(sign)), limits.rows[j], value, sign))
    return edges


def _excess(edges: list[_Edge], limits: Limits, wanted: _Edge | None) -> float:
    """How much the limits must be broken in total; with `wanted`, how far that limit must move if the others hold (inf: it cannot help)."""
    from scipy.optimize import linprog

    n, k = len(limits.assets), len(edges)
    matrix = np.array([e.sign * e.coefficients for e in edges]).reshape(k, n)
    right = np.array([e.sign * e.value for e in edges])
    if wanted is None:
        cost = np.concatenate([np.zeros(n), np.ones(k)])
        left, budget = np.hstack([matrix, -np.eye(k)]), np.concatenate([np.ones(n), np.zeros(k)])
        bounds = [(None, None)] * n + [(0.0, None)] * k
    else:
        cost = wanted.sign * wanted.coefficients
        left, budget, bounds = matrix, np.ones(n), [(None, None)] * n
    solved = linprog(
        cost, A_ub=left if k else None, b_ub=right if k else None, A_eq=budget[None], b_eq=[1.0], bounds=bounds, method="highs"
    )
    if wanted is None:
        return float(solved.fun) if solved.status == 0 else np.inf
    return float(solved.fun) - wanted.sign * wanted.value if solved.status == 0 else (0.0 if solved.status == 3 else np.inf)


def _rounded(value: float, sign: float) -> float:
    """To four decimals, outward, so that the number to type is enough."""
    return float(np.ceil(sign * value * 1e4 - 1e-6) / 1e4 * sign)
