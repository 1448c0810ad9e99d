"""One tenant of the channels. Nothing is shown that is not kept."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from advisor import Advice, Advisor, Client, Event
from advisor.adapters.channels.journeys import SHOWN
from advisor.adapters.channels.sessions import Sessions
from advisor.adapters.crm.store import Store
from advisor.adapters.crm.switch import Switch, guarded
from advisor.adapters.records.ledger import Ledger
from advisor.adapters.records.pseudonyms import Pseudonyms
from advisor.adapters.records.record import Record
from advisor.store import load


class Tenant:
    """What every channel serves clients of one tenant with; its methods block.

    Attributes:
        advisor: The advisor, behind the switch.
        plain: The same without it, for jobs, which look at the switch themselves.
        store, ledger, switch, sessions: The tenant's own.
    """

    def __init__(self, advisor: Advisor, store: Store, *, session_days: float = 30.0) -> None:
        self.store, self.ledger, self.switch = store, Ledger(store), Switch(store)
        self.plain = advisor
        self.advisor: Any = guarded(advisor, self.switch)
        self.sessions = Sessions(store, advisor.questionnaire, days=session_days)
        self._pseudonyms = Pseudonyms(store)
        pack = advisor.regime.pack
        self._rules = (f"{pack.id}@{pack.version}",)

    @classmethod
    def open(cls, name: str, advisor: Path, store: str, *, session_days: float = 30.0) -> Tenant:
        """The tenant of a saved advisor and the URL of a store, brought to this version.

        Raises:
            InputError: The advisor cannot be read, or the store cannot be reached.
        """
        opened = Store.open(store, tenant=name)
        opened.migrate()
        return cls(load(advisor), opened, session_days=session_days)

    def keep(
        self,
        clients: Sequence[Client],
        advice: Sequence[Advice],
        *,
        channel: str = "http",
        shown: bool = False,
        documents: Sequence[str] | None = None,
    ) -> None:
        """Store advice and write its records into the ledger: all of it in one transaction, or
        nothing.

        Args:
            clients: Whose; each once.
            advice: Theirs, in the same order.
            channel: Where it is served.
            shown: Whether the client sees it there, which is an event.
            documents: The JSON of each advice, where it is made already.
        """
        now = datetime.now(UTC)
        run = _run(channel, now)
        with self.store.database.write():
            self.store.put_advice(list(advice), run=run, documents=documents)
            names = self._pseudonyms.of_all([client.id for client in clients])
            self.ledger.append(
                [self._record(one, names[one.client_id], channel) for one in advice], at=now
            )
            if shown:
                self.store.put_events([_shown(one, run, channel, now) for one in advice], at=now)

    def advise(
        self, client: Client, *, as_of: date | str | None = None, picks: int = 5, channel: str
    ) -> Advice:
        """As `Advisor.advise`, kept before it is given. Raises `StoppedError` where stopped."""
        advice: Advice = self.advisor.advise(client, as_of=as_of, picks=picks)
        self.keep([client], [advice], channel=channel, shown=True)
        return advice

    def shown(self, advice: Advice, *, channel: str) -> None:
        """Write the event that a client was shown an advice which is kept already."""
        now = datetime.now(UTC)
        self.store.put_events([_shown(advice, _run(channel, now), channel, now)], at=now)

    def close(self) -> None:
        """Close the store."""
        self.store.close()

    def _record(self, advice: Advice, subject: str, channel: str) -> Record:
        advisor, _, inputs = advice.fingerprint.partition(":")
        return Record(
            kind="advice",
            subject=subject,
            decision=advice.status,
            rules=self._rules,
            inputs=inputs,
            fingerprint=advisor,
            operator=channel,
            as_of=advice.as_of,
            data={"level_given": advice.level, "picks": len(advice.picks)},
        )


def _run(channel: str, now: datetime) -> str:
    """A name of its own, that sorts by time: rows of one time lie together in an index."""
    return f"{channel}-{now:%Y%m%dT%H%M%S%f}-{secrets.token_hex(8)}"


def _shown(advice: Advice, run: str, channel: str, now: datetime) -> Event:
    return Event(
        id=f"{run}-{advice.client_id}",
        source="advisor.channels",
        type=SHOWN,
        time=now,
        subject=advice.client_id,
        data={"run": run, "fingerprint": advice.fingerprint, "channel": channel},
    )
