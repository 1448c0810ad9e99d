"""`evaluate_match` by hand: three clients whose every number can be checked on paper."""

from __future__ import annotations

from html.parser import HTMLParser
from math import log2

import numpy as np
import pandas as pd
import pytest

from advisor import (
    Catalogue,
    Client,
    ClientTable,
    InputError,
    Interactions,
    Market,
    Product,
    Ranking,
    Regime,
    RiskProfiles,
    Verdict,
    evaluate_match,
)
from advisor.data import Eligibility
from advisor.evaluate import MatchReport, evaluate_money, evaluate_probability

PRODUCTS = ("a", "b", "c", "d", "e")


def ranked(lists: dict[str, str], products: tuple[str, ...] = PRODUCTS, k: int = 3) -> Ranking:
    codes = np.full((len(lists), k), -1)
    for i, text in enumerate(lists.values()):
        codes[i, : len(text)] = [products.index(x) for x in text]
    return Ranking(
        tuple(lists), products, codes, np.where(codes >= 0, -np.arange(k, dtype=float), np.nan)
    )


def bought(pairs: dict[str, str]) -> Interactions:
    rows = [
        (client, product, "2026-03-01")
        for client, products in pairs.items()
        for product in products
    ]
    return Interactions.from_frame(pd.DataFrame(rows, columns=["client_id", "product_id", "day"]))


LISTS = {"x": "abc", "y": "ab", "z": "cde"}
TRUTH = {"x": "bd", "y": "a"}


def test_every_metric_by_hand() -> None:
    """x buys b, d and is shown a b c; y buys a and is shown a b; z buys nothing and counts as 0."""
    report = evaluate_match(ranked(LISTS), bought(TRUTH), ks=(1, 3))
    ndcg_x = (1 / log2(3)) / (1 + 1 / log2(3))
    by_hand = {
        ("hit_rate", 1): (0 + 1 + 0) / 3,
        ("hit_rate", 3): (1 + 1 + 0) / 3,
        ("precision", 1): (0 + 1 + 0) / 3,
        ("precision", 3): (1 / 3 + 1 / 3 + 0) / 3,
        ("recall", 3): (1 / 2 + 1 + 0) / 3,
        ("ndcg", 3): (ndcg_x + 1 + 0) / 3,
        ("map", 3): ((1 / 2) / 2 + 1 + 0) / 3,
        ("mrr", 3): (1 / 2 + 1 + 0) / 3,
    }
    for (metric, k), value in by_hand.items():
        assert report.score(metric, k).value == pytest.approx(value, abs=1e-15)
        assert report.score(metric, k).clients == 3
    assert report.counts["clients_who_bought"] == 2
    assert report.counts["empty_slots"] == 1


def test_clients_who_bought_nothing_can_be_left_out_and_the_report_says_which() -> None:
    zero = evaluate_match(ranked(LISTS), bought(TRUTH), ks=(3,))
    skip = evaluate_match(ranked(LISTS), bought(TRUTH), ks=(3,), skip_without_purchases=True)
    assert skip.score("recall").value == pytest.approx(0.75)
    assert skip.score("recall").clients == 2
    assert "count as 0" in zero.definitions["without_purchases"]
    assert "left out" in skip.definitions["without_purchases"]


def test_reachable_and_ceiling_by_hand() -> None:
    """d is refused for x: of their two purchases one is reachable, so no eligible list finds more
    than half."""
    mask = np.ones((3, 5), dtype=bool)
    mask[0, 3] = False
    report = evaluate_match(
        ranked(LISTS), bought(TRUTH), eligible=mask, ks=(3,), skip_without_purchases=True
    )
    assert report.score("recall", view="raw").value == pytest.approx((1 / 2 + 1) / 2)
    assert report.score("recall", view="reachable").value == pytest.approx(1.0)
    assert report.score("recall", view="ceiling").value == pytest.approx((1 / 2 + 1) / 2)
    ideal = 1 + 1 / log2(3)
    assert report.score("ndcg", view="ceiling").value == pytest.approx((1 / ideal + 1) / 2)
    assert report.counts["reachable_purchases"] == 2
    assert report.counts["purchases"] == 3


