"""What an outcome goes along with: its explained variance shared out among drivers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from advisor.adapters.analytics.attribution import Attribution, shapley
from advisor.adapters.analytics.columns import measured, measures, table, varied
from advisor.annotations import Text, Texts
from advisor.arrays import FloatArray
from advisor.data.tables import labels_of
from advisor.errors import InputError
from advisor.validation import checked


@dataclass(frozen=True)
class Drivers:
    """Share of the variance of an outcome that each driver explains; the shares add up to R^2."""

    r_squared: float
    shares: Attribution
    n: int


@checked
def drivers(
    frame: pd.DataFrame,
    *,
    outcome: Text | None = None,
    drivers: Texts | None = None,
    samples: int | None = None,
) -> Drivers:
    """What an outcome (satisfaction, say) goes along with: R^2 shared out among drivers.

    Args:
        frame: One row an answer.
        outcome: Column of numbers; None: the first.
        drivers: Columns of numbers, which may be correlated; None: all others.
        samples: Orders to draw; None: exact up to 12 drivers.

    Returns:
        Shares of at least 0 that add up to the R^2 of the regression on all drivers. They describe
        what goes along, not what causes.

    Raises:
        InputError: A column is absent or constant, or there are no more rows than drivers + 1.

    Source: Lindeman, Merenda and Gold (1980), p. 119; Groemping (2006), section 2: the Shapley
    value of R^2.
    """
    columns = labels_of(frame.columns)
    outcome = outcome if outcome is not None else columns[0] if columns else "outcome"
    drivers = drivers if drivers is not None else tuple(c for c in columns if c != outcome)
    frame = table(frame, [outcome, *drivers], "One row an answer, with outcome and drivers.")
    if outcome in drivers:
        why = f"{outcome} is the outcome and a driver; it explains itself. Leave it out of drivers."
        raise InputError(why, field="drivers", value=outcome)
    if not drivers or len(frame) < len(drivers) + 2:
        raise InputError(
            f"{len(frame)} rows and {len(drivers)} drivers; R^2 means something with at least one "
            "driver and two rows more than drivers. Give more rows.",
            field="drivers",
            value=len(drivers),
        )
    y, x = varied(measured(frame, outcome), outcome), measures(frame, drivers)
    correlation = np.asarray(np.corrcoef(np.column_stack([y, x]), rowvar=False), dtype=np.float64)

    def explained(members: frozenset[str]) -> float:
        at: list[int] = [1 + i for i, name in enumerate(drivers) if name in members]
        if not at:
            return 0.0
        own: FloatArray = correlation[0, at]
        inner = correlation[np.ix_(at, at)]
        return float(own @ np.linalg.lstsq(inner, own, rcond=1e-10)[0])

    shares = shapley(explained, drivers, samples=samples)
    return Drivers(shares.total, shares, len(frame))
