"""An append-only chain of records, in a database or in a file."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from advisor.adapters.extras import needs
from advisor.adapters.records.chain_file import ChainFile
from advisor.adapters.records.file_lines import line_text, write_lines
from advisor.adapters.records.heads import Head, SignedHead
from advisor.adapters.records.moments import moment_of, moment_text
from advisor.adapters.records.record import Record, canonical
from advisor.adapters.records.report import LedgerReport, Line, checked_chain, digest_of
from advisor.annotations import Folder
from advisor.errors import InputError
from advisor.validation import checked


class Ledger:
    """What was decided, in order: each record holds the digest of the one before.

    Args:
        place: A `Store` (or `Database`), or the path of a file, which is made.
        key: Ed25519 private key, or its 32 bytes, with which `export` signs.
    """

    def __init__(self, place: Any, *, key: Any = None) -> None:
        self._key = key
        if isinstance(place, str | Path):
            self._chain: Any = ChainFile(Path(place))
        else:
            self._chain = needs("crm", "advisor.adapters.records.chain_table").ChainTable(place)

    @checked
    def append(self, records: Record | Iterable[Record], *, at: object) -> Head:
        """Write records behind the last one: all of them, or nothing. Returns the new head.

        Args:
            records: What was decided.
            at: When, with a time zone.

        Raises:
            InputError: Something is no `Record`, `at` has no time zone, or it cannot be written.
        """
        time_text = moment_text(moment_of(at))
        rows = [records] if isinstance(records, Record) else list(records)
        texts = [_text(row) for row in rows]

        def made(head: Head) -> list[Line]:
            lines: list[Line] = []
            seq, before = head.seq, head.digest
            for text in texts:
                seq += 1
                body = f'{{"at":"{time_text}","before":"{before}","record":{text},"seq":{seq}}}'
                before = digest_of(body)
                lines.append((seq, body, before))
            return lines

        return self._chain.extend(made)

    def head(self) -> Head:
        """The last record's number and digest."""
        return self._chain.extend(lambda _: [])

    def signed_head(self, key: Any = None) -> SignedHead:
        """The head, signed: keep it where nobody who can write the ledger can write.

        Raises:
            InputError: There is no key.
        """
        key = self._key if key is None else key
        if key is None:
            why = "There is no key to sign with, and an unsigned head proves nothing."
            raise InputError(f"{why} Pass key=new_key(), and keep it.", field="key")
        return self.head().signed(key)

    def records(self) -> Iterator[tuple[int, datetime, Record]]:
        """Number, moment and record of every line, in order, as they are written."""
        for seq, body, _ in self._chain.lines():
            fields = json.loads(body)
            yield seq, datetime.fromisoformat(fields["at"]), Record(**fields["record"])

    @checked
    def verify(
        self, head: SignedHead | None = None, *, public_key: str | bytes | None = None
    ) -> LedgerReport:
        """Whether nothing was changed, left out, moved or added.

        Args:
            head: A head signed earlier, without which a ledger cut off at its end looks whole.
            public_key: Whose signature it must bear; None: the one that it names.
        """
        return checked_chain(self._chain.lines(), head, public_key)

    @checked
    def export(self, path: Folder, *, key: Any = None) -> Path:
        """Write the ledger to a file for `verify_file`, its head signed where there is a key.

        Raises:
            InputError: It cannot be written.
        """
        return write_lines(Path(path), self._export_lines(self._key if key is None else key))

    def _export_lines(self, key: Any) -> Iterator[str]:
        head = Head()
        for seq, body, digest in self._chain.lines():
            head = Head(seq, digest)
            yield line_text(seq, body, digest)
        if key is not None:
            yield json.dumps(head.signed(key).model_dump())


def _text(record: object) -> str:
    if not isinstance(record, Record):
        why = f"A ledger keeps records, and this is {type(record).__name__}."
        raise InputError(f"{why} Make Record(kind=..., decision=...).", field="records")
    return canonical(record.content()).decode()