def test_a_client_without_a_reachable_purchase_is_not_in_the_reachable_mean() -> None:
    mask = np.ones((3, 5), dtype=bool)
    mask[1, 0] = False
    report = evaluate_match(
        ranked({"x": "abc", "y": "bc", "z": "cde"}), bought(TRUTH), eligible=mask, ks=(3,)
    )
    assert report.score("hit_rate", view="reachable").clients == 1
    assert report.score("hit_rate", view="ceiling").value == pytest.approx(1 / 3)


def test_a_purchase_of_a_product_nobody_ranks_lowers_the_ceiling() -> None:
    report = evaluate_match(ranked(LISTS), bought({"x": "bq", "y": "a"}), ks=(3,))
    assert report.counts["purchases_of_products_not_ranked"] == 1
    assert report.score("recall", view="ceiling").value == pytest.approx((1 / 2 + 1) / 3)


def test_masks_by_class_and_in_full_say_the_same() -> None:
    rng = np.random.default_rng(3)
    mask = rng.random((3, 5)) < 0.7
    full = evaluate_match(ranked(LISTS), bought(TRUTH), eligible=mask, ks=(3,))
    by_class = evaluate_match(ranked(LISTS), bought(TRUTH), eligible=Eligibility.of(mask), ks=(3,))
    pd.testing.assert_frame_equal(full.to_frame(), by_class.to_frame())


def test_baseline_is_joined_by_id_whatever_its_order_of_clients_and_products() -> None:
    other = ranked({"z": "abc", "y": "cab", "x": "dbe"})
    shuffled = ("e", "d", "c", "b", "a", "f")
    again = Ranking(
        other.client_ids,
        shuffled,
        np.vectorize(lambda j: -1 if j < 0 else shuffled.index(PRODUCTS[j]))(other.codes),
        other.scores,
    )
    for baseline in (other, again):
        s = evaluate_match(ranked(LISTS), bought(TRUTH), ks=(3,), baseline=baseline).score("recall")
        assert s.baseline == pytest.approx((1 + 1 + 0) / 3)
        assert s.difference == pytest.approx(s.value - s.baseline)
        assert s.difference_low <= s.difference <= s.difference_high


def test_the_baseline_is_held_to_the_same_purchases_where_it_ranks_more_products() -> None:
    """q is ranked by the baseline only: it is a raw hit of the baseline, and reachable for
    neither."""
    baseline = ranked({"x": "bqd", "y": "aq", "z": "a"}, (*PRODUCTS, "q"))
    report = evaluate_match(
        ranked(LISTS), bought({"x": "bq", "y": "a"}), ks=(3,), baseline=baseline
    )
    assert report.score("recall").baseline == pytest.approx((1 + 1 + 0) / 3)
    assert report.score("recall", view="reachable").baseline == pytest.approx(1.0)


def test_segments_add_up_to_the_whole() -> None:
    report = evaluate_match(
        ranked(LISTS), bought(TRUTH), ks=(3,), by={"tier": ["gold", "plain", "plain"]}
    )
    gold, plain = (report.score("recall", by="tier", segment=s) for s in ("gold", "plain"))
    assert (gold.clients, plain.clients) == (1, 2)
    assert gold.value == pytest.approx(1 / 2)
    assert (gold.value * 1 + plain.value * 2) / 3 == pytest.approx(report.score("recall").value)


def test_segments_by_level_segment_and_tenure() -> None:
    profiles = RiskProfiles.from_levels([1, 2, 2], as_of="2026-01-01", client_ids=["z", "y", "x"])
    clients = ClientTable.from_clients(
        [
            Client(id="x", wealth=1, horizon_years=1, age=40, segment="gold"),
            Client(id="y", wealth=1, horizon_years=1, age=40),
        ]
    )
    history = Interactions.from_frame(
        pd.DataFrame(
            {
                "client_id": ["x", "y", "y"],
                "product_id": ["a", "c", "e"],
                "day": ["2023-01-01", "2025-09-01", "2025-12-31"],
            }
        )
    )
    report = evaluate_match(
        ranked(LISTS),
        bought(TRUTH),
        ks=(3,),
        by=["level", "segment", "tenure"],
        profiles=profiles,
        clients=clients,
        history=history,
    )
    found = {
        (s.by, s.segment): s.clients
        for s in report.scores
        if s.metric == "recall" and s.view == "raw"
    }
    assert found == {
        ("all", "all"): 3, ("level", "C1"): 1, ("level", "C2"): 2, ("segment", "gold"): 1,
        ("segment", "unknown"): 2,
        ("tenure", "0 to 6 months"): 1, ("tenure", "over 1 year"): 1, ("tenure", "unknown"): 1,
    }  # fmt: skip


