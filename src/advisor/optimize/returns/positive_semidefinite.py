"""Repair of a covariance that is not positive semidefinite, with a statement of what it changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

import numpy as np

from advisor.arrays import FloatArray, float_array
from advisor.data.ids import unique_ids
from advisor.data.returns import check_symmetric
from advisor.errors import InputError
from advisor.readers import Number
from advisor.validation import checked

SWEEPS = 200
"""Alternating projections at most; they converge linearly, typically in 20-50 sweeps for
correlations rounded to two digits."""


Small = Annotated[
    float, Number("Give what counts as nothing, such as 1e-10.", above=0.0, high=1e-3)
]


@dataclass(frozen=True, eq=False)
class PsdRepair:
    """A repaired covariance, and what the repair did.

    Attributes:
        covariance: Symmetric positive semidefinite, shape (n, n); the variances are the ones given.
        smallest_eigenvalue: Of the correlation matrix given; negative where there was something to
            mend.
        largest_change: Largest change of a correlation.
        pair: The two assets whose correlation changed most, or columns as text where no names were
            given; empty when nothing changed.
        sweeps: Alternating projections used; 0 when nothing was to be mended.
        uncorrelated: Assets without variance whose covariances with others were not 0, and now are.
    """

    covariance: FloatArray
    smallest_eigenvalue: float
    largest_change: float
    pair: tuple[str, ...]
    sweeps: int
    uncorrelated: tuple[str, ...] = ()

    @property
    def changed(self) -> bool:
        """Whether anything was changed."""
        return self.sweeps > 0 or bool(self.uncorrelated)

    def __str__(self) -> str:
        if not self.changed:
            return "nothing changed: the covariance is positive semidefinite"
        done: list[str] = []
        if self.uncorrelated:
            done.append(
                "without variance, so made uncorrelated with all others:"
                f" {', '.join(self.uncorrelated)}"
            )
        if self.sweeps:
            done.append(
                f"smallest eigenvalue of the correlations {self.smallest_eigenvalue:.3g} raised to"
                " 0; variances kept; the largest change of a correlation is"
                f" {self.largest_change:.2g}, between {self.pair[0]} and {self.pair[1]}"
            )
        return "; ".join(done)


@checked
def nearest_psd(
    covariance: object, assets: Sequence[str] | None = None, *, tolerance: Small = 1e-10
) -> PsdRepair:
    """The covariance with the given variances whose correlation matrix is nearest (Frobenius) to
    the one given.

    Args:
        covariance: Symmetric, shape (n, n), with positive variances (0 allowed: such an asset
            becomes uncorrelated with the others).
        assets: Names for the report.
        tolerance: Change of a sweep, and smallest eigenvalue, that count as nothing.

    Returns:
        The repair. Variances are kept because they are estimated far better than correlations and
        carry the risk level of an asset.

    Raises:
        InputError: Not square, not symmetric, not finite, a negative variance, names of another
            number, or a tolerance that is no small positive number.

    Source: Higham (2002), Computing the nearest correlation matrix, algorithm 3.3.

    >>> print(nearest_psd([[1.0, 0.9, 0.2], [0.9, 1.0, 0.8], [0.2, 0.8, 1.0]]))
    smallest eigenvalue of the correlations -0.109 raised to 0; variances kept; the largest change
    of a correlation is 0.07, between 0 and 1
    >>> print(nearest_psd([[0.0, 0.1], [0.1, 1.0]], ["cash", "share"]))
    without variance, so made uncorrelated with all others: cash
    """
    sigma, names = _checked(covariance, assets)
    variance = np.diag(sigma)
    dead = variance == 0.0
    lost = dead & (sigma != 0.0).any(axis=1)
    uncorrelated = tuple(name for name, gone in zip(names, lost.tolist(), strict=True) if gone)
    symmetric = np.where(dead[:, None] | dead, 0.0, 0.5 * (sigma + sigma.T))
    deviation = np.sqrt(variance)
    safe = np.where(dead, 1.0, deviation)
    correlation = symmetric / np.outer(safe, safe)
    np.fill_diagonal(correlation, 1.0)
    lowest = float(np.linalg.eigvalsh(correlation)[0])
    if lowest >= -tolerance:
        return PsdRepair(symmetric, lowest, 0.0, (), 0, uncorrelated)
    repaired, sweeps = _project(correlation, tolerance)
    change = np.abs(repaired - correlation)
    i, j = sorted(int(k) for k in np.unravel_index(int(change.argmax()), change.shape))
    covariance = repaired * np.outer(deviation, deviation)
    return PsdRepair(
        covariance, lowest, float(change.max()), (names[i], names[j]), sweeps, uncorrelated
    )


def _checked(
    covariance: object, assets: Sequence[str] | None
) -> tuple[FloatArray, tuple[str, ...]]:
    """A symmetric matrix with no negative variance, and the names of its rows."""
    matrix = float_array(covariance, "covariance", shape=(None, None))
    n = len(matrix)
    sigma = float_array(matrix, "covariance", shape=(n, n))
    if not n:
        raise InputError(
            "covariance is empty; there is nothing to mend. Pass one row an asset.",
            field="covariance",
            value=(0, 0),
        )
    names = tuple(map(str, range(n))) if assets is None else unique_ids(assets, "assets")
    if len(names) != n:
        raise InputError(
            f"assets names {len(names)} for a covariance of {n}; the report could not say which"
            " were changed. Give one name each.",
            field="assets",
            value=len(names),
        )
    check_symmetric(sigma, names)
    variance = np.diag(sigma)
    if (variance < 0.0).any():
        worst = int(np.argmin(variance))
        raise InputError(
            f"covariance[{worst}, {worst}] is {variance[worst]:g}; a variance is not negative and"
            " cannot be mended. Estimate it again.",
            field="covariance",
            value=float(variance[worst]),
        )
    return sigma, names


def _project(correlation: FloatArray, tolerance: float) -> tuple[FloatArray, int]:
    """Higham's alternating projections, finished by a rescaling that makes diagonal and sign exact
    together.
    """
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
