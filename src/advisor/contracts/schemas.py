"""JSON Schema of every public contract, as other languages read it."""

from __future__ import annotations

from typing import Any, cast

from advisor.contracts.advice import Advice, Verification
from advisor.contracts.bands import RiskBands
from advisor.contracts.base import Contract
from advisor.contracts.client import Client
from advisor.contracts.cut_offs import CutOffs
from advisor.contracts.event import EVENT_TYPES, Event
from advisor.contracts.mandate import Mandate
from advisor.contracts.product import Product
from advisor.contracts.questionnaire import Questionnaire
from advisor.contracts.rules import RulePack
from advisor.contracts.signed import SCHEMA_ID

BASE = "https://advisor.invalid/schemas/"
"""Under which the schemas are named; a name that nobody can own, since they come in the package."""
PUBLIC: tuple[type[Contract], ...] = (
    Advice, Client, CutOffs, Event, Mandate, Product, Questionnaire, RiskBands, RulePack,
    Verification, *sorted(set(EVENT_TYPES.values()), key=lambda kind: kind.__name__),
)  # fmt: skip
"""What crosses the public functions as JSON; what is inside of one stands in its `$defs`."""


def schemas() -> dict[str, dict[str, Any]]:
    """JSON Schema (2020-12) of every public contract by its name, each with a stable `$id`.

    >>> schemas()["Client"]["$id"]
    'https://advisor.invalid/schemas/Client.json'
    """
    return {
        kind.__name__: {
            "$schema": SCHEMA_ID,
            "$id": f"{BASE}{kind.__name__}.json",
            **_in_lines(kind.model_json_schema()),
        }
        for kind in PUBLIC
    }


def _in_lines(part: Any) -> Any:
    """The schema with one line a paragraph, wherever the source breaks its lines."""
    if isinstance(part, list):
        return [_in_lines(inner) for inner in cast("list[Any]", part)]
    if not isinstance(part, dict):
        return part
    fields = cast("dict[str, Any]", part)
    lines = {name: _in_lines(inner) for name, inner in fields.items()}
    text = fields.get("description")
    if isinstance(text, str):
        lines["description"] = "\n\n".join(" ".join(p.split()) for p in text.split("\n\n"))
    return lines
