"""Products as the European MiFID Template (FinDatEx EMT) ships them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from advisor.arrays import check_type
from advisor.contracts.product import Product
from advisor.contracts.target_market import Answer, Audience, TargetMarket
from advisor.data.tables import check_table
from advisor.errors import InputError

SRI_TO_LEVEL = (1, 2, 3, 4, 5, 5, 5)
"""R level of the summary risk indicator 1..7. PRIIPs put the classes at volatilities below 0.5, 5, 12, 20, 30, 80 % and above; the default risk bands end
at 2, 4.5, 8, 13 and 20 %. Replace the table by your house's."""

ANSWERS = {
    "01010": "retail",
    "01020": "professional",
    "02010": "basic",
    "02020": "informed",
    "02030": "advanced",
    "03010": "none",
    "03020": "limited",
    "03040": "no_guarantee",
    "03050": "beyond_capital",
    "05010": "preservation",
    "05020": "growth",
    "05030": "income",
    "05040": "hedging",
    "05050": "leveraged",
}
"""Field number -> field of `TargetMarket`, answered Y / N / Neutral."""
AUDIENCES = {"06030": "advice", "06040": "portfolio_management"}
"""Field number -> field of `TargetMarket`, answered R(etail) / P(rofessional) / B(oth) / N(either)."""
ID, NAME, CURRENCY, SRI, SRRI, NOT_FOR_LOWEST, HOLDING, COSTS = "00010", "00030", "00060", "04010", "04020", "04050", "05080", "07100"
FIELDS = (ID, NAME, CURRENCY, *ANSWERS, SRI, SRRI, NOT_FOR_LOWEST, HOLDING, *AUDIENCES, COSTS)
YEARS = {"V": 0.0, "S": 1.0, "M": 3.0, "L": 5.0, "H": 100.0}
"""Holding periods in letters: very short, short (from 1 year), medium (from 3), long (from 5); hold to maturity, which without a date fits nobody."""
_ANSWER: dict[str, Answer] = {"Y": "yes", "YES": "yes", "N": "no", "NO": "no", "NEUTRAL": "neutral", "": "neutral"}
_AUDIENCE: dict[str, Audience] = {
    "R": "retail", "RETAIL": "retail", "P": "professional", "PROFESSIONAL": "professional",
    "B": "both", "BOTH": "both", "N": "neither", "NEITHER": "neither", "": "both",
}  # fmt: skip


def products_from_emt(
    frame: pd.DataFrame, *, assets: Mapping[str, str], sri_to_level: Sequence[int] = SRI_TO_LEVEL, regime: str | None = "mifid"
) -> list[Product]:
    """Products from an EMT table; see `Catalogue.from_emt`."""
    check_table(frame, "frame", [], "One row a product, in the columns of the European MiFID Template.")
    check_type(assets, Mapping, "assets", "Give a mapping from product id to the asset that it implements.")
    if len(sri_to_level) != 7 or list(sri_to_level) != sorted(sri_to_level) or not all(1 <= level <= 5 for level in sri_to_level):
        raise InputError(
            f"sri_to_level is {tuple(sri_to_level)}; it needs seven levels of 1..5 that do not fall, one for each SRI.",
            field="sri_to_level",
            value=tuple(sri_to_level),
        )
    columns = {number: str(c) for c in frame.columns for number in FIELDS if str(c).startswith(number)}
    absent = [number for number in (ID, *ANSWERS) if number not in columns and number[:2] in ("00", "01", "02")]
    if absent or not {SRI, SRRI} & set(columns):
        raise InputError(
            f"The EMT table lacks the field(s) {absent or [SRI]}; columns are found by the five digits they start with. Pass the file as FinDatEx lays it out.",
            field=(absent or [SRI])[0],
            value=list(frame.columns)[:10],
        )
    products: list[Product] = []
    for row, record in enumerate(frame.to_dict("records")):
        cells = {number: _text(record[column]) for number, column in columns.items()}
        try:
            products.append(_product(cells, assets, sri_to_level, regime))
        except InputError as error:
            raise InputError(f"EMT row {row} ({cells[ID] or 'no id'}): {error}", field=error.field, value=error.value) from None
    return products


def _product(cells: Mapping[str, str], assets: Mapping[str, str], sri_to_level: Sequence[int], regime: str | None) -> Product:
    name = cells[ID]
    if name not in assets:
        raise InputError(
            f"assets does not say which asset {name!r} implements; the template has no such field. Add it.", field="assets", value=name
        )
    indicator = int(_number(cells, SRI if cells.get(SRI) else SRRI, 1, 7))
    market: dict[str, Any] = {field: _word(cells, number, _ANSWER) for number, field in ANSWERS.items()}
    market |= {field: _word(cells, number, _AUDIENCE) for number, field in AUDIENCES.items()}
    period = cells.get(HOLDING, "").upper()
    years = YEARS[period] if period in YEARS else 0.0 if not period else _number(cells, HOLDING, 0, 200)
    return Product(
        id=name,
        name=cells.get(NAME) or name,
        asset=assets[name],
        risk_level=sri_to_level[indicator - 1],
        regime=regime,
        annual_fee=_number(cells, COSTS, 0, 1) if cells.get(COSTS) else 0.0,
        currency=cells.get(CURRENCY) or None,
        target_market=TargetMarket(
            **market, risk_indicator=indicator, min_years=years, not_for_lowest=cells.get(NOT_FOR_LOWEST, "").upper() in ("Y", "YES")
        ),
    )


def _text(value: Any) -> str:
    return "" if pd.api.types.is_scalar(value) and pd.isna(value) else str(value).strip()


def _word(cells: Mapping[str, str], number: str, words: Mapping[str, Any]) -> Any:
    given = cells.get(number, "")
    if given.upper() not in words:
        raise InputError(
            f"field {number} is {given!r}; it must be one of {sorted(w for w in words if w)}, or empty. Correct it.",
            field=number,
            value=given,
        )
    return words[given.upper()]


def _number(cells: Mapping[str, str], number: str, low: float, high: float) -> float:
    given = cells.get(number, "")
    try:
        value = float(given)
    except ValueError:
        value = float("nan")
    if not low <= value <= high:
        raise InputError(f"field {number} is {given!r}; it must be a number of {low:g}..{high:g}. Correct it.", field=number, value=given)
    return value
