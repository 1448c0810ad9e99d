"""Dask distributed: the job is scattered once to every worker, and files are mapped. Needs
`dask[distributed]`.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from advisor.adapters.extras import needs
from advisor.arrays import check_type

if TYPE_CHECKING:
    from advisor.runs.job import Job
    from advisor.runs.local import files_apart, ready_folder, run_file
    from advisor.runs.parts import Part
else:
    Job, local = needs("dask", "advisor.runs.job").Job, needs("dask", "advisor.runs.local")
    files_apart, ready_folder, run_file = local.files_apart, local.ready_folder, local.run_file


def run_on_dask(
    client: Any, job: Job, source: str | Path | Sequence[str | Path], folder: str | Path
) -> list[Part]:
    """`run_file` over files on a Dask cluster, in their order; finished ones are not made again.

    Args:
        client: A `distributed.Client`; its workers need this library, and see the files and
            `folder` under the same paths.
        job: What to do.
        source: Files of clients, of different names, or a folder of them.
        folder: Where the advice goes.

    Raises:
        InputError: Two files have one name; or the very one a worker met: a file cannot be read, or
            the advice cannot be written.
    """
    check_type(job, Job, "job", "Make it with Job.of(advisor, schema).")
    files, target = files_apart(source), ready_folder(folder).absolute()
    shared = client.scatter(job, broadcast=True)
    futures = [
        client.submit(run_file, shared, str(file.absolute()), str(target), pure=False)
        for file in files
    ]
    return list(client.gather(futures))
