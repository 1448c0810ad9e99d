"""The law of cells: a row means the same, to the text of its problem and the bit of its digest,
whatever source it comes from and however that is cut."""

from __future__ import annotations

import datetime as dt
import itertools
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor import ClientTable, Goal
from advisor.cells import is_missing, number_of, shown, text_of
from advisor.data import clients_from_arrow
from advisor.data.clients.sources import arrow_batches
from advisor.engine.input_digest import input_digests

DAY = np.datetime64("2026-11-20")
HONG_KONG = dt.timezone(dt.timedelta(hours=8))

NUMBERS = st.sampled_from(
    [
        None,
        np.nan,
        0,
        3,
        -5,
        41.5,
        100_000.5,
        "12",
        "12.5",
        "-5",
        "abc",
        "",
        True,
        Decimal("912842.82"),
        1e300,
        10**30,
        1 + 2j,
    ]
)
WORDS = st.sampled_from(
    [None, np.nan, "", "a", 3, 3.0, 2.5, True, "3", ["a"], {"a": 1}, Decimal("3.00"), "a\ud800"]
)
DAYS = st.sampled_from(
    [
        None,
        "2026-05-04",
        "2026-05-04 10:00",
        "2026-05-04T00:00:00+08:00",
        "2026-05-04T23:00:00+01:00",
        "2026/05/04",
        "yesterday",
        20260504,
        "20260504",
        dt.date(9999, 12, 31),
        dt.date(1600, 1, 1),
        dt.datetime(2026, 5, 4, tzinfo=HONG_KONG),
        dt.datetime(2026, 5, 4, 23, tzinfo=dt.UTC),
        "",
    ]
)
SETS = st.sampled_from(
    [
        None,
        "P1|P2",
        ["P1", "P2"],
        ("P2", "P1"),
        {"P1", "P2"},
        5,
        5.0,
        "5",
        {"P1": 1},
        [["P1"]],
        '["P1", "P2"]',
        "[P1",
        [5, None],
        "",
    ]
)
HOUSE = {"name": "house", "amount": 5.0, "years": 2.0}
GOALS = st.sampled_from(
    [
        None,
        [HOUSE],
        (HOUSE, {**HOUSE, "priority": 2}),
        [Goal(**HOUSE)],
        '[{"name": "house", "amount": 5, "years": 2}]',
        HOUSE,
        5,
        "house",
        [{"name": "x"}],
        [5],
    ]
)
ROW = st.fixed_dictionaries(
    {
        "wealth": NUMBERS,
        "age": NUMBERS,
        "level": NUMBERS,
        "professional": WORDS,
        "segment": WORDS,
        "answer:q": WORDS,
        "assessed_on": DAYS,
        "excluded": SETS,
        "goals": GOALS,
        "holding:P1": NUMBERS,
        "bias:loss_aversion": NUMBERS,
    }
)


def frame_of(rows: list[dict[str, Any]]) -> pd.DataFrame:
    full = [{"id": f"c{i}", "horizon_years": 5.0, **row} for i, row in enumerate(rows)]
    return pd.DataFrame(
        {name: pd.Series([row[name] for row in full], dtype=object) for name in full[0]}
    )


def inferred(frame: pd.DataFrame) -> pd.DataFrame:
    """With the types that pandas finds for these rows; words that it cannot hold stay objects."""
    odd = [
        name
        for name in frame
        if any(isinstance(cell, str) and not cell.isascii() for cell in frame[name])
    ]
    return pd.concat([frame[odd], frame.drop(columns=odd).infer_objects()], axis=1)[
        list(frame.columns)
    ]


def told(table: ClientTable) -> list[Any]:
    rows = [
        table.problems[i] if i in table.problems else table.client(i) for i in range(len(table))
    ]
    return list(zip(table.ids, rows, input_digests(table, DAY), strict=True))


def streamed(source: Any, size: int) -> list[Any]:
    return [row for table in arrow_batches(source, size) for row in told(clients_from_arrow(table))]


@given(rows=st.lists(ROW, min_size=1, max_size=6))
@settings(max_examples=150)
def test_a_cell_means_the_same_alone_in_a_frame_and_in_a_stream(rows: list[dict[str, Any]]) -> None:
    frame = frame_of(rows)
    whole = told(ClientTable.from_frame(frame))
    alone = [
        told(ClientTable.from_frame(inferred(frame.iloc[i : i + 1])))[0] for i in range(len(frame))
    ]
    assert alone == whole
    assert streamed(frame, len(frame)) == whole
    assert streamed(frame, 1) == whole
    one_by_one = [streamed(frame.iloc[i : i + 1], 1)[0] for i in range(len(frame))]
    assert one_by_one == whole


