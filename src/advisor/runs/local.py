"""Files of clients to files of advice, each a task of its own: what every engine maps."""

# pyright: reportUnknownParameterType=false

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow as pa

from advisor.annotations import Count, Folder
from advisor.data.clients.files import files_of, opened_files
from advisor.data.clients.repeated import SeenIds
from advisor.data.clients.sources import arrow_batches, unreadable
from advisor.errors import InputError
from advisor.files import clear_drafts
from advisor.runs.duplicates import problems_of
from advisor.runs.job import Job
from advisor.runs.parts import Part, digest_of, file_digest, read_part, write_part
from advisor.runs.pool import ordered_results
from advisor.validation import checked

_ROWS_A_GROUP = 65_536
"""Clients read, advised and written at a time of one file: a row group of the advice, whatever
chunks the file is read in."""


@checked
def run_file(job: Job, file: Folder, folder: Folder) -> Part:
    """Advice for the clients of one file, written under the same name with the ending .parquet; the
    unit of work that every engine maps.

    Memory is bounded by a row group of 65,536 clients, whatever the size of the file. A client who
    stands in the file twice is advised at their first row. A column of the job that the file lacks
    is empty there; `id`, `wealth` and `horizon_years` it must have.

    Raises:
        InputError: The file cannot be read, the advice cannot be written, or what is there already
            is damaged or of another run.
    """
    (source,), target = files_of([Path(file)]), ready_folder(folder)
    path = target / f"{source.stem}.parquet"
    clear_drafts(target, name=path.name)
    ref, version = job.model, (job.schema.metadata or {}).get(b"advisor.version", b"").decode()
    inputs = file_digest(source)
    run = digest_of(["|".join((ref.fingerprint, ref.as_of, str(ref.picks), version, inputs))])
    pieces = [("", _advised(job, source))]
    return read_part(path, run) or write_part(pieces, job.schema, path, run, inputs)


def _advised(job: Job, file: Path) -> Iterator[pa.Table]:
    seen = SeenIds()
    try:
        names = opened_files([file]).schema.names
    except (OSError, pa.ArrowException) as error:
        raise unreadable(file, error) from error
    labels = [name for name in job.labels if name in names]
    for table in arrow_batches(file, _ROWS_A_GROUP, labels):
        for field in job.input_schema:
            if field.name not in table.schema.names:
                table = table.append_column(field, pa.nulls(table.num_rows, field.type))
        if set(table.schema.names) == set(job.input_schema.names):
            table = table.select(job.input_schema.names)
        yield job.on_table(table, problems_of(seen, table))


@checked
def run_files(
    job: Job, source: Folder | Sequence[Folder], folder: Folder, *, workers: Count = 1
) -> list[Part]:
    """`run_file` over files, in their order; finished ones are not made again.

    Args:
        job: What to do.
        source: Files of different names, or a folder of them.
        folder: Where the advice goes.
        workers: Processes; 1 works here. Pays above some hundred thousand clients: a process takes
            seconds to start.

    Raises:
        InputError: As `run_file`; or two files have one name, so that their advice would stand in
            one place.
    """
    files, target = files_apart(source), ready_folder(folder)
    return list(ordered_results(run_file, ((job, file, target) for file in files), workers))


def files_apart(source: object) -> list[Path]:
    """Files whose advice will stand in places of its own each.

    Raises:
        InputError: They cannot be read, or two have one name.
    """
    files, places = files_of(source), dict[str, Path]()
    for file in files:
        other = places.setdefault(file.stem, file)
        if other is not file:
            raise InputError(
                f"{other} and {file} have the same name, so the advice of one would replace that of"
                " the other. Rename one, or give each a folder.",
                field="source",
                value=str(file),
            )
    return files


def ready_folder(folder: Folder) -> Path:
    """A folder, made where there is none.

    Raises:
        InputError: A file stands there, or it cannot be made.
    """
    try:
        Path(folder).mkdir(parents=True, exist_ok=True)
    except (OSError, ValueError) as error:
        raise InputError(
            f"{folder} cannot be used ({error}); choose another place.",
            field="folder",
            value=str(folder),
        ) from error
    return Path(folder)
