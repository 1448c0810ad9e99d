"""Churn of real clients: FAR-Trans, facts to 2020-09-30, churned = no trade in the next three
months."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import rankdata

from advisor.adapters.analytics import ChurnModel, PurchaseModel, judge_churn, survival

pytestmark = pytest.mark.data
CUT = pd.Timestamp("2020-09-30")
SPLITS = 10


def auc(score: np.ndarray, churned: np.ndarray) -> float:
    """Mann-Whitney by ranks, beside scikit-learn."""
    left = churned > 0.0
    ranks = rankdata(score)
    return float(
        (ranks[left].sum() - left.sum() * (left.sum() + 1) / 2) / (left.sum() * (~left).sum())
    )


@pytest.fixture(scope="module")
def clients(data_dir: Path) -> tuple[pd.DataFrame, np.ndarray]:
    """Facts that were known on the day, one row a client who traded in the quarter before it, and
    who then did not."""
    trades = pd.read_csv(data_dir / "far_trans" / "transactions.csv.gz", parse_dates=["timestamp"])
    before, after = trades[trades["timestamp"] <= CUT], trades[trades["timestamp"] > CUT]
    by = before.groupby("customerID")
    facts = pd.DataFrame(
        {
            "trading_days": by["timestamp"].nunique(),
            "trades": by.size(),
            "assets": by["ISIN"].nunique(),
            "days_since_trade": (CUT - by["timestamp"].max()).dt.days,
            "days_since_first": (CUT - by["timestamp"].min()).dt.days,
            "money": by["totalValue"].sum(),
            "share_bought": (
                (before["transactionType"] == "Buy").groupby(before["customerID"]).mean()
            ),
            "share_online": (
                (before["channel"] == "Internet Banking").groupby(before["customerID"]).mean()
            ),
        }
    )
    return facts, (~facts.index.isin(after["customerID"])).astype(float)


@pytest.fixture(scope="module")
def unseen(clients: tuple[pd.DataFrame, np.ndarray]) -> list[tuple[np.ndarray, np.ndarray]]:
    """Fitted on one random half: probability and outcome of each client of the other; ten times."""
    facts, churned = clients
    found: list[tuple[np.ndarray, np.ndarray]] = []
    for seed in range(SPLITS):
        order = np.random.default_rng(seed).permutation(len(facts))
        fit, test = order[: len(order) // 2], order[len(order) // 2 :]
        model = ChurnModel.fit(facts.iloc[fit], churned[fit])
        found.append((model.probability(facts.iloc[test]), churned[test]))
    return found


def test_the_clients_are_the_published_ones(clients: tuple[pd.DataFrame, np.ndarray]) -> None:
    facts, churned = clients
    assert len(facts) == 3511
    assert round(100.0 * churned.mean(), 1) == 39.1
    assert round(auc(-facts["trading_days"].to_numpy(), churned), 3) == 0.765
    assert round(auc(facts["days_since_trade"].to_numpy(), churned), 3) == 0.655


def test_churn_is_told_better_than_by_any_one_fact(
    unseen: list[tuple[np.ndarray, np.ndarray]],
) -> None:
    """Out of sample in every split: AUC of at least .78, Brier score of at most .183 (a plain
    logit: .778 and .183)."""
    reports = [judge_churn(p, y) for p, y in unseen]
    assert min(r.auc for r in reports) >= 0.78
    assert max(r.brier for r in reports) <= 0.183
    assert np.mean([r.auc for r in reports]) >= 0.825
    assert np.mean([r.brier for r in reports]) <= 0.165
    assert reports[0].auc == pytest.approx(auc(*unseen[0]), abs=1e-12)
    assert all(r.brier < r.base_brier for r in reports)


def test_the_probabilities_come_true(unseen: list[tuple[np.ndarray, np.ndarray]]) -> None:
    """Over ten splits each tenth of the unseen clients left as often as was said, to 5 points; the
    table says so by its intervals."""
    tenths = [np.array_split(np.argsort(p, kind="stable"), 10) for p, _ in unseen]
    for k in range(10):
        stated, came = (
            np.mean(
                [values[i][parts[k]].mean() for values, parts in zip(unseen, tenths, strict=True)]
            )
            for i in (0, 1)
        )
        assert came == pytest.approx(stated, abs=0.05)
    table = judge_churn(*unseen[0]).reliability
    assert table["clients"].sum() == len(unseen[0][0])
    assert (
        (table["low"] <= table["predicted"]) & (table["predicted"] <= table["high"])
    ).mean() >= 0.7


def test_p_alive_does_not_tell_churn(clients: tuple[pd.DataFrame, np.ndarray]) -> None:
    """It is 1 for whoever traded on one day; expected purchases reach .72, P(alive) is worse than a
    coin."""
    facts, churned = clients
    x = facts["trading_days"] - 1.0
    history = (x, facts["days_since_first"] - facts["days_since_trade"], facts["days_since_first"])
    model = PurchaseModel.fit(*history)
    expected = judge_churn(
        1.0 - np.clip(model.expected_of(*history, time=92) / 92.0, 0.0, 1.0), churned
    )
    assert round(expected.auc, 2) == 0.72
    assert auc(1.0 - model.p_alive(*history), churned) < 0.5


def test_time_to_the_next_trade_by_kaplan_meier(
    data_dir: Path, clients: tuple[pd.DataFrame, np.ndarray]
) -> None:
    """Without a client who leaves the data early the curve is the plain share of who has not traded
    yet."""
    facts, churned = clients
    trades = pd.read_csv(data_dir / "far_trans" / "transactions.csv.gz", parse_dates=["timestamp"])
    first = (
        trades[trades["timestamp"] > CUT]
        .groupby("customerID")["timestamp"]
        .min()
        .reindex(facts.index)
    )
    days = (first.fillna(pd.Timestamp("2020-12-31")) - CUT).dt.days.to_numpy(dtype=float)
    curve = survival(days, 1.0 - churned)
    assert curve.at(92) == pytest.approx(churned.mean(), abs=1e-12)
    assert curve.at(30) == pytest.approx(
        ((first - CUT).dt.days.isna() | ((first - CUT).dt.days > 30)).mean(), abs=1e-12
    )
