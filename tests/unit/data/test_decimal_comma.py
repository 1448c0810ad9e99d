"""Numbers with a decimal comma are read where `decimal=","` says so, in every reader; without it a
number that can be nothing else is refused, and the message names the option."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest

from advisor import Catalogue, ClientFiles, ClientTable, InputError, Interactions, Market, Trades
from advisor.data import clients_from_arrow
from advisor.data.clients.sources import arrow_batches

CELLS = {
    "1.234,56": 1234.56,
    "1.234": 1234.0,
    "1 234 567,5": 1234567.5,
    "1\u00a0234,5": 1234.5,
    "1'234,5": 1234.5,
    "0,125": 0.125,
    ",5": 0.5,
    "7": 7.0,
    "1,5e3": 1500.0,
    " 2,50 ": 2.5,
}
"""As it is written in Germany, France and Switzerland, and the number."""
NONE = ("1.5", "1,234.5", "1.23,4", "12.34", "1,2,3", "1 2", "x", "1.234.56")


def clients(cell: str, column: str = "wealth") -> pd.DataFrame:
    fields = {"id": ["a"], "wealth": "9", "horizon_years": 1}
    return pd.DataFrame(fields | {column: [cell]})


def streamed(cell: str, decimal: str, folder: Path) -> ClientTable:
    path = folder / "c.csv"
    clients(cell).to_csv(path, index=False, sep=";")
    (table,) = arrow_batches(ClientFiles(path, decimal=decimal), 10)  # type: ignore[arg-type]
    return clients_from_arrow(table)


def row(**columns: Any) -> pd.DataFrame:
    return pd.DataFrame({name: [cell] for name, cell in columns.items()})


Reader = Callable[[str, Any], float]
READERS: dict[str, Reader] = {
    "clients": lambda cell, mark: ClientTable.from_frame(clients(cell), decimal=mark).wealth[0],
    "income": lambda cell, mark: (
        ClientTable.from_frame(clients(cell, "income"), decimal=mark).income[0]
    ),
    "bias": lambda cell, mark: (
        ClientTable.from_frame(clients(cell, "bias:x"), decimal=mark).biases["x"][0]
    ),
    "arrow": lambda cell, mark: (
        clients_from_arrow(pa.table(clients(cell)), decimal=mark).wealth[0]
    ),
    "purchases": lambda cell, mark: Interactions.from_frame(
        row(client_id=1, product_id=1, day="2026-01-01", value=cell), value="value", decimal=mark
    ).values[0],
    "units": lambda cell, mark: Trades.from_frame(
        row(client_id=1, asset=1, day="2026-01-01", side="buy", units=cell, price=1), decimal=mark
    ).units[0],
    "price": lambda cell, mark: Trades.from_frame(
        row(client_id=1, asset=1, day="2026-01-01", side="buy", units=1, price=cell), decimal=mark
    ).prices[0],
    "prices": lambda cell, mark: Market.from_prices(
        pd.DataFrame({"a": ["1", cell]}, index=pd.to_datetime(["2026-01-01", "2026-01-02"])),
        decimal=mark,
    ).returns[0, 0] + 1.0,
    "products": lambda cell, mark: Catalogue.from_frame(
        row(id=1, name="a", asset="x", risk_level=1, min_purchase=cell), decimal=mark
    ).min_purchase[0],
}  # fmt: skip


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("reader", READERS)
def test_a_decimal_comma_is_read_where_it_is_named(reader: str, cell: str) -> None:
    assert READERS[reader](cell, ",") == pytest.approx(CELLS[cell], rel=1e-12)


@pytest.mark.parametrize("cell", NONE)
@pytest.mark.parametrize(
    "reader", [r for r in READERS if r not in ("clients", "income", "bias", "arrow")]
)
def test_what_is_no_such_number_is_refused(reader: str, cell: str) -> None:
    with pytest.raises(InputError):
        READERS[reader](cell, ",")


@pytest.mark.parametrize("cell", NONE)
def test_a_client_whose_cell_is_no_such_number_has_a_problem(cell: str, tmp_path: Path) -> None:
    frame = clients(cell)
    assert set(ClientTable.from_frame(frame, decimal=",").problems) == {0}
    assert set(clients_from_arrow(pa.table(frame), decimal=",").problems) == {0}
    assert set(streamed(cell, ",", tmp_path).problems) == {0}


@pytest.mark.parametrize(
    "reader", [r for r in READERS if r not in ("clients", "income", "bias", "arrow")]
)
def test_the_option_is_named_where_nothing_else_can_be_meant(reader: str) -> None:
    with pytest.raises(InputError, match='Pass decimal=","'):
        READERS[reader]("1.234,56", ".")
    with pytest.raises(InputError, match="decimal is ';'"):
        READERS[reader]("1", ";")


def test_files_and_clients_name_it_too(tmp_path: Path) -> None:
    for cell, number in CELLS.items():
        assert streamed(cell, ",", tmp_path).wealth[0] == pytest.approx(number, rel=1e-12)
    for table in (ClientTable.from_frame(clients("1,5")), streamed("1,5", ".", tmp_path)):
        assert 'Pass decimal="," to ClientFiles or ClientTable.from_frame' in table.problems[0]
    assert ClientTable.from_frame(clients("1,234")).wealth[0] == 1234.0


def test_ids_and_numbers_that_are_no_text_are_as_they_are() -> None:
    frame = pd.DataFrame({"id": ["1,5", "1.234"], "wealth": [1.5, 2], "horizon_years": 1})
    table = ClientTable.from_frame(frame, decimal=",")
    assert table.ids == ("1,5", "1.234")
    assert table.wealth.tolist() == [1.5, 2.0]


def test_fees_in_percent_have_a_comma(tmp_path: Path) -> None:
    frame = row(id=1, name="a", asset="x", risk_level=1)
    for column, cell in (("annual_fee", "0,41 %"), ("annual_fee_percent", "0,41")):
        assert (
            Catalogue.from_frame(frame.assign(**{column: cell}), decimal=",").annual_fee[0]
            == 0.0041
        )


def test_a_percentage_with_a_comma_names_the_option() -> None:
    frame = row(id=1, name="a", asset="x", risk_level=1, annual_fee="0,41 %")
    with pytest.raises(InputError, match='Pass decimal=","'):
        Catalogue.from_frame(frame)


def test_maps_and_goals_have_the_same_mark() -> None:
    goals = '[{"name": "house", "amount": "1.234", "years": "2,5"}]'
    row = {"id": ["a"], "wealth": ["9.999,5"], "horizon_years": ["3"], "goals": [goals]}
    table = ClientTable.from_frame(pd.DataFrame(row), decimal=",")
    assert not table.problems
    assert (table.goals[0][0].amount, table.goals[0][0].years) == (1234.0, 2.5)
    kind = pa.map_(pa.string(), pa.string())
    held = pa.table({**row, "holdings": pa.array([[("x", "1.234"), ("y", "0,5")]], type=kind)})
    clients = clients_from_arrow(held, decimal=",")
    assert clients.holdings.row(0) == {"x": 1234.0, "y": 0.5}
