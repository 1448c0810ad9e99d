"""What a general program gives, and the checks of what it is given."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, cast

from advisor.arrays import FloatArray, float_array
from advisor.data.by_asset import in_order
from advisor.errors import InputError

SOLVERS = ("CLARABEL", "SCS")
"""Tried in this order: an interior point method good to 1e-9, then a first-order one that survives
badly scaled cones."""


@dataclass(frozen=True, eq=False)
class ProgramSolution:
    """Answer of a general program.

    Attributes:
        weights: Fractions of wealth, shape (n,).
        mean: Annual.
        volatility: Annual.
        objective: `mean - g/2 * variance`.
        solver: That answered.
        attempts: Every solver asked, with how it ended; the last one is the one that answered.
        bound_gap: How much better any portfolio could still be, as far as branch and bound proved;
            0 without cardinality.
    """

    weights: FloatArray
    mean: float
    volatility: float
    objective: float
    solver: str
    attempts: tuple[tuple[str, str], ...]
    bound_gap: float


def solver_names(solvers: Sequence[str]) -> tuple[str, ...]:
    """Checked names of cvxpy's solvers."""
    names = () if isinstance(solvers, str) or not isinstance(solvers, Sequence) else tuple(solvers)  # pyright: ignore[reportUnnecessaryIsInstance]
    if not names or not all(isinstance(name, str) for name in names):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise InputError(
            f"solvers is {solvers!r}; pass a sequence of cvxpy's names of solvers, at least one.",
            field="solvers",
            value=solvers,
        )
    return names


def custom_constraints(cp: Any, custom: Callable[[Any], Sequence[Any]], weights: Any) -> list[Any]:
    """The caller's own constraints, checked to be constraints."""
    rule = "custom is a function from the weights (n,) to a list of cvxpy constraints"
    try:
        constraints: Any = custom(weights)
    except (
        LookupError,
        TypeError,
        ValueError,
        AttributeError,
        ArithmeticError,
        cp.error.DCPError,
    ) as error:
        raise InputError(
            f"custom failed with {type(error).__name__}: {error}. {rule}; mend it.",
            field="custom",
            value=None,
        ) from error
    if not isinstance(constraints, (list, tuple)):
        raise InputError(
            f"custom gave {constraints!s:.60}, not a list. {rule}; put a single one into a list.",
            field="custom",
            value=constraints,
        )
    for item in cast(Sequence[Any], constraints):
        if not isinstance(item, cp.constraints.constraint.Constraint):
            raise InputError(
                f"custom gave {item!r:.60}, which is no constraint. {rule}; write it with cvxpy.",
                field="custom",
                value=item,
            )
    return list(cast(Sequence[Any], constraints))


def needed_row(value: object, field: str, limit: str, assets: tuple[str, ...]) -> FloatArray:
    """Numbers that a limit needs, shape (n,); refused where they are missing."""
    n = len(assets)
    if value is None:
        raise InputError(
            f"{limit} needs {field}, the weights it is measured from; pass them, shape ({n},).",
            field=field,
            value=None,
        )
    return float_array(in_order(value, assets, field), field, shape=(n,))
