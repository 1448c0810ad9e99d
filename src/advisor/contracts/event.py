"""What happened to a client, under the attribute names of CloudEvents 1.0.

`EVENT_TYPES` is closed: a type that stands in it has data of one contract, any other is refused by
name. A new kind of event is a line there.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, ClassVar, Literal, Self, cast

from pydantic import BeforeValidator, Field, model_validator

from advisor.contracts.base import Contract
from advisor.contracts.fields import Flag, Id, Row, Word, as_items, as_number
from advisor.errors import InputError
from advisor.privacy import personal
from advisor.validation import checked

_EXTENSION = re.compile(r"[a-z0-9]{1,20}")
"""Names that the standard leaves to others."""
Scalar = str | int | float | bool | None


def _moment(cell: Any) -> Any:
    """A moment with a time zone, in UTC."""
    moment = cell
    if isinstance(cell, str):
        try:
            moment = datetime.fromisoformat(cell.strip().replace("z", "Z"))
        except ValueError:
            moment = None
    if not isinstance(moment, datetime) or moment.utcoffset() is None:
        raise ValueError("it must be a moment with its time zone, such as 2026-02-01T09:30:00Z")
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise ValueError("it must be a moment of the years 1 to 9999 in UTC") from None


Moment = Annotated[datetime, BeforeValidator(_moment)]
"""A moment in UTC; one without a time zone is refused."""
_Money = Annotated[float, Field(ge=0.0), as_number]
_Score = Annotated[float, Field(ge=0.0, le=10.0), as_number]


class EventData(Row):
    """What an event tells of a client."""

    personal_data: ClassVar[bool] = True


class ProductSeen(EventData):
    """A product that was shown to the client, or that they opened."""

    product_id: Id
    name: Word | None = None
    category: Word | None = None
    price: _Money | None = None
    currency: Word | None = None
    position: Annotated[int, Field(ge=0), as_number] | None = None


class OrderLine(EventData):
    """One product of an order."""

    product_id: Id
    quantity: _Money = 1.0
    price: _Money | None = None


class OrderCompleted(EventData):
    """An order that was paid: what the client bought."""

    order_id: Id
    products: Annotated[tuple[OrderLine, ...], as_items] = ()
    total: _Money | None = None
    currency: Word | None = None


class ClientIdentified(EventData):
    """What another system knows of the client: plain values by name."""

    traits: dict[str, Scalar] = {}


class LifeEvent(EventData):
    """Something in the client's life that changes what they need: retirement, a birth, a move."""

    kind: Id
    on: Word | None = None


class AdviceShown(EventData):
    """An advice that the client was shown."""

    run: Word | None = None
    fingerprint: Word | None = None
    channel: Word | None = None


class AdviceAnswered(EventData):
    """What the client did with an advice."""

    accepted: Flag
    product_id: Word | None = None
    run: Word | None = None


class MessageSent(EventData):
    """A message to the client, by an action or by a person."""

    action_id: Word | None = None
    play: Word | None = None
    channel: Word | None = None


class FeedbackGiven(EventData):
    """A score that the client gave, 0..10, and what it was asked about."""

    kind: Literal["nps", "ces", "csat"]
    score: _Score
    about: Word | None = None


class ComplaintChanged(EventData):
    """A complaint that was opened or closed."""

    complaint_id: Id
    about: Word | None = None


class PaymentMade(EventData):
    """Money that left or reached an account of the client."""

    amount: _Money
    currency: Word | None = None
    direction: Literal["in", "out"] = "out"
    channel: Word | None = None
    country: Word | None = None


class SessionMoved(EventData):
    """A questionnaire that was opened, answered further or finished, and in which channel.

    `session` is a name that opens nothing; `asked_again` counts questions that this channel asked
    although another one had their answer.
    """

    session: Id
    channel: Id
    answered: Annotated[int, Field(ge=0), as_number] = 0
    questions: Annotated[int, Field(ge=0), as_number] = 0
    asked_again: Annotated[int, Field(ge=0), as_number] = 0


EVENT_TYPES: dict[str, type[Row]] = {
    "advisor.advice.answered.v1": AdviceAnswered,
    "advisor.advice.shown.v1": AdviceShown,
    "advisor.client.identified.v1": ClientIdentified,
    "advisor.complaint.closed.v1": ComplaintChanged,
    "advisor.complaint.opened.v1": ComplaintChanged,
    "advisor.feedback.given.v1": FeedbackGiven,
    "advisor.life.changed.v1": LifeEvent,
    "advisor.message.sent.v1": MessageSent,
    "advisor.order.completed.v1": OrderCompleted,
    "advisor.payment.made.v1": PaymentMade,
    "advisor.product.clicked.v1": ProductSeen,
    "advisor.product.viewed.v1": ProductSeen,
    "advisor.session.answered.v1": SessionMoved,
    "advisor.session.finished.v1": SessionMoved,
    "advisor.session.opened.v1": SessionMoved,
}
"""Type of an event -> contract of its data."""

