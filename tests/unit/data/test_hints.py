"""Tables of strangers: what each message says is done, until the table is read; and what is read is
what the file says. Expected values are written by hand."""

from __future__ import annotations

import io
import pathlib
import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from advisor import (
    Catalogue,
    Client,
    ClientFiles,
    ClientTable,
    InputError,
    Interactions,
    Market,
    Trades,
)
from advisor.data.clients.sources import arrow_batches
from advisor.data.ids import IdMap
from advisor.privacy import mask

LINE = re.compile(r"((?:frame|prices)(?:\[[^\]]*\]|\.index)? /?= .*?|/= 100)\.?(?=\.(?: |$|\n|\)))")
CALL = re.compile(r"Convert the column with (.*?\))\.(?=\s|$)")
OPTION = re.compile(r'Pass (decimal=",")')


def mended(read: Any, table: pd.DataFrame, name: str = "frame", rounds: int = 12) -> Any:
    """What is read once every line and option that a message names has been used."""
    options: dict[str, str] = {}
    for _ in range(rounds):
        try:
            result = read(table, **options)
        except InputError as error:
            text = str(error)
        else:
            problems = getattr(result, "problems", {})
            if not problems:
                return result
            text = problems[min(problems)]
        lines = [match[1] for match in LINE.finditer(text)]
        if calls := CALL.findall(text):
            column = re.findall(r'frame\["(.*?)"\]', calls[0])[0]
            lines = [f'frame["{column}"] = {calls[0]}']
        options |= {"decimal": ","} if OPTION.search(text) else {}
        assert lines or OPTION.search(text), text
        for line in lines[:1]:
            space = {name: table.copy(), "pandas": pd}
            exec(line, space)
            table = space[name]  # type: ignore[assignment]
    raise AssertionError("it never ends")


def product(**cells: Any) -> pd.DataFrame:
    row = {"id": "A", "name": "a", "asset": "x", "risk_level": "2", **cells}
    return pd.DataFrame({column: [cell] for column, cell in row.items()})


@pytest.mark.parametrize(
    ("cell", "money"),
    [
        ("€ 100", 100.0),
        ("100 €", 100.0),
        ("1.000,50 €", 1000.5),
        ("100 EUR", 100.0),
        ("$1,000.00", 1000.0),
        ("100元", 100.0),
        ("1'000.00", 1000.0),
        ("1 000", 1000.0),
        ("1\u00a0000", 1000.0),
        ("１００", 100.0),
        ("n.a.", 0.0),
        ("-", 0.0),
        ("暂无", 0.0),
        ("1.234,56", 1234.56),
        ("1.234.567", 1234567.0),
        ("€ 50.000", 50_000.0),
    ],
)
def test_numbers_are_mended_by_the_line(cell: str, money: float) -> None:
    catalogue = mended(Catalogue.from_frame, product(min_purchase=cell))
    assert catalogue.min_purchase.tolist() == [money]
    wealth = pd.DataFrame({"id": ["a"], "wealth": ["9e9"], "horizon_years": ["3"], "income": cell})
    income = mended(ClientTable.from_frame, wealth).income[0]
    assert income == money or (money == 0.0 and np.isnan(income))


def test_a_client_cell_is_not_repeated() -> None:
    wealth = pd.DataFrame({"id": ["a"], "wealth": ["€ 12.345"], "horizon_years": ["3"]})
    with mask():
        (text,) = ClientTable.from_frame(wealth).problems.values()
    assert "345" not in text
    assert 'frame["wealth"]' in text


@pytest.mark.parametrize(
    ("yes", "no"), [("ja", "nein"), ("Ja", "Nein"), ("OUI", "NON"), ("是", "否")]
)
def test_what_mends_a_yes_is_what_mends_a_no(yes: str, no: str) -> None:
    said: set[str] = set()
    for cell in (yes, no):
        row = {"id": ["a"], "wealth": ["9"], "horizon_years": ["3"], "professional": [cell]}
        frame = pd.DataFrame(row)
        with mask():
            said |= set(ClientTable.from_frame(frame).problems.values())
        assert mended(ClientTable.from_frame, frame).professional.tolist() == [cell == yes]
    assert len(said) == 1


