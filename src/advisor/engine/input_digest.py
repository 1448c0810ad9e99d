"""What was known about each client, as one digest a row: the proof of which data an advice was made
from.

A digest is the first 64 bits of BLAKE2b over the day, the number of products asked for, the
client's id and everything their row says, each part with its name, in one fixed order. What is not
said (an empty cell, a column the table lacks, a holding of no money) adds nothing, so the digest is
the same whatever table the client stands in, however its columns are ordered or coded, and whether
they came as a `Client`, a frame or Arrow.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from hashlib import blake2b
from itertools import pairwise
from struct import pack

import numpy as np
import numpy.typing as npt

from advisor.arrays import FloatArray, IntArray
from advisor.data.clients.schema import FLAGS, NUMBERS, SETS, WORDS
from advisor.data.clients.table import ClientTable

SLOTS = 5
"""Products asked for where nobody says how many."""
BYTES = 8
"""Of a digest, and of every name and number inside it."""
_HEAD = (*NUMBERS, *FLAGS, "level", "lowest_category")
"""Columns that every table has; the day of the assessment follows them."""
_ROWS_AT_A_TIME, _FEW = 8192, 8
_NOTHING = b""
_Tags = npt.NDArray[np.uint64]


def input_digests(clients: ClientTable, as_of: np.datetime64, slots: int = SLOTS) -> list[str]:
    """Digest of each row, 16 hex digits, length c; each from its own row alone.

    Args:
        clients: c clients. Of a row with a problem the id and the problem are digested.
        as_of: The day of the advice.
        slots: Products asked for, which an advice without picks could not show otherwise.
    """
    digests: list[str] = []
    question = _question(as_of, slots)
    for part in clients.chunks(_ROWS_AT_A_TIME):
        records = (
            (_record(part, i) for i in range(len(part))) if len(part) <= _FEW else _records(part)
        )
        # this line runs once a client of a million
        of_part = [
            blake2b(question + name.encode() + b"|" + record, digest_size=BYTES).hexdigest()
            for name, record in zip(part.ids, records, strict=True)
        ]
        for i in part.problems:
            of_part[i] = _digest(part, i, _NOTHING, question)
        digests += of_part
    return digests


def input_digest(
    clients: ClientTable, i: int, as_of: np.datetime64, slots: int | None = SLOTS
) -> str:
    """`input_digests(clients, as_of, slots)[i]`, for one row alone."""
    return _digest(clients, i, _record(clients, i), _question(as_of, slots))


def _question(as_of: np.datetime64, slots: int | None) -> bytes:
    return f"{as_of}/{slots}|".encode()


def _digest(clients: ClientTable, i: int, record: bytes, question: bytes) -> str:
    content = b"problem:" + clients.problems[i].encode() if i in clients.problems else record
    return blake2b(
        _NOTHING.join((question, clients.ids[i].encode(), b"|", content)), digest_size=BYTES
    ).hexdigest()


@lru_cache(maxsize=65_536)
def _tag(kind: str, name: str) -> int:
    """A name as a number."""
    return int.from_bytes(
        blake2b(f"{len(kind)}:{kind}={name}".encode(), digest_size=BYTES).digest(), "little"
    )


def _record(clients: ClientTable, i: int) -> bytes:
    """All that row i says, for a few rows: the same bytes as `_records` finds by column."""
    head = [float(getattr(clients, name).item(i)) + 0.0 for name in _HEAD]
    head.append(float(clients.assessed_on[i].astype(np.int64)))
    packed = [pack(f"<{len(head)}d", *(np.nan if value != value else value for value in head))]
    words = [
        _tag(name, word) for name in WORDS if (word := getattr(clients, name).word(i)) is not None
    ]
    words += [
        _tag(f"answer:{q}", word)
        for q in sorted(clients.answers)
        if (word := clients.answers[q].word(i)) is not None
    ]
    packed.append(pack(f"<{len(words)}Q", *words))
    for name in sorted(clients.biases):
        value = clients.biases[name].item(i)
        packed.append(_NOTHING if value != value else pack("<Qd", _tag("bias", name), value + 0.0))
    for kind in ("holdings", *SETS):
        table = getattr(clients, kind)
        if table.names:
            packed += [
                pack("<Qd", _tag(kind, name), value)
                for name, value in table.row(i).items()
                if value != 0.0
            ]
    return _NOTHING.join((*packed, _goals(clients, i)))


def _records(clients: ClientTable) -> Iterable[bytes]:
    """All that each row says, by column."""
    head, width = _head(clients).tobytes(), BYTES * (len(_HEAD) + 1)
    words, word_at = _words(clients)
    named, named_at = _named(clients)
    spans = [
        head[at : at + width] + words[begin:end] + named[first:last]
        for at, (begin, end), (first, last) in zip(
            range(0, len(head), width), pairwise(word_at), pairwise(named_at), strict=True
        )
    ]
    if not clients.goals:
        return spans
    return [span + _goals(clients, i) for i, span in enumerate(spans)]


def _head(clients: ClientTable) -> FloatArray:
    """Shape (c, w)."""
    block: FloatArray = np.empty((len(clients), len(_HEAD) + 1), dtype="<f8")
    for j, name in enumerate(_HEAD):
        block[:, j] = getattr(clients, name)
    block[:, -1] = clients.assessed_on.astype(np.int64)
    return _plain(block)


def _plain(values: FloatArray) -> FloatArray:
    """One bit pattern for zero, and one for unknown."""
    plain = values + 0.0
    plain[np.isnan(plain)] = np.nan
    return plain.astype("<f8", copy=False)


def _words(clients: ClientTable) -> tuple[bytes, list[int]]:
    """Words and answers of each row behind each other, and where each row's begin."""
    columns = [(name, labels) for name in WORDS if (labels := getattr(clients, name)).names]
    columns += [
        (f"answer:{q}", labels)
        for q in sorted(clients.answers)
        if (labels := clients.answers[q]).names
    ]
    block: _Tags = np.empty((len(clients), len(columns)), dtype="<u8")
    said: npt.NDArray[np.bool_] = np.empty(block.shape, dtype=np.bool_)
    for j, (name, labels) in enumerate(columns):
        said[:, j] = labels.codes >= 0
        block[:, j] = np.array([_tag(name, word) for word in labels.names], dtype="<u8")[
            labels.codes
        ]
    return (block if said.all() else block[said]).tobytes(), _starts(said.sum(axis=1), BYTES)


