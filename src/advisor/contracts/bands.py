"""What each risk level promises: a band of volatility and a loss under stress."""

from __future__ import annotations

import itertools
import math
from typing import Annotated, Any, Literal, Self

import numpy as np
from pydantic import Field, model_validator

from advisor.arrays import FloatArray, IntArray
from advisor.contracts.base import Contract
from advisor.errors import InputError

LEVELS = 5
Aim = Literal["share", "middle"]
Five = tuple[float, float, float, float, float]
_SHARES: dict[str, Any] = {"prefixItems": [{"type": "number", "minimum": 0.0}] * LEVELS}
_POSITIVE: dict[str, Any] = {"prefixItems": [{"type": "number", "exclusiveMinimum": 0.0}] * LEVELS}


class RiskBands(Contract):
    """For each level C1..C5 the annual volatility it may have and the stressed loss it may suffer
    (positive fractions).

    A client is aimed at `target_share * upper_volatility`, never at the edge; or, with
    `aim="middle"`, at the middle of the band, which is what a forecast of volatility should be held
    to. Bands are read as [lower, upper].
    """

    lower_volatility: Annotated[Five, Field(json_schema_extra=_SHARES)]
    upper_volatility: Annotated[Five, Field(json_schema_extra=_POSITIVE)]
    stress_loss: Annotated[Five, Field(json_schema_extra=_POSITIVE)]
    target_share: Annotated[float, Field(gt=0.0, le=1.0)] = 0.8
    aim: Aim = "share"

    @classmethod
    def default(cls, *, aim: Aim = "share") -> RiskBands:
        """Volatility 0-2, 2-4.5, 4.5-8, 8-13, 13-20 %; stressed losses 3, 8, 15, 28, 40 %.

        The stressed loss of a portfolio is the sum of what each asset loses in stress, all of them
        at once. An asset that states none has its part in the market's worst year in a hundred
        where `estimate_returns` made the model, and its own worst year in a `ReturnModel` made by
        hand: 2.326 standard deviations below the mean, the 99 % quantile of the normal
        distribution. The same quantile of the portfolio's own mean and volatility is its model's
        worst year in a hundred; an advice says both.

        Source: the losses are the reference numbers of an open implementation of ESMA35-43-3172,
        called illustrative by its author; the volatilities are this library's own, chosen so that
        the worst year in a hundred of a portfolio loses about what its level promises. Replace both
        by your own numbers.
        """
        return cls(
            lower_volatility=(0.0, 0.02, 0.045, 0.08, 0.13),
            upper_volatility=(0.02, 0.045, 0.08, 0.13, 0.20),
            stress_loss=(0.03, 0.08, 0.15, 0.28, 0.40),
            aim=aim,
        )

    @property
    def target_volatility(self) -> Five:
        """Aim of each level, C1..C5. The middle of a band is the geometric one, where a forecast
        that is off by a factor is as likely over as under; of a band that begins at 0 it is half of
        the upper edge.
        """
        if self.aim == "middle":
            edges = zip(self.lower_volatility, self.upper_volatility, strict=True)
            a, b, c, d, e = (
                math.sqrt(low * high) if low > 0.0 else 0.5 * high for low, high in edges
            )
            return (a, b, c, d, e)
        a, b, c, d, e = (self.target_share * upper for upper in self.upper_volatility)
        return (a, b, c, d, e)

    @model_validator(mode="after")
    def _rising(self) -> Self:
        for name in ("upper_volatility", "stress_loss"):
            values: Five = getattr(self, name)
            if values[0] <= 0 or any(b < a for a, b in itertools.pairwise(values)):
                raise InputError(
                    f"RiskBands.{name} is {values}; a higher level must promise at least as much"
                    " risk, and every level some. Sort it.",
                    field=name,
                    value=values,
                )
        for level, (low, high) in enumerate(
            zip(self.lower_volatility, self.upper_volatility, strict=True), start=1
        ):
            if not 0.0 <= low < high:
                raise InputError(
                    f"RiskBands of level C{level} run from {low:g} to {high:g}; the band is empty."
                    " Lower its lower edge.",
                    field="lower_volatility",
                    value=low,
                )
        return self


def at_level(values: Five, level: IntArray) -> FloatArray:
    """What a band says of each of many levels, of the shape of `level`; nan at level 0.

    >>> at_level(RiskBands.default().stress_loss, np.array([0, 1]))[0]
    np.float64(nan)
    """
    return np.array([np.nan, *values])[level]
