"""Questionnaires as data: what the bundled ones hold, and what a key may not be."""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest

from advisor import InputError
from advisor.contracts import CutOffs, Option, Question, Questionnaire, RulePack
from advisor.contracts.cut_offs import Band

BUNDLED = [Questionnaire.default(), Questionnaire.grable_lytton(), Questionnaire.mifid()]
GRABLE_LYTTON_POINTS = [
    [4, 3, 2, 1], [1, 2, 3, 4], [1, 2, 3, 4], [1, 2, 3], [1, 2, 3], [1, 2, 3, 4], [1, 2, 3, 4], [1,
    2, 3, 4], [1, 3], [1, 3], [1, 2, 3, 4], [1, 2, 3], [1, 2, 3, 4],
]  # fmt: skip
"""Points by item and option: the Rutgers NJAES scoring grid of the 13-item scale."""


def question(
    name: str = "q",
    dimension: str = "tolerance",
    scores: tuple[float, ...] = (0, 1, 2),
    **more: object,
) -> Question:
    options = tuple(Option(id=f"o{i}", text=f"option {i}", score=s) for i, s in enumerate(scores))
    return Question(id=name, text="?", dimension=dimension, options=options, **more)


def bands(*edges: tuple[int, float, float], step: float = 1.0) -> CutOffs:
    return CutOffs(
        scale="points", step=step, bands=tuple(Band(level=k, lower=a, upper=b) for k, a, b in edges)
    )


def test_default_covers_every_dimension_and_every_regime() -> None:
    asked = Questionnaire.default()
    assert 15 <= len(asked.questions) <= 20
    assert {q.dimension for q in asked.questions} == {
        "tolerance",
        "capacity",
        "horizon",
        "knowledge",
        "objective",
        "background",
    }
    for name in asked.regimes:
        asked.check_covers(RulePack.bundled(name).dimensions, name)
    assert asked.regimes == ("csrc", "mifid", "nfra")
    assert any(option.knock_out for q in asked.questions for option in q.options)


def test_mifid_asks_25_questions_in_five_sections() -> None:
    asked = Questionnaire.mifid()
    assert [q.id for q in asked.questions] == [f"q{i:02d}" for i in range(1, 26)]
    sections = [q.section for q in asked.questions]
    assert [sections.count(s) for s in dict.fromkeys(sections)] == [5, 3, 7, 7, 3]
    asked.check_covers(RulePack.bundled("mifid").dimensions, "mifid")


def test_grable_lytton_has_the_published_key_and_bands() -> None:
    asked = Questionnaire.grable_lytton()
    assert [[o.score for o in q.options] for q in asked.questions] == GRABLE_LYTTON_POINTS
    assert asked.span("tolerance") == (13, 47)
    assert [(b.lower, b.upper) for b in asked.cut_offs["tolerance"].bands] == [
        (13, 18),
        (19, 22),
        (23, 28),
        (29, 32),
        (33, 47),
    ]


@pytest.mark.data
def test_grable_lytton_agrees_with_the_published_file(data_dir: Path) -> None:
    key = json.loads((data_dir / "grable_lytton" / "scoring.json").read_text(encoding="utf-8"))
    assert [[o.score for o in q.options] for q in Questionnaire.grable_lytton().questions] == list(
        key["points_by_item_option_a_to_d"].values()
    )


@pytest.mark.parametrize("asked", BUNDLED, ids=lambda q: q.id)
def test_every_text_is_there_in_english_and_chinese(asked: Questionnaire) -> None:
    assert "zh" in asked.languages
    for q in asked.questions:
        assert q.text.isascii()
        assert any("\u4e00" <= c <= "\u9fff" for c in q.texts["zh"])
        assert all(o.texts["zh"] for o in q.options)


def test_a_missing_translation_is_refused() -> None:
    with pytest.raises(InputError, match="'q' has no text"):
        Questionnaire(id="x", version="1", questions=(question(),), languages=("zh",))


def test_published_schemas_are_those_of_the_contracts() -> None:
    base = files("advisor.contracts")
    assert (base / "questionnaires" / "schema.json").read_text(
        encoding="utf-8"
    ) == Questionnaire.schema_text()
    assert (base / "rule_packs" / "schema.json").read_text(
        encoding="utf-8"
    ) == RulePack.schema_text()


@pytest.mark.parametrize(
    ("cuts", "score"),
    [
        (
            ((1, 24, 34), (2, 35, 48), (3, 49, 62), (4, 63, 80), (5, 82, 90)),
            81,
        ),  # a production table that lost 81
        (((1, 24, 34), (2, 35, 48), (3, 49, 62), (4, 62, 80), (5, 81, 90)), 62),  # 62 twice
        (((1, 25, 34), (2, 35, 90)), 24),  # the bottom is missing
        (((1, 24, 34), (2, 35, 89)), 90),  # the top is missing
    ],
)
def test_cut_offs_that_leave_a_hole_or_overlap_name_the_score(
    cuts: tuple[tuple[int, float, float], ...], score: float
) -> None:
    questions = tuple(
        question(f"q{i}", scores=(4, 15)) for i in range(6)
    )  # 24..90 points in steps of 11
    with pytest.raises(InputError, match=f"score {score} ") as caught:
        Questionnaire(
            id="x", version="1", questions=questions, cut_offs={"tolerance": bands(*cuts)}
        )
    assert caught.value.value == score


