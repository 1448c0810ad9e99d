"""What is known of clients on a day, as columns: what `review` reads."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from advisor.arrays import DayArray, FloatArray, IntArray, check_type, float_array
from advisor.errors import InputError
from advisor.lifecycle.inputs import days
from advisor.privacy import hides


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