def shelf() -> Catalogue:
    return Catalogue.from_products(
        Product(id=p, name=p, asset="stocks", risk_level=r)
        for p, r in zip(PRODUCTS, (1, 2, 3, 4, 5), strict=True)
    )


def people() -> tuple[RiskProfiles, ClientTable]:
    valid = np.full(3, np.datetime64("2027-01-01"))
    profiles = RiskProfiles.from_levels(
        [3, 2, 5],
        as_of="2026-01-01",
        client_ids=["x", "y", "z"],
        valid_until=valid,
        knowledge=[100.0] * 3,
    )
    return profiles, ClientTable.from_clients(
        [
            Client(id=i, wealth=1e6, horizon_years=20, age=40, level=v)
            for i, v in zip("xyz", (3, 2, 5), strict=True)
        ]
    )


def test_suitability_is_proved_pair_by_pair_and_a_leak_is_found() -> None:
    profiles, clients = people()
    fine = evaluate_match(
        ranked(LISTS),
        bought(TRUTH),
        regime=Regime.nfra(),
        profiles=profiles,
        clients=clients,
        catalogue=shelf(),
    )
    assert fine.suitability == 1.0
    assert fine.suitability_check.checked == 8
    leaky = evaluate_match(
        ranked({"x": "abd", "y": "abe", "z": "cde"}),
        bought(TRUTH),
        regime=Regime.nfra(),
        profiles=profiles,
        clients=clients,
        catalogue=shelf(),
    )
    assert leaky.suitability_check.suitable == 7
    assert {(b.client_id, b.product_id) for b in leaky.suitability_check.broken} == {
        ("x", "d"),
        ("y", "e"),
    }
    assert all(b.decision == "refuse" and b.rules for b in leaky.suitability_check.broken)


def test_the_check_asks_the_regime_and_not_the_mask() -> None:
    """A mask that lets everything through does not make a pick suitable, and a warning is not an
    allow."""

    class Warns:
        def check(self, profile: object, client: Client, product: Product) -> Verdict:
            return Verdict("warn", ("w1",)) if product.id == "b" else Verdict("allow")

    profiles, clients = people()
    report = evaluate_match(
        ranked(LISTS),
        bought(TRUTH),
        eligible=np.ones((3, 5), dtype=bool),
        regime=Warns(),
        profiles=profiles,
        clients=clients,
        catalogue=shelf(),
    )
    assert report.suitability == pytest.approx(6 / 8)
    assert report.suitability_check.rules == {"w1": 2}


def test_a_pick_off_the_shelf_or_of_a_row_with_a_problem_is_not_suitable() -> None:
    profiles, _ = people()
    table = ClientTable.from_frame(
        pd.DataFrame(
            {
                "id": ["x", "y", "z"],
                "wealth": [1e6, -5.0, 1e6],
                "horizon_years": [9, 9, 9],
                "age": 40,
                "level": [3, 2, 5],
            }
        )
    )
    short = Catalogue.from_products(shelf().products[:4])
    report = evaluate_match(
        ranked(LISTS),
        bought(TRUTH),
        regime=Regime.nfra(),
        profiles=profiles,
        clients=table,
        catalogue=short,
    )
    assert report.suitability_check.rules == {
        "client_has_problem": 2,
        "product_not_in_catalogue": 1,
    }


def test_a_drawn_check_says_that_it_is_one() -> None:
    profiles, clients = people()
    report = evaluate_match(
        ranked(LISTS),
        bought(TRUTH),
        regime=Regime.nfra(),
        profiles=profiles,
        clients=clients,
        catalogue=shelf(),
        check_most=4,
    )
    assert 0 < report.suitability_check.checked <= 4
    assert "drawn" in report.suitability_check.how


