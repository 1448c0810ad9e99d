"""Random numbers that belong to a client: the same whatever the order, the chunk or the company
they are in.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
from scipy.special import ndtri

from advisor.arrays import FloatArray

Words: TypeAlias = npt.NDArray[np.uint64]
_GOLDEN, _FIRST, _SECOND = (
    np.uint64(x) for x in (0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB)
)


def client_keys(seed: int, client_ids: Sequence[str]) -> Words:
    """A 64-bit key of each (seed, client id), shape (c,): a hash, so that neighbours have nothing
    in common.
    """
    salt = int(seed).to_bytes(8, "little", signed=True)
    return np.array(
        [
            int.from_bytes(
                blake2b(i.encode("utf-8", "surrogatepass"), digest_size=8, key=salt).digest(),
                "little",
            )
            for i in client_ids
        ],
        dtype=np.uint64,
    )


def uniforms(keys: Words, count: int, *, start: int = 0) -> FloatArray:
    """Uniform numbers strictly between 0 and 1, shape (c, count): number j of a key is a hash of
    the key and start + j.

    Source: the finaliser of SplitMix64, Steele, Lea & Flood (2014).
    """
    counter: Any = np.arange(start + 1, start + count + 1, dtype=np.uint64) * _GOLDEN
    z: Any = keys[:, None] + counter
    z = (z ^ (z >> np.uint64(30))) * _FIRST
    z = (z ^ (z >> np.uint64(27))) * _SECOND
    z = z ^ (z >> np.uint64(31))
    return ((z >> np.uint64(11)).astype(np.float64) + 0.5) * 2.0**-53


def normals(keys: Words, draws: int, steps: int) -> FloatArray:
    """Standard normal paths, shape (c, draws, steps); the second half of the draws mirrors the
    first, so that their mean is 0 exactly.
    """
    half = (draws + 1) // 2
    z: FloatArray = ndtri(uniforms(keys, half * steps)).reshape(len(keys), half, steps)
    return np.concatenate([z, -z[:, : draws - half]], axis=1)
