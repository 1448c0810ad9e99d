"""Effects with their intervals, and nearest neighbours each taken at most once."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import stdtr, stdtrit

from advisor.adapters.analytics.columns import refusing
from advisor.adapters.extras import needs
from advisor.arrays import BoolArray, FloatArray, IntArray
from advisor.errors import InputError


@dataclass(frozen=True)
class Effect:
    """An estimated effect with its t interval; `degrees` of freedom."""

    value: float
    standard_error: float
    low: float
    high: float
    p_value: float
    degrees: float

    @classmethod
    def of(cls, value: float, error: float, degrees: float, confidence: float) -> Effect:
        """From an estimate and its standard error."""
        half = float(stdtrit(degrees, 0.5 + confidence / 2.0)) * error
        ratio = abs(value) / error if error > 0.0 else np.inf if value else 0.0
        p_value = 2.0 * float(stdtr(degrees, -ratio))
        return cls(value, error, value - half, value + half, p_value, degrees)


def clustered(
    y: FloatArray,
    design: npt.NDArray[np.floating],
    who: IntArray,
    arm: BoolArray,
    confidence: float,
) -> Effect:
    """The first coefficient of a regression, its error clustered by client, by statsmodels."""
    if np.linalg.matrix_rank(design) < design.shape[1]:
        why = "The covariates determine the treatment or each other, so that no effect can be told."
        raise InputError(f"{why} Leave one out.", field="covariates")
    codes = np.unique(who, return_inverse=True)[1]
    model: Any = needs("analytics", "statsmodels.api")
    with refusing("The regression has no finite answer", "outcome", "Check its units."):
        fit = model.OLS(y, design).fit(cov_type="cluster", cov_kwds={"groups": codes})
        value, variance = float(fit.params[0]), float(fit.cov_params()[0, 0])
        influence = np.bincount(codes, np.linalg.pinv(design)[0] * fit.resid)
        if not (np.isfinite(value) and np.isfinite(variance)):
            raise FloatingPointError("an estimate is not finite")
    treated = np.bincount(codes, arm) > 0.0
    parts = [
        (float((influence[side] ** 2).sum()), int(side.sum()) - 1) for side in (treated, ~treated)
    ]
    total, spread = sum(v for v, _ in parts), sum(v * v / n for v, n in parts if n > 0)
    most = float(codes.max())
    degrees = min(max(total**2 / spread, 1.0), most) if spread > 0.0 else most
    return Effect.of(value, sqrt(max(variance, 0.0)), degrees, confidence)


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
