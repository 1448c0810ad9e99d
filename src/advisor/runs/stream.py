"""A day's clients from any table to Parquet parts, in bounded memory; killed at any moment, it goes
on where it was.

::

    _run.json                what the parts belong to: advisor, day, picks, rows a part, input
    part-000000.parquet     advice of clients 0 .. rows_per_part - 1, in the order of the input; see
    `engine.output.arrow` for the columns _summary.json            written last: clients, clients by
    status, and for each part its SHA-256

A part gets its name only when it is whole and on disk, so a part that is there is finished, and a
second start makes only what is missing; it carries the SHA-256 of its own bytes, so one that was
damaged since is named and not kept. One run at a time writes into a folder. Every byte is a
function of input, advisor, day, picks and rows a part: an interrupted run and an undisturbed one
leave the same files.

A client who stands in the input twice, in whichever parts, is advised at their first row; every
later one is a row with the status `invalid_input`.
"""

# pyright: reportUnknownParameterType=false

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, cast

import numpy as np
import pyarrow as pa

from advisor.annotations import Texts
from advisor.arrays import IntArray, check_type, check_whole
from advisor.data.client_files import files_of
from advisor.data.clients.sources import arrow_batches, opened_once
from advisor.data.csv_layout import ClientFiles
from advisor.data.days import as_day
from advisor.engine.advisor import Advisor
from advisor.engine.input_digest import input_digests
from advisor.errors import InputError, StoppedError
from advisor.files import read_text
from advisor.runs.duplicates import REPEATED, SeenIds
from advisor.runs.folders import FolderLock, clear_drafts, ready
from advisor.runs.job import AdvisorRef, Job
from advisor.runs.local import file_digest, in_order
from advisor.runs.parts import Part, digest_of, part_path, read_part, write_part, write_text
from advisor.runs.summary import check_sealed, read_summary, write_summary

RUN_FILE = "_run.json"
ROWS_PER_PART = 50_000
_NOBODY: IntArray = np.zeros(0, dtype=np.int64)


@dataclass(frozen=True)
class Summary:
    """What a run left.

    Attributes:
        folder: Where.
        clients: Rows read, and rows written: one each.
        statuses: Clients by status; "ok" and the reasons why there is no advice.
        parts: The files, in the order of the input.
        made: How many of them this start made; the others were there.
    """

    folder: Path
    clients: int
    statuses: Mapping[str, int]
    parts: tuple[Path, ...]
    made: int


def advise_stream(
    advisor: Advisor | str | Path,
    source: Any,
    folder: str | Path,
    *,
    as_of: date | str | None = None,
    picks: int = 5,
    labels: Texts | str = (),
    workers: int = 1,
    rows_per_part: int = ROWS_PER_PART,
    progress: bool | Callable[[int], None] = False,
    stop: Callable[[], bool] | None = None,
) -> Summary:
    """Advise every client of a source and write Parquet parts; run it again after a crash and it
    finishes.

    Args:
        advisor: A fitted advisor, or the folder it was saved to (then workers map one copy of it
            into memory).
        source: Parquet, CSV or Arrow files, a folder of them, a `ClientTable`, or anything with the
            Arrow C stream (pandas, polars, pyarrow, DuckDB). Read by chunk.
        folder: Where the parts go; empty, or that of the same run begun before.
        as_of: The day; today when None, and recorded. Name it if the run may go on after midnight.
        picks: Products to recommend at most.
        labels: Columns of your own, such as a branch, that stand again beside the advice.
        workers: Processes.
        rows_per_part: Clients a file. Memory grows with workers * rows_per_part, not with the
            number of clients.
        progress: Show a bar (needs tqdm); or what to call with the number of clients of every part
            that is done.
        stop: Asked before every part: once it says True, the parts begun are finished and the run
            ends; the same call goes on with it later.

    Returns:
        Counts by status. No client is lost or advised twice: part i holds rows i * rows_per_part
        onwards of the input, in its order, and an id is advised once.

    Raises:
        InputError: The source cannot be read, the folder holds another run, is written to by one,
            or cannot be written, a finished part was damaged, or the input has changed since the
            run began. Finished parts are kept in each case.
        StoppedError: `stop` said so.
    """
    ref = AdvisorRef.of(advisor, as_of=as_of, picks=picks)
    processes = check_whole(workers, "workers", "Give a number of processes.", low=1)
    size = check_whole(rows_per_part, "rows_per_part", "Give a number of clients.", low=1)
    check_type(folder, (str, Path), "folder", "Name the folder for the advice.")
    bar = _bar(progress)
    schema, source = opened_once(source, labels)
    job = Job.of(ref, schema)
    target = ready(folder)
    with FolderLock(target) as held:
        run = _begin(target, job, source, size)
        clear_drafts(target, everything=held)
        already = dict(_finished(target, run))
        ending = _Ending(stop)
        tasks = ending.until(_tasks(job, source, target, run, already, size))
        parts: list[Part] = []
        with bar as moved:
            for part in in_order(_advise_part, tasks, processes):
                parts.append(part)
                moved(part.rows)
        ending.check(len(parts))
        if not parts:
            parts.append(
                _advise_part(
                    job, schema.empty_table(), _NOBODY, part_path(target, 0), run, already.get(0)
                )
            )
        if any(number >= len(parts) for number in already):
            raise _changed(target)
        summary = _summed(target, parts, len(parts) - len(already))
        write_summary(target, run, parts, summary.statuses)
        clear_drafts(target, everything=held)
    return summary


def _summed(folder: Path, parts: Sequence[Part], made: int) -> Summary:
    statuses: Counter[str] = Counter()
    for part in parts:
        statuses.update(part.statuses)
    return Summary(
        folder,
        sum(p.rows for p in parts),
        dict(sorted(statuses.items())),
        tuple(p.path for p in parts),
        made,
    )


