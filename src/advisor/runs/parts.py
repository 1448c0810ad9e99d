"""Parts of a run: files of advice, whole or not there, and beside them a record of what each holds
and what its bytes add up to.

While a run goes on, `_parts/<part>.json` stands for each finished part; it is written before its
files get their names, so that every file with a name has a record.
"""

# pyright: reportUnknownParameterType=false

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from io import BufferedRandom
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from advisor.errors import InputError
from advisor.files import draft_of, drafted, put_in_place, read_text, sync, whole_file

RECORDS = "_parts"
"""Folder of the records of finished parts, until the run ends."""
UNREADABLE = (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError)
"""What a damaged record may raise."""
Pieces = Iterable[tuple[str, Iterable[pa.Table]]]
"""Advice by folder of a partition, such as "branch=North"."""


@dataclass(frozen=True)
class PartFile:
    """One file of a part.

    Attributes:
        name: Its path below the folder of the run, with `/` between folders.
        rows: Clients.
        sha256: Of its bytes.
        statuses: Clients by status.
    """

    name: str
    rows: int
    sha256: str
    statuses: Mapping[str, int]

    @classmethod
    def restored(cls, record: Any) -> PartFile:
        """The file that a record names; raises one of `UNREADABLE` where it is none."""
        statuses = {str(status): int(count) for status, count in record["statuses"].items()}
        return cls(str(record["name"]), int(record["rows"]), str(record["sha256"]), statuses)


@dataclass(frozen=True)
class Part:
    """A finished part.

    Attributes:
        folder: Of the run.
        inputs: Digest of what was read for its rows, in their order.
        files: Where the rows stand: one file, or one a partition.
    """

    folder: Path
    inputs: str
    files: tuple[PartFile, ...]

    @property
    def rows(self) -> int:
        """Clients."""
        return sum(file.rows for file in self.files)

    @property
    def statuses(self) -> Mapping[str, int]:
        """Clients by status."""
        return count_statuses(self.files)

    @property
    def paths(self) -> tuple[Path, ...]:
        """Its files."""
        return tuple(self.folder / file.name for file in self.files)

    @property
    def path(self) -> Path:
        """Its first file."""
        return self.paths[0]


def count_statuses(files: Iterable[PartFile | Part]) -> dict[str, int]:
    """Clients by status, in alphabetical order."""
    counts = Counter[str]()
    for file in files:
        counts.update(file.statuses)
    return dict(sorted(counts.items()))


def part_name(number: int) -> str:
    """What the files of part `number` are called."""
    return f"part-{number:06d}.parquet"


def digest_of(inputs: Iterable[str]) -> str:
    """One digest of the digests of many rows, in their order."""
    return hashlib.sha256("".join(inputs).encode()).hexdigest()


