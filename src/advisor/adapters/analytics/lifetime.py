"""How often clients will buy again, and who may have left unnoticed: the BG/NBD model."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import betaln, digamma, expit, gammaln, hyp2f1

from advisor.adapters.analytics.histories import histories, most_likely
from advisor.annotations import NotNegative, Vector
from advisor.arrays import FloatArray
from advisor.errors import InputError
from advisor.validation import checked

_NEAR = 1e-7
"""How near a - 1 may come to 0, where the closed form is a limit."""


@dataclass(frozen=True)
class PurchaseModel:
    """Purchases at a rate of the client's own until they leave, after any purchase, unseen.

    Attributes:
        r, alpha: Rates are Gamma(r) / alpha across clients; alpha in units of time.
        a, b: Chances to leave after a purchase are Beta(a, b) across clients.
        log_likelihood: Of the clients fitted on.
        customers: How many they were.
        at_edge: Parameters that ran to the edge of what is searched: the clients do not tell them.
    """

    r: float
    alpha: float
    a: float
    b: float
    log_likelihood: float
    customers: int
    at_edge: tuple[str, ...] = ()

    @classmethod
    @checked
    def fit(cls, frequency: Vector, recency: Vector, age: Vector) -> PurchaseModel:
        """Maximum likelihood.

        Args:
            frequency: Repeat purchases (all but the first), whole, shape (c,).
            recency: Time from the first purchase to the last, 0 where there was one, shape (c,).
            age: Time from the first purchase to the end of the data, in the same unit, shape (c,).

        Raises:
            InputError: A negative or broken count, recency above age, recency 0 with repeats or
                above 0 without, an age of 0 for all, or nobody who bought again.
            SolverError: The search does not settle.

        Source: Fader, Hardie and Lee (2005), "Counting your customers the easy way", eq. (6).
        """
        x, last, end = histories(frequency, recency, age)
        if not (x > 0.0).any() or not (end > 0.0).any():
            why = "No client bought again, so that neither rates nor leaving can be told."
            raise InputError(f"{why} Take a longer time.", field="frequency", value=0)
        unit = float(end.mean())
        rows, weight = np.unique(np.stack([x, last / unit, end / unit]), axis=1, return_counts=True)
        logs, loss, at_edge = most_likely(
            lambda logs: _loss(logs, rows, weight.astype(np.float64)),
            ("r", "alpha", "a", "b"),
            "The purchase model",
        )
        r, alpha, a, b = np.exp(logs).tolist()
        likelihood = -loss * len(x) - float(x.sum()) * float(np.log(unit))
        return cls(r, alpha * unit, a, b, likelihood, len(x), at_edge)

    @checked
    def expected(self, time: NotNegative) -> float:
        """Repeat purchases of a new client within `time` of the first; the same, eq. (9)."""
        c = np.array([self.a + self.b - 1.0])
        return float(self._growth(c, self.r, time / (self.alpha + np.array([time])))[0])

    @checked
    def expected_of(
        self, frequency: Vector, recency: Vector, age: Vector, *, time: NotNegative
    ) -> FloatArray:
        """Purchases of each client in the next `time`, shape (c,). Arguments as in `fit`.

        Source: the same, eq. (10), in the form that does not overflow (Euler's transformation).
        """
        x, last, end = histories(frequency, recency, age)
        mean = self._growth(self.a + self.b + x - 1.0, self.r + x, time / (self.alpha + end + time))
        return mean * self._alive(x, last, end)

    @checked
    def p_alive(self, frequency: Vector, recency: Vector, age: Vector) -> FloatArray:
        """Probability that each client has not left, shape (c,). Arguments as in `fit`.

        It is 1 for whoever bought once, by construction: nobody leaves before a repeat purchase.
        Never rank clients by it for churn; take `ChurnModel`.

        Source: Fader, Hardie and Lee (2008), "Computing P(alive) using the BG/NBD model".
        """
        return self._alive(*histories(frequency, recency, age))

    def _alive(self, x: FloatArray, last: FloatArray, end: FloatArray) -> FloatArray:
        gap = (self.r + x) * (np.log(self.alpha + end) - np.log(self.alpha + last))
        odds = np.log(self.a) - np.log(self.b + np.maximum(x, 1.0) - 1.0) + gap
        return np.where(x > 0.0, expit(-odds), 1.0)

    def _growth(self, c: FloatArray, rate: float | FloatArray, z: FloatArray) -> FloatArray:
        """C (1 - (1 - z)^rate 2F1(rate, c + 1 - a; c; z)) / (a - 1), by Euler's transformation."""
        gap = self.a - 1.0 if abs(self.a - 1.0) > _NEAR else _NEAR
        c = np.where(np.abs(c) > _NEAR, c, _NEAR)
        with np.errstate(all="ignore"):
            mean = c * (1.0 - (1.0 - z) ** gap * hyp2f1(c - rate, gap, c, z)) / gap
        if np.isfinite(mean).all():
            return mean
        raise InputError(
            f"Purchases cannot be told from {self}: time is too long, or parameters at the edge"
            " leave clients all alike. Take a shorter time, or fit on more clients.",
            field="time",
        )


def _loss(logs: FloatArray, rows: FloatArray, weight: FloatArray) -> tuple[float, FloatArray]:
    """Mean negative log-likelihood and its gradient in the logarithms of r, alpha, a, b."""
    (r, alpha, a, b), (x, last, end) = np.exp(logs), rows
    repeat, total = x > 0.0, weight.sum()
    until, since = np.log(alpha + end), np.log(alpha + last)
    more = np.where(repeat, b + x - 1.0, 1.0)
    stays, leaves = -(r + x) * until, np.log(a) - np.log(more) - (r + x) * since
    mixed = np.where(repeat, np.logaddexp(stays, leaves), stays)
    left = np.where(repeat, expit(leaves - stays), 0.0)
    value = (
        gammaln(r + x) - gammaln(r) + r * np.log(alpha) + betaln(a, b + x) - betaln(a, b) + mixed
    )
    both = digamma(a + b) - digamma(a + b + x)
    slopes = np.stack(
        [
            r * (digamma(r + x) - digamma(r) + np.log(alpha) - (1.0 - left) * until - left * since),
            r - alpha * (r + x) * ((1.0 - left) / (alpha + end) + left / (alpha + last)),
            a * both + left,
            b * (both + digamma(b + x) - digamma(b) - left / more),
        ]
    )
    return -float((weight * value).sum() / total), -(slopes * weight).sum(axis=1) / total
