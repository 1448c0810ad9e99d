"""Events, products and feedback into the store."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from advisor import Catalogue, Event, Product
from advisor.adapters.crm import tables
from advisor.adapters.crm.named_ids import missing_keys
from advisor.adapters.crm.rows import put_rows
from advisor.adapters.crm.values import Written
from advisor.adapters.records.arrow_tables import arrow, fetch, load
from advisor.adapters.records.bulk import one_at_a_time, settle
from advisor.adapters.records.libraries import sa
from advisor.adapters.records.moments import latest
from advisor.errors import AdapterError, InputError

FEEDBACK = ("nps", "ces", "csat", "complaint")
"""Kinds of feedback; a complaint needs no score."""


def put_events(connection: sa.Connection, rows: Iterable[Any], at: datetime) -> Written:
    """Write events that are not there yet, by source and id; a wrong one is set aside."""
    good: dict[tuple[str, str], Event] = {}
    problems: list[AdapterError] = []
    count = 0
    for count, row in enumerate(rows, 1):  # noqa: B007 - how many there were
        try:
            event = row if isinstance(row, Event) else Event.model_validate(row)
            if "\\u0000" in event.model_dump_json():
                raise InputError("a text of it holds the character NUL, which no database keeps.")
            if event.time > latest(at):
                raise InputError(f"time is {event.time.isoformat()}, which is in the future.")
            good.setdefault((event.source, event.id), event)
        except InputError as error:
            problems.append(AdapterError(str(error), record_id=_name_of(row)))
    one_at_a_time(connection, "events")
    events = [good[k] for k in missing_keys(connection, tables.events, ("source", "id"), [*good])]
    names = ("source", "id", "type", "time", "subject")
    columns = {name: [getattr(event, name) for event in events] for name in names}
    columns["data"] = [json.dumps(event.data, ensure_ascii=False) for event in events]
    load(connection, tables.events, arrow(tables.events, columns))
    settle(connection, len(events), tables.events)
    return Written(count, len(events), tuple(problems))


def put_products(connection: sa.Connection, rows: Any) -> Written:
    """Write products, a changed one over what stood there."""
    products: list[Any] = list(rows.products if isinstance(rows, Catalogue) else rows)
    documents: dict[str, str] = {}
    problems: list[AdapterError] = []
    for row in products:
        try:
            product = row if isinstance(row, Product) else Product.model_validate(row)
            Catalogue.from_products([product])
            if product.id in documents:
                raise InputError(
                    "its id is there twice, so it is not known which counts; give each once."
                )
            documents[product.id] = product.model_dump_json(exclude_unset=True)
        except InputError as error:
            problems.append(AdapterError(str(error), record_id=_name_of(row)))
    one_at_a_time(connection, "products")
    t = tables.products
    known = fetch(connection, sa.select(t.c.id, t.c.document))
    before = dict(zip(known["id"].to_pylist(), known["document"].to_pylist(), strict=True))
    changed = {name: text for name, text in documents.items() if before.get(name) != text}
    for name in changed:
        connection.execute(sa.delete(t).where(t.c.id == name))
    load(connection, t, arrow(t, {"id": list(changed), "document": list(changed.values())}))
    return Written(len(products), len(changed), tuple(problems))


def put_feedback(connection: sa.Connection, rows: Iterable[Any], at: datetime) -> Written:
    """Write feedback; what is none, or of the future, is set aside."""
    good: list[Any] = []
    problems: list[AdapterError] = []
    for row in rows:
        why = _no_feedback(row, at) if isinstance(row, Mapping) else None
        if why is None:
            good.append(row)
        else:
            text = f"Feedback: {why}. Correct it."
            problems.append(AdapterError(text, record_id=_name_of(row)))
    written = put_rows(connection, "feedback", good)
    return Written(written.rows + len(problems), written.changed, (*problems, *written.problems))


def _no_feedback(row: Mapping[str, Any], at: datetime) -> str | None:
    kind, score, opened, closed = (row.get(name) for name in ("kind", "score", "opened", "closed"))
    if kind not in FEEDBACK:
        return f"its kind is {kind!r}; it is one of {', '.join(FEEDBACK)}"
    scored = isinstance(score, int | float) and not isinstance(score, bool) and 0 <= score <= 10
    if not scored and (score is not None or kind != "complaint"):
        return "its score is no number of 0 to 10"
    moments = [m for m in (opened, closed) if isinstance(m, datetime) and m.utcoffset() is not None]
    if any(moment > latest(at) for moment in moments):
        return "its moment is in the future"
    return "it was closed before it was opened" if moments != sorted(moments) else None


def _name_of(row: Any) -> str | None:
    """The id that a row, or a contract, gives for itself."""
    name = row.get("id") if isinstance(row, Mapping) else getattr(row, "id", None)
    return None if name is None else str(name)
