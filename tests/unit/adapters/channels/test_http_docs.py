"""The pages of the HTTP service hold what the service has: its examples, its problems, its
events."""

from __future__ import annotations

import importlib.util
import json
import re
from pathlib import Path

from advisor.adapters.channels.http.application import OPERATIONS
from advisor.adapters.channels.http.openapi import examples
from advisor.adapters.channels.http.operations import Operation
from advisor.adapters.channels.http.problems import DOCS as PROBLEMS
from advisor.adapters.channels.http.problems import KINDS

DOCS = Path(__file__).resolve().parents[4] / "docs"


def curl(operation: Operation) -> str:
    """A line of shell that sends the example of an operation."""
    sample_call, path = examples().get(operation.name, {}), operation.path
    for name in re.findall(r"\{(\w+)\}", path):
        path = path.replace(
            f"{{{name}}}", sample_call.get("path", {}).get(name, f"${name.upper()}")
        )
    query = "&".join(f"{name}={value}" for name, value in sample_call.get("query", {}).items())
    body = sample_call.get("body")
    headers = {
        **({"Content-Type": operation.media[0]} if body is not None else {}),
        **sample_call.get("headers", {}),
    }
    words = ["curl"] if operation.method in ("GET", "POST") else ["curl", "-X", operation.method]
    words += ['-H "X-API-Key: $KEY"', *(f"-H '{name}: {value}'" for name, value in headers.items())]
    if isinstance(body, str):
        words.append("--data-binary $'" + body.replace("\n", "\\n") + "'")
    elif body is not None:
        words.append(f"-d '{json.dumps(body)}'")
    return " ".join([*words, f'"$URL{path}{"?" if query else ""}{query}"'])


def test_the_page_shows_the_example_of_every_operation() -> None:
    page = (DOCS / "channels-http.md").read_text(encoding="utf-8")
    assert [line for line in map(curl, OPERATIONS) if line not in page] == []


def test_every_problem_has_a_section_and_no_section_is_of_none() -> None:
    page = (DOCS / "problems.md").read_text(encoding="utf-8")
    sections = dict(re.findall(r"^## (\S+)\n\n(\d+)\.", page, re.MULTILINE))
    assert {kind: int(status) for kind, status in sections.items()} == {
        kind: status for kind, (status, _) in KINDS.items()
    }
    assert PROBLEMS.endswith("/problems#")


def test_the_events_that_go_out_are_those_of_the_code() -> None:
    """Write it with: python docs/asyncapi.py."""
    spec = importlib.util.spec_from_file_location("asyncapi", DOCS / "asyncapi.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert (DOCS / "asyncapi.json").read_text(encoding="utf-8") == module.text()
    source = "".join(
        path.read_text(encoding="utf-8")
        for path in (DOCS.parent / "src/advisor/adapters/channels").rglob("*.py")
    )
    steps = {f"advisor.session.{step}.v1" for step in re.findall(r'moved\("(\w+)"', source)}
    assert set(module.WRITTEN) == {"advisor.advice.shown.v1", *steps}
