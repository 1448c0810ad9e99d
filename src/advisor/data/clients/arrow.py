"""Arrow tables of clients, read and written; and columns of any kind as text of the same worth."""

# pyright: reportUnknownParameterType=false, reportAttributeAccessIssue=false

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from advisor.annotations import DecimalMark, Texts
from advisor.arrays import check_type
from advisor.cells import LONGEST, is_missing, is_text, is_word, text_of
from advisor.data.arrow_columns import column_of_arrow, is_arrow_text
from advisor.data.clients.reader import check_names, table_columns, texts_of_ids
from advisor.data.clients.repeated import with_repeated
from advisor.data.clients.schema import FLAGS, NUMBERS, SETS, WORDS
from advisor.data.clients.table import ClientTable
from advisor.data.columns import NUMBER
from advisor.data.labels import LABEL
from advisor.data.sparse_rows import SparseRows
from advisor.data.tables import is_index
from advisor.errors import InputError
from advisor.privacy import personal
from advisor.validation import checked

if TYPE_CHECKING:
    import pyarrow as pa

    from advisor.data.categories import Categories

KNOWN_PROBLEMS = "advisor:problem"
"""A column that a `ClientTable` leaves beside the others: what it found wrong with each row."""
DECIMAL = b"advisor:decimal"
"""Metadata of a schema: the decimal mark of numbers that are text."""
NO_ID = "id is missing; its advice could not be delivered. Give every client an id."


@checked
def clients_from_arrow(
    table: pa.Table, *, labels: Texts | str = (), decimal: DecimalMark | None = None
) -> ClientTable:
    """Clients of an Arrow table.

    Columns are named as for `ClientTable.from_frame`; besides `holding:<id>` columns, one column
    `holdings` may be a map of id to money, which a catalogue of a thousand products needs.

    Args:
        table: One row a client. A row without an id is noted in `problems`, and so is one
            whose id stands in an earlier row.
        labels: Columns of your own that come out again beside the advice.
        decimal: The decimal mark of numbers that are text; None: that of the file they came from,
            or a point.

    Raises:
        InputError: It is no Arrow table, a required column is absent, or a column is unknown or
            there twice.
    """
    clients = read_arrow(table, labels, decimal)
    problems = with_repeated(clients.ids, clients.problems)
    return clients if problems is clients.problems else replace(clients, problems=problems)


def read_arrow(
    table: pa.Table, labels: Texts | str = (), decimal: DecimalMark | None = None
) -> ClientTable:
    """`clients_from_arrow` with every row from itself alone, so that a table may be cut
    anywhere: who stands twice is the caller's to find.
    """
    import pyarrow as pa

    check_type(table, pa.Table, "clients", "Give a pyarrow Table with one row a client.")
    table = table.drop_columns([name for name in table.schema.names if is_index(name)])
    mark = decimal or (table.schema.metadata or {}).get(DECIMAL, b".").decode()
    table = table.rename_columns(check_schema(table.schema, labels=labels))
    ids, odd = ids_of_arrow(table["id"])
    problems = {row: NO_ID for row, name in enumerate(ids) if not name} | odd
    mapped = "holdings" in table.schema.names
    columns = table_columns(
        ids,
        {
            name: column_of_arrow(table[name], name)
            for name in table.schema.names
            if name not in ("id", "holdings", KNOWN_PROBLEMS)
        },
        problems,
        held_of_arrow(table["holdings"], problems, mark) if mapped else None,
        mark,
    )
    if KNOWN_PROBLEMS in table.schema.names:
        known = enumerate(table[KNOWN_PROBLEMS].to_pylist())
        columns["problems"].update({row: text for row, text in known if text})
    return ClientTable(**columns)


def check_schema(
    schema: pa.Schema, what: str = "The client table", labels: Texts | str = ()
) -> list[str]:
    """Names of the columns, those of labels as `label:<name>`.

    Raises:
        InputError: A required column is absent, a column is unknown or there twice, or holdings
            come in two ways.
    """
    import pyarrow as pa

    mapped = "holdings" in schema.names and pa.types.is_map(
        schema.field(schema.names.index("holdings")).type
    )
    apart = (KNOWN_PROBLEMS, "holdings") if mapped else (KNOWN_PROBLEMS,)
    names = check_names(schema.names, apart, what, labels)
    beside = [n for n in names if mapped and n.startswith("holding:")]
    if beside:
        raise InputError(
            f"{what} has both a column holdings and columns {beside[:3]}; what a client holds must"
            " be said once. Drop one or the other.",
            field="holdings",
            value=beside,
        )
    return names


