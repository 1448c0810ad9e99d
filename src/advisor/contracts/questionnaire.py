"""Questionnaires as data: questions, scores, cut-offs and texts, versioned and signed by
content.
"""

from __future__ import annotations

from functools import cache, cached_property
from importlib.resources import files
from typing import Any, ClassVar, Self

from pydantic import model_validator

from advisor.annotations import Texts
from advisor.contracts.client import Id
from advisor.contracts.cut_offs import CutOffs
from advisor.contracts.question import LIMITING, Contradiction, Dimension, Norm, Question
from advisor.contracts.rules import BUNDLED, RulePack
from advisor.contracts.signed import Signed
from advisor.errors import InputError
from advisor.validation import checked

DEFAULT_CUT_OFFS = CutOffs.even()
DEFAULT_HORIZON_CAPS = ((1.0, 1), (3.0, 2), (5.0, 3), (7.0, 4))


class Questionnaire(Signed):
    """Questions with their key.

    A dimension without `cut_offs` has levels at 0, 20, 40, 60, 80 of 100. `horizon_caps`: (years,
    level), a client whose horizon is shorter than `years` gets at most `level`. `regimes` names the
    rule packs it is meant for: their dimensions must all be asked. `languages` beside English:
    every text must be there in each.

    >>> q = Questionnaire.default()
    >>> q.id, len(q.questions), sorted(q.languages)
    ('default', 18, ['zh'])
    """

    file_kind: ClassVar[str] = "Questionnaire"

    id: Id
    version: Id
    questions: tuple[Question, ...]
    title: str = ""
    titles: dict[str, str] = {}
    source: str = ""
    languages: tuple[str, ...] = ()
    cut_offs: dict[Dimension, CutOffs] = {}
    horizon_caps: tuple[tuple[float, int], ...] = DEFAULT_HORIZON_CAPS
    norms: dict[Dimension, Norm] = {}
    contradictions: tuple[Contradiction, ...] = ()
    regimes: tuple[str, ...] = ()

    @classmethod
    def default(cls) -> Questionnaire:
        """18 questions of our own over tolerance, capacity, horizon, knowledge, objective and
        background; covers csrc, nfra and mifid.
        """
        return _bundled("default")

    @classmethod
    def grable_lytton(cls) -> Questionnaire:
        """The published key and bands of the 13-item scale, with item wordings of our own; measures
        tolerance only.
        """
        return _bundled("grable_lytton")

    @classmethod
    def mifid(cls) -> Questionnaire:
        """25 questions over the five sections that European banks ask; our own wording."""
        return _bundled("mifid")

    def _content(self) -> dict[str, Any]:
        """Without the order of the questions, which never matters."""
        content = super()._content()
        content["questions"].sort(key=lambda q: q["id"])
        return content

    def __hash__(self) -> int:
        return hash(self.digest)

    @property
    def signature(self) -> str:
        """Id, version and digest: what a profile names."""
        return f"{self.id}@{self.version}#{self.digest[:16]}"

    @cached_property
    def by_id(self) -> dict[str, Question]:
        """Questions by id, in order of id: the order in which scores are added, so that the order
        of asking never matters.
        """
        return {q.id: q for q in sorted(self.questions, key=lambda q: q.id)}

    @cached_property
    def required(self) -> tuple[str, ...]:
        """Ids of the questions without whose answer a client cannot be scored, in the order of
        asking.
        """
        return tuple(q.id for q in self.questions if q.required)

    @checked
    def title_in(self, language: str) -> str:
        """Its title in a language; English where it has none in that one, its id where it has none
        at all.
        """
        return self.titles.get(language) or self.title or self.id

    @checked
    def of(self, dimension: Dimension) -> tuple[Question, ...]:
        """Questions of one dimension, in order of id."""
        return tuple(q for q in self.by_id.values() if q.dimension == dimension)

    @checked
    def span(self, dimension: Dimension) -> tuple[float, float]:
        """Smallest and largest weighted sum of one dimension."""
        asked = self.of(dimension)
        return sum(q.low for q in asked), sum(q.high for q in asked)

    @checked
    def level_cuts(self, dimension: Dimension) -> tuple[float, ...]:
        """Smallest 0..100 score of the levels 1..5, length 5; 0 for level 1, infinity for levels
        that are never reached.
        """
        return self.cut_offs.get(dimension, DEFAULT_CUT_OFFS).level_cuts(*self.span(dimension))

    @checked
    def check_covers(self, dimensions: Texts, regime: str) -> None:
        """Raises `InputError` unless every one of `dimensions`, which `regime` demands, is
        asked.
        """
        absent = [d for d in dimensions if not any(q.dimension == d for q in self.questions)]
        if absent:
            raise InputError(
                f"Questionnaire {self.id!r} asks nothing about {', '.join(absent)}, which the rule"
                f" pack {regime!r} demands; a profile without it could not be judged. Add a"
                " question, or take the pack out of `regimes`.",
                field="questions",
                value=absent,
            )

    @model_validator(mode="after")
    def _questions_usable(self) -> Self:
        ids = [q.id for q in self.questions]
        if not ids or len(set(ids)) != len(ids):
            raise InputError(
                f"Questionnaire {self.id!r} has the question ids {ids}; at least one, and each"
                " once, is needed. Add or rename.",
                field="questions",
                value=ids,
            )
        for dimension in (*LIMITING, "knowledge"):
            low, high = self.span(dimension)
            if self.of(dimension) and not high > low:
                raise InputError(
                    f"Every answer about {dimension} in questionnaire {self.id!r} scores {low:g};"
                    " it could not tell clients apart. Give the options different scores, or make"
                    " the questions background.",
                    field="questions",
                    value=low,
                )
        return self

    @model_validator(mode="after")
    def _key_complete(self) -> Self:
        for dimension, cuts in self.cut_offs.items():
            if not self.of(dimension):
                raise InputError(
                    f"Questionnaire {self.id!r} has cut-offs for {dimension} but asks nothing about"
                    " it; remove them or add questions.",
                    field="cut_offs",
                    value=dimension,
                )
            scores = [q.weight * o.score - q.low for q in self.of(dimension) for o in q.options]
            cuts.check(f"{self.id}.{dimension}", *self.span(dimension), scores)
        years = [y for y, _ in self.horizon_caps]
        levels = [k for _, k in self.horizon_caps]
        if (
            years != sorted(set(years))
            or levels != sorted(levels)
            or any(not 0 <= k <= 5 for k in levels)
        ):
            raise InputError(
                f"horizon_caps of questionnaire {self.id!r} is {self.horizon_caps}; a longer"
                " horizon must allow at least as high a level (0..5). Sort it.",
                field="horizon_caps",
                value=self.horizon_caps,
            )
        return self

    @model_validator(mode="after")
    def _regimes_covered(self) -> Self:
        for name in self.regimes:
            if (
                name in BUNDLED
            ):  # a host's own pack is not known here: call `check_covers` with its dimensions
                self.check_covers(RulePack.bundled(name).dimensions, name)
        return self

    @model_validator(mode="after")
    def _references_known(self) -> Self:
        for rule in self.contradictions:
            for question, options in (*rule.first.items(), *rule.second.items()):
                known = (
                    {o.id for o in self.by_id[question].options}
                    if question in self.by_id
                    else set[str]()
                )
                odd = [o for o in options if o not in known]
                if question not in self.by_id or odd or not options:
                    asked = question in self.by_id
                    fault = (
                        f"of which {odd or list(options)} cannot be chosen"
                        if asked
                        else "which is not asked"
                    )
                    raise InputError(
                        f"Contradiction {rule.id!r} names question {question!r} with options"
                        f" {list(options)}, {fault};"
                        " it could never be found. Correct it.",
                        field="contradictions",
                        value=question,
                    )
        for language in self.languages:
            texts = [(q.id, q.texts) for q in self.questions] + [
                (f"{q.id}.{o.id}", o.texts) for q in self.questions for o in q.options
            ]
            texts += [(c.id, c.texts) for c in self.contradictions]
            missing = next((name for name, have in texts if not have.get(language)), None)
            if missing is not None:
                raise InputError(
                    f"Questionnaire {self.id!r} says it speaks {language!r}, but {missing!r} has no"
                    " text in it; a client would see a hole. Translate it.",
                    field="languages",
                    value=missing,
                )
        return self


@cache
def _bundled(name: str) -> Questionnaire:
    text = (files("advisor.contracts") / "questionnaires" / f"{name}.json").read_text(
        encoding="utf-8"
    )
    return Questionnaire.model_validate_json(text)
