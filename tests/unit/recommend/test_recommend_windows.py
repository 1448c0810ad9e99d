"""Probabilities from several past windows: how far the next may lie, and what a list of a stated
length covers."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit, logit

from advisor import Advisor, InputError, sample
from advisor.data import Interactions, Ranking
from advisor.recommend import EASE, Calibration, calibrate, past_windows
from advisor.recommend.coverage import coverage_of
from advisor.recommend.spread import USUAL_SPREAD

Window = tuple[Ranking, Interactions]


def window(
    seed: int, level: float = -2.0, steep: float = 2.0, clients: int = 3000, k: int = 8
) -> Window:
    """Lists whose picks are bought with log-odds `level + steep * (score - 1/2)`, score uniform;
    everybody buys something."""
    rng = np.random.default_rng(seed)
    scores = -np.sort(-rng.random((clients, k)), axis=1)
    codes = np.argsort(rng.random((clients, 12)), axis=1)[:, :k]
    hits = rng.random((clients, k)) < expit(level + steep * (scores - 0.5))
    ids, products = (
        tuple(f"c{i:05d}" for i in range(clients)),
        tuple(f"p{j:02d}" for j in range(12)),
    )
    rows, slots = np.nonzero(hits)
    bought = [(ids[r], products[codes[r, s]]) for r, s in zip(rows, slots, strict=True)] + [
        (name, "elsewhere") for name in ids
    ]
    frame = pd.DataFrame(bought, columns=["client_id", "product_id"]).assign(day="2026-01-01")
    return Ranking(ids, products, codes, scores), Interactions.from_frame(frame)


def levels(count: int, spread: float, seed: int = 0) -> np.ndarray:
    return -2.0 + spread * np.random.default_rng(seed).normal(size=count)


def test_the_interval_holds_the_next_window_as_often_as_it_says() -> None:
    """Levels of windows move by 0.5 in log-odds: of 40 further windows about nine in ten lie inside
    the interval learnt on twelve."""
    past = [window(i, level) for i, level in enumerate(levels(12, 0.5))]
    found = calibrate(*past[-1], earlier=past[:-1], relative=False)
    assert found.windows == 12
    assert found.note is None
    assert found.spread == pytest.approx(0.5, abs=0.15)
    score = np.array([0.5])
    low, high = found.interval(score)
    assert low[0] < found.probability(score)[0] < high[0]
    truth = expit(levels(400, 0.5, seed=7))
    inside = float(((truth >= low[0]) & (truth <= high[0])).mean())
    assert 0.75 <= inside <= 0.98, "twelve windows say only so much about their spread"
    assert np.isnan(found.interval(np.array([np.nan]))).all()


def test_one_window_says_that_it_is_one_and_supposes_the_usual_spread() -> None:
    found = calibrate(*window(1), relative=False)
    assert found.windows == 1
    assert found.note is not None
    assert "one window" in found.note
    assert "one window alone" in repr(found)
    assert found.spread == pytest.approx(USUAL_SPREAD)
    low, high = (x[0] for x in found.interval(np.array([0.5])))
    assert logit(high) - logit(low) == pytest.approx(
        2 * 1.6448536 * USUAL_SPREAD * np.sqrt(2.0), rel=0.05
    )
    many = calibrate(*window(1), earlier=[window(i) for i in range(2, 9)], relative=False)
    assert many.spread < 0.6 * found.spread, "windows that agree say so"
    assert "8 windows" in repr(many)


def test_the_surest_are_drawn_in_where_windows_disagree_about_the_order() -> None:
    """In every window scores mean something, but in each something else for a part of them: what
    one shows the next repeats in half."""
    rng = np.random.default_rng(3)
    parts = []
    for seed in range(6):
        ranking, bought = window(seed, steep=3.0)
        favours = rng.normal(0.0, 0.5, 12)
        odd = ranking.scores + favours[ranking.codes]
        order = np.argsort(-odd, axis=1)
        hits = np.random.default_rng(100 + seed).random(odd.shape) < expit(
            -2.0 + 1.0 * ranking.scores + 2.0 * rng.normal(0.0, 0.3, 12)[ranking.codes]
        )
        rows, slots = np.nonzero(hits)
        frame = pd.DataFrame(
            [
                (ranking.client_ids[r], ranking.products[ranking.codes[r, s]])
                for r, s in zip(rows, slots, strict=True)
            ]
            + [(name, "elsewhere") for name in ranking.client_ids],
            columns=["client_id", "product_id"],
        ).assign(day="2026-01-01")
        parts.append(
            (
                Ranking(
                    ranking.client_ids,
                    ranking.products,
                    np.take_along_axis(ranking.codes, order, 1),
                    np.take_along_axis(odd, order, 1),
                ),
                Interactions.from_frame(frame),
            )
        )
        assert len(bought)
    found = calibrate(*parts[-1], earlier=parts[:-1], relative=False)
    assert found.slope < 1.0
    one = [calibrate(*part, relative=False).probability(np.array([2.0]))[0] for part in parts]
    assert found.probability(np.array([2.0]))[0] < max(one)


def pairs_of(bought: Interactions) -> set[tuple[str, str]]:
    return {
        (bought.clients.ids[c], bought.products.ids[p])
        for c, p in zip(bought.client_codes, bought.product_codes, strict=True)
    }


def new_pairs(every: list[set[tuple[str, str]]]) -> list[int]:
    """Pairs of each window that no later one has."""
    return [len(pairs.difference(*every[i + 1 :])) for i, pairs in enumerate(every)]


def test_overlapping_windows_count_a_purchase_once() -> None:
    """A window given twice weighs as much as once, and half of it next to nothing."""
    first, last = window(1, 0.2), window(2, -0.2)
    half = first[1].where(np.arange(len(first[1])) % 2 == 0)
    once = calibrate(*last, earlier=[first])
    twice = calibrate(*last, earlier=[first, first])
    part = calibrate(*last, earlier=[(first[0], half), first])
    assert once.coverage(4).share != pytest.approx(calibrate(*last).coverage(4).share, abs=1e-3)
    assert twice.purchases.tolist() == [1, *once.purchases.tolist()]
    assert twice.coverage(4).share == pytest.approx(once.coverage(4).share, abs=1e-3)
    assert part.coverage(4).share == pytest.approx(once.coverage(4).share, abs=1e-3)


def test_coverage_is_counted_and_promised_for_the_next_window() -> None:
    past = [window(i, level) for i, level in enumerate(levels(6, 0.05, seed=2))]
    found = calibrate(*past[-1], earlier=past[:-1])
    by_hand = []
    every = [pairs_of(bought) for _, bought in past]
    for (ranking, _), pairs in zip(past, every, strict=True):
        by_hand.append(
            np.mean(
                [
                    any((name, ranking.products[c]) in pairs for c in codes[:3].tolist())
                    for name, codes in zip(ranking.client_ids, ranking.codes, strict=True)
                ]
            )
        )
    three = found.coverage(3)
    np.testing.assert_allclose(found.covered[:, 2], by_hand)
    assert three.share == pytest.approx(np.average(by_hand, weights=new_pairs(every)))
    assert three.low < three.share < three.high
    assert "one of 3 is bought by" in str(three)
    assert [found.coverage(k).share for k in range(1, 9)] == sorted(
        found.coverage(k).share for k in range(1, 9)
    )
    half = found.list_length(0.5)
    assert half is not None
    assert half.share >= 0.5 > found.coverage(half.length - 1).share
    always = found.list_length(0.5, in_every_window=True)
    assert always is not None
    assert always.length >= half.length
    assert found.covered[:, always.length - 1].min() >= 0.5
    assert found.list_length(0.9999) is None
    truth = np.mean(
        [
            calibrate(*window(50 + i, level)).coverage(5).share
            for i, level in enumerate(levels(12, 0.05, seed=9))
        ]
    )
    assert found.coverage(5).share == pytest.approx(truth, abs=0.06)


def test_saved_and_forged() -> None:
    past = [window(i, clients=400) for i in range(3)]
    found = calibrate(*past[-1], earlier=past[:-1])
    arrays, meta = found.state()
    back = Calibration.restored(arrays, json.loads(json.dumps(meta)))
    scores = past[0][0].scores
    for one, other in zip(
        (*back.interval(scores), back.probability(scores)),
        (*found.interval(scores), found.probability(scores)),
        strict=True,
    ):
        np.testing.assert_array_equal(one, other)
    assert back.coverage(4) == found.coverage(4)
    assert (back.windows, back.spread, back.slope) == (3, found.spread, found.slope)
    for name in arrays:
        with pytest.raises(InputError, match="missing"):
            Calibration.restored({n: a for n, a in arrays.items() if n != name}, meta)
    for name, bad in (
        ("pick.low", arrays["pick.high"] + 1e-3),
        ("pick.high", arrays["pick.low"][::-1].copy()),
        ("pick.low", arrays["pick.low"][:-1]),
        ("covered", arrays["covered"] + 1.0),
        ("covered", arrays["covered"][0]),
        ("purchases", arrays["purchases"][:-1]),
        ("purchases", arrays["purchases"] * 0),
        ("pick.scores", arrays["pick.scores"][::-1].copy()),
    ):
        with pytest.raises(InputError, match="not used"):
            Calibration.restored({**arrays, name: bad}, meta)
    for name, value in (
        ("spread", -1.0),
        ("slope", 2.0),
        ("buys", float("nan")),
        ("base_rate", "x"),
    ):
        with pytest.raises(InputError, match=name):
            Calibration.restored(arrays, meta | {name: value})


def test_refusals_say_what_to_do() -> None:
    ranking, bought = window(1, clients=200)
    short = Ranking(
        ranking.client_ids, ranking.products, ranking.codes[:, :3], ranking.scores[:, :3]
    )
    for earlier, says in (
        ("ab", "must be a list"),
        ([ranking], "pairs of lists"),
        ([(ranking, None)], "pairs of lists"),
        ([(short, bought)], "3 slots"),
    ):
        with pytest.raises(InputError, match=says):
            calibrate(ranking, bought, earlier=earlier)  # type: ignore[arg-type]
    found = calibrate(ranking, bought)
    for length in (0, 9, 2.5):
        with pytest.raises(InputError, match="length"):
            found.coverage(length)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="share"):
        found.list_length(1.5)


def test_past_windows_serve_only_what_was_known() -> None:
    bought = sample.interactions(400)
    windows = past_windows(EASE(20.0), bought, window=90, count=3, k=6)
    assert len(windows) == 3
    last = bought.days.max()
    for i, (ranking, later) in enumerate(reversed(windows)):
        cut = last - np.timedelta64(90 * (i + 1), "D")
        fitted = EASE(20.0).fit(bought.until(cut))
        assert ranking.client_ids == fitted.history.clients.ids
        np.testing.assert_array_equal(ranking.codes, fitted.rank(ranking.client_ids, 6).codes)
        assert later.days.min() > cut
        assert later.days.max() <= cut + np.timedelta64(90, "D")
        past = bought.until(cut)
        known = {
            (past.clients.ids[c], past.products.ids[p])
            for c, p in zip(past.client_codes, past.product_codes, strict=True)
        }
        assert not known & {
            (later.clients.ids[c], later.products.ids[p])
            for c, p in zip(later.client_codes, later.product_codes, strict=True)
        }
    *earlier, (ranking, later) = windows
    assert calibrate(ranking, later, earlier=earlier).windows == 3
    with pytest.raises(InputError, match="shorter window"):
        past_windows(EASE(), bought, window=10_000)


def test_an_advisor_states_the_interval_with_every_pick() -> None:
    world = sample.interactions(500)
    cut = world.days.max() - np.timedelta64(120, "D")
    advisor = Advisor.fit(sample.market(), world.until(cut), catalogue=sample.catalogue())
    later = world.after(cut)
    after = Interactions(
        later.clients,
        later.products,
        later.client_codes,
        later.product_codes,
        later.days + np.timedelta64(365, "D"),
    )
    earlier = [(advisor.rank(sample.clients(500), 5, as_of="2026-01-05"), later)]
    told = advisor.calibrate(sample.clients(500), after, as_of="2026-01-05", earlier=earlier)
    advice = told.advise(sample.client(), as_of="2026-01-05")
    assert advice.picks
    for pick in advice.picks:
        assert pick.probability is not None
        assert pick.probability_low is not None
        assert pick.probability_high is not None
        assert 0.0 < pick.probability_low < pick.probability < pick.probability_high < 1.0
    assert told.verify(advice, sample.client()).ok
    assert " in 100)" in advice._repr_html_()
    plain = advisor.advise(sample.client(), as_of="2026-01-05").picks[0]
    assert (plain.probability, plain.probability_low, plain.probability_high) == (None, None, None)


@pytest.mark.parametrize("windows", [1, 3])
@pytest.mark.parametrize("length", [1, 10, 30])
def test_the_interval_of_a_list_holds_where_the_level_of_single_picks_moves(
    windows: int, length: int
) -> None:
    """Simulated: each window has a level of its own in log-odds, and picks are bought independently.
    An interval in log-odds of the list's share holds 75 % of three windows at length 30."""
    rng, held, draws = np.random.default_rng(length), 0, 400
    for _ in range(draws):
        level = rng.normal(0.0, USUAL_SPREAD, windows + 1)[:, None]
        chance = expit(np.log(0.08 / 0.92) + level)
        covered = 1.0 - (1.0 - chance) ** np.arange(1, 31)
        past = coverage_of(covered[:-1], np.full(windows, 5_000), length)
        held += past.low <= covered[-1, length - 1] <= past.high
    assert held / draws >= 0.86
