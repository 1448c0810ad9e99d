"""FAR-Trans, the investments of a bank's customers, read into the library's tables.

Sanz-Cruzado, Droukas & McCreadie (2024), *FAR-Trans: An Investment Dataset for Financial Asset
Recommendation*, Fin-RecSys at IJCAI 2024, arXiv:2407.08692, doi:10.5525/gla.researchdata.1658, CC
BY 4.0. Every function takes the folder that holds the CSV files under their official names (`.csv`
or `.csv.gz`). The files cut by time point (`purchase_pairs`, `purchase_tests`, `eligible_assets`,
`net_units_by_cutoff`) are a changed extract of the official transactions, up to the end of 2020.

**What is theirs and what is ours.** Customers, levels, capacities, assets and purchases are the
bank's; some levels are predictions of a model (`Predicted_*`: flagged as `modelled`). Ours are
`SHELF` (risk level and asset class by category and sub-category), `LEVELS`, `CAPACITY`, the
horizon, and the capital-market assumptions: the bank published no product ratings, no wealth and no
horizon.
"""

from __future__ import annotations

import os
from functools import lru_cache
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd

from advisor.data import Catalogue, Interactions, ReturnModel

Day = str | pd.Timestamp | np.datetime64

SHELF: dict[tuple[str, str], tuple[int, dict[str, float], bool]] = {
    ("MTF", "Money Market"): (1, {"money_market": 1.0}, False),
    ("Bond", "Government"): (2, {"government_bonds": 1.0}, False),
    ("MTF", "Bond"): (2, {"government_bonds": 0.5, "corporate_bonds": 0.5}, False),
    ("Bond", "Corporate"): (3, {"corporate_bonds": 1.0}, False),
    ("MTF", "Balanced"): (
        3,
        {"government_bonds": 0.25, "corporate_bonds": 0.25, "equity_funds": 0.5},
        False,
    ),
    ("MTF", "Equity"): (4, {"equity_funds": 1.0}, False),
    ("MTF", "Other"): (4, {"alternatives": 1.0}, False),
    ("MTF", "Structured"): (4, {"alternatives": 1.0}, True),
    ("Stock", "Large Cap"): (4, {"stocks": 1.0}, False),
    ("Stock", ""): (4, {"stocks": 1.0}, False),
}
"""(category, sub-category) -> (R level, exposures, complex). Ours: funds follow the usual reading
of the European 1-7 risk indicator (money market 1, bond funds 2-3, mixed 4, equity 5-6) folded onto
five; a single corporate bond stands one above a fund of many; shares and equity funds share R4,
since the file does not say which shares are riskier; structured and other funds (commodities,
currencies, leverage) are R4. Nothing is R5."""

LEVELS = {"Conservative": 2, "Income": 3, "Balanced": 4, "Aggressive": 5}
"""The bank's four outcomes on C1..C5. C1 is left to those without an assessment: in the five-level
rules C1 holds the people who will bear no loss, which "Conservative" is not."""

CAPACITY = {
    "CAP_LT30K": 15_000.0,
    "CAP_LT_30K": 15_000.0,
    "CAP_30K_80K": 55_000.0,
    "CAP_80K_300K": 190_000.0,
    "CAP_GT300K": 300_000.0,
}
"""Middle of each capacity band in euros, the lower edge of the open one; both spellings occur."""

HORIZON_YEARS = 5.0
"""The questionnaire asks for the horizon, but the answers were never published: everybody is given
this one."""

NEVER = pd.Timestamp("2000-01-01")
"""What the bank writes where a date is not known."""


def folder_from_environment() -> Path | None:
    """The `far_trans` folder under ADVISOR_DATA (default: `../shared/data` beside the project), or
    None where it is not there."""
    root = Path(
        os.environ.get(
            "ADVISOR_DATA", Path(__file__).resolve().parents[1].parent / "shared" / "data"
        )
    )
    return root / "far_trans" if (root / "far_trans").is_dir() else None


@lru_cache(maxsize=16)
def _table(folder: Path, name: str) -> pd.DataFrame:
    path = next(
        (p for p in (folder / f"{name}.csv", folder / f"{name}.csv.gz") if p.exists()), None
    )
    if path is None:
        raise FileNotFoundError(
            f"{folder} has neither {name}.csv nor {name}.csv.gz; point ADVISOR_DATA at the folder"
            " above far_trans/."
        )
    frame = pd.read_csv(path, dtype={"customerID": str, "ISIN": str})
    for column in ("timestamp", "lastQuestionnaireDate", "known_from", "time_point", "test_end"):
        if column in frame:
            frame[column] = pd.to_datetime(frame[column])
    return frame


