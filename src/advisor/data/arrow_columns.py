"""Arrow columns as columns of cells, whatever their type."""

# pyright: reportUnknownParameterType=false, reportAttributeAccessIssue=false

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from typing_extensions import override

from advisor.arrays import BoolArray, FloatArray, IntArray
from advisor.data.columns import Cells, Column, Typed
from advisor.errors import InputError

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True, eq=False)
class ArrowText(Column):
    """An Arrow column of text whose numbers Arrow reads at once, where every cell is one."""

    array: Any

    @cached_property
    def _coded(self) -> Cells:
        coded = self.array.dictionary_encode()
        return Cells.of(coded.dictionary.to_pylist(), _codes_of(coded))

    @override
    def coded(self) -> tuple[Sequence[Any], IntArray]:
        return self._coded.coded()

    @override
    def numbers(self, decimal: str = ".") -> FloatArray:
        """What Arrow takes for a number is one here, to the bit; what it takes for nan is looked
        at again.
        """
        import pyarrow as pa

        try:
            numbers = None if decimal == "," else self.array.cast(pa.float64())
        except pa.ArrowException:
            numbers = None
        values = None if numbers is None else numbers.to_numpy(zero_copy_only=False).copy()
        if values is None or (np.isnan(values) & ~_nulls(self.array)).any():
            return super().numbers(decimal)
        return values

    def __len__(self) -> int:
        return len(self.array)


def column_of_arrow(column: pa.ChunkedArray | pa.Array, name: str) -> Column:
    """The cells of an Arrow column.

    Raises:
        InputError: Arrow itself cannot read it (a time zone that this machine does not know).
    """
    import pyarrow as pa

    try:
        return _column_of(_one(column, pa), pa)
    except pa.ArrowException as error:
        raise InputError(
            f"The column {name} of type {column.type} cannot be read ({error}); write it as text or"
            " numbers.",
            field=name,
            value=str(column.type),
        ) from error


def _one(column: Any, pa: Any) -> Any:
    """One array of a plain type: no chunks, runs, extensions, or dictionaries but of text."""
    if isinstance(column, pa.ChunkedArray):
        return _one(column.combine_chunks(), pa)  # of no chunks, an empty array
    if isinstance(column, pa.ExtensionArray):
        return _one(column.storage, pa)
    if pa.types.is_run_end_encoded(column.type):
        import pyarrow.compute as pc

        return _one(pc.run_end_decode(column), pa)
    if pa.types.is_dictionary(column.type) and not is_arrow_text(column.type.value_type):
        return _one(column.dictionary_decode(), pa)
    return column


def _column_of(array: Any, pa: Any) -> Column:
    kind, types = array.type, pa.types
    if types.is_integer(kind) or types.is_floating(kind) or types.is_boolean(kind):
        gap = False if types.is_boolean(kind) else 0
        plain = array.fill_null(gap) if array.null_count else array
        return Typed.of(plain.to_numpy(zero_copy_only=False), _nulls(array))
    if types.is_date(kind) or types.is_timestamp(kind):
        return _days_of(array, pa)
    coded = types.is_dictionary(kind)
    if not coded and not is_arrow_text(kind):
        return Cells.of(array.to_pylist())
    try:
        if not coded:
            text = array.cast(pa.string())
            text.validate(full=True)
            return ArrowText(text)
        return Cells.of(array.dictionary.to_pylist(), _codes_of(array))
    except (UnicodeDecodeError, pa.ArrowInvalid):
        values = (array.dictionary if coded else array).cast(pa.binary()).to_pylist()
        return Cells.of(values, _codes_of(array) if coded else None)


def is_arrow_text(kind: Any) -> bool:
    """Whether an Arrow type is one of text."""
    import pyarrow as pa

    types = pa.types
    return types.is_string(kind) or types.is_large_string(kind) or types.is_string_view(kind)


def _days_of(array: Any, pa: Any) -> Typed:
    """Days without a detour by nanoseconds, which end in 2262."""
    kind, zoned = array.type, pa.types.is_timestamp(array.type) and array.type.tz is not None
    unit = "D" if pa.types.is_date32(kind) else "ms" if pa.types.is_date64(kind) else kind.unit
    if zoned:
        import pyarrow.compute as pc

        array = pc.local_timestamp(array)
    counts = array.cast(pa.int32() if unit == "D" else pa.int64()).fill_null(0)
    moments = counts.to_numpy(zero_copy_only=False).astype(np.int64).view(f"datetime64[{unit}]")
    return Typed.of_moments(np.where(_nulls(array), np.datetime64("NaT"), moments), zoned=zoned)


def _codes_of(array: Any) -> IntArray:
    """Positions in the dictionary, -1 where there is none, shape (c,)."""
    codes = array.indices.fill_null(0).to_numpy(zero_copy_only=False).astype(np.int64)
    return np.where(_nulls(array.indices), -1, codes)


def _nulls(array: Any) -> BoolArray:
    return array.is_null().to_numpy(zero_copy_only=False)
