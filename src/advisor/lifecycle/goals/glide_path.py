"""How the share of risky assets falls as the goal comes near: parametric paths, and the one that
human capital implies.
"""

from __future__ import annotations

from math import inf
from typing import Literal

import numpy as np

from advisor.annotations import NotNegative, Positive
from advisor.arrays import FloatArray
from advisor.lifecycle.inputs import together, within
from advisor.validation import checked

Shape = Literal["linear", "convex", "logistic"]


@checked
def glide_path(
    years: object,
    *,
    start: object = 0.9,
    end: object = 0.0,
    length: object = 20.0,
    shape: Shape = "linear",
    steepness: Positive | None = None,
) -> FloatArray:
    """Risky share with `years` to go.

    Args:
        years: Years until the goal's date, any shape; beyond `length` the path stays at `start`,
            after the date at `end`.
        start: Risky share far away, in 0..1; a number or an array that broadcasts with `years`.
        end: Risky share at the date, likewise.
        length: Years over which the share moves, positive.
        shape: "linear"; "convex" falls fast at first and slowly near the date (power `steepness`,
            default 2); "logistic" falls in the middle (slope `steepness`, default 10, scaled so
            that both ends are met exactly).
        steepness: Of the convex or logistic shape.

    Returns:
        Shares of the broadcast shape: exactly `start` at or beyond `length`, exactly `end` at 0,
        monotone between.

    Raises:
        InputError: A share is outside 0..1, a length or steepness is not positive, or an unknown
            shape.

    >>> glide_path([25.0, 20.0, 10.0, 0.0]).tolist()
    [0.9, 0.9, 0.45, 0.0]
    >>> (
    ...     glide_path(10.0, shape="convex").round(3).tolist(),
    ...     glide_path(10.0, shape="logistic").round(3).tolist(),
    ... )
    (0.225, 0.45)
    """
    left, high, low, span = together(years=years, start=start, end=end, length=length)
    for name, share in (("start", high), ("end", low)):
        within(share, name, "A risky share runs from 0 to 1.", low=0.0, high=1.0)
    remedy = "Where a path stands depends on them: fill or drop the row."
    within(left, "years", remedy, low=-inf, high=inf)
    within(span, "length", "The years over which the share moves are positive.", above=0.0)
    u = np.clip(left / span, 0.0, 1.0)
    return low + (high - low) * _shape(u, shape, steepness)


def _shape(u: FloatArray, shape: str, steepness: float | None) -> FloatArray:
    """From 0 at 0 to 1 at 1, rising."""
    if shape == "linear":
        return u
    if shape == "convex":
        return u ** (2.0 if steepness is None else steepness)
    k = 10.0 if steepness is None else steepness
    edge = np.tanh(0.25 * k)
    rising = 0.5 * (1.0 + np.tanh(0.5 * k * (u - 0.5)) / edge)
    return np.where((u <= 0.0) | (u >= 1.0), u, rising)


def human_capital(
    income: object, years: object, *, growth: object = 0.0, discount: object = 0.03
) -> FloatArray:
    """Present value of the labour income still to come: an annuity that grows, paid continuously.

    Args:
        income: Money a year now, (c,) or a number.
        years: Working years left; below 0 counts as 0.
        growth: Real growth of income a year.
        discount: Rate a year that fits the risk of this income.

    Returns:
        Money, broadcast shape; 0 in retirement.

    Raises:
        InputError: No numbers, shapes that do not fit, or a rate of -1 or below.

    >>> float(human_capital(50_000.0, 20.0, growth=0.0, discount=0.0))
    1000000.0
    """
    pay, left, up, down = together(income=income, years=years, growth=growth, discount=discount)
    within(up, "growth", "A rate a year is above -1.", above=-1.0)
    within(down, "discount", "A rate a year is above -1.", above=-1.0)
    force = np.log1p(down) - np.log1p(up)
    span = np.maximum(left, 0.0)
    small = np.abs(force) < 1e-12
    return pay * np.where(small, span, -np.expm1(-force * span) / np.where(small, 1.0, force))


@checked
def human_capital_path(
    financial: object,
    human: object,
    *,
    excess_return: object,
    volatility: object,
    risk_aversion: object,
    cap: NotNegative = 1.0,
) -> FloatArray:
    """Risky share of financial wealth when future wages count as a bond the client already owns.

    Args:
        financial: Money invested, positive, (c,) or a number.
        human: Present value of wages to come, 0 or more, (c,) or a number.
        excess_return: Annual expected return of the risky portfolio above the safe one.
        volatility: Annual, of the risky portfolio.
        risk_aversion: Constant relative risk aversion, positive.
        cap: Largest share.

    Returns:
        min(cap, excess / (gamma sigma^2) * (1 + human / financial)), not below 0. Without human
        capital it is Merton's share; it falls as wages are earned and saved, because total wealth
        then holds less of the implicit bond.

    Raises:
        InputError: Financial wealth, volatility or risk aversion is not positive, or human capital
            is negative.

    Source: Merton (1969); Bodie, Merton & Samuelson (1992).

    >>> human_capital_path(
    ...     100.0, [0.0, 50.0, 300.0], excess_return=0.04, volatility=0.2, risk_aversion=4.0
    ... ).round(3).tolist()
    [0.25, 0.375, 1.0]
    """
    money, wages, excess, sigma, gamma = together(
        financial=financial,
        human=human,
        excess_return=excess_return,
        volatility=volatility,
        risk_aversion=risk_aversion,
    )
    for field, values in (("financial", money), ("volatility", sigma), ("risk_aversion", gamma)):
        within(values, field, "It must be positive.", above=0.0)
    within(wages, "human", "It is worth 0 or more.", low=0.0)
    return np.clip(excess / (gamma * sigma**2) * (1.0 + wages / money), 0.0, cap)
