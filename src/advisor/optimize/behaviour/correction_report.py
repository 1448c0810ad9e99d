"""What each bias does to a portfolio, what giving in to it costs a year, and how far advice may
bend towards it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from advisor.annotations import Share
from advisor.arrays import BoolArray, FloatArray, numbers
from advisor.errors import InputError
from advisor.optimize.frontier.frontier import Frontier
from advisor.optimize.preferences.bias_evidence import BiasEvidence
from advisor.optimize.preferences.corrections import (
    BiasPolicy,
    Correction,
    combine_corrections,
    excess_loss_aversion,
)
from advisor.optimize.preferences.preferences import Preferences
from advisor.validation import checked

BASIS_POINTS = 1e4
BiasKind = Literal["emotional", "cognitive"]


@checked
def correct_risk_aversion(
    frontier: Frontier,
    risk_aversion: FloatArray,
    evidence: BiasEvidence,
    policy: BiasPolicy | None = None,
) -> Correction:
    """Effective risk aversion of each client on a frontier: solve, set the status, apply the
    one-way rule, cap.

    Args:
        frontier: The efficient portfolios they can have.
        risk_aversion: Of the rational portfolio, shape (c,); inf = least risk, and stays so.
        evidence: On the same clients.
        policy: Default `BiasPolicy()`.

    Returns:
        The correction, each effect apart. The loss-averse optimum is the exact fixed point on this
        frontier for the excess loss aversion.

    Raises:
        InputError: Lengths disagree, or a risk aversion is negative or nan.
    """
    gamma = numbers(risk_aversion, "risk_aversion")
    own = excess_loss_aversion(evidence, policy)
    behavioural = gamma.copy()
    inner = (
        np.flatnonzero(np.isfinite(gamma) & (own > 1.0))
        if gamma.shape == own.shape
        else np.zeros(0, dtype=np.int64)
    )
    if inner.size:
        some = evidence.take(inner)
        wants = Preferences(
            np.maximum(gamma[inner], 0.0), own[inner], some.reference_return, some.evaluation_years
        )
        behavioural[inner] = frontier.effective_risk_aversion(wants)
    return combine_corrections(gamma, behavioural, evidence, policy)


@dataclass(frozen=True, eq=False)
class CorrectionReport:
    """Weights before, after each effect alone, and after all, shape (c, n) each; costs in basis
    points a year, shape (c,) each.

    A cost is the certainty equivalent `mean - g/2 * variance` that a client of the rational risk
    aversion g gives up by holding the corrected portfolio: what respecting the bias costs them (and
    so what moderating it would earn). It is never negative, because the rational portfolio is the
    best at g.
    """

    rational: FloatArray
    loss_aversion: FloatArray
    disposition: FloatArray
    overconfidence: FloatArray
    corrected: FloatArray
    loss_aversion_cost: FloatArray
    disposition_cost: FloatArray
    overconfidence_cost: FloatArray
    total_cost: FloatArray


@checked
def report_correction(frontier: Frontier, correction: Correction) -> CorrectionReport:
    """Portfolios and certainty-equivalent costs of a correction.

    Args:
        frontier: The one the correction was made on.
        correction: Of c clients.

    Raises:
        InputError: One of them is something else.
    """
    base = correction.rational
    effects = (
        correction.loss_aversion_factor,
        correction.disposition_factor,
        correction.overconfidence_factor,
    )
    risk_aversions = [base * factor for factor in effects] + [correction.effective]
    weights = [frontier.at_risk_aversion(gamma) for gamma in risk_aversions]
    costs = [certainty_equivalent_cost(frontier, base, gamma) for gamma in risk_aversions]
    return CorrectionReport(frontier.at_risk_aversion(base), *weights, *costs)


@checked
def certainty_equivalent_cost(
    frontier: Frontier, rational: FloatArray, actual: FloatArray
) -> FloatArray:
    """What holding the frontier portfolio of risk aversion `actual` costs a client of risk aversion
    `rational`, in basis points a year.

    Args:
        frontier: The efficient portfolios.
        rational: Shape (c,); inf: no return expresses the cost, nan.
        actual: Shape (c,).

    Returns:
        Shape (c,), 0 or more.
    """
    best_mean, best_volatility = frontier.moments_at(rational)
    mean, volatility = frontier.moments_at(actual)
    with np.errstate(invalid="ignore"):
        lost = (
            best_mean
            - mean
            - 0.5 * rational * (best_volatility - volatility) * (best_volatility + volatility)
        )
    return np.where(np.isinf(rational), np.nan, BASIS_POINTS * np.maximum(lost, 0.0))


@checked
@dataclass(frozen=True)
class AdaptationPolicy:
    """How far, in weight of one asset, advice may leave the rational portfolio to suit a bias.

    Biases of feeling are adapted to, biases of thinking moderated; the wealthy can afford to be
    adapted to. The figures are the usually quoted ranges' upper edges; no primary source for them
    was found, so treat them as configuration.

    Args:
        wealthy: Wealth from which a client counts as wealthy.
        wealthy_emotional: Largest distance for them with a bias of feeling.
        mixed: For the two mixed cells.
        modest_cognitive: For the less wealthy with a bias of thinking.

    Source: Pompian and Longo (2005), Incorporating behavioral finance into your practice.
    """

    wealthy: float = 1_000_000.0
    wealthy_emotional: Share = 0.15
    mixed: Share = 0.10
    modest_cognitive: Share = 0.03

    def distance(self, wealth: FloatArray, emotional: BoolArray) -> FloatArray:
        """Largest distance of any one weight from the rational portfolio, shape (c,).

        >>> AdaptationPolicy().distance(
        ...     np.array([2e6, 2e6, 1e5, 1e5]), np.array([True, False, True, False])
        ... ).tolist()
        [0.15, 0.1, 0.1, 0.03]
        """
        rich = np.asarray(wealth) >= self.wealthy
        both, neither = rich & emotional, ~rich & ~np.asarray(emotional)
        return np.where(
            both, self.wealthy_emotional, np.where(neither, self.modest_cognitive, self.mixed)
        )


def adaptation_box(weights: FloatArray, distance: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Bounds round the rational portfolio for `optimal_portfolios(lower=..., upper=...)`, each
    shape (c, n).

    Args:
        weights: Rational portfolios, shape (c, n).
        distance: Largest distance of a weight, shape (c,); 0 leaves the rational portfolio alone.

    Returns:
        `(weights - distance, weights + distance)`; long positions are not turned into short ones.

    Raises:
        InputError: A distance is negative or nan, or shapes disagree.
    """
    room = np.asarray(distance, dtype=np.float64)
    if weights.ndim != 2 or room.shape != (len(weights),) or not (room >= 0.0).all():
        raise InputError(
            f"distance has shape {room.shape} for weights {weights.shape}; give one number, 0 or"
            " more, a client.",
            field="distance",
            value=room.shape,
        )
    low = weights - room[:, None]
    return np.where(weights >= 0.0, np.maximum(low, 0.0), low), weights + room[:, None]
