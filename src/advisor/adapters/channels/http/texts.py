"""Questionnaires in a language, and the JSON Schemas of contracts."""

from __future__ import annotations

import json
from functools import cache

from advisor import Contract, Questionnaire, schemas
from advisor.adapters.channels.http.calls import Call
from advisor.adapters.channels.http.operations import Operation
from advisor.adapters.channels.http.problems import ProblemError
from advisor.adapters.channels.http.web import Response
from advisor.contracts.answer_sheet import BUNDLED


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


async def list_questionnaires(call: Call) -> Response:
    """The questionnaires there are; the first is the one that answers are scored by."""
    listed = tuple(_text(q, call.language, whole=False) for q in _known(call).values())
    return call.gives(QuestionnaireList(questionnaires=listed))


async def get_questionnaire(call: Call) -> Response:
    """The questions and options of a questionnaire, in the language asked for."""
    asked = _known(call).get(call.request.path_params["id"])
    if asked is None:
        raise ProblemError(
            "not-found", f"There is no such questionnaire; there are {', '.join(_known(call))}."
        )
    text = _text(asked, call.language, whole=True)
    return call.gives(text, headers={"Content-Language": text.language})


async def get_schema(call: Call) -> Response:
    """The JSON Schema (2020-12) of a contract."""
    known = _schemas()
    schema = known.get(call.request.path_params["name"])
    if schema is None:
        raise ProblemError(
            "not-found", f"There is no such schema; there are {', '.join(sorted(known))}."
        )
    return Response(schema, media_type="application/schema+json")


@cache
def _schemas() -> dict[str, str]:
    """The text of every schema: made once, since it takes longer than an advice."""
    return {name: json.dumps(schema) for name, schema in schemas().items()}


def _known(call: Call) -> dict[str, Questionnaire]:
    """Questionnaires by id, the tenant's own first."""
    own: Questionnaire = call.tenant.sessions.questionnaire
    return {own.id: own, **{q.id: q for q in (bundled() for bundled in BUNDLED) if q.id != own.id}}


def _text(asked: Questionnaire, language: str | None, *, whole: bool) -> QuestionnaireText:
    spoken = language if language in asked.languages else "en"
    questions = [
        {
            "id": q.id,
            "section": q.section,
            "dimension": q.dimension,
            "required": q.required,
            "text": q.text_in(spoken),
            "options": [{"id": o.id, "text": o.text_in(spoken)} for o in q.options],
        }
        for q in (asked.questions if whole else ())
    ]
    return QuestionnaireText.model_validate(
        {
            "id": asked.id,
            "version": asked.version,
            "signature": asked.signature,
            "title": asked.title_in(spoken),
            "language": spoken,
            "languages": ("en", *asked.languages),
            "questions": questions,
        }
    )


OPERATIONS = (
    Operation(
        "GET",
        "/v1/questionnaires",
        "listQuestionnaires",
        "read",
        list_questionnaires,
        gives=QuestionnaireList,
        speaks=True,
    ),
    Operation(
        "GET",
        "/v1/questionnaires/{id}",
        "getQuestionnaire",
        "read",
        get_questionnaire,
        gives=QuestionnaireText,
        speaks=True,
    ),
    Operation("GET", "/v1/schemas/{name}", "getSchema", "read", get_schema),
)
