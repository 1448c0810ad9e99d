"""When advice must be looked at again: one pure function from states, market and day to named
triggers with their evidence.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, NamedTuple

import numpy as np
import pandas as pd

from advisor.annotations import NotNegative
from advisor.arrays import BoolArray, IntArray, float_array
from advisor.contracts.thresholds import exceeds, reaches
from advisor.data.days import as_day
from advisor.errors import InputError
from advisor.lifecycle.inputs import LONGEST, within
from advisor.lifecycle.monitoring.states import ClientStates
from advisor.privacy import hides
from advisor.readers import Number
from advisor.validation import checked

TRIGGERS = (
    "drift",
    "level_changed",
    "assessment_expired",
    "assessment_expires_soon",
    "event_soon",
    "stress_loss_above_tolerance",
    "drawdown_above_tolerance",
    "product_level_raised",
    "age_reached",
    "kyc_changed",
    "never_reviewed",
    "review_overdue",
    "size",
)
"""Names of the triggers; bit b of `Reviews.bits` stands for TRIGGERS[b]."""


DayCount = Annotated[
    int, Number("It is a number of days.", whole=True, low=0.0, high=365.25 * LONGEST)
]


@checked
@dataclass(frozen=True)
class ReviewRules:
    """What triggers a review.

    Attributes:
        drift: Total drift from which it does.
        event_days: Days before an event.
        expiry_days: Days before an assessment runs out.
        ages: Ages that matter: at 65 and 75 selling to a client takes special care.
        review_days: Days after which advice is looked at anyway (a year, as MiFID II asks).
        size: Share of the aimed volatility by which the forecast of what is held may be off; looked
            at weekly, it keeps a level in its band (`benchmarks/risk_promises.py`).
    """

    drift: NotNegative = 0.03
    event_days: DayCount = 730
    expiry_days: DayCount = 30
    ages: tuple[float, ...] = (65.0, 75.0)
    review_days: DayCount = 365
    size: NotNegative = 0.10

    def __post_init__(self) -> None:
        within(
            float_array(self.ages, "ages", shape=(None,)), "ages", "An age is in years.", low=0.0
        )


@hides
@dataclass(frozen=True)
class Trigger:
    """A reason to review: its name and the numbers behind it."""

    name: str
    evidence: dict[str, float | str]


@dataclass(frozen=True, eq=False, repr=False)
class Reviews:
    """Triggers of c clients.

    Attributes:
        client_ids: Length c.
        as_of: The day.
        bits: Bit b set = TRIGGERS[b], shape (c,).
        states, rules: What the triggers were judged by.
    """

    client_ids: tuple[str, ...]
    as_of: np.datetime64
    bits: IntArray
    states: ClientStates
    rules: ReviewRules

    @property
    def due(self) -> BoolArray:
        """Who has any trigger, shape (c,)."""
        return self.bits > 0

    def has(self, name: str) -> BoolArray:
        """Who has this trigger, shape (c,). Raises `InputError` for an unknown name."""
        if name not in TRIGGERS:
            raise InputError(
                f"No trigger is called {name!r}; there are {TRIGGERS}.", field="name", value=name
            )
        return (self.bits >> TRIGGERS.index(name) & 1).astype(np.bool_)

    def __getitem__(self, i: int) -> tuple[Trigger, ...]:
        """Row i's triggers with their evidence."""
        names = [name for b, name in enumerate(TRIGGERS) if int(self.bits[i]) >> b & 1]
        return tuple(Trigger(name, self._evidence(name, i)) for name in names)

    def _evidence(self, name: str, i: int) -> dict[str, float | str]:
        evidence: dict[str, float | str] = {}
        for column in _LOOKS_AT[name]:
            values = getattr(self.states, column)
            if values is not None:
                evidence[column] = str(values[i]) if values.dtype.kind == "M" else float(values[i])
        return evidence | {
            shown: float(getattr(self.rules, key)) for shown, key in _LIMITS.get(name, {}).items()
        }

    def counts(self) -> pd.Series:
        """How many clients have each trigger."""
        return pd.Series({name: int(self.has(name).sum()) for name in TRIGGERS}, name="clients")

    def to_frame(self) -> pd.DataFrame:
        """One row a client, one yes / no column a trigger."""
        return pd.DataFrame(
            {name: self.has(name) for name in TRIGGERS},
            index=pd.Index(self.client_ids, name="client_id"),
        )

    def __len__(self) -> int:
        return len(self.bits)

    def __repr__(self) -> str:
        return f"Reviews({len(self):,} clients on {self.as_of}, {int(self.due.sum()):,} due)"


