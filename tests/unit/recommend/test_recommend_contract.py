"""Every recipe passes one suite. A class below states the recipe and the accuracy it must keep on
planted preferences for products."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from advisor import InputError
from advisor.data import Catalogue, ClientTable, Eligibility, Interactions, Ranking, ReturnModel
from advisor.data.ids import IdMap
from advisor.recommend import (
    ALS,
    BPR,
    EASE,
    MVECF,
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
from advisor.recommend.model.fitted import FittedModel
from advisor.recommend.restore import restore

PRODUCTS = tuple(f"P{i:02d}" for i in range(24))


def planted(clients: int = 300, seed: int = 5) -> tuple[Interactions, Interactions]:
    """Three preferences for products of eight products each, popularity uneven: what was bought,
    and for each client one more product of their relevance."""
    rng = np.random.default_rng(seed)
    bought, later = [], []
    for i in range(clients):
        taste = int(rng.integers(3))
        weights = np.where(np.arange(24) // 8 == taste, 1.0, 0.04) * (1.0 + np.arange(24) % 5)
        chosen = rng.choice(
            24, size=int(rng.integers(2, 6)) + 1, replace=False, p=weights / weights.sum()
        )
        days = rng.integers(0, 300, len(chosen))
        bought += [
            (f"c{i:03d}", PRODUCTS[p], np.datetime64("2024-01-01") + int(d))
            for p, d in zip(chosen[1:], days[1:], strict=True)
        ]
        later.append((f"c{i:03d}", PRODUCTS[chosen[0]], np.datetime64("2025-01-01")))
    columns = ["client_id", "product_id", "day"]
    return Interactions.from_frame(pd.DataFrame(bought, columns=columns)), Interactions.from_frame(
        pd.DataFrame(later, columns=columns)
    )


BOUGHT, LATER = planted()


def clients_table(
    ids: tuple[str, ...], holdings: dict[str, dict[str, float]] | None = None
) -> ClientTable:
    frame = pd.DataFrame({"id": ids, "wealth": 1e6, "horizon_years": 5.0})
    frame["segment"] = [("mass", "premium", None)[i % 3] for i in range(len(ids))]
    for product in {p for h in (holdings or {}).values() for p in h}:
        frame[f"holding:{product}"] = [(holdings or {}).get(i, {}).get(product, 0.0) for i in ids]
    return ClientTable.from_frame(frame)


def hit_rate(ranking: Ranking) -> float:
    wanted = LATER.matrix(products=IdMap(ranking.products)).toarray() > 0
    assert ranking.client_ids == LATER.clients.ids
    return float(np.mean(np.take_along_axis(wanted, ranking.codes, axis=1).any(axis=1)))


def shelf(order: list[str]) -> Catalogue:
    """The three preferences for products are three assets."""
    assets = [f"a{int(name[1:]) // 8}" if name in PRODUCTS else "a0" for name in order]
    return Catalogue.from_frame(
        pd.DataFrame(
            {
                "id": order,
                "name": order,
                "asset": assets,
                "risk_level": [1 + i % 5 for i in range(len(order))],
            }
        )
    )


MODEL = ReturnModel(["a0", "a1", "a2"], [0.02, 0.04, 0.06], np.diag([0.01, 0.02, 0.04]))


class RecommenderContract:
    """What a caller may rely on, whatever the recipe."""

    recipe: Recipe
    floor: float
    """Hit rate at 5 on the planted preferences for products that the recipe must keep; popularity
    reaches .40."""
    explains = True
    """Whether holdings explain scores in full."""

    reads_catalogue = False
    """Whether the recipe cannot do without catalogue and model."""

    @classmethod
    def train(cls) -> FittedModel:
        more = {"catalogue": shelf(list(PRODUCTS)), "model": MODEL} if cls.reads_catalogue else {}
        return cls.recipe.fit(BOUGHT, clients=clients_table(BOUGHT.clients.ids), seed=3, **more)

    @pytest.fixture(scope="class")
    @classmethod
    def fitted(cls) -> FittedModel:
        return cls.train()

    def test_columns_are_the_products_and_scores_are_finite(self, fitted: FittedModel) -> None:
        scores = fitted.scores(BOUGHT.clients.ids)
        assert fitted.products == BOUGHT.products.ids
        assert scores.shape == (len(BOUGHT.clients), len(fitted.products))
        assert np.isfinite(scores).all()

    def test_the_catalogue_gives_the_order(self) -> None:
        order = [*reversed(PRODUCTS[4:]), "NEW"]
        fitted = self.recipe.fit(
            BOUGHT, catalogue=shelf(order), model=MODEL, clients=clients_table(BOUGHT.clients.ids)
        )
        assert fitted.products == tuple(order)
        assert np.isfinite(fitted.scores(["c000", "nobody"])).all()

    def test_an_unknown_client_is_served_popular_products(self, fitted: FittedModel) -> None:
        ranking = fitted.rank(["nobody"], 5)
        assert (ranking.codes >= 0).all()
        popular = BOUGHT.matrix().sum(axis=0)
        assert popular[ranking.codes[0]].mean() > popular.mean()

    def test_held_products_are_left_out(self, fitted: FittedModel) -> None:
        ranking = fitted.rank(BOUGHT.clients.ids, 24)
        owned = BOUGHT.matrix().toarray() > 0
        for row, codes in zip(owned, ranking.codes, strict=True):
            kept = codes[codes >= 0]
            assert not row[kept].any()
            assert len(kept) == 24 - row.sum(), "every product that is not held fills a slot"
            assert (codes[len(kept) :] == -1).all()
        assert (np.isnan(ranking.scores) == (ranking.codes < 0)).all()

    def test_holdings_in_the_client_table_count_as_held(self, fitted: FittedModel) -> None:
        table = clients_table(
            ("nobody", "c000"), {"nobody": {"P03": 10.0, "P99": 5.0}, "c000": {"P04": 1.0}}
        )
        ranking = fitted.rank(table.ids, 24, clients=table)
        assert fitted.products.index("P03") not in ranking.codes[0]
        assert fitted.products.index("P04") not in ranking.codes[1]
        assert np.isfinite(fitted.scores(table.ids, table)).all()

    def test_nothing_outside_the_mask_even_when_few_are_left(self, fitted: FittedModel) -> None:
        rng = np.random.default_rng(0)
        mask = rng.random((len(BOUGHT.clients), 24)) < 0.2
        ranking = fitted.rank(BOUGHT.clients.ids, 10, eligible=mask)
        rows, slots = np.nonzero(ranking.codes >= 0)
        assert mask[rows, ranking.codes[rows, slots]].all()
        reachable = mask & ~(BOUGHT.matrix().toarray() > 0)
        assert ((ranking.codes >= 0).sum(axis=1) == np.minimum(reachable.sum(axis=1), 10)).all()

    def test_all_masked_gives_only_empty_slots(self, fitted: FittedModel) -> None:
        ranking = fitted.rank(["c000", "nobody"], 3, eligible=np.zeros((2, 24), dtype=bool))
        assert (ranking.codes == -1).all()
        assert np.isnan(ranking.scores).all()

    def test_classes_rank_as_full_masks(self, fitted: FittedModel) -> None:
        ids = BOUGHT.clients.ids
        rng = np.random.default_rng(1)
        classes = Eligibility(rng.integers(0, 3, len(ids)), rng.random((3, 24)) < 0.5)
        a, b = (
            fitted.rank(ids, 5, eligible=classes),
            fitted.rank(ids, 5, eligible=classes.to_array()),
        )
        assert (a.codes == b.codes).all()
        np.testing.assert_array_equal(a.scores, b.scores)

    def test_more_slots_than_products(self, fitted: FittedModel) -> None:
        ranking = fitted.rank(["nobody"], 30)
        assert sorted(ranking.codes[0, :24].tolist()) == list(range(24))
        assert (ranking.codes[0, 24:] == -1).all()

    def test_batch_equals_single(self, fitted: FittedModel) -> None:
        ids = (*BOUGHT.clients.ids[:40], "nobody")
        table = clients_table(ids, {"nobody": {"P07": 1.0}})
        together, ranked = fitted.scores(ids, table), fitted.rank(ids, 4, clients=table)
        for i, name in enumerate(ids):
            np.testing.assert_array_equal(fitted.scores([name], table)[0], together[i])
            alone = fitted.rank([name], 4, clients=table)
            np.testing.assert_array_equal(alone.codes[0], ranked.codes[i])
            np.testing.assert_array_equal(alone.scores[0], ranked.scores[i])

    def test_rank_is_the_order_of_scores(self, fitted: FittedModel) -> None:
        ids = BOUGHT.clients.ids[:50]
        scores, ranking = fitted.scores(ids), fitted.rank(ids, 24, exclude_held=False)
        np.testing.assert_array_equal(ranking.codes, np.argsort(-scores, axis=1, kind="stable"))
        np.testing.assert_array_equal(
            ranking.scores, np.take_along_axis(scores, ranking.codes, axis=1)
        )

    def test_same_seed_same_bytes(self, fitted: FittedModel) -> None:
        again = self.train()
        np.testing.assert_array_equal(
            again.scores(BOUGHT.clients.ids), fitted.scores(BOUGHT.clients.ids)
        )

    def test_accuracy_floor(self, fitted: FittedModel) -> None:
        assert hit_rate(fitted.rank(BOUGHT.clients.ids, 5)) >= self.floor

    def test_explanations_add_up(self, fitted: FittedModel) -> None:
        owned = BOUGHT.matrix().toarray() > 0
        scores = fitted.scores(BOUGHT.clients.ids)
        for i in range(0, 40, 7):
            for product in ("P00", "P09", "P23"):
                found = fitted.explain(BOUGHT.clients.ids[i], product)
                assert {c.product_id for c in found if c.product_id} <= {
                    PRODUCTS[j] for j in np.flatnonzero(owned[i])
                }
                if self.explains and found:
                    score = scores[i, fitted.products.index(product)]
                    assert sum(c.amount for c in found) == pytest.approx(score, rel=1e-9, abs=1e-12)
                    assert not score or sum(c.share for c in found) == pytest.approx(1.0)

    def test_saved_and_restored_without_pickle(self, fitted: FittedModel) -> None:
        kind, arrays, meta = fitted.state()
        assert not any(a.dtype.hasobject for a in arrays.values())
        back = restore(kind, {n: a.copy() for n, a in arrays.items()}, json.loads(json.dumps(meta)))
        ids = (*BOUGHT.clients.ids, "nobody")
        table = clients_table(ids, {"nobody": {"P07": 1.0}})
        np.testing.assert_array_equal(back.scores(ids, table), fitted.scores(ids, table))
        assert back.products == fitted.products

    def test_refusals_say_what_to_do(self, fitted: FittedModel) -> None:
        with pytest.raises(InputError, match="k is 0"):
            fitted.rank(["c000"], 0)
        with pytest.raises(InputError, match="columns follow"):
            fitted.rank(["c000"], 3, eligible=np.ones((2, 24), dtype=bool))
        with pytest.raises(InputError, match="not known"):
            fitted.explain("c000", "P99")


class TestPopularity(RecommenderContract):
    recipe = Popularity()
    floor = 0.38


class TestPopularityWithDecay(RecommenderContract):
    recipe = Popularity(half_life_days=90.0)
    floor = 0.38


class TestEASE(RecommenderContract):
    recipe = EASE(regularization=20.0)
    floor = 0.80


class TestItemKNN(RecommenderContract):
    recipe = ItemKNN(neighbours=8, shrinkage=10.0)
    floor = 0.80


class TestItemKNNConditional(RecommenderContract):
    recipe = ItemKNN(neighbours=1000, shrinkage=5.0, similarity="conditional", half_life_days=200.0)
    floor = 0.80


class TestRandomWalk(RecommenderContract):
    recipe = RandomWalk()
    floor = 0.80


class TestALS(RecommenderContract):
    recipe = ALS(factors=4, regularization=3.0)
    floor = 0.80


class TestBPR(RecommenderContract):
    recipe = BPR()
    floor = 0.75
    explains = False


class TestBlend(RecommenderContract):
    recipe = Blend(
        [EASE(20.0), Popularity(), RandomWalk(), ALS(factors=4, regularization=3.0)],
        [1.0, 0.1, 0.5, 0.2],
    )
    floor = 0.80
    explains = False


class TestBlendLearnt(RecommenderContract):
    recipe = Blend(
        [ItemKNN.conditional(shrinkage=5.0), Popularity(), Association()], validation_days=60
    )
    floor = 0.80
    explains = False


class TestBlendForBanks(RecommenderContract):
    recipe = Blend.for_banks()
    floor = 0.80


class TestBlendRobust(RecommenderContract):
    recipe = Blend.robust()
    floor = 0.80
    explains = False


class TestEASECapped(RecommenderContract):
    recipe = EASE(regularization=20.0, half_life_days=200.0, capped=True)
    floor = 0.80


class TestAssociation(RecommenderContract):
    recipe = Association()
    floor = 0.80


class TestContent(RecommenderContract):
    recipe = Content()
    floor = 0.60
    reads_catalogue = True


class TestMVECF(RecommenderContract):
    recipe = MVECF(factors=4, regularization=3.0)
    floor = 0.80
    reads_catalogue = True


class TestSegmentPopularity(RecommenderContract):
    recipe = Popularity(by=("segment",))
    floor = 0.38


class TestDemographic(RecommenderContract):
    recipe = Demographic()
    floor = 0.38


class TestColdStart(RecommenderContract):
    recipe = ColdStart(
        Blend([EASE(20.0), ALS(factors=4, regularization=3.0, alpha=2.0)], [1.0, 0.2]),
        Demographic(),
    )
    floor = 0.80
    explains = False
