"""What channels read and write in headers: security, language, trace."""

from __future__ import annotations

import re
import secrets
from collections.abc import Sequence

from advisor.contracts.wording import LANGUAGES, Language

SECURITY = {
    "content-security-policy": (
        "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self';"
        " frame-ancestors 'none'; base-uri 'none'"
    ),
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "strict-transport-security": "max-age=31536000",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "cache-control": "no-store",
}
"""Sent with every answer that does not say otherwise."""
_TRACEPARENT = re.compile(rb"[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}")


def language_of(accepted: str | None, known: Sequence[Language] = LANGUAGES) -> Language | None:
    """The language of `Accept-Language` (RFC 9110, 12.5.4) with the highest quality; None where no
    known one is asked for.

    >>> language_of("fr, en;q=0.2, zh-CN;q=0.8")
    'zh'
    """
    best: Language | None = None
    highest = 0.0
    for part in (accepted or "")[:1000].split(","):
        name, _, quality = part.partition(";")
        code = name.strip().lower().partition("-")[0]
        language: Language | None = next((own for own in known if own == code), None)
        weight = _weight(quality)
        if language is not None and weight > highest:
            best, highest = language, weight
    return best


def _weight(quality: str) -> float:
    share = quality.strip().lower().removeprefix("q=")
    if share.isascii() and share.replace(".", "", 1).isdecimal():
        return float(share)
    return 0.0 if quality else 1.0


def trace_of(parent: bytes) -> str:
    """The trace id of `traceparent` (W3C Trace Context), or a new one."""
    match = _TRACEPARENT.fullmatch(parent)
    return match[1].decode() if match and set(match[1]) != {ord("0")} else secrets.token_hex(16)
