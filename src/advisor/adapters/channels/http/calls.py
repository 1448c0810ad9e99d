"""One request of a caller: which tenant, what they send, and JSON as the answer.

Bodies and parameters are read as the published schemas say, and refused in the library's words.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

from pydantic_core import from_json
from starlette.requests import Request
from starlette.responses import Response

from advisor import Contract
from advisor.adapters.channels.headers import language_of
from advisor.adapters.channels.http.problems import ProblemError
from advisor.adapters.channels.http.settings import Settings
from advisor.adapters.channels.http.tenants import Served
from advisor.errors import InputError

_Kind = TypeVar("_Kind", bound=Contract)
JSON_TYPES = ("application/json",)
KINDS: dict[type, tuple[tuple[type, ...], str]] = {
    bool: ((bool,), "true or false"),
    **dict.fromkeys((int, float), ((int, float), "a number")),
    str: ((str,), "text"),
    list: ((list,), "a list"),
    dict: ((dict,), "an object"),
}
"""Kind of a value as the contract writes it -> how it may be written, and how that is called."""
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
        _same_kinds(json_of(self.body), value.model_dump(mode="json"), kind.__name__, "")
        return value

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


def json_of(body: bytes) -> Any:
    """The JSON in a body. Raises `ProblemError` where it is none."""
    try:
        return from_json(body, allow_inf_nan=False)
    except ValueError as error:
        raise ProblemError(
            "not-json",
            f"The body is no JSON that can be read ({error}); send one value of UTF-8 JSON.",
        ) from None


def _same_kinds(raw: Any, meant: Any, name: str, path: str) -> None:
    """Refuse what was read as another kind of JSON than it was written as."""
    if type(raw) is dict and type(meant) is dict:
        for key, value in raw.items():
            at = f"{path}.{key}" if path else key
            if key in meant:
                _same_kinds(value, meant[key], name, at)
            elif value is None:
                _refuse(name, at, "there, or left out")
    elif type(raw) is list and type(meant) is list:
        others = meant
        if all(type(other) is str for other in meant):  # ids: doubles are one, and sorted
            others = [""] * len(raw)
        for i, (item, other) in enumerate(zip(raw, others, strict=False)):
            _same_kinds(item, other, name, f"{path}.{i}")
    elif meant is not None:
        kinds, word = KINDS[type(meant)]
        if type(raw) not in kinds:
            _refuse(name, path, word)


def _refuse(name: str, path: str, word: str) -> None:
    text = f"{name}.{path} must be {word}, as the schema says; write it as such."
    raise InputError(text, field=path)
