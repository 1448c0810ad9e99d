"""Limits beyond a mandate's, for the general program."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from advisor.annotations import Count, Labelled, NotNegative, OpenShare, Share
from advisor.errors import InputError
from advisor.optimize.scenarios.certificate import Scenarios
from advisor.validation import checked


@checked
@dataclass(frozen=True, eq=False)
class CvarLimit:
    """Mean loss of the worst `1 - level` of scenarios is at most `limit` (a positive fraction).

    Args:
        scenarios: Returns, shape (T, n), over whatever period the limit speaks of; a DataFrame goes
            by the labels of its columns.
        limit: Positive loss.
        level: Confidence in (0, 1).

    Raises:
        InputError: No scenarios, a negative limit, or a level out of range.

    Source: Rockafellar and Uryasev (2000), equation 17.
    """

    scenarios: Labelled
    limit: NotNegative
    level: OpenShare = 0.95
    table: Scenarios = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "table", Scenarios(self.scenarios))
        object.__setattr__(self, "scenarios", self.table.returns)


@checked
@dataclass(frozen=True, eq=False)
class ProgramLimits:
    """Limits beyond a mandate's; what is None does not apply.

    Args:
        cvar: Limit on expected shortfall.
        max_assets: Most assets held (a proved optimum, by branch and bound).
        min_position: Least weight of an asset that is held at all; needs `max_assets`.
        benchmark: Weights that `max_tracking_error` is measured from, shape (n,) or a Series.
        max_tracking_error: Annual volatility of the difference from the benchmark.
        current: Weights held now, likewise, that `max_turnover` is measured from.
        max_turnover: Half the sum of absolute changes.
        custom: From the cvxpy variable of the weights (n,) to a list of cvxpy constraints.

    Raises:
        InputError: A number out of range, a `min_position` without `max_assets`, or something else
            than a function for `custom`.
    """

    cvar: CvarLimit | None = None
    max_assets: Count | None = None
    min_position: Share = 0.0
    benchmark: Labelled | None = None
    max_tracking_error: NotNegative | None = None
    current: Labelled | None = None
    max_turnover: NotNegative | None = None
    custom: Callable[[Any], Sequence[Any]] | None = None

    def __post_init__(self) -> None:
        if self.min_position > 0.0 and self.max_assets is None:
            raise InputError(
                f"min_position is {self.min_position:g} without max_assets, and would not be kept;"
                " pass max_assets too (the number of assets, where any number may be held).",
                field="min_position",
                value=self.min_position,
            )
