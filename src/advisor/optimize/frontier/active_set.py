"""The exact active-set solver (daqp) behind one typed public function: it starts, repairs and
replaces what the fast paths cannot certify.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from advisor.arrays import FloatArray, IntArray
from advisor.errors import InfeasibleError, SolverError

EQUALITY = 5
"""daqp's mark of a row that must hold with equality."""
INFEASIBLE = -1
FIXED_WIDTH = 1e-15
DEPENDENT = 1e-10
UNLIMITED = 1e30
PROXIMAL_STEPS = 30
SETTLED = 1e-12
TOLERANCES = (1e-12, 1e-9, 1e-6)
"""Feasibility asked of daqp, in turn: limits that leave a single point (caps that add up to just 1)
look infeasible to it at the first."""


@dataclass(frozen=True, eq=False)
class QuadraticProgram:
    """`min 1/2 x'Hx + f'x` subject to `lower <= x <= upper` and `row_lower <= rows @ x <=
    row_upper`.

    Args:
        hessian: Positive definite, shape (n, n).
        lower: Shape (n,).
        upper: Shape (n,).
        rows: Shape (r, n); the budget is one of them.
        row_lower: Shape (r,).
        row_upper: Shape (r,).
        ridge: What was added to the diagonal of a singular hessian; it is taken off again by
            proximal steps.
    """

    hessian: FloatArray
    lower: FloatArray
    upper: FloatArray
    rows: FloatArray
    row_lower: FloatArray
    row_upper: FloatArray
    ridge: float = 0.0


class ExactSolver:
    """One workspace for many linear terms of the same program, warm from the last solution.

    Raises:
        SolverError: The workspace could not be set up.
    """

    def __init__(self, program: QuadraticProgram) -> None:
        self.n = program.lower.size
        low = np.concatenate([program.lower, program.row_lower])
        high = np.concatenate([program.upper, program.row_upper])
        sense = np.where(high - low <= FIXED_WIDTH, EQUALITY, 0).astype(np.int32)
        for row in _repeated(
            program.rows, np.flatnonzero(sense[self.n :])
        ):  # daqp needs independent equalities
            low[self.n + row], high[self.n + row], sense[self.n + row] = -np.inf, np.inf, 0
        self._data = (
            np.array(program.hessian),
            np.zeros(self.n),
            np.array(program.rows),
            np.minimum(high, UNLIMITED),
            np.maximum(low, -UNLIMITED),
            sense,
        )
        self._program = program
        self._start(0)

    def _start(self, attempt: int) -> None:
        import daqp

        self._tolerance, self._attempt = TOLERANCES[attempt], attempt
        self._model: Any = daqp.Model()
        self._model.settings = {
            "primal_tol": self._tolerance,
            "iter_limit": 20_000,
            "eps_prox": 0.0,
            "sing_tol": 1e-14,
        }
        self._flag = int(self._model.setup(*self._data)[0])

    def solve(self, linear: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Minimiser and multipliers for one linear term.

        Args:
            linear: `f`, shape (n,).

        Returns:
            `x`, shape (n,), and multipliers of bounds then rows, shape (n + r,): negative at a
            lower edge, positive at an upper one. Limits are held to 1e-12, or, where rounding
            leaves daqp no room for that, to 1e-6: what is active is what callers need.

        Raises:
            InfeasibleError: No point satisfies the limits (unnamed: the caller knows the names).
            SolverError: daqp stopped otherwise.
        """
        x, multipliers = self._solve(linear)
        for _ in range(PROXIMAL_STEPS if self._program.ridge > 0.0 else 0):
            before = x
            x, multipliers = self._solve(linear - self._program.ridge * before)
            if float(np.abs(x - before).max()) <= SETTLED:
                break
        return x, multipliers

    def _solve(self, linear: FloatArray) -> tuple[FloatArray, FloatArray]:
        while True:
            if self._flag >= 0:
                self._flag = int(self._model.update(f=np.array(linear)))
            if self._flag >= 0:
                x, _, flag, info = self._model.solve()
                self._flag = int(flag) if int(flag) < 1 or self._holds(x) else INFEASIBLE
                if self._flag >= 1:
                    return np.array(x, dtype=np.float64), np.array(info["lam"], dtype=np.float64)
            status = self._flag
            if self._attempt + 1 == len(TOLERANCES):
                break
            self._start(self._attempt + 1)
        self._start(0)
        if status == INFEASIBLE:
            raise InfeasibleError("The limits admit no portfolio.")
        raise SolverError(
            f"daqp stopped with exit flag {status} on a program of {self.n} weights; check the"
            " scale of the covariance.",
            solver="daqp",
            status=str(status),
        )

    def _holds(self, x: FloatArray) -> bool:
        """True when the rows hold, also those that daqp was not given."""
        value = np.einsum("ri,i->r", self._program.rows, x)
        return not (
            np.maximum(self._program.row_lower - value, value - self._program.row_upper)
            > 1e3 * self._tolerance
        ).any()


def _repeated(rows: FloatArray, equalities: IntArray) -> list[int]:
    """Those of the equality rows that are combinations of earlier ones."""
    if equalities.size <= 1:
        return []
    basis: list[FloatArray] = []
    repeated: list[int] = []
    for row in equalities.tolist():
        rest = rows[row].copy()
        for direction in basis:
            rest -= np.einsum("i,i->", rest, direction) * direction
        size = float(np.sqrt(np.einsum("i,i->", rest, rest)))
        if size <= DEPENDENT * max(float(np.sqrt(np.einsum("i,i->", rows[row], rows[row]))), 1.0):
            repeated.append(row)
        else:
            basis.append(rest / size)
    return repeated
