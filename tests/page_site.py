"""A site with the page of one tenant, for the tests of the page: in process, or served on
127.0.0.1."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from time import sleep
from typing import Any

import uvicorn
from fastapi import FastAPI

import stack
from advisor import Advisor, sample
from advisor.adapters.channels.page import page_router
from advisor.adapters.channels.tenant import Tenant
from advisor.adapters.crm.store import Store

ROOT = "/page/demo"
FACTS = {"wealth": "120,000", "horizon_years": "12", "age": "41"}


def fitted() -> Advisor:
    return Advisor.fit(sample.market(), sample.interactions(), catalogue=sample.catalogue())


def tenant_of(advisor: Advisor, folder: Path) -> Tenant:
    store = Store.open(f"sqlite:///{folder}/page.db")
    store.migrate()
    return Tenant(advisor, store)


def site_of(tenant: Tenant) -> FastAPI:
    async def find(_: str) -> Tenant:
        return tenant

    app = FastAPI()
    app.include_router(page_router(find, labels=sample.labels(), currency="CNY"))
    return app


@contextmanager
def served(app: FastAPI) -> Iterator[str]:
    """Its address; ends with the block, also when a test fails."""
    port = stack.free_port()
    server = uvicorn.Server(
        uvicorn.Config(app, host="127.0.0.1", port=port, log_level="warning", ws="none")
    )
    thread = Thread(target=server.run, daemon=True)
    thread.start()
    try:
        while not server.started:
            sleep(0.02)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(timeout=20)


def hidden(html: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="(\w+)"', html)
    return found[1] if found else ""


def form_of(html: str, place: float = 0.6, **more: str) -> dict[str, str]:
    """The form of a page with every question answered by the option at a place from 0 to 1."""
    data = {name: value for name in ("token", "version") if (value := hidden(html, name))}
    for question in dict.fromkeys(re.findall(r'name="answer:(\w+)"', html)):
        options = re.findall(rf'name="answer:{question}" value="(\w+)"', html)
        data[f"answer:{question}"] = options[min(int(place * len(options)), len(options) - 1)]
    return data | more


def answered(client: Any, place: float = 0.6) -> Any:
    """Go from the first page of a fresh client, or from where one is, to the review."""
    page = client.get(ROOT + "/review")
    if page.status_code == 404:
        start = client.get(ROOT)
        page = client.post(ROOT, data=form_of(start.text) | FACTS)
    while "/step/" in str(page.url):
        page = client.post(str(page.url), data=form_of(page.text, place, go="next"))
    return page
