"""The OpenAPI 3.1 document of the operations, each with an example that a test executes.

What does not depend on an operation is in `openapi.json`, the examples are in `examples.json`.
"""

from __future__ import annotations

import inspect
import json
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import Any

from pydantic.json_schema import models_json_schema

from advisor.adapters.channels.http.operations import Operation
from advisor.adapters.channels.http.problems import KINDS, MEDIA_TYPE

COMMON = (401, 403, 404, 422, 429, 500, 503)
"""Statuses that any operation may answer with."""
OF_BODIES = (400, 409, 413, 415)
"""Those of an operation that takes a body."""


@cache
def _file(name: str) -> dict[str, Any]:
    text = (files("advisor.adapters.channels.http") / name).read_text(encoding="utf-8")
    return json.loads(text)


def examples() -> dict[str, dict[str, Any]]:
    """By operation: `path`, `headers` and `body` of a request that is answered as declared."""
    return _file("examples.json")


def document(operations: Sequence[Operation], version: str) -> dict[str, Any]:
    """The document.

    Args:
        operations: What the service can be asked.
        version: Of the library.
    """
    frame = _file("openapi.json")
    taken = {(o.takes, "validation") for o in operations if o.takes}
    returned = {(o.contract, "serialization") for o in operations if o.contract}
    models: Any = sorted(taken | returned, key=lambda pair: (pair[0].__name__, pair[1]))
    schemas, shared = models_json_schema(models, ref_template="#/components/schemas/{model}")
    paths: dict[str, dict[str, Any]] = {}
    for operation in operations:
        described = _operation(operation, schemas, frame)
        paths.setdefault(operation.path, {})[operation.method.lower()] = described
    return {
        **{name: frame[name] for name in ("openapi", "security")},
        "info": {**frame["info"], "version": version},
        "paths": paths,
        "components": {
            "schemas": {**shared["$defs"], "Problem": frame["Problem"]},
            "securitySchemes": frame["securitySchemes"],
        },
    }


def _operation(operation: Operation, schemas: Any, frame: dict[str, Any]) -> dict[str, Any]:
    summary, _, rest = inspect.cleandoc(operation.handler.__doc__ or "").partition("\n")
    has_body = operation.method in ("POST", "PATCH")
    problems = (*COMMON, *(OF_BODIES if has_body else ()), *((416,) if operation.ranged else ()))
    good = (operation.status, 206) if operation.ranged else (operation.status,)
    answers = {str(status): _answer(operation, schemas) for status in good} | _problems(problems)
    described: dict[str, Any] = {
        "operationId": operation.name,
        "summary": summary,
        "description": f"{rest}\n\nScope: {operation.scope}".strip(),
        "parameters": _parameters(operation, frame),
        "responses": answers,
    }
    if has_body:
        content = {media: _content(operation, media, schemas) for media in operation.media}
        described["requestBody"] = {"required": True, "content": content}
    return described


def _content(operation: Operation, media: str, schemas: Any) -> dict[str, Any]:
    example = examples().get(operation.name, {}).get("body")
    if operation.takes is None:
        schema = {"type": "string", "contentMediaType": media}
        return (
            {"schema": schema, "example": example}
            if media.startswith("text/")
            else {"schema": schema}
        )
    schema = schemas[operation.takes, "validation"]
    if media == operation.listed:
        schema, example = {"type": "array", "items": schema, "maxItems": operation.most}, [example]
    return {"schema": schema, "example": example}


def _answer(operation: Operation, schemas: Any) -> dict[str, Any]:
    answer: dict[str, Any] = {"description": "What was asked for"}
    if operation.contract is not None:
        schema = schemas[operation.contract, "serialization"]
    elif operation.answers.endswith("json"):
        schema = {}
    else:
        schema = {"type": "string", "contentMediaType": operation.answers}
    if operation.status != 204:
        answer["content"] = {operation.answers: {"schema": schema}}
    return answer


def _problems(statuses: Sequence[int]) -> dict[str, Any]:
    titles = dict(reversed(KINDS.values()))
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {str(s): {"description": titles[s], "content": content} for s in sorted(statuses)}


def _parameters(operation: Operation, frame: dict[str, Any]) -> list[dict[str, Any]]:
    known = examples().get(operation.name, {}).get("path", {})
    name_schema = {"type": "string", "minLength": 1}
    names = [part[1:-1] for part in operation.path.split("/") if part.startswith("{")]
    in_path = [
        {"name": name, "in": "path", "required": True, "schema": name_schema}
        | ({"example": known[name]} if name in known else {})
        for name in names
    ]
    in_query = [{"name": name, "in": "query", **frame["query"][name]} for name in operation.query]
    in_header = [
        {"in": "header", **header}
        for flag, header in frame["headers"].items()
        if getattr(operation, flag)
    ]
    return [*in_path, *in_query, *in_header]
