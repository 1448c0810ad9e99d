"""A service for tests: two tenants with a saved sample advisor each, SQLite stores, keys of every scope."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from advisor import Advisor, load, sample, save
from advisor.adapters.channels.http import Settings, TenantSettings, new_api_key
from advisor.contracts.answer_sheet import AnswerSheet

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
    """Settings with the tenants `acme` and `other`, and keys `acme`, `other`, `reader` (of acme) and `old` (expired)."""
    if not (folder / "advisor").exists():
        save(Advisor.fit(sample.market(), sample.interactions(), catalogue=sample.catalogue()), folder / "advisor")
    made = {
        "acme": new_api_key("acme", "read", "advise"),
        "other": new_api_key("other", "read", "advise"),
        "reader": new_api_key("acme", "read"),
        "old": new_api_key("acme", "read", expires=datetime(2020, 1, 1, tzinfo=UTC)),
    }
    place = {name: TenantSettings(advisor=folder / "advisor", store=f"sqlite:///{folder}/store.db") for name in ("acme", "other")}
    keys = tuple(kept for _, kept in made.values())
    settings = Settings(**{"tenants": place, "folder": folder / "jobs", "keys": keys, "page": False, "chat": False, **more})
    return Home(settings, {name: key for name, (key, _) in made.items()}, load(folder / "advisor"))


def answers(advisor: Advisor) -> dict[str, str]:
    """Answers to every question, in the middle."""
    sheet = AnswerSheet(questionnaire=advisor.house.questionnaire)
    while (question := sheet.next) is not None:
        sheet = sheet.answer(question.id, question.options[len(question.options) // 2].id)
    return dict(sheet.answers)
