"""Portfolios, old holdings, concentration, pack changes, fairness, and the European template."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from advisor import InputError
from advisor.contracts import Client, Product, RulePack, TargetMarket
from advisor.contracts.target_market import TargetMarketMapping
from advisor.data import Catalogue, ClientTable, RiskProfiles
from advisor.risk_profile import profile_risk
from advisor.suitability import (
    Regime,
    age_groups,
    compare_packs,
    concentration,
    fairness,
    legacy_holdings,
    portfolio_suits,
    rate_portfolio,
)
from strategies import clients_of_levels

DAY = "2026-06-01"


def shelf(**more: object) -> Catalogue:
    return Catalogue.from_products(
        [Product(id=f"f{r}", name="x", asset="x", risk_level=r, **more) for r in range(1, 6)]
    )


def test_a_portfolio_is_rated_by_its_own_volatility() -> None:
    assert rate_portfolio(np.array([0.0, 0.02, 0.0201, 0.13, 0.2, 0.21, np.nan])).tolist() == [
        1,
        1,
        2,
        4,
        5,
        6,
        6,
    ]
    p = RiskProfiles.from_levels([3, 3, 0], as_of=DAY)
    assert portfolio_suits(p, np.array([0.08, 0.081, 0.0])).tolist() == [True, False, False]
    with pytest.raises(InputError, match="1 portfolios for 3 profiles"):
        portfolio_suits(p, np.array([0.1]))


def test_holdings_that_could_not_be_bought_today_are_named() -> None:
    table = ClientTable.from_clients(
        [
            Client(
                id="a",
                wealth=1000,
                horizon_years=9,
                level=2,
                assessed_on="2026-01-01",
                age=40,
                holdings={"f1": 100, "f4": 200, "gold": 50},
            ),
            Client(
                id="b",
                wealth=1000,
                horizon_years=9,
                level=5,
                assessed_on="2026-01-01",
                age=40,
                holdings={"f4": 200},
            ),
        ]
    )
    profiles = profile_risk(table, None, as_of=DAY)
    found = legacy_holdings(Regime.csrc(), profiles, table, shelf())
    assert found.to_dict("records") == [
        {
            "client_id": "a",
            "product_id": "f4",
            "money": 200.0,
            "decision": "warn",
            "rules": ("csrc.22.level",),
        }
    ]
    assert legacy_holdings(Regime.nfra(), profiles, table, shelf())["decision"].tolist() == [
        "refuse"
    ]


def test_concentration_conflicts_and_insured_deposits() -> None:
    catalogue = Catalogue.from_products(
        [
            Product(id="p1", name="x", asset="x", risk_level=2, issuer="I", own_product=True),
            Product(id="p2", name="x", asset="x", risk_level=2, issuer="I"),
            Product(id="p3", name="x", asset="x", risk_level=2, issuer="J"),
            Product(id="d1", name="x", asset="x", risk_level=1, issuer="B", insured_deposit=True),
            Product(id="d2", name="x", asset="x", risk_level=1, issuer="B", insured_deposit=True),
        ]
    )
    table = ClientTable.from_clients(
        [
            Client(
                id="a",
                wealth=1_000_000,
                horizon_years=9,
                age=40,
                holdings={"p1": 210_000, "p2": 200_000, "p3": 190_000, "d1": 300_000},
            ),
            Client(
                id="b",
                wealth=1_000_000,
                horizon_years=9,
                age=40,
                holdings={"d1": 300_000, "d2": 200_001, "p3": 200_000},
            ),
            Client(id="c", wealth=1_000_000, horizon_years=9, age=40, holdings={"p2": 200_000}),
        ]
    )
    found = concentration(Regime.nfra(), table, catalogue)
    assert [(r.client_id, r.rule, r.subject) for r in found.itertuples()] == [
        ("a", "nfra.product_share", "p1"),
        ("a", "nfra.issuer_share", "I"),
        ("b", "nfra.insured_deposit", "B"),
        ("a", "nfra.own_products", ""),
    ]
    assert found["value"].tolist() == pytest.approx([0.21, 0.41, 500_001, 0.21])
    assert found["limit"].tolist() == [0.2, 0.4, 500_000, 0.0]
    planned = np.zeros((3, 5))
    planned[2, 1] = 500_000
    assert concentration(Regime.csrc(), table, catalogue, money=planned)["client_id"].tolist() == [
        "c",
        "c",
    ]
    with pytest.raises(InputError, match="is needed"):
        concentration(Regime.nfra(), table, catalogue, money=np.zeros((3, 4)))


def test_the_difference_between_two_versions_names_whom_it_concerns() -> None:
    table = clients_of_levels(1, 3, 3, 5, lowest_category=False)
    profiles = profile_risk(table, None, as_of=DAY)
    old = Regime.nfra()
    level = old.rule("nfra.12.level").model_copy(
        update={"cells": {**old.rule("nfra.12.level").cells, "3": (3, 4, 5)}}
    )
    rules = tuple(
        level if r.id == level.id else r for r in old.pack.rules if r.id != "nfra.18.senior"
    )
    new = Regime(
        old.pack.model_copy(
            update={"version": "1.2.0", "rules": (*rules, old.rule("csrc.19.insistence"))}
        )
    )
    change = compare_packs(old, new, profiles, table, shelf())
    assert (change.added, change.removed, change.changed) == (
        ("csrc.19.insistence",),
        ("nfra.18.senior",),
        ("nfra.12.level",),
    )
    assert change.clients.to_dict("index") == {
        "c1": {"opened": 0, "closed": 1},
        "c2": {"opened": 0, "closed": 1},
    }
    assert change.products.to_dict("index") == {"f3": {"opened": 0, "closed": 2}}
    back = compare_packs(new, old, profiles, table, shelf())
    assert back.products.to_dict("index") == {"f3": {"opened": 2, "closed": 0}}
    with pytest.raises(InputError, match=r"call themselves nfra 1\.1\.0"):
        compare_packs(
            old, Regime(old.pack.model_copy(update={"rules": rules})), profiles, table, shelf()
        )


def test_fairness_is_measured_with_its_chance() -> None:
    rng = np.random.default_rng(0)
    levels = np.r_[rng.integers(1, 6, 400), rng.integers(1, 4, 400), 0]
    groups = ["f"] * 400 + ["m"] * 400 + [None]
    profiles = RiskProfiles.from_levels(
        levels,
        as_of=DAY,
        lowest_category=np.zeros(801, dtype=bool),
        valid_until=["2026-12-31"] * 801,
    )
    table = clients_of_levels(*levels.tolist(), lowest_category=False)
    eligibility = Regime.csrc().eligibility(profiles, table, shelf())
    found = fairness(profiles, groups, eligibility=eligibility)
    assert found.index.tolist() == ["f", "m"]
    a, b = levels[:400], levels[400:800]
    assert found.loc["f", "difference"] == pytest.approx(a.mean() - b.mean())
    assert found.loc["f", "low"] > 0 > found.loc["m", "high"]
    assert found.loc["m", "refused"] == pytest.approx(1 - b.mean() / 5)
    assert found.loc["m", "access"] == pytest.approx(b.mean() / a.mean())
    same = fairness(profiles, [str(i % 2) for i in range(801)])
    assert same.loc["0", "low"] < 0 < same.loc["0", "high"]
    assert np.isnan(same.loc["0", "access"])
    ages = ClientTable.from_frame(
        pd.DataFrame(
            {
                "id": ["a", "b", "c", "d"],
                "wealth": 1.0,
                "horizon_years": 1.0,
                "age": [34, 35, 65, None],
            }
        )
    )
    assert age_groups(ages) == ["0-34", "35-49", "65+", None]
    with pytest.raises(InputError, match="one each"):
        fairness(profiles, ["f"])


EMT = {
    "00010_Financial_Instrument_Identifying_Data": ["LU1", "LU2"],
    "00030_Financial_Instrument_Name": ["Growth fund", "Reserve fund"],
    "00040_Financial_Instrument_Currency": ["EUR", "EUR"],
    "00060_Financial_Instrument_Product_Type": ["U", "U"],
    "01010_Investor_Type_Retail": ["Y", "Y"],
    "01020_Investor_Type_Professional": ["Y", "Neutral"],
    "02010_Basic_Investor": ["N", "Y"],
    "02020_Informed_Investor": ["Y", "Y"],
    "02030_Advanced_Investor": ["Y", "Y"],
    "03010_Compatible_With_Clients_Who_Can_Not_Bear_Capital_Loss": ["N", "Y"],
    "03020_Compatible_With_Clients_Who_Can_Bear_Limited_Capital_Loss": [None, "Y"],
    "03040_Compatible_With_Clients_Who_Do_Not_Need_Capital_Guarantee": ["Y", "Y"],
    "03050_Compatible_With_Clients_Who_Can_Bear_Loss_Beyond_Capital": ["N", "N"],
    "04010_Risk_Tolerance_PRIIPS_Methodology": [4, 1],
    "05010_Return_Profile_Client_Looking_For_Preservation": ["N", "Y"],
    "05020_Return_Profile_Client_Looking_For_Capital_Growth": ["Y", "Neutral"],
    "05030_Return_Profile_Client_Looking_For_Income": ["Neutral", "Neutral"],
    "05080_Minimum_Recommended_Holding_Period": ["5", "V"],
    "06030_Investment_Advice": ["B", "R"],
    "07100_Financial_Instrument_Gross_Ongoing_Costs": [0.015, 0.001],
}
ASSETS = {"LU1": "equity", "LU2": "cash"}


def emt(**cells: object) -> pd.DataFrame:
    frame = pd.DataFrame(EMT).astype(object)
    for number, value in cells.items():
        frame.loc[0, next(c for c in frame.columns if c.startswith(number.lstrip("f")))] = value
    return frame


def test_the_european_template_becomes_products() -> None:
    first, second = Catalogue.from_emt(emt(), assets=ASSETS).products
    assert (first.id, first.name, first.asset, first.risk_level, first.regime, first.currency,
    first.annual_fee) == (
        "LU1", "Growth fund", "equity", 4, "mifid", "EUR", 0.015,
    )  # fmt: skip
    market = first.target_market
    assert market is not None
    assert (market.basic, market.informed, market.none, market.limited, market.growth,
    market.min_years, market.risk_indicator) == (
        "no", "yes", "no", "neutral", "yes", 5.0, 4,
    )  # fmt: skip
    assert second.target_market is not None
    assert (second.target_market.min_years, second.target_market.advice) == (0.0, "retail")
    mapped = Catalogue.from_emt(emt(), assets=ASSETS, sri_to_level=(1, 1, 2, 3, 4, 5, 5))
    assert mapped.risk_level.tolist() == [3, 1]
    short = emt().rename(columns=lambda c: str(c)[:5])
    assert Catalogue.from_emt(short, assets=ASSETS).risk_level.tolist() == [4, 1]


@pytest.mark.parametrize(
    ("frame", "assets", "message"),
    [
        (emt(f02010="perhaps"), ASSETS, r"EMT row 0 \(LU1\): field 02010 is 'perhaps'"),
        (emt(f04010=9), ASSETS, "field 04010 is '9'"),
        (emt(f05080="long"), ASSETS, "field 05080 is 'long'"),
        (emt(), {"LU2": "cash"}, "does not say which asset 'LU1'"),
        (emt().drop(columns="01010_Investor_Type_Retail"), ASSETS, "lacks the field"),
        (emt().drop(columns="04010_Risk_Tolerance_PRIIPS_Methodology"), ASSETS, "lacks the field"),
    ],
)
def test_a_bad_template_says_which_cell(
    frame: pd.DataFrame, assets: dict[str, str], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        Catalogue.from_emt(frame, assets=assets)
    with pytest.raises(InputError, match="seven levels"):
        Catalogue.from_emt(emt(), assets=ASSETS, sri_to_level=(1, 2))


@pytest.mark.parametrize(
    ("client", "decision", "rules"),
    [
        ({}, "allow", ()),
        (
            {"knowledge": 20},
            "refuse",
            ("mifid.16_3.negative_target_market", "mifid.16_3.target_market"),
        ),
        (
            {"knowledge": None},
            "refuse",
            ("mifid.16_3.negative_target_market", "mifid.16_3.target_market"),
        ),
        ({"horizon_years": 4}, "refuse", ("mifid.16_3.negative_target_market",)),
        ({"level": 3}, "refuse", ("mifid.54_2.level",)),
        ({"professional": True, "knowledge": 90}, "allow", ()),
    ],
)
def test_target_markets_bind_under_mifid(
    client: dict[str, object], decision: str, rules: tuple[str, ...]
) -> None:
    product = Catalogue.from_emt(emt(f05030="Y", f05010="Y"), assets=ASSETS).products[0]
    person = Client(
        **(
            {
                "id": "c",
                "wealth": 1e5,
                "horizon_years": 9,
                "age": 40,
                "level": 5,
                "assessed_on": "2026-01-01",
                "knowledge": 50,
                "currency": "EUR",
            }
            | client
        )
    )
    table = ClientTable.from_clients([person])
    profile = profile_risk(table, None, as_of=DAY)[0]
    verdict = Regime.mifid().check(profile, person, product)
    assert (verdict.decision, verdict.rules) == (decision, rules)
    assert Regime.nfra().check(
        profile, person, product.model_copy(update={"regime": "nfra"})
    ).decision in ("allow", "refuse")


def test_where_clients_stand_in_target_markets_is_part_of_the_pack() -> None:
    product = Product(
        id="p",
        name="x",
        asset="x",
        risk_level=1,
        target_market=TargetMarket(limited="no", no_guarantee="yes"),
    )
    table = clients_of_levels(1, lowest_category=False, knowledge=50)
    profiles = profile_risk(table, None, as_of=DAY)
    catalogue = Catalogue.from_products([product])
    assert not Regime.mifid().eligible(profiles, table, catalogue)[0, 0]  # C1 bears limited losses
    bolder = TargetMarketMapping(loss_bearing=("no_guarantee",) * 5)
    house = Regime(
        RulePack.bundled("mifid").model_copy(update={"places": bolder, "version": "house"})
    )
    assert house.eligible(profiles, table, catalogue)[0, 0]
    with pytest.raises(InputError, match="ascending"):
        TargetMarketMapping(knowledge_cuts=(60, 40))
