"""Rows of a CSV file that an unclosed quotation mark has drawn into one cell."""

# pyright: reportUnknownParameterType=false, reportAttributeAccessIssue=false

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from typing import Any

from advisor.errors import InputError


def unswallowed(batches: Iterable[Any], path: object, delimiter: str) -> Iterator[Any]:
    """The batches of a CSV file, as they are. A cell may hold line breaks, such as those of JSON;
    where one of its inner lines has as many cells as the header, it holds other clients.

    Raises:
        InputError: A quotation mark that nothing closes has drawn rows into a cell.
    """
    import pyarrow.compute as pc

    before = 0
    for batch in batches:
        for name, column in zip(batch.schema.names, batch.columns, strict=True):
            broken = pc.match_substring(column, "\n")
            if not broken.true_count:
                continue
            for row in pc.indices_nonzero(broken).to_pylist():
                lines = column[row].as_py().splitlines()
                inside = _rows(lines, delimiter, len(batch.schema.names))
                if inside:
                    raise InputError(
                        f"Clients cannot be read from {path}: in row {before + row} a quotation"
                        f" mark opens a cell of the column {name!r} that holds {len(lines) - 1:,}"
                        " more lines, rows of other clients among them, who would get no advice."
                        ' Close the quotation mark, or write it twice ("") where it is text.',
                        field=name,
                        value=before + row,
                    )
        before += batch.num_rows
        yield batch


def _rows(lines: list[str], delimiter: str, count: int) -> bool:
    """Whether a line between the first and the last is a row of that many cells."""
    if lines[0].lstrip()[:1] in ("[", "{"):
        return False
    return any(
        len(cells) == count
        for line in lines[1:-1]
        for cells in csv.reader([line], delimiter=delimiter)
    )
