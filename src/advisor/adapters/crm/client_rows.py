"""Clients into the store, a row a version, and out of it as a `ClientTable`."""
# pyright: reportUnknownParameterType=false

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np

from advisor import Client, ClientTable
from advisor.adapters.crm import tables
from advisor.adapters.crm.bulk import MOST_MONEY, fetch, load, to_cents
from advisor.adapters.crm.values import Written
from advisor.adapters.extras import needs
from advisor.errors import AdapterError
from advisor.privacy import personal

if TYPE_CHECKING:
    import pyarrow as pa
    import sqlalchemy as sa
else:
    sa, pa = needs("crm", "sqlalchemy"), needs("crm", "pyarrow")

_SETS = ("excluded", "insists", "written_warning", "locked")
MANY = 900
"""Ids that a query names one by one; more are read from the whole table."""


def put_clients(connection: sa.Connection, clients: ClientTable | Iterable[Client], at: datetime) -> Written:
    """Write what is new or other; see `Store.put_clients`."""
    table = clients if isinstance(clients, ClientTable) else ClientTable.from_clients(clients)
    rows, problems = _readable(table, at)
    digests = {i: _digest(table, i) for i in rows}
    standing = _standing(connection, [table.ids[i] for i in rows])
    changed: list[int] = []
    for i in rows:
        before = standing.get(table.ids[i])
        if before is not None and before[0] == digests[i]:
            continue
        if before is not None and before[1] > at:
            text = f"Client {personal(table.ids[i])} is known as of {before[1]}, which is later."
            problems[i] = f"{text} Write what is known in the order in which it became known."
            continue
        changed.append(i)
    if changed:
        _replace(connection, table, changed, {i: digests[i] for i in changed}, at)
    told = tuple(AdapterError(text, record_id=table.ids[i]) for i, text in sorted(problems.items()))
    return Written(len(table), len(changed), told)


def _readable(table: ClientTable, at: datetime) -> tuple[list[int], dict[int, str]]:
    """Rows that can be kept, and what is wrong with the others."""
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
    return [i for i in range(len(table)) if i not in problems], problems


def _digest(table: ClientTable, i: int) -> str:
    content = json.dumps(table.record(i), sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(content.encode("utf-8", "surrogatepass")).hexdigest()


def _standing(connection: sa.Connection, ids: Sequence[str]) -> dict[str, tuple[str, datetime]]:
    """Digest and beginning of the version that stands, by client."""
    c = tables.clients.c
    query = sa.select(c.id, c.digest, c.since).where(c.until.is_(None))
    if len(ids) <= MANY:
        query = query.where(c.id.in_(ids))
    found = fetch(connection, query)
    moments = found["since"].to_pylist()
    return {
        name: (digest, since) for name, digest, since in zip(found["id"].to_pylist(), found["digest"].to_pylist(), moments, strict=True)
    }


def _replace(
    connection: sa.Connection,
    table: ClientTable,
    rows: list[int],
    digests: dict[int, str],
    at: datetime,
) -> None:
    """End the versions that stand and write new ones."""
    ids = [table.ids[i] for i in rows]
    end_versions(connection, ids, at)
    part = table.take(rows)
    many = len(part)
    since = pa.array([at] * many, type=pa.timestamp("us", "UTC"))
    assessed = np.array(
        [bool(part.level[i] >= 0) or any(a.codes[i] >= 0 for a in part.answers.values())
         for i in range(many)]
    )  # fmt: skip
    records = [part.record(i) for i in range(many)]
    columns: dict[str, Any] = {"id": pa.array(ids, type=pa.string()), "since": since}
    columns["digest"] = pa.array([digests[i] for i in rows])
    columns["assessed_at"] = pa.array([at if known else None for known in assessed.tolist()], type=since.type)
    for name in tables.MONEY:
        columns[name] = pa.array(to_cents(getattr(part, name)), from_pandas=True)
    for name in tables.NUMBERS:
        columns[name] = pa.array(getattr(part, name), type=pa.float64(), from_pandas=True)
    for name in tables.FLAGS:
        columns[name] = pa.array(getattr(part, name))
    for name in tables.WORDS:
        columns[name] = pa.array([r[name] for r in records], type=pa.string())
    for name in tables.RECORDS:
        texts = [json.dumps(r[name], ensure_ascii=False) if r[name] else None for r in records]
        columns[name] = pa.array(texts, type=pa.string())
    columns["level"] = pa.array(part.level, mask=part.level < 0)
    columns["lowest_category"] = pa.array(part.lowest_category == 1, mask=part.lowest_category < 0)
    columns["assessed_on"] = pa.array(part.assessed_on, type=pa.date32())
    load(connection, tables.clients, pa.table(columns))
    _write_assessments(connection, records, assessed.tolist(), at)
    _write_holdings(connection, part, at)


def end_versions(connection: sa.Connection, ids: Sequence[str], at: datetime) -> None:
    """End the versions of clients that stand; one that began at the same moment is replaced."""
    for start in range(0, len(ids), MANY):
        some = ids[start : start + MANY]
        for table, key in (
            (tables.clients, "id"), (tables.assessments, "client_id"), (tables.holdings, "client_id"),
        ):  # fmt: skip
            mine = table.c[key].in_(some)
            connection.execute(sa.delete(table).where(mine, table.c.since == at))
        c = tables.clients.c
        ends = sa.update(tables.clients).where(c.id.in_(some), c.until.is_(None))
        connection.execute(ends.values(until=at))


def _write_assessments(connection: sa.Connection, records: list[dict[str, Any]], assessed: list[bool], at: datetime) -> None:
    known = [r for r, yes in zip(records, assessed, strict=True) if yes]
    if not known:
        return
    days = [date.fromisoformat(r["assessed_on"]) if r["assessed_on"] else at.date() for r in known]
    answers = [json.dumps(r["answers"], ensure_ascii=False) if r["answers"] else None for r in known]
    columns = {
        "client_id": pa.array([r["id"] for r in known]),
        "since": pa.array([at] * len(known), type=pa.timestamp("us", "UTC")),
        "day": pa.array(days, type=pa.date32()),
        "answers": pa.array(answers, type=pa.string()),
        "level": pa.array([r["level"] for r in known], type=pa.int64()),
        "confirmed": pa.array([False] * len(known)),
    }
    load(connection, tables.assessments, pa.table(columns))


def _write_holdings(connection: sa.Connection, part: ClientTable, at: datetime) -> None:
    held = part.holdings
    money = to_cents(held.values, down=True)
    rows = held.row_of_entry()
    keep = np.flatnonzero(money > 0.0).tolist()
    if not keep:
        return
    columns = {
        "client_id": pa.array([part.ids[rows[e]] for e in keep]),
        "since": pa.array([at] * len(keep), type=pa.timestamp("us", "UTC")),
        "item": pa.array([held.names[held.codes[e]] for e in keep]),
        "money": pa.array(money[keep]),
        "day": pa.array([at.astimezone(UTC).date()] * len(keep), type=pa.date32()),
    }
    load(connection, tables.holdings, pa.table(columns))


def known_on(as_of: date | None) -> Any:
    """The condition of versions of clients that stood at the end of a day; None: that stand."""
    c = tables.clients.c
    if as_of is None:
        return c.until.is_(None)
    end = datetime.combine(as_of + timedelta(days=1), time(), UTC)
    return sa.and_(c.since < end, sa.or_(c.until.is_(None), c.until >= end))
