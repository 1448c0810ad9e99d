"""The columns of a `ClientTable`: which there are, what they may hold, and how contracts fill
them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from advisor.contracts.client import LONGEST, Client
from advisor.data.categories import Categories
from advisor.data.sparse_rows import SparseRows

RANGES: dict[str, tuple[float, float]] = {
    "wealth": (0.0, np.inf),
    "horizon_years": (0.0, LONGEST),
    "age": (0.0, 130.0),
    "knowledge": (0.0, 100.0),
    "income": (0.0, np.inf),
    "liabilities": (0.0, np.inf),
    "monthly_spending": (0.0, np.inf),
    "reserve_months": (0.0, np.inf),
    "planned_purchases": (0.0, np.inf),
}
"""Number columns and what they may hold."""
NUMBERS = tuple(RANGES)
REQUIRED = ("id", "wealth", "horizon_years")
WHOLE = ("age",)
"""Number columns whose cells are whole."""
FLAGS = {
    "professional": False,
    "legal_capacity": True,
    "private_qualified": False,
    "institution": False,
    "guardian": False,
}
"""Yes / no columns and what an empty cell means."""
WORDS = ("currency", "gender", "segment", "sustainability")
SETS = ("excluded", "insists", "written_warning", "locked")
"""Columns of ids: a cell is a list or set of ids, or one string with `|` between them."""


def columns_from_clients(rows: Sequence[Client]) -> dict[str, Any]:
    """Columns for `ClientTable(**columns)`; see `ClientTable.from_clients`."""
    count = len(rows)
    columns: dict[str, Any] = {"ids": tuple(r.id for r in rows)}
    fields = [vars(r) for r in rows]
    numbers = [[np.nan if (v := f[name]) is None else v for f in fields] for name in NUMBERS]
    columns |= zip(
        NUMBERS, np.array(numbers, dtype=np.float64).reshape(len(NUMBERS), count), strict=True
    )
    flags = [[f[name] for f in fields] for name in FLAGS]
    columns |= zip(FLAGS, np.array(flags, dtype=np.bool_).reshape(len(FLAGS), count), strict=True)
    wordless, nothing = Categories.empty(count), SparseRows.empty(count)
    for name in WORDS:
        words = [f[name] for f in fields]
        columns[name] = wordless if words.count(None) == count else Categories.of_words(words)
    for name in SETS:
        sets = [f[name] for f in fields]
        columns[name] = SparseRows.of_sets(sets) if any(sets) else nothing
    columns["level"] = np.array([-1 if r.level is None else r.level for r in rows], dtype=np.int64)
    columns["assessed_on"] = np.array([r.assessed_on for r in rows], dtype="datetime64[D]")
    columns["lowest_category"] = np.array(
        [int(r.lowest_category) if r.states_category else -1 for r in rows], dtype=np.int64
    )
    questions = dict.fromkeys(q for r in rows for q in r.answers)
    columns["answers"] = {
        q: Categories.of_words([r.answers.get(q) for r in rows]) for q in questions
    }
    columns["holdings"] = (
        SparseRows.of([r.holdings for r in rows]) if any(r.holdings for r in rows) else nothing
    )
    biases = dict.fromkeys(b for r in rows for b in r.biases)
    columns["biases"] = {b: np.array([r.biases.get(b, np.nan) for r in rows]) for b in biases}
    columns["goals"] = tuple(r.goals for r in rows) if any(r.goals for r in rows) else ()
    return columns
