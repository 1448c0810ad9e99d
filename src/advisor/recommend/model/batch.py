"""The clients who are asked about, and those among them who cannot be told apart."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from advisor.arrays import IntArray
from advisor.data.clients.table import ClientTable
from advisor.privacy import hides
from advisor.recommend.model.rows import Rows

_HASH_SEED = 20_190_801
_TOO_FEW_ALIKE = 0.9
"""Where more than this share of clients is unlike any other, grouping them costs more than it
saves."""


@hides
@dataclass(frozen=True, eq=False)
class Batch:
    """Clients asked for, `c` of them.

    Attributes:
        client_ids: Length c.
        rows: Row in the history, -1 = unknown client, shape (c,).
        held: What each owns, over the history's items.
        clients: Table with their attributes, or None.
        at: Row in `clients`, -1 = not there, shape (c,).
    """

    client_ids: tuple[str, ...]
    rows: IntArray
    held: Rows
    clients: ClientTable | None
    at: IntArray

    def take(self, index: IntArray) -> Batch:
        """The clients asked for, in that order."""
        return Batch(
            tuple(self.client_ids[i] for i in index.tolist()),
            self.rows[index],
            self.held.take(index),
            self.clients,
            self.at[index],
        )

    def __len__(self) -> int:
        return len(self.client_ids)


def distinct(batch: Batch, keys: IntArray) -> tuple[Batch, IntArray]:
    """Clients who cannot be told apart, once: the batch of them, and each client's row in it.

    Two thirds of a bank's clients share their set of holdings with somebody. Sets are grouped by a
    sum of random 64-bit numbers, one a product, and then compared entry by entry: should two
    different sets ever share a sum, nobody is grouped, and only time is lost.
    """
    held, alone = batch.held, np.arange(len(batch))
    if len(batch) < 2:
        return batch, alone
    top = int(held.codes.max()) + 1 if len(held.codes) else 0
    numbers = np.random.default_rng(_HASH_SEED).integers(0, 2**64, size=top, dtype=np.uint64)
    sums = np.concatenate(
        [np.zeros(1, dtype=np.uint64), np.cumsum(numbers[held.codes], dtype=np.uint64)]
    )
    hashes = (sums[held.indptr[1:]] - sums[held.indptr[:-1]]) ^ (
        keys.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    )
    _, first, inverse = np.unique(hashes, return_index=True, return_inverse=True)
    if len(first) > _TOO_FEW_ALIKE * len(batch):
        return batch, alone
    again = held.take(first[inverse])
    if not (
        np.array_equal(again.indptr, held.indptr)
        and np.array_equal(again.codes, held.codes)
        and (keys[first[inverse]] == keys).all()
    ):
        return batch, alone
    return batch.take(first), inverse.astype(np.int64)