def load_assets(folder: Path) -> pd.DataFrame:
    """One row an ISIN: ISIN, name, category, sub_category, risk_level, complex, sorted by ISIN.

    An ISIN with several rows keeps its latest one, except that the three listed both as Stock and
    as MTF are funds by their names and stay MTF.
    """
    raw = _table(Path(folder), "asset_information").copy()
    raw["fund"] = raw["assetCategory"].eq("MTF")
    last = raw.sort_values(["ISIN", "fund", "timestamp"]).drop_duplicates("ISIN", keep="last")
    category = last["assetCategory"].to_numpy()
    sub = last["assetSubCategory"].fillna("").replace("Bonds", "Bond").to_numpy()
    rated = [SHELF[key] for key in zip(category, sub, strict=True)]
    name = last["assetName"].fillna(last["assetShortName"]).fillna(last["ISIN"])
    return pd.DataFrame(
        {
            "ISIN": last["ISIN"].to_numpy(),
            "name": name.to_numpy(),
            "category": category,
            "sub_category": sub,
            "risk_level": [level for level, _, _ in rated],
            "complex": [hard for _, _, hard in rated],
        }
    ).reset_index(drop=True)


def catalogue(folder: Path) -> Catalogue:
    """The 806 distinct assets as products, rated and classed by `SHELF`."""
    assets = load_assets(folder)
    frame = assets[["name", "risk_level", "complex"]].assign(id=assets["ISIN"], currency="EUR")
    spread = [SHELF[key][1] for key in zip(assets["category"], assets["sub_category"], strict=True)]
    frame["asset"] = [max(e, key=e.__getitem__) for e in spread]
    frame["exposures"] = [e if len(e) > 1 else None for e in spread]
    return Catalogue.from_frame(frame.astype({"exposures": object}))


def capital_market_assumptions(assets: pd.DataFrame | None = None) -> ReturnModel:
    """Long-term annual return, volatility and correlation of the asset classes, in euros before
    fees.

    Published: stocks 9.6 % a year at 18.6 % volatility, bonds 4.9 % at 4.4 %, correlation .05,
    1926-2022, and a mean major equity drawdown of 45 % (Northern Trust, *A history of drawdowns*);
    they are history of one country, not a forecast. Taken as they are for `equity_funds` and
    `government_bonds`. **Our own**, set between and around those anchors: money market 3.0 % at
    0.5 %; corporate bonds 5.5 % at 6.5 %; alternatives (commodities, currencies, mixed strategies)
    6.0 % at 14 %; single shares 10.0 % at 24 % (one market, fewer names); all other correlations;
    the stress losses.

    Args:
        assets: Table of `load_assets`; only classes that occur there are kept. None keeps all six.
    """
    names = [
        "money_market",
        "government_bonds",
        "corporate_bonds",
        "alternatives",
        "equity_funds",
        "stocks",
    ]
    mean = np.array([0.030, 0.049, 0.055, 0.060, 0.096, 0.100])
    volatility = np.array([0.005, 0.044, 0.065, 0.140, 0.186, 0.240])
    correlation = np.array(
        [
            [1.00, 0.10, 0.05, 0.00, 0.00, 0.00],
            [0.10, 1.00, 0.60, 0.00, 0.05, 0.05],
            [0.05, 0.60, 1.00, 0.20, 0.45, 0.40],
            [0.00, 0.00, 0.20, 1.00, 0.50, 0.40],
            [0.00, 0.05, 0.45, 0.50, 1.00, 0.70],
            [0.00, 0.05, 0.40, 0.40, 0.70, 1.00],
        ]
    )
    stress = np.array([0.00, 0.03, 0.15, 0.30, 0.45, 0.50])
    risk = {
        "money_market": 1,
        "government_bonds": 2,
        "corporate_bonds": 3,
        "alternatives": 4,
        "equity_funds": 4,
        "stocks": 4,
    }
    keep = np.ones(len(names), dtype=bool)
    if assets is not None:
        there = {
            a
            for key in zip(assets["category"], assets["sub_category"], strict=True)
            for a in SHELF[key][1]
        }
        keep = np.array([n in there for n in names])
    chosen = [n for n, k in zip(names, keep, strict=True) if k]
    covariance = (correlation * np.outer(volatility, volatility))[np.ix_(keep, keep)]
    losses = dict(zip(chosen, stress[keep].tolist(), strict=True))
    return ReturnModel(
        chosen, mean[keep], covariance, risk_levels={n: risk[n] for n in chosen}, stress=losses
    )


