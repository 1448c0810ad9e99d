"""Doors for estimates made elsewhere: capital-market assumptions, and a fitted prior of skfolio."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

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
        InputError: Other assets in one table than in another, a negative volatility, a correlation outside [-1, 1] or of an asset with itself, one pair given
            twice with two values, or correlations that contradict each other (mend them with `nearest_psd`).

    >>> m = from_assumptions({"share": 0.06, "bond": 0.03}, {"share": 0.16, "bond": 0.05}, {("bond", "share"): 0.25})
    >>> m.covariance.round(5).tolist()
    [[0.0256, 0.002], [0.002, 0.0025]]
    """
    assets = list(mean)
    if set(volatility) != set(assets):
        odd = sorted(set(volatility) ^ set(assets))
        raise InputError(f"mean and volatility name other assets ({odd[:5]}); give both for the same ones.", field="volatility", value=odd)
    deviation = np.array([float(volatility[a]) for a in assets])
    if not (deviation >= 0.0).all():
        worst = assets[int(np.argmin(deviation >= 0.0))]
        raise InputError(f"volatility[{worst!r}] is {volatility[worst]}; give 0 or more.", field="volatility", value=volatility[worst])
    table = np.eye(len(assets))
    seen: dict[tuple[int, int], float] = {}
    for (a, b), value in correlations.items():
        if a not in mean or b not in mean or a == b:
            raise InputError(
                f"correlations name the pair ({a!r}, {b!r}); give two different assets of the model.", field="correlations", value=(a, b)
            )
        if not -1.0 <= value <= 1.0:
            raise InputError(f"The correlation of {a!r} and {b!r} is {value}; it lies in [-1, 1].", field="correlations", value=value)
        i, j = sorted((assets.index(a), assets.index(b)))
        if seen.setdefault((i, j), value) != value:
            raise InputError(
                f"The correlation of {a!r} and {b!r} is given as {seen[i, j]} and {value}; drop one.",
                field="correlations",
                value=(seen[i, j], value),
            )
        table[i, j] = table[j, i] = value
    return ReturnModel(assets, [float(mean[a]) for a in assets], table * np.outer(deviation, deviation), groups, risk_levels, stress)


def from_skfolio(
    prior: object,
    assets: Sequence[str] | None = None,
    *,
    periods_per_year: float = 252.0,
    groups: Mapping[str, str] | None = None,
    risk_levels: Mapping[str, int] | None = None,
) -> ReturnModel:
    """A model from a fitted skfolio prior (or its return distribution), read by its attributes; skfolio is not imported.

    Args:
        prior: Has `return_distribution_` (or is one) with `mu` and `covariance`, a period each.
        assets: Ids; default the names the prior was fitted with (`feature_names_in_`).
        periods_per_year: Both are multiplied by it.
        groups: As in `ReturnModel`.
        risk_levels: As in `ReturnModel`.

    Raises:
        InputError: The object has no such attributes (fit it first), no names are known, or lengths disagree.
    """
    found = next((getattr(prior, name) for name in ("return_distribution_", "prior_model_") if hasattr(prior, name)), prior)
    if not (hasattr(found, "mu") and hasattr(found, "covariance")):
        raise InputError(
            f"{type(prior).__name__} has no return_distribution_ with mu and covariance; call its fit first.",
            field="prior",
            value=type(prior).__name__,
        )
    names = getattr(prior, "feature_names_in_", None) if assets is None else assets
    if names is None:
        raise InputError("The prior was fitted without column names; pass assets.", field="assets", value=None)
    mean, covariance = np.asarray(getattr(found, "mu")), np.asarray(getattr(found, "covariance"))  # noqa: B009 (of an object of unknown type)
    return ReturnModel([str(a) for a in names], mean * periods_per_year, covariance * periods_per_year, groups, risk_levels)
