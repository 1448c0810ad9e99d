"""A DataFrame of clients to the columns of a `ClientTable`."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from advisor.annotations import Texts
from advisor.data.cell_columns import Cells
from advisor.data.cells_series import cells_of_series
from advisor.data.client_cells import Problems, check_names, columns_from_cells, texts_of_ids
from advisor.data.ids import IdMap
from advisor.data.tables import check_table, with_index
from advisor.errors import InputError


def columns_from_frame(frame: pd.DataFrame, labels: Texts | str = ()) -> dict[str, Any]:
    """Columns for `ClientTable(**columns)`; see `ClientTable.from_frame`."""
    check_table(frame, "clients", [], "One row a client, its columns named as Client's fields.")
    frame = with_index(frame)
    names = check_names(list(frame.columns), labels=labels)
    cells = {name: cells_of_series(frame.iloc[:, at]) for at, name in enumerate(names)}
    problems = Problems()
    return columns_from_cells(_ids(cells.pop("id"), problems), cells, problems)


def _ids(column: Cells, problems: Problems) -> tuple[str, ...]:
    if column.missing().any():
        raise InputError(
            f"id is missing in row {int(np.argmax(column.missing()))}; its advice could not be"
            " delivered. Give every client an id.",
            field="id",
            value=None,
        )
    ids, odd = texts_of_ids(column)
    problems.update(odd)
    return IdMap.of(ids, "client ids").ids
