"""External ids to integer codes, once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from advisor.arrays import IntArray, unique_ids
from advisor.cells import text_of
from advisor.errors import InputError


@dataclass(frozen=True, eq=False)
class IdMap:
    """Distinct ids; the position of an id is its code.

    >>> IdMap.of(["a", "b"]).code("b")
    1
    """

    ids: tuple[str, ...]

    @classmethod
    def of(cls, ids: Iterable[object], field: str = "ids") -> IdMap:
        """From distinct ids: text, or numbers, which are worth their text. Raises `InputError`
        otherwise.
        """
        return cls(unique_ids(ids, field))

    @cached_property
    def _codes(self) -> dict[str, int]:
        return {name: code for code, name in enumerate(self.ids)}

    def __len__(self) -> int:
        return len(self.ids)

    def __contains__(self, name: object) -> bool:
        return (name if type(name) is str else text_of(name)) in self._codes

    def __eq__(self, other: object) -> bool:
        return isinstance(other, IdMap) and self.ids == other.ids

    def __hash__(self) -> int:
        return hash(self.ids)

    def __repr__(self) -> str:
        return f"IdMap({len(self)} ids)"

    def code(self, name: str, field: str = "id") -> int:
        """Code of one id. Raises `InputError` when it is unknown."""
        code = self._codes.get(name if type(name) is str else text_of(name))
        if code is None:
            known = ", ".join(self.ids[:5]) + (", ..." if len(self) > 5 else "")
            raise InputError(
                f"{field} {name!r} is not known; known are {known or 'none'}. Correct it or"
                " add it.",
                field=field,
                value=name,
            )
        return code

    def find(self, names: Sequence[str | None]) -> IntArray:
        """Codes of many ids, shape (len(names),); -1 where an id is unknown, or None."""
        get = self._codes.get
        told = (
            name if type(name) is str else "" if name is None else text_of(name) for name in names
        )
        return np.fromiter((get(name, -1) for name in told), dtype=np.int64, count=len(names))
