"""An estimated effect with its interval."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import stdtr, stdtrit


@dataclass(frozen=True)
class Effect:
    """An estimated effect with its t interval; `degrees` of freedom."""

    value: float
    standard_error: float
    low: float
    high: float
    p_value: float
    degrees: int

    @classmethod
    def of(cls, value: float, error: float, degrees: int, confidence: float) -> Effect:
        """From an estimate and its standard error."""
        half = float(stdtrit(degrees, 0.5 + confidence / 2.0)) * error
        ratio = abs(value) / error if error > 0.0 else np.inf if value else 0.0
        p_value = 2.0 * float(stdtr(degrees, -ratio))
        return cls(value, error, value - half, value + half, p_value, degrees)
