"""The part of the store that keeps what clients did."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from advisor import Catalogue, Client, Event, Interactions, Trades
from advisor.adapters.crm import assessments, event_rows, log_reader, log_rows
from advisor.adapters.crm.store_base import StoreBase, date_of
from advisor.adapters.crm.values import Written
from advisor.adapters.records.arguments import Names, moment_of
from advisor.annotations import Day, Items, Text
from advisor.risk_profile import AssessmentHistory
from advisor.validation import checked


class LogStore(StoreBase):
    """Trades, purchases, products, events, feedback, assessments."""

    @checked
    def put_trades(self, trades: Any, *, at: datetime | None = None, **columns: Any) -> Written:
        """Write trades: a `Trades`, or a table as `Trades.from_frame` reads it.

        A bad row is set aside with its number, as is one of more than a day after `at` (now where
        None).
        """
        with self.writing() as connection:
            return log_rows.put_trades(connection, trades, _now(at), columns)

    @checked
    def put_purchases(
        self, purchases: Any, *, at: datetime | None = None, **columns: Any
    ) -> Written:
        """Write purchases: `Interactions`, or a table as `Interactions.from_frame` reads it; else
        as trades.
        """
        with self.writing() as connection:
            return log_rows.put_purchases(connection, purchases, _now(at), columns)

    @checked
    def put_products(self, products: Catalogue | Items) -> Written:
        """Write products, a changed one over what stood there."""
        with self.writing() as connection:
            return event_rows.put_products(connection, products)

    @checked
    def put_events(self, events: Items, *, at: datetime | None = None) -> Written:
        """Write events: an id of a source that is there already is no change.

        Args:
            events: `Event`s, or mappings of their attributes; a wrong one is set aside.
            at: When they came in, now where None; one of later than a day after is set aside.
        """
        with self.writing() as connection:
            return event_rows.put_events(connection, events, _now(at))

    @checked
    def put_feedback(self, feedback: Items, *, at: datetime | None = None) -> Written:
        """Write feedback: rows of id, client_id, kind (nps, ces, csat, complaint), score, about,
        channel, opened, closed.
        """
        with self.writing() as connection:
            return event_rows.put_feedback(connection, feedback, _now(at))

    @checked
    def events(
        self,
        *,
        client_id: Text | None = None,
        types: Names = (),
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> tuple[Event, ...]:
        """Events from `since` to before `until`, in order of time."""
        with self.reading() as connection:
            return log_reader.events(connection, client_id, types, (since, until))

    @checked
    def interactions(self, *, until: Day | None = None) -> Interactions:
        """Purchases up to and including a day."""
        with self.reading() as connection:
            return log_reader.interactions(connection, date_of(until))

    @checked
    def trades(self, *, until: Day | None = None) -> Trades:
        """Trades up to and including a day (UTC)."""
        with self.reading() as connection:
            return log_reader.trades(connection, date_of(until))

    def catalogue(self) -> Catalogue:
        """The products, in order of id. Raises `InputError` where there is none."""
        with self.reading() as connection:
            return log_reader.catalogue(connection)

    @checked
    def history(self, *, ids: Names | None = None) -> AssessmentHistory:
        """Every assessment that has a level; of some clients where `ids` names them."""
        with self.reading() as connection:
            return assessments.history(connection, ids)

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
        """Write what an assessment came to.

        Args:
            client: With their answers and the day of these.
            at: When this became known, with a time zone.
            level: 0..5.
            questionnaire: Signature of what was asked.
            confirmed: Whether the client confirmed the level.
        """
        moment = moment_of(at)
        with self.writing() as connection:
            assessments.put_assessment(
                connection, client, moment, level, questionnaire, confirmed=confirmed
            )


def _now(at: datetime | None) -> datetime:
    return datetime.now(UTC) if at is None else moment_of(at)
