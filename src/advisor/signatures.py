"""Proof of origin for what is saved: HMAC-SHA256 under a secret key of the host."""

from __future__ import annotations

import hashlib
import hmac
from pathlib import Path

from advisor.errors import InputError


def check_key(key: object) -> None:
    """Raise `InputError` unless the key can sign, or is None."""
    if key is None or (isinstance(key, bytes) and len(key) >= 16):
        return
    raise InputError(  # the key itself is no part of any message
        f"key is a {type(key).__name__} that cannot sign: it must be bytes, at least 16 of them. "
        "Make one with secrets.token_bytes(32), and keep it where only your programs read it.",
        field="key",
    )


def signature_of(text: str, key: bytes) -> str:
    """HMAC-SHA256 of the manifest, which names the digest of every file."""
    return hmac.new(key, text.encode(errors="replace"), hashlib.sha256).hexdigest()


def check_signature(path: Path, signature: object, text: str, key: bytes | None) -> None:
    """Raise `InputError` unless the manifest is signed exactly where a key is given, and with that
    key.
    """
    if key is None and signature is None:
        return
    if key is None:
        fault, remedy = (
            "is signed, and no key was given to check it with",
            "Pass load(folder, key=...)",
        )
    elif signature is None:
        fault, remedy = (
            "is not signed, so nobody knows who wrote it",
            "Save it again with save(advisor, folder, key=...)",
        )
    elif not isinstance(signature, str) or not hmac.compare_digest(
        signature.encode(errors="replace"), signature_of(text, key).encode()
    ):
        fault, remedy = (
            "is signed with another key, or was changed",
            "Restore it from a copy, or use the key it was saved with",
        )
    else:
        return
    raise InputError(f"{path} {fault}; advice from it could not be trusted. {remedy}.", field="key")
