"""The exact active-set solver (daqp) behind one typed door: it starts, repairs and replaces what the fast paths cannot certify."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from advisor.arrays import FloatArray
from advisor.errors import InfeasibleError, SolverError

EQUALITY = 5
"""daqp's mark of a row that must hold with equality."""
INFEASIBLE = -1
FIXED_WIDTH = 1e-15


@dataclass(frozen=True, eq=False)
class QuadraticProgram:
    """`min 1/2 x'Hx + f'x` subject to `lower <= x <= upper` and `row_lower <= rows @ x <= row_upper`.

    Args:
        hessian: Positive definite, shape (n, n).
        lower: Shape (n,).
        upper: Shape (n,).
        rows: Shape (r, n); the budget is one of them.
        row_lower: Shape (r,).
        row_upper: Shape (r,).
    """

    hessian: FloatArray
    lower: FloatArray
    upper: FloatArray
    rows: FloatArray
    row_lower: FloatArray
    row_upper: FloatArray


class ExactSolver:
    """One workspace for many linear terms of the same program, warm from the last solution.

    Raises:
        SolverError: The workspace could not be set up.
    """

    def __init__(self, program: QuadraticProgram) -> None:
        import daqp

        self.n = program.lower.size
        low = np.concatenate([program.lower, program.row_lower])
        high = np.concatenate([program.upper, program.row_upper])
        sense = np.where(high - low <= FIXED_WIDTH, EQUALITY, 0).astype(np.int32)
        self._model: Any = daqp.Model()
        self._model.settings = {"primal_tol": 1e-12, "dual_tol": 1e-12, "iter_limit": 20_000, "eps_prox": 0.0}
        self._data = (
            np.array(program.hessian),
            np.zeros(self.n),
            np.array(program.rows),
            np.clip(high, -1e30, 1e30),
            np.clip(low, -1e30, 1e30),
            sense,
        )
        self._flag = int(self._model.setup(*self._data)[0])

    def solve(self, linear: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Minimiser and multipliers for one linear term.

        Args:
            linear: `f`, shape (n,).

        Returns:
            `x`, shape (n,), and multipliers of bounds then rows, shape (n + r,): negative at a lower edge, positive at an upper one.

        Raises:
            InfeasibleError: No point satisfies the limits (unnamed: the caller knows the names).
            SolverError: daqp stopped otherwise.
        """
        if self._flag >= 0:
            self._flag = int(self._model.update(f=np.array(linear)))
        if self._flag >= 0:
            x, _, flag, info = self._model.solve()
            if int(flag) >= 1:
                return np.array(x, dtype=np.float64), np.array(info["lam"], dtype=np.float64)
            self._flag = int(flag)
        status, self._flag = self._flag, 0
        if status == INFEASIBLE:
            raise InfeasibleError("The limits admit no portfolio.")
        raise SolverError(
            f"daqp stopped with exit flag {status} on a program of {self.n} weights; check the scale of the covariance.",
            solver="daqp",
            status=str(status),
        )
