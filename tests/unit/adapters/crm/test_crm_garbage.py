"""Whatever is handed to the store or the ledger, the answer is ours."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from advisor import Client, Event, sample
from advisor.adapters.crm import Store, Switch
from advisor.adapters.records import (
    Ledger,
    Pseudonyms,
    Record,
    SignedHead,
    canonical,
    due_for_deletion,
    pseudonym,
    verify_file,
)

AT = datetime(2026, 11, 1, tzinfo=UTC)
JOB = {"id": "j", "kind": "k", "state": "s", "created": AT}


@pytest.fixture(scope="module")
def store() -> Store:
    opened = Store.open("sqlite://")
    opened.migrate()
    opened.put_clients(sample.clients(3), at=AT)
    return opened


def calls(store: Store, folder: Path) -> list[tuple[str, Callable[..., Any], dict[str, Any]]]:
    ledger, client = Ledger(store), sample.clients(1).ids[0]
    record = {"kind": "k", "decision": "d"}
    return [
        ("put_clients", store.put_clients, {"clients": sample.clients(1), "at": AT}),
        ("clients", store.clients, {"as_of": "2026-11-01", "ids": [client]}),
        ("chunks", lambda **a: list(store.chunks(**a)), {"size": 2, "as_of": None}),
        ("put_trades", store.put_trades, {"trades": pd.DataFrame()}),
        ("put_purchases", store.put_purchases, {"purchases": sample.interactions(clients=3)}),
        ("put_products", store.put_products, {"products": sample.catalogue()}),
        ("put_events", store.put_events, {"events": [], "at": AT}),
        ("put_feedback", store.put_feedback, {"feedback": []}),
        ("events", store.events, {"client_id": client, "types": [], "since": AT, "until": AT}),
        ("interactions", store.interactions, {"until": "2026-01-01"}),
        ("trades", store.trades, {"until": "2026-01-01"}),
        ("put_advice", store.put_advice, {"advice": folder, "run": "r"}),
        ("view", store.view, {"client_id": client, "as_of": "2026-11-02"}),
        ("forget", store.forget, {"client_id": "nobody", "at": AT}),
        ("put_rows", store.put_rows, {"table": "jobs", "rows_": [JOB]}),
        ("rows", store.rows, {"table": "jobs", "id": "j", "created": (AT, None), "done": 1,
        "state": ["s"]}),
        ("change", lambda **a: store.change("jobs", {"id": "j"}, **a), {"state": "x", "done": 1,
        "created": AT}),
        ("where", lambda **a: store.change("jobs", a, state="x"), {"id": "j", "created": AT,
        "done": 1}),
        ("claim", lambda **a: store.claim("jobs", {**JOB, **a}), JOB),
        ("delete", store.delete, {"table": "jobs", "id": "none"}),
        ("open", lambda **a: Store.open(**a).migrate(), {"url": "sqlite://", "tenant": "default"}),
        ("switch", Switch(store).go, {"reason": "r", "operator": "o"}),
        ("append", ledger.append, {"records": [], "at": AT}),
        ("verify", ledger.verify, {"head": None, "public_key": None}),
        ("export", ledger.export, {"path": folder / "out", "key": None}),
        ("ledger", lambda **a: Ledger(**a).head(), {"place": store}),
        ("verify_file", verify_file, {"path": folder / "out", "public_key": None}),
        ("record", Record, {**record, "subject": None, "rules": (), "data": {}, "as_of": None,
        "operator": ""}),
        ("signed", lambda **a: SignedHead(**a).is_valid(), {"seq": 1, "digest": "0" * 64,
        "public_key": "0" * 64, "signature": "0" * 128}),
        ("canonical", canonical, {"value": 1}),
        ("of", Pseudonyms(store).of, {"client_id": "c"}),
        ("end", Pseudonyms(store).end, {"client_id": "c", "on": AT.date()}),
        ("due", due_for_deletion, {"ended": {}, "as_of": AT.date(), "years": 5}),
        ("pseudonym", pseudonym, {"client_id": "c", "salt": b"s"}),
        ("event", Event, {"id": "1", "source": "s", "type": "advisor.life.changed.v1", "time": AT,
        "subject": "c", "data": {}}),
        ("segment", Event.from_segment, {"message": {}}),
    ]  # fmt: skip


def test_whatever_is_given_the_answer_is_ours(
    store: Store,
    tmp_path: Path,
    garbage: dict[str, Any],
    raw_error: Callable[..., str | None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)  # a path among the garbage may be a fine one
    odd = {
        **garbage,
        "nul": "a\0b",
        "year 1": datetime(1, 1, 1, tzinfo=UTC),
        "year 9999": "9999-12-31",
        "far": np.datetime64("20000-01-01"),
        "tuple": (1, 2, 3),
        "int64 and more": 2**63,
        "records": [{"id": "x"}, None, 3, {"id": object()}],
        "deep": {"id": {"a": [1]}},
        "path": Path("no\0where"),
    }
    failed = []
    for name, call, arguments in calls(store, tmp_path):
        for field in arguments:
            for what, bad in odd.items():
                escaped = raw_error(call, arguments, field, bad)
                if escaped is not None:
                    failed.append(f"{name}({field}={what}): {escaped[:150]}")
    assert not failed, f"{len(failed)}:\n" + "\n".join(failed[:40])


def test_a_client_whose_text_no_database_keeps_is_set_aside(store: Store) -> None:
    clients = [
        Client(id="a\0b", wealth=1.0, horizon_years=1.0),
        Client(id="fine", wealth=1.0, horizon_years=1.0, segment="x"),
    ]
    written = store.put_clients(clients, at=AT)
    assert (written.rows, written.changed) == (2, 1)
    assert "NUL" in str(written.problems[0])
