"""A stream of clients to a folder of Parquet files: any source, any number of processes, finished
after a crash by the same call.

Part i holds rows i * rows_per_part onwards of the input, in its order, so the parts are the same
byte for byte whatever the number of processes and however often the run was killed. An id that
stands in the input more than once, in whichever parts, is advised at its first row; every later one
is a row with the status `invalid_input`.
"""

# pyright: reportUnknownParameterType=false

from __future__ import annotations

import shutil
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from advisor.annotations import Count, CountOrNone, Day, Folder, Text, Texts
from advisor.data.clients.csv_layout import ClientFiles
from advisor.data.clients.files import files_of
from advisor.data.clients.repeated import SeenIds
from advisor.data.clients.sources import arrow_batches, opened_once
from advisor.engine.advisor import Advisor
from advisor.errors import AdapterError, InputError, StoppedError
from advisor.files import clear_drafts, held
from advisor.runs.duplicates import problems_of
from advisor.runs.job import AdvisorRef, Job
from advisor.runs.local import ready_folder
from advisor.runs.partitions import Partitions, write_advice
from advisor.runs.parts import RECORDS, Part, count_statuses, digest_of, file_digest, part_name
from advisor.runs.pool import ordered_results
from advisor.runs.records import begin_run, finished_parts, write_summary
from advisor.validation import checked

ROWS_PER_PART = 50_000


@dataclass(frozen=True)
class Summary:
    """What a run left.

    Attributes:
        folder: Where.
        clients: Rows read, and rows written: one each.
        statuses: Clients by status; "ok" and the reasons why there is no advice.
        parts: The files, in the order of the input.
        made: How many parts this start made; the others were there.
        notes: What is amiss with the days of the advisor's data; see `AdviceBatch.note`.
    """

    folder: Path
    clients: int
    statuses: Mapping[str, int]
    parts: tuple[Path, ...]
    made: int
    notes: tuple[str, ...] = ()


