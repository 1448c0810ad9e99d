"""Events are CloudEvents 1.0, read by another library and read from it; Segment's messages become
ours."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent

from advisor import Event, InputError, schemas
from advisor.contracts import EVENT_TYPES, Contract

DATA: dict[str, dict[str, Any]] = {
    "advisor.advice.answered.v1": {"accepted": True, "product_id": "F1"},
    "advisor.client.identified.v1": {"traits": {"city": "Bern", "age": 40, "vip": True}},
    "advisor.complaint.closed.v1": {"complaint_id": "k"},
    "advisor.complaint.opened.v1": {"complaint_id": "k", "about": "fees"},
    "advisor.feedback.given.v1": {"kind": "nps", "score": 9.0},
    "advisor.life.changed.v1": {"kind": "retirement"},
    "advisor.order.completed.v1": {
        "order_id": "o",
        "products": [{"product_id": "F1", "quantity": 2.0}],
    },
    "advisor.payment.made.v1": {"amount": 10.5},
    "advisor.product.clicked.v1": {"product_id": "F1"},
    "advisor.product.viewed.v1": {"product_id": "F1", "price": 19.0},
}
PARTS = {"id": "1", "source": "web", "time": "2026-11-02T08:00:00.123456+01:00", "subject": "c1"}


def event(kind: str) -> Event:
    fields = DATA.get(kind, {})
    lacking = {
        n: "x"
        for n, f in EVENT_TYPES[kind].model_fields.items()
        if f.is_required() and n not in fields
    }
    return Event(**PARTS, type=kind, data={**fields, **lacking})


@pytest.mark.parametrize("kind", sorted(EVENT_TYPES))
def test_ours_is_a_cloud_event_and_theirs_is_ours(kind: str) -> None:
    ours = event(kind)
    theirs = JSONFormat().read(CloudEvent, ours.model_dump_json())
    assert theirs.get_id() == "1"
    assert theirs.get_source() == "web"
    assert theirs.get_type() == kind
    assert theirs.get_subject() == "c1"
    assert theirs.get_time() == datetime(2026, 11, 2, 7, 0, 0, 123456, tzinfo=UTC)
    assert theirs.get_data() == ours.data
    back = JSONFormat().write(theirs)
    assert Event.model_validate_json(back) == ours
    extended = CloudEvent(
        {**theirs.get_attributes(), "traceparent": "00-abc", "sequence": "7"}, ours.data
    )
    assert Event.model_validate_json(JSONFormat().write(extended)) == ours


def test_a_moment_is_the_same_in_any_zone() -> None:
    east = datetime(2026, 11, 2, 9, tzinfo=timezone(timedelta(hours=8)))
    fields = {**PARTS, "type": "advisor.life.changed.v1", "data": {"kind": "birth"}}
    assert (
        Event(**{**fields, "time": east}).time
        == Event(**{**fields, "time": "2026-11-02T01:00:00Z"}).time
    )


@pytest.mark.parametrize(
    "wrong",
    [
        {"type": "advisor.product.viewed.v2"}, {"type": ""}, {"type": None}, {"id": ""},
        {"source": None}, {"subject": ""},
        {"time": "2026-11-02T08:00:00"}, {"time": "yesterday"}, {"time": 5},
        {"time": "2026-11-02"}, {"specversion": "0.3"},
        {"data": {}}, {"data": {"product_id": "F", "moon": 1}}, {"data": []},
        {"data": {"product_id": "F", "price": -1}},
        {"data_base64": "AAAA"}, {"Extension": 1}, {"datacontenttype": "text/xml"},
    ],
)  # fmt: skip
def test_what_is_no_event_is_refused(wrong: dict[str, Any]) -> None:
    fields = {**PARTS, "type": "advisor.product.viewed.v1", "data": {"product_id": "F"}}
    Event(**fields)
    with pytest.raises(InputError):
        Event(**{**fields, **wrong})


TRACK = {
    "type": "track", "messageId": "ajs-1", "userId": "c1", "timestamp": "2026-11-02T08:00:00.123Z",
    "anonymousId": "x", "channel": "browser",
    "context": {"ip": "1.2.3.4"}, "version": 1,
}  # fmt: skip


def test_messages_of_the_segment_specification() -> None:
    """The examples of the specification of e-commerce events, version 2, with their own property
    names."""
    seen = {
        "product_id": "507f1f77bcf86cd799439011", "sku": "G-32", "category": "Games",
        "name": "Monopoly: 3rd Edition", "brand": "Hasbro",
        "variant": "200 pieces", "price": 18.99, "quantity": 1, "coupon": "MAYDEALS",
        "currency": "usd", "position": 3, "value": 18.99,
        "url": "https://www.example.com/product/path", "image_url": "https://www.example.com/product/path.jpg",
    }  # fmt: skip
    viewed = Event.from_segment({**TRACK, "event": "Product Viewed", "properties": seen})
    assert (viewed.id, viewed.subject, viewed.source, viewed.type) == (
        "ajs-1",
        "c1",
        "segment",
        "advisor.product.viewed.v1",
    )
    assert viewed.data["product_id"] == seen["product_id"]
    assert viewed.data["price"] == 18.99
    assert (
        Event.from_segment({**TRACK, "event": "Product Clicked", "properties": seen}).type
        == "advisor.product.clicked.v1"
    )
    order = {
        "checkout_id": "fksdjfsdjfisjf9sdfjsd9f", "order_id": "50314b8e9bcf000000000000",
        "affiliation": "Google Store", "total": 27.5,
        "subtotal": 22.5, "revenue": 25.0, "shipping": 3, "tax": 2, "discount": 2.5,
        "coupon": "hasbros", "currency": "USD",
        "products": [{**seen, "price": 19}, {"product_id": "505bd76785ebb509fc183733",
        "sku": "46493-32", "price": 3, "quantity": 2}],
    }  # fmt: skip
    bought = Event.from_segment({**TRACK, "event": "Order Completed", "properties": order})
    assert [line["product_id"] for line in bought.data["products"]] == [
        "507f1f77bcf86cd799439011",
        "505bd76785ebb509fc183733",
    ]
    assert bought.data["total"] == 27.5
    who = {
        "type": "identify",
        "messageId": "m",
        "userId": "c1",
        "timestamp": TRACK["timestamp"],
        "traits": {"age": 40, "address": {"x": 1}},
    }
    assert Event.from_segment(who).data == {"traits": {"age": 40}}


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"event": "Song Played"}, "Song Played"), ({"event": None}, "no type"), ({"event": 5},
        "no type"), ({"type": "page"}, "page"),
        ({"userId": None}, "userId"), ({"userId": ""}, "userId"), ({"timestamp": None}, "time"),
        ({"properties": {}}, "product_id"),
        ({"properties": None}, "product_id"), ({"properties": 5}, "product_id"),
        ({"messageId": None}, "id"),
    ],
)  # fmt: skip
def test_other_messages_are_refused_by_name(wrong: dict[str, Any], told: str) -> None:
    good = {**TRACK, "event": "Product Viewed", "properties": {"product_id": "F"}}
    Event.from_segment(good)
    with pytest.raises(InputError, match=told):
        Event.from_segment({**good, **wrong})


SCHEMAS = Path(__file__).resolve().parents[3] / "docs" / "schemas"


def test_the_published_schemas_are_those_of_the_contracts() -> None:
    """Write them with: python docs/build.py."""
    published = {p.stem: json.loads(p.read_text(encoding="utf-8")) for p in SCHEMAS.glob("*.json")}
    assert published == json.loads(json.dumps(schemas(), allow_nan=False))


@pytest.mark.parametrize("name", sorted(schemas()))
def test_a_schema_is_of_2020_12_and_has_its_name(name: str) -> None:
    schema = schemas()[name]
    jsonschema.Draft202012Validator.check_schema(schema)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema["$id"].endswith(f"/{name}.json")
    assert "Infinity" not in json.dumps(schema)


@pytest.mark.parametrize("kind", sorted(EVENT_TYPES))
def test_an_event_is_valid_under_its_schema(kind: str) -> None:
    written = json.loads(event(kind).model_dump_json())
    checker = jsonschema.Draft202012Validator.FORMAT_CHECKER
    jsonschema.Draft202012Validator(schemas()["Event"], format_checker=checker).validate(written)
    jsonschema.Draft202012Validator(schemas()[EVENT_TYPES[kind].__name__]).validate(written["data"])
    jsonschema.Draft202012Validator(schemas()["Event"]).validate({**written, "traceparent": "00"})
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft202012Validator(schemas()["Event"]).validate(
            {**written, "data_base64": "AA"}
        )


def id_sets(schema: Any, path: str = "") -> list[str]:
    """Where a schema says that items are unique."""
    if isinstance(schema, list):
        return [found for i, part in enumerate(schema) for found in id_sets(part, f"{path}.{i}")]
    if not isinstance(schema, dict):
        return []
    here = [path] if schema.get("uniqueItems") else []
    return here + [
        found for key, part in schema.items() for found in id_sets(part, f"{path}.{key}")
    ]


def contracts(kind: type[Contract] = Contract) -> list[type[Contract]]:
    return [found for sub in kind.__subclasses__() for found in (sub, *contracts(sub))]


def test_what_says_unique_refuses_doubles() -> None:
    from advisor import Client

    said = {
        kind.__name__: found for kind in contracts() if (found := id_sets(kind.model_json_schema()))
    }
    assert "Client" in said
    for name in ("excluded", "insists", "written_warning", "locked"):
        with pytest.raises(InputError, match="twice"):
            Client(id="c", wealth=1.0, horizon_years=1.0, **{name: ["a", "b", "a"]})
        for once in (["a", "b"], {"a", "b"}, "a|b", ("b", "a")):
            Client(id="c", wealth=1.0, horizon_years=1.0, **{name: once})
