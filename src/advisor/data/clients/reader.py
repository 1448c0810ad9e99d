"""Columns of cells to the columns of a `ClientTable`: every cell checked, every bad row named, none
lost.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from advisor.annotations import Texts
from advisor.arrays import FloatArray
from advisor.cells import LONGEST, is_word, shown, text_of
from advisor.contracts.client import Client
from advisor.data.clients.fields import FIELDS, Problems, bias, label, numbers, words_of
from advisor.data.clients.schema import REQUIRED
from advisor.data.columns import Cells, Column, column_of
from advisor.data.doubts import log_ids
from advisor.data.hints import names_hint
from advisor.data.labels import LABEL, OF_CLIENTS, label_names, labelled
from advisor.data.sparse_rows import SparseRows
from advisor.data.tables import check_once, with_index
from advisor.errors import InputError
from advisor.privacy import written

_FRAME = "The client table"
_PREFIXES = ("answer:", "holding:", "bias:", LABEL)


def check_names(
    column_names: Sequence[object],
    apart: Sequence[str] = (),
    what: str = _FRAME,
    labels: Texts | str = (),
) -> list[str]:
    """Names of the columns of a client table, as text, those of labels as `label:<name>`.

    Args:
        column_names: Names.
        apart: Columns that the caller reads themselves.
        what: Which table, for the message.
        labels: Columns that pass through unread.

    Raises:
        InputError: A required column is absent, a column is unknown, or two have one name.
    """
    texts = [text_of(name) for name in column_names]
    names = labelled(texts, labels, OF_CLIENTS, what[0].lower() + what[1:])
    absent = [c for c in REQUIRED if c not in names]
    if absent:
        raise InputError(
            f"{what} lacks the column(s) {absent}; id, wealth and horizon_years are needed for"
            f" every client. Add them.{names_hint(texts, 'clients', file=what != _FRAME)}",
            field=absent[0],
            value=names,
        )
    check_once(sorted(names), what)
    fields = Client.model_fields.keys() - {"answers", "holdings", "biases"}
    odd = [
        c
        for c in names
        if c not in fields
        and c not in apart
        and not (c.startswith(_PREFIXES) and c.partition(":")[2].strip())
    ]
    odd += [
        name for name in (text_of(c) for c in column_names if not is_word(c)) if name not in odd
    ]
    if odd:
        raise InputError(
            f"{what} has columns {odd[:5]} that are not read; columns are named as Client's fields,"
            " answers as answer:<question id>, holdings as holding:<id>, biases as bias:<name>."
            f" Rename or drop them, or pass labels={odd[:5]} to have them beside the advice."
            + names_hint(texts, "clients", file=what != _FRAME),
            field=odd[0],
            value=odd,
        )
    return names


def columns_from_frame(
    frame: pd.DataFrame, labels: Texts | str = (), decimal: str = "."
) -> dict[str, Any]:
    """Columns for `ClientTable(**columns)`; see `ClientTable.from_frame`."""
    frame = with_index(frame)
    names = check_names(list(frame.columns), labels=labels)
    columns = {name: column_of(frame.iloc[:, at]) for at, name in enumerate(names)}
    missing = columns["id"].missing()
    if missing.any():
        raise InputError(
            f"id is missing in row {int(np.argmax(missing))} ({int(missing.sum()):,} rows in all);"
            " its advice could not be delivered. Give every client an id, or leave such rows out:"
            ' frame = frame.dropna(subset=["id"]).',
            field="id",
            value=None,
        )
    ids, odd = texts_of_ids(columns["id"])
    return table_columns(ids, columns, odd, decimal=decimal)


def table_columns(
    ids: Sequence[str],
    columns: Mapping[str, Column],
    known: Mapping[int, str],
    held: SparseRows | None = None,
    decimal: str = ".",
) -> dict[str, Any]:
    """Columns for `ClientTable(**columns)`.

    Args:
        ids: Of c clients.
        columns: By name.
        known: What is already known to be wrong; the first thing wrong with a row counts.
        held: Holdings, where they came in one column; None: those of the columns `holding:<id>`.
        decimal: The decimal mark of numbers that are text.
    """
    problems, nothing = Problems(known), Cells((), np.full(len(ids), -1))
    problems.decimal = decimal

    def prefixed(prefix: str, read: Callable[[Column, str, Problems], Any]) -> dict[str, Any]:
        return {
            name.removeprefix(prefix): read(columns[name], name, problems)
            for name in sorted(columns)
            if name.startswith(prefix)
        }

    table = {
        name: read(columns.get(name, nothing), name, problems) for name, read in FIELDS.items()
    }
    table["answers"] = prefixed("answer:", words_of)
    table["biases"] = prefixed("bias:", bias)
    table["labels"] = {name: label(columns[LABEL + name]) for name in label_names([*columns])}
    if held is None:
        held = _holdings(prefixed("holding:", partial(numbers, low=0.0)), len(ids))
    table["holdings"] = _finite(held, problems)
    _check_sums(table["holdings"], table["wealth"], problems)
    return table | {"ids": tuple(ids), "problems": problems}


def texts_of_ids(column: Column) -> tuple[list[str], dict[int, str]]:
    """Ids as text, "" where there is none; and what is wrong with rows whose id is a list, a
    record, or text that cannot be written.
    """
    words = column.words()
    log_ids(words.names, "id")
    ids = [words.names[code] if code >= 0 else "" for code in words.codes.tolist()]
    problems: dict[int, str] = {}
    for row in np.flatnonzero(column.no_words()).tolist():
        cell = column.cell(row)
        ids[row] = text_of(cell)[:LONGEST]
        problems[row] = (
            f"id is {shown(cell)}; an id is text in UTF-8, or a number. Correct the cell."
        )
    return ids, problems


def _holdings(columns: Mapping[str, FloatArray], count: int) -> SparseRows:
    """Holdings of columns of money, one a product; what is empty is not held."""
    names = sorted(columns)
    if not names:
        return SparseRows.empty(count)
    money = np.column_stack([columns[name] for name in names])
    money[np.isnan(money)] = 0.0
    rows, codes = np.nonzero(money)
    indptr = np.zeros(count + 1, dtype=np.int64)
    np.cumsum(np.bincount(rows, minlength=count), out=indptr[1:])
    return SparseRows(tuple(names), indptr, codes.astype(np.int64), money[rows, codes])


def _finite(held: SparseRows, problems: Problems) -> SparseRows:
    """Holdings of one column, checked as those of columns of their own are: nan is no number (what
    is empty is not among them).
    """
    bad = ~(np.isfinite(held.values) & (held.values >= 0.0))
    owners = held.row_of_entry()
    for entry in np.flatnonzero(bad).tolist():
        money = held.values.item(entry)
        amount = "no number" if money != money else repr(money)
        problems.setdefault(
            int(owners[entry]),
            f"holding:{held.names[held.codes[entry]]} is {written(amount)}; it must be a number of"
            " at least 0. Correct the cell.",
        )
    return SparseRows(held.names, held.indptr, held.codes, np.where(bad, 0.0, held.values))


def _check_sums(holdings: SparseRows, wealth: FloatArray, problems: Problems) -> None:
    held = holdings.totals()
    for row in np.flatnonzero(held > wealth * (1.0 + 1e-9) + 1e-6).tolist():
        problems.setdefault(
            row,
            f"holdings add up to {written(f'{held[row]:,.2f}')} but wealth is"
            f" {written(f'{wealth[row]:,.2f}')}; wealth is all investable money, holdings included."
            " Raise wealth.",
        )
