"""A public function for estimates made elsewhere: capital-market assumptions. (A fitted prior of
skfolio: `ReturnModel.from_skfolio`.)
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from advisor.arrays import FloatArray, check_number
from advisor.cells import text_of
from advisor.data.by_asset import numbers_by_id
from advisor.data.ids import unique_ids
from advisor.data.returns import ReturnModel
from advisor.errors import InputError
from advisor.validation import checked


@checked
def from_assumptions(
    mean: Mapping[str, float],
    volatility: Mapping[str, float],
    correlations: Mapping[tuple[str, str], float],
    *,
    groups: Mapping[str, str] | None = None,
    risk_levels: Mapping[str, int] | None = None,
    stress: Mapping[str, float] | None = None,
) -> ReturnModel:
    """A model from published capital-market assumptions.

    Args:
        mean: Expected annual arithmetic return by asset.
        volatility: Annual, by asset.
        correlations: By pair, in either order; unnamed pairs are uncorrelated.
        groups: As in `ReturnModel`.
        risk_levels: As in `ReturnModel`.
        stress: As in `ReturnModel`.

    Raises:
        InputError: Other assets in one table than in another, a negative volatility, a correlation
            outside [-1, 1] or of an asset with itself, one pair given twice with two values, or
            correlations that contradict each other (mend them with `advisor.nearest_psd`).

    >>> m = from_assumptions(
    ...     {"share": 0.06, "bond": 0.03}, {"share": 0.16, "bond": 0.05}, {("bond", "share"): 0.25}
    ... )
    >>> m.covariance.round(5).tolist()
    [[0.0256, 0.002], [0.002, 0.0025]]
    """
    assets = unique_ids(mean, "mean")
    if (stated := set(map(text_of, volatility))) != set(assets):
        odd = sorted(stated ^ set(assets))
        raise InputError(
            f"mean and volatility name other assets ({odd[:5]}); give both for the same ones.",
            field="volatility",
            value=odd,
        )
    returns = numbers_by_id(mean, assets, "mean", "Give an annual return.")
    remedy = "Give 0 or more, as an annual fraction."
    spread = numbers_by_id(volatility, assets, "volatility", remedy, low=0.0)
    deviation = np.array([spread[a] for a in assets])
    covariance = _correlations(correlations, assets) * np.outer(deviation, deviation)
    means = [returns[a] for a in assets]
    return ReturnModel(assets, means, covariance, groups, risk_levels, stress)


def _correlations(
    correlations: Mapping[tuple[str, str], float], assets: tuple[str, ...]
) -> FloatArray:
    """Correlations, shape (n, n); 0 of a pair that is not named."""
    table, seen = np.eye(len(assets)), dict[tuple[int, int], float]()
    for pair, stated in correlations.items():
        a, b = _pair(pair, assets)
        value = check_number(
            stated, "correlations", "It lies in [-1, 1].", low=-1.0, high=1.0, key=pair
        )
        i, j = sorted((assets.index(a), assets.index(b)))
        if seen.setdefault((i, j), value) != value:
            raise InputError(
                f"The correlation of {a!r} and {b!r} is given as {seen[i, j]} and {value}; drop"
                " one.",
                field="correlations",
                value=(seen[i, j], value),
            )
        table[i, j] = table[j, i] = value
    return table


def _pair(pair: object, assets: tuple[str, ...]) -> tuple[str, str]:
    if isinstance(pair, tuple) and len(pair) == 2:
        first, second = text_of(pair[0]), text_of(pair[1])
        if first in assets and second in assets and first != second:
            return first, second
    raise InputError(
        f"correlations name {pair!r}; give a pair of two different assets of the model.",
        field="correlations",
        value=pair,
    )


from_skfolio = ReturnModel.from_skfolio
