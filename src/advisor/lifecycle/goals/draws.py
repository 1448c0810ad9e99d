"""Random numbers that belong to a client: the same whatever the order, the chunk or the company
they are in.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
from scipy.special import ndtri

from advisor.arrays import FloatArray
from advisor.errors import InputError
from advisor.lifecycle.inputs import Draws, PathSeed, listed
from advisor.validation import checked

Words: TypeAlias = npt.NDArray[np.uint64]
_GOLDEN, _FIRST, _SECOND = (
    np.uint64(x) for x in (0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB)
)


@checked
@dataclass(frozen=True)
class Simulation:
    """How paths are drawn.

    Attributes:
        draws: Paths, antithetic.
        seed: The same one gives the same paths; a client's come from (seed, their id) alone.
        client_ids: Whose paths they are; default "0", "1", ...
    """

    draws: Draws = 2000
    seed: PathSeed = 0
    client_ids: Sequence[str] | None = None

    def __post_init__(self) -> None:
        if self.client_ids is not None:
            ids = listed(self.client_ids, str, "client_ids", "Give one id a goal.")
            object.__setattr__(self, "client_ids", ids)

    def ids(self, count: int) -> tuple[str, ...]:
        """One id a goal. Raises `InputError` where another number of them is given."""
        if self.client_ids is None:
            return tuple(map(str, range(count)))
        if len(self.client_ids) != count:
            raise InputError(
                f"There are {len(self.client_ids)} client_ids for {count} goals; give one id a"
                " goal.",
                field="client_ids",
                value=len(self.client_ids),
            )
        return tuple(self.client_ids)

    def paths(self, client_ids: Sequence[str], months: int) -> FloatArray:
        """Standard normal paths of some clients, shape (c, draws, months)."""
        return normals(client_keys(self.seed, client_ids), self.draws, months)


def client_keys(seed: int, client_ids: Sequence[str]) -> Words:
    """A 64-bit key of each (seed, client id), shape (c,): a hash, so that neighbours have nothing
    in common.
    """
    salt = int(seed).to_bytes(8, "little", signed=True)
    digests = (
        blake2b(i.encode("utf-8", "surrogatepass"), digest_size=8, key=salt).digest()
        for i in client_ids
    )
    return np.array([int.from_bytes(digest, "little") for digest in digests], dtype=np.uint64)


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
