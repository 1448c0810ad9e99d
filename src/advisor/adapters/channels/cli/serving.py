"""`serve` and `mcp`: the channels that go on until they are told to end."""

from __future__ import annotations

import json
import signal
import socket
import sys
from argparse import Namespace
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from advisor import sample, save
from advisor.adapters.channels.cli.demo import fitted
from advisor.adapters.channels.cli.printing import tell
from advisor.adapters.channels.cli.reading import text_of
from advisor.adapters.extras import needs
from advisor.errors import InputError

DEMO = Path("advisor-demo")
AT_END = 1.5
"""Seconds that a process has to finish a part of a job when it is told to end."""


def serve(args: Namespace) -> int:
    """Answer requests until the process is told to end, beside processes that work on jobs."""
    if args.demo and args.settings is not None:
        raise InputError(
            "--demo brings its own settings, so --settings would be passed over. Give one of them.",
            field="settings",
        )
    _check_free(args.host, args.port)
    http = needs("http", "advisor.adapters.channels.http")
    settings = _demo_settings(args, http) if args.demo else _settings(args, http)
    spawn = get_context("spawn").Process
    workers = [spawn(target=http.work, args=(settings,)) for _ in range(args.jobs)]
    before = signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        for worker in workers:
            worker.start()
        http.serve(settings, host=args.host, port=args.port)
    finally:
        signal.signal(signal.SIGTERM, before)
        for worker in workers:
            worker.terminate()
        for worker in workers:
            worker.join(AT_END)
            worker.kill()  # the job at hand goes on elsewhere: its lease runs out
    return 0


def _check_free(host: str, port: int) -> None:
    """Raise `InputError` where nobody could listen there."""
    try:
        with socket.socket() as listening:
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listening.bind((host, port))
    except (OSError, OverflowError) as error:
        raise InputError(
            f"Nobody can listen on {host}:{port} ({error}). Choose another --port or --host.",
            field="port",
            value=port,
        ) from None


def _settings(args: Namespace, http: Any) -> Any:
    if args.settings is None:
        return http.Settings()
    try:
        return http.Settings(**json.loads(text_of(args.settings)))
    except InputError:
        raise
    except (ValueError, TypeError, RecursionError) as error:
        raise InputError(
            f"{args.settings!r} holds no settings as JSON ({error}); see docs/channels.md.",
            field="settings",
        ) from None


def _demo_settings(args: Namespace, http: Any) -> Any:
    folder, url = _demo()
    key, stored_key = http.new_api_key("demo", "read", "advise")
    address = f"http://{args.host}:{args.port}"
    tell(f"page {address}/page/demo")
    tell(f"key {key} (header X-API-Key, {address}/v1/questionnaires)")
    tenants = {"demo": http.TenantSettings(advisor=folder, store=url)}
    labels = sample.labels()
    return http.Settings(tenants=tenants, keys=(stored_key,), folder=DEMO / "jobs", labels=labels)


def _demo() -> tuple[Path, str]:
    """A saved sample advisor and the URL of a store beside it."""
    DEMO.mkdir(exist_ok=True)
    return save(fitted(), DEMO / "advisor", overwrite=True), f"sqlite:///{DEMO}/store.db"


def mcp(args: Namespace) -> int:
    """Answer a chat client on standard input and output until it closes them."""
    if args.demo:
        name, (folder, url) = "demo", _demo()
    elif args.advisor is None or args.store is None:
        raise InputError(
            "The tools need an advisor and a store. Name them with --advisor and --store, or try"
            " --demo.",
            field="advisor",
        )
    else:
        name, folder, url = args.tenant, Path(args.advisor), args.store
    tenant = needs("mcp", "advisor.adapters.channels.tenant").Tenant.open(name, folder, url)
    try:
        needs("mcp", "advisor.adapters.channels.mcp").chat(tenant).run("stdio")
    finally:
        tenant.close()
    return 0
