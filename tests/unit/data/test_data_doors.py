"""What the tables' public functions refuse: other kinds, missing ids, columns twice, yes / no and
numbers mixed up, numbers for days."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pandas as pd
import pytest

from advisor import InputError
from advisor.contracts import Client, Product, Questionnaire
from advisor.data import Catalogue, ClientTable, Interactions, Market, RiskProfiles, Trades
from advisor.risk_profile import AssessmentHistory, profile_risk

DAYS = pd.date_range("2024-01-01", periods=3)
PRICES = pd.DataFrame({"a": [1.0, 2.0, 3.0], "b": [2.0, 2.0, 2.0]}, index=DAYS)
EVENTS = pd.DataFrame(
    {
        "client_id": ["x", "y"],
        "product_id": ["p", "q"],
        "day": ["2024-01-01", "2024-01-02"],
        "money": [1.0, 2.0],
    }
)
TRADES = pd.DataFrame(
    {
        "client_id": ["x", "x", "y"],
        "asset": ["a", "b", "a"],
        "day": "2024-01-01",
        "side": "buy",
        "units": 1.0,
        "price": [1.0, 2.0, 3.0],
    }
)
SHELF = pd.DataFrame(
    {"id": ["p", "q"], "name": ["P", "Q"], "asset": ["a", "b"], "risk_level": [1, 2]}
)
PEOPLE = pd.DataFrame({"id": ["x", "y"], "wealth": [1.0, 2.0], "horizon_years": [1.0, 2.0]})
HISTORY = pd.DataFrame(
    {"client_id": ["x", "x"], "day": ["2024-01-01", "2024-02-01"], "level": [1, 3]}
)
NAN = float("nan")


def twice(frame: pd.DataFrame) -> pd.DataFrame:
    return pd.concat([frame, frame], axis=1)


def at(frame: pd.DataFrame, index: Any) -> pd.DataFrame:
    return frame.set_index(pd.Index(index))


def levels(**changes: Any) -> RiskProfiles:
    return RiskProfiles.from_levels(**{"levels": [1, 2], "as_of": "2024-01-01", **changes})


def profiles(**changes: Any) -> RiskProfiles:
    table = ClientTable.from_frame(PEOPLE.assign(level=[1, 2]))
    return profile_risk(
        **{"clients": table, "questionnaire": None, "as_of": "2024-01-01", **changes}
    )


DOORS: tuple[tuple[Callable[[Any], object], str], ...] = (
    (Market.from_prices, "prices"),
    (Market.from_returns, "returns"),
    (Interactions.from_frame, "frame"),
    (Trades.from_frame, "frame"),
    (Catalogue.from_frame, "frame"),
    (ClientTable.from_frame, "frame"),
    (AssessmentHistory.from_frame, "assessments"),
)


@pytest.mark.parametrize(("door", "field"), DOORS, ids=[field for _, field in DOORS])
@pytest.mark.parametrize(
    "given",
    [None, "x", 5, [1, 2], {"a": [1]}, PRICES["a"]],
    ids=["none", "text", "number", "list", "dict", "series"],
)
def test_what_is_no_table_is_refused(
    door: Callable[[Any], object], field: str, given: object
) -> None:
    with pytest.raises(
        InputError,
        match=rf"(^|: ){field} is .* \({type(given).__name__}\)[,;] .* Pass a pandas DataFrame",
    ) as caught:
        door(given)
    assert caught.value.field == field


REFUSED: list[tuple[Callable[[], object], str, str]] = [
    # missing ids, and columns that are there twice
    (
        lambda: Trades.from_frame(TRADES.assign(asset=["a", None, "b"])),
        "asset",
        "asset is missing in row 1",
    ),
    (
        lambda: Trades.from_frame(TRADES.assign(client_id=[NAN, 1.0, 2.0])),
        "client_id",
        "client_id is missing in row 0",
    ),
    (
        lambda: Trades.from_frame(TRADES.assign(asset=pd.array(["a", "b", None], dtype="string"))),
        "asset",
        "row 2",
    ),
    (lambda: Interactions.from_frame(EVENTS.assign(client_id=[1.0, NAN])), "client_id", "row 1"),
    (lambda: Trades.from_frame(twice(TRADES)), "client_id", "more than once"),
    (lambda: Interactions.from_frame(twice(EVENTS)), "client_id", "more than once"),
    (lambda: Catalogue.from_frame(twice(SHELF)), "id", "more than once"),
    (lambda: ClientTable.from_frame(twice(PEOPLE)), "horizon_years", "more than once"),
    (lambda: Market.from_prices(twice(PRICES)), "prices columns", "twice"),
    (
        lambda: Market.from_prices(PRICES.rename(columns={"a": None})),
        "prices columns",
        "without a name",
    ),
    (
        lambda: Market.from_prices(
            PRICES.set_axis(pd.MultiIndex.from_tuples([("x", "a"), ("x", "b")]), axis=1)
        ),
        "prices columns",
        "several levels",
    ),
    (lambda: Market.from_prices(pd.DataFrame()), "prices", "no columns"),
    # marks that are neither yes nor no
    (
        lambda: Trades.from_frame(TRADES.assign(adv="maybe"), left_out=["adv"]),
        "adv",
        "adv is 'maybe' in row 0; it must be yes or no",
    ),
    (
        lambda: Trades.from_frame(TRADES.assign(adv=[0, 1, 2]), left_out=["adv"]),
        "adv",
        "adv is 2 in row 2",
    ),
    (lambda: Trades.from_frame(TRADES, left_out=5), "left_out", "must be a list"),  # type: ignore[arg-type]
    (
        lambda: AssessmentHistory.from_frame(HISTORY.assign(confirmed="perhaps")),
        "confirmed",
        "yes or no",
    ),
    # numbers and text in the place of days, yes and no in the place of numbers
    (
        lambda: Trades.from_frame(TRADES.assign(day=20240101)),
        "day",
        "day is 20240101 in row 0; a number counts from no agreed day",
    ),
    (
        lambda: Interactions.from_frame(EVENTS.assign(day=[date(2024, 1, 1), 5.0])),
        "day",
        r"day is 5\.0 in row 1",
    ),
    (lambda: Interactions.from_frame(EVENTS.assign(day=True)), "day", "day is True in row 0"),
    (
        lambda: Interactions.from_frame(EVENTS.assign(day=["2024-01-01", "01/02/2024"])),
        "day",
        "'01/02/2024' in row 1, which is no day",
    ),
    (lambda: Market.from_prices(PRICES.reset_index(drop=True)), "prices", "not made of days"),
    (
        lambda: Market.from_prices(at(PRICES, [date(2024, 1, 1), 5, 6])),
        "prices",
        "not made of days",
    ),
    (
        lambda: Market.from_prices(at(PRICES, ["01/02/2024", "02/02/2024", "03/02/2024"])),
        "prices",
        "not made of days",
    ),
    (lambda: Market.from_prices(PRICES > 1.0), "a", r"'a' on 2024-01-01 is False \(bool\)"),
    (lambda: Market.from_prices(PRICES.assign(b=DAYS)), "b", "Timestamp"),
    (
        lambda: Market.from_returns(PRICES.assign(b=["0.1", "x", None])),
        "b",
        r"'b' on 2024-01-02 is 'x' \(str\)",
    ),
    (lambda: Trades.from_frame(TRADES.assign(units=True)), "units", "units is True"),
    (lambda: Trades.from_frame(TRADES.assign(price=DAYS)), "price", "price is Timestamp"),
    (
        lambda: Interactions.from_frame(EVENTS.assign(money=True), value="money"),
        "money",
        "money is True",
    ),
    (
        lambda: Interactions.from_frame(EVENTS.assign(money=["x", 1.0]), value="money"),
        "money",
        "money is 'x' in row 0",
    ),
    (
        lambda: Catalogue.from_frame(SHELF.assign(risk_level=True)),
        "risk_level",
        "row 0 .*must be a number",
    ),
    (
        lambda: Catalogue.from_frame(SHELF.assign(**{"exposure:a": "x"})),
        "exposures.a",
        "row 0 .*'x'",
    ),
    # options
    (lambda: Market.from_prices(PRICES, periods_per_year="x"), "periods_per_year", "'x'"),  # type: ignore[arg-type]
    (
        lambda: Market.from_returns(PRICES, periods_per_year=float("inf")),
        "periods_per_year",
        "is inf",
    ),
    (lambda: Market.from_prices(PRICES, fill="back"), "fill", "'back'"),  # type: ignore[arg-type]
    (lambda: Market.from_prices(PRICES, risk_levels={"a": 2.5}), "risk_levels", r"2\.5"),  # type: ignore[dict-item]
    (lambda: Market.from_prices(PRICES, groups={"a": 1}), "groups", "is 1"),  # type: ignore[dict-item]
    (lambda: Interactions.from_frame(EVENTS).matrix("x"), "clients", "IdMap"),  # type: ignore[arg-type]
    (lambda: list(ClientTable.from_frame(PEOPLE).chunks("x")), "chunk", "whole number"),  # type: ignore[arg-type]
    # sequences of contracts
    (lambda: Catalogue.from_products(None), "products", "sequence of Product"),  # type: ignore[arg-type]
    (lambda: Catalogue.from_products(["x"]), "products", "is 'x'"),  # type: ignore[list-item]
    (
        lambda: Catalogue.from_products(Product(id="a", name="a", asset="x", risk_level=1)),
        "products",
        "sequence of Product",
    ),  # type: ignore[arg-type]
    (lambda: ClientTable.from_clients(None), "clients", "sequence of Client"),  # type: ignore[arg-type]
    (lambda: ClientTable.from_clients([None]), "clients", "is None"),  # type: ignore[list-item]
    (
        lambda: ClientTable.from_clients(Client(id="a", wealth=1.0, horizon_years=1.0)),
        "clients",
        "sequence of Client",
    ),  # type: ignore[arg-type]
    # levels from a host
    (lambda: levels(levels=None), "levels", "is None"),
    (lambda: levels(levels=[True, False]), "levels", "not numeric"),
    (lambda: levels(levels=["3", "1"]), "levels", "it holds text"),
    (lambda: levels(levels=[1, 6]), "levels", r"levels\[1\] is 6"),
    (lambda: levels(bands="x"), "bands", "RiskBands"),
    (lambda: levels(client_ids="ab"), "client_ids", "single string"),
    (lambda: levels(client_ids=["a", "a"]), "client_ids", "twice"),
    (lambda: levels(knowledge=["x", 1]), "knowledge", "not numeric"),
    (lambda: levels(knowledge=[50, 500]), "knowledge", r"knowledge\[1\] is 500"),
    (lambda: levels(lowest_category=["no", "yes"]), "lowest_category", "True or False"),
    (lambda: levels(lowest_category="no"), "lowest_category", "one value a client"),
    (lambda: levels(valid_until=[1, 2]), "valid_until", "no agreed day"),
    # profiles
    (lambda: profiles(clients=PEOPLE), "clients", r"ClientTable\.from_frame"),
    (lambda: profiles(clients=None), "clients", "is None"),
    (lambda: profiles(questionnaire="x"), "questionnaire", r"Questionnaire\.load"),
    (lambda: profiles(bands={"target_share": 0.8}), "bands", "RiskBands"),
    (lambda: profiles(controls="x"), "controls", "Controls"),
    (lambda: profiles(item_model=5), "item_model", "calibrate"),
    (lambda: profiles(history=HISTORY), "history", r"AssessmentHistory\.from_frame"),
    (lambda: profiles(as_of=5), "as_of", "a day"),
]


@pytest.mark.parametrize(
    ("door", "field", "words"),
    REFUSED,
    ids=[f"{i}-{field}" for i, (_, field, _) in enumerate(REFUSED)],
)
def test_nonsense_is_refused_by_its_name_and_value(
    door: Callable[[], object], field: str, words: str
) -> None:
    with pytest.raises(InputError, match=words) as caught:
        door()
    assert caught.value.field == field


def test_marks_are_read_as_the_words_say() -> None:
    def marked(cells: object) -> list[bool]:
        read = Trades.from_frame(TRADES.assign(adv=cells), left_out=["adv"]).left_out
        assert read is not None
        return read.tolist()

    assert marked("no") == marked(0) == marked(NAN) == marked(None) == [False, False, False]
    assert (
        marked(["no", "YES", None])
        == marked([0, 1, 0])
        == marked([False, True, None])
        == [False, True, False]
    )
    both = Trades.from_frame(
        TRADES.assign(adv=["no", "yes", "no"], whole=[True, False, False]),
        left_out=["adv", "whole"],
    )
    assert both.left_out is not None
    assert both.left_out.tolist() == [True, True, False]
    confirmed = AssessmentHistory.from_frame(HISTORY.assign(confirmed="no"))
    assert confirmed.standing(["x"], "2024-03-01").tolist() == [1], (
        "an unconfirmed rise does not count"
    )


@pytest.mark.parametrize(
    ("column", "cell", "words"),
    [
        ("wealth", True, "wealth is 'True'; it must be a number"),
        ("wealth", pd.Timestamp("2024-01-01"), "wealth is '2024-01-01'; it must be a number"),
        ("level", True, "level is 'True'; a level is a whole number"),
        ("holding:p", True, "holding:p is 'True'; it must be a number"),
        ("assessed_on", 20240101, "it is no day"),
        ("assessed_on", "01/02/2024", "it is no day"),
        ("goals", "house", "goals: it is 'house'; it must be a list of goals"),
    ],
)
def test_a_cell_that_is_something_else_is_a_problem_of_its_row(
    column: str, cell: object, words: str
) -> None:
    table = ClientTable.from_frame(
        PEOPLE.assign(
            **{column: pd.Series([None if column != "wealth" else 1.0, cell], dtype=object)}
        )
    )
    assert list(table.problems) == [1]
    assert words in table.problems[1]


def test_days_of_a_table_are_the_days_there() -> None:
    there = pd.Timestamp("2024-01-01 00:30", tz="Asia/Shanghai")
    assert (
        ClientTable.from_frame(PEOPLE.assign(assessed_on=there)).assessed_on.astype(str).tolist()
        == ["2024-01-01"] * 2
    )
    assert (
        Interactions.from_frame(EVENTS.assign(day=there)).days.astype(str).tolist()
        == ["2024-01-01"] * 2
    )
    far = ClientTable.from_frame(PEOPLE.assign(assessed_on=date(9999, 12, 31)))
    assert far.assessed_on.astype(str).tolist() == ["9999-12-31"] * 2
    assert not far.problems


def test_an_empty_table_is_an_empty_value() -> None:
    assert (
        len(Interactions.from_frame(EVENTS.iloc[:0]))
        == len(Trades.from_frame(TRADES.iloc[:0]))
        == len(ClientTable.from_frame(PEOPLE.iloc[:0]))
        == 0
    )
    assert len(levels(levels=[])) == len(ClientTable.from_clients([])) == 0
    assert (
        len(profile_risk(ClientTable.from_clients([]), Questionnaire.default(), as_of="2024-01-01"))
        == 0
    )
