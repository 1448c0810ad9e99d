"""Smoothed net asset values undone: appraisals and wealth products that report yesterday's price
look riskless, and would absorb the optimiser.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from advisor.arrays import FloatArray
from advisor.data.by_asset import check_names, numbers_by_id
from advisor.data.ids import unique_ids
from advisor.data.market import Market
from advisor.errors import InputError
from advisor.measures.history import deviation
from advisor.validation import checked

HIGHEST_SMOOTHING = 0.95
"""Autocorrelation above which a series is nearly all memory, and what is left of it noise."""


@dataclass(frozen=True)
class Desmoothed:
    """A market with smoothing undone, and what was done: first-order smoothing and the factor on
    volatility, by asset.
    """

    market: Market
    smoothing: dict[str, float]
    volatility_factor: dict[str, float]


@checked
def desmooth(
    market: Market, assets: Sequence[str], *, smoothing: Mapping[str, float] | None = None
) -> Desmoothed:
    """Undo first-order smoothing `reported = (1 - a) * true + a * last reported` in the returns of
    some assets.

    Args:
        market: Returns, simple.
        assets: Whose reports are smoothed. Naming them is a judgement: momentum in a traded price
            is not smoothing.
        smoothing: `a` in [0, 0.95] by asset (of those named in `assets`); not given: the first
            autocorrelation of its returns, 0 where that is negative.

    Returns:
        `(r_t - a * r_{t-1}) / (1 - a)`: of (nearly) the reported mean, and a volatility higher by
        about `sqrt((1 + a) / (1 - a))`. The first return of each treated history is lost.

    Raises:
        InputError: An unknown asset or one named twice, a smoothing of an asset that is not treated
            or outside [0, 0.95], or fewer than four returns.

    Source: Geltner (1993), Estimating market values from appraised values without assuming an
    efficient market.
    """
    treated = unique_ids(assets, "assets")
    check_names(treated, market.assets, "assets", "the assets of the market")
    stated = numbers_by_id(
        smoothing, treated, "smoothing", "Give a share from 0 to 0.95.", what="the assets to treat"
    )
    returns = market.returns.copy()
    used: dict[str, float] = {}
    factor: dict[str, float] = {}
    for asset in treated:
        column = market.assets.index(asset)
        rows = np.flatnonzero(np.isfinite(returns[:, column]))
        series = returns[rows, column]
        if len(series) < 4:
            raise InputError(
                f"{asset!r} has {len(series)} returns; its smoothing cannot be told from fewer"
                " than 4.",
                field=asset,
                value=len(series),
            )
        a = stated[asset] if asset in stated else _autocorrelation(series)
        if not 0.0 <= a <= HIGHEST_SMOOTHING:
            raise InputError(
                f"The smoothing of {asset!r} is {a:.3g}; undoing it is sensible between 0 and"
                f" {HIGHEST_SMOOTHING}. Use a traded proxy instead.",
                field=asset,
                value=a,
            )
        true = (series[1:] - a * series[:-1]) / (1.0 - a)
        before = float(deviation(series[1:], ddof=0))
        returns[rows[0], column] = np.nan
        returns[rows[1:], column] = np.maximum(true, -1.0)
        used[asset], factor[asset] = a, float(true.std()) / before if before > 0.0 else 1.0
    returns.flags.writeable = False
    return Desmoothed(replace(market, returns=returns), used, factor)


def _autocorrelation(series: FloatArray) -> float:
    centred = series - series.mean()
    total = float(centred @ centred)
    return max(0.0, float(centred[1:] @ centred[:-1]) / total) if total > 0.0 else 0.0