TYPED = st.fixed_dictionaries(
    {
        # no id twice: a table of one row cannot know of another (`repeated` watches a whole run)
        "id": st.lists(
            st.one_of(st.none(), st.integers(0, 99)),
            min_size=4,
            max_size=4,
            unique_by=lambda number: object() if number is None else number,
        ),
        "wealth": st.lists(st.one_of(st.none(), st.integers(-5, 10**6)), min_size=4, max_size=4),
        "age": st.lists(st.sampled_from([None, 30, 200]), min_size=4, max_size=4),
        "level": st.lists(st.sampled_from([None, 1, 5, 9]), min_size=4, max_size=4),
        "professional": st.lists(st.sampled_from([None, 0, 1, 2]), min_size=4, max_size=4),
        "answer:q": st.lists(st.sampled_from([None, 1, 3]), min_size=4, max_size=4),
        "segment": st.lists(st.sampled_from([None, 7, 8]), min_size=4, max_size=4),
        "assessed_on": st.lists(
            st.sampled_from(
                [None, dt.date(2026, 5, 4), dt.date(1600, 1, 1), dt.date(9999, 12, 31)]
            ),
            min_size=4,
            max_size=4,
        ),
    }
)


@given(columns=TYPED)
@settings(max_examples=40)
def test_whole_numbers_with_gaps_mean_the_same_everywhere(
    columns: dict[str, list[Any]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Whole numbers beside an empty cell are floats in pandas, whole numbers in Arrow and words in
    a CSV file."""
    folder = tmp_path_factory.mktemp("typed")
    columns = {"horizon_years": [5.0] * 4, **columns}
    kinds = {
        n: (
            pa.date32()
            if n == "assessed_on"
            else pa.float64()
            if n == "horizon_years"
            else pa.int64()
        )
        for n in columns
    }
    table = pa.table({n: pa.array(cells, type=kinds[n]) for n, cells in columns.items()})
    frame = (
        table.to_pandas(date_as_object=False)
        if None not in columns["assessed_on"]
        else table.to_pandas()
    )
    decimals = table.set_column(
        table.schema.get_field_index("wealth"), "wealth", table["wealth"].cast(pa.decimal128(22, 2))
    )
    wanted = streamed(table, 4)
    pq.write_table(table, folder / "clients.parquet")
    table.to_pandas(types_mapper={pa.int64(): pd.Int64Dtype()}.get).to_csv(
        folder / "pandas.csv", index=False
    )
    pl.from_arrow(table).write_csv(folder / "polars.csv")
    with pa.ipc.new_stream(folder / "clients.arrow", table.schema) as out:
        out.write_table(table, max_chunksize=3)
    files = [
        folder / name for name in ("clients.parquet", "pandas.csv", "polars.csv", "clients.arrow")
    ]
    for source, size in itertools.product(
        (table, frame, decimals, pl.from_arrow(table), *files), (1, 3, 4)
    ):
        assert streamed(source, size) == wanted, (
            type(source),
            source if isinstance(source, Path) else "",
            size,
        )
    if None not in columns["id"] and len(set(columns["id"])) == 4:
        assert told(ClientTable.from_frame(frame)) == wanted


def test_the_law_catches_a_number_that_is_read_by_its_neighbours() -> None:
    """A broken copy: what pandas makes of whole numbers beside an empty cell is another word."""
    alone, beside = (
        pa.array([3], pa.int64()).to_pandas(),
        pa.array([3, None], pa.int64()).to_pandas(),
    )
    assert str(alone[0]) != str(beside[0])
    assert text_of(alone[0]) == text_of(beside[0])


@given(
    st.floats(allow_nan=False)
    | st.integers()
    | st.decimals(allow_nan=False, allow_infinity=False, places=6)
)
def test_a_number_is_worth_its_text(number: Any) -> None:
    assert number_of(text_of(number)) == number_of(number)
    assert shown(text_of(number)) == shown(number)


@pytest.mark.parametrize(
    "cell",
    [None, np.nan, float("nan"), pd.NA, pd.NaT, Decimal("nan"), "", " ", np.datetime64("NaT")],
)
def test_there_is_one_way_to_be_missing(cell: object) -> None:
    assert is_missing(cell)
    assert shown(cell) == "None"
