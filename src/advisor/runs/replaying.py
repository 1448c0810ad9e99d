"""A stored batch made again from what it says it was made of, and compared byte by byte; and each
stored row proved on its own.

The record is the run's folder; with the saved advisor and the day's clients it is all that is
needed. A replay answers "is this what was computed then?", a proof (`verify_rows`) answers "was it
suitable and optimal?", recomputed by other means than those that made it.
"""

# pyright: reportUnknownParameterType=false

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from advisor.arrays import check_type
from advisor.data.clients.sources import arrow_batches
from advisor.engine.advisor import Advisor
from advisor.errors import InputError
from advisor.files import read_text
from advisor.privacy import hides
from advisor.runs.duplicates import REPEATED, SeenIds
from advisor.runs.job import AdvisorRef, Job
from advisor.runs.local import file_digest
from advisor.runs.parts import RUN, part_path, write_part
from advisor.runs.stream import RUN_FILE, opened_once
from advisor.runs.summary import SUMMARY_FILE, read_summary

MOST = 1000
"""Differing rows that are listed; the others are counted."""
_FIELDS = (("advisor", str, 0), ("as_of", str, 0), ("picks", int, 0), ("rows_per_part", int, 1))
"""What is read of a run's record: name, type, and the least that a number may be."""


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


def replay(folder: str | Path, advisor: Advisor | str | Path, source: Any) -> Replay:
    """Make the advice of a run again, in memory bounded by a part, and compare.

    Args:
        folder: What `advise_stream` left.
        advisor: The advisor that is said to have made it, or the folder it was saved to.
        source: The clients as they were, in their order.

    Returns:
        `same` where advisor, clients and record belong together and nothing was changed since;
        otherwise the rows and columns that differ.

    Raises:
        InputError: The folder holds no run, or the run names another advisor: then no row could
            come out.
    """
    check_type(folder, (str, Path), "folder", "Give the folder that advise_stream wrote.")
    check_type(
        advisor,
        (Advisor, str, Path),
        "advisor",
        "Give the advisor, or the folder that save() wrote.",
    )
    record = _record(Path(folder))
    ref = AdvisorRef.of(advisor, as_of=record["as_of"], picks=record["picks"])
    if ref.fingerprint != record["advisor"]:
        raise InputError(
            f"{folder} was made by advisor {record['advisor'][:12]}, this is"
            f" {ref.fingerprint[:12]}; replay with the advisor that was saved then.",
            field="advisor",
            value=ref.fingerprint,
        )
    labels = record["labels"]
    schema, source = opened_once(source, labels)
    job, met = Job.of(ref, schema), SeenIds()
    found: list[Difference] = []
    count = clients = number = 0
    with TemporaryDirectory(prefix="replay-") as scratch:
        tables = arrow_batches(source, record["rows_per_part"], labels)
        for number, table in enumerate(_at_least_one(tables, job), start=1):
            stored, again = (
                part_path(Path(folder), number - 1),
                part_path(Path(scratch), number - 1),
            )
            clients += table.num_rows
            for difference in _compare(job, table, met, stored, again):
                count += 1
                found += [difference] if len(found) < MOST else []
            again.unlink(missing_ok=True)
    odd = {difference.part for difference in found}
    for difference in _beside(Path(folder), number, clients, odd):
        count += 1
        found.append(difference)
    return Replay(clients, number, count == 0, count, tuple(found))


def _beside(folder: Path, parts: int, clients: int, odd: Collection[str]) -> Iterator[Difference]:
    """What stands in the folder besides the parts made again, and what the summary says otherwise,
    where that does not follow from the parts that are `odd`.
    """
    ours = {part_path(folder, number).name for number in range(parts)}
    for path in sorted(folder.iterdir()):
        if path.name.startswith("part-") and path.suffix == ".parquet" and path.name not in ours:
            yield Difference(path.name, -1, None, ("the source has no clients for this part",))
        elif path.name not in ours | {RUN_FILE, SUMMARY_FILE} and not path.name.startswith("."):
            yield Difference(
                path.name, -1, None, ("it is no file of the run, and could be read as one",)
            )
    try:
        told = read_summary(folder)
    except InputError as error:
        yield Difference(SUMMARY_FILE, -1, None, (str(error),))
        return
    if told is None:
        yield Difference(SUMMARY_FILE, -1, None, ("there is none: the run did not end",))
        return
    run = hashlib.sha256((folder / RUN_FILE).read_bytes()).hexdigest()
    if told.run != run:
        yield Difference(SUMMARY_FILE, -1, None, ("it is of another run",))
    if not odd and told.clients != clients:
        yield Difference(
            SUMMARY_FILE,
            -1,
            None,
            (f"it counts {told.clients:,} clients, the source has {clients:,}",),
        )
    if not odd and told.statuses != (counts := _statuses(folder, ours)):
        yield Difference(
            SUMMARY_FILE, -1, None, (f"it counts {dict(told.statuses)}, the parts hold {counts}",)
        )
    for name in sorted((ours | told.parts.keys()).difference(odd)):
        here = file_digest(folder / name) if (folder / name).is_file() else "missing"
        if here != told.parts.get(name):
            yield Difference(
                name,
                -1,
                None,
                (
                    (
                        f"its SHA-256 is {here[:12]}, {SUMMARY_FILE} says"
                        f" {told.parts.get(name, 'nothing')[:12]}"
                    ),
                ),
            )


