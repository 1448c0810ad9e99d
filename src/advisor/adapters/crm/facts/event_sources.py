"""An `EventTable` out of what hosts have: contracts, a frame, purchases."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, cast

import numpy as np
import pandas as pd

from advisor.adapters.crm.facts.events import LIFE_EVENT, EventTable
from advisor.arrays import check_type
from advisor.cells import date_of
from advisor.contracts import Event


def events_of(events: EventTable | pd.DataFrame | Iterable[Event]) -> EventTable:
    """Events in any of the forms they come in."""
    if isinstance(events, EventTable):
        return events
    if isinstance(events, pd.DataFrame):
        return EventTable.from_frame(events)
    remedy = "Pass events made with Event(...), a frame, or an EventTable."
    check_type(events, Iterable, "events", remedy)
    rows: list[tuple[Any, ...]] = []
    for event in events:
        check_type(event, Event, "events", remedy)
        day = date_of(event.data.get("on")) if event.type == LIFE_EVENT else None
        what = (event.subject, event.type, event.time.replace(tzinfo=None), day)
        lines = cast("list[Mapping[str, Any]]", event.data.get("products") or [event.data])
        rows += [(*what, line.get("product_id"), k == 0) for k, line in enumerate(lines)]
    columns = list(zip(*rows, strict=True)) if rows else [()] * 6
    frame = pd.DataFrame(
        {
            "subject": pd.Series(columns[0], dtype=object),
            "type": pd.Series(columns[1], dtype=object),
            "time": np.array(columns[2], dtype="datetime64[us]"),
            "day": np.array(columns[3], dtype="datetime64[D]").astype("datetime64[s]"),
            "product_id": pd.Series(columns[4], dtype=object),
        }
    )
    counted = np.array(columns[5], dtype=np.bool_)
    return replace(EventTable.from_frame(frame), counts=counted)
