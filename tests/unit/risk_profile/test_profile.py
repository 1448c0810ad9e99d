"""Profiles: what counts, what is refused, and how caution is measured."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from advisor import InputError
from advisor.contracts import Client, Option, Question, Questionnaire, RiskBands
from advisor.contracts.question import Norm
from advisor.data import ClientTable, RiskProfiles
from advisor.risk_profile import (
    CapacityRules,
    joint_clients,
    joint_profiles,
    level_causes,
    profile_risk,
    smallest_change,
)
from advisor.risk_profile.capacity import bearable_loss
from advisor.risk_profile.coherence import Controls
from advisor.risk_profile.flags import FLAGS, flag_text

DAY = "2026-06-01"
ASKED = Questionnaire.default()
BEST = {q.id: max(q.options, key=lambda o: o.score).id for q in ASKED.questions}
WORST = {q.id: min(q.options, key=lambda o: o.score).id for q in ASKED.questions}


def one(answers: dict[str, str], **more: object) -> RiskProfiles:
    fields = {"id": "x", "wealth": 100_000, "horizon_years": 20, "answers": answers} | more
    return profile_risk(ClientTable.from_clients([Client(**fields)]), ASKED, as_of=DAY)


def small(
    scores: tuple[float, ...] = (0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10), **more: object
) -> Questionnaire:
    options = tuple(Option(id=f"{s:g}", text="t", score=s) for s in scores)
    return Questionnaire(
        id="small",
        version="1",
        questions=(Question(id="t", text="?", dimension="tolerance", options=options),),
        **more,
    )


def test_the_ends_of_the_scale() -> None:
    top, bottom = one(BEST), one(WORST)
    assert (top.level[0], top.limited_by[0], top.lowest_category[0]) == (5, "none", False)
    assert (
        top.tolerance[0]
        == top.capacity[0]
        == top.objective[0]
        == top.horizon[0]
        == top.knowledge[0]
        == 100.0
    )
    assert (bottom.level[0], bottom.lowest_category[0]) == (1, True)
    assert bottom.tolerance[0] == bottom.capacity[0] == 0.0
    assert "knocked_out" in bottom.flags[0]


def test_the_score_is_the_weighted_sum_on_0_to_100() -> None:
    answers = {
        **BEST,
        "tolerance_fall": "c",
        "tolerance_job": "b",
    }  # 2 of 4, weight 2; 1 of 4, weight 1; the rest full: 26 - 4 - 3 of 26 points
    assert one(answers).tolerance[0] == pytest.approx(100 * 19 / 26)


@pytest.mark.parametrize(
    ("change", "limited_by", "level"),
    [
        ({"capacity_loss": "a", "capacity_reserve": "a"}, "capacity", 3),
        ({"objective_aim": "b", "objective_return": "b"}, "objective", 2),
        ({"horizon_need": "a", "horizon_withdrawals": "a"}, "horizon", 1),
        (
            {
                "tolerance_fall": "a",
                "tolerance_loss_limit": "b",
                "tolerance_job": "a",
                "tolerance_worry": "a",
                "tolerance_gamble": "a",
            },
            "tolerance",
            1,
        ),
    ],
)
def test_the_lowest_dimension_limits(change: dict[str, str], limited_by: str, level: int) -> None:
    p = one({**BEST, **change})
    assert (p.limited_by[0], p.level[0]) == (limited_by, level)
    assert not p.lowest_category[0]  # C1 without a knock-out is no lowest category


def test_knowledge_never_limits_the_level() -> None:
    p = one({**BEST, **{q.id: WORST[q.id] for q in ASKED.of("knowledge")}})
    assert (p.level[0], p.knowledge[0]) == (5, 0.0)


@pytest.mark.parametrize(
    ("years", "level"), [(0.5, 1), (1.0, 2), (2.9, 2), (3.0, 3), (6.9, 4), (7.0, 5)]
)
def test_the_horizon_in_years_caps_the_level(years: float, level: int) -> None:
    p = one(BEST, horizon_years=years)
    assert (p.level[0], p.limited_by[0]) == (level, "none" if level == 5 else "horizon")


def test_a_level_from_elsewhere_is_kept() -> None:
    clients = [
        Client(id="a", wealth=1, horizon_years=1, level=4, assessed_on="2025-12-31", knowledge=70),
        Client(id="b", wealth=1, horizon_years=1, level=1),
        Client(id="c", wealth=1, horizon_years=1, level=1, lowest_category=False),
        Client(id="d", wealth=1, horizon_years=1, level=0),
    ]
    p = profile_risk(ClientTable.from_clients(clients), None, as_of=DAY)
    assert p.level.tolist() == [4, 1, 1, 0]
    assert p.lowest_category.tolist() == [False, True, False, True]
    assert p.limited_by.tolist() == ["assessed elsewhere"] * 4
    assert str(p.valid_until[0]) == "2026-12-31"
    assert np.isnat(p.valid_until[1:]).all()
    assert p.expired.tolist() == [False, True, True, True]
    assert (p.knowledge[0], np.isnan(p.knowledge[1])) == (70.0, True)
    assert p.problems == {}
    assert p.questionnaire == ""


@pytest.mark.parametrize(
    ("client", "words"),
    [
        ({}, "'capacity_debt' (capacity) is not answered"),
        ({"answers": {**BEST, "tolerance_fall": "q"}}, "none of its options"),
        ({"answers": {**BEST, "who_is_it": "a"}}, "does not ask"),
        ({"answers": BEST, "assessed_on": "2027-01-01"}, "after the day of the profile"),
        ({"level": 3, "assessed_on": "2027-01-01"}, "after the day of the profile"),
    ],
)
def test_a_row_that_cannot_be_assessed_has_level_0_and_a_sentence(
    client: dict[str, object], words: str
) -> None:
    rows = [
        Client(id="bad", wealth=1, horizon_years=20, **client),
        Client(id="good", wealth=1, horizon_years=20, answers=BEST),
    ]
    p = profile_risk(ClientTable.from_clients(rows), ASKED, as_of=DAY)
    assert p.level.tolist() == [0, 5]
    assert words in p.problems[0]
    assert p[0].problem == p.problems[0]
    assert (p.limited_by[0], p.lowest_category[0], np.isnan(p.target_volatility[0])) == (
        "no assessment",
        True,
        True,
    )
    assert p.level_probability[0].tolist() == [0.0] * 5


def test_neither_level_nor_questionnaire_is_said() -> None:
    p = profile_risk(
        ClientTable.from_clients([Client(id="x", wealth=1, horizon_years=1, answers=BEST)]),
        None,
        as_of=DAY,
    )
    assert "a level cannot be guessed" in p.problems[0]


def test_problems_of_the_table_are_kept() -> None:
    frame = pd.DataFrame(
        {"id": ["a", "b"], "wealth": [1.0, -1.0], "horizon_years": [9, 9], "level": [3, 3]}
    )
    p = profile_risk(ClientTable.from_frame(frame), None, as_of=DAY)
    assert p.level.tolist() == [3, 0]
    assert "wealth" in p.problems[1]


def test_missing_knowledge_and_background_are_no_problem() -> None:
    answers = {
        name: option
        for name, option in BEST.items()
        if not name.startswith(("knowledge", "background"))
    }
    p = one(answers, knowledge=80)
    assert p.level[0] == 5
    assert np.isnan(
        p.knowledge[0]
    )  # asked and not answered: a table's own number must not fill the hole


def test_validity_is_twelve_months_from_the_assessment() -> None:
    assert np.isnat(one(BEST).valid_until[0]), "nobody knows when undated answers were given"
    assert str(one(BEST, assessed_on=DAY).valid_until[0]) == "2027-06-01"
    assert str(one(BEST, assessed_on="2024-02-29").valid_until[0]) == "2025-02-28"
    assert one(BEST, assessed_on="2024-02-29").expired[0]


def test_uncertainty_pushes_down_and_epsilon_half_takes_the_score_at_face_value() -> None:
    asked = small(
        norms={"tolerance": Norm(reliability=0.75, standard_deviation=20, source="test")}
    )  # standard error 10
    clients = ClientTable.from_clients(
        [
            Client(id=o.id, wealth=1, horizon_years=20, answers={"t": o.id})
            for o in asked.questions[0].options
        ]
    )
    at = {
        e: profile_risk(clients, asked, as_of=DAY, controls=Controls(epsilon=e))
        for e in (0.05, 0.25, 0.5)
    }
    assert at[0.5].level.tolist() == [1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 5]
    assert at[0.25].level.tolist() == [
        1,
        1,
        1,
        2,
        2,
        3,
        3,
        4,
        4,
        5,
        5,
    ]  # needs 0.6745 * 10 points above the cut
    assert at[0.05].level.tolist() == [1, 1, 1, 1, 2, 2, 3, 3, 4, 4, 5]  # needs 1.6449 * 10
    assert at[0.25].standard_error.tolist() == pytest.approx([10.0] * 11)
    assert at[0.25].limited_by[2] == "uncertainty"
    assert "uncertain" in at[0.25].flags[2]
    assert at[0.25].level_probability[4].tolist() == pytest.approx(
        [0.0227501, 0.4772499, 0.4772499, 0.0227185, 0.0000317], abs=1e-6
    )


def test_joint_probability_is_the_product_over_dimensions() -> None:
    options = tuple(Option(id=f"{s}", text="t", score=s) for s in range(11))
    questions = tuple(
        Question(id=d, text="?", dimension=d, options=options) for d in ("tolerance", "objective")
    )
    norm = Norm(reliability=0.75, standard_deviation=20, source="test")
    both = Questionnaire(
        id="two", version="1", questions=questions, norms={"tolerance": norm, "objective": norm}
    )
    client = ClientTable.from_clients(
        [Client(id="x", wealth=1, horizon_years=20, answers={"tolerance": "5", "objective": "5"})]
    )
    p = profile_risk(client, both, as_of=DAY)
    reach_3 = 0.8413447460685429**2  # P(score 50, error 10, is really 40 or more), twice
    assert p.level_probability[0, 2:].sum() == pytest.approx(reach_3)
    assert p.level[0] == 2  # .708 < .75: each alone would have been C3
    causes = level_causes(client, both, as_of=DAY)
    assert causes.loc[0.25, "uncertainty"] == 1
    assert causes.loc[0.5, "uncertainty"] == 0


def test_level_causes_count_who_would_be_higher_without() -> None:
    rows = [
        Client(
            id="a",
            wealth=1,
            horizon_years=20,
            answers={**BEST, "capacity_loss": "a", "capacity_reserve": "a"},
        ),
        Client(id="b", wealth=1, horizon_years=2, answers=BEST),
        Client(id="c", wealth=1, horizon_years=20, answers=BEST),
        Client(id="d", wealth=1, horizon_years=20),
    ]
    causes = level_causes(ClientTable.from_clients(rows), ASKED, as_of=DAY)
    assert causes.index.tolist() == [0.05, 0.10, 0.25, 0.50]
    at = causes.loc[0.25]
    assert (at["capacity"], at["horizon in years"], at["tolerance"], at["mean_level"]) == (
        1,
        1,
        0,
        pytest.approx(10 / 3),
    )
    assert (causes["mean_level"].diff().dropna() >= 0).all()


@pytest.mark.parametrize(
    ("facts", "bearable", "level"),
    [
        ({}, np.inf, 5),
        ({"planned_purchases": 75_000}, 0.25, 3),
        ({"planned_purchases": 100_000}, 0.0, 0),
        ({"monthly_spending": 10_000, "reserve_months": 1}, 0.8, 5),
        ({"monthly_spending": 20_000}, 0.4, 5),  # no reserve stated: three months are set apart
        ({"monthly_spending": 32_000, "reserve_months": 0}, 0.04, 1),
        ({"reserve_months": 0}, np.inf, 2),
        ({"liabilities": 90_000}, 0.1, 2),  # no income stated: debt is covered by wealth alone
        ({"liabilities": 90_000, "income": 30_000}, 1.0, 5),
        ({"liabilities": 200_000, "income": 10_000}, 0.0, 0),
    ],
)
def test_capacity_in_money(facts: dict[str, float], bearable: float, level: int) -> None:
    table = ClientTable.from_clients(
        [Client(id="x", wealth=100_000, horizon_years=20, answers=BEST, **facts)]
    )
    assert bearable_loss(table)[0] == pytest.approx(bearable)
    p = profile_risk(table, ASKED, as_of=DAY)
    assert p.level[0] == level
    assert (p.limited_by[0] == "money") == ("money" in p.flags[0]) == (level < 5)
    assert p.problems == {}  # level 0 here is a finding, not a mistake


def test_capacity_in_money_holds_for_levels_from_elsewhere_too() -> None:
    client = Client(
        id="x", wealth=100, horizon_years=20, level=5, assessed_on=DAY, planned_purchases=95
    )
    assert profile_risk(ClientTable.from_clients([client]), None, as_of=DAY).level[0] == 1
    calm = RiskBands.default().model_copy(update={"stress_loss": (0.01, 0.02, 0.03, 0.04, 0.05)})
    assert (
        profile_risk(ClientTable.from_clients([client]), None, as_of=DAY, bands=calm).level[0] == 5
    )
    assert (
        profile_risk(
            ClientTable.from_clients([client]),
            None,
            as_of=DAY,
            controls=Controls(capacity=CapacityRules(reserve_months=6)),
        ).level[0]
        == 1
    )


def test_lack_of_legal_capacity_is_the_lowest_category() -> None:
    p = one(BEST, legal_capacity=False)
    assert (p.level[0], p.lowest_category[0], p.limited_by[0]) == (1, True, "civil capacity")


def test_every_flag_has_a_sentence_in_both_languages() -> None:
    p = one(WORST, age=70, legal_capacity=False, biases={"loss_aversion": 5.0})
    for name in p.flag_names:
        english, chinese = flag_text(name, "en", ASKED), flag_text(name, "zh", ASKED)
        assert english.isascii()
        assert any("\u4e00" <= c <= "\u9fff" for c in chinese)
    assert set(FLAGS) >= {name for name in p.flag_names if ":" not in name}
    with pytest.raises(InputError, match="no flag 'nope'"):
        flag_text("nope")


def test_joint_account_follows_the_most_prudent_member() -> None:
    rows = [
        Client(
            id="a1",
            wealth=100,
            horizon_years=10,
            level=5,
            assessed_on="2026-01-01",
            knowledge=90,
            age=50,
            private_qualified=True,
        ),
        Client(
            id="b1",
            wealth=100,
            horizon_years=10,
            level=2,
            assessed_on="2026-01-01",
            knowledge=90,
            age=40,
        ),
        Client(
            id="a2",
            wealth=100,
            horizon_years=4,
            level=3,
            assessed_on="2026-05-01",
            age=66,
            excluded={"tobacco"},
        ),
        Client(id="c1", wealth=100, horizon_years=9, level=4, assessed_on="2026-01-01"),
        Client(id="c2", wealth=100, horizon_years=9),
    ]
    table = ClientTable.from_clients(rows)
    accounts = ["A", "B", "A", "C", "C"]
    p = joint_profiles(profile_risk(table, None, as_of=DAY), accounts)
    assert p.client_ids == ("A", "B", "C")
    assert p.level.tolist() == [3, 2, 0]  # never the average
    assert np.isnan(p.knowledge[0])
    assert p.knowledge[1] == 90
    assert [str(d) for d in p.valid_until] == ["2027-01-01", "2027-01-01", "NaT"]
    assert p.problems[2].startswith("member 'c2': ")
    assert p.target_volatility[0] == pytest.approx(0.064)
    joint = joint_clients(table, accounts)
    assert joint.ids == ("A", "B", "C")
    assert (
        joint.horizon_years[0],
        joint.age[0],
        joint.private_qualified[0],
        joint.excluded.row(0),
    ) == (4.0, 66.0, False, {"tobacco": 1.0})
    with pytest.raises(InputError, match="give one each"):
        joint_profiles(profile_risk(table, None, as_of=DAY), ["A"])


def test_a_joint_account_demands_what_any_member_demands() -> None:
    wishes = ("taxonomy>=20|pai", "taxonomy>=35", None)
    table = ClientTable.from_clients(
        [
            Client(id=str(i), wealth=1, horizon_years=9, sustainability=wish)
            for i, wish in enumerate(wishes)
        ]
    )
    joint = joint_clients(table, ["A", "A", "B"])
    assert [joint.sustainability.word(i) for i in (0, 1)] == ["pai|taxonomy>=35.0", None]


def test_the_smallest_change_of_answers() -> None:
    answers = {**BEST, "capacity_loss": "a"}  # 10 of 14 points: C4, 80 % needs 11.2
    table = ClientTable.from_clients([Client(id="x", wealth=1, horizon_years=20, answers=answers)])
    found = smallest_change(table, ASKED, as_of=DAY)
    assert found is not None
    assert (found.level, found.would_be) == (4, 5)
    assert found.changes == {"capacity_loss": ("a", "c")}  # 2 points are enough; option b adds 1
    down = smallest_change(table, ASKED, as_of=DAY, direction="down")
    assert down is not None
    assert down.would_be < 4
    assert len(down.changes) == 1
    nobody = ClientTable.from_clients([Client(id="x", wealth=1, horizon_years=0.5, answers=BEST)])
    assert (
        smallest_change(nobody, ASKED, as_of=DAY, most=2) is None
    )  # the horizon in years is no answer
    with pytest.raises(InputError, match="one client scored from answers"):
        smallest_change(
            ClientTable.from_clients([Client(id="x", wealth=1, horizon_years=1, level=3)]),
            ASKED,
            as_of=DAY,
        )
