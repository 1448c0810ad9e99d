"""Stop and go: a person responsible stops advice, and every process sees it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from advisor import Advice, AdviceBatch, AdviceReport, Advisor, Client, ClientTable
from advisor.adapters.crm.rows import check_row
from advisor.adapters.crm.store import Store
from advisor.adapters.records.database import database_of
from advisor.adapters.records.libraries import sa
from advisor.adapters.records.tables import switch
from advisor.errors import InputError, StoppedError

LOOK_EVERY = 0.25
"""Seconds for which a look at the switch counts."""


@dataclass(frozen=True)
class Stop:
    """That advice is stopped: since when, why, and by whom."""

    since: datetime
    reason: str
    operator: str


class Switch:
    """A switch in the store, seen by every process within a second.

    Args:
        store: Where it stands.
    """

    def __init__(self, store: Store) -> None:
        self._database = database_of(store)
        self._looked = -LOOK_EVERY
        self._stop: Stop | None = None

    def stop(self, reason: str, operator: str) -> None:
        """Stop advice. Raises `InputError` where it is not said why and by whom."""
        self._set(True, reason, operator)

    def go(self, reason: str, operator: str) -> None:
        """Let advice go on. Raises `InputError` where it is not said why and by whom."""
        self._set(False, reason, operator)

    def stopped(self) -> Stop | None:
        """What stopped advice, None where it goes on; looked up at most every quarter second."""
        now = time.monotonic()
        if now - self._looked >= LOOK_EVERY:
            query = sa.select(switch).order_by(switch.c.seq.desc()).limit(1)
            with self._database.read() as connection:
                row: Any = connection.execute(query).first()
            self._stop = Stop(row.at, row.reason, row.operator) if row and row.stopped else None
            self._looked = now
        return self._stop

    def check(self) -> None:
        """Raise `StoppedError` where advice is stopped."""
        stop = self.stopped()
        if stop is not None:
            raise StoppedError(
                f"Advice is stopped since {stop.since:%Y-%m-%d %H:%M} UTC: {stop.reason}. "
                f"It goes on when {stop.operator} or somebody in charge says so.",
                since=stop.since,
                reason=stop.reason,
            )

    def _set(self, stopped: bool, reason: object, operator: object) -> None:
        for name, value in (("reason", reason), ("operator", operator)):
            if not isinstance(value, str) or not value.strip():
                why = f"{name} is {value!r}; who stops advice, and why, is kept. Say it in words."
                raise InputError(why, field=name, value=value)
        last = sa.select(sa.func.coalesce(sa.func.max(switch.c.seq), 0) + 1).scalar_subquery()
        row = {"stopped": stopped, "reason": reason, "operator": operator, "at": datetime.now(UTC)}
        check_row(switch, {**row, "seq": 0})
        with self._database.write() as connection:
            connection.execute(sa.insert(switch).values(seq=last, **row))
        self._looked = -LOOK_EVERY


class Guarded:
    """An advisor that advises only while the switch says go; made by `guarded`.

    Everything else (`rank`, `verify`, `fingerprint`, ...) is the advisor's own.
    """

    def __init__(self, advisor: Advisor, switch_: Switch) -> None:
        self._advisor, self._switch = advisor, switch_

    def advise(self, client: Client, *, as_of: date | str | None = None, picks: int = 5) -> Advice:
        """As `Advisor.advise`. Raises `StoppedError` where advice is stopped."""
        self._switch.check()
        return self._advisor.advise(client, as_of=as_of, picks=picks)

    def report(
        self,
        client: Client,
        *,
        as_of: date | str | None = None,
        picks: int = 5,
        language: str | None = None,
    ) -> AdviceReport:
        """As `Advisor.report`. Raises `StoppedError` where advice is stopped."""
        self._switch.check()
        return self._advisor.report(client, as_of=as_of, picks=picks, language=language)

    def advise_table(
        self, clients: ClientTable, *, as_of: date | str | None = None, picks: int = 5
    ) -> AdviceBatch:
        """As `Advisor.advise_table`; where advice is stopped every row has the status `stopped`."""
        stop = self._switch.stopped()
        reason = None if stop is None else stop.reason
        return self._advisor.advise_table(clients, as_of=as_of, picks=picks, stopped=reason)

    def advise_many(
        self,
        clients: ClientTable,
        *,
        as_of: date | str | None = None,
        picks: int = 5,
        chunk: int = 100_000,
    ) -> Iterator[AdviceBatch]:
        """As `Advisor.advise_many`, looking at the switch before every chunk."""
        for part in clients.chunks(chunk):
            yield self.advise_table(part, as_of=as_of, picks=picks)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._advisor, name)

    def __repr__(self) -> str:
        return f"guarded({self._advisor!r})"


def guarded(advisor: Advisor, switch_: Switch) -> Guarded:
    """The advisor behind a switch: `advise` and `report` raise `StoppedError`, batches say
    `stopped`.
    """
    return Guarded(advisor, switch_)
