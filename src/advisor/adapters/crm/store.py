"""The single customer view: one database, one tenant, no query that can cross."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from pathlib import Path

from advisor import Advice, AdviceBatch, Client, ClientTable
from advisor.adapters.crm import advice_rows, client_reader, client_rows, customer
from advisor.adapters.crm.rule_tags import Packs
from advisor.adapters.crm.store_base import moment_of
from advisor.adapters.crm.store_logs import LogStore
from advisor.adapters.crm.values import CustomerView, Forgotten, Written


class Store(LogStore):
    """Clients, what they did, what they were advised; made by `Store.open`.

    Attributes:
        database: Where all of it is.
        packs: By which rules clients are shown; None: those that come with the library.
    """

    packs: Packs | None = None

    def put_clients(self, clients: ClientTable | Iterable[Client], *, at: datetime) -> Written:
        """Write clients: new, or another version of those that are there.

        Args:
            clients: Rows with problems are set aside.
            at: When this became known, with a time zone.

        Raises:
            InputError: `at` has no time zone, or the database fails: then nothing is written.
        """
        moment = moment_of(at)
        with self.writing() as connection:
            return client_rows.put_clients(connection, clients, moment)

    def clients(self, *, as_of: date | None = None, ids: Sequence[str] | None = None) -> ClientTable:
        """Clients as known at the end of a day (UTC), in order of id; today's where None.

        Raises:
            InputError: An id of `ids` is not known.
        """
        with self.reading() as connection:
            return client_reader.clients_of(connection, as_of, ids)

    def chunks(self, size: int, *, as_of: date | None = None) -> Iterator[ClientTable]:
        """Tables of at most `size` clients in order of id: a bank at bounded memory."""
        last: str | None = None
        while True:
            with self.reading() as connection:
                known = client_rows.known_on(as_of)
                table = client_reader.read_clients(connection, known, after=last, limit=size)
            if not len(table):
                return
            yield table
            last = table.ids[-1]

    def put_advice(self, advice: Advice | Sequence[Advice] | AdviceBatch | Path, *, run: str) -> Written:
        """Write advice under the name of a run; a client of the run who is there is no change.

        Args:
            advice: One or some (kept whole), a batch, or the folder of `advise_stream`.
            run: A name.

        Raises:
            InputError: It is none of these, or cannot be read.
        """
        with self.writing() as connection:
            return advice_rows.put_advice(connection, advice, run)

    def view(self, client_id: str, *, as_of: date | None = None) -> CustomerView:
        """All that is known of one client; tier, stage and tags by the rules of `packs`, and by hand.

        Raises:
            InputError: Nothing is known of them.
        """
        with self.reading() as connection:
            return customer.view(connection, client_id, as_of, self.packs or Packs.default())

    def forget(self, client_id: str, *, at: datetime) -> Forgotten:
        """Erase a client: every row about them and their salt; the ledger still verifies."""
        moment_of(at)
        with self.writing() as connection:
            return customer.forget(connection, client_id)
