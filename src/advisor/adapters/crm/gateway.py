"""Clients in from another system, advice out to it: one bad record never stops the rest."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, MutableMapping, Sequence
from copy import deepcopy
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any, Protocol

from advisor import Advice, Client, ClientTable
from advisor.adapters.crm.mapping import FieldMap
from advisor.adapters.crm.outcomes import Outcome, Pulled, check_moment
from advisor.adapters.crm.paths import put_at, value_at
from advisor.errors import AdapterError
from advisor.privacy import personal
from advisor.validation import checked


class Gateway(Protocol):
    """Another system that keeps clients; both ways raise `AdapterError` when it is gone."""

    @property
    def fields(self) -> FieldMap:
        """How records are read and written."""
        ...

    def pull(self, *, since: datetime | None = None) -> Iterator[dict[str, Any]]:
        """Records as the system has them, of a moment those changed at it or later, or more."""
        ...

    def push(self, records: Sequence[dict[str, Any]]) -> Iterator[Outcome]:
        """What became of each, in order, written by its key: sent twice it is there once."""
        ...


@checked
def pull_clients(
    gateway: Gateway, *, since: datetime | None = None, as_of: date | None = None
) -> Pulled:
    """The clients of another system, and what is wrong with the records that are no client.

    Args:
        gateway: Where from.
        since: Only what changed at this moment or later; it has a time zone.
        as_of: The day that ages are worked out for; today when None, and recorded.

    Raises:
        InputError: `since` has no time zone.
    """
    check_moment(since)
    day = datetime.now(UTC).date() if as_of is None else as_of
    clients, problems, complete = dict[str, Client](), list[AdapterError](), False
    try:
        for record in gateway.pull(since=since):
            try:
                client = gateway.fields.to_client(record, as_of=day)
                if clients.setdefault(client.id, client) != client:
                    why = f"{gateway.fields.object} {personal(client.id)} is there twice, with"
                    remedy = "different values; the first is used. Merge them there."
                    raise AdapterError(f"{why} {remedy}", record_id=client.id)
            except AdapterError as error:
                problems.append(error)
        complete = True
    except AdapterError as error:
        problems.append(error)
    return Pulled(ClientTable.from_clients(clients.values()), tuple(problems), complete, day)


@checked
def push_advice(
    gateway: Gateway,
    advice: Iterable[Advice],
    *,
    segments: Mapping[str, str] | None = None,
    tags: Mapping[str, Sequence[str]] | None = None,
) -> tuple[Outcome, ...]:
    """What became of each advice sent to another system, in order; sent twice it is there once.

    Args:
        gateway: Where to.
        advice: One a client; of two for one client the later one stands.
        segments: Segment or tier by client id; a client without one keeps what is there.
        tags: Tags by client id; likewise.
    """
    outcomes: list[Outcome] = []
    records: dict[int, dict[str, Any]] = {}
    segments, tags = segments or {}, tags or {}
    fault = "nothing was answered for it; send it again."
    for row, one in enumerate(advice):
        outcomes.append(Outcome(one.client_id, ok=False, problem=fault))
        segment, own = segments.get(one.client_id), tags.get(one.client_id)
        try:
            records[row] = gateway.fields.to_record(one, segment=segment, tags=own)
        except AdapterError as error:
            outcomes[row] = replace(outcomes[row], problem=str(error))
    waiting = iter(records)
    try:
        for outcome, row in zip(gateway.push(list(records.values())), waiting, strict=False):
            outcomes[row] = outcome
    except AdapterError as error:
        for row in waiting:
            outcomes[row] = replace(outcomes[row], problem=str(error))
    return tuple(outcomes)


class MemoryGateway:
    """Records in a mapping by client id: a dict to try with, a catalogue on disk, whatever maps.

    Where it raises an `OSError` it is gone. `clock` gives the moment noted under `fields.changed`.
    """

    def __init__(
        self,
        fields: FieldMap,
        records: MutableMapping[str, dict[str, Any]],
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.fields, self._records, self._clock = fields, records, clock

    def pull(self, *, since: datetime | None = None) -> Iterator[dict[str, Any]]:
        """Records, one by one; one of no known moment always comes."""
        check_moment(since)
        try:
            for key in list(self._records):
                record = self._records[key]
                changed = self.fields.changed_of(record)
                if since is None or changed is None or changed >= since:
                    yield record
        except OSError as error:
            raise AdapterError(f"The records are gone ({error}); pull again.") from error

    def push(self, records: Sequence[dict[str, Any]]) -> Iterator[Outcome]:
        """Write each over what is there under its key."""
        for record in records:
            key = str(self.fields.key_of(record))
            try:
                new = key not in self._records
                whole = deepcopy({} if new else self._records[key])
                for path in self.fields.paths:
                    if (value := value_at(record, path, self)) is not self:
                        put_at(whole, path, value)
                if self.fields.changed:
                    put_at(whole, self.fields.changed, self._clock().isoformat())
                self._records[key] = whole
                yield Outcome(key, ok=True, created=new)
            except OSError as error:
                yield Outcome(key, ok=False, problem=f"The records are gone ({error}); send again.")
