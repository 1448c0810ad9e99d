"""A gateway to a mapping: to try with, and for hosts that keep records in a catalogue of their
own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, MutableMapping, Sequence
from copy import deepcopy
from datetime import UTC, datetime
from typing import Any

from advisor.adapters.crm.mapping import FieldMap
from advisor.adapters.crm.outcomes import Outcome, check_moment
from advisor.adapters.crm.paths import put_at, value_at
from advisor.errors import AdapterError


class MemoryGateway:
    """Records in a mapping by key: a dict to try with, a catalogue on disk, or whatever maps.

    Args:
        fields: How records are read and written.
        records: By client id; anything that it raises as `OSError` is a system that is gone.
        clock: Gives the moment that is noted under `fields.changed`.
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
                why = f"The records are gone ({error}); send it again."
                yield Outcome(key, ok=False, problem=why)
