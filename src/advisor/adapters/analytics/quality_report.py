"""What a check of a table says."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, fields
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from advisor import ClientTable
from advisor.cells import is_missing

PROBLEM = "problem"
"""Column of what is set aside that says why."""
_FIGURES = ["missing", "distinct", "low", "high", "failed"]


@dataclass(frozen=True, repr=False)
class QualityReport:
    """What a table is worth.

    Attributes:
        kind: Of the table.
        as_of: The day after which everything is in the future.
        good: Rows that can be used, in order; moments in UTC, data as records.
        quarantined: The other rows as they came, with the sentence why in `problem`.
        by_column: A row a column: missing cells, distinct values, the lowest and the highest, and
            how many cells failed.
    """

    kind: str
    as_of: date
    good: Any
    quarantined: pd.DataFrame
    by_column: pd.DataFrame

    def __repr__(self) -> str:
        counts = f"{len(self.good):,} good, {len(self.quarantined):,} set aside"
        return f"QualityReport({self.kind}: {counts})"


def figures_of(
    rows: pd.DataFrame, typed: pd.DataFrame, faults: dict[int, dict[str, str]]
) -> pd.DataFrame:
    """Missing, distinct, lowest, highest and failed cells of each column."""
    failed = Counter(name for row in faults.values() for name in row)
    lines = {}
    for name in typed.columns:
        missing = sum(map(is_missing, rows[name].astype(object).tolist()))
        lines[name] = _figures(typed[name].dropna(), missing, failed[name])
    return pd.DataFrame.from_dict(lines, orient="index", columns=_FIGURES)


def _figures(known: pd.Series, missing: int, failed: int) -> list[Any]:
    ends = [known.min(), known.max()] if len(known) else [None, None]
    return [missing, int(known.nunique()), *ends, failed]


def report_clients(table: ClientTable, day: date) -> QualityReport:
    """The reader's own problems, and figures of the columns of numbers."""
    bad = sorted(table.problems)
    aside = pd.DataFrame(
        {"id": [table.ids[i] for i in bad], PROBLEM: [table.problems[i] for i in bad]}
    )
    lines = {}
    for column in fields(table):
        values = getattr(table, column.name)
        if isinstance(values, np.ndarray) and values.dtype.kind == "f":
            named = re.compile(rf"\b{column.name}\b")
            failed = sum(bool(named.search(text)) for text in table.problems.values())
            missing = int(np.isnan(values).sum())
            lines[column.name] = _figures(pd.Series(values).dropna(), missing, failed)
    figures = pd.DataFrame.from_dict(lines, orient="index", columns=_FIGURES)
    good = table.take([i for i in range(len(table)) if i not in table.problems])
    return QualityReport("clients", day, good, aside, figures)
