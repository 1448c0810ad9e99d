"""Packs that come with the library, and what packs may not say."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from advisor import AdvisorError, InputError, sample
from advisor.adapters.crm import (
    ActivityPack,
    ClientFacts,
    Condition,
    ManualTag,
    RiskLabelPack,
    ScorePack,
    StagePack,
    TagPack,
    TierPack,
    segment,
    stage,
    tag,
)
from advisor.adapters.crm.conditions import Evaluator

DAY = "2026-06-30"
PACKS = (
    TierPack.default(),
    RiskLabelPack.default(),
    ActivityPack.default(),
    ScorePack.default(),
    StagePack.four(),
    StagePack.six(),
    StagePack.tenure(),
    TagPack.default(),
)


def facts(day: str = DAY, **columns: Any) -> ClientFacts:
    count = len(next(iter(columns.values())))
    return ClientFacts.from_frame(
        pd.DataFrame(columns, index=[f"c{i}" for i in range(count)]), as_of=day
    )


@pytest.mark.parametrize("pack", PACKS, ids=lambda pack: pack.id)
def test_a_pack_has_names_in_both_languages_and_keeps_its_content_in_a_file(
    pack: Any, tmp_path: Path
) -> None:
    document = json.loads(pack.model_dump_json())
    named = [
        document,
        *(
            item
            for value in document.values()
            if isinstance(value, list)
            for item in value
            if isinstance(item, dict) and "names" in item
        ),
    ]
    assert all(
        entry["names"]["en"] and any("\u4e00" <= c <= "\u9fff" for c in entry["names"]["zh"])
        for entry in named
    )
    path = tmp_path / "pack.json"
    path.write_text(pack.model_dump_json(), encoding="utf-8")
    assert type(pack).load(path) == pack
    assert type(pack).load(path).digest == pack.digest


def test_36_tags_a_third_of_each_group() -> None:
    groups = [t.group for t in TagPack.default().tags]
    assert {group: groups.count(group) for group in groups} == {
        "basic": 12,
        "behaviour": 12,
        "need": 12,
    }


def test_tiers_and_labels_share_their_edges() -> None:
    wealth = facts(wealth=[0.0, 99_999.99, 100_000.0, 999_999.99, 1_000_000.0, np.nan])
    assert TierPack.default().classify(wealth).tolist() == [0, 0, 1, 1, 2, -1]
    level = facts(level=[0.0, 1.0, 2.0, 3.0, 4.0, 5.0, np.nan])
    assert RiskLabelPack.default().classify(level).tolist() == [-1, 0, 0, 1, 2, 2, -1]


@pytest.mark.parametrize(
    ("pack", "columns", "expected"),
    [
        (StagePack.four(), {"trades": [0, 5, 5, 5, 5], "tenure_months": [np.nan, 2, 3, 24, 40],
        "months_since_trade": [np.nan, 0, 0, 2, 3]}, ["new", "new", "growing", "mature",
        "churned"]),
        (
            StagePack.six(),
            {"trades": [0, 5, 5, 5, 5, 5, 5], "tenure_months": [np.nan, 2, 9, 30, 30, 30, 30],
            "months_since_trade": [np.nan, 0, 0, 0, 0, 0, 3], "trend": [0, 1, 0, -1, 0, 2, 2]},
            ["potential", "new", "growing", "declining", "mature", "growing", "churned"],
        ),
        (StagePack.tenure(), {"tenure_months": [0, 11, 12, 36, 60, np.nan]}, ["first_year",
        "first_year", "one_to_three", "three_to_five", "long_standing", None]),
    ],
)  # fmt: skip
def test_stages(pack: StagePack, columns: dict[str, Any], expected: list[str | None]) -> None:
    found = stage(facts(**columns), pack).to_frame()["stage"]
    assert [None if pd.isna(name) else name for name in found] == expected


def test_a_stage_keeps_the_day_on_which_it_began() -> None:
    def on(day: str, quiet: list[float]) -> ClientFacts:
        return facts(
            day,
            months_since_trade=quiet,
            trades=[5.0] * len(quiet),
            tenure_months=[30.0] * len(quiet),
        )

    first = stage(on("2026-01-31", [0, 0, 3]))
    second = stage(on("2026-02-28", [1, 3, 3, 0]), before=first)
    third = stage(on("2026-03-31", [0, 4, np.nan, 0]), before=second)
    assert second.since.astype(str).tolist() == [
        "2026-01-31",
        "2026-02-28",
        "2026-01-31",
        "2026-02-28",
    ]
    assert second.changed.tolist() == [False, True, False, False]
    assert second.entered("churned").tolist() == [False, True, False, False]
    assert third.since.astype(str).tolist() == [
        "2026-01-31",
        "2026-02-28",
        "2026-01-31",
        "2026-02-28",
    ]
    assert third.to_frame()["previous"].astype(object).fillna("-").tolist() == [
        "-",
        "mature",
        "-",
        "-",
    ]
    with pytest.raises(InputError, match="in the future"):
        stage(on("2026-01-01", [0, 0, 0]), before=first)
    with pytest.raises(InputError, match="belong to another stage"):
        stage(on("2026-03-01", [0, 0, 0]), StagePack.six(), first)
    with pytest.raises(InputError, match="asleep"):
        second.entered("asleep")


def test_activity_is_the_sum_of_thirds() -> None:
    """Nine clients in even thirds: each fact gives 0, 1 or 2; 0..1 is low, 2..4 medium, 5..6
    high."""
    ranks = np.repeat([0, 1, 2], 3)
    rng = np.random.default_rng(3)
    parts = {"recency": 300 - 100 * ranks, "frequency": ranks.copy(), "money": 50.0 * ranks}
    points = np.zeros(9, dtype=int)
    columns: dict[str, Any] = {}
    for name, values in parts.items():
        order = rng.permutation(9)
        columns[name], points = values[order].astype(float), points + ranks[order]
    found = segment(facts(**columns)).activity
    assert found.tolist() == [0 if p < 2 else 1 if p < 5 else 2 for p in points]


def test_who_never_traded_is_inactive_and_of_whom_nothing_is_known_is_unknown() -> None:
    columns = {
        "recency": [np.nan, 10.0, 500.0, np.nan],
        "frequency": [0.0, 9.0, 0.0, np.nan],
        "money": [0.0, 99.0, 0.0, np.nan],
    }
    assert segment(facts(**columns)).activity.tolist() == [0, 2, 0, -1]


def test_the_score_is_the_weighted_share_of_clients_below() -> None:
    rng = np.random.default_rng(4)
    columns = {
        name: rng.permutation(np.arange(101.0))
        for name in ("wealth", "money", "frequency", "products_held")
    }
    score = segment(facts(**columns)).score
    weights = {
        "wealth": Fraction(4, 10),
        "money": Fraction(3, 10),
        "frequency": Fraction(2, 10),
        "products_held": Fraction(1, 10),
    }
    edges = [
        min(x for x in range(101) if Fraction(x + 1, 101) >= Fraction(k, 100))
        for k in range(1, 100)
    ]
    for i in range(101):
        below = {name: sum(edge < values[i] for edge in edges) for name, values in columns.items()}
        exact = sum(100 * weights[name] * Fraction(below[name], 99) for name in weights)
        assert score[i] == pytest.approx(float(exact))


def test_weights_are_those_of_the_day() -> None:
    old, new = (
        {"effective_from": "2020-01-01", "weights": {"wealth": 1.0}},
        {"effective_from": "2026-01-01", "weights": {"money": 1.0}},
    )
    pack = ScorePack.default().model_copy(update={"weightings": [new, old]})
    columns = {"wealth": [1.0, 2.0, 3.0], "money": [3.0, 2.0, 1.0]}
    assert np.argmax(segment(facts("2025-12-31", **columns), scores=pack).score) == 2
    assert np.argmax(segment(facts("2026-01-01", **columns), scores=pack).score) == 0
    with pytest.raises(InputError, match="no weights for 2019"):
        segment(facts("2019-01-01", **columns), scores=pack)


def test_the_cube_and_the_shares_of_tiers() -> None:
    wealth = [50_000.0] * 6 + [500_000.0] * 3 + [2_000_000.0]
    found = segment(
        facts(
            wealth=wealth,
            level=[3.0] * 9 + [np.nan],
            frequency=range(10),
            recency=range(10),
            money=range(10),
        )
    )
    counts = found.counts()
    assert len(counts) == 28
    assert counts["clients"].sum() == 10
    assert counts["clients"].iloc[-1] == 1
    assert (
        counts["clients"].iloc[:-1].tolist()
        == np.bincount(found.cell[found.cell >= 0], minlength=27).tolist()
    )
    shares = found.tier_shares()
    assert shares["share"].tolist() == [0.6, 0.3, 0.1]
    assert shares["as_expected"].tolist() == [None, None, True]
    assert found.to_frame()["risk"].isna().tolist() == [False] * 9 + [True]


def test_tags_by_hand_stand_until_they_expire() -> None:
    manual = [
        ManualTag(
            client_id="c0",
            tag="learning",
            source="person",
            by="ann",
            on=date(2026, 6, 1),
            expires=date(2026, 6, 30),
        ),
        ManualTag(
            client_id="c1",
            tag="learning",
            source="event",
            by="e-17",
            on=date(2026, 6, 1),
            expires=date(2026, 6, 29),
        ),
        ManualTag(client_id="gone", tag="learning", source="person", by="ann", on=date(2026, 6, 1)),
        ManualTag(client_id="c2", tag="young", source="person", by="ann", on=date(2026, 6, 1)),
    ]
    tags = tag(facts(age=[20.0, 40.0, 30.0]), manual=manual)
    assert [tags.of(f"c{i}") for i in range(3)] == [
        ("young", "learning"),
        ("middle_aged",),
        ("young",),
    ]
    assert tags.provenance("c0")[1] == ("learning", (manual[0],))
    assert tags.provenance("c2") == (("young", ("rule", manual[3])),)
    assert tag(facts(age=[20.0]), manual=manual[:1]).has("learning").tolist() == [True]
    with pytest.raises(InputError, match="sleepy"):
        tag(facts(age=[20.0]), manual=[manual[0].model_copy(update={"tag": "sleepy"})])
    with pytest.raises(InputError, match="nobody knew of it"):
        tag(facts(age=[20.0]), manual=[manual[3].model_copy(update={"on": "2026-07-01"})])
    with pytest.raises(InputError, match="never hold"):
        manual[0].model_copy(update={"expires": "2026-05-01"})
    with pytest.raises(InputError, match="not known"):
        tags.of("nobody")


def test_changes_name_each_tag_gained_or_lost() -> None:
    before, after = tag(facts("2026-06-01", age=[34.0, 59.0])), tag(facts(age=[35.0, 59.0, 70.0]))
    found = after.changes(before)
    rows = {(r.client_id, r.tag, r.change) for r in found.itertuples()}
    new = {("c2", name, "added") for name in after.of("c2")}
    assert rows == {("c0", "young", "removed"), ("c0", "middle_aged", "added"), *new}
    assert len(after.changes(after)) == 0
    with pytest.raises(InputError, match="exchanged"):
        before.changes(after)


def test_coverage_counts_clients_with_a_tag_of_each_mandatory_family() -> None:
    known = [30.0] * 19 + [np.nan]
    found = tag(
        facts(age=known, wealth=[1.0] * 20, level=[3.0] * 18 + [np.nan] * 2, frequency=[0.0] * 20)
    ).coverage()
    assert found["covered"].to_dict() == {
        "age": 19,
        "wealth": 20,
        "risk": 18,
        "activity": 20,
        "all": 18,
    }
    assert found["met"].to_dict() == {
        "age": True,
        "wealth": True,
        "risk": False,
        "activity": True,
        "all": False,
    }


def changed(pack: Any, **fields: Any) -> dict[str, Any]:
    return {**json.loads(pack.model_dump_json()), **fields}


@pytest.mark.parametrize(
    ("make", "expected"),
    [
        (lambda: Condition(fact="wealht", low=1.0), "not known"),
        (lambda: Condition(fact="wealth"), "no limit"),
        (lambda: Condition(fact="wealth", low=2.0, high=1.0), "never hold"),
        (lambda: Condition(fact="wealth", low=float("nan")), "low"),
        (lambda: TierPack.model_validate(changed(TierPack.default(), classes=[])), "classes"),
        (lambda: TierPack.model_validate(changed(TierPack.default(), effective_to="1999-01-01")),
        "dates"),
        (lambda: TierPack.model_validate(changed(TierPack.default(),
        classes=changed(TierPack.default())["classes"] * 2)), "twice"),
        (lambda: TagPack.model_validate(changed(TagPack.default(), mandatory=["shoe_size"])),
        "shoe_size"),
        (lambda: ActivityPack.model_validate(changed(ActivityPack.default(), cuts=[5, 2])),
        "rising cut"),
        (lambda: ActivityPack.model_validate(changed(ActivityPack.default(),
        facts=[{"fact": "steps"}])), "steps"),
        (lambda: ScorePack.model_validate(changed(ScorePack.default(),
        weightings=[{"effective_from": "2020-01-01", "weights": {"age": 1}}])), "does not rank"),
        (lambda: segment(facts("1999-01-01", wealth=[1.0])), "applies from 2000-01-01"),
        (lambda: tag(facts("1999-01-01", wealth=[1.0])), "applies from 2000-01-01"),
        (lambda: Evaluator(facts(wealth=[1.0])).condition(Condition(fact="own:visits", low=1.0)),
        "own:visits"),
        (lambda: TierPack.load("/nowhere.json"), "cannot be read"),
        (lambda: segment("facts"), "facts"),  # type: ignore[arg-type]
        (lambda: tag(facts(wealth=[1.0]), manual=["young"]), "manual"),
    ],
)  # fmt: skip
def test_what_a_pack_may_not_say(make: Any, expected: str) -> None:
    with pytest.raises(InputError, match=expected) as refused:
        make()
    assert isinstance(refused.value, AdvisorError)


def test_a_mandatory_tag_is_never_given_for_want_of_knowledge() -> None:
    document = changed(TagPack.default())
    document["tags"][0]["any_of"][0][0]["unknown"] = True
    with pytest.raises(InputError, match="unknown=False"):
        TagPack.model_validate(document)


def test_the_sample_world_is_tagged_and_covered() -> None:
    table = sample.clients(200)
    found = tag(ClientFacts.of(table, as_of="2026-01-31", purchases=sample.interactions(200)))
    assert found.coverage().loc[["age", "wealth", "activity"], "share"].tolist() == [1.0, 1.0, 1.0]
    assert "200 clients" in repr(found)


def test_rules_need_no_library_of_the_store() -> None:
    code = (
        "import sys; from advisor.adapters.crm import ClientFacts, PlayBook, TagPack, hand_off,"
        " kept_tags, propose, release, segment, stage, tag; print([m for m in ('sqlalchemy',"
        " 'alembic', 'sklearn') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
