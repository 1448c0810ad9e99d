"""Which days an estimate may use when assets have unequal histories."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from advisor.arrays import FloatArray, IntArray
from advisor.data.market import Market
from advisor.errors import InputError

FEWEST = 9
"""Rows from which a volatility has a standard error of a quarter, or less (for normal returns it is
`1 / sqrt(2 (T - 1))` of it): half the width of a risk level's band. With fewer, a portfolio of one
level cannot be told from one of the next."""


@dataclass(frozen=True, eq=False)
class Window:
    """Complete rows of some assets: `rows` (T, k) of the columns `columns` (k,); the last `new` of
    them are those whose history begins here.
    """

    rows: FloatArray
    columns: IntArray
    new: int


def common_window(market: Market) -> Window:
    """The days on which every asset is known.

    Raises:
        InputError: Fewer than nine such days; the asset with the shortest history is named.
    """
    known = np.isfinite(market.returns)
    rows = market.returns if known.all() else market.returns[known.all(axis=1)]
    _check_length(len(rows), market, known)
    return Window(np.ascontiguousarray(rows), np.arange(len(market.assets)), len(market.assets))


def blocks(market: Market) -> list[Window]:
    """Nested windows, longest history first: window k holds all assets at least as long as the k-th
    distinct history.

    Raises:
        InputError: Histories that are not nested (one begins earlier but also ends earlier than
            another), or too short ones.
    """
    known = np.isfinite(market.returns)
    lengths = known.sum(axis=0)
    order = np.argsort(-lengths, kind="stable")
    windows: list[Window] = []
    for length in sorted({int(v) for v in lengths}, reverse=True):
        columns = order[lengths[order] >= length].astype(np.int64)
        complete = known[:, columns].all(axis=1)
        if int(complete.sum()) != length:
            shortest = market.assets[int(columns[-1])]
            raise InputError(
                f"The history of {shortest!r} ({length} rows) is not contained in the longer ones,"
                ' so it cannot be regressed on them. Use histories="common", or drop the assets'
                " that ended early.",
                field="histories",
                value=shortest,
            )
        _check_length(length, market, known)
        windows.append(
            Window(
                np.ascontiguousarray(market.returns[complete][:, columns]),
                columns,
                int((lengths == length).sum()),
            )
        )
    return windows


def join_blocks(
    windows: Sequence[Window], parts: Sequence[tuple[FloatArray, FloatArray]]
) -> tuple[FloatArray, FloatArray]:
    """Means and covariance from nested windows.

    Args:
        windows: From `blocks`.
        parts: Mean (k,) and covariance (k, k) a period, estimated on each window.

    Returns:
        Mean (n,) and covariance (n, n) in the market's order. With sample moments divided by T
        these are the maximum-likelihood ones; with shrunk moments the same regressions are used,
        and the result stays positive semidefinite because each step adds a Schur complement.

    Source: Stambaugh (1997), Analyzing investments whose histories differ in length, section 2.
    """
    mean, sigma = parts[0]
    for window, (short_mean, short_sigma) in zip(windows[1:], parts[1:], strict=True):
        old = len(window.columns) - window.new
        slope = np.linalg.lstsq(short_sigma[:old, :old], short_sigma[:old, old:], rcond=None)[0].T
        added = short_mean[old:] + slope @ (mean - short_mean[:old])
        cross = slope @ sigma
        rest = short_sigma[old:, old:] - slope @ short_sigma[:old, old:] + cross @ slope.T
        sigma = np.block([[sigma, cross.T], [cross, 0.5 * (rest + rest.T)]])
        mean = np.concatenate([mean, added])
    place = np.argsort(windows[-1].columns)
    return mean[place], sigma[np.ix_(place, place)]


def _check_length(length: int, market: Market, known: np.ndarray) -> None:
    if length >= FEWEST:
        return
    counts = known.sum(axis=0)
    shortest = int(np.argmin(counts))
    raise InputError(
        f"Only {length} days have a return of every asset; {FEWEST} are needed to tell the"
        " volatility of one risk level from that of the next, and a covariance of fewer is all but"
        f" singular. The shortest history is {market.assets[shortest]!r} with"
        f" {int(counts[shortest])}"
        ' returns: drop it, pass a longer history, or use histories="stambaugh" for nested'
        " histories.",
        field=market.assets[shortest],
        value=length,
    )
