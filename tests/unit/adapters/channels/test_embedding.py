"""The desktop recipe of docs/embedding.md against the schemas that FINOS publishes."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator, ValidationError
from referencing import Registry, Resource

from advisor import Advisor, sample

ROOT = Path(__file__).resolve().parents[3]
SCHEMAS = [
    json.loads(path.read_text(encoding="utf-8"))
    for path in sorted((ROOT / "data" / "fdc3").glob("*.json"))
]


def validator() -> Draft7Validator:
    registry = Registry().with_resources(
        [(schema["$id"], Resource.from_contents(schema)) for schema in SCHEMAS]
    )
    [portfolio] = [schema for schema in SCHEMAS if schema["title"] == "Portfolio"]
    return Draft7Validator(portfolio, registry=registry)


def recipe() -> Any:
    text = (ROOT.parent / "docs" / "embedding.md").read_text(encoding="utf-8")
    found = re.search(r"^def portfolio.*?(?=^context)", text, re.DOTALL | re.MULTILINE)
    assert found is not None
    namespace: dict[str, Any] = {}
    exec(found[0], namespace)
    return namespace["portfolio"]


def test_an_advice_is_a_portfolio_of_the_desktop() -> None:
    advisor = Advisor.fit(sample.market(), sample.interactions(), catalogue=sample.catalogue())
    advice = advisor.advise(sample.client(), as_of="2026-03-02")
    context = json.loads(
        json.dumps(
            recipe()(
                advice, {product.id: product.name for product in advisor.state.catalogue.products}
            )
        )
    )
    validator().validate(context)
    assert {p["instrument"]["id"]["productId"]: p["holding"] for p in context["positions"]} == {
        order.product_id: order.money for order in advice.orders if order.money > 0
    }
    context["positions"][0].pop("holding")
    with pytest.raises(ValidationError):
        validator().validate(context)
