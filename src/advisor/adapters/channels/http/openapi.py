"""The OpenAPI 3.1 document of the operations, each with an example that a test executes."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import Any

from pydantic.json_schema import models_json_schema

from advisor.adapters.channels.http.calls import LONGEST_KEY
from advisor.adapters.channels.http.event_routes import MOST
from advisor.adapters.channels.http.operations import Operation, described
from advisor.adapters.channels.http.problems import KINDS, MEDIA_TYPE, SCHEMA
from advisor.adapters.channels.http.reading import MOST_PICKS

_REF = "#/components/schemas/{model}"
COMMON = (401, 403, 404, 422, 429, 500, 503)
"""Statuses that any operation may answer with."""
QUERY: dict[str, dict[str, Any]] = {
    "as_of": {
        "description": "The day of the advice; today where it is not given",
        "schema": {"type": "string", "format": "date"},
    },
    "picks": {
        "description": "Products to recommend at most",
        "schema": {"type": "integer", "minimum": 0, "maximum": MOST_PICKS, "default": 5},
    },
}
HEADERS: dict[str, dict[str, Any]] = {
    "Idempotency-Key": {
        "description": "The same key and body give the stored answer for 24 hours",
        "schema": {
            "type": "string",
            "minLength": 1,
            "maxLength": LONGEST_KEY,
            "pattern": "^[!-~]+$",
        },
    },
    "Accept-Language": {"description": "en or zh", "schema": {"type": "string"}},
    "If-Match": {
        "description": "The version that is changed, as ETag said it",
        "required": True,
        "schema": {"type": "string"},
    },
}
"""Headers that operations read."""


@cache
def examples() -> dict[str, dict[str, Any]]:
    """By operation: `path`, `headers` and `body` of a request that is answered as declared."""
    return json.loads(
        (files("advisor.adapters.channels.http") / "examples.json").read_text(encoding="utf-8")
    )


def document(operations: Sequence[Operation], version: str) -> dict[str, Any]:
    """The document.

    Args:
        operations: What the service can be asked.
        version: Of the library.
    """
    modes = {
        (kind, mode)
        for o in operations
        for kind, mode in ((o.takes, "validation"), (o.gives, "serialization"))
        if kind
    }
    ordered: Any = sorted(modes, key=lambda pair: (pair[0].__name__, pair[1]))
    named, shared = models_json_schema(ordered, ref_template=_REF)
    paths: dict[str, dict[str, Any]] = {}
    for operation in operations:
        paths.setdefault(operation.path, {})[operation.method.lower()] = _one(operation, named)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "advisor",
            "version": version,
            "description": (
                "Risk profiles, suitable portfolios and products. Errors are problems (RFC 9457)."
            ),
        },
        "paths": paths,
        "components": {
            "schemas": {**shared["$defs"], "Problem": SCHEMA},
            "securitySchemes": {
                "key": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
                "token": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
            },
        },
        "security": [{"key": []}, {"token": []}],
    }


def _one(operation: Operation, named: Any) -> dict[str, Any]:
    summary, description = described(operation)
    told: dict[str, Any] = {
        "operationId": operation.name,
        "summary": summary,
        "description": f"{description}\n\nScope: {operation.scope}".strip(),
        "parameters": [*_in_path(operation), *_in_query(operation), *_in_header(operation)],
        "responses": {str(operation.status): _answer(operation, named), **_problems(operation)},
    }
    if operation.method in ("POST", "PATCH"):
        example = examples().get(operation.name, {}).get("body")
        schema: Any = (
            {"type": "string"} if operation.takes is None else named[operation.takes, "validation"]
        )
        content = {media: _content(media, schema, example) for media in operation.media}
        told["requestBody"] = {"required": True, "content": content}
    return told


def _content(media: str, schema: dict[str, Any], example: Any) -> dict[str, Any]:
    if media == "application/cloudevents-batch+json":
        return {
            "schema": {"type": "array", "items": schema, "maxItems": MOST},
            "example": [example],
        }
    if media == "application/vnd.apache.parquet":
        return {"schema": {"type": "string", "contentMediaType": media}}
    return {"schema": schema, "example": example}


def _answer(operation: Operation, named: Any) -> dict[str, Any]:
    answer: dict[str, Any] = {"description": "What was asked for"}
    if operation.gives is not None:
        answer["content"] = {
            "application/json": {"schema": named[operation.gives, "serialization"]}
        }
    elif operation.status != 204:
        media = {"getSchema": "application/schema+json"}.get(
            operation.name, "application/vnd.apache.parquet"
        )
        answer["content"] = {
            media: {
                "schema": (
                    {} if media.endswith("json") else {"type": "string", "contentMediaType": media}
                )
            }
        }
    return answer


def _problems(operation: Operation) -> dict[str, Any]:
    body = operation.method in ("POST", "PATCH")
    more = (400, 409, 413, 415) if body else ()
    titles = dict(reversed(KINDS.values()))
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {
        str(status): {"description": titles[status], "content": content}
        for status in sorted({*COMMON, *more})
    }


def _in_path(operation: Operation) -> list[dict[str, Any]]:
    known = examples().get(operation.name, {}).get("path", {})
    names = [part[1:-1] for part in operation.path.split("/") if part.startswith("{")]
    schema = {"type": "string", "minLength": 1}
    return [
        {
            "name": n,
            "in": "path",
            "required": True,
            "schema": schema,
            **({"example": known[n]} if n in known else {}),
        }
        for n in names
    ]


def _in_query(operation: Operation) -> list[dict[str, Any]]:
    return [{"name": name, "in": "query", **QUERY[name]} for name in operation.query]


def _in_header(operation: Operation) -> list[dict[str, Any]]:
    read = (
        ("Idempotency-Key", operation.writes),
        ("Accept-Language", operation.speaks),
        ("If-Match", operation.versioned),
    )
    return [{"name": name, "in": "header", **HEADERS[name]} for name, does in read if does]