def test_without_rules_suitability_is_not_claimed() -> None:
    report = evaluate_match(ranked(LISTS), bought(TRUTH))
    assert np.isnan(report.suitability)
    assert "not checked" in str(report)
    inside = evaluate_match(ranked(LISTS), bought(TRUTH), eligible=np.ones((3, 5), dtype=bool))
    assert "mask" in inside.suitability_check.how


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"ks": (0,)}, "cut-off"),
        ({"ks": ()}, "cut-off"),
        ({"eligible": np.ones((3, 4), dtype=bool)}, "5 products"),
        ({"by": "level"}, "profiles"),
        ({"by": "colour"}, "colour"),
        ({"by": {"tier": ["a"]}}, "1 labels"),
        ({"regime": Regime.nfra()}, "profiles"),
        ({"baseline": ranked({"x": "abc"})}, "no list"),
        ({"ranking": ranked({"x": "aba"})}, "twice"),
        (
            {"ranking": Ranking(("x",), PRODUCTS, np.array([[-1, 0, 1]]), np.zeros((1, 3)))},
            "after an empty",
        ),
        ({"ranking": ranked({"nobody": "abc"})}, "do not match"),
        ({"confidence": 1.5}, "confidence"),
    ],
)
def test_bad_input_is_refused_with_what_to_do(change: dict, message: str) -> None:
    arguments = {"ranking": ranked(LISTS), "held_out": bought(TRUTH), **change}
    with pytest.raises(InputError, match=message):
        evaluate_match(arguments.pop("ranking"), arguments.pop("held_out"), **arguments)


def test_compare_is_the_paired_difference_of_two_reports() -> None:
    first = evaluate_match(ranked(LISTS), bought(TRUTH), ks=(3,))
    second = evaluate_match(ranked({"x": "dbe", "y": "cab", "z": "abc"}), bought(TRUTH), ks=(3,))
    gap = first.compare(second, "recall")
    assert gap.mean == pytest.approx(first.score("recall").value - second.score("recall").value)
    with pytest.raises(InputError, match="not the same"):
        first.compare(evaluate_match(ranked({"y": "abc"}), bought(TRUTH), ks=(3,)))


