"""Advice cut by the values of a label into Hive folders, such as
`branch=North/part-000000.parquet`, which readers of Parquet turn into a column again.
"""

# pyright: reportUnknownParameterType=false

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from urllib.parse import quote

import numpy as np
import pyarrow as pa

from advisor.errors import InputError
from advisor.runs.job import INPUTS
from advisor.runs.parts import Part, digest_of, write_part

MOST = 1000
"""Partitions of a run: each part has a file in each."""
MISSING = "__none__"
"""Value of rows without the label. Not Hive's own name for it: pandas cannot read that beside
text."""
LONGEST = 120
"""Bytes of a value in the name of a folder; a longer one is shortened, and ends in a digest."""
_PLAIN = frozenset("-_., ()")


@dataclass(frozen=True)
class Partitions:
    """Cuts tables of advice by a label.

    Attributes:
        label: Its column; files leave it out, since their folder says it.
    """

    label: str

    def pieces(self, table: pa.Table) -> Iterator[tuple[str, list[pa.Table]]]:
        """The rows of each folder, in their order; of no rows, an empty table in no folder.

        Raises:
            InputError: There are more than `MOST` values.
        """
        if not table.num_rows:
            yield "", [table.drop_columns([self.label])]
            return
        values = table[self.label].combine_chunks().dictionary_encode(null_encoding="encode")
        codes = values.indices.to_numpy()
        self.check(values.dictionary)
        rows = np.argsort(codes, kind="stable")
        ordered = table.drop_columns([self.label]).take(pa.array(rows))
        ends = np.cumsum(np.bincount(codes, minlength=len(values.dictionary))).tolist()
        for value, start, end in zip(values.dictionary.to_pylist(), [0, *ends], ends, strict=False):
            yield f"{self.label}={_named(value)}", [ordered.slice(start, end - start)]

    def schema(self, schema: pa.Schema) -> pa.Schema:
        """Schema of the files."""
        return schema.remove(schema.get_field_index(self.label))

    def check(self, values: Iterable[object]) -> None:
        """Raise `InputError` where there are more than `MOST` values."""
        count = len(list(values))
        if count > MOST:
            raise InputError(
                f"partition_by={self.label!r} has more than {MOST:,} values, and each would be a"
                " folder with a file a part. Name a label with fewer values, such as a region.",
                field="partition_by",
                value=count,
            )


def write_advice(advice: pa.Table, path: Path, run: str, partitions: Partitions | None) -> Part:
    """Write the advice of a part, in one file or one a partition; see `write_part`."""
    inputs = digest_of(advice[INPUTS].to_pylist())
    if partitions is None:
        return write_part([("", [advice])], advice.schema, path, run, inputs)
    schema = partitions.schema(advice.schema)
    return write_part(partitions.pieces(advice), schema, path, run, inputs)


def _named(value: str | None) -> str:
    """A value in the name of a folder: letters and digits as they are, other signs as `%2F`."""
    if not value:
        return MISSING
    text = "".join(c if c.isalnum() or c in _PLAIN else quote(c, safe="") for c in value)
    text = text if text[-1] not in ". " else f"{text[:-1]}%{ord(text[-1]):02X}"
    if len(text.encode()) <= LONGEST:
        return text
    start = text.encode()[: LONGEST - 20].decode(errors="ignore")
    start = re.sub("%[0-9A-F]?$", "", start)
    return f"{start}-{blake2b(value.encode(), digest_size=8).hexdigest()}"
