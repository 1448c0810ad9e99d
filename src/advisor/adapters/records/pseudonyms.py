"""that stand for clients in the ledger, and go with their salt."""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets

from advisor.adapters.records.bulk import insert_new
from advisor.adapters.records.database import Database, database_of
from advisor.adapters.records.engines import driver
from advisor.adapters.records.libraries import sa
from advisor.adapters.records.moments import calendar_day, due_for_deletion
from advisor.adapters.records.tables import pseudonyms
from advisor.annotations import CountOrNone, Day, Text, Texts
from advisor.errors import InputError
from advisor.validation import checked

SALT_BYTES = 32
_SALTS = sa.select(pseudonyms.c.client_id, pseudonyms.c.salt).where(
    pseudonyms.c.client_id.in_(sa.bindparam("ids", expanding=True))
)
_SALTS_OF_SQLITE = (
    "SELECT client_id, salt FROM pseudonyms WHERE client_id IN (SELECT value FROM json_each(?))"
)


@checked
def pseudonym(client_id: Text, salt: bytes) -> str:
    """HMAC-SHA-256 of the id under the client's salt, hexadecimal.

    >>> pseudonym("c1", b"salt")[:8]
    'ca1776ec'
    """
    return hmac.new(salt, client_id.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()


class Pseudonyms:
    """A salt for each client; without it nobody can tell whose a record is.

    Args:
        store: A `Store`, or a `Database`.
    """

    def __init__(self, store: object) -> None:
        self._database: Database = database_of(store)

    @checked
    def of(self, client_id: Text) -> str:
        """The client's pseudonym; a salt is made where there is none."""
        return self.of_all((client_id,))[client_id]

    @checked
    def of_all(self, client_ids: Texts) -> dict[str, str]:
        """Pseudonym of each client by id; salts are made where there are none."""
        unique_ids = list(dict.fromkeys(client_ids))
        if any("\0" in name for name in unique_ids):
            why = "An id holds the character NUL, which no database keeps. Correct it."
            raise InputError(why, field="client_id")
        with self._database.write() as connection:
            salts = self._salts(connection, unique_ids)
            missing = [name for name in unique_ids if name not in salts]
            if missing:
                made = {name: secrets.token_hex(SALT_BYTES) for name in missing}
                rows = [{"client_id": name, "salt": salt} for name, salt in made.items()]
                insert_new(connection, pseudonyms, rows)
                salts |= self._salts(connection, missing)
        return {name: pseudonym(name, bytes.fromhex(salts[name])) for name in unique_ids}

    @checked
    def end(self, client_id: Text, on: Day) -> None:
        """Note the day on which the relationship with a client ended: retention counts from it."""
        self.of(client_id)
        mine = sa.update(pseudonyms).where(pseudonyms.c.client_id == client_id)
        with self._database.write() as connection:
            connection.execute(mine.values(ended=calendar_day(on, "on")))

    @checked
    def erase(self, client_id: Text) -> bool:
        """Delete the client's salt; what the ledger says of them then belongs to nobody.

        Returns:
            Whether there was one.
        """
        gone = sa.delete(pseudonyms).where(pseudonyms.c.client_id == client_id)
        with self._database.write() as connection:
            return connection.execute(gone).rowcount > 0

    @checked
    def due_for_deletion(self, as_of: Day, years: CountOrNone = 5) -> tuple[str, ...]:
        """Clients whose relationship ended `years` full years or more before a day, sorted."""
        known = sa.select(pseudonyms.c.client_id, pseudonyms.c.ended)
        with self._database.read() as connection:
            ended = {row[0]: row[1] for row in connection.execute(known) if row[1] is not None}
        return due_for_deletion(ended, as_of, years=years)

    @staticmethod
    def _salts(connection: sa.Connection, ids: list[str]) -> dict[str, str]:
        if connection.dialect.name == "sqlite":  # the driver alone: a third of the time
            return dict(driver(connection).execute(_SALTS_OF_SQLITE, (json.dumps(ids),)))
        salts: dict[str, str] = {}
        for start in range(0, len(ids), 500):
            some = {"ids": ids[start : start + 500]}
            salts |= {row[0]: row[1] for row in connection.execute(_SALTS, some)}
        return salts
