"""Limits beyond a mandate's, for the general program."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from advisor.arrays import FloatArray, check_number, check_type, float_array
from advisor.errors import InputError


@dataclass(frozen=True, eq=False)
class CvarLimit:
    """Mean loss of the worst `1 - level` of scenarios is at most `limit` (a positive fraction).

    Args:
        scenarios: Returns, shape (T, n), over whatever period the limit speaks of.
        limit: Positive loss.
        level: Confidence in (0, 1).

    Raises:
        InputError: No scenarios, a negative limit, or a level out of range.

    Source: Rockafellar and Uryasev (2000), equation 17.
    """

    scenarios: FloatArray
    limit: float
    level: float = 0.95

    def __post_init__(self) -> None:
        object.__setattr__(
            self, "scenarios", float_array(self.scenarios, "scenarios", shape=(None, None))
        )
        check_number(self.limit, "limit", "It is a loss, 0.1 for 10 %.", low=0.0)
        check_number(self.level, "level", "It is a confidence between 0 and 1.")
        if not 0.0 < self.level < 1.0 or not len(self.scenarios):
            raise InputError(
                f"A CVaR at level {self.level} over {len(self.scenarios)} scenarios has no worst"
                " part; use a level in (0, 1) and some scenarios.",
                field="level",
                value=self.level,
            )


@dataclass(frozen=True, eq=False)
class ProgramLimits:
    """Limits beyond a mandate's; what is None does not apply.

    Args:
        cvar: Limit on expected shortfall.
        max_assets: Most assets held (a proved optimum, by branch and bound).
        min_position: Least weight of an asset that is held at all; needs `max_assets`.
        benchmark: Weights that `max_tracking_error` is measured from, shape (n,).
        max_tracking_error: Annual volatility of the difference from the benchmark.
        current: Weights held now, shape (n,), that `max_turnover` is measured from.
        max_turnover: Half the sum of absolute changes.
        custom: From the cvxpy variable of the weights (n,) to a list of cvxpy constraints.

    Raises:
        InputError: A number out of range, a `min_position` without `max_assets`, or something else
            than a function for `custom`.
    """

    cvar: CvarLimit | None = None
    max_assets: int | None = None
    min_position: float = 0.0
    benchmark: FloatArray | None = None
    max_tracking_error: float | None = None
    current: FloatArray | None = None
    max_turnover: float | None = None
    custom: Callable[[Any], Sequence[Any]] | None = None

    def __post_init__(self) -> None:
        if self.cvar is not None:
            check_type(self.cvar, CvarLimit, "cvar", "Pass CvarLimit(scenarios, limit).")
        if self.max_assets is not None:
            check_type(
                self.max_assets, (int, np.integer), "max_assets", "Pass a whole number, 1 or more."
            )
            check_number(self.max_assets, "max_assets", "Give a number of assets.", low=1.0)
        check_number(self.min_position, "min_position", "It is a weight.", low=0.0, high=1.0)
        if self.min_position > 0.0 and self.max_assets is None:
            raise InputError(
                f"min_position is {self.min_position:g} without max_assets, and would not be kept;"
                " pass max_assets too (the number of assets, where any number may be held).",
                field="min_position",
                value=self.min_position,
            )
        for name in ("max_tracking_error", "max_turnover"):
            if (value := getattr(self, name)) is not None:
                check_number(value, name, "A limit below that is never met.", low=0.0)
        if self.custom is not None and not callable(self.custom):
            raise InputError(
                f"custom is {self.custom!r}, which cannot be called; pass a function from the"
                " weights to a list of cvxpy constraints.",
                field="custom",
                value=self.custom,
            )
