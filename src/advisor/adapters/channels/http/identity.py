"""Who calls: an API key or an OAuth 2 bearer token; tenant and scopes follow from it alone."""

from __future__ import annotations

import hmac
import json
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock
from typing import Any
from urllib.request import urlopen

from joserfc import errors, jwk, jwt

from advisor.adapters.channels.http.problems import ProblemError
from advisor.adapters.channels.http.settings import Bearer, Settings, digest_of
from advisor.errors import InputError

REALM = {"WWW-Authenticate": 'Bearer realm="advisor"'}
SCOPES = ("read", "advise", "admin")
_RETRY = 10.0
"""Seconds after which keys are looked for again when a token names an unknown one."""
_LARGEST = 1_000_000
_UNREADABLE = (OSError, ValueError, TypeError, KeyError, RecursionError, errors.JoseError)


@dataclass(frozen=True)
class Caller:
    """Who calls: `name` tells credentials apart without telling which they are."""

    tenant: str
    scopes: frozenset[str]
    name: str

    def needs(self, scope: str) -> None:
        """Raise a problem unless this caller has the scope; "admin" may do everything."""
        if scope not in self.scopes and "admin" not in self.scopes:
            raise ProblemError(
                "not-allowed",
                f"This needs the scope {scope!r}, which the credential does not have; ask for one"
                " that has it.",
            )


class Credentials:
    """Reads the headers of a request."""

    def __init__(self, settings: Settings) -> None:
        self._keys, self._tenants = settings.keys, frozenset(settings.tenants)
        self._tokens = None if settings.bearer is None else _Tokens(settings.bearer)
        unknown = sorted({key.tenant for key in settings.keys} - self._tenants)
        if unknown:
            raise InputError(
                f"A key belongs to the tenant {unknown[0]!r}, which there is not; name one of"
                f" {sorted(self._tenants)}.",
                field="keys",
            )

    def of(self, key: str | None, authorization: str | None) -> Caller:
        """The caller behind `X-API-Key` or `Authorization`; a problem where there is none."""
        scheme, _, token = (authorization or "").partition(" ")
        if key is None and scheme.lower() == "bearer":
            if self._tokens is not None and token.count(".") == 2:
                return self._tokens.caller(token.strip(), self._tenants)
            key = token.strip()
        return self._of_key(key)

    def _of_key(self, key: str | None) -> Caller:
        digest = digest_of(key or "")
        mine = None
        for known in self._keys:  # all of them, so that time tells nothing
            if hmac.compare_digest(known.sha256, digest):
                mine = known
        if not key or mine is None:
            raise _refused("Send a key as X-API-Key, or a token as Authorization: Bearer.")
        if mine.expires is not None and mine.expires <= datetime.now(UTC):
            raise _refused("The key has expired; ask for a new one.")
        return Caller(mine.tenant, frozenset(mine.scopes), digest[:16])


class _Tokens:
    """Checks signed tokens against the issuer's keys, which are kept for a while."""

    def __init__(self, bearer: Bearer) -> None:
        self._bearer, self._lock = bearer, Lock()
        self._keys: Any = None
        self._read = 0.0
        self._claims = jwt.JWTClaimsRegistry(
            leeway=10,  # seconds by which the issuer's clock may differ
            iss={"essential": True, "value": bearer.issuer},
            aud={"essential": True, "value": bearer.audience},
            exp={"essential": True},
            sub={"essential": True},
        )

    def caller(self, token: str, tenants: frozenset[str]) -> Caller:
        try:
            claims = self._decoded(token)
            self._claims.validate(claims)
        except _UNREADABLE as error:
            raise _refused(
                f"The token cannot be accepted ({type(error).__name__}); ask its issuer for a new"
                " one."
            ) from None
        tenant = claims.get(self._bearer.tenant_claim)
        if not isinstance(tenant, str) or tenant not in tenants:
            raise ProblemError(
                "not-allowed",
                f"The token names no tenant of this service in {self._bearer.tenant_claim!r}.",
            )
        said = claims.get("scope", "")
        scopes = frozenset(said.split() if isinstance(said, str) else ()) & frozenset(SCOPES)
        return Caller(tenant, scopes, digest_of(f"{claims['iss']} {claims['sub']}")[:16])

    def _decoded(self, token: str) -> dict[str, Any]:
        algorithms = list(self._bearer.algorithms)
        unknown = (errors.InvalidKeyIdError, errors.BadSignatureError, ValueError)
        seconds = self._bearer.keys_seconds
        try:
            return jwt.decode(token, self._keyset(seconds), algorithms=algorithms).claims
        except unknown:  # a new key of the issuer, perhaps
            return jwt.decode(token, self._keyset(_RETRY), algorithms=algorithms).claims

    def _keyset(self, seconds: float) -> Any:
        """The issuer's keys, none older than `seconds` unless they cannot be read again."""
        with self._lock:
            if self._keys is None or time.monotonic() - self._read > seconds:
                self._read = time.monotonic()
                try:
                    self._keys = jwk.KeySet.import_key_set(json.loads(_text(self._bearer.keys)))
                except _UNREADABLE as error:
                    if self._keys is None:
                        text = f"The issuer's keys cannot be read ({type(error).__name__})."
                        raise ProblemError("not-ready", text) from None
            return self._keys


def _text(source: str) -> bytes:
    if source.startswith(("https://", "http://127.0.0.1")):
        with urlopen(source, timeout=5) as answer:  # noqa: S310  the host's own setting
            return answer.read(_LARGEST)
    return Path(source).read_bytes()


def _refused(detail: str) -> ProblemError:
    return ProblemError("not-authenticated", detail, headers=REALM)
