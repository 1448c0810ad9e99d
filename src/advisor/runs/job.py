"""One function for every engine: batches of clients in, batches of advice out.

Row-wise pure: no state across batches, so any engine may cut, order and repeat the work as it
likes. Row order is not promised by engines; `client_id` is the key. The columns are those of
`engine.output.arrow` and, last, `inputs`: the digest of the client's row and the day
(`engine.input_digest`), which says from which data the advice was made.
"""

# pyright: reportUnknownParameterType=false

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from advisor.arrays import check_type, check_whole
from advisor.contracts.client import Client
from advisor.data.categories import Labels
from advisor.data.clients.sources import clients_from_arrow
from advisor.data.clients.table import ClientTable
from advisor.data.days import as_day
from advisor.data.labels import label_names
from advisor.engine.advisor import Advisor
from advisor.engine.batch import AdviceBatch
from advisor.engine.input_digest import input_digests
from advisor.engine.output.arrow import advice_schema, advice_table
from advisor.engine.pipeline import advise_table, check_picks
from advisor.engine.questions import today
from advisor.engine.state import AdvisorState
from advisor.errors import AdvisorError, InputError
from advisor.store import load

ROWS_AT_A_TIME = 4096
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


@dataclass(frozen=True)
class AdvisorRef:
    """Who advises, on which day, and how many picks: all of a job but its clients.

    Attributes:
        source: The advisor itself, shipped with the job; or the folder that `save` wrote, which
            every process maps into memory once, so that the workers of a machine share one copy.
        fingerprint: Of the advisor; a folder that holds another one is refused.
        as_of: The day.
        picks: Slots.
    """

    source: Advisor | str
    fingerprint: str
    as_of: str
    picks: int

    @classmethod
    def of(
        cls, source: Advisor | str | Path, *, as_of: date | str | None = None, picks: int = 5
    ) -> AdvisorRef:
        """A reference to an advisor, or of a folder it was saved to; `as_of` is today when None,
        and recorded.

        Raises:
            InputError: `source` is neither, or cannot be read; `as_of` is no day; `picks` is no
                whole number of 0 or more, or far more than there are products.
        """
        check_type(
            source,
            (Advisor, str, Path),
            "advisor",
            "Give a fitted Advisor, or the folder that save wrote.",
        )
        day = str(today() if as_of is None else as_day(as_of, "as_of"))
        slots = check_whole(picks, "picks", "Ask for a whole number of products.", low=0)
        folder = None if isinstance(source, Advisor) else str(Path(source).resolve())
        found = source if isinstance(source, Advisor) else _saved(str(folder))
        check_picks(found.state, slots)
        return cls(found if folder is None else folder, found.fingerprint, day, slots)

    def advisor(self) -> Advisor:
        """The advisor, loaded once a process, and again when the folder was saved anew.

        Raises:
            InputError: The folder cannot be read, or holds another advisor.
        """
        found = self.source if isinstance(self.source, Advisor) else _saved(self.source)
        if found.fingerprint != self.fingerprint:
            raise InputError(
                f"{self.source} holds advisor {found.fingerprint[:12]}, this job was made for"
                f" {self.fingerprint[:12]}; make the job anew.",
                field="advisor",
                value=found.fingerprint,
            )
        return found


def _saved(folder: str) -> Advisor:
    """What a folder holds now: a look at its manifest tells whether it was saved anew since it was
    loaded.
    """
    try:
        seen = (Path(folder) / "manifest.json").stat()
    except (OSError, ValueError):
        return load(folder)
    return _loaded(folder, (seen.st_ino, seen.st_mtime_ns, seen.st_ctime_ns, seen.st_size))


