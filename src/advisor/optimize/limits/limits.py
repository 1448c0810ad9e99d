"""A mandate, a universe and an eligibility mask as arrays: bounds on weights, and rows on sums of
weights.

Everything an optimiser of this package needs to know about limits is in `Limits`: `lower <= w <=
upper`, `row_lower <= rows @ w <= row_upper`, `sum w = 1`, and optionally a cap on volatility. Names
are kept beside the numbers, so that whatever binds or contradicts can be named.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, inf
from typing import Any

import numpy as np
import numpy.typing as npt

from advisor.arrays import BoolArray, FloatArray, check_type, frozen
from advisor.contracts.mandate import Mandate
from advisor.data.returns import ReturnModel
from advisor.errors import InfeasibleError, InputError

SUM_TOLERANCE = 1e-12
"""Bounds that add up to 1 within this are taken to add up to 1: ten caps of 0.1 do not, in
binary."""


@dataclass(frozen=True, eq=False)
class Limits:
    """Limits on the weights of `n` assets that add up to 1.

    Args:
        assets: Ids, length n.
        lower: Lower bounds, fractions of wealth, shape (n,).
        upper: Upper bounds, shape (n,).
        rows: Coefficients of group and linear limits, shape (r, n).
        row_lower: Lower edges of those rows, shape (r,); -inf where there is none.
        row_upper: Upper edges, shape (r,); inf where there is none.
        row_names: "group:<group>" and names of linear limits, length r.
        max_volatility: Cap on annual volatility, or None.
        ineligible: True where an asset is fixed at 0 because it may not be held, shape (n,).
        min_weight: The lower bound of every asset that the mandate does not name.
        max_weight: The upper bound of those.
        max_gross: Cap on the sum of absolute weights, or None.
        short_costs: What a negative weight costs a year beyond the return, shape (n,), or None.
    """

    assets: tuple[str, ...]
    lower: FloatArray
    upper: FloatArray
    rows: FloatArray
    row_lower: FloatArray
    row_upper: FloatArray
    row_names: tuple[str, ...]
    max_volatility: float | None
    ineligible: BoolArray
    min_weight: float
    max_weight: float
    max_gross: float | None = None
    short_costs: FloatArray | None = None

    def bound_name(self, asset: int, side: int) -> str:
        """Name of the bound of one asset: side -1 is the lower one, +1 the upper one."""
        name = self.assets[asset]
        if self.ineligible[asset]:
            return f"ineligible:{name}"
        if self.lower[asset] == self.upper[asset]:
            return f"fixed_weight:{name}"
        return f"{'min' if side < 0 else 'max'}_weight:{name}"

    def row_name(self, row: int, side: int) -> str:
        """Name of one edge of a row: side -1 is the lower one, +1 the upper one."""
        return f"{self.row_names[row]}:{'lower' if side < 0 else 'upper'}"

    def one_sided(self) -> tuple[FloatArray, FloatArray]:
        """The edges of the rows as `matrix @ w <= right`: the lower ones, then the upper ones."""
        low, high = np.isfinite(self.row_lower), np.isfinite(self.row_upper)
        matrix = np.vstack([-self.rows[low], self.rows[high]])
        return matrix, np.concatenate([-self.row_lower[low], self.row_upper[high]])

    def row_prices(self, prices: FloatArray) -> FloatArray:
        """Multipliers of the rows, positive at a lower edge, shape (r,), from the prices of
        `one_sided`, which are 0 or more.
        """
        low, high = np.isfinite(self.row_lower), np.isfinite(self.row_upper)
        multipliers = np.zeros(len(self.row_names))
        multipliers[low] += prices[: low.sum()]
        multipliers[high] -= prices[low.sum() :]
        return multipliers


def limits_of(
    model: ReturnModel,
    mandate: Mandate | None = None,
    eligible: BoolArray | None = None,
    *,
    signed: bool = False,
) -> Limits:
    """The limits of a mandate on the assets of a model.

    Args:
        model: Names the assets and their groups.
        mandate: Bounds, group and linear limits; long-only when None.
        eligible: False where an asset may not be held at all, shape (n,); such an asset is fixed at
            0 whatever the mandate says.
        signed: The caller can hold a cap on gross exposure and costs of short positions.

    Returns:
        Limits whose bounds alone admit a portfolio; whether the rows do is found out when one is
        looked for.

    Raises:
        InputError: No model or mandate, names that the model does not have, a mask of another
            shape, or `max_gross` or `short_costs` where they cannot be held.
        InfeasibleError: The bounds alone leave no portfolio that adds up to 1.
    """
    remedy = "Pass ReturnModel(assets, mean, covariance), or ReturnModel.from_frame(...)."
    check_type(model, ReturnModel, "model", remedy)
    mandate = Mandate() if mandate is None else mandate
    remedy = "Pass Mandate(max_weight=..., ...), or None for long-only."
    check_type(mandate, Mandate, "mandate", remedy)
    for name in () if signed else ("max_gross", "short_costs"):
        if value := getattr(mandate, name):
            raise InputError(
                f"Mandate.{name} cannot be held here; trace_frontier, optimal_portfolio without"
                " scenarios and optimal_portfolios hold it. Leave it off, or call one of these.",
                field=name,
                value=value,
            )
    ineligible = _ineligible(eligible, len(model))
    lower, upper = _bounds(model, mandate, ineligible)
    rows, (low, high), names = _rows(model, mandate)
    lower, upper, rows, low, high = map(frozen, (lower, upper, rows, low, high))
    limits = Limits(
        model.assets, lower, upper, rows, low, high, tuple(names), mandate.max_volatility,
        frozen(ineligible), mandate.min_weight, mandate.max_weight, mandate.max_gross,
        _short_costs(model, mandate),
    )  # fmt: skip
    check_budget(limits, mandate)
    return limits


def _bounds(
    model: ReturnModel, mandate: Mandate, ineligible: BoolArray
) -> tuple[FloatArray, FloatArray]:
    """Lower and upper bounds, each shape (n,)."""
    lower, upper = (np.full(len(model), edge) for edge in (mandate.min_weight, mandate.max_weight))
    for asset, (low, high) in mandate.bounds.items():
        i = model.ids.code(asset, "Mandate.bounds asset")
        lower[i], upper[i] = low, high
    lower[ineligible] = upper[ineligible] = 0.0
    return lower, upper


def _short_costs(model: ReturnModel, mandate: Mandate) -> FloatArray | None:
    if not mandate.short_costs:
        return None
    costs = np.zeros(len(model))
    for asset, cost in mandate.short_costs.items():
        costs[model.ids.code(asset, "Mandate.short_costs asset")] = cost
    return frozen(costs)


def _ineligible(eligible: BoolArray | None, n: int) -> BoolArray:
    if eligible is None:
        return np.zeros(n, dtype=np.bool_)
    try:
        mask: npt.NDArray[Any] = np.asarray(eligible)
    except ValueError:  # rows of different lengths
        mask = np.empty(0)
    if mask.shape != (n,) or mask.dtype != np.bool_:
        raise InputError(
            f"eligible has shape {mask.shape} and type {mask.dtype} for {n} assets; pass one True"
            " or False for each.",
            field="eligible",
            value=mask.shape,
        )
    return ~mask


def _rows(model: ReturnModel, mandate: Mandate) -> tuple[FloatArray, FloatArray, list[str]]:
    rows: list[FloatArray] = []
    edges: list[tuple[float, float]] = []
    names: list[str] = []
    groups = np.array(model.groups if mandate.group_limits else (), dtype=np.str_)
    for limit in mandate.group_limits:
        member = groups == limit.group
        if not member.any():
            known = sorted(set(model.groups) - {""})
            raise InputError(
                f"Mandate limits the group {limit.group!r}, but no asset is in it (groups:"
                f" {known or 'none'}); the limit would be silently empty. Correct the name, or give"
                " the ReturnModel groups.",
                field="group_limits",
                value=limit.group,
            )
        rows.append(member.astype(np.float64))
        edges.append((limit.lower, limit.upper))
        names.append(f"group:{limit.group}")
    for linear in mandate.linear_limits:
        row = np.zeros(len(model))
        for asset, coefficient in linear.coefficients.items():
            row[model.ids.code(asset, f"LinearLimit {linear.name!r} asset")] = coefficient
        rows.append(row)
        edges.append((linear.lower, linear.upper))
        names.append(linear.name)
    matrix = np.array(rows, dtype=np.float64) if rows else np.zeros((0, len(model)))
    return matrix, np.array(edges, dtype=np.float64).reshape(-1, 2).T, names


def check_budget(limits: Limits, mandate: Mandate) -> None:
    """Refuse bounds whose sums cannot reach 1, naming them with the repair.

    Raises:
        InfeasibleError: The upper bounds add up to less than 1, or the lower bounds to more.
    """
    free = int((~limits.ineligible).sum())
    highest, lowest = float(limits.upper.sum()), float(limits.lower.sum())
    if free == 0:
        raise InfeasibleError(
            f"None of the {len(limits.assets)} assets is eligible, so nothing can be held; widen"
            " the eligibility, or add an asset the client may hold.",
            constraints=("eligible",),
        )
    named = [a for a in mandate.bounds if not limits.ineligible[limits.assets.index(a)]]
    others = free - len(named)
    if highest < 1.0 - SUM_TOLERANCE:
        fixed = sum(mandate.bounds[a][1] for a in named)
        nearest = f"raise it to at least {_up((1.0 - fixed) / others):.4f}" if others else ""
        raise InfeasibleError(
            f"{_sum_of(limits, mandate, named, 1)}, below the 1 that must be invested;"
            f" {nearest or 'raise one of them'}, or admit more assets.",
            constraints=("max_weight", *(f"max_weight:{a}" for a in named)),
        )
    if lowest > 1.0 + SUM_TOLERANCE:
        fixed = sum(mandate.bounds[a][0] for a in named)
        can = others and fixed <= 1.0
        nearest = f"lower it to at most {_down((1.0 - fixed) / others):.4f}" if can else ""
        raise InfeasibleError(
            f"{_sum_of(limits, mandate, named, 0)}, above the 1 there is to invest;"
            f" {nearest or 'lower one of them'}.",
            constraints=("min_weight", *(f"min_weight:{a}" for a in named)),
        )


def _sum_of(limits: Limits, mandate: Mandate, named: list[str], edge: int) -> str:
    """What the lower (0) or upper (1) bounds add up to, in words."""
    kind, side = ("min_weight", "lower") if edge == 0 else ("max_weight", "upper")
    common, total = getattr(mandate, kind), float((limits.lower, limits.upper)[edge].sum())
    free = int((~limits.ineligible).sum())
    others = free - len(named)
    if not named:
        return f"{kind} {common:g} over {free} {_assets(limits, free)} adds up to {_sum(total)}"
    fixed = sum(mandate.bounds[a][edge] for a in named)
    return (
        f"The {side} bounds of {', '.join(named[:5])} ({fixed:g} together) and {kind} {common:g}"
        f" over {others} other {_assets(limits, others)} add up to {_sum(total)}"
    )


def _assets(limits: Limits, count: int) -> str:
    word = "asset" if count == 1 else "assets"
    return f"eligible {word}" if limits.ineligible.any() else word


def _sum(value: float) -> str:
    """With as many digits as show that it is not 1."""
    return next(
        (text for digits in range(2, 13) if float(text := f"{value:.{digits}f}") != 1.0),
        f"{value!r}",
    )


def _up(value: float) -> float:
    return ceil(value * 1e4 - 1e-9) / 1e4 if value < inf else inf


def _down(value: float) -> float:
    return -_up(-value)