def time_points(folder: Path) -> list[str]:
    """The days the protocol stands at, ascending, as ISO text."""
    return [
        str(day.date())
        for day in sorted(_table(Path(folder), "purchase_tests")["time_point"].unique())
    ]


def _at(folder: Path, name: str, time_point: Day) -> pd.DataFrame:
    frame, day = _table(Path(folder), name), pd.Timestamp(time_point)
    rows = frame[frame["time_point"] == day]
    if rows.empty:
        raise ValueError(
            f"{day.date()} is not a time point of {name}; the first is"
            f" {frame['time_point'].min().date()}."
        )
    return rows


def interactions(folder: Path, time_point: Day) -> Interactions:
    """Distinct (customer, ISIN) purchases made before `time_point`; each event's day is the first
    time point that knows it."""
    pairs = _table(Path(folder), "purchase_pairs")
    known = pairs[pairs["known_from"] <= pd.Timestamp(time_point)]
    return Interactions.from_frame(known, client="customerID", product="ISIN", day="known_from")


def eligible(folder: Path, time_point: Day) -> tuple[str, ...]:
    """ISINs with prices through the whole test window, sorted: only these may be recommended at
    `time_point`."""
    return tuple(sorted(_at(folder, "eligible_assets", time_point)["ISIN"]))


def evaluated(folder: Path, time_point: Day) -> tuple[str, ...]:
    """Customers that the protocol scores (with a purchase before and one in the window), sorted."""
    rows = _at(folder, "purchase_tests", time_point)
    return tuple(sorted(rows.loc[rows["customer_evaluated"] == 1, "customerID"].unique()))


def held_out(folder: Path, time_point: Day) -> Interactions:
    """What the evaluated customers newly bought in the test window among the eligible assets; each
    event's day is the window's end."""
    rows = _at(folder, "purchase_tests", time_point)
    relevant = rows[(rows["customer_evaluated"] == 1) & (rows["asset_eligible"] == 1)]
    return Interactions.from_frame(relevant, client="customerID", product="ISIN", day="test_end")


def held_out_newcomers(folder: Path, time_point: Day) -> Interactions:
    """The same for customers who bought nothing before the window; the protocol does not score
    them."""
    rows = _at(folder, "purchase_tests", time_point)
    pairs = _table(Path(folder), "purchase_pairs")
    known = pairs.loc[pairs["known_from"] <= pd.Timestamp(time_point), "customerID"].unique()
    relevant = rows[(rows["asset_eligible"] == 1) & ~rows["customerID"].isin(known)]
    return Interactions.from_frame(relevant, client="customerID", product="ISIN", day="test_end")


def attributes(folder: Path, as_of: Day) -> pd.DataFrame:
    """What the bank knows of its customers on `as_of`, for recipes that read attributes: id,
    segment, answer:risk, answer:capacity (wealth and horizon are not read)."""
    rows = _table(Path(folder), "customer_information")
    return _attributes(rows[rows["timestamp"] <= pd.Timestamp(as_of)], "last")


def attributes_at_start(folder: Path, ids: tuple[str, ...]) -> pd.DataFrame:
    """The same of some customers, as their first dated row has it: what is known of a newcomer on
    the day they join."""
    rows = _table(Path(folder), "customer_information")
    return _attributes(rows[rows["customerID"].isin(ids)], "first")


def _attributes(rows: pd.DataFrame, keep: Literal["first", "last"]) -> pd.DataFrame:
    known = rows.sort_values(["customerID", "timestamp"], kind="stable").drop_duplicates(
        "customerID", keep=keep
    )
    risk, capacity = (
        known[c].str.removeprefix("Predicted_").replace("Not_Available", None)
        for c in ("riskLevel", "investmentCapacity")
    )
    frame = pd.DataFrame(
        {
            "id": known["customerID"],
            "wealth": 0.0,
            "horizon_years": HORIZON_YEARS,
            "segment": known["customerType"],
        }
    )
    return frame.assign(**{"answer:risk": risk, "answer:capacity": capacity}).reset_index(drop=True)


