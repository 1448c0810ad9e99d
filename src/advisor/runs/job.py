"""One function for every engine: batches of clients in, batches of advice out.

Row-wise pure: no state across batches, so any engine may cut, order and repeat the work as it
likes. Row order is not promised by engines; `client_id` is the key. The columns are those of
`engine.output.arrow` and, last, `inputs`: the digest of the client's row, the day and the number of
picks (`engine.input_digest`), which says from which data the advice was made.
"""

# pyright: reportUnknownParameterType=false

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa

from advisor.arrays import check_type
from advisor.contracts.client import Client
from advisor.data.categories import Categories
from advisor.data.clients.arrow import clients_from_arrow, read_arrow
from advisor.data.clients.repeated import SeenIds
from advisor.data.clients.table import ClientTable
from advisor.data.days import as_day
from advisor.data.labels import label_names
from advisor.engine.input_digest import input_digests
from advisor.engine.output.arrow import advice_schema
from advisor.engine.pipeline import advise_table
from advisor.errors import AdvisorError, InputError
from advisor.runs.advisor_ref import AdvisorRef
from advisor.runs.duplicates import problems_of
from advisor.validation import checked

ROWS_AT_A_TIME = 32_768
"""Rows advised together; bounds memory, changes no bit."""
DEFEATS = (
    AdvisorError,
    ValueError,
    TypeError,
    ArithmeticError,
    LookupError,
    AttributeError,
    pa.ArrowException,
)
"""What a row may raise that nobody foresaw; it is then set aside alone."""
INPUTS = "inputs"
"""Column of the digests of what was read."""
Problems = Mapping[int, str]
"""What is wrong with some rows, by row."""


