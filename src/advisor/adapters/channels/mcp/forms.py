"""What is asked of the client in forms, in the middle of a call: missing answers, and whether they
agree to a higher level; and what an assistant may state of them.

Done by `Resolve` and `Elicit`, which work over the protocols of 2025-11-25 and 2026-07-28. A
function may run again for each round of a call, so that nothing is kept here.
"""

import json
from collections.abc import Mapping
from functools import cache, lru_cache
from pathlib import Path
from typing import Annotated, Any

from mcp.server import mcpserver
from pydantic import BaseModel, ConfigDict, Field, create_model

from advisor import Client, Questionnaire
from advisor.adapters.channels.mcp.calls import WITHHELD, refusing
from advisor.adapters.channels.mcp.conversation import Conversation

_TEXTS: Mapping[str, Mapping[str, str]] = json.loads(
    Path(__file__).with_name("texts.json").read_text(encoding="utf-8")
)


def text(language: str, name: str) -> str:
    """What the chat says around the questions; in English where a language has no texts."""
    return _TEXTS.get(language, _TEXTS["en"])[name]


def asking(conversation: Conversation) -> dict[str, Any]:
    """Annotations of parameters that are filled with what the client says in a form: `answers`, and
    `agreement` to a higher level.
    """
    rise_of = conversation.tenant.sessions.rise

    def ask(client: Any, session: Any, language: Any) -> Any:
        talk, spoken = conversation.talk(client, session), conversation.language(language)
        if talk.finished or talk.sheet.complete:
            return {}
        asked, answers = talk.sheet.questionnaire, talk.sheet.answers
        names = tuple(q.id for q in asked.questions if q.id not in answers)
        sentence = text(spoken, "ask") % asked.title_in(spoken)
        return mcpserver.Elicit(sentence, _form(asked, names, spoken))

    def agree(client: Any, session: Any, language: Any, answers: Any) -> Any:
        talk, spoken = (
            conversation.answered(client, session, answers),
            conversation.language(language),
        )
        rise = None if talk is None or talk.finished else rise_of(talk.sheet, talk.base)
        if rise is None:
            return {}
        return mcpserver.Elicit(text(spoken, "confirm") % rise, _confirmation(spoken))

    def filled(function: Any) -> Any:
        return Annotated[mcpserver.ElicitationResult, mcpserver.Resolve(function)]

    answers = filled(refusing(ask))
    return {"answers": answers, "agreement": filled(refusing(agree, answers=answers))}


@lru_cache(256)
def _form(asked: Questionnaire, names: tuple[str, ...], language: str) -> type[BaseModel]:
    """A form of some questions: a choice of options each, `oneOf` of `const` and `title`."""
    fields: dict[str, Any] = {}
    for number, name in enumerate(names):
        question = asked.by_id[name]
        options: Any = [{"const": o.id, "title": o.text_in(language)} for o in question.options]
        kind, default = (str, ...) if question.required else (str | None, None)
        title, extra = question.text_in(language), {"oneOf": options}
        field = Field(default, alias=name, title=title, json_schema_extra=extra)
        fields[f"q{number}"] = (kind, field)
    return create_model("Answers", __config__=ConfigDict(extra="forbid"), **fields)


@cache
def _confirmation(language: str) -> type[BaseModel]:
    """A form that asks whether a higher level is agreed to."""
    return create_model("Confirmation", agreed=(bool, Field(title=text(language, "agree"))))


@cache
def client_schema(*, supplied: bool) -> dict[str, Any]:
    """The JSON Schema of what an assistant may state of a client, without references.

    Args:
        supplied: Whether it may state answers as well.
    """
    schema = Client.model_json_schema()
    hidden = [name for name in WITHHELD if not (supplied and name == "answers")]
    for name in hidden:
        del schema["properties"][name]
    description = "What is known of the client; their answers are asked."
    return {**_inlined(schema, schema.pop("$defs", {})), "description": description}


def _inlined(value: Any, known: Mapping[str, Any]) -> Any:
    if isinstance(value, list):
        return [_inlined(item, known) for item in value]
    if not isinstance(value, dict):
        return value
    if "$ref" in value:
        return _inlined(known[value["$ref"].rpartition("/")[2]], known)
    return {name: _inlined(item, known) for name, item in value.items()}
