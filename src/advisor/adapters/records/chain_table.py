"""The lines of a ledger in a table of a database."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from advisor.adapters.extras import needs
from advisor.adapters.records.bulk import copy_out, insert_rows, one_at_a_time
from advisor.adapters.records.database import database_of
from advisor.adapters.records.heads import Head
from advisor.adapters.records.report import Line
from advisor.adapters.records.tables import ledger

if TYPE_CHECKING:
    import sqlalchemy as sa
else:
    sa = needs("crm", "sqlalchemy")

_ROWS = 10_000


class ChainTable:
    """Lines in the table `ledger`; writers wait for each other.

    Args:
        store: A `Store`, or a `Database`.
    """

    def __init__(self, store: object) -> None:
        self._database = database_of(store)

    def extend(self, made: Callable[[Head], list[Line]]) -> Head:
        """Append what `made` gives for the head that stands; all of it or nothing."""
        with self._database.write() as connection:
            return extend_table(connection, made)

    def lines(self) -> Iterator[Line]:
        """Every line, in order of its number."""
        last = None
        while True:
            query = sa.select(ledger.c.seq, ledger.c.body, ledger.c.digest)
            query = query.order_by(ledger.c.seq).limit(_ROWS)
            if last is not None:
                query = query.where(ledger.c.seq > last)
            with self._database.read() as connection:
                rows = _rows(connection, query)
            if not rows:
                return
            yield from ((row[0], row[1], row[2]) for row in rows)
            last = rows[-1][0]


def _rows(connection: sa.Connection, query: Any) -> list[Any]:
    """Rows of a query, as the driver reads them quickest."""
    text = str(query.compile(dialect=connection.dialect, compile_kwargs={"literal_binds": True}))
    if connection.dialect.name != "postgresql":
        return list(connection.exec_driver_sql(text))
    found = copy_out(connection, text)
    if not found:
        return []
    csv, pa = needs("crm", "pyarrow.csv"), needs("crm", "pyarrow")
    kinds = {"seq": pa.int64(), "body": pa.string(), "digest": pa.string()}
    read = csv.read_csv(
        io.BytesIO(found),
        csv.ReadOptions(column_names=list(kinds), block_size=len(found) + 1),
        csv.ParseOptions(newlines_in_values=True),
        csv.ConvertOptions(column_types=kinds),
    )
    return list(zip(*(read[name].to_pylist() for name in kinds), strict=True))


_END = "SELECT seq, digest FROM ledger ORDER BY seq DESC LIMIT 1"


def extend_table(connection: sa.Connection, made: Callable[[Head], list[Line]]) -> Head:
    """`ChainTable.extend` inside a transaction that writes other things as well."""
    one_at_a_time(connection, "ledger")
    found = connection.exec_driver_sql(_END).first()
    head = Head() if found is None else Head(found[0], found[1])
    lines = made(head)
    insert_rows(connection, ledger, ("seq", "body", "digest"), lines)
    return Head(lines[-1][0], lines[-1][2]) if lines else head
