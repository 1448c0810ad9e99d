"""Arrow columns as cells, cells as Arrow text, and a `ClientTable` as an Arrow table."""

# pyright: reportUnknownParameterType=false, reportAttributeAccessIssue=false

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from advisor.arrays import FloatArray
from advisor.cells import LONGEST, is_missing, is_text, is_word, number_of, text_of
from advisor.data.categories import Labels
from advisor.data.cell_columns import Cells, Days, Numbers, Objects, Words, truths
from advisor.data.client_cells import texts_of_ids
from advisor.data.clients.schema import FLAGS, NUMBERS, SETS, WORDS
from advisor.data.labels import LABEL
from advisor.data.sparse_rows import SparseRows
from advisor.errors import InputError
from advisor.privacy import personal

if TYPE_CHECKING:
    import pyarrow as pa

    from advisor.data.clients.table import ClientTable

KNOWN_PROBLEMS = "advisor:problem"
"""A column that a `ClientTable` leaves beside the others: what it found wrong with each row."""


@dataclass(frozen=True, eq=False)
class ArrowWords(Words):
    """Text whose numbers Arrow reads at once, where every cell is one.

    Attributes:
        column: The text itself.
    """

    column: Any = None

    def numbers(self) -> FloatArray:
        """As `Words.numbers`, to the bit: what Arrow takes for a number is one here, and what it
        takes for nan is looked at again.
        """
        import pyarrow as pa

        try:
            found = self.column.cast(pa.float64()).to_numpy(zero_copy_only=False).copy()
        except pa.ArrowException:
            return super().numbers()
        return super().numbers() if np.isnan(found[~self.missing()]).any() else found


def cells_of_arrow(column: pa.ChunkedArray, name: str) -> Cells:
    """The cells of an Arrow column.

    Raises:
        InputError: Arrow itself cannot read it (a time zone that this machine does not know).
    """
    import pyarrow as pa

    try:
        return _cells(_one(column, pa), pa)
    except pa.ArrowException as error:
        raise InputError(
            f"The column {name} of type {column.type} cannot be read ({error}); write it as text or"
            " numbers.",
            field=name,
            value=str(column.type),
        ) from error


def _one(column: Any, pa: Any) -> Any:
    """One array of a plain type: no dictionaries, runs or extensions."""
    if isinstance(column, pa.ChunkedArray):
        column = column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()
        if isinstance(column, pa.ChunkedArray):
            column = column.chunk(0) if column.num_chunks else pa.array([], type=column.type)
    if isinstance(column, pa.ExtensionArray):
        return _one(column.storage, pa)
    if pa.types.is_run_end_encoded(column.type):
        import pyarrow.compute as pc

        return _one(pc.run_end_decode(column), pa)
    return column


def _cells(array: Any, pa: Any) -> Cells:
    kind, types = array.type, pa.types
    if types.is_dictionary(kind) and not _is_text(kind.value_type, pa):
        return _cells(_one(array.dictionary_decode(), pa), pa)
    if types.is_dictionary(kind) or _is_text(kind, pa):
        return _words(array, pa)
    if types.is_integer(kind) or types.is_floating(kind):
        return _numbers(array, pa)
    if types.is_boolean(kind):
        missing = array.is_null().to_numpy(zero_copy_only=False)
        return truths(array.fill_null(False).to_numpy(zero_copy_only=False), missing)
    if types.is_date(kind) or types.is_timestamp(kind):
        return _days(array, pa)
    if types.is_null(kind):
        return Words(Labels.empty(len(array)))
    return Objects.of(array.to_pylist())


def _is_text(kind: Any, pa: Any) -> bool:
    return (
        pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind)
    )


def _words(array: Any, pa: Any) -> Cells:
    """Words in the order in which they first appear."""
    coded = pa.types.is_dictionary(array.type)
    try:
        whole = array if coded else array.cast(pa.string()).dictionary_encode()
        names = whole.dictionary.to_pylist()
    except (UnicodeDecodeError, pa.ArrowInvalid):
        values = (array.dictionary if coded else array).cast(pa.binary()).to_pylist()
        return Objects.of(
            [None if c is None else values[c] for c in array.indices.to_pylist()]
            if coded
            else values
        )
    codes = whole.indices.cast(pa.int64()).fill_null(-1).to_numpy(zero_copy_only=False)
    if None in names or len(set(names)) != len(names):
        return Words(
            Labels.of_words(
                [None if c < 0 or is_missing(names[c]) else names[c] for c in codes.tolist()]
            )
        )
    plain = Words.of(codes, names)
    return plain if coded else ArrowWords(plain.labels, array)


def _numbers(array: Any, pa: Any) -> Numbers:
    missing = array.is_null().to_numpy(zero_copy_only=False)
    values = (array.fill_null(0) if array.null_count else array).to_numpy(zero_copy_only=False)
    return Numbers(
        values, missing | np.isnan(values) if pa.types.is_floating(array.type) else missing
    )


def _days(array: Any, pa: Any) -> Days:
    """Days without a detour by nanoseconds, which end in 2262."""
    if pa.types.is_date(array.type):
        counts, unit = (
            array.cast(pa.int32() if pa.types.is_date32(array.type) else pa.int64()),
            "D" if pa.types.is_date32(array.type) else "ms",
        )
    else:
        import pyarrow.compute as pc

        counts, unit = (
            (pc.local_timestamp(array) if array.type.tz else array).cast(pa.int64()),
            array.type.unit,
        )
    moments = (
        counts.fill_null(0)
        .to_numpy(zero_copy_only=False)
        .astype(np.int64)
        .view(f"datetime64[{unit}]")
    )
    missing = array.is_null().to_numpy(zero_copy_only=False)
    zoned = pa.types.is_timestamp(array.type) and array.type.tz is not None
    return Days.of_moments(np.where(missing, np.datetime64("NaT"), moments), zoned=zoned)


