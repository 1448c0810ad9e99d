"""What clients spend at a purchase (the Gamma-Gamma model), and what they are worth."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import digamma, gammaln

from advisor.adapters.analytics.columns import measured, table, vector
from advisor.adapters.analytics.histories import most_likely
from advisor.adapters.analytics.lifetime import PurchaseModel
from advisor.annotations import Count, NotNegative, Positive, Share, Vector
from advisor.arrays import FloatArray
from advisor.errors import InputError
from advisor.privacy import kept
from advisor.validation import checked


@dataclass(frozen=True)
class SpendModel:
    """Money of a purchase: Gamma(p), its scale the client's own: Gamma(q, v) across clients."""

    p: float
    q: float
    v: float
    log_likelihood: float
    customers: int

    @classmethod
    @checked
    def fit(cls, frequency: Vector, money: Vector) -> SpendModel:
        """Maximum likelihood on the clients who bought again.

        Args:
            frequency: Repeat purchases, whole, shape (c,).
            money: Mean money of a client's repeat purchases, 0 where there were none, shape (c,).

        Raises:
            InputError: A negative count, money that is not positive with repeats, or fewer than 2
                clients with repeats, or all with the same mean.
            SolverError: The search does not settle.

        Source: Fader and Hardie (2013), "The Gamma-Gamma model of monetary value", eq. (1a).
        """
        x, m = _spent(frequency, money)
        x, m = x[x > 0.0], m[x > 0.0]
        if len(m) < 2 or np.ptp(m) <= 1e-12 * m.max():
            why = f"{len(m)} clients bought again, {len(np.unique(m))} different means of money;"
            remedy = "a spread across clients cannot be told. Take more clients."
            raise InputError(f"{why} {remedy}", field="money", value=len(m))
        unit = float(m.mean())
        names = ("p", "q", "v")
        logs, loss, _ = most_likely(lambda logs: _loss(logs, x, m / unit), names, "The spend model")
        p, q, v = np.exp(logs).tolist()
        likelihood = -loss * len(x) - len(x) * float(np.log(unit))
        return cls(p, q, v * unit, likelihood, len(x))

    @checked
    def expected_of(self, frequency: Vector, money: Vector) -> FloatArray:
        """Mean money of a client's purchases, drawn to that of all the fewer they made; shape (c,).

        Source: the same, eq. (5). Infinite where q <= 1 and a client has no repeat: no mean exists.
        """
        x, m = _spent(frequency, money)
        below = self.p * x + self.q - 1.0
        with np.errstate(divide="ignore"):
            return np.where(below > 0.0, self.p * (self.v + x * m) / below, np.inf)


def _spent(frequency: object, money: object) -> tuple[FloatArray, FloatArray]:
    x = vector(frequency, "frequency", low=0.0, high=1e9, whole=True)
    m = vector(money, "money", low=0.0, length=len(x))
    bad = (x > 0.0) & (m <= 0.0)
    if bad.any():
        row = int(np.argmax(bad))
        why = f"money[{row}] is {m[row]:g} with {x[row]:g} repeat purchases;"
        remedy = "the mean must be positive. Leave out purchases of nothing."
        raise InputError(f"{why} {remedy}", field="money", value=kept(float(m[row])))
    return x, m


def _loss(logs: FloatArray, x: FloatArray, m: FloatArray) -> tuple[float, FloatArray]:
    """Mean negative log-likelihood and its gradient in the logarithms of p, q, v."""
    p, q, v = np.exp(logs)
    k, money = p * x, m * x
    sums = np.log(v + money)
    value = gammaln(k + q) - gammaln(k) - gammaln(q) + q * np.log(v) - (k + q) * sums
    value += (k - 1.0) * np.log(m) + k * np.log(x)
    slopes = np.stack(
        [
            k * (digamma(k + q) - digamma(k) - sums + np.log(m) + np.log(x)),
            q * (digamma(k + q) - digamma(q) + np.log(v) - sums),
            q - v * (k + q) / (v + money),
        ]
    )
    return -float(value.mean()), -slopes.mean(axis=1)


@checked
def clv(
    histories: pd.DataFrame,
    purchases: PurchaseModel,
    spend: SpendModel,
    *,
    periods: Count,
    period: Positive = 1.0,
    discount: Share = 0.0,
    margin: NotNegative = 1.0,
) -> pd.Series:
    """Customer lifetime value: discounted money of the purchases that are expected, by client.

    Args:
        histories: Columns frequency, recency, age, money, as `purchase_histories` gives.
        purchases: Fitted on the same unit of time.
        spend: Fitted on the same money.
        periods: Periods ahead; a purchase within one is discounted at its end.
        period: Length of a period in the unit of time.
        discount: Rate a period, at most 1.
        margin: Part of the money that the firm keeps.

    Returns:
        Money today, of the client's next `periods` periods, indexed as `histories`.

    Raises:
        InputError: A column is absent or wrong, or the mean spend of somebody does not exist.

    Source: Fader, Hardie and Lee (2005), "RFM and CLV", section 3; sums by period.
    """
    remedy = "Make it with purchase_histories(bought, until=...)."
    frame = table(histories, ["frequency", "recency", "age", "money"], remedy, field="histories")
    x, last, end, m = (measured(frame, name) for name in ("frequency", "recency", "age", "money"))
    worth = spend.expected_of(x, m)
    if not np.isfinite(worth).all():
        raise InputError(
            f"The spend model has q = {spend.q:g}, at most 1: the mean spend of a client without"
            " repeats does not exist. Fit it on more clients, or leave such clients out.",
            field="spend",
            value=spend.q,
        )
    total, before = np.zeros(len(x)), np.zeros(len(x))
    for k in range(1, periods + 1):
        after = purchases.expected_of(x, last, end, time=k * period)
        total += (after - before) / (1.0 + discount) ** k
        before = after
    return pd.Series(total * worth * margin, index=frame.index, name="clv")
