"""What must hold for every client: nothing but a riskier answer raises tolerance, and nothing at
all raises a level above what limits it.

Each law is a function that a sibling test runs against a copy broken on purpose.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.contracts import Client, Questionnaire
from advisor.data import ClientTable, RiskProfiles
from advisor.risk_profile import GradedResponseModel, evidence, levels, profile, profile_risk, score
from advisor.risk_profile.coherence import Controls
from advisor.risk_profile.levels import Evidence, assign_levels
from advisor.risk_profile.psychometrics.latent import tolerance_responses

DAY = "2026-06-01"
ASKED = Questionnaire.default()
FACE_VALUE = Controls(epsilon=0.5)


def sheet(rng: np.random.Generator, asked: Questionnaire = ASKED) -> dict[str, str]:
    return {q.id: q.options[int(rng.integers(len(q.options)))].id for q in asked.questions}


def client(name: str, answers: dict[str, str], years: float = 20.0, **more: object) -> Client:
    return Client(id=name, wealth=100_000, horizon_years=years, answers=answers, **more)


def profiled(clients: list[Client], **more: object) -> RiskProfiles:
    return profile_risk(
        ClientTable.from_clients(clients), more.pop("asked", ASKED), as_of=DAY, **more
    )


def without_contradictions(asked: Questionnaire) -> Questionnaire:
    return asked.model_copy(update={"contradictions": ()})


def check_riskier_answer_never_lowers(
    seed: int, item_model: GradedResponseModel | None = None
) -> None:
    """Each tolerance answer made riskier, one at a time: neither the score nor (contradictions
    apart) the level falls."""
    rng = np.random.default_rng(seed)
    asked = without_contradictions(ASKED)
    base = sheet(rng)
    found = [client("base", base)]
    for q in asked.of("tolerance"):
        here = next(o.score for o in q.options if o.id == base[q.id])
        found += [
            client(f"{q.id}.{o.id}", {**base, q.id: o.id}) for o in q.options if o.score > here
        ]
    controls = replace(FACE_VALUE, misfit_below=-np.inf) if item_model is not None else Controls()
    p = profiled(found, asked=asked, item_model=item_model, controls=controls)
    assert (p.tolerance[1:] > p.tolerance[0]).all()
    assert (p.level[1:] >= p.level[0]).all()


def check_shorter_horizon_never_raises(seed: int) -> None:
    rng = np.random.default_rng(seed)
    answers = sheet(rng)
    years = np.sort(rng.uniform(0, 15, 6))
    by_years = profiled([client(f"{i}", answers, float(y)) for i, y in enumerate(years)]).level
    assert (np.diff(by_years) >= 0).all()
    question = ASKED.of("horizon")[0]
    by_answer = profiled(
        [client(o.id, {**answers, question.id: o.id}) for o in question.options],
        asked=without_contradictions(ASKED),
    ).level
    assert (np.diff(by_answer) >= 0).all()


def check_level_is_at_most_the_lowest_dimension(seed: int) -> None:
    rng = np.random.default_rng(seed)
    p = profiled([client(f"{i}", sheet(rng), float(rng.uniform(0, 15))) for i in range(20)])
    for name in ("tolerance", "capacity", "objective", "horizon"):
        assert (p.level <= score.level_of(getattr(p, name), ASKED.level_cuts(name))).all()
    assert np.allclose(p.level_probability.sum(axis=1), 1.0)
    reaches = p.level_probability[:, ::-1].cumsum(axis=1)[:, ::-1]
    assert (reaches[np.arange(len(p)), np.maximum(p.level, 1) - 1] >= 0.75 - 1e-9).all()


def check_no_control_raises(seed: int) -> None:
    """Random limits and controls: whatever is added, and however careful, no level rises; and none
    passes its limits."""
    rng = np.random.default_rng(seed)
    limits = {name: rng.integers(0, 6, 30) for name in "abc"}
    lowers = {name: rng.integers(0, 3, 30) for name in "de"}
    caps = {"f": rng.integers(0, 6, 30)}
    free = assign_levels(Evidence(limits), 0.25, 30).level
    held = assign_levels(Evidence(limits, {}, lowers, caps), 0.25, 30).level
    assert (held <= free).all()
    assert (free <= np.minimum.reduce(list(limits.values()))).all()
    assert (held <= caps["f"]).all()


def check_order_of_questions_never_matters(seed: int) -> None:
    rng = np.random.default_rng(seed)
    answers = sheet(rng)
    order = rng.permutation(len(ASKED.questions))
    shuffled = Questionnaire(
        **ASKED.model_dump() | {"questions": tuple(ASKED.questions[i] for i in order)}
    )
    again = {name: answers[name] for name in rng.permutation(list(answers))}
    a, b = profiled([client("x", answers)]), profiled([client("x", again)], asked=shuffled)
    assert a[0] == b[0]
    assert a.questionnaire == b.questionnaire


def check_batch_equals_single(seed: int) -> None:
    rng = np.random.default_rng(seed)
    rows = []
    for i in range(12):
        if i % 4 == 3:
            rows.append(
                Client(
                    id=f"{i}",
                    wealth=50,
                    horizon_years=3,
                    level=int(rng.integers(0, 6)),
                    assessed_on="2026-01-15",
                    reserve_months=float(i % 8),
                )
            )
        else:
            more = (
                {
                    "liabilities": float(rng.uniform(0, 2e5)),
                    "biases": {"loss_aversion": float(rng.uniform(1, 4))},
                }
                if i % 2
                else {}
            )
            rows.append(client(f"{i}", sheet(rng), float(rng.uniform(0, 12)), **more))
    rows[5] = client("5", {**rows[5].answers, "capacity_debt": "z"})
    table = ClientTable.from_clients(rows)
    whole = profile_risk(table, ASKED, as_of=DAY)
    for i in range(len(rows)):
        one = profile_risk(table.take([i]), ASKED, as_of=DAY)[0]
        assert np.array_equal(np.array(one.level_probability), np.array(whole[i].level_probability))
        assert repr(one) == repr(whole[i])  # nan is not itself; its print is


def check_scaling_weights_changes_nothing(seed: int) -> None:
    rng = np.random.default_rng(seed)
    answers = sheet(rng)
    factor = float(2.0 ** rng.integers(-2, 3))
    scaled = Questionnaire(
        **ASKED.model_dump()
        | {
            "questions": tuple(
                q.model_dump() | {"weight": q.weight * factor} for q in ASKED.questions
            )
        }
    )
    a, b = profiled([client("x", answers)]), profiled([client("x", answers)], asked=scaled)
    assert a[0] == b[0]


SEEDS = st.integers(0, 2**32 - 1)
LAWS = {
    "riskier": check_riskier_answer_never_lowers,
    "horizon": check_shorter_horizon_never_raises,
    "lowest": check_level_is_at_most_the_lowest_dimension,
    "controls": check_no_control_raises,
    "order": check_order_of_questions_never_matters,
    "batch": check_batch_equals_single,
    "scale": check_scaling_weights_changes_nothing,
}


@pytest.mark.parametrize("name", LAWS)
@given(seed=SEEDS)
def test_law(name: str, seed: int) -> None:
    LAWS[name](seed)


@given(SEEDS)
def test_riskier_answers_never_lower_a_measured_tolerance(seed: int) -> None:
    rng = np.random.default_rng(seed)
    names, _ = tolerance_responses(profile_answers(rng), ASKED)
    parameters = {}
    for q in (ASKED.by_id[name] for name in names):
        count = len({o.score for o in q.options})
        parameters[q.id] = (
            float(rng.uniform(0.4, 3)),
            np.sort(rng.uniform(-2.5, 2.5, count - 1)) + 0.05 * np.arange(count - 1),
        )
    check_riskier_answer_never_lowers(seed, GradedResponseModel.of(parameters))


def profile_answers(rng: np.random.Generator) -> evidence.Answers:
    table = ClientTable.from_clients([client("x", sheet(rng))])
    return evidence.read_answers(table, ASKED, np.array([True]))


def caught(law: str) -> bool:
    for seed in range(60):
        try:
            LAWS[law](seed)
        except AssertionError:
            return True
    return False


def test_the_laws_catch_broken_copies(monkeypatch: pytest.MonkeyPatch) -> None:
    honest = levels.assign_levels
    right_score, right_level = score.dimension_score, score.level_of

    def mean_not_minimum(given_: Evidence, epsilon: float, rows: int) -> levels.Levels:
        found = honest(given_, epsilon, rows)
        mean = np.rint(np.mean(list(given_.limits.values()), axis=0)).astype(np.int64)
        return replace(found, level=np.maximum(found.level, mean))

    def control_adds(given_: Evidence, epsilon: float, rows: int) -> levels.Levels:
        found = honest(replace(given_, lowers={}, caps={}), epsilon, rows)
        return replace(found, level=np.minimum(found.level + sum(given_.lowers.values()), 5))

    broken = {
        "lowest": ("assign_levels", mean_not_minimum),
        "controls": ("assign_levels", control_adds),
        "riskier": ("dimension_score", lambda a, q, d: 100.0 - right_score(a, q, d)),
        "horizon": ("_horizon_cap", lambda years, q: np.where(years < 3, 5, 1)),
        "order": (
            "dimension_score",
            lambda a, q, d: right_score(a, q, d) + (q.questions[0].id > "m"),
        ),
        "batch": ("level_of", lambda s, cuts: right_level(s - np.nanmean(s) + 50, cuts)),
        "scale": (
            "dimension_score",
            lambda a, q, d: right_score(a, q, d) * min(q.questions[0].weight, 1.0),
        ),
    }
    assert set(broken) == set(LAWS)
    for law, (name, copy) in broken.items():
        with monkeypatch.context() as patch:
            for module in (evidence, profile, __import__("sys").modules[__name__]):
                if hasattr(module, name):
                    patch.setattr(module, name, copy)
            assert caught(law), law
        assert not caught(law), law