def ids_of_arrow(column: pa.ChunkedArray) -> tuple[list[str], dict[int, str]]:
    """Ids of a column as text, "" where there is none, and what is wrong with rows whose id is
    none.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    if _is_text(column.type, pa):
        try:
            text = column.cast(pa.string())
            longest = pc.max(pc.binary_length(text)).as_py() or 0
            if longest <= LONGEST and not any(
                pc.any(pc.match_substring(text, mark)).as_py() for mark in "[{"
            ):
                return [
                    "" if name is None or name.isspace() else name for name in column.to_pylist()
                ], {}
        except (UnicodeDecodeError, pa.ArrowInvalid):
            pass  # not UTF-8: told apart below, row by row
    return texts_of_ids(cells_of_arrow(column, "id"))


def held_of_arrow(column: pa.ChunkedArray, problems: dict[int, str]) -> SparseRows:
    """Holdings of a column of maps from id to money; an id that a map names twice is a problem of
    its row, text that is no number is nan.
    """
    rows: list[dict[str, float]] = []
    for row, cell in enumerate(column.to_pylist()):
        if not all(is_word(name) for name, value in cell or () if not is_missing(value)):
            problems.setdefault(
                row,
                "holdings names what is no id; an id is text in UTF-8, or a number. Correct the"
                " cell.",
            )
        entries = [(text_of(name), value) for name, value in cell or () if not is_missing(value)]
        found = {
            name: value if isinstance(value, float) else number_of(value) for name, value in entries
        }
        rows.append({name: money for name, money in found.items() if money != 0.0})
        if len(found) != len(entries):
            twice = next(name for at, (name, _) in enumerate(entries) if name in dict(entries[:at]))
            problems.setdefault(
                row,
                f"holdings names {personal(twice)} twice, so it is not known which money counts."
                " Correct the cell.",
            )
    return SparseRows.of(rows)


def as_text(array: Any) -> Any:
    """An Arrow column as text that is worth the same: for columns that are of one type here and of
    another there.
    """
    import pyarrow as pa

    if pa.types.is_map(array.type):
        maps = [
            (
                None
                if cell is None
                else [(text_of(k), None if is_missing(v) else text_of(v)) for k, v in cell]
            )
            for cell in array.to_pylist()
        ]
        return pa.array(maps, type=pa.map_(pa.string(), pa.string()))
    cells = cells_of_arrow(
        array if isinstance(array, pa.ChunkedArray) else pa.chunked_array([array]), "of the clients"
    )
    return text_array([cells.cell(row) for row in range(len(cells))])


def text_array(cells: Sequence[object]) -> Any:
    """Cells of any kind as one column of text; of bytes, where some text cannot be written as
    UTF-8.
    """
    import pyarrow as pa

    if any(isinstance(cell, str) and not is_text(cell) for cell in cells):
        texts = [
            None if is_missing(cell) else cell if isinstance(cell, str | bytes) else text_of(cell)
            for cell in cells
        ]
        return pa.array(
            [t.encode("utf-8", "surrogatepass") if isinstance(t, str) else t for t in texts],
            type=pa.binary(),
        )
    return pa.array(
        [None if is_missing(cell) else text_of(cell) for cell in cells], type=pa.string()
    )


def arrow_of_clients(clients: ClientTable) -> pa.Table:
    """A table that `clients_from_arrow` reads back as it is, its problems included."""
    import pyarrow as pa

    def words(labels: Labels) -> Any:
        return pa.array(
            [labels.names[c] if c >= 0 else None for c in labels.codes.tolist()], type=pa.string()
        )

    count = len(clients)
    columns: dict[str, Any] = {
        "id": pa.array([name or None for name in clients.ids], type=pa.string())
    }
    columns |= {
        name: pa.array(getattr(clients, name), type=pa.float64(), from_pandas=True)
        for name in NUMBERS
    }
    columns |= {name: pa.array(getattr(clients, name), type=pa.bool_()) for name in FLAGS}
    for name in ("level", "lowest_category"):
        values = getattr(clients, name)
        columns[name] = pa.array(values, type=pa.int64(), mask=values < 0)
    columns["assessed_on"] = pa.array(clients.assessed_on, type=pa.date32())
    columns |= {name: words(getattr(clients, name)) for name in WORDS}
    columns |= {f"answer:{question}": words(labels) for question, labels in clients.answers.items()}
    columns |= {
        name: pa.array(
            [list(getattr(clients, name).row(i)) for i in range(count)], type=pa.list_(pa.string())
        )
        for name in SETS
    }
    columns |= {
        f"bias:{bias}": pa.array(values, type=pa.float64(), from_pandas=True)
        for bias, values in clients.biases.items()
    }
    held = [list(clients.holdings.row(i).items()) for i in range(count)]
    columns["holdings"] = pa.array(held, type=pa.map_(pa.string(), pa.float64()))
    columns |= {LABEL + name: words(column) for name, column in clients.labels.items()}
    columns["goals"] = text_array(clients.goals or [None] * count)
    columns[KNOWN_PROBLEMS] = pa.array(
        [clients.problems.get(i) for i in range(count)], type=pa.string()
    )
    return pa.table(columns)
