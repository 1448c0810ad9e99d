"""Our own `send` over HTTPS, of the standard library alone."""

from __future__ import annotations

import http.client
import json
from collections.abc import Callable, Mapping
from ipaddress import ip_address
from typing import Any
from urllib.parse import SplitResult, urlencode, urlsplit
from uuid import uuid4

from advisor.adapters.crm.sending import Reply, Send
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
    try:
        parts = urlsplit(base)
        host, _ = parts.hostname or "", parts.port
        if host and (parts.scheme == "https" or (parts.scheme == "http" and _is_here(host))):
            return parts
    except ValueError:
        pass
    why = f"base is {base!r}; clients' data and the key go there,"
    remedy = "so it must begin with https:// and name a host. Give the address of the system."
    raise InputError(f"{why} {remedy}", field="base", value=base)


def _is_here(host: str) -> bool:
    return host == "localhost" or ip_address(host).is_loopback


def _json(text: str) -> Any:
    try:
        return json.loads(text) if text else None
    except (ValueError, RecursionError):
        return text
