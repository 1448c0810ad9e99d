"""From a history to what the optimiser believes: `estimate_returns`."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from types import NoneType
from typing import Literal, get_args

import numpy as np

from advisor.arrays import FloatArray, check_number, check_type
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
from advisor.optimize.returns.views import WIDENING, Equilibrium, View, black_litterman

Mean = Literal[
    "shrunk_equilibrium", "bayes_stein", "historical", "ewma", "equilibrium", "black_litterman"
]
Covariance = Literal["ledoit_wolf", "sample", "ewma"]
Histories = Literal["common", "stambaugh"]
_LOG = logging.getLogger(__name__)
Stress = Literal["market", "own"]


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

    half_life: float = 1.0
    equilibrium: Equilibrium = field(default_factory=Equilibrium)
    views: tuple[View, ...] = ()
    overconfidence: float = 1.0

    def __post_init__(self) -> None:
        remedy = "Weights halve every half_life years; float('inf') weighs all rows alike."
        check_number(self.half_life, "half_life", remedy, above=0.0, infinite=True)
        check_type(
            self.equilibrium,
            Equilibrium,
            "equilibrium",
            "Build it with advisor.Equilibrium(weights=..., premium=...).",
        )
        object.__setattr__(self, "views", _opinions(self.views))
        check_number(self.overconfidence, "overconfidence", WIDENING, low=1.0)


def estimate_returns(
    market: Market,
    *,
    mean: Mean = "shrunk_equilibrium",
    covariance: Covariance = "ledoit_wolf",
    histories: Histories = "common",
    views: Sequence[View] | None = None,
    settings: EstimateSettings | None = None,
    running: RunningMoments | None = None,
    forecast_half_life: float | None = HALF_LIFE,
    stress: Stress = "market",
) -> ReturnModel:
    """Annual expected returns and covariance from a history of simple returns.

    Args:
        market: Returns of n assets. Annualised by `periods_per_year`: means and covariances are
            multiplied by it (no compounding).
        mean: "shrunk_equilibrium" pays every asset its beta to the market above cash, at a Sharpe
            ratio shrunk towards the usual one (see `premium_means`); "bayes_stein" (Jorion)
            shrinks the sample means; "ewma" weights rows by age; "equilibrium" ignores
            past means; "black_litterman" adds views to the equilibrium; "historical", the raw
            sample mean, is opt-in because its errors swamp any risk aversion.
        covariance: "ledoit_wolf" shrinks correlations towards their average and keeps volatilities;
            "ewma"; "sample". All have the same scale: variances are unbiased (divisor T - 1, or its
            weighted form). The shrinkage intensity is that of the paper, which divides by T; the
            shrunk covariance is then scaled by T / (T - 1). Other estimators come in by
            `ReturnModel.from_skfolio`, or `ReturnModel(assets, mean, covariance)`.
        histories: "common" uses the days on which every asset is known; "stambaugh" uses every day
            of nested histories, short ones regressed on long ones.
        views: Shorthand for `settings.views`.
        settings: Numbers that some methods need.
        running: Moments kept from one day of a walk to the next, so that a longer past costs no
            more; the model agrees with the one without to rounding.
        forecast_half_life: Rows after which a return counts half in the model's forecast of the
            coming weeks (see `forecast_covariance`), by which levels are sized; None: no forecast.
        stress: What the model says an asset loses in stress: "market", its part in the market's
            worst year in a hundred (see `market_losses`); "own", its own worst year, which adds up
            to what no year brings and no diversification lessens.

    Returns:
        A model whose covariance is positive semidefinite, because every method here gives one, over
        the market's assets, groups and risk levels.

    Raises:
        InputError: No Market, an unknown method, too few common days (the shortest history is
            named), a singular covariance where an inverse is needed.

    Source: Jorion (1986); Ledoit and Wolf (2004); Stambaugh (1997); Black and Litterman (1992).
    """
    check_type(
        market, Market, "market", "Build one with Market.from_prices or Market.from_returns."
    )
    for value, allowed, name in (
        (mean, Mean, "mean"),
        (covariance, Covariance, "covariance"),
        (histories, Histories, "histories"),
        (stress, Stress, "stress"),
    ):
        check_type(value, str, name, f"Choose one of {', '.join(get_args(allowed))}.")
        if value not in get_args(allowed):
            raise InputError(
                f"{name} is {value!r}, which is no method; choose one of"
                f" {', '.join(get_args(allowed))}, or take another library's estimate with"
                " ReturnModel.from_skfolio.",
                field=name,
                value=value,
            )
    chosen = EstimateSettings() if settings is None else settings
    check_type(
        chosen,
        EstimateSettings,
        "settings",
        "Build them with advisor.EstimateSettings(half_life=..., ...).",
    )
    check_type(
        running,
        (RunningMoments, NoneType),
        "running",
        "Keep one RunningMoments for a walk, or leave it out.",
    )
    opinions = chosen.views if views is None else _opinions(views)
    if opinions and mean != "black_litterman":
        raise InputError(
            f"views were given but mean is {mean!r}, which has no use for them; pass"
            ' mean="black_litterman".',
            field="views",
            value=mean,
        )
    windows = [common_window(market)] if histories == "common" else blocks(market)
    _log_shortened(market, len(windows[0].rows))
    period = market.periods_per_year
    parts = [
        (_raw_mean(w, mean, chosen, period), _covariance(w, covariance, chosen, period, running))
        for w in windows
    ]
    raw, sigma = parts[0] if len(parts) == 1 else join_blocks(windows, parts)
    fewest = min(len(w.rows) for w in windows)
    values: FloatArray = np.asarray(raw, dtype=np.float64)
    if mean == "bayes_stein":
        values = bayes_stein(raw, sigma, fewest, sample=covariance == "sample")
    annual: FloatArray = sigma * period
    if mean == "shrunk_equilibrium":
        values = premium_means(
            market.assets, values * period, annual, fewest / period, chosen.equilibrium
        )
    elif mean in ("equilibrium", "black_litterman"):
        values = chosen.equilibrium.mean(market.assets, annual)
        if mean == "black_litterman":
            values, annual = black_litterman(
                market.assets, values, annual, opinions, overconfidence=chosen.overconfidence
            )
    else:
        values = values * period
    levels = {a: int(level) for a, level in zip(market.assets, market.risk_levels, strict=True)}
    forecast = (
        None
        if forecast_half_life is None
        else forecast_covariance(market, half_life=forecast_half_life)
    )
    beliefs = (market.assets, values, annual, market.groups, levels)
    history = EstimatedFrom(market.dates[-1].item(), fewest)
    model = ReturnModel(*beliefs, forecast=forecast, history=history)
    if stress == "own":
        return model
    losses = market_losses(model, chosen.equilibrium)
    return ReturnModel(*beliefs, losses, forecast, history)


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


def _opinions(views: object) -> tuple[View, ...]:
    """A checked tuple of views."""
    remedy = (
        'Give a sequence of views, each built with advisor.View({"a": 1.0}, mean=0.05,'
        " confidence=0.5)."
    )
    check_type(views, Sequence, "views", remedy)
    opinions: tuple[object, ...] = tuple(views)  # type: ignore[arg-type]
    for view in opinions:
        check_type(view, View, "views", remedy)
    return opinions  # type: ignore[return-value]
