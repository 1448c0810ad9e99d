"""The single customer view: one database, one tenant, no query that can cross."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from advisor import Advice, AdviceBatch, Client, ClientTable
from advisor.adapters.crm import advice_rows, client_reader, client_rows, customer
from advisor.adapters.crm.rule_rows import Packs
from advisor.adapters.crm.store_logs import LogStore
from advisor.adapters.crm.values import CustomerView, Forgotten, Written
from advisor.adapters.records.bulk import one_at_a_time, settle
from advisor.adapters.records.moments import day_or_none, moment_of
from advisor.adapters.records.pseudonyms import Pseudonyms
from advisor.annotations import Count, CountOrNone, Day, Text, Texts
from advisor.validation import checked


class Store(LogStore):
    """Clients, what they did, what they were advised; made by `Store.open`.

    Attributes:
        database: Where all of it is.
        packs: By which rules clients are shown; None: those that come with the library.
    """

    packs: Packs | None = None

    @checked
    def put_clients(self, clients: ClientTable | Iterable[Client], *, at: datetime) -> Written:
        """Write clients: new, or another version of those that are there.

        Args:
            clients: Rows with problems are set aside.
            at: When this became known, with a time zone.

        Raises:
            InputError: `at` has no time zone, or the database fails: then nothing is written.
        """
        moment = moment_of(at)
        whole = isinstance(clients, ClientTable)
        table, problems = (clients, []) if whole else client_rows.distinct(clients)
        changed, count = 0, len(table) + len(problems)
        with self.writing() as connection:
            one_at_a_time(connection, "clients")
            for part in table.chunks(client_rows.ROWS):
                new, odd = client_rows.put_part(connection, part, moment)
                changed += new
                problems += odd
            settle(connection, changed, *client_rows.TABLES)
        return Written(count, changed, tuple(problems))

    @checked
    def clients(self, *, as_of: Day | None = None, ids: Texts | None = None) -> ClientTable:
        """Clients as known at the end of a day (UTC), in order of id; today's where None.

        Raises:
            InputError: An id of `ids` is not known.
        """
        with self.reading() as connection:
            return client_reader.clients_of(connection, day_or_none(as_of), ids)

    @checked
    def chunks(self, size: Count, *, as_of: Day | None = None) -> Iterator[ClientTable]:
        """Tables of at most `size` clients in order of id: a bank at bounded memory."""
        return self._chunks(size, client_reader.known_on(day_or_none(as_of)))

    def _chunks(self, size: int, known: Any, last: str | None = None) -> Iterator[ClientTable]:
        while True:
            with self.reading() as connection:
                table = client_reader.read_clients(connection, known, after=last, limit=size)
            if not len(table):
                return
            yield table
            last = table.ids[-1]

    @checked
    def put_advice(
        self,
        advice: Advice | Sequence[Advice] | AdviceBatch | Path,
        *,
        run: Text,
        documents: Sequence[str] | None = None,
    ) -> Written:
        """Write advice under the name of a run; a client of the run who is there is no change.

        Args:
            advice: One or some (kept whole), a batch, or the folder of `advise_stream`.
            run: A name.
            documents: The JSON of each of some advice, where it is made already.

        Raises:
            InputError: It is none of these, or cannot be read.
        """
        with self.writing() as connection:
            return advice_rows.put_advice(connection, advice, run, documents)

    @checked
    def view(self, client_id: Text, *, as_of: Day | None = None) -> CustomerView:
        """All that is known of one client; tier, stage and tags by the rules of `packs`, and by
        hand.

        Raises:
            InputError: Nothing is known of them.
        """
        with self.reading() as connection:
            packs = self.packs or Packs.default()
            return customer.view(self, packs, connection, client_id, day_or_none(as_of))

    @checked
    def forget(self, client_id: Text, *, at: datetime) -> Forgotten:
        """Erase a client: every row about them and their salt; the ledger still verifies."""
        moment_of(at)
        with self.writing() as connection:
            return customer.forget(self, connection, client_id)

    @checked
    def end_relationship(self, client_id: Text, *, on: Day) -> None:
        """Note the day on which the relationship with a client ended: retention counts from it."""
        Pseudonyms(self).end(client_id, on)

    @checked
    def due_for_deletion(self, as_of: Day, *, years: CountOrNone = 5) -> tuple[str, ...]:
        """Clients whose relationship ended `years` full calendar years ago or more: forget them."""
        return Pseudonyms(self).due_for_deletion(as_of, years)
