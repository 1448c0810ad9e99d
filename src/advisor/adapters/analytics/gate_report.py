"""The decision whether a new advisor may take over, and what it stands on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import pandas as pd

from advisor.adapters.records import Record
from advisor.annotations import Text
from advisor.evaluate import MatchReport
from advisor.validation import checked


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