def test_cut_offs_on_whole_points_refuse_a_half_point() -> None:
    with pytest.raises(InputError, match=r"score 1\.5 falls between"):
        Questionnaire(
            id="x",
            version="1",
            questions=(question(scores=(1, 1.5, 4)),),
            cut_offs={"tolerance": bands((1, 1, 2), (2, 3, 4))},
        )


def test_continuous_cut_offs_share_edges_and_the_upper_band_has_them() -> None:
    cuts = CutOffs(bands=(Band(level=1, lower=0, upper=50), Band(level=3, lower=50, upper=100)))
    cuts.check("x", 0, 1, [])
    assert cuts.level_cuts(0, 1) == (0.0, 50.0, 50.0, np.inf, np.inf)
    with pytest.raises(InputError, match="score 50 belongs to no band"):
        CutOffs(bands=(Band(level=1, lower=0, upper=50), Band(level=2, lower=51, upper=100))).check(
            "x", 0, 1, []
        )


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"questions": ()}, "at least one"),
        ({"questions": (question(), question())}, "each once"),
        ({"questions": (question(scores=(1, 1)),)}, "could not tell clients apart"),
        ({"cut_offs": {"capacity": CutOffs.even()}}, "asks nothing about it"),
        ({"horizon_caps": ((1.0, 3), (2.0, 2))}, "longer horizon"),
        (
            {
                "contradictions": (
                    {"id": "c", "first": {"nope": ("a",)}, "second": {"q": ("o0",)}, "text": "t"},
                )
            },
            "not asked",
        ),
        (
            {
                "contradictions": (
                    {"id": "c", "first": {"q": ("zz",)}, "second": {"q": ("o0",)}, "text": "t"},
                )
            },
            "cannot be chosen",
        ),
    ],
)
def test_unusable_questionnaires_are_refused(change: dict[str, object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        Questionnaire(**({"id": "x", "version": "1", "questions": (question(),)} | change))


def test_a_regime_that_needs_more_is_refused() -> None:
    with pytest.raises(InputError, match="asks nothing about capacity"):
        Questionnaire.grable_lytton().check_covers(RulePack.bundled("nfra").dimensions, "nfra")
    with pytest.raises(InputError, match="rule pack 'nfra' demands"):
        Questionnaire(id="x", version="1", questions=(question(),), regimes=("nfra",))


def test_load_reads_what_was_written_and_names_what_it_cannot_read(tmp_path: Path) -> None:
    path = tmp_path / "mine.json"
    path.write_text(Questionnaire.default().model_dump_json(), encoding="utf-8")
    assert Questionnaire.load(path).digest == Questionnaire.default().digest
    with pytest.raises(InputError, match="cannot be read"):
        Questionnaire.load(tmp_path / "absent.json")
    path.write_text("{", encoding="utf-8")
    with pytest.raises(InputError, match="JSON"):
        Questionnaire.load(path)


def test_the_signature_is_of_the_content_and_not_of_the_order() -> None:
    asked = Questionnaire.default()
    shuffled = asked.model_copy(update={"questions": asked.questions[::-1]})
    changed = asked.model_copy(
        update={
            "questions": (
                *asked.questions[:-1],
                asked.questions[-1].model_copy(update={"weight": 3.0}),
            )
        }
    )
    assert Questionnaire(**shuffled.model_dump()).digest == asked.digest
    assert Questionnaire(**changed.model_dump()).digest != asked.digest
    assert asked.signature == f"default@1.0.0#{asked.digest[:16]}"


def test_a_file_is_named_with_all_that_is_wrong_and_may_have_a_mark(tmp_path: Path) -> None:
    path = tmp_path / "bank.json"
    record = Questionnaire.default().model_dump(mode="json")
    path.write_text(json.dumps(record), encoding="utf-8-sig")
    assert Questionnaire.load(path).digest == Questionnaire.default().digest
    record["questions"][0]["dimension"] = "risk"
    record["questions"][1]["options"][0]["score"] = "ten"
    del record["questions"][2]["text"]
    record["colour"] = "red"
    path.write_text(json.dumps(record), encoding="utf-8")
    with pytest.raises(InputError) as caught:
        Questionnaire.load(path)
    for words in ("bank.json", "'tolerance', ", "options.0.score (a valid number", "(missing)"):
        assert words in str(caught.value)
    assert "colour (unknown)" in str(caught.value)
    path.write_text("id: bank", encoding="utf-8")
    with pytest.raises(InputError, match=r"bank.json': Questionnaire = 'id: bank': Invalid JSON"):
        Questionnaire.load(path)