@pytest.mark.parametrize(
    ("column", "cell", "field", "value"),
    [
        ("complex", "ja", "complex", True),
        ("complex", "否", "complex", False),
        ("risk_level", "R3(中风险)", "risk_level", 3),
        ("risk_level", "４", "risk_level", 4),
        ("risk_level", 7, "risk_level", 5),
        ("annual_fee", "０．４％", "annual_fee", 0.004),
        ("annual_fee", "0,41 %", "annual_fee", 0.0041),
        ("annual_fee", "41bp", "annual_fee", 0.0041),
        ("annual_fee", "41 基点", "annual_fee", 0.0041),
        ("annual_fee_percent", "41 BPS", "annual_fee", 0.0041),
        ("annual_fee", "0.41% p.a.", "annual_fee", 0.0041),
        ("annual_fee", "0.41 percent", "annual_fee", 0.0041),
        ("annual_fee", "年0.41%", "annual_fee", 0.0041),
        ("annual_fee", "1.5", "annual_fee", 0.015),
        ("annual_fee", "1,250%", "annual_fee", 0.0125),
        ("risk_level", "PR4", "risk_level", 4),
        ("risk_level", "4 - hoch", "risk_level", 4),
        ("risk_level", "SRI 4", "risk_level", 4),
        ("risk_level", "6/7", "risk_level", 5),
        ("risk_level", "7", "risk_level", 5),
        ("risk_level", "low", "risk_level", 1),
        ("min_purchase", "1'000.-", "min_purchase", 1000.0),
        ("min_purchase", "1'000.\u2013", "min_purchase", 1000.0),
        ("complex", "Wahr", "complex", True),
    ],
)
def test_cells_of_products_are_mended(column: str, cell: Any, field: str, value: Any) -> None:
    catalogue = mended(Catalogue.from_frame, product(**{column: cell}))
    assert getattr(catalogue.products[0], field) == value


@pytest.mark.parametrize(
    ("column", "cells", "values"),
    [
        ("annual_fee", ["41bp", "0.10%", "0.002"], [0.0041, 0.001, 0.002]),
        ("annual_fee", ["41 bps", "0,10 %", "0,002"], [0.0041, 0.001, 0.002]),
        ("annual_fee_percent", ["41bp", "0.10%", "0.2"], [0.0041, 0.001, 0.002]),
        ("min_purchase", ["1'000.-", "1000", "5"], [1000.0, 1000.0, 5.0]),
        ("exposure:x", ["40", "100", "0"], [0.4, 1.0, 0.0]),
    ],
)
def test_a_line_leaves_other_cells_as_they_are(
    column: str, cells: list[str], values: list[float]
) -> None:
    table = pd.concat([product(**{column: cell}) for cell in cells], ignore_index=True)
    table["id"] = ["A", "B", "C"]
    if column == "exposure:x":
        table = table.drop(columns="asset").assign(**{"exposure:y": ["60", "0", "100"]})
    catalogue = mended(Catalogue.from_frame, table)
    if column == "exposure:x":
        assert [p.exposures.get("x", 0.0) for p in catalogue.products] == values
    else:
        assert getattr(catalogue, column.removesuffix("_percent")).tolist() == values


def test_what_can_be_read_gets_no_line() -> None:
    table = pd.concat([product(risk_level="R2")] * 2, ignore_index=True)
    with pytest.raises(InputError, match="twice") as caught:
        Catalogue.from_frame(table)
    assert "Convert" not in str(caught.value)
    with pytest.raises(InputError) as caught:
        Catalogue.from_frame(product(annual_fee="6 %"))
    assert "0.06 %" not in str(caught.value)
    assert "max_fee=0.06" in str(caught.value)


def test_empty_rows_and_rows_without_an_id_are_left_out_by_the_line() -> None:
    table = pd.concat([product(), product().mask(product() != "")], ignore_index=True)
    assert len(mended(Catalogue.from_frame, table)) == 1
    bought = pd.DataFrame(
        {"client_id": ["c", None, "Total"], "product_id": ["A", None, None], "day": "2026-02-01"}
    )
    assert len(mended(Interactions.from_frame, bought)) == 1
    people = pd.DataFrame({"id": ["a", None], "wealth": [1.0, 2.0], "horizon_years": 3})
    assert len(mended(ClientTable.from_frame, people)) == 1


