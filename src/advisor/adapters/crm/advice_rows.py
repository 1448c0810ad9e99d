"""Advice into the store: one with its document, a batch, or the parts of a night run."""

# pyright: reportUnknownParameterType=false

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from advisor import Advice, AdviceBatch
from advisor.adapters.crm import tables
from advisor.adapters.crm.bulk import fetch, load, settle, to_cents
from advisor.adapters.crm.served import put_served
from advisor.adapters.crm.values import Written
from advisor.adapters.extras import needs
from advisor.adapters.records.bulk import one_at_a_time
from advisor.errors import AdapterError, InputError

if TYPE_CHECKING:
    import pyarrow as pa
    import sqlalchemy as sa
else:
    sa, pa = needs("crm", "sqlalchemy"), needs("crm", "pyarrow")

_COPIED = ("client_id", "as_of", "status", "limited_by", "reasons", *tables.FIGURES)
_FINGERPRINT = b"advisor.fingerprint"


def put_advice(
    connection: sa.Connection, advice: Any, run: object, documents: Sequence[str] | None = None
) -> Written:
    """Write advice that the run does not hold yet; see `Store.put_advice`."""
    if not isinstance(run, str) or not run:
        raise InputError(
            f"run is {run!r}; advice is kept under the name of its run. Pass a text.",
            field="run",
            value=run,
        )
    some = (advice,) if isinstance(advice, Advice) else advice
    if isinstance(some, list | tuple) and all(isinstance(one, Advice) for one in some):
        return Written(len(some), put_served(connection, some, run, documents))
    one_at_a_time(connection, "advice")
    a = tables.advice.c
    before = fetch(connection, sa.select(a.client_id).where(a.run == run))["client_id"]
    there: set[str] = set(before.to_pylist())
    rows = changed = 0
    problems: list[AdapterError] = []
    for table, inputs in _tables(advice):
        nameless = np.flatnonzero(table["client_id"].is_null().to_numpy()).tolist()
        problems += [
            AdapterError(
                f"Row {rows + row} of the advice has no client id.", record_id=str(rows + row)
            )
            for row in nameless
        ]
        rows += table.num_rows
        changed += _put_table(connection, table, inputs, run, there)
    settle(connection, changed, tables.advice)
    return Written(rows, changed, tuple(problems))


def _tables(advice: Any) -> Iterator[tuple[pa.Table, list[str] | None]]:
    """Arrow tables of advice, and digests of what was read where they are not among the columns."""
    if isinstance(advice, AdviceBatch):
        inputs = [advice.fingerprint_of(i).rpartition(":")[2] for i in range(len(advice))]
        yield advice.to_arrow(), inputs
        return
    if not isinstance(advice, str | Path):
        raise InputError(
            f"advice is {type(advice).__name__}; pass an Advice, an AdviceBatch or the folder of"
            " advise_stream.",
            field="advice",
        )
    parquet = needs("crm", "pyarrow.parquet")
    try:
        parts = sorted(Path(advice).rglob("part-*.parquet"))
    except (OSError, ValueError):
        parts = []
    if not parts:
        raise InputError(
            f"There are no parts of a run in {str(advice)!r}. Pass the folder of advise_stream.",
            field="advice",
            value=str(advice),
        )
    for part in parts:
        try:
            yield parquet.read_table(part), None
        except (OSError, pa.ArrowException) as error:
            raise InputError(
                f"{part} cannot be read ({type(error).__name__}). Run advise_stream again; it makes"
                " only what is missing.",
                field="advice",
                value=str(part),
            ) from None


def _put_table(
    connection: sa.Connection, table: pa.Table, inputs: list[str] | None, run: str, there: set[str]
) -> int:
    """Write the rows of a table whose client the run does not hold. Returns how many."""
    ids: list[str | None] = table["client_id"].to_pylist()
    keep: list[int] = []
    for row, name in enumerate(ids):  # a client without an id, or there twice, has no advice here
        if name is not None and name not in there:
            there.add(name)
            keep.append(row)
    if len(keep) < len(ids):
        table = table.take(pa.array(keep, type=pa.int64()))
        inputs = None if inputs is None else [inputs[row] for row in keep]
    if not keep:
        return 0
    many = table.num_rows
    columns: dict[str, Any] = {"run": _same(run, many)}
    columns |= {name: table[name] for name in _COPIED}
    columns["level"] = table["level"].cast(pa.int64())
    columns["cash"] = _money(table["cash"])
    columns["inputs"] = table["inputs"] if inputs is None else pa.array(inputs)
    told = (table.schema.metadata or {}).get(_FINGERPRINT, b"").decode()
    columns["fingerprint"] = _same(told, many)
    load(connection, tables.advice, pa.table(columns))
    slots = sum(1 for name in table.schema.names if name.startswith("pick_") and name[5:].isdigit())
    for slot in range(1, slots + 1):
        _put_picks(connection, table, slot, run)
    return many


def _put_picks(connection: sa.Connection, table: pa.Table, slot: int, run: str) -> None:
    filled = table.filter(table[f"pick_{slot}"].is_valid())
    if not filled.num_rows:
        return
    columns = {
        "run": _same(run, filled.num_rows),
        "client_id": filled["client_id"],
        "rank": pa.array(np.full(filled.num_rows, slot)),
        "product_id": filled[f"pick_{slot}"],
        "score": filled[f"pick_{slot}_score"],
        "money": _money(filled[f"pick_{slot}_money"]),
        "reasons": filled[f"pick_{slot}_reasons"],
    }
    load(connection, tables.picks, pa.table(columns))


def _same(text: str, many: int) -> pa.Array:
    return pa.array(np.full(many, text, dtype=object), type=pa.string())


def _money(column: pa.ChunkedArray) -> pa.Array:
    return pa.array(to_cents(column.to_numpy()), from_pandas=True)