@checked
def advise_stream(
    advisor: Advisor | Folder,
    source: Any,
    folder: Folder,
    *,
    as_of: Day | None = None,
    picks: CountOrNone = 5,
    labels: Texts | str = (),
    partition_by: Text | None = None,
    workers: Count = 1,
    rows_per_part: Count = ROWS_PER_PART,
    progress: bool | Callable[[int], None] = False,
    stop: Callable[[], bool] | None = None,
) -> Summary:
    """Advise every client of a source and write Parquet parts; run it again after a crash and it
    finishes.

    The folder reads as one table: pandas, pyarrow and DuckDB pass over the two records that stand
    beside the parts, `_run.json` and `_summary.json`.

    Args:
        advisor: A fitted advisor, or the folder it was saved to (which workers share).
        source: What `arrow_batches` takes: files, a folder, a `ClientTable`, an Arrow C stream.
        folder: Where the parts go; empty, or that of the same run begun before.
        as_of: The day; today when None, and recorded. Name it if the run may go on after midnight.
        picks: Products to recommend at most.
        labels: Columns of your own, such as a branch, that stand again beside the advice.
        partition_by: A label whose values become folders (`branch=North`), at most a thousand.
        workers: Processes.
        rows_per_part: Clients a file; memory grows with workers * rows_per_part alone.
        progress: Show a bar (needs tqdm); or what to call with the clients of each part done.
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
    names = [labels] if isinstance(labels, str) else list(labels)
    names += [] if partition_by is None or partition_by in names else [partition_by]
    schema, source = opened_once(source, names)
    job = Job.of(AdvisorRef.of(advisor, as_of=as_of, picks=picks), schema)
    target = ready_folder(folder)
    with held(target, "Another run is writing into") as alone, _progress(progress) as moved:
        run = begin_run(target, _record(job, source, rows_per_part, partition_by))
        _clear(target, everything=alone)
        cut = _Run(job, target, run, finished_parts(target, run), partition_by)
        parts = cut.parts(arrow_batches(source, rows_per_part, job.labels), workers, moved, stop)
        write_summary(target, run, parts)
        _clear(target, everything=alone)
        shutil.rmtree(target / RECORDS, ignore_errors=True)
    files, made = tuple(path for part in parts for path in part.paths), len(parts) - cut.finished
    notes = tuple(job.model.advisor().state.remarks(job.day))
    return Summary(target, sum(p.rows for p in parts), count_statuses(parts), files, made, notes)


class _Run:
    """The parts of a run, advised in their order until the host says stop."""

    def __init__(
        self, job: Job, folder: Path, run: str, known: Mapping[str, Part], partition_by: str | None
    ) -> None:
        self.job, self.folder, self.run, self.known = job, folder, run, known
        self.partitions = None if partition_by is None else Partitions(partition_by)
        self.finished = len(known)

    def parts(
        self,
        tables: Iterator[pa.Table],
        workers: int,
        moved: Callable[[int], object],
        stop: Callable[[], bool] | None,
    ) -> list[Part]:
        """All of them, at least one. Raises `StoppedError` where the host stopped the run."""
        parts: list[Part] = []
        values: set[str] = set()
        try:
            for part in ordered_results(_advise_part, self._tasks(tables, stop), workers):
                parts.append(part)
                values |= {file.name.rpartition("/")[0] for file in part.files}
                if self.partitions:
                    self.partitions.check(values)
                moved(part.rows)
        except AdapterError:  # the signal to stop may have ended the other processes
            if stop is None or not stop():
                raise
            self.stopped = True
        if stop is not None and self.stopped:
            raise StoppedError(
                f"The run was stopped by its host after {len(parts)} parts, which are kept. Call"
                " the same again, and it goes on.",
                reason="the host stopped the run",
            )
        if not parts:
            parts.append(_advise_part(*self._task(0, self.job.input_schema.empty_table(), {})))
        if self.known.keys() - {part_name(number) for number in range(len(parts))}:
            raise _changed(self.folder)
        return parts

    def _tasks(
        self, tables: Iterator[pa.Table], stop: Callable[[], bool] | None
    ) -> Iterator[tuple[Any, ...]]:
        seen, self.stopped = SeenIds(), False
        for number, table in enumerate(tables):
            if stop is not None and stop():
                self.stopped = True
                return
            yield self._task(number, table, problems_of(seen, table))

    def _task(self, number: int, table: pa.Table, problems: dict[int, str]) -> tuple[Any, ...]:
        """The arguments of `_advise_part` for a part."""
        name = part_name(number)
        path, finished = self.folder / name, self.known.get(name)
        return self.job, table, problems, path, self.run, self.partitions, finished


def _advise_part(
    job: Job,
    table: pa.Table,
    problems: dict[int, str],
    path: Path,
    run: str,
    partitions: Partitions | None,
    finished: Part | None,
) -> Part:
    if finished is None:
        return write_advice(job.on_table(table, problems), path, run, partitions)
    if finished.inputs != digest_of(job.digests(job.clients(table, problems))):
        raise _changed(path)
    return finished


def _record(
    job: Job, source: Any, rows_per_part: int, partition_by: str | None
) -> dict[str, object]:
    """What a run depends on. Of files their names and digests, of a stream its columns (its rows
    are compared part by part).
    """
    if isinstance(source, str | Path | Sequence | ClientFiles):
        files: list[Path] = files_of(source)  # pyright: ignore[reportUnknownArgumentType]
        rows = [[path.name, file_digest(path)] for path in files]
    else:
        rows = [f"{field.name}: {field.type}" for field in job.input_schema]
    return {
        "advisor": job.model.fingerprint,
        "as_of": job.model.as_of,
        "picks": job.model.picks,
        "rows_per_part": rows_per_part,
        "labels": list(job.labels),
        "partition_by": partition_by,
        "version": job.schema.metadata[b"advisor.version"].decode(),
        "input": rows,
    }


def _clear(folder: Path, *, everything: bool) -> None:
    """Remove what killed runs were writing."""
    for place in (folder, *(path for path in folder.iterdir() if path.is_dir())):
        clear_drafts(place, everything=everything)


def _changed(path: Path) -> InputError:
    return InputError(
        f"{path} does not fit the input any more: rows were added, removed or changed since the run"
        " began. Run into an empty folder.",
        field="source",
        value=str(path),
    )


@contextmanager
def _progress(shown: bool | Callable[[int], None]) -> Generator[Callable[[int], object]]:
    """What to call with the number of clients that are done: a tqdm bar, the host's function, or
    nothing.
    """
    if callable(shown) or not shown:
        yield shown or (lambda _: None)
        return
    try:
        from tqdm import tqdm
    except ImportError as error:
        raise InputError(
            "progress needs tqdm; pip install tqdm, or leave progress off.",
            field="progress",
            value=True,
        ) from error
    with tqdm(unit=" clients", unit_scale=True) as bar:
        yield bar.update
