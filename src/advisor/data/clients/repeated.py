"""One client id twice: the first row counts, and each later one is noted in `problems`, wherever a
table of clients is made or advised.
"""

# pyright: reportUnknownParameterType=false

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import blake2b
from types import MappingProxyType
from typing import Any

import numpy as np

REPEATED = (
    "id stands in an earlier row too, and nobody is advised twice. Keep the row that counts, or"
    " give this one an id of its own."
)
"""What is wrong with every row of a client but their first."""
_KEY = 16
"""Bytes of a key. A shorter ASCII id is its own key; a digest that looked like one would have to
end in as many zeros."""


class SeenIds:
    """The ids met so far in tables of one input: short ones as they are, longer ones as 128-bit
    digests, of which two different ids share one with a chance of 1 in 10^22 among 100 million
    clients.
    """

    def __init__(self) -> None:
        self._runs: list[Any] = []

    def problems(
        self, ids: Sequence[str], known: Mapping[int, str] = MappingProxyType({})
    ) -> dict[int, str]:
        """`REPEATED` for the rows whose id was met before, in this table or an earlier one; never
        for rows without an id, or which are known to be repeated.

        Args:
            ids: Of one table, "" = none.
            known: What is wrong with its rows already.
        """
        again = {row for row, text in known.items() if text == REPEATED}
        rows = [row for row, name in enumerate(ids) if name and row not in again]
        keys, first = np.unique(_keys([ids[row] for row in rows]), return_index=True)
        fresh = ~self._met(keys)
        repeated = np.ones(len(rows), dtype=np.bool_)
        repeated[first[fresh]] = False
        self._keep(keys[fresh])
        return dict.fromkeys(np.array(rows, dtype=np.int64)[repeated].tolist(), REPEATED)

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


def with_repeated(ids: Sequence[str], known: Mapping[int, str]) -> Mapping[int, str]:
    """What is wrong with the rows of one table, those among it whose id stands in an earlier row;
    what is known of a row already stays.
    """
    if len(set(ids)) == len(ids):
        return known
    return SeenIds().problems(ids, known) | dict(known)
