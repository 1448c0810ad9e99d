"""A stored run made again from what it says it was made of, and compared byte by byte.

The record is the run's folder; with the saved advisor and the day's clients it is all that is
needed. A replay answers "is this what was computed then?", a proof (`verify_rows`) answers "was it
suitable and optimal?", recomputed by other means than those that made it.
"""

# pyright: reportUnknownParameterType=false

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from advisor.annotations import Folder
from advisor.data.clients.repeated import SeenIds
from advisor.data.clients.sources import arrow_batches, opened_once
from advisor.engine.advisor import Advisor
from advisor.engine.verification.compare import differing_rows
from advisor.errors import InputError
from advisor.privacy import hides
from advisor.runs.duplicates import problems_of
from advisor.runs.job import AdvisorRef, Job
from advisor.runs.partitions import Partitions, write_advice
from advisor.runs.parts import RECORDS, PartFile, count_statuses, file_digest, part_name
from advisor.runs.records import (
    SUMMARY_FILE,
    RunSummary,
    read_run,
    read_summary,
    run_digest,
    strangers,
)
from advisor.validation import checked

MOST = 1000
"""Differing rows that are listed; the others are counted."""


@hides
@dataclass(frozen=True)
class Difference:
    """A row that does not come out as it is stored.

    Attributes:
        part: File name.
        row: Its number in the part, -1 where the part as a whole differs.
        client_id: Whose; None where the row has none.
        columns: What differs: "inputs" says that the client's data are others, or what is wrong
            with the part.
    """

    part: str
    row: int
    client_id: str | None
    columns: tuple[str, ...]


@dataclass(frozen=True)
class Replay:
    """What a replay found.

    Attributes:
        clients: Rows made again.
        parts: Parts made again.
        same: Every byte of every part came out as it is stored.
        differing: How many rows did not, and parts that differ as a whole.
        differences: The first of them.
    """

    clients: int
    parts: int
    same: bool
    differing: int
    differences: tuple[Difference, ...]


@checked
def replay(folder: Folder, advisor: Advisor | Folder, source: Any) -> Replay:
    """Make the advice of a run again, in memory bounded by a part, and compare.

    Args:
        folder: What `advise_stream` left.
        advisor: The advisor that is said to have made it, or the folder it was saved to.
        source: The clients as they were, in their order.

    Returns:
        `same` where advisor, clients and record belong together and nothing was changed since;
        otherwise the rows and columns that differ.

    Raises:
        InputError: The folder holds no run, or one that has not ended, or the run names another
            advisor: then no row could come out.
    """
    stored = Path(folder)
    record = read_run(stored)
    ref = AdvisorRef.of(advisor, as_of=record["as_of"], picks=record["picks"])
    if ref.fingerprint != record["advisor"]:
        raise InputError(
            f"{folder} was made by advisor {record['advisor'][:12]}, this is"
            f" {ref.fingerprint[:12]}; replay with the advisor that was saved then.",
            field="advisor",
            value=ref.fingerprint,
        )
    _refuse_unfinished(stored)
    labels = record["labels"]
    schema, source = opened_once(source, labels)
    job, seen = Job.of(ref, schema), SeenIds()
    partitions = record["partition_by"] and Partitions(record["partition_by"])
    differences: list[Difference] = []
    differing = clients = parts = 0
    files: dict[str, PartFile] = {}
    odd: set[str] = set()
    with TemporaryDirectory(prefix="replay-") as scratch:
        tables = arrow_batches(source, record["rows_per_part"], labels)
        first = next(tables, schema.empty_table())  # a run over nobody leaves one empty part
        for parts, table in enumerate(chain([first], tables), start=1):
            clients += table.num_rows
            problems = problems_of(seen, table)
            path = Path(scratch) / part_name(parts - 1)
            again = write_advice(job.on_table(table, problems), path, "", partitions)
            for file, place in zip(again.files, again.paths, strict=True):
                files[file.name] = file
                for difference in _compare(stored / file.name, file, place):
                    differing += 1
                    odd.add(file.name)
                    differences += [difference] if len(differences) < MOST else []
                place.unlink()
    said = _beside(stored, files, odd, clients)
    beside = [Difference(name, -1, None, (what,)) for name, what in said]
    count = differing + len(beside)
    return Replay(clients, parts, count == 0, count, (*differences, *beside))


def _refuse_unfinished(stored: Path) -> None:
    if (stored / RECORDS).is_dir() and not (stored / SUMMARY_FILE).exists():
        made = len(list((stored / RECORDS).glob("*.json")))
        raise InputError(
            f"The run in {stored} has not ended: {made} parts are finished, and there is no"
            f" {SUMMARY_FILE}. Call advise_stream as it was called, which goes on with it, then"
            " replay.",
            field="folder",
            value=str(stored),
        )


def _compare(stored: Path, file: PartFile, again: Path) -> Iterator[Difference]:
    """Rows of a stored file that did not come out again."""
    name = file.name
    try:
        if stored.is_file() and file_digest(stored) == file.sha256:
            return
        rows = pq.ParquetFile(stored).read()
    except (OSError, InputError, pa.ArrowException) as error:
        yield Difference(name, -1, None, (f"it cannot be read ({error})",))
        return
    number = -1
    for number, columns in differing_rows(rows, pq.ParquetFile(again).read()):
        client = rows["client_id"][number].as_py() if number < rows.num_rows else None
        yield Difference(name, number, client, columns)
    if number < 0:
        what = "metadata or encoding: the rows are the same, the file was written otherwise"
        yield Difference(name, -1, None, (what,))


def _beside(
    folder: Path, files: Mapping[str, PartFile], odd: Collection[str], clients: int
) -> Iterator[tuple[str, str]]:
    """What stands in the folder besides the files made again, and what the summary says otherwise,
    where that does not follow from the files that are `odd`; the others are as they were made.
    """
    for name in strangers(folder, files):
        is_part = Path(name).name.startswith("part-") and name.endswith(".parquet")
        yield (
            name,
            "the source has no clients for this part"
            if is_part
            else "it is no file of the run, and could be read as one",
        )
    try:
        summary = read_summary(folder)
    except InputError as error:
        yield SUMMARY_FILE, str(error)
        return
    if summary is None:
        yield SUMMARY_FILE, "there is none: the run did not end"
        return
    if summary.run != run_digest(folder):
        yield SUMMARY_FILE, "it is of another run"
    digests = summary.files
    for name in sorted((files.keys() | digests.keys()).difference(odd)):
        place, said = folder / name, digests.get(name, "nothing")
        if name in files:
            here = files[name].sha256
        else:
            here = file_digest(place) if place.is_file() else "missing"
        if here != said:
            yield name, f"its SHA-256 is {here[:12]}, {SUMMARY_FILE} says {said[:12]}"
    for what in () if odd else _miscounted(summary, files.values(), clients):
        yield SUMMARY_FILE, what


def _miscounted(summary: RunSummary, files: Collection[PartFile], clients: int) -> list[str]:
    """What the summary counts otherwise than the files."""
    counts = count_statuses(files)
    counted = {
        f"it counts {summary.clients:,} clients, the source has {clients:,}": (
            summary.clients == clients
        ),
        f"it counts {dict(summary.statuses)}, the parts hold {counts}": summary.statuses == counts,
    }
    return [what for what, same in counted.items() if not same]
