"""JSON Schema of every public contract, as other languages read it."""

from __future__ import annotations

from typing import Any

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
"""What crosses a public function as JSON; what is inside of one stands in its `$defs`."""


def schemas() -> dict[str, dict[str, Any]]:
    """JSON Schema (2020-12) of every public contract by its name, each with a stable `$id`.

    >>> schemas()["Client"]["$id"]
    'https://advisor.invalid/schemas/Client.json'
    """
    return {
        kind.__name__: {
            "$schema": SCHEMA_ID,
            "$id": f"{BASE}{kind.__name__}.json",
            **kind.model_json_schema(),
        }
        for kind in PUBLIC
    }
