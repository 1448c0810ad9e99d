"""What the optimiser believes: expected returns and their covariance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import date
from functools import cached_property

import numpy as np
import pandas as pd

from advisor.arrays import FloatArray, IntArray, check_number, float_array
from advisor.data.by_asset import in_order, label_assets, numbers_by_id, rate_assets
from advisor.data.ids import IdMap, unique_ids
from advisor.data.tables import labels_of
from advisor.errors import InputError
from advisor.validation import checked

STRESS_QUANTILE = 2.3263478740408408
"""The 99 % quantile of the normal distribution: a year in a hundred is this many standard
deviations below the mean, or worse."""
PSD_TOLERANCE = 1e-9
"""Largest negative eigenvalue, relative to the largest one, that is rounding and not a mistake."""


@dataclass(frozen=True)
class EstimatedFrom:
    """The history that a return model was estimated from: its last day, and its rows."""

    until: date
    rows: int


@dataclass(frozen=True, eq=False)
class ReturnModel:
    """Annual expected returns and covariance of `n` assets: the public function for anybody's
    estimates.

    Args:
        assets: Distinct ids, length n.
        mean: Expected annual simple returns, shape (n,). A Series (and a DataFrame of covariances)
            is put in order by its labels.
        covariance: Annual covariance, shape (n, n); symmetric and positive semidefinite.
        groups: Group of each asset, by id; what `GroupLimit` names. Unnamed assets have none ("").
        risk_levels: R1..R5 of each asset, by id, used for eligibility where no catalogue is given.
            Unnamed: 0 = unknown, which no client may hold.
        stress: Loss of each asset in the stress that `RiskBands.stress_loss` speaks of, by id, as
            positive fractions. Unnamed assets: `max(0, 2.326 * volatility - mean)`, the loss of a
            year in a hundred; all assets are taken to suffer theirs at once, which is the worst
            that they can do together (comonotone), not the portfolio's own year in a hundred.
        forecast: Annual covariance of the coming weeks, shape (n, n), as `forecast_covariance`
            makes it. Where there is one, portfolios are composed by `covariance` and sized by the
            forecast: volatilities are given, aimed at and held against the bands by it. None: one
            covariance does both.
        history: What the estimates rest on, as `estimate_returns` says; None: unknown.

    Raises:
        InputError: Shapes disagree, a value is not finite, the covariance is not symmetric positive
            semidefinite, or groups, risk levels or stress name other assets or hold something else
            than text, whole levels 0..5 and losses of 0 or more.
    """

    assets: tuple[str, ...]
    mean: FloatArray
    covariance: FloatArray
    groups: tuple[str, ...]
    risk_levels: IntArray
    stress: FloatArray
    forecast: FloatArray | None
    history: EstimatedFrom | None

    def __init__(
        self,
        assets: Sequence[str],
        mean: object,
        covariance: object,
        groups: Mapping[str, str] | Sequence[str] | None = None,
        risk_levels: Mapping[str, int] | Sequence[int] | None = None,
        stress: Mapping[str, float] | None = None,
        forecast: object = None,
        history: EstimatedFrom | None = None,
    ) -> None:
        if isinstance(assets, AbstractSet):
            raise InputError(
                f"assets is the set {assets!r}, which has no order to go with mean and covariance;"
                " pass a list.",
                field="assets",
                value=assets,
            )
        names = unique_ids(assets, "assets")
        if not names:
            raise InputError(
                "assets is empty; a portfolio needs at least one asset.", field="assets", value=()
            )
        n = len(names)
        mu = float_array(in_order(mean, names, "mean"), "mean", shape=(n,))
        sigma = _checked_covariance(
            float_array(
                in_order(covariance, names, "covariance", square=True), "covariance", shape=(n, n)
            ),
            names,
        )
        default = np.maximum(0.0, STRESS_QUANTILE * np.sqrt(np.diag(sigma)) - mu)
        stated = numbers_by_id(
            stress, names, "stress", "Write a loss of 30 % as 0.3; what would gain has 0.", low=0.0
        )
        losses = np.array(
            [stated.get(a, default[i]) for i, a in enumerate(names)], dtype=np.float64
        )
        coming = None
        if forecast is not None:
            coming = float_array(
                in_order(forecast, names, "forecast", square=True), "forecast", shape=(n, n)
            )
            coming = _checked_covariance(coming, names, "forecast")
        values = {
            "forecast": coming,
            "history": history,
            "assets": names,
            "mean": mu,
            "covariance": sigma,
            "groups": label_assets(groups, names),
            "risk_levels": rate_assets(risk_levels, names),
            "stress": float_array(losses, "stress", shape=(n,)),
        }
        for name, value in values.items():
            object.__setattr__(self, name, value)

    @classmethod
    @checked
    def from_frame(
        cls,
        mean: pd.Series,
        covariance: pd.DataFrame,
        groups: Mapping[str, str] | None = None,
        risk_levels: Mapping[str, int] | None = None,
        stress: Mapping[str, float] | None = None,
    ) -> ReturnModel:
        """From a Series of means and a DataFrame of covariances, joined by label (order does not
        matter).

        Raises:
            InputError: No Series or DataFrame, labels that repeat or differ, or what `ReturnModel`
                refuses.
        """
        names = unique_ids(mean.index, "mean index")
        rows, columns = labels_of(covariance.index), labels_of(covariance.columns)
        for have, what in ((rows, "rows"), (columns, "columns")):
            if set(have) != set(names) or len(have) != len(names):
                odd = sorted(set(have) ^ set(names))
                raise InputError(
                    f"covariance {what} and mean name other assets ({odd[:5]}); give both for the"
                    " same ones.",
                    field="covariance",
                    value=odd,
                )
        matrix = (
            covariance.set_axis(rows, axis=0)
            .set_axis(columns, axis=1)
            .loc[list(names), list(names)]
            .to_numpy()
        )
        return cls(names, mean.to_numpy(), matrix, groups, risk_levels, stress)

    @classmethod
    def from_skfolio(
        cls,
        prior: object,
        assets: Sequence[str] | None = None,
        *,
        periods_per_year: float = 252.0,
        groups: Mapping[str, str] | None = None,
        risk_levels: Mapping[str, int] | None = None,
        stress: Mapping[str, float] | None = None,
    ) -> ReturnModel:
        """From a fitted skfolio prior (or its return distribution), read by its attributes; skfolio
        is not imported.

        Args:
            prior: Has `return_distribution_` (or is one) with `mu` and `covariance`, a period each.
            assets: Ids; default the names the prior was fitted with (`feature_names_in_`).
            periods_per_year: Both are multiplied by it.
            groups: Group by asset id.
            risk_levels: R1..R5 by asset id.
            stress: Stressed loss by asset id.

        Raises:
            InputError: The object has no such attributes (fit it first), no names are known, or
                what `ReturnModel` refuses.
        """
        mean, covariance = _moments_of(prior)
        names = getattr(prior, "feature_names_in_", None) if assets is None else assets
        if names is None:
            raise InputError(
                "The prior was fitted without column names, so its assets are not known; pass"
                " assets.",
                field="assets",
                value=None,
            )
        names = unique_ids(names, "assets")
        remedy, n = "Give the number of periods a year, 252 for days.", len(names)
        rows = check_number(periods_per_year, "periods_per_year", remedy, above=0.0)
        mu = float_array(mean, "prior.mu", shape=(n,)) * rows
        sigma = float_array(covariance, "prior.covariance", shape=(n, n)) * rows
        return cls(names, mu, sigma, groups, risk_levels, stress)

    @cached_property
    def ids(self) -> IdMap:
        """Asset ids to columns."""
        return IdMap(self.assets)

    @cached_property
    def volatility(self) -> FloatArray:
        """Annual volatility of each asset, shape (n,)."""
        return np.sqrt(np.diag(self.covariance))

    @property
    def risk(self) -> FloatArray:
        """The covariance by which volatilities are given, shape (n, n): the forecast where there is
        one.
        """
        return self.covariance if self.forecast is None else self.forecast

    def __len__(self) -> int:
        return len(self.assets)

    def __repr__(self) -> str:
        return (
            f"ReturnModel({len(self)} assets, means {self.mean.min():.2%}..{self.mean.max():.2%},"
            f" volatilities {self.volatility.min():.2%}..{self.volatility.max():.2%})"
        )


def _moments_of(prior: object) -> tuple[object, object]:
    """Mean and covariance a period of a fitted prior of skfolio, or of its distribution."""
    held = (getattr(prior, name, None) for name in ("return_distribution_", "prior_model_"))
    distribution = next((found for found in held if found is not None), prior)
    mean = getattr(distribution, "mu", None)
    covariance = getattr(distribution, "covariance", None)
    if mean is None or covariance is None:
        raise InputError(
            f"prior is a {type(prior).__name__} without return_distribution_ (with mu and"
            " covariance), so there is nothing to read; call its fit first.",
            field="prior",
            value=type(prior).__name__,
        )
    return mean, covariance


def check_symmetric(sigma: FloatArray, names: Sequence[str], field: str = "covariance") -> None:
    """Raise `InputError` unless a covariance of shape (n, n) equals its transpose, up to
    rounding.
    """
    scale = float(np.abs(sigma).max()) or 1.0
    skew = np.abs(sigma - sigma.T)
    if skew.max() > 1e-9 * scale:
        i, j = (int(k) for k in np.unravel_index(int(skew.argmax()), skew.shape))
        raise InputError(
            f"{field} is not symmetric: [{names[i]}, {names[j]}] = {sigma[i, j]:g} but [{names[j]},"
            f" {names[i]}] = {sigma[j, i]:g}. Pass (C + C.T) / 2 if both are right.",
            field=field,
            value=(float(sigma[i, j]), float(sigma[j, i])),
        )


def _checked_covariance(
    sigma: FloatArray, names: Sequence[str], field: str = "covariance"
) -> FloatArray:
    check_symmetric(sigma, names, field)
    symmetric: FloatArray = 0.5 * (sigma + sigma.T)
    lowest, highest = (float(v) for v in np.linalg.eigvalsh(symmetric)[[0, -1]])
    if lowest < -PSD_TOLERANCE * max(highest, 0.0) or highest < 0.0:
        raise InputError(
            f"{field} is not positive semidefinite: its smallest eigenvalue is {lowest:.3g}"
            f" (largest {highest:.3g}), so some portfolio would have negative variance. Repair it"
            " with advisor.nearest_psd, or estimate it from aligned returns.",
            field=field,
            value=lowest,
        )
    symmetric.flags.writeable = False
    return symmetric
