"""Block principal pivoting over many rows at once: start somewhere near, exchange what is on the
wrong side of a limit, stop when nothing is.

Source: Judice and Pires (1994), A block principal pivoting algorithm for large-scale strictly
monotone linear complementarity problems; Kim and Park (2011) for the rule that falls back to single
exchanges.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from advisor.arrays import BoolArray, FloatArray, IntArray
from advisor.optimize.batch.rows import BatchRows

SideArray = npt.NDArray[np.int8]
AT_LOWER, SELLING, HELD, BUYING, AT_UPPER = 0, 1, 2, 3, 4
"""As in `kernels`: on the lower bound, free below the holding, at it, free above it (or free), on
the upper bound."""
NEAR = 1e-9


@dataclass(frozen=True, eq=False)
class PivotState:
    """Where each row stands; arrays are changed in place by `pivot`.

    Attributes:
        weights: Shape (c, n).
        price: Multipliers of the budget, then of the rows, in units of `w'Sw/2 - t mean'w`, shape
            (c, 1 + r); positive at a lower edge.
        side: Shape (c, n).
        row_side: -1 at the lower edge, 1 at the upper, 0 between, 2 an equality; shape (c, r).
        steps: Factorisations of the last call, -1 = gave up, shape (c,).
        exact: Which rows the exact solver was called for, shape (c,).
    """

    weights: FloatArray
    price: FloatArray
    side: SideArray
    row_side: SideArray
    steps: IntArray
    exact: BoolArray


def start_from(rows: BatchRows, seeds: FloatArray) -> PivotState:
    """A state that keeps what the seeds (c, n), good for other limits, say about this one."""
    kink, _, _ = rows.kinks
    bent = kink > rows.lower
    side = np.where(
        seeds >= rows.upper,
        AT_UPPER,
        np.where(seeds <= rows.lower, AT_LOWER, np.where(bent & (seeds < kink), SELLING, BUYING)),
    )
    side[np.broadcast_to(rows.lower >= rows.upper, side.shape)] = AT_LOWER
    limits = rows.limits
    value = np.einsum("cn,rn->cr", seeds, limits.rows)
    row_side = np.where(
        value <= limits.row_lower + NEAR, -1, np.where(value >= limits.row_upper - NEAR, 1, 0)
    )
    return fresh_state(rows, side.astype(np.int8), row_side.astype(np.int8))


def fresh_state(rows: BatchRows, side: SideArray, row_side: SideArray) -> PivotState:
    """A state that starts from these sides."""
    c, n, r = rows.count, len(rows.model), len(rows.limits.row_names)
    row_side[:, rows.limits.row_lower == rows.limits.row_upper] = 2
    return PivotState(
        np.zeros((c, n)),
        np.zeros((c, 1 + r)),
        np.ascontiguousarray(side),
        np.ascontiguousarray(row_side),
        np.zeros(c, dtype=np.int64),
        np.zeros(c, dtype=np.bool_),
    )


def pivot(rows: BatchRows, tolerance: FloatArray, state: PivotState, which: IntArray) -> BoolArray:
    """Solve the rows `which` (k,) at their risk tolerance (c,), from where they stand; True where
    it converged, shape (k,).

    Rows never touch each other, so neither the batch nor the number of threads changes a bit.
    """
    _kernels().pivot_rows(which, *_laid_out(rows, np.clip(tolerance, 0.0, rows.steepest), state))
    return state.steps[which] >= 0


def pivot_to_preferences(
    rows: BatchRows, wants: FloatArray, tolerance: FloatArray, state: PivotState, which: IntArray
) -> BoolArray:
    """Solve the loss-averse rows `which` (k,) at the risk tolerance that is their fixed point, from
    the guess in `tolerance` (c,), where it is written; True where that was found, shape (k,).

    Args:
        rows: The programs.
        wants: As the kernel takes them, shape (c, 6).
        tolerance: Guesses, more than 0.
        state: As for `pivot`.
        which: Rows.
    """
    covariance = np.array(rows.model.covariance)
    _kernels().search_rows(which, covariance, wants, *_laid_out(rows, tolerance, state))
    return state.steps[which] >= 0


def _laid_out(rows: BatchRows, tolerance: FloatArray, state: PivotState) -> tuple[Any, ...]:
    """What the kernels take, in their order."""
    kink, below, above = rows.kinks
    limits = rows.limits
    data = (
        rows.lower,
        kink,
        rows.upper,
        below,
        above,
        limits.rows,
        limits.row_lower,
        limits.row_upper,
    )
    edges = (a if a.flags.writeable else np.array(a) for a in data)
    return (
        rows.hessian, np.array(rows.model.mean), tolerance, *edges,
        state.side, state.row_side, state.weights, state.price, state.steps
    )  # fmt: skip


def marginal_risk(rows: BatchRows, weights: FloatArray) -> FloatArray:
    """`weights @ covariance`, shape (c, n), each row in one fixed order."""
    out = np.empty_like(weights)
    _kernels().row_products(np.array(rows.model.covariance), weights, out)
    return out


def _kernels() -> Any:
    import advisor.optimize.kernels as kernels

    return kernels
