"""Clients as columns of the tables `clients`, `assessments` and `holdings`."""

# pyright: reportUnknownParameterType=false

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import numpy as np

from advisor import ClientTable
from advisor.adapters.crm import tables
from advisor.adapters.crm.bulk import MOST_MONEY, to_cents
from advisor.adapters.extras import needs
from advisor.privacy import personal

if TYPE_CHECKING:
    import pyarrow as pa
else:
    pa = needs("crm", "pyarrow")

_MOMENT = pa.timestamp("us", "UTC")


def problems_of(table: ClientTable, at: datetime) -> dict[int, str]:
    """What is wrong with rows that cannot be kept, by row."""
    problems = dict(table.problems)
    day = np.datetime64(at.astimezone(UTC).date(), "D")
    for i in np.flatnonzero(table.assessed_on > day).tolist():
        text = f"assessed_on is {personal(table.assessed_on[i])}, later than what is known"
        problems.setdefault(i, f"{text} on {day}; correct the day.")
    most = np.zeros(len(table))
    for name in tables.MONEY:
        most = np.fmax(most, getattr(table, name))
    for i in np.flatnonzero(most > MOST_MONEY).tolist():
        problems.setdefault(i, f"money is above {MOST_MONEY:g}, which is not kept exactly.")
    return problems


def client_columns(
    part: ClientTable, records: Sequence[dict[str, Any]], digests: Sequence[str], at: datetime
) -> pa.Table:
    """Rows of `clients`: the versions that stand from a moment.

    Args:
        part: c clients.
        records: `part.record` of each.
        digests: Of each record.
        at: The moment.
    """
    assessed = [at if is_assessed(record) else None for record in records]
    columns: dict[str, Any] = {
        "id": pa.array(part.ids, type=pa.string()),
        "since": pa.array([at] * len(part), type=_MOMENT),
        "digest": pa.array(digests, type=pa.string()),
        "assessed_at": pa.array(assessed, type=_MOMENT),
    }
    for name in tables.MONEY:
        columns[name] = pa.array(to_cents(getattr(part, name)), from_pandas=True)
    for name in tables.NUMBERS:
        columns[name] = pa.array(getattr(part, name), type=pa.float64(), from_pandas=True)
    for name in tables.FLAGS:
        columns[name] = pa.array(getattr(part, name))
    for name in tables.WORDS:
        columns[name] = pa.array([r[name] for r in records], type=pa.string())
    for name in tables.RECORDS:
        texts = [_json(r[name]) for r in records]
        columns[name] = pa.array(texts, type=pa.string())
    columns["level"] = pa.array(part.level, mask=part.level < 0)
    columns["lowest_category"] = pa.array(part.lowest_category == 1, mask=part.lowest_category < 0)
    columns["assessed_on"] = pa.array(part.assessed_on, type=pa.date32())
    return pa.table(columns)


def assessment_columns(records: Sequence[dict[str, Any]], at: datetime) -> pa.Table:
    """Rows of `assessments`: of the clients who have answers or a level."""
    known = [r for r in records if is_assessed(r)]
    days = [date.fromisoformat(r["assessed_on"]) if r["assessed_on"] else at.date() for r in known]
    return pa.table(
        {
            "client_id": pa.array([r["id"] for r in known], type=pa.string()),
            "since": pa.array([at] * len(known), type=_MOMENT),
            "day": pa.array(days, type=pa.date32()),
            "answers": pa.array([_json(r["answers"]) for r in known], type=pa.string()),
            "level": pa.array([r["level"] for r in known], type=pa.int64()),
            "confirmed": pa.array([False] * len(known), type=pa.bool_()),
        }
    )


def holding_columns(part: ClientTable, at: datetime) -> pa.Table:
    """Rows of `holdings`: money to the ten-thousandth, down, so that it never exceeds wealth."""
    held = part.holdings
    money = to_cents(held.values, down=True)
    rows = held.row_of_entry()
    keep = np.flatnonzero(money > 0.0)
    return pa.table(
        {
            "client_id": pa.array([part.ids[row] for row in rows[keep].tolist()], type=pa.string()),
            "since": pa.array([at] * len(keep), type=_MOMENT),
            "item": pa.array([held.names[c] for c in held.codes[keep].tolist()], type=pa.string()),
            "money": pa.array(money[keep]),
            "day": pa.array([at.astimezone(UTC).date()] * len(keep), type=pa.date32()),
        }
    )


def is_assessed(record: dict[str, Any]) -> bool:
    """Whether a client has answers or a level."""
    return record["level"] is not None or bool(record["answers"])


def _json(value: Any) -> str | None:
    return json.dumps(value, ensure_ascii=False) if value else None
