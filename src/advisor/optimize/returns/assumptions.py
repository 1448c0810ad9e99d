"""A public function for estimates made elsewhere: capital-market assumptions. (A fitted prior of
skfolio: `ReturnModel.from_skfolio`.)
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from advisor.arrays import check_number, check_type
from advisor.cells import text_of
from advisor.data.by_asset import numbers_by_id
from advisor.data.ids import unique_ids
from advisor.data.returns import ReturnModel
from advisor.errors import InputError


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
    check_type(mean, Mapping, "mean", "Give the expected annual return of each asset in a mapping.")
    assets = unique_ids(mean, "mean")
    check_type(
        volatility, Mapping, "volatility", "Give the annual volatility of each asset in a mapping."
    )
    if (stated := set(map(text_of, volatility))) != set(assets):
        odd = sorted(stated ^ set(assets))
        raise InputError(
            f"mean and volatility name other assets ({odd[:5]}); give both for the same ones.",
            field="volatility",
            value=odd,
        )
    returns = numbers_by_id(mean, assets, "mean", "Give an annual return.")
    spread = numbers_by_id(
        volatility, assets, "volatility", "Give 0 or more, as an annual fraction.", low=0.0
    )
    deviation = np.array([spread[a] for a in assets])
    table = np.eye(len(assets))
    seen: dict[tuple[int, int], float] = {}
    check_type(
        correlations,
        Mapping,
        "correlations",
        "Give a mapping from a pair of assets to their correlation.",
    )
    for pair, value in correlations.items():
        a, b = _pair(pair, assets)
        value = check_number(
            value, "correlations", "It lies in [-1, 1].", low=-1.0, high=1.0, key=pair
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
    return ReturnModel(
        assets,
        [returns[a] for a in assets],
        table * np.outer(deviation, deviation),
        groups,
        risk_levels,
        stress,
    )


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
