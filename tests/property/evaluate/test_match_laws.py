"""Laws of the match report on random lists, masks and purchases, and of the bootstrap behind its
intervals."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor import InputError, Interactions, Ranking, evaluate_match
from advisor.evaluate import MatchReport
from advisor.measures import block_interval, interval, paired_difference, resampled_means

P, K = 9, 4


class Case:
    """Random clients, mask and purchases; lists that only hold what the mask allows, short where
    little is left."""

    def __init__(self, seed: int, clients: int = 7, *, leak: bool = False) -> None:
        rng = np.random.default_rng(seed)
        self.mask = rng.random((clients, P)) < 0.6
        truth = rng.random((clients, P)) < 0.3
        truth[0, 0] = True
        codes = np.full((clients, K), -1)
        for i in range(clients):
            free = rng.permutation(P if leak else np.flatnonzero(self.mask[i]))[
                : rng.integers(0, K + 1)
            ]
            codes[i, : len(free)] = free
        self.ids, self.products = (
            tuple(f"c{i}" for i in range(clients)),
            tuple(f"p{j}" for j in range(P)),
        )
        self.ranking = Ranking(self.ids, self.products, codes, np.where(codes >= 0, 0.0, np.nan))
        who, what = np.nonzero(truth)
        self.rows = pd.DataFrame(
            {
                "client_id": np.array(self.ids)[who],
                "product_id": np.array(self.products)[what],
                "day": "2026-01-01",
            }
        )

    def report(self, **options: object) -> MatchReport:
        return evaluate_match(
            self.ranking,
            Interactions.from_frame(self.rows),
            eligible=self.mask,
            ks=(1, K),
            resamples=20,
            **options,
        )  # type: ignore[arg-type]


def below_ceiling(report: MatchReport) -> bool:
    return all(
        (
            report.per_client("raw", s.metric, s.k)
            <= report.per_client("ceiling", s.metric, s.k) + 1e-12
        ).all()
        for s in report.scores
        if s.view == "raw"
    )


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=40)
def test_no_suitable_list_beats_the_ceiling(seed: int) -> None:
    report = Case(seed).report()
    assert below_ceiling(report)
    assert report.suitability == 1.0 or report.suitability_check.checked == 0


def test_the_ceiling_catches_a_list_that_leaks() -> None:
    """Lists that ignore the mask go through the ceiling for some client, and the mask check sees
    the picks."""
    reports = [Case(seed, leak=True).report() for seed in range(20)]
    assert not all(below_ceiling(r) for r in reports)
    assert any(r.suitability < 1.0 for r in reports)


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=40)
def test_order_of_clients_products_and_rows_does_not_matter(seed: int) -> None:
    case, rng = Case(seed), np.random.default_rng(seed)
    before = case.report().to_frame()
    row, column = rng.permutation(len(case.ids)), rng.permutation(P)
    back = np.append(np.argsort(column), -1)
    old = case.ranking
    case.ranking = Ranking(
        tuple(old.client_ids[i] for i in row),
        tuple(old.products[j] for j in column),
        back[old.codes[row]],
        old.scores[row],
    )
    case.mask = case.mask[row][:, column]
    case.rows = case.rows.sample(frac=1.0, random_state=int(seed % 1000))
    after = case.report().to_frame()
    np.testing.assert_allclose(
        before[["value", "clients"]], after[["value", "clients"]], atol=1e-14
    )


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=30)
def test_the_same_call_gives_the_same_bytes_and_means_come_from_clients(seed: int) -> None:
    case = Case(seed)
    first, second = case.report(), case.report()
    pd.testing.assert_frame_equal(first.to_frame(), second.to_frame(), check_exact=True)
    for s in first.scores:
        each = first.per_client(s.view, s.metric, s.k)
        kept = each[np.isfinite(each)]
        assert s.clients == len(kept)
        assert (np.isnan(s.value) and not len(kept)) or s.value == pytest.approx(
            kept.mean(), abs=1e-14
        )
        assert np.isnan(s.value) or s.low - 1e-12 <= s.high


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=20)
def test_a_mask_that_allows_everything_changes_nothing(seed: int) -> None:
    case = Case(seed)
    case.mask = np.ones_like(case.mask)
    report = case.report()
    for metric in ("ndcg", "recall", "map"):
        raw, reach = report.per_client("raw", metric, K), report.per_client("reachable", metric, K)
        np.testing.assert_array_equal(raw[np.isfinite(reach)], reach[np.isfinite(reach)])
    assert report.score("ndcg", view="ceiling").value == pytest.approx(
        report.counts["clients_who_bought"] / len(case.ids)
    )


def test_drawing_distinct_outcomes_is_drawing_clients() -> None:
    """Mean and spread of the resampled means are those of the plain bootstrap: sd of a mean of n
    draws from the empirical distribution."""
    rng = np.random.default_rng(0)
    values = rng.integers(0, 4, 500) / 3.0
    distinct, counts = np.unique(values, return_counts=True)
    drawn = resampled_means(distinct[:, None], counts, resamples=4000)[:, 0]
    plain = values[rng.integers(0, 500, (4000, 500))].mean(axis=1)
    assert drawn.mean() == pytest.approx(values.mean(), abs=4 * plain.std() / np.sqrt(4000))
    assert drawn.std() == pytest.approx(values.std() / np.sqrt(500), rel=0.05)
    np.testing.assert_allclose(
        np.quantile(drawn, [0.025, 0.975]), np.quantile(plain, [0.025, 0.975]), atol=0.004
    )


def test_intervals_cover_as_often_as_they_say() -> None:
    """95 % intervals for the mean of 200 skewed values: 92.5 to 97.5 % of 600 hold the truth (three
    binomial errors are 2.7 points)."""
    rng = np.random.default_rng(1)
    inside = 0
    for seed in range(600):
        values = (rng.random(200) < 0.3) * rng.integers(1, 4, 200) / 3.0
        found = interval(values, resamples=300, seed=seed)
        inside += found.low <= 0.2 <= found.high
    assert 0.92 <= inside / 600 <= 0.98


def test_pairing_is_narrower_than_two_intervals_where_clients_agree() -> None:
    rng = np.random.default_rng(2)
    base = rng.random(400)
    better = base + 0.02 + rng.normal(0, 0.01, 400)
    gap = paired_difference(better, base)
    assert gap.low > 0.0
    assert gap.share_above_zero == 1.0
    assert interval(better).low < interval(base).high  # unpaired, they overlap
    assert gap.high - gap.low < 0.1 * (interval(base).high - interval(base).low)


def test_blocks_widen_the_interval_of_a_series_that_remembers() -> None:
    rng = np.random.default_rng(3)
    steps = rng.normal(0, 1, 400)
    walk = np.convolve(steps, np.ones(12) / 12, mode="valid")
    single, blocks = (
        block_interval(walk, block=1, resamples=2000),
        block_interval(walk, block=24, resamples=2000),
    )
    assert blocks.mean == pytest.approx(walk.mean())
    assert blocks.high - blocks.low > 2.0 * (single.high - single.low)


@pytest.mark.parametrize(
    "call",
    [
        lambda: resampled_means(np.zeros((0, 1))),
        lambda: resampled_means(np.zeros((2, 1)), resamples=0),
        lambda: resampled_means(np.zeros((2, 1)), np.array([1, 1, 1])),
        lambda: interval(np.zeros(3), confidence=0.0),
        lambda: paired_difference(np.zeros(3), np.zeros(2)),
        lambda: block_interval(np.zeros(5), block=3),
        lambda: block_interval(np.array([0.0, np.nan]), block=1),
    ],
)
def test_nonsense_is_refused(call: object) -> None:
    with pytest.raises(InputError):
        call()  # type: ignore[operator]


def test_nothing_to_average_is_nan_and_not_an_error() -> None:
    found = interval(np.array([np.nan, np.nan]))
    assert np.isnan([found.mean, found.low, found.high]).all()
