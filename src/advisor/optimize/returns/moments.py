"""What the closed-form covariances need of a history: central moments up to the fourth, taken at
once or kept up to date day by day.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from advisor.arrays import FloatArray, frozen

BLOCK = 64
"""Rows summed at once. Sums are those of the blocks from the first row on, in order, so that they
do not depend on the days on which somebody asked."""


@dataclass(frozen=True, eq=False)
class Moments:
    """Central moments of `count` complete rows of n returns a period; sums are divided by the
    count.

    Attributes:
        count: Rows, T.
        mean: Shape (n,).
        second: E[c_i c_j] of the centred returns c, shape (n, n).
        squares: E[c_i^2 c_j^2], shape (n, n).
        cubes: E[c_i^3 c_j], shape (n, n).
    """

    count: int
    mean: FloatArray
    second: FloatArray
    squares: FloatArray
    cubes: FloatArray

    @classmethod
    def of(cls, rows: FloatArray) -> Moments:
        """Of rows, shape (T, n), in one pass over them."""
        count, mean = len(rows), rows.mean(axis=0)
        centred = rows - mean
        squared = centred**2
        return cls(
            count,
            mean,
            centred.T @ centred / count,
            squared.T @ squared / count,
            (squared * centred).T @ centred / count,
        )


@dataclass(frozen=True, eq=False)
class _Sums:
    """Powers of the first `blocks` blocks of a history, summed."""

    rows: FloatArray
    shift: FloatArray
    blocks: int
    total: FloatArray


@dataclass(eq=False)
class RunningMoments:
    """Moments of a history that grows: only rows it has not seen are summed, so that a day costs
    the same however long the past is.

    A history that does not begin with the rows seen before is summed from its first row: an answer
    depends on its rows alone, bit for bit, never on what was asked before. It agrees with
    `Moments.of` to rounding, because returns are taken from their average over the first block
    before they are raised to powers.

    >>> rows = np.random.default_rng(0).normal(size=(200, 3))
    >>> grown = RunningMoments()
    >>> [
    ...     bool(np.allclose(grown.of(rows[:t]).cubes, Moments.of(rows[:t]).cubes, rtol=1e-12))
    ...     for t in (100, 150, 200)
    ... ]
    [True, True, True]
    """

    _seen: _Sums | None = field(default=None, init=False, repr=False)

    def of(self, rows: FloatArray) -> Moments:
        """Moments of rows, shape (T, n)."""
        sums = self._seen
        if sums is None or not _continues(sums, rows):
            shift: FloatArray = rows[:BLOCK].mean(axis=0)
            sums = _Sums(rows, shift, 0, np.zeros((3 * rows.shape[1] + 1,) * 2))
        total, blocks = sums.total, sums.blocks
        while (blocks + 1) * BLOCK <= len(rows):
            total = total + _powers(rows[blocks * BLOCK : (blocks + 1) * BLOCK], sums.shift)
            blocks += 1
        self._seen = _Sums(rows, sums.shift, blocks, frozen(total))
        rest = rows[blocks * BLOCK :]
        return _central(
            (total + _powers(rest, sums.shift) if len(rest) else total) / len(rows),
            len(rows),
            sums.shift,
        )


def _continues(sums: _Sums, rows: FloatArray) -> bool:
    """Whether the blocks summed are the first rows of this history."""
    done = sums.blocks * BLOCK
    return (
        rows.shape[1:] == sums.rows.shape[1:]
        and done <= len(rows)
        and (done >= BLOCK)
        and np.array_equal(rows[:done], sums.rows[:done])
    )


def _powers(rows: FloatArray, shift: FloatArray) -> FloatArray:
    """Sums of all products of 1, y, y^2 and y^3 of one block, y = rows - shift, shape (3n + 1, 3n +
    1).
    """
    y = rows - shift
    square = y * y
    powers = np.hstack([np.ones((len(y), 1)), y, square, square * y])
    return powers.T @ powers


def _central(raw: FloatArray, count: int, shift: FloatArray) -> Moments:
    """Central moments from the means of the products of powers, by the binomial theorem."""
    n = len(shift)
    one, two, three = slice(1, n + 1), slice(n + 1, 2 * n + 1), slice(2 * n + 1, 3 * n + 1)
    m, m2, m3 = raw[0, one], raw[0, two], raw[0, three]
    pairs, mixed = raw[one, one], raw[two, one]
    outer = np.outer(m, m)
    crossed = mixed * m
    squares = (
        raw[two, two]
        - 2.0 * (crossed + crossed.T)
        + np.outer(m2, m * m)
        + np.outer(m * m, m2)
        + outer * (4.0 * pairs - 3.0 * outer)
    )
    cubes = (
        raw[three, one]
        - 3.0 * m[:, None] * mixed
        + (3.0 * m**2)[:, None] * pairs
        - np.outer(m**3, m)
    )
    cubes -= np.outer(m3 - 3.0 * m * m2 + 2.0 * m**3, m)
    return Moments(count, shift + m, pairs - outer, squares, cubes)
