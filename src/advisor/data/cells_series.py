"""A column of a frame as cells, whatever its type."""

from __future__ import annotations

import numpy as np
import pandas as pd

from advisor.cells import text_of
from advisor.data.cell_columns import Cells, Days, Numbers, Objects, Words, truths


def cells_of_series(column: pd.Series) -> Cells:
    """The cells of a column of a frame."""
    dtype = column.dtype
    if isinstance(dtype, np.dtype) and dtype.kind in "biuf":
        missing = column.isna().to_numpy()
        return _plain(column.to_numpy(), missing)
    if isinstance(dtype, np.dtype | pd.DatetimeTZDtype) and dtype.kind == "M":
        zoned = column.dt.tz is not None
        local = column.dt.tz_localize(None) if zoned else column
        return Days.of_moments(local.to_numpy(), zoned=zoned)
    if pd.api.types.is_numeric_dtype(dtype) and dtype.kind in "iuf":
        missing = column.isna().to_numpy(dtype=np.bool_)
        kind = f"{dtype.kind}{dtype.itemsize}"  # pyright: ignore[reportAttributeAccessIssue]
        return _plain(column.to_numpy(dtype=kind, na_value=0), missing)
    if isinstance(dtype, pd.CategoricalDtype):
        return _coded(column.cat.codes.to_numpy(dtype=np.int64), list(dtype.categories))
    words = _texts(column)
    return Objects.of(column.astype(object).tolist()) if words is None else words


def _plain(values: np.ndarray, missing: np.ndarray) -> Cells:
    if values.dtype.kind == "b":
        return truths(values, missing)
    return Numbers(values, missing | np.isnan(values) if values.dtype.kind == "f" else missing)


def _texts(column: pd.Series) -> Words | None:
    """Text of which each distinct one is read once; None where cells are no plain text."""
    if not pd.api.types.is_string_dtype(column.dtype):
        return None
    if pd.api.types.infer_dtype(column, skipna=True) not in ("string", "empty"):
        return None
    codes, names = pd.factorize(column)
    texts = [str(name) for name in names.tolist()]
    joined = "".join(texts)
    return Words.of(codes.astype(np.int64), texts) if text_of(joined) == joined else None


def _coded(codes: np.ndarray, values: list[object]) -> Cells:
    """Cells of a column of categories: text where all of them are, else one by one."""
    texts = [value for value in values if type(value) is str and text_of(value) == value]
    if len(texts) == len(values):
        return Words.of(codes, texts)
    return Objects.of([None if code < 0 else values[code] for code in codes.tolist()])
