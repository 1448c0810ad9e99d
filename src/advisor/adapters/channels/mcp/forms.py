"""Forms made from questions, and the schemas that tools show."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, create_model

from advisor import Client, Questionnaire

WITHHELD = (
    "answers", "level", "knowledge", "assessed_on", "lowest_category", "biases", "professional",
    "institution", "private_qualified", "guardian", "insists", "written_warning",
)  # fmt: skip
"""Of a client what no assistant states: it comes from the client's own answers, or from whoever has
assessed them."""


@cache
def texts() -> Mapping[str, Mapping[str, str]]:
    """What the chat says around the questions, by language."""
    return json.loads(Path(__file__).with_name("texts.json").read_text(encoding="utf-8"))


def text(language: str, name: str) -> str:
    """One of these sentences; English where there is none in that language."""
    return texts().get(language, texts()["en"])[name]


@lru_cache(256)
def form(asked: Questionnaire, names: tuple[str, ...], language: str) -> type[BaseModel]:
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
def confirmation(language: str) -> type[BaseModel]:
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