def test_rows_that_are_no_trades_are_left_out_by_the_line() -> None:
    table = pd.DataFrame({"side": ["BUY", "DIV", "s", None, "fee"]}, dtype=object)
    table = table.assign(client_id="c", asset="A", day="2026-02-01", units=1, price=2)
    assert len(mended(Trades.from_frame, table)) == 2


def test_prices_without_a_day_are_left_out_by_the_line() -> None:
    days = [pd.Timestamp("2026-02-02"), pd.Timestamp("2026-02-03"), pd.NaT]
    table = pd.DataFrame({"A": [1.0, 2.0, np.nan]}, index=pd.DatetimeIndex(days))
    assert len(mended(Market.from_prices, table, "prices")) == 1


def test_masked_cells_name_the_switch() -> None:
    table = pd.DataFrame({"client_id": ["c"], "product_id": ["A"], "day": ["soon"]})
    with mask(), pytest.raises(InputError, match=r"privacy.show\(\) shows them"):
        Interactions.from_frame(table)
    with pytest.raises(InputError) as caught:
        Catalogue.from_frame(product(annual_fee="x"))
    assert "privacy" not in str(caught.value)


@pytest.mark.parametrize("kind", [str, Path])
def test_several_files_get_the_line(tmp_path: Path, kind: Any) -> None:
    table = pd.DataFrame({"client_id": ["c"], "product_id": ["A"], "day": ["2026-02-01"]})
    paths = [tmp_path / f"{month}.csv" for month in (1, 2)]
    for path in paths:
        table.to_csv(path, index=False)
    for frames in ([table, table], [kind(path) for path in paths], kind(tmp_path)):
        with pytest.raises(InputError) as caught:
            Interactions.from_frame(frames)  # type: ignore[arg-type]
        line = str(caught.value).partition(" Here: ")[2].removesuffix(".")
        frame = eval(line, {"pandas": pd, "pathlib": pathlib, "frame": frames})
        assert len(Interactions.from_frame(frame)) == 2


def test_assets_that_the_market_writes_otherwise_are_all_named() -> None:
    table = pd.concat([product()] * 3, ignore_index=True)
    table = table.assign(id=["A", "B", "C"], asset=["Cash ", "cash", "CASH"])
    with pytest.raises(InputError) as caught:
        Catalogue.from_frame(table).exposures(IdMap(("Cash",)))
    space: dict[str, Any] = {"frame": table}
    exec(str(caught.value).partition("as these: ")[2].partition(", or give")[0], space)
    assert Catalogue.from_frame(space["frame"]).exposures(IdMap(("Cash",))).tolist() == [[1.0]] * 3


GERMAN = """ISIN;Produktname;Anlageklasse;Risikoklasse;Laufende Kosten;Mindestanlage;Währung
LU0290358497;Geldmarkt;cash;1;0,10 %;1.000 €;EUR
IE00B4L5Y983;Aktien;shares;4;0,20 %;100,00 €;EUR
"""
CHINESE = """产品代码;产品名称;资产类别;风险等级;管理费;起购金额;币种
000001;现金;cash;R1;0.10%;1,000元;CNY
000002;股票;shares;R4;0.20%;100元;CNY
"""


@pytest.mark.parametrize("text", [GERMAN, CHINESE], ids=["German", "Chinese"])
def test_a_bank_catalogue_is_read_by_what_is_said(text: str) -> None:
    with pytest.raises(InputError, match='sep=";"'):
        Catalogue.from_frame(pd.read_csv(io.StringIO(text), sep="@", engine="python"))
    catalogue = mended(Catalogue.from_frame, pd.read_csv(io.StringIO(text), sep=";", dtype=str))
    assert catalogue.min_purchase.tolist() == [1000.0, 100.0]
    assert catalogue.annual_fee.tolist() == [0.001, 0.002]
    assert catalogue.risk_level.tolist() == [1, 4]
    assert catalogue.ids.ids[0] in ("LU0290358497", "000001")