class Page(HTMLParser):
    """Collects what a page would fetch or run, and whether its tags close."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.outside: list[str] = []
        self.count: dict[str, int] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.count[tag] = self.count.get(tag, 0) + 1
        if tag not in {"meta", "br", "wbr", "path", "rect", "line", "polyline", "circle"}:
            self.open.append(tag)
        self.outside += [
            f"{tag} {n}={v}"
            for n, v in attrs
            if n in {"src", "href"} or (n != "xmlns" and v and "http" in v)
        ]

    def handle_endtag(self, tag: str) -> None:
        if tag not in {"meta", "br", "wbr", "path", "rect", "line", "polyline", "circle"}:
            assert self.open.pop() == tag


def full_report() -> MatchReport:
    profiles, clients = people()
    return evaluate_match(
        ranked({"x": "abd", "y": "ab", "z": "cde"}), bought(TRUTH), ks=(1, 3),
        baseline=ranked({"z": "abc", "y": "cab", "x": "dbe"}),
        by={"<tier>": ["<b>gold</b>", "plain", "plain"]}, regime=Regime.nfra(), profiles=profiles,
        clients=clients, catalogue=shelf(), history=bought({"x": "ac", "y": "c"}),
    )  # fmt: skip


def test_the_page_is_self_contained_and_escaped() -> None:
    text = full_report().to_html("Fund <advisor>")
    page = Page()
    page.feed(text)
    page.close()
    assert page.open == []
    assert page.outside == []
    assert "script" not in page.count
    assert page.count["svg"] >= 7
    assert "Fund &lt;advisor&gt;" in text
    assert "<b>gold" not in text
    assert "Suitability" in text
    assert "trec" not in text


def test_the_page_takes_probabilities_and_money() -> None:
    report = full_report()
    ranking, later = ranked({"x": "abd", "y": "ab", "z": "cde"}), bought(TRUTH)
    stated = evaluate_probability(ranking, later, np.where(ranking.codes >= 0, 0.3, np.nan))
    returns = np.random.default_rng(0).normal(0, 0.01, (30, 5))
    market = Market.from_returns(
        pd.DataFrame(
            returns, index=pd.bdate_range("2026-01-01", periods=30), columns=list(PRODUCTS)
        )
    )
    text = report.to_html(
        probability=stated, money=evaluate_money(ranking, market, "2026-01-05", rows=20)
    )
    page = Page()
    page.feed(text)
    page.close()
    assert page.open == page.outside == []
    assert "Stated probabilities" in text
    assert "unattainable" in text
    assert "What the picks returned" in text
    assert "unattainable:" in text.split("<h2>In short</h2>")[1].split("</ul>")[0]


def test_the_page_shows_the_served_list_beside_others_by_segment_and_in_money() -> None:
    lists = {
        "served": {"x": "abd", "y": "ab", "z": "cde"},
        "own": {"x": "dbe", "y": "cab", "z": "abc"},
    }
    tiers = {"tier": ["gold", "plain", "plain"]}
    reports = {
        name: evaluate_match(ranked(rows), bought(TRUTH), ks=(1, 3), by=tiers)
        for name, rows in lists.items()
    }
    returns = np.random.default_rng(0).normal(0, 0.01, (30, 5))
    market = Market.from_returns(
        pd.DataFrame(
            returns, index=pd.bdate_range("2026-01-01", periods=30), columns=list(PRODUCTS)
        )
    )
    money = {
        name: evaluate_money(ranked(rows), market, "2026-01-05", rows=20)
        for name, rows in lists.items()
    }
    text = reports["served"].to_html(beside={"own": reports["own"]}, money=money)
    page = Page()
    page.feed(text)
    page.close()
    assert page.open == page.outside == []
    section = text.split("beside others</h2>")[1].split("<h2>")[0]
    for report in reports.values():
        for metric in ("hit_rate", "ndcg", "recall"):
            assert f"{report.score(metric).value:.4f}" in section
        for tier in ("gold", "plain"):
            assert f"{report.score(by='tier', segment=tier).value:.4f}" in section
    gap = reports["served"].score().value - reports["own"].score().value
    assert f"{gap:+.4f} (" in section
    for report in money.values():
        assert all(f"{mean.mean:.4f}" in section for mean in report.means.values())
    other = evaluate_match(ranked({"x": "abd"}), bought(TRUTH), ks=(1, 3))
    with pytest.raises(InputError, match="'other' was judged on 1 clients"):
        reports["served"].to_html(beside={"other": other})


def test_printing_shows_the_three_numbers_apart() -> None:
    report = full_report()
    text = str(report)
    assert "Suitability  87.50%" in text
    for word in ("raw", "reachable", "ceiling", "baseline", "ndcg@3", "coverage@3", "count as 0"):
        assert word in text
    assert repr(report).startswith("MatchReport(3 clients, suitability 87.50%")
    assert report._repr_html_().startswith("<!doctype html>")


def test_the_table_holds_every_score_once() -> None:
    report = full_report()
    frame = report.to_frame()
    assert len(frame) == 3 * 6 * 2 * 3  # views, metrics, ks; all, gold, plain
    assert not frame.duplicated(["by", "segment", "view", "metric", "k"]).any()
    assert report.per_client("raw", "recall", 3).tolist() == [1.0, 1.0, 0.0]
    assert set(report.lists) == {
        "coverage@3",
        "gini@3",
        "diversity@3",
        "novelty@3",
        "popularity@3",
        "popularity_lift@3",
    }
    assert set(report.baseline_lists) == set(report.lists)


def test_without_a_mask_the_regime_says_which_purchases_were_reachable() -> None:
    """The regime is asked about every purchase: x (C3) may not have d (R4), so one of their two
    purchases is reachable, exactly as the regime's own mask says."""
    profiles, clients = people()
    rules = {
        "regime": Regime.nfra(),
        "profiles": profiles,
        "clients": clients,
        "catalogue": shelf(),
    }
    asked = evaluate_match(
        ranked(LISTS),
        bought(TRUTH),
        ks=(3,),
        baseline=ranked({"z": "abc", "y": "cab", "x": "dbe"}),
        **rules,
    )
    assert asked.counts["reachable_purchases"] == 2
    mask = Regime.nfra().eligible(profiles, clients, shelf())
    given = evaluate_match(
        ranked(LISTS),
        bought(TRUTH),
        ks=(3,),
        baseline=ranked({"z": "abc", "y": "cab", "x": "dbe"}),
        eligible=mask,
        **rules,
    )
    pd.testing.assert_frame_equal(asked.to_frame(), given.to_frame())
    extra = evaluate_match(
        ranked(LISTS),
        bought({"x": "bq", "y": "a"}),
        ks=(3,),
        baseline=ranked({"x": "bqd", "y": "aq", "z": "a"}, (*PRODUCTS, "q")),
        **rules,
    )
    assert extra.score("recall", view="reachable").baseline == pytest.approx(1.0)


