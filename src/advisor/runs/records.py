"""What a run says of itself beside its parts: `_run.json` at its start, `_summary.json` at its end.

Readers of a folder of Parquet files pass over names that begin with `_`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from advisor.errors import InputError
from advisor.files import read_text
from advisor.runs.parts import (
    RECORDS,
    UNREADABLE,
    Part,
    PartFile,
    count_statuses,
    is_whole,
    recorded_part,
    write_json,
)

RUN_FILE, SUMMARY_FILE = "_run.json", "_summary.json"
FORMAT = 2
"""Of the records of a run: raised when an older library could not read them."""
_FIELDS: Mapping[str, tuple[type, ...]] = {
    "advisor": (str,),
    "as_of": (str,),
    "picks": (int,),
    "rows_per_part": (int,),
    "labels": (list,),
    "partition_by": (str, type(None)),
}
"""What is read of a run's record, and of which type it is."""


@dataclass(frozen=True)
class RunSummary:
    """What a finished run left.

    Attributes:
        run: Digest of what the run depends on.
        clients: Rows.
        statuses: Clients by status.
        parts: By the name of their files.
    """

    run: str
    clients: int
    statuses: Mapping[str, int]
    parts: Mapping[str, Part]

    @property
    def files(self) -> Mapping[str, str]:
        """SHA-256 of every file by its name."""
        return {file.name: file.sha256 for part in self.parts.values() for file in part.files}


def begin_run(folder: Path, record: Mapping[str, Any]) -> str:
    """Digest of what a run depends on, written down at its start.

    Raises:
        InputError: The folder holds another run, or one whose record cannot be read.
    """
    record = {"format": FORMAT, **record}
    path, before = folder / RUN_FILE, _read(folder / RUN_FILE, "whose parts stand beside it")
    if before is None:
        write_json(path, record)
    elif before != record:
        names = sorted(n for n in record.keys() | before.keys() if record.get(n) != before.get(n))
        raise InputError(
            f"{folder} holds a run with another {', '.join(names)}; advice of two runs must not"
            " mix. Choose an empty folder, or go on with what it was begun with.",
            field="folder",
            value=names,
        )
    return run_digest(folder)


def run_digest(folder: Path) -> str:
    """Digest of the record of the run that a folder holds."""
    return hashlib.sha256((folder / RUN_FILE).read_bytes()).hexdigest()


def read_run(folder: Path) -> dict[str, Any]:
    """The record of the run that a folder holds.

    Raises:
        InputError: There is none, or it is of another version or damaged.
    """
    record = _read(folder / RUN_FILE, "what the run depends on")
    if record is None:
        raise InputError(
            f"{folder} holds no run ({RUN_FILE} is not there); give the folder that advise_stream"
            " wrote.",
            field="folder",
            value=str(folder),
        )
    if record.get("format") != FORMAT:
        raise InputError(
            f"{folder} holds a run in format {record.get('format', 1)!r}, written by another"
            f" version of the library ({record.get('version')!r}); this one reads format {FORMAT}."
            " Replay it with that version, or run again into an empty folder.",
            field="folder",
            value=record.get("format"),
        )
    for name, kinds in _FIELDS.items():
        value = record.get(name)
        least = 1 if name == "rows_per_part" else 0
        texts: list[object] = value if isinstance(value, list) else []
        if (
            type(value) not in kinds
            or (isinstance(value, int) and value < least)
            or not all(isinstance(text, str) for text in texts)
        ):
            raise InputError(
                f"{folder} holds no run that could be read ({RUN_FILE}: {name} is {value!r});"
                " restore the record.",
                field="folder",
                value=str(folder),
            )
    return record


def write_summary(folder: Path, run: str, parts: Sequence[Part]) -> None:
    """Write down what a run left.

    Raises:
        InputError: It cannot be written.
    """
    files = [file for part in parts for file in part.files]
    record = {
        "run": run,
        "clients": sum(file.rows for file in files),
        "statuses": count_statuses(files),
        "inputs": [part.inputs for part in parts],
        "parts": [asdict(file) for file in files],
    }
    write_json(folder / SUMMARY_FILE, record)