def test_exposures_in_percent() -> None:
    frame = product().drop(columns="asset").assign(**{"exposure:x": [40], "exposure:y": [60]})
    assert mended(Catalogue.from_frame, frame).products[0].exposures == {"x": 0.4, "y": 0.6}


DAYS = [
    (["01.02.2026", "13.02.2026"], "2026-02-01"),
    (["1.2.2026"], "2026-02-01"),
    (["13/02/2026", "01/02/2026"], "2026-02-01"),
    (["02/13/2026", "02/01/2026"], "2026-02-01"),
    (["2026-2-1"], "2026-02-01"),
    (["01.02.26"], "2026-02-01"),
    (["2026年2月1日"], "2026-02-01"),
    (["Feb 1, 2026"], "2026-02-01"),
    (["01-Feb-26"], "2026-02-01"),
    (["01.02.2026 14:30"], "2026-02-01"),
    (["２０２６-02-01"], "2026-02-01"),
    (["０１.０２.2026"], "2026-02-01"),
    ([46054], "2026-02-01"),
    (["46054"], "2026-02-01"),
    ([46054.75], "2026-02-01"),
    ([1769904000], "2026-02-01"),
    ([1769904000000], "2026-02-01"),
    (["1769904000"], "2026-02-01"),
    ([20260201], "2026-02-01"),
    ([20260201.0], "2026-02-01"),
    (["20260201"], "2026-02-01"),
]
"""46054 days after 1899-12-30 and 1,769,904,000 seconds after 1970 are 1 February 2026."""


@pytest.mark.parametrize(("cells", "first"), DAYS, ids=[str(cells[0]) for cells, _ in DAYS])
def test_days_are_mended_by_the_line(cells: list[Any], first: str) -> None:
    count = len(cells)
    events = pd.DataFrame({"client_id": ["a"] * count, "product_id": "p", "day": cells})
    assert str(mended(Interactions.from_frame, events).days.min()) == first
    clients = pd.DataFrame({"id": [*map(str, range(count))], "wealth": 1.0, "horizon_years": 1})
    table = mended(ClientTable.from_frame, clients.assign(assessed_on=cells))
    assert str(table.assessed_on.min()) == first
    trades = events.rename(columns={"product_id": "asset"}).assign(side="buy", units=1, price=1)
    assert str(mended(Trades.from_frame, trades).times.min())[:10] == first


@pytest.mark.parametrize("mark", ["/", "-"])
def test_days_that_read_both_ways_name_both_formats(mark: str) -> None:
    events = pd.DataFrame(
        {"client_id": ["a"], "product_id": ["p"], "day": [f"01{mark}02{mark}2026"]}
    )
    with pytest.raises(InputError) as caught:
        Interactions.from_frame(events)
    for form in ("%d{0}%m{0}%Y", "%m{0}%d{0}%Y"):
        assert f'format="{form.format(mark)}"' in str(caught.value)


@pytest.mark.parametrize(
    "cells", [["now"], ["2026-02"], ["0000-00-00"], ["01.02.2026", "2026/2/1"]]
)
def test_no_format_is_made_up(cells: list[str]) -> None:
    events = pd.DataFrame({"client_id": ["a"] * len(cells), "product_id": "p", "day": cells})
    with pytest.raises(InputError) as caught:
        Interactions.from_frame(events)
    assert "to_datetime" not in str(caught.value)


PRICES = pd.DataFrame(
    {"A": [1.0, 2.0, 3.0], "B": [4.0, 4.0, 5.0]},
    index=pd.to_datetime(["2026-01-30", "2026-02-02", "2026-02-13"]),
)
LONG = PRICES.rename_axis("Date").reset_index().melt("Date", var_name="ticker", value_name="close")


