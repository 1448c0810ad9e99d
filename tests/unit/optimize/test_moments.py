"""Moments kept up to date equal those of all rows, whatever was asked before."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.optimize import Moments, RunningMoments
from advisor.optimize.returns.moments import BLOCK


def history(seed: int, count: int) -> np.ndarray:
    """Shares, a bond, near-riskless cash whose mean is many times its deviation, and a constant."""
    rng = np.random.default_rng(seed)
    scale, mean = np.array([0.02, 0.01, 0.003, 2e-5, 0.0]), np.array([5e-4, 3e-4, 1e-4, 1e-4, 1e-4])
    return rng.standard_t(5, size=(count, 5)) * scale + mean


def by_hand(rows: np.ndarray) -> tuple[np.ndarray, ...]:
    """Row by row, without any matrix product."""
    centred = rows - rows.mean(axis=0)
    return tuple(
        sum(np.outer(c**a, c**b) for c in centred) / len(rows) for a, b in ((1, 1), (2, 2), (3, 1))
    )


def close(found: Moments, rows: np.ndarray) -> None:
    np.testing.assert_allclose(found.mean, rows.mean(axis=0), rtol=1e-12)
    d = rows.std(axis=0)
    for value, expected, powers in zip(
        (found.second, found.squares, found.cubes),
        by_hand(rows),
        ((1, 1), (2, 2), (3, 1)),
        strict=True,
    ):
        np.testing.assert_allclose(
            value, expected, rtol=0.0, atol=1e-10 * np.outer(d ** powers[0], d ** powers[1]).max()
        )
        scale = np.outer(np.maximum(d, 1e-9) ** powers[0], np.maximum(d, 1e-9) ** powers[1])
        np.testing.assert_allclose(value / scale, expected / scale, rtol=1e-7, atol=1e-7)


@pytest.mark.parametrize("count", [3, BLOCK - 1, BLOCK, BLOCK + 1, 5 * BLOCK + 7])
def test_both_ways_are_the_moments_by_hand(count: int) -> None:
    rows = history(0, count)
    close(Moments.of(rows), rows)
    close(RunningMoments().of(rows), rows)


@given(st.lists(st.integers(3, 400), min_size=1, max_size=6), st.integers(0, 5))
def test_an_answer_does_not_depend_on_what_was_asked_before(days: list[int], seed: int) -> None:
    rows, running = history(seed, 400), RunningMoments()
    for day in days:
        found, alone = running.of(rows[:day]), RunningMoments().of(rows[:day])
        for name in ("mean", "second", "squares", "cubes"):
            np.testing.assert_array_equal(getattr(found, name), getattr(alone, name))


def test_another_history_is_not_taken_for_a_longer_one() -> None:
    running, rows = RunningMoments(), history(0, 300)
    running.of(rows)
    other = rows.copy()
    other[10, 0] += 0.1
    np.testing.assert_array_equal(running.of(other).second, RunningMoments().of(other).second)
    fewer = np.ascontiguousarray(rows[:, :3])
    np.testing.assert_array_equal(running.of(fewer).second, RunningMoments().of(fewer).second)


def test_taking_the_start_on_trust_would_be_caught() -> None:
    """The same class without its look at the rows gives another history the sums of the first: what
    the test above forbids."""
    running, rows = RunningMoments(), history(0, 300)
    running.of(rows)
    other = rows.copy()
    other[10, 0] += 0.1
    seen = running._seen
    assert seen is not None
    object.__setattr__(seen, "rows", other)
    assert not np.array_equal(running.of(other).second, RunningMoments().of(other).second)
