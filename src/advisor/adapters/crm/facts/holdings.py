"""Facts of the client's own data, their risk profile, and what they hold."""

from __future__ import annotations

import numpy as np

from advisor import Catalogue, ClientTable, RiskProfiles
from advisor.adapters.crm.facts.counting import Columns, ratio
from advisor.arrays import BoolArray, FloatArray
from advisor.data.ids import IdMap
from advisor.errors import InputError

HIGH_RISK = 4
"""R4 and R5 are high risk."""
STATED = (
    "wealth", "age", "income", "liabilities", "monthly_spending", "reserve_months",
    "planned_purchases", "knowledge",
)  # fmt: skip
BIASES = ("loss_aversion", "disposition", "overconfidence", "status_quo")


def client_columns(clients: ClientTable, day: np.datetime64) -> tuple[Columns, dict[int, str]]:
    """Of the table alone, and which rows say what cannot be."""
    with np.errstate(divide="ignore", invalid="ignore"):
        held, wealth = clients.holdings.totals(), clients.wealth
        entries, rows = clients.holdings, clients.holdings.row_of_entry()
        largest = np.full(len(clients), np.nan)
        np.fmax.at(largest, rows, entries.values)
        locked = np.zeros(len(clients))
        where = IdMap(entries.names).find(clients.locked.names)[clients.locked.codes]
        pairs = clients.locked.row_of_entry() * max(len(entries.names), 1) + where
        is_locked = np.isin(rows * max(len(entries.names), 1) + entries.codes, pairs[where >= 0])
        np.add.at(locked, rows[is_locked], entries.values[is_locked])
        age = (day - clients.assessed_on).astype(np.float64)
        age[np.isnat(clients.assessed_on)] = np.nan
        early = age < 0
        nearest = [min((goal.years for goal in g), default=np.nan) for g in clients.goals]
        none = [np.nan] * len(clients)
        columns: Columns = {name: getattr(clients, name) for name in STATED}
        columns |= {name: clients.biases[name] for name in BIASES if name in clients.biases}
        columns |= {
            "horizon": clients.horizon_years,
            "planned_share": ratio(clients.planned_purchases, wealth),
            "debt_to_income": ratio(clients.liabilities, clients.income),
            "professional": clients.professional.astype(np.float64),
            "sustainability": (clients.sustainability.codes >= 0).astype(np.float64),
            "goals": np.array([float(len(g)) for g in clients.goals] or [0.0] * len(clients)),
            "years_to_goal": np.array(nearest or none),
            "products_held": np.diff(entries.indptr).astype(np.float64),
            "invested_share": ratio(held, wealth),
            "idle_money": np.maximum(wealth - held, 0.0),
            "largest_share": ratio(largest, held),
            "locked_share": ratio(locked, held),
            "days_since_assessment": np.where(early, np.nan, age),
        }
    why = "The assessment is dated after the day of these facts, so its age is unknown; correct"
    problems = dict.fromkeys(np.flatnonzero(early).tolist(), f"{why} assessed_on.")
    return {name: values.copy() for name, values in columns.items()}, problems


def profile_columns(clients: ClientTable, profiles: RiskProfiles, day: np.datetime64) -> Columns:
    """Of the risk profiles; nan for a client who has none. Raises `InputError` for later ones."""
    if profiles.as_of > day:
        why = f"profiles are of {profiles.as_of}, after {day}; facts of a day may not know more."
        remedy = "Make them with profile_risk(..., as_of=...) of that day."
        raise InputError(f"{why} {remedy}", field="profiles", value=str(profiles.as_of))
    place = IdMap(profiles.client_ids).find(clients.ids)
    missing = place < 0
    left = (profiles.valid_until - day).astype(np.float64)
    left[np.isnat(profiles.valid_until)] = np.nan
    level = profiles.level.astype(np.float64)
    level[[*profiles.problems]] = np.nan
    columns = {name: getattr(profiles, name) for name in ("tolerance", "capacity", "knowledge")}
    columns |= {"level": level, "days_to_expiry": left}
    known = columns.items() if len(profiles) else ()
    return {name: np.where(missing, np.nan, values[place]) for name, values in known}


def catalogue_columns(
    clients: ClientTable, catalogue: Catalogue, level: FloatArray | None
) -> Columns:
    """What is held: shares by asset (one held itself counts) and by risk, and the highest level."""
    held, rows, count = clients.holdings, clients.holdings.row_of_entry(), len(clients)
    total, codes = held.totals(), catalogue.ids.find(held.names)
    assets = IdMap(catalogue.assets)
    spread = np.zeros((len(held.names), len(assets)))
    spread[codes >= 0] = catalogue.exposures(assets)[codes[codes >= 0]]
    itself = assets.find(held.names)
    direct = (codes < 0) & (itself >= 0)
    spread[direct, itself[direct]] = 1.0
    risk = np.where(codes >= 0, catalogue.risk_level[codes], 0)
    complex_ = np.where(codes >= 0, catalogue.complex[codes], False)

    def share(weight: FloatArray | BoolArray) -> FloatArray:
        sums = np.zeros(count)
        np.add.at(sums, rows, held.values * weight[held.codes])
        return ratio(sums, total)

    highest = np.full(count, np.nan)
    known = codes[held.codes] >= 0
    np.fmax.at(highest, rows[known], risk[held.codes][known].astype(np.float64))
    columns: Columns = {f"share:{asset}": share(spread[:, k]) for k, asset in enumerate(assets.ids)}
    columns |= {
        "highest_product_level": highest,
        "high_risk_share": share(risk >= HIGH_RISK),
        "complex_share": share(complex_),
    }
    return columns | ({} if level is None else {"level_gap": highest - level})
