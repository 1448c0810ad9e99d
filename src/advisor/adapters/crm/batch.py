"""One call that writes records, and what its answer says of each of them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from advisor.adapters.crm.dialect import Write, filled, filled_path
from advisor.adapters.crm.outcomes import Outcome
from advisor.adapters.crm.paths import list_at, value_at
from advisor.adapters.crm.sending import Reply, Send
from advisor.privacy import written

_Batch = Mapping[str, dict[str, Any]]
_FAILED = 500


def is_ok(reply: Reply) -> bool:
    """Whether a call did what it should."""
    return 200 <= reply.status < 300


def said(body: Any) -> str:
    """What an answer says in short, masked: it may repeat what a client's record holds."""
    text = body if isinstance(body, str) else json.dumps(body, ensure_ascii=False)
    return written(" ".join(text.split())[:300])


def write_batch(
    send: Send, rule: Write, names: Mapping[str, Any], batch: _Batch
) -> Iterator[Outcome]:
    """What became of each record; a batch refused whole is halved until the bad record is alone.

    Args:
        send: The call.
        rule: How this system writes.
        names: What every template may name.
        batch: Records by key.
    """
    entries = [
        _values(rule, names, key, record, at) for at, (key, record) in enumerate(batch.items())
    ]
    bodies = [filled(rule.record, values) for values in entries]
    body = bodies[0] if rule.body is None else filled(rule.body, {"records": bodies})
    reply = send(rule.method, filled_path(rule.path, entries[0]), None, body)
    if is_ok(reply) and rule.results is not None:
        yield from _answers(rule, batch, reply.body)
    elif is_ok(reply):
        created = {201: True, 200: False}.get(reply.status)
        yield from (Outcome(key, ok=True, created=created) for key in batch)
    elif len(batch) > 1 and reply.status < _FAILED:
        items, half = list(batch.items()), len(batch) // 2
        yield from write_batch(send, rule, names, dict(items[:half]))
        yield from write_batch(send, rule, names, dict(items[half:]))
    else:
        why = _refused(str(reply.status), value_at(reply.body, rule.problem) or reply.body)
        yield from (Outcome(key, ok=False, problem=why) for key in batch)


def _values(
    rule: Write, names: Mapping[str, Any], key: str, record: dict[str, Any], at: int
) -> dict[str, Any]:
    full = {name: rule.empty if value is None else value for name, value in record.items()}
    others = {name: value for name, value in full.items() if name != names["key"]}
    return {**names, "id": key, "position": str(at), "record": full, "others": others}


def _answers(rule: Write, batch: _Batch, body: Any) -> Iterator[Outcome]:
    """What an answer says of each record, by position or in order."""
    results = list_at(body, rule.results or "")
    known = {str(value_at(one, rule.by) if rule.by else at): one for at, one in enumerate(results)}
    faults: dict[str, Any] = {}
    for fault in list_at(body, rule.errors) if rule.errors else []:
        faults |= dict.fromkeys(map(str, list_at(fault, rule.errors_by or "")), fault)
    for at, key in enumerate(batch):
        one, fault = known.get(str(at)), faults.get(str(at))
        if fault is None and one is not None and (rule.ok is None or value_at(one, rule.ok)):
            created = value_at(one, rule.created) if rule.created else None
            yield Outcome(key, ok=True, created=created if isinstance(created, bool) else None)
        else:
            told = value_at(fault or one, rule.problem)
            yield Outcome(
                key, ok=False, problem=_refused("in the batch", told or "nothing is said of it")
            )


def _refused(where: str, told: Any) -> str:
    return (
        f"The system refused it ({where}): {said(told)}. Correct the record or the map, and send it"
        " again."
    )