def customers(folder: Path, as_of: Day) -> pd.DataFrame:
    """The latest row of each customer dated on or before `as_of`, sorted by customer; rows that
    came later do not exist yet.

    Columns: customerID, kind, level (1..5, nan = not available), level_modelled, capacity (euros,
    nan = not available), capacity_modelled, dated, questionnaire (NaT where the bank wrote its
    sentinel, or a day after `as_of`).
    """
    raw, day = _table(Path(folder), "customer_information"), pd.Timestamp(as_of)
    known = (
        raw[raw["timestamp"] <= day]
        .sort_values(["customerID", "timestamp"], kind="stable")
        .drop_duplicates("customerID", keep="last")
    )
    modelled = "Predicted_"
    asked = known["lastQuestionnaireDate"]
    return pd.DataFrame(
        {
            "customerID": known["customerID"].to_numpy(),
            "kind": known["customerType"].to_numpy(),
            "level": known["riskLevel"].str.removeprefix(modelled).map(LEVELS).to_numpy(),
            "level_modelled": known["riskLevel"].str.startswith(modelled).to_numpy(),
            "capacity": (
                known["investmentCapacity"].str.removeprefix(modelled).map(CAPACITY).to_numpy()
            ),
            "capacity_modelled": known["investmentCapacity"].str.startswith(modelled).to_numpy(),
            "dated": known["timestamp"].to_numpy(),
            "questionnaire": asked.where((asked <= day) & (asked != NEVER)).to_numpy(),
        }
    )


def holdings(folder: Path, as_of: Day) -> pd.DataFrame:
    """What each customer holds before `as_of`: customerID, ISIN, units, price, money (euros),
    sorted.

    Units are the net units at the latest cut on or before `as_of` plus the transactions since;
    below zero (bought before the data begin) counts as nothing. Price is the last implied close
    before `as_of`; money is nan where no trade ever showed a price. Transactions and prices begin
    on 2020-07-02, so before that the units are those of the cut and every money is nan.
    """
    folder, day = Path(folder), pd.Timestamp(as_of)
    cuts = _table(folder, "net_units_by_cutoff")
    days = sorted(
        c for c in cuts.columns if c not in ("customerID", "ISIN") and pd.Timestamp(c) <= day
    )
    if not days:
        return pd.DataFrame({"customerID": [], "ISIN": [], "units": [], "price": [], "money": []})
    units = cuts.set_index(["customerID", "ISIN"])[days[-1]].dropna()
    trades = _table(folder, "transactions")
    since = trades[(trades["timestamp"] > pd.Timestamp(days[-1])) & (trades["timestamp"] < day)]
    signed = since["units"].where(since["transactionType"] == "Buy", -since["units"])
    net = units.add(signed.groupby([since["customerID"], since["ISIN"]]).sum(), fill_value=0.0)
    held = net[net > 1e-9].rename("units").reset_index().sort_values(["customerID", "ISIN"])
    closes = _table(folder, "close_prices")
    last = (
        closes[closes["timestamp"] < day]
        .sort_values("timestamp")
        .drop_duplicates("ISIN", keep="last")
        .set_index("ISIN")["closePrice"]
    )
    held["price"] = held["ISIN"].map(last).astype(float)
    held["money"] = held["units"] * held["price"]
    return held.reset_index(drop=True)


def clients(folder: Path, as_of: Day, *, confirmed: bool = True) -> pd.DataFrame:
    """Customers as a table for `ClientTable.from_frame`: id, wealth, horizon_years, level,
    assessed_on, segment, holding:<ISIN>.

    Args:
        folder: The data.
        as_of: The day to stand at; nothing later is used.
        confirmed: True supposes that every assessed customer confirmed their level on `as_of` (half
            of the bank's questionnaire dates lie after the row that carries them and a quarter are
            a sentinel, so nearly every assessment would count as expired). False passes the dates
            as they are.

    Returns:
        Wealth is the larger of the capacity (middle of its band; 15,000 where not available) and
        what is held. A customer without a level has none here either and fails closed. `segment` is
        the bank's customer type; its "Professional" means a sole proprietor, not a professional
        investor.
    """
    rows = customers(folder, as_of)
    held = holdings(folder, as_of).dropna(subset=["money"])
    held = held[held["customerID"].isin(rows["customerID"])]
    wide = (
        held.pivot_table(index="customerID", columns="ISIN", values="money", aggfunc="sum")
        .reindex(rows["customerID"])
        .fillna(0.0)
    )
    capacity = rows["capacity"].fillna(CAPACITY["CAP_LT30K"]).to_numpy()
    assessed = (
        pd.Series(pd.Timestamp(as_of), index=rows.index).where(rows["level"].notna())
        if confirmed
        else rows["questionnaire"]
    )
    table = pd.DataFrame(
        {
            "id": rows["customerID"],
            "wealth": np.maximum(capacity, wide.to_numpy().sum(axis=1)),
            "horizon_years": HORIZON_YEARS,
            "level": rows["level"],
            "assessed_on": assessed,
            "segment": rows["kind"],
            "currency": "EUR",
        }
    )
    wide.columns = [f"holding:{isin}" for isin in wide.columns]
    return pd.concat([table, wide.reset_index(drop=True)], axis=1)
