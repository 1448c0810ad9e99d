"""Many clients by column: what the engine eats."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import date
from functools import cached_property
from typing import Annotated, Any, cast

import numpy as np
import pandas as pd

from advisor.annotations import DecimalMark, Texts, are_items
from advisor.arrays import BoolArray, DayArray, FloatArray, IntArray, check_type
from advisor.contracts.client import Client, Goal
from advisor.data.biases import BiasProfiles
from advisor.data.categories import Categories
from advisor.data.clients.reader import columns_from_frame
from advisor.data.clients.repeated import with_repeated
from advisor.data.clients.schema import FLAGS, NUMBERS, SETS, WORDS, columns_from_clients
from advisor.data.ids import IdMap
from advisor.data.sparse_rows import SparseRows
from advisor.errors import InputError
from advisor.readers import Named, row_numbers
from advisor.validation import checked

_CLIENTS = (
    "Pass a sequence of Client(id=..., wealth=..., horizon_years=..., ...), or a table to"
    " ClientTable.from_frame."
)
Clients = Annotated[Iterable[Client], Named("clients", are_items, "a sequence of Client", _CLIENTS)]


@dataclass(frozen=True, eq=False, repr=False)
class ClientTable:
    """`c` clients by column, in order; fields mean what `Client`'s do.

    Attributes:
        ids: Client ids, length c. An id that stands twice is advised at its first row; the later
            ones are noted in `problems`, however the table was made.
        wealth, horizon_years: Shape (c,).
        age, knowledge, income, liabilities, monthly_spending, reserve_months, planned_purchases:
            Shape (c,), nan = unknown.
        level: Assessed elsewhere, shape (c,); -1 = not assessed there.
        lowest_category: 1, 0, or -1 where not stated, shape (c,).
        assessed_on: Shape (c,), NaT = unknown.
        professional, legal_capacity, private_qualified, institution, guardian: Shape (c,).
        answers: By question id the option ids answered.
        holdings: Money by asset or product id; excluded, insists, written_warning, locked: ids
            (values are 1).
        biases: By bias name, shape (c,), nan = not measured.
        currency, gender, segment, sustainability: Words.
        goals: One tuple a client, or empty where nobody has any.
        labels: By name the texts of a column of the host's own (a branch): they stand beside the
            advice under the same name, are never read, and enter no fingerprint and no digest.
        problems: Row number -> what is wrong with that row; such a row gets a `status`, never an
            advice.
    """

    ids: tuple[str, ...]
    wealth: FloatArray
    horizon_years: FloatArray
    age: FloatArray
    level: IntArray
    assessed_on: DayArray
    lowest_category: IntArray
    knowledge: FloatArray
    professional: BoolArray
    legal_capacity: BoolArray
    private_qualified: BoolArray
    institution: BoolArray
    guardian: BoolArray
    income: FloatArray
    liabilities: FloatArray
    monthly_spending: FloatArray
    reserve_months: FloatArray
    planned_purchases: FloatArray
    answers: Mapping[str, Categories]
    holdings: SparseRows
    excluded: SparseRows
    insists: SparseRows
    written_warning: SparseRows
    locked: SparseRows
    currency: Categories
    gender: Categories
    segment: Categories
    sustainability: Categories
    biases: Mapping[str, FloatArray] = field(default_factory=dict)
    goals: tuple[tuple[Goal, ...], ...] = ()
    labels: Mapping[str, Categories] = field(default_factory=dict)
    problems: Mapping[int, str] = field(default_factory=dict)

    @classmethod
    @checked
    def from_clients(cls, clients: Clients) -> ClientTable:
        """From contracts. Raises `InputError` when something is no `Client`."""
        rows = tuple(clients)
        for row in rows:
            check_type(row, Client, "clients", _CLIENTS)
        return _marked(cls(**columns_from_clients(rows)))

    @classmethod
    @checked
    def from_frame(
        cls, frame: pd.DataFrame, *, labels: Texts | str = (), decimal: DecimalMark = "."
    ) -> ClientTable:
        """From a table with columns named as `Client`'s fields, `answer:<question id>`,
        `holding:<id>`, `bias:<name>` and `label:<name>`.

        `id`, `wealth` and `horizon_years` are required. A wrong cell does not stop the table: its
        row is noted in `problems` and later gets a status.

        Args:
            frame: One row a client.
            labels: Columns of your own, such as a branch, that come out again beside the advice
                (`label:branch` is one without being named here); any other unknown column is
                refused.
            decimal: The decimal mark of numbers that are text; with a comma, 1.234,56 is read.

        Raises:
            InputError: No table, a required column is absent, a column is unknown or there twice,
                or an id is missing.
        """
        return _marked(cls(**columns_from_frame(frame, labels, decimal)))

    def take(self, rows: Sequence[int] | IntArray | slice) -> ClientTable:
        """The rows asked for, in that order."""
        index = row_numbers(rows, len(self))
        if len(index) == len(self) and (index == np.arange(len(self))).all():
            return self
        taken: dict[str, Any] = {}
        for column in fields(self):
            value = getattr(self, column.name)
            if isinstance(value, np.ndarray):
                taken[column.name] = value[index]
            elif isinstance(value, SparseRows | Categories):
                taken[column.name] = value.take(index)
        rows_of = index.tolist()
        taken["ids"] = tuple(self.ids[i] for i in rows_of)
        taken["answers"] = {q: a.take(index) for q, a in self.answers.items()}
        taken["labels"] = {name: column.take(index) for name, column in self.labels.items()}
        taken["biases"] = {b: v[index] for b, v in self.biases.items()}
        taken["goals"] = tuple(self.goals[i] for i in rows_of) if self.goals else ()
        taken["problems"] = (
            {new: self.problems[old] for new, old in enumerate(rows_of) if old in self.problems}
            if self.problems
            else {}
        )
        return _marked(ClientTable(**taken))

    @checked
    def with_biases(self, profiles: BiasProfiles) -> ClientTable:
        """The same clients with what their trades say of their biases, joined by client id.

        Args:
            profiles: Of `measure_biases`. A client of whom they say nothing keeps what the table
                says; what the table says of other biases stays.
        """
        biases = dict(self.biases)
        for name, measured in profiles.evidence(self.ids).items():
            before = biases.get(name, np.full(len(self), np.nan))
            joined = np.where(np.isnan(measured), before, measured)
            if not np.isnan(joined).all():
                biases[name] = joined
        return replace(self, biases=biases)

    def chunks(self, size: int) -> Iterator[ClientTable]:
        """Tables of at most `size` rows, in order. Raises `InputError` unless `size` is a positive
        whole number.
        """
        check_chunk(size)
        return (self.take(slice(start, start + size)) for start in range(0, len(self), size))

    @cached_property
    def index(self) -> IdMap:
        """Client ids to rows; of an id that stands twice, the first."""
        return IdMap(self.ids)

    @checked
    def client(self, i: int) -> Client:
        """Row i as a contract. Raises `InputError` when the row is in `problems`."""
        if i in self.problems:
            raise InputError(self.problems[i], field=f"clients[{i}]")

        record = {name: value for name, value in self.record(i).items() if value is not None}
        record["goals"] = self.goals[i] if self.goals else ()
        return Client(**record)

    @checked
    def record(self, i: int) -> dict[str, Any]:
        """Row i in words and numbers, every field of `Client` by name, None = unknown: what
        `Client.model_dump(mode="json")` gives; `lowest_category` only where it is stated.
        """
        number: dict[str, float] = {name: getattr(self, name).item(i) for name in NUMBERS}
        known: dict[str, Any] = {
            name: value if value == value else None for name, value in number.items()
        }
        known |= {name: getattr(self, name).item(i) for name in FLAGS}
        known |= {name: getattr(self, name).word(i) for name in WORDS}
        known |= {name: sorted(getattr(self, name).row(i)) for name in SETS}
        level, lowest, age = self.level.item(i), self.lowest_category.item(i), known["age"]
        day: date | None = cast("Any", self.assessed_on).item(i)
        return known | {
            "id": self.ids[i],
            "age": None if age is None else int(age),
            "level": level if level >= 0 else None,
            **({"lowest_category": lowest == 1} if lowest >= 0 else {}),
            "assessed_on": None if day is None else day.isoformat(),
            "answers": {
                q: word for q, a in self.answers.items() if (word := a.word(i)) is not None
            },
            "holdings": self.holdings.row(i),
            "biases": {
                b: value for b, column in self.biases.items() if (value := column.item(i)) == value
            },
            "goals": [goal.model_dump(mode="json") for goal in self.goals[i]] if self.goals else [],
        }

    def __len__(self) -> int:
        return len(self.ids)

    def __repr__(self) -> str:
        bad = f", {len(self.problems)} with problems" if self.problems else ""
        return (
            f"ClientTable({len(self):,} clients, {len(self.answers)} questions,"
            f" {len(self.holdings.names)} holdings{bad})"
        )


def _marked(clients: ClientTable) -> ClientTable:
    """The same clients, with the rows noted whose id stands in an earlier one."""
    problems = with_repeated(clients.ids, clients.problems)
    return clients if problems is clients.problems else replace(clients, problems=problems)


def check_chunk(size: int) -> None:
    """Raise `InputError` unless `size` is a positive whole number."""
    check_type(size, (int, np.integer), "chunk", "Give a whole number of clients.")
    if size < 1:
        raise InputError(f"chunk size is {size}; it must be at least 1.", field="chunk", value=size)
