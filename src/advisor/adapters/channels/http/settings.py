"""What a service is run with, from arguments or from `ADVISOR_*` of the environment."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import pydantic_settings
from pydantic import AfterValidator, Field, ValidationError

from advisor import Contract, Moment
from advisor.contracts.base import input_error

INCOMING = "uploads"
"""Folder of bodies that are still coming in."""
Scope = Literal["read", "advise", "admin"]
ASYMMETRIC = frozenset({
    "RS256", "RS384", "RS512", "PS256", "PS384", "PS512",
    "ES256", "ES384", "ES512", "EdDSA", "Ed25519",
})  # fmt: skip
"""Signatures that a token may bear: whoever can check one cannot make one, and none is no
signature."""


def _signed(names: tuple[str, ...]) -> tuple[str, ...]:
    odd = [name for name in names if name not in ASYMMETRIC]
    if odd or not names:
        raise ValueError(f"it must name at least one of {sorted(ASYMMETRIC)}, and no other ({odd})")
    return names


class ApiKey(Contract):
    """A key of one tenant: its SHA-256, what it may do, until when."""

    sha256: Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
    tenant: str
    scopes: tuple[Scope, ...] = ("read", "advise")
    expires: Moment | None = None


class Bearer(Contract):
    """OAuth 2 bearer tokens; `keys` is a JWKS file or https URL of the issuer."""

    issuer: str
    audience: str
    keys: str
    algorithms: Annotated[tuple[str, ...], AfterValidator(_signed)] = ("RS256", "ES256")
    tenant_claim: str = "tenant"
    keys_seconds: Annotated[float, Field(gt=0.0)] = 300.0


class TenantSettings(Contract):
    """A tenant: the folder of their saved advisor and the URL of their store."""

    advisor: Path
    store: str


class Settings(pydantic_settings.BaseSettings):
    """What a service is run with.

    `folder` takes uploads and the parts of jobs. `seconds` is how long a request may take, `wait`
    how long requests may take after the service was asked to end. `labels` name assets for people:
    asset -> language -> name. `requests_a_minute` is a credential's, shared out among `workers`.
    """

    model_config = pydantic_settings.SettingsConfigDict(
        env_prefix="ADVISOR_",
        env_nested_delimiter="__",
        extra="forbid",
        frozen=True,
        hide_input_in_errors=True,
    )

    tenants: dict[str, TenantSettings] = Field(min_length=1)
    folder: Path = Path("advisor-jobs")
    keys: tuple[ApiKey, ...] = ()
    bearer: Bearer | None = None
    workers: int = Field(default=1, ge=1)
    most: int = Field(default=64, ge=1)
    body_bytes: int = Field(default=1_000_000, ge=1)
    upload_bytes: int = Field(default=4_000_000_000, ge=1)
    requests_a_minute: int = Field(default=6_000, ge=1)
    jobs_in_flight: int = Field(default=4, ge=1)
    rows_per_part: int = Field(default=50_000, ge=1)
    lease_seconds: float = Field(default=30.0, gt=0.0)
    seconds: float = Field(default=30.0, gt=0.0)
    wait: float = Field(default=5.0, gt=0.0)
    session_days: float = Field(default=30.0, gt=0.0)
    page: bool = True
    chat: bool = True
    labels: dict[str, dict[str, str]] = {}

    def __init__(self, **values: Any) -> None:
        """Raises `InputError` where a setting is missing or cannot be used."""
        try:
            super().__init__(**values)
        except ValidationError as error:
            raise input_error("Settings", error) from None

    @classmethod
    def model_validate_json(cls, json_data: str | bytes | bytearray, **options: Any) -> Self:
        """Settings from JSON alone. Raises `InputError` where one is missing or cannot be used."""
        try:
            return super().model_validate_json(json_data, **options)
        except ValidationError as error:
            raise input_error("Settings", error) from None


def digest_of(key: str) -> str:
    """SHA-256 of a key, as it is kept."""
    return hashlib.sha256(key.encode()).hexdigest()


def new_api_key(tenant: str, *scopes: Scope, expires: datetime | None = None) -> tuple[str, ApiKey]:
    """A new key, to hand out once, and what the settings keep of it."""
    key, allowed = secrets.token_urlsafe(32), scopes or ("read", "advise")
    return key, ApiKey(sha256=digest_of(key), tenant=tenant, scopes=allowed, expires=expires)