SEGMENT_EVENTS = {
    "Product Viewed": "advisor.product.viewed.v1",
    "Product Clicked": "advisor.product.clicked.v1",
    "Order Completed": "advisor.order.completed.v1",
}
"""Names of the Segment specification of e-commerce -> type."""


def _extensible(schema: dict[str, Any]) -> None:
    """Say in the JSON schema which types there are, and that others may add attributes."""
    schema["properties"]["type"] = {"enum": sorted(EVENT_TYPES), "type": "string"}
    schema["patternProperties"] = {f"^{_EXTENSION.pattern}$": {}}


class Event(Contract):
    """One event. JSON of it is a CloudEvent 1.0, and a CloudEvent of a known type is one.

    `id` is unique within `source`; the same pair again is the same event. `subject` is the client's
    id. `data` is what the contract of `type` reads (`EVENT_TYPES`). Extension attributes, which the
    standard leaves to others, are read over.
    """

    model_config = {"json_schema_extra": _extensible}
    personal_data: ClassVar[bool] = True

    id: Id
    source: Id
    type: str
    time: Moment
    subject: Id
    data: dict[str, Any] = {}
    specversion: Literal["1.0"] = "1.0"
    datacontenttype: Literal["application/json"] = "application/json"

    @model_validator(mode="before")
    @classmethod
    def _without_extensions(cls, fields: Any) -> Any:
        if not isinstance(fields, Mapping):
            return fields
        attributes = cast("Mapping[str, Any]", fields)
        extra = {
            n for n in attributes if n not in cls.model_fields and _EXTENSION.fullmatch(str(n))
        }
        return {name: value for name, value in attributes.items() if name not in extra}

    @model_validator(mode="after")
    def _data_of_its_type(self) -> Self:
        contract = EVENT_TYPES.get(self.type)
        if contract is None:
            raise InputError(
                f"There is no event type {self.type!r}, so nobody knows what its data mean. Take"
                f" one of {', '.join(sorted(EVENT_TYPES))}.",
                field="type",
                value=self.type,
            )
        try:
            data = contract.model_validate(self.data).model_dump(mode="json", exclude_none=True)
        except InputError as error:
            raise InputError(str(error), field=f"data.{error.field}", value=error.value) from None
        object.__setattr__(self, "data", data)
        return self

    @classmethod
    @checked
    def from_segment(cls, message: Mapping[str, Any]) -> Event:
        """The event that a `track` or `identify` message of the Segment specification tells.

        Args:
            message: With `messageId`, `userId`, `timestamp` and, for `track`, `event` and
                `properties`; for `identify`, `traits`. Properties that no contract has are left
                behind, as are traits that are no plain values.

        Raises:
            InputError: It is of another kind, its event has no type here, or a part is missing.
        """
        kind = message.get("type", "track" if "event" in message else None)
        if kind == "identify":
            event, read = "advisor.client.identified.v1", _traits(message.get("traits"))
        elif kind == "track":
            name = message.get("event")
            event = SEGMENT_EVENTS.get(name, "") if isinstance(name, str) else ""
            if not event:
                raise InputError(
                    f"The Segment event {name!r} has no type here, so it would be read by nobody. "
                    f"Known are {', '.join(SEGMENT_EVENTS)}; leave others out.",
                    field="event",
                    value=name,
                )
            read = _properties(EVENT_TYPES[event], message.get("properties"))
        else:
            raise InputError(
                f"A Segment message of type {kind!r} is no event of a client. Pass messages of the"
                " types track and identify.",
                field="type",
                value=kind,
            )
        if not message.get("userId"):
            raise InputError(
                f"The Segment message {personal(message.get('messageId'))} has no userId, so it "
                "belongs to no client. Leave anonymous messages out, or identify them first.",
                field="userId",
                value=None,
            )
        names = {"id": "messageId", "subject": "userId", "time": "timestamp"}
        stated = {ours: message[theirs] for ours, theirs in names.items() if theirs in message}
        return cls(source="segment", type=event, data=read, **stated)


def _properties(contract: type[Row], raw: Any) -> dict[str, Any]:
    """What a data contract has a field for, in lists as well."""
    if not isinstance(raw, Mapping):
        return {}
    properties = cast("Mapping[str, Any]", raw)
    read = {name: properties[name] for name in contract.model_fields if name in properties}
    if contract is OrderCompleted and isinstance(read.get("products"), list | tuple):
        read["products"] = [_properties(OrderLine, line) for line in read["products"]]
    return read


def _traits(raw: Any) -> dict[str, Any]:
    traits = cast("Mapping[str, Any]", raw) if isinstance(raw, Mapping) else {}
    plain = {n: v for n, v in traits.items() if v is None or isinstance(v, str | int | float)}
    return {"traits": plain}
