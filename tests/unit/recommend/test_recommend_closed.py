"""Products that nobody new can buy, and fortnights that may not count for more than they are
worth."""

from __future__ import annotations

import json
from datetime import date

import numpy as np
import pandas as pd
import pytest

from advisor import InputError
from advisor.data import Catalogue, Interactions
from advisor.recommend import (
    EASE,
    Association,
    Blend,
    ColdStart,
    Content,
    Demographic,
    ItemKNN,
    Popularity,
    RandomWalk,
    Recipe,
)
from advisor.recommend.model.arrivals import Arrivals, capped_weights
from advisor.recommend.model.purchases import History
from advisor.recommend.restore import restore

START = np.datetime64("2024-01-01")
STEADY = [f"s{i}" for i in range(6)]


def steady(
    days: int = 365, clients: int = 400, seed: int = 0
) -> list[tuple[str, str, np.datetime64]]:
    """Six products bought at an even pace by everybody."""
    rng = np.random.default_rng(seed)
    return [
        (f"c{i:04d}", STEADY[p], START + int(d))
        for i in range(clients)
        for p, d in zip(rng.choice(6, 3, replace=False), rng.integers(0, days, 3), strict=True)
    ]


def burst(
    product: str, buyers: int, first: int, spread: int, seed: int = 1
) -> list[tuple[str, str, np.datetime64]]:
    """Buyers of one product over `spread` days from day `first`, the first and the last of them
    taken."""
    rng = np.random.default_rng(seed)
    days = np.concatenate([[0, spread - 1], rng.integers(0, spread, buyers - 2)])
    return [
        (f"c{i:04d}", product, START + first + int(d))
        for i, d in zip(rng.choice(400, buyers, replace=False), days, strict=True)
    ]


def events(*parts: list[tuple[str, str, np.datetime64]]) -> Interactions:
    return Interactions.from_frame(
        pd.DataFrame(
            [row for part in parts for row in part], columns=["client_id", "product_id", "day"]
        )
    )


def by_the_rule(bought: Interactions) -> set[str]:
    """100 buyers or more, 80 % of them within 14 days: every window of every product, one by
    one."""
    frame = pd.DataFrame(
        {"c": bought.client_codes, "p": bought.product_codes, "d": bought.days.astype(np.int64)}
    )
    first = frame.groupby(["p", "c"]).d.min().reset_index()
    found = set()
    for product, rows in first.groupby("p"):
        days = np.sort(rows.d.to_numpy())
        most = max(int(((days >= d) & (days < d + 14)).sum()) for d in days)
        if len(days) >= 100 and most >= 0.8 * len(days):
            found.add(bought.products.ids[int(product)])  # type: ignore[call-overload]
    return found


@pytest.mark.parametrize(
    ("buyers", "spread", "later", "shut"),
    [
        (100, 14, 0, True),
        (99, 14, 0, False),
        (100, 14, 25, True),
        (100, 14, 26, False),
        (160, 40, 0, False),
        (300, 3, 60, True),
    ],
)
def test_the_rule_at_its_edges(buyers: int, spread: int, later: int, shut: bool) -> None:
    after = [(f"late{i}", "issue", START + 200 + 5 * i) for i in range(later)]
    bought = events(steady(600), burst("issue", buyers, 150, spread), after)
    assert by_the_rule(bought) == ({"issue"} if shut else set())
    fitted = EASE(20.0).fit(bought)
    assert fitted.closed == (("issue",) if shut else ())
    assert ("closed to new buyers: issue" in repr(fitted)) == shut
    ranking = fitted.rank(bought.clients.ids, 7)
    shown = {fitted.products[c] for c in ranking.codes[ranking.codes >= 0].tolist()}
    assert ("issue" in shown) == (not shut)
    assert np.isfinite(fitted.scores(["c0000"])).all()


def test_only_the_past_counts() -> None:
    bought = events(steady(), burst("issue", 200, 150, 10))
    before = bought.until(START + 151)
    assert EASE(20.0).fit(before).closed == ()
    assert EASE(20.0).fit(bought.until(START + 160)).closed == ("issue",)


def test_the_opening_stock_of_a_data_set_is_no_fortnight() -> None:
    """Everything held when the record begins carries its first day; what is bought since says
    whether a product is sold."""
    rng = np.random.default_rng(3)
    stock = [
        (f"c{i:04d}", f"o{p}", START) for i in range(2000) for p in rng.choice(10, 3, replace=False)
    ]
    trickle = [(f"n{i}", f"o{i % 10}", START + 20 + i) for i in range(300)]
    bought = events(stock, trickle)
    assert by_the_rule(bought) == {f"o{p}" for p in range(10)}, (
        "without regard to the opening all would be closed"
    )
    assert EASE().fit(bought).closed == ()
    assert EASE().fit(events(stock, trickle, burst("issue", 150, 160, 6))).closed == ("issue",)
    np.testing.assert_array_equal(
        History.of(events(stock, trickle), None, None, True).rows.weights, 1.0
    )