def read_summary(folder: Path) -> RunSummary | None:
    """What the summary of a run says; None where there is none, since the run has not ended.

    Raises:
        InputError: It cannot be read.
    """
    record = _read(folder / SUMMARY_FILE, "which parts belong to the run")
    if record is None:
        return None
    try:
        files: dict[str, list[PartFile]] = {}
        for entry in record["parts"]:
            file = PartFile.restored(entry)
            files.setdefault(PurePosixPath(file.name).name, []).append(file)
        parts = {
            name: Part(folder, str(inputs), tuple(files[name]))
            for name, inputs in zip(files, record["inputs"], strict=False)
        }
        statuses = {str(name): int(count) for name, count in record["statuses"].items()}
        return RunSummary(str(record["run"]), int(record["clients"]), statuses, parts)
    except UNREADABLE as error:
        raise _unreadable(folder / SUMMARY_FILE, "which parts belong to the run", error) from None


def finished_parts(folder: Path, run: str) -> dict[str, Part]:
    """The parts that are there, by name.

    Raises:
        InputError: One was damaged or changed, or there is a file that would be read as one.
    """
    summary = read_summary(folder)
    if summary is not None and summary.run != run:
        raise InputError(
            f"{folder} has the summary of another run than its record; restore it, or choose an"
            " empty folder.",
            field="folder",
            value=str(folder),
        )
    of_summary = {} if summary is None else summary.parts
    names = of_summary.keys() | {f"{p.stem}.parquet" for p in (folder / RECORDS).glob("*.json")}
    finished: dict[str, Part] = {}
    files: list[str] = []
    faults: list[InputError] = []
    for name in sorted(names):
        try:
            part = of_summary.get(name) or recorded_part(folder / name, run)
            if part is not None:
                files += [file.name for file in part.files]
                finished |= {name: part} if is_whole(part) else {}
        except InputError as error:
            faults.append(error)
    if faults:
        faulty = ", ".join(Path(str(error.value)).name for error in faults[:10])
        many = f"{len(faults)} parts cannot be kept ({faulty}). The first: "
        raise InputError(
            f"{many if len(faults) > 1 else ''}{faults[0]}", field="target", value=faulty
        )
    for name in strangers(folder, files):
        if name.endswith(".parquet") or any((folder / name).rglob("*.parquet")):
            raise InputError(
                f"{folder / name} is no part of this run, and would be read as one. Move it"
                " elsewhere, or choose an empty folder.",
                field="folder",
                value=name,
            )
    return finished


def strangers(folder: Path, names: Iterable[str]) -> list[str]:
    """Names of what stands in the folder of a run besides its records, its files and drafts; a
    folder is named where it holds none of the files.
    """
    names = set(names)
    places = {str(parent) for name in names for parent in PurePosixPath(name).parents} - {"."}
    paths = [path for place in sorted({"", *places}) for path in sorted((folder / place).glob("*"))]
    return [
        name
        for path in paths
        if (name := path.relative_to(folder).as_posix()) not in names | places
        and not path.name.startswith((".", "_"))
    ]


def _read(path: Path, unknown: str) -> dict[str, Any] | None:
    if not path.exists():
        return None
    try:
        record: Any = json.loads(read_text(path))
        if not isinstance(record, dict):
            raise TypeError("it holds no record")
        return record  # pyright: ignore[reportUnknownVariableType]
    except UNREADABLE as error:
        raise _unreadable(path, unknown, error) from None


def _unreadable(path: Path, unknown: str, error: Exception) -> InputError:
    return InputError(
        f"{path} cannot be read ({type(error).__name__}), so it does not say {unknown}. Restore it,"
        " or run into an empty folder.",
        field="folder",
        value=str(path),
    )
