"""Part files of advice: whole or not there, and each says in its own footer what it holds."""
# pyright: reportUnknownParameterType=false

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from advisor.adapters.engines.job import INPUTS
from advisor.errors import InputError

RUN, ROWS, STATUSES, READ = b"advisor.run", b"advisor.rows", b"advisor.statuses", b"advisor.inputs"
"""Keys of a part's metadata: what made it, how many clients it holds, how many of each status, and the digest of what was read for them."""


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
    """Write a part beside its place, make sure that it is on disk, and only then give it its name: a part that is there is whole.

    Args:
        table: Advice.
        path: Its place; the same table and `run` give the same bytes.
        run: What made it, so that a later run can tell its own parts from others.

    Raises:
        InputError: It cannot be written (disk full, no permission); nothing half-written stays.
    """
    counted = table["status"].value_counts().to_pylist()
    statuses = dict(sorted((str(c["values"]), int(c["counts"])) for c in counted))
    read = digest_of(table[INPUTS].to_pylist())
    told = {RUN: run.encode(), ROWS: str(table.num_rows).encode(), STATUSES: json.dumps(statuses).encode(), READ: read.encode()}
    schema = table.schema.with_metadata({**(table.schema.metadata or {}), **told})
    draft = path.with_name(f".{path.name}.{os.getpid()}.writing")
    settings: dict[str, Any] = {
        "compression": "zstd",
        "compression_level": 1,
        "use_dictionary": [field.name for field in schema if pa.types.is_string(field.type)],
        "write_statistics": ["client_id"],
    }
    try:
        with draft.open("wb") as file:
            with pq.ParquetWriter(file, schema, **settings) as out:
                out.write_table(table.replace_schema_metadata(schema.metadata).combine_chunks())
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
        _sync_folder(path.parent)
    except (OSError, pa.ArrowException) as error:
        draft.unlink(missing_ok=True)
        raise InputError(
            f"{path} cannot be written ({error}); free space or choose another place and run again. Finished parts are kept and not made again.",
            field="target",
            value=str(path),
        ) from error
    return Part(path, table.num_rows, statuses, read)


def write_text(path: Path, text: str) -> None:
    """Write a small file as `write_part` writes a part.

    Raises:
        InputError: It cannot be written.
    """
    draft = path.with_name(f".{path.name}.{os.getpid()}.writing")
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
            f"{path} cannot be written ({error}); free space or choose another place.", field="target", value=str(path)
        ) from error


def read_part(path: Path, run: str) -> Part | None:
    """The finished part at a place, from its footer; None where there is none yet.

    Raises:
        InputError: A file is there that another run made, or that cannot be read.
    """
    if not path.is_file():
        return None
    try:
        told: Mapping[bytes, bytes] = pq.read_schema(path).metadata or {}
    except (OSError, pa.ArrowException) as error:
        raise InputError(
            f"{path} is no readable part of a run ({error}); remove it, and it is made again.", field="target", value=str(path)
        ) from error
    if told.get(RUN) != run.encode():
        raise InputError(
            f"{path} was made by another run (other clients, advisor, day or part size); advice of two runs must not mix. Choose an empty folder.",
            field="target",
            value=str(path),
        )
    return Part(path, int(told[ROWS]), json.loads(told[STATUSES]), told[READ].decode())


def clear_drafts(folder: Path) -> None:
    """Remove what a killed run was writing."""
    for draft in folder.glob(".*.writing"):
        draft.unlink(missing_ok=True)


def _sync_folder(folder: Path) -> None:
    """Make a rename last through a power cut, where the system can."""
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
