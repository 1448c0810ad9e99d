"""Laws of segments, stages and tags: company and order change nothing, and the unknown proves
nothing."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor import ClientTable, Trades
from advisor.adapters.crm import (
    ClientFacts,
    Condition,
    ScorePack,
    StagePack,
    TagPack,
    TierPack,
    fact_names,
    segment,
    stage,
    tag,
)
from advisor.adapters.crm.conditions import Evaluator
from advisor.adapters.crm.packs import FactRule

NUMBERS = st.one_of(
    st.just(float("nan")),
    st.integers(0, 40).map(float),
    st.sampled_from([1e5, 1e6, 99_999.0, 0.5, 0.3]),
)
READ = tuple(
    {c.fact for t in TagPack.default().tags for group in t.any_of for c in group}
    | {"recency", "money", "trades", "trend", "months_since_trade"}
)


@st.composite
def some_facts(draw: st.DrawFn, most: int = 12) -> ClientFacts:
    count = draw(st.integers(1, most))
    frame = pd.DataFrame(
        {name: draw(st.lists(NUMBERS, min_size=count, max_size=count)) for name in READ},
        index=[f"c{i}" for i in range(count)],
    )
    return ClientFacts.from_frame(frame, as_of="2026-06-30")


def taken(facts: ClientFacts, rows: list[int]) -> ClientFacts:
    return ClientFacts.from_frame(facts.to_frame().iloc[rows], as_of=facts.as_of)


@settings(max_examples=20, deadline=None)
@given(some_facts(), st.randoms(use_true_random=False))
def test_order_and_chunks_of_clients_change_nothing(facts: ClientFacts, random) -> None:
    whole, tags, stages = segment(facts), tag(facts), stage(facts, StagePack.six())
    order = list(range(len(facts)))
    random.shuffle(order)
    for rows in filter(None, (order, order[: len(order) // 2], order[len(order) // 2 :])):
        part = taken(facts, rows)
        again = segment(part, activities=whole.activities, scores=whole.scores)
        pd.testing.assert_frame_equal(again.to_frame(), whole.to_frame().iloc[rows])
        pd.testing.assert_frame_equal(tag(part).to_frame(), tags.to_frame().iloc[rows])
        pd.testing.assert_frame_equal(
            stage(part, StagePack.six()).to_frame(), stages.to_frame().iloc[rows]
        )
    shuffled = segment(taken(facts, order))
    pd.testing.assert_frame_equal(shuffled.to_frame(), whole.to_frame().iloc[order])


@settings(max_examples=40, deadline=None)
@given(some_facts(), st.randoms(use_true_random=False))
def test_the_order_of_tags_in_a_pack_changes_nothing(facts: ClientFacts, random) -> None:
    pack = TagPack.default()
    shuffled = list(pack.tags)
    random.shuffle(shuffled)
    other = pack.model_copy(update={"tags": tuple(shuffled)})
    pd.testing.assert_frame_equal(
        tag(facts, other).to_frame()[list(pack.ids)], tag(facts, pack).to_frame()
    )
    assert tag(facts, other).coverage().equals(tag(facts, pack).coverage())


@settings(max_examples=40, deadline=None)
@given(some_facts(), st.sets(st.sampled_from(READ)))
def test_forgetting_facts_never_makes_a_mandatory_tag_true(
    facts: ClientFacts, forgotten: set[str]
) -> None:
    """Of every client: fewer facts known, no mandatory tag gained."""
    fewer = facts.with_columns({name: np.full(len(facts), np.nan) for name in forgotten})
    pack = TagPack.default()
    for one in pack.tags:
        if one.family in pack.mandatory:
            assert not (tag(fewer).has(one.id) & ~tag(facts).has(one.id)).any()
    nothing = tag(facts.with_columns({name: np.full(len(facts), np.nan) for name in READ}))
    assert not nothing.to_frame().to_numpy().any()


@settings(max_examples=60, deadline=None)
@given(some_facts(6), st.data())
def test_a_rule_is_any_of_all_of(facts: ClientFacts, data) -> None:
    """Against a reading client by client in plain Python."""
    edge = st.sampled_from([0.0, 1.0, 3.0, 0.5, 1e5])
    rule = []
    for _ in range(data.draw(st.integers(1, 3))):
        group = []
        for _ in range(data.draw(st.integers(1, 3))):
            low, high = data.draw(
                st.one_of(
                    st.tuples(edge, st.none()),
                    st.tuples(st.none(), edge),
                    st.sampled_from([(0.0, 3.0), (1.0, 1e6)]),
                )
            )
            group.append(
                Condition(
                    fact=data.draw(st.sampled_from(READ)),
                    low=low,
                    high=high,
                    unknown=data.draw(st.booleans()),
                )
            )
        rule.append(tuple(group))
    found = Evaluator(facts).holds(tuple(rule))

    def meets(row: int, c: Condition) -> bool:
        value = float(facts.column(c.fact)[row])
        if value != value:
            return c.unknown
        return (c.low is None or value >= c.low) and (c.high is None or value < c.high)

    assert found.tolist() == [
        any(all(meets(i, c) for c in group) for group in rule) for i in range(len(facts))
    ]


@settings(max_examples=40, deadline=None)
@given(
    some_facts(),
    st.integers(0, 11),
    st.sampled_from(["wealth", "money", "frequency", "products_held"]),
)
def test_more_of_a_fact_never_lowers_the_score(facts: ClientFacts, row: int, name: str) -> None:
    pack = ScorePack.default().fit(facts)
    row %= len(facts)
    more = facts.column(name).copy()
    more[row] = np.nan_to_num(more[row]) + 1e7
    before, after = pack.score(facts)[row], pack.score(facts.with_columns({name: more}))[row]
    assert np.isnan(before) or not pack.edges[name] or after >= before


def test_the_laws_would_catch_a_broken_copy() -> None:
    """A pack that counts the unknown, and quantiles of the chunk instead of the population, break
    the laws."""
    facts = ClientFacts.from_frame(
        pd.DataFrame({"wealth": [1.0, np.nan]}, index=["a", "b"]), as_of="2026-06-30"
    )
    base = TierPack.default().classes[0]
    loose = FactRule(
        id="base", names=base.names, any_of=((Condition(fact="wealth", high=1e5, unknown=True),),)
    )
    assert TierPack.default().model_copy(update={"classes": (loose,)}).classify(facts).tolist() == [
        0,
        0,
    ]
    many = ClientFacts.from_frame(
        pd.DataFrame({"wealth": np.arange(1.0, 10.0)}, index=range(9)), as_of="2026-06-30"
    )
    alone = segment(taken(many, [8])).score[0]
    with pytest.raises(AssertionError):
        np.testing.assert_equal(alone, segment(many).score[8])
    assert set(READ) <= set(fact_names())


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10**6), st.randoms(use_true_random=False))
def test_facts_are_a_clients_own(seed: int, random) -> None:
    """Whatever the order of clients, of events and of trades, and whoever else is in the table."""
    rng = np.random.default_rng(seed)
    count, names = 12, [f"c{i}" for i in range(8)]
    table = ClientTable.from_frame(
        pd.DataFrame(
            {
                "id": names,
                "wealth": 1e4,
                "horizon_years": 5.0,
                "holding:P1": rng.integers(0, 9, 8) * 100.0,
            }
        )
    )
    days = pd.to_datetime("2026-06-30") - pd.to_timedelta(rng.integers(0, 200, count), "D")
    who, what = (
        np.array(names)[rng.integers(0, 8, count)],
        np.array(["P1", "P2", "P3"])[rng.integers(0, 3, count)],
    )
    kinds = np.array(["advisor.product.viewed.v1", "advisor.order.completed.v1"])[
        rng.integers(0, 2, count)
    ]
    events = pd.DataFrame({"subject": who, "type": kinds, "time": days, "product_id": what})
    trades = pd.DataFrame(
        {
            "client_id": who,
            "asset": what,
            "day": days,
            "side": "buy",
            "units": rng.integers(1, 5, count) * 1.0,
            "price": 0.25,
        }
    )

    def facts(clients: ClientTable, rows: list[int]) -> pd.DataFrame:
        return ClientFacts.of(
            clients,
            as_of="2026-06-30",
            trades=Trades.from_frame(trades.iloc[rows]),
            events=events.iloc[rows],
        ).to_frame()

    whole, order, rows = facts(table, list(range(count))), list(range(8)), list(range(count))
    random.shuffle(order)
    random.shuffle(rows)
    pd.testing.assert_frame_equal(facts(table.take(order), rows), whole.iloc[order])
    pd.testing.assert_frame_equal(facts(table.take(order[:3]), rows), whole.iloc[order[:3]])