def test_a_short_history_says_nothing() -> None:
    assert EASE(20.0).fit(events(steady(30), burst("issue", 200, 5, 10))).closed == ()
    assert not Arrivals.nothing().closed(3).any()


def shelf(**told: bool) -> Catalogue:
    rows = [
        {"id": p, "name": p, "asset": "a", "risk_level": 1, "closed": told.get(p)}
        for p in [*STEADY, "issue"]
    ]
    return Catalogue.from_frame(pd.DataFrame(rows))


@pytest.mark.parametrize(
    ("told", "shut"),
    [
        ({}, ("issue",)),
        ({"issue": False}, ()),
        ({"s2": True}, ("s2", "issue")),
        ({"s0": True, "issue": False}, ("s0",)),
    ],
)
def test_the_catalogue_has_the_last_word(told: dict[str, bool], shut: tuple[str, ...]) -> None:
    bought, catalogue = events(steady(), burst("issue", 200, 150, 10)), shelf(**told)
    fitted = EASE(20.0).fit(bought, catalogue=catalogue)
    assert fitted.closed == shut
    assert {p.id: p.closed for p in catalogue.products if p.states_closed} == told
    again = Catalogue.from_frame(catalogue.to_frame())
    assert EASE(20.0).fit(bought, catalogue=again).closed == shut, (
        "what is not said stays unsaid in a table"
    )
    grown = fitted.update(events([("c0001", "s1", START + 400)]))  # type: ignore[attr-defined]
    assert grown.closed == shut


def test_updates_and_files_know_what_is_closed() -> None:
    start = events(steady(), burst("issue", 80, 330, 10))
    more = events(
        [(f"w{i}", "issue", START + 335 + i % 5) for i in range(60)],
        [("c0003", "a-new-one", START + 366)],
    )
    fitted = EASE(20.0).fit(start)
    grown = fitted.update(more)  # type: ignore[attr-defined]
    assert (fitted.closed, grown.closed) == ((), ("issue",))
    kind, arrays, meta = grown.state()
    back = restore(kind, arrays, json.loads(json.dumps(meta)))
    assert back.closed == ("issue",)
    np.testing.assert_array_equal(
        back.rank(["c0001", "x"], 5).codes, grown.rank(["c0001", "x"], 5).codes
    )
    for name, bad in (
        ("arrivals.days", arrays["arrivals.days"][::-1].copy()),
        ("history.closed", np.full(len(grown.products), 2)),
    ):
        with pytest.raises(InputError, match=r"not used|beyond"):
            restore(kind, {**arrays, name: bad}, meta)


# ---- capped counts


def weights_one_by_one(codes: np.ndarray, days: np.ndarray) -> np.ndarray:
    """min(1, (20 + 5 x mean of the product's other fortnights) / its count in the fortnight), from
    the product's first fortnight to the last of all."""
    fortnight = days.astype("datetime64[D]").astype(int) // 14
    out = []
    for code, mine in zip(codes, fortnight, strict=True):
        own = fortnight[codes == code]
        others = [int((own == f).sum()) for f in range(own.min(), fortnight.max() + 1) if f != mine]
        out.append(
            min(
                1.0,
                (20.0 + 5.0 * (sum(others) / len(others) if others else 0.0))
                / int((own == mine).sum()),
            )
        )
    return np.array(out)


def test_capped_weights_are_those_of_the_formula() -> None:
    bought = events(steady(), burst("issue", 300, 150, 10), burst("other", 60, 300, 60))
    found = capped_weights(bought.product_codes, bought.days, len(bought.products))
    np.testing.assert_allclose(
        found, weights_one_by_one(bought.product_codes, bought.days), rtol=1e-12
    )
    issue = bought.product_codes == bought.products.code("issue")
    assert found[issue].sum() < 150.0, "300 in ten days, which two fortnights share"
    assert found[bought.product_codes == bought.products.code("s0")].min() == 1.0
    assert len(capped_weights(bought.product_codes[:0], bought.days[:0], 3)) == 0


CAPPED: list[Recipe] = [
    EASE(20.0, capped=True),
    EASE(20.0, half_life_days=60.0, capped=True),
    ItemKNN(10, 3.0, capped=True),
    ItemKNN.conditional(half_life_days=60.0, capped=True),
    RandomWalk(capped=True),
    Popularity(half_life_days=60.0, capped=True),
    Popularity(capped=True),
    Association(capped=True),
    Content(capped=True),
    Blend.robust(),
    ColdStart(Blend.robust(), Popularity(capped=True)),
]


