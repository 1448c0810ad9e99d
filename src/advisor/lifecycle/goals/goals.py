"""Will the goal be met, and what must be saved for it: a simulation that agrees with the closed
form where there is one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr

from advisor.arrays import FloatArray, IntArray
from advisor.contracts.thresholds import reaches
from advisor.errors import InputError
from advisor.lifecycle.goals.draws import Simulation
from advisor.lifecycle.inputs import LONGEST, together, within
from advisor.privacy import hides, written
from advisor.validation import checked

_CELLS = 4_000_000
"""Path steps simulated at once (32 MB)."""


@hides
@dataclass(frozen=True, eq=False)
class GoalOdds:
    """Chance of each goal.

    Attributes:
        probability: P(wealth at the date >= amount), shape (c,).
        standard_error: Of the simulation, shape (c,); 0 where the closed form applies.
        median: Median wealth at the date, shape (c,).
        shortfall: Mean of what is missing where the goal is missed, money, shape (c,); 0 where it
            never is.
    """

    probability: FloatArray
    standard_error: FloatArray
    median: FloatArray
    shortfall: FloatArray


def lognormal_rates(mean: object, volatility: object) -> tuple[FloatArray, FloatArray]:
    """Mean and standard deviation of the annual log return of a lognormal with this mean and
    volatility of the simple return.

    >>> m, s = lognormal_rates(0.06, 0.15)
    >>> round(float(m), 5), round(float(s), 5)
    (0.04836, 0.14081)
    """
    average, sigma = together(mean=mean, volatility=volatility)
    gross = 1.0 + average
    within(average, "mean", "A mean is above -1.", above=-1.0)
    within(sigma, "volatility", "It is 0 or more.", low=0.0)
    variance = np.log1p((sigma / gross) ** 2)
    return np.log(gross) - 0.5 * variance, np.sqrt(variance)


@checked
def goal_success(
    wealth: object,
    amount: object,
    years: object,
    mean: object,
    volatility: object,
    *,
    saving: object = 0.0,
    simulation: Simulation | None = None,
) -> GoalOdds:
    """Probability that each goal is reached.

    Args:
        wealth: Money set aside today, (c,) or a number.
        amount: Money needed, in money of the date.
        years: Until the date, above 0.
        mean: Annual, of the simple return.
        volatility: Annual, of the simple return; portfolios are rebalanced, so that wealth is
            lognormal without flows.
        saving: Money saved at the end of every month (negative: spent).
        simulation: How paths are drawn where money is saved; default `Simulation()`.

    Returns:
        Odds, a row a goal. Without flows the probability is the closed form, exactly. With flows
        the simulated frequency is corrected by a control variate: the same paths' chance for a
        lump sum in place of the saving, whose true value is known.

    Raises:
        InputError: Wealth, amount or years out of range, or a number of ids other than c.

    >>> odds = goal_success(100.0, 150.0, 10.0, 0.06, 0.15)
    >>> round(float(odds.probability[0]), 4), float(odds.standard_error[0])
    (0.5696, 0.0)
    """
    columns = _columns(
        wealth=wealth, amount=amount, years=years, mean=mean, volatility=volatility, saving=saving
    )
    drawn = simulation or Simulation()
    ids = drawn.ids(len(columns[0]))
    odds = np.empty((4, len(ids)))
    # 1. without flows
    flows = columns[5] != 0.0
    odds[:, ~flows] = _closed(*(c[~flows] for c in columns[:5]))
    # 2. with flows, goals of the same length together
    months = months_of(columns[2])
    for length in np.unique(months[flows]).tolist():
        rows = np.flatnonzero(flows & (months == length))
        size = max(1, _CELLS // (drawn.draws * length))
        for start in range(0, len(rows), size):
            part = rows[start : start + size]
            paths = drawn.paths([ids[i] for i in part.tolist()], length)
            odds[:, part] = _simulated(paths, *(c[part] for c in columns))
    return GoalOdds(*odds)


def months_of(years: FloatArray) -> IntArray:
    """Months that are simulated up to a date, at least one, shape of `years`."""
    return np.maximum(np.ceil(years * 12.0 - 1e-9), 1.0).astype(np.int64)


def _columns(**values: object) -> tuple[FloatArray, ...]:
    table = tuple(np.atleast_1d(column) for column in together(**values))
    wealth, amount, years, mean, volatility, _ = table
    fine = (
        (wealth >= 0.0)
        & (amount > 0.0)
        & (years > 0.0)
        & (years <= LONGEST)
        & (mean > -1.0)
        & (volatility >= 0.0)
    )
    fine &= np.all([np.isfinite(column) for column in table], axis=0)
    if wealth.ndim != 1:
        raise InputError(
            f"wealth and what stands beside it have shape {wealth.shape} together; a number a goal"
            " is needed, in one dimension.",
            field="wealth",
            value=wealth.shape,
        )
    if not fine.all():
        i = int(np.argmax(~fine))
        names = ("wealth", "amount", "years", "mean", "volatility", "saving")
        row = ", ".join(
            f"{name} {column.flat[i]:g}" for name, column in zip(names, table, strict=True)
        )
        raise InputError(
            f"Goal {i} has {written(row)}; wealth must be 0 or more, amount and years positive,"
            f" years at most {LONGEST:g}, volatility 0 or more, all finite. Correct it.",
            field="wealth",
            value=float(wealth.flat[i]),
        )
    return table


def _closed(
    wealth: FloatArray,
    amount: FloatArray,
    years: FloatArray,
    mean: FloatArray,
    volatility: FloatArray,
) -> FloatArray:
    mu, sigma = lognormal_rates(mean, volatility)
    spread, centre = sigma * np.sqrt(years), mu * years
    probability, median = _exceeds(wealth, amount, centre, spread), wealth * np.exp(centre)
    with np.errstate(divide="ignore", invalid="ignore"):
        edge = np.where(spread > 0.0, (np.log(amount / wealth) - centre) / spread, 0.0)
    below = median * np.exp(0.5 * spread**2) * ndtr(edge - spread)
    missed = 1.0 - probability
    certain = (spread == 0.0) | (wealth == 0.0)
    gap = np.where(certain, np.maximum(amount - median, 0.0) * missed, amount * missed - below)
    return np.stack([probability, np.zeros_like(missed), median, _mean_of(gap, missed)])


def _mean_of(gap: FloatArray, missed: FloatArray) -> FloatArray:
    return np.divide(gap, missed, out=np.zeros_like(gap), where=missed > 0.0)


def _exceeds(
    wealth: FloatArray, amount: FloatArray, centre: FloatArray, spread: FloatArray
) -> FloatArray:
    """P(wealth * exp(centre + spread * Z) >= amount); what just suffices is enough."""
    with np.errstate(divide="ignore", invalid="ignore"):
        score = (np.log(wealth / amount) + centre) / spread
    sure = reaches(wealth * np.exp(centre), amount).astype(np.float64)
    return np.where((spread > 0.0) & (wealth > 0.0), ndtr(np.where(spread > 0.0, score, 0.0)), sure)


def terminal_wealth(
    paths: FloatArray,
    wealth: FloatArray,
    years: FloatArray,
    mean: FloatArray,
    volatility: FloatArray,
    saving: FloatArray,
) -> FloatArray:
    """Wealth at the date on every path, shape (c, draws), never below 0; of standard normals of
    shape (c, draws, months), and what `goal_success` takes, shape (c,) each.
    """
    months = paths.shape[2]
    mu, sigma = lognormal_rates(mean, volatility)
    step = (years / months)[:, None]
    value = np.broadcast_to(wealth[:, None], paths.shape[:2]).copy()
    drift, spread = mu[:, None] * step, sigma[:, None] * np.sqrt(step)
    monthly = (saving * years * 12.0 / months)[:, None]
    for m in range(months):
        value *= np.exp(drift + spread * paths[:, :, m])
        value += monthly
        np.maximum(value, 0.0, out=value)
    return value


def _simulated(
    paths: FloatArray,
    wealth: FloatArray,
    amount: FloatArray,
    years: FloatArray,
    mean: FloatArray,
    volatility: FloatArray,
    saving: FloatArray,
) -> FloatArray:
    final = terminal_wealth(paths, wealth, years, mean, volatility, saving)
    hit = reaches(final, amount[:, None]).astype(np.float64)
    mu, sigma = lognormal_rates(mean, volatility)
    lump = np.maximum(wealth + saving * 12.0 * _annuity(mu + 0.5 * sigma**2, years), 1e-12)
    centre, spread = mu * years, sigma * np.sqrt(years)
    total = paths.sum(axis=2) / np.sqrt(paths.shape[2])
    control = (
        lump[:, None] * np.exp(centre[:, None] + spread[:, None] * total) >= amount[:, None]
    ).astype(np.float64)
    known = _exceeds(lump, amount, centre, spread)
    slope, left = _regress(hit, control)
    probability = np.clip(hit.mean(axis=1) - slope * (control.mean(axis=1) - known), 0.0, 1.0)
    missed = (1.0 - hit).sum(axis=1)
    gap = (np.maximum(amount[:, None] - final, 0.0)).sum(axis=1)
    return np.stack([probability, left, np.median(final, axis=1), _mean_of(gap, missed)])


def _annuity(rate: FloatArray, years: FloatArray) -> FloatArray:
    small = np.abs(rate) < 1e-12
    return np.where(small, years, -np.expm1(-rate * years) / np.where(small, 1.0, rate))


def _regress(hit: FloatArray, control: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Best slope of the control, and the standard error that is left; mirrored draws are averaged
    first, for they are not independent.
    """
    half = hit.shape[1] // 2
    pairs, guides = (0.5 * (x[:, :half] + x[:, -half:]) for x in (hit, control))
    a, b = pairs - pairs.mean(axis=1, keepdims=True), guides - guides.mean(axis=1, keepdims=True)
    spread = (b * b).sum(axis=1)
    slope = np.divide((a * b).sum(axis=1), spread, out=np.zeros_like(spread), where=spread > 0.0)
    rest = a - slope[:, None] * b
    return slope, np.sqrt((rest * rest).sum(axis=1) / (half * (half - 1)))
