"""Nearest neighbours on one line, each taken at most once."""

from __future__ import annotations

import numpy as np

from advisor.arrays import BoolArray, FloatArray, IntArray


def nearest_free(
    score: FloatArray, arm: BoolArray, who: IntArray, width: float
) -> tuple[IntArray, IntArray]:
    """Rows of the treated and of their partners: greedy, highest score first, each partner once."""
    order = np.lexsort((who, score))
    pool, treated = order[~arm[order]], order[arm[order]][::-1]
    values, n = score[pool], len(pool)
    up, down = list(range(n + 1)), list(range(n + 1))  # the nearest free: pool[i], pool[i - 1]
    pairs: list[tuple[int, int]] = []
    places = np.searchsorted(values, score[treated]).tolist()
    for row, at in zip(treated.tolist(), places, strict=True):
        gaps = [(abs(values[i] - score[row]), i) for i in (_free(down, at) - 1, _free(up, at))
                if 0 <= i < n]  # fmt: skip
        gap, chosen = min(gaps, default=(np.inf, -1))
        if gap <= width:
            up[chosen], down[chosen + 1] = chosen + 1, chosen
            pairs.append((row, int(pool[chosen])))
    rows = np.array(pairs, dtype=np.int64).reshape(-1, 2)
    return rows[:, 0], rows[:, 1]


def _free(links: list[int], at: int) -> int:
    """Where a chain of taken entries ends; it is halved on the way."""
    while links[at] != at:
        links[at] = links[links[at]]
        at = links[at]
    return at