def ids_of_arrow(column: pa.ChunkedArray) -> tuple[list[str], dict[int, str]]:
    """Ids of a column as text, "" where there is none, and what is wrong with rows whose id is
    none.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    if is_arrow_text(column.type):
        try:
            text = column.cast(pa.string())
            longest = pc.max(pc.binary_length(text)).as_py() or 0
            if longest <= LONGEST and not any(
                pc.any(pc.match_substring(text, mark)).as_py() for mark in "[{"
            ):
                ids = column.to_pylist()
                return ["" if name is None or name.isspace() else name for name in ids], {}
        except (UnicodeDecodeError, pa.ArrowInvalid):
            pass  # not UTF-8: read below, row by row
    return texts_of_ids(column_of_arrow(column, "id"))


def held_of_arrow(
    column: pa.ChunkedArray, problems: dict[int, str], decimal: str = "."
) -> SparseRows:
    """Holdings of a column of maps from id to money; an id that a map names twice is a problem of
    its row, text that is no number is nan.
    """
    rows: list[dict[str, float]] = []
    for row, cell in enumerate(column.to_pylist()):
        entries = [(name, value) for name, value in cell or () if not is_missing(value)]
        if not all(is_word(name) for name, _ in entries):
            problems.setdefault(
                row,
                "holdings names what is no id; an id is text in UTF-8, or a number. Correct the"
                " cell.",
            )
        held: dict[str, float] = {}
        for name, value in ((text_of(name), value) for name, value in entries):
            if name in held:
                problems.setdefault(
                    row,
                    f"holdings names {personal(name)} twice, so it is not known which money counts."
                    " Correct the cell.",
                )
            held[name] = value if isinstance(value, float) else NUMBER[decimal](value)
        rows.append({name: money for name, money in held.items() if money != 0.0})
    return SparseRows.of(rows)


def as_text(array: Any) -> Any:
    """An Arrow column as text that is worth the same: for columns that are of one type here and of
    another there.
    """
    import pyarrow as pa

    if pa.types.is_map(array.type):
        maps = [
            None
            if cell is None
            else [(text_of(k), None if is_missing(v) else text_of(v)) for k, v in cell]
            for cell in array.to_pylist()
        ]
        return pa.array(maps, type=pa.map_(pa.string(), pa.string()))
    column = column_of_arrow(array, "of the clients")
    return text_array([column.cell(row) for row in range(len(column))])


def text_array(cells: Sequence[object]) -> Any:
    """Cells of any kind as one column of text; of bytes, where some text cannot be written as
    UTF-8.
    """
    import pyarrow as pa

    texts = [
        None if is_missing(cell) else cell if isinstance(cell, str | bytes) else text_of(cell)
        for cell in cells
    ]
    if any(isinstance(text, str) and not is_text(text) for text in texts):
        return pa.array(
            [t.encode("utf-8", "surrogatepass") if isinstance(t, str) else t for t in texts],
            type=pa.binary(),
        )
    plain = [text_of(text) if isinstance(text, bytes) else text for text in texts]
    return pa.array(plain, type=pa.string())


def arrow_of_clients(clients: ClientTable) -> pa.Table:
    """A table that `clients_from_arrow` reads back as it is, its problems included."""
    import pyarrow as pa

    number, word, count = pa.float64(), pa.string(), len(clients)

    def words(labels: Categories) -> Any:
        return pa.array(labels.spelled(), type=word, from_pandas=True)

    def listed(name: str, row: int) -> list[Any]:
        held = getattr(clients, name).row(row)
        return list(held.items()) if name == "holdings" else list(held)

    columns = {"id": pa.array([name or None for name in clients.ids], type=word)}
    columns |= {
        name: pa.array(getattr(clients, name), type=number, from_pandas=True) for name in NUMBERS
    }
    columns |= {name: pa.array(getattr(clients, name), type=pa.bool_()) for name in FLAGS}
    for name in ("level", "lowest_category"):
        values = getattr(clients, name)
        columns[name] = pa.array(values, type=pa.int64(), mask=values < 0)
    columns["assessed_on"] = pa.array(clients.assessed_on, type=pa.date32())
    columns |= {name: words(getattr(clients, name)) for name in WORDS}
    columns |= {
        f"answer:{question}": words(answers) for question, answers in clients.answers.items()
    }
    columns |= {LABEL + name: words(texts) for name, texts in clients.labels.items()}
    columns |= {
        f"bias:{bias}": pa.array(values, type=number, from_pandas=True)
        for bias, values in clients.biases.items()
    }
    lists = {**dict.fromkeys(SETS, pa.list_(word)), "holdings": pa.map_(word, number)}
    columns |= {
        name: pa.array([listed(name, row) for row in range(count)], type=kind)
        for name, kind in lists.items()
    }
    columns["goals"] = text_array(clients.goals or [None] * count)
    problems = [clients.problems.get(row) for row in range(count)]
    return pa.table(columns | {KNOWN_PROBLEMS: pa.array(problems, type=word)})
