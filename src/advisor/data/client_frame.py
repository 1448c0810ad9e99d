"""A DataFrame of clients to the columns of a `ClientTable`."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from advisor.data.cell_columns import Cells, Days, Numbers, Objects, Words, truths
from advisor.data.cells import text_of
from advisor.data.client_cells import Problems, check_names, columns_from_cells, texts_of_ids
from advisor.data.ids import IdMap
from advisor.data.tables import check_table
from advisor.errors import InputError


def columns_from_frame(frame: pd.DataFrame) -> dict[str, Any]:
    """Columns for `ClientTable(**columns)`; see `ClientTable.from_frame`."""
    check_table(frame, "clients", [], "One row a client, its columns named as Client's fields.")
    names = check_names(list(frame.columns))
    cells = {name: cells_of_series(frame.iloc[:, at]) for at, name in enumerate(names)}
    problems = Problems()
    return columns_from_cells(_ids(cells.pop("id"), problems), cells, problems)


def _ids(column: Cells, problems: Problems) -> tuple[str, ...]:
    if column.missing().any():
        raise InputError(
            f"id is missing in row {int(np.argmax(column.missing()))}; its advice could not be delivered. Give every client an id.",
            field="id",
            value=None,
        )
    ids, odd = texts_of_ids(column)
    problems.update(odd)
    return IdMap.of(ids, "client ids").ids


def cells_of_series(column: pd.Series) -> Cells:
    """The cells of a column of a frame."""
    kind, missing = column.dtype.kind, column.isna().to_numpy()
    if isinstance(column.dtype, np.dtype) and kind in "biuf":
        return truths(column.to_numpy(), missing) if kind == "b" else Numbers(column.to_numpy(), missing)
    if kind == "M" and pd.api.types.is_datetime64_any_dtype(column.dtype):
        local = column.dt.tz_localize(None) if column.dt.tz is not None else column
        return Days(local.to_numpy().astype("datetime64[D]"))
    if pd.api.types.is_string_dtype(column.dtype) and pd.api.types.infer_dtype(column, skipna=True) in ("string", "empty"):
        codes, names = pd.factorize(column)
        texts = [str(name) for name in names]
        if text_of(joined := "".join(texts)) == joined:
            return Words.of(codes.astype(np.int64), texts)
    return Objects.of(column.astype(object).tolist())
