"""A gateway to a CRM over its REST interface, whichever: what differs is a `Dialect`."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, cast
from urllib.parse import urlsplit

from advisor.adapters.crm.calls import write_batch
from advisor.adapters.crm.dialect import Dialect, Read, filled, filled_path
from advisor.adapters.crm.mapping import FieldMap
from advisor.adapters.crm.outcomes import Outcome, check_moment, paged
from advisor.adapters.crm.paths import value_at
from advisor.adapters.crm.sending import GoneError, Send, patiently, said
from advisor.errors import AdapterError
from advisor.privacy import personal


class RestGateway:
    """Records of Salesforce, HubSpot, Dynamics 365, or what else a `Dialect` describes.

    Args:
        send: The host's own client, or `http_send(...)`.
        dialect: How that vendor is called, or the name of a bundled one.
        fields: Which field is which; the bundled map of the dialect's id when None.
        wait: Waits so many seconds before another try.
    """

    def __init__(
        self,
        send: Send,
        dialect: Dialect | str,
        *,
        fields: FieldMap | None = None,
        wait: Callable[[float], object] = time.sleep,
    ) -> None:
        dialect = Dialect.bundled(dialect) if isinstance(dialect, str) else dialect
        self.fields = FieldMap.bundled(dialect.id) if fields is None else fields
        self._send, self._dialect = patiently(send, wait=wait), dialect

    def pull(self, *, since: datetime | None = None) -> Iterator[dict[str, Any]]:
        """Records, page by page. Raises `AdapterError` when the system stops answering."""
        check_moment(since)
        read = self._dialect.everything if since is None else self._dialect.changed
        while True:
            count, last = 0, {}
            for entry in _entries(self._send, read, self._names(since)):
                count, last = count + 1, cast("dict[str, Any]", value_at(entry, read.record))
                yield last
                if count == read.window:
                    break
            if read.window is None or count < read.window:
                return
            before, since = since, self.fields.changed_of(last)
            if since is None or (before is not None and since <= before):
                why = f"One query gives {count:,} records of {self.fields.object!r}, and more"
                raise AdapterError(f"{why} changed at one moment. Pull everything instead.")

    def push(self, records: Sequence[dict[str, Any]]) -> Iterator[Outcome]:
        """In as few calls as there may be: no client twice in one, so that of two records the later
        stands.
        """
        batch: dict[str, dict[str, Any]] = {}
        gone: list[str] = []
        for record in records:
            key = self.fields.key_of(record) or ""
            problem = self._unusable(key)
            if problem or key in batch or len(batch) == self._dialect.write.size:
                yield from self._sent(batch, gone)
                batch = {}
            if problem:
                yield Outcome(key, ok=False, problem=problem)
            else:
                batch[key] = record
        yield from self._sent(batch, gone)

    def _sent(self, batch: Mapping[str, dict[str, Any]], gone: list[str]) -> Iterator[Outcome]:
        """What became of a batch; once the system is gone nothing more is sent."""
        if batch and not gone:
            try:
                yield from write_batch(self._send, self._dialect.write, self._names(None), batch)
                return
            except GoneError as error:
                gone.append(str(error))
        yield from (Outcome(key, ok=False, problem=gone[0]) for key in batch)

    def _unusable(self, key: str) -> str | None:
        unsafe = " ".join(sorted(set(key) & set(self._dialect.write.unsafe)))
        if key and not unsafe:
            return None
        what = f"has {unsafe} in it, which this system allows in no key" if key else "is missing"
        where = f"{self.fields.key} of {personal(key)}"
        return f"{where} {what}; it could not be found again there. Send another."

    def _names(self, since: datetime | None) -> dict[str, Any]:
        """What the templates of every request may name."""
        fields = self.fields
        every = (*fields.paths, *((fields.changed,) if fields.changed else ()))
        paths: list[str] = list(dict.fromkeys(every))
        since_text = "" if since is None else self._dialect.moment_of(since)
        names = {"object": fields.object, "key": fields.key, "changed": fields.changed}
        return {**names, "paths": paths, "fields": ",".join(paths), "since": since_text}


def _entries(send: Send, read: Read, names: Mapping[str, Any]) -> Iterator[Any]:
    """The entries of a list, page after page."""
    path, params = filled_path(read.path, names), filled(read.params, names)
    body = filled(read.body, names)

    def ask(token: Any) -> tuple[list[Any], Any]:
        where, sent = path, body
        own: dict[str, Any] = params
        if token is not None and read.token is None:  # of a link only path and query: no new host
            link = urlsplit(str(token))
            where, own, sent = f"{link.path}?{link.query}".rstrip("?"), {}, None
        elif token is not None and body is None:
            own = {**params, str(read.token): str(token)}
        elif token is not None:
            sent = {**body, read.token: token}
        reply = send(read.method, where, own or None, sent)
        entries = value_at(reply.body, read.records)
        if reply.ok and isinstance(entries, list):
            return cast("list[Any]", entries), value_at(reply.body, read.next)
        why = f"{read.method} {where} gives no records ({reply.status} {said(reply.body)})."
        raise AdapterError(f"{why} Correct the map, or the rights of its user there.")

    return paged(ask)
