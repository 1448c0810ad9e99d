"""One function for every engine: batches of clients in, batches of advice out.

Row-wise pure: no state across batches, so any engine may cut, order and repeat the work as it likes. Row order is not promised by engines; `client_id` is
the key. The columns are those of `engine.arrow` and, last, `inputs`: the digest of the client's row and the day (`engine.inputs`), which says from which data the
advice was made.
"""
# pyright: reportUnknownParameterType=false

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from pathlib import Path

import numpy as np
import pyarrow as pa

from advisor.contracts.client import Client
from advisor.data.client_arrow import clients_from_arrow
from advisor.data.clients import ClientTable
from advisor.data.days import as_day
from advisor.engine.advisor import Advisor, today
from advisor.engine.arrow import advice_schema, advice_table
from advisor.engine.batch import AdviceBatch
from advisor.engine.house import House
from advisor.engine.inputs import input_digests
from advisor.engine.run import advise_table
from advisor.errors import AdvisorError, InputError
from advisor.store import load

ROWS_AT_A_TIME = 4096
"""Rows advised together; bounds memory, changes no bit."""
INPUTS = "inputs"
"""Column of the digests of what was read."""


@dataclass(frozen=True)
class Desk:
    """Who advises, on which day, and how many picks: all of a job but its clients.

    Attributes:
        house: The advisor itself, shipped with the job; or the folder that `save` wrote, which every process maps into memory once, so that the workers of
            a machine share one copy.
        fingerprint: Of the advisor; a folder that holds another one is refused.
        as_of: The day.
        picks: Slots.
    """

    house: Advisor | str
    fingerprint: str
    as_of: str
    picks: int

    @classmethod
    def of(cls, house: Advisor | str | Path, *, as_of: date | str | None = None, picks: int = 5) -> Desk:
        """A desk of an advisor, or of a folder it was saved to; `as_of` is today when None, and recorded."""
        day = str(today() if as_of is None else as_day(as_of, "as_of"))
        if picks < 0:
            raise InputError(f"picks is {picks}; ask for 0 or more products.", field="picks", value=picks)
        if isinstance(house, Advisor):
            return cls(house, house.fingerprint, day, picks)
        folder = str(Path(house).resolve())
        return cls(folder, _loaded(folder).fingerprint, day, picks)

    def advisor(self) -> Advisor:
        """The advisor, loaded once a process.

        Raises:
            InputError: The folder cannot be read, or holds another advisor.
        """
        found = self.house if isinstance(self.house, Advisor) else _loaded(self.house)
        if found.fingerprint != self.fingerprint:
            raise InputError(
                f"{self.house} holds advisor {found.fingerprint[:12]}, this job was made for {self.fingerprint[:12]}; make the job anew.",
                field="house",
                value=found.fingerprint,
            )
        return found


@lru_cache(maxsize=2)
def _loaded(folder: str) -> Advisor:
    return load(folder)


@dataclass(frozen=True)
class Job:
    """What engines call, picklable: exactly Spark's `mapInArrow` function.

    Attributes:
        model: Who advises.
        input_schema: Of the clients; batches must have its names and types (an engine may deliver dictionaries as plain words).
        schema: Of the advice; every batch is checked against it, because the engines' own messages do not say what is wrong.
    """

    model: Desk
    input_schema: pa.Schema
    schema: pa.Schema

    @classmethod
    def of(cls, model: Desk, input_schema: pa.Schema) -> Job:
        """A job for clients of a schema.

        Raises:
            InputError: Columns are absent or unknown; said now, not by an executor.
        """
        clients_from_arrow(input_schema.empty_table())
        advisor = model.advisor()
        schema = advice_schema(advisor.house, as_day(model.as_of, "as_of"), model.picks)
        return cls(model, input_schema, schema.append(pa.field(INPUTS, pa.string())))

    def __call__(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Advice for each batch of clients, in the same order; a bad row gets a status, never an exception."""
        for batch in batches:
            self._check(batch)
            yield from self._advise(batch, {})

    def on_table(self, table: pa.Table, problems: Mapping[int, str] | None = None) -> pa.Table:
        """The same for a whole table; rows in `problems` are told what is wrong with them instead."""
        self._check(table)
        parts: list[pa.RecordBatch] = []
        start = 0
        for batch in table.combine_chunks().to_batches():
            parts += self._advise(batch, {row - start: text for row, text in (problems or {}).items()})
            start += batch.num_rows
        return pa.Table.from_batches(parts, schema=self.schema)

    def clients(self, table: pa.Table | pa.RecordBatch, problems: Mapping[int, str] | None = None) -> ClientTable:
        """The rows as the job reads them."""
        found = clients_from_arrow(pa.Table.from_batches([table]) if isinstance(table, pa.RecordBatch) else table)
        return replace(found, problems={**problems, **found.problems}) if problems else found

    def _check(self, batch: pa.RecordBatch | pa.Table) -> None:
        if batch.schema.names != self.input_schema.names:
            raise InputError(
                f"A batch has columns {batch.schema.names}, the job was made for {self.input_schema.names}; make the job from the schema of the clients.",
                field="input_schema",
                value=batch.schema.names,
            )

    def _advise(self, batch: pa.RecordBatch, problems: Mapping[int, str]) -> Iterator[pa.RecordBatch]:
        house, day = self.model.advisor().house, as_day(self.model.as_of, "as_of")
        for start in range(0, batch.num_rows, ROWS_AT_A_TIME):
            some = {row - start: text for row, text in problems.items() if start <= row < start + ROWS_AT_A_TIME}
            clients = self.clients(batch.slice(start, ROWS_AT_A_TIME), some)
            for advised in _advised(house, clients, day, self.model.picks):
                table = advice_table(advised)
                out = table.append_column(INPUTS, pa.array(input_digests(advised.clients, day), type=pa.string()))
                if not out.schema.equals(self.schema, check_metadata=True):
                    raise InputError(
                        f"The advice has the schema {out.schema}, the job promised {self.schema}; job and library are of different versions.",
                        field="schema",
                        value=str(out.schema),
                    )
                yield from out.to_batches()


def _advised(house: House, clients: ClientTable, day: np.datetime64, picks: int) -> Iterator[AdviceBatch]:
    """Advice for all rows; should a row defeat the library, it alone is set aside as bad, found by halving, and the others are advised as ever."""
    try:
        yield advise_table(house, clients, day, picks)
    except (AdvisorError, ValueError, ArithmeticError) as error:
        if len(clients) > 1:
            half = len(clients) // 2
            yield from _advised(house, clients.take(slice(0, half)), day, picks)
            yield from _advised(house, clients.take(slice(half, None)), day, picks)
            return
        if clients.problems:
            raise
        blank = ClientTable.from_clients([Client(id=clients.ids[0] or "-", wealth=0.0, horizon_years=0.0)])
        yield advise_table(house, replace(blank, ids=clients.ids, problems={0: f"it could not be advised: {error}"}), day, picks)
