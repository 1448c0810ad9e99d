"""The lines of a ledger in a table of a database."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from advisor.adapters.records.arrow_tables import fetch
from advisor.adapters.records.bulk import insert_rows, one_at_a_time
from advisor.adapters.records.database import database_of
from advisor.adapters.records.engines import driver
from advisor.adapters.records.heads import Head
from advisor.adapters.records.libraries import sa
from advisor.adapters.records.report import Line
from advisor.adapters.records.tables import ledger

_ROWS = 10_000
_END = "SELECT seq, digest FROM ledger ORDER BY seq DESC LIMIT 1"
_COLUMNS = (ledger.c.seq, ledger.c.body, ledger.c.digest)


class ChainTable:
    """Lines in the table `ledger` of a `Store` or `Database`; writers wait for each other."""

    def __init__(self, store: object) -> None:
        self._database = database_of(store)

    def extend(self, made: Callable[[Head], list[Line]]) -> Head:
        """Append what `made` gives for the head that stands; all of it or nothing."""
        with self._database.write() as connection:
            one_at_a_time(connection, "ledger")
            sqlite = connection.dialect.name == "sqlite"
            cursor = (
                driver(connection).execute(_END) if sqlite else connection.execute(sa.text(_END))
            )
            last_line = cursor.fetchone()
            head = Head() if last_line is None else Head(last_line[0], last_line[1])
            lines = made(head)
            insert_rows(connection, ledger, ("seq", "body", "digest"), lines)
        return Head(lines[-1][0], lines[-1][2]) if lines else head

    def lines(self) -> Iterator[Line]:
        """Every line, in order of its number."""
        query, last = sa.select(*_COLUMNS).order_by(ledger.c.seq).limit(_ROWS), None
        while True:
            with self._database.read() as connection:
                page = query if last is None else query.where(ledger.c.seq > last)
                rows = list(zip(*(c.to_pylist() for c in fetch(connection, page)), strict=True))
            if not rows:
                return
            yield from rows
            last = rows[-1][0]
