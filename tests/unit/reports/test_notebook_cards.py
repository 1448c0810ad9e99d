"""What a notebook shows: well-formed, escaped, and holding the numbers of the object."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import numpy as np
import pandas as pd
import pytest

from advisor import Advisor, Client, Market, ReturnModel, optimal_portfolio, sample, trace_frontier
from advisor.contracts import Advice, Mandate, Pick, Reason

EVIL = "<script>alert('x')</script>&\""


def text_of(card: str) -> str:
    """All text of a card; raises where it is not well-formed, and checks that nothing in it could
    run."""
    tree = ET.fromstring(card)
    assert not [e for e in tree.iter() if e.tag.endswith("script")]
    return " ".join(tree.itertext())


def model(names: tuple[str, str] = ("cash", "stocks")) -> ReturnModel:
    return ReturnModel(names, [0.02, 0.08], [[0.0, 0.0], [0.0, 0.04]])


def test_a_market_shows_each_asset_with_its_numbers() -> None:
    days = pd.bdate_range("2026-01-01", periods=4)
    market = Market.from_returns(
        pd.DataFrame({"a": [0.1, -0.5, 0.1, 0.1], "late": [np.nan, np.nan, 0.0, 0.02]}, index=days),
        groups={"a": "equity"},
        periods_per_year=4,
    )
    text = text_of(market._repr_html_())
    assert "equity" in text
    assert "50.0%" in text  # worst drawdown: from 1.1 to .55
    assert "2026-01-05" in text  # the first day of the late one
    assert f"{0.5 * (0.0 + 0.02) * 4:.1%}" in text


def test_a_market_without_days_and_one_with_many_assets_have_a_card() -> None:
    days = pd.bdate_range("2026-01-01", periods=3)
    market = Market.from_returns(
        pd.DataFrame(np.full((3, 30), 0.01), index=days, columns=[f"a{j}" for j in range(30)])
    )
    assert "10 more assets" in text_of(market._repr_html_())
    assert "0 days" in text_of(market.until("2020-01-01")._repr_html_())


def test_a_frontier_shows_its_ends() -> None:
    text = text_of(trace_frontier(model())._repr_html_())
    assert "stocks" in text
    assert "0.00%..20.00%" in text


def test_a_frontier_of_one_portfolio_and_one_with_short_sales_have_a_card() -> None:
    single = trace_frontier(ReturnModel(["only"], [0.05], [[0.04]]))
    assert "only" in text_of(single._repr_html_())
    both = ReturnModel(["a", "b"], [0.02, 0.08], [[0.01, 0.0], [0.0, 0.04]])
    assert (
        "polygon"
        not in trace_frontier(both, Mandate(min_weight=-1.0, max_weight=2.0))._repr_html_()
    )


def test_a_portfolio_shows_weights_and_proof() -> None:
    text = text_of(
        optimal_portfolio(model(), Mandate(max_weight=0.6), risk_aversion=0.5)._repr_html_()
    )
    assert "60.0%" in text
    assert "max_weight" in text


def test_an_advice_shows_reasons_and_picks() -> None:
    house = Advisor.fit(sample.market(), sample.interactions(), catalogue=sample.catalogue())
    advice = house.advise(sample.client(), as_of="2026-11-20")
    text = text_of(advice._repr_html_())
    assert advice.reasons[0].text in text
    assert all(p.product_id in text for p in advice.picks)
    nobody = house.advise(
        Client(id="x", wealth=1.0, horizon_years=1.0, age=40, level=3, assessed_on="2020-01-01"),
        as_of="2026-11-20",
    )
    assert nobody.status in text_of(nobody._repr_html_())


@pytest.mark.parametrize("kind", ["market", "frontier", "portfolio", "advice"])
def test_names_cannot_smuggle_markup(kind: str) -> None:
    days = pd.bdate_range("2026-01-01", periods=3)
    estimates = model(("cash", EVIL))
    advice = Advice(
        client_id=EVIL, as_of="2026-01-01", status="ok", level=1, weights={EVIL: 1.0},
        reasons=(Reason(code="x", text=EVIL),), fingerprint=EVIL,
        picks=(Pick(product_id=EVIL, asset=EVIL, rank=1, score=0.0, reasons=(Reason(code="x",
        text=EVIL),)),),
    )  # fmt: skip
    shown = {
        "market": lambda: Market.from_returns(
            pd.DataFrame({EVIL: [0.0, 0.1, 0.0]}, index=days), groups={EVIL: EVIL}
        ),
        "frontier": lambda: trace_frontier(estimates),
        "portfolio": lambda: optimal_portfolio(
            estimates, Mandate(bounds={EVIL: (0.0, 0.5)}), risk_aversion=0.1
        ),
        "advice": lambda: advice,
    }[kind]()
    card = shown._repr_html_()
    assert "<script" not in card
    assert "alert" in text_of(card)
