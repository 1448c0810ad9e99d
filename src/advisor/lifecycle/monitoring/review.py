"""When advice must be looked at again: one pure function from states, market and day to named
triggers with their evidence.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import date
from types import NoneType
from typing import Any

import numpy as np
import pandas as pd

from advisor.arrays import (
    BoolArray,
    DayArray,
    FloatArray,
    IntArray,
    check_number,
    check_type,
    check_whole,
    float_array,
)
from advisor.data.days import as_day
from advisor.errors import InputError
from advisor.lifecycle.inputs import days
from advisor.privacy import hides

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


@hides
@dataclass(frozen=True, eq=False)
class ClientStates:
    """What is known of c clients on the day; a column left out (None) is not looked at.

    Attributes:
        client_ids: Length c.
        drift: Of the portfolio, shape (c,).
        level, advised_level: Now, and when the advice was given, shape (c,).
        valid_until: Last day of the assessment; NaT = none, which counts as expired. Shape (c,).
        next_event: Day of the next life event, NaT = none. Shape (c,).
        stress_loss, stress_tolerance: Worst stressed loss of the portfolio, and what is tolerated,
            shape (c,).
        value, peak_value: Money now and its peak since the advice, net of flows, shape (c,).
        drawdown_tolerance: Shape (c,).
        product_level: Highest level of a product held, as rated today, shape (c,).
        age, age_at_review: Shape (c,).
        kyc_changed_on: Day on which client data last changed, NaT = never. Shape (c,).
        last_review: Shape (c,), NaT = never.
        forecast_volatility: Annual, of what is held today, by today's forecast (`model.risk`),
            shape (c,).
        aimed_volatility: Of the portfolio that would be advised today (`optimal_volatility`), shape
            (c,).
    """

    client_ids: tuple[str, ...]
    drift: FloatArray | None = None
    level: IntArray | None = None
    advised_level: IntArray | None = None
    valid_until: DayArray | None = None
    next_event: DayArray | None = None
    stress_loss: FloatArray | None = None
    stress_tolerance: FloatArray | None = None
    value: FloatArray | None = None
    peak_value: FloatArray | None = None
    drawdown_tolerance: FloatArray | None = None
    product_level: IntArray | None = None
    age: FloatArray | None = None
    age_at_review: FloatArray | None = None
    kyc_changed_on: DayArray | None = None
    last_review: DayArray | None = None
    forecast_volatility: FloatArray | None = None
    aimed_volatility: FloatArray | None = None

    def __post_init__(self) -> None:
        listing = "Give the ids in a tuple, one a client."
        check_type(self.client_ids, (tuple, list), "client_ids", listing)
        for column in fields(self):
            values = getattr(self, column.name)
            if values is not None and column.name != "client_ids":
                values = _column(values, column.name)
                object.__setattr__(self, column.name, values)
            if values is not None and len(values) != len(self.client_ids):
                raise InputError(
                    f"{column.name} has {len(values)} rows for {len(self.client_ids)} clients; give"
                    " one each, or leave the column out.",
                    field=column.name,
                    value=len(values),
                )


_DAYS = frozenset({"valid_until", "next_event", "kyc_changed_on", "last_review"})
"""Columns that hold days."""


def _column(values: Any, name: str) -> FloatArray | IntArray | DayArray:
    """One column as an array of numbers or of days; one that is such an array stays as it is."""
    if name in _DAYS:
        return days(values, name, allow_missing=True)
    if isinstance(values, np.ndarray) and values.ndim == 1 and values.dtype.kind in "if":
        return values
    return float_array(values, name, shape=(None,), allow_nan=True)


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

    drift: float = 0.03
    event_days: int = 730
    expiry_days: int = 30
    ages: tuple[float, ...] = (65.0, 75.0)
    review_days: int = 365
    size: float = 0.10

    def __post_init__(self) -> None:
        check_number(
            self.drift,
            "drift",
            "It is the total drift from which a review is due, 0.03 say.",
            low=0.0,
        )
        check_number(
            self.size,
            "size",
            "It is the share of the aimed volatility from which a review is due, 0.1 say.",
            low=0.0,
        )
        for name in ("event_days", "expiry_days", "review_days"):
            check_whole(getattr(self, name), name, "Give a number of days.", low=0)
        check_type(
            self.ages, (tuple, list), "ages", "Give the ages in a tuple, such as (65.0, 75.0)."
        )
        for i, age in enumerate(self.ages):
            check_number(age, "ages", "It is in years.", low=0.0, key=i)


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
        states, rules: What they were found in, for the evidence.
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
        found: dict[str, float | str] = {}
        for column in _LOOKS_AT[name]:
            values = getattr(self.states, column)
            if values is not None:
                found[column] = str(values[i]) if values.dtype.kind == "M" else float(values[i])
        return found | {
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


def review(states: ClientStates, *, as_of: date | str, rules: ReviewRules | None = None) -> Reviews:
    """Which clients' advice must be looked at again, and why.

    Args:
        states: What is known of each client; columns that are not given are not looked at, nan and
            NaT mean unknown.
        as_of: The day it is judged on.
        rules: Limits; default `ReviewRules()`.

    Returns:
        One row a client; the same states, day and rules always give the same triggers, whatever the
        company they are in. An assessment without a date counts
        as expired and an age without an earlier one as news: what is missing fails closed. A
            product rated above the client's level triggers; they may keep it.

    >>> states = ClientStates(
    ...     ("ann",), drift=np.array([0.05]), level=np.array([3]), advised_level=np.array([4])
    ... )
    >>> [t.name for t in review(states, as_of="2026-02-01")[0]]
    ['drift', 'level_changed']
    """
    check_type(
        states, ClientStates, "states", "Pass ClientStates(client_ids, ...) with what is known."
    )
    check_type(rules, (ReviewRules, NoneType), "rules", "Pass ReviewRules, or leave it out.")
    day, limits = as_day(as_of, "as_of"), rules or ReviewRules()
    found = _portfolio(states, limits) | _calendar(states, day, limits)
    bits = np.zeros(len(states.client_ids), dtype=np.int64)
    for name, hit in found.items():
        bits |= hit.astype(np.int64) << TRIGGERS.index(name)
    return Reviews(states.client_ids, day, bits, states, limits)


def _portfolio(s: ClientStates, rules: ReviewRules) -> dict[str, BoolArray]:
    found: dict[str, BoolArray] = {}
    if s.drift is not None:
        found["drift"] = s.drift >= rules.drift - 1e-12
    if s.level is not None and s.advised_level is not None:
        found["level_changed"] = s.level != s.advised_level
    if s.stress_loss is not None and s.stress_tolerance is not None:
        found["stress_loss_above_tolerance"] = s.stress_loss > s.stress_tolerance + 1e-12
    if s.value is not None and s.peak_value is not None and s.drawdown_tolerance is not None:
        found["drawdown_above_tolerance"] = (
            s.value < s.peak_value * (1.0 - s.drawdown_tolerance) - 1e-9
        )
    if s.product_level is not None and s.level is not None:
        found["product_level_raised"] = s.product_level > s.level
    if s.forecast_volatility is not None and s.aimed_volatility is not None:
        found["size"] = (
            np.abs(s.forecast_volatility - s.aimed_volatility)
            > (rules.size + 1e-12) * s.aimed_volatility
        )
    return found


def _calendar(s: ClientStates, day: np.datetime64, rules: ReviewRules) -> dict[str, BoolArray]:
    found: dict[str, BoolArray] = {}
    if s.valid_until is not None:
        found["assessment_expired"] = ~(s.valid_until >= day)
        found["assessment_expires_soon"] = (s.valid_until >= day) & (
            s.valid_until < day + np.timedelta64(rules.expiry_days, "D")
        )
    if s.next_event is not None:
        found["event_soon"] = (s.next_event >= day) & (
            s.next_event <= day + np.timedelta64(rules.event_days, "D")
        )
    if s.age is not None:
        before = np.full(len(s.age), np.nan) if s.age_at_review is None else s.age_at_review
        found["age_reached"] = (
            np.any([(s.age >= a) & ~(before >= a) for a in rules.ages], axis=0)
            if rules.ages
            else np.zeros(len(s.age), dtype=np.bool_)
        )
    if s.kyc_changed_on is not None:
        known = ~np.isnat(s.kyc_changed_on) & (s.kyc_changed_on <= day)
        found["kyc_changed"] = (
            known if s.last_review is None else known & ~(s.last_review >= s.kyc_changed_on)
        )
    if s.last_review is not None:
        never = np.isnat(s.last_review)
        found["never_reviewed"] = never
        found["review_overdue"] = ~never & (
            day - s.last_review > np.timedelta64(rules.review_days, "D")
        )
    return found
