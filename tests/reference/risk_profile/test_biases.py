"""Counts against the published ones of the R package, Odean's example, shrinkage and slopes against
their oracles."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import minimize

from advisor.data import Trades
from advisor.data.biases import rates
from advisor.risk_profile import bootstrap_disposition, measure_biases
from advisor.risk_profile.biases.population import sell_slope, shrink


def package_data(folder: Path) -> tuple[Trades, pd.DataFrame, pd.DataFrame]:
    base = folder / "disposition_effect"
    trades = Trades.from_frame(
        pd.read_csv(base / "transactions.csv.gz"),
        client="investor",
        day="datetime",
        side="type",
        units="quantity",
    )
    expected = (
        pd.read_csv(base / "expected_counts.csv.gz").set_index(["investor", "asset"]).astype(int)
    )
    return (
        trades,
        pd.read_csv(base / "market_prices.csv.gz"),
        expected.set_axis(["RG", "RL", "PG", "PL"], axis=1),
    )


@pytest.mark.data
def test_every_trade_counts_equal_the_published_ones(data_dir: Path) -> None:
    """R package dispositionEffect 1.0.1, six investors, 370 (investor, asset) pairs."""
    trades, prices, expected = package_data(data_dir)
    found = measure_biases(trades, prices, counting="every_trade").counts
    assert list(found.columns) == ["RG", "RL", "PG", "PL"]
    assert found.index.names == ["client_id", "asset"]
    np.testing.assert_array_equal(
        found.sort_index().to_numpy(),
        expected.rename_axis(found.index.names).sort_index().to_numpy(),
    )
    assert found.dtypes.eq("int64").all()


def odean_example() -> tuple[Trades, pd.DataFrame]:
    """Five stocks A..E, of which A and C are sold, and three F..H, of which F is sold the next
    day."""
    buys = [("first", a, "2020-01-02") for a in "ABCDE"] + [
        ("second", a, "2020-01-02") for a in "FGH"
    ]
    rows = [(c, a, d, "buy", 10.0, 100.0) for c, a, d in buys]
    rows += [
        ("first", "A", "2020-02-03", "sell", 5.0, 120.0),
        ("first", "C", "2020-02-03", "sell", 10.0, 80.0),
    ]
    rows += [("second", "F", "2020-02-04", "sell", 10.0, 130.0)]
    trades = pd.DataFrame(rows, columns=["client_id", "asset", "day", "side", "units", "price"])
    up = {"A", "B", "F", "G"}
    prices = pd.DataFrame(
        [
            (a, d, 120.0 if a in up else 80.0)
            for a in "ABCDEFGH"
            for d in ("2020-02-03", "2020-02-04")
        ],
        columns=["asset", "day", "price"],
    )
    return Trades.from_frame(trades), prices


def test_odean_micro_example() -> None:
    """Odean (1998), section II (Daymon and Rosalie in Barber & Odean, Table 15.1): together PGR =
    1/2 and PLR = 1/4."""
    profiles = measure_biases(*odean_example())
    assert profiles.client_counts.tolist() == [[1, 1, 1, 2], [1, 0, 1, 1]]
    assert profiles.population.pgr == 0.5
    assert profiles.population.plr == 0.25
    assert profiles.population.disposition == 0.25
    assert profiles.population.ratio == 2.0


def test_published_rates_of_ten_thousand_accounts() -> None:
    """Odean (1998), Table I: RG 13,883, PG 79,658, RL 11,930, PL 110,348 give .148, .098 and t =
    -35."""
    (pgr,), (plr,), (error,) = rates(np.array([[13883, 11930, 79658, 110348]]))
    assert (round(pgr, 4), round(plr, 4)) == (0.1484, 0.0976)
    assert round((plr - pgr) / error) == -35


def test_shrinkage_oracles() -> None:
    rng = np.random.default_rng(3)
    x, se = rng.normal(0.1, 0.2, 40), rng.uniform(0.02, 0.3, 40)
    unsure = se.copy()
    unsure[0] = np.inf
    shrunk, mean, tau = shrink(x, unsure)
    assert tau > 0
    assert shrunk[0] == pytest.approx(mean)
    assert (np.abs(shrunk - mean) <= np.abs(x - mean) + 1e-12).all()
    same, mean, tau = shrink(np.full(5, 0.3), np.linspace(0.1, 0.5, 5))
    assert tau == 0
    np.testing.assert_allclose(same, 0.3)
    exact, _, tau = shrink(np.array([0.0, 1.0, 2.0]), np.full(3, 1e-9))
    np.testing.assert_allclose(exact, [0.0, 1.0, 2.0], atol=1e-8)


def test_dersimonian_laird_by_hand() -> None:
    """Estimates 0, .2, .4 with equal errors .1: Q = 8, tau^2 = (8 - 2) / (300 - 100) = .03, B =
    .75."""
    shrunk, mean, tau = shrink(np.array([0.0, 0.2, 0.4]), np.full(3, 0.1))
    assert mean == pytest.approx(0.2)
    assert tau**2 == pytest.approx(0.03)
    np.testing.assert_allclose(shrunk, [0.05, 0.2, 0.35])


def test_sell_slope_equals_a_general_optimiser() -> None:
    """Logit of selling on the sizes of gains and losses, maximised by scipy; delta-method error
    from its numerical Hessian."""
    rng = np.random.default_rng(0)
    rate = rng.normal(0.0, 0.3, 20_000)
    logit = -2.0 + 1.5 * np.maximum(rate, 0) + 0.9 * np.maximum(-rate, 0)
    sold = rng.random(len(rate)) < 1 / (1 + np.exp(-logit))
    place = np.clip(((rate + 1) * 500).astype(int), 0, 1999)
    seen = np.stack([np.bincount(place[m], minlength=2000) for m in (sold, ~sold)]).astype(float)
    gained = np.stack(
        [np.bincount(place[m], weights=rate[m], minlength=2000) for m in (sold, ~sold)]
    )
    slope, error = sell_slope(seen, gained)
    x = np.stack([np.ones_like(rate), np.maximum(rate, 0), np.maximum(-rate, 0)], axis=1)
    best = minimize(
        lambda b: np.logaddexp(0, x @ b).sum() - (x @ b)[sold].sum(),
        np.zeros(3),
        method="BFGS",
        options={"gtol": 1e-5},
    )
    p = 1 / (1 + np.exp(-x @ best.x))
    cov = np.linalg.inv((x * (p * (1 - p))[:, None]).T @ x)
    _, gain, loss = best.x
    g = np.array([-loss / gain**2, 1 / gain])
    assert slope == pytest.approx(loss / gain, rel=1e-3)
    assert error == pytest.approx(np.sqrt(g @ cov[1:, 1:] @ g), rel=1e-2)


@pytest.mark.data
def test_clustered_bootstrap_is_wider_than_independence(data_dir: Path) -> None:
    """Six very different investors: taking their decisions as independent understates the error
    several times."""
    trades, prices, _ = package_data(data_dir)
    profiles = measure_biases(trades, prices)
    interval = bootstrap_disposition(profiles, draws=400, seed=1)
    assert interval.standard_error > 3 * profiles.population.standard_error
    assert interval.disposition[0] < profiles.population.disposition < interval.disposition[1]
    assert interval == bootstrap_disposition(profiles, draws=400, seed=1)
    assert interval != bootstrap_disposition(profiles, draws=400, seed=2)
