"""One risk aversion, as every optimiser takes it."""

from __future__ import annotations

from advisor.arrays import check_number


def check_risk_aversion(value: float, field: str = "risk_aversion") -> float:
    """The value, 0 to inf.

    Raises:
        InputError: It is negative or nan, or no number.
    """
    remedy = "At 0 only the mean counts, at inf only the risk."
    return check_number(value, field, remedy, low=0.0, infinite=True)
