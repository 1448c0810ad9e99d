"""The tenants of a service: opened in the background at its start, each with a batcher of its
own.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from threading import Lock
from typing import TYPE_CHECKING

from advisor import Advice, Client
from advisor.adapters.channels.http.metrics import Metrics
from advisor.adapters.channels.http.problems import ProblemError
from advisor.adapters.channels.http.settings import Settings
from advisor.adapters.extras import needs
from advisor.errors import AdvisorError

if TYPE_CHECKING:
    from advisor.adapters.channels.batching import RequestBatcher
    from advisor.adapters.channels.tenant import Tenant


class Served:
    """A tenant and their batcher, whose every table is kept before it is answered."""

    def __init__(self, tenant: Tenant, settings: Settings, metrics: Metrics) -> None:
        self.tenant, self.metrics = tenant, metrics
        kind = needs("http", "advisor.adapters.channels.batching").RequestBatcher
        self.batcher: RequestBatcher = kind(
            tenant.advisor, most=settings.most, served=self.keep, tables=metrics.table
        )

    def keep(self, clients: Sequence[Client], advice: Sequence[Advice]) -> None:
        """Store and record, then count."""
        self.tenant.keep(clients, advice)
        self.metrics.advised(advice)


class Tenants:
    """Tenants by name; who asks before one is open waits for it."""

    def __init__(self, settings: Settings, metrics: Metrics) -> None:
        self._settings, self._metrics = settings, metrics
        self._open: dict[str, Served] = {}
        self._locks = {name: Lock() for name in settings.tenants}

    async def get(self, name: str) -> Served:
        """A tenant, opened where it is not yet. Raises a problem where it cannot be."""
        served = self._open.get(name)
        return served if served is not None else await asyncio.to_thread(self._opened, name)

    async def find(self, name: str) -> Tenant:
        """A tenant by the name in a path. Raises a problem where there is none of it."""
        if name not in self._locks:
            raise ProblemError("not-found", "There is no such page.")
        return (await self.get(name)).tenant

    def start(self) -> None:
        """Open all of them; what cannot be opened now is tried again when it is asked for."""
        for name in self._settings.tenants:
            try:
                self._opened(name)
            except ProblemError:
                continue

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
        while self._open:
            served = self._open.popitem()[1]
            await served.batcher.stop()
            served.tenant.close()

    def _opened(self, name: str) -> Served:
        with self._locks[name]:
            served = self._open.get(name)
            if served is None:
                place, days = self._settings.tenants[name], self._settings.session_days
                kind = needs(
                    "http", "advisor.adapters.channels.tenant"
                ).Tenant  # the engine takes a second to import
                try:
                    tenant = kind.open(name, place.advisor, place.store, session_days=days)
                except AdvisorError as error:
                    raise ProblemError(
                        "not-ready",
                        f"The service is not ready: {error}",
                        headers={"Retry-After": "5"},
                    ) from None
                served = self._open[name] = Served(tenant, self._settings, self._metrics)
            return served
