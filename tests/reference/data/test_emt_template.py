"""The European MiFID Template under its published headers: FinDatEx EMT V4.2 and V4.3, in the order
of the file.

Source of the headers and codes: FinDatEx, European MiFID Template, sheet "EMT V4.3" of 2025-12-17
(fields 1-70) and the V4.2 posting of a French asset manager; the names of V3 after the field list
of Millistream Market Data.
"""

from __future__ import annotations

import hashlib

import pandas as pd
import pytest

from advisor import InputError
from advisor.contracts import Client, Product
from advisor.contracts.currencies import CODES
from advisor.data import Catalogue, ClientTable

PUBLISHED = """
00001_EMT_Version 00002_EMT_Producer_Name 00003_EMT_Producer_LEI 00004_EMT_Producer_Email
00005_File_Generation_Date_And_Time 00006_EMT_Data_Reporting_Target_Market 00007_EMT_Data_Reporting_Ex_Ante
00008_EMT_Data_Reporting_Ex_Post 00010_Financial_Instrument_Identifying_Data
00020_Type_Of_Identification_Code_For_The_Financial_Instrument 00030_Financial_Instrument_Name
00040_Financial_Instrument_Currency 00045_Financial_Instrument_Performance_Fee
00047_Financial_Instrument_Distribution_Of_Cash 00050_General_Reference_Date
00060_Financial_Instrument_Product_Type 00065_Maturity_Date 00067_May_Be_Terminated_Early
00070_Financial_Instrument_Manufacturer_Name
00100_Leveraged_Financial_Instrument_Or_Contingent_Liability_Instrument
00110_Fund_Share_Class_Without_Retrocession 01000_Target_Market_Reference_Date 01010_Investor_Type_Retail
01020_Investor_Type_Professional 01030_Investor_Type_Eligible_Counterparty 02010_Basic_Investor
02020_Informed_Investor 02030_Advanced_Investor 02040_Expert_Investor_Germany
03010_Compatible_With_Clients_Who_Can_Not_Bear_Capital_Loss
03020_Compatible_With_Clients_Who_Can_Bear_Limited_Capital_Loss 03030_Limited_Capital_Loss_Level
03040_Compatible_With_Clients_Who_Do_Not_Need_Capital_Guarantee
03050_Compatible_With_Clients_Who_Can_Bear_Loss_Beyond_Capital 04010_Risk_Tolerance_PRIIPS_Methodology
04020_Risk_Tolerance_UCITS_Methodology 04030_Risk_Tolerance_Internal_Methodology_For_Non_PRIIPS_And_Non_UCITS
04040_Risk_Tolerance_For_Non_PRIIPS_And_Non_UCITS_Spain
04050_Not_For_Investors_With_The_Lowest_Risk_Tolerance_Germany
05010_Return_Profile_Client_Looking_For_Preservation 05020_Return_Profile_Client_Looking_For_Capital_Growth
05030_Return_Profile_Client_Looking_For_Income 05040_Return_Profile_Hedging
05050_Option_Or_Leveraged_Return_Profile 05070_Return_Profile_Pension_Scheme_Germany
05080_Minimum_Recommended_Holding_Period
05105_Does_This_Financial_Instrument_Consider_End_Client_Sustainability_Preferences
05115_Other_Specific_Investment_Need 06010_Execution_Only
06020_Execution_With_Appropriateness_Test_Or_Non_Advised_Services 06030_Investment_Advice 06040_Portfolio_Management
07020_Gross_One-off_Cost_Financial_Instrument_Maximum_Entry_Cost_Non_Acquired
07100_Financial_Instrument_Gross_Ongoing_Costs 07110_Financial_Instrument_Management_Fee
"""
HEADERS = PUBLISHED.split()
CELLS = {
    "00010": "LU0000000001", "00020": 1, "00030": "Growth fund", "00040": "EUR", "00060": "U",
    "00100": "N",
    "01010": "Y", "01020": "B", "01030": "N", "02010": "N", "02020": "Y", "02030": "Y",
    "03010": "N", "03020": None,
    "03040": "Y", "03050": "N", "04010": 4, "05010": "N", "05020": "Y", "05030": "Neutral",
    "05040": None,
    "05080": 5, "06010": "R", "06030": "B", "06040": "R", "07020": 0.03, "07100": 0.0115,
    "07110": 0.01,
}  # fmt: skip
V3 = {
    "03010": "03010_No_Capital_Loss", "03020": "03020_Limited_Capital_Loss",
    "03040": "03040_No_Capital_Guarantee",
    "03050": "03050_Loss_Beyond_Capital", "05010": "05010_Return_Profile_Preservation",
    "05020": "05020_Return_Profile_Growth",
    "05030": "05030_Return_Profile_Income", "05080": "05080_Time_Horizon",
    "00060": "00060_Financial_Instrument_Legal_Structure",
    "07100": "07100_Financial_Instrument_Ongoing_costs",
}  # fmt: skip
ASSETS = {"LU0000000001": "equity"}


