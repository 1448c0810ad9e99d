"""Whether stated probabilities happen as often as stated."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np

from advisor.annotations import Count, CountOrNone, Shares
from advisor.arrays import BoolArray, FloatArray, IntArray
from advisor.errors import InputError
from advisor.readers import Number
from advisor.validation import checked

MOST_BINS = 1_000_000
Precision = Annotated[float, Number("Give a precision above 0, such as 0.85.", above=0.0, high=1.0)]


@dataclass(frozen=True, eq=False)
class ReliabilityCurve:
    """Stated against observed, bin by bin (empty bins left out).

    Attributes:
        stated: Mean stated probability of each bin, shape (b,).
        observed: Share that happened, shape (b,).
        count: Predictions in each bin, shape (b,).
        expected_calibration_error: Mean of |observed - stated|, weighted by count.
        brier: Mean squared error of the probabilities.
        brier_of_base_rate: The same for always stating the overall share: what no information
            scores.
    """

    stated: FloatArray
    observed: FloatArray
    count: IntArray
    expected_calibration_error: float
    brier: float
    brier_of_base_rate: float


@checked
def reliability_curve(
    probability: Shares, happened: BoolArray, *, bins: Count = 10, equal_counts: bool = False
) -> ReliabilityCurve:
    """Reliability curve and expected calibration error.

    Args:
        probability: Stated, within [0, 1], shape (n,); nan (nothing stated) is left out with its
            outcome.
        happened: Shape (n,).
        bins: How many.
        equal_counts: False: bins of equal width over [0, 1] (the usual definition). True: bins of
            about equal counts, which resolves small base rates; equal probabilities always share a
            bin.

    Raises:
        InputError: Shapes differ, a probability is outside [0, 1], nothing is stated, or fewer than
            one bin.

    Source: Naeini, Cooper & Hauskrecht (2015), AAAI, section 2 (ECE); Brier (1950).

    >>> curve = reliability_curve(
    ...     np.array([0.2, 0.2, 0.2, 0.2, 0.8]), np.array([True, False, False, False, True])
    ... )
    >>> (
    ...     curve.stated.tolist(),
    ...     curve.observed.tolist(),
    ...     round(curve.expected_calibration_error, 4),
    ... )  # (4 * .05 + 1 * .2) / 5
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


def _checked(
    probability: FloatArray, happened: BoolArray, bins: int
) -> tuple[FloatArray, FloatArray]:
    if probability.shape != happened.shape or probability.ndim != 1 or bins > MOST_BINS:
        raise InputError(
            f"probability has shape {probability.shape}, happened {happened.shape}, bins is {bins};"
            f" give one outcome a probability and at most {MOST_BINS:,} bins.",
            field="happened",
            value=happened.shape,
        )
    known = ~np.isnan(probability)
    stated = probability[known]
    if stated.size == 0:
        raise InputError(
            "No probability is stated; there is nothing to calibrate against.",
            field="probability",
            value=probability,
        )
    return stated, happened[known].astype(np.float64)


@dataclass(frozen=True)
class Threshold:
    """Where to cut stated probabilities so that what is left is right often enough.

    Attributes:
        attainable: Whether any cut reaches it on enough predictions.
        threshold: State only probabilities of at least this; nan when unattainable.
        precision: What is then right, on the data it was chosen on: promise it only after a later
            window confirms it. nan when unattainable.
        precision_low: Lower end of the 95 % Wilson interval of that precision.
        coverage: Share of predictions that remain: the price. 0 when unattainable.
        best: Highest precision that any cut with enough predictions reaches.
    """

    wanted: float
    attainable: bool
    threshold: float
    precision: float
    precision_low: float
    coverage: float
    best: float


@checked
def threshold_for_precision(
    probability: Shares, happened: BoolArray, wanted: Precision, *, at_least: CountOrNone = 30
) -> Threshold:
    """The lowest cut whose remaining predictions are right at least `wanted` of the time.

    Args:
        probability: Stated, within [0, 1], shape (n,); nan is left out.
        happened: Shape (n,).
        wanted: Precision, in (0, 1].
        at_least: Predictions that must remain: a cut that leaves three lucky ones is no answer.

    Returns:
        Equal probabilities stay together. Unattainable is an answer, with the best that could be
        had.

    Raises:
        InputError: wanted is not in (0, 1], or the data cannot be used.

    >>> cut = threshold_for_precision(
    ...     np.array([0.9, 0.9, 0.5, 0.1]), np.array([True, True, True, False]), 0.85, at_least=2
    ... )
    >>> cut.threshold, cut.precision, cut.coverage
    (0.5, 1.0, 0.75)
    """
    stated, outcome = _checked(probability, happened, 1)
    order = np.argsort(-stated, kind="stable")
    right = np.cumsum(outcome[order])
    count = np.arange(1, len(order) + 1)
    last_of_equals = np.append(stated[order][1:] != stated[order][:-1], True)
    enough = last_of_equals & (count >= at_least)
    precise = right / count
    best = float(precise[enough].max()) if enough.any() else float("nan")
    reached = np.flatnonzero(enough & (precise >= wanted))
    if reached.size == 0:
        return Threshold(wanted, False, float("nan"), float("nan"), float("nan"), 0.0, best)
    i = int(reached[-1])
    cut, share, low = stated[order][i], count[i] / len(order), wilson_low(right[i], count[i])
    return Threshold(wanted, True, float(cut), float(precise[i]), low, float(share), best)


@checked
def wilson_low(right: float, count: float, z: float = 1.959963984540054) -> float:
    """Lower end of the Wilson score interval of right / count.

    Source: Wilson (1927).

    >>> round(wilson_low(8, 10), 4)
    0.4902
    """
    if not 0.0 <= right <= count or count == 0.0:
        raise InputError(
            f"right is {right:g} of {count:g}; it is a part of a count above 0. Correct them.",
            field="right",
            value=right,
        )
    share, extra = right / count, z * z / count
    return float(
        (share + extra / 2.0 - z * np.sqrt(share * (1.0 - share) / count + extra / (4.0 * count)))
        / (1.0 + extra)
    )
