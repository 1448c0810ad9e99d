"""Client attributes as codes: what profile and segment say about somebody without purchases."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from advisor.arrays import FloatArray, IntArray
from advisor.data.categories import Categories
from advisor.data.clients.schema import FLAGS, NUMBERS, WORDS
from advisor.data.clients.table import ClientTable
from advisor.errors import InputError
from advisor.privacy import hides
from advisor.recommend.model.batch import Batch

BINS = 5
"""Quantile bins a number is cut into."""
_ANSWER = "answer:"


@hides
@dataclass(frozen=True)
class Attributes:
    """Which attributes are read, and the values seen when fitting. Code 0 is "unknown" (missing, or
    a value never seen).

    Attributes:
        names: `ClientTable` columns: words, flags, numbers, "level", and `answer:<question id>`.
        values: Values of each, as words; a number's are the lower edges of its bins.
    """

    names: tuple[str, ...]
    values: tuple[tuple[str, ...], ...]

    @classmethod
    def of(cls, clients: ClientTable, names: Sequence[str] | None) -> Attributes:
        """The vocabulary of a table. None: every attribute that is not the same for all, answers
        included.

        Raises:
            InputError: A name is no attribute of a client.
        """
        known = [*WORDS, *FLAGS, *NUMBERS, "level", *(f"{_ANSWER}{q}" for q in clients.answers)]
        odd = sorted(set(names or ()) - set(known))
        if odd:
            raise InputError(
                f"{odd} are no attributes of the clients; known are {known}. Correct the names.",
                field="by",
                value=odd,
            )
        values_of = {name: _values(clients, name) for name in (known if names is None else names)}
        used = {
            name: values
            for name, values in values_of.items()
            if names is not None or len(values) > 1
        }
        return cls(tuple(used), tuple(used.values()))

    def codes(self, clients: ClientTable | None, at: IntArray) -> IntArray:
        """Codes of the clients at rows `at` (-1 = not in the table), shape (c, attributes)."""
        out = np.zeros((len(at), len(self.names)), dtype=np.int64)
        if clients is None:
            return out
        inside = at >= 0
        for j, (name, values) in enumerate(zip(self.names, self.values, strict=True)):
            out[inside, j] = _coded(clients, name, values)[at[inside]]
        return out

    def offsets(self) -> IntArray:
        """First column of each attribute where all values (and unknown) stand side by side, and the
        total, shape (attributes + 1,).
        """
        return np.concatenate([[0], np.cumsum([len(v) + 1 for v in self.values])]).astype(np.int64)

    def label(self, attribute: int, code: int) -> str:
        """`name=value` for people."""
        value = self.values[attribute][code - 1] if code else "unknown"
        at_least = ">=" if self.names[attribute] in NUMBERS and code else ""
        return f"{self.names[attribute]}={at_least}{value}"

    def state(self) -> dict[str, Any]:
        """JSON-able."""
        return {"names": list(self.names), "values": [list(v) for v in self.values]}

    @classmethod
    def restored(cls, state: Mapping[str, Any]) -> Attributes:
        """From what `state` gave."""
        return cls(tuple(state["names"]), tuple(tuple(v) for v in state["values"]))


def client_codes(attributes: Attributes, batch: Batch, remembered: IntArray) -> IntArray:
    """Attribute codes of a batch: from the table where the client is in it, else those they had
    when fitting, else unknown.
    """
    codes = attributes.codes(batch.clients, batch.at)
    recall = (batch.at < 0) & (batch.rows >= 0)
    codes[recall] = remembered[batch.rows[recall]]
    return codes


def _column(clients: ClientTable, name: str) -> Categories | FloatArray | IntArray:
    if name.startswith(_ANSWER):
        question = name.removeprefix(_ANSWER)
        return (
            clients.answers[question]
            if question in clients.answers
            else Categories.empty(len(clients))
        )
    column: Categories | FloatArray | IntArray = getattr(clients, name)
    return column


def _values(clients: ClientTable, name: str) -> tuple[str, ...]:
    column = _column(clients, name)
    if isinstance(column, Categories):
        return tuple(
            sorted(column.names[c] for c in np.unique(column.codes[column.codes >= 0]).tolist())
        )
    if name in NUMBERS:
        known = column[~np.isnan(column)]
        edges = (
            np.unique(np.quantile(known, np.arange(BINS) / BINS, method="higher"))
            if len(known)
            else known
        )
        return tuple(repr(float(e)) for e in edges)
    return tuple(str(v) for v in np.unique(column[column >= 0].astype(np.int64)).tolist())


def _coded(clients: ClientTable, name: str, values: tuple[str, ...]) -> IntArray:
    """Code of every row of the table, shape (rows,)."""
    column = _column(clients, name)
    place = {value: code for code, value in enumerate(values, start=1)}
    if isinstance(column, Categories):
        table = np.array([place.get(word, 0) for word in column.names] + [0], dtype=np.int64)
        return table[column.codes]
    if name in NUMBERS:
        edges = np.array([float(v) for v in values])
        codes = np.searchsorted(edges, np.nan_to_num(column), side="right")
        return np.where(np.isnan(column), 0, np.maximum(codes, min(1, len(edges)))).astype(np.int64)
    return np.array(
        [place.get(str(v), 0) for v in column.astype(np.int64).tolist()], dtype=np.int64
    )
