"""Facts, stages and tags of real clients (FAR-Trans) against published figures and a count by
pandas."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import mannwhitneyu

from advisor import ClientTable, Trades
from advisor.adapters.crm import ClientFacts, StagePack, stage, tag

pytestmark = pytest.mark.data
CUT, END = "2020-09-30", "2020-12-31"
FOREVER = 10_000
"""Days of a window that holds every trade."""


@pytest.fixture(scope="module")
def rows(data_dir: Path) -> pd.DataFrame:
    frame = pd.read_csv(data_dir / "far_trans" / "transactions.csv.gz", parse_dates=["timestamp"])
    frame = frame[frame["timestamp"] <= END]
    price = (frame["totalValue"] / frame["units"]).where(frame["units"] > 0, 1.0).clip(lower=1e-9)
    return frame.assign(price=price)


@pytest.fixture(scope="module")
def facts(rows: pd.DataFrame) -> dict[str, ClientFacts]:
    """Of the clients who traded up to the cut, then and three months later."""
    trades = Trades.from_frame(
        rows, client="customerID", asset="ISIN", day="timestamp", side="transactionType"
    )
    ids = sorted(rows.loc[rows["timestamp"] <= CUT, "customerID"].unique())
    clients = ClientTable.from_frame(pd.DataFrame({"id": ids, "wealth": 1.0, "horizon_years": 1.0}))
    return {
        day: ClientFacts.of(clients, as_of=day, trades=trades.until(day), days=FOREVER)
        for day in (CUT, END)
    }


def test_who_churned_is_who_is_published(facts: dict[str, ClientFacts]) -> None:
    """3,511 clients, of whom 39.1 % made no trade in the next three months; fewer trading days tell
    it with an AUC of .765, recency of .655."""
    stages = stage(facts[END], before=stage(facts[CUT])).to_frame()
    churned = (stages["stage"] == "churned").to_numpy()
    assert len(stages) == 3511
    assert round(100.0 * churned.mean(), 1) == 39.1
    for name, sign, published in (("trading_days", -1.0, 0.765), ("recency", 1.0, 0.655)):
        values = sign * facts[CUT].column(name)
        area = mannwhitneyu(values[churned], values[~churned]).statistic / (
            churned.sum() * (~churned).sum()
        )
        assert round(float(area), 3) == published


def test_facts_are_those_of_a_group_by(rows: pd.DataFrame, facts: dict[str, ClientFacts]) -> None:
    by = rows.groupby("customerID")
    expected = pd.DataFrame(
        {
            "trading_days": by["timestamp"].nunique(),
            "assets_traded": by["ISIN"].nunique(),
            "recency": (pd.Timestamp(END) - by["timestamp"].max()).dt.days,
            "tenure": (pd.Timestamp(END) - by["timestamp"].min()).dt.days,
            "trades": by.size(),
        }
    )
    found = facts[END].to_frame()
    for name in expected:
        np.testing.assert_array_equal(found[name], expected.loc[found.index, name], err_msg=name)


def test_every_real_client_has_a_stage_and_a_tag_of_activity(facts: dict[str, ClientFacts]) -> None:
    for pack in (StagePack.four(), StagePack.six(), StagePack.tenure()):
        assert (stage(facts[END], pack).code >= 0).all()
    assert tag(facts[END]).coverage().loc["activity", "share"] == 1.0