def _tasks(
    job: Job, source: Any, folder: Path, run: str, already: Mapping[int, Part], rows: int
) -> Iterator[tuple[Any, ...]]:
    met = SeenIds()
    for number, table in enumerate(arrow_batches(source, rows, job.labels)):
        yield (
            job,
            table,
            met.repeated(table["id"]),
            part_path(folder, number),
            run,
            already.get(number),
        )


def _advise_part(
    job: Job, table: pa.Table, twice: IntArray, path: Path, run: str, done: Part | None
) -> Part:
    problems = dict.fromkeys(twice.tolist(), REPEATED)
    if done is None:
        return write_part(job.on_table(table, problems), path, run)
    if done.rows != table.num_rows or done.read != digest_of(
        input_digests(job.clients(table, problems), as_day(job.model.as_of, "as_of"))
    ):
        raise _changed(path)
    return done


def _begin(folder: Path, job: Job, source: Any, rows_per_part: int) -> str:
    """Digest of what the run depends on, written down at its start."""
    told = {
        "advisor": job.model.fingerprint,
        "as_of": job.model.as_of,
        "picks": job.model.picks,
        "rows_per_part": rows_per_part,
        "version": job.schema.metadata[b"advisor.version"].decode(),
        "input": _identity(source, job.input_schema),
        **({"labels": list(job.labels)} if job.labels else {}),
    }
    text = json.dumps(told, indent=1, sort_keys=True)
    path = folder / RUN_FILE
    try:
        found = read_text(path) if path.exists() else None
        before: Any = {} if found is None else json.loads(found)
        if not isinstance(before, dict):
            raise ValueError("it holds no record")
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(
            f"{path} cannot be read ({error}), so nobody knows whose parts stand beside it. Restore"
            " it, or choose an empty folder.",
            field="folder",
            value=str(folder),
        ) from error
    if found is None:
        write_text(path, text)
    elif found != text:
        differ = sorted(name for name, value in told.items() if before.get(name) != value) or [
            "form"
        ]  # pyright: ignore[reportUnknownMemberType]
        raise InputError(
            f"{folder} holds a run with another {', '.join(differ)}; advice of two runs must not"
            " mix. Choose an empty folder, or go on with what it was begun with.",
            field="folder",
            value=differ,
        )
    return hashlib.sha256(text.encode()).hexdigest()


def _identity(source: Any, schema: pa.Schema) -> object:
    """What tells one input from another: of files their names and digests, of a stream its columns
    (its rows are compared part by part).
    """
    if isinstance(source, str | Path | Sequence | ClientFiles):
        files: list[Path] = files_of(source)  # pyright: ignore[reportUnknownArgumentType]
        return [[path.name, file_digest(path)] for path in files]
    return [f"{field.name}: {field.type}" for field in schema]


def _finished(folder: Path, run: str) -> Iterator[tuple[int, Part]]:
    broken: list[InputError] = []
    told = read_summary(folder)
    for path in sorted(folder.glob("part-*.parquet")):
        number = path.stem.removeprefix("part-")
        if not number.isdecimal() or path != part_path(folder, int(number)):
            raise InputError(
                f"{path} is no part of this run, and would be read as one. Move it elsewhere.",
                field="folder",
                value=str(path),
            )
        try:
            part = read_part(path, run)
            check_sealed(path, told, run)
        except InputError as error:
            broken.append(error)
        else:
            if part is not None:
                yield int(number), part
    if len(broken) > 1:
        names = ", ".join(Path(str(error.value)).name for error in broken[:10])
        raise InputError(
            f"{len(broken)} parts cannot be kept ({names}). The first: {broken[0]}",
            field="target",
            value=names,
        )
    if broken:
        raise broken[0]


def _changed(path: Path) -> InputError:
    return InputError(
        f"{path} does not fit the input any more: rows were added, removed or changed since the run"
        " began. Run into an empty folder.",
        field="source",
        value=str(path),
    )


class _Ending:
    """Ends a run between two parts when its host says so."""

    def __init__(self, stop: Callable[[], bool] | None) -> None:
        if stop is not None:
            check_type(
                stop,
                cast(type, Callable),
                "stop",
                "Give a function that says True when the run is to end.",
            )
        self.stop, self.ended = stop, False

    def until(self, tasks: Iterator[tuple[Any, ...]]) -> Iterator[tuple[Any, ...]]:
        """The tasks, until `stop` says so."""
        for task in tasks:
            if self.stop is not None and self.stop():
                self.ended = True
                return
            yield task

    def check(self, parts: int) -> None:
        """Raise `StoppedError` where the run was ended."""
        if self.ended:
            raise StoppedError(
                f"The run was stopped by its host after {parts} parts, which are kept. Call the"
                " same again, and it goes on.",
                reason="the host stopped the run",
            )


class _bar:  # noqa: N801 - a context, not a thing
    """A tqdm bar of clients, or nothing."""

    def __init__(self, shown: bool | Callable[[int], None]) -> None:
        self.bar: Any = None
        self.told = shown if callable(shown) else None
        if self.told is None and shown:
            try:
                from tqdm import tqdm
            except ImportError as error:
                raise InputError(
                    "progress needs tqdm; pip install tqdm, or leave progress off.",
                    field="progress",
                    value=True,
                ) from error
            self.bar = tqdm(unit=" clients", unit_scale=True)

    def __enter__(self) -> Any:
        return self.told or (self.bar.update if self.bar is not None else _nothing)

    def __exit__(self, *_: object) -> None:
        if self.bar is not None:
            self.bar.close()


def _nothing(_: int) -> None:
    return None
