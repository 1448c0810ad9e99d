"""A service for tests: two tenants with a saved sample advisor each, SQLite stores, keys of every
scope."""

from __future__ import annotations

import subprocess
import sys
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx

from advisor import Advisor, load, sample, save
from advisor.adapters.channels.http import Settings, TenantSettings, new_api_key
from advisor.contracts import AnswerSheet

PERSON: dict[str, Any] = {
    "id": "c-1",
    "wealth": 250000,
    "horizon_years": 10,
    "level": 3,
    "assessed_on": "2026-06-01",
    "knowledge": 60,
    "age": 45,
}
DAY = "2026-06-30"


@dataclass(frozen=True)
class Home:
    """Where a service lives, and the keys to it."""

    settings: Settings
    keys: dict[str, str]
    advisor: Advisor

    def header(self, name: str = "acme") -> dict[str, str]:
        return {"X-API-Key": self.keys[name]}


def home(folder: Path, **more: Any) -> Home:
    """Settings with the tenants `acme` and `other`, and keys `acme`, `other`, `reader` (of acme)
    and `old` (expired)."""
    if not (folder / "advisor").exists():
        save(
            Advisor.fit(sample.market(), sample.interactions(), catalogue=sample.catalogue()),
            folder / "advisor",
        )
    made = {
        "acme": new_api_key("acme", "read", "advise"),
        "other": new_api_key("other", "read", "advise"),
        "reader": new_api_key("acme", "read"),
        "old": new_api_key("acme", "read", expires=datetime(2020, 1, 1, tzinfo=UTC)),
    }
    place = {
        name: TenantSettings(advisor=folder / "advisor", store=f"sqlite:///{folder}/store.db")
        for name in ("acme", "other")
    }
    keys = tuple(kept for _, kept in made.values())
    settings = Settings(
        **{
            "tenants": place,
            "folder": folder / "jobs",
            "keys": keys,
            "page": False,
            "chat": False,
            **more,
        }
    )
    return Home(settings, {name: key for name, (key, _) in made.items()}, load(folder / "advisor"))


def answers(advisor: Advisor) -> dict[str, str]:
    """Answers to every question, in the middle."""
    sheet = AnswerSheet(questionnaire=advisor.questionnaire)
    while (question := sheet.next) is not None:
        sheet = sheet.answer(question.id, question.options[len(question.options) // 2].id)
    return dict(sheet.answers)


RUN = """
import sys
from advisor.adapters.channels.http import Settings, serve, work
settings = Settings.model_validate_json(sys.argv[2])
serve(settings, port=int(sys.argv[3])) if sys.argv[1] == "serve" else work(settings)
"""


def process(settings: Settings, what: str, port: int = 0) -> subprocess.Popen[bytes]:
    """A process that serves, or works on jobs."""
    command = [sys.executable, "-c", RUN, what, settings.model_dump_json(), str(port)]
    return subprocess.Popen(command, stderr=subprocess.DEVNULL)


def wait_ready(port: int, server: subprocess.Popen[bytes]) -> None:
    """Until a server says that it is ready."""
    for _ in range(600):
        if server.poll() is not None:
            break
        try:
            if httpx.get(f"http://127.0.0.1:{port}/ready", timeout=5).status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.05)
    raise RuntimeError("the service did not start")