@pytest.mark.parametrize(
    "table",
    [
        PRICES.set_axis(PRICES.index.strftime("%d.%m.%Y")),
        PRICES.set_axis(PRICES.index.strftime("%m/%d/%Y")),
        PRICES.set_axis(PRICES.index.strftime("%Y%m%d").astype(int)),
        PRICES.rename_axis("Date").reset_index(),
        LONG,
        PRICES.to_period("D"),
        PRICES.rename_axis("").reset_index().rename(columns={"": "Unnamed: 0"}).map(str),
        LONG.set_axis(["datetime", "isin", "closePrice"], axis=1),
        LONG.set_axis(["sitzung", "wkn", "kurs"], axis=1).map(
            lambda x: str(x.date()) if isinstance(x, pd.Timestamp) else x
        ),
        PRICES.map(lambda price: f"${price}"),
    ],
    ids=[
        "German",
        "American",
        "whole numbers",
        "a column",
        "long",
        "periods",
        "unnamed",
        "long of others",
        "long in German",
        "dollars",
    ],
)
def test_prices_are_mended_by_the_line(table: pd.DataFrame) -> None:
    market = mended(Market.from_prices, table, "prices")
    assert [str(day) for day in market.dates] == ["2026-02-02", "2026-02-13"]
    assert market.returns.tolist() == [[1.0, 0.0], [0.5, 0.25]]


def test_returns_that_are_none() -> None:
    returns = PRICES.pct_change().iloc[1:] / 10 - 0.05
    with pytest.raises(InputError, match=r"1 \+ return: returns - 1"):
        Market.from_returns(1.0 + returns)
    with pytest.raises(InputError, match="returns / 100"):
        Market.from_returns((returns - 0.2) * 100)
    with pytest.raises(InputError, match=r"Market\.from_returns"):
        Market.from_prices(returns - 0.2)


def test_a_split_is_said_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("WARNING", "advisor"):
        Market.from_prices(PRICES.assign(A=[100.0, 101.0, 25.5]))
    assert "'A' is 0.252 times the one before on 2026-02-13" in caplog.text
    caplog.clear()
    Market.from_prices(PRICES.assign(A=[100.0, 101.0, 100.0]))
    assert not caplog.records


@pytest.mark.parametrize(("ending", "call"), [
    ("csv", "pandas.read_csv(prices, index_col=0)"), ("xlsx", "pandas.read_excel(prices, index_col=0)"),
    ("parquet", "pandas.read_parquet(prices)"),
])  # fmt: skip
@pytest.mark.parametrize("kind", [str, Path])
def test_a_path_gets_the_reader(tmp_path: Path, ending: str, call: str, kind: Any) -> None:
    path = tmp_path / f"p.{ending}"
    with pytest.raises(InputError, match=re.escape(f"Here: {call}.")):
        Market.from_prices(kind(path))
    if ending != "xlsx":
        PRICES.to_csv(path) if ending == "csv" else PRICES.to_parquet(path)
        assert len(Market.from_prices(eval(call, {"pandas": pd, "prices": path}))) == 2


def test_words_of_trades_are_mended() -> None:
    trades = pd.DataFrame({"client_id": "a", "asset": "x", "day": "2026-02-01", "units": 1, "price": 1,
                           "side": ["Kauf", "Verkauf", "买入"]})  # fmt: skip
    assert mended(Trades.from_frame, trades).units.tolist() == [1.0, -1.0, 1.0]


def test_columns_of_other_names_are_mended() -> None:
    frame = pd.DataFrame({"Kunde": ["a"], "ISIN ": ["p"], "Kaufdatum": ["2026-02-01"]})
    assert len(mended(Interactions.from_frame, frame)) == 1
    clients = pd.DataFrame({"客户号": ["a"], "总资产": [1], "Horizont": [3]})
    assert mended(ClientTable.from_frame, clients).wealth.tolist() == [1.0]


def clients_of(path: Path, text: str | bytes, **options: Any) -> ClientTable:
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    from advisor.data import clients_from_arrow

    (table,) = arrow_batches(ClientFiles(path, **options) if options else path, 100)
    return clients_from_arrow(table)


CSV = "id,wealth,horizon_years\na,n/a,3\nb,5,3\n"


