"""Rows of tables that have a contract, tried by it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd

from advisor import Catalogue, Event
from advisor.cells import is_missing, json_of
from advisor.errors import InputError

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
