"""Events of other systems: CloudEvents 1.0, one or a batch, or Segment messages."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from advisor import Contract, Event
from advisor.adapters.channels.http.calls import Call
from advisor.adapters.channels.http.reading import json_of
from advisor.errors import InputError

ONE, BATCH, SEGMENT = (
    "application/cloudevents+json",
    "application/cloudevents-batch+json",
    "application/json",
)
MOST = 1_000
"""Events in one request."""


class EventsTaken(Contract):
    """How many events came, and how many of them were new."""

    events: int
    new: int


def take_events(call: Call) -> EventsTaken:
    """Take in events. All of them are stored, or, where one cannot be read, none; one that is there
    already is no change.
    """
    kind = call.expects(ONE, BATCH, SEGMENT)
    sent = json_of(call.body)
    several = isinstance(sent, list) and kind != ONE
    rows: list[Any] = sent if several else [sent]
    if len(rows) > MOST:
        raise InputError(
            f"There are {len(rows):,} events; send at most {MOST:,} at once.",
            field="events",
            value=len(rows),
        )
    read: Callable[[Any], Event] = Event.from_segment if kind == SEGMENT else Event.model_validate
    events = [_event(read, row, str(i) if several else "") for i, row in enumerate(rows)]
    written = call.tenant.store.put_events(events)
    if written.problems:
        raise InputError(str(written.problems[0]), field="time")
    for event in events:
        call.served.metrics.event(event.type)
    return EventsTaken(events=len(events), new=written.changed)


def _event(read: Callable[[Any], Event], row: Any, index: str) -> Event:
    try:
        return read(row)
    except InputError as error:
        field = ".".join(name for name in (index, error.field) if name)
        raise InputError(str(error), field=field or None) from None
