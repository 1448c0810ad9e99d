"""Part files of advice: whole or not there, and each says in its own footer what it holds and what
its bytes add up to.
"""

# pyright: reportUnknownParameterType=false

from __future__ import annotations

import hashlib
import json
import os
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

from advisor.errors import AdvisorError, InputError
from advisor.runs.folders import draft_of
from advisor.runs.job import INPUTS

RUN, ROWS, STATUSES, READ, SEAL = (
    b"advisor.run",
    b"advisor.rows",
    b"advisor.statuses",
    b"advisor.inputs",
    b"advisor.sha256",
)
"""Keys of a part's metadata: what made it, how many clients it holds, how many of each status, the
digest of what was read for them, and the SHA-256 of the whole file as it is with 64 zeros in the
place of that very digest."""
_BLANK = b"0" * 64
_BLOCK = 1 << 20


@dataclass(frozen=True)
class Part:
    """A finished part file.

    Attributes:
        path: Where.
        rows: Clients.
        statuses: Clients by status.
        read: Digest of the rows that were read, see `digest_of`.
    """

    path: Path
    rows: int
    statuses: Mapping[str, int]
    read: str


def part_path(folder: Path, number: int) -> Path:
    """Where part `number` stands."""
    return folder / f"part-{number:06d}.parquet"


def digest_of(inputs: Iterable[str]) -> str:
    """One digest of the digests of many rows, in their order."""
    return hashlib.sha256("".join(inputs).encode()).hexdigest()


def write_part(table: pa.Table, path: Path, run: str) -> Part:
    """Write a part beside its place, make sure that it is on disk, and only then give it its name:
    a part that is there is whole.

    Args:
        table: Advice.
        path: Its place; the same table and `run` give the same bytes.
        run: What made it, so that a later run can tell its own parts from others.

    Raises:
        InputError: It cannot be written (disk full, no permission); nothing half-written stays.
    """
    return write_tables([table], table.schema, path, run)


def write_tables(tables: Iterable[pa.Table], schema: pa.Schema, path: Path, run: str) -> Part:
    """`write_part` of many tables, one at a time in memory; each is a row group, so the bytes
    depend on how they are cut.

    Raises:
        InputError: As `write_part`, or what making a table met.
    """
    schema = schema.with_metadata({**(schema.metadata or {}), RUN: run.encode()})
    draft = draft_of(path)
    settings: dict[str, Any] = {
        "compression": "zstd",
        "compression_level": 1,
        "use_dictionary": [field.name for field in schema if pa.types.is_string(field.type)],
        "write_statistics": ["client_id"],
    }
    counts, digest, rows = Counter[str](), hashlib.sha256(), 0
    try:
        with draft.open("w+b") as file:
            with pq.ParquetWriter(file, schema, **settings) as out:
                for table in tables:
                    out.write_table(table.replace_schema_metadata(schema.metadata).combine_chunks())
                    rows += table.num_rows
                    counts.update(
                        {
                            str(c["values"]): int(c["counts"])
                            for c in table["status"].value_counts().to_pylist()
                        }
                    )
                    digest.update("".join(table[INPUTS].to_pylist()).encode())
                statuses = dict(sorted(counts.items()))
                told = {
                    ROWS: str(rows).encode(),
                    STATUSES: json.dumps(statuses).encode(),
                    READ: digest.hexdigest().encode(),
                }
                out.add_key_value_metadata({**told, SEAL: _BLANK})
            _seal(file)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
        _sync_folder(path.parent)
    except (OSError, pa.ArrowException) as error:
        draft.unlink(missing_ok=True)
        raise InputError(
            f"{path} cannot be written ({error}); free space or choose another place and run again."
            " Finished parts are kept and not made again.",
            field="target",
            value=str(path),
        ) from error
    except AdvisorError:
        draft.unlink(missing_ok=True)
        raise
    return Part(path, rows, statuses, digest.hexdigest())


def _seal(file: BinaryIO) -> None:
    """Put the digest of a written file in its place."""
    at = _place_of(file, _BLANK)
    found = _digest_without(file, at)
    file.seek(at)
    file.write(found)


def _place_of(file: BinaryIO, digest: bytes) -> int:
    """Where a digest stands in the footer. Raises `ValueError` when it does not."""
    size = file.seek(0, os.SEEK_END)
    file.seek(size - 8)
    footer = int.from_bytes(file.read(4), "little")
    file.seek(start := max(size - 8 - footer, 0))
    return start + file.read(footer).rindex(digest)


def _digest_without(file: BinaryIO, at: int) -> bytes:
    """SHA-256 of a file with zeros at the place of its own digest."""
    found = hashlib.sha256()
    file.seek(0)
    left = at
    while left:
        block = file.read(min(left, _BLOCK))
        found.update(block)
        left -= len(block)
    found.update(_BLANK)
    file.seek(at + len(_BLANK))
    while block := file.read(_BLOCK):
        found.update(block)
    return found.hexdigest().encode()


def write_text(path: Path, text: str) -> None:
    """Write a small file as `write_part` writes a part.

    Raises:
        InputError: It cannot be written.
    """
    draft = draft_of(path)
    try:
        with draft.open("w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
        _sync_folder(path.parent)
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise InputError(
            f"{path} cannot be written ({error}); free space or choose another place.",
            field="target",
            value=str(path),
        ) from error


def read_part(path: Path, run: str) -> Part | None:
    """The finished part at a place; None where there is none yet.

    Raises:
        InputError: A file is there that another run made, that cannot be read, or whose bytes are
            not those that were written.
    """
    if not path.is_file():
        return None
    try:
        told: Mapping[bytes, bytes] = pq.read_metadata(path).metadata or {}
        if told.get(RUN) != run.encode():
            raise InputError(
                f"{path} was made by another run (other clients, advisor, day or part size); advice"
                " of two runs must not mix. Choose an empty folder.",
                field="target",
                value=str(path),
            )
        with path.open("rb") as file:
            if _digest_without(file, _place_of(file, told[SEAL])) != told[SEAL]:
                raise ValueError("its bytes are not those that were written")
        return Part(path, int(told[ROWS]), json.loads(told[STATUSES]), told[READ].decode())
    except InputError:
        raise
    except (OSError, KeyError, ValueError, pa.ArrowException) as error:
        raise InputError(
            f"{path} is no readable part of a run ({error}); remove it, and it is made again.",
            field="target",
            value=str(path),
        ) from error


def _sync_folder(folder: Path) -> None:
    """Make a rename last through a power cut, where the system can."""
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
