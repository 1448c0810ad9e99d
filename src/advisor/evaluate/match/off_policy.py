"""What another way of recommending would have earned, from the log of the way that was used."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated

import numpy as np
import pandas as pd
from scipy.special import ndtri

from advisor.annotations import OpenShare
from advisor.arrays import BoolArray, FloatArray, IntArray
from advisor.errors import InputError
from advisor.evaluate.match.logged import LoggedChoices
from advisor.readers import Array, Number
from advisor.validation import checked

DEFINITIONS: dict[str, str] = {
    "logged": "mean reward under the policy that wrote the log",
    "direct": (
        "mean of the model's expected reward under the new policy; as good as the model, whatever"
        " the log says"
    ),
    "ips": (
        "mean of weight x reward, weight = probability under the new policy / probability under the"
        " logging policy; unbiased where the logging policy could show all the new one shows"
    ),
    "snips": (
        "sum of weight x reward / sum of weights: biased by about 1/n, usually with far less"
        " variance, unchanged when a constant is added to every reward"
    ),
    "dr": (
        "direct plus the mean of weight x (reward - model): unbiased if either the propensities or"
        " the model are right"
    ),
    "sndr": "dr with its correction divided by the sum of weights instead of n",
}
"""What each estimate is."""

Cut = Annotated[float, Number("Give a positive number.", low=1e-100, infinite=True)]
Scores = Annotated[
    FloatArray, Array("Pass a score for each client and product.", dimensions=(2,), finite=True)
]


@dataclass(frozen=True)
class Estimate:
    """One estimate of the new policy's mean reward a record, with a normal interval from its
    influence values (summed within a client).
    """

    name: str
    value: float
    standard_error: float
    low: float
    high: float


@dataclass(frozen=True)
class OffPolicyReport:
    """All estimates side by side, and whether the log can carry them.

    Attributes:
        estimates: `logged`, `ips`, `snips`, and with a model `direct`, `dr`, `sndr`.
        records: Records, and clients or other clusters they come from.
        mean_weight: Should be near 1 before clipping; far from it the propensities are wrong or the
            logging policy could not show what the new one shows.
        effective_records: (sum w)^2 / sum w^2: how many records the estimates really stand on.
        largest_weight: Before clipping.
        clipped: Share of records whose weight was cut.
    """

    estimates: tuple[Estimate, ...]
    records: int
    clusters: int
    mean_weight: float
    mean_weight_error: float
    effective_records: float
    largest_weight: float
    clipped: float
    clip: float | None
    confidence: float

    def __getitem__(self, name: str) -> Estimate:
        for estimate in self.estimates:
            if estimate.name == name:
                return estimate
        raise InputError(
            f"There is no estimate {name!r}; there are {[e.name for e in self.estimates]}.",
            field="name",
            value=name,
        )

    def to_frame(self) -> pd.DataFrame:
        """One row an estimate, with its definition."""
        rows = [
            (e.name, e.value, e.standard_error, e.low, e.high, DEFINITIONS[e.name])
            for e in self.estimates
        ]
        return pd.DataFrame(
            rows, columns=["estimate", "value", "standard_error", "low", "high", "definition"]
        )

    def __str__(self) -> str:
        return "\n".join(self._lines())

    def _lines(self) -> Iterator[str]:
        yield (
            f"Off-policy value from {self.records:,} records of {self.clusters:,} clients, worth"
            f" {self.effective_records:,.0f} of the new policy's own"
        )
        for e in self.estimates:
            yield f"  {e.name:8}{e.value:12.6f}   {self.confidence:.0%} [{e.low:.6f}, {e.high:.6f}]"
        yield (
            f"  mean weight {self.mean_weight:.4f} (should be near 1, standard error"
            f" {self.mean_weight_error:.4f}), largest {self.largest_weight:,.1f}"
        )
        if abs(self.mean_weight - 1.0) > 3.0 * self.mean_weight_error:
            yield (
                "  The mean weight is not near 1: the propensities are wrong, or the logging policy"
                " never showed what the new one would. Do not trust ips and dr."
            )
        if self.clip is not None:
            yield (
                f"  weights cut at {self.clip:g}: {self.clipped:.2%} of records; ips and snips lean"
                " to what the log could see"
            )


@checked
def off_policy(
    logged: LoggedChoices, *, clip: Cut | None = None, confidence: OpenShare = 0.95
) -> OffPolicyReport:
    """Estimate the mean reward of a policy that never ran.

    Args:
        logged: The log with both policies' probabilities.
        clip: Cut weights here: less variance for some bias; None leaves them.
        confidence: Covered share of the intervals.

    Returns:
        Every estimate with its interval, and the diagnostics that say whether to believe them.

    Raises:
        InputError: clip or confidence cannot be used.

    Source: Horvitz & Thompson (1952); Swaminathan & Joachims (2015), section 3 (SNIPS); Dudik,
    Langford & Li (2011), section 2 (DR).

    >>> log = LoggedChoices(
    ...     np.array([1.0, 0.0, 1.0, 0.0]), np.full(4, 0.5), np.array([1.0, 1.0, 0.0, 0.0])
    ... )
    >>> off_policy(log)["ips"].value, off_policy(log)["snips"].value  # (2 * 1) / 4; 2 / (2 + 2)
    (0.5, 0.5)
    """
    raw: FloatArray = logged.target / logged.propensity
    weight = raw if clip is None else np.minimum(raw, clip)
    n, total = len(logged), float(weight.sum())
    group = (
        np.arange(n)
        if logged.cluster is None
        else np.unique(logged.cluster, return_inverse=True)[1]
    )
    width = float(ndtri(0.5 + confidence / 2.0))
    estimates: list[Estimate] = []
    for name, (value, influence) in _estimates(logged, weight).items():
        error = _standard_error(influence, group)
        half = width * error
        estimates.append(Estimate(name, value, error, value - half, value + half))
    return OffPolicyReport(
        estimates=tuple(estimates),
        records=n,
        clusters=int(group.max()) + 1,
        mean_weight=float(raw.mean()),
        mean_weight_error=_standard_error(raw - raw.mean(), group),
        effective_records=total**2 / float((weight**2).sum()) if total > 0.0 else 0.0,
        largest_weight=float(raw.max()),
        clipped=0.0 if clip is None else float((raw > clip).mean()),
        clip=clip,
        confidence=confidence,
    )


def _estimates(logged: LoggedChoices, weight: FloatArray) -> dict[str, tuple[float, FloatArray]]:
    """Value and influence of each record, shape (n,), of every estimate by name."""

    def mean(values: FloatArray) -> tuple[float, FloatArray]:
        return float(values.mean()), values - values.mean()

    def normalised(base: FloatArray, residual: FloatArray) -> tuple[float, FloatArray]:
        """Mean of `base` plus the weighted mean of `residual`, by the delta method for ratios."""
        total = float(weight.sum())
        if total == 0.0:
            return np.nan, np.full(len(base), np.nan)
        correction = float((weight * residual).sum() / total)
        around = weight * (residual - correction) * (len(base) / total)
        return float(base.mean()) + correction, base - base.mean() + around

    reward = logged.reward
    estimates = {
        "logged": mean(reward),
        "ips": mean(weight * reward),
        "snips": normalised(np.zeros(len(reward)), reward),
    }
    if logged.predicted is not None and logged.expected is not None:
        residual = reward - logged.predicted
        estimates["direct"] = mean(logged.expected)
        estimates["dr"] = mean(logged.expected + weight * residual)
        estimates["sndr"] = normalised(logged.expected, residual)
    return estimates


@checked
def softmax_policy(
    scores: Scores, temperature: Cut, *, eligible: BoolArray | None = None
) -> FloatArray:
    """Probabilities of showing each product first, shape (c, p): exp(score / temperature) over the
    eligible ones; the exploration a log needs.

    Args:
        scores: Shape (c, p).
        temperature: Small = nearly always the best; in the units of the scores.
        eligible: Shape (c, p); what is not eligible has probability exactly 0, whatever the
            temperature. None: everything.

    Returns:
        Rows add up to 1, or to 0 where nothing is eligible.

    Raises:
        InputError: temperature is not positive.
    """
    may = np.ones(scores.shape, dtype=np.bool_) if eligible is None else eligible
    if may.shape != scores.shape:
        why = f"eligible has shape {may.shape}, but {scores.shape} is needed, one a score."
        raise InputError(why, field="eligible", value=may.shape)
    best = np.max(np.where(may, scores, -np.inf), axis=1, keepdims=True, initial=-np.inf)
    shifted = np.where(may, scores - np.where(np.isfinite(best), best, 0.0), -np.inf)
    mass = np.exp(shifted / temperature)
    total = mass.sum(axis=1, keepdims=True)
    return mass / np.where(total > 0.0, total, 1.0)


def _standard_error(influence: FloatArray, group: IntArray) -> float:
    """Of the mean of n centred values, summed within a group first; nan for a single group."""
    sums = np.bincount(group, weights=influence)
    m, n = len(sums), len(influence)
    return float(np.sqrt(m / (m - 1.0) * (sums**2).sum()) / n) if m > 1 else float("nan")
