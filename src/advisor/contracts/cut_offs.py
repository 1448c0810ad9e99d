"""Cut-offs from scores to levels, checked to partition the score range."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from math import inf
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from advisor.contracts.base import Contract
from advisor.errors import InputError

ROUNDING = 1e-9
"""Slack for scores that are sums of decimal weights; far below any distance between two attainable
scores."""


class Band(Contract):
    """Scores from `lower` to `upper` mean `level`."""

    level: Annotated[int, Field(ge=1, le=5)]
    lower: float
    upper: float


class CutOffs(Contract):
    """The bands of one dimension, which leave no score without a level and none with two.

    Args:
        scale: "percent": of the 0..100 score; "points": of the weighted sum.
        step: Distance between neighbouring scores (1 for whole points): both edges belong to a
            band, the next one starts a step above. 0: any score can occur, and a shared edge
            belongs to the upper band.
        bands: In ascending order.
    """

    scale: Literal["percent", "points"] = "percent"
    step: Annotated[float, Field(ge=0.0)] = 0.0
    bands: Annotated[tuple[Band, ...], Field(json_schema_extra={"minItems": 1})]

    @classmethod
    def even(cls) -> CutOffs:
        """Five bands of 20 points.

        >>> CutOffs.even().level_cuts(0.0, 40.0)
        (0.0, 20.0, 40.0, 60.0, 80.0)
        """
        return cls(
            bands=tuple(Band(level=k, lower=20.0 * (k - 1), upper=20.0 * k) for k in range(1, 6))
        )

    def level_cuts(self, low: float, high: float) -> tuple[float, ...]:
        """Smallest 0..100 score of levels 1..5 where the weighted sum runs from `low` to `high`;
        infinity where a level is never reached.

        A level without a band of its own is passed over: it starts where the next higher one does.
        """
        cuts = [inf] * 5
        for band in self.bands:
            edge = (
                band.lower if self.scale == "percent" else 100.0 * (band.lower - low) / (high - low)
            )
            cuts[band.level - 1] = max(0.0, edge)
        for k in range(3, -1, -1):
            cuts[k] = min(cuts[k], cuts[k + 1])
        return tuple(cuts)

    def check(self, name: str, low: float, high: float, scores: Sequence[float]) -> None:
        """Raises `InputError` that names the score where bands leave a hole or overlap.

        Args:
            name: What the cut-offs belong to.
            low: Smallest weighted sum.
            high: Largest weighted sum.
            scores: What single answers add to `low`; with a step, all must be multiples of it.
        """
        if self.scale == "percent":
            low, high = 0.0, 100.0
        first, last = self.bands[0], self.bands[-1]
        if first.lower > low + ROUNDING:
            self._refuse(
                name, f"score {low:g} belongs to no band (the first starts at {first.lower:g})", low
            )
        for below, above in itertools.pairwise(self.bands):
            gap = above.lower - below.upper - self.step
            if gap > ROUNDING:
                hole = below.upper + self.step
                self._refuse(
                    name,
                    f"score {hole:g} belongs to no band (level {below.level} ends at"
                    f" {below.upper:g}, level {above.level} starts at {above.lower:g})",
                    hole,
                )
            if gap < -ROUNDING:
                self._refuse(
                    name,
                    f"score {above.lower:g} belongs to two bands (levels {below.level} and"
                    f" {above.level})",
                    above.lower,
                )
        if last.upper < high - ROUNDING:
            self._refuse(
                name, f"score {high:g} belongs to no band (the last ends at {last.upper:g})", high
            )
        if self.step and self.scale == "points":
            odd = next(
                (s for s in scores if abs(s / self.step - round(s / self.step)) > 1e-6), None
            )
            if odd is not None:
                self._refuse(
                    name,
                    f"score {low + odd:g} falls between two bands that are {self.step:g} apart",
                    low + odd,
                )

    @staticmethod
    def _refuse(name: str, what: str, score: float) -> None:
        raise InputError(
            f"Cut-offs of {name}: {what}; a client with it would get no level, or two. Make the"
            " bands meet.",
            field="cut_offs",
            value=score,
        )

    @model_validator(mode="after")
    def _ascending(self) -> Self:
        levels = [b.level for b in self.bands]
        if (
            not levels
            or levels != sorted(set(levels))
            or any(b.upper < b.lower for b in self.bands)
        ):
            raise InputError(
                f"Bands go to levels {levels} from {[b.lower for b in self.bands]}; they must rise,"
                " each level at most once. Sort them.",
                field="bands",
                value=levels,
            )
        if levels[0] != 1:
            raise InputError(
                f"The lowest band gives level {levels[0]}; somebody must be able to be C1. Start at"
                " level 1.",
                field="bands",
                value=levels[0],
            )
        return self