def _statuses(folder: Path, names: Collection[str]) -> dict[str, int]:
    """Clients by status in parts that can be read."""
    counts = Counter[str]()
    for name in names:
        with suppress(OSError, KeyError, pa.ArrowException):
            counts.update(pq.read_table(folder / name, columns=["status"])["status"].to_pylist())
    return dict(sorted(counts.items()))


def _at_least_one(tables: Iterator[pa.Table], job: Job) -> Iterator[pa.Table]:
    """A run over nobody leaves one empty part."""
    first = next(tables, None)
    yield job.input_schema.empty_table() if first is None else first
    yield from tables


def _record(folder: Path) -> dict[str, Any]:
    try:
        record: dict[str, Any] = json.loads(read_text(folder / RUN_FILE))
        fields = {name: _field(record, name, kind, least) for name, kind, least in _FIELDS}
        labels = record.get("labels", [])
        if not isinstance(labels, list) or not all(isinstance(name, str) for name in labels):
            raise TypeError(f"labels is {labels!r}")
        return {**fields, "labels": labels}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(
            f"{folder} holds no run ({RUN_FILE}: {error}); give the folder that advise_stream"
            " wrote.",
            field="folder",
            value=str(folder),
        ) from error


def _field(record: dict[str, Any], name: str, kind: type, least: int) -> Any:
    value = record[name]
    if (
        not isinstance(value, kind)
        or isinstance(value, bool)
        or (isinstance(value, int) and value < least)
    ):
        raise TypeError(f"{name} is {value!r}")
    return value


def _compare(
    job: Job, table: pa.Table, met: SeenIds, stored: Path, again: Path
) -> Iterator[Difference]:
    problems = dict.fromkeys(met.repeated(table["id"]).tolist(), REPEATED)
    try:
        kept = pq.ParquetFile(stored)
        rows, run = kept.read(), (kept.schema_arrow.metadata or {}).get(RUN, b"").decode()
    except (OSError, pa.ArrowException) as error:
        yield Difference(stored.name, -1, None, (f"it cannot be read ({error})",))
        return
    write_part(job.on_table(table, problems), again, run)
    if file_digest(stored) == file_digest(again):
        return
    differ = list(differing_rows(rows, pq.read_table(again)))
    for row, columns in differ:
        yield Difference(
            stored.name,
            row,
            rows["client_id"][row].as_py() if row < rows.num_rows else None,
            columns,
        )
    if not differ:
        yield Difference(
            stored.name,
            -1,
            None,
            ("metadata or encoding: the rows are the same, the file was written otherwise",),
        )


def differing_rows(stored: pa.Table, again: pa.Table) -> Iterator[tuple[int, tuple[str, ...]]]:
    """Rows that differ in any bit, with the columns in which they do; rows that one table lacks
    differ in "missing".
    """
    names = dict.fromkeys((*stored.schema.names, *again.schema.names))
    count = min(stored.num_rows, again.num_rows)
    odd: dict[int, list[str]] = {}
    for name in names:
        both = name in stored.schema.names and name in again.schema.names
        for row in _different(stored[name], again[name], count) if both else range(count):
            odd.setdefault(row, []).append(name)
    yield from ((row, tuple(odd[row])) for row in sorted(odd))
    yield from ((row, ("missing",)) for row in range(count, max(stored.num_rows, again.num_rows)))


def _different(left: pa.ChunkedArray, right: pa.ChunkedArray, count: int) -> Sequence[int]:
    left, right = left.slice(0, count).combine_chunks(), right.slice(0, count).combine_chunks()
    if left.type != right.type:
        return range(count)
    if pa.types.is_floating(left.type):
        bits, others = (
            np.where(a.is_null().to_numpy(zero_copy_only=False), 0, _bits(a)) for a in (left, right)
        )
        unlike = (bits != others) | (
            left.is_null().to_numpy(zero_copy_only=False)
            != right.is_null().to_numpy(zero_copy_only=False)
        )
        return np.flatnonzero(unlike).tolist()
    if left.equals(right):
        return []
    return [
        row
        for row, (a, b) in enumerate(zip(left.to_pylist(), right.to_pylist(), strict=True))
        if repr(a) != repr(b)
    ]


def _bits(column: Any) -> Any:
    return column.fill_null(0.0).to_numpy(zero_copy_only=False).view(np.int64)
