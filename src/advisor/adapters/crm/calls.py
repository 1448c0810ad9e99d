"""Our own `send` over HTTPS, and the call that writes many records."""

from __future__ import annotations

import http.client
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from ipaddress import ip_address
from typing import Any
from urllib.parse import SplitResult, urlencode, urlsplit
from uuid import uuid4

from advisor.adapters.crm.dialect import Write, filled, filled_path
from advisor.adapters.crm.outcomes import Outcome
from advisor.adapters.crm.paths import list_at, value_at
from advisor.adapters.crm.sending import Reply, Send, said
from advisor.annotations import Positive
from advisor.errors import InputError
from advisor.validation import checked


@checked
def http_send(
    base: str,
    *,
    headers: Mapping[str, str] | Callable[[], Mapping[str, str]],
    timeout: Positive = 10.0,
) -> Send:
    """A `send` that follows no redirect and gives every call an id (`X-Correlation-ID`).

    Args:
        base: Address of the system, such as `https://example.my.salesforce.com`.
        headers: Sent with every call (`Authorization`, ...), or a function that gives them each
            time.
        timeout: Seconds to connect, and between two pieces of an answer.

    Raises:
        InputError: The address is none, or not HTTPS (only a loopback address needs none).
    """
    parts = _address(base)
    host, port, root = parts.hostname or "", parts.port, parts.path.rstrip("/")
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection

    def send(method: str, path: str, params: Mapping[str, Any] | None, body: Any) -> Reply:
        own, call = headers() if callable(headers) else headers, uuid4().hex
        sent = {"Accept": "application/json", "X-Correlation-ID": call, "Correlation-Id": call}
        data = None
        if body is not None:
            sent["Content-Type"] = "application/json"
            data = json.dumps(body, ensure_ascii=False, allow_nan=False).encode()
        query = f"?{urlencode(params, doseq=True)}" if params else ""
        connection = kind(host, port, timeout=timeout)
        try:
            connection.request(method, f"{root}{path}{query}", data, {**sent, **own})
            answer = connection.getresponse()
            text = answer.read().decode("utf-8", "replace")
            return Reply(answer.status, _json(text), dict(answer.getheaders()))
        finally:
            connection.close()

    return send


def _address(base: str) -> SplitResult:
    with suppress(ValueError):
        parts = urlsplit(base)
        host, _ = parts.hostname or "", parts.port
        here = host == "localhost" or (parts.scheme == "http" and ip_address(host).is_loopback)
        if host and (parts.scheme == "https" or (parts.scheme == "http" and here)):
            return parts
    why = f"base is {base!r}; clients' data and the key go there,"
    remedy = "so it must begin with https:// and name a host. Give the address of the system."
    raise InputError(f"{why} {remedy}", field="base", value=base)


def _json(text: str) -> Any:
    try:
        return json.loads(text) if text else None
    except (ValueError, RecursionError):
        return text


_Batch = Mapping[str, dict[str, Any]]
_FAILED = 500


def write_batch(
    send: Send, rule: Write, names: Mapping[str, Any], batch: _Batch
) -> Iterator[Outcome]:
    """What became of records by key; a batch refused whole is halved until the bad one is alone."""
    items = list(batch.items())
    entries = [_values(rule, names, key, record, at) for at, (key, record) in enumerate(items)]
    bodies = [filled(rule.record, values) for values in entries]
    body = bodies[0] if rule.body is None else filled(rule.body, {"records": bodies})
    reply = send(rule.method, filled_path(rule.path, entries[0]), None, body)
    if reply.ok and rule.results is not None:
        yield from _answers(rule, batch, reply.body)
    elif reply.ok:
        created = {201: True, 200: False}.get(reply.status)
        yield from (Outcome(key, ok=True, created=created) for key in batch)
    elif len(items) > 1 and reply.status < _FAILED:
        half = len(items) // 2
        yield from write_batch(send, rule, names, dict(items[:half]))
        yield from write_batch(send, rule, names, dict(items[half:]))
    else:
        why = value_at(reply.body, rule.problem) or reply.body
        yield from (_refused(key, str(reply.status), why) for key in batch)


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
            why = value_at(fault or one, rule.problem) or "nothing is said of it"
            yield _refused(key, "in the batch", why)


def _refused(key: str, where: str, why: Any) -> Outcome:
    remedy = "Correct the record or the map, and send it again."
    return Outcome(key, ok=False, problem=f"The system refused it ({where}): {said(why)}. {remedy}")
