"""One request of a caller: which tenant, what they send, and JSON as the answer.

Bodies and parameters are read as the published schemas say, and refused in the library's words.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

from starlette.requests import Request
from starlette.responses import Response

from advisor import Contract
from advisor.adapters.channels.headers import language_of
from advisor.adapters.channels.http.bodies import json_of, same_kinds
from advisor.adapters.channels.http.problems import ProblemError
from advisor.adapters.channels.http.settings import Settings
from advisor.adapters.channels.http.tenants import Served
from advisor.errors import InputError

_Kind = TypeVar("_Kind", bound=Contract)
JSON_TYPES = ("application/json",)
MOST_PICKS, COUNT = 100, re.compile("[0-9]{1,3}")


@dataclass
class Call:
    """A request of a caller who may make it; `headers` go out with the answer. `digest` is that of
    a body that was streamed to the file `upload`.
    """

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
        """`as_of` and `picks` of the query, for `Advisor.advise`. Raises `InputError` where they
        cannot be used.
        """
        query = self.request.query_params
        picks = query.get("picks", "5")
        if not (COUNT.fullmatch(picks) and int(picks) <= MOST_PICKS):
            text = f"picks is {picks[:20]!r}; ask for a whole number of 0 to {MOST_PICKS} products."
            raise InputError(text, field="picks", value=picks[:20])
        return {"as_of": query.get("as_of"), "picks": int(picks)}

    def read(self, kind: type[_Kind], media: tuple[str, ...] = JSON_TYPES) -> _Kind:
        """The contract in the body.

        Raises:
            ProblemError: The body is no JSON.
            InputError: It is no such contract, or a value is of another kind than the schema says:
                text for a number, say.
        """
        self.expects(*media)
        try:
            value = kind.model_validate_json(self.body)
        except InputError:
            json_of(self.body)
            raise
        raw = json_of(self.body, is_json=True)
        same_kinds(raw, value.model_dump(mode="json"), kind.__name__, "")
        return value

    def expects(self, *media: str) -> str:
        """The media type of the body. Raises a problem where it is another than these."""
        coding = self.request.headers.get("content-encoding", "identity").strip().lower()
        if coding != "identity":
            text = f"The body is encoded as {coding[:40]!r}, which is not undone; send it as it is."
            raise ProblemError("wrong-media-type", text, headers={"Accept-Encoding": "identity"})
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