@lru_cache(maxsize=2)
def _loaded(folder: str, _manifest: tuple[int, ...]) -> Advisor:
    return load(folder)


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
    def of(cls, model: AdvisorRef, input_schema: pa.Schema) -> Job:
        """A job for clients of a schema.

        Raises:
            InputError: Columns are absent or unknown; said now, not by an executor.
        """
        check_type(
            model, AdvisorRef, "model", "Make it with AdvisorRef.of(advisor or folder, as_of=...)."
        )
        check_type(
            input_schema,
            pa.Schema,
            "input_schema",
            "Give the Arrow schema of the clients, such as table.schema.",
        )
        clients_from_arrow(input_schema.empty_table())
        advisor = model.advisor()
        labels = label_names(input_schema.names)
        schema = advice_schema(advisor.state, as_day(model.as_of, "as_of"), model.picks, labels)
        return cls(model, input_schema, schema.append(pa.field(INPUTS, pa.string())))

    @property
    def labels(self) -> tuple[str, ...]:
        """Columns of the host's own that stand beside the advice."""
        return tuple(label_names(self.input_schema.names))

    def __call__(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Advice for each batch of clients, in the same order; a bad row gets a status, never an
        exception.
        """
        check_type(
            batches,
            Iterable,
            "batches",
            "Give an iterator of record batches; of a whole table, job.on_table(table).",
        )
        for batch in batches:
            check_type(
                batch,
                pa.RecordBatch,
                "batch",
                "Give an iterator of record batches; of a whole table, job.on_table(table).",
            )
            self._check(batch)
            yield from self._advise(batch, {})

    def on_table(self, table: pa.Table, problems: Mapping[int, str] | None = None) -> pa.Table:
        """The same for a whole table; rows in `problems` are told what is wrong with them
        instead.
        """
        check_type(table, pa.Table, "table", "Give a pyarrow Table with one row a client.")
        self._check(table)
        parts: list[pa.RecordBatch] = []
        start = 0
        for batch in table.combine_chunks().to_batches():
            parts += self._advise(
                batch, {row - start: text for row, text in (problems or {}).items()}
            )
            start += batch.num_rows
        return pa.Table.from_batches(parts, schema=self.schema)

    def clients(
        self, table: pa.Table | pa.RecordBatch, problems: Mapping[int, str] | None = None
    ) -> ClientTable:
        """The rows as the job reads them."""
        found = clients_from_arrow(
            pa.Table.from_batches([table]) if isinstance(table, pa.RecordBatch) else table
        )
        return replace(found, problems={**problems, **found.problems}) if problems else found

    def _check(self, batch: pa.RecordBatch | pa.Table) -> None:
        found, wanted = batch.schema, self.input_schema
        if found.names != wanted.names:
            raise InputError(
                f"A batch has columns {found.names}, the job was made for {wanted.names}; make the"
                " job from the schema of the clients.",
                field="input_schema",
                value=found.names,
            )
        if found.types == wanted.types:
            return
        other = [
            f"{n}: {a}, not {b}"
            for n, a, b in zip(found.names, found.types, wanted.types, strict=True)
            if not alike(a, b)
        ]
        if other:
            raise InputError(
                "A batch has columns of other types than the job was made for"
                f" ({'; '.join(other[:5])}), so its rows could be read otherwise. Make the job from"
                " the schema of the clients, or cast the columns.",
                field="input_schema",
                value=other,
            )

    def _advise(
        self, batch: pa.RecordBatch, problems: Mapping[int, str]
    ) -> Iterator[pa.RecordBatch]:
        source, day = self.model.advisor().state, as_day(self.model.as_of, "as_of")
        if not batch.num_rows:
            yield pa.RecordBatch.from_pylist([], schema=self.schema)
        for start in range(0, batch.num_rows, ROWS_AT_A_TIME):
            some = {
                row - start: text
                for row, text in problems.items()
                if start <= row < start + ROWS_AT_A_TIME
            }
            for out in self._rows(source, day, batch.slice(start, ROWS_AT_A_TIME), some):
                if not out.schema.equals(self.schema, check_metadata=True):
                    raise InputError(
                        f"The advice has the schema {out.schema}, the job promised {self.schema};"
                        " job and library are of different versions.",
                        field="schema",
                        value=str(out.schema),
                    )
                yield from out.to_batches()

    def _rows(
        self,
        source: AdvisorState,
        day: np.datetime64,
        batch: pa.RecordBatch,
        problems: Mapping[int, str],
    ) -> Iterator[pa.Table]:
        """Advice for all rows; should a row defeat the library, it alone is set aside as bad, found
        by halving, and the others are advised as ever.
        """
        clients = None
        try:
            clients = self.clients(batch, problems)
            yield _table(advise_table(source, clients, day, self.model.picks), day)
        except DEFEATS as error:
            half = batch.num_rows // 2
            if half:
                yield from self._rows(
                    source,
                    day,
                    batch.slice(0, half),
                    {row: text for row, text in problems.items() if row < half},
                )
                yield from self._rows(
                    source,
                    day,
                    batch.slice(half),
                    {row - half: text for row, text in problems.items() if row >= half},
                )
                return
            name = "" if clients is None else clients.ids[0]
            told = (problems if clients is None else clients.problems).get(
                0, f"it could not be advised: {error}"
            )
            blank = ClientTable.from_clients(
                [Client(id=name or "-", wealth=0.0, horizon_years=0.0)]
            )
            aside = replace(
                blank,
                ids=(name,),
                problems={0: told},
                labels=(
                    dict.fromkeys(self.labels, Labels.empty(1))
                    if clients is None
                    else clients.labels
                ),
            )
            yield _table(advise_table(source, aside, day, self.model.picks), day)


def _table(advised: AdviceBatch, day: np.datetime64) -> pa.Table:
    return advice_table(advised).append_column(
        INPUTS, pa.array(input_digests(advised.clients, day), type=pa.string())
    )


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