def test_files_of_clients_name_their_option(tmp_path: Path) -> None:
    path = tmp_path / "c.csv"
    with pytest.raises(InputError, match=r'ClientFiles\(path, delimiter="\^"\)'):
        clients_of(path, CSV.replace(",", "^"))
    assert len(clients_of(path, CSV.replace(",", "^"), delimiter="^")) == 2
    for above in ("Kundenliste,,\n,,\n", "Kundenliste\n\n"):
        with pytest.raises(InputError, match=r"ClientFiles\(path, skip_lines="):
            clients_of(path, above + CSV)
        assert len(clients_of(path, above + CSV, skip_lines=2)) == 2
        semicolons = (above + CSV).replace(",", ";")
        assert clients_of(path, semicolons, skip_lines=2).wealth[1] == 5.0
    assert list(clients_of(path, CSV).problems) == [0]
    known = clients_of(path, CSV.replace("\nb,5", "\nb,-"), missing=("n/a", "-"))
    assert all("None" in text for text in known.problems.values())


@pytest.mark.parametrize(
    ("start", "said"),
    [(b"PK\x03\x04", "ZIP archive"), (b"\x1f\x8b", r"\.csv\.gz"), (b"\xff\xfe\0\0", "utf-32")],
)
def test_what_is_no_csv_is_named(tmp_path: Path, start: bytes, said: str) -> None:
    with pytest.raises(InputError, match=said):
        clients_of(tmp_path / "c.csv", start + b"abc")


@pytest.mark.parametrize("name", ["c.xlsx", "c.jsonl", "c.zip"])
def test_other_files_name_their_reader(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match=r"Here: pandas\.read_"):
        clients_of(tmp_path / name, b"")


def test_records_and_one_client_name_what_mends_them() -> None:
    record = {"id": "a", "wealth": 1.0, "horizon_years": 3}
    for given in ([record], {name: [cell] for name, cell in record.items()}):
        with pytest.raises(InputError, match=r"Here: pandas\.DataFrame\(frame\)\."):
            ClientTable.from_frame(given)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="its decimal comma is written as a point"):
        Client(id="a", wealth="1.234,56", horizon_years=3)  # type: ignore[arg-type]


def test_a_year_of_the_calendar_is_no_horizon() -> None:
    with pytest.raises(InputError, match="less than or equal to 1000"):
        Client(id="a", wealth=1.0, horizon_years=2035)
    frame = pd.DataFrame({"id": ["a"], "wealth": [1.0], "horizon_years": [2035]})
    assert "from 0 to 1000" in ClientTable.from_frame(frame).problems[0]


def test_weights_of_several_currencies_are_said_in_the_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    events = pd.DataFrame(
        {
            "client_id": ["a", "b"],
            "product_id": "p",
            "day": "2026-02-01",
            "value": 1.0,
            "Currency": ["EUR", "USD"],
        }
    )
    with caplog.at_level("WARNING", "advisor"):
        Interactions.from_frame(events)
        assert not caplog.records
        Interactions.from_frame(events, value="value")
    assert "2 currencies" in caplog.text


def test_small_percentages_are_said_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    days = pd.bdate_range("2026-01-01", periods=60)
    bonds = pd.DataFrame({"bonds": np.tile([0.002, -0.0025, 0.003], 20)}, index=days)
    with caplog.at_level("WARNING", "advisor"):
        Market.from_returns(bonds)
        assert not caplog.records
        Market.from_returns(bonds * 100)
    assert "returns / 100" in caplog.text


@pytest.mark.parametrize("told", [{}, {"day": "dae"}, {"client": "who"}, {"product": "what"}])
def test_a_column_is_only_renamed_to_what_is_then_read(told: dict[str, str]) -> None:
    frame = pd.DataFrame({"customer": ["a"], "item": ["x"], "date": ["2026-01-05"]})
    with pytest.raises(InputError) as refused:
        Interactions.from_frame(frame, **told)
    renamed = re.findall(r': "(\w+)"[,}]', str(refused.value).partition("rename(")[2])
    usual = {"client": "client_id", "product": "product_id", "day": "day"}
    assert set(renamed) <= {told.get(argument, name) for argument, name in usual.items()}
    assert renamed
