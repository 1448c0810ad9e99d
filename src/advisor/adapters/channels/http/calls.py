"""One request of a caller: which tenant, what they send, and JSON as the answer."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

from starlette.requests import Request
from starlette.responses import Response

from advisor import Contract
from advisor.adapters.channels.headers import language_of
from advisor.adapters.channels.http.problems import ProblemError
from advisor.adapters.channels.http.reading import parameters, read
from advisor.adapters.channels.http.settings import Settings
from advisor.adapters.channels.http.tenants import Served

_Kind = TypeVar("_Kind", bound=Contract)
JSON_TYPES = ("application/json",)


@dataclass
class Call:
    """A request of a caller who may make it; `headers` go out with the answer."""

    request: Request
    served: Served
    settings: Settings
    name: str
    client_id: str | None = None
    body: bytes = b""
    digest: str = ""
    upload: Path | None = None
    headers: dict[str, str] = field(default_factory=dict[str, str])

    @property
    def tenant(self) -> Any:
        """The caller's tenant."""
        return self.served.tenant

    @property
    def path(self) -> dict[str, str]:
        """Parameters of the path."""
        return self.request.path_params

    @property
    def language(self) -> str | None:
        """What `Accept-Language` asks for."""
        return language_of(self.request.headers.get("accept-language"))

    @cached_property
    def asked(self) -> dict[str, Any]:
        """`as_of` and `picks` of the query. Raises `InputError` where they cannot be used."""
        return parameters(self.request.query_params)

    def read(self, kind: type[_Kind], media: tuple[str, ...] = JSON_TYPES) -> _Kind:
        """The contract in the body. Raises a problem, or `InputError`, where it is none."""
        self.expects(*media)
        return read(kind, self.body)

    def expects(self, *media: str) -> str:
        """The media type of the body. Raises a problem where it is another than these."""
        kind = self.request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind not in media:
            raise ProblemError(
                "wrong-media-type",
                f"The body is {kind[:100] or 'of no stated kind'!r}; send {' or '.join(media)}.",
            )
        return kind

    def json(self, text: str | bytes, status: int = 200) -> Response:
        """JSON as the answer."""
        return Response(
            text, status_code=status, media_type="application/json", headers=self.headers
        )
