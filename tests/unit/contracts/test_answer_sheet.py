"""A questionnaire being answered: what is asked next, what is missing, what is refused, and the
client it gives."""

from __future__ import annotations

from datetime import date

import pytest

from advisor import InputError, privacy
from advisor.contracts import AnswerSheet, Client, Questionnaire
from advisor.data import ClientTable
from advisor.risk_profile import profile_risk

ASKED = Questionnaire.default()
BUNDLED = [Questionnaire.default(), Questionnaire.grable_lytton(), Questionnaire.mifid()]
BASE = Client(
    id="c", wealth=1e5, horizon_years=9, level=5, knowledge=90, assessed_on=date(2025, 1, 1)
)


def filled(questionnaire: Questionnaire, position: int = -1) -> AnswerSheet:
    sheet = AnswerSheet(questionnaire=questionnaire)
    while (question := sheet.next) is not None:
        sheet = sheet.answer(question.id, question.options[position].id)
    return sheet


@pytest.mark.parametrize("asked", BUNDLED, ids=lambda q: q.id)
def test_a_question_is_required_exactly_where_scoring_fails_without_it(
    asked: Questionnaire,
) -> None:
    """The profile itself is the oracle: it names a client whose required answer is not there."""
    full = filled(asked).answers
    for question in asked.questions:
        less = {name: option for name, option in full.items() if name != question.id}
        table = ClientTable.from_clients(
            [Client(id="c", wealth=1e5, horizon_years=9, answers=less)]
        )
        scored = not profile_risk(table, asked, as_of="2026-01-02").problems
        assert scored == (question.id not in asked.required), question.id
        assert AnswerSheet(questionnaire=asked, answers=less).complete == scored


def test_questions_come_in_their_order_and_answers_change_no_other_sheet() -> None:
    empty = AnswerSheet(questionnaire=ASKED)
    assert empty.missing == ASKED.required
    one = empty.answer(ASKED.questions[1].id, "a")
    assert (empty.answers, one.next, empty.progress) == ({}, ASKED.questions[0], 0.0)
    assert one.progress == 1 / len(ASKED.questions)
    assert filled(ASKED).progress == 1.0
    assert filled(ASKED).complete
    assert filled(ASKED).next is None


def test_what_is_not_asked_or_no_option_is_refused_by_name() -> None:
    sheet = AnswerSheet(questionnaire=ASKED)
    with privacy.show():
        with pytest.raises(InputError, match="does not ask 'colour'"):
            sheet.answer("colour", "a")
        with pytest.raises(InputError, match=r"'horizon_need' has no option 'z'.*\['a', 'b'"):
            sheet.answer("horizon_need", "z")
    with pytest.raises(InputError, match="horizon_need") as refused:
        AnswerSheet(questionnaire=ASKED, answers={"horizon_need": "z"})
    assert refused.value.field == "answers.horizon_need"


def test_the_client_is_judged_by_these_answers_alone() -> None:
    lowest = filled(ASKED, 0).client(BASE, on=date(2026, 1, 2))
    assert (lowest.level, lowest.knowledge, lowest.assessed_on) == (None, None, date(2026, 1, 2))
    assert filled(ASKED).client(BASE).assessed_on == BASE.assessed_on
    profile = profile_risk(ClientTable.from_clients([lowest]), ASKED, as_of="2026-01-02")[0]
    assert profile.level == 1
    barred = Client(id="c", wealth=1.0, horizon_years=9, lowest_category=True)
    assert filled(ASKED).client(barred).lowest_category
    with pytest.raises(InputError, match="required question"):
        AnswerSheet(questionnaire=ASKED).client(BASE)


def test_contradictions_are_those_that_the_profile_finds() -> None:
    for rule in ASKED.contradictions:
        answers = {
            name: options[0] for side in (rule.first, rule.second) for name, options in side.items()
        }
        sheet = AnswerSheet(questionnaire=ASKED, answers={**filled(ASKED).answers, **answers})
        table = ClientTable.from_clients([sheet.client(BASE)])
        flags = profile_risk(table, ASKED, as_of="2026-01-02")[0].flags
        assert {f"contradiction:{found.id}" for found in sheet.contradictions} == {
            f for f in flags if ":" in f
        }
        assert rule.id in {found.id for found in sheet.contradictions}


def test_a_sheet_is_written_with_the_signature_and_read_again() -> None:
    sheet = filled(ASKED)
    assert sheet.model_dump()["questionnaire"] == ASKED.signature
    assert AnswerSheet.model_validate_json(sheet.model_dump_json()) == sheet
    own = ASKED.model_copy(update={"id": "own"})
    mine = AnswerSheet(questionnaire=own, answers=sheet.answers)
    assert AnswerSheet.restored_for(mine.model_dump_json(), own) == mine
    with pytest.raises(InputError, match="own@"):
        AnswerSheet.model_validate_json(mine.model_dump_json())
    with pytest.raises(InputError, match="Start a new sheet"):
        AnswerSheet.restored_for(mine.model_dump(), ASKED)
    with privacy.mask():
        assert "***" in repr(sheet)
        assert "tolerance" not in repr(sheet)


def test_texts_fall_back_to_english() -> None:
    question = ASKED.questions[0]
    assert ASKED.title_in("zh") == ASKED.titles["zh"]
    assert ASKED.title_in("fr") == ASKED.title
    assert question.text_in("zh") == question.texts["zh"]
    assert question.options[0].text_in("fr") == question.options[0].text
    assert ASKED.model_copy(update={"title": "", "titles": {}}).title_in("en") == ASKED.id
