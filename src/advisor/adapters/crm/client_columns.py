"""Clients as columns of the tables `clients`, `assessments` and `holdings`."""

# pyright: reportUnknownParameterType=false

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any

import numpy as np

from advisor import ClientTable
from advisor.adapters.records import tables
from advisor.adapters.records.arrow_tables import arrow
from advisor.adapters.records.libraries import pa
from advisor.adapters.records.tables import CENTS
from advisor.arrays import FloatArray
from advisor.privacy import personal

MOST_MONEY = 9e14
"""Money beyond which ten-thousandths are not kept."""


def to_cents(money: FloatArray, *, down: bool = False) -> FloatArray:
    """Money to the ten-thousandth, half to even, or down (what is held never exceeds wealth)."""
    parts = money * CENTS
    nearest = np.rint(parts)
    near = np.abs(parts - nearest) <= 8.0 * np.spacing(np.abs(parts))
    return np.where(near | (not down), nearest, np.floor(parts)) / CENTS


def problems_of(table: ClientTable, at: datetime) -> dict[int, str]:
    """What is wrong with rows that cannot be kept, by row."""
    problems = dict(table.problems)
    day = np.datetime64(at.astimezone(UTC).date(), "D")
    for i in np.flatnonzero(table.assessed_on > day).tolist():
        text = f"assessed_on is {personal(table.assessed_on[i])}, later than what is known"
        problems.setdefault(i, f"{text} on {day}; correct the day.")
    most = np.fmax.reduce([np.zeros(len(table)), *(getattr(table, n) for n in tables.MONEY)])
    for i in np.flatnonzero(most > MOST_MONEY).tolist():
        problems.setdefault(i, f"money is above {MOST_MONEY:g}, which is not kept exactly.")
    return problems


def client_columns(
    part: ClientTable, records: Sequence[dict[str, Any]], digests: Sequence[str], at: datetime
) -> pa.Table:
    """Rows of `clients`: the versions of c clients that stand from a moment."""
    columns: dict[str, Any] = {"id": part.ids, "since": [at] * len(part), "digest": digests}
    columns["assessed_at"] = [at if is_assessed(record) else None for record in records]
    columns |= {name: to_cents(getattr(part, name)) for name in tables.MONEY}
    columns |= {name: getattr(part, name) for name in (*tables.NUMBERS, *tables.FLAGS)}
    columns |= {name: [r[name] for r in records] for name in tables.WORDS}
    columns |= {name: [_json(r[name]) for r in records] for name in tables.RECORDS}
    columns["level"] = pa.array(part.level, mask=part.level < 0)
    columns["lowest_category"] = pa.array(part.lowest_category == 1, mask=part.lowest_category < 0)
    return arrow(tables.clients, {**columns, "assessed_on": part.assessed_on})


def assessment_columns(records: Sequence[dict[str, Any]], at: datetime) -> pa.Table:
    """Rows of `assessments`: of the clients who have answers or a level."""
    known = [r for r in records if is_assessed(r)]
    days = [date.fromisoformat(r["assessed_on"]) if r["assessed_on"] else at.date() for r in known]
    columns = {
        "client_id": [r["id"] for r in known],
        "since": [at] * len(known),
        "day": days,
        "answers": [_json(r["answers"]) for r in known],
        "level": [r["level"] for r in known],
        "confirmed": [False] * len(known),
    }
    return arrow(tables.assessments, columns)


def holding_columns(part: ClientTable, at: datetime) -> pa.Table:
    """Rows of `holdings`: money to the ten-thousandth, down, so that it never exceeds wealth."""
    held = part.holdings
    money = to_cents(held.values, down=True)
    keep = np.flatnonzero(money > 0.0)
    columns = {
        "client_id": [part.ids[row] for row in held.row_of_entry()[keep].tolist()],
        "since": [at] * len(keep),
        "item": [held.names[code] for code in held.codes[keep].tolist()],
        "money": money[keep],
        "day": [at.astimezone(UTC).date()] * len(keep),
    }
    return arrow(tables.holdings, columns)


def is_assessed(record: dict[str, Any]) -> bool:
    """Whether a client has answers or a level."""
    return record["level"] is not None or bool(record["answers"])


def _json(value: Any) -> str | None:
    return json.dumps(value, ensure_ascii=False) if value else None
