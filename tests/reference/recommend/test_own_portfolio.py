"""Picks judged by what they do for the client's own portfolio, against the definition written out
client by client."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor import InputError
from advisor.data import Catalogue, Eligibility, ReturnModel
from advisor.recommend import (
    Picks,
    PickSettings,
    exposure_similarity,
    pick_products,
    portfolio_utility,
)
from advisor.recommend.portfolio_fit.exposures import Exposures
from advisor.recommend.portfolio_fit.own_portfolio import OwnPortfolio, ProductMoments

MODEL = ReturnModel(
    ["bonds", "stocks", "gold"],
    [0.03, 0.07, 0.04],
    [[0.0025, 0.001, 0.0], [0.001, 0.04, -0.002], [0.0, -0.002, 0.0225]],
)
P = 9


def world(seed: int, clients: int = 6) -> dict[str, object]:
    rng = np.random.default_rng(seed)
    exposures = np.eye(3)[rng.integers(0, 3, P)]
    exposures[:3] = rng.dirichlet(np.ones(3), 3)
    least, fee = rng.choice([0.0, 500.0, 4000.0], P), rng.random(P) * 0.02
    shelf = Catalogue.from_frame(
        pd.DataFrame(
            {
                "id": [f"p{j}" for j in range(P)],
                "name": "x",
                "risk_level": 1,
                "min_purchase": least,
                "annual_fee": fee,
            }
        ).assign(exposures=[dict(zip(MODEL.assets, e.tolist(), strict=True)) for e in exposures])
    )
    return {
        "shelf": shelf,
        "exposures": shelf.exposures(MODEL.ids),
        "taste": rng.normal(size=(clients, P)),
        "classes": Eligibility(rng.integers(0, 2, clients), rng.random((2, P)) < 0.8),
        "weights": rng.dirichlet(np.ones(4), clients)[:, :3],
        "wealth": rng.random(clients) * 5e4 + 1e3,
        "gamma": rng.random(clients) * 8.0,
        "gaps": np.where(rng.random((clients, 3)) < 0.5, 0.0, rng.random((clients, 3)) * 3000.0),
    }


def chosen(
    w: dict,
    k: int = 4,
    *,
    rows: np.ndarray | None = None,
    fit_weight: float = 1.0,
    share: float = 0.7,
    diversity: float = 0.0,
) -> Picks:
    take = np.arange(len(w["taste"])) if rows is None else rows
    moments = ProductMoments.of(w["exposures"], MODEL, fee=w["shelf"].annual_fee)
    own = OwnPortfolio(w["weights"], w["wealth"], w["gamma"], moments, share).take(take)
    products = Exposures.of(
        w["exposures"], min_purchase=w["shelf"].min_purchase, fee=w["shelf"].annual_fee
    )
    alike = exposure_similarity(w["shelf"], MODEL)
    settings = PickSettings(k, fit_weight=fit_weight, similarity=alike, diversity=diversity)
    return pick_products(
        w["taste"][take], w["classes"].take(take), w["gaps"][take], products, settings, own=own
    )


def by_hand(
    w: dict, i: int, k: int, fit_weight: float, share: float, diversity: float
) -> list[tuple[int, float, float]]:
    """Product, value and certainty equivalent, step by step."""
    mask, least, fee = w["classes"].to_array()[i], w["shelf"].min_purchase, w["shelf"].annual_fee
    likeness = exposure_similarity(w["shelf"], MODEL)
    weights, gaps = w["weights"][i].copy(), w["gaps"][i].copy()

    def useful() -> np.ndarray:
        one = portfolio_utility(
            weights[None], w["wealth"][i : i + 1], w["gamma"][i : i + 1], w["shelf"], MODEL
        )
        return one.certainty_equivalent[0]

    def unit(values: np.ndarray) -> tuple[float, float]:
        low, high = values[mask].min(), values[mask].max()
        return low, 1.0 / (high - low) if high > low else 0.0

    taste_low, taste_scale = unit(w["taste"][i])
    low, scale = unit(useful())
    out: list[tuple[int, float, float]] = []
    for _ in range(k):
        worth, options = useful(), []
        for j in np.flatnonzero(mask):
            if j in [o[0] for o in out]:
                continue
            touch = w["exposures"][j] > 0
            money = float(np.min(gaps[touch] / w["exposures"][j][touch]))
            money = money if money >= least[j] and money > 0.0 else 0.0
            total = w["gaps"][i].sum()
            value = (w["taste"][i, j] - taste_low) * taste_scale
            value += fit_weight * (
                (1.0 - fee[j]) * (money / total if total else 0.0)
                + share * (worth[j] - low) * scale
            )
            value -= diversity * max((likeness[o[0], j] for o in out), default=0.0)
            options.append((value, -j, money))
        if not options:
            break
        value, j, money = max(options)
        out.append((-j, value, worth[-j]))
        gaps = np.maximum(gaps - money * w["exposures"][-j], 0.0)
        weights = weights + money / w["wealth"][i] * w["exposures"][-j]
    return out


@given(
    seed=st.integers(0, 10_000),
    fit_weight=st.sampled_from([0.3, 1.0, 20.0]),
    share=st.sampled_from([0.0, 0.5, 3.0]),
    diversity=st.sampled_from([0.0, 0.8]),
)
def test_picks_follow_the_definition(
    seed: int, fit_weight: float, share: float, diversity: float
) -> None:
    w = world(seed)
    got = chosen(w, fit_weight=fit_weight, share=share, diversity=diversity)
    for i in range(len(w["taste"])):
        if not w["classes"].to_array()[i].any():
            continue
        want = by_hand(w, i, 4, fit_weight, share, diversity)
        assert got.codes[i, : len(want)].tolist() == [j for j, _, _ in want]
        np.testing.assert_allclose(
            got.scores[i, : len(want)], [v for _, v, _ in want], rtol=1e-9, atol=1e-9
        )
        if share:
            assert got.utility is not None
            np.testing.assert_allclose(
                got.utility[i, : len(want)], [u for _, _, u in want], atol=1e-12
            )


def test_weight_zero_is_pure_taste_whatever_the_portfolio() -> None:
    w = world(3, 40)
    got = chosen(w, fit_weight=0.0, share=5.0)
    allowed = np.where(w["classes"].to_array(), w["taste"], -np.inf)
    np.testing.assert_array_equal(got.codes, np.argsort(-allowed, axis=1, kind="stable")[:, :4])
    assert got.utility is None
    assert (chosen(w, fit_weight=1.0, share=5.0).codes != got.codes).any(), (
        "a weight that did nothing would be seen"
    )


def test_a_row_has_the_same_bits_in_every_batch() -> None:
    w = world(8, 300)
    whole = chosen(w, diversity=0.3)
    for rows in (np.arange(300)[::-1].copy(), np.array([7]), np.arange(90, 170)):
        part = chosen(w, rows=rows, diversity=0.3)
        for name in ("codes", "scores", "money", "unplaced", "utility"):
            np.testing.assert_array_equal(getattr(part, name), getattr(whole, name)[rows])


def test_usefulness_buys_certainty_equivalent_and_variety_buys_difference() -> None:
    w = world(11, 400)
    w["gaps"] = np.zeros_like(w["gaps"])
    gained = [float(np.nanmean(chosen(w, share=s).utility)) for s in (0.01, 0.5, 5.0)]
    assert gained[0] < gained[1] < gained[2]
    likeness = exposure_similarity(w["shelf"], MODEL)

    def sameness(picks: Picks) -> float:
        pairs = [(picks.codes[:, a], picks.codes[:, b]) for a in range(3) for b in range(a)]
        return float(np.mean([likeness[a, b][(a >= 0) & (b >= 0)].mean() for a, b in pairs]))

    alike = [sameness(chosen(w, 3, share=0.01, diversity=d)) for d in (0.0, 0.3, 2.0)]
    assert alike[0] > alike[1] > alike[2]


def test_endless_risk_aversion_looks_for_the_least_variance() -> None:
    w = world(5, 30)
    w["gaps"], w["taste"] = np.zeros_like(w["gaps"]), np.zeros_like(w["taste"])
    w["gamma"] = np.full(30, np.inf)
    got = chosen(w, 1)
    assert np.isfinite(got.scores[got.codes >= 0]).all()
    assert got.utility is not None
    assert np.isnan(got.utility).all(), "what has no end cannot be stated"
    near = chosen({**w, "gamma": np.full(30, 1e9)}, 1)
    np.testing.assert_array_equal(got.codes, near.codes)


def test_what_does_not_fit_is_refused() -> None:
    w = world(1)
    moments = ProductMoments.of(w["exposures"], MODEL)
    own = OwnPortfolio(w["weights"], w["wealth"], w["gamma"], moments)
    asked = w["taste"], w["classes"], w["gaps"], w["exposures"]
    with pytest.raises(InputError, match="own has weights"):
        pick_products(*asked, PickSettings(2), own=own.take(np.arange(2)))
    with pytest.raises(InputError, match="likes risk"):
        pick_products(*asked, PickSettings(2), own=replace(own, risk_aversion=-own.risk_aversion))
    with pytest.raises(InputError, match="similarity is None"):
        pick_products(*asked, PickSettings(2, diversity=0.5))
    with pytest.raises(InputError, match="one column an asset"):
        ProductMoments.of(np.ones((3, 2)), MODEL)