def test_segments_from_a_table_are_joined_by_client_id() -> None:
    table = pd.DataFrame({"tier": ["plain", "gold"], "branch": [7, None]}, index=["y", "x"])
    report = evaluate_match(ranked(LISTS), bought(TRUTH), ks=(3,), by=table)
    found = {
        (s.by, s.segment): s.clients
        for s in report.scores
        if s.metric == "recall" and s.view == "raw" and s.by != "all"
    }
    assert found == {
        ("tier", "gold"): 1,
        ("tier", "plain"): 1,
        ("tier", "unknown"): 1,
        ("branch", "7"): 1,
        ("branch", "unknown"): 2,
    }
    one = evaluate_match(ranked(LISTS), bought(TRUTH), ks=(3,), by=table["tier"])
    assert one.score("recall", by="tier", segment="gold").value == pytest.approx(0.5)
    for mapping in (table["tier"].to_dict(), {"tier": table["tier"].to_dict()}):
        told = evaluate_match(ranked(LISTS), bought(TRUTH), ks=(3,), by=mapping)
        np.testing.assert_array_equal([s.value for s in told.scores], [s.value for s in one.scores])
    random = table.sample(frac=1.0, random_state=3).rename_axis("client_id").reset_index()
    for shuffled in (random, random.rename(columns={"client_id": "id"}), random.iloc[::-1]):
        again = evaluate_match(ranked(LISTS), bought(TRUTH), ks=(3,), by=shuffled)
        pd.testing.assert_frame_equal(again.to_frame(), report.to_frame())
    with pytest.raises(InputError, match=r"by.set_index\('kunde'\)"):
        evaluate_match(
            ranked(LISTS), bought(TRUTH), ks=(3,), by=random.rename(columns={"client_id": "kunde"})
        )


def test_lists_that_know_no_other_products_are_judged_over_the_catalogue() -> None:
    """The same lists with all products and with those that occur in them alone: one report."""
    lists, truth = {"x": "abc", "y": "ab", "z": "ba"}, bought({"x": "bde", "y": "ae"})
    mask = np.array([[True] * 5, [True] * 4 + [False], [True] * 5])
    whole = evaluate_match(ranked(lists), truth, ks=(3,), catalogue=shelf())
    known = evaluate_match(ranked(lists, tuple("abc")), truth, ks=(3,), catalogue=shelf())
    pd.testing.assert_frame_equal(whole.to_frame(), known.to_frame())
    assert known.lists == whole.lists
    assert known.lists["coverage@3"] == pytest.approx(3 / len(shelf()))
    assert known.counts["reachable_purchases"] == 5
    given = {"ks": (3,), "catalogue": shelf()}
    masked = evaluate_match(ranked(lists, tuple("abc")), truth, eligible=mask[:, :3], **given)
    assert masked.counts["reachable_purchases"] == 2  # who says what may be shown is believed
    profiles, clients = people()
    rules = {"regime": Regime.nfra(), "profiles": profiles, "clients": clients, **given}
    pd.testing.assert_frame_equal(
        evaluate_match(ranked(lists), truth, **rules).to_frame(),
        evaluate_match(ranked(lists, tuple("abc")), truth, **rules).to_frame(),
    )


@pytest.mark.parametrize(("labels", "fine"), [(20, True), (21, False), (200, False), (50, True)])
def test_a_label_for_each_client_is_no_segmentation(labels: int, fine: bool) -> None:
    people = 100 if fine else 40 if labels < 40 else 200
    lists = ranked({f"u{i}": "ab" for i in range(people)})
    by = pd.DataFrame(
        {"client_id": lists.client_ids, "wealth": [1e4 + i % labels for i in range(people)]}
    )
    given = {"held_out": bought({"u0": "a"}), "ks": (1,), "resamples": 2, "by": by}
    if fine:
        assert len({s.segment for s in evaluate_match(lists, **given).scores}) == labels + 1
    else:
        with pytest.raises(InputError, match=f"{labels} labels for {people} clients"):
            evaluate_match(lists, **given)