def emt(headers: list[str] = HEADERS, **cells: object) -> pd.DataFrame:
    values = CELLS | {number.lstrip("f"): cell for number, cell in cells.items()}
    return pd.DataFrame({header: [values.get(header[:5])] for header in headers}, dtype=object)


def read(frame: pd.DataFrame, **options: object) -> Product:
    return Catalogue.from_emt(frame, assets=ASSETS, **options).products[0]


@pytest.mark.parametrize(
    "headers",
    [HEADERS, [V3.get(h[:5], h) for h in HEADERS], [h[:5] for h in HEADERS], HEADERS[::-1]],
)
def test_every_version_reads_the_same(headers: list[str]) -> None:
    product = read(emt(headers))
    market = product.target_market
    assert (product.id, product.name, product.currency, product.annual_fee) == (
        "LU0000000001",
        "Growth fund",
        "EUR",
        0.0115,
    )
    assert (product.risk_level, product.complex) == (4, False)
    assert market is not None
    answers = {
        name: getattr(market, name)
        for name in ("retail", "professional", "basic", "informed", "advanced")
    }
    assert answers == {
        "retail": "yes",
        "professional": "yes",
        "basic": "no",
        "informed": "yes",
        "advanced": "yes",
    }
    assert (market.none, market.limited, market.no_guarantee, market.beyond_capital) == (
        "no",
        "neutral",
        "yes",
        "no",
    )
    assert (market.preservation, market.growth, market.income) == ("no", "yes", "neutral")
    assert (
        market.min_years,
        market.risk_indicator,
        market.advice,
        market.portfolio_management,
    ) == (5.0, 4, "both", "retail")


