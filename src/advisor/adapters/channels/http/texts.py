"""Questionnaires in a language, and the JSON Schemas of contracts."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache, lru_cache
from typing import Any, TypeVar

from starlette.responses import Response

from advisor import Contract, Questionnaire, schemas
from advisor.adapters.channels.http.calls import Call
from advisor.adapters.channels.http.problems import ProblemError
from advisor.contracts.answer_sheet import BUNDLED

_Value = TypeVar("_Value")


class OptionText(Contract):
    """An option as a client reads it."""

    id: str
    text: str


class QuestionText(Contract):
    """A question as a client reads it."""

    id: str
    section: str
    dimension: str
    required: bool
    text: str
    options: tuple[OptionText, ...]


class QuestionnaireText(Contract):
    """A questionnaire as a client reads it, in one language; without its scores."""

    id: str
    version: str
    signature: str
    title: str
    language: str
    languages: tuple[str, ...]
    questions: tuple[QuestionText, ...] = ()


class QuestionnaireList(Contract):
    """The questionnaires there are, without their questions."""

    questionnaires: tuple[QuestionnaireText, ...]


def list_questionnaires(call: Call) -> QuestionnaireList:
    """The questionnaires there are; the first is the one that answers are scored by."""
    listed = (_text(q, call.language, whole=False) for q in _known(call).values())
    return QuestionnaireList(questionnaires=tuple(listed))


def get_questionnaire(call: Call) -> QuestionnaireText:
    """The questions and options of a questionnaire, in the language asked for."""
    questionnaire = _named("questionnaire", _known(call), call.path["id"])
    text = _text(questionnaire, call.language, whole=True)
    call.headers["Content-Language"] = text.language
    return text


def get_schema(call: Call) -> Response:
    """The JSON Schema (2020-12) of a contract."""
    schema = _named("schema", _schemas(), call.path["name"])
    return Response(schema, media_type="application/schema+json")


def _named(kind: str, known: Mapping[str, _Value], name: str) -> _Value:
    if name not in known:
        raise ProblemError(
            "not-found", f"There is no such {kind}; there are {', '.join(sorted(known))}."
        )
    return known[name]


@cache
def _schemas() -> dict[str, str]:
    """The text of every schema: made once, since it takes longer than an advice."""
    return {name: json.dumps(schema) for name, schema in schemas().items()}


def _known(call: Call) -> dict[str, Questionnaire]:
    """Questionnaires by id, the tenant's own first."""
    own: Questionnaire = call.tenant.sessions.questionnaire
    return {own.id: own} | {q.id: q for q in _bundled() if q.id != own.id}


@cache
def _bundled() -> tuple[Questionnaire, ...]:
    return tuple(make() for make in BUNDLED)


@lru_cache(64)
def _text(questionnaire: Questionnaire, language: str | None, *, whole: bool) -> QuestionnaireText:
    spoken = language if language in questionnaire.languages else "en"
    questions: list[dict[str, Any]] = [
        {
            **{name: getattr(q, name) for name in ("id", "section", "dimension", "required")},
            "text": q.text_in(spoken),
            "options": [{"id": o.id, "text": o.text_in(spoken)} for o in q.options],
        }
        for q in questionnaire.questions
        if whole
    ]
    return QuestionnaireText.model_validate(
        {
            **{name: getattr(questionnaire, name) for name in ("id", "version", "signature")},
            "title": questionnaire.title_in(spoken),
            "language": spoken,
            "languages": ("en", *questionnaire.languages),
            "questions": questions,
        }
    )
