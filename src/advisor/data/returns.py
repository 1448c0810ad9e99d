"""What the optimiser believes: expected returns and their covariance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from advisor.arrays import FloatArray, IntArray, float_array, unique_ids
from advisor.data.ids import IdMap
from advisor.errors import InputError

STRESS_QUANTILE = 2.3263478740408408
"""Normal quantile of a year in a hundred: the stressed loss of an asset whose model states none."""
PSD_TOLERANCE = 1e-9
"""Largest negative eigenvalue, relative to the largest one, that is rounding and not a mistake."""


@dataclass(frozen=True, eq=False)
class ReturnModel:
    """Annual expected returns and covariance of `n` assets: the door for anybody's estimates.

    Args:
        assets: Distinct ids, length n.
        mean: Expected annual simple returns, shape (n,).
        covariance: Annual covariance, shape (n, n); symmetric and positive semidefinite.
        groups: Group of each asset, by id; what `GroupLimit` names. Unnamed assets have none ("").
        risk_levels: R1..R5 of each asset, by id, used for eligibility where no catalogue is given. Unnamed: 0 = unknown, which no client may hold.
        stress: Loss of each asset in the stress that `RiskBands.stress_loss` speaks of, by id, as positive fractions. Unnamed assets:
            `max(0, 2.33 * volatility - mean)`, the loss of a year in a hundred; all assets are taken to suffer theirs at once.

    Raises:
        InputError: Shapes disagree, a value is not finite, or the covariance is not symmetric positive semidefinite.
    """

    assets: tuple[str, ...]
    mean: FloatArray
    covariance: FloatArray
    groups: tuple[str, ...]
    risk_levels: IntArray
    stress: FloatArray

    def __init__(
        self,
        assets: Sequence[str],
        mean: object,
        covariance: object,
        groups: Mapping[str, str] | Sequence[str] | None = None,
        risk_levels: Mapping[str, int] | Sequence[int] | None = None,
        stress: Mapping[str, float] | None = None,
    ) -> None:
        names = unique_ids(assets, "assets")
        if not names:
            raise InputError("assets is empty; a portfolio needs at least one asset.", field="assets", value=())
        n = len(names)
        mu = float_array(mean, "mean", shape=(n,))
        sigma = _checked_covariance(float_array(covariance, "covariance", shape=(n, n)), names)
        default = np.maximum(0.0, STRESS_QUANTILE * np.sqrt(np.diag(sigma)) - mu)
        losses = np.array([(stress or {}).get(a, default[i]) for i, a in enumerate(names)], dtype=np.float64)
        _check_names(stress, names, "stress")
        values = {
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
    def from_frame(
        cls,
        mean: pd.Series,
        covariance: pd.DataFrame,
        groups: Mapping[str, str] | None = None,
        risk_levels: Mapping[str, int] | None = None,
        stress: Mapping[str, float] | None = None,
    ) -> ReturnModel:
        """From a Series of means and a DataFrame of covariances, joined by label (order does not matter)."""
        names = [str(a) for a in mean.index]
        rows, columns = [str(a) for a in covariance.index], [str(a) for a in covariance.columns]
        for have, what in ((rows, "rows"), (columns, "columns")):
            if set(have) != set(names) or len(have) != len(names):
                odd = sorted(set(have) ^ set(names))
                raise InputError(
                    f"covariance {what} and mean name other assets ({odd[:5]}); give both for the same ones.", field="covariance", value=odd
                )
        matrix = covariance.set_axis(rows, axis=0).set_axis(columns, axis=1).loc[names, names].to_numpy()
        return cls(names, mean.to_numpy(), matrix, groups, risk_levels, stress)

    @cached_property
    def ids(self) -> IdMap:
        """Asset ids to columns."""
        return IdMap(self.assets)

    @cached_property
    def volatility(self) -> FloatArray:
        """Annual volatility of each asset, shape (n,)."""
        return np.sqrt(np.diag(self.covariance))

    def __len__(self) -> int:
        return len(self.assets)

    def __repr__(self) -> str:
        return f"ReturnModel({len(self)} assets, means {self.mean.min():.2%}..{self.mean.max():.2%}, volatilities {self.volatility.min():.2%}..{self.volatility.max():.2%})"


def label_assets(groups: Mapping[str, str] | Sequence[str] | None, names: Sequence[str]) -> tuple[str, ...]:
    """One group a name, "" where none is given. Raises `InputError` for groups of unknown assets or another length."""
    if groups is None:
        return ("",) * len(names)
    if isinstance(groups, Mapping):
        _check_names(groups, names, "groups")
        return tuple(groups.get(a, "") for a in names)
    if len(groups) != len(names):
        raise InputError(
            f"groups has {len(groups)} entries for {len(names)} assets; give one each, or a mapping.", field="groups", value=len(groups)
        )
    return tuple(groups)


def rate_assets(levels: Mapping[str, int] | Sequence[int] | None, names: Sequence[str]) -> IntArray:
    """One level 1..5 a name, 0 where none is given, shape (n,). Raises `InputError` for other levels and unknown assets."""
    if levels is None:
        levels = {}
    if isinstance(levels, Mapping):
        _check_names(levels, names, "risk_levels")
        rated = np.array([levels.get(a, 0) for a in names], dtype=np.int64)
    else:
        rated = np.array(levels, dtype=np.int64)
        if rated.shape != (len(names),):
            raise InputError(
                f"risk_levels has shape {rated.shape} for {len(names)} assets; give one each, or a mapping.",
                field="risk_levels",
                value=rated.shape,
            )
    for name, level in zip(names, rated.tolist(), strict=True):
        if not 0 <= level <= 5:
            raise InputError(
                f"risk_levels[{name!r}] is {level}; levels run from 1 (R1) to 5 (R5), 0 = unknown.", field="risk_levels", value=level
            )
    rated.flags.writeable = False
    return rated


def _check_names(given: Mapping[str, object] | None, names: Sequence[str], field: str) -> None:
    unknown = sorted(set(given or ()) - set(names))
    if unknown:
        raise InputError(
            f"{field} names {unknown[:5]}, which {'is' if len(unknown) == 1 else 'are'} not among the assets; correct or remove.",
            field=field,
            value=unknown,
        )


def _checked_covariance(sigma: FloatArray, names: Sequence[str]) -> FloatArray:
    scale = float(np.abs(sigma).max()) or 1.0
    skew = np.abs(sigma - sigma.T)
    if skew.max() > 1e-9 * scale:
        i, j = (int(k) for k in np.unravel_index(int(skew.argmax()), skew.shape))
        raise InputError(
            f"covariance is not symmetric: [{names[i]}, {names[j]}] = {sigma[i, j]:g} but [{names[j]}, {names[i]}] = {sigma[j, i]:g}. Pass (C + C.T) / 2 if both are right.",
            field="covariance",
            value=(float(sigma[i, j]), float(sigma[j, i])),
        )
    symmetric: FloatArray = 0.5 * (sigma + sigma.T)
    lowest, highest = (float(v) for v in np.linalg.eigvalsh(symmetric)[[0, -1]])
    if lowest < -PSD_TOLERANCE * max(highest, 0.0) or highest < 0.0:
        raise InputError(
            f"covariance is not positive semidefinite: its smallest eigenvalue is {lowest:.3g} (largest {highest:.3g}), so some portfolio would have "
            "negative variance. Repair it with optimize.nearest_psd, or estimate it from aligned returns.",
            field="covariance",
            value=lowest,
        )
    symmetric.flags.writeable = False
    return symmetric
