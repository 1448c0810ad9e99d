"""A more cautious answer never raises the level: tried out answer by answer, whatever the controls
do."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import numpy as np
import pytest

from advisor.contracts import Option, Question, Questionnaire
from advisor.contracts.question import Contradiction
from advisor.data import ClientTable
from advisor.data.categories import Categories
from advisor.risk_profile import GradedResponseModel, profile_risk
from advisor.risk_profile.coherence import Controls
from advisor.sample import clients as sample_clients

DAY = "2026-06-01"
BUNDLED = (Questionnaire.default(), Questionnaire.mifid(), Questionnaire.grable_lytton())


def table_of(sheets: list[dict[str, str]], loss_aversion: np.ndarray | None = None) -> ClientTable:
    """Answer sheets of clients who differ in nothing else, and whose years and money limit
    nothing."""
    base = sample_clients(len(sheets))
    answers = {name: Categories.of_words([sheet[name] for sheet in sheets]) for name in sheets[0]}
    table = replace(base, answers=answers, horizon_years=np.full(len(sheets), 30.0))
    return (
        table if loss_aversion is None else replace(table, biases={"loss_aversion": loss_aversion})
    )


def levels(
    sheets: list[dict[str, str]], asked: Questionnaire, epsilon: float, aversion: np.ndarray | None
) -> np.ndarray:
    return profile_risk(
        table_of(sheets, aversion), asked, as_of=DAY, controls=Controls(epsilon=epsilon)
    ).level


@pytest.mark.parametrize("epsilon", [0.25, 0.5])
@pytest.mark.parametrize("asked", BUNDLED, ids=lambda q: q.id)
def test_no_single_more_cautious_answer_raises_the_level(
    asked: Questionnaire, epsilon: float
) -> None:
    rng = np.random.default_rng(7)
    sheets: list[dict[str, str]] = []
    for _ in range(500):
        boldness = rng.choice(["any", "bold", "mixed"])
        sheet = {}
        for question in asked.questions:
            ordered = sorted(question.options, key=lambda o: o.score)
            weights = {
                "any": np.ones(len(ordered)),
                "bold": np.arange(1.0, len(ordered) + 1) ** 2,
                "mixed": np.ones(len(ordered)),
            }[boldness]
            sheet[question.id] = ordered[
                int(rng.choice(len(ordered), p=weights / weights.sum()))
            ].id
        sheets.append(sheet)
    changed: list[dict[str, str]] = []
    origin: list[int] = []
    for i, sheet in enumerate(sheets):
        for question in asked.questions:
            score = {o.id: o.score for o in question.options}
            for option in question.options:
                if option.score < score[sheet[question.id]]:
                    changed.append(sheet | {question.id: option.id})
                    origin.append(i)
    for aversion in (None, 9.0):
        before = levels(
            sheets, asked, epsilon, None if aversion is None else np.full(len(sheets), aversion)
        )
        after = levels(
            changed, asked, epsilon, None if aversion is None else np.full(len(changed), aversion)
        )
        assert len(changed) > 2_000
        assert int((after > before[origin]).sum()) == 0


def knotted() -> Questionnaire:
    """Contradictions that lead into each other when one answer becomes more cautious."""

    def question(name: str, dimension: str, count: int = 4) -> Question:
        options = tuple(Option(id="abcdef"[i], text="x", score=float(i)) for i in range(count))
        return Question(id=name, text="x", dimension=dimension, options=options)

    def rule(
        name: str,
        first: dict[str, tuple[str, ...]],
        second: dict[str, tuple[str, ...]],
        lowers: int,
    ) -> Contradiction:
        return Contradiction(id=name, first=first, second=second, lowers=lowers, text="x")

    return Questionnaire(
        id="knotted",
        version="1",
        questions=(
            question("t1", "tolerance"),
            question("t2", "tolerance"),
            question("o", "objective", 6),
            question("c", "capacity"),
        ),
        contradictions=(
            rule("one", {"t1": ("d",)}, {"o": ("a", "b", "c")}, 2),
            rule("two", {"t1": ("b", "c")}, {"t2": ("d",)}, 1),
            rule("three", {"o": ("e", "f"), "t2": ("c", "d")}, {"c": ("b", "c")}, 3),
            rule("four", {"c": ("d",)}, {"t1": ("a",), "t2": ("a",)}, 1),
        ),
    )


def test_the_level_is_the_least_that_caution_cannot_beat() -> None:
    """All sheets at once: the level is the best plain level of any sheet that is nowhere bolder,
    and nothing more."""
    asked = knotted()
    names = list(asked.by_id)
    choices = [[o.id for o in asked.by_id[name].options] for name in names]
    sheets = [dict(zip(names, chosen, strict=True)) for chosen in product(*choices)]
    controls = Controls(epsilon=0.5)
    found = profile_risk(table_of(sheets), asked, as_of=DAY, controls=controls).level
    free = asked.model_copy(update={"contradictions": ()})
    base = profile_risk(table_of(sheets), free, as_of=DAY, controls=controls).level
    fires = np.array(
        [
            [
                all(sheet[q] in options for q, options in (*r.first.items(), *r.second.items()))
                * r.lowers
                for r in asked.contradictions
            ]
            for sheet in sheets
        ]
    )
    plain = np.maximum(np.minimum(base, 1), base - fires.max(axis=1))
    places = np.array(
        [[choices[k].index(sheet[name]) for k, name in enumerate(names)] for sheet in sheets]
    )
    for i in range(len(sheets)):
        nowhere_bolder = (places <= places[i]).all(axis=1)
        assert found[i] == plain[nowhere_bolder].max(), sheets[i]
    assert (found < base).any()
    assert (found > plain).any()


def extremes(asked: Questionnaire, rng: np.random.Generator, count: int) -> list[dict[str, str]]:
    """Bold sheets whose answers about tolerance jump between the least and the most."""
    sheets = []
    for _ in range(count):
        sheet = {}
        for question in asked.questions:
            ordered = sorted(question.options, key=lambda o: o.score)
            place = -1
            if question.dimension == "tolerance":
                place = int(rng.choice([0, len(ordered) - 1, int(rng.integers(len(ordered)))],
                                       p=[0.45, 0.45, 0.1]))  # fmt: skip
            sheet[question.id] = ordered[place].id
        sheets.append(sheet)
    return sheets


def model_of(asked: Questionnaire, rng: np.random.Generator) -> GradedResponseModel:
    """Item parameters of the tolerance questions, an answer for each distinct score."""
    counts = {
        q.id: len({o.score for o in q.options})
        for q in asked.questions
        if q.dimension == "tolerance"
    }
    return GradedResponseModel.of(
        {
            name: (float(rng.uniform(0.8, 2.5)), sorted(rng.normal(0.0, 1.2, n - 1).tolist()))
            for name, n in counts.items()
        }
    )


@pytest.mark.parametrize(("lowers", "epsilon"), [(1, 0.25), (1, 0.5), (2, 0.5)])
@pytest.mark.parametrize("asked", BUNDLED, ids=lambda q: q.id)
def test_answers_that_hang_together_again_do_not_raise_the_level(
    asked: Questionnaire, lowers: int, epsilon: float
) -> None:
    rng = np.random.default_rng(1)
    model, sheets = model_of(asked, rng), extremes(asked, rng, 60)
    changed: list[dict[str, str]] = []
    origin: list[int] = []
    for i, sheet in enumerate(sheets):
        for question in asked.questions:
            score = {o.id: o.score for o in question.options}
            lower = [o.id for o in question.options if o.score < score[sheet[question.id]]]
            changed += [sheet | {question.id: option} for option in lower]
            origin += [i] * len(lower)
    controls = Controls(epsilon=epsilon, misfit_lowers=lowers)
    before, after = (
        profile_risk(table_of(s), asked, as_of=DAY, controls=controls, item_model=model)
        for s in (sheets, changed)
    )
    assert sum("misfit" in flags for flags in before.flags) > (0 if asked.id == "default" else 20)
    assert int((after.level > before.level[origin]).sum()) == 0


def test_misfit_lowers_only_below_what_caution_alone_would_have_given() -> None:
    """All sheets of five questions at once: the level is the best of any sheet nowhere bolder."""
    options = tuple(Option(id="abc"[i], text="x", score=float(i)) for i in range(3))
    asked = Questionnaire(
        id="five",
        version="1",
        questions=tuple(
            Question(id=f"t{i}", text="x", dimension="tolerance", options=options) for i in range(5)
        ),
    )
    names = list(asked.by_id)
    sheets = [dict(zip(names, chosen, strict=True)) for chosen in product("abc", repeat=5)]
    model = GradedResponseModel.of(dict.fromkeys(names, (2.5, (-0.8, 0.8))))
    free, lowered = (
        profile_risk(
            table_of(sheets),
            asked,
            as_of=DAY,
            item_model=model,
            controls=Controls(epsilon=0.5, misfit_below=-1.2, misfit_lowers=lowers),
        )
        for lowers in (0, 2)
    )
    misfits = np.array(["misfit" in flags for flags in free.flags])
    plain = np.maximum(np.minimum(free.level, 1), free.level - 2 * misfits)
    places = np.array([["abc".index(sheet[name]) for name in names] for sheet in sheets])
    for i in range(len(sheets)):
        nowhere_bolder = (places <= places[i]).all(axis=1)
        assert lowered.level[i] == plain[nowhere_bolder].max(), sheets[i]
    assert (lowered.level < free.level).any()
    assert (lowered.level > plain).any()
