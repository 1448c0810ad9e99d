"""What ends: expired rows and uploads go while a service runs, and a body that a disk cannot hold."""

from __future__ import annotations

import os
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from advisor import Advisor, Client, sample, save
from advisor.adapters.channels.http import Settings, TenantSettings, new_api_key, service
from advisor.adapters.channels.http.tenants import TIDY

CLIENT = sample.client().model_dump_json()


@pytest.fixture
def http(tmp_path: Path) -> Any:
    fitted = Advisor.fit(sample.market(), sample.interactions(), catalogue=sample.catalogue())
    save(fitted, tmp_path / "advisor")
    key, kept = new_api_key("acme", "read", "advise")
    place = TenantSettings(advisor=tmp_path / "advisor", store=f"sqlite:///{tmp_path}/store.db")
    settings = Settings(tenants={"acme": place}, folder=tmp_path / "jobs", keys=(kept,))
    with TestClient(service(settings), headers={"X-API-Key": key}) as client:
        assert client.get("/v1/questionnaires").status_code == 200
        yield client


def test_what_has_expired_goes_and_what_stands_stays(http: Any, tmp_path: Path) -> None:
    tenants = http.app.state.tenants
    (served,) = tenants._open.values()
    tenant, now = served.tenant, datetime.now(UTC)
    old, new = (tenant.sessions.open(Client(id=n, wealth=1.0, horizon_years=1.0), channel="http")
                for n in ("old", "new"))  # fmt: skip
    tenant.store.change("sessions", {"id": old.id}, expires=now - timedelta(seconds=1))
    for name, expires in (("gone", now - timedelta(hours=1)), ("kept", now + timedelta(hours=1))):
        row = {"key": name, "request": "r", "created": now, "expires": expires}
        tenant.store.put_rows("idempotency", [row])
    uploads = tmp_path / "jobs" / "uploads"
    uploads.mkdir(parents=True, exist_ok=True)
    for name, age in (("left", 2.0 * TIDY), ("coming", 0.0)):
        (uploads / name).write_bytes(b"x")
        os.utime(uploads / name, (time.time() - age,) * 2)
    tenants.tidy()
    assert [row["id"] for row in tenant.store.rows("sessions")] == [new.id]
    assert [row["key"] for row in tenant.store.rows("idempotency")] == ["kept"]
    assert [path.name for path in uploads.iterdir()] == ["coming"]


def test_an_upload_that_the_disk_cannot_hold_leaves_nothing(
    http: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    head = {"Content-Type": "text/csv"}
    answer = http.post("/v1/jobs", content=b"id,wealth\na,1\n", headers=head)
    assert answer.status_code == 500
    assert answer.json()["title"]
    assert not list((tmp_path / "jobs" / "uploads").iterdir())


@pytest.mark.parametrize("path", ["/v1/advice", "/v1/profiles", "/v1/sessions"])
def test_an_encoded_body_and_a_field_twice_are_refused_by_name(http: Any, path: str) -> None:
    head = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
    packed = http.post(path, content=b"\x1f\x8b", headers=head)
    assert (packed.status_code, packed.headers["accept-encoding"]) == (415, "identity")
    assert "'gzip'" in packed.json()["detail"]
    twice = CLIENT[:-1] + ',"wealth":1.0}'
    body = twice if path != "/v1/sessions" else f'{{"client":{twice}}}'
    answer = http.post(path, content=body, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["title"]) == (400, "The body is no JSON")
    assert "'wealth' is there twice" in answer.json()["detail"]


def test_a_pointer_is_to_what_was_sent(http: Any) -> None:
    odd = sample.client().model_copy(update={"excluded": frozenset({"uranium"})})
    for path in ("/v1/advice", "/v1/reports"):
        answer = http.post(path, content=odd.model_dump_json(),
                           headers={"Content-Type": "application/json"})  # fmt: skip
        assert answer.status_code == 422
        assert [e["pointer"] for e in answer.json()["errors"]] in ([], ["#/excluded"])
