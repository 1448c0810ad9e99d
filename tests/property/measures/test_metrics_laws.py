"""Laws of the ranking metrics, and broken copies that each law catches."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse

from advisor import InputError
from advisor.measures import (
    coverage,
    diversity,
    exposure_counts,
    gini,
    hit_rate,
    list_mean,
    mark_hits,
    ndcg,
    novelty,
    popularity_lift,
    precision,
    recall,
)
from advisor.measures.ranking import METRICS

Metric = Callable[[np.ndarray, np.ndarray, int], np.ndarray]


@st.composite
def judged(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray, int]:
    """Hits of a few lists, how much each client bought (at least their hits), and a cut-off that
    may lie beyond the list."""
    clients, width = draw(st.integers(1, 5)), draw(st.integers(1, 8))
    hits = np.array(
        draw(
            st.lists(
                st.lists(st.booleans(), min_size=width, max_size=width),
                min_size=clients,
                max_size=clients,
            )
        )
    )
    more = draw(st.lists(st.integers(0, 6), min_size=clients, max_size=clients))
    return hits, hits.sum(axis=1) + np.array(more), draw(st.integers(1, 10))


def within_bounds(metric: Metric, hits: np.ndarray, bought: np.ndarray, k: int) -> bool:
    value = metric(hits, bought, k)
    return bool(((value >= 0.0) & (value <= 1.0 + 1e-15)).all())


def perfect_is_best(metric: Metric, bought: np.ndarray, k: int) -> bool:
    """A list that starts with everything bought scores at least as much as any other with the same
    number bought, and 1 in nDCG."""
    best = np.arange(12) < np.minimum(bought, 12)[:, None]
    worse = np.roll(best, 1, axis=1)
    worse[:, 0] = False
    return bool(
        (
            metric(best, bought, k)
            >= metric(worse & (worse.cumsum(axis=1) <= bought[:, None]), bought, k)
        ).all()
    )


def earlier_is_no_worse(metric: Metric, hits: np.ndarray, bought: np.ndarray, k: int) -> bool:
    """Swapping a hit with the miss right before it never lowers the value."""
    for row in range(len(hits)):
        for slot in range(1, hits.shape[1]):
            if hits[row, slot] and not hits[row, slot - 1]:
                moved = hits.copy()
                moved[row, [slot - 1, slot]] = True, False
                if metric(moved, bought, k)[row] < metric(hits, bought, k)[row] - 1e-15:
                    return False
    return True


@pytest.mark.parametrize("name", sorted(METRICS))
@given(judged())
def test_metrics_keep_their_laws(name: str, case: tuple[np.ndarray, np.ndarray, int]) -> None:
    hits, bought, k = case
    metric = METRICS[name]
    assert within_bounds(metric, hits, bought, k)
    assert perfect_is_best(metric, bought, k)
    assert earlier_is_no_worse(metric, hits, bought, k)
    one_by_one = [float(metric(hits[i], bought[i], k)) for i in range(len(hits))]
    assert metric(hits, bought, k).tolist() == one_by_one  # batch equals single, bit for bit
    assert (metric(hits, bought, k)[bought == 0] == 0.0).all()


@given(judged())
def test_relations_between_metrics(case: tuple[np.ndarray, np.ndarray, int]) -> None:
    hits, bought, k = case
    np.testing.assert_allclose(
        precision(hits, bought, k) * k, recall(hits, bought, k) * bought, atol=1e-12
    )
    assert ((precision(hits, bought, k) > 0) == (hit_rate(hits, bought, k) > 0)).all()
    assert (recall(hits, bought, k + 1) >= recall(hits, bought, k)).all()
    np.testing.assert_array_equal(
        ndcg(hits, bought, 1), np.where(bought > 0, precision(hits, bought, 1), 0.0)
    )


def test_the_laws_catch_broken_metrics() -> None:
    """A discount that grows with rank, a divisor too small, and an ideal over k instead of min(k,
    bought) each break a law."""
    hits, bought = np.array([[False, True, True, False]]), np.array([2])

    def rewards_late(h: np.ndarray, n: np.ndarray, k: int) -> np.ndarray:
        return (h[..., :k] * np.arange(1, h[..., :k].shape[-1] + 1)).sum(axis=-1) / np.maximum(
            n * k, 1
        )

    def small_divisor(h: np.ndarray, n: np.ndarray, k: int) -> np.ndarray:
        return h[..., :k].sum(axis=-1) / np.maximum(np.minimum(n, k) - 1, 1)

    assert not earlier_is_no_worse(rewards_late, hits, bought, 4)
    assert not within_bounds(small_divisor, hits, bought, 4)
    wrong_ideal = ndcg(np.array([[True, True, False]]), np.array([3]), 3)  # an ideal of three
    assert wrong_ideal[0] < 1.0 == ndcg(np.array([[True, True, False]]), np.array([2]), 3)[0]


@given(st.integers(0, 2**32 - 1))
def test_hits_are_found_as_a_loop_finds_them(seed: int) -> None:
    rng = np.random.default_rng(seed)
    c, p, k = rng.integers(1, 6), rng.integers(1, 9), rng.integers(1, 5)
    truth = rng.random((c, p)) < 0.3
    codes = rng.integers(-1, p, (c, k))
    found = mark_hits(codes, sparse.csr_array(truth))
    assert found.tolist() == [
        [bool(j >= 0 and truth[i, j]) for j in row] for i, row in enumerate(codes)
    ]


@given(st.lists(st.integers(0, 50), min_size=1, max_size=12))
def test_gini_is_the_mean_difference_over_twice_the_mean(counts: list[int]) -> None:
    """The textbook definition, by brute force over all pairs."""
    x = np.array(counts, dtype=float)
    brute = np.abs(x[:, None] - x[None, :]).mean() / (2 * x.mean()) if x.sum() else 0.0
    assert gini(x) == pytest.approx(brute, abs=1e-12)
    assert gini(3.0 * x) == pytest.approx(gini(x), abs=1e-12)
    assert gini(np.append(x, 0.0)) >= gini(x) - 1e-12


@given(st.integers(0, 2**32 - 1))
def test_diversity_is_the_mean_over_pairs(seed: int) -> None:
    rng = np.random.default_rng(seed)
    features = rng.random((6, 3)) * (rng.random((6, 1)) < 0.9)
    codes = np.array([rng.permutation(6)[:4], [*rng.permutation(6)[:2], -1, -1], [0, -1, -1, -1]])
    value = diversity(codes, features)

    def cosine(a: np.ndarray, b: np.ndarray) -> float:
        norm = np.linalg.norm(a) * np.linalg.norm(b)
        return float(a @ b / norm) if norm else 0.0

    for i, row in enumerate(codes):
        held = [j for j in row if j >= 0]
        pairs = [cosine(features[a], features[b]) for a in held for b in held if a != b]
        assert (
            np.isnan(value[i])
            if not pairs
            else value[i] == pytest.approx(1 - np.mean(pairs), abs=1e-12)
        )


@given(st.integers(0, 2**32 - 1))
def test_exposure_by_loops(seed: int) -> None:
    rng = np.random.default_rng(seed)
    p, c = 7, 4
    codes = np.array([rng.permutation(p)[:3] for _ in range(c)])
    codes[rng.random(codes.shape) < 0.3] = -1
    holders = rng.integers(0, 10, p)
    shown = [j for row in codes for j in row if j >= 0]
    assert exposure_counts(codes, p).tolist() == [shown.count(j) for j in range(p)]
    assert coverage(codes, p) == len(set(shown)) / p
    for i, row in enumerate(codes):
        bits = [-np.log2(max(holders[j], 1) / 10) for j in row if j >= 0]
        value = novelty(codes, holders, 10)[i]
        assert np.isnan(value) if not bits else value == pytest.approx(np.mean(bits))
    share = holders / 10
    lift = popularity_lift(codes, share, np.array([0.5, np.nan, 0.0, 0.25]))
    assert np.isnan(lift[[1, 2]]).all()
    mean = list_mean(codes, share)
    np.testing.assert_allclose(lift[[0, 3]], mean[[0, 3]] / [0.5, 0.25] - 1)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: ndcg(np.array([[True]]), np.array([1]), 0), "k is 0"),
        (lambda: recall(np.array([[True, True]]), np.array([1]), 2), "listed twice"),
        (lambda: recall(np.array([[True, True]]), np.array([1, 2]), 2), "one count a list"),
        (lambda: mark_hits(np.array([[9]]), sparse.csr_array(np.ones((1, 3)))), "3 products"),
        (
            lambda: mark_hits(np.array([[0], [0]]), sparse.csr_array(np.ones((1, 3)))),
            "one row a client",
        ),
        (lambda: exposure_counts(np.array([[4]]), 3), "product 4"),
        (lambda: gini(np.array([-1.0, 2.0])), "must lie within"),
    ],
)
def test_nonsense_is_refused(call: Callable[[], object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        call()
