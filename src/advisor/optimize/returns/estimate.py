"""From a history to what the optimiser believes: `estimate_returns`."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Annotated, Literal

import numpy as np

from advisor.arrays import FloatArray, check_type
from advisor.data.market import Market
from advisor.data.returns import EstimatedFrom, ReturnModel
from advisor.errors import InputError
from advisor.optimize.returns.covariance import (
    ewma_covariance,
    sample_covariance,
    shrink_to_constant_correlation,
)
from advisor.optimize.returns.forecast import HALF_LIFE, forecast_covariance
from advisor.optimize.returns.histories import Window, blocks, common_window, join_blocks
from advisor.optimize.returns.mean import age_weights, bayes_stein
from advisor.optimize.returns.moments import Moments, RunningMoments
from advisor.optimize.returns.premium import market_losses, premium_means
from advisor.optimize.returns.views import Equilibrium, View, Widening, black_litterman
from advisor.readers import Named, Number
from advisor.validation import checked

Mean = Literal[
    "shrunk_equilibrium", "bayes_stein", "historical", "ewma", "equilibrium", "black_litterman"
]
Covariance = Literal["ledoit_wolf", "sample", "ewma"]
Method = Annotated[
    Covariance,
    Named(
        "covariance",
        lambda value: isinstance(value, str) and value in ("ledoit_wolf", "sample", "ewma"),
        "'ledoit_wolf', 'sample' or 'ewma'",
        "Take another library's estimate with ReturnModel.from_skfolio.",
    ),
]
Histories = Literal["common", "stambaugh"]
Stress = Literal["market", "own"]
HalfLife = Annotated[
    float,
    Number(
        "Weights halve every half_life years; float('inf') weighs all rows alike.",
        above=0.0,
        infinite=True,
    ),
]
_LOG = logging.getLogger(__name__)
MANY = 51
"""Rows from which a volatility has a standard error of a tenth, or less: for normal returns it is
`1 / sqrt(2 (T - 1))` of it."""


@checked
@dataclass(frozen=True)
class EstimateSettings:
    """Numbers that some methods need; the defaults serve multi-asset daily data.

    Args:
        half_life: Years after which a row counts half ("ewma").
        equilibrium: Market weights and the price of risk ("shrunk_equilibrium", "equilibrium",
            "black_litterman").
        views: Opinions ("black_litterman").
        overconfidence: How much too narrow the views' intervals are, as a factor of at least 1
            ("black_litterman").

    Raises:
        InputError: A half-life that is not positive, or anything that is not of its kind.
    """

    half_life: HalfLife = 1.0
    equilibrium: Equilibrium = field(default_factory=Equilibrium)
    views: Sequence[View] = ()
    overconfidence: Widening = 1.0

    def __post_init__(self) -> None:
        remedy = 'Build each with advisor.View({"a": 1.0}, mean=0.05, confidence=0.5).'
        for view in self.views:
            check_type(view, View, "views", remedy)
        object.__setattr__(self, "views", tuple(self.views))


@checked
def estimate_returns(
    market: Market,
    *,
    mean: Mean = "shrunk_equilibrium",
    covariance: Method = "ledoit_wolf",
    histories: Histories = "common",
    views: Sequence[View] | None = None,
    settings: EstimateSettings | None = None,
    running: RunningMoments | None = None,
    forecast_half_life: float | None = HALF_LIFE,
    stress: Stress = "market",
) -> ReturnModel:
    """Annual expected returns and covariance from a history of simple returns.

    Args:
        market: Returns of n assets; means and covariances are multiplied by `periods_per_year`.
        mean: "shrunk_equilibrium": to each asset its beta to the market above cash (see
            `premium_means`); "bayes_stein" (Jorion): sample means shrunk together; "ewma": rows
            weighted by age; "equilibrium"; "black_litterman": views added to it; "historical": the
            sample means, opt-in because their errors swamp any risk aversion.
        covariance: "ledoit_wolf": correlations shrunk towards their average, volatilities kept;
            "ewma"; "sample". All variances are unbiased (divisor T - 1, or its weighted form).
            Other estimators come in by `ReturnModel.from_skfolio`, or `ReturnModel(...)`.
        histories: "common": the days on which every asset is known; "stambaugh": every day of
            nested histories, short ones regressed on long ones.
        views: Shorthand for `settings.views`.
        settings: Numbers that some methods need.
        running: Moments kept from one day of a walk to the next; the model agrees to rounding.
        forecast_half_life: Of `forecast_covariance`, by which levels are sized; None: no forecast.
        stress: What an asset loses in stress: "market", its part in the market's worst year in a
            hundred (see `market_losses`); "own", its own worst year, however little they coincide.

    Returns:
        A model with a positive semidefinite covariance, with the market's groups and risk levels.
        Fewer than 51 rows, or than assets, are a warning in the log.

    Raises:
        InputError: No Market, an unknown method, fewer than nine common rows (the shortest history
            is named), a sample covariance of no more rows than assets, or a singular one where an
            inverse is needed.

    Source: Jorion (1986); Ledoit and Wolf (2004); Stambaugh (1997); Black and Litterman (1992).
    """
    chosen = _with_views(settings, views, mean)
    windows = [common_window(market)] if histories == "common" else blocks(market)
    _check_rows(market, min(windows, key=lambda w: len(w.rows)), covariance)
    _log_shortened(market, len(windows[0].rows))
    means, annual = _annual(market, windows, (mean, covariance), chosen, running)
    coming = forecast_half_life
    forecast = None if coming is None else forecast_covariance(market, half_life=coming)
    levels = {a: int(level) for a, level in zip(market.assets, market.risk_levels, strict=True)}
    beliefs = (market.assets, means, annual, market.groups, levels)
    history = EstimatedFrom(market.dates[-1].item(), min(len(w.rows) for w in windows))
    model = ReturnModel(*beliefs, forecast=forecast, history=history)
    if stress == "own":
        return model
    losses = market_losses(model, chosen.equilibrium)
    return ReturnModel(*beliefs, losses, forecast, history)


def _with_views(
    settings: EstimateSettings | None, views: Sequence[View] | None, mean: str
) -> EstimateSettings:
    chosen = EstimateSettings() if settings is None else settings
    chosen = chosen if views is None else replace(chosen, views=views)
    if chosen.views and mean != "black_litterman":
        raise InputError(
            f"views were given but mean is {mean!r}, which has no use for them; pass"
            ' mean="black_litterman".',
            field="views",
            value=mean,
        )
    return chosen


def _check_rows(market: Market, window: Window, covariance: Covariance) -> None:
    """Refuse a sample covariance by which some mixture of assets has no risk at all; warn in the
    log of an estimate that says little.
    """
    rows, assets = window.rows.shape
    if covariance == "sample" and assets > 1 and rows <= assets:
        raise InputError(
            f'covariance is "sample" with {rows} rows of {assets} assets, which is singular: some'
            ' mixture of them would have no risk. Pass more rows, or covariance="ledoit_wolf".',
            field="covariance",
            value=rows,
        )
    if rows < MANY or rows < assets:
        risk, mean = 1.0 / np.sqrt(2.0 * (rows - 1)), np.sqrt(market.periods_per_year / rows)
        _LOG.warning(
            f"The estimate of {len(market.assets)} assets stands on {rows} rows: one standard error"
            f" of a volatility is {risk:.0%} of it, of a mean {mean:.1f} volatilities. Pass a"
            " longer history."
        )


def _annual(
    market: Market,
    windows: Sequence[Window],
    methods: tuple[Mean, Covariance],
    chosen: EstimateSettings,
    running: RunningMoments | None,
) -> tuple[FloatArray, FloatArray]:
    """Annual means (n,) and covariance (n, n)."""
    (mean, covariance), period = methods, market.periods_per_year
    parts = [
        (_raw_mean(w, mean, chosen, period), _covariance(w, covariance, chosen, period, running))
        for w in windows
    ]
    raw, sigma = parts[0] if len(parts) == 1 else join_blocks(windows, parts)
    fewest, annual = min(len(w.rows) for w in windows), sigma * period
    if mean == "bayes_stein":
        return bayes_stein(raw, sigma, fewest, sample=covariance == "sample") * period, annual
    if mean == "shrunk_equilibrium":
        years, market_of = fewest / period, chosen.equilibrium
        return premium_means(market.assets, raw * period, annual, years, market_of), annual
    if mean in ("historical", "ewma"):
        return raw * period, annual
    prior = chosen.equilibrium.mean(market.assets, annual)
    if mean == "equilibrium":
        return prior, annual
    wide = chosen.overconfidence
    return black_litterman(market.assets, prior, annual, chosen.views, overconfidence=wide)


def _log_shortened(market: Market, rows: int) -> None:
    """Say in the log that an estimate cannot use all of a history."""
    if rows == len(market) or not _LOG.isEnabledFor(logging.INFO):
        return
    counts = np.isfinite(market.returns).sum(axis=0)
    shortest = int(np.argmin(counts))
    _LOG.info(
        f"The estimate uses {rows:,} of {len(market):,} rows, {rows / market.periods_per_year:.1f}"
        f" of {market.years:.1f} years: those on which every asset is known. The shortest history"
        f" is that of {market.assets[shortest]!r} with {int(counts[shortest]):,} rows; drop it, or"
        ' pass histories="stambaugh", to use more.'
    )


def _raw_mean(
    window: Window, method: Mean, settings: EstimateSettings, period: float
) -> FloatArray:
    if method == "ewma":
        return _ages(window, settings, period) @ window.rows
    return window.rows.mean(axis=0)


def _covariance(
    window: Window,
    method: Covariance,
    settings: EstimateSettings,
    period: float,
    running: RunningMoments | None,
) -> FloatArray:
    rows = window.rows
    if method == "ewma":
        return ewma_covariance(rows, _ages(window, settings, period))
    if method == "sample":
        return sample_covariance(rows)
    moments = Moments.of(rows) if running is None else running.of(rows)
    scale = moments.count / (moments.count - 1)
    return shrink_to_constant_correlation(moments)[0] * scale


def _ages(window: Window, settings: EstimateSettings, period: float) -> FloatArray:
    """Weights of a window's rows by age, shape (T,)."""
    rows = settings.half_life * period
    if rows < 1.0:
        raise InputError(
            f"half_life is {settings.half_life:g} years, {rows:.2g} rows of this market: hardly"
            f" more than its last row would count. Give at least {1.0 / period:.2g} years, which is"
            " one row.",
            field="half_life",
            value=settings.half_life,
        )
    return age_weights(len(window.rows), rows)
