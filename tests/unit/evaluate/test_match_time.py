"""Comparing two models over time points."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from advisor import InputError, Interactions, MatchReport, Ranking, evaluate_match
from advisor.evaluate import compare_over_time

DAYS = pd.date_range("2025-01-01", periods=20, freq="14D").strftime("%Y-%m-%d").tolist()
LATER = Interactions.from_frame(
    pd.DataFrame({"client_id": ["a", "b", "c", "d"], "product_id": "x", "day": "2026-01-01"})
)


def report(right: int) -> MatchReport:
    """`right` of four clients are shown what they bought."""
    codes = np.array([[0 if i < right else 1] for i in range(4)])
    return evaluate_match(
        Ranking(("a", "b", "c", "d"), ("x", "y"), codes, np.ones((4, 1))),
        LATER,
        ks=(1,),
        resamples=1,
    )


BEST, GOOD, POOR = report(4), report(3), report(1)


def test_means_blocks_and_windows_by_hand() -> None:
    found = compare_over_time([GOOD] * 20, [GOOD] * 10 + [POOR] * 10, DAYS, k=1)
    assert found.first.tolist() == [0.75] * 20
    assert found.second.tolist() == [0.75] * 10 + [0.25] * 10
    assert found.span.mean == 0.25
    assert found.won == 0.75, "ten ties count half"
    assert found.block == 10, (
        "thirteen points begin within 182 days; at most half of twenty are drawn together"
    )
    assert found.windows == pytest.approx(1 + 19 * 14 / 182)
    assert found.measure == "raw:ndcg@1"
    assert "about 2.5 independent windows" in str(found)
    assert found.to_frame()["difference"].sum() == 5.0


def test_long_blocks_doubt_what_single_points_would_claim() -> None:
    second = [BEST] * 8 + [POOR] * 12
    blocked = compare_over_time([GOOD] * 20, second, DAYS)
    single = compare_over_time([GOOD] * 20, second, DAYS, block=1)
    assert single.span.low > 0.0
    assert blocked.span.low <= 0.0, "one good half year proves nothing"
    always = compare_over_time([GOOD] * 20, [POOR] * 20, DAYS)
    assert always.span.low > 0.0
    assert always.span.low == always.span.high == 0.5


@pytest.mark.parametrize(
    ("first", "second", "days", "message"),
    [
        ([GOOD] * 3, [GOOD] * 3, DAYS[:3], "at least four"),
        ([GOOD] * 5, [GOOD] * 4, DAYS[:5], "one report of each model a day"),
        ([GOOD] * 4, [GOOD] * 4, DAYS[3::-1], "do not ascend"),
    ],
)
def test_what_cannot_be_paired_is_refused(
    first: list, second: list, days: list[str], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        compare_over_time(first, second, days)


def test_other_clients_are_refused() -> None:
    ranking = Ranking(("a", "b"), ("x", "y"), np.zeros((2, 1), dtype=np.int64), np.ones((2, 1)))
    other = evaluate_match(ranking, LATER, ks=(1,), resamples=1)
    with pytest.raises(InputError, match="same clients"):
        compare_over_time([GOOD] * 4, [other] * 4, DAYS[:4])