@pytest.mark.parametrize(
    ("cell", "answer"),
    [("Y", "yes"), ("N", "no"), ("P", "yes"), ("E", "yes"), ("B", "yes"), ("Neutral", "neutral")],
)
def test_professionals_are_named_by_their_own_codes(cell: str, answer: str) -> None:
    market = read(emt(f01020=cell)).target_market
    assert market is not None
    assert market.professional == answer


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        ({"f04010": "6.99"}, r"field 04010 is '6\.99'; a risk indicator is a whole number"),
        ({"f04010": 0}, "field 04010 is '0'"),
        ({"f04010": 8}, "field 04010 is '8'"),
        ({"f01010": "P"}, "field 01010 is 'P'"),
        ({"f00040": "U"}, "field 00040 is 'U'; it must be a currency code of ISO 4217"),
        ({"f00040": None}, "field 00040 is ''"),
        ({"f00040": "RMB"}, "Did you mean CNY"),
        ({"f00100": "L"}, "field 00100 is 'L'"),
        ({"f04050": "perhaps"}, "field 04050 is 'perhaps'"),
        ({"f07100": 1.15}, "field 07100 is '1.15'|annual_fee of 1.15"),
        ({"f07100": 0.41}, "annual_fee of 0.41"),
    ],
)
def test_what_the_template_does_not_allow_is_named(cells: dict[str, object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        read(emt(**cells))


def test_headers_that_the_template_does_not_have_are_refused_by_name() -> None:
    twice = emt()
    twice["04010_Risk_Tolerance_PRIIPS"] = 1
    with pytest.raises(
        InputError,
        match=(
            "field 04010 twice, as '04010_Risk_Tolerance_PRIIPS_Methodology' and"
            " '04010_Risk_Tolerance_PRIIPS'"
        ),
    ):
        read(twice)
    wrong = emt().rename(
        columns={"00060_Financial_Instrument_Product_Type": "00060_Financial_Instrument_Currency"}
    )
    with pytest.raises(InputError, match="'00060_Financial_Instrument_Currency', but field 00060"):
        read(wrong)
    longer = emt()
    longer["040101_Something_Else"] = 1
    assert read(longer).risk_level == 4
    with pytest.raises(InputError, match=r"lacks the field\(s\) \['00040'\]"):
        read(emt([h for h in HEADERS if not h.startswith("00040")]))


def test_whole_numbers_may_come_as_floats_and_leverage_is_complex() -> None:
    assert read(emt(f04010=6.0)).risk_level == 5
    assert read(emt(f00100="Y")).complex


def test_currencies_are_those_of_the_standard() -> None:
    """The list of the package pycountry 26.2.16, which takes it from Debian's iso-codes: 178 codes,
    compared by their digest."""
    digest = hashlib.sha256(" ".join(sorted(CODES)).encode()).hexdigest()
    assert (len(CODES), digest) == (
        178,
        "62185bf8d74197e249d7a609a697f81820def9ca894cc3e9121c82497358f453",
    )


@pytest.mark.parametrize(
    ("given", "kept"), [("EUR", "EUR"), ("eur", "EUR"), (" usd ", "USD"), ("", None), (None, None)]
)
def test_a_currency_is_one_wherever_it_stands(given: str | None, kept: str | None) -> None:
    client = Client(id="a", wealth=1.0, horizon_years=1.0, currency=given)
    frame = pd.DataFrame(
        {"id": ["a"], "wealth": [1.0], "horizon_years": [1.0], "currency": [given]}
    )
    product = Product(id="p", name="p", asset="x", risk_level=1, currency=given)
    shelf = Catalogue.from_frame(
        pd.DataFrame(
            {"id": ["p"], "name": ["p"], "asset": ["x"], "risk_level": [1], "currency": [given]}
        )
    )
    assert client.currency == product.currency == shelf.products[0].currency == kept
    assert ClientTable.from_frame(frame).client(0).currency == kept


@pytest.mark.parametrize("word", ["U", "RMB", "EURO", "€", "978", "XYZ"])
def test_what_is_no_currency_is_refused_or_set_aside(word: str) -> None:
    with pytest.raises(InputError, match="no code of ISO 4217"):
        Client(id="a", wealth=1.0, horizon_years=1.0, currency=word)
    with pytest.raises(InputError, match="no code of ISO 4217"):
        Product(id="p", name="p", asset="x", risk_level=1, currency=word)
    frame = pd.DataFrame(
        {
            "id": ["a", "b"],
            "wealth": [1.0, 1.0],
            "horizon_years": [1.0, 1.0],
            "currency": [word, "CNY"],
        }
    )
    table = ClientTable.from_frame(frame)
    assert list(table.problems) == [0]
    assert "ISO 4217" in table.problems[0]
    assert table.client(1).currency == "CNY"


def fees(**columns: object) -> pd.DataFrame:
    return pd.DataFrame({"id": ["a", "b"], "name": "x", "asset": "x", "risk_level": 1, **columns})


def test_fees_are_believable_or_refused() -> None:
    with pytest.raises(
        InputError, match=r"row 1 \(b\).*annual_fee of 0\.41, which is 41 % a year.*max_fee=0\.41"
    ):
        Catalogue.from_frame(fees(annual_fee=[0.05, 0.41]))
    assert Catalogue.from_frame(
        fees(annual_fee=[0.05, 0.41]), max_fee=0.41
    ).annual_fee.tolist() == [0.05, 0.41]
    with pytest.raises(InputError, match="41 % a year"):
        Catalogue.from_products(
            [Product(id="a", name="a", asset="x", risk_level=1, annual_fee=0.41)]
        )
    assert Catalogue.from_frame(fees(annual_fee_percent=[0.41, 1.15])).annual_fee.tolist() == [
        0.0041,
        0.0115,
    ]
    with pytest.raises(InputError, match="stated too"):
        Catalogue.from_frame(fees(annual_fee_percent=[0.41, 1.15], annual_fee=[0.01, 0.01]))
    with pytest.raises(InputError, match="annual_fee_percent"):
        Catalogue.from_frame(fees(annual_fee_percent=[0.41, -1.0]))


def test_a_missing_fee_is_named_and_counts_as_what_is_said() -> None:
    shelf = Catalogue.from_frame(fees(annual_fee=[0.01, None]), unknown_fee=0.02)
    assert (shelf.annual_fee.tolist(), shelf.unknown_fees) == ([0.01, 0.02], ("b",))
    assert "1 of unknown fee" in repr(shelf)
    assert Catalogue.from_frame(fees(annual_fee=[0.01, 0.0])).unknown_fees == ()
    with pytest.raises(InputError, match="unknown_fee"):
        Catalogue.from_frame(fees(), unknown_fee=-0.1)