_LOOKS_AT: dict[str, tuple[str, ...]] = {
    "drift": ("drift",),
    "level_changed": ("advised_level", "level"),
    "assessment_expired": ("valid_until",),
    "assessment_expires_soon": ("valid_until",),
    "event_soon": ("next_event",),
    "stress_loss_above_tolerance": ("stress_loss", "stress_tolerance"),
    "drawdown_above_tolerance": ("value", "peak_value", "drawdown_tolerance"),
    "product_level_raised": ("product_level", "level"),
    "age_reached": ("age", "age_at_review"),
    "kyc_changed": ("kyc_changed_on", "last_review"),
    "never_reviewed": ("last_review",),
    "review_overdue": ("last_review",),
    "size": ("forecast_volatility", "aimed_volatility"),
}
_LIMITS: dict[str, dict[str, str]] = {
    "drift": {"drift_limit": "drift"},
    "assessment_expires_soon": {"expiry_days": "expiry_days"},
    "event_soon": {"event_days": "event_days"},
    "review_overdue": {"review_days": "review_days"},
    "size": {"size_limit": "size"},
}
"""Trigger -> name in the evidence -> rule; never the name of a column, whose value it would
hide."""
_NEEDS = {"age_reached": ("age",), "kyc_changed": ("kyc_changed_on",)}
"""Triggers that need fewer columns than they look at."""


@checked
def review(states: ClientStates, *, as_of: date | str, rules: ReviewRules | None = None) -> Reviews:
    """Which clients' advice must be looked at again, and why.

    Args:
        states: What is known of each client; columns that are not given are not looked at, nan and
            NaT mean unknown.
        as_of: The day it is judged on.
        rules: Limits; default `ReviewRules()`.

    Returns:
        One row a client; the same state, day and rules always give the same triggers. An assessment
        without a date counts as expired and an age without an earlier one as news: what is missing
        fails closed. A product rated above the client's level triggers; they may keep it.

    >>> states = ClientStates(
    ...     ("ann",), drift=np.array([0.05]), level=np.array([3]), advised_level=np.array([4])
    ... )
    >>> [t.name for t in review(states, as_of="2026-02-01")[0]]
    ['drift', 'level_changed']
    """
    day, limits = as_day(as_of, "as_of"), rules or ReviewRules()
    bits = np.zeros(len(states.client_ids), dtype=np.int64)
    for bit, name in enumerate(TRIGGERS):
        needed = _NEEDS.get(name, _LOOKS_AT[name])
        if all(getattr(states, column) is not None for column in needed):
            hit = np.asarray(_FIRES[name](_Case(states, day, limits)), dtype=np.bool_)
            bits |= hit.astype(np.int64) << bit
    return Reviews(states.client_ids, day, bits, states, limits)


def _days(count: int) -> np.timedelta64:
    return np.timedelta64(count, "D")


class _Case(NamedTuple):
    """States `s` before the rules on a day."""

    s: Any
    day: Any
    rules: ReviewRules


def _age_reached(c: _Case) -> BoolArray:
    before = np.full(len(c.s.age), np.nan) if c.s.age_at_review is None else c.s.age_at_review
    hit = np.zeros(len(c.s.age), dtype=np.bool_)
    for age in c.rules.ages:
        hit |= reaches(c.s.age, age) & ~reaches(before, age)
    return hit


def _kyc_changed(c: _Case) -> BoolArray:
    known: BoolArray = ~np.isnat(c.s.kyc_changed_on) & (c.s.kyc_changed_on <= c.day)
    return known if c.s.last_review is None else known & ~(c.s.last_review >= c.s.kyc_changed_on)


_FIRES: dict[str, Callable[[_Case], BoolArray]] = {
    "drift": lambda c: reaches(c.s.drift, c.rules.drift),
    "level_changed": lambda c: c.s.level != c.s.advised_level,
    "assessment_expired": lambda c: ~(c.s.valid_until >= c.day),
    "assessment_expires_soon": lambda c: (
        (c.s.valid_until >= c.day) & (c.s.valid_until < c.day + _days(c.rules.expiry_days))
    ),
    "event_soon": lambda c: (
        (c.s.next_event >= c.day) & (c.s.next_event <= c.day + _days(c.rules.event_days))
    ),
    "stress_loss_above_tolerance": lambda c: exceeds(c.s.stress_loss, c.s.stress_tolerance),
    "drawdown_above_tolerance": lambda c: exceeds(
        c.s.peak_value * (1.0 - c.s.drawdown_tolerance), c.s.value
    ),
    "product_level_raised": lambda c: c.s.product_level > c.s.level,
    "age_reached": _age_reached,
    "kyc_changed": _kyc_changed,
    "never_reviewed": lambda c: np.isnat(c.s.last_review),
    "review_overdue": lambda c: c.day - c.s.last_review > _days(c.rules.review_days),
    "size": lambda c: exceeds(
        np.abs(c.s.forecast_volatility - c.s.aimed_volatility), c.rules.size * c.s.aimed_volatility
    ),
}
"""Trigger -> where it fires, shape (c,)."""
