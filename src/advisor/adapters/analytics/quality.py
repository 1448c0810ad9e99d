"""Quality of incoming tables: what can be used, what is set aside and why, by rule and contract."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any, cast

import numpy as np
import pandas as pd

from advisor import Catalogue, ClientTable, Event
from advisor.adapters.analytics.quality_cells import WANTED, read_column
from advisor.adapters.analytics.quality_report import (
    PROBLEM,
    QualityReport,
    figures_of,
    report_clients,
)
from advisor.adapters.analytics.quality_schema import broken, rules_of
from advisor.cells import is_missing, json_of
from advisor.data.tables import check_table
from advisor.errors import InputError
from advisor.privacy import personal
from advisor.validation import checked

_Faults = dict[int, dict[str, str]]


def _products(good: pd.DataFrame, faults: _Faults) -> pd.DataFrame:
    for row in good.index.difference(list(faults)).tolist():
        _try(lambda row=row: Catalogue.from_frame(good.loc[[row]]), row, faults)
    return good


def _events(good: pd.DataFrame, faults: _Faults) -> pd.DataFrame:
    names = [name for name in good.columns if name in Event.model_fields]
    records = good[names].to_dict("records")
    data: list[Any] = [{}] * len(good)
    for row, record in enumerate(records):
        if row not in faults:
            stated = {str(n): v for n, v in record.items() if not is_missing(v)}
            if isinstance(stated.get("data"), str):
                stated["data"] = json_of(stated["data"])
            event = _try(lambda stated=stated: Event.model_validate(stated), row, faults)
            data[row] = {} if event is None else event.data
    return good.assign(data=pd.Series(data, index=good.index, dtype=object))


def _try(read: Callable[[], Any], row: int, faults: _Faults) -> Any:
    try:
        return read()
    except InputError as error:
        faults.setdefault(row, {})[""] = str(error)
        return None


CONTRACTS: dict[str, Callable[[pd.DataFrame, _Faults], pd.DataFrame]] = {
    "Product": _products,
    "Event": _events,
}
"""Contract -> the rows as it reads them; what it refuses goes to the faults, under no column."""


@checked
def check(
    frame: pd.DataFrame | ClientTable, kind: str, *, as_of: date | None = None
) -> QualityReport:
    """What can be used of a table, and what is wrong with the rest: every fault is found at once.

    Args:
        frame: One row a record; a `ClientTable` has been checked by its reader, whose problems are
            listed.
        kind: "trades", "purchases", "products", "events", "feedback" or "clients". Columns are
            named as `Trades.from_frame`, `Interactions.from_frame`, `Catalogue.from_frame`, `Event`
            and the store's feedback have them; others stay as they are.
        as_of: A later day is in the future; today when None, and recorded.

    Raises:
        InputError: No rules for the kind, a column is absent or there twice, or pandera is missing.
    """
    day = datetime.now(UTC).date() if as_of is None else as_of
    if kind == "clients":
        return report_clients(
            frame if isinstance(frame, ClientTable) else ClientTable.from_frame(frame), day
        )
    rule = rules_of(kind)
    needed = [column["name"] for column in rule["columns"] if not column.get("absent")]
    check_table(frame, kind, needed, f"Rows of {kind} have these columns.")
    table = cast("pd.DataFrame", frame)
    rows = table.reset_index(drop=True)
    # 1. Each cell as a value, or as no such value.
    kinds = {c["name"]: c["cell"] for c in rule["columns"] if c["name"] in rows.columns}
    read = {name: read_column(rows[name], cell) for name, cell in kinds.items()}
    typed = pd.DataFrame({name: values for name, (values, _) in read.items()}, index=rows.index)
    faults: dict[int, dict[str, str]] = {}
    for name, (_, wrong) in read.items():
        for row in np.flatnonzero(wrong).tolist():
            faults.setdefault(row, {})[name] = WANTED[kinds[name]]
    # 2. Ranges, words, days to come, doubles; then the contract of what has one.
    for row, name, fault in broken(typed, rule, day):
        faults.setdefault(row, {}).setdefault(name, fault)
    by_column = figures_of(rows, typed, faults)
    good = rows.assign(**{n: typed[n] for n, cell in kinds.items() if cell == "instant"})
    if contract := CONTRACTS.get(rule.get("contract", "")):
        good = contract(good, faults)
    # 3. Rows without a fault, and the others with a sentence each.
    bad = sorted(faults)
    why = [_sentence(rows, row, faults[row]) for row in bad]
    aside = table.iloc[bad].assign(**{PROBLEM: why})
    good = good.drop(index=bad)
    good.index = table.index.delete(bad)
    return QualityReport(kind, day, good, aside, by_column)


def _sentence(rows: pd.DataFrame, row: int, faults: dict[str, str]) -> str:
    """The first fault of a row, and how many more there are."""
    name, fault = next(iter(faults.items()))
    if not name:
        return fault
    cell = rows[name].iloc[row]
    cell_text = "is missing" if is_missing(cell) else f"is {personal(cell)}"
    others = ", ".join(n for n in list(faults)[1:] if n)
    more = f" ({len(faults) - 1} more: {others})" if len(faults) > 1 else ""
    return f"{name} {cell_text}; {fault}{more}. Correct the row, or leave it out."
