"""The part of the store that keeps what clients did."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

from advisor import Catalogue, Client, Event, Interactions, Product, Trades
from advisor.adapters.crm import assessments, event_rows, log_reader, log_rows
from advisor.adapters.crm.store_base import StoreBase, moment_of
from advisor.adapters.crm.values import Written
from advisor.risk_profile import AssessmentHistory


class LogStore(StoreBase):
    """Trades, purchases, products, events, feedback, assessments."""

    def put_trades(self, trades: Any, **columns: Any) -> Written:
        """Write trades: a `Trades`, or a table as `Trades.from_frame` reads it."""
        with self.writing() as connection:
            return log_rows.put_trades(connection, trades, columns)

    def put_purchases(self, purchases: Any, **columns: Any) -> Written:
        """Write purchases: `Interactions`, or a table as `Interactions.from_frame` reads it."""
        with self.writing() as connection:
            return log_rows.put_purchases(connection, purchases, columns)

    def put_products(self, products: Catalogue | Iterable[Product]) -> Written:
        """Write products, a changed one over what stood there."""
        with self.writing() as connection:
            return event_rows.put_products(connection, products)

    def put_events(self, events: Iterable[Event | Mapping[str, Any]], *, at: datetime | None = None) -> Written:
        """Write events: an id of a source that is there already is no change.

        Args:
            events: `Event`s, or mappings of their attributes; a wrong one is set aside.
            at: When they came in, now where None; one of later than a day after is set aside.
        """
        moment = datetime.now(UTC) if at is None else moment_of(at)
        with self.writing() as connection:
            return event_rows.put_events(connection, events, moment)

    def put_feedback(self, feedback: Iterable[Mapping[str, Any]]) -> Written:
        """Write feedback: rows of id, client_id, kind, score, about, channel, opened, closed."""
        return self.put_rows("feedback", feedback)

    def events(
        self,
        *,
        client_id: str | None = None,
        types: Sequence[str] = (),
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> tuple[Event, ...]:
        """Events from `since` to before `until`, in order of time."""
        with self.reading() as connection:
            return log_reader.events(connection, client_id, types, (since, until))

    def interactions(self, *, until: date | None = None) -> Interactions:
        """Purchases up to and including a day."""
        with self.reading() as connection:
            return log_reader.interactions(connection, until)

    def trades(self, *, until: date | None = None) -> Trades:
        """Trades up to and including a day (UTC)."""
        with self.reading() as connection:
            return log_reader.trades(connection, until)

    def catalogue(self) -> Catalogue:
        """The products, in order of id. Raises `InputError` where there is none."""
        with self.reading() as connection:
            return log_reader.catalogue(connection)

    def history(self, *, ids: Sequence[str] | None = None) -> AssessmentHistory:
        """Every assessment that has a level; of some clients where `ids` names them."""
        with self.reading() as connection:
            return assessments.history(connection, ids)

    def put_assessment(self, client: Client, *, at: datetime, level: int, questionnaire: str, confirmed: bool = False) -> None:
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
            assessments.put_assessment(connection, client, moment, level, questionnaire, confirmed=confirmed)
