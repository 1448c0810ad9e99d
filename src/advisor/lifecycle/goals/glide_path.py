"""How the share of risky assets falls as the goal comes near: parametric paths, and the one that
human capital implies.
"""

from __future__ import annotations

from typing import Literal

import numpy as np

from advisor.arrays import FloatArray, check_number, check_type
from advisor.errors import InputError
from advisor.lifecycle.inputs import together

Shape = Literal["linear", "convex", "logistic"]


def glide_path(
    years: object,
    *,
    start: object = 0.9,
    end: object = 0.0,
    length: object = 20.0,
    shape: Shape = "linear",
    steepness: float | None = None,
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
    if steepness is not None:
        check_number(steepness, "steepness", "It bends the path, so it is positive.", above=0.0)
    for name, share in (("start", high), ("end", low)):
        if not ((share >= 0.0) & (share <= 1.0)).all():
            odd = float(share[~((share >= 0.0) & (share <= 1.0))][0])
            raise InputError(
                f"{name} is {odd:g}; a risky share runs from 0 to 1. Correct it.",
                field=name,
                value=odd,
            )
    if np.isnan(left).any():
        raise InputError(
            "years holds nan; where a path stands depends on them. Fill or drop the row.",
            field="years",
            value=None,
        )
    if not (span > 0.0).all():
        odd = float(span[~(span > 0.0)][0])
        raise InputError(
            f"length is {odd:g}; the years over which the share moves are positive. Correct it.",
            field="length",
            value=odd,
        )
    u = np.clip(left / span, 0.0, 1.0)
    return low + (high - low) * _shape(u, shape, steepness)


def _shape(u: FloatArray, shape: str, steepness: float | None) -> FloatArray:
    """From 0 at 0 to 1 at 1, rising."""
    check_type(shape, str, "shape", 'Say "linear", "convex" or "logistic".')
    if shape == "linear":
        return u
    if shape == "convex":
        return u ** (2.0 if steepness is None else steepness)
    if shape == "logistic":
        k = 10.0 if steepness is None else steepness
        edge = np.tanh(0.25 * k)
        return np.where(
            (u <= 0.0) | (u >= 1.0), u, 0.5 * (1.0 + np.tanh(0.5 * k * (u - 0.5)) / edge)
        )
    raise InputError(
        f'shape is {shape!r}; it must be "linear", "convex" or "logistic".',
        field="shape",
        value=shape,
    )


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
    if not ((up > -1.0).all() and (down > -1.0).all()):
        odd = float(min(up.min(), down.min()))
        raise InputError(
            f"growth or discount is {odd:g}; a rate a year is above -1. Correct it.",
            field="growth",
            value=odd,
        )
    force = np.log1p(down) - np.log1p(up)
    span = np.maximum(left, 0.0)
    small = np.abs(force) < 1e-12
    return pay * np.where(small, span, -np.expm1(-force * span) / np.where(small, 1.0, force))


def human_capital_path(
    financial: object,
    human: object,
    *,
    excess_return: object,
    volatility: object,
    risk_aversion: object,
    cap: float = 1.0,
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
    check_number(cap, "cap", "It is the largest risky share.", low=0.0)
    if not (
        (money > 0.0).all() and (wages >= 0.0).all() and (sigma > 0.0).all() and (gamma > 0.0).all()
    ):
        raise InputError(
            "financial wealth, volatility and risk_aversion must be positive and human capital 0 or"
            " more; correct them.",
            field="financial",
            value=None,
        )
    return np.clip(excess / (gamma * sigma**2) * (1.0 + wages / money), 0.0, cap)
