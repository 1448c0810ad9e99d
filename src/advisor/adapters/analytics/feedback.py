"""What clients say: recommendation, effort, satisfaction."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

from scipy.special import ndtri, stdtrit

from advisor.adapters.analytics.columns import vector
from advisor.adapters.analytics.proportions import Proportion, proportion
from advisor.annotations import Count, OpenShare, Vector
from advisor.arrays import FloatArray
from advisor.errors import InputError
from advisor.validation import checked


@dataclass(frozen=True)
class NetPromoter:
    """Net promoter score, -100 to 100, with its standard error and normal interval."""

    value: float
    standard_error: float
    low: float
    high: float
    promoters: int
    passives: int
    detractors: int
    n: int


@dataclass(frozen=True)
class Effort:
    """Mean of the effort answers with its t interval, and the share that found it easy."""

    mean: float
    standard_error: float
    low: float
    high: float
    easy: Proportion
    n: int


@checked
def nps(scores: Vector, *, confidence: OpenShare = 0.95) -> NetPromoter:
    """Net promoter score: 100 x (share of 9 and 10 - share of 0 to 6).

    Args:
        scores: Whole answers from 0 to 10, shape (n,).
        confidence: Covered share of the interval.

    Returns:
        The score; standard error 100 sqrt((p + d - (p - d)^2) / n), that of the multinomial shares.

    Raises:
        InputError: No answer, or one that is no whole number from 0 to 10.

    Source: Reichheld (2003); the error is that of a difference of multinomial shares.

    >>> nps([10] * 200 + [8] * 120 + [3] * 80).value
    30.0
    """
    ratings = vector(scores, "scores", low=0.0, high=10.0, whole=True)
    n, promoters, detractors = len(ratings), int((ratings >= 9).sum()), int((ratings <= 6).sum())
    value = (promoters - detractors) / n
    error = 100.0 * sqrt(max((promoters + detractors) / n - value**2, 0.0) / n)
    half = float(ndtri(0.5 + confidence / 2.0)) * error
    low, high = max(100.0 * value - half, -100.0), min(100.0 * value + half, 100.0)
    passives = n - promoters - detractors
    return NetPromoter(100.0 * value, error, low, high, promoters, passives, detractors, n)


@checked
def ces(
    scores: Vector, *, scale: Count = 7, easy: Count = 5, confidence: OpenShare = 0.95
) -> Effort:
    """Customer effort score: mean agreement that it was easy, and the share that agrees.

    Args:
        scores: Whole answers from 1 (hard) to `scale` (easy), at least 2, shape (n,).
        scale: Best answer.
        easy: Smallest answer that agrees.
        confidence: Covered share of both intervals.

    Raises:
        InputError: Fewer than 2 answers, one off the scale, or `easy` off the scale.

    Source: Dixon, Freeman and Toman (2010); version 2.0 asks for agreement from 1 to 7.
    """
    ratings = vector(scores, "scores", low=1.0, high=scale, whole=True, least=2)
    n, mean = len(ratings), float(ratings.mean())
    error = float(ratings.std(ddof=1)) / sqrt(n)
    half = float(stdtrit(n - 1, 0.5 + confidence / 2.0)) * error
    agrees = _top(ratings, easy, scale, "easy", confidence)
    return Effort(mean, error, max(mean - half, 1.0), min(mean + half, float(scale)), agrees, n)


@checked
def csat(
    scores: Vector, *, scale: Count = 5, satisfied: Count = 4, confidence: OpenShare = 0.95
) -> Proportion:
    """Customer satisfaction: share of answers of at least `satisfied` on 1 to `scale`.

    Raises:
        InputError: No answer, one off the scale, or `satisfied` off the scale.

    Source: the "top two boxes" of a five-point scale, as surveys report it.
    """
    ratings = vector(scores, "scores", low=1.0, high=scale, whole=True)
    return _top(ratings, satisfied, scale, "satisfied", confidence)


def _top(ratings: FloatArray, least: int, scale: int, field: str, confidence: float) -> Proportion:
    """Share of answers of at least `least`."""
    if 1 < least <= scale:
        return proportion(int((ratings >= least).sum()), len(ratings), confidence=confidence)
    why = f"{field} is {least}; it must lie above 1 and up to scale = {scale},"
    remedy = "or every answer counts the same. Correct it."
    raise InputError(f"{why} {remedy}", field=field, value=least)
