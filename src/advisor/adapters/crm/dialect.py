"""How a vendor's REST interface is called, as data: templates of requests, and where answers say
what.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, ClassVar, Literal, cast
from urllib.parse import quote

from pydantic import Field

from advisor import Contract, Signed
from advisor.adapters.crm.bundled import bundled
from advisor.validation import checked


class Read(Contract):
    """How records are read, page by page.

    `records` is the path of the list in an answer, `record` that of the fields in an entry. `next`
    is the path of what leads to the next page: a link, or a token that goes into `params` or the
    body as `token`. A query that gives at most `window` records is asked again from the last change
    seen.
    """

    method: Literal["GET", "POST"] = "GET"
    path: str
    params: dict[str, str] = {}
    body: dict[str, Any] | None = None
    records: str
    record: str = ""
    next: str
    token: str | None = None
    window: int | None = None


class Write(Contract):
    """How records are written, `size` a call, so that a second call changes nothing more.

    `body` holds `{records}`, a list of `record`; without `body` a call writes the one `record`. In
    an answer, `results` is the path of the list, `by` that of an entry's `{position}` (in order
    where it is None), `ok` of a yes, `created` of a yes where it is new, `problem` of what is
    wrong; `errors` and `errors_by` say the same of a list of faults. `unsafe` are characters that
    no key may have.
    """

    method: Literal["POST", "PATCH", "PUT"]
    path: str
    size: int = Field(1, ge=1)
    body: dict[str, Any] | None = None
    record: dict[str, Any]
    results: str | None = None
    by: str | None = None
    ok: str | None = None
    created: str | None = None
    problem: str
    errors: str | None = None
    errors_by: str | None = None
    unsafe: str = ""
    empty: str | None = None


class Dialect(Signed):
    """One vendor's REST interface; `source` is the public documentation it was written from.

    Templates know `{object}`, `{key}`, `{fields}` (with commas), `{paths}` (a list), `{changed}`,
    `{since}`, and of a record `{id}`, `{position}`, `{record}` and `{others}` (without its key); an
    entry `"*"` is spread out. `headers` are those that a `send` adds to every call.
    """

    file_kind: ClassVar[str] = "Dialect"

    id: str
    version: str
    source: tuple[str, ...]
    headers: dict[str, str] = {}
    moment: Literal["seconds", "milliseconds"] = "seconds"
    everything: Read
    changed: Read
    write: Write

    @classmethod
    @checked
    def bundled(cls, name: str) -> Dialect:
        """One that comes with the library: "salesforce", "hubspot" or "dynamics".

        Raises:
            InputError: There is none of that name.
        """
        return bundled(cls, "dialects", name)

    def moment_of(self, since: datetime) -> str:
        """A moment as this vendor reads it, rounded down: never a change is left out."""
        utc = since.astimezone(UTC)
        if self.moment == "milliseconds":
            return str(int(utc.timestamp() * 1000.0))
        return utc.replace(tzinfo=None).isoformat(timespec="seconds") + "Z"


_NAME = re.compile(r"\{(\w+)\}")


def filled(template: Any, values: Mapping[str, Any]) -> Any:
    """A template with its names filled in; a text that is one name becomes the value itself.

    >>> filled({"type": "{object}", "*": "{record}"}, {"object": "Account", "record": {"a": 1}})
    {'type': 'Account', 'a': 1}
    """
    if isinstance(template, str):
        alone = _NAME.fullmatch(template)
        return values[alone[1]] if alone else _NAME.sub(lambda n: str(values[n[1]]), template)
    if isinstance(template, Mapping):
        whole: dict[str, Any] = {}
        for name, part in cast("Mapping[str, Any]", template).items():
            value = filled(part, values)
            whole |= value if name == "*" else {name: value}
        return whole
    if isinstance(template, list):
        return [filled(part, values) for part in cast("list[Any]", template)]
    return template


def filled_path(template: str, values: Mapping[str, Any]) -> str:
    """A path with its names filled in, percent-encoded; a quote in a key is doubled (OData)."""
    quoted = {name: quote(str(value).replace("'", "''"), safe="") for name, value in values.items()}
    return filled(template, quoted)
