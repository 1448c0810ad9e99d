"""Whether stated probabilities happen as often as stated."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from advisor.arrays import BoolArray, FloatArray, IntArray
from advisor.errors import InputError


@dataclass(frozen=True, eq=False)
class ReliabilityCurve:
    """Stated against observed, bin by bin (empty bins left out).

    Attributes:
        stated: Mean stated probability of each bin, shape (b,).
        observed: Share that happened, shape (b,).
        count: Predictions in each bin, shape (b,).
        expected_calibration_error: Mean of |observed - stated|, weighted by count.
        brier: Mean squared error of the probabilities.
        brier_of_base_rate: The same for always stating the overall share: what no information scores.
    """

    stated: FloatArray
    observed: FloatArray
    count: IntArray
    expected_calibration_error: float
    brier: float
    brier_of_base_rate: float


def reliability_curve(probability: FloatArray, happened: BoolArray, *, bins: int = 10, equal_counts: bool = False) -> ReliabilityCurve:
    """Reliability curve and expected calibration error.

    Args:
        probability: Stated, within [0, 1], shape (n,); nan (nothing stated) is left out with its outcome.
        happened: Shape (n,).
        bins: How many.
        equal_counts: False: bins of equal width over [0, 1] (the usual definition). True: bins of about equal counts, which resolves small base rates; equal
            probabilities always share a bin.

    Raises:
        InputError: Shapes differ, a probability is outside [0, 1], nothing is stated, or fewer than one bin.

    Source: Naeini, Cooper & Hauskrecht (2015), AAAI, section 2 (ECE); Brier (1950).

    >>> curve = reliability_curve(np.array([0.2, 0.2, 0.2, 0.2, 0.8]), np.array([True, False, False, False, True]))
    >>> curve.stated.tolist(), curve.observed.tolist(), round(curve.expected_calibration_error, 4)  # (4 * .05 + 1 * .2) / 5
    ([0.2, 0.8], [0.25, 1.0], 0.08)
    """
    stated, outcome = _checked(probability, happened, bins)
    if equal_counts:
        edges = np.unique(np.quantile(stated, np.arange(1, bins) / bins))
        place = np.searchsorted(edges, stated, side="right")
    else:
        place = np.minimum((stated * bins).astype(np.int64), bins - 1)
    count = np.bincount(place, minlength=bins)
    full = count > 0
    weight = count[full].astype(np.float64)
    mean = np.bincount(place, weights=stated, minlength=bins)[full] / weight
    share = np.bincount(place, weights=outcome, minlength=bins)[full] / weight
    base = float(outcome.mean())
    return ReliabilityCurve(
        stated=mean,
        observed=share,
        count=count[full].astype(np.int64),
        expected_calibration_error=float((np.abs(share - mean) * weight).sum() / weight.sum()),
        brier=float(((stated - outcome) ** 2).mean()),
        brier_of_base_rate=base * (1.0 - base),
    )


def _checked(probability: FloatArray, happened: BoolArray, bins: int) -> tuple[FloatArray, FloatArray]:
    if probability.shape != happened.shape or probability.ndim != 1 or bins < 1:
        raise InputError(
            f"probability has shape {probability.shape}, happened {happened.shape}, bins is {bins}; give one outcome a probability and at least one bin.",
            field="happened",
            value=happened.shape,
        )
    known = ~np.isnan(probability)
    stated = probability[known]
    if stated.size == 0:
        raise InputError("No probability is stated; there is nothing to calibrate against.", field="probability", value=probability)
    if ((stated < 0.0) | (stated > 1.0)).any():
        bad = float(stated[(stated < 0.0) | (stated > 1.0)][0])
        raise InputError(f"probability holds {bad}; it must lie within [0, 1].", field="probability", value=bad)
    return stated, happened[known].astype(np.float64)
