"""Maximum likelihood over positive parameters, from a loss with its gradient."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from scipy.optimize import minimize

from advisor.adapters.analytics.columns import refusing
from advisor.arrays import FloatArray
from advisor.errors import SolverError

_EDGE = 6.0
"""Largest absolute logarithm of a parameter, in the units that the loss is scaled to: beyond it
clients are as good as all alike, and closed forms lose their digits."""
_SETTLED = 1e-3
"""Largest slope of the mean log-likelihood where a search has ended."""
_SETTINGS: Any = {"maxiter": 5000, "maxfun": 20000, "ftol": 1e-15, "gtol": 1e-9}
Loss = Callable[[FloatArray], tuple[float, FloatArray]]


def most_likely(
    loss: Loss, names: Sequence[str], what: str
) -> tuple[FloatArray, float, tuple[str, ...]]:
    """Logarithms of the parameters, their loss, and names of those at the edge of the search."""
    advice = "Check the table, or take more clients."
    with refusing(f"{what} has no finite answer", "frequency", advice):
        bounds, start = [(-_EDGE, _EDGE)] * len(names), np.zeros(len(names))
        result: Any = minimize(
            loss, start, jac=True, method="L-BFGS-B", bounds=bounds, options=_SETTINGS
        )
    at_edge = np.abs(result.x) >= _EDGE - 1e-6
    slope = float(np.abs(np.where(at_edge, 0.0, result.jac)).max())
    if not np.isfinite(result.fun) or slope > _SETTLED:
        raise SolverError(
            f"{what} did not settle after {result.nit} steps ({result.message}). {advice}",
            solver="L-BFGS-B",
            status=str(result.message),
        )
    return result.x, float(result.fun), tuple(np.array(names)[at_edge].tolist())
