"""The tenants of a service: opened in the background at its start, each with a batcher."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, date, datetime
from threading import Event, Lock
from typing import TYPE_CHECKING

from advisor import Advice, AdviceReport, Client
from advisor.adapters.channels.http.metrics import Metrics
from advisor.adapters.channels.http.problems import ProblemError
from advisor.adapters.channels.http.settings import INCOMING, Settings
from advisor.adapters.extras import needs
from advisor.errors import AdvisorError

if TYPE_CHECKING:
    from advisor.adapters.channels.batching import RequestBatcher
    from advisor.adapters.channels.tenant import Tenant

TIDY = 3600.0
"""Seconds between two looks for what has ended, and until an upload that rests is nobody's."""


class Served:
    """A tenant and their batcher, whose every table is kept before it is answered."""

    def __init__(self, tenant: Tenant, settings: Settings, metrics: Metrics) -> None:
        self.tenant, self.metrics = tenant, metrics
        kind = needs("http", "advisor.adapters.channels.batching").RequestBatcher
        self.batcher: RequestBatcher = kind(
            tenant.advisor, most=settings.most, served=self._keep, tables=metrics.table
        )

    async def advise(
        self, client: Client, *, as_of: date | str | None, picks: int
    ) -> tuple[Advice, str]:
        """An advice that is kept already, and its JSON."""
        return await self.batcher.serve(client, as_of, picks=picks)

    def report(
        self, client: Client, *, as_of: date | str | None, picks: int, language: str | None
    ) -> AdviceReport:
        """A report whose advice is kept already; blocks."""
        report: AdviceReport = self.tenant.advisor.report(
            client, as_of=as_of, picks=picks, language=language
        )
        self.tenant.keep([client], [report.advice])
        self.metrics.advised([report.advice])
        return report

    def _keep(self, clients: Sequence[Client], advice: Sequence[Advice]) -> list[str]:
        """Store and record, then count. Returns the JSON of each."""
        texts = [one.model_dump_json() for one in advice]
        self.tenant.keep(clients, advice, documents=texts)
        self.metrics.advised(advice)
        return texts


class Tenants:
    """Tenants by name; who asks before one is open waits for it."""

    def __init__(self, settings: Settings, metrics: Metrics) -> None:
        self._settings, self._metrics = settings, metrics
        self._open: dict[str, Served] = {}
        self._locks = {name: Lock() for name in settings.tenants}
        self._stopped = Event()

    async def get(self, name: str) -> Served:
        """A tenant, opened where it is not yet. Raises a problem where it cannot be."""
        served = self._open.get(name)
        return served if served is not None else await asyncio.to_thread(self._opened, name)

    async def find(self, name: str) -> Tenant | None:
        """A tenant by the name in a path, None where there is none of it."""
        return (await self.get(name)).tenant if name in self._locks else None

    def live(self) -> None:
        """Open all of them, then delete what has ended, again and again until `stop`."""
        self.start()
        while not self._stopped.wait(TIDY):
            self.tidy()

    def start(self) -> None:
        """Open all of them; what cannot be opened now is tried again when it is asked for."""
        for name in self._settings.tenants:
            try:
                self._opened(name)
            except ProblemError:
                continue
        gc.collect()
        gc.freeze()  # what was loaded stays: no later collection walks through it
        self.tidy()

    def tidy(self) -> None:
        """Delete sessions and answers that have expired, and uploads that nobody waits for."""
        now = datetime.now(UTC)
        for served in list(self._open.values()):
            for table in ("idempotency", "sessions"):
                with suppress(AdvisorError):  # a store that cannot be reached is tried again
                    served.tenant.store.delete(table, expires=(None, now))
        for path in (self._settings.folder / INCOMING).glob("*"):
            with suppress(OSError):
                if now.timestamp() - path.stat().st_mtime > TIDY:
                    path.unlink()

    def not_ready(self) -> list[str]:
        """What stands in the way of serving, by tenant."""
        closed = [f"{name}: not loaded" for name in self._locks if name not in self._open]
        for name, served in list(self._open.items()):
            try:
                served.tenant.switch.check()
            except AdvisorError as error:
                closed.append(f"{name}: {error}")
        return closed

    async def stop(self) -> None:
        """Answer what waits, and close."""
        self._stopped.set()
        while self._open:
            served = self._open.popitem()[1]
            await served.batcher.stop()
            served.tenant.close()

    def _opened(self, name: str) -> Served:
        with self._locks[name]:
            served = self._open.get(name)
            if served is None:
                # the engine takes a second to import
                kind = needs("http", "advisor.adapters.channels.tenant").Tenant
                where, days = self._settings.tenants[name], self._settings.session_days
                try:
                    tenant = kind.open(name, where.advisor, where.store, session_days=days)
                except AdvisorError as error:
                    text = f"The service is not ready: {error}"
                    raise ProblemError("not-ready", text) from None
                served = self._open[name] = Served(tenant, self._settings, self._metrics)
                self._name_missing_labels(name, tenant)
            return served

    def _name_missing_labels(self, name: str, tenant: Tenant) -> None:
        """Log, as the tenant is opened, what clients would see by id for want of a name."""
        if self._settings.page:
            needs("http", "advisor.adapters.channels.page.result").check_names(
                name, tenant, self._settings.labels
            )
