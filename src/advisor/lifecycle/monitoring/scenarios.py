"""Stress scenarios with a name and a source, and scenarios made from a model."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from types import MappingProxyType
from typing import Annotated

import numpy as np

from advisor.annotations import NotNegative, Share, WholeVector
from advisor.arrays import NUMBER, FloatArray, check_shape, check_type, float_array
from advisor.data.days import as_day
from advisor.data.market import Market
from advisor.data.returns import ReturnModel
from advisor.errors import InputError
from advisor.lifecycle.inputs import array, within
from advisor.readers import Number
from advisor.validation import checked


@checked
@dataclass(frozen=True)
class Scenario:
    """What happens to each asset, or group of assets, at once.

    Attributes:
        name: Unique among those tested together.
        shocks: Simple return by asset id or group name (-0.34 = loses 34 %); an asset's own entry
            goes before its group's.
        source: Where the numbers come from.
        otherwise: Return of what `shocks` does not name; None = such an asset is an error.
    """

    name: str
    shocks: Mapping[str, float]
    source: str
    otherwise: Annotated[float, Number("It is a simple return.", low=-1.0)] | None = 0.0

    def __post_init__(self) -> None:
        for key, value in self.shocks.items():
            check_type(value, NUMBER, "shocks", "A shock is -0.34 where 34 % is lost.", key=key)
        bad = {k: v for k, v in self.shocks.items() if not -1.0 <= v < np.inf}
        if bad or not self.shocks:
            raise InputError(
                f"Scenario {self.name!r} has {f'the shock {bad}' if bad else 'no shocks'}; a shock"
                " is a simple return, finite and not below -1.",
                field=self.name,
                value=bad,
            )
        object.__setattr__(self, "shocks", MappingProxyType(dict(self.shocks)))

    def returns(self, assets: Sequence[str], groups: Sequence[str]) -> FloatArray:
        """Return of each asset, shape (n,). Raises `InputError` for an asset that is not covered
        where `otherwise` is None.
        """
        out = np.empty(len(assets))
        for i, (asset, group) in enumerate(zip(assets, groups, strict=True)):
            shock = self.shocks.get(asset, self.shocks.get(group) if group else None)
            if shock is None:
                shock = self.otherwise
            if shock is None:
                raise InputError(
                    f"Scenario {self.name!r} says nothing about {asset!r} (group {group!r}); add a"
                    " shock for it, or say what happens otherwise.",
                    field=asset,
                    value=asset,
                )
            out[i] = shock
        return out


_BUNDLED = files("advisor.lifecycle.monitoring") / "historical.json"
HISTORICAL: tuple[Scenario, ...] = tuple(
    Scenario(row["name"], row["shocks"], row["source"])
    for row in json.loads(_BUNDLED.read_text("utf-8"))
)
"""Published falls. They speak of the groups equity, growth equity, real estate and housing only:
what else lost or gained then is not in the source and counts as 0."""

WINDOWS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "GFC 2007-2009": ("2007-10-09", "2009-03-09"),
        "A-share crash 2015": ("2015-06-12", "2015-08-26"),
        "COVID 2020": ("2020-02-19", "2020-03-23"),
        "Rates 2022": ("2022-01-03", "2022-10-12"),
    }
)
"""First and last day of episodes that `replay_scenario` can play on a market's own history; in 2022
shares and bonds fell together."""


@checked
def replay_scenario(market: Market, start: str, end: str, *, name: str | None = None) -> Scenario:
    """What each asset of a market really did between two closes.

    Args:
        market: Must know every asset on every day after `start` up to `end`.
        start: Day of the close from which returns count.
        end: Day of the close up to which they count.
        name: Default "replay start..end".

    Returns:
        A scenario that covers exactly the market's assets.

    Raises:
        InputError: The window holds no day, or an asset has no return in part of it.
    """
    first, last = as_day(start, "start"), as_day(end, "end")
    rows = (market.dates > first) & (market.dates <= last)
    moves = market.returns[rows]
    holes = [
        a for a, gap in zip(market.assets, np.any(np.isnan(moves), axis=0), strict=True) if gap
    ]
    if not rows.any() or holes:
        raise InputError(
            f"{market!r} has {int(rows.sum())} days after {first} up to {last}, and no full history"
            f" there for {holes[:5]}; a replay needs every asset on every day. Choose another"
            " window or drop those assets.",
            field="start",
            value=holes,
        )
    total = np.prod(1.0 + moves, axis=0) - 1.0
    shocks = {a: float(v) for a, v in zip(market.assets, total, strict=True)}
    return Scenario(
        name or f"replay {first}..{last}",
        shocks,
        f"the market's own returns, {first} to {last}",
        otherwise=None,
    )


@checked
def scenario(name: str) -> Scenario:
    """One of `HISTORICAL` by name. Raises `InputError` when there is none.

    >>> scenario("COVID 2020").shocks["equity"]
    -0.34
    """
    for each in HISTORICAL:
        if each.name == name:
            return each
    raise InputError(
        f"No scenario is called {name!r}; there are {[s.name for s in HISTORICAL]}.",
        field="name",
        value=name,
    )


@checked
def blend_correlation(correlation: object, share: Share, toward: object = 1.0) -> FloatArray:
    """Correlations moved part of the way to another matrix: (1 - share) R + share C.

    Args:
        correlation: Shape (n, n), positive semidefinite with unit diagonal.
        share: 0 = unchanged, 1 = all the way.
        toward: The matrix C, or one number for all pairs (1 = everything falls together).

    Returns:
        Shape (n, n). Positive semidefinite because both ends are and the cone is convex; the
        diagonal stays 1.

    Raises:
        InputError: A share outside 0..1, another shape, or an end that is not a correlation matrix.
    """
    have, end = _square(correlation, "correlation"), array(toward, "toward")
    n = len(have)
    if end.ndim == 0:
        end = np.full((n, n), float(end)) + (1.0 - float(end)) * np.eye(n)
    for name, matrix in (("correlation", have), ("toward", end)):
        square = matrix.shape == (n, n) and np.allclose(matrix, matrix.T, atol=1e-9)
        square = square and np.allclose(np.diag(matrix), 1.0, atol=1e-9)
        if not square or np.linalg.eigvalsh(matrix)[0] < -1e-9 * n:
            raise InputError(
                f"{name} is not a correlation matrix of {n} assets (symmetric, ones on the"
                " diagonal, no negative eigenvalue); repair it first.",
                field=name,
                value=matrix.shape,
            )
    return (1.0 - share) * have + share * end


@checked
def stressed_covariance(
    covariance: object, *, volatility: NotNegative = 1.0, correlation: float = 0.0
) -> FloatArray:
    """Covariance with volatilities times a factor and correlations blended toward 1; still positive
    semidefinite.

    Args:
        covariance: Annual, shape (n, n).
        volatility: Factor, 0 or more.
        correlation: Share of the way to correlation 1, in 0..1.

    >>> apart = [[0.04, 0.0], [0.0, 0.01]]
    >>> stressed_covariance(apart, volatility=2.0, correlation=0.5).round(4).tolist()
    [[0.16, 0.04], [0.04, 0.04]]
    """
    sigma = _square(covariance, "covariance")
    risk = np.sqrt(np.diag(sigma))
    scale = np.where(risk > 0.0, risk, 1.0)
    pairs = sigma / np.outer(scale, scale)
    np.fill_diagonal(pairs, 1.0)
    stressed = volatility * risk
    return blend_correlation(pairs, correlation) * np.outer(stressed, stressed)


def _square(value: object, field: str) -> FloatArray:
    matrix = float_array(value, field, shape=(None, None))
    check_shape(matrix, field, (max(len(matrix), 1),) * 2)
    return matrix


@checked
def factor_scenario(
    name: str,
    model: ReturnModel,
    exposures: object,
    shocks: object,
    *,
    covariance: object | None = None,
    given: WholeVector | None = None,
) -> Scenario:
    """Asset shocks from factor shocks: returns = exposures times factors.

    Args:
        name: Of the scenario.
        model: Names the assets.
        exposures: Beta of each asset to each factor, shape (n, k).
        shocks: Returns of the factors, shape (k,).
        covariance: Of the factors, shape (k, k); with `given`, factors that are not given take
            their expected value given those that are.
        given: Positions of the factors whose shock is given; default all.

    Returns:
        A scenario over the model's assets; returns below -1 are cut there.

    Raises:
        InputError: Shapes disagree.
    """
    beta, moves = array(exposures, "exposures"), float_array(shocks, "shocks", shape=(None,)).copy()
    if beta.shape != (len(model), len(moves)):
        raise InputError(
            f"exposures has shape {beta.shape}; {(len(model), len(moves))} is needed, an asset a"
            " row and a factor a column.",
            field="exposures",
            value=beta.shape,
        )
    if covariance is not None and given is not None:
        omega = float_array(covariance, "covariance", shape=(len(moves), len(moves)))
        known = within(given.astype(np.float64), "given", "Positions.", low=0, high=len(moves) - 1)
        known = known.astype(np.int64)
        rest = np.setdiff1d(np.arange(len(moves)), known)
        moves[rest] = omega[np.ix_(rest, known)] @ np.linalg.solve(
            omega[np.ix_(known, known)], moves[known]
        )
    values = np.maximum(beta @ moves, -1.0)
    return Scenario(
        name,
        {a: float(v) for a, v in zip(model.assets, values, strict=True)},
        "factor shock",
        otherwise=None,
    )
