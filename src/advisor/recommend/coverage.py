"""One of these k is bought: what a list of a stated length can promise, where no single pick
can.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from advisor.arrays import FloatArray, IntArray, check_number, check_whole
from advisor.data.interactions import Interactions
from advisor.errors import InputError
from advisor.recommend.spread import EDGE, reach_of, spread_of


@dataclass(frozen=True)
class Coverage:
    """How often one of the first products of a list is bought, by clients who buy something.

    Attributes:
        length: Products of the list.
        share: Expected of the next window.
        low, high: Between which the next window lies in nine of ten cases.
        windows: Past windows it rests on.
    """

    length: int
    share: float
    low: float
    high: float
    windows: int

    def __str__(self) -> str:
        return (
            f"one of {self.length} is bought by {self.share:.0%} of those who buy something"
            f" ({self.low:.0%} to {self.high:.0%}, from {self.windows} windows)"
        )


def coverage_of(covered: FloatArray, purchases: IntArray, length: int) -> Coverage:
    """What a list of `length` promises.

    Args:
        covered: Share of buyers who bought one of the first j products, by past window (the oldest
            first) and j - 1, shape (w, k).
        purchases: What each window weighs: its purchases that no later one has, shape (w,).
        length: From 1 to k.

    Raises:
        InputError: The lists were shorter.
    """
    check_whole(length, "length", "Give the length of a list.", low=1)
    if length > covered.shape[1]:
        raise InputError(
            f"length is {length}, but the lists that were calibrated have {covered.shape[1]} slots;"
            " what a longer list covers was not seen. Calibrate with longer lists.",
            field="length",
            value=length,
        )
    past = covered[:, length - 1]
    share = float(np.average(past, weights=purchases))
    # 1. a window's level multiplies how much is bought, so that the log of -log(1 - share) moves as
    #    the log-odds of one pick do; a thin window that covers nobody, or everybody, is not
    #    infinitely far from the others
    levels = _log_rate((past * purchases + 0.5) / (purchases + 1.0))
    reach = reach_of(spread_of(levels.tolist()), len(past))
    # 2. the interval of the next window
    at = _log_rate(np.clip(share, EDGE, 1.0 - EDGE))
    ends = -np.expm1(-np.exp(at + reach * np.array([-1.0, 1.0])))
    low, high = min(share, float(ends[0])), max(share, float(ends[1]))
    return Coverage(length, share, low, high, len(past))


def _log_rate(share: FloatArray) -> FloatArray:
    """Log of the purchases from a list that a buyer is expected to make, where they come
    independently of each other and a share of buyers makes at least one.
    """
    return np.log(-np.log1p(-share))


def length_of(
    covered: FloatArray, purchases: IntArray, share: float, *, in_every_window: bool
) -> Coverage | None:
    """The shortest list that covers a share of buyers, in expectation or in every past window; None
    where none does.
    """
    least = check_number(
        share,
        "share",
        "It is a share of the clients who buy something, such as 0.8.",
        above=0.0,
        high=1.0,
    )
    for length in range(1, covered.shape[1] + 1):
        promise = coverage_of(covered, purchases, length)
        if (covered[:, length - 1].min() if in_every_window else promise.share) >= least:
            return promise
    return None


def covered_of(windows: Sequence[np.ndarray]) -> FloatArray:
    """Share of the lists of each window, shape (c, k) of hits by slot, with a hit among the first
    j, shape (w, k).
    """
    return np.array(
        [np.logical_or.accumulate(hits, axis=1).mean(axis=0) for hits in windows], dtype=np.float64
    )


def new_purchases(windows: Sequence[Interactions]) -> IntArray:
    """Purchases of each window, the oldest first, that no later one has, shape (w,); 1 where all
    are repeated. Windows that overlap so count a purchase once, and a thin one counts for little.
    """
    clients: dict[str, int] = {}
    products: dict[str, int] = {}
    seen, counts = np.zeros(0, dtype=np.int64), np.ones(len(windows), dtype=np.int64)
    for i, bought in reversed(list(enumerate(windows))):
        buyer, product = (
            np.array([codes.setdefault(name, len(codes)) for name in ids], dtype=np.int64)[at]
            for codes, ids, at in (
                (clients, bought.clients.ids, bought.client_codes),
                (products, bought.products.ids, bought.product_codes),
            )
        )
        pairs = np.setdiff1d((buyer << 32) + product, seen)
        counts[i] = max(len(pairs), 1)
        seen = np.concatenate([seen, pairs])
    return counts
