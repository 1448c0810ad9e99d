"""Which field of an outside system is which of ours, in which unit: data that a host may change."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any, ClassVar, Self

from pydantic import model_validator

from advisor import Advice, Client, Signed
from advisor.adapters.crm import paths
from advisor.adapters.crm.bundled import bundled
from advisor.adapters.crm.paths import FieldIn, FieldOut
from advisor.adapters.records.moments import moment_of
from advisor.cells import is_missing, is_word, text_of
from advisor.errors import AdapterError, InputError
from advisor.privacy import personal
from advisor.validation import checked

BY_NAME = ("answers", "holdings", "biases")
"""Fields of a client that hold a value by name: `answers.q1` is one of them."""
PROBLEM = "advisor:problem"
"""Key under which a gateway says why it could not put a record together."""
_NEEDED = ("wealth", "horizon_years")
_FILLED = Client.model_fields.keys() - {"id"}
_SOURCES = Advice.model_fields.keys() | {"advice", "segment", "tags"}
"""What a record may be written from; `advice` is the whole of it."""


class FieldMap(Signed):
    """The fields of one kind of record: `object` is its name there, `key` holds the client's id.

    `changed` is the field that says when a record was last changed, where there is one.
    """

    file_kind: ClassVar[str] = "Field map"

    id: str
    version: str
    object: str
    key: str
    changed: str | None = None
    fields: tuple[FieldIn, ...]
    written: tuple[FieldOut, ...] = ()

    @classmethod
    @checked
    def bundled(cls, name: str) -> FieldMap:
        """One that comes with the library: "plain", "salesforce", "hubspot", ..."""
        return bundled(cls, "field_maps", name)

    @model_validator(mode="after")
    def _names_known(self) -> Self:
        names = [field.to for field in self.fields]
        lacking = [name for name in _NEEDED if name not in names]
        faults = [f"fills no {name!r}, which every client has" for name in lacking]
        for name in names:
            first, _, rest = name.partition(".")
            if first not in _FILLED or (rest and first not in BY_NAME):
                faults.append(f"fills {name!r}, which is no field of Client that a map can fill")
            elif names.count(name) > 1:
                faults.append(f"fills {name!r} twice")
        unknown = [f.of for f in self.written if f.of.partition(".")[0] not in _SOURCES]
        faults += [f"writes {name!r}, which is no field of Advice" for name in unknown]
        if faults:
            why = f"Field map {self.id!r} {faults[0]}; no record could be read with it. Correct the"
            raise InputError(f"{why} map.", field="fields")
        return self

    @property
    def paths(self) -> tuple[str, ...]:
        """Every path of theirs that is read or written, the key first."""
        both = (*(f.path for f in self.fields), *(f.path for f in self.written))
        return tuple(dict.fromkeys((self.key, *both)))

    def key_of(self, record: Any) -> str | None:
        """The client's id in a record of theirs; None where it has none."""
        key = paths.value_at(record, self.key)
        return text_of(key) if is_word(key) else None

    def changed_of(self, record: Any) -> datetime | None:
        """When a record last changed, as it says itself; None where that is no moment."""
        try:
            moment = datetime.fromisoformat(text_of(paths.value_at(record, self.changed or "")))
            return moment_of(moment if moment.tzinfo else moment.replace(tzinfo=UTC))
        except ValueError:
            return None

    @checked
    def to_client(self, record: Any, *, as_of: date | None = None) -> Client:
        """The client that a record of theirs tells of.

        Args:
            record: As the outside system gives it.
            as_of: The day of an age that is worked out of a birthday; today when None.

        Raises:
            AdapterError: The record has no key, or says what no client can be.
        """
        key = self.key_of(record)
        if problem := paths.value_at(record, PROBLEM):
            raise AdapterError(str(problem), record_id=key)
        if key is None:
            why = f"A record of {self.object!r} has no {self.key!r},"
            raise AdapterError(f"{why} so nobody knows which client it is. Fill it in there.")
        day = datetime.now(UTC).date() if as_of is None else as_of
        values: dict[str, Any] = {"id": key}
        try:
            for field in self.fields:
                name, _, rest = field.to.partition(".")
                if not is_missing(cell := paths.cell_of(record, field, day)):
                    (values.setdefault(name, {}) if rest else values)[rest or name] = cell
            return Client.model_validate(values)
        except InputError as error:
            raise AdapterError(f"{self.object} {personal(key)}: {error}", record_id=key) from None

    @checked
    def to_record(
        self, advice: Advice, *, segment: str | None = None, tags: Sequence[str] | None = None
    ) -> dict[str, Any]:
        """Their record of an advice; what it does not have is None, so that an old value goes.

        Args:
            advice: What was advised.
            segment: The client's segment or tier; left as it is there when None.
            tags: The client's tags; left as they are there when None.

        Raises:
            AdapterError: The map has no word for a value.
        """
        whole, named = advice.model_dump(mode="json"), None if tags is None else list(tags)
        source = {**whole, "advice": whole, "segment": segment, "tags": named}
        record: dict[str, Any] = {}
        paths.put_at(record, self.key, advice.client_id)
        for field in self.written:
            value = paths.value_at(source, field.of)
            if value is None and field.of in ("segment", "tags"):
                continue
            try:
                if field.words and value is not None:
                    value = paths.word_of(field, value, "has no word in the map")
                paths.put_at(record, field.path, paths.outgoing(value, field.unit, field.join))
            except InputError as error:
                raise AdapterError(str(error), record_id=advice.client_id) from None
        return record
