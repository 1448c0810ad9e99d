"""Events of other systems: CloudEvents 1.0, one or a batch, or Segment messages; feedback is an
event.
"""

from __future__ import annotations

from asyncio import to_thread
from collections.abc import Callable
from typing import Any

from advisor import Contract, Event
from advisor.adapters.channels.http.calls import Call
from advisor.adapters.channels.http.operations import Operation
from advisor.adapters.channels.http.reading import json_of
from advisor.adapters.channels.http.web import Response
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


async def take_events(call: Call) -> Response:
    """Take in events. All of them are stored, or, where one cannot be read, none; one that is there
    already is no change.
    """
    kind = call.expects(ONE, BATCH, SEGMENT)
    given = json_of(call.body)
    several = isinstance(given, list) and kind != ONE
    rows: list[Any] = given if several else [given]
    if len(rows) > MOST:
        raise InputError(
            f"There are {len(rows):,} events; send at most {MOST:,} at once.",
            field="events",
            value=len(rows),
        )
    read: Callable[[Any], Event] = Event.from_segment if kind == SEGMENT else Event.model_validate
    events = [_event(read, row, str(i) if several else "") for i, row in enumerate(rows)]
    written = await to_thread(call.tenant.store.put_events, events)
    if written.problems:
        raise InputError(str(written.problems[0]), field="time")
    for event in events:
        call.served.metrics.event(event.type)
    return call.gives(EventsTaken(events=len(events), new=written.changed), status=202)


def _event(read: Callable[[Any], Event], row: Any, place: str) -> Event:
    try:
        return read(row)
    except InputError as error:
        field = ".".join(part for part in (place, error.field) if part)
        raise InputError(str(error), field=field or None) from None


OPERATIONS = (
    Operation(
        "POST", "/v1/events", "takeEvents", "advise", take_events,
        takes=Event, gives=EventsTaken, media=(ONE, BATCH, SEGMENT), status=202, writes=True,
    ),
)  # fmt: skip
