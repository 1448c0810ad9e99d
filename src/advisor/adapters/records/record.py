"""One decision, as the ledger keeps it."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from pydantic import Field, field_validator

from advisor.adapters.records.canonical_json import canonical
from advisor.contracts import CalendarDay, Contract
from advisor.errors import InputError
from advisor.privacy import about_clients

_Word = Annotated[str, Field(max_length=500)]
_Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{0,128}(:[0-9a-f]{0,128})?$")]


class Record(Contract):
    """What was decided about whom, by which rules, on which inputs, by whom.

    `subject` is a pseudonym (`Pseudonyms.of`), never a client's id; None where a record is about no
    client. `rules` are rule ids with the version of their pack. `inputs` is the digest of the data
    that the decision was made from, `fingerprint` that of the advisor. `data` holds what else there
    is to say in text, whole numbers, true and false: no names, answers or money.

    Raises:
        InputError: The subject is no pseudonym, or `data` holds a client's values or floats.
    """

    kind: Annotated[str, Field(min_length=1, max_length=100)]
    subject: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")] | None = None
    decision: _Word
    rules: tuple[_Word, ...] = ()
    inputs: _Digest = ""
    fingerprint: _Digest = ""
    operator: _Word = ""
    as_of: CalendarDay | None = None
    data: dict[str, Any] = {}

    @field_validator("data")
    @classmethod
    def _says_nothing_personal(cls, data: dict[str, Any]) -> dict[str, Any]:
        canonical(data)
        waiting: list[Any] = [data]
        while waiting:
            part = waiting.pop()
            if isinstance(part, dict):
                named = sorted(str(key) for key in part if about_clients(str(key)))
                if named:
                    raise InputError(
                        f"data holds {named[0]}, which tells about a client; a ledger is never "
                        "erased. Leave it out, and give the digest of the inputs.",
                        field=f"data.{named[0]}",
                    )
            waiting += list(part.values()) if isinstance(part, dict) else []
            waiting += list(part) if isinstance(part, list | tuple) else []
        return data

    def content(self) -> dict[str, Any]:
        """What `canonical` writes: every field that says something."""
        fields: dict[str, Any] = {
            "as_of": self.as_of.isoformat() if isinstance(self.as_of, date) else None,
            "data": self.data or None,
            "decision": self.decision,
            "fingerprint": self.fingerprint or None,
            "inputs": self.inputs or None,
            "kind": self.kind,
            "operator": self.operator or None,
            "rules": list(self.rules) or None,
            "subject": self.subject,
        }
        return {name: value for name, value in fields.items() if value is not None}
