"""The loader of FAR-Trans: counts of the published files, and nothing of the future."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import numpy as np
import pandas as pd
import pytest

from advisor import ClientTable, RiskBands, trace_frontier

pytestmark = pytest.mark.data
DAY = "2020-08-14"


@pytest.fixture(scope="module")
def far() -> ModuleType:
    path = Path(__file__).resolve().parents[3] / "examples" / "far_trans_data.py"
    spec = importlib.util.spec_from_file_location("far_trans_data", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def folder(data_dir: Path) -> Path:
    return data_dir / "far_trans"


def test_counts_of_the_files(far: ModuleType, folder: Path) -> None:
    """806 distinct assets and 35 time points, as the data set says; every asset that is ever bought
    or offered stands in the catalogue."""
    shelf = far.catalogue(folder)
    assert len(shelf) == 806
    assert len(far.time_points(folder)) == 35
    assert len(far.interactions(folder, "2020-10-05")) == 56_701
    for day in far.time_points(folder)[::11]:
        assert set(far.eligible(folder, day)) | set(
            far.interactions(folder, day).products.ids
        ) <= set(shelf.ids.ids)


def test_the_three_isins_listed_as_share_and_fund_are_funds(far: ModuleType, folder: Path) -> None:
    assets = far.load_assets(folder).set_index("ISIN")
    for isin in ("LU0055631609", "IE00B66F4759", "IE00BCRY6003"):
        assert assets.loc[isin, "category"] == "MTF"


def test_nothing_later_than_the_day_is_used(far: ModuleType, folder: Path) -> None:
    raw = pd.read_csv(folder / "customer_information.csv.gz", parse_dates=["timestamp"])
    rows = far.customers(folder, DAY).set_index("customerID")
    assert (rows["dated"] <= pd.Timestamp(DAY)).all()
    assert not (rows["questionnaire"] > pd.Timestamp(DAY)).any()
    assert not (rows["questionnaire"] == pd.Timestamp("2000-01-01")).any()
    changed = raw[raw.duplicated("customerID", keep=False)].sort_values("timestamp")
    late = changed[changed["timestamp"] > DAY].groupby("customerID").head(1)
    early = (
        changed[(changed["timestamp"] <= DAY) & changed["customerID"].isin(late["customerID"])]
        .groupby("customerID")
        .tail(1)
    )
    assert len(early) > 20  # the test means something
    expected = (
        early.set_index("customerID")["riskLevel"].str.removeprefix("Predicted_").map(far.LEVELS)
    )
    pd.testing.assert_series_equal(
        rows.loc[expected.index, "level"], expected, check_names=False, check_dtype=False
    )


def test_modelled_levels_are_said_to_be_so(far: ModuleType, folder: Path) -> None:
    raw = (
        pd.read_csv(folder / "customer_information.csv.gz")
        .drop_duplicates("customerID", keep=False)
        .set_index("customerID")
    )
    rows = far.customers(folder, "2021-01-01").set_index("customerID")
    same = raw.loc[raw.index.intersection(rows.index), "riskLevel"].str.startswith("Predicted_")
    assert (rows.loc[same.index, "level_modelled"] == same).all()
    assert 0.2 < same.mean() < 0.4


def test_held_out_purchases_are_new_and_of_evaluated_customers(
    far: ModuleType, folder: Path
) -> None:
    before, later = far.interactions(folder, DAY), far.held_out(folder, DAY)
    known = set(
        zip(
            np.array(before.clients.ids)[before.client_codes],
            np.array(before.products.ids)[before.product_codes],
            strict=True,
        )
    )
    new = set(
        zip(
            np.array(later.clients.ids)[later.client_codes],
            np.array(later.products.ids)[later.product_codes],
            strict=True,
        )
    )
    assert not known & new
    assert set(later.clients.ids) <= set(far.evaluated(folder, DAY))
    assert set(later.products.ids) <= set(far.eligible(folder, DAY))


def test_holdings_are_the_published_units_at_the_last_cut(far: ModuleType, folder: Path) -> None:
    """Net units at 2020-07-01 plus the transactions of half a year are the published net units at
    2021-01-01."""
    held = far.holdings(folder, "2020-12-31")
    trades = pd.read_csv(folder / "transactions.csv.gz")
    last_day = trades[trades["timestamp"] == "2020-12-31"][["customerID", "ISIN"]].drop_duplicates()
    cuts = (
        pd.read_csv(folder / "net_units_by_cutoff.csv.gz")
        .set_index(["customerID", "ISIN"])["2021-01-01"]
        .dropna()
    )
    mine = held.set_index(["customerID", "ISIN"])["units"]
    quiet = mine.index.difference(pd.MultiIndex.from_frame(last_day))
    np.testing.assert_allclose(mine[quiet], cuts[quiet], atol=1e-6)
    assert (held["units"] > 0).all()
    assert far.holdings(folder, "2020-06-01")["money"].isna().all()


def test_clients_make_a_table_without_problems_and_unassessed_ones_have_no_level(
    far: ModuleType, folder: Path
) -> None:
    frame = far.clients(folder, DAY)
    table = ClientTable.from_frame(frame)
    assert not table.problems
    assert (table.level == -1).sum() == frame["level"].isna().sum() > 0
    assert np.isnat(table.assessed_on[table.level == -1]).all()
    assert (table.wealth >= table.holdings.totals() - 1e-6).all()
    strict = ClientTable.from_frame(far.clients(folder, DAY, confirmed=False))
    assert (strict.assessed_on[~np.isnat(strict.assessed_on)] <= np.datetime64(DAY)).all()


def test_the_assumptions_reach_every_band(far: ModuleType, folder: Path) -> None:
    model = far.capital_market_assumptions(far.load_assets(folder))
    assert set(model.assets) == set(far.catalogue(folder).assets)
    assert np.linalg.eigvalsh(model.covariance).min() > 0
    stocks, bonds = model.ids.code("equity_funds"), model.ids.code("government_bonds")
    assert (model.mean[stocks], model.mean[bonds]) == (0.096, 0.049)  # as published
    assert model.covariance[stocks, bonds] == pytest.approx(0.05 * 0.186 * 0.044)
    frontier = trace_frontier(model)
    bands = RiskBands.default()
    assert frontier.volatility.min() < bands.target_volatility[0]
    assert frontier.volatility.max() > bands.target_volatility[4]
