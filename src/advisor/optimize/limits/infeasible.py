"""Which limits contradict each other, with the numbers and the smallest repair of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from advisor.arrays import FloatArray
from advisor.errors import AdvisorError, InfeasibleError, SolverError
from advisor.optimize.limits.limits import Limits
from advisor.optimize.limits.parts import GROSS, PartLimits
from advisor.optimize.repairs import at_least, at_most

TOLERANCE = 1e-9
REACH = 1e-7
"""A row that misses its edge by more than this, relative to its coefficients, cannot be met."""


@dataclass(frozen=True, eq=False)
class _Limit:
    """One limit as somebody wrote it: `sign * coefficients @ w <= sign * value` for each row of
    `coefficients`, shape (k, n).

    `max_weight` is one limit, whatever the number of assets it caps. `repairable` is False for what
    nobody would loosen by a number.
    """

    name: str
    coefficients: FloatArray
    value: float
    sign: float
    said: str
    repairable: bool = True


def name_contradiction(limits: Limits) -> AdvisorError:
    """The error that names a smallest set of contradictory limits.

    Args:
        limits: Limits that no portfolio satisfies.

    Returns:
        An `InfeasibleError` to raise. Every limit it names is needed for the contradiction: each
        was left out in turn, and stays out if the rest still contradicts itself. For each it gives
        the nearest value that resolves everything alone, where there is one. (A `SolverError` if
        there is no contradiction.)

    Source: Chinneck (2008), Feasibility and Infeasibility in Optimization, section 6.2 (deletion
    filter).
    """
    if isinstance(limits, PartLimits):
        return _gross_contradiction(limits) or name_contradiction(limits.plain_limits())
    every = _limits(limits)
    core = every
    if _excess(core, limits) <= TOLERANCE:
        return SolverError(
            "daqp found the limits infeasible, HiGHS did not; check their scale.",
            solver="daqp",
            status="infeasible",
        )
    for limit in list(core):
        rest = [e for e in core if e is not limit]
        if _excess(rest, limits) > TOLERANCE:
            core = rest
    repairs: list[str] = []
    for limit in core:
        excess = (
            _excess([e for e in every if e is not limit], limits, limit)
            if limit.repairable
            else np.inf
        )
        if np.isfinite(excess):
            nearest = _outward(limit.value + limit.sign * excess, limit.sign)
            bound = at_least(nearest) if limit.sign > 0 else at_most(nearest)
            repairs.append(f"{limit.name} {'at least' if limit.sign > 0 else 'at most'} {bound}")
    cure = (
        f"Any one of these resolves it: {'; '.join(repairs)}."
        if repairs
        else "No single number resolves it; loosen several."
    )
    return InfeasibleError(
        "These limits contradict each other for weights that add up to 1:"
        f" {', '.join(e.said for e in core)}. {cure}",
        constraints=[e.name for e in core],
    )


def _gross_contradiction(limits: PartLimits) -> InfeasibleError | None:
    """The error that names the cap on gross exposure, where the other limits can be met alone."""
    row = limits.row_names.index(GROSS) if GROSS in limits.row_names else -1
    if row < 0 or contradictory(limits.plain_limits()):
        return None
    others = [limit for limit in _limits(limits) if limit.name != GROSS]
    least = _excess(others, limits, _Limit(GROSS, limits.rows[[row]], 0.0, 1.0, ""))
    if least <= limits.row_upper[row] + TOLERANCE:
        return None
    return InfeasibleError(
        f"max_gross {limits.row_upper[row]:g} is below {at_least(least)}, the least gross exposure"
        " that the other limits allow; raise it to at least that.",
        constraints=(GROSS,),
    )


class DeferredInfeasibleError(InfeasibleError):
    """Limits that are known to contradict each other and are named when somebody reads the message:
    naming costs many linear programs, knowing does not.
    """

    def __init__(self, limits: Limits) -> None:
        super().__init__("")
        self._limits = limits

    @cached_property
    def _named(self) -> tuple[str, tuple[str, ...]]:
        error = name_contradiction(self._limits)
        return str(error), error.constraints if isinstance(error, InfeasibleError) else ()

    @property
    def constraints(self) -> tuple[str, ...]:
        """Names of the limits that contradict each other."""
        return self._named[1]

    @constraints.setter
    def constraints(self, value: tuple[str, ...]) -> None:  # pyright: ignore[reportIncompatibleVariableOverride]
        """Set by the base class, before the limits are named: left out."""

    def __str__(self) -> str:
        return self._named[0]

    def __repr__(self) -> str:
        return f"InfeasibleError({str(self)!r})"

    def __reduce__(self) -> tuple[object, ...]:
        return _rebuilt, (str(self), self.constraints)


# to a caller it is an InfeasibleError: repr, pickle and traceback name that class
DeferredInfeasibleError.__name__ = InfeasibleError.__name__
DeferredInfeasibleError.__qualname__ = InfeasibleError.__qualname__
DeferredInfeasibleError.__module__ = InfeasibleError.__module__


def _rebuilt(message: str, constraints: tuple[str, ...]) -> InfeasibleError:
    return InfeasibleError(message, constraints=constraints)


def contradictory(limits: Limits) -> bool:
    """True where one linear program says that no portfolio satisfies the limits."""
    return _excess(_limits(limits), limits) > TOLERANCE


def out_of_reach(limits: Limits) -> bool:
    """True where the bounds alone keep one of the rows from its edges, by more than rounding.

    The least and the most that a row can be over bounds and budget is what filling its cheapest or
    dearest weights first gives, exactly.
    """
    if not limits.row_names:
        return False
    room, left = limits.upper - limits.lower, 1.0 - limits.lower.sum()
    base = np.einsum("rn,n->r", limits.rows, limits.lower)
    scale = REACH * np.maximum(1.0, np.abs(limits.rows).max(axis=1))
    order = np.argsort(limits.rows, axis=1)
    for ranked, sign in ((order, 1.0), (order[:, ::-1], -1.0)):
        width = room[ranked]
        filled = np.clip(left - (np.cumsum(width, axis=1) - width), 0.0, width)
        value = base + np.einsum(
            "rn,rn->r", filled, np.take_along_axis(limits.rows, ranked, axis=1)
        )
        if (
            sign * value > sign * (limits.row_upper if sign > 0.0 else limits.row_lower) + scale
        ).any():
            return True
    return False


def _limits(limits: Limits) -> list[_Limit]:
    """Every limit, those on single weights first, so that the filter drops them first."""
    unit = np.eye(len(limits.assets))
    listed: list[_Limit] = []
    barred = np.nonzero(limits.ineligible)[0]
    if barred.size:
        said = f"eligibility ({barred.size} of {len(limits.assets)} assets may not be held)"
        listed.append(
            _Limit(
                "eligible",
                np.vstack([unit[barred], -unit[barred]]),
                0.0,
                1.0,
                said,
                repairable=False,
            )
        )
    for edge, sign, kind in ((limits.lower, -1.0, "min_weight"), (limits.upper, 1.0, "max_weight")):
        common = np.nonzero(
            ~limits.ineligible & (edge == (limits.min_weight if sign < 0 else limits.max_weight))
        )[0]
        if common.size:
            value = float(edge[common[0]])
            said = f"{kind} {value:g} ({_counted(common.size, 'asset')})"
            listed.append(
                _Limit(kind, unit[common], value, sign, said, repairable=sign > 0 or value > 0.0)
            )
        for i in np.nonzero(~limits.ineligible & ~np.isin(np.arange(edge.size), common))[
            0
        ].tolist():
            name = limits.bound_name(i, int(sign))
            listed.append(_Limit(name, unit[[i]], float(edge[i]), sign, f"{name} {edge[i]:g}"))
    for j in range(len(limits.row_names)):
        for value, sign in ((float(limits.row_lower[j]), -1.0), (float(limits.row_upper[j]), 1.0)):
            if np.isfinite(value):
                name = limits.row_name(j, int(sign))
                listed.append(_Limit(name, limits.rows[[j]], value, sign, f"{name} {value:g}"))
    return listed


def _excess(held: Sequence[_Limit], limits: Limits, moved: _Limit | None = None) -> float:
    """How much limits must be broken in total, 0 where they can be met; with `moved`, how far that
    one must move for it (inf: it cannot help).
    """
    from scipy.optimize import linprog

    n = len(limits.assets)
    matrix, right = _inequalities(held, n)
    if moved is None:
        slack, cost = -np.eye(len(right)), np.ones(len(right))
    else:
        more, edge = _inequalities([moved], n)
        slack = np.concatenate([np.zeros((len(right), 1)), -np.ones((len(edge), 1))])
        matrix, right, cost = np.vstack([matrix, more]), np.concatenate([right, edge]), np.ones(1)
    if not len(right):
        return 0.0
    solved = linprog(
        np.concatenate([np.zeros(n), cost]),
        A_ub=np.hstack([matrix, slack]),
        b_ub=right,
        A_eq=np.concatenate([np.ones(n), np.zeros(cost.size)])[None],
        b_eq=[1.0],
        bounds=[(None, None)] * n + [(0.0, None)] * cost.size,
        method="highs",
    )
    return float(solved.fun or 0.0) if solved.status == 0 else np.inf


def _inequalities(held: Sequence[_Limit], n: int) -> tuple[FloatArray, FloatArray]:
    matrix = np.vstack([np.zeros((0, n)), *(e.sign * e.coefficients for e in held)])
    return matrix, np.concatenate(
        [np.zeros(0), *(np.full(len(e.coefficients), e.sign * e.value) for e in held)]
    )


def _outward(value: float, sign: float) -> float:
    """To four decimals, outward, so that the number to type is enough."""
    return float(np.ceil(sign * value * 1e4 - 1e-6) / 1e4 * sign)


def _counted(count: int, word: str) -> str:
    return f"{count} {word}" if count == 1 else f"{count} {word}s"
