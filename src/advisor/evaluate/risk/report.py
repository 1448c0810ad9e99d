"""Whether the risk that was promised is the risk that came."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from advisor.arrays import DayArray, FloatArray, IntArray
from advisor.contracts.bands import LEVELS, RiskBands

SHARES = ("inside", "over", "under", "not_reachable", "breached")
"""Shares of windows that a report counts."""


@dataclass(frozen=True, eq=False)
class RiskMatchReport:
    """Realised risk of `c` portfolios over `w` rolling windows against the band of each one's
    level.

    Too much and too little are counted apart and never netted: a cash portfolio of a C4 client is
    *under* in every window.

    Attributes:
        levels: Level 0..5 of each portfolio, 0 = none, shape (c,).
        windows: Number of windows in which every asset held had a history (0 for level 0), shape
            (c,).
        over, under: Share of its windows whose volatility was above the band, below it though it
            could be reached, shape (c,); nan where `windows` is 0.
        breached: Share of its windows whose worst drawdown was larger than the level's stress loss,
            shape (c,).
        volatility: Mean over its windows of the annual volatility, shape (c,).
        worst_drawdown: Largest drawdown inside a window, positive, shape (c,).
        window_ends: Last session of each window, shape (w,).
        over_by_window, under_by_window, breached_by_window: Share of the portfolios judged in the
            window, shape (w,); nan where none was.
        not_reachable: Share of its windows whose volatility was below the band when no asset was
            volatile enough to be inside it, shape (c,).
        not_reachable_by_window: Of the portfolios judged in the window, shape (w,).
    """

    levels: IntArray
    windows: IntArray
    over: FloatArray
    under: FloatArray
    breached: FloatArray
    volatility: FloatArray
    worst_drawdown: FloatArray
    window_ends: DayArray
    over_by_window: FloatArray
    under_by_window: FloatArray
    breached_by_window: FloatArray
    bands: RiskBands
    days: int
    not_reachable: FloatArray
    not_reachable_by_window: FloatArray

    @property
    def inside(self) -> FloatArray:
        """Share of each portfolio's windows whose volatility was inside its band, edges included,
        shape (c,).
        """
        return 1.0 - self.over - self.under - self.not_reachable

    @property
    def status(self) -> tuple[str, ...]:
        """Of each portfolio: "judged", "no_level" (level 0 promises nothing) or "no_history" (an
        asset held had none in any window).
        """
        words = np.where(
            self.levels == 0, "no_level", np.where(self.windows == 0, "no_history", "judged")
        )
        return tuple(words.tolist())

    def to_frame(self) -> pd.DataFrame:
        """One row a portfolio."""
        names = ("windows", *SHARES, "volatility", "worst_drawdown")
        columns = {name: getattr(self, name) for name in names}
        return pd.DataFrame({"level": self.levels, "status": self.status, **columns})

    def by_level(self) -> pd.DataFrame:
        """One row a level that occurs: the promise, and how often it was kept, each portfolio's
        windows counting once.

        Columns: portfolios, windows, lower_volatility, upper_volatility, volatility (mean), inside,
        over, under, not_reachable, stress_loss, breached, worst_drawdown.
        """
        rows = [
            self._row(level)
            for level in range(1, LEVELS + 1)
            if ((self.levels == level) & (self.windows > 0)).any()
        ]
        names = [f"C{int(row['level'])}" for row in rows]
        frame = pd.DataFrame(
            rows, index=pd.Index(names, name="level"), columns=None if rows else ["level"]
        )
        return frame.drop(columns="level")

    def summary(self) -> pd.Series:
        """Shares over all windows of all judged portfolios, and how many there are."""
        n = self.windows.astype(np.float64)
        total = float(n.sum())
        shares = {
            name: float(np.nansum(getattr(self, name) * n) / total) if total else np.nan
            for name in SHARES
        }
        counts = {"portfolios": float((self.windows > 0).sum()), "windows": total}
        return pd.Series(counts | shares, name="risk match")

    def plot(self) -> Any:
        """A matplotlib figure: share of windows inside, under and over the band, a bar a level.
        Raises `InputError` where matplotlib is not installed.
        """
        from advisor.reports.figures import plot_risk_match

        return plot_risk_match(self)

    def _repr_html_(self) -> str:
        from advisor.reports.cards import risk_card

        return risk_card(self)

    def _row(self, level: int) -> dict[str, float]:
        at = (self.levels == level) & (self.windows > 0)
        n = self.windows[at].astype(np.float64)

        def mean(values: FloatArray) -> float:
            return float((values[at] * n).sum() / n.sum())

        bands, at_level = self.bands, level - 1
        return {
            "level": level,
            "portfolios": int(at.sum()),
            "windows": int(n.sum()),
            "lower_volatility": bands.lower_volatility[at_level],
            "upper_volatility": bands.upper_volatility[at_level],
            **{name: mean(getattr(self, name)) for name in ("volatility", *SHARES[:4])},
            "stress_loss": bands.stress_loss[at_level],
            "breached": mean(self.breached),
            "worst_drawdown": float(self.worst_drawdown[at].max()),
        }

    def __repr__(self) -> str:
        s = self.summary()
        if not s["windows"]:
            return f"RiskMatchReport({len(self.levels)} portfolios, none could be judged)"
        unreached = f"{s['not_reachable']:.1%} not reachable, " if s["not_reachable"] else ""
        return (
            f"RiskMatchReport({int(s['portfolios']):,} portfolios, {int(s['windows']):,} windows of"
            f" {self.days} days: {s['inside']:.1%} inside, {s['over']:.1%} over, {s['under']:.1%}"
            f" under, {unreached}stress loss breached in {s['breached']:.1%})"
        )
