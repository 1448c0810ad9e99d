"""Clients who stand in a run more than once, found across its parts."""

# pyright: reportUnknownParameterType=false

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from advisor.data.clients.arrow import KNOWN_PROBLEMS, ids_of_arrow
from advisor.data.clients.repeated import SeenIds
from advisor.errors import InputError


def problems_of(seen: SeenIds, table: pa.Table) -> dict[int, str]:
    """Rows of an Arrow table of clients whose id was met before; see `SeenIds.problems`."""
    known = table[KNOWN_PROBLEMS].to_pylist() if KNOWN_PROBLEMS in table.schema.names else []
    return seen.problems(
        ids_of_arrow(table["id"])[0], {row: text for row, text in enumerate(known) if text}
    )


def repeated_clients(files: Iterable[str | Path]) -> dict[str, int]:
    """Ids that stand in finished files of advice more than once, and how often: for engines that
    see no file but their own (Spark, Dask, `run_files`).

    Args:
        files: Parquet files with the column `client_id`.

    Raises:
        InputError: A file cannot be read.
    """
    met, paths = SeenIds(), [Path(file) for file in files]
    suspects: set[str] = set()
    for path in paths:
        column = _ids(path)
        names, _ = ids_of_arrow(column)
        suspects |= {names[row] for row in met.problems(names)}
    counts = dict.fromkeys(sorted(suspects), 0)
    for path in paths if suspects else ():
        for name in _ids(path).to_pylist():
            if name in counts:
                counts[name] += 1
    return counts


def _ids(path: Path) -> pa.ChunkedArray:
    try:
        return pq.read_table(path, columns=["client_id"])["client_id"]
    except (OSError, KeyError, pa.ArrowException) as error:
        raise InputError(
            f"{path} cannot be read ({error}); it must be a file of advice.",
            field="files",
            value=str(path),
        ) from error
