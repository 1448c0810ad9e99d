"""Coherence controls, one by one: what fires, and that it lowers or asks."""

from __future__ import annotations

import numpy as np
import pytest

from advisor import InputError
from advisor.contracts import Client, Questionnaire
from advisor.contracts.question import Contradiction
from advisor.data import ClientTable, RiskProfiles
from advisor.risk_profile import GradedResponseModel, profile_risk
from advisor.risk_profile.coherence import Controls

DAY = "2026-06-01"
ASKED = Questionnaire.default()
BEST = {q.id: max(q.options, key=lambda o: o.score).id for q in ASKED.questions}
GL = Questionnaire.grable_lytton()


def one(
    answers: dict[str, str],
    asked: Questionnaire = ASKED,
    item_model: GradedResponseModel | None = None,
    **more: object,
) -> RiskProfiles:
    table = ClientTable.from_clients(
        [Client(id="x", wealth=1, horizon_years=20, answers=answers, **more)]
    )
    return profile_risk(table, asked, as_of=DAY, item_model=item_model)


def gl_model() -> GradedResponseModel:
    counts = {q.id: len({o.score for o in q.options}) for q in GL.questions}
    return GradedResponseModel.of(
        {name: (2.0, np.linspace(-1, 1, n - 1) if n > 2 else (0.0,)) for name, n in counts.items()}
    )


@pytest.mark.parametrize("rule", ASKED.contradictions, ids=lambda r: r.id)
def test_each_contradiction_is_found_and_lowers_as_it_says(rule: Contradiction) -> None:
    first = {name: options[0] for name, options in rule.first.items()}
    second = {name: options[-1] for name, options in rule.second.items()}
    name = f"contradiction:{rule.id}"
    assert name in one({**BEST, **first, **second}).flags[0]
    assert name not in one(BEST).flags[0]
    plain = ASKED.model_copy(update={"contradictions": ()})
    with_, without = (one({**BEST, **first, **second}, asked).level[0] for asked in (ASKED, plain))
    assert without - with_ in (rule.lowers, 0)
    assert with_ <= without


def test_several_controls_lower_as_much_as_the_strongest() -> None:
    clash = {**BEST, "tolerance_fall": "b"}  # sells a part at once, but says that they bear 28,000
    both = one(clash, biases={"loss_aversion": 4.0})
    assert {"contradiction:sells_at_once_but_bears_large_loss", "stated_above_revealed"} <= set(
        both.flags[0]
    )
    alone = one(clash, ASKED.model_copy(update={"contradictions": ()}))
    assert alone.level[0] - both.level[0] == 1


def test_trades_that_contradict_a_high_tolerance() -> None:
    assert one(BEST, biases={"loss_aversion": 2.3}).level[0] == 4
    assert one(BEST, biases={"loss_aversion": 2.3}).limited_by[0] == "revealed behaviour"
    assert one(BEST, biases={"loss_aversion": 2.2}).level[0] == 5
    assert one(BEST).level[0] == 5


def test_straight_lining_asks_again_and_takes_nothing_off() -> None:
    same = {q.id: q.options[1].id for q in GL.questions}
    p = one(same, GL)
    assert "straight_lining" in p.flags[0]
    assert p.level[0] == one(same, GL.model_copy(update={"contradictions": ()})).level[0]
    mixed = {q.id: q.options[i % 2].id for i, q in enumerate(GL.questions)}
    assert "straight_lining" not in one(mixed, GL).flags[0]
    few = GL.model_copy(update={"questions": GL.questions[:7], "cut_offs": {}})
    assert "straight_lining" not in one({q.id: "b" for q in few.questions}, few).flags[0]


def test_misfit_lowers_a_level_and_fitting_answers_do_not() -> None:
    model = gl_model()
    ordered = {
        q.id: sorted(q.options, key=lambda o: o.score)[len(q.options) // 2].id for q in GL.questions
    }
    wild = {
        q.id: (max if i % 2 else min)(q.options, key=lambda o: o.score).id
        for i, q in enumerate(GL.questions)
    }  # always the most or the least, in turn
    fits, misfits = one(ordered, GL, model), one(wild, GL, model)
    assert "misfit" not in fits.flags[0]
    assert "misfit" in misfits.flags[0]
    table = ClientTable.from_clients([Client(id="x", wealth=1, horizon_years=20, answers=wild)])
    lenient = profile_risk(
        table, GL, as_of=DAY, item_model=model, controls=Controls(misfit_below=-99.0)
    )
    assert lenient.level[0] - misfits.level[0] == 1
    assert misfits.limited_by[0] == "misfit"


def test_an_item_model_of_other_questions_is_refused() -> None:
    with pytest.raises(InputError, match="differ in"):
        one({q.id: "b" for q in GL.questions}, GL, GradedResponseModel.of({"gl01": (1.0, (0.0,))}))
    wrong = {q.id: (1.0, (0.0,)) for q in GL.questions}
    with pytest.raises(InputError, match="different scores"):
        one({q.id: "a" for q in GL.questions}, GL, GradedResponseModel.of(wrong))


def test_measured_tolerance_has_a_standard_error_of_its_own() -> None:
    model = gl_model()
    middle = one(
        {
            q.id: sorted(q.options, key=lambda o: o.score)[len(q.options) // 2].id
            for q in GL.questions
        },
        GL,
        model,
    )
    assert 0 < middle.standard_error[0] < 15
    assert middle.level_probability.sum() == pytest.approx(1)
    assert (
        middle.tolerance[0]
        == one(
            {
                q.id: sorted(q.options, key=lambda o: o.score)[len(q.options) // 2].id
                for q in GL.questions
            },
            GL,
        ).tolerance[0]
    )
