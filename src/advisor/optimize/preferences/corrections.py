"""From measured biases to a correction factor of risk aversion: explicit, shrunken, one-way,
capped, small by default.

A risk aversion that comes from a target volatility already holds the population's dislike of
losses, so only what a client has in excess of it corrects. The order is fixed: shrink the evidence,
find the optimum of the behavioural preferences, never take more risk than without them, then cap.
Every effect is reported apart.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np

from advisor.annotations import NotNegative
from advisor.arrays import BoolArray, FloatArray, numbers
from advisor.errors import InputError
from advisor.optimize.preferences.bias_evidence import BiasEvidence
from advisor.privacy import hides
from advisor.readers import Number
from advisor.validation import checked

Factor = Annotated[float, Number("Give 1 or more; below 1 it would raise risk.", low=1.0)]
Disposition = Annotated[
    float, Number("PGR - PLR is a difference of shares, from -1 to 1.", low=-1.0, high=1.0)
]


@checked
@dataclass(frozen=True)
class BiasPolicy:
    """How far evidence about biases may move an allocation; the advisor's decision, not the
    client's.

    Args:
        cap: Largest factor on risk aversion, of all effects together; 1 switches the correction
            off.
        population_loss_aversion: Already in the risk aversion that is corrected, so only the excess
            over it counts; 1 counts all of a client's. 1.955, the mean of 607 published estimates,
            takes the target volatility to hold the dislike of losses of an average person.
        loss_aversion_spread: Standard deviation of true loss aversion between people; what a noisy
            estimate is shrunk by.
        population_disposition: Mean of PGR - PLR; 0.148 - 0.098 in the classic sample.
        disposition_spread: Standard deviation of the true effect between people.
        disposition_weight: Rise of the factor for each 1.00 of excess disposition: weak evidence,
            so a small number.
        disposition_cap: Largest factor that disposition alone can give.
        overconfidence_weight: Rise of the factor for each 1.00 by which intervals are too narrow.
        overconfidence_cap: Largest factor that overconfidence alone can give.

    Raises:
        InputError: A cap below 1, a negative weight or spread: they would raise risk. A setting
            that is no finite number.

    Source: Brown, Imai, Vieider and Camerer (2024) for 1.955 [1.820, 2.102]; Odean (1998) for the
    disposition counts. Spreads, weights and caps are this library's own, meant to be calibrated.
    """

    cap: Factor = 2.0
    population_loss_aversion: Factor = 1.0
    loss_aversion_spread: NotNegative = 0.7
    population_disposition: Disposition = 0.051
    disposition_spread: NotNegative = 0.15
    disposition_weight: NotNegative = 0.5
    disposition_cap: Factor = 1.1
    overconfidence_weight: NotNegative = 0.25
    overconfidence_cap: Factor = 1.1

    @property
    def values(self) -> tuple[float, ...]:
        """All settings, in the order above."""
        return tuple(vars(self).values())


@hides
@dataclass(frozen=True, eq=False)
class Correction:
    """Risk aversion before and after, and what each bias did; a row a client.

    Attributes:
        rational: The risk aversion that was corrected, shape (c,).
        effective: After shrinking, the one-way rule and the cap; `rational <= effective <= cap *
            rational`, infinities stay. Shape (c,).
        factor: `effective / rational` (1 where that is infinite or 0), shape (c,).
        loss_aversion_factor, disposition_factor, overconfidence_factor: Each alone, at least 1 and
            at most the cap, shape (c,).
        loss_aversion: After shrinking, as excess over the population: what entered the
            optimisation; 1 = none. Shape (c,).
        one_way: The behavioural optimum asked for more risk and was refused, shape (c,).
        capped: The cap holds the factor down, shape (c,).
        no_participation: The pure optimum takes no risk at all (then the cap decides), shape (c,).
    """

    rational: FloatArray
    effective: FloatArray
    factor: FloatArray
    loss_aversion_factor: FloatArray
    disposition_factor: FloatArray
    overconfidence_factor: FloatArray
    loss_aversion: FloatArray
    one_way: BoolArray
    capped: BoolArray
    no_participation: BoolArray

    def __len__(self) -> int:
        return len(self.rational)


def excess_loss_aversion(evidence: BiasEvidence, policy: BiasPolicy | None = None) -> FloatArray:
    """The loss aversion that is a client's own: `1 + max(0, shrunk - population)`, shape (c,); 1
    where unknown.

    Shrunk is `B * estimate + (1 - B) * population` with `B = spread^2 / (spread^2 + se^2)`: a
    useless estimate (se infinite in effect) corrects nothing. Loss aversion below the population's
    does not raise risk.

    >>> evidence = BiasEvidence.of(
    ...     4, loss_aversion=[2.455, 2.455, 1.5, np.nan], loss_aversion_se=[np.nan, 0.7, 0.0, 0.0]
    ... )
    >>> excess_loss_aversion(evidence, BiasPolicy(population_loss_aversion=1.955)).round(3).tolist()
    [1.5, 1.25, 1.0, 1.0]
    """
    rules = BiasPolicy() if policy is None else policy
    return 1.0 + _excess(
        evidence.loss_aversion,
        evidence.loss_aversion_se,
        rules.population_loss_aversion,
        rules.loss_aversion_spread,
    )


def combine_corrections(
    risk_aversion: FloatArray,
    behavioural: FloatArray,
    evidence: BiasEvidence,
    policy: BiasPolicy | None = None,
) -> Correction:
    """One-way rule and caps, after the optimum of the behavioural preferences is known.

    Args:
        risk_aversion: Of the rational portfolio, shape (c,); inf = the least risky one.
        behavioural: Risk aversion at which plain mean-variance gives the optimum of
            `excess_loss_aversion`, shape (c,); inf = no participation.
        evidence: On the same clients.
        policy: Default `BiasPolicy()`.

    Returns:
        Factors multiply: `effective = rational * min(cap, loss aversion * disposition *
        overconfidence)`. Elementwise, so a row does not depend on its batch.

    Raises:
        InputError: Lengths disagree, or a risk aversion is negative or nan.
    """
    rules = BiasPolicy() if policy is None else policy
    rational = numbers(risk_aversion, "risk_aversion")
    if rational.shape != (len(evidence),) or behavioural.shape != rational.shape:
        raise InputError(
            f"risk_aversion has shape {rational.shape} for {len(evidence)} rows of evidence; give"
            " one each.",
            field="risk_aversion",
            value=rational.shape,
        )
    if not (rational >= 0.0).all():
        row = int(np.argmin(rational >= 0.0))
        raise InputError(
            f"risk_aversion[{row}] is {rational[row]}; it runs from 0 to inf.",
            field="risk_aversion",
            value=float(rational[row]),
        )
    inner = np.isfinite(rational) & (rational > 0.0)
    raw = np.divide(behavioural, rational, out=np.ones_like(rational), where=inner)
    loss, (disposition, confidence) = np.maximum(raw, 1.0), _small_factors(evidence, rules, inner)
    product = loss * disposition * confidence
    factor = np.minimum(product, rules.cap)
    return Correction(
        rational=rational,
        effective=np.where(inner, rational * factor, rational),
        factor=factor,
        loss_aversion_factor=np.minimum(loss, rules.cap),
        disposition_factor=np.minimum(disposition, rules.cap),
        overconfidence_factor=np.minimum(confidence, rules.cap),
        loss_aversion=excess_loss_aversion(evidence, rules),
        one_way=raw < 1.0,
        capped=product > rules.cap,
        no_participation=np.isinf(raw),
    )


def _small_factors(
    evidence: BiasEvidence, rules: BiasPolicy, inner: BoolArray
) -> tuple[FloatArray, FloatArray]:
    """Factors of disposition and overconfidence, 1 outside `inner`, each shape (c,)."""
    excess = _excess(
        evidence.disposition,
        evidence.disposition_se,
        rules.population_disposition,
        rules.disposition_spread,
    )
    narrow = np.maximum(np.nan_to_num(evidence.overconfidence, nan=1.0) - 1.0, 0.0)
    effects = (
        (rules.disposition_weight * excess, rules.disposition_cap),
        (rules.overconfidence_weight * narrow, rules.overconfidence_cap),
    )
    first, second = (np.where(inner, np.minimum(1.0 + x, cap), 1.0) for x, cap in effects)
    return first, second


def _excess(value: FloatArray, error: FloatArray, population: float, spread: float) -> FloatArray:
    if np.isnan(value).all():
        return np.zeros_like(value)
    noise = np.where(np.isnan(error), 0.0, error)
    total = spread**2 + noise**2
    trust = np.where(
        noise == 0.0, 1.0, np.divide(spread**2, total, out=np.zeros_like(noise), where=total > 0.0)
    )
    return np.where(np.isnan(value), 0.0, np.maximum(trust * (value - population), 0.0))
