"""One client through every entrance (contract, frames of every type, Arrow, CSV, JSON): the same
row, or a refusal by all."""

from __future__ import annotations

import datetime as dt
import json
import tempfile
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor import Client, ClientTable, InputError
from advisor.data import clients_from_arrow
from advisor.data.clients.sources import arrow_batches
from advisor.engine.input_digest import input_digests

REFUSED = "refused"
DAY = np.datetime64("2026-11-20")
SYDNEY = dt.timezone(dt.timedelta(hours=10))
CELLS: list[Any] = [
    None,
    np.nan,
    pd.NA,
    pd.NaT,
    "",
    "  ",
    0,
    0.0,
    -0.0,
    1,
    1.0,
    2.5,
    -1,
    5,
    101,
    101.0,
    Decimal("101.00"),
    Decimal("NaN"),
    Decimal("sNaN"),
    np.int8(5),
    np.uint64(5),
    np.float32(0.5),
    True,
    False,
    np.True_,
    "1",
    "1.0",
    "0",
    "true",
    "No",
    "yes",
    "a",
    "a|b",
    "EUR",
    "eur",
    "E",
    "taxonomy>=20|pai",
    "taxonomy>=x",
    "taxonomy>=120",
    "now",
    "today",
    "2026-05",
    "2026",
    "2026-05-04",
    "2026-05-04T23:30:00+10:00",
    "9999-12-31",
    "99999-01-01",
    20260504,
    "20260504",
    dt.date(2026, 5, 4),
    dt.datetime(2026, 5, 4, 23, 30, tzinfo=SYDNEY),
    np.datetime64("2026-05-04"),
    np.datetime64("2026-05"),
    1e300,
    float("inf"),
    10**400,
    2**63,
    "inf",
    "1_000",
    "١٢",
    "a\ud800",
    b"101",
    b"\xff",
    "x" * 10_001,
    "9" * 32_000 + "x",
    [],
    ["a"],
    ["a", None],
    [["a"]],
    {"a": 1},
    {"name": "house", "amount": 5.0, "years": 2.0},
    '[{"name": "house", "amount": "5", "years": 2}]',
    1 + 2j,
    object(),
    dt.timedelta(days=1),
]
"""What a cell may be; what matters is that all entrances agree."""
PLAIN = (
    "wealth",
    "horizon_years",
    "age",
    "level",
    "assessed_on",
    "lowest_category",
    "knowledge",
    "excluded",
)
PLAIN += (
    "locked",
    "goals",
    "professional",
    "income",
    "legal_capacity",
    "currency",
    "gender",
    "segment",
    "sustainability",
)
FIELDS = (*PLAIN, "id", "answer:q", "holding:P", "bias:loss_aversion", "bias:mine")
MAPS = {"answer": "answers", "holding": "holdings", "bias": "biases"}


def fields_of(column: str, cell: Any) -> dict[str, Any]:
    """The fields of a client who states `cell` and is otherwise in order."""
    base: dict[str, Any] = {"id": "c", "wealth": 1e6, "horizon_years": 5.0}
    kind, _, name = column.partition(":")
    return base | ({MAPS[kind]: {name: cell}} if name else {column: cell})


def record(table: ClientTable) -> Any:
    """What a table of one says; a problem is a refusal."""
    if table.problems:
        return REFUSED
    return table.record(0), input_digests(table, DAY)[0]


def refusal(read: Any) -> Any:
    """What an entrance reads, or that it refuses."""
    try:
        return read()
    except InputError:
        return REFUSED


def row(column: str, cell: Any) -> dict[str, Any]:
    """The same client as a row of a table."""
    return {"id": "c", "wealth": 1e6, "horizon_years": 5.0} | {column: cell}


def frame(column: str, cell: Any, kind: str | None) -> pd.DataFrame:
    """That row as a frame, its column of a type."""
    cells = {name: pd.Series([value], dtype=object) for name, value in row(column, cell).items()}
    if kind is not None:
        cells[column] = (
            cells[column].infer_objects() if kind == "inferred" else cells[column].astype(kind)
        )
    return pd.DataFrame(cells)


def typed(column: str, cell: Any) -> list[pd.DataFrame]:
    """Frames of every type that can hold the cell without changing it."""
    kinds = [] if isinstance(cell, np.datetime64) else ["inferred", "category"]
    if isinstance(cell, str) and cell.isascii():
        kinds += ["string", "string[pyarrow]"]
    if isinstance(cell, float) and abs(cell) < 1e38 and float(np.float32(cell)) == cell:
        kinds += ["float32", "float64", "Float64", "double[pyarrow]"]
    if type(cell) is int and 0 <= cell < 128:
        kinds += ["int8", "uint8", "uint64", "Int64", "int32[pyarrow]"]
    frames = [frame(column, cell, None)]
    for kind in kinds:
        try:
            frames.append(frame(column, cell, kind))
        except (TypeError, ValueError, OverflowError):
            continue  # pandas cannot hold it so
    return frames


def is_json(cell: Any) -> bool:
    """Whether JSON has this cell as it is."""
    try:
        return json.loads(json.dumps(cell, allow_nan=False)) == cell
    except (TypeError, ValueError):
        return False


@given(column=st.sampled_from(FIELDS), at=st.integers(0, len(CELLS) - 1))
@settings(max_examples=600)
def test_every_entrance_reads_the_same_client_or_refuses(column: str, at: int) -> None:
    cell = CELLS[at]
    stated = refusal(lambda: Client(**fields_of(column, cell)).model_dump(mode="json"))
    if stated != REFUSED:
        tabled = record(ClientTable.from_clients([Client(**fields_of(column, cell))]))
        assert tabled[0] == stated
        stated = tabled
    for table in typed(column, cell):
        found = refusal(lambda table=table: record(ClientTable.from_frame(table)))
        assert found == stated, (table.dtypes[column], table)
        arrow = (
            refusal(lambda table=table: pa.Table.from_pandas(table, preserve_index=False))
            if _arrow(table)
            else None
        )
        if arrow is not None:
            assert refusal(lambda arrow=arrow: record(clients_from_arrow(arrow))) == stated, (
                arrow.schema
            )
    if is_json(cell):
        text = json.dumps(fields_of(column, cell))
        assert (
            refusal(lambda: record(ClientTable.from_clients([Client.model_validate_json(text)])))
            == stated
        )
    if isinstance(cell, str) and len(cell) < 1000 and cell.isascii() and cell == cell.strip():
        assert refusal(lambda: record(from_csv(row(column, cell)))) == stated


def from_csv(cells: dict[str, Any]) -> ClientTable:
    """A file of comma-separated values with one row, read as the library reads one."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "clients.csv"
        pd.DataFrame([cells]).to_csv(path, index=False)
        (table,) = arrow_batches(path, 10)
        return clients_from_arrow(table)


def _arrow(table: pd.DataFrame) -> bool:
    try:
        pa.Table.from_pandas(table, preserve_index=False)
    except (pa.ArrowException, UnicodeEncodeError, ValueError, TypeError, OverflowError):
        return False
    return True


@pytest.mark.parametrize("column", FIELDS)
def test_every_cell_at_every_field(column: str) -> None:
    """The same, cell by cell, so that no seed leaves one out."""
    for at in range(len(CELLS)):
        test_every_entrance_reads_the_same_client_or_refuses.hypothesis.inner_test(column, at)  # type: ignore[attr-defined]
