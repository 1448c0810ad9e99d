"""Tables are read by what they say: labels count, an index that was written as a column does not,
and money is float64."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pyarrow.parquet as pq
import pytest

from advisor import Catalogue, ClientTable, InputError, Mandate, ReturnModel, Trades
from advisor.data import clients_from_arrow
from advisor.data.clients.sources import arrow_batches
from advisor.optimize.limits.multipliers import certify


def events(ids: list[str], **columns: object) -> pd.DataFrame:
    return pd.DataFrame({"client_id": ids, "asset": ids, "day": "2026-02-02"} | columns)


def test_a_filtered_frame_in_parquet_is_read_as_the_frame_is(tmp_path: Path) -> None:
    frame = pd.DataFrame({"id": list("abcd"), "wealth": [1.0, 2.0, 3.0, 4.0], "horizon_years": 1.0})
    frame = frame[frame["wealth"].isin([1.0, 2.0, 4.0])]
    frame.to_parquet(tmp_path / "clients.parquet")
    stored = pq.read_table(tmp_path / "clients.parquet")
    assert "__index_level_0__" in stored.column_names
    (batch,) = arrow_batches(tmp_path / "clients.parquet", 10)
    flat = pl.read_parquet(tmp_path / "clients.parquet").to_pandas()
    for table in (
        ClientTable.from_frame(flat),
        clients_from_arrow(stored),
        clients_from_arrow(batch),
    ):
        assert table.ids == ("a", "b", "d")
    shelf = pd.DataFrame(
        {"id": ["p", "q"], "name": "p", "asset": "a", "risk_level": 1, "__index_level_0__": [3, 5]}
    )
    assert Catalogue.from_frame(shelf).ids.ids == ("p", "q")


def test_a_pandas_object_in_place_of_an_array_goes_by_its_labels() -> None:
    names = ["0", "1", "2"]
    mean = pd.Series([0.01, 0.02, 0.03])
    cov = pd.DataFrame(np.diag([0.01, 0.02, 0.03]))
    model = ReturnModel(names, mean[::-1], cov[::-1])
    assert model.mean.tolist() == [0.01, 0.02, 0.03]
    assert np.diag(model.covariance).tolist() == [0.01, 0.02, 0.03]
    weights = pd.Series([0.5, 0.3, 0.2])
    assert certify(model, Mandate(), weights[::-1], 3.0) == certify(
        model, Mandate(), weights.to_numpy(), 3.0
    )
    with pytest.raises(InputError, match="labelled"):
        ReturnModel(["a", "b", "c"], mean[::-1], cov)


@pytest.mark.parametrize("kind", ["int8", "uint8", "uint64", "Int64", "int64[pyarrow]"])
def test_money_is_counted_in_float64_whatever_the_column(kind: str) -> None:
    """200 + 100 is 44 in eight bits without a sign."""
    cells = pd.Series([100, 120], dtype=kind)
    table = ClientTable.from_frame(
        pd.DataFrame(
            {"id": ["a", "b"], "wealth": cells, "horizon_years": cells, "holding:x": cells}
        )
    )
    assert (
        table.wealth.dtype == table.horizon_years.dtype == table.holdings.values.dtype == np.float64
    )
    trades = Trades.from_frame(events(["1", "2"], side="sell", units=cells, price=cells))
    assert trades.units.dtype == trades.prices.dtype == np.float64
    assert np.abs(trades.units).tolist() == [100.0, 120.0]
    model = ReturnModel(["a", "b"], np.array([1, 2], dtype=np.uint8), np.eye(2, dtype=np.uint8))
    assert model.mean.dtype == model.covariance.dtype == np.float64
