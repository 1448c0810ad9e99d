"""The part of the store that keeps products, events and feedback."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from advisor import Catalogue, Event, Product
from advisor.adapters.crm.store_base import StoreBase
from advisor.adapters.crm.values import Written, read_each
from advisor.adapters.records import tables
from advisor.adapters.records.arrow_tables import arrow, fetch, load, missing_keys
from advisor.adapters.records.bulk import one_at_a_time, settle
from advisor.adapters.records.libraries import sa
from advisor.adapters.records.moments import latest, moment_of, now_or
from advisor.annotations import Items, Text, Texts
from advisor.errors import InputError
from advisor.validation import checked

FEEDBACK = ("nps", "ces", "csat", "complaint")
"""Kinds of feedback; a complaint needs no score."""


class EventStore(StoreBase):
    """Products, events, feedback."""

    @checked
    def put_products(self, products: Catalogue | Items) -> Written:
        """Write products, a changed one over what stood there."""
        documents: dict[str, str] = {}

        def read(row: Any) -> None:
            product = row if isinstance(row, Product) else Product.model_validate(row)
            Catalogue.from_products([product])
            if product.id in documents:
                why = "its id is there twice, so it is not known which counts; give each once."
                raise InputError(why)
            documents[product.id] = product.model_dump_json(exclude_unset=True)

        rows = products.products if isinstance(products, Catalogue) else products
        count, problems = read_each(rows, read)
        t = tables.products
        with self.writing() as connection:
            one_at_a_time(connection, "products")
            known = fetch(connection, sa.select(t.c.id, t.c.document))
            before = dict(zip(known["id"].to_pylist(), known["document"].to_pylist(), strict=True))
            changed = {name: text for name, text in documents.items() if before.get(name) != text}
            for name in changed:
                connection.execute(sa.delete(t).where(t.c.id == name))
            load(connection, t, arrow(t, {"id": [*changed], "document": [*changed.values()]}))
        return Written(count, len(changed), tuple(problems))

    def catalogue(self) -> Catalogue:
        """The products, in order of id. Raises `InputError` where there is none."""
        t = tables.products.c
        with self.reading() as connection:
            texts = fetch(connection, sa.select(t.document).order_by(t.id))["document"].to_pylist()
        if texts:
            return Catalogue.from_products([Product.model_validate_json(text) for text in texts])
        why = "The store holds no products, so there is no catalogue. Write them with put_products."
        raise InputError(why, field="catalogue")

    @checked
    def put_events(self, events: Items, *, at: datetime | None = None) -> Written:
        """Write events: an id of a source that is there already is no change."""
        good, end = dict[tuple[str, str], Event](), latest(now_or(at))

        def read(row: Any) -> None:
            event = row if isinstance(row, Event) else Event.model_validate(row)
            if "\\u0000" in event.model_dump_json():
                raise InputError("a text of it holds the character NUL, which no database keeps.")
            if event.time > end:
                raise InputError(f"time is {event.time.isoformat()}, which is in the future.")
            good.setdefault((event.source, event.id), event)

        count, problems = read_each(events, read)
        with self.writing() as connection:
            one_at_a_time(connection, "events")
            new = missing_keys(connection, tables.events, ("source", "id"), [*good])
            names = ("source", "id", "type", "time", "subject")
            columns = {name: [getattr(good[key], name) for key in new] for name in names}
            columns["data"] = [json.dumps(good[key].data, ensure_ascii=False) for key in new]
            load(connection, tables.events, arrow(tables.events, columns))
            settle(connection, len(new), tables.events)
        return Written(count, len(new), tuple(problems))

    @checked
    def events(
        self,
        *,
        client_id: Text | None = None,
        types: Texts = (),
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> tuple[Event, ...]:
        """Events from `since` to before `until`, moments with a time zone, in order of time."""
        e = tables.events.c
        query = sa.select(e.source, e.id, e.type, e.time, e.subject, e.data)
        query = query if client_id is None else query.where(e.subject == client_id)
        query = query.where(e.type.in_(list(types))) if types else query
        query = query if since is None else query.where(e.time >= moment_of(since, "since"))
        query = query if until is None else query.where(e.time < moment_of(until, "until"))
        with self.reading() as connection:
            rows = fetch(connection, query.order_by(e.time, e.source, e.id)).to_pylist()
        return tuple(Event(**{**row, "data": json.loads(row["data"])}) for row in rows)

    @checked
    def put_feedback(self, feedback: Items, *, at: datetime | None = None) -> Written:
        """Write feedback: rows of id, client_id, kind (nps, ces, csat, complaint), score, about,
        channel, opened, closed.
        """
        end = latest(now_or(at))

        def check(row: Mapping[str, Any]) -> None:
            if (why := _no_feedback(row, end)) is not None:
                raise InputError(f"Feedback: {why}. Correct it.")

        return self._put("feedback", feedback, check)


def _no_feedback(row: Mapping[str, Any], end: datetime) -> str | None:
    kind, score, opened, closed = (row.get(name) for name in ("kind", "score", "opened", "closed"))
    if kind not in FEEDBACK:
        return f"its kind is {kind!r}; it is one of {', '.join(FEEDBACK)}"
    scored = isinstance(score, int | float) and not isinstance(score, bool) and 0 <= score <= 10
    if not scored and (score is not None or kind != "complaint"):
        return "its score is no number of 0 to 10"
    moments = [moment for moment in (opened, closed) if moment is not None]
    if any(moment > end for moment in moments):
        return "its moment is in the future"
    return "it was closed before it was opened" if moments != sorted(moments) else None
