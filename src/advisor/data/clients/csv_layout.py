"""How a CSV file of clients is written: its encoding and its delimiter, read from its first bytes
or named; and rows that an unclosed quotation mark has drawn into one cell.
"""

# pyright: reportUnknownParameterType=false, reportAttributeAccessIssue=false

from __future__ import annotations

import codecs
import csv
import gzip
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from advisor.annotations import CountOrNone, DecimalMark, Texts
from advisor.data.clients.schema import REQUIRED
from advisor.errors import InputError
from advisor.privacy import short
from advisor.validation import checked

DELIMITERS = (",", ";", "\t", "|")
"""Those that are recognised by the header."""
_HEAD = 65_536
"""Bytes that are looked at."""
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_PACKED = {
    b"PK\x03\x04": "a ZIP archive or an Excel workbook. Unpack it, or pass the table:"
    " pandas.read_csv(path, dtype=str) of .zip, pandas.read_excel(path, dtype=str) of .xlsx",
    b"\x1f\x8b": "compressed. Let its name end in .csv.gz",
}
"""How files begin that are no CSV, and what they are."""
NAMED = (
    'ClientFiles(path, encoding="gb18030") for Chinese text, encoding="cp1252" for Western European'
)
"""What to pass where the encoding cannot be recognised."""


@checked
@dataclass(frozen=True)
class ClientFiles:
    """Files of clients, and how they are written where they do not show it; a source
    wherever paths are.

    Args:
        files: A path, a folder or a list of paths; CSV may be compressed (`.csv.gz`).
        encoding: Of CSV, such as "gb18030" (GBK) or "utf-16"; None: UTF-8, or UTF-16 where the file
            begins so.
        decimal: The decimal mark of numbers that are text.
        delimiter: Of CSV, one character; None: the one of comma, semicolon, tab and bar by which
            the header has the columns that every client needs.
        skip_lines: Of CSV, how many stand above the header.
        missing: Of CSV, cells that say that nothing is known, such as "n/a"; empty ones always do.

    Raises:
        InputError: The encoding is unknown, or the delimiter is not one character.
    """

    files: str | Path | Sequence[str | Path]
    encoding: str | None = None
    delimiter: str | None = None
    decimal: DecimalMark = "."
    skip_lines: CountOrNone = 0
    missing: Texts = ()

    def __post_init__(self) -> None:
        if self.encoding is not None:
            try:
                "".encode(self.encoding)
            except (LookupError, ValueError, UnicodeError) as error:
                raise InputError(
                    f"encoding is {short(self.encoding)}, which is none that Python knows; name"
                    ' one, such as "gb18030" or "utf-16".',
                    field="encoding",
                    value=self.encoding,
                ) from error
        mark = self.delimiter
        if mark is not None and (len(mark) != 1 or not mark.isascii() or mark in '"\r\n\0'):
            raise InputError(
                f"delimiter is {short(mark)}; it is one character, and no quote or line end. Give"
                ' ",", ";" or "\\t".',
                field="delimiter",
                value=mark,
            )


@dataclass(frozen=True)
class Layout:
    """How one CSV file is written.

    Attributes:
        encoding: As pyarrow names it.
        delimiter: One character.
        skip_lines: Above the header.
        missing: Cells that say nothing.
    """

    encoding: str
    delimiter: str
    skip_lines: int = 0
    missing: Sequence[str] = ()


def layout_of(path: Path, files: ClientFiles | None = None) -> Layout:
    """How a CSV file is written.

    Args:
        path: The file; compressed where it ends in `.gz`.
        files: What is said of it; what is not said is read from the file and its header.

    Raises:
        InputError: The beginning is not of that encoding, or not of UTF-8 where none is named.
        OSError: It cannot be read.
    """
    files = ClientFiles(path) if files is None else files
    encoding, head = files.encoding, _head(path)
    name = (
        encoding
        or next((name for mark, name in _MARKS if head.startswith(mark)), None)
        or _wide(head)
    )
    try:
        text = codecs.getincrementaldecoder(name)().decode(head)
    except UnicodeError as error:
        remedy = f"pass {NAMED}, or save it as UTF-8" if encoding is None else "name another"
        raise InputError(
            f"Clients cannot be read from {path}: it is not written in {name.upper()} ({error});"
            f" {remedy}.",
            field="encoding",
            value=encoding,
        ) from error
    plain = codecs.lookup(name).name in ("utf-8", "utf-8-sig", "ascii")
    lines = text.removeprefix("\ufeff").splitlines()[files.skip_lines :][:1]
    delimiter = files.delimiter or _delimiter(lines)
    return Layout("utf8" if plain else name, delimiter, files.skip_lines, files.missing)


def _head(path: Path) -> bytes:
    try:
        with gzip.open(path, "rb") if path.suffix.lower() == ".gz" else path.open("rb") as file:
            head = file.read(_HEAD)
    except EOFError as error:
        raise OSError(f"the compressed file ends too early: {error}") from error
    packed = next((what for mark, what in _PACKED.items() if head.startswith(mark)), None)
    if packed is None:
        return head
    raise InputError(
        f"Clients cannot be read from {path}: it is no CSV file but {packed}.",
        field="source",
        value=str(path),
    )


def _wide(head: bytes) -> str:
    """UTF-16 where every other byte of the first letters is 0, UTF-8 else."""
    if len(head) >= 4 and head[1] == head[3] == 0 and head[0] and head[2]:
        return "utf-16-le"
    return (
        "utf-16-be"
        if len(head) >= 4 and head[0] == head[2] == 0 and head[1] and head[3]
        else "utf-8"
    )


def _delimiter(lines: Sequence[str]) -> str:
    """The delimiter by which a header has the required columns; else the most frequent, or a
    comma.
    """
    for mark in DELIMITERS:
        if lines and set(REQUIRED) <= set(next(csv.reader(lines, delimiter=mark), [])):
            return mark
    return max(DELIMITERS, key=lambda mark: "".join(lines).count(mark))


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
