"""Columns of a batch say what the cards say, and the schema is the documented one."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from advisor import Advisor, ClientTable, Product, sample
from advisor.data import Catalogue
from advisor.engine import AdviceBatch
from advisor.engine.output import arrow
from advisor.engine.output.arrow import advice_schema
from advisor.engine.output.reason_codes import PORTFOLIO_CODES, _spell
from strategies import sample_advisor

DAY = "2026-11-20"


def mixed_clients(count: int = 160, seed: int = 3) -> pd.DataFrame:
    """Clients of every kind: assessed or not, expired, biased, keeping what they may not buy, and
    with broken cells."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "id": [f"c{i:05d}" for i in range(count)],
            "wealth": np.round(np.exp(rng.normal(9.0, 2.0, count)), 2),
            "horizon_years": np.round(rng.uniform(1.0, 25.0, count), 1),
            "level": rng.choice([0.0, 1.0, 2.0, 3.0, 4.0, 5.0, np.nan], count),
            "assessed_on": rng.choice(["2026-06-01", "2019-06-01"], count, p=[0.9, 0.1]),
            "bias:loss_aversion": np.round(rng.uniform(1.0, 4.0, count), 2),
        }
    )
    frame["holding:P005"] = np.where(rng.random(count) < 0.4, 0.5 * frame["wealth"], 0.0)
    frame["holding:P007"] = np.where(rng.random(count) < 0.3, 0.4 * frame["wealth"], 0.0)
    frame["holding:nothing"] = np.where(rng.random(count) < 0.03, 0.01 * frame["wealth"], 0.0)
    frame.loc[rng.random(count) < 0.05, "wealth"] = -1.0
    frame["age"] = 40
    return frame


@pytest.fixture(scope="module")
def house() -> Advisor:
    return sample_advisor(200)


@pytest.fixture(scope="module")
def batch(house: Advisor) -> AdviceBatch:
    return house.advise_table(ClientTable.from_frame(mixed_clients()), as_of=DAY)


def answered(house: Advisor) -> AdviceBatch:
    return house.advise_table(sample.clients(60), as_of=DAY)


def codes_of(batch: AdviceBatch, i: int) -> str:
    return "|".join(dict.fromkeys(r.code for r in batch[i].reasons))


def test_reason_codes_are_those_of_the_card(batch: AdviceBatch, house: Advisor) -> None:
    seen = set()
    for some in (batch, answered(house)):
        told = some.reasons.words().spelled()
        for i in range(len(some)):
            assert told[i] == codes_of(some, i), i
        seen |= {code for cell in told for code in cell.split("|")}
    assert {
        "invalid_input",
        "not_assessed",
        "no_suitable_level",
        "assessment_expired",
        "sells_unsuitable",
        "correction",
        "unplaced",
        "flag",
    } <= seen


def test_a_stressed_shelf_is_told_apart() -> None:
    risky = Catalogue.from_products(
        [Product(id="P001", name="E", asset="emerging_equity", risk_level=1)]
    )
    house = Advisor.fit(sample.market(), sample.interactions(50), catalogue=risky)
    frame = mixed_clients(20).assign(level=1)[
        ["id", "wealth", "horizon_years", "level", "assessed_on", "age"]
    ]
    batch = house.advise_table(ClientTable.from_frame(frame), as_of=DAY)
    told = batch.reasons.words().spelled()
    assert "above_stress" in set(told)
    assert [told[i] for i in range(len(batch))] == [codes_of(batch, i) for i in range(len(batch))]


def test_a_swapped_code_would_be_seen(batch: AdviceBatch, monkeypatch: pytest.MonkeyPatch) -> None:
    swapped = tuple(
        {"fees": "unplaced", "unplaced": "fees"}.get(code, code) for code in PORTFOLIO_CODES
    )
    monkeypatch.setattr("advisor.engine.output.reason_codes.PORTFOLIO_CODES", swapped)
    told = batch.reasons.words().spelled()
    assert any(told[i] != codes_of(batch, i) for i in range(len(batch)))
    assert _spell(0) == ""


def test_rows_of_the_table_are_the_cards(batch: AdviceBatch) -> None:
    table = batch.to_arrow()
    for i, row in enumerate(table.to_pylist()):
        card = batch[i]
        assert (row["client_id"], row["status"], row["level"], row["as_of"]) == (
            card.client_id,
            card.status,
            card.level,
            card.as_of,
        )
        picks = [row[f"pick_{s}"] for s in range(1, 6) if row[f"pick_{s}"] is not None]
        if card.weights:
            assert {
                a: w for a in batch.state.model.assets if (w := row[f"weight:{a}"])
            } == card.weights
            assert picks == [p.product_id for p in card.picks]
            assert [row[f"pick_{s}_money"] for s in range(1, len(picks) + 1)] == [
                p.money for p in card.picks
            ]
            plain = [
                "|".join(r.code for r in p.reasons if not r.code.startswith(("taste", "duty")))
                for p in card.picks
            ]
            assert [row[f"pick_{s}_reasons"] for s in range(1, len(picks) + 1)] == plain
            assert [(s["product_id"], -s["money"]) for s in row["sales"]] == [
                (o.product_id, o.money) for o in card.orders if o.money < 0.0
            ]
        else:
            assert picks == []
            assert row["sales"] == []
            assert row["weight:cash"] is None


def test_the_schema_is_the_documented_one(batch: AdviceBatch, house: Advisor) -> None:
    table = batch.to_arrow()
    assert table.schema.equals(advice_schema(house.state, batch.as_of, 5), check_metadata=True)
    assert table.schema.metadata[b"advisor.fingerprint"].decode() == house.fingerprint
    undocumented = [
        name
        for name in table.schema.names
        if name not in str(arrow.__doc__)
        and name.split(":")[0] + ":<asset>" not in str(arrow.__doc__)
        and not name.startswith("pick_")
    ]
    assert undocumented == []
    assert table.schema.field("sales").type == pa.list_(
        pa.struct([("product_id", pa.string()), ("money", pa.float64())])
    )
    frame = batch.to_frame()
    assert set(frame.columns) < set(table.schema.names)
    assert frame["reasons"].tolist() == table["reasons"].to_pylist()
