"""How far an advisor's data reach, held against the day of advice: what knows the future, and what
ended long before.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import date
from typing import Any, cast

import numpy as np

from advisor.data.returns import ReturnModel

_LOG = logging.getLogger(__name__)
STALE_AFTER = 92
"""Days after which prices have ended long before the day of advice: a quarter."""
FEW_ROWS = 24
"""Rows of prices below which an estimate rests on few: a month of sessions, two years of months."""


@dataclass(frozen=True)
class DataDays:
    """Last days of what an advisor was made from, None where nobody says.

    Attributes:
        prices: Of the history that the return model was estimated from.
        rows: Of that history; 0 = unknown.
        calibration: Of the purchases that probabilities were learnt from.
        stale_after: Days after which prices have ended long before.
    """

    prices: date | None = None
    rows: int = 0
    calibration: date | None = None
    stale_after: int = STALE_AFTER

    @classmethod
    def of(cls, model: ReturnModel, stale_after: int) -> DataDays:
        """Of a model that `estimate_returns` has made; of any other nothing is known."""
        history = model.history
        if history is None:
            return cls(stale_after=stale_after)
        return cls(history.until, history.rows, None, stale_after)

    @classmethod
    def restored(cls, record: dict[str, Any]) -> DataDays:
        """From what `record` gives. Raises `ValueError` where that is no day."""
        days = ((name, record[name]) for name in ("prices", "calibration"))
        read = {name: None if day is None else date.fromisoformat(day) for name, day in days}
        return cls(read["prices"], record["rows"], read["calibration"], record["stale_after"])

    def record(self) -> dict[str, Any]:
        """As JSON holds it."""
        days = {"prices": self.prices, "calibration": self.calibration}
        read = {name: None if day is None else day.isoformat() for name, day in days.items()}
        return {"rows": self.rows, "stale_after": self.stale_after, **read}

    def remarks(self, purchases: np.datetime64, assets: int, as_of: np.datetime64) -> list[str]:
        """What is wrong with the days, one sentence each, also as warnings in the log.

        Args:
            purchases: Last day of the recommender's, NaT = unknown.
            assets: Of the return model.
            as_of: The day of advice.
        """
        day = cast(date, as_of.item())
        prices, calibration = (
            np.datetime64(last or "NaT", "D") for last in (self.prices, self.calibration)
        )
        known = (
            ("Prices reach", prices, "Fit on market.until(as_of)"),
            ("Purchases reach", purchases, "Fit on interactions.until(as_of)"),
            ("The calibration reaches", calibration, "Calibrate on an earlier window"),
        )
        remarks = [
            f"{what} {last}, beyond the day of advice, {day}: the advice knows what was not known"
            f" then. {remedy}."
            for what, last, remedy in known
            if last > as_of
        ]
        if self.prices is not None and (day - self.prices).days > self.stale_after:
            remarks.append(
                f"Prices end on {self.prices}, {(day - self.prices).days:,} days before the day of"
                f" advice, {day}, and more than {self.stale_after} are long. Fit again on prices up"
                " to the day, or say how long is long: Advisor.fit(stale_after=...)."
            )
        if self.rows > 0 and (self.rows < FEW_ROWS or self.rows <= assets):
            remarks.append(
                f"The return model rests on {self.rows} rows of prices for {assets} assets, and an"
                f" estimate from fewer than {max(FEW_ROWS, assets + 1)} is mostly its prior. Take a"
                " longer history."
            )
        for remark in remarks:
            _LOG.warning(remark)
        return remarks
