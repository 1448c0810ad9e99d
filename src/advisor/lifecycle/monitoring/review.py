"""When advice must be looked at again: one pure function from states, market and day to named
triggers with their evidence.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from advisor.annotations import CountOrNone, NotNegative
from advisor.arrays import BoolArray, IntArray, float_array
from advisor.data.days import as_day
from advisor.errors import InputError
from advisor.lifecycle.inputs import within
from advisor.lifecycle.monitoring.states import ClientStates
from advisor.privacy import hides
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
    event_days: CountOrNone = 730
    expiry_days: CountOrNone = 30
    ages: tuple[float, ...] = (65.0, 75.0)
    review_days: CountOrNone = 365
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
    triggers = _portfolio(states, limits) | _calendar(states, day, limits)
    bits = np.zeros(len(states.client_ids), dtype=np.int64)
    for name, hit in triggers.items():
        bits |= hit.astype(np.int64) << TRIGGERS.index(name)
    return Reviews(states.client_ids, day, bits, states, limits)


def _portfolio(s: ClientStates, rules: ReviewRules) -> dict[str, BoolArray]:
    triggers: dict[str, BoolArray] = {}
    if s.drift is not None:
        triggers["drift"] = s.drift >= rules.drift - 1e-12
    if s.level is not None and s.advised_level is not None:
        triggers["level_changed"] = s.level != s.advised_level
    if s.stress_loss is not None and s.stress_tolerance is not None:
        triggers["stress_loss_above_tolerance"] = s.stress_loss > s.stress_tolerance + 1e-12
    if s.value is not None and s.peak_value is not None and s.drawdown_tolerance is not None:
        triggers["drawdown_above_tolerance"] = (
            s.value < s.peak_value * (1.0 - s.drawdown_tolerance) - 1e-9
        )
    if s.product_level is not None and s.level is not None:
        triggers["product_level_raised"] = s.product_level > s.level
    if s.forecast_volatility is not None and s.aimed_volatility is not None:
        triggers["size"] = (
            np.abs(s.forecast_volatility - s.aimed_volatility)
            > (rules.size + 1e-12) * s.aimed_volatility
        )
    return triggers


def _calendar(s: ClientStates, day: np.datetime64, rules: ReviewRules) -> dict[str, BoolArray]:
    triggers: dict[str, BoolArray] = {}
    if s.valid_until is not None:
        triggers["assessment_expired"] = ~(s.valid_until >= day)
        triggers["assessment_expires_soon"] = (s.valid_until >= day) & (
            s.valid_until < day + np.timedelta64(rules.expiry_days, "D")
        )
    if s.next_event is not None:
        triggers["event_soon"] = (s.next_event >= day) & (
            s.next_event <= day + np.timedelta64(rules.event_days, "D")
        )
    if s.age is not None:
        before = np.full(len(s.age), np.nan) if s.age_at_review is None else s.age_at_review
        triggers["age_reached"] = (
            np.any([(s.age >= a) & ~(before >= a) for a in rules.ages], axis=0)
            if rules.ages
            else np.zeros(len(s.age), dtype=np.bool_)
        )
    if s.kyc_changed_on is not None:
        known = ~np.isnat(s.kyc_changed_on) & (s.kyc_changed_on <= day)
        triggers["kyc_changed"] = (
            known if s.last_review is None else known & ~(s.last_review >= s.kyc_changed_on)
        )
    if s.last_review is not None:
        never = np.isnat(s.last_review)
        triggers["never_reviewed"] = never
        triggers["review_overdue"] = ~never & (
            day - s.last_review > np.timedelta64(rules.review_days, "D")
        )
    return triggers
