"""Profiles, advice, reports, frontiers, omissions and verifications; and events of other systems:
CloudEvents 1.0, one or a batch, or Segment messages.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from starlette.responses import Response

from advisor import (
    Advice,
    AdviceReport,
    Client,
    Contract,
    Event,
    FrontierReport,
    ProfileReport,
    Reason,
    Verification,
)
from advisor.adapters.channels.http.bodies import json_of
from advisor.adapters.channels.http.calls import Call
from advisor.errors import InputError

ONE, BATCH, SEGMENT = (
    "application/cloudevents+json",
    "application/cloudevents-batch+json",
    "application/json",
)
MOST = 1_000
"""Events in one request."""


class AdviceOfClient(Contract):
    """An advice, and the client's data as they were."""

    client: Client
    advice: Advice


class Omissions(Contract):
    """Why well-known products are missing from an advice, most bought first."""

    omissions: tuple[Reason, ...]


class EventsTaken(Contract):
    """How many events came, and how many of them were new."""

    events: int
    new: int


def create_profile(call: Call, client: Client) -> ProfileReport:
    """The profile of a client: scores, level with how sure it is, and what held it down."""
    as_of = call.asked["as_of"]
    return call.tenant.advisor.profile(client, as_of=as_of, language=call.language)


async def create_advice(call: Call, client: Client) -> Response:
    """Advice for a client, stored and recorded before it is given."""
    call.client_id = client.id
    return call.json((await call.served.batcher.serve(client, **call.asked))[1])


def create_report(call: Call, client: Client) -> AdviceReport:
    """Advice with all that explains it, stored and recorded before it is given."""
    call.client_id = client.id
    return call.served.report(client, **call.asked, language=call.language)


def create_frontier(call: Call, client: Client) -> FrontierReport:
    """The efficient portfolios of what a client of this level may hold, and their own point."""
    return call.tenant.advisor.frontier(client, as_of=call.asked["as_of"])


def explain_omissions(call: Call, both: AdviceOfClient) -> Omissions:
    """Why well-known products are missing from an advice."""
    return Omissions(omissions=call.tenant.advisor.omissions(both.advice, both.client))


def verify_advice(call: Call, both: AdviceOfClient) -> Verification:
    """What an advice proves when it is made again from scratch."""
    return call.tenant.advisor.verify(both.advice, both.client)


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