def _named(clients: ClientTable) -> tuple[bytes, list[int]]:
    """Biases, holdings and sets of each row behind each other (name and number), and where each
    row's begin.
    """
    rows: list[IntArray] = []
    entries: list[FloatArray] = []

    def add(owners: IntArray, tags: _Tags, values: FloatArray) -> None:
        rows.append(owners)
        entries.append(np.stack([tags.view("<f8"), _plain(values)], axis=1))

    for name in sorted(clients.biases):
        known = np.flatnonzero(~np.isnan(clients.biases[name]))
        add(
            known, np.full(len(known), _tag("bias", name), dtype="<u8"), clients.biases[name][known]
        )
    for kind in ("holdings", *SETS):
        table = getattr(clients, kind)
        there = table.values != 0.0
        tags = np.array([_tag(kind, name) for name in table.names], dtype="<u8")
        add(table.row_of_entry()[there], tags[table.codes[there]], table.values[there])
    owner = np.concatenate(rows)
    order = np.argsort(owner, kind="stable")
    return np.concatenate(entries)[order].tobytes(), _starts(
        np.bincount(owner, minlength=len(clients)), 2 * BYTES
    )


def _starts(counts: npt.NDArray[np.int64], size: int) -> list[int]:
    starts = np.zeros(len(counts) + 1, dtype=np.int64)
    np.cumsum(counts * size, out=starts[1:])
    return starts.tolist()


def _goals(clients: ClientTable, i: int) -> bytes:
    goals = clients.goals[i] if clients.goals else ()
    return _NOTHING.join(f"goal:{goal.model_dump_json()}".encode() for goal in goals)