@dataclass(frozen=True)
class Job:
    """What engines call, picklable: exactly Spark's `mapInArrow` function.

    Attributes:
        model: Who advises.
        input_schema: Of the clients; batches must have its names and types (an engine may deliver
            dictionaries as plain words).
        schema: Of the advice; every batch is checked against it, because the engines' own messages
            do not say what is wrong.
    """

    model: AdvisorRef
    input_schema: pa.Schema
    schema: pa.Schema

    @classmethod
    @checked
    def of(cls, model: AdvisorRef, input_schema: pa.Schema) -> Job:
        """A job for clients of a schema.

        Raises:
            InputError: Columns are absent or unknown; said now, not by an executor.
        """
        clients_from_arrow(input_schema.empty_table())
        day = as_day(model.as_of, "as_of")
        labels = label_names(input_schema.names)
        schema = advice_schema(model.advisor().state, day, model.picks, labels)
        return cls(model, input_schema, schema.append(pa.field(INPUTS, pa.string())))

    @property
    def labels(self) -> tuple[str, ...]:
        """Columns of the host's own that stand beside the advice."""
        return tuple(label_names(self.input_schema.names))

    @property
    def day(self) -> np.datetime64:
        """The day of the advice."""
        return as_day(self.model.as_of, "as_of")

    @checked
    def __call__(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Advice for each batch of clients, in the same order; a bad row gets a status, never an
        exception.
        """
        seen = SeenIds()
        for batch in batches:
            check_type(batch, pa.RecordBatch, "batch", "Of a whole table, job.on_table(table).")
            table = pa.Table.from_batches([batch])
            self._check(table.schema)
            for advice in self._advised(table, problems_of(seen, table)):
                yield from advice.to_batches() or [pa.RecordBatch.from_pylist([], self.schema)]

    @checked
    def on_table(self, table: pa.Table, problems: Problems | None = None) -> pa.Table:
        """The same for a whole table; rows in `problems` get a status that says what is wrong
        with them instead; None: those whose id stands in an earlier row of the table.
        """
        self._check(table.schema)
        problems = problems_of(SeenIds(), table) if problems is None else problems
        return pa.concat_tables(self._advised(table, problems))

    def clients(self, table: pa.Table, problems: Problems | None = None) -> ClientTable:
        """The rows as the job reads them."""
        clients = read_arrow(table)
        return replace(clients, problems={**problems, **clients.problems}) if problems else clients

    def digests(self, clients: ClientTable) -> list[str]:
        """What was read of each client, as a digest."""
        return input_digests(clients, self.day, self.model.picks)

    def _check(self, schema: pa.Schema) -> None:
        """Raise `InputError` unless rows of this schema are read as those of the job's."""
        expected = self.input_schema
        if schema.names != expected.names:
            raise InputError(
                f"A batch has columns {schema.names}, the job was made for {expected.names}; make"
                " the job from the schema of the clients.",
                field="input_schema",
                value=schema.names,
            )
        other = [
            f"{n}: {a}, not {b}"
            for n, a, b in zip(schema.names, schema.types, expected.types, strict=True)
            if a != b and not alike(a, b)
        ]
        if other:
            raise InputError(
                "A batch has columns of other types than the job was made for"
                f" ({'; '.join(other[:5])}), so its rows could be read otherwise. Make the job from"
                " the schema of the clients, or cast the columns.",
                field="input_schema",
                value=other,
            )

    def _advised(self, table: pa.Table, problems: Problems) -> Iterator[pa.Table]:
        """Advice for some rows at a time, at least one table."""
        if not table.num_rows:
            yield self.schema.empty_table()
        for start in range(0, table.num_rows, ROWS_AT_A_TIME):
            rows = table.slice(start, ROWS_AT_A_TIME)
            for advice in self._rows(rows, _within(problems, start, rows.num_rows)):
                if not advice.schema.equals(self.schema, check_metadata=True):
                    raise InputError(
                        f"The advice has the schema {advice.schema}, the job promised"
                        f" {self.schema}; job and library are of different versions.",
                        field="schema",
                        value=str(advice.schema),
                    )
                yield advice

    def _rows(self, table: pa.Table, problems: Problems) -> Iterator[pa.Table]:
        """Advice for all rows; should a row defeat the library, it alone is set aside as bad, found
        by halving, and the others are advised as ever.
        """
        clients, half = None, table.num_rows // 2
        try:
            clients = self.clients(table, problems)
            yield self._table(clients)
        except DEFEATS as error:
            if half:
                for start, count in ((0, half), (half, table.num_rows - half)):
                    some = table.slice(start, count)
                    yield from self._rows(some, _within(problems, start, count))
                return
            reason = f"it could not be advised: {error}"
            name, known = ("", problems) if clients is None else (clients.ids[0], clients.problems)
            blank = Client(id=name or "-", wealth=0.0, horizon_years=0.0)
            unread = dict.fromkeys(self.labels, Categories.empty(1))
            row = replace(
                ClientTable.from_clients([blank]),
                ids=(name,),
                problems={0: known.get(0, reason)},
                labels=unread if clients is None else clients.labels,
            )
            yield self._table(row)

    def _table(self, clients: ClientTable) -> pa.Table:
        advised = advise_table(self.model.advisor().state, clients, self.day, self.model.picks)
        inputs = pa.array(advised.inputs(), type=pa.string())
        return advised.to_arrow().append_column(INPUTS, inputs)


def _within(problems: Problems, start: int, count: int) -> Problems:
    """The problems of some rows, counted from the first of them."""
    return {row - start: text for row, text in problems.items() if start <= row < start + count}


def alike(one: pa.DataType, other: pa.DataType) -> bool:
    """Whether cells of two Arrow types are read alike: engines deliver words, lists and numbers in
    forms of their own, and a number is worth the same in all.
    """
    return _plain(one) == _plain(other) or pa.types.is_null(one) or pa.types.is_null(other)


def _plain(kind: Any) -> object:
    types = pa.types
    if types.is_dictionary(kind) or types.is_run_end_encoded(kind):
        return _plain(kind.value_type)
    if types.is_timestamp(kind):
        return "time", "UTC" if kind.tz in ("Etc/UTC", "UTC", "+00:00", "Z") else kind.tz
    if types.is_map(kind):
        return "map", _plain(kind.key_type), _plain(kind.item_type)
    if types.is_list(kind) or types.is_large_list(kind) or types.is_fixed_size_list(kind):
        return "list", _plain(kind.value_type)
    if types.is_struct(kind):
        return "record", tuple((field.name, _plain(field.type)) for field in kind)
    families = {
        "text": (types.is_string, types.is_large_string, types.is_string_view),
        "bytes": (types.is_binary, types.is_large_binary, types.is_fixed_size_binary),
        "number": (types.is_integer, types.is_floating, types.is_decimal),
        "day": (types.is_date,),
    }
    return next(
        (name for name, checks in families.items() if any(check(kind) for check in checks)), kind
    )