def file_digest(path: Path) -> str:
    """SHA-256 of a file. Raises `InputError` when it cannot be read."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise InputError(
            f"{path} cannot be read ({error}); restore the file.", field="source", value=str(path)
        ) from error


def write_json(path: Path, record: object) -> None:
    """Write a record, whole or not at all.

    Raises:
        InputError: It cannot be written.
    """
    try:
        with whole_file(path) as file:
            file.write(json.dumps(record, indent=1, sort_keys=True).encode())
    except OSError as error:
        raise _unwritten(path, error) from error


def write_part(pieces: Pieces, schema: pa.Schema, path: Path, run: str, inputs: str) -> Part:
    """Write a part beside its place, make sure that it is on disk, and only then name it.

    Args:
        pieces: Folder of each file below that of the run ("" for that itself), and its advice, one
            table at a time in memory; each is a row group, so the bytes depend on how they are cut.
        schema: Of each file.
        path: Its place: the folder of the run, and the name of its files.
        run: Digest of what the run depends on, so that a later run knows its own parts.
        inputs: Digest of what was read for it.

    Raises:
        InputError: It cannot be written (disk full, no permission), or what making a table met;
            nothing half-written stays.
    """
    folder = path.parent
    files: dict[Path, PartFile] = {}
    try:
        for partition, tables in pieces:
            place = folder / partition / path.name
            _make(place.parent)
            with drafted(place) as file:
                name = f"{partition}/{path.name}".lstrip("/")
                files[place] = _written(name, tables, schema, file)
        part = Part(folder, inputs, tuple(files.values()))
        record = {"run": run, "inputs": inputs, "parts": [asdict(file) for file in part.files]}
        _make(folder / RECORDS)
        write_json(record_path(path), record)
        for place in files:
            put_in_place(place)
    except Exception as error:
        for place in files:
            draft_of(place).unlink(missing_ok=True)
        if isinstance(error, OSError | pa.ArrowException):
            raise _unwritten(path, error) from error
        raise
    return part


def _written(
    name: str, tables: Iterable[pa.Table], schema: pa.Schema, file: BufferedRandom
) -> PartFile:
    """What was written into a file; the same tables give the same bytes."""
    settings: dict[str, Any] = {
        "compression": "zstd",
        "compression_level": 1,
        "use_dictionary": [field.name for field in schema if pa.types.is_string(field.type)],
        "write_statistics": ["client_id"],
    }
    statuses = Counter[str]()
    with pq.ParquetWriter(file, schema, **settings) as out:
        for table in tables:
            out.write_table(table.combine_chunks())
            for entry in table["status"].value_counts().to_pylist():
                statuses[entry["values"]] += entry["counts"]
    file.seek(0)
    digest = hashlib.file_digest(file, "sha256").hexdigest()
    return PartFile(name, statuses.total(), digest, dict(sorted(statuses.items())))


def record_path(path: Path) -> Path:
    """Where the record of a part stands whose place is `path`."""
    return path.parent / RECORDS / f"{path.stem}.json"


def read_part(path: Path, run: str) -> Part | None:
    """The finished part whose place is `path`; None where it is to be made.

    Args:
        path: The folder of the run, and the name of the part's files.
        run: Digest of what the run depends on.

    Raises:
        InputError: Another run made it, nothing says which one did, or its bytes are not those that
            were written.
    """
    part = recorded_part(path, run)
    if part is None and path.exists():
        raise InputError(
            f"{path} has no record, so nobody knows which run made it. Move it elsewhere, or choose"
            " an empty folder.",
            field="target",
            value=str(path),
        )
    return part if part is not None and is_whole(part) else None


def recorded_part(path: Path, run: str) -> Part | None:
    """What the record says of the part whose place is `path`; None where there is none.

    Raises:
        InputError: The record cannot be read, or is of another run.
    """
    place = record_path(path)
    if not place.exists():
        return None
    try:
        record = json.loads(read_text(place))
        files = tuple(PartFile.restored(file) for file in record["parts"])
        if record["run"] == run and files:
            return Part(path.parent, str(record["inputs"]), files)
    except UNREADABLE as error:
        raise InputError(
            f"{place} is no readable record of a part ({type(error).__name__}); remove it and the"
            " part, and it is made again.",
            field="target",
            value=str(place),
        ) from None
    raise InputError(
        f"{path} was made by another run (other clients, advisor, day or part size); advice of two"
        " runs must not mix. Choose an empty folder.",
        field="target",
        value=str(path),
    )


def is_whole(part: Part) -> bool:
    """Whether all files of a part are there.

    Raises:
        InputError: The bytes of one are not those that were written.
    """
    for file, place in zip(part.files, part.paths, strict=True):
        if place.exists() and (digest := file_digest(place)) != file.sha256:
            raise InputError(
                f"{place} is not the part that the run wrote: its SHA-256 is {digest[:12]}, the"
                f" record of the run says {file.sha256[:12]}, so it was damaged or changed. Remove"
                " it, and it is made again.",
                field="target",
                value=str(place),
            )
    return all(place.is_file() for place in part.paths)


def _make(folder: Path) -> None:
    """Make a folder, and make it last, where there is none."""
    if not folder.exists():
        folder.mkdir(exist_ok=True)
        sync(folder.parent)


def _unwritten(path: Path, error: Exception) -> InputError:
    return InputError(
        f"{path} cannot be written ({error}); free space or choose another place and run again."
        " Finished parts are kept and not made again.",
        field="target",
        value=str(path),
    )
