"""Clients who stand in a run more than once: found across parts, whatever the number of clients, in
16 bytes a client.
"""

# pyright: reportUnknownParameterType=false

from __future__ import annotations

from collections.abc import Iterable
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from advisor.arrays import IntArray
from advisor.data.clients.arrow import ids_of_arrow
from advisor.errors import InputError

REPEATED = (
    "id stands in an earlier row of this input too; advice would be given twice. That row was"
    " advised: remove this one, or give it an id of its own."
)
"""What is wrong with every row of a client but their first."""
_KEY = 16
"""Bytes of a key. A shorter ASCII id is its own key; a digest that looked like one would have to
end in as many zeros."""


class SeenIds:
    """The ids a run has met so far: short ones as they are, longer ones as 128-bit digests, of
    which two different ids share one with a chance of 1 in 10^22 among 100 million clients.
    """

    def __init__(self) -> None:
        self._runs: list[Any] = []

    def repeated(self, ids: pa.ChunkedArray) -> IntArray:
        """Rows whose id was met before, in this column or an earlier one, ascending; rows without
        an id are never among them.
        """
        names, _ = ids_of_arrow(ids)
        rows = [row for row, name in enumerate(names) if name]
        keys, first = np.unique(_keys([names[row] for row in rows]), return_index=True)
        fresh = ~self._met(keys)
        again = np.ones(len(rows), dtype=np.bool_)
        again[first[fresh]] = False
        self._keep(keys[fresh])
        return np.array(rows, dtype=np.int64)[again]

    def _met(self, keys: Any) -> Any:
        met = np.zeros(len(keys), dtype=np.bool_)
        for run in self._runs:
            place = np.minimum(np.searchsorted(run, keys), len(run) - 1)
            met |= run[place] == keys
        return met

    def _keep(self, keys: Any) -> None:
        """Sorted runs, each at least twice as long as the next: few to search, and an id is moved
        only as often as there are runs.
        """
        if len(keys):
            self._runs.append(keys)
        while len(self._runs) > 1 and len(self._runs[-2]) < 2 * len(self._runs[-1]):
            self._runs[-2:] = [np.sort(np.concatenate(self._runs[-2:]))]


def _keys(names: list[str]) -> Any:
    """Of `_KEY` bytes each."""
    together = "".join(names)
    if not together.isascii() or "\0" in together or max(map(len, names), default=0) >= _KEY:
        names_or_digests = [
            name.encode()
            if len(name) < _KEY and name.isascii() and "\0" not in name
            else blake2b(name.encode(), digest_size=_KEY).digest()
            for name in names
        ]
        return np.array(names_or_digests, dtype=f"S{_KEY}")
    return np.array(names, dtype=f"S{_KEY}")


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
        suspects |= set(column.take(pa.array(met.repeated(column))).to_pylist())
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
