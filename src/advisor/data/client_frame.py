"""A DataFrame of clients to the columns of a `ClientTable`: every cell checked, every bad row named, none lost."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd

from advisor.arrays import BoolArray, FloatArray, IntArray
from advisor.contracts.client import BIASES, Client, Goal
from advisor.data.client_columns import FLAGS, RANGES, SETS, WORDS
from advisor.data.days import days_or_missing
from advisor.data.ids import IdMap
from advisor.data.labels import Labels
from advisor.data.sparse_rows import SparseRows
from advisor.data.tables import FALSE, TRUE, as_numbers, check_once, check_table
from advisor.errors import InputError

REQUIRED = ("id", "wealth", "horizon_years")
_LISTS = list | tuple | set | frozenset | np.ndarray
_PREFIXES = ("answer:", "holding:", "bias:")


class _Problems(dict[int, str]):
    """Row -> the first thing wrong with it."""

    def note(self, bad: BoolArray, column: str, frame: pd.DataFrame, why: str) -> None:
        for row in np.flatnonzero(bad).tolist():
            cell = frame[column].iloc[row]
            self.setdefault(row, f"{column} is {cell.item() if isinstance(cell, np.generic) else cell!r}; {why}")


def columns_from_frame(frame: pd.DataFrame) -> dict[str, Any]:
    """Columns for `ClientTable(**columns)`; see `ClientTable.from_frame`."""
    names = _checked_names(frame)
    count = len(frame)
    problems = _Problems()
    columns: dict[str, Any] = {"ids": _ids(frame["id"]), "problems": problems}
    for name, (low, high) in RANGES.items():
        columns[name] = _numbers(frame, name, low, high, problems) if name in names else np.full(count, np.nan)
    for name, empty in FLAGS.items():
        columns[name] = _flags(frame, name, int(empty), problems).astype(np.bool_) if name in names else np.full(count, empty)
    columns["lowest_category"] = (
        _flags(frame, "lowest_category", -1, problems) if "lowest_category" in names else np.full(count, -1, dtype=np.int64)
    )
    columns["level"] = _levels(frame, problems) if "level" in names else np.full(count, -1, dtype=np.int64)
    columns["assessed_on"] = (
        _days(frame, "assessed_on", problems) if "assessed_on" in names else np.full(count, "NaT", dtype="datetime64[D]")
    )
    for name in WORDS:
        columns[name] = Labels.of(frame[name]) if name in names else Labels.empty(count)
    for name in SETS:
        columns[name] = _sets(frame[name], problems) if name in names else SparseRows.empty(count)
    columns["goals"] = _goals(frame["goals"], problems) if "goals" in names else ()
    columns["answers"] = {n.removeprefix("answer:"): Labels.of(frame[n]) for n in names if n.startswith("answer:")}
    columns["biases"] = {
        (bias := n.removeprefix("bias:")): _numbers(frame, n, *BIASES.get(bias, (-np.inf, np.inf)), problems)
        for n in names
        if n.startswith("bias:")
    }
    columns["holdings"] = _holdings(frame, sorted(n for n in names if n.startswith("holding:")), problems)
    _check_sums(columns, problems)
    return columns


def _checked_names(frame: pd.DataFrame) -> list[str]:
    check_table(frame, "clients", [], "One row a client, its columns named as Client's fields.")
    names = [str(c) for c in frame.columns]
    check_once(names, "The client table")
    absent = [c for c in REQUIRED if c not in names]
    if absent:
        raise InputError(
            f"The client table lacks the column(s) {absent}; id, wealth and horizon_years are needed for every client. Add them.",
            field=absent[0],
            value=names,
        )
    unknown = [c for c in names if c not in Client.model_fields and not c.startswith(_PREFIXES)]
    if unknown or {"answers", "holdings", "biases"} & set(names):
        odd = unknown or sorted({"answers", "holdings", "biases"} & set(names))
        raise InputError(
            f"The client table has columns {odd[:5]} that are not read; columns are named as Client's fields, answers as answer:<question id>, "
            "holdings as holding:<id>, biases as bias:<name>. Rename or drop them.",
            field=odd[0],
            value=odd,
        )
    return names


def _ids(column: pd.Series) -> tuple[str, ...]:
    missing = column.isna().to_numpy()
    if missing.any():
        raise InputError(
            f"id is missing in row {int(np.argmax(missing))}; its advice could not be delivered. Give every client an id.",
            field="id",
            value=None,
        )
    return IdMap.of([x if isinstance(x, str) else str(x) for x in column.tolist()], "client ids").ids


def _numbers(frame: pd.DataFrame, name: str, low: float, high: float, problems: _Problems) -> FloatArray:
    given = frame[name]
    values = as_numbers(given)
    missing = given.isna().to_numpy()
    bad = ~missing & ~(np.isfinite(values) & (values >= low) & (values <= high))
    if name in REQUIRED:
        bad |= missing
    if bad.any():
        span = (
            "a finite number"
            if low == -np.inf
            else f"a number of at least {low:g}"
            if high == np.inf
            else f"a number from {low:g} to {high:g}"
        )
        problems.note(bad, name, frame, f"it must be {span}. Correct the cell.")
        values[bad] = 0.0 if name in REQUIRED else np.nan
    return values


def _flags(frame: pd.DataFrame, name: str, empty: int, problems: _Problems) -> IntArray:
    given = frame[name]
    if given.dtype == np.bool_:
        return given.to_numpy(dtype=np.int64)
    words = given.astype(str).str.lower()
    missing = given.isna().to_numpy()
    true, false = words.isin(TRUE).to_numpy(), words.isin(FALSE).to_numpy()
    problems.note(~(true | false | missing), name, frame, "it must be true or false. Correct the cell.")
    return np.where(true, 1, np.where(false, 0, empty)).astype(np.int64)


def _levels(frame: pd.DataFrame, problems: _Problems) -> IntArray:
    given = frame["level"]
    values = as_numbers(given)
    fine = np.isin(values, np.arange(6.0))
    problems.note(~fine & given.notna().to_numpy(), "level", frame, "a level is a whole number from 0 to 5. Correct the cell.")
    return np.where(fine, np.nan_to_num(values), -1).astype(np.int64)


def _days(frame: pd.DataFrame, name: str, problems: _Problems) -> Any:
    days = days_or_missing(frame[name])
    problems.note(np.isnat(days) & frame[name].notna().to_numpy(), name, frame, "it is no day; write 2026-02-01. Correct the cell.")
    return days


def _sets(column: pd.Series, problems: _Problems) -> SparseRows:
    cells = column.tolist()
    for row in [i for i, cell in enumerate(cells) if not isinstance(cell, _LISTS | str) and not _empty(cell)]:
        problems.setdefault(
            row, f"{column.name} is {cells[row]!r}; it must be ids: a list of them, or text with | between. Correct the cell."
        )
    return SparseRows.of_sets(_ids_in_cell(cell) for cell in cells)


def _empty(cell: object) -> bool:
    return cell is None or cell is pd.NA or cell is pd.NaT or cell != cell


def _ids_in_cell(cell: object) -> Iterable[str]:
    if isinstance(cell, str):
        return [part.strip() for part in cell.split("|") if part.strip()]
    if isinstance(cell, _LISTS):
        return [str(part) for part in cell]
    return []


def _goals(column: pd.Series, problems: _Problems) -> tuple[tuple[Goal, ...], ...]:
    rows: list[tuple[Goal, ...]] = []
    for row, cell in enumerate(column.tolist()):
        if not isinstance(cell, _LISTS) and not _empty(cell):
            problems.setdefault(row, f"goals is {cell!r}; it must be a list of goals, each with name, amount and years. Correct the cell.")
        try:
            rows.append(tuple(g if isinstance(g, Goal) else Goal.model_validate(g) for g in cell) if isinstance(cell, _LISTS) else ())
        except InputError as error:
            problems.setdefault(row, f"goals: {error}")
            rows.append(())
    return tuple(rows)


def _holdings(frame: pd.DataFrame, names: list[str], problems: _Problems) -> SparseRows:
    if not names:
        return SparseRows.empty(len(frame))
    money = np.column_stack([_numbers(frame, n, 0.0, np.inf, problems) for n in names])
    money[np.isnan(money)] = 0.0
    rows, codes = np.nonzero(money)
    indptr = np.zeros(len(frame) + 1, dtype=np.int64)
    np.cumsum(np.bincount(rows, minlength=len(frame)), out=indptr[1:])
    return SparseRows(tuple(n.removeprefix("holding:") for n in names), indptr, codes.astype(np.int64), money[rows, codes])


def _check_sums(columns: dict[str, Any], problems: _Problems) -> None:
    held, wealth = columns["holdings"].totals(), columns["wealth"]
    for row in np.flatnonzero(held > wealth * (1.0 + 1e-9) + 1e-6).tolist():
        problems.setdefault(
            row,
            f"holdings add up to {held[row]:,.2f} but wealth is {wealth[row]:,.2f}; wealth is all investable money, holdings included. Raise wealth.",
        )
