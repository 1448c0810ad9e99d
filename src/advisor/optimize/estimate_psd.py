"""Repair of a covariance that is not positive semidefinite, with a statement of what it changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from advisor.arrays import FloatArray, float_array
from advisor.errors import InputError

SWEEPS = 200
"""Alternating projections at most; they converge linearly, typically in 20-50 sweeps for correlations rounded to two digits."""


@dataclass(frozen=True, eq=False)
class PsdRepair:
    """A repaired covariance, and what the repair did.

    Attributes:
        covariance: Symmetric positive semidefinite, shape (n, n); the variances are the ones given.
        smallest_eigenvalue: Of the correlation matrix given; negative where there was something to mend.
        largest_change: Largest change of a correlation.
        pair: The two assets whose correlation changed most, or columns as text where no names were given; empty when nothing changed.
        sweeps: Alternating projections used; 0 when nothing was to be mended.
    """

    covariance: FloatArray
    smallest_eigenvalue: float
    largest_change: float
    pair: tuple[str, ...]
    sweeps: int

    @property
    def changed(self) -> bool:
        """Whether anything was changed."""
        return self.sweeps > 0

    def __str__(self) -> str:
        if not self.changed:
            return "nothing changed: the covariance is positive semidefinite"
        return (
            f"smallest eigenvalue of the correlations {self.smallest_eigenvalue:.3g} raised to 0; variances kept; "
            f"the largest change of a correlation is {self.largest_change:.2g}, between {self.pair[0]} and {self.pair[1]}"
        )


def nearest_psd(covariance: object, assets: Sequence[str] | None = None, *, tolerance: float = 1e-10) -> PsdRepair:
    """The covariance with the given variances whose correlation matrix is nearest (Frobenius) to the one given.

    Args:
        covariance: Symmetric, shape (n, n), with positive variances (0 allowed: such an asset becomes uncorrelated with the others).
        assets: Names for the report.
        tolerance: Change of a sweep, and smallest eigenvalue, that count as nothing.

    Returns:
        The repair. Variances are kept because they are estimated far better than correlations and carry the risk level of an asset.

    Raises:
        InputError: Not square, not finite, or a negative variance.

    Source: Higham (2002), Computing the nearest correlation matrix, algorithm 3.3.

    >>> print(nearest_psd([[1.0, 0.9, 0.2], [0.9, 1.0, 0.8], [0.2, 0.8, 1.0]]))
    smallest eigenvalue of the correlations -0.109 raised to 0; variances kept; the largest change of a correlation is 0.07, between 0 and 1
    """
    given = float_array(covariance, "covariance", shape=(None, None))
    n = len(given)
    sigma = float_array(given, "covariance", shape=(n, n))
    variance = np.diag(sigma)
    if (variance < 0.0).any():
        worst = int(np.argmin(variance))
        raise InputError(
            f"covariance[{worst}, {worst}] is {variance[worst]:g}; a variance is not negative and cannot be mended. Estimate it again.",
            field="covariance",
            value=float(variance[worst]),
        )
    deviation = np.sqrt(variance)
    safe = np.where(deviation > 0.0, deviation, 1.0)
    correlation = 0.5 * (sigma + sigma.T) / np.outer(safe, safe)
    correlation[deviation == 0.0, :] = 0.0
    correlation[:, deviation == 0.0] = 0.0
    np.fill_diagonal(correlation, 1.0)
    lowest = float(np.linalg.eigvalsh(correlation)[0])
    if lowest >= -tolerance:
        return PsdRepair(0.5 * (sigma + sigma.T), lowest, 0.0, (), 0)
    repaired, sweeps = _project(correlation, tolerance)
    change = np.abs(repaired - correlation)
    i, j = sorted(int(k) for k in np.unravel_index(int(change.argmax()), change.shape))
    names = [str(k) for k in range(n)] if assets is None else list(assets)
    return PsdRepair(repaired * np.outer(deviation, deviation), lowest, float(change.max()), (names[i], names[j]), sweeps)


def _project(correlation: FloatArray, tolerance: float) -> tuple[FloatArray, int]:
    """Higham's alternating projections, finished by a rescaling that makes diagonal and sign exact together."""
    current, dykstra, sweeps = correlation.copy(), np.zeros_like(correlation), 0
    while sweeps < SWEEPS:
        sweeps += 1
        shifted = current - dykstra
        values, vectors = np.linalg.eigh(shifted)
        cone = (vectors * np.maximum(values, 0.0)) @ vectors.T
        dykstra = cone - shifted
        step = cone.copy()
        np.fill_diagonal(step, 1.0)
        moved = float(np.abs(step - current).max())
        current = step
        if moved < tolerance:
            break
    values, vectors = np.linalg.eigh(current)
    cone = (vectors * np.maximum(values, 0.0)) @ vectors.T
    scale = np.sqrt(np.diag(cone))
    exact = cone / np.outer(scale, scale)
    np.fill_diagonal(exact, 1.0)
    return 0.5 * (exact + exact.T), sweeps
