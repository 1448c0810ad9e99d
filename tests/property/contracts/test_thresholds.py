"""Exactly on the threshold: fractions and the calendar say what is right, not the code's own
floats."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from dateutil.relativedelta import relativedelta

from advisor.contracts import Client, Option, Product, Question, Questionnaire, RiskBands
from advisor.data import Catalogue, ClientTable, RiskProfiles
from advisor.risk_profile import profile_risk
from advisor.risk_profile.capacity import money_cap
from advisor.suitability import Regime, concentration, rate_portfolio

LOSSES = tuple(Fraction(text) for text in ("0.03", "0.08", "0.15", "0.28", "0.40"))
REGIMES = (Regime.csrc(), Regime.nfra(), Regime.mifid())


def both(
    regime: Regime, client: Client, product: Product, day: str, knowledge: float = 100.0
) -> bool:
    """What both implementations of the rules say of a pair; they must agree."""
    table = ClientTable.from_clients([client])
    until = np.array(["2099-01-01"], dtype="datetime64[D]")
    profiles = RiskProfiles.from_levels(
        [5],
        as_of=day,
        lowest_category=[False],
        knowledge=[knowledge],
        valid_until=until,
        client_ids=["a"],
    )
    allowed = bool(regime.eligible(profiles, table, Catalogue.from_products([product]))[0, 0])
    assert allowed == (regime.check(profiles[0], client, product).decision == "allow")
    return allowed


def money_at_the_edge() -> list[tuple[Decimal, Decimal, int]]:
    """Wealth, what is needed, and the level that fractions give: to the cent at an edge, and a cent
    to either side."""
    rng = np.random.default_rng(11)
    rows: list[tuple[Decimal, Decimal, int]] = []
    while len(rows) < 4_000:
        wealth = Decimal(int(rng.integers(1_000, 5_000_000)) * 50) / 100
        loss = LOSSES[int(rng.integers(5))]
        free = Fraction(wealth) * loss * 100
        if free.denominator != 1:
            continue
        needed = wealth - Decimal(int(free)) / 100 + Decimal(int(rng.integers(-1, 2))) / 100
        share = (Fraction(wealth) - Fraction(needed)) / Fraction(wealth)
        rows.append((wealth, needed, sum(share >= limit for limit in LOSSES)))
    return rows


def test_money_caps_are_met_to_the_cent() -> None:
    rows = [(Decimal("246119.50"), Decimal("226429.94"), 2), *money_at_the_edge()]
    clients = ClientTable.from_clients(
        [
            Client(id=str(i), wealth=float(w), horizon_years=9.0, planned_purchases=float(n))
            for i, (w, n, _) in enumerate(rows)
        ]
    )
    wrong = money_cap(clients, RiskBands.default()) != np.array([level for _, _, level in rows])
    assert int(wrong.sum()) == 0


@pytest.mark.parametrize("regime", REGIMES, ids=lambda r: r.id)
def test_a_knowledge_score_of_decimal_weights_reaches_its_threshold(regime: Regime) -> None:
    scores = tuple(
        Option(id=letter, text=letter, score=float(i)) for i, letter in enumerate("abcdef")
    )
    asked = Questionnaire(
        id="k",
        version="1",
        questions=(
            *(
                Question(id=f"k{w}", text="k", dimension="knowledge", options=scores, weight=w)
                for w in (0.7, 0.2, 0.1)
            ),
            Question(id="t", text="t", dimension="tolerance", options=scores),
        ),
    )
    weights = {"k0.7": Fraction(7, 10), "k0.2": Fraction(2, 10), "k0.1": Fraction(1, 10)}
    product = Product(id="p", name="p", asset="x", risk_level=1, complex=True)
    met = 0
    for number in range(6**3):
        chosen = [number // 36, number // 6 % 6, number % 6]
        score = sum(w * s for w, s in zip(weights.values(), chosen, strict=True)) * 100 / 5
        answers = {name: "abcdef"[i] for name, i in zip(weights, chosen, strict=True)} | {"t": "f"}
        client = Client(
            id="a",
            wealth=1e6,
            horizon_years=20.0,
            age=40,
            answers=answers,
            assessed_on=date(2026, 5, 4),
        )
        profile = profile_risk(ClientTable.from_clients([client]), asked, as_of="2026-06-01")
        allowed = regime.eligible(
            profile, ClientTable.from_clients([client]), Catalogue.from_products([product])
        )[0, 0]
        assert allowed == (score >= 50), (chosen, score)
        assert (regime.check(profile[0], client, product).decision == "allow") == allowed
        met += score == 50
    assert met > 5


@pytest.mark.parametrize("regime", REGIMES, ids=lambda r: r.id)
def test_terms_fit_horizons_by_the_calendar(regime: Regime) -> None:
    days = [
        date(2027, 1, 1),
        date(2026, 2, 28),
        date(2028, 2, 29),
        date(2026, 12, 31),
        date(2096, 3, 1),
        date(2026, 8, 31),
    ]
    horizons = [(months / 12, months) for months in (1, 3, 6, 12, 18, 24, 36, 48, 60, 120, 240)]
    for day in days:
        for years, months in horizons:
            longest = (day + relativedelta(months=months) - day).days
            for extra in (-1, 0, 1):
                product = Product(
                    id="p", name="p", asset="x", risk_level=1, term_days=longest + extra
                )
                client = Client(id="a", wealth=1e6, horizon_years=years, age=40)
                assert both(regime, client, product, str(day)) == (extra <= 0), (
                    day,
                    months,
                    longest + extra,
                )


@pytest.mark.parametrize(("days", "years"), [(731, 2.0), (1_096, 3.0), (3_653, 10.0)])
def test_the_terms_of_the_report(days: int, years: float) -> None:
    day = date(2027, 1, 1)
    fits = day + timedelta(days=days) <= date(2027 + int(years), 1, 1)
    product = Product(id="p", name="p", asset="x", risk_level=1, term_days=days)
    assert fits
    for regime in REGIMES:
        assert both(
            regime, Client(id="a", wealth=1e6, horizon_years=years, age=40), product, "2027-01-01"
        )


def test_a_smallest_purchase_that_is_all_of_wealth_can_be_paid() -> None:
    for regime in REGIMES:
        for parts in ((0.1, 0.2), (1.1, 2.2), (100_000.1, 200_000.2)):
            price = float(sum(Decimal(str(p)) for p in parts))
            for wealth, pays in ((sum(parts), True), (price, True), (price - 0.01, False)):
                product = Product(
                    id="p",
                    name="p",
                    asset="x",
                    risk_level=1,
                    min_purchase=price if pays else sum(parts),
                )
                assert (
                    both(
                        regime,
                        Client(id="a", wealth=wealth, horizon_years=5.0, age=40),
                        product,
                        "2027-01-01",
                    )
                    == pays
                )


def test_bands_and_shares_are_met_by_sums_of_decimals() -> None:
    edge = 0.01 * 3 + 0.05  # 0.08, and a last bit more
    assert rate_portfolio(np.array([edge, 0.1 * 3 - 0.22, 0.0801, np.nan])).tolist() == [3, 3, 4, 6]
    shelf = Catalogue.from_products(
        [
            Product(id=name, name=name, asset="x", risk_level=1, issuer="i")
            for name in ("p", "q", "r")
        ]
    )
    client = Client(
        id="a", wealth=1.5, horizon_years=5.0, holdings={"p": 0.1 + 0.2, "q": 0.3, "r": 0.31}
    )
    found = concentration(Regime.nfra(), ClientTable.from_clients([client]), shelf)
    assert found[found["rule"] == "nfra.product_share"]["subject"].tolist() == ["r"]
