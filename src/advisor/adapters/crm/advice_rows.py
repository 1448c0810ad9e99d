"""Advice into the store: a batch, or the parts of a night run."""

# pyright: reportUnknownParameterType=false

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from advisor import Advice, AdviceBatch
from advisor.adapters.crm.client_columns import MOST_MONEY, to_cents
from advisor.adapters.crm.rows import checked_value
from advisor.adapters.crm.served import TOO_MUCH, put_served
from advisor.adapters.crm.values import Written
from advisor.adapters.extras import needs
from advisor.adapters.records import tables
from advisor.adapters.records.arrow_tables import arrow, fetch, load
from advisor.adapters.records.bulk import one_at_a_time, settle
from advisor.adapters.records.libraries import pa, sa
from advisor.arrays import BoolArray
from advisor.errors import AdapterError, InputError

_COPIED = ("client_id", "as_of", "status", "limited_by", "reasons", *tables.FIGURES)
_FINGERPRINT = b"advisor.fingerprint"


def put_advice(
    connection: sa.Connection, advice: Any, run: object, documents: Sequence[str] | None = None
) -> Written:
    """Write advice that the run does not hold yet; see `Store.put_advice`."""
    if not isinstance(run, str) or not run:
        why = f"run is {run!r}; advice is kept under the name of its run. Pass a text."
        raise InputError(why, field="run", value=run)
    checked_value(tables.advice.c.run, run)
    some = (advice,) if isinstance(advice, Advice) else advice
    if isinstance(some, list | tuple) and all(isinstance(one, Advice) for one in some):
        return put_served(connection, some, run, documents)
    one_at_a_time(connection, "advice")
    a = tables.advice.c
    before = fetch(connection, sa.select(a.client_id).where(a.run == run))["client_id"]
    there: set[str] = set(before.to_pylist())
    rows = changed = 0
    problems: list[AdapterError] = []
    for table in _tables(advice):
        for row in np.flatnonzero(table["client_id"].is_null().to_numpy()) + rows:
            text = f"Row {row} of the advice has no client id."
            problems.append(AdapterError(text, record_id=str(row)))
        rows += table.num_rows
        if (above := _above(table)).any():
            names = table["client_id"].filter(pa.array(above)).to_pylist()
            problems += [AdapterError(TOO_MUCH, record_id=name) for name in names]
            table = table.filter(pa.array(~above))
        changed += _put_table(connection, table, run, there)
    settle(connection, changed, tables.advice)
    return Written(rows, changed, tuple(problems))


def _tables(advice: Any) -> Iterator[pa.Table]:
    """Arrow tables of advice, with the digests of what was read."""
    if isinstance(advice, AdviceBatch):
        yield advice.to_arrow().append_column("inputs", [pa.array(advice.inputs(), pa.string())])
        return
    if not isinstance(advice, str | Path):
        why = f"advice is {type(advice).__name__};"
        remedy = "pass an Advice, an AdviceBatch or the folder of advise_stream."
        raise InputError(f"{why} {remedy}", field="advice")
    try:
        parts = sorted(Path(advice).rglob("part-*.parquet"))
    except (OSError, ValueError):
        parts = []
    if not parts:
        why = f"There are no parts of a run in {str(advice)!r}. Pass the folder of advise_stream."
        raise InputError(why, field="advice", value=str(advice))
    for part in parts:
        try:
            yield needs("crm", "pyarrow.parquet").read_table(part)
        except (OSError, pa.ArrowException) as error:
            why = f"{part} cannot be read ({type(error).__name__}). Run advise_stream again;"
            remedy = "it makes only what is missing."
            raise InputError(f"{why} {remedy}", field="advice", value=str(part)) from None


def _put_table(connection: sa.Connection, table: pa.Table, run: str, there: set[str]) -> int:
    """Write the rows of a table whose client the run does not hold. Returns how many."""
    keep: list[int] = []
    for row, name in enumerate(table["client_id"].to_pylist()):
        if name is not None and name not in there:  # nobody, or there twice: no advice here
            there.add(name)
            keep.append(row)
    if len(keep) < table.num_rows:
        table = table.take(pa.array(keep, type=pa.int64()))
    if not keep:
        return 0
    fingerprint = (table.schema.metadata or {}).get(_FINGERPRINT, b"").decode()
    columns: dict[str, Any] = {"run": _same(run, table), **{n: table[n] for n in _COPIED}}
    columns["level"] = table["level"].cast(pa.int64())
    columns |= {"cash": _money(table["cash"]), "inputs": table["inputs"]}
    columns["fingerprint"] = _same(fingerprint, table)
    load(connection, tables.advice, arrow(tables.advice, columns))
    slots = sum(1 for name in table.schema.names if name.startswith("pick_") and name[5:].isdigit())
    for slot in range(1, slots + 1):
        filled = table.filter(table[f"pick_{slot}"].is_valid())
        columns = {
            "run": _same(run, filled),
            "client_id": filled["client_id"],
            "rank": np.full(filled.num_rows, slot),
            "product_id": filled[f"pick_{slot}"],
            "score": filled[f"pick_{slot}_score"],
            "money": _money(filled[f"pick_{slot}_money"]),
            "reasons": filled[f"pick_{slot}_reasons"],
        }
        load(connection, tables.picks, arrow(tables.picks, columns))
    return table.num_rows


def _above(table: pa.Table) -> BoolArray:
    """Which rows hold more money than is kept, shape (r,)."""
    names = [
        n
        for n in table.schema.names
        if n == "cash" or (n.startswith("pick_") and n.endswith("_money"))
    ]
    return np.any([np.abs(table[name].to_numpy()) > MOST_MONEY for name in names], axis=0)


def _same(text: str, table: pa.Table) -> pa.Array:
    return pa.array(np.full(table.num_rows, text, dtype=object), type=pa.string())


def _money(column: pa.ChunkedArray) -> pa.Array:
    return pa.array(to_cents(column.to_numpy()), from_pandas=True)
