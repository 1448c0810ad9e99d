"""What the suitability package hands to the others: verdicts, and masks by class of clients."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from advisor.annotations import YesNoMatrix
from advisor.arrays import BoolArray, IntArray
from advisor.readers import row_numbers
from advisor.validation import checked

Decision = Literal["allow", "warn", "refuse"]


@dataclass(frozen=True)
class Verdict:
    """One product for one client: the decision, and the id of every rule that fired (empty for a
    plain allow).
    """

    decision: Decision
    rules: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Eligibility:
    """Which columns each client may be offered, by class: clients with the same answer share one
    row.

    Attributes:
        class_of: Class of each client, shape (c,).
        allowed: What each class may have, shape (k, p). Nothing but a plain "allow" is true.

    >>> e = Eligibility(np.array([1, 0, 1]), np.array([[True, False], [True, True]]))
    >>> e.to_array().tolist()
    [[True, True], [True, False], [True, True]]
    """

    class_of: IntArray
    allowed: BoolArray

    @classmethod
    @checked
    def of(cls, mask: YesNoMatrix) -> Eligibility:
        """From a full (c, p) mask; equal rows become one class, numbered by first appearance."""
        packed = np.packbits(mask, axis=1)
        keys = (
            np.ascontiguousarray(packed).view(np.dtype((np.void, max(packed.shape[1], 1)))).ravel()
            if packed.shape[1]
            else np.zeros(len(mask), dtype="V1")
        )
        _, first, inverse = np.unique(keys, return_index=True, return_inverse=True)
        order = np.argsort(np.argsort(first))
        return cls(order[inverse].astype(np.int64), mask[np.sort(first)])

    def take(self, rows: IntArray | slice) -> Eligibility:
        """The clients asked for, over the same classes."""
        return Eligibility(self.class_of[row_numbers(rows, len(self))], self.allowed)

    def to_array(self) -> BoolArray:
        """The full mask, shape (c, p); one byte a pair."""
        return self.allowed[self.class_of]

    def __len__(self) -> int:
        return len(self.class_of)

    def __repr__(self) -> str:
        return (
            f"Eligibility({len(self):,} clients in {len(self.allowed):,} classes,"
            f" {self.allowed.shape[1]} columns)"
        )
