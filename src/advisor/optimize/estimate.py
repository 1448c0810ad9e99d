"""From a history to what the optimiser believes: `estimate_returns`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, get_args

import numpy as np

from advisor.arrays import FloatArray
from advisor.data.market import Market
from advisor.data.returns import ReturnModel
from advisor.errors import InputError
from advisor.optimize.estimate_covariance import (
    ewma_covariance,
    factor_covariance,
    oracle_approximating,
    sample_covariance,
    shrink_to_constant_correlation,
    shrink_to_identity,
)
from advisor.optimize.estimate_mean import age_weights, bayes_stein, james_stein
from advisor.optimize.estimate_window import Window, blocks, common_window, join_blocks
from advisor.optimize.moments import Moments, RunningMoments
from advisor.optimize.views import Equilibrium, View, black_litterman

Mean = Literal["bayes_stein", "james_stein", "historical", "ewma", "equilibrium", "black_litterman"]
Covariance = Literal["ledoit_wolf", "ledoit_wolf_identity", "oas", "sample", "ewma", "factor"]
Histories = Literal["common", "stambaugh"]


@dataclass(frozen=True)
class EstimateSettings:
    """Numbers that some methods need; the defaults serve multi-asset daily data.

    Args:
        half_life: Years after which a row counts half ("ewma").
        factors: Statistical factors kept ("factor").
        equilibrium: Market weights and the price of risk ("equilibrium", "black_litterman").
        views: Opinions ("black_litterman").
        overconfidence: How much too narrow the views' intervals are, as a factor ("black_litterman").
    """

    half_life: float = 1.0
    factors: int = 3
    equilibrium: Equilibrium = field(default_factory=Equilibrium)
    views: tuple[View, ...] = ()
    overconfidence: float = 1.0


def estimate_returns(
    market: Market,
    *,
    mean: Mean = "bayes_stein",
    covariance: Covariance = "ledoit_wolf",
    histories: Histories = "common",
    views: Sequence[View] | None = None,
    settings: EstimateSettings | None = None,
    running: RunningMoments | None = None,
) -> ReturnModel:
    """Annual expected returns and covariance from a history of simple returns.

    Args:
        market: Returns of n assets. Annualised by `periods_per_year`: means and covariances are multiplied by it (no compounding).
        mean: "bayes_stein" (Jorion) or "james_stein" shrink the sample means; "ewma" weights rows by age; "equilibrium" ignores past means;
            "black_litterman" adds views to the equilibrium; "historical", the raw sample mean, is opt-in because its errors swamp any risk aversion.
        covariance: "ledoit_wolf" shrinks correlations towards their average and keeps volatilities; "ledoit_wolf_identity" and "oas" shrink towards
            the scaled identity; "factor" keeps statistical factors; "ewma"; "sample".
        histories: "common" uses the days on which every asset is known; "stambaugh" uses every day of nested histories, short ones regressed on long ones.
        views: Shorthand for `settings.views`.
        settings: Numbers that some methods need.
        running: Moments kept from one day of a walk to the next, so that a longer past costs no more; the model agrees with the one without to rounding.

    Returns:
        A model whose covariance is positive semidefinite, because every method here gives one, over the market's assets, groups and risk levels.

    Raises:
        InputError: An unknown method, too few common days (the shortest history is named), a singular covariance where an inverse is needed.

    Source: Jorion (1986); Ledoit and Wolf (2004); Stambaugh (1997); Black and Litterman (1992).
    """
    for value, allowed, name in ((mean, Mean, "mean"), (covariance, Covariance, "covariance"), (histories, Histories, "histories")):
        if value not in get_args(allowed):
            raise InputError(f"{name} is {value!r}; choose one of {', '.join(get_args(allowed))}.", field=name, value=value)
    chosen = settings or EstimateSettings()
    opinions = chosen.views if views is None else tuple(views)
    if opinions and mean != "black_litterman":
        raise InputError(
            f'views were given but mean is {mean!r}, which has no use for them; pass mean="black_litterman".', field="views", value=mean
        )
    windows = [common_window(market)] if histories == "common" else blocks(market)
    period = market.periods_per_year
    parts = [(_raw_mean(w, mean, chosen, period), _covariance(w, covariance, chosen, period, running)) for w in windows]
    raw, sigma = parts[0] if len(parts) == 1 else join_blocks(windows, parts)
    fewest = min(len(w.rows) for w in windows)
    values = _shrunk(raw, sigma, fewest, mean, sample=covariance == "sample")
    annual: FloatArray = sigma * period
    if mean in ("equilibrium", "black_litterman"):
        values = chosen.equilibrium.mean(market.assets, annual)
        if mean == "black_litterman":
            values, annual = black_litterman(market.assets, values, annual, opinions, overconfidence=chosen.overconfidence)
    else:
        values = values * period
    levels = {a: int(level) for a, level in zip(market.assets, market.risk_levels, strict=True)}
    return ReturnModel(market.assets, values, annual, market.groups, levels)


def _raw_mean(window: Window, method: Mean, settings: EstimateSettings, period: float) -> FloatArray:
    if method == "ewma":
        return age_weights(len(window.rows), settings.half_life * period) @ window.rows
    return window.rows.mean(axis=0)


def _covariance(
    window: Window, method: Covariance, settings: EstimateSettings, period: float, running: RunningMoments | None
) -> FloatArray:
    rows = window.rows
    if method == "ewma":
        return ewma_covariance(rows, age_weights(len(rows), settings.half_life * period))
    if method == "factor":
        if settings.factors < 1:
            raise InputError(f"factors is {settings.factors}; keep at least 1.", field="factors", value=settings.factors)
        return factor_covariance(rows, min(settings.factors, rows.shape[1]))
    if method == "sample":
        return sample_covariance(rows)
    moments = Moments.of(rows) if running is None else running.of(rows)
    shrink = {"ledoit_wolf": shrink_to_constant_correlation, "ledoit_wolf_identity": shrink_to_identity, "oas": oracle_approximating}[
        method
    ]
    return shrink(moments)[0]


def _shrunk(raw: FloatArray, sigma: FloatArray, count: int, method: Mean, *, sample: bool) -> FloatArray:
    if method == "bayes_stein":
        return bayes_stein(raw, sigma, count, sample=sample)
    if method == "james_stein":
        return james_stein(raw, sigma, count)
    return np.asarray(raw, dtype=np.float64)
