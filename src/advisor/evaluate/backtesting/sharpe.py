"""Whether two strategies have the same Sharpe ratio."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.special import ndtr

from advisor.annotations import Count, Seed
from advisor.arrays import FloatArray
from advisor.errors import InputError
from advisor.evaluate.backtesting.deflated import streams_of
from advisor.evaluate.backtesting.statistics import AT_ONCE, block_length
from advisor.measures.bootstrap import Draws
from advisor.measures.history import Returns, deviation, noise_of, quiet
from advisor.measures.history import pair as pair_of
from advisor.validation import checked

Test = Literal["jobson_korkie", "ledoit_wolf", "ledoit_wolf_bootstrap"]


@dataclass(frozen=True)
class SharpeTest:
    """Two Sharpe ratios compared.

    Attributes:
        difference: First minus second, a period.
        standard_error: Of the difference.
        p_value: Of the hypothesis that the two are equal, two-sided; nan where there is nothing to
            test, because the two are one strategy up to its scale.
    """

    difference: float
    standard_error: float
    p_value: float
    test: str


@checked
def compare_sharpe(
    first: Returns,
    second: Returns,
    *,
    test: Test | str = "ledoit_wolf",
    draws: Draws = 1999,
    block: Count | None = None,
    seed: Seed = 0,
) -> SharpeTest:
    """Test whether two strategies on the same days have the same Sharpe ratio.

    Args:
        first: Excess returns, shape (T,).
        second: Excess returns on the same days, shape (T,).
        test: "jobson_korkie" (with Memmel's correction: right only for independent normal returns),
            "ledoit_wolf" (heteroskedasticity- and autocorrelation-consistent: Parzen kernel,
            Andrews' bandwidth), or "ledoit_wolf_bootstrap" (studentised circular blocks: best in
            short samples).
        draws: Resamples of the bootstrap.
        block: Block length of the bootstrap; chosen from the returns when None.
        seed: Same seed, same p-value.

    Returns:
        Difference, standard error and two-sided p-value.

    Raises:
        InputError: Lengths differ, fewer than 10 days, or a series does not vary.

    Source: Jobson & Korkie (1981) with Memmel (2003); Ledoit & Wolf (2008), sections 3.1 and 3.2.
    """
    pair = streams_of(np.stack(np.broadcast_arrays(*pair_of(first, second, field="second"))))
    if pair.shape[0] != 2 or not np.all(deviation(pair, noise=noise_of(first, second))):
        raise InputError(
            "The two series must be of one length and vary; a constant has no Sharpe ratio. Align"
            " them, or drop it.",
            field="first",
            value=pair.shape,
        )
    difference = float(_difference(pair))
    if test == "jobson_korkie":
        return _normal(difference, _memmel(pair), test)
    if test not in ("ledoit_wolf", "ledoit_wolf_bootstrap"):
        raise InputError(
            f'test is {test!r}; choose "jobson_korkie", "ledoit_wolf" or "ledoit_wolf_bootstrap".',
            field="test",
            value=test,
        )
    influence = _influence(pair)
    error = (
        0.0
        if deviation(influence) == 0.0
        else float(np.sqrt(_long_run_variance(influence) / pair.shape[1]))
    )
    if test == "ledoit_wolf" or error == 0.0:
        return _normal(difference, error, test)
    length = block or max(1, round(max(block_length(influence), 1.0)))
    more = _studentised(pair, length, draws, seed) >= abs(difference) / error
    return SharpeTest(difference, error, float((more.sum() + 1) / (draws + 1)), test)


def _normal(difference: float, error: float, test: str) -> SharpeTest:
    p_value = float(2.0 * ndtr(-abs(difference) / error)) if error > 0.0 else float("nan")
    return SharpeTest(difference, error, p_value, test)


def _difference(pair: FloatArray) -> FloatArray:
    """Difference of Sharpe ratios of pairs, shape (..., 2, T) -> (...), with divisor T."""
    sharpe = pair.mean(axis=-1) / pair.std(axis=-1)
    return sharpe[..., 0] - sharpe[..., 1]


def _memmel(pair: FloatArray) -> float:
    a, b = (float(row.mean() / row.std()) for row in pair)
    centred = pair - pair.mean(axis=1, keepdims=True)
    rho = float((centred[0] * centred[1]).mean() / (pair[0].std() * pair[1].std()))
    variance = 2.0 - 2.0 * rho + 0.5 * (a**2 + b**2 - 2.0 * a * b * rho**2)
    level = 4.0 + 2.0 * (a**2 + b**2)
    return float(np.sqrt(max(float(quiet(variance, level)), 0.0) / pair.shape[1]))


def _influence(pair: FloatArray) -> FloatArray:
    """Influence of each day on the difference, shape (..., 2, T) -> (..., T).

    The gradient of mu / sqrt(m2 - mu^2) times the day's moments, written in central moments so that
    nothing cancels where the mean is large beside the spread.
    """
    mean, spread = pair.mean(axis=-1, keepdims=True), pair.std(axis=-1, keepdims=True)
    scaled = (pair - mean) / spread
    part = scaled - 0.5 * (mean / spread) * (scaled**2 - 1.0)
    return part[..., 0, :] - part[..., 1, :]


def _long_run_variance(y: FloatArray) -> float:
    """Variance of the root-T mean: Parzen kernel with Andrews' (1991) AR(1) bandwidth."""
    count = len(y)
    y = y - y.mean()
    rho = float(np.clip((y[1:] @ y[:-1]) / max(float(y[:-1] @ y[:-1]), 1e-300), -0.97, 0.97))
    alpha = 4.0 * rho**2 / (1.0 - rho) ** 4
    width = 2.6614 * (alpha * count) ** 0.2
    total = float(y @ y) / count
    for k in range(1, min(int(width), count - 1) + 1):
        x = k / width
        weight = 1.0 - 6.0 * x**2 + 6.0 * x**3 if x <= 0.5 else 2.0 * (1.0 - x) ** 3
        total += 2.0 * weight * float(y[k:] @ y[:-k]) / count
    return max(total, 0.0) * count / (count - 4.0)


def _studentised(pair: FloatArray, block: int, draws: int, seed: int) -> FloatArray:
    """|difference* - difference| / its block standard error, by circular blocks, shape (draws,)."""
    count, blocks = pair.shape[1], pair.shape[1] // block
    if blocks < 2:
        raise InputError(
            f"block is {block} for {count} days; at least two blocks must fit. Shorten it.",
            field="block",
            value=block,
        )
    rng = np.random.default_rng(seed)
    centre, out = float(_difference(pair)), np.empty(draws)
    for begin in range(0, draws, AT_ONCE):
        size = min(AT_ONCE, draws - begin)
        starts = rng.integers(0, count, size=(size, blocks))
        rows = ((starts[:, :, None] + np.arange(block)) % count).reshape(size, blocks * block)
        sample = np.moveaxis(pair[:, rows], 0, 1)
        moves = (sample.std(axis=-1) > 0.0).all(axis=-1)  # a resample of one quiet day has no ratio
        sample = sample[moves]
        sums = _influence(sample).reshape(len(sample), blocks, block).sum(axis=2)
        error = np.sqrt((sums**2).mean(axis=1) / block / (blocks * block))
        miss, studentised = np.abs(_difference(sample) - centre), np.full(size, np.inf)
        studentised[moves] = np.divide(
            miss, error, out=np.full(len(miss), np.inf), where=error > 0.0
        )
        out[begin : begin + size] = studentised
    return out
