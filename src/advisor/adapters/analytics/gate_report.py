"""The decision whether a new advisor may take over, and the promises that it stands on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from advisor import Market, RiskBands, evaluate_risk
from advisor.adapters.records import Record
from advisor.annotations import Text
from advisor.arrays import IntArray
from advisor.errors import InputError
from advisor.evaluate import MatchReport
from advisor.validation import checked


def broken_promises(
    tables: list[pd.DataFrame], levels: Any, bands: RiskBands, market: Market | None, days: int
) -> list[dict[str, float]]:
    """How often each promise is broken in each batch, with a market also by the risk that came."""
    broken = [_promised(frame, levels, bands) for frame in tables]
    if market is None:
        return broken
    after = [f"after:{asset}" for asset in market.assets]
    if absent := [name[6:] for name in after if any(name not in frame for frame in tables)]:
        why = f"market has {absent[:5]}, which no advisor knows. Leave them out."
        raise InputError(why, field="market", value=absent)
    weights = [frame[after].set_axis(list(market.assets), axis=1) for frame in tables]
    both = (levels > 0) & np.all([table.notna().all(axis=1) for table in weights], axis=0)
    for promises, table in zip(broken, weights, strict=True):
        risk = evaluate_risk(table[both], market, levels=levels[both], bands=bands, days=days)
        came = risk.summary()
        promises |= {
            f"realised_{name}": float(came[name]) for name in ("over", "under", "breached")
        }
    return broken


def _promised(frame: pd.DataFrame, levels: IntArray, bands: RiskBands) -> dict[str, float]:
    """Share of clients without a portfolio, above their band, and beyond their stress loss."""
    names, edges = ("expected_volatility", "stressed_loss"), ("upper_volatility", "stress_loss")
    volatility, loss = (frame[name].to_numpy(dtype=np.float64) for name in names)
    upper, stress = (np.array([np.nan, *getattr(bands, edge)])[levels] for edge in edges)
    suits = levels > 0
    faults = {
        "no_portfolio": np.isnan(volatility) & suits,
        "above_band": volatility > upper * (1.0 + 1e-9),
        "beyond_stress_loss": loss > stress * (1.0 + 1e-9),
    }
    return {name: float(bad.sum() / max(int(suits.sum()), 1)) for name, bad in faults.items()}


@dataclass(frozen=True)
class Check:
    """One demand of the gate.

    Attributes:
        name: What is compared.
        champion, challenger: The number of each.
        passed: Whether the challenger meets the demand.
        demand: The demand, in words.
    """

    name: str
    champion: float
    challenger: float
    passed: bool
    demand: str


@dataclass(frozen=True, eq=False)
class GateReport:
    """The decision, and everything that it stands on.

    Attributes:
        promoted: Whether every check was passed.
        checks: Suitability, promises and relevance.
        as_of: Day of the advice.
        clients: Judged.
        champion, challenger: Match reports of both.
        fingerprints: Of champion and challenger.
    """

    promoted: bool
    checks: tuple[Check, ...]
    as_of: date
    clients: int
    champion: MatchReport
    challenger: MatchReport
    fingerprints: tuple[str, str]

    def to_frame(self) -> pd.DataFrame:
        """One row a check."""
        return pd.DataFrame([vars(c) for c in self.checks]).set_index("name")

    @checked
    def record(self, *, operator: Text) -> Record:
        """The decision for the ledger; numbers are written as text.

        Args:
            operator: Who decides on it.
        """
        data: dict[str, Any] = {}
        for check in self.checks:
            word = "passed" if check.passed else "failed"
            data[check.name] = f"{check.champion:.6g} -> {check.challenger:.6g}: {word}"
        return Record(
            kind="model_gate",
            decision="promoted" if self.promoted else "kept_champion",
            fingerprint=":".join(reversed(self.fingerprints)),
            operator=operator,
            as_of=self.as_of,
            data={"judged": self.clients, **data},
        )

    def __str__(self) -> str:
        word = "Promoted" if self.promoted else "Not promoted"
        lines = [
            f"  {'ok  ' if c.passed else 'FAIL'} {c.name}: {c.champion:.4g} -> {c.challenger:.4g}"
            f" ({c.demand})"
            for c in self.checks
        ]
        return "\n".join([f"{word} on {self.clients:,} clients as of {self.as_of}", *lines])
