"""One level from many limits: the lowest, with all uncertainty counted once and jointly."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace

import numpy as np

from advisor.arrays import FloatArray, IntArray
from advisor.contracts.bands import LEVELS
from advisor.contracts.thresholds import reaches
from advisor.native.numbers import normal_cdf

NO_CAUSE = "none"
_EVERY_LEVEL = np.arange(1, LEVELS + 1)


@dataclass(frozen=True, eq=False)
class Evidence:
    """What limits the levels of c clients.

    Attributes:
        limits: By cause, in order of precedence, the level it allows, shape (c,).
        at_least: Of those causes that are measured with error, P(it allows at least C1..C5), shape
            (c, 5).
        lowers: By cause how many levels a control takes off, shape (c,); the largest counts, not
            their sum.
        caps: By cause a level that a control does not let pass, shape (c,).
        floors: By cause a level below which its control takes nothing off, shape (c,); 1 where none
            is given. A more cautious client whom the control leaves alone has at most that level,
            so that caution never pays.
    """

    limits: Mapping[str, IntArray]
    at_least: Mapping[str, FloatArray] = field(default_factory=dict)
    lowers: Mapping[str, IntArray] = field(default_factory=dict)
    caps: Mapping[str, IntArray] = field(default_factory=dict)
    floors: Mapping[str, IntArray] = field(default_factory=dict)

    def certain(self) -> Evidence:
        """The same as if nothing were measured with error."""
        return replace(self, at_least={})

    def without(self, cause: str) -> Evidence:
        """The same with one cause left out."""
        parts = {
            f.name: {name: part for name, part in getattr(self, f.name).items() if name != cause}
            for f in fields(self)
        }
        return Evidence(**parts)


@dataclass(frozen=True, eq=False)
class Levels:
    """Levels of c clients, why they are not higher, and the probability of each level."""

    level: IntArray
    cause: IntArray
    causes: tuple[str, ...]
    probability: FloatArray


def assign_levels(evidence: Evidence, epsilon: float, rows: int) -> Levels:
    """The highest level k with P(minimum of all limits >= k) >= 1 - epsilon, never above the
    minimum of the limits themselves, and then the controls.

    Args:
        evidence: Limits, their uncertainty, and controls.
        epsilon: Accepted probability that the true level is lower, in (0, 0.5].
        rows: c.

    Returns:
        Levels 0..5. Errors of different dimensions are taken as independent, so that the joint
        probability is the product. A control subtracts or caps, hence no control ever raises a
        level; several at once lower as much as the strongest alone. A control that subtracts stops
        at its floor, and at 1.
    """
    limits = np.array([np.full(rows, LEVELS), *evidence.limits.values()])
    level, cause = limits.min(axis=0), limits.argmin(axis=0)
    causes = (NO_CAUSE, *evidence.limits, "uncertainty", *evidence.lowers, *evidence.caps)

    def lower_to(limit: IntArray, first: str) -> None:
        """Lower to each of some limits in turn, shape (k, c); the first that reaches the lowest is
        the cause.
        """
        nonlocal level
        lowest = limit.min(axis=0)
        lower = lowest < level
        if lower.any():
            cause[lower] = causes.index(first) + limit.argmin(axis=0)[lower]
            level = np.minimum(level, lowest)

    sure = [i for i, name in enumerate(evidence.limits, start=1) if name not in evidence.at_least]
    joint = (limits[[0, *sure]].min(axis=0)[:, None] >= _EVERY_LEVEL).astype(np.float64)
    for name in evidence.limits:
        if name in evidence.at_least:
            joint *= evidence.at_least[name]
    if evidence.at_least:
        lower_to(reaches(joint, 1.0 - epsilon).sum(axis=1)[None], "uncertainty")
    if evidence.lowers:
        steps = np.array([*evidence.lowers.values()])
        floors = np.array(
            [evidence.floors.get(name, np.ones(rows, dtype=np.int64)) for name in evidence.lowers]
        )
        lower_to(np.maximum(np.minimum(level, floors), level - steps), next(iter(evidence.lowers)))
    if evidence.caps:
        lower_to(np.array([*evidence.caps.values()]), next(iter(evidence.caps)))
    probability = joint.copy()
    probability[:, :-1] -= joint[:, 1:]
    return Levels(level, cause, causes, probability)


def chance_of_levels(score: FloatArray, standard_error: float, cuts: Sequence[float]) -> FloatArray:
    """P(true score reaches C1..C5), shape (c, 5), for a score with a normal error; C1 is certain.
    nan scores give nan.
    """
    chance = np.ones((len(score), LEVELS))
    doubtful = [k for k in range(1, LEVELS) if cuts[k] > 0.0]
    chance[:, doubtful] = normal_cdf((score[:, None] - np.array(cuts)[doubtful]) / standard_error)
    return chance
