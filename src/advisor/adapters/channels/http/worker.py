"""The process that works on jobs: claims one with a lease, goes on where another was killed."""

from __future__ import annotations

import json
import secrets
import shutil
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from hashlib import file_digest, sha256
from threading import Event
from typing import Any

from advisor import Summary, advise_stream
from advisor.adapters.channels.http.jobs import PARTS, folder_of, source_of
from advisor.adapters.channels.http.lease import claim, held
from advisor.adapters.channels.http.metrics import logger
from advisor.adapters.channels.http.settings import Settings, TenantSettings
from advisor.adapters.channels.tenant import Tenant
from advisor.adapters.records.record import Record
from advisor.errors import AdvisorError, StoppedError

PAUSE = 0.3
"""Seconds between two looks for work."""


class Worker:
    """Works on the jobs of every tenant, one after the other.

    Args:
        settings: Those of the service.
        stop: Set when the process is to end: the job at hand is laid down between two parts.
    """

    def __init__(self, settings: Settings, stop: Event) -> None:
        self._settings, self._stop, self._log = settings, stop, logger()
        self._name = secrets.token_hex(8)
        self._lease = timedelta(seconds=settings.lease_seconds)
        self._tenants: dict[str, Tenant] = {}
        with suppress(AdvisorError):  # what cannot be opened now is tried again
            for name, place in settings.tenants.items():
                self._opened(name, place)

    def run(self) -> None:
        """Work until it is stopped."""
        while not self._stop.is_set():
            if not self.work_once():
                self._stop.wait(PAUSE)

    def work_once(self) -> bool:
        """Whether there was a job to work on. What cannot be reached now is tried the next time."""
        for name, place in self._settings.tenants.items():
            try:
                if self._serve(name, place):
                    return True
            except Exception as error:  # noqa: BLE001  another tenant's jobs, and later ones, go on
                self._log.error("jobs", tenant=name, error=type(error).__name__)
        return False

    def _serve(self, name: str, place: TenantSettings) -> bool:
        """Whether there was a job of a tenant to work on."""
        tenant = self._opened(name, place)
        job = None if tenant.switch.stopped() else claim(tenant.store, self._name, self._lease)
        if job is not None:
            self._work(name, tenant, job)
        return job is not None

    def _opened(self, name: str, place: TenantSettings) -> Tenant:
        if name not in self._tenants:
            self._tenants[name] = Tenant.open(name, place.advisor, place.store)
        return self._tenants[name]

    def _work(self, name: str, tenant: Tenant, job: dict[str, Any]) -> None:
        folder = folder_of(self._settings, name, job["id"])
        mine = {"id": job["id"], "state": "running", "worker": self._name}
        done, lost, request = [0], Event(), json.loads(job["request"])
        self._log.info("job", job=job["id"], tenant=name, state="running")

        def stopped() -> bool:
            return lost.is_set() or self._stop.is_set() or tenant.switch.stopped() is not None

        try:
            with held(tenant.store, mine, done, lost, self._lease):
                summary = advise_stream(
                    tenant.plain,
                    source_of(folder, request),
                    folder / PARTS,
                    as_of=request["as_of"],
                    picks=request["picks"],
                    labels=request.get("labels", ()),
                    rows_per_part=self._settings.rows_per_part,
                    progress=lambda rows: done.__setitem__(0, done[0] + rows),
                    stop=stopped,
                )
            self._finish(tenant, mine, summary)
        except StoppedError:
            tenant.store.change("jobs", mine, state="queued", worker=None)
        except Exception as error:
            if getattr(error, "field", None) == "url":  # no store: it goes on as the lease runs out
                raise
            known = isinstance(error, AdvisorError)
            problem = str(error).replace(str(folder), "the job") if known else "A fault of ours."
            values = {"state": "failed", "problem": problem, "changed": datetime.now(UTC)}
            if tenant.store.change("jobs", mine, **values) == 1 and not known:
                raise
        finally:
            if tenant.store.rows("jobs", id=job["id"], state="cancelled"):
                shutil.rmtree(folder, ignore_errors=True)

    def _finish(self, tenant: Tenant, mine: dict[str, Any], summary: Summary) -> None:
        """Write into the table and the ledger together that a job is done; once."""
        now, digest = datetime.now(UTC), sha256()
        for part in summary.parts:  # one after the other
            with part.open("rb") as file:
                digest.update(file_digest(file, "sha256").digest())
        record = Record(
            kind="job",
            decision="done",
            fingerprint=tenant.plain.fingerprint,
            operator="worker",
            data={"job": mine["id"], "rows": summary.clients, "parts": digest.hexdigest()},
        )
        result = {"clients": summary.clients, "statuses": dict(summary.statuses)}
        values = {"state": "done", "done": summary.clients, "changed": now}
        values["result"] = json.dumps({**result, "parts": len(summary.parts)})
        with tenant.store.database.write():
            if tenant.store.change("jobs", mine, **values) == 1:
                tenant.ledger.append(record, at=now)
        self._log.info("job", job=mine["id"], state="done", clients=summary.clients)
