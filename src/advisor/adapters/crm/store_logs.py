"""The part of the store that keeps what clients did."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import pandas as pd

from advisor import Catalogue, Client, Event, Interactions, Trades
from advisor.adapters.crm import event_rows, log_reader, log_rows, tables
from advisor.adapters.crm.store_base import StoreBase
from advisor.adapters.crm.values import Written
from advisor.adapters.records.arrow_tables import fetch
from advisor.adapters.records.libraries import sa
from advisor.adapters.records.moments import day_or_none, moment_of, now_or
from advisor.annotations import Day, Items, Text, Texts
from advisor.risk_profile import AssessmentHistory
from advisor.validation import checked


class LogStore(StoreBase):
    """Trades, purchases, products, events, feedback, assessments."""

    @checked
    def put_trades(self, trades: Any, *, at: datetime | None = None, **columns: Any) -> Written:
        """Write trades: a `Trades`, or a table as `Trades.from_frame` reads it."""
        with self.writing() as connection:
            read = log_rows.trades_of(trades, columns, now_or(at))
            return log_rows.put_columns(connection, tables.trades, *read)

    @checked
    def put_purchases(
        self, purchases: Any, *, at: datetime | None = None, **columns: Any
    ) -> Written:
        """Write purchases: `Interactions`, or a table as `Interactions.from_frame` reads it; else
        as trades.
        """
        with self.writing() as connection:
            read = log_rows.purchases_of(purchases, columns, now_or(at))
            return log_rows.put_columns(connection, tables.purchases, *read)

    @checked
    def put_products(self, products: Catalogue | Items) -> Written:
        """Write products, a changed one over what stood there."""
        with self.writing() as connection:
            return event_rows.put_products(connection, products)

    @checked
    def put_events(self, events: Items, *, at: datetime | None = None) -> Written:
        """Write events: an id of a source that is there already is no change."""
        with self.writing() as connection:
            return event_rows.put_events(connection, events, now_or(at))

    @checked
    def put_feedback(self, feedback: Items, *, at: datetime | None = None) -> Written:
        """Write feedback: rows of id, client_id, kind (nps, ces, csat, complaint), score, about,
        channel, opened, closed.
        """
        with self.writing() as connection:
            return event_rows.put_feedback(connection, feedback, now_or(at))

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
        begin = None if since is None else moment_of(since, "since")
        end = None if until is None else moment_of(until, "until")
        with self.reading() as connection:
            return log_reader.events(connection, client_id, types, (begin, end))

    @checked
    def interactions(self, *, until: Day | None = None) -> Interactions:
        """Purchases up to and including a day."""
        with self.reading() as connection:
            return log_reader.interactions(connection, day_or_none(until))

    @checked
    def trades(self, *, until: Day | None = None) -> Trades:
        """Trades up to and including a day (UTC)."""
        with self.reading() as connection:
            return log_reader.trades(connection, day_or_none(until))

    def catalogue(self) -> Catalogue:
        """The products, in order of id. Raises `InputError` where there is none."""
        with self.reading() as connection:
            return log_reader.catalogue(connection)

    @checked
    def history(self, *, ids: Texts | None = None) -> AssessmentHistory:
        """Every assessment that has a level; of some clients where `ids` names them."""
        a = tables.assessments.c
        query = sa.select(a.client_id, a.day, a.level, a.confirmed).where(a.level.is_not(None))
        query = query if ids is None else query.where(a.client_id.in_(ids))
        with self.reading() as connection:
            frame: Any = fetch(connection, query.order_by(a.client_id, a.day, a.since)).to_pandas()
        return AssessmentHistory.from_frame(pd.DataFrame(frame))

    @checked
    def put_assessment(
        self,
        client: Client,
        *,
        at: datetime,
        level: int,
        questionnaire: Text,
        confirmed: bool = False,
    ) -> None:
        """Write what an assessment came to, over what stands there of that moment."""
        moment, a = moment_of(at), tables.assessments
        row = {
            "client_id": client.id,
            "since": moment,
            "day": client.assessed_on or moment.date(),
            "questionnaire": questionnaire,
            "answers": json.dumps(client.answers, ensure_ascii=False),
            "level": level,
            "confirmed": confirmed,
        }
        with self.writing() as connection:
            mine = (a.c.client_id == client.id, a.c.since == moment)
            connection.execute(sa.delete(a).where(*mine))
            connection.execute(sa.insert(a).values(**row))
