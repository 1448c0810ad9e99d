"""Limits on a portfolio, the same for every client who shares the mandate."""

from __future__ import annotations

from math import inf, isnan
from typing import Annotated, Self

from pydantic import ConfigDict, Field, model_validator

from advisor.contracts.base import Contract, LowerEdge, UpperEdge
from advisor.contracts.fields import Id, as_mapping
from advisor.errors import InputError

Weight = Annotated[float, Field(ge=-10.0, le=10.0)]


class GroupLimit(Contract):
    """`lower <= sum of the weights of the assets in group <= upper`."""

    group: Id
    lower: Weight = 0.0
    upper: Weight = 1.0

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        _check_order(f"GroupLimit {self.group!r}", self.lower, self.upper)
        return self


class LinearLimit(Contract):
    """`lower <= sum of coefficient * weight <= upper`; an asset that is not named has coefficient
    0.

    An edge that is infinite is no limit; JSON writes null for it and reads null as that.
    """

    model_config = ConfigDict(allow_inf_nan=True)

    name: Id
    coefficients: Annotated[
        dict[Id, float], Field(json_schema_extra={"minProperties": 1}), as_mapping
    ]
    lower: Annotated[LowerEdge, Field(json_schema_extra={"default": None})] = -inf
    upper: Annotated[UpperEdge, Field(json_schema_extra={"default": None})] = inf

    @model_validator(mode="after")
    def _usable(self) -> Self:
        bad = [asset for asset, c in self.coefficients.items() if isnan(c) or c in (inf, -inf)]
        if bad or not self.coefficients:
            fault = f"a coefficient for {bad[0]!r} that is not finite" if bad else "no coefficients"
            raise InputError(
                f"LinearLimit {self.name!r} has {fault};"
                " it could not be evaluated. Give every asset it concerns a finite number.",
                field="coefficients",
                value=self.coefficients,
            )
        if isnan(self.lower) or isnan(self.upper) or self.lower == inf or self.upper == -inf:
            raise InputError(
                f"LinearLimit {self.name!r} runs from {self.lower} to {self.upper}, which no"
                " portfolio meets; give finite edges, or leave one off.",
                field="lower",
                value=(self.lower, self.upper),
            )
        _check_order(f"LinearLimit {self.name!r}", self.lower, self.upper)
        return self


class Mandate(Contract):
    """Bounds, group limits and linear limits on weights that add up to 1, and an optional cap on
    annual volatility.

    `bounds` overrides `min_weight` and `max_weight` for the assets it names. `min_weight` may be
    negative (short sales).

    `max_gross` caps the sum of absolute weights: 1.6 of a 130/30 portfolio. `short_costs` is what
    a negative weight of an asset costs a year beyond the return of the asset: the spread of a loan
    over cash, or the fee of a borrowed share; expected returns are after it. Leverage is a negative
    weight of cash: with `bounds={"cash": (-0.3, -0.3)}` the other weights add up to 1.3, with
    `(-0.3, 1.0)` to at most that, and `short_costs={"cash": 0.02}` lends at 2 % above what cash
    earns. So weights add up to 1 everywhere, and what is borrowed is seen as what it is.
    """

    min_weight: Weight = 0.0
    max_weight: Weight = 1.0
    bounds: Annotated[dict[Id, tuple[Weight, Weight]], as_mapping] = {}
    group_limits: tuple[GroupLimit, ...] = ()
    linear_limits: tuple[LinearLimit, ...] = ()
    max_volatility: Annotated[float, Field(gt=0.0)] | None = None
    max_gross: Annotated[float, Field(ge=1.0, le=100.0)] | None = None
    short_costs: Annotated[dict[Id, Annotated[float, Field(ge=0.0, le=1.0)]], as_mapping] = {}

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        _check_order("Mandate min_weight..max_weight", self.min_weight, self.max_weight)
        for asset, (lower, upper) in self.bounds.items():
            _check_order(f"Mandate bounds of {asset!r}", lower, upper)
        names = [limit.name for limit in self.linear_limits]
        if len(set(names)) != len(names):
            raise InputError(
                f"Two linear limits share a name in {names}; a binding limit could not be told."
                " Rename one.",
                field="linear_limits",
                value=names,
            )
        return self


def _check_order(what: str, lower: float, upper: float) -> None:
    if lower > upper:
        raise InputError(
            f"{what}: lower {lower:g} is above upper {upper:g}, so no weight fits; swap or widen"
            " them.",
            field="lower",
            value=(lower, upper),
        )
