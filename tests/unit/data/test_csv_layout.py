"""CSV files of clients as banks write them; what is read is compared with what was written, by
hand."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import pytest

from advisor import ClientFiles, ClientTable, InputError
from advisor.data import clients_from_arrow
from advisor.data.clients.sources import arrow_batches
from advisor.privacy import mask, show

ROWS = [
    ["id", "wealth", "horizon_years", "segment"],
    ["007", '"1,000.5"', "5", "张三"],
    ["8", "2", "6", '"a;b,c"'],
]


def text(delimiter: str = ",") -> str:
    return "".join(delimiter.join(row) + "\r\n" for row in ROWS)


def read(source: Any) -> ClientTable:
    (table,) = arrow_batches(source, 1_000_000)
    return clients_from_arrow(table)


def check(clients: ClientTable) -> None:
    assert not clients.problems
    assert clients.ids == ("007", "8")
    assert clients.wealth.tolist() == [1000.5, 2.0]
    assert [clients.segment.word(row) for row in (0, 1)] == ["张三", "a;b,c"]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_encoding_and_delimiter_are_told_from_the_file(
    tmp_path: Path, encoding: str, delimiter: str
) -> None:
    path = tmp_path / "clients.csv"
    path.write_bytes(text(delimiter).encode(encoding))
    check(read(path))


@pytest.mark.parametrize("encoding", ["gb18030", "gbk", "big5", "utf-32"])
def test_another_encoding_is_named(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "clients.tsv"
    path.write_bytes(text("\t").replace("张三", "中文").encode(encoding))
    clients = read(ClientFiles(path, encoding=encoding))
    assert clients.segment.word(0) == "中文"


def test_gbk_without_a_name_gets_the_option_that_reads_it(tmp_path: Path) -> None:
    path = tmp_path / "clients.csv"
    path.write_bytes(text().encode("gbk"))
    with pytest.raises(InputError, match=r'UTF-8.*encoding="gb18030"') as caught:
        read(path)
    assert caught.value.field == "encoding"
    check(read(ClientFiles(tmp_path, encoding="gb18030")))


@pytest.mark.parametrize("name", ["clients.csv.gz", "clients.tsv.gz", "CLIENTS.CSV.GZ"])
def test_compressed_files_are_read(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(gzip.compress(text("\t").encode("gb18030")))
    check(read(ClientFiles([path], encoding="gb18030")))


def test_a_delimiter_may_be_named(tmp_path: Path) -> None:
    path = tmp_path / "clients.csv"
    path.write_text(text("^"), encoding="utf-8", newline="")
    with pytest.raises(InputError, match="cannot be read"):
        read(path)
    check(read(ClientFiles(str(path), delimiter="^")))


def test_letters_of_several_bytes_across_blocks(tmp_path: Path) -> None:
    """Three megabytes, so that blocks end inside a letter."""
    path = tmp_path / "clients.csv"
    words = ["中" * (i % 7) + "文a" for i in range(100_000)]
    lines = "".join(f"{i},1,5,{word}\n" for i, word in enumerate(words))
    path.write_bytes(("id,wealth,horizon_years,segment\n" + lines).encode("gb18030"))
    clients = read(ClientFiles(path, encoding="gb18030"))
    assert [clients.segment.word(row) for row in range(len(words))] == words


@pytest.mark.parametrize(
    ("content", "name", "words"),
    [
        (text().encode("gbk") + b"9,1,5,\xff\xff\n", "c.csv", "gb18030"),
        (text().encode("gbk") + b"9,1,5,a\n" * 20_000 + b"9,1,5,\xff\xff\n", "c.csv", "gb18030"),
        (b"nothing", "c.csv.gz", "cannot be read"),
        (gzip.compress(text().encode())[:-20], "c.csv.gz", "cannot be read"),
    ],
    ids=["at once", "late", "no gzip", "cut gzip"],
)
def test_what_is_not_written_so_is_refused(
    tmp_path: Path, content: bytes, name: str, words: str
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=f"(?i){words}"):
        read(ClientFiles(tmp_path / name, encoding="gb18030"))


@pytest.mark.parametrize(
    "options",
    [
        {"encoding": "klingon"},
        {"encoding": "base64"},
        {"encoding": 5},
        {"delimiter": ""},
        {"delimiter": "ab"},
        {"delimiter": '"'},
    ],
)
def test_options_that_are_none_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(InputError) as caught:
        ClientFiles("clients.csv", **options)
    assert caught.value.field in options


def test_a_quotation_mark_that_nothing_closes_loses_no_client(tmp_path: Path) -> None:
    path = tmp_path / "clients.csv"
    rows = [f"c{i},5000,7,x" for i in range(20)]
    rows[3], rows[15] = '"c3,5000,7,x', '"c15",5000,7,x'
    path.write_text("\n".join(["id,wealth,horizon_years,segment", *rows]))
    with pytest.raises(InputError, match=r"row 3 a quotation mark .* 12 more lines"):
        read(path)


def test_line_breaks_of_a_text_or_of_json_are_no_rows(tmp_path: Path) -> None:
    path = tmp_path / "clients.csv"
    goals = '[{""name"": ""x"",\n""amount"": 5,\n""years"": 3}]'
    note = "first, line\nsecond line\nthird"
    path.write_text(f'id,wealth,goals,horizon_years,label:note\na,5,"{goals}",7,"{note}"\n')
    clients = read(path)
    assert clients.goals[0][0].amount == 5
    assert clients.labels["note"].word(0) == note


@pytest.mark.parametrize("row", ["a,4711,9,x,extra", "a,4711"])
def test_a_row_of_another_length_is_told_and_not_shown(tmp_path: Path, row: str) -> None:
    path = tmp_path / "clients.csv"
    path.write_text(f"id,wealth,horizon_years,segment\n{row}\n")
    with (
        mask(),
        pytest.raises(InputError, match=r"Row #2: .*as many cells as the header") as caught,
    ):
        read(path)
    assert "4711" not in str(caught.value)
    with show(), pytest.raises(InputError, match="4711"):
        read(path)
