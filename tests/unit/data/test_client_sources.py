"""Where clients come from: files that differ, CSV, Arrow of every type, tables that are none; a bad
cell is a problem of its row, a bad source one clear refusal."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from advisor import Client, ClientTable, Goal, InputError, sample
from advisor.data import clients_from_arrow
from advisor.data.clients.arrow import arrow_of_clients, ids_of_arrow
from advisor.data.clients.repeated import REPEATED, SeenIds
from advisor.data.clients.sources import arrow_batches, opened
from advisor.engine.input_digest import input_digests

DAY = np.datetime64("2026-11-20")
TWO = {"id": ["a", "b"], "wealth": [1.0, 2.0], "horizon_years": [5.0, 5.0]}
MONEY = pa.map_(pa.string(), pa.float64())


def one(column: str, cells: Any) -> ClientTable:
    """Two clients with one column more (or another one)."""
    return clients_from_arrow(pa.table({**TWO, column: cells}))


def read(source: Any, size: int = 100) -> ClientTable:
    (table,) = arrow_batches(source, size)
    return clients_from_arrow(table)


@pytest.mark.parametrize(
    ("cells", "day"),
    [
        (
            pa.array([pd.Timestamp("2026-05-03 16:00"), None], pa.timestamp("us", "Asia/Shanghai")),
            "2026-05-04",
        ),
        (pa.array([pd.Timestamp("2026-05-04 23:59"), None], pa.timestamp("s")), "2026-05-04"),
        (pa.array([pd.Timestamp("1969-12-31 23:00"), None], pa.timestamp("us")), "1969-12-31"),
        (pa.array([dt.date(9999, 12, 31), None], pa.date32()), "9999-12-31"),
        (pa.array([dt.date(1, 1, 1), None], pa.date64()), "0001-01-01"),
        (pa.array([dt.date(1600, 1, 1), None], pa.date32()), "1600-01-01"),
        (["2026-05-04T00:30:00+08:00", None], "2026-05-04"),
        (["2026-05-04 10:00", None], "2026-05-04"),
    ],
)
def test_a_day_is_the_day_there_in_every_century(cells: Any, day: str) -> None:
    table = one("assessed_on", cells)
    assert not table.problems
    assert str(table.assessed_on[0]) == day
    assert np.isnat(table.assessed_on[1])


def test_a_frame_s_day_with_a_zone_is_the_day_there() -> None:
    frame = pd.DataFrame(TWO).assign(
        assessed_on=pd.Series([pd.Timestamp("2026-05-04", tz="Asia/Shanghai"), pd.NaT])
    )
    assert str(ClientTable.from_frame(frame).assessed_on[0]) == "2026-05-04"


@pytest.mark.parametrize(
    ("column", "cells", "words"),
    [
        ("assessed_on", pa.array([20260504, None]), "assessed_on is 20260504; it is no day"),
        ("assessed_on", ["04/05/2026", None], "assessed_on is '04/05/2026'; it is no day"),
        ("assessed_on", [True, None], "assessed_on is 'True'; it is no day"),
        (
            "wealth",
            pa.array(
                [pd.Timestamp("2026-05-04 00:00"), pd.Timestamp("2026-05-04 00:00")],
                pa.timestamp("us"),
            ),
            "wealth is '2026-05-04'; it must be a number",
        ),
        ("wealth", pa.array([dt.timedelta(1), None], pa.duration("us")), "wealth is '1 day"),
        ("wealth", [True, False], "wealth is 'True'; it must be a number"),
        ("wealth", [-5, None], "wealth is -5.0; it must be"),
        ("level", [True, None], "level is 'True'; a level is"),
        ("level", [9, None], "level is 9; a level is"),
        ("age", [41.5, None], "age is 41.5; it must be a whole number from 0 to 130"),
        ("age", [200, None], "age is 200.0; it must be a whole number from 0 to 130"),
        ("professional", [2, None], "professional is 2; it must be true or false"),
        ("answer:q", [["x"], None], "answer:q is '[\"x\"]'; it must be one word"),
        ("currency", [{"a": 1}, None], "currency is '{\"a\": 1.0}'; it must be one word"),
        ("excluded", [{"a": 1}, None], "excluded is '{\"a\": 1.0}'; it must be ids"),
        ("excluded", [[["P1"]], None], "excluded is '[[\"P1\"]]'; it must be ids"),
        ("goals", ["house", None], "goals: it is 'house'; it must be a list of goals"),
        ("goals", [["house"], None], "goals: one of them is 'house'; it must be a list of goals"),
        (
            "holdings",
            pa.array([[("P1", "abc")], None], pa.map_(pa.string(), pa.string())),
            "holding:P1 is no number",
        ),
        (
            "holdings",
            pa.array([[("P1", 0.5), ("P1", 0.2)], None], MONEY),
            "holdings names 'P1' twice",
        ),
        ("id", [["a"], ["b"]], "id is '[\"a\"]'; an id is text"),
        ("id", [b"\xff", b"b"], r"id is '\\xff'; an id is text"),
    ],
)
def test_a_bad_cell_is_a_problem_of_its_row(column: str, cells: Any, words: str) -> None:
    table = one(column, cells)
    assert words in table.problems[0]
    assert column in ("wealth", "id") or list(table.problems) == [0]
    assert len(input_digests(table, DAY)) == 2


@pytest.mark.parametrize(
    ("column", "cells", "found"),
    [
        (
            "goals",
            pa.array([[{"name": "h", "amount": 5, "years": 2}], None]),
            (Goal(name="h", amount=5.0, years=2.0),),
        ),
        (
            "goals",
            ['[{"name": "h", "amount": 5, "years": 2}]', None],
            (Goal(name="h", amount=5.0, years=2.0),),
        ),
        (
            "goals",
            np.array([np.array([{"name": "h", "amount": 5, "years": 2}]), None], dtype=object),
            (Goal(name="h", amount=5.0, years=2.0),),
        ),
        ("excluded", [5, None], frozenset({"5"})),
        ("excluded", [["P1", None], None], frozenset({"P1"})),
        ("excluded", ["P1| P2", None], frozenset({"P1", "P2"})),
        ("id", [b"a", b"b"], "a"),
        ("id", pa.array([7, 8]).dictionary_encode(), "7"),
        ("wealth", pa.array([Decimal("912842.82"), None]), 912842.82),
        ("wealth", ["+912842.82", None], 912842.82),
        (
            "holdings",
            pa.array([[("P1", "0.5"), ("P2", None)], None], pa.map_(pa.string(), pa.string())),
            {"P1": 0.5},
        ),
        ("segment", pa.array([3.0, None]).dictionary_encode(), "3"),
    ],
)
def test_what_can_be_read_is_read(column: str, cells: Any, found: object) -> None:
    table = (
        clients_from_arrow(pa.Table.from_pandas(pd.DataFrame({**TWO, column: cells})))
        if isinstance(cells, np.ndarray)
        else one(column, cells)
    )
    assert getattr(table.client(0), column) == found


def frames() -> tuple[pd.DataFrame, pd.DataFrame]:
    first = pd.DataFrame({"id": ["a", "b"], "wealth": [1, 2], "horizon_years": 5.0})
    return first, pd.DataFrame(
        {"id": ["c"], "wealth": [3.5], "horizon_years": 5.0, "excluded": [["P1"]], "level": ["3"]}
    )


def test_files_of_unlike_columns_are_read_whole(tmp_path: Path) -> None:
    first, second = frames()
    for at, frame in enumerate((first, second, first.assign(id=["d", "e"], level=[2, None]))):
        frame.to_parquet(tmp_path / f"{at}.parquet")
    table = read(tmp_path)
    assert table.ids == ("a", "b", "c", "d", "e")
    assert table.wealth.tolist() == [1.0, 2.0, 3.5, 1.0, 2.0]
    assert table.level.tolist() == [-1, -1, 3, 2, -1]
    assert table.client(2).excluded == frozenset({"P1"})
    assert read([tmp_path / "1.parquet", tmp_path / "1.parquet"]).ids == ("c", "c")


def test_maps_of_unlike_types_are_read_too(tmp_path: Path) -> None:
    for at, kind in enumerate((pa.float64(), pa.decimal128(10, 2))):
        cells = pa.array(
            [[("P1", Decimal("0.50"))], None], pa.map_(pa.string(), pa.decimal128(10, 2))
        ).cast(pa.map_(pa.string(), kind))
        pq.write_table(
            pa.table({**TWO, "id": [f"a{at}", f"b{at}"], "holdings": cells}),
            tmp_path / f"{at}.parquet",
        )
    assert [read(tmp_path).holdings.row(i) for i in range(4)] == [{"P1": 0.5}, {}, {"P1": 0.5}, {}]


def test_a_file_that_lacks_a_needed_column_is_named(tmp_path: Path) -> None:
    first, second = frames()
    first.to_parquet(tmp_path / "0.parquet")
    second.drop(columns="wealth").to_parquet(tmp_path / "1.parquet")
    with pytest.raises(InputError, match=r"1\.parquet lacks the column\(s\) \['wealth'\]"):
        read(tmp_path)


CSV = 'id,wealth,horizon_years,currency,answer:q,level\n00123,100000,5,,,\n00124,100000.5,5,CNY,a,3\n00125,abc,5,"",,\n'


def test_csv_is_text_and_an_empty_cell_is_empty(tmp_path: Path) -> None:
    path = tmp_path / "clients.csv"
    path.write_text(
        CSV + "".join(f"c{i},1.5,5,CNY,a,2\n" for i in range(60_000)) + "late,much,5,,,\n"
    )
    tables = [clients_from_arrow(t) for t in arrow_batches(path, 50_000)]
    first, last = tables[0], tables[-1]
    assert first.ids[:3] == ("00123", "00124", "00125")
    assert (first.client(0).answers, first.client(0).currency, first.client(0).level) == (
        {},
        None,
        None,
    )
    assert (first.client(1).answers, first.client(1).currency, first.client(1).level) == (
        {"q": "a"},
        "CNY",
        3,
    )
    assert first.problems == {
        2: "wealth is 'abc'; it must be a number of at least 0. Correct the cell."
    }
    assert last.problems == {
        len(last) - 1: "wealth is 'much'; it must be a number of at least 0. Correct the cell."
    }


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("latin.csv", CSV.replace("00124", "Müller").encode("latin-1"), "UTF-8"),
        ("twice.csv", b"id,wealth,wealth,horizon_years\na,1,2,3\n", "more than once"),
        ("ragged.csv", b"id,wealth,horizon_years\na,1,2,3\n", "cannot be read"),
        ("empty.csv", b"", "cannot be read"),
        ("torn.arrow", b"ARROW1\0\0nothing", "cannot be read"),
        ("torn.feather", b"nothing", "cannot be read"),
    ],
)
def test_files_that_cannot_be_read_say_why(
    tmp_path: Path, name: str, content: bytes, words: str
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=words):
        read(tmp_path / name)


def test_both_kinds_of_arrow_file_are_read(tmp_path: Path) -> None:
    table = pa.table(TWO)
    for name, writer in (("file.arrow", pa.ipc.new_file), ("stream.arrow", pa.ipc.new_stream)):
        with writer(tmp_path / name, table.schema) as out:
            out.write_table(table)
        assert read(tmp_path / name).ids == ("a", "b")


@pytest.mark.parametrize(
    ("source", "words"),
    [
        (pd.Series([1.0]), "give a table"),
        (pa.array([1]), "cannot be read"),
        (pl.Series([1]), "give a table"),
        (pa.table([[1], [2]], names=["id", "id"]), "lacks"),
        (
            pa.table([["a"], [2], [3], [4]], names=["id", "wealth", "horizon_years", "wealth"]),
            "more than once",
        ),
        (
            pd.DataFrame([["a", 1, 2, 3]], columns=["id", "wealth", "horizon_years", "wealth"]),
            "more than once",
        ),
        (
            pa.table({**TWO, "holdings": pa.array([[], []], MONEY), "holding:P1": [1.0, 1.0]}),
            "must be said once",
        ),
        (pa.table({**TWO, "holdings": ["P1", "P2"]}), "not read"),
        (b"clients", "cannot be read"),
        (None, "cannot be read"),
    ],
)
def test_what_is_no_table_of_clients_is_one_refusal(source: Any, words: str) -> None:
    with pytest.raises(InputError, match=words):
        [clients_from_arrow(table) for table in arrow_batches(source, 10)]


def test_a_frame_with_a_column_twice_is_refused() -> None:
    with pytest.raises(InputError, match="more than once"):
        ClientTable.from_frame(
            pd.DataFrame([["a", 1, 2, 3]], columns=["id", "wealth", "horizon_years", "wealth"])
        )


@pytest.mark.parametrize("size", [2.5, "5", None, True, 0, -1])
def test_a_chunk_is_a_whole_number_of_clients(size: Any) -> None:
    with pytest.raises(InputError, match="chunk"):
        list(arrow_batches(pa.table(TWO), size))


@pytest.mark.parametrize("table", [None, "clients.parquet", pd.DataFrame(TWO)])
def test_only_arrow_is_read_as_arrow(table: Any) -> None:
    with pytest.raises(InputError, match="pyarrow Table"):
        clients_from_arrow(table)


def test_a_named_index_is_a_column_and_an_unnamed_one_is_not() -> None:
    frame = pd.DataFrame(TWO)
    assert (
        read(frame.set_index("id")).ids == read(frame.set_index(pd.Index([7, 9]))).ids == ("a", "b")
    )


def test_a_client_table_is_a_source_and_comes_back_as_it_is() -> None:
    frame = pd.DataFrame(
        {
            **TWO,
            "wealth": [1.0, -1.0],
            "goals": [[Goal(name="h", amount=5.0, years=2.0)], None],
            "holding:P1": [0.5, 0.0],
        }
    )
    for table in (
        sample.clients(40),
        ClientTable.from_frame(
            frame.assign(lowest_category=[True, None], excluded=["P1|P2", None])
        ),
    ):
        for size in (1, 7, 100):
            parts = [clients_from_arrow(t) for t in arrow_batches(table, size)]
            assert [d for part in parts for d in input_digests(part, DAY)] == input_digests(
                table, DAY
            )
            assert [p for part in parts for p in part.problems.values()] == list(
                table.problems.values()
            )
    assert opened(sample.clients(1))[0].names == opened(sample.clients(2))[0].names


def test_an_id_is_met_again_whatever_its_type() -> None:
    met = SeenIds()
    for column, again in (
        ([7, 8], []),
        ([7.0, None], [0]),
        (["8", "9"], [0]),
        ([b"9", b"x"], [0]),
        (["", "x"], [1]),
    ):
        names, _ = ids_of_arrow(pa.chunked_array([pa.array(column)]))
        assert met.problems(names) == dict.fromkeys(again, REPEATED)


def test_one_id_twice_means_the_same_wherever_a_table_is_made() -> None:
    """The first row counts, the later ones are noted; a row with a fault of its own keeps it."""
    frame = pd.DataFrame(
        {"id": ["a", "b", "a", "b", "c"], "wealth": [1.0, 2.0, 3.0, -1.0, 5.0], "horizon_years": 1}
    )
    people = [
        Client(id=i, wealth=w, horizon_years=1) for i, w in zip("abac", range(4), strict=True)
    ]
    arrow = pa.Table.from_pandas(frame)
    for table in (ClientTable.from_frame(frame), clients_from_arrow(arrow)):
        assert table.ids == ("a", "b", "a", "b", "c")
        assert table.problems[2] == REPEATED
        assert "wealth" in table.problems[3]
        assert sorted(table.problems) == [2, 3]
        assert table.index.find(["a", "b", "c"]).tolist() == [0, 1, 4]
        assert arrow_of_clients(table).num_rows == 5
    table = ClientTable.from_clients(people)
    assert dict(table.problems) == {2: REPEATED}
    assert dict(table.take([0, 0, 1, 0]).problems) == {1: REPEATED, 3: REPEATED}
    assert dict(table.take([2, 0]).problems) == {0: REPEATED}, "who counts stays who counts"
    assert [dict(part.problems) for part in table.chunks(2)] == [{}, {0: REPEATED}]
    assert dict(table.take(slice(0, 2)).problems) == {}


def test_words_in_codes_of_their_own_are_words() -> None:
    coded = [
        pl.DataFrame({**TWO, "segment": pl.Series([word, None], dtype=pl.Categorical)})
        for word in "xy"
    ]
    table = read(pl.concat(coded, rechunk=False))
    assert [table.segment.word(i) for i in range(4)] == ["x", None, "y", None]
    odd = pa.DictionaryArray.from_arrays(pa.array([0, 2], pa.uint8()), pa.array(["x", None, "x"]))
    assert [one("segment", odd).segment.word(i) for i in range(2)] == ["x", "x"]


@pytest.mark.parametrize("name", ["id", "wealth", "segment", "excluded", "assessed_on"])
def test_text_that_is_no_utf8_stops_nothing(name: str) -> None:
    """Writers of Parquet do not all look; half a pair of surrogates only pandas can hold."""
    torn = pa.Array.from_buffers(
        pa.string(), 2, [None, pa.array([0, 1, 2], pa.int32()).buffers()[1], pa.py_buffer(b"a\xff")]
    )
    found = (
        one(name, torn)
        if name != "wealth"
        else clients_from_arrow(pa.table({**TWO, "wealth": torn}))
    )
    assert len(input_digests(found, DAY)) == 2
    frame = pd.DataFrame({**TWO, name: pd.Series(["a\ud800", "b"], dtype=object)})
    whole, streamed = ClientTable.from_frame(frame), read(frame)
    assert whole.ids == streamed.ids
    assert whole.problems == streamed.problems
    assert input_digests(whole, DAY) == input_digests(streamed, DAY)


def test_an_index_named_as_a_column_is_left_out() -> None:
    assert read(pd.DataFrame(TWO).set_index("id", drop=False)).ids == ("a", "b")


GOALS = '[{"name": "house", "amount": 5000, "years": 3}]'


@pytest.mark.parametrize(
    ("column", "text"),
    [
        ("excluded", '["P001", "P002"]'),
        ("excluded", '{"a": 1}'),
        ("excluded", "P001|P002"),
        ("goals", GOALS),
        ("answer:q", ""),
        ("currency", " "),
        ("age", ""),
    ],
)
def test_bytes_are_the_text_that_they_are(column: str, text: str) -> None:
    as_text, as_bytes = (
        one(column, pa.array([cell, None], kind))
        for cell, kind in ((text, pa.string()), (text.encode(), pa.binary()))
    )
    assert input_digests(as_text, DAY) == input_digests(as_bytes, DAY)
    assert as_text.problems == as_bytes.problems


def test_a_goal_s_name_is_text_whatever_wrote_it() -> None:
    tables = [
        ClientTable.from_frame(
            pd.DataFrame(TWO).assign(
                goals=pd.Series([[{"name": name, "amount": 5000, "years": 3}], None], dtype=object)
            )
        )
        for name in (5, 5.0, "5", Decimal("5"), np.int64(5))
    ]
    tables.append(one("goals", ['[{"name": 5, "amount": 5000, "years": 3}]', None]))
    assert all(table.goals[0] == (Goal(name="5", amount=5000, years=3),) for table in tables)
    assert len({tuple(input_digests(table, DAY)) for table in tables}) == 1


def test_no_number_is_written_as_minus_nothing() -> None:
    floats, decimals = (
        one("segment", [-0.0, None]),
        one("segment", pa.array([Decimal("-0.0"), None], pa.decimal128(4, 1))),
    )
    assert input_digests(floats, DAY) == input_digests(decimals, DAY)
