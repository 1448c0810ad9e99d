"""Writes docs/asyncapi.json: the events that channels write, as AsyncAPI 3.0."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from advisor import schemas

WRITTEN = {
    "advisor.advice.shown.v1": (
        "AdviceShown",
        "A client was shown an advice, and in which channel.",
    ),
    "advisor.session.answered.v1": (
        "SessionMoved",
        "A questionnaire got answers, and in which channel.",
    ),
    "advisor.session.finished.v1": (
        "SessionMoved",
        "A questionnaire was finished: the client is assessed.",
    ),
    "advisor.session.opened.v1": ("SessionMoved", "A questionnaire was opened for a client."),
}
"""Type of an event that goes out -> contract of its data, and when it is written."""


def document() -> dict[str, Any]:
    """The document; data contracts are those of docs/schemas."""
    messages = {
        kind: _message(kind, contract, summary) for kind, (contract, summary) in WRITTEN.items()
    }
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Events of advisor",
            "version": "1",
            "description": (
                "CloudEvents 1.0, kept in the table `events` of a tenant's store;"
                " `Store.events(since=...)` reads them in order of time."
            ),
        },
        "channels": {
            "events": {
                "address": "events",
                "messages": {k: {"$ref": f"#/components/messages/{k}"} for k in messages},
            }
        },
        "operations": {"writeEvents": {"action": "send", "channel": {"$ref": "#/channels/events"}}},
        "components": {"messages": messages},
    }


def _message(kind: str, contract: str, summary: str) -> dict[str, Any]:
    attributes = {name: {"type": "string"} for name in ("id", "source", "subject")}
    payload = {
        "type": "object",
        "required": ["specversion", "id", "source", "type", "time", "subject", "data"],
        "properties": {
            "specversion": {"const": "1.0"},
            **attributes,
            "type": {"const": kind},
            "time": {"type": "string", "format": "date-time"},
            "datacontenttype": {"const": "application/json"},
            "data": {
                name: value for name, value in schemas()[contract].items() if name != "$schema"
            },
        },
    }
    return {
        "name": kind,
        "summary": summary,
        "contentType": "application/cloudevents+json",
        "payload": payload,
    }


def text() -> str:
    """The file's content."""
    return json.dumps(document(), indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    Path(__file__).with_suffix(".json").write_text(text(), encoding="utf-8")