@pytest.mark.parametrize("recipe", CAPPED, ids=repr)
def test_a_spin_off_no_longer_leads_the_list(recipe: Recipe) -> None:
    """Sixty clients are given `issue` in one day (too few to call it closed): capped it counts for
    about twenty, and the model is saved as it was."""
    bought, catalogue = events(steady(clients=60), burst("issue", 60, 360, 2)), shelf()
    fitted = recipe.fit(bought, catalogue=catalogue)
    column = fitted.products.index("issue")
    scores = fitted.scores(bought.clients.ids)
    if isinstance(recipe, EASE | ItemKNN | RandomWalk | Popularity):
        plain = (
            type(recipe)(**(recipe.settings() | {"capped": False}))
            .fit(bought, catalogue=catalogue)
            .scores(bought.clients.ids)
        )
        relative = [s[:, column].mean() / s.mean() for s in (scores, plain)]
        assert relative[0] < 0.6 * relative[1]
    kind, arrays, meta = fitted.state()
    back = restore(kind, arrays, json.loads(json.dumps(meta)))
    np.testing.assert_array_equal(back.scores(bought.clients.ids), scores)
    if hasattr(back, "update") and hasattr(fitted, "update"):
        later = events([("c0001", "s5", START + 380), ("zz", "issue", START + 381)])
        both = Interactions.from_frame(
            pd.DataFrame(
                [
                    (m.clients.ids[c], m.products.ids[p], d)
                    for m in (bought, later)
                    for c, p, d in zip(m.client_codes, m.product_codes, m.days, strict=True)
                ],
                columns=["client_id", "product_id", "day"],
            )
        )
        whole = recipe.fit(both, catalogue=catalogue)
        for grown in (back.update(later), fitted.update(later)):  # type: ignore[attr-defined]
            np.testing.assert_allclose(
                grown.scores(both.clients.ids), whole.scores(both.clients.ids), atol=1e-9
            )


def test_capped_counts_come_from_everybody_at_once() -> None:
    bought, catalogue = events(steady(clients=60)), shelf()
    with pytest.raises(InputError, match="all clients together"):
        EASE(capped=True).gram(bought, catalogue=catalogue)
    gram = EASE(capped=True).fit(bought, catalogue=catalogue).gram  # type: ignore[attr-defined]
    with pytest.raises(InputError, match="all clients together"):
        _ = gram + gram
    for recipe in (EASE, ItemKNN, RandomWalk, Popularity, Content, Association, Demographic):
        with pytest.raises(InputError, match="capped"):
            recipe(capped="yes")  # type: ignore[arg-type]


def test_the_robust_blend_grows_as_it_was_fitted() -> None:
    bought, later = (
        events(steady()),
        events([(f"c{i:04d}", STEADY[i % 6], START + 370 + i % 9) for i in range(50)]),
    )
    rows = [
        (m.clients.ids[c], m.products.ids[p], d)
        for m in (bought, later)
        for c, p, d in zip(m.client_codes, m.product_codes, m.days, strict=True)
    ]
    whole = Blend.robust().fit(events(rows))
    grown = Blend.robust().fit(bought).update(later)  # type: ignore[attr-defined]
    np.testing.assert_allclose(
        grown.scores(bought.clients.ids), whole.scores(bought.clients.ids), atol=1e-8
    )


def test_an_advisor_does_not_offer_what_is_closed() -> None:
    from advisor import Advisor, ClientTable, sample

    world, day = sample.interactions(), date(2026, 1, 5)
    favourite = max(
        world.products.ids, key=lambda p: int((world.product_codes == world.products.code(p)).sum())
    )
    ids = [f"k{i}" for i in range(400)]
    burst_day = world.days.max() - np.timedelta64(40, "D")
    shares = [
        (world.clients.ids[c], world.products.ids[p], d)
        for c, p, d in zip(world.client_codes, world.product_codes, world.days, strict=True)
        if world.products.ids[p] != favourite
    ]
    bought = events(shares, [(name, favourite, burst_day) for name in ids])
    shelf_ = Catalogue.from_products(
        [
            type(p)(**{k: v for k, v in p.model_dump().items() if k != "closed"})
            for p in sample.catalogue().products
        ]
    )
    advisor = Advisor.fit(sample.market(), bought, catalogue=shelf_)
    assert favourite in advisor.state.recommender.closed
    batch = advisor.advise_table(ClientTable.from_clients([sample.client()]), as_of=day)
    assert favourite not in [p.product_id for p in batch[0].picks]
    told = {
        r.data["product"]: r.code
        for r in advisor.omissions(batch[0], sample.client(), count=len(shelf_))
    }
    assert told[favourite] == "omitted_closed"
