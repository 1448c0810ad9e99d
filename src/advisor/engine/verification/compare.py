"""Which fields of two records differ, to the bit: the one comparison that verifications, proofs of
stored rows and replays make.
"""

# pyright: reportUnknownParameterType=false

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from struct import pack
from typing import TYPE_CHECKING, Any

from advisor.contracts.advice import Advice
from advisor.data.arrow_extra import pyarrow

if TYPE_CHECKING:
    import pyarrow as pa

_APART = ("fingerprint", "slots")
"""Fields that are not found by making the advice again: one says what it is made of, the other
how."""
Field = tuple[str, object, object]
"""Where two records differ, what the first says and what the second says."""


def differing_advice(recorded: Advice, again: Advice) -> Iterator[Field]:
    """The fields of an advice that do not come out again."""
    for name in Advice.model_fields:
        if name not in _APART:
            yield from differing_fields(
                name, _plain(getattr(recorded, name)), _plain(getattr(again, name))
            )


def differing_fields(path: str, old: Any, new: Any) -> Iterator[Field]:
    """The places where two plain values differ. A list of another length differs as a whole; the
    order of a mapping says nothing.
    """
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        for name in dict.fromkeys((*old, *new)):
            yield from differing_fields(f"{path}.{name}", old.get(name), new.get(name))
    elif isinstance(old, tuple | list) and isinstance(new, tuple | list) and len(old) == len(new):
        for place, (a, b) in enumerate(zip(old, new, strict=True), start=1):
            yield from differing_fields(f"{path}[{place}]", a, b)
    elif not same(old, new):
        yield path, old, new


def differing_rows(stored: pa.Table, again: pa.Table) -> Iterator[tuple[int, tuple[str, ...]]]:
    """Rows of two tables that differ, with the columns in which they do; rows that one table lacks
    differ in "missing".
    """
    count = min(stored.num_rows, again.num_rows)
    columns: dict[int, list[str]] = {}
    for name in dict.fromkeys((*stored.schema.names, *again.schema.names)):
        for row in _differing_cells(stored.slice(0, count), again.slice(0, count), name):
            columns.setdefault(row, []).append(name)
    yield from ((row, tuple(columns[row])) for row in sorted(columns))
    yield from ((row, ("missing",)) for row in range(count, max(stored.num_rows, again.num_rows)))


def _differing_cells(stored: pa.Table, again: pa.Table, name: str) -> Sequence[int]:
    """Rows in which a column differs; all of them where one table lacks it or types differ."""
    pa = pyarrow()
    both = name in stored.schema.names and name in again.schema.names
    if not both or stored.schema.field(name).type != again.schema.field(name).type:
        return range(stored.num_rows)
    left, right = (table[name].combine_chunks() for table in (stored, again))
    if pa.types.is_float64(left.type):
        left, right = left.view(pa.int64()), right.view(pa.int64())
    if left.equals(right):
        return ()
    pairs = enumerate(zip(left.to_pylist(), right.to_pylist(), strict=True))
    return [row for row, (a, b) in pairs if any(differing_fields(name, a, b))]


def same(old: object, new: object) -> bool:
    """Whether two values are the same: of floats every bit (any two nan are one); true and 1 are
    not.
    """
    if isinstance(old, float) and isinstance(new, float):
        return (old != old and new != new) or pack("<d", old) == pack("<d", new)
    return isinstance(old, bool) == isinstance(new, bool) and old == new


def _plain(value: Any) -> Any:
    """Contracts as mappings; an infinity inside a reason as the word that JSON makes of it."""
    if isinstance(value, tuple):
        return [_plain(item) for item in value]  # pyright: ignore[reportUnknownVariableType]
    if not hasattr(value, "model_dump"):
        return value
    fields: dict[str, Any] = {
        name: _plain(getattr(value, name)) for name in type(value).model_fields
    }
    if "data" in fields:
        fields["data"] = {name: _word(datum) for name, datum in fields["data"].items()}
    return fields


def _word(datum: object) -> object:
    if not isinstance(datum, float) or datum - datum == 0.0:
        return datum
    return "NaN" if datum != datum else "Infinity" if datum > 0.0 else "-Infinity"
