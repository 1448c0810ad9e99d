"""The gate between a champion and a challenger: who is promoted, who is not, and why."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd
import pytest

from advisor import (
    EASE,
    Advisor,
    Catalogue,
    InputError,
    Interactions,
    Market,
    Popularity,
    RiskBands,
    sample,
)
from advisor.adapters.analytics import compare
from advisor.adapters.records import Ledger

DAY = "2025-01-31"


@dataclass(frozen=True)
class World:
    """What is known on the day, and what came after it."""

    market: Market
    later_market: Market
    bought: Interactions
    later: Interactions
    catalogue: Catalogue


@pytest.fixture(scope="module")
def world() -> World:
    market, bought = sample.market(), sample.interactions()
    returns = pd.DataFrame(market.returns, index=market.dates, columns=list(market.assets))
    later = Market.from_returns(
        returns[returns.index > DAY], groups=market.groups, risk_levels=market.risk_levels
    )
    return World(market.until(DAY), later, bought.until(DAY), bought.after(DAY), sample.catalogue())


@pytest.fixture(scope="module")
def champion(world: World) -> Advisor:
    return Advisor.fit(world.market, world.bought, catalogue=world.catalogue)


CLIENTS = sample.clients(200, assessed_on="2025-01-10")


def failed(report) -> set[str]:
    return {check.name for check in report.checks if not check.passed}


def test_an_advisor_may_replace_itself(champion: Advisor, world: World) -> None:
    report = compare(champion, champion, CLIENTS, world.later, as_of=DAY, market=world.later_market)
    assert report.promoted
    assert {"suitability", "realised_over", "realised_breached", "ndcg_at_5"} <= set(
        report.to_frame().index
    )
    assert report.champion.suitability == 1.0
    assert all(check.champion == check.challenger for check in report.checks)
    assert "Promoted on 200 clients" in str(report)


def test_relevance_within_its_interval_is_no_reason_against(
    champion: Advisor, world: World
) -> None:
    challenger = Advisor.fit(
        world.market, world.bought, catalogue=world.catalogue, recommender=EASE(250.0)
    )
    for first, second in ((champion, challenger), (challenger, champion)):
        report = compare(first, second, CLIENTS, world.later, as_of=DAY, market=world.later_market)
        assert not failed(report) & {"suitability", "ndcg_at_5", "above_band", "no_portfolio"}
        assert report.promoted == (not failed(report))


def test_worse_relevance_is_not(champion: Advisor, world: World) -> None:
    """Both are asked about purchases that are exactly the champion's own picks."""
    picks = champion.advise_table(CLIENTS, as_of=DAY, picks=5).to_frame()
    rows = picks.melt(
        "client_id", [f"pick_{k}" for k in range(1, 6)], value_name="product_id"
    ).dropna(subset="product_id")
    bought = Interactions.from_frame(rows.assign(day="2025-03-01"))
    challenger = Advisor.fit(
        world.market,
        world.bought,
        catalogue=world.catalogue,
        recommender=Popularity(),
        fit_weight=0.0,
    )
    report = compare(champion, challenger, CLIENTS, bought, as_of=DAY)
    assert "ndcg_at_5" in failed(report)
    assert not report.promoted
    assert "ndcg_at_5" not in failed(compare(challenger, champion, CLIENTS, bought, as_of=DAY))


def test_a_challenger_that_rates_products_down_is_not(champion: Advisor, world: World) -> None:
    """It calls every product R1, so that everybody may have everything: judged by the champion's
    catalogue its picks do not suit."""
    safe = Catalogue.from_products(
        [
            p.model_copy(update={"risk_level": 1, "issuer_risk_level": 1})
            for p in world.catalogue.products
        ]
    )
    challenger = Advisor.fit(world.market, world.bought, catalogue=safe)
    report = compare(champion, challenger, CLIENTS, world.later, as_of=DAY)
    assert "suitability" in failed(report)
    assert not report.promoted


def test_a_challenger_that_promises_more_risk_is_not(champion: Advisor, world: World) -> None:
    bands = RiskBands.default()
    daring = bands.model_copy(
        update={
            "upper_volatility": tuple(v * 1.8 for v in bands.upper_volatility),
            "stress_loss": (0.99,) * 5,
        }
    )
    challenger = Advisor.fit(world.market, world.bought, catalogue=world.catalogue, bands=daring)
    report = compare(
        champion, challenger, CLIENTS, world.later, as_of=DAY, market=world.later_market
    )
    assert {"above_band", "realised_over"} <= failed(report)


def test_the_decision_is_a_record(champion: Advisor, world: World, tmp_path) -> None:
    report = compare(champion, champion, CLIENTS, world.later)
    record = report.record(operator="model risk")
    assert (record.kind, record.decision, record.operator) == (
        "model_gate",
        "promoted",
        "model risk",
    )
    assert record.fingerprint == f"{champion.fingerprint}:{champion.fingerprint}"
    assert (
        record.as_of
        == report.as_of
        == world.later.days.min().astype(object) - pd.Timedelta(days=1).to_pytimedelta()
    )
    ledger = Ledger(tmp_path / "ledger.jsonl")
    ledger.append([record], at=pd.Timestamp("2026-01-01T00:00:00Z").to_pydatetime())
    assert ledger.verify().ok


def test_an_unfair_test_is_refused(champion: Advisor, world: World) -> None:
    knowing = Advisor.fit(world.market, sample.interactions(), catalogue=world.catalogue)
    with pytest.raises(InputError, match="may have learnt"):
        compare(champion, knowing, CLIENTS, world.later, as_of=DAY)
    with pytest.raises(InputError, match="not after as_of"):
        compare(champion, champion, CLIENTS, world.later, as_of="2025-06-30")
    with pytest.raises(InputError, match="market begins on"):
        compare(champion, champion, CLIENTS, world.later, as_of=DAY, market=world.market)
    half = Catalogue.from_products(world.catalogue.products[:20])
    other = Advisor.fit(world.market, world.bought.only(half.ids), catalogue=half)
    with pytest.raises(InputError, match="same products"):
        compare(champion, other, CLIENTS, world.later, as_of=DAY)
    with pytest.raises(InputError, match="bought is empty"):
        compare(champion, champion, CLIENTS, world.later.after("2030-01-01"), as_of=DAY)
    with pytest.raises(InputError, match="metric"):
        compare(champion, champion, CLIENTS, world.later, as_of=DAY, metric="charm")


def test_nothing_raw_comes_out(champion: Advisor, world: World, garbage, raw_error) -> None:
    arguments = {"champion": champion, "challenger": champion, "clients": CLIENTS,
    "bought": world.later, "as_of": DAY, "market": world.later_market,
        "picks": 3, "metric": "ndcg", "days": 100, "confidence": 0.9, "seed": 0}  # fmt: skip
    compare(**arguments)
    slow = {"picks", "days", "seed", "confidence"}
    raw = [
        f"{field} = {label}: {error}"
        for field in arguments
        for label, bad in garbage.items()
        if field not in slow
        or label in {"none", "word", "nan", "minus", "yes", "list of words", "thing"}
        if (error := raw_error(compare, arguments, field, bad)) is not None
    ]
    assert not raw, "\n".join(raw)
